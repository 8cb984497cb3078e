/** Mailboxes as LIST and STATUS tell of them. */
import { wrongArgument } from "../errors.js";
import type { Listing, ImapSession, StatusRecord } from "./imap-session.js";
import type { Mailbox, MailboxStatus, StatusItem } from "./imap-types.js";

/**
 * What `list` is to tell.
 *
 * @example
 * const mailboxes = await imap.list({ subscribed: true, status: ["unseen"] } satisfies ListOptions);
 */
export interface ListOptions {
  /** Only those that the user subscribed to. */
  readonly subscribed?: boolean;
  /** Numbers of each: in the same answer where the server has LIST-STATUS, else by a STATUS for each. */
  readonly status?: readonly StatusItem[];
}

const statusItems: readonly string[] = ["messages", "unseen", "uidNext", "uidValidity", "size", "highestModSeq", "mailboxId"] satisfies readonly StatusItem[];

/** Items in the words of the protocol. */
export function statusWords(items: readonly StatusItem[]): string[] {
  return items.map((item) => {
    if (statusItems.includes(item)) return item.toUpperCase();
    throw wrongArgument(`STATUS knows no "${item}".`);
  });
}

/** A STATUS response as a plain object. */
export function statusOf({ items, mailboxId }: StatusRecord): MailboxStatus {
  const numbers = [...items].map(([name, number]) => [name, name === "highestModSeq" ? number : Number(number)] as const);
  return { ...(Object.fromEntries(numbers) as MailboxStatus), ...(mailboxId === "" ? {} : { mailboxId }) };
}

/** Asks for mailboxes, and their numbers. */
export async function listMailboxes(session: ImapSession, pattern: string, options: ListOptions, signal: AbortSignal | undefined): Promise<Mailbox[]> {
  const { subscribed = false, status = [] } = options;
  const extended = session.offers("LIST-EXTENDED");
  const statuses = new Map<string, MailboxStatus>();
  const listings = new Map<string, Listing>();
  const inOne = extended && status.length > 0 && session.offers("LIST-STATUS");
  const specialUse = session.offers("SPECIAL-USE") ? "special-use" : "";
  const words = extended
    ? ["list-extended", pattern, subscribed ? "subscribed" : "", specialUse, ...(inOne ? statusWords(status) : [])]
    : [subscribed ? "lsub" : "list", pattern];
  const keep = (found: StatusRecord): void => {
    statuses.set(found.name, statusOf(found));
  };
  await session.run(words, signal, { mailbox: (listing) => listings.set(listing.name, listing), status: keep });
  const mailboxes = [...listings.values()].map((listing) => mailboxOf(listing, extended, subscribed));
  if (status.length > 0 && !inOne) {
    const items = statusWords(status);
    // One that can't be asked does not hide the others.
    await Promise.all(mailboxes.filter(({ selectable }) => selectable).map(({ name }) => session.run(["status", name, ...items], signal, { status: keep }).catch(unlessOver(session, signal))));
  }
  return mailboxes.map((mailbox) => ({ ...mailbox, status: statuses.get(mailbox.name) ?? null }));
}

const unlessOver =
  (session: ImapSession, signal: AbortSignal | undefined) =>
  (error: unknown): void => {
    if (session.isOver || signal?.aborted === true) throw error;
  };

/** Attributes that say what a mailbox is for (RFC 6154, RFC 8457), and other words for them. */
const uses = /^\\(all|archive|drafts|flagged|important|junk|sent|trash|inbox)$/;
const otherUses: ReadonlyMap<string, string> = new Map([
  ["\\allmail", "all"],
  ["\\starred", "flagged"],
  ["\\spam", "junk"],
]);

function mailboxOf(listing: Listing, extended: boolean, subscribedOnly: boolean): Mailbox {
  const { name, delimiter, attributes } = listing;
  const lower = attributes.map((attribute) => attribute.toLowerCase());
  const use = lower.map((attribute) => uses.exec(attribute)?.[1] ?? otherUses.get(attribute)).find((known) => known !== undefined);
  const isSubscribed = listing.subscribed || subscribedOnly || lower.includes("\\subscribed");
  return {
    name,
    delimiter: delimiter === "" ? null : delimiter,
    attributes,
    specialUse: name.toUpperCase() === "INBOX" ? "inbox" : (use ?? null),
    selectable: !lower.includes("\\noselect") && !lower.includes("\\nonexistent"),
    subscribed: extended || isSubscribed ? isSubscribed : null,
    status: null,
  };
}
