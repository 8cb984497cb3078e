/** The errors that this package makes around the engine, beside those that it makes anywhere. */
import { type Catalogue, shape, sharedCatalogue } from "./faults.js";
import type { ErrorShape } from "./types.js";

const catalogue = {
  ...sharedCatalogue,
  unsupported: {
    blame: "device",
    retryable: false,
    message: "This browser lacks what Waypost needs (WebAssembly, IndexedDB, Web Locks, Workers). Use a current browser.",
  },
  "wrong-argument": { blame: "caller", retryable: false, message: "The client was opened with options that make no sense. Check them against the documentation." },
  "insecure-context": {
    blame: "user",
    retryable: false,
    message: "This address is not a secure one, so the browser offers no place to keep mail. Use https, or localhost.",
  },
  "core-died": {
    blame: "device",
    retryable: false,
    message: "The mail core has stopped while it did this. The stored mail is safe. If it happens again, reload the page.",
  },
  "memory-lost": {
    blame: "device",
    retryable: false,
    message: "The mail core has stopped, and all that it held in memory is gone. Open the client again; mail is still on the server.",
  },
  "engine-moved": {
    blame: "device",
    retryable: true,
    message: "The tab that held the connection ended before this was done. Try again.",
  },
  "other-version": {
    blame: "user",
    retryable: false,
    message: "Another tab runs another version of Waypost. Reload or close that tab, then reload this one.",
  },
  "given-up": { blame: "caller", retryable: false, message: "The file was not read to its end, so it is not complete. Read its stream to the end." },
  "account-gone": { blame: "caller", retryable: false, message: "There is no such account on this device any more. Look at the list of accounts." },
} as const satisfies Catalogue<string>;

/** Codes of the errors of this package. */
export type FaultCode = keyof typeof catalogue;

/** All codes, for tests and documentation. */
export const faultCodes = Object.keys(catalogue) as readonly FaultCode[];

/** The plain form of one of this package's errors, with a better sentence where there is one. */
export const engineFault = (code: FaultCode, message?: string): ErrorShape => shape(catalogue, code, message);
