/** One IMAP connection: the machine, who waits for which of its commands, and who gets the rows and bodies that come. */
import { MailError, wrongArgument } from "../errors.js";
import { fault } from "../faults.js";
import { ignore, waiting, type Waiting, within } from "../transports/waiting.js";
import { BodyCollector } from "./body-collector.js";
import { FetchColumns, type Layout } from "./columns.js";
import { Driver, type Owner } from "./driver.js";
import type { Expander } from "./expansion.js";
import { imapFailure } from "./imap-faults.js";
import type { ImapMachine } from "./imap-machine.js";
import type { MailboxEvent } from "./imap-types.js";
import * as Kind from "./record-kinds.js";
import { Records, type Code } from "./records.js";
import type { Duplex, Target } from "./transport.js";

/** How a command ended well. */
export interface Completion {
  readonly code: Code;
  readonly text: string;
}

/** Data of the server that a running command may have asked for. */
export interface Answers {
  mailbox?(listing: Listing): void;
  status?(status: StatusRecord): void;
  flags?(flags: readonly string[]): void;
  /** Numbers found, valid for the time of this call; pairs of first and last where `pairs`. */
  found?(numbers: Uint32Array, pairs: boolean): void;
  condition?(code: Code): void;
  idling?(): void;
  /** So many octets of a message may be sent. */
  wanted?(id: number, octets: number): void;
}

/** A line of LIST or LSUB. */
export interface Listing {
  readonly subscribed: boolean;
  readonly name: string;
  readonly delimiter: string;
  readonly attributes: readonly string[];
}

/** A STATUS response. */
export interface StatusRecord {
  readonly name: string;
  readonly items: ReadonlyMap<string, bigint>;
  readonly mailboxId: string;
}

/** Who gets rows and bodies of the FETCH that runs. */
export interface Sink {
  rows(columns: FetchColumns): void;
  /** Sections were asked for. */
  readonly bodies: boolean;
  /** Takes long sections as they come; else they are put together and attached to their rows. */
  readonly stream?: BodyStream | undefined;
  /** Nothing more comes. */
  end(error: { readonly reason: unknown }): void;
  /** Enough waits to be read: the server is held back, unless a command waits for its answer. */
  full(): boolean;
}

/** Takes a section as it comes. */
export interface BodyStream {
  started(octets: number, section: string, uid: number): void;
  /** Octets of it, valid for the time of this call, or `given` for good. */
  part(octets: Uint8Array, given: boolean): void;
  ended(): void;
}

interface Pending {
  readonly done: Waiting<Completion>;
  readonly answers: Answers;
}

/** Octets from which a section comes in parts, as `INLINE_BODY` in `crates/imap/src/frame.rs` has it: only a guess where to cut. */
const INLINE = 4096;

/** A connection that was opened. */
export class ImapSession implements Owner {
  readonly #driver: Driver;
  readonly #machine: ImapMachine;
  readonly #target: Target;
  readonly #expander: () => Expander;
  readonly #pending = new Map<number, Pending>();
  readonly #greeting = waiting<boolean>();
  readonly #closed = waiting<MailError | null>();
  /** Commands that wait for their end, or for their turn; those whose data is read as it comes are not among them. */
  #busy = 0;
  /** Ends of commands that were given up and that the server may answer all the same. */
  readonly #passing = new Set<Promise<unknown>>();
  #sink: Sink | undefined;
  readonly #collector = new BodyCollector();
  /** Long sections of rows that have not come yet. */
  #bodies: Uint8Array[] = [];
  /** A long section has begun and not ended. */
  #inBody = false;
  #failure: MailError | undefined;
  #over = false;
  #gone = false;
  /** As sent; empty before the server said them. */
  capabilities: ReadonlySet<string> = new Set();
  /** Told of news of the selected mailbox. */
  onNews: (event: MailboxEvent) => void = ignore;
  onClosed: (error: MailError | null) => void = ignore;
  /** Told when a command begins or the last has ended. */
  onBusy: (busy: boolean) => void = ignore;

