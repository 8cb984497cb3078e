import { load, Pop3Client } from "waypost/pop3";
import { taken } from "./mail.js";

/** With the module beside the bundle, where it was copied to. */
export async function probe() {
  await load(new URL("./pop3.wasm", import.meta.url));
  return taken(Pop3Client);
}
