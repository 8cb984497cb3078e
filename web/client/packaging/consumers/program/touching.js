export const here = globalThis.location;
