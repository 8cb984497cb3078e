/** The engine's module and its glue. That the core has the calls of this package is checked here, by the compiler. */
import { create } from "../../wasm/waypost.js";
import { refusal, WasmModule, type WasmSource } from "../clients/module.js";
import type { MailEvent } from "../types.js";
import type { Core, OpenCore, OpenReader } from "../worker/core.js";
import type { Wire } from "../memory/wire.js";
import { guarded } from "./guard.js";

/** Opens a core whose store is memory. */
export type OpenInMemory = (wire: Wire | undefined, gateway: string | undefined, gatewayToken: string | undefined, listener: (event: MailEvent) => void) => Core;

/** What an instance offers. */
export interface Opener {
  readonly open: OpenCore;
  readonly openReader: OpenReader;
  readonly openInMemory: OpenInMemory;
}

/** An instance of the module. `trapped` is told when it ends by a fault; it does nothing any more then. */
export async function load(source: WasmSource, trapped: (thrown: unknown) => void): Promise<Opener> {
  const glue = create((exports: WebAssembly.Exports): WebAssembly.Exports => guarded(exports, trapped));
  const module = await compiled(source);
  try {
    glue.initSync({ module });
  } catch (cause) {
    // Here WebKit looks at the page's policy.
    throw refusal(cause);
  }
  const { Core } = glue;
  return {
    open: (profile, gateway, gatewayToken, listener) => Core.open(profile, gateway, gatewayToken, listener),
    openReader: (profile) => Core.openReader(profile),
    openInMemory: (wire, gateway, gatewayToken, listener) => Core.openInMemory(wire, gateway, gatewayToken, listener),
  };
}

const modules = new Map<string, WasmModule<ReturnType<typeof create>>>();

/** Compiled once for each address. */
function compiled(source: WasmSource): Promise<WebAssembly.Module> {
  const address = typeof source === "string" || source instanceof URL ? String(source) : undefined;
  const module = (address === undefined ? undefined : modules.get(address)) ?? new WasmModule(create, () => source);
  if (address !== undefined) modules.set(address, module);
  return module.load();
}
