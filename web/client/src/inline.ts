/** `waypost/inline`: the engine with its files inside of the script, for bundlers that carry no files along. */
import { openWith } from "./open.js";
import { wasm, worker } from "./packed.js";
import type { EngineFiles } from "./start.js";
import type { MailClient, OpenOptions } from "./client.js";

export type * from "./client.js";
export { MailError } from "./errors.js";
export type * from "./types.js";

/**
 * As `open` of `waypost`, with nothing to load. The page's policy must allow `worker-src blob:`, and tabs hand each other no
 * passwords, because a script that is no file can't be shared by them.
 *
 * @example
 * import { open } from "waypost/inline";
 * const mail = await open({ gateway: "wss://mail.example/tunnel" });
 */
export function open(options: OpenOptions = {}): Promise<MailClient> {
  return openWith(files, options);
}

let unpacked: Promise<EngineFiles> | undefined;

/** Once a page: addresses of blobs stay until it ends. */
function files(): Promise<EngineFiles> {
  unpacked ??= Promise.all([octetsOf(worker), octetsOf(wasm)]).then(([script, module]) => ({
    worker: URL.createObjectURL(new Blob([script], { type: "text/javascript" })),
    broker: undefined,
    wasm: module,
  }));
  return unpacked;
}

/** Octets from base64 of gzip. */
async function octetsOf(packed: string): Promise<Uint8Array<ArrayBuffer>> {
  const octets = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
  return new Uint8Array(await new Response(new Blob([octets]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
}
