/** Types of the public surface. They mirror the Rust records of `crates/store`, `crates/sync` and `crates/message`. */
import type { Security } from "./clients/transport.js";
import type { KnownCode } from "./codes.generated.js";
import type { Migration, Notice, Pop3Choices, Pop3Settings, Rule } from "./pop3-records.js";

export type { Security } from "./clients/transport.js";
export type { KnownCode } from "./codes.generated.js";
export type * from "./pop3-records.js";

/**
 * IMAP: mail lives on the server, this device holds a cache. POP3: mail lives on this device.
 *
 * @example
 * const protocol: Protocol = "imap";
 */
export type Protocol = "imap" | "pop3";

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
 * An account stored on this device. The password is never stored.
 *
 * @example
 * const [account]: readonly Account[] = await mail.accounts();
 */
export interface Account extends AccountSettings {
  readonly id: number;
  /** POP3 only. */
  readonly pop3: Pop3Settings;
  /** What is done with mail as it arrives, in this order; POP3 only. */
  readonly rules: readonly Rule[];
  /** What the last check found that the user should know; POP3 only. */
  readonly notices: readonly Notice[];
  /** The answer to `allUniqueIdsChanged`, until it is carried out; POP3 only. */
  readonly migration: Migration | null;
}

/**
 * A folder.
 *
 * @example
 * const { name, unseen, total }: Mailbox = await mail.inbox(account.id);
 */
export interface Mailbox {
  readonly id: number;
  /** The whole name on the server, decoded. */
  readonly name: string;
  readonly delimiter: string | null;
  readonly role: "inbox" | "drafts" | "sent" | "junk" | "trash" | "archive" | "all" | "flagged" | null;
  readonly selectable: boolean;
  /** UIDVALIDITY of IMAP; another one means that the server counts its messages anew. */
  readonly uidvalidity: number;
  /** Messages on the server (IMAP) or here (POP3); null before the first look. */
  readonly total: number | null;
  /** Messages without `\\Seen`; null before the first look. */
  readonly unseen: number | null;
  /** Messages with `\\Flagged` among those stored here. */
  readonly flagged: number;
  /** Milliseconds since 1970. */
  readonly syncedAt: number | null;
}

/**
 * A part of a list. What is left out has its default.
 *
 * @example
 * const largest: ListQuery = { order: "size", limit: 20 };
 */
