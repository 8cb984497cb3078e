/// <reference lib="esnext.disposable" preserve="true" />
/** The surface of the engine: what `open` takes and gives. */
import type {
  Account,
  AccountSettings,
  AccountState,
  AccountUsage,
  Attachment,
  LedgerPage,
  LedgerQuery,
  ListQuery,
  Mailbox,
  MailEvent,
  MessageList,
  MessageRow,
  MessageView,
  Migration,
  Moved,
  Pop3Choices,
  Report,
  Rule,
  StorageEstimate,
  Tally,
} from "./types.js";

export type { MailEvent } from "./types.js";

/**
 * How to open the client.
 *
 * @example
 * const options: OpenOptions = { gateway: "wss://mail.example/tunnel", profile: "work" };
 */
export interface OpenOptions {
  /** The gateway's tunnel, such as `wss://mail.example/tunnel`. Default: `/tunnel` of the page's own origin. */
  readonly gateway?: string | URL;
  /** The gateway's access token, where it asks for one. It is sent to the gateway only, inside the tunnel, and stored nowhere. */
  readonly gatewayToken?: string;
  /** One database per profile. Default: `default`. */
  readonly profile?: string;
}

/**
 * A file to be saved; the octets are read as the stream is, and no faster.
 *
 * @example
 * const { name, stream } = await mail.exportMessage(row.id);
 * await stream.pipeTo(await (await folder.getFileHandle(name, { create: true })).createWritable());
 */
export interface MessageFile {
  /** A name that every file system takes. */
  readonly name: string;
  readonly stream: ReadableStream<Uint8Array>;
}

/**
 * A folder as an mbox file.
 *
 * @example
 * const { stream, tally } = await mail.exportMailbox(account.id, inbox.id);
 * await stream.pipeTo(file);
 * if ((await tally).leftOut > 0) console.warn("Not all messages are on this device.");
 */
export interface MailboxFile extends MessageFile {
  /** Settles when the stream has ended; rejects where it was given up. Look at it: a message that is not in the file may be nowhere else. */
  readonly tally: Promise<Tally>;
}

/**
 * An attachment's octets, as a stream or as a whole. They are read once.
 *
 * @example
 * const file = await mail.attachment(row.id, view.parts[0]);
 * link.href = URL.createObjectURL(await file.blob());
 */
export interface AttachmentBody {
  /** The octets, as they are read from the store: nothing is read ahead of whoever reads. */
  readonly stream: ReadableStream<Uint8Array>;
  /** All octets, with the type that the sender gave. That type is not to be trusted: save such a Blob, never navigate to it. */
  blob(): Promise<Blob>;
}

/**
 * The calls that a live query may read with, as {@link MailClient} has them.
 *
 * @example
 * const inboxOf = (mail: Readings) => mail.inbox(1);
 */
export type Readings = Pick<MailClient, "accounts" | "state" | "mailboxes" | "inbox" | "list" | "thread" | "message" | "ledger" | "waiting" | "usage">;

/**
 * The values of a live query: what is there now, then what it has become, until the loop is left, the signal aborts or the client is
 * closed. Values that nobody asked for in time are left out; the newest never is.
 *
 * @example
 * const unread = mail.live(async (mail) => (await mail.inbox(account.id)).unseen);
 * for await (const count of unread) document.title = `${count ?? 0} unread`;
 */
export interface Live<Value> extends AsyncIterableIterator<Value, undefined> {
  /** The newest value that was given; undefined before the first. */
  readonly value: Value | undefined;
}

/**
 * The events of a {@link MailClient}, by name; each has what it tells as its `detail`.
 *
 * @example
 * mail.addEventListener("state", ({ detail }) => console.log(detail.account, detail.status.state));
 */
export type MailEventMap = { readonly [Name in MailEvent["event"]]: CustomEvent<Extract<MailEvent, { readonly event: Name }>> };

