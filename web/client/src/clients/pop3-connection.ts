/** One POP3 session: the machine, who waits for which of its commands, and how much waits to be read. */
import { MailError } from "../errors.js";
import { fault } from "../faults.js";
import { waiting } from "../transports/waiting.js";
import { connected } from "./connecting.js";
import { Driver, type Machine, type Owner } from "./driver.js";
import type { Instance } from "./module.js";
import { pop3Failure } from "./pop3-faults.js";
import * as Word from "./pop3-words.js";
import type { Duplex, Security, Target, TlsDetails, Transport } from "./transport.js";

/** The class of the module, made from `crates/clients/src/pop3.rs`. Commands give the number that their records carry. */
export interface Pop3Machine extends Machine {
  records(): number;
  records_length(): number;
  text(): number;
  fault_code(fault: number): string;
  fault_text(fault: number): string | undefined;
  capabilities(): string;
  stat(): number;
  list(number: number): number;
  uidl(): number;
  retrieve(numbers: Uint32Array): number;
  top(number: number, lines: number): number;
  delete(numbers: Uint32Array): number;
  reset(): number;
  noop(): number;
  quit(): number;
  cancel(command: number): boolean;
}

type MachineMaker = new (
  host: string,
  port: number,
  security: string,
  username: string,
  secret: string,
  token: boolean,
  random: Uint8Array,
  allowApop: boolean,
  pipelining: boolean,
) => Pop3Machine;

/** A module of the package that has POP3. */
export interface Pop3Module {
  instance(): Promise<Instance<{ readonly Pop3: MachineMaker }>>;
}

/**
 * How to sign in: by a password, or by an access token of OAuth 2.0.
 *
 * @example
 * const auth: Pop3Auth = { username: "robin@example.org", password: "secret" };
 */
export type Pop3Auth = { readonly username: string; readonly password: string } | { readonly username: string; readonly accessToken: string };

/**
 * What a POP3 client is opened with.
 *
 * @example
 * const options: Pop3Options = { host: "pop.example.org", transport: gateway("wss://mail.example.org/tunnel"), auth: { username, password } };
 */
export interface Pop3Options {
  /** A name or an IP address. */
  readonly host: string;
  /** 1 to 65535; 995 for `tls`, 110 for the others where it is left out. */
  readonly port?: number;
  /** Left out: `tls`. With `none` the password travels readable. */
  readonly security?: Security;
  /** What carries the octets: `gateway(...)` in a page, `tcp()` of `waypost/node` in Node. */
  readonly transport: Transport;
  readonly auth: Pop3Auth;
  /** Take APOP where the server offers nothing better (RFC 1939, 7). Default false: whoever can write its greeting learns something of the password. */
  readonly allowApop?: boolean;
  /** Send commands ahead of answers where the server says that it can (RFC 2449, 6.6). Default true. */
  readonly pipelining?: boolean;
}

/** Numbers in a record. */
const WIDTH = 5;

/** Octets that may wait for a slow reader before the server is held back. */
const HELD = 1 << 20;

/** Who waits for commands whose numbers follow each other. */
export interface Operation {
  readonly count: number;
  /** Octets of a message. */
  part?(octets: Uint8Array): void;
  /** Whether octets are wanted; else they are not even copied. */
  readonly wants?: boolean;
  /** Whether somebody waits for what it gets next: the server is not held back then, whatever waits to be read. */
  readonly waits: boolean;
  /** A line of an answer. */
  line?(number: number, value: number | string): void;
  /** One of its commands ended well. */
  done(): void;
  /** One of its commands was refused, or the connection ended. */
  fail(error: MailError): void;
}

interface Running {
  readonly operation: Operation;
  readonly first: number;
  left: number;
}

/** A session. */
export class Pop3Connection implements Owner {
  readonly #driver: Driver;
  readonly #machine: Pop3Machine;
  readonly #target: Target;
  readonly #running: Running[] = [];
  readonly #ready = waiting<undefined>();
  readonly #closed = waiting<MailError | null>();
  #held = 0;
  #failure: MailError | undefined;
  /** It was ended by this side, or QUIT was answered. */
  #over = false;
  #gone = false;
  capabilities: Readonly<Record<string, readonly string[]>> = {};

  private constructor(machine: Pop3Machine, memory: WebAssembly.Memory, duplex: Duplex, target: Target) {
    this.#machine = machine;
    this.#target = target;
    this.#driver = new Driver(machine, memory, duplex, this);
  }

  /** Connects and signs in. */
  static async open(module: Pop3Module, options: Pop3Options, signal?: AbortSignal): Promise<Pop3Connection> {
    return connected(
      module,
      options,
      [995, 110],
      ({ glue, memory }, duplex, target) => {
        const { auth, allowApop = false, pipelining = true } = options;
        const random = crypto.getRandomValues(new Uint8Array(32));
        const [secret, token] = "accessToken" in auth ? [auth.accessToken, true] : [auth.password, false];
        const machine = new glue.Pop3(target.host, target.port, target.security, auth.username, secret, token, random, allowApop, pipelining);
        return new Pop3Connection(machine, memory, duplex, target);
      },
      (connection) => connection.#start(),
      signal,
    );
  }

