/** Both clients without a store, in one module: `waypost/clients`. */
import { create } from "../wasm/clients.js";
import { openImap } from "./clients/imap-connect.js";
import { ImapConnection } from "./clients/imap.js";
import type { ImapOptions } from "./clients/imap-types.js";
import { WasmModule } from "./clients/module.js";
import { Pop3Session } from "./clients/pop3.js";
import { Pop3Connection, type Pop3Options } from "./clients/pop3-connection.js";
import { gatewayOn } from "./transports/gateway.js";

// Bundlers shake off what is not used, if they are told that these calls do nothing else.
const module = /* @__PURE__ */ new WasmModule(create, () => new URL("../wasm/clients.wasm", import.meta.url));

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
 * An IMAP client.
 *
 * @example
 * await using imap = await ImapClient.connect({ host: "imap.example.org", transport: gateway("wss://mail.example.org/tunnel"), auth });
 * await imap.select("INBOX");
 * for await (const message of imap.fetch("1:*", { envelope: true })) console.log(message.envelope?.subject);
 */
export class ImapClient extends ImapConnection {
  /** Connects and signs in. `signal` ends the attempt. */
  static async connect(options: ImapOptions, signal?: AbortSignal): Promise<ImapClient> {
    return new ImapClient(await openImap(module, options, signal));
  }
}

/**
 * A POP3 client.
 *
 * @example
 * await using pop3 = await Pop3Client.connect({ host: "pop.example.org", transport: gateway("wss://mail.example.org/tunnel"), auth });
 * for await (const { number, octets } of pop3.messages([1, 2, 3])) console.log(number, octets.length);
 */
export class Pop3Client extends Pop3Session {
  /** Connects and signs in. `signal` ends the attempt. */
  static async connect(options: Pop3Options, signal?: AbortSignal): Promise<Pop3Client> {
    return new Pop3Client(await Pop3Connection.open(module, options, signal));
  }
}

export { MailError } from "./errors.js";
export * from "./clients/imap-exports.js";
export type { MessageNumbers, Pop3Download, Pop3Entry, Pop3Statistics } from "./clients/pop3.js";
export type { Pop3Auth, Pop3Options } from "./clients/pop3-connection.js";
export { type Pop3FaultCode, pop3FaultCodes } from "./clients/pop3-faults.js";
export type { Pop3Message } from "./clients/pop3-operations.js";
export type { Duplex, Security, Target, TlsDetails, Transport } from "./clients/transport.js";
export * from "./transports/index.js";
