/** Live queries: a reading that is made again when what it read has changed. */
import type { Live, MailEvent, Readings } from "./client.js";

/** Something that a reading depends on: an account's mailboxes, a mailbox's messages, and so on. */
type Topic = string;

/** What each call of a reading depends on, from its arguments. */
const topics: { readonly [Name in keyof Readings]: (...args: Parameters<Readings[Name]>) => readonly Topic[] } = {
  accounts: () => ["accounts"],
  state: (account) => ["accounts", `state ${account}`],
  mailboxes: (account) => ["accounts", `mailboxes ${account}`],
  inbox: (account) => ["accounts", `mailboxes ${account}`],
  list: (account, mailbox) => [`messages ${account} ${mailbox}`],
  // A thread goes through all mailboxes of its account.
  thread: (account) => [`messages ${account}`],
  message: (id) => [`body ${id}`],
  ledger: (account) => [`maildrop ${account}`],
  waiting: () => ["messages"],
  usage: () => ["accounts", "messages", "body"],
};

/** What an event says is other now. */
export function touched(event: MailEvent): readonly Topic[] {
  if (event.event === "state") return [`state ${event.account}`];
  // What can be stored or was lost may change any answer.
  if (event.event === "storage") return ["all"];
  switch (event.type) {
    case "accounts":
      return ["accounts"];
    case "mailboxes":
    case "maildrop":
      return [`${event.type} ${event.account}`];
    case "messages":
      return ["messages", `messages ${event.account}`, `messages ${event.account} ${event.mailbox}`];
    case "body":
      return ["body", `body ${event.message}`, `messages ${event.account} ${event.mailbox}`];
  }
}

/** One live query. The source tells it of events; it reads when somebody asks for the next value, so it never runs ahead. */
export class LiveQuery<Value> implements Live<Value> {
  value: Value | undefined;
  readonly #read: (mail: Readings) => Promise<Value>;
  readonly #mail: Readings;
  readonly #ended: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = (): void => this.#end();
  #topics = new Set<Topic>();
  /** Something has changed since the last reading began. */
  #stale = true;
  #over = false;
  /** End the readings that somebody waits for. */
  readonly #enders = new Set<() => void>();
  /** Wake those who wait for a change. */
  readonly #waiters = new Set<() => void>();
  #last = Number.NEGATIVE_INFINITY;

  constructor(read: (mail: Readings) => Promise<Value>, mail: Readings, ended: () => void, signal: AbortSignal | undefined) {
    this.#read = read;
    this.#mail = mail;
    this.#ended = ended;
    this.#signal = signal;
    if (signal?.aborted === true) this.#over = true;
    signal?.addEventListener("abort", this.#stop, { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Value, undefined>> {
    await this.#due();
    if (this.#over) return { done: true, value: undefined };
    this.#stale = false;
    this.#last = performance.now();
    try {
      const read = await this.#untilOver(this.#record());
      if (read === undefined) return { done: true, value: undefined };
      this.value = read.value;
      return { done: false, value: read.value };
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  return(): Promise<IteratorResult<Value, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Something happened. */
  hear(event: MailEvent): void {
    if (touched(event).some((topic) => topic === "all" || this.#topics.has(topic))) this.again();
  }

  /** It must be read again. */
  again(): void {
    this.#stale = true;
    this.#wake();
  }

  /** Ends it from outside, as when the client is closed. */
  close(): void {
    this.#end();
  }

  /** Waits until there is something new, and a little longer if much happens at once. */
  async #due(): Promise<void> {
    while (!this.#stale && !this.#over) {
      await new Promise<void>((wake) => this.#waiters.add(wake));
    }
    const wait = this.#last + restMilliseconds - performance.now();
    if (wait <= 0 || this.#over) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#enders.delete(done);
        resolve();
      };
      const timer = setTimeout(done, wait);
      this.#enders.add(done);
    });
  }

  /** What is read; undefined where it ends before: whoever ends it does not wait for a reading that may take long. No race against one promise that lives as long as the query, for that would keep every value. */
  async #untilOver(reading: Promise<Value>): Promise<{ readonly value: Value } | undefined> {
    let end: () => void = () => undefined;
    try {
      return await new Promise((resolve, reject) => {
        end = () => resolve(undefined);
        this.#enders.add(end);
        reading.then((value) => resolve({ value }), reject);
      });
    } finally {
      this.#enders.delete(end);
    }
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }

  /** Reads, and notes on what that depends. */
  #record(): Promise<Value> {
    const topicsNow = new Set<Topic>();
    this.#topics = topicsNow;
    const noted = Object.fromEntries(
      Object.entries(topics).map(([name, of]) => [
        name,
        (...args: readonly unknown[]): unknown => {
          for (const topic of Reflect.apply(of, undefined, args) as readonly Topic[]) topicsNow.add(topic);
          return Reflect.apply(this.#mail[name as keyof Readings], this.#mail, args);
        },
      ]),
    );
    return this.#read(noted as unknown as Readings);
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#signal?.removeEventListener("abort", this.#stop);
    for (const end of [...this.#enders]) end();
    this.#ended();
    this.#wake();
  }
}

/** Between two readings there is at least this long: a folder that is being filled tells of each batch. */
const restMilliseconds = 50;
