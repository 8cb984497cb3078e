/** The package's public name in a browser: opening, errors, types. */
export { open } from "./beside.js";
export type * from "./client.js";
export { MailError } from "./errors.js";
export type * from "./types.js";