  /** What TLS was negotiated. */
  get tls(): TlsDetails | null | undefined {
    return this.#driver.tls;
  }

  /** When the connection has ended: null where it was meant to. */
  get whenClosed(): Promise<MailError | null> {
    return this.#closed.promise;
  }

  /** Gives commands for this operation. A signal that ends takes back what was not sent; the rest passes unheard. */
  run(operation: Operation, command: (machine: Pop3Machine) => number): void {
    if (this.#gone) throw this.#why();
    this.#running.push({ operation, first: this.#driver.act(() => command(this.#machine)), left: operation.count });
    this.resume();
  }

  /** Takes back what of an operation was not sent. What was sent passes. */
  cancel(operation: Operation): void {
    const index = this.#running.findIndex((running) => running.operation === operation);
    const running = this.#running[index];
    if (!running || this.#gone) return;
    const last = running.first + operation.count - 1;
    this.#driver.act(() => {
      // The last first: those that were sent are the first ones.
      for (let command = last; running.left > 0 && this.#machine.cancel(command); command -= 1) running.left -= 1;
    });
    if (running.left === 0) this.#running.splice(index, 1);
  }

  /** So many octets wait for a reader, or were read (negative). */
  hold(octets: number): void {
    this.#held += octets;
    if (octets < 0) this.resume();
  }

  /** More may come where it is wanted: there is room again, or somebody has begun to wait. */
  resume(): void {
    if (this.wantsMore()) this.#driver.resume();
  }

  /** The answer to QUIT has come. */
  finish(): void {
    this.#over = true;
  }

  /** Ends the connection at once. */
  abort(): void {
    this.#over = true;
    this.#driver.abort();
  }

  wantsMore(): boolean {
    return this.#held < HELD || this.#running.some(({ operation }) => operation.waits);
  }

  events(): void {
    const [from, length] = [this.#machine.records(), this.#machine.records_length()];
    // After the calls, and a copy: a call may let the memory grow, and then its buffer is another.
    const records = new Uint32Array(this.#driver.memory.buffer, from, length).slice();
    for (let at = 0; at < records.length; at += WIDTH) this.#record(records.subarray(at, at + WIDTH));
  }

  closed(error: MailError | undefined): void {
    this.#gone = true;
    const told = this.#failure;
    if (error && (!told || told.code === "connection-lost")) this.#failure = error;
    const why = this.#why();
    this.#ready.reject(why);
    for (const { operation } of this.#running.splice(0)) operation.fail(why);
    this.#closed.resolve(this.#over ? null : why);
  }

  #start(): Promise<undefined> {
    this.#driver.start();
    return this.#ready.promise;
  }

  #why(): MailError {
    if (this.#over) return new MailError(fault("closed", "This client was closed. Connect again."));
    return this.#failure ?? pop3Failure("connection-lost", undefined, this.#target);
  }

  #record([word, command = 0, a = 0, b = 0, c = 0]: Uint32Array): void {
    switch (word) {
      case Word.part:
        this.#part(command, a, b);
        return;
      case Word.done:
        this.#ended(command, (operation) => operation.done());
        return;
      case Word.refused: {
        const error = this.#fault(a);
        this.#ended(command, (operation) => operation.fail(error));
        return;
      }
      case Word.statistics:
      case Word.size:
        this.#find(command)?.operation.line?.(a, b + c * 2 ** 32);
        return;
      case Word.uniqueId: {
        const from = this.#machine.text() + b;
        // It may be of any octets (RFC 1939, 7 has only ASCII).
        this.#find(command)?.operation.line?.(a, new TextDecoder().decode(this.#driver.memory.slice(from, from + c)));
        return;
      }
      case Word.ready:
        this.capabilities = capabilities(this.#machine.capabilities());
        this.#ready.resolve(undefined);
        return;
      case Word.failed:
        this.#failure = this.#fault(a);
        this.#ready.reject(this.#failure);
        return;
      default:
        // A module of another version has more words; those here have what they had.
        return;
    }
  }

  #part(command: number, from: number, length: number): void {
    const { operation } = this.#find(command) ?? {};
    if (!operation?.part || operation.wants === false) return;
    operation.part(this.#driver.memory.slice(from, from + length));
  }

  #fault(fault: number): MailError {
    return pop3Failure(this.#machine.fault_code(fault), this.#machine.fault_text(fault), this.#target);
  }

  #find(command: number): Running | undefined {
    const [oldest] = this.#running;
    if (oldest && command >= oldest.first && command < oldest.first + oldest.operation.count) return oldest;
    return this.#running.find(({ operation, first }) => command >= first && command < first + operation.count);
  }

  #ended(command: number, tell: (operation: Operation) => void): void {
    const running = this.#find(command);
    if (!running) return;
    running.left -= 1;
    if (running.left === 0) this.#running.splice(this.#running.indexOf(running), 1);
    tell(running.operation);
  }
}

/** The lines of CAPA, by their names. */
function capabilities(lines: string): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    (lines === "" ? [] : lines.split("\n")).map((line) => {
      const [name = "", ...words] = line.split(" ");
      return [name, words];
    }),
  );
}
