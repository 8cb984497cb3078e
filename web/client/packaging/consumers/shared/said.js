import { probe } from "./probe.js";

/** What the probe says, or how it failed. */
export const said = () => probe().catch((error) => `${error.code}: ${error.message} (${error.cause})`);
