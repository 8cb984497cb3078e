/** The engine whose files lie beside this module. */
import { openWith } from "./open.js";
import type { EngineFiles } from "./start.js";
import type { MailClient, OpenOptions } from "./client.js";

/**
 * Opens the client over one profile. Nothing connects until an account has a password.
 *
 * Rejects with a {@link MailError}: `insecure-context` where the page came over plain http (localhost is fine), `unsupported` in a
 * browser that lacks something, `policy-blocked` where the page's own policy forbids the Worker or WebAssembly.
 *
 * @example
 * const mail = await open({ gateway: "wss://mail.example/tunnel" });
 */
export function open(options: OpenOptions = {}): Promise<MailClient> {
  return openWith(files, options);
}

/** Bundlers know addresses of this form and carry the files along as they are: each is one file that imports nothing. */
function files(): EngineFiles {
  return {
    worker: new URL("./worker.js", import.meta.url).href,
    // So small that Vite would put it into the script, where no policy allows it and each tab would have its own.
    broker: new URL("./broker.js?no-inline", import.meta.url).href,
    wasm: new URL("./waypost.wasm", import.meta.url).href,
  };
}
