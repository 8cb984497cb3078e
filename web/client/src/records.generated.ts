// Written by records.mjs from the Rust types.
import type { Security } from "./clients/transport.js";

/**
 * Where the mail of an account lives.
 *
 * @example
 * const protocol: Protocol = "imap";
 */
export type Protocol =
  /** Mail lives on the server; this device holds a cache. */
  | "imap"
  /** Mail lives on this device. */
  | "pop3";

/**
 * When POP3 mail leaves the server. All at `false` and null: never, which is the default. Several may be chosen together; the first that
 * applies counts.
 *
 * @example
 * const fortnight: Removal = { afterDownload: false, afterDays: 14, whenDeleted: true, whenMoved: false };
 */
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

/**
 * How much of a message POP3 takes by itself.
 *
 * @example
 * const preview: Download = { kind: "beginning", kibibytes: 32 };
 */
export type Download =
  /** All of it. */
  | { readonly kind: "whole" }
  /** The header and the first lines of the text, by TOP; the rest when it is opened. */
  | {
      readonly kind: "beginning";
      /** KiB of the message, 1 to 1024. */
      readonly kibibytes: number;
    };

/**
 * What a POP3 account does by itself.
 *
 * @example
 * const minutes = (account.pop3.interval ?? 0) / 60;
 */
export interface Pop3Settings {
  /** When mail leaves the server. */
  readonly removal: Removal;
  /** How much of a message is taken. */
  readonly download: Download;
  /** Larger messages are listed and left on the server until the user asks; octets as LIST says. null: no limit. */
  readonly skipAbove: number | null;
  /** At most so many messages per check; the rest is listed, can be loaded at once, and is taken by the next checks. null: all. */
  readonly perCheck: number | null;
  /** Which of them come first. */
  readonly newestFirst: boolean;
  /** Seconds between checks, 60 to 86,400; null: by hand only. */
  readonly interval: number | null;
  /** The user wants mail deleted from the server although this browser may evict what is stored here. */
  readonly acceptsEviction: boolean;
}

/**
 * A rule on arrival: if all conditions hold, all actions are done.
 *
 * @example
 * const lists: Rule = { name: "Lists", conditions: [{ kind: "listId", value: "news.example.org" }], actions: [{ kind: "move", value: folder.id }], last: true };
 * await mail.setRules(account.id, [lists]);
 */
export interface Rule {
  /** As shown to the user. */
  readonly name: string;
  /** All of them must hold; none: the rule holds for every message. */
  readonly conditions: readonly Condition[];
  /** What is done. */
  readonly actions: readonly Action[];
  /** Whether later rules are passed over where this one held. */
  readonly last: boolean;
}

/**
 * What a rule asks of a message. Texts are compared without regard to case.
 *
 * @example
 * const large: Condition = { kind: "larger", value: 10_000_000 };
 */
export type Condition =
  /** Name or address of a sender holds this. */
  | { readonly kind: "from"; readonly value: string }
  /** Name or address of a recipient (To, Cc) holds this. */
  | { readonly kind: "to"; readonly value: string }
  /** The subject holds this. */
  | { readonly kind: "subject"; readonly value: string }
  /** List-Id (RFC 2919) holds this. */
  | { readonly kind: "listId"; readonly value: string }
  /** More octets than this. */
  | { readonly kind: "larger"; readonly value: number };

/**
 * What a rule does.
 *
 * @example
 * const star: Action = { kind: "flag", value: "\\Flagged" };
 */
export type Action =
  /** Puts it into this mailbox of the account. */
  | { readonly kind: "move"; readonly value: number }
  /** Sets a flag or keyword. */
  | { readonly kind: "flag"; readonly value: string }
  /** Puts it into the trash. */
  | { readonly kind: "delete" };

/**
 * What the user should know of a POP3 account. Each check finds them anew.
 *
 * @example
 * for (const notice of account.notices) if (notice.kind === "loginDelay") console.log(`${notice.seconds} s between checks`);
 */
export type Notice =
  /** The server gives no unique ids: messages are told apart by what they are, and nothing is deleted there by itself. */
  | { readonly kind: "noUniqueIds" }
  /** It gives so many messages an id that others have too, or none: these are not deleted by themselves. */
  | {
      readonly kind: "repeatedUniqueIds";
      /** How many. */
      readonly messages: number;
    }
  /** It gave so many messages an id that another had before: these are not deleted by themselves. */
  | {
      readonly kind: "reusedUniqueIds";
      /** How many. */
      readonly messages: number;
    }
  /** It said that it deleted so many messages, and lists them again: these are not deleted by themselves any more. */
  | {
      readonly kind: "deletionWithoutEffect";
      /** How many. */
      readonly messages: number;
    }
  /**
   * All ids are others now, as after a move to another server. Nothing is taken or deleted before the user has said whether it is the same
   * mail.
   */
  | {
      readonly kind: "allUniqueIdsChanged";
      /** Messages that the server had. */
      readonly known: number;
      /** Messages that it lists now. */
      readonly listed: number;
    }
  /** The browser may remove what is stored here, so that so many messages were not deleted from the server. */
  | {
      readonly kind: "storageMayBeEvicted";
      /** How many. */
      readonly messages: number;
    }
  /** The server wants so much time between two checks. */
  | {
      readonly kind: "loginDelay";
      /** Seconds. */
      readonly seconds: number;
    }
  /** The server deletes mail by itself after so many days; 0: as soon as it was taken. */
  | {
      readonly kind: "serverExpires";
      /** Days. */
      readonly days: number;
    };

