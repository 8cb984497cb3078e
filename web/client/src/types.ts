/** Types of the public surface. They mirror the Rust records of `crates/store`, `crates/sync` and `crates/message`. */
import type { KnownCode } from "./codes.generated.js";

export type { KnownCode } from "./codes.generated.js";

/** IMAP: mail lives on the server, this device holds a cache. POP3: mail lives on this device. */
export type Protocol = "imap" | "pop3";

/** Protection of the connection to the mail server. `starttls` is required once chosen, never opportunistic. */
export type Security = "tls" | "starttls" | "none";

/** When POP3 mail leaves the server. All `false` and `null`: never. Several may be chosen together; the first that applies counts. */
export interface Removal {
  /** As soon as it is durably stored here and checked. */
  readonly afterDownload: boolean;
  /** So many days after it was first seen on the server, once it is stored here; 1 to 3650. */
  readonly afterDays: number | null;
  /** When it is deleted here for good. */
  readonly whenDeleted: boolean;
  /** When it is moved out of the inbox here. */
  readonly whenMoved: boolean;
}

/** How much of a message POP3 takes by itself: all of it, or the header and the first KiB, 1 to 1024. */
export type Download = { readonly kind: "whole" } | { readonly kind: "beginning"; readonly kibibytes: number };

/** What a POP3 account does by itself. */
export interface Pop3Settings {
  readonly removal: Removal;
  readonly download: Download;
  /** Larger messages, in octets, are listed and left on the server until the user asks. Null: no limit. */
  readonly skipAbove: number | null;
  /** At most so many messages per check; the rest is listed, can be loaded at once, and is taken by the next checks. Null: all. */
  readonly perCheck: number | null;
  /** Which of them come first. */
  readonly newestFirst: boolean;
  /** Seconds between checks, 60 to 86,400. Null: by hand only. */
  readonly interval: number | null;
  /** The user wants mail deleted from the server although this browser may evict what is stored here. */
  readonly acceptsEviction: boolean;
}

/** What the user should know of a POP3 account. Each check finds them anew. */
export type Notice =
  /** The server gives no unique ids: messages are told apart by what they are, and nothing is deleted there by itself. */
  | { readonly kind: "noUniqueIds" }
  /** So many messages have an id that others have too, or had before, or are listed after the server said that it deleted them: they are not deleted by themselves. */
  | { readonly kind: "repeatedUniqueIds" | "reusedUniqueIds" | "deletionWithoutEffect"; readonly messages: number }
  /** All ids are others now, as after a move to another server. Nothing is taken or deleted before `answerMigration`. */
  | { readonly kind: "allUniqueIdsChanged"; readonly known: number; readonly listed: number }
  /** The browser may remove what is stored here, so that so many messages were not deleted from the server. */
  | { readonly kind: "storageMayBeEvicted"; readonly messages: number }
  /** The server wants so much time between two checks. */
  | { readonly kind: "loginDelay"; readonly seconds: number }
  /** The server deletes mail by itself after so many days; 0: as soon as it was taken. */
  | { readonly kind: "serverExpires"; readonly days: number };

/** What a server is that gave all its mail new ids: of the same mail only what is new is taken, of new mail all. */
export type Migration = "sameMail" | "newMail";

/** Where a message of a POP3 account stands; `at` in milliseconds since 1970. */
export type UidlState =
  | { readonly kind: "onServer" | "both" | "here" | "gone" }
  /** DELE was sent or is about to be, and QUIT was not answered: the next check tells. */
  | { readonly kind: "deleting" }
  | { readonly kind: "due" | "deleted"; readonly at: number };

/** Which lines of a ledger are wanted. */
export interface LedgerQuery {
  /** Only lines in these states; all where it is left out. */
  readonly states?: readonly UidlState["kind"][];
  readonly skip?: number;
  readonly limit?: number;
}

/** Lines of a ledger, those seen last first. */
export interface LedgerPage {
  /** How many lines there are of those asked for. */
  readonly total: number;
  readonly entries: readonly LedgerEntry[];
}

/** What became of a message that the server of a POP3 account listed. Times in milliseconds since 1970. */
export interface LedgerEntry {
  /** One that begins with `sha256:` is ours, of a message to which the server gave none or which lost it. */
  readonly uidl: string;
  /** The date of the message, or of its first listing. */
  readonly date: number;
  /** Empty where only its listing is known. */
  readonly from: string;
  readonly subject: string;
  /** Octets. */
  readonly size: number;
  readonly state: UidlState;
  readonly seenAt: number;
  /** Null before. */
  readonly downloadedAt: number | null;
  /** Whether the whole message is here. */
  readonly here: boolean;
}

/** Settings of which what is left out has its default. */
export type Pop3Choices = Partial<Omit<Pop3Settings, "removal">> & { readonly removal?: Partial<Removal> };

/** What a rule asks of a message. Texts are compared without regard to case; `larger` in octets. */
export type Condition =
  | { readonly kind: "from" | "to" | "subject" | "listId"; readonly value: string }
  | { readonly kind: "larger"; readonly value: number };

/** What a rule does: `move` to a mailbox by its number, set a flag, put into the trash. */
export type Action = { readonly kind: "move"; readonly value: number } | { readonly kind: "flag"; readonly value: string } | { readonly kind: "delete" };

