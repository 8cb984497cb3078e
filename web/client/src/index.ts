/** The package's public name: opening, errors, types. */
export { MailError } from "./errors.js";
export { open } from "./open.js";
export type * from "./types.js";
