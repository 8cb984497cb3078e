import { start } from "./probe.js";

// What the page does at first is no part of it: the call is what a program waits for.
addEventListener("load", () => {
  const begun = performance.now();
  start().then(
    () => (globalThis.outcome = { call: performance.now() - begun, page: performance.now() }),
    (error) => (globalThis.outcome = { error: String(error) }),
  );
});
