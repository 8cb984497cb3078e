/** The errors that this package itself makes, with or without the engine. Those of the engine come with their own words from Rust. */
import type { ErrorShape } from "./types.js";

/** Whose fault a code is, and its sentence. */
export type Catalogue<Code extends string> = Readonly<Record<Code, Pick<ErrorShape, "blame" | "retryable" | "message">>>;

const catalogue = {
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
  "connection-lost": {
    blame: "network",
    retryable: true,
    message: "The connection to the mail server ended. Check the network and connect again.",
  },
  closed: { blame: "caller", retryable: false, message: "This mail client was closed. Open another one." },
  internal: { blame: "device", retryable: false, message: "Something went wrong inside Waypost. Reload the page; the stored mail is safe." },
} as const satisfies Catalogue<string>;

export { catalogue as sharedCatalogue };

/** The plain form of one of these errors, with a better sentence where there is one. */
export const fault = (code: keyof typeof catalogue, message?: string): ErrorShape => shape(catalogue, code, message);

/** The plain form of an error of a catalogue. */
export function shape<Code extends string>(of: Catalogue<Code>, code: Code, message: string = of[code].message): ErrorShape {
  const { blame, retryable } = of[code];
  return { code, blame, retryable, message, serverText: null };
}
