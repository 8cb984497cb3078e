/** What a POP3 server refused or broke, in words. The codes come from `crates/clients/src/pop3/fault.rs` and are the engine's. */
import { MailError } from "../errors.js";
import type { ErrorShape } from "../types.js";

const catalogue = {
  "not-pop3": { blame: "server", retryable: true, message: "HOST does not speak POP3 as it should on port PORT. Check the port, or ask its operator." },
  "server-busy": { blame: "server", retryable: true, message: "HOST takes no connections at the moment. Try again later." },
  "server-limit": { blame: "server", retryable: true, message: "HOST sent an answer larger than this client can hold. Ask its operator, or try again later." },
  "server-refused": { blame: "server", retryable: true, message: "HOST refused what was asked of it. Try again later, or ask its operator." },
  "cannot-send": { blame: "caller", retryable: false, message: "This can't be sent to HOST as it is, or not to this server. Check the values and what the server offers." },
  "starttls-injection": {
    blame: "network",
    retryable: false,
    message: "Not connected: something on the way to HOST meddled with the start of TLS. Try another network.",
  },
  "connection-lost": { blame: "network", retryable: true, message: "The connection to HOST ended. Check the network, and connect again." },
  "update-unknown": {
    blame: "network",
    retryable: true,
    message: "The connection ended before HOST said whether it deleted what was marked. Connect again and list the messages.",
  },
  timeout: { blame: "server", retryable: true, message: "HOST does not answer in time. Check the server name and port PORT, or try again later." },
  "auth-failed": { blame: "user", retryable: false, message: "HOST refused this name and password. Check both." },
  "token-refused": { blame: "user", retryable: true, message: "HOST refused this access token. Get a fresh one, and sign in again." },
  "auth-unavailable": { blame: "server", retryable: true, message: "HOST can't check passwords at the moment. Try again later." },
  "auth-unsupported": { blame: "server", retryable: false, message: "HOST offers no way to sign in that can be used here. Ask its operator for one, such as an app password." },
  "auth-not-allowed": { blame: "user", retryable: false, message: "None of the ways by which HOST lets you sign in is allowed, so nothing was sent. Ask its operator for another." },
  "auth-unsafe": { blame: "server", retryable: false, message: "HOST asks for a proof of your password that is not safe to give, so it was not given. Ask its operator." },
  "auth-broken": { blame: "server", retryable: false, message: "HOST does not sign in by the rules. Ask its operator." },
  "server-unproven": {
    blame: "server",
    retryable: false,
    message: "HOST has not proven that it knows your password, so it may be another server. Check its name, or try another network.",
  },
  "plaintext-refused": { blame: "user", retryable: false, message: "Without TLS your password would be readable on the way to HOST, so it was not sent. Choose TLS with its port." },
  "password-unusable": { blame: "user", retryable: false, message: "This name or password holds a character that can't be sent to HOST. Check both." },
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
