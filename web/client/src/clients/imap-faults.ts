/** What an IMAP server refused or broke, in words. The codes come from `crates/clients/src/imap/faults.rs` and are the engine's where it has them. */
import { MailError } from "../errors.js";
import type { ErrorShape } from "../types.js";
import { sharedFaults } from "./shared-faults.js";

const catalogue = {
  ...sharedFaults,
  "not-imap": { blame: "server", retryable: true, message: "HOST does not speak IMAP as it should on port PORT. Check the port, or ask its operator." },
  "server-limit": { blame: "server", retryable: true, message: "HOST sent an answer larger than this client can hold. Ask for less at once." },
  "server-refused": { blame: "server", retryable: true, message: "HOST refused what was asked of it. Its own words say why." },
  "server-rejected": { blame: "server", retryable: false, message: "HOST did not understand a command. Ask its operator which IMAP it speaks." },
  "server-lacks": { blame: "server", retryable: false, message: "HOST can't do this: it lacks a capability. Look at `capabilities` before." },
  "cannot-send": { blame: "caller", retryable: false, message: "This can't be sent to HOST as it is, or not now. Check the values and the order of the calls." },
  "not-found": { blame: "caller", retryable: false, message: "There is no such message or part in the selected mailbox. It may have been deleted." },
  "given-up": { blame: "caller", retryable: false, message: "A message was given up while it was sent to HOST, so the connection was ended. Connect again." },
  "channel-mismatch": { blame: "network", retryable: false, message: "Not signed in: somebody on the way to HOST meddles with the connection. Try another network." },
  "tls-required": { blame: "user", retryable: false, message: "HOST takes no password without TLS, and none was sent. Choose `tls` or `starttls`." },
  "plaintext-refused": { blame: "user", retryable: false, message: "HOST does not offer TLS on port PORT, so your password was not sent. Choose `tls` with its port." },
  "password-expired": { blame: "user", retryable: false, message: "HOST says that this password has expired. Choose a new one with its operator." },
  "mailbox-in-use": { blame: "server", retryable: true, message: "HOST says that too many programs use this account. Close one, or wait and try again." },
} as const satisfies Record<string, Pick<ErrorShape, "blame" | "retryable" | "message">>;

/**
 * Codes of what an IMAP server refused or broke.
 *
 * @example
 * const code: ImapFaultCode = "server-refused";
 */
export type ImapFaultCode = keyof typeof catalogue;

/**
 * All of them, for tests and documentation.
 *
 * @example
 * console.log(imapFaultCodes.join(", "));
 */
export const imapFaultCodes = Object.keys(catalogue) as readonly ImapFaultCode[];

/** More of a failure than its code. */
export interface FailureDetails {
  /** What exactly it was, for whoever reads a log. */
  readonly detail?: string;
  /** The server's response code (RFC 5530), empty for none. */
  readonly reason?: string;
  /** The server's words, fit to be shown. */
  readonly said?: string;
  readonly cause?: unknown;
}

/** The error of a code that the machine gave. */
export function imapFailure(code: string, server: { readonly host: string; readonly port: number }, details: FailureDetails = {}): MailError {
  const { detail = "", reason = "", said = "", cause } = details;
  const known = code in catalogue ? (code as ImapFaultCode) : "not-imap";
  const { blame, retryable, message } = catalogue[known];
  const words = message.replace("HOST", server.host).replace("PORT", String(server.port));
  const serverText = [reason === "" ? "" : `[${reason}]`, said].filter((text) => text !== "").join(" ");
  const shape = { code: known, blame, retryable, message: detail === "" ? words : `${words} (${detail})`, serverText: serverText === "" ? null : serverText };
  return new MailError(shape, cause === undefined ? undefined : { cause });
}
