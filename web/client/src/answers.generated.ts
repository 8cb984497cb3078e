// Written by records.mjs from the Rust types.
import type { Amount, UidlState } from "./records.generated.js";
import type { ErrorCode } from "./types.js";

/**
 * What a list is sorted by.
 *
 * @example
 * const order: ListOrder = "size";
 */
export type ListOrder =
  /** By date. */
  | "date"
  /** By sender, then date. */
  | "sender"
  /** By subject without the marks of replies, then date. */
  | "subject"
  /** By size, then date. */
  | "size"
  /** The newest message of each thread, by date. */
  | "thread";

/**
 * Which messages a list has.
 *
 * @example
 * const filter: ListFilter = "unread";
 */
export type ListFilter =
  /** All. */
  | "all"
  /** Those without `\Seen`; by date. */
  | "unread"
  /** Those with `\Flagged`; by date. */
  | "flagged";

/**
 * A part of a list. What is left out has its default.
 *
 * @example
 * const largest: ListQuery = { order: "size", limit: 20 };
 */
export interface ListQuery {
  /** What it is sorted by. Default: `date`. */
  readonly order?: ListOrder;
  /** The last first. Default: true. */
  readonly descending?: boolean;
  /** Which messages it has. Unread and flagged ones are sorted by date only. Default: `all`. */
  readonly filter?: ListFilter;
  /** Where an earlier part ended: its `next`. */
  readonly after?: string;
  /** At most so many rows; 1,000 are the most. Default: 50. */
  readonly limit?: number;
}

/**
 * The names of a message before and after it was moved or copied: whoever moved it can move it back.
 *
 * @example
 * const moved: readonly Moved[] = await mail.moveMessages([row.id], archive.id);
 * await mail.undoMove(moved);
 */
export interface Moved {
  /** Its name before; of a copy that of the original. */
  readonly from: string;
  /** Its name now. */
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
  /** Display name, decoded; may be empty. */
  readonly name: string;
  /** `local@domain`; may be empty in damaged mail. */
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
  /** File name, decoded, without path and bidi controls; may be empty. */
  readonly name: string;
  /** Such as `image/png`, lower case. Not to be trusted. */
  readonly contentType: string;
  /** Content-ID without brackets. */
  readonly contentId: string | null;
  /** Whether the message shows it in its text. */
  readonly inline: boolean;
  /** Octets, decoded. */
  readonly size: number;
}

/**
 * A message as a reader shows it. All text is decoded; nothing in it is safe to put into a page as markup. Show `html` only in a frame that
 * runs no script.
 *
 * @example
 * const { subject, text, parts }: MessageView = await mail.message(row.id);
 */
export interface MessageView {
  /** Subject. */
  readonly subject: string;
  /** From. */
  readonly from: readonly Address[];
  /** Reply-To. */
  readonly replyTo: readonly Address[];
  /** To. */
  readonly to: readonly Address[];
  /** Cc. */
  readonly cc: readonly Address[];
  /** Milliseconds since 1970 of the Date header. */
  readonly date: number | null;
  /** Message-ID without brackets. */
  readonly messageId: string | null;
  /** The plain text to show: the text part, or the HTML part as text. */
  readonly text: string;
  /** The HTML to show, if the message has any: unsafe markup. */
  readonly html: string | null;
  /** All parts that are not the body: attachments and inline images. */
  readonly parts: readonly Attachment[];
}

/**
 * Which lines of a ledger are wanted. What is left out has its default.
 *
 * @example
 * const deleted: LedgerQuery = { states: ["deleted"], limit: 50 };
 */
export interface LedgerQuery {
  /** Only lines in these states, by the `kind` of `UidlState`. Default: all. */
  readonly states?: readonly UidlState["kind"][];
  /** So many lines are passed over. Default: 0. */
  readonly skip?: number;
  /** At most so many. Default: all. */
  readonly limit?: number;
}

/**
 * What became of a message that the server of a POP3 account listed: a line of its ledger.
 *
 * @example
 * const line = ({ subject, size, here }: LedgerEntry) => `${subject}, ${size} octets, ${here ? "here" : "there"}`;
 */
export interface LedgerEntry {
  /** The unique id; one that begins with `sha256:` is ours, of a message to which the server gave none or which lost it. */
  readonly uidl: string;
  /** Milliseconds since 1970: the date of the message, or of its first listing. */
  readonly date: number;
  /** Sender; empty where only its listing is known. */
  readonly from: string;
  /** Subject; empty where only its listing is known. */
  readonly subject: string;
  /** Octets. */
  readonly size: number;
  /** Where it stands, with what the settings mean for it as they are now. */
  readonly state: UidlState;
  /** Milliseconds since 1970 of the first listing. */
  readonly seenAt: number;
  /** Milliseconds since 1970 of the download; null before. */
  readonly downloadedAt: number | null;
  /** Whether the whole message is here. */
  readonly here: boolean;
}