/**
 * A mail client over one profile. All calls work offline on what is stored, unless they say otherwise.
 *
 * Each call takes an `AbortSignal` last; what is aborted rejects with the signal's reason, everything else with a {@link MailError}.
 *
 * @example
 * await using mail = await open({ gateway: "wss://mail.example/tunnel" });
 * for (const account of await mail.accounts()) console.log(account.address);
 */
export interface MailClient extends EventTarget, AsyncDisposable {
  /** The accounts that are stored here, in the order in which they were added. */
  accounts(signal?: AbortSignal): Promise<readonly Account[]>;
  /**
   * Signs in to a stored account by its number, or to the account of these settings, which is added where it is not stored yet. Proves the
   * password first. Needs a connection.
   */
  signIn(account: number | AccountSettings, password: string, signal?: AbortSignal): Promise<Account>;
  /** Signs in once to prove the settings, then stores the account; one that is stored already is an error. Needs a connection. */
  addAccount(settings: AccountSettings, password: string, signal?: AbortSignal): Promise<Account>;
  /** Disconnects an account and forgets its password, in all tabs. What is stored stays. */
  signOut(account: number, signal?: AbortSignal): Promise<void>;
  /** Gives the gateway's access token, after `token-required` or before, for all tabs; it counts from the next connection on. Held in memory only. */
  setGatewayToken(token: string, signal?: AbortSignal): Promise<void>;
  /** Removes an account and all its mail from this device. */
  removeAccount(account: number, signal?: AbortSignal): Promise<void>;
  /** Changes what a POP3 account does by itself; what is left out gets its default. */
  setPop3(account: number, settings: Pop3Choices, signal?: AbortSignal): Promise<void>;
  /** What became of every message that the server of a POP3 account listed. */
  ledger(account: number, query?: LedgerQuery, signal?: AbortSignal): Promise<LedgerPage>;
  /** Takes messages of a POP3 server by their unique ids, whatever the settings leave there. Needs a connection. */
  loadFromServer(account: number, uidls: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Deletes messages on a POP3 server at the next check. What is here stays here and is checked before; what is not here is lost. */
  deleteOnServer(account: number, uidls: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Answers the notice `allUniqueIdsChanged`. */
  answerMigration(account: number, choice: Migration, signal?: AbortSignal): Promise<void>;
  /** Makes a mailbox on this device, in `parent` or at the top. This and the calls down to `setRules` are for POP3 accounts. */
  createMailbox(account: number, name: string, parent?: number | null, signal?: AbortSignal): Promise<Mailbox>;
  /** Gives a mailbox another name or place; those in it follow. */
  renameMailbox(account: number, mailbox: number, name: string, parent?: number | null, signal?: AbortSignal): Promise<void>;
  /** Deletes a mailbox and those in it; their messages go into the trash. No rule moves mail there any more, and rules that did nothing else go with it. */
  deleteMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<void>;
  /** Moves messages of one account; the names that they had and have, so that it can be undone. */
  moveMessages(ids: readonly string[], mailbox: number, signal?: AbortSignal): Promise<readonly Moved[]>;
  /** Moves messages back to where they were before `moveMessages`, `deleteMessages` or `restoreMessages`. What has gone meanwhile is left out. */
  undoMove(moved: readonly Moved[], signal?: AbortSignal): Promise<readonly Moved[]>;
  /** Copies messages; their octets are shared. */
  copyMessages(ids: readonly string[], mailbox: number, signal?: AbortSignal): Promise<readonly Moved[]>;
  /** Puts messages into the trash; those that are there already are deleted for good. */
  deleteMessages(ids: readonly string[], signal?: AbortSignal): Promise<readonly Moved[]>;
  /** Moves messages from the trash to where they came from, or into the inbox. */
  restoreMessages(ids: readonly string[], signal?: AbortSignal): Promise<readonly Moved[]>;
  /** Empties a mailbox, trash and junk for good, others into the trash; how many messages went. */
  emptyMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<number>;
  /** Sets what is done with mail as it arrives, in this order. What a rule puts elsewhere does not count as moved out of the inbox. */
  setRules(account: number, rules: readonly Rule[], signal?: AbortSignal): Promise<void>;
  /** Where an account stands with its server. */
  state(account: number, signal?: AbortSignal): Promise<AccountState>;
  /** The folders of an account. */
  mailboxes(account: number, signal?: AbortSignal): Promise<readonly Mailbox[]>;
  /** The inbox of an account: each has one as soon as it is added. */
  inbox(account: number, signal?: AbortSignal): Promise<Mailbox>;
  /** A part of a list of a folder, newest first or sorted and filtered as asked: nearly as fast in a long folder as in a short one. */
  list(account: number, mailbox: number, query?: ListQuery, signal?: AbortSignal): Promise<MessageList>;
  /** The rows of a thread over all folders, oldest first. */
  thread(account: number, thread: number, signal?: AbortSignal): Promise<readonly MessageRow[]>;
  /**
   * What `read` gives, now and whenever what it has read is other: it may make any of the {@link Readings}, and must make them on what it is
   * given. Read again at most twenty times a second, and only when the next value is asked for. Ends by an error of `read`.
   */
  live<Value>(read: (mail: Readings) => Promise<Value>, signal?: AbortSignal): Live<Value>;
  /** Shows a folder, looks for new mail there, and resolves when all is here. Needs a connection. */
  synchronise(account: number, mailbox: number, signal?: AbortSignal): Promise<void>;
  /** Says which folder is shown: it is synchronised first and watched, once there is a connection. */
  showMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<void>;
  /** Fetches rows older than the oldest stored one; 0 means there are none. Needs a connection. */
  loadOlder(account: number, mailbox: number, signal?: AbortSignal): Promise<number>;
  /** A message for reading. Fetches it if it is not stored yet. */
  message(id: string, signal?: AbortSignal): Promise<MessageView>;
  /** The decoded octets of a small part, such as an inline image. */
  part(id: string, index: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** The whole message, octet for octet. */
  source(id: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** The decoded octets of one of a message's parts, of any size. Fetches the message if it is not stored yet. */
  attachment(id: string, part: Pick<Attachment, "index" | "contentType">, signal?: AbortSignal): Promise<AttachmentBody>;
  /** A message as an .eml file, octet for octet. Fetches it if it is not stored yet. */
  exportMessage(id: string, signal?: AbortSignal): Promise<MessageFile>;
  /** All messages of a folder that are stored here, oldest first, as a file of the format mboxrd. */
  exportMailbox(account: number, mailbox: number, signal?: AbortSignal): Promise<MailboxFile>;
  /** How much is stored, by account. */
  usage(signal?: AbortSignal): Promise<readonly AccountUsage[]>;
  /** How much the origin stores and may store; null where the browser does not say. */
  storageEstimate(signal?: AbortSignal): Promise<StorageEstimate | null>;
  /** Octets of messages that are kept although the server has them too; null for as many as there is room for. */
  budget(signal?: AbortSignal): Promise<number | null>;
  /** Sets the budget. What is above it goes at once, what was not read for longest first; what may be the only copy never does. */
  setBudget(octets: number | null, signal?: AbortSignal): Promise<void>;
  /** Looks through all that is stored, and mends what can be mended if `repair` is set. */
  verify(repair: boolean, signal?: AbortSignal): Promise<Report>;
  /** Changes flags: stored at once, sent when the server can be reached. */
  changeFlags(ids: readonly string[], add: readonly string[], remove: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Looks for new mail now. */
  syncNow(account: number, signal?: AbortSignal): Promise<void>;
  /** Changes that wait to be sent. */
  waiting(signal?: AbortSignal): Promise<number>;
  /** Listens to what happens from now on; read what you show again after a `change`, or let `live` do it. */
  addEventListener<Name extends keyof MailEventMap>(type: Name, listener: (event: MailEventMap[Name]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  /** Ends that. */
  removeEventListener<Name extends keyof MailEventMap>(type: Name, listener: (event: MailEventMap[Name]) => void, options?: boolean | EventListenerOptions): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
  /** Ends this client and all that was asked of it. Closing twice is harmless. */
  close(): Promise<void>;
}
