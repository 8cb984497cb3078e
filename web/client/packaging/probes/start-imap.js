import { ImapClient } from "waypost/imap";
import { imap } from "./mail.js";

/** Until it is signed in. */
export async function start() {
  await ImapClient.connect(imap());
}
