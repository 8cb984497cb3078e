/** Entry of the Worker: joins the host to the browser. */
import { load, type Opener } from "../wasm/loader.js";
import { Host } from "./host.js";
import { Introductions } from "./introductions.js";
import type { Opening, Port, ToPage, ToWorker } from "./port.js";
import type { World } from "./world.js";

declare const self: DedicatedWorkerGlobalScope;

const page: Port<ToWorker, ToPage> = {
  post: (message, transfer = []) => self.postMessage(message, transfer),
  listen: (hear) => self.addEventListener("message", (event: MessageEvent<ToWorker>) => hear(event.data)),
  close: () => self.close(),
};

function channel<In, Out>(name: string): Port<In, Out> {
  const line = new BroadcastChannel(name);
  return {
    post: (message) => line.postMessage(message),
    listen: (hear) => line.addEventListener("message", (event: MessageEvent<In>) => hear(event.data)),
    close: () => line.close(),
  };
}

let opener: Promise<Opener> | undefined;

/** The instance of this Worker: a core that leads and one that reads share it. */
function loaded(wasm: Opening["wasm"]): Promise<Opener> {
  return (opener ??= load(wasm, (thrown) => host?.crashed(thrown)).catch((error: unknown) => {
    opener = undefined;
    throw error;
  }));
}

const world: World = {
  id: crypto.randomUUID(),
  locks: { request: (name, options, held) => navigator.locks.request(name, options, held) },
  channel,
  openCore: async ({ wasm, profile, gateway, gatewayToken }, listener) => (await loaded(wasm)).open(profile, gateway, gatewayToken, listener),
  openReader: async ({ wasm, profile }) => (await loaded(wasm)).openReader(profile),
  delivered: () => new Promise((resolve) => setTimeout(resolve, 100)),
  every: (milliseconds, task) => {
    const timer = setInterval(task, milliseconds);
    return () => clearInterval(timer);
  },
};

let host: Host | undefined;
let broker: Introductions | undefined;

page.listen((message) => {
  switch (message.kind) {
    case "broker":
      broker = new Introductions(message.port);
      host?.meet(broker);
      break;
    case "open":
      host ??= new Host(page, world, message.opening);
      if (broker !== undefined) host.meet(broker);
      break;
    case "call":
      host?.ask(message);
      break;
    case "close":
      void (host?.close() ?? Promise.resolve()).finally(() => {
        page.post({ kind: "closed" });
        page.close();
      });
      break;
  }
});
