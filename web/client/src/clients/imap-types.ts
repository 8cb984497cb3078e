/** Types of the IMAP client's surface. Everything but streams is plain and can be written as JSON (mod-sequences apart, which are `bigint`). */
import type { MailError } from "../errors.js";
import type { Security, Transport } from "./transport.js";

/**
 * How to sign in: by password (the strongest mechanism that the server offers), or by an OAuth 2.0 access token.
 *
 * @example
 * const auth: Auth = { username: "ann", accessToken: token };
 */
export type Auth = { readonly username: string; readonly password: string } | { readonly username: string; readonly accessToken: string };

/**
 * Where to connect and as whom.
 *
 * @example
 * const options: ImapOptions = { host: "imap.example.org", transport: gateway("wss://mail.example/tunnel"), auth };
 */
export interface ImapOptions {
  /** A name or an IP address. */
  readonly host: string;
  /** 1 to 65535; 993 for `tls`, 143 for the others where it is left out. */
  readonly port?: number;
  /** Left out: `tls`. With `none` the password travels readable. */
  readonly security?: Security;
  /** How octets get there: `gateway(...)`, or a transport of `waypost/node`. */
  readonly transport: Transport;
  readonly auth: Auth;
}

/**
 * Messages by UID: a set as IMAP writes it (`1:*`, `3,5:9`), one, or many. An empty list is none, and the server is not asked.
 *
 * @example
 * const newest: Range = "4321:*";
 */
export type Range = string | number | readonly number[] | Uint32Array;

/**
 * An address of an envelope.
 *
 * @example
 * const shown = ({ name, address }: Address) => name ?? address;
 */
export interface Address {
  /** The display name, decoded; null where there is none. */
  readonly name: string | null;
  /** Such as `kim@example.org`. */
  readonly address: string;
}

/**
 * The header of a message as the server sums it up (RFC 9051, 7.5.2). Lists that are the same are one array.
 *
 * @example
 * const line = ({ from, subject }: Envelope) => `${from[0]?.address ?? ""}: ${subject ?? ""}`;
 */
export interface Envelope {
  /** The Date header in milliseconds since 1970; null where there is none that can be read. */
  readonly date: number | null;
  readonly subject: string | null;
  readonly from: readonly Address[];
  readonly sender: readonly Address[];
  readonly replyTo: readonly Address[];
  readonly to: readonly Address[];
  readonly cc: readonly Address[];
  readonly bcc: readonly Address[];
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
}

/**
 * A part of a message (RFC 9051, 7.5.2: body structure).
 *
 * @example
 * const leaves = (part: Part): readonly Part[] => (part.parts.length === 0 ? [part] : part.parts.flatMap(leaves));
 */
export interface Part {
  /** What names it in `download`: `1`, `2.1`; `TEXT` for the multipart that a message is. */
  readonly part: string;
  /** Lower case, such as `text/plain`. */
  readonly type: string;
  /** Of the Content-Type; names in lower case, values decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly id: string | null;
  readonly description: string | null;
  /** Lower case, such as `base64`. */
  readonly encoding: string;
  /** Octets as encoded; 0 for a multipart. */
  readonly size: number;
  /** Of a text or a message. */
  readonly lines: number | null;
  readonly disposition: { readonly type: string; readonly parameters: Readonly<Record<string, string>> } | null;
  readonly language: readonly string[];
  readonly location: string | null;
  /** The parts in it: of a multipart, or the one of a message inside a message. */
  readonly parts: readonly Part[];
  /** Of a message inside a message. */
  readonly envelope: Envelope | null;
}

/**
 * What to fetch. The UID always comes. What a server lacks makes `fetch` reject with `server-lacks`.
 *
 * @example
 * const items: FetchItems = { flags: true, envelope: true, headers: ["List-Id"] };
 */
