/** The only file that knows the generated module. That the core has the calls of this package is checked here, by the compiler. */
import init, { Core } from "../../wasm/waypost.js";
import type { OpenCore, OpenReader } from "../worker/core.js";
import type { Opening } from "../worker/port.js";

export async function load(module: Opening["wasm"]): Promise<{ readonly open: OpenCore; readonly openReader: OpenReader }> {
  await init({ module_or_path: module });
  return {
    open: (profile, gateway, gatewayToken, listener) => Core.open(profile, gateway, gatewayToken, listener),
    openReader: (profile) => Core.openReader(profile),
  };
}
