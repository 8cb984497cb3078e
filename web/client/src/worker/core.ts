/** The wasm core as this package uses it. The build checks the generated module against it (`src/wasm/loader.ts`). */
import type { MailEvent } from "../types.js";
import type { Calls } from "./port.js";

/** Calls that the core answers at once. */
type Immediate = "state" | "syncNow";

/** The wasm core, one call for each of the page's. */
export type Core = {
  readonly [Name in keyof Calls]: (...args: Parameters<Calls[Name]>) => Name extends Immediate ? ReturnType<Calls[Name]> : Promise<ReturnType<Calls[Name]>>;
} & { close(): Promise<void> };

/** Opens the core over one profile. */
export type OpenCore = (profile: string, gateway: string, listener: (event: MailEvent) => void) => Promise<Core>;