  constructor(machine: ImapMachine, memory: WebAssembly.Memory, duplex: Duplex, target: Target, expander: () => Expander) {
    this.#machine = machine;
    this.#target = target;
    this.#expander = expander;
    this.#driver = new Driver(machine, memory, duplex, this);
  }

  /** Reads the greeting; whether it says that we are signed in. */
  start(): Promise<boolean> {
    this.#driver.start();
    return this.#greeting.promise;
  }

  get tls(): Duplex["tls"] {
    return this.#driver.tls;
  }

  /** When the connection has ended: null where it was meant to. */
  get whenClosed(): Promise<MailError | null> {
    return this.#closed.promise;
  }

  get isOver(): boolean {
    return this.#over || this.#gone;
  }

  /** Whether the server can do this, by itself or as a part of IMAP4rev2. */
  offers(capability: string): boolean {
    return !this.#gone && this.#driver.act(() => this.#machine.offers(capability));
  }

  knowsCapabilities(): boolean {
    return this.#driver.act(() => this.#machine.knows_capabilities());
  }

  /** A command in words; what it answers goes to `answers`. A signal that ends gives it up where that is possible. */
  async run(words: readonly (string | number | bigint)[], signal?: AbortSignal, answers: Answers = {}): Promise<Completion> {
    signal?.throwIfAborted();
    this.#count(1);
    try {
      return await this.#ended(this.give(words, answers), signal);
    } finally {
      this.#count(-1);
    }
  }

  /** Waits for something as a command does: meanwhile the server is not held back. */
  async counted<T>(work: () => Promise<T>): Promise<T> {
    this.#count(1);
    try {
      return await work();
    } finally {
      this.#count(-1);
    }
  }

  /** When the server has answered all that was given up: until then what it says may belong to that. Never rejects. */
  async passed(): Promise<void> {
    await Promise.all(this.#passing);
  }

  /** Gives a command whose end `whenEnded` tells. */
  give(words: readonly (string | number | bigint)[], answers: Answers = {}): number {
    const text = words.map(String);
    if (text.some((word) => word.includes("\0"))) throw this.failure("cannot-send", "a NUL");
    if (this.isOver && words[0] !== "logout") throw this.#why();
    const id = this.#driver.act(() => this.#machine.command(text.join("\0")));
    if (id === 0) throw wrongArgument(`These values make no IMAP command (${text[0] ?? ""}).`);
    this.#pending.set(id, { done: waiting(), answers });
    return id;
  }

  /** The end of a command that was given. */
  whenEnded(id: number): Promise<Completion> {
    return this.#pending.get(id)?.done.promise ?? Promise.reject(this.#why());
  }

  /** Signs in. The secret goes to wasm and is kept nowhere here. */
  async signIn(username: string, secret: string, token: boolean, secure: boolean): Promise<void> {
    const { host, port } = this.#target;
    const random = crypto.getRandomValues(new Uint8Array(32));
    const id = this.#driver.act(() => this.#machine.sign_in(username, secret, token, host, port, secure, random));
    this.#pending.set(id, { done: waiting(), answers: {} });
    await this.whenEnded(id);
  }

  /** Who gets the rows of the FETCH that runs; undefined lets them go by. */
  pour(sink: Sink | undefined): void {
    this.#sink = sink;
    this.#bodies = [];
    this.#driver.resume();
  }

  /** A sink has room again. */
  resume(): void {
    if (this.wantsMore()) this.#driver.resume();
  }

  /** Gives a command up. */
  cancel(id: number): boolean {
    return !this.#gone && this.#driver.act(() => this.#machine.cancel(id));
  }

  finishIdle(id: number): void {
    if (!this.#gone) this.#driver.act(() => { this.#machine.finish_idle(id); });
  }

  /** Octets of a message for a command that wanted them. */
  supply(id: number, octets: Uint8Array): boolean {
    return this.#driver.act(() => {
      const room = this.#machine.room(octets.length);
      this.#driver.memory.set(octets, room);
      return this.#machine.supply(id, octets.length);
    });
  }

