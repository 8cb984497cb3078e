/** A .wasm file of the package as a bundler's loader gives it: an address, octets, or a compiled module. For `load` of the entry. */
import type { WasmSource } from "./clients/module.js";

declare const source: WasmSource;
export default source;
