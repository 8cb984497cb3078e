/** What the entries with IMAP export beside the client. */
export { FetchColumns, FetchedMessage, FlagBit } from "./columns.js";
export { Fetch } from "./fetch.js";
export { type ImapFaultCode, imapFaultCodes } from "./imap-faults.js";
export type { ListOptions } from "./imap-list.js";
export type * from "./imap-types.js";
