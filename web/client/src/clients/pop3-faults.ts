/** What a POP3 server refused or broke, in words. The codes come from `crates/clients/src/pop3/fault.rs` and are the engine's. */
import { MailError } from "../errors.js";
import type { ErrorShape } from "../types.js";
import { sharedFaults } from "./shared-faults.js";

const catalogue = {
  ...sharedFaults,
  "not-pop3": { blame: "server", retryable: true, message: "HOST does not speak POP3 as it should on port PORT. Check the port, or ask its operator." },
  "server-limit": { blame: "server", retryable: true, message: "HOST sent an answer larger than this client can hold. Ask its operator, or try again later." },
  "server-refused": { blame: "server", retryable: true, message: "HOST refused what was asked of it. Try again later, or ask its operator." },
  "cannot-send": { blame: "caller", retryable: false, message: "This can't be sent to HOST as it is, or not to this server. Check the values and what the server offers." },
  "update-unknown": {
    blame: "network",
    retryable: true,
    message: "The connection ended before HOST said whether it deleted what was marked. Connect again and list the messages.",
  },
  "plaintext-refused": { blame: "user", retryable: false, message: "Without TLS your password would be readable on the way to HOST, so it was not sent. Choose TLS with its port." },
  "mailbox-in-use": { blame: "server", retryable: true, message: "HOST says that another program has this mailbox open. Close it there, or wait and try again." },
  "login-delay": { blame: "server", retryable: true, message: "HOST wants more time between two looks at the mailbox. Wait, and try again." },
  "mailbox-broken": { blame: "server", retryable: false, message: "HOST has a lasting fault with this mailbox. Ask its operator to mend it." },
} as const satisfies Record<string, Pick<ErrorShape, "blame" | "retryable" | "message">>;

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
  const { blame, retryable, message } = catalogue[code in catalogue ? (code as Pop3FaultCode) : "not-pop3"];
  const words = message.replace("HOST", server.host).replace("PORT", String(server.port));
  return new MailError({ code, blame, retryable, message: words, serverText: said ?? null });
}