/**
 * What a server is that gave all its mail new ids.
 *
 * @example
 * await mail.answerMigration(account.id, "sameMail" satisfies Migration);
 */
export type Migration =
  /** It has the same mail: what is here is found again by its header, and only what is new is taken. */
  | "sameMail"
  /** It has other mail: all of it is taken. */
  | "newMail";

/**
 * An account stored on this device. The password is never stored.
 *
 * @example
 * const [account]: readonly Account[] = await mail.accounts();
 */
export interface Account {
  /** Number in this store; never reused. */
  readonly id: number;
  /** IMAP or POP3. */
  readonly protocol: Protocol;
  /** The user's address, as shown. */
  readonly address: string;
  /** Server name. */
  readonly host: string;
  /** Server port. */
  readonly port: number;
  /** Protection of the connection. */
  readonly security: Security;
  /** Login name. */
  readonly username: string;
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
  /** Number in its account; never reused. */
  readonly id: number;
  /** The whole name on the server, decoded. */
  readonly name: string;
  /** Hierarchy delimiter. */
  readonly delimiter: string | null;
  /** What it is for: `inbox`, `drafts`, `sent`, `junk`, `trash`, `archive`, `all`, `flagged`; RFC 6154. */
  readonly role: "inbox" | "drafts" | "sent" | "junk" | "trash" | "archive" | "all" | "flagged" | null;
  /** Whether it can be opened (not `\Noselect`, not `\NonExistent`). */
  readonly selectable: boolean;
  /** UIDVALIDITY: another one means that the server counts its messages anew. 0 before the first SELECT, 1 for POP3 and local folders. */
  readonly uidvalidity: number;
  /** Messages on the server (IMAP) or here (POP3); null before the first look. */
  readonly total: number | null;
  /** Messages without `\Seen` among those stored here; null before the first look. */
  readonly unseen: number | null;
  /** Messages with `\Flagged` among those stored here. */
  readonly flagged: number;
  /** Milliseconds since 1970 of the last complete synchronisation. */
  readonly syncedAt: number | null;
}

/**
 * One line of a message list, and everything about a message that changes.
 *
 * @example
 * const isUnread = ({ flags }: MessageRow) => !flags.includes("\\Seen");
 */
export interface MessageRow {
  /** Names the message in this store; opaque to a page. It is a `MessageId` as text. */
  readonly id: string;
  /** Sender as shown: display name, or address. */
  readonly from: string;
  /** Sender's address. */
  readonly fromAddress: string;
  /** Recipients as shown, comma separated. */
  readonly to: string;
  /** Subject, decoded. */
  readonly subject: string;
  /** First words of the text; empty until the body is here. */
  readonly snippet: string;
  /** Milliseconds since 1970: INTERNALDATE, or the Date header for POP3. */
  readonly date: number;
  /** Octets on the server. */
  readonly size: number;
  /** Flags as IMAP writes them: `\Seen`, `\Flagged`, keywords. */
  readonly flags: readonly string[];
  /** Whether it has attachments. */
  readonly attachment: boolean;
  /** Whether the whole message is stored here. */
  readonly body: boolean;
  /** Whether a change of this row is waiting to be sent. */
  readonly waiting: boolean;
  /** The thread, a number of the account; 0 where none is known. */
  readonly thread: number;
  /** Names the stored octets, where there are any; opaque to a page. It is a `ContentId` as text. */
  readonly content: string | null;
  /** SHA-256 of the stored octets in lower case hex, where the body is stored. */
  readonly sha256: string | null;
  /** The mailbox from which it was put into the trash; mail that lives here only. */
  readonly origin: number | null;
  /** The number of the message of which it is a copy; mail that lives here only. */
  readonly copyOf: number | null;
}

/**
 * Where a message of a POP3 account stands.
 *
 * @example
 * const leaves = (state: UidlState) => (state.kind === "due" ? new Date(state.at) : null);
 */
export type UidlState =
  /** On the server only: listed, and not taken, taken in part, or deleted here. */
  | { readonly kind: "onServer" }
  /** Here and on the server. */
  | { readonly kind: "both" }
  /** To be deleted from the server at the first check after this moment. */
  | {
      readonly kind: "due";
      /** Milliseconds since 1970. */
      readonly at: number;
    }
  /** DELE was sent or is about to be; QUIT was not answered. What the next listing has is not deleted. */
  | { readonly kind: "deleting" }
  /** Deleted from the server: QUIT was answered, or it was not listed any more. */
  | {
      readonly kind: "deleted";
      /** Milliseconds since 1970. */
      readonly at: number;
    }
  /** Here, and gone from the server without our doing. */
  | { readonly kind: "here" }
  /** Neither here nor on the server, without our doing there. */
  | { readonly kind: "gone" };

/**
 * How many, and their octets.
 *
 * @example
 * const average = ({ count, octets }: Amount) => (count === 0 ? 0 : octets / count);
 */
export interface Amount {
  /** How many. */
  readonly count: number;
  /** Their octets. */
  readonly octets: number;
}
