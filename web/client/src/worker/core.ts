/** The wasm core as this package uses it. The build checks the generated module against it (`src/wasm/loader.ts`). */
import type { MailEvent } from "../types.js";
import type { Calls, Credential } from "./port.js";

/** Calls that the core answers at once. */
type Immediate = "state" | "syncNow" | "setGatewayToken";

/** The wasm core, one call for each of the page's. */
export type Core = {
  readonly [Name in keyof Calls]: (...args: Parameters<Calls[Name]>) => Name extends Immediate ? ReturnType<Calls[Name]> : Promise<ReturnType<Calls[Name]>>;
} & {
  /** Takes up a stored account with what another core was signed in with. */
  resume(account: number, credential: Credential): Promise<void>;
  close(): Promise<void>;
};

/** Opens the core over one profile. */
export type OpenCore = (profile: string, gateway: string, gatewayToken: string | undefined, listener: (event: MailEvent) => void) => Promise<Core>;

/** Opens a core over one profile that only reads; what writes or connects is rejected. */
export type OpenReader = (profile: string) => Promise<Core>;
