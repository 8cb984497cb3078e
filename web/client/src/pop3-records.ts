/** Records of POP3 accounts; they mirror those of `crates/store` and `crates/sync`. */

/**
 * When POP3 mail leaves the server. All `false` and `null`: never. Several may be chosen together; the first that applies counts.
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
 * How much of a message POP3 takes by itself: all of it, or the header and the first KiB, 1 to 1024.
 *
 * @example
 * const preview: Download = { kind: "beginning", kibibytes: 32 };
 */
export type Download = { readonly kind: "whole" } | { readonly kind: "beginning"; readonly kibibytes: number };

/**
 * What a POP3 account does by itself.
 *
 * @example
 * const minutes = (account.pop3.interval ?? 0) / 60;
 */
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

/**
 * What the user should know of a POP3 account. Each check finds them anew.
 *
 * @example
 * for (const notice of account.notices) if (notice.kind === "loginDelay") console.log(`${notice.seconds} s between checks`);
 */
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

/**
 * What a server is that gave all its mail new ids: of the same mail only what is new is taken, of new mail all.
 *
 * @example
 * await mail.answerMigration(account.id, "sameMail" satisfies Migration);
 */
export type Migration = "sameMail" | "newMail";

/**
 * Where a message of a POP3 account stands; `at` in milliseconds since 1970.
 *
 * @example
 * const leaves = (state: UidlState) => (state.kind === "due" ? new Date(state.at) : null);
 */
export type UidlState =
  | { readonly kind: "onServer" | "both" | "here" | "gone" }
  /** DELE was sent or is about to be, and QUIT was not answered: the next check tells. */
  | { readonly kind: "deleting" }
  | { readonly kind: "due" | "deleted"; readonly at: number };

/**
 * Which lines of a ledger are wanted.
 *
 * @example
 * const deleted: LedgerQuery = { states: ["deleted"], limit: 50 };
 */
export interface LedgerQuery {
  /** Only lines in these states; all where it is left out. */
  readonly states?: readonly UidlState["kind"][];
  /** Lines to pass over. Default: 0. */
  readonly skip?: number;
  /** At most so many lines; all where it is left out. */
  readonly limit?: number;
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
  readonly entries: readonly LedgerEntry[];
}

/**
 * What became of a message that the server of a POP3 account listed. Times in milliseconds since 1970.
 *
 * @example
 * const line = ({ subject, size, here }: LedgerEntry) => `${subject}, ${size} octets, ${here ? "here" : "there"}`;
 */
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
  /** When it was listed first. */
  readonly seenAt: number;
  /** Null before. */
  readonly downloadedAt: number | null;
  /** Whether the whole message is here. */
  readonly here: boolean;
}

/**
 * Settings of which what is left out has its default.
 *
 * @example
 * await mail.setPop3(account.id, { removal: { afterDays: 30 }, interval: 600 } satisfies Pop3Choices);
 */
export type Pop3Choices = Partial<Omit<Pop3Settings, "removal">> & { readonly removal?: Partial<Removal> };

/**
 * What a rule asks of a message. Texts are compared without regard to case; `larger` in octets.
 *
 * @example
 * const large: Condition = { kind: "larger", value: 10_000_000 };
 */
export type Condition =
  | { readonly kind: "from" | "to" | "subject" | "listId"; readonly value: string }
  | { readonly kind: "larger"; readonly value: number };

/**
 * What a rule does: `move` to a mailbox by its number, set a flag, put into the trash.
 *
 * @example
 * const star: Action = { kind: "flag", value: "\\Flagged" };
 */
export type Action = { readonly kind: "move"; readonly value: number } | { readonly kind: "flag"; readonly value: string } | { readonly kind: "delete" };

/**
 * A rule on arrival, POP3 only: if all conditions hold, all actions are done.
 *
 * @example
 * const lists: Rule = { name: "Lists", conditions: [{ kind: "listId", value: "news.example.org" }], actions: [{ kind: "move", value: folder.id }], last: true };
 * await mail.setRules(account.id, [lists]);
 */
export interface Rule {
  readonly name: string;
  readonly conditions: readonly Condition[];
  readonly actions: readonly Action[];
  /** Whether later rules are passed over where this one held. */
  readonly last: boolean;
}
