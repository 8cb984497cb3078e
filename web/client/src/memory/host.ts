/** The engine in the thread of whoever opened it, over a store in memory: what a page's Worker is to a page, without Worker and other tabs. */
import { shapeOf } from "../errors.js";
import { engineFault } from "../engine-faults.js";
import type { MailEvent } from "../types.js";
import { load } from "../wasm/loader.js";
import { Engine } from "../worker/engine.js";
import type { Call, Port, ToPage, ToWorker } from "../worker/port.js";
import type { Wire } from "./wire.js";

/** How the engine reaches servers. */
export interface Reach {
  /** By a transport, */
  readonly wire: Wire | undefined;
  /** or through the gateway at this address, */
  readonly gateway: string | undefined;
  /** with this token. */
  readonly gatewayToken: string | undefined;
}

/** Starts an engine of its own, in an instance of its own. */
export function startHere(reach: Reach, wasm: URL): Port<ToPage, ToWorker> {
  let tell: (message: ToPage) => void = () => undefined;
  let engine: Engine | undefined;
  let over = false;

  async function open(): Promise<void> {
    const { openInMemory } = await load(wasm, (thrown) => engine?.crashed(thrown));
    const listener = (event: MailEvent): void => {
      if (!over) tell({ kind: "event", event });
    };
    const core = openInMemory(reach.wire, reach.gateway, reach.gatewayToken, listener);
    const lost = engineFault("memory-lost");
    engine = new Engine(core, { trapped: () => tell({ kind: "refused", error: lost }), superseded: () => undefined }, lost);
  }

  function ask(call: Call): void {
    engine?.serve(call, (answer) => tell(answer));
  }

  async function close(): Promise<void> {
    over = true;
    await engine?.close();
    tell({ kind: "closed" });
  }

  return {
    post: (message) => {
      switch (message.kind) {
        case "open":
          open().then(
            () => tell({ kind: "opened" }),
            (error: unknown) => tell({ kind: "refused", error: shapeOf(error) }),
          );
          break;
        case "call":
          ask(message);
          break;
        case "close":
          void close();
          break;
        case "broker":
          break;
      }
    },
    listen: (hear) => {
      tell = hear;
    },
    close: () => {
      over = true;
      void engine?.close();
    },
  };
}
