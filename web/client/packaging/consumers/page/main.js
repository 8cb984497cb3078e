import { said } from "./said.js";

void said().then((outcome) => (globalThis.outcome = outcome));
