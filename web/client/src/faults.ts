/** The errors that this package itself makes, with or without the engine. Those of the engine come with their own words from Rust. */
import type { Blame, ErrorShape } from "./types.js";

/** Of each code: whose fault it is, whether the same call may succeed when it is made again, and its sentence. */
export type Catalogue<Code extends string> = Readonly<Record<Code, readonly [Blame, boolean, string]>>;

const catalogue = {
  "policy-blocked": ["caller", false, "The page's Content-Security-Policy forbids the mail core. Allow 'wasm-unsafe-eval', worker-src 'self' and the Trusted Types policy waypost."],
  "core-unreachable": ["network", true, "The mail core could not be loaded. Check the network and try again."],
  "connection-lost": ["network", true, "The connection to the mail server ended. Check the network and connect again."],
  closed: ["caller", false, "This mail client was closed. Open another one."],
  internal: ["device", false, "Something went wrong inside Waypost. Reload the page; the stored mail is safe."],
} as const satisfies Catalogue<string>;

export { catalogue as sharedCatalogue };

/** The plain form of one of these errors, with a better sentence where there is one. */
export const fault = (code: keyof typeof catalogue, message?: string): ErrorShape => shape(catalogue, code, message);

/** The plain form of an error of a catalogue. */
export function shape<Code extends string>(of: Catalogue<Code>, code: Code, message: string = of[code][2]): ErrorShape {
  const [blame, retryable] = of[code];
  return { code, blame, retryable, message, serverText: null };
}

/** The same, with the server's name and port in its sentence. */
export function shapeAt<Code extends string>(of: Catalogue<Code>, code: Code, { host, port }: { readonly host: string; readonly port: number | string }): ErrorShape {
  return shape(of, code, of[code][2].replace("HOST", host).replace("PORT", String(port)));
}