/** A rule on arrival, POP3 only: if all conditions hold, all actions are done. */
export interface Rule {
  readonly name: string;
  readonly conditions: readonly Condition[];
  readonly actions: readonly Action[];
  /** Whether later rules are passed over where this one held. */
  readonly last: boolean;
}

/** Settings of an account to be added. */
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

/** An account stored on this device. The password is never stored. */
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

/** A folder. */
export interface Mailbox {
  readonly id: number;
  /** The whole name on the server, decoded. */
  readonly name: string;
  readonly delimiter: string | null;
  readonly role: "inbox" | "drafts" | "sent" | "junk" | "trash" | "archive" | "all" | "flagged" | null;
  readonly selectable: boolean;
  readonly uidvalidity: number;
  /** Messages on the server (IMAP) or here (POP3); null before the first look. */
  readonly total: number | null;
  readonly unseen: number | null;
  /** Messages with `\\Flagged` among those stored here. */
  readonly flagged: number;
  /** Milliseconds since 1970. */
  readonly syncedAt: number | null;
}

/** A part of a list. What is left out has its default. */
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

/** The answer to a `ListQuery`. */
export interface MessageList {
  readonly rows: readonly MessageRow[];
  /** How many the whole list has. */
  readonly total: number;
  /** Opaque; names the place from which the list goes on. Null at its end. */
  readonly next: string | null;
}

/** One line of a message list. */
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

/** The names of a message before and after it was moved or copied. */
export interface Moved {
  readonly from: string;
  readonly to: string;
  /** The mailbox that it was in before. */
  readonly mailbox: number;
}

/** A person or a list. */
export interface Address {
  readonly name: string;
  readonly address: string;
}

/** An attachment or an inline image. */
export interface Attachment {
  readonly index: number;
  readonly name: string;
  readonly contentType: string;
  readonly contentId: string | null;
  readonly inline: boolean;
  readonly size: number;
}

/** A message as a reader shows it. `html` is unsafe markup: show it only in a frame that runs no script. */
export interface MessageView {
  readonly subject: string;
  readonly from: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly date: number | null;
  readonly messageId: string | null;
  readonly text: string;
  readonly html: string | null;
  readonly parts: readonly Attachment[];
}

/** How many, and their octets. */
export interface Amount {
  readonly count: number;
  readonly octets: number;
}

/** What is stored of an account. */
export interface AccountUsage {
  readonly account: number;
  /** Messages that may be nowhere else. */
  readonly onlyCopy: Amount;
  /** Copies of messages that the server has too. */
  readonly cache: Amount;
  /** List lines. */
  readonly rows: Amount;
}

/** What the whole origin stores, as the browser reckons: roughly, so that pages learn nothing of each other. */
export interface StorageEstimate {
  /** Octets that are stored, the app itself included. */
  readonly usage: number;
  /** Octets that may be stored. A device that is nearly full may have less. */
  readonly quota: number;
}

/** What became of the messages of a folder that was written into a file. */
export interface Tally {
  /** Whole in the file. */
  readonly written: number;
  /** Not stored on this device, and not in the file. */
  readonly leftOut: number;
  /** Damaged on this device; in the file as far as they can be read. */
  readonly damaged: number;
}

/** What `verify` found. */
export interface Report {
  /** Records that were looked at. */
  readonly checked: number;
  readonly problems: readonly Problem[];
  /** Further problems, beyond those that are listed. */
  readonly more: number;
}

/** Something that is wrong with what is stored. */
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

/** Whose fault an error is. */
export type Blame = "caller" | "user" | "server" | "gateway" | "network" | "device";

/** What happened: one of the codes of this version, or one that a later gateway has. */
export type ErrorCode = KnownCode | (string & Record<never, never>);

/** The plain form of an error, as it crosses from the Worker. */
export interface ErrorShape {
  readonly code: ErrorCode;
  readonly blame: Blame;
  readonly retryable: boolean;
  readonly message: string;
  readonly serverText: string | null;
  /** What the runtime said, for a developer's log; left out where it said nothing. */
  readonly cause?: unknown;
}

/** Where an account stands with its server. */
export type AccountState =
  | { readonly state: "signed-out" }
  | { readonly state: "connecting" }
  | { readonly state: "syncing"; readonly done: number; readonly total: number }
  | { readonly state: "online" }
  | { readonly state: "offline"; readonly error: ErrorShape; readonly retryAt: number | null };

/** What can be done with the store of this device. */
export type StorageState =
  | { readonly storage: "ready" }
  | { readonly storage: "read-only" | "unavailable"; readonly error: ErrorShape }
  /** The browser or somebody in it removed what was stored. What a server still has comes again. */
  | { readonly storage: "evicted" };

/** What a listener is told. Read what you show again after a change. */
export type MailEvent =
  | { readonly event: "change"; readonly type: "accounts" }
  | { readonly event: "change"; readonly type: "mailboxes"; readonly account: number }
  /** What is known of the messages on the server of a POP3 account: its ledger. */
  | { readonly event: "change"; readonly type: "maildrop"; readonly account: number }
  | { readonly event: "change"; readonly type: "messages"; readonly account: number; readonly mailbox: number }
  | { readonly event: "change"; readonly type: "body"; readonly account: number; readonly mailbox: number; readonly message: string }
  | { readonly event: "state"; readonly account: number; readonly status: AccountState }
  | ({ readonly event: "storage" } & StorageState);
