/** What the clients need of the glue that wasm-bindgen makes of `crates/clients/src/imap`. */
import type { Machine } from "./driver.js";

/** An IMAP connection in wasm. */
export interface ImapMachine extends Machine {
  events(): number;
  command(words: string): number;
  sign_in(username: string, secret: string, token: boolean, host: string, port: number, secure: boolean, random: Uint8Array): number;
  supply(id: number, octets: number): boolean;
  cancel(id: number): boolean;
  finish_idle(id: number): void;
  body_left(): number;
  pass_body(now: number, octets: number): void;
  offers(capability: string): boolean;
  knows_capabilities(): boolean;
}

/** Takes envelopes and body structures apart. */
export interface ExpanderMachine {
  room_for_places(count: number): number;
  room_for_octets(count: number): number;
  expand(): number;
}

/** The glue of one instance. */
export interface ImapGlue {
  initSync(options: { readonly module: WebAssembly.Module }): { readonly memory: WebAssembly.Memory };
  readonly Imap: new (starttls: boolean) => ImapMachine;
  readonly Expander: new () => ExpanderMachine;
}
