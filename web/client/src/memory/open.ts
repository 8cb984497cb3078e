/** Opening where there is neither Worker nor IndexedDB. */
import type { MailClient, OpenOptions } from "../client.js";
import type { Transport } from "../clients/transport.js";
import { unsupported, wrongArgument } from "../errors.js";
import { gatewayAddress } from "../gateway-address.js";
import { Session } from "../session.js";
import type { Opening } from "../worker/port.js";
import { startHere } from "./host.js";
import { wireOf } from "./wire.js";

/**
 * How to open a client whose store is memory: by a transport of its own, or by a gateway where the runtime has WebSockets (Node from 22).
 *
 * @example
 * import { tcp } from "waypost/node";
 * const options: MemoryOpenOptions = { transport: tcp() };
 */
export interface MemoryOpenOptions extends Pick<OpenOptions, "gatewayToken"> {
  /** How servers are reached, such as by the sockets of `waypost/node`. */
  readonly transport?: Transport;
  /** The gateway's tunnel, a whole address such as `wss://mail.example/tunnel`. A gateway takes programs, which send no Origin, by its token only. */
  readonly gateway?: string | URL;
}

/**
 * A client that keeps all mail in memory, in the thread of whoever opened it: what is not on a server is gone with it. It keeps a
 * process alive until it is closed.
 *
 * @example
 * const mail: MemoryMailClient = await open({ transport });
 * console.assert(mail.storage === "memory");
 */
export interface MemoryMailClient extends MailClient {
  /** Nothing stays. */
  readonly storage: "memory";
}

class MemorySession extends Session implements MemoryMailClient {
  readonly storage = "memory";

  static async start(options: MemoryOpenOptions, wasm: URL): Promise<MemorySession> {
    const { transport, gatewayToken } = options;
    const wire = transport === undefined ? undefined : wireOf(transport);
    const reach = { wire, gateway: wire === undefined ? gatewayOf(options.gateway) : undefined, gatewayToken };
    const session = new MemorySession(() => startHere(reach, wasm), nowhere, { page: new EventTarget(), locks: { request: () => Promise.resolve() } });
    await session.begin();
    return session;
  }
}

/** Opens a client over memory, with the core at this address. */
export function openInMemory(options: MemoryOpenOptions, wasm: URL): Promise<MemoryMailClient> {
  return MemorySession.start(options, wasm);
}

function gatewayOf(given: string | URL | undefined): string {
  if (given === undefined) {
    throw wrongArgument("Without a page there is no gateway to go by. Name a transport, such as one of waypost/node, or a gateway.");
  }
  if (!("WebSocket" in globalThis)) {
    throw unsupported("This runtime has no WebSocket, so no gateway can be used. Name a transport, such as one of waypost/node.");
  }
  return gatewayAddress(given);
}

/** Only a Worker needs these. */
const nowhere: Opening = { profile: "memory", gateway: "", gatewayToken: undefined, wasm: "", again: false };
