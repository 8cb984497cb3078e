/** What the build makes of the Worker and the module, for `waypost/inline`: gzip in base64. */
export const worker: string;
export const wasm: string;
