/** The IMAP client without a store: what `ImapClient` of the entries has. */
import type { MailError } from "../errors.js";
import { Supplier, sourceOf } from "./append.js";
import type { FetchedMessage } from "./columns.js";
import { download } from "./download.js";
import { Fetch, itemWords } from "./fetch.js";
import { listMailboxes, statusOf, statusWords, type ListOptions } from "./imap-list.js";
import type { Completion, ImapSession } from "./imap-session.js";
import type {
  AppendContent,
  Copied,
  Download,
  FetchItems,
  ImapEventMap,
  Mailbox,
  MailboxEvent,
  MailboxStatus,
  Range,
  SearchQuery,
  SelectedMailbox,
  StatusItem,
} from "./imap-types.js";
import { Watch } from "./imap-watch.js";
import { NumberList } from "./number-list.js";
import { searchWords, setOf } from "./search.js";
import { Turns } from "./turns.js";
import type { TlsDetails } from "./transport.js";

/** For how long a server may take its leave, in milliseconds. */
const LEAVE_WITHIN = 3_000;

/** More UIDs than a mailbox of our time has; a server can name billions in a few octets. */
const MOST_FOUND = 1 << 25;

/**
 * A signed-in IMAP connection (RFC 9051, RFC 3501). Messages are named by UIDs, which hold in one mailbox for as long as its
 * `uidValidity` stays the same.
 *
 * Calls may overlap: their commands go out together where the protocol allows it. Each call rejects with a `MailError`, or with the
 * reason of its own signal.
 */
export class ImapConnection extends EventTarget implements AsyncDisposable {
  readonly #session: ImapSession;
  readonly #watch: Watch;
  /** FETCH, one after the other: its answers don't say which command they are of. */
  readonly #rows = new Turns();
  /** The same for SEARCH, LIST, STATUS and for what selects. */
  readonly #finding = new Turns();
  readonly #listing = new Turns();
  readonly #selecting = new Turns();
  readonly #moving = new Turns();
  #mailbox: Selecting | null = null;
  /** What the server says now is how the mailbox is, and no news. */
  #opening = false;
  #closing: Promise<void> | undefined;

  /** Made by `connect`. */
  constructor(session: ImapSession) {
    super();
    this.#session = session;
    this.#watch = new Watch(session);
    session.onNews = (event) => { this.#news(event); };
    session.onBusy = (busy) => { this.#watch.busy(busy); };
    session.onClosed = (error) => {
      this.#mailbox = null;
      this.#watch.end(error ? { reason: error } : undefined);
      this.dispatchEvent(new CustomEvent("close", { detail: error }));
    };
  }

  /** What the server can do, as it says it, such as `IDLE`. */
  get capabilities(): ReadonlySet<string> {
    return this.#session.capabilities;
  }

  /** The selected mailbox; null where none is. */
  get mailbox(): SelectedMailbox | null {
    return this.#mailbox;
  }

  /** What TLS was negotiated, where the transport tells; null without. */
  get tls(): TlsDetails | null | undefined {
    return this.#session.tls;
  }

  /** When the connection has ended: null after `close`, else why. Never rejects. */
  get closed(): Promise<MailError | null> {
    return this.#session.whenClosed;
  }

  /** Hears `exists`, `expunge`, `flags` (news of the selected mailbox) and `close`. */
  override addEventListener<Type extends keyof ImapEventMap>(type: Type, listener: ((event: ImapEventMap[Type]) => void) | null, options?: boolean | AddEventListenerOptions): void;
  override addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  override addEventListener(type: string, listener: unknown, options?: boolean | AddEventListenerOptions): void {
    super.addEventListener(type, listener as EventListenerOrEventListenerObject | null, options);
  }

  /** Whether the server can do this, by itself or as a part of IMAP4rev2. */
  offers(capability: string): boolean {
    return this.#session.offers(capability);
  }

  /** The mailboxes whose names match: `*` stands for any letters, `%` for any up to the next delimiter. */
  list(pattern = "*", options: ListOptions = {}, signal?: AbortSignal): Promise<Mailbox[]> {
    return this.#alone(this.#listing, signal, () => listMailboxes(this.#session, pattern, options, signal));
  }

  /** Numbers of a mailbox that need not be selected (STATUS). */
  async status(name: string, items: readonly StatusItem[] = ["messages", "unseen", "uidNext", "uidValidity"], signal?: AbortSignal): Promise<MailboxStatus> {
    return this.#alone(this.#listing, signal, async () => {
      let found: MailboxStatus = {};
      await this.#session.run(["status", name, ...statusWords(items)], signal, { status: (status) => (found = statusOf(status)) });
      return found;
    });
  }