export interface ListQuery {
  /** What it is sorted by; `thread`: the newest message of each thread. Default: `date`. */
  readonly order?: "date" | "sender" | "subject" | "size" | "thread";
  /** The last first. Default: true. */
  readonly descending?: boolean;
  /** Unread and flagged messages are sorted by date only. Default: `all`. */
  readonly filter?: "all" | "unread" | "flagged";
  /** Where an earlier part ended: its `next`. */
  readonly after?: string;
  /** At most so many rows; 1,000 are the most. Default: 50. */
  readonly limit?: number;
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
 * One line of a message list.
 *
 * @example
 * const isUnread = ({ flags }: MessageRow) => !flags.includes("\\Seen");
 */
export interface MessageRow {
  /** Opaque; names the message in this store. */
  readonly id: string;
  readonly from: string;
  readonly fromAddress: string;
  readonly to: string;
  readonly subject: string;
  /** First words of the text; empty until the body is here. */
  readonly snippet: string;
  /** Milliseconds since 1970. */
  readonly date: number;
  /** Octets. */
  readonly size: number;
  /** Flags as IMAP writes them: `\Seen`, `\Flagged`, keywords. */
  readonly flags: readonly string[];
  readonly attachment: boolean;
  /** Whether the whole message is stored on this device. */
  readonly body: boolean;
  /** Whether a change of this row waits to be sent. */
  readonly waiting: boolean;
  /** The thread, a number of the account; 0 where none is known. */
  readonly thread: number;
  /** Opaque; names the stored octets, where there are any. */
  readonly content: string | null;
  /** SHA-256 of the stored octets, lower case hex, where the body is stored. */
  readonly sha256: string | null;
  /** The mailbox from which it was put into the trash; mail that lives here only. */
  readonly origin: number | null;
  /** The number of the message of which it is a copy; mail that lives here only. */
  readonly copyOf: number | null;
}

/**
 * The names of a message before and after it was moved or copied.
 *
 * @example
 * const moved: readonly Moved[] = await mail.moveMessages([row.id], archive.id);
 * await mail.undoMove(moved);
 */
export interface Moved {
  readonly from: string;
  readonly to: string;
  /** The mailbox that it was in before. */
  readonly mailbox: number;
}

/**
 * A person or a list.
 *
 * @example
 * const shown = ({ name, address }: Address) => (name === "" ? address : name);
 */
export interface Address {
  readonly name: string;
  readonly address: string;
}

/**
 * An attachment or an inline image.
 *
 * @example
 * const label = ({ name, size }: Attachment) => `${name}, ${Math.ceil(size / 1024)} KiB`;
 */
export interface Attachment {
  /** Its place among the parts of its message: what names it in calls. */
  readonly index: number;
  readonly name: string;
  readonly contentType: string;
  readonly contentId: string | null;
  readonly inline: boolean;
  /** Octets, decoded. */
  readonly size: number;
}

/**
 * A message as a reader shows it. `html` is unsafe markup: show it only in a frame that runs no script.
 *
 * @example
 * const { subject, text, parts }: MessageView = await mail.message(row.id);
 */
export interface MessageView {
  readonly subject: string;
  readonly from: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  /** Milliseconds since 1970; null where it says none. */
  readonly date: number | null;
  readonly messageId: string | null;
  readonly text: string;
  readonly html: string | null;
  readonly parts: readonly Attachment[];
}

/**
 * How many, and their octets.
 *
 * @example
 * const average = ({ count, octets }: Amount) => (count === 0 ? 0 : octets / count);
 */
export interface Amount {
  readonly count: number;
  readonly octets: number;
}

/**
 * What is stored of an account.
 *
 * @example
 * for (const { account, onlyCopy } of await mail.usage()) console.log(account, onlyCopy.octets);
 */
export interface AccountUsage {
  readonly account: number;
  /** Messages that may be nowhere else. */
  readonly onlyCopy: Amount;
  /** Copies of messages that the server has too. */
  readonly cache: Amount;
  /** List lines. */
  readonly rows: Amount;
}

/**
 * What the whole origin stores, as the browser reckons: roughly, so that pages learn nothing of each other.
 *
 * @example
 * const estimate: StorageEstimate | null = await mail.storageEstimate();
 */
export interface StorageEstimate {
  /** Octets that are stored, the app itself included. */
  readonly usage: number;
  /** Octets that may be stored. A device that is nearly full may have less. */
  readonly quota: number;
}

/**
 * What became of the messages of a folder that was written into a file.
 *
 * @example
 * const isWhole = ({ leftOut, damaged }: Tally) => leftOut + damaged === 0;
 */
export interface Tally {
  /** Whole in the file. */
  readonly written: number;
  /** Not stored on this device, and not in the file. */
  readonly leftOut: number;
  /** Damaged on this device; in the file as far as they can be read. */
  readonly damaged: number;
}

/**
 * What `verify` found.
 *
 * @example
 * const { checked, problems }: Report = await mail.verify(true);
 */
export interface Report {
  /** Records that were looked at. */
  readonly checked: number;
  readonly problems: readonly Problem[];
  /** Further problems, beyond those that are listed. */
  readonly more: number;
}

/**
 * Something that is wrong with what is stored.
 *
 * @example
 * const line = ({ kind, where, repaired }: Problem) => `${kind} at ${where}${repaired ? ", mended" : ""}`;
 */
export interface Problem {
  readonly kind:
    | "content-damaged"
    | "content-missing"
    | "octets-without-record"
    | "content-unused"
    | "holders-wrong"
    | "usage-wrong"
    | "rows-damaged"
    | "rows-without-folder"
    | "order-wrong"
    | "count-wrong"
    | "thread-wrong"
    | "ledger-wrong"
    | "account-damaged"
    | "folder-damaged";
  /** The record, by its name. */
  readonly where: string;
  readonly repaired: boolean;
}

/**
 * Whose fault an error is.
 *
 * @example
 * const canMend = error.blame === ("user" satisfies Blame);
 */
export type Blame = "caller" | "user" | "server" | "gateway" | "network" | "device";

/**
 * What happened: one of the codes of this version, or one that a later gateway has.
 *
 * @example
 * const retry: ReadonlySet<ErrorCode> = new Set(["server-busy", "timeout"]);
 */
export type ErrorCode = KnownCode | (string & Record<never, never>);

/**
 * The plain form of an error, as it crosses from the Worker.
 *
 * @example
 * if (status.state === "offline") console.log((status.error satisfies ErrorShape).message);
 */
export interface ErrorShape {
  readonly code: ErrorCode;
  readonly blame: Blame;
  readonly retryable: boolean;
  readonly message: string;
  readonly serverText: string | null;
  /** What the runtime said, for a developer's log; left out where it said nothing. */
  readonly cause?: unknown;
}

/**
 * Where an account stands with its server.
 *
 * @example
 * const status: AccountState = await mail.state(account.id);
 */
export type AccountState =
  | { readonly state: "signed-out" }
  | { readonly state: "connecting" }
  /** So many of so many messages; both 0 before it is known. */
  | { readonly state: "syncing"; readonly done: number; readonly total: number }
  | { readonly state: "online" }
  /** `retryAt` in milliseconds since 1970; null where it is not tried again by itself. */
  | { readonly state: "offline"; readonly error: ErrorShape; readonly retryAt: number | null };

/**
 * What can be done with the store of this device.
 *
 * @example
 * mail.addEventListener("storage", ({ detail }) => show((detail satisfies StorageState).storage));
 */
export type StorageState =
  | { readonly storage: "ready" }
  | { readonly storage: "read-only" | "unavailable"; readonly error: ErrorShape }
  /** The browser or somebody in it removed what was stored. What a server still has comes again. */
  | { readonly storage: "evicted" };

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
