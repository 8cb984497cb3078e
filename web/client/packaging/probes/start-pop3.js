import { Pop3Client } from "waypost/pop3";
import { pop3 } from "./mail.js";

/** Until it is signed in. */
export async function start() {
  await Pop3Client.connect(pop3());
}
