/** The package's public name where there is no browser: the engine over memory. */
import { type MemoryMailClient, type MemoryOpenOptions, openInMemory } from "./memory/open.js";

export type * from "./client.js";
export { MailError } from "./errors.js";
export type { MemoryMailClient, MemoryOpenOptions } from "./memory/open.js";
export type * from "./types.js";

/**
 * Opens a client that keeps all mail in memory and runs in this thread. Nothing connects until an account is signed in.
 *
 * @example
 * import { open } from "waypost";
 * import { tcp } from "waypost/node";
 * const mail = await open({ transport: tcp() });
 */
export function open(options: MemoryOpenOptions): Promise<MemoryMailClient> {
  return openInMemory(options, new URL("./waypost.wasm", import.meta.url));
}
