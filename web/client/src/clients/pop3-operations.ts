/** What waits for answers of a POP3 server: a listing, a message, many messages, an octet stream. */
import type { MailError } from "../errors.js";
import { ignore, waiting, type Waiting } from "../transports/waiting.js";
import { joined } from "./joined.js";
import type { Operation, Pop3Connection } from "./pop3-connection.js";

/**
 * A message as it came: its number in this session, and its octets with dot-stuffing undone.
 *
 * @example
 * for await (const { number, octets } of pop3.messages([1, 2])) await keep(number, octets);
 */
export interface Pop3Message {
  /** Names the message in this session only. */
  readonly number: number;
  readonly octets: Uint8Array<ArrayBuffer>;
}

/** Waits for `count` commands; the first that is refused rejects. */
export class Answer implements Operation {
  /** Until it is given up. */
  waits = true;
  readonly #settled = waiting<undefined>();
  #left: number;

  constructor(
    readonly count: number,
    readonly line: (number: number, value: number | string) => void = ignore,
  ) {
    this.#left = count;
  }

  get promise(): Promise<undefined> {
    return this.#settled.promise;
  }

  done(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#settled.resolve(undefined);
  }

  fail(error: MailError): void {
    this.#settled.reject(error);
  }
}

/** Waits for QUIT, after which the connection ends as it should, maybe at once. */
export class Farewell extends Answer {
  readonly #connection: Pop3Connection;

  constructor(connection: Pop3Connection) {
    super(1);
    this.#connection = connection;
  }

  override done(): void {
    this.#connection.finish();
    super.done();
  }

  override fail(error: MailError): void {
    // Not all was deleted, and the server says so.
    if (error.serverText !== null) this.#connection.finish();
    super.fail(error);
  }
}

/** Whole messages, one after another. */
export class Messages implements Operation {
  readonly #connection: Pop3Connection;
  readonly #numbers: Uint32Array;
  readonly count: number;
  wants = true;
  #at = 0;
  #pieces: Uint8Array[] = [];
  readonly #whole: Pop3Message[] = [];
  #waiter: Waiting<undefined> | undefined;
  #failure: MailError | undefined;

  constructor(
    connection: Pop3Connection,
    numbers: Uint32Array,
  ) {
    this.#connection = connection;
    this.#numbers = numbers;
    this.count = numbers.length;
  }

  get waits(): boolean {
    return this.#waiter !== undefined;
  }

  part(octets: Uint8Array): void {
    this.#pieces.push(octets);
  }

  done(): void {
    const number = this.#numbers[this.#at] ?? 0;
    this.#at += 1;
    if (!this.wants) return;
    const octets = joined(this.#pieces);
    this.#pieces = [];
    this.#whole.push({ number, octets });
    this.#connection.hold(octets.byteLength);
    this.#wake();
  }

  fail(error: MailError): void {
    this.#at += 1;
    this.#pieces = [];
    if (this.wants) this.#failure ??= error;
    this.#wake();
  }

  /** The next message: undefined after the last. Not async: most of the time it is there. */
  next(): Promise<Pop3Message | undefined> {
    const message = this.#whole.shift();
    if (message) {
      this.#connection.hold(-message.octets.byteLength);
      return Promise.resolve(message);
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#at >= this.count || !this.wants) return Promise.resolve(undefined);
    this.#waiter ??= waiting<undefined>();
    this.#connection.resume();
    return this.#waiter.promise.then(() => this.next());
  }

  /** Nobody wants the rest. */
  stop(reason?: unknown): void {
    if (!this.wants) return;
    this.wants = false;
    this.#connection.hold(-this.#whole.splice(0).reduce((sum, { octets }) => sum + octets.byteLength, 0));
    this.#pieces = [];
    this.#failure ??= reason as MailError;
    this.#wake();
    if (this.#at < this.count) this.#connection.cancel(this);
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve(undefined);
  }
}

/** One message as a stream. */
export class Download implements Operation {
  readonly #connection: Pop3Connection;
  readonly #over: () => void;
  readonly count = 1;
  wants = true;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  #ended: { readonly error: unknown } | undefined;
  #waiter: Waiting<undefined> | undefined;

  /** `over` is told when nothing can end the stream any more. It may be told twice. */
  constructor(
    connection: Pop3Connection,
    over: () => void,
  ) {
    this.#connection = connection;
    this.#over = over;
    this.stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.stop() },
      { highWaterMark: 0 },
    );
  }

  get waits(): boolean {
    return this.#waiter !== undefined;
  }

  part(octets: Uint8Array<ArrayBuffer>): void {
    this.#pieces.push(octets);
    this.#connection.hold(octets.byteLength);
    this.#wake();
  }

  done(): void {
    this.#end(undefined);
  }

  fail(error: unknown): void {
    this.#end(error);
  }

  /** Nobody wants the rest. */
  stop(reason?: unknown): void {
    if (!this.wants) return;
    this.wants = false;
    this.#connection.hold(-this.#pieces.splice(0).reduce((sum, octets) => sum + octets.byteLength, 0));
    if (!this.#ended) this.#connection.cancel(this);
    // Also where all of it has come: what waited to be read is thrown away, so that it is not whole.
    this.#ended = { error: reason };
    this.#wake();
    this.#over();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    for (;;) {
      const octets = this.#pieces.shift();
      if (octets) {
        this.#connection.hold(-octets.byteLength);
        controller.enqueue(octets);
        return;
      }
      if (this.#ended) {
        if (this.#ended.error === undefined) controller.close();
        else controller.error(this.#ended.error);
        this.#over();
        return;
      }
      this.#waiter = waiting<undefined>();
      this.#connection.resume();
      await this.#waiter.promise;
    }
  }

  #end(error: unknown): void {
    this.#ended ??= { error };
    this.#wake();
  }

  #wake(): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.resolve(undefined);
  }
}
