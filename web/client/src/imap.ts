/** IMAP without a store: `waypost/imap`. */
import { create } from "../wasm/imap.js";
import { openImap } from "./clients/imap-connect.js";
import { ImapConnection } from "./clients/imap.js";
import type { ImapOptions } from "./clients/imap-types.js";
import { WasmModule } from "./clients/module.js";
import { gatewayOn } from "./transports/gateway.js";

// Bundlers shake off what is not used, if they are told that these calls do nothing else.
const module = /* @__PURE__ */ new WasmModule(create, () => new URL("../wasm/imap.wasm", import.meta.url));

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

export { MailError } from "./errors.js";
export * from "./clients/imap-exports.js";
export type { Duplex, Security, Target, TlsDetails, Transport } from "./clients/transport.js";
export * from "./transports/index.js";