  /** An error of this connection. */
  failure(code: string, detail?: string): MailError {
    return imapFailure(code, this.#target, detail === undefined ? {} : { detail });
  }

  /** Nothing more is given; what ends is meant to end. */
  finish(): void {
    this.#over = true;
    this.#sink?.end({ reason: this.#why() });
    this.pour(undefined);
  }

  /** Ends the connection at once. */
  abort(): void {
    this.#over = true;
    this.#driver.abort();
  }

  wantsMore(): boolean {
    return !this.#sink || this.#busy > 0 || !this.#sink.full();
  }

  /**
   * Bodies go from the transport to their reader without a way through wasm. What is told of them meanwhile is read later, with the rows of
   * many of them.
   */
  divert(octets: Uint8Array, now: number, given: boolean): number {
    if (this.#sink?.bodies !== true) return 0;
    const left = this.#machine.body_left();
    if (left === 0) return beforeBody(octets);
    // What went through wasm comes first, and a stream hears of its beginning.
    if (left < 0 || (!this.#inBody && this.#sink.stream)) this.events();
    if (!this.#inBody) this.#bodyStarted(left, "", 0);
    const size = Math.abs(left);
    const count = Math.min(size, octets.length);
    this.#bodyPart(count === octets.length ? octets : octets.subarray(0, count), given);
    this.#machine.pass_body(now, count);
    if (count === size) this.#bodyEnded();
    return -count;
  }

  events(): void {
    // A call lets the memory grow, and then its buffer is another.
    const headerAt = this.#machine.events();
    const { memory } = this.#driver;
    const header = new Uint32Array(memory.buffer, headerAt, 1 + 2 * (2 + COLUMNS));
    const at = (index: number): number => header[index] ?? 0;
    const count = at(0);
    const columns = count > 0 ? layout(memory, header, count) : undefined;
    const recordsLength = at(2);
    if (recordsLength === 0) {
      if (columns) this.#deliver(columns);
      return;
    }
    // Copies: what is called meanwhile may let the memory grow.
    const records = new Records(memory.slice(at(1), at(1) + recordsLength));
    const numbers = at(4) === 0 ? noNumbers : new Uint32Array(memory.buffer, at(3), at(4) / 4);
    const alone = recordsLength === FOUND && memory[at(1)] === Kind.found;
    this.#read(records, alone ? numbers : numbers.slice(), columns);
  }

  closed(error: MailError | undefined): void {
    this.#gone = true;
    if (error && (!this.#failure || this.#failure.code === "connection-lost")) this.#failure = error;
    const why = this.#why();
    this.#greeting.reject(why);
    for (const { done } of this.#pending.values()) done.reject(why);
    this.#pending.clear();
    const result = this.#over ? null : why;
    this.#closed.resolve(result);
    this.onClosed(result);
  }

  #why(): MailError {
    if (this.#over) return new MailError(fault("closed", "This client was closed. Connect again."));
    return this.#failure ?? this.failure("connection-lost");
  }

  #count(change: number): void {
    this.#busy += change;
    if (change > 0) this.#driver.resume();
    if (this.#busy === Math.max(change, 0)) this.onBusy(change > 0);
  }

  #ended(id: number, signal: AbortSignal | undefined): Promise<Completion> {
    const ended = this.whenEnded(id);
    return within(ended, undefined, signal, () => {
      const passing: Promise<unknown> = ended.catch(ignore).finally(() => this.#passing.delete(passing));
      this.#passing.add(passing);
      this.cancel(id);
    });
  }

  /** Reads records in their order. The rows of the batch come after what belongs to them; whoever waits for an end goes on later. */
  #read(records: Records, numbers: Uint32Array, rows: Layout | undefined): void {
    let number = 0;
    while (records.more()) {
      const kind = records.octet();
      if (kind === Kind.found) number = this.#found(records, numbers, number);
      else if (kind === Kind.vanished) number = this.#vanished(records, numbers, number);
      else this.#record(kind, records);
    }
    if (rows) this.#deliver(rows);
  }

  #record(kind: number, records: Records): void {
    switch (kind) {
      case Kind.greeting: {
        const preauth = records.octet() === 1;
        records.text();
        this.#greeting.resolve(preauth);
        return;
      }
      case Kind.capabilities:
        this.capabilities = new Set(records.texts());
        return;
      case Kind.mailbox: {
        const listing = { subscribed: records.octet() === 1, name: records.text(), delimiter: records.text(), attributes: records.texts() };
        records.text();
        this.#answer((answers) => answers.mailbox?.(listing));
        return;
      }
      case Kind.status: {
        const name = records.text();
        const items = new Map(Array.from({ length: records.short() }, () => [records.text(), records.big()] as const));
        const status = { name, items, mailboxId: records.text() };
        this.#answer((answers) => answers.status?.(status));
        return;
      }
      case Kind.flags: {
        const flags = records.texts();
        this.#answer((answers) => answers.flags?.(flags));
        return;
      }
      case Kind.condition: {
        records.octet();
        const code = records.code();
        records.text();
        this.#answer((answers) => answers.condition?.(code));
        return;
      }
      case Kind.exists:
        this.onNews({ type: "exists", exists: records.short(), before: 0 });
        return;
      case Kind.expunge:
        this.onNews({ type: "expunge", sequence: records.short() });
        return;
      case Kind.flagsChanged: {
        const sequence = records.short();
        const uid = records.short();
        const modseq = records.big();
        this.onNews({ type: "flags", uid: uid === 0 ? null : uid, sequence, flags: records.texts(), modseq: modseq === 0n ? null : modseq });
        return;
      }
      default:
        this.#commandRecord(kind, records);
    }
  }

  #commandRecord(kind: number, records: Records): void {
    switch (kind) {
      case Kind.wanted: {
        const id = records.short();
        this.#pending.get(id)?.answers.wanted?.(id, records.short());
        return;
      }
      case Kind.idling:
        this.#pending.get(records.short())?.answers.idling?.();
        return;
      case Kind.done: {
        const id = records.short();
        const completion = { code: records.code(), text: records.text() };
        this.#take(id)?.done.resolve(completion);
        return;
      }
      case Kind.refused:
        this.#refused(records);
        return;
      case Kind.failed: {
        const code = records.text();
        const detail = records.text();
        this.#failure ??= imapFailure(code, this.#target, { detail, said: records.text() });
        return;
      }
      default:
        this.#body(kind, records);
    }
  }

  #body(kind: number, records: Records): void {
    switch (kind) {
      case Kind.bodyStarted: {
        const uid = records.short();
        const octets = records.long();
        const section = records.text();
        this.#bodyStarted(octets, section, uid);
        return;
      }
      case Kind.bodyPart: {
        const from = records.short();
        this.#bodyPart(this.#driver.memory.subarray(from, from + records.short()));
        return;
      }
      case Kind.bodyEnded:
        this.#bodyEnded();
        return;
      default:
        throw new MailError(fault("internal", `The mail core told something unknown (${kind}).`));
    }
  }

  #bodyStarted(octets: number, section: string, uid: number): void {
    this.#inBody = true;
    if (this.#sink?.stream) this.#sink.stream.started(octets, section, uid);
    else if (this.#sink) this.#collector.start(octets);
  }

  #bodyEnded(): void {
    this.#inBody = false;
    if (this.#sink?.stream) this.#sink.stream.ended();
    else if (this.#sink) this.#bodies.push(this.#collector.end());
  }

  #bodyPart(octets: Uint8Array, given = false): void {
    if (this.#sink?.stream) this.#sink.stream.part(octets, given);
    else if (this.#sink) this.#collector.part(octets);
  }

  #refused(records: Records): void {
    const id = records.short();
    const code = records.text();
    const detail = records.text();
    const { name: reason } = records.code();
    const said = records.text();
    // Why the connection ended is known better than that it did.
    const why = code === "connection-lost" ? this.#lost() : imapFailure(code, this.#target, { detail, reason, said });
    this.#take(id)?.done.reject(why);
  }

  #lost(): MailError {
    const { failure } = this.#driver;
    return this.#over ? this.#why() : (failure ?? this.#why());
  }

  #found(records: Records, numbers: Uint32Array, from: number): number {
    const pairs = records.octet() === 1;
    const to = from + records.short() * (pairs ? 2 : 1);
    records.octet();
    records.big();
    this.#answer((answers) => answers.found?.(numbers.subarray(from, to), pairs));
    return to;
  }

  #vanished(records: Records, numbers: Uint32Array, from: number): number {
    records.octet();
    const count = records.short();
    const ranges = Array.from({ length: count }, (_, index) => [numbers[from + index * 2] ?? 0, numbers[from + index * 2 + 1] ?? 0] as const);
    this.onNews({ type: "vanished", ranges });
    return from + count * 2;
  }

  #deliver(batch: Layout): void {
    const columns = new FetchColumns(batch, this.#expander);
    if (this.#bodies.length > 0) columns.attach(this.#bodies);
    this.#sink?.rows(columns);
  }

  #answer(tell: (answers: Answers) => void): void {
    for (const { answers } of this.#pending.values()) tell(answers);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending;
  }
}

/** Where the line ends that a long section follows, so that the section itself is not handed to wasm; 0 if no such line is seen. A wrong guess costs nothing but a call. */
function beforeBody(octets: Uint8Array): number {
  for (let at = octets.indexOf(CLOSE); at >= 0; at = octets.indexOf(CLOSE, at + 1)) {
    if (octets[at + 1] === 13 && octets[at + 2] === 10 && literal(octets, at) > INLINE) return at + 3;
  }
  return 0;
}

/** The number between the braces that end there. */
function literal(octets: Uint8Array, end: number): number {
  let value = 0;
  let place = 1;
  for (let at = end - 1; at >= 0; at -= 1) {
    const digit = (octets[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return octets[at] === OPEN ? value : 0;
    value += digit * place;
    place *= 10;
  }
  return 0;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Columns of a batch, and where the first is in the header: behind the count, the records and the numbers. */
const COLUMNS = 12;
const OCTETS = 9;
const FIRST = 5;

const noNumbers = new Uint32Array();

/** Octets of a record of numbers that were found. Where it comes alone, they are taken before anything else is called. */
const FOUND = 15;

/**
 * Copies a batch out of wasm: the octets of its rows, and the columns into one piece of memory. Those of eight octets come first, then
 * those of four. In two pieces neither has the 128 KiB from which on the C library has memory mapped anew each time.
 */
function layout(memory: Uint8Array, header: Uint32Array, count: number): Layout {
  const places: number[] = [];
  let size = 0;
  for (let column = 0; column < COLUMNS; column += 1) {
    const length = column === OCTETS ? 0 : (header[FIRST + column * 2 + 1] ?? 0);
    places.push(size, length);
    size += length;
  }
  const target = new Uint8Array(size);
  for (let column = 0; column < COLUMNS; column += 1) {
    const length = places[column * 2 + 1] ?? 0;
    if (length === 0) continue;
    const from = header[FIRST + column * 2] ?? 0;
    target.set(memory.subarray(from, from + length), places[column * 2]);
  }
  const from = header[FIRST + OCTETS * 2] ?? 0;
  return { count, block: target.buffer, places, octets: memory.slice(from, from + (header[FIRST + OCTETS * 2 + 1] ?? 0)) };
}
