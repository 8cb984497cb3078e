/** The POP3 client without a store: what `Pop3Client` of the entries has. */
import { MailError, wrongArgument } from "../errors.js";
import { ignore, onAbort, within } from "../transports/waiting.js";
import type { Pop3Connection, Pop3Machine } from "./pop3-connection.js";
import { Answer, Download, Farewell, Messages, type Pop3Message } from "./pop3-operations.js";
import type { TlsDetails } from "./transport.js";

/**
 * How much a maildrop holds.
 *
 * @example
 * const { count, octets } = await pop3.stat();
 */
export interface Pop3Statistics {
  /** Messages. */
  readonly count: number;
  /** Octets of all messages, as the server counts them. */
  readonly octets: number;
}

/**
 * A line of the maildrop's list.
 *
 * @example
 * const unknown = (await pop3.list()).filter(({ uidl }) => !known.has(uidl));
 */
export interface Pop3Entry {
  /** Names the message in this session only. */
  readonly number: number;
  /** As the server counts them. */
  readonly octets: number;
  /** Names the message in all sessions; null where the server has no such ids. Servers may repeat one. */
  readonly uidl: string | null;
}

/**
 * A message on its way.
 *
 * @example
 * const { octets, stream } = await pop3.download(1);
 * await stream.pipeTo(await file.createWritable());
 */
export interface Pop3Download {
  /** Its size as the server counts it; what comes may differ by some octets. */
  readonly octets: number;
  /** The message as it comes, in bounded memory. It errors where the message did not come whole. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Message numbers.
 *
 * @example
 * await pop3.delete([1, 2, 5]);
 */
export type MessageNumbers = number | Iterable<number>;

/**
 * A signed-in POP3 session (RFC 1939). Messages are named by numbers that hold in this session only. Deletions are marks until
 * `quit`, and only by it are they done.
 *
 * Each call rejects with a `MailError`, or with the reason of its own signal. Calls may overlap: their commands go out together where
 * the server can (PIPELINING).
 */
export class Pop3Session implements AsyncDisposable {
  readonly #connection: Pop3Connection;

  /** Made by `connect`. */
  constructor(connection: Pop3Connection) {
    this.#connection = connection;
  }

  /** What the server said of itself by CAPA: names in upper case, and their words. Empty where it does not know CAPA. */
  get capabilities(): Readonly<Record<string, readonly string[]>> {
    return this.#connection.capabilities;
  }

  /** What TLS was negotiated, where the transport tells; null without. */
  get tls(): TlsDetails | null | undefined {
    return this.#connection.tls;
  }

  /** When the connection has ended: null after `quit` or `close`, else why. Never rejects. */
  get closed(): Promise<MailError | null> {
    return this.#connection.whenClosed;
  }

  /** How much the maildrop holds (STAT). */
  async stat(signal?: AbortSignal): Promise<Pop3Statistics> {
    let found: Pop3Statistics = { count: 0, octets: 0 };
    await this.#answer(1, (machine) => machine.stat(), signal, (count, octets) => (found = { count, octets: Number(octets) }));
    return found;
  }

  /** All messages: LIST, and UIDL where the server has it. */
  async list(signal?: AbortSignal): Promise<Pop3Entry[]> {
    const found = new Map<number, { number: number; octets: number; uidl: string | null }>();
    const sizes = this.#answer(1, (machine) => machine.list(0), signal, (number, octets) => found.set(number, { number, octets: Number(octets), uidl: null }));
    const ids = new Map<number, string>();
    // Servers without CAPA may have it all the same.
    const asked = this.#answer(1, (machine) => machine.uidl(), signal, (number, uidl) => ids.set(number, String(uidl)));
    const [listed, named] = await Promise.allSettled([sizes, asked]);
    if (listed.status === "rejected") throw listed.reason;
    if (named.status === "rejected" && !isRefusal(named.reason)) throw named.reason;
    for (const [number, uidl] of ids) {
      const entry = found.get(number);
      if (entry) entry.uidl = uidl;
    }
    return [...found.values()];
  }

