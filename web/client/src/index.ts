/** The package's public name: opening, errors, types. */
export { open } from "./beside.js";
export { MailError } from "./errors.js";
export type * from "./types.js";
