/** Messages of a FETCH as they come: rows, columns or plain objects. */
import { Bell, onAbort } from "../transports/waiting.js";
import type { FetchColumns, FetchedMessage } from "./columns.js";
import type { FetchItems, MessageObject } from "./imap-types.js";
import type { BodyStream, ImapSession, Sink } from "./imap-session.js";
import { due, turn } from "./turn.js";

/** Octets of batches that may wait for whoever reads them, before the server is held back. */
const HELD = 1 << 20;

/** After so many rows it is asked whether others of the thread are due: less than a millisecond's work, but for the first ones, which an engine runs slowly. */
const ROWS = 16;
const isTimeToAsk = (rows: number): boolean => rows % ROWS === 0 || rows === 2 || rows === 4 || rows === 8;

/** Starts a FETCH: resolves when it is its turn, with what ends the turn. */
export type Turn = (signal?: AbortSignal) => Promise<() => void>;

/** Batches on their way from the session to whoever reads them. */
export class FetchQueue implements Sink {
  readonly #session: ImapSession;
  readonly #batches: FetchColumns[] = [];
  #held = 0;
  readonly #bell = new Bell();
  #ended = false;
  #error: { readonly reason: unknown } | undefined;

  constructor(
    session: ImapSession,
    readonly bodies: boolean,
    readonly stream?: BodyStream,
  ) {
    this.#session = session;
  }

  rows(columns: FetchColumns): void {
    if (this.#ended) return;
    this.#batches.push(columns);
    this.#held += columns.octets;
    this.#bell.ring();
  }

  full(): boolean {
    return this.#held >= HELD;
  }

  /** Nothing more comes; what came stays to be read. */
  end(error?: { readonly reason: unknown }): void {
    this.#ended = true;
    this.#error ??= error;
    this.#bell.ring();
  }

  /** The next batch, at once where there is one; undefined after the last. */
  next(): FetchColumns | undefined | Promise<FetchColumns | undefined> {
    const batch = this.#batches.shift();
    if (batch) {
      const wasFull = this.full();
      this.#held -= batch.octets;
      if (wasFull && !this.full()) this.#session.resume();
      return batch;
    }
    if (this.#error) throw this.#error.reason;
    return this.#ended ? undefined : this.#wait();
  }

  async #wait(): Promise<FetchColumns | undefined> {
    await this.#bell.heard();
    return this.next();
  }
}

/** What FETCH asks for, in words. */
export function itemWords(items: FetchItems): string[] {
  const { headers, sections = [], changedSince, ...plain } = items;
  const words = Object.entries(plain).flatMap(([name, wanted]) => (wanted ? [name] : []));
  if (headers === true) words.push("body HEADER");
  else if (Array.isArray(headers) && headers.length > 0) words.push(`body HEADER.FIELDS ${headers.join(" ")}`);
  words.push(...sections.map((section) => `body ${section}`));
  return [changedSince === undefined ? "" : String(changedSince), ...words];
}

/**
 * Messages that are fetched when somebody begins to read them: `for await` gives rows that decode what is looked at, `columns` many at
 * once, `objects` plain objects. A loop that is left early gives the rest up.
 *
 * Within the loop other calls work: what the server sends before their answers is kept for the loop.
 *
 * @example
 * const messages = await imap.fetch("1:*", { flags: true }).all();
 */
export class Fetch implements AsyncIterable<FetchedMessage> {
  readonly #session: ImapSession;
  readonly #turn: Turn;
  /** Null for no messages. */
  readonly #set: string | null;
  readonly #words: readonly string[];
  readonly #signal: AbortSignal | undefined;

  constructor(
    session: ImapSession,
    turn: Turn,
    set: string | null,
    words: readonly string[],
    signal: AbortSignal | undefined,
  ) {
    this.#session = session;
    this.#turn = turn;
    this.#set = set;
    this.#words = words;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): AsyncIterator<FetchedMessage, undefined> {
    return this.#each((columns, index) => columns.row(index));
  }