/**
 * Lines of a ledger, those seen last first.
 *
 * @example
 * const { total, entries }: LedgerPage = await mail.ledger(account.id, { limit: 50 });
 */
export interface LedgerPage {
  /** How many lines there are of those asked for. */
  readonly total: number;
  /** Some of them. */
  readonly entries: readonly LedgerEntry[];
}

/**
 * What is stored of an account.
 *
 * @example
 * for (const { account, onlyCopy } of await mail.usage()) console.log(account, onlyCopy.octets);
 */
export interface AccountUsage {
  /** The account. */
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
 * The kinds of problems.
 *
 * @example
 * const isLost = (kind: ProblemKind) => kind === "content-missing";
 */
export type ProblemKind =
  /** The octets of a message are not those that were stored. */
  | "content-damaged"
  /** Octets of a message are missing. */
  | "content-missing"
  /** Octets without a record of what they are. */
  | "octets-without-record"
  /** Octets that no row names. */
  | "content-unused"
  /** The count of the rows that name octets is wrong. */
  | "holders-wrong"
  /** The figures of what is stored are wrong. */
  | "usage-wrong"
  /** Rows that can't be read. */
  | "rows-damaged"
  /** Rows of a folder that is not there. */
  | "rows-without-folder"
  /** An order does not hold what the rows say. */
  | "order-wrong"
  /** A folder counts other messages than it has. */
  | "count-wrong"
  /** A thread has other messages than the rows say. */
  | "thread-wrong"
  /** A line of a maildrop's ledger can't be read, is missing, or says that a message is here that is not. */
  | "ledger-wrong"
  /** The record of an account can't be read. What it was can't be made anew. */
  | "account-damaged"
  /** The record of a folder can't be read. Its mail is kept under a name of ours; a server's folder comes anew. */
  | "folder-damaged";

/**
 * Something that is wrong with what is stored.
 *
 * @example
 * const line = ({ kind, where, repaired }: Problem) => `${kind} at ${where}${repaired ? ", mended" : ""}`;
 */
export interface Problem {
  /** What. */
  readonly kind: ProblemKind;
  /** The record, by its name. */
  readonly where: string;
  /** Whether it was mended. */
  readonly repaired: boolean;
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
  /** What is wrong, in the order in which it was found. */
  readonly problems: readonly Problem[];
  /** Further problems, beyond those that are listed. */
  readonly more: number;
}

/**
 * Whose fault an error is.
 *
 * @example
 * const canMend = error.blame === ("user" satisfies Blame);
 */
export type Blame =
  /** The caller: wrong arguments, or something that does not exist. */
  | "caller"
  /** The user can mend it: password, address, settings. */
  | "user"
  /** The mail server. */
  | "server"
  /** The gateway, or its policy. */
  | "gateway"
  /** The network on the way. */
  | "network"
  /** This device: storage. */
  | "device";

/**
 * The plain form of an error, as it crosses to the page.
 *
 * @example
 * if (status.state === "offline") console.log((status.error satisfies ErrorShape).message);
 */
export interface ErrorShape {
  /**
   * Stable code for programs: `auth-failed`, `unreachable`, `tls-certificate`, ... The tables of `src/words/` and `docs/ERRORS.md` hold them
   * all.
   */
  readonly code: ErrorCode;
  /** Whose fault. */
  readonly blame: Blame;
  /** Whether the engine will try again by itself. */
  readonly retryable: boolean;
  /** One or two sentences for people: what happened, what to do. Never a secret. */
  readonly message: string;
  /** The server's own words, where it said something. */
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
  /** No password in memory: stored mail is readable, nothing is sent or fetched. */
  | { readonly state: "signed-out" }
  /** Connecting or signing in. */
  | { readonly state: "connecting" }
  /** Downloading: so many of so many messages; both 0 before it is known. */
  | {
      readonly state: "syncing";
      /** Done. */
      readonly done: number;
      /** Of. */
      readonly total: number;
    }
  /** Up to date, and told of changes at once (IMAP IDLE) or at the next look (POP3). */
  | { readonly state: "online" }
  /** Not connected. */
  | {
      readonly state: "offline";
      /** Why. */
      readonly error: ErrorShape;
      /** Milliseconds since 1970 of the next try; null if that would not help without the user. */
      readonly retryAt: number | null;
    };

/**
 * What can be done with the store of this device.
 *
 * @example
 * mail.addEventListener("storage", ({ detail }) => show((detail satisfies StorageState).storage));
 */
export type StorageState =
  /** It can be read and written. */
  | { readonly storage: "ready" }
  /** It can be read only; says why. */
  | {
      readonly storage: "read-only";
      /** Why. */
      readonly error: ErrorShape;
    }
  /** It can't be used, and is tried again at the next use; says why. */
  | {
      readonly storage: "unavailable";
      /** Why. */
      readonly error: ErrorShape;
    }
  /** The browser or somebody in it removed what was stored. What a server still has comes again. */
  | { readonly storage: "evicted" };
