/** The errors that this package makes around the engine, beside those that it makes anywhere. */
import { type Catalogue, shape, sharedCatalogue } from "./faults.js";
import type { ErrorShape } from "./types.js";

const catalogue = {
  ...sharedCatalogue,
  unsupported: ["device", false, "This browser lacks what Waypost needs (WebAssembly, IndexedDB, Web Locks, Workers). Use a current browser."],
  "wrong-argument": ["caller", false, "The client was opened with options that make no sense. Check them against the documentation."],
  "insecure-context": ["user", false, "This address is not a secure one, so the browser offers no place to keep mail. Use https, or localhost."],
  "core-died": ["device", false, "The mail core has stopped while it did this. The stored mail is safe. If it happens again, reload the page."],
  "memory-lost": ["device", false, "The mail core has stopped, and all that it held in memory is gone. Open the client again; mail is still on the server."],
  "engine-moved": ["device", true, "The tab that held the connection ended before this was done. Try again."],
  "other-version": ["user", false, "Another tab runs another version of Waypost. Reload or close that tab, then reload this one."],
  "given-up": ["caller", false, "The file was not read to its end, so it is not complete. Read its stream to the end."],
  "account-gone": ["caller", false, "There is no such account on this device any more. Look at the list of accounts."],
} as const satisfies Catalogue<string>;

/** Codes of the errors of this package. */
export type FaultCode = keyof typeof catalogue;

/** All codes, for tests and documentation. */
export const faultCodes = Object.keys(catalogue) as readonly FaultCode[];

/** The plain form of one of this package's errors, with a better sentence where there is one. */
export const engineFault = (code: FaultCode, message?: string): ErrorShape => shape(catalogue, code, message);