  /** Makes a mailbox. */
  async create(name: string, signal?: AbortSignal): Promise<void> {
    await this.#session.run(["create", name], signal);
  }

  /** Renames a mailbox, and those below it. */
  async rename(from: string, to: string, signal?: AbortSignal): Promise<void> {
    await this.#session.run(["rename", from, to], signal);
  }

  /** Deletes a mailbox with all that is in it. */
  async delete(name: string, signal?: AbortSignal): Promise<void> {
    await this.#session.run(["delete", name], signal);
  }

  /** Puts a mailbox among those that the user wants to see. */
  async subscribe(name: string, signal?: AbortSignal): Promise<void> {
    await this.#session.run(["subscribe", name], signal);
  }

  /** Takes it out again. */
  async unsubscribe(name: string, signal?: AbortSignal): Promise<void> {
    await this.#session.run(["unsubscribe", name], signal);
  }

  /** Opens a mailbox; with `readOnly` nothing in it can be changed (EXAMINE). Where that fails, none is open. */
  async select(name: string, { readOnly = false }: { readonly readOnly?: boolean } = {}, signal?: AbortSignal): Promise<SelectedMailbox> {
    return this.#alone(this.#selecting, signal, async () => {
      const made: Selecting = { name, readOnly, exists: 0, uidValidity: 0, uidNext: 0, highestModSeq: null, flags: [], permanentFlags: [] };
      const fetched = await this.#session.counted(() => this.#rows.take(signal));
      try {
        this.#mailbox = made;
        this.#opening = true;
        const { code } = await this.#session.run([readOnly ? "examine" : "select", name], signal, {
          flags: (flags) => (made.flags = flags),
          condition: (code) => { learn(made, code); },
        });
        made.readOnly = readOnly || code.name === "READ-ONLY";
        return made;
      } catch (error) {
        this.#mailbox = null;
        throw error;
      } finally {
        this.#opening = false;
        fetched();
      }
    });
  }

  /** Closes the mailbox; nothing in it changes. */
  async unselect(signal?: AbortSignal): Promise<void> {
    if (!this.#mailbox) return;
    if (this.offers("UNSELECT")) await this.#session.run(["unselect"], signal);
    this.#mailbox = null;
  }

  /** Messages of the selected mailbox. Nothing is asked before somebody reads. */
  fetch(range: Range, items: FetchItems, signal?: AbortSignal): Fetch {
    return new Fetch(this.#session, this.#rows.take, setOf(range), itemWords(items), signal);
  }

  /** One message; null where there is none. */
  async fetchOne(uid: number, items: FetchItems, signal?: AbortSignal): Promise<FetchedMessage | null> {
    const all = await this.fetch(uid, items, signal).all();
    return all.find((message) => message.uid === uid) ?? null;
  }

  /** A message, or a part of it, as it comes; encoded parts as they are (`structure` tells the encoding). `\Seen` is not set. */
  async download(uid: number, part = "", signal?: AbortSignal): Promise<Download> {
    return download(this.#session, this.#rows.take, uid, part, signal);
  }

  /** Whole messages, each in memory, as they come. */
  async *bodies(range: Range, signal?: AbortSignal): AsyncGenerator<{ readonly uid: number; readonly octets: Uint8Array }, void, undefined> {
    for await (const columns of this.fetch(range, { sections: [""] }, signal).columns()) {
      for (let index = 0; index < columns.length; index += 1) {
        const octets = columns.sectionAt(index, "");
        if (octets) yield { uid: columns.uids[index] ?? 0, octets };
      }
    }
  }

  /** UIDs of what is found in the selected mailbox, ascending as the server gives them. */
  async search(query: SearchQuery, signal?: AbortSignal): Promise<Uint32Array> {
    const words = searchWords(query);
    return this.#alone(this.#finding, signal, async () => {
      const found = new NumberList(this.mailbox?.exists ?? 0);
      const verb = this.offers("ESEARCH") ? "search-extended" : "search";
      await this.#session.run([verb, ...words], signal, {
        found: (numbers, pairs) => { found.add(pairs ? this.#unfolded(numbers) : numbers); },
      });
      return found.numbers;
    });
  }

  /** Adds flags to messages. */
  async addFlags(range: Range, flags: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#store(range, "add", flags, signal);
  }

  /** Takes flags from messages. */
  async removeFlags(range: Range, flags: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#store(range, "remove", flags, signal);
  }

  /** Gives messages these flags and no others. */
  async setFlags(range: Range, flags: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#store(range, "replace", flags, signal);
  }

  /** Copies messages to another mailbox. Null where the server does not say where they are (no UIDPLUS). */
  async copy(range: Range, mailbox: string, signal?: AbortSignal): Promise<Copied | null> {
    const set = setOf(range);
    return set === null ? null : this.#copied(signal, (codes) => this.#session.run(["copy", set, mailbox], signal, { condition: codes }));
  }

  /**
   * Moves messages to another mailbox: at once where the server has MOVE; else they are copied, and removed one by one with UIDPLUS.
   * Without that they stay with `\Deleted`, because EXPUNGE would take others along.
   */
  async move(range: Range, mailbox: string, signal?: AbortSignal): Promise<Copied | null> {
    const set = setOf(range);
    if (set === null) return null;
    if (this.offers("MOVE")) return this.#copied(signal, (codes) => this.#session.run(["move", set, mailbox], signal, { condition: codes }));
    const copied = await this.copy(range, mailbox, signal);
    await this.addFlags(range, ["\\Deleted"], signal);
    if (this.offers("UIDPLUS")) await this.#session.run(["uid-expunge", set], signal);
    return copied;
  }

  /** Puts a message into a mailbox. Null where the server does not say where it is (no UIDPLUS). */
  async append(
    mailbox: string,
    content: AppendContent,
    { flags = [], date }: { readonly flags?: readonly string[]; readonly date?: number | Date } = {},
    signal?: AbortSignal,
  ): Promise<{ readonly uidValidity: number; readonly uid: number } | null> {
    const source = sourceOf(content);
    const supplier = new Supplier(this.#session, source);
    const moment = date === undefined ? "" : String(Math.floor(Number(date)));
    try {
      const { code } = await this.#session.run(["append", mailbox, source.octets, moment, "0", ...flags], signal, { wanted: supplier.wanted });
      const [uidValidity, uid] = code.name === "APPENDUID" ? code.numbers : [];
      return uidValidity === undefined || uid === undefined ? null : { uidValidity: Number(uidValidity), uid: Number(uid) };
    } catch (error) {
      source.cancel();
      throw supplier.failure ?? error;
    }
  }

  /** Removes messages with `\Deleted` for good: these (needs UIDPLUS), or all of the mailbox. */
  async expunge(range?: Range, signal?: AbortSignal): Promise<void> {
    if (range === undefined) {
      await this.#session.run(["expunge"], signal);
      return;
    }
    const set = setOf(range);
    if (set !== null) await this.#session.run(["uid-expunge", set], signal);
  }

  /**
   * News of the selected mailbox as they come, by IDLE where the server has it. Where it has not, and until IDLE has brought something,
   * the server is asked twice a minute. Other calls work meanwhile. The loop ends with `close`, and throws where the connection breaks.
   */
  watch(signal?: AbortSignal): AsyncGenerator<MailboxEvent, void, undefined> {
    return this.#watch.events(signal);
  }

  /** Asks the server for news, and shows that it lives. */
  async noop(signal?: AbortSignal): Promise<void> {
    await this.#session.run(["noop"], signal);
  }

  /** Takes leave (LOGOUT) and closes the connection; what still runs ends with `closed`. Never rejects; twice is harmless. */
  close(): Promise<void> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #leave(): Promise<void> {
    if (!this.#session.isOver) {
      this.#watch.busy(true);
      this.#session.finish();
      const late = setTimeout(() => { this.#session.abort(); }, LEAVE_WITHIN);
      try {
        await this.#session.whenEnded(this.#session.give(["logout"]));
      } catch {
        // It has ended all the same.
      }
      clearTimeout(late);
      this.#session.abort();
    }
    await this.#session.whenClosed;
  }

  /** In its turn. The next one comes when the server has answered, also where nobody waits for that any more: its answer would be taken for the next one's. */
  async #alone<T>(turns: Turns, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.#session.counted(() => turns.during(work, () => this.#session.passed(), signal));
  }

  async #store(range: Range, action: string, flags: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const set = setOf(range);
    if (set !== null) await this.#session.run(["store", set, action, ...flags], signal);
  }

  /** The code of COPY comes with its end, that of MOVE before; what is too long for one line brings several. */
  async #copied(signal: AbortSignal | undefined, run: (condition: (code: Completion["code"]) => void) => Promise<Completion>): Promise<Copied | null> {
    return this.#alone(this.#moving, signal, async () => {
      const codes: Completion["code"][] = [];
      codes.push((await run((code) => codes.push(code))).code);
      const uids = new Map<number, number>();
      let uidValidity: number | undefined;
      for (const { numbers } of codes.filter(({ name }) => name === "COPYUID")) {
        const count = (numbers.length - 1) / 2;
        uidValidity = Number(numbers[0] ?? 0n);
        for (let index = 1; index <= count; index += 1) uids.set(Number(numbers[index]), Number(numbers[index + count]));
      }
      return uidValidity === undefined ? null : { uidValidity, uids };
    });
  }

  #unfolded(pairs: Uint32Array): Uint32Array {
    let count = 0;
    for (let index = 0; index < pairs.length; index += 2) count += (pairs[index + 1] ?? 0) - (pairs[index] ?? 0) + 1;
    if (count > MOST_FOUND) throw this.#session.failure("server-limit");
    const numbers = new Uint32Array(count);
    let at = 0;
    for (let index = 0; index < pairs.length; index += 2) {
      const last = pairs[index + 1] ?? 0;
      for (let number = pairs[index] ?? 0; number <= last && at < count; number += 1) {
        numbers[at] = number;
        at += 1;
      }
    }
    return numbers;
  }

  #news(event: MailboxEvent): void {
    const mailbox = this.#mailbox;
    const told = event.type === "exists" ? { ...event, before: mailbox?.exists ?? 0 } : event;
    if (mailbox) {
      if (told.type === "exists") mailbox.exists = told.exists;
      else if (told.type === "expunge") mailbox.exists = Math.max(mailbox.exists - 1, 0);
    }
    if (this.#opening) return;
    this.#watch.tell(told);
    this.dispatchEvent(new CustomEvent(told.type === "vanished" ? "expunge" : told.type, { detail: told }));
  }
}

/** A mailbox while it is being opened. */
type Selecting = { -readonly [Key in keyof SelectedMailbox]: SelectedMailbox[Key] };

function learn(mailbox: Selecting, { name, numbers, texts }: Completion["code"]): void {
  const [number = 0n] = numbers;
  if (name === "UIDVALIDITY") mailbox.uidValidity = Number(number);
  else if (name === "UIDNEXT") mailbox.uidNext = Number(number);
  else if (name === "HIGHESTMODSEQ") mailbox.highestModSeq = number;
  else if (name === "PERMANENTFLAGS") mailbox.permanentFlags = texts;
}
