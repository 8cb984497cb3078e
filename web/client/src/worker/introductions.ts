/** A Worker's side of the broker. */
import { type FromBroker, type Port, type ToBroker, type ToFollower, type ToLeader } from "./port.js";
import type { Broker } from "./world.js";

/** The broker behind a port of the SharedWorker. */
export class Introductions implements Broker {
  readonly #port: MessagePort;
  #reached: (line: Port<ToFollower, ToLeader>) => void = () => undefined;
  #asked = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.addEventListener("message", (event: MessageEvent<FromBroker>) => {
      if (event.data.kind === "done") this.#asked -= 1;
      else this.#reached(lineOf(event.data.port));
    });
    port.start();
  }

  get owes(): boolean {
    return this.#asked > 0;
  }

  join(name: string, reached: (line: Port<ToFollower, ToLeader>) => void): void {
    this.#reached = reached;
    this.#ask({ kind: "join", name });
  }

  reach(name: string): Port<ToLeader, ToFollower> {
    const { port1, port2 } = new MessageChannel();
    this.#ask({ kind: "reach", name, port: port2 }, [port2]);
    return lineOf(port1);
  }

  close(): void {
    this.#port.close();
  }

  #ask(message: ToBroker, transfer: MessagePort[] = []): void {
    this.#asked += 1;
    this.#port.postMessage(message, transfer);
  }
}

/** A port as a line. */
function lineOf<In, Out>(port: MessagePort): Port<In, Out> {
  return {
    post: (message, transfer = []) => port.postMessage(message, transfer),
    listen: (hear) => {
      port.addEventListener("message", (event: MessageEvent<In>) => hear(event.data));
      port.start();
    },
    close: () => port.close(),
  };
}
