/** What an IMAP server refused or broke, in words. The codes come from `crates/clients/src/imap/faults.rs` and are the engine's where it has them. */
import { MailError } from "../errors.js";
import { type Catalogue, shapeAt } from "../faults.js";
import { sharedFaults } from "./shared-faults.js";

const catalogue = {
  ...sharedFaults,
  "not-imap": ["server", true, "HOST does not speak IMAP as it should on port PORT. Check the port, or ask its operator."],
  "server-rejected": ["server", false, "HOST did not understand a command. Ask its operator which IMAP it speaks."],
  "server-lacks": ["server", false, "HOST can't do this: it lacks a capability. Look at `capabilities` before."],
  "not-found": ["caller", false, "There is no such message or part in the selected mailbox. It may have been deleted."],
  "given-up": ["caller", false, "A message was given up while it was sent to HOST, so the connection was ended. Connect again."],
  "channel-mismatch": ["network", false, "Not signed in: somebody on the way to HOST meddles with the connection. Try another network."],
  "tls-required": ["user", false, "HOST takes no password without TLS, so nothing was sent. Choose `tls` or `starttls`."],
  "password-expired": ["user", false, "HOST says that this password has expired. Choose a new one with its operator."],
  "mailbox-in-use": ["server", true, "HOST says that too many programs use this account. Close one, or wait and try again."],
} as const satisfies Catalogue<string>;

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
}

/** The error of a code that the machine gave. */
export function imapFailure(code: string, server: { readonly host: string; readonly port: number }, details: FailureDetails = {}): MailError {
  const { detail = "", reason = "", said = "" } = details;
  const shape = shapeAt(catalogue, code in catalogue ? (code as ImapFaultCode) : "not-imap", server);
  const serverText = (reason === "" ? said : `[${reason}] ${said}`).trim();
  return new MailError({ ...shape, message: detail === "" ? shape.message : `${shape.message} (${detail})`, serverText: serverText === "" ? null : serverText });
}
