/** Types of the public surface: those of the engine's records, and what is put together of them. */
import type { Security } from "./clients/transport.js";
import type { AccountState, StorageState } from "./answers.generated.js";
import type { KnownCode } from "./codes.generated.js";
import type { MessageRow, Pop3Settings, Protocol, Removal } from "./records.generated.js";

export type { Security } from "./clients/transport.js";
export type * from "./answers.generated.js";
export type { KnownCode } from "./codes.generated.js";
export type * from "./records.generated.js";

/**
 * Settings of which what is left out has its default.
 *
 * @example
 * await mail.setPop3(account.id, { removal: { afterDays: 30 }, interval: 600 } satisfies Pop3Choices);
 */
export type Pop3Choices = Partial<Omit<Pop3Settings, "removal">> & { readonly removal?: Partial<Removal> };

/**
 * Settings of an account to be added.
 *
 * @example
 * const settings: AccountSettings = { protocol: "imap", address: "ann@mail.example", host: "imap.mail.example", port: 993, security: "tls", username: "ann" };
 */
export interface AccountSettings {
  readonly protocol: Protocol;
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly username: string;
  /** POP3 only. */
  readonly pop3?: Pop3Choices;
}

/**
 * The answer to a `ListQuery`.
 *
 * @example
 * const { rows, total, next }: MessageList = await mail.list(account.id, inbox.id);
 */
export interface MessageList {
  readonly rows: readonly MessageRow[];
  /** How many the whole list has. */
  readonly total: number;
  /** Opaque; names the place from which the list goes on. Null at its end. */
  readonly next: string | null;
}

/**
 * What happened: one of the codes of this version, or one that a later gateway has.
 *
 * @example
 * const retry: ReadonlySet<ErrorCode> = new Set(["server-busy", "timeout"]);
 */
export type ErrorCode = KnownCode | (string & Record<never, never>);

/**
 * What a listener is told. Read what you show again after a change.
 *
 * @example
 * const hear = (event: MailEvent) => console.log(event.event);
 */
export type MailEvent =
  | { readonly event: "change"; readonly type: "accounts" }
  | { readonly event: "change"; readonly type: "mailboxes"; readonly account: number }
  /** What is known of the messages on the server of a POP3 account: its ledger. */
  | { readonly event: "change"; readonly type: "maildrop"; readonly account: number }
  | { readonly event: "change"; readonly type: "messages"; readonly account: number; readonly mailbox: number }
  | { readonly event: "change"; readonly type: "body"; readonly account: number; readonly mailbox: number; readonly message: string }
  | { readonly event: "state"; readonly account: number; readonly status: AccountState }
  | ({ readonly event: "storage" } & StorageState);
