/** POP3 without a store: `waypost/pop3`. */
import { create } from "../wasm/pop3.js";
import { WasmModule } from "./clients/module.js";
import { Pop3Session } from "./clients/pop3.js";
import { Pop3Connection, type Pop3Options } from "./clients/pop3-connection.js";
import { gatewayOn } from "./transports/gateway.js";

// Bundlers shake off what is not used, if they are told that these calls do nothing else.
const module = /* @__PURE__ */ new WasmModule(create, () => new URL("../wasm/pop3.wasm", import.meta.url));

/**
 * A transport through a Waypost gateway, at its `wss:` address (path `/tunnel`).
 *
 * @example
 * const transport = gateway("wss://mail.example.org/tunnel");
 */
export const gateway = /* @__PURE__ */ gatewayOn(module);

/**
 * Compiles the module early, or from where a program has it: a URL, a response, octets, or a compiled module. Else the first connection does.
 *
 * @example
 * await load();
 */
export const load = /* @__PURE__ */ module.load.bind(module);

/**
 * A POP3 client.
 *
 * @example
 * await using pop3 = await Pop3Client.connect({ host: "pop.example.org", transport: gateway("wss://mail.example.org/tunnel"), auth: { username, password } });
 * const list = await pop3.list();
 * for await (const { octets } of pop3.messages(list.map(({ number }) => number))) await keep(octets);
 * await pop3.delete(list.map(({ number }) => number));
 * await pop3.quit();
 */
export class Pop3Client extends Pop3Session {
  /** Connects and signs in. `signal` ends the attempt. */
  static async connect(options: Pop3Options, signal?: AbortSignal): Promise<Pop3Client> {
    return new Pop3Client(await Pop3Connection.open(module, options, signal));
  }
}

export { MailError } from "./errors.js";
export type { MessageNumbers, Pop3Download, Pop3Entry, Pop3Statistics } from "./clients/pop3.js";
export type { Pop3Auth, Pop3Options } from "./clients/pop3-connection.js";
export { type Pop3FaultCode, pop3FaultCodes } from "./clients/pop3-faults.js";
export type { Pop3Message } from "./clients/pop3-operations.js";
export type { Duplex, Security, Target, TlsDetails, Transport } from "./clients/transport.js";
export * from "./transports/index.js";