  /** The messages as plain objects. Their texts are pieces of one that holds their batch: whoever keeps few of many keeps `structuredClone` of each. */
  objects(): AsyncIterable<MessageObject> {
    return { [Symbol.asyncIterator]: () => this.#each((columns, index) => columns.objectAt(index)) };
  }

  /** Many messages at once, as they come: the fastest way. */
  columns(): AsyncIterable<FetchColumns> {
    return { [Symbol.asyncIterator]: () => this.#batches() };
  }

  /** All messages, as rows. */
  async all(): Promise<FetchedMessage[]> {
    const all: FetchedMessage[] = [];
    for await (const columns of this.columns()) for (let index = 0; index < columns.length; index += 1) all.push(columns.row(index));
    return all;
  }

  /**
   * Steps through batches without waiting where nothing is to be waited for: a promise for each message is all that it costs. Others of the
   * thread have their turn between rows.
   */
  #each<T>(take: (columns: FetchColumns, index: number) => T): AsyncIterator<T, undefined> {
    const batches = this.#batches();
    let columns: FetchColumns | undefined;
    let index = 0;
    let asked = 0;
    let left = false;
    /** The last of those who wait: whoever asks meanwhile comes after. */
    let last: Promise<unknown> | undefined;
    const more = async (): Promise<IteratorResult<T, undefined>> => {
      for (;;) {
        const { value, done } = await batches.next();
        if (done === true) return { value: undefined, done: true };
        if (value.length === 0) continue;
        // To take apart the first batch is slow, and so was what brought it.
        if (!columns && due()) await turn();
        if (left) return { value: undefined, done: true };
        columns = value;
        index = 1;
        return { value: take(value, 0), done: false };
      }
    };
    const next = (): Promise<IteratorResult<T, undefined>> => {
      if (!columns || index >= columns.length) return more();
      index += 1;
      return Promise.resolve({ value: take(columns, index - 1), done: false });
    };
    return {
      next: () => {
        asked += 1;
        const others = !last && isTimeToAsk(asked) && due();
        if (!last && !others && columns && index < columns.length) return next();
        const own = others ? turn().then(next) : last ? last.then(next, next) : more();
        const done = (): void => {
          if (last === own) last = undefined;
        };
        own.then(done, done);
        last = own;
        return own;
      },
      return: async () => {
        left = true;
        columns = undefined;
        await batches.return(undefined);
        return { value: undefined, done: true };
      },
    };
  }

  async *#batches(): AsyncGenerator<FetchColumns, undefined> {
    if (this.#set === null) return undefined;
    const session = this.#session;
    const signal = this.#signal;
    signal?.throwIfAborted();
    const release = await session.counted(() => this.#turn(signal));
    if (signal?.aborted === true) {
      release();
      throw signal.reason;
    }
    const queue = new FetchQueue(session, this.#words.some((word) => word.startsWith("body ")));
    const give = giving(session, queue, ["fetch", this.#set, ...this.#words], release);
    const heard = onAbort(signal, () => {
      queue.end({ reason: signal?.reason });
      give.cancel();
    });
    try {
      signal?.throwIfAborted();
      for (;;) {
        const next = queue.next();
        const columns = next instanceof Promise ? await next : next;
        if (!columns) return undefined;
        yield columns;
      }
    } finally {
      heard();
      queue.end();
      give.cancel();
    }
  }
}

/** Gives a FETCH whose rows go into the queue. The turn ends with the command, whoever reads by then. */
export function giving(session: ImapSession, queue: FetchQueue, words: readonly string[], release: () => void): { cancel(): void } {
  let running = true;
  try {
    session.pour(queue);
    const id = session.give(words);
    const ended = (error?: { readonly reason: unknown }): void => {
      running = false;
      session.pour(undefined);
      release();
      queue.end(error);
    };
    session.whenEnded(id).then(
      () => { ended(); },
      (reason: unknown) => { ended({ reason }); },
    );
    return {
      cancel: () => {
        if (!running) return;
        // What still comes goes by.
        session.pour(undefined);
        session.cancel(id);
      },
    };
  } catch (error) {
    session.pour(undefined);
    release();
    throw error;
  }
}
