import { said } from "./said.js";

addEventListener("message", (event) => event.waitUntil(said().then((outcome) => event.source.postMessage(outcome))));