  /**
   * Whole messages in this order, each in memory of its own; asked for ahead where the server can. A slow loop holds the server back. A
   * message that the server refuses ends the loop with that error. After `break` what was asked for passes unread.
   */
  messages(numbers: MessageNumbers, signal?: AbortSignal): AsyncIterableIterator<Pop3Message> {
    return new Loop(this.#connection, numbersOf(numbers), signal);
  }

  /** One message as a stream, for those that memory should not hold whole. `signal` also ends the stream. */
  async download(number: number, signal?: AbortSignal): Promise<Pop3Download> {
    signal?.throwIfAborted();
    const list = numbersOf(number);
    let octets = 0;
    let heard = (): void => undefined;
    const download = new Download(this.#connection, () => heard());
    const size = this.#answer(1, (machine) => machine.list(number), signal, (_, value) => (octets = Number(value)));
    // Where it can't be asked, the message can't either, and that is told.
    size.catch(ignore);
    this.#connection.run(download, (machine) => machine.retrieve(list));
    heard = onAbort(signal, () => download.stop(signal?.reason));
    try {
      await size;
    } catch (error) {
      download.stop(error);
      throw error;
    }
    return { octets, stream: download.stream };
  }

  /** The header and so many lines of the text of a message (TOP). */
  async top(number: number, lines: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    signal?.throwIfAborted();
    const list = numbersOf(number);
    if (!Number.isInteger(lines) || lines < 0 || lines > 0xffff_ffff) throw wrongArgument("`lines` must be a whole number from 0 on.");
    const messages = new Messages(this.#connection, list);
    this.#connection.run(messages, (machine) => machine.top(number, lines));
    const heard = onAbort(signal, () => messages.stop(signal?.reason));
    try {
      return (await messages.next())?.octets ?? new Uint8Array(0);
    } finally {
      heard();
    }
  }

  /** Marks messages: `quit` deletes them, and nothing else does. */
  async delete(numbers: MessageNumbers, signal?: AbortSignal): Promise<void> {
    const list = numbersOf(numbers);
    if (list.length > 0) await this.#answer(list.length, (machine) => machine.delete(list), signal);
  }

  /** Takes all marks back (RSET). */
  async reset(signal?: AbortSignal): Promise<void> {
    await this.#answer(1, (machine) => machine.reset(), signal);
  }

  /** Keeps a session alive (NOOP). */
  async noop(signal?: AbortSignal): Promise<void> {
    await this.#answer(1, (machine) => machine.noop(), signal);
  }

  /**
   * Has the server delete what is marked, and ends the session. Only when it resolves is that done; `update-unknown` says that nobody
   * knows. What was asked before is answered before.
   */
  async quit(signal?: AbortSignal): Promise<void> {
    await this.#run(new Farewell(this.#connection), (machine) => machine.quit(), signal);
  }

  /** Drops the connection: nothing that was marked is deleted. Closing twice is harmless. */
  async close(): Promise<void> {
    this.#connection.abort();
    await this.closed;
  }

  /** As `close`: a block that is left by an error deletes nothing. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #answer(count: number, command: (machine: Pop3Machine) => number, signal: AbortSignal | undefined, line?: (number: number, value: number | string) => void): Promise<void> {
    return this.#run(new Answer(count, line), command, signal);
  }

  async #run(answer: Answer, command: (machine: Pop3Machine) => number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    this.#connection.run(answer, command);
    await within(answer.promise, undefined, signal, () => {
      answer.waits = false;
      this.#connection.cancel(answer);
    });
  }
}

/** The messages of one loop, which asks for them when it begins. A generator would cost as much for each message as reading it. */
class Loop implements AsyncIterableIterator<Pop3Message, undefined> {
  readonly #connection: Pop3Connection;
  readonly #numbers: Uint32Array;
  readonly #signal: AbortSignal | undefined;
  #messages: Messages | undefined;
  #left = false;
  #heard: (() => void) | undefined;

  constructor(
    connection: Pop3Connection,
    numbers: Uint32Array,
    signal: AbortSignal | undefined,
  ) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.#signal = signal;
  }

  next(): Promise<IteratorResult<Pop3Message, undefined>> {
    if (this.#left) return Promise.resolve({ done: true, value: undefined });
    try {
      this.#messages ??= this.#begin();
    } catch (error) {
      this.#end();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason may be anything
      return Promise.reject(error);
    }
    return this.#messages.next().then(
      (value): IteratorResult<Pop3Message, undefined> | Promise<IteratorResult<Pop3Message, undefined>> => (value ? { done: false, value } : this.return()),
      (error: unknown) => {
        this.#end();
        throw error;
      },
    );
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #begin(): Messages {
    this.#signal?.throwIfAborted();
    const messages = new Messages(this.#connection, this.#numbers);
    if (this.#numbers.length > 0) this.#connection.run(messages, (machine) => machine.retrieve(this.#numbers));
    this.#heard = onAbort(this.#signal, () => messages.stop(this.#signal?.reason));
    return messages;
  }

  #end(): void {
    if (this.#left) return;
    this.#left = true;
    this.#heard?.();
    this.#messages?.stop();
  }
}

/** The server has no such command, or not for this. */
function isRefusal(error: unknown): boolean {
  return error instanceof MailError && (error.code === "server-refused" || error.code === "cannot-send");
}

function numbersOf(numbers: MessageNumbers): Uint32Array {
  const list = typeof numbers === "number" ? [numbers] : [...numbers];
  const wrong = list.find((number) => !Number.isInteger(number) || number < 1 || number > 0xffff_ffff);
  if (wrong !== undefined) throw wrongArgument(`Message numbers are whole numbers from 1 on, and ${wrong} is none.`);
  return Uint32Array.from(list);
}
