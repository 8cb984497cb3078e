import { said } from "./said.js";

void said().then((outcome) => postMessage(outcome));
