import { load, Pop3Client } from "waypost/pop3";
import module from "waypost/pop3.wasm";
import { taken } from "./mail.js";

/** With the module as a loader of the bundler gives it. */
export async function probe() {
  await load(module);
  return taken(Pop3Client);
}
