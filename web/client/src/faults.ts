/** The errors that this package itself makes. Those of the engine come with their own words from Rust. */
import type { ErrorShape } from "./types.js";

const catalogue = {
  "insecure-context": {
    blame: "user",
    retryable: false,
    message: "This address is not a secure one, so the browser offers no place to keep mail. Use https, or localhost.",
  },
  unsupported: {
    blame: "device",
    retryable: false,
    message: "This browser lacks what Waypost needs (WebAssembly, IndexedDB, Web Locks, Workers). Use a current browser.",
  },
  "wrong-argument": { blame: "caller", retryable: false, message: "The client was opened with options that make no sense. Check them against the documentation." },
  "policy-blocked": {
    blame: "caller",
    retryable: false,
    message: "The page's Content-Security-Policy forbids the mail core. Allow 'wasm-unsafe-eval', worker-src 'self' and the Trusted Types policy waypost.",
  },
  "core-unreachable": {
    blame: "network",
    retryable: true,
    message: "The mail core could not be loaded. Check the connection and try again.",
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
  "connection-lost": {
    blame: "network",
    retryable: true,
    message: "The connection to the mail server ended. Check the network and connect again.",
  },
  "account-gone": { blame: "caller", retryable: false, message: "There is no such account on this device any more. Look at the list of accounts." },
  closed: { blame: "caller", retryable: false, message: "This mail client was closed. Open another one." },
  internal: { blame: "device", retryable: false, message: "Something went wrong inside Waypost. Reload the page; the stored mail is safe." },
} as const satisfies Record<string, Pick<ErrorShape, "blame" | "retryable" | "message">>;

/** Codes of the errors of this package. */
export type FaultCode = keyof typeof catalogue;

/** All codes, for tests and documentation. */
export const faultCodes = Object.keys(catalogue) as readonly FaultCode[];

/** The plain form of one of this package's errors, with a better sentence where there is one. */
export function fault(code: FaultCode, message: string = catalogue[code].message): ErrorShape {
  const { blame, retryable } = catalogue[code];
  return { code, blame, retryable, message, serverText: null };
}
