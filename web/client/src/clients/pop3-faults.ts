/** What a POP3 server refused or broke, in words. The codes come from `crates/clients/src/pop3/fault.rs` and are the engine's. */
import { MailError } from "../errors.js";
import { type Catalogue, shapeAt } from "../faults.js";
import { sharedFaults } from "./shared-faults.js";

const catalogue = {
  ...sharedFaults,
  "not-pop3": ["server", true, "HOST does not speak POP3 as it should on port PORT. Check the port, or ask its operator."],
  "update-unknown": ["network", true, "The connection ended before HOST said whether it deleted what was marked. Connect again and list the messages."],
  "mailbox-in-use": ["server", true, "HOST says that another program has this mailbox open. Close it, or wait and try again."],
  "login-delay": ["server", true, "HOST wants more time between two looks at the mailbox. Wait and try again."],
  "mailbox-broken": ["server", false, "HOST has a lasting fault with this mailbox. Ask its operator to mend it."],
} as const satisfies Catalogue<string>;

/**
 * Codes of what a POP3 server refused or broke.
 *
 * @example
 * const code: Pop3FaultCode = "mailbox-in-use";
 */
export type Pop3FaultCode = keyof typeof catalogue;

/**
 * All of them, for tests and documentation.
 *
 * @example
 * console.assert(pop3FaultCodes.includes("auth-failed"));
 */
export const pop3FaultCodes = Object.keys(catalogue) as readonly Pop3FaultCode[];

/** The error of a code that the machine gave; one that is not known here is the connection's. */
export function pop3Failure(code: string, said: string | undefined, server: { readonly host: string; readonly port: number }): MailError {
  const shape = shapeAt(catalogue, code in catalogue ? (code as Pop3FaultCode) : "not-pop3", server);
  return new MailError({ ...shape, code, serverText: said ?? null });
}
