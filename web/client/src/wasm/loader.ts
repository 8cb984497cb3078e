/** The only file that knows the generated module. That the core has the calls of this package is checked here, by the compiler. */
import init, { Core } from "../../wasm/waypost.js";
import type { OpenCore } from "../worker/core.js";

export async function load(url: string): Promise<OpenCore> {
  await init({ module_or_path: url });
  return (profile, gateway, listener) => Core.open(profile, gateway, listener);
}
