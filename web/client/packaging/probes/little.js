import { MailError } from "waypost";
import { MailError as Same, streams } from "waypost/pop3";

/** Uses what needs no engine, no module and no connection. */
export function probe() {
  return Promise.resolve(`little: ${MailError.name === Same.name && typeof streams}`);
}