export interface FetchItems {
  readonly flags?: boolean;
  readonly envelope?: boolean;
  readonly size?: boolean;
  readonly internalDate?: boolean;
  readonly structure?: boolean;
  /** The whole header, or these fields of it. */
  readonly headers?: boolean | readonly string[];
  /** Sections, whole, such as `1` or `2.MIME`. They are held in memory: `download` streams. */
  readonly sections?: readonly string[];
  readonly modseq?: boolean;
  /** The first words (RFC 8970). */
  readonly preview?: boolean;
  readonly emailId?: boolean;
  readonly threadId?: boolean;
  readonly gmailMessageId?: boolean;
  readonly gmailThreadId?: boolean;
  readonly gmailLabels?: boolean;
  /** Only what changed since this mod-sequence (RFC 7162). */
  readonly changedSince?: bigint;
}

/**
 * A message as a plain object. What was not asked for, or not sent, is left out.
 *
 * @example
 * const messages: MessageObject[] = [];
 * for await (const message of imap.fetch("1:*", { envelope: true }).objects()) messages.push(message);
 */
export interface MessageObject {
  readonly uid: number;
  /** Its number in the mailbox at that time. */
  readonly sequence: number;
  readonly flags?: readonly string[];
  /** Octets. */
  readonly size?: number;
  /** When the server got it, in milliseconds since 1970. */
  readonly internalDate?: number;
  readonly modseq?: bigint;
  readonly envelope?: Envelope;
  readonly structure?: Part;
  /** Null while the server has none. */
  readonly preview?: string | null;
  readonly emailId?: string;
  readonly threadId?: string | null;
  readonly gmailMessageId?: string;
  readonly gmailThreadId?: string;
  readonly gmailLabels?: readonly string[];
}

/**
 * A mailbox of `list`.
 *
 * @example
 * const sent = (await imap.list()).find(({ specialUse }: Mailbox) => specialUse === "sent");
 */
export interface Mailbox {
  readonly name: string;
  /** Between the levels of names; null where names have none. */
  readonly delimiter: string | null;
  /** As sent, such as `\HasNoChildren`. */
  readonly attributes: readonly string[];
  /** What it is for, in lower case and without backslash: `inbox`, `sent`, `trash`, `drafts`, `junk`, `archive`, `all`, `flagged`, `important`. */
  readonly specialUse: string | null;
  readonly selectable: boolean;
  /** Known where the server says it: always with `subscribed: true`, and with LIST-EXTENDED. */
  readonly subscribed: boolean | null;
  readonly status: MailboxStatus | null;
}

/**
 * Numbers of a mailbox; those that the server did not send are left out.
 *
 * @example
 * const { unseen }: MailboxStatus = await imap.status("INBOX", ["unseen"]);
 */
export interface MailboxStatus {
  /** How many are in it. */
  readonly messages?: number;
  /** How many have no `\\Seen`. */
  readonly unseen?: number;
  /** At least the UID of the next message. */
  readonly uidNext?: number;
  readonly uidValidity?: number;
  /** Octets of all messages. */
  readonly size?: number;
  readonly highestModSeq?: bigint;
  readonly mailboxId?: string;
}

/**
 * Items of `status`.
 *
 * @example
 * const items: readonly StatusItem[] = ["messages", "unseen", "size"];
 */
export type StatusItem = "messages" | "unseen" | "uidNext" | "uidValidity" | "size" | "highestModSeq" | "mailboxId";

/**
 * The selected mailbox. Its numbers change as the server tells news.
 *
 * @example
 * const { exists, uidValidity }: SelectedMailbox = await imap.select("INBOX");
 */
export interface SelectedMailbox {
  readonly name: string;
  readonly readOnly: boolean;
  /** How many messages are in it. */
  readonly exists: number;
  /** UIDs hold for as long as this is the same; 0 where the server did not say. */
  readonly uidValidity: number;
  /** 0 where the server did not say. */
  readonly uidNext: number;
  /** Null where the mailbox has no mod-sequences. */
  readonly highestModSeq: bigint | null;
  readonly flags: readonly string[];
  readonly permanentFlags: readonly string[];
}

/**
 * A day: `2026-11-30`, a `Temporal.PlainDate`, or a moment, whose day in UTC counts.
 *
 * @example
 * const since: Day = "2026-11-30";
 */
export type Day = string | number | Date | { toString(): string };

