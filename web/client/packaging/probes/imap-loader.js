import { ImapClient, load } from "waypost/imap";
import module from "waypost/imap.wasm";
import { listed } from "./mail.js";

/** With the module as a loader of the bundler gives it. */
export async function probe() {
  await load(module);
  return listed(ImapClient);
}