/**
 * What to search for; all must hold. Texts are looked for as parts of words, in any case.
 *
 * @example
 * const query: SearchQuery = { seen: false, since: "2026-11-01", or: [{ from: "ann" }, { larger: 1_000_000 }] };
 */
export interface SearchQuery {
  readonly uid?: Range;
  readonly seen?: boolean;
  readonly answered?: boolean;
  readonly flagged?: boolean;
  readonly deleted?: boolean;
  readonly draft?: boolean;
  readonly keyword?: string;
  readonly unkeyword?: string;
  readonly from?: string;
  readonly to?: string;
  readonly cc?: string;
  readonly bcc?: string;
  readonly subject?: string;
  readonly body?: string;
  /** Header or body. */
  readonly text?: string;
  /** Field and what it holds; empty finds all that have the field. */
  readonly header?: Readonly<Record<string, string>>;
  /** By when the server got it. */
  readonly since?: Day;
  /** By that too: before this day. */
  readonly before?: Day;
  /** By that too: on this day. */
  readonly on?: Day;
  /** By its Date header. */
  readonly sentSince?: Day;
  /** By that too: before this day. */
  readonly sentBefore?: Day;
  /** By that too: on this day. */
  readonly sentOn?: Day;
  /** Octets. */
  readonly larger?: number;
  /** Octets. */
  readonly smaller?: number;
  readonly modseq?: bigint;
  readonly emailId?: string;
  readonly threadId?: string;
  /** In Gmail's own language. */
  readonly gmailRaw?: string;
  readonly not?: SearchQuery;
  /** One of them. */
  readonly or?: readonly SearchQuery[];
}

/**
 * What `append` takes. A string's line ends become CRLF; octets go as they are. A stream must end after so many octets.
 *
 * @example
 * const draft: AppendContent = "Subject: Hello\r\n\r\nText.\r\n";
 */
export type AppendContent = string | Uint8Array | Blob | { readonly octets: number; readonly stream: ReadableStream<Uint8Array> };

/**
 * Where messages went.
 *
 * @example
 * const { uids }: Copied = moved;
 * const now = uids.get(before);
 */
export interface Copied {
  /** Of the mailbox they are in now. */
  readonly uidValidity: number;
  /** From the UID in the mailbox they came from to the one they have now. */
  readonly uids: ReadonlyMap<number, number>;
}

/**
 * A body or a part of one, as it comes.
 *
 * @example
 * const { octets, stream }: Download = await imap.download(uid, "2");
 */
export interface Download {
  /** How many octets will come. */
  readonly octets: number;
  /** A piece may be a view of up to twice its memory: what transfers or keeps the `buffer` of one goes by its place and length in it. */
  readonly stream: ReadableStream<Uint8Array>;
}

/**
 * News of the selected mailbox.
 *
 * @example
 * for await (const event of imap.watch(signal)) if (event.type === "exists") console.log(`${event.exists} messages`);
 */
export type MailboxEvent =
  /** So many messages are in it now; more than before: mail has come. */
  | { readonly type: "exists"; readonly exists: number; readonly before: number }
  /** The message with this number is gone; those after it moved up. */
  | { readonly type: "expunge"; readonly sequence: number }
  /** Messages with these UIDs are gone: pairs of first and last. */
  | { readonly type: "vanished"; readonly ranges: readonly (readonly [number, number])[] }
  /** Flags changed. `uid` is null where the server gave the number only. */
  | { readonly type: "flags"; readonly uid: number | null; readonly sequence: number; readonly flags: readonly string[]; readonly modseq: bigint | null };

/**
 * Events of the client itself.
 *
 * @example
 * imap.addEventListener("close", ({ detail }: ImapEventMap["close"]) => console.log(detail?.code ?? "closed"));
 */
export interface ImapEventMap {
  readonly exists: CustomEvent<Extract<MailboxEvent, { type: "exists" }>>;
  readonly expunge: CustomEvent<Extract<MailboxEvent, { type: "expunge" | "vanished" }>>;
  readonly flags: CustomEvent<Extract<MailboxEvent, { type: "flags" }>>;
  /** The connection is gone; `detail` is null where `close` ended it. */
  readonly close: CustomEvent<MailError | null>;
}
