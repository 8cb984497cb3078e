/**
 * The pump between a transport and a protocol machine in wasm: hands in octets and the time, sends what comes out, secures the
 * connection and closes it. It knows neither IMAP nor POP3.
 */
import { internal, MailError, unsupported } from "../errors.js";
import { fault } from "../faults.js";
import { discard } from "../transports/discard.js";
import { ignore } from "../transports/waiting.js";
import { lend, type Flow, type LendingDuplex } from "./lending.js";
import type { Duplex } from "./transport.js";
import { due, turn } from "./turn.js";
import * as Wish from "./wishes.js";

/**
 * What a class of the wasm module must have to be driven. Times are milliseconds of the driver's clock, addresses are in the
 * instance's memory. After each call that hands something in, and after each command, the driver calls `poll`.
 */
export interface Machine {
  /** The address of room for so many octets (at most `PIECE`), valid until the next call of any method. */
  room(octets: number): number;
  /** So many octets of the server were written there. */
  receive(now: number, octets: number): void;
  /** TLS is in force, as `Wish.secure` asked. */
  secured(now: number): void;
  /** The server's stream ended, cleanly or not. */
  ended(now: number): void;
  /** The moment that `wake` named has come. */
  tick(now: number): void;
  /** Does what can be done now and says what is wanted: bits of `Wish`. What `Wish.events` tells lies in memory until the next call. */
  poll(now: number): number;
  /** The address of the octets to send, as `Wish.send` asked. */
  outgoing(): number;
  /** How many they are; they count as taken with the next call. */
  outgoing_length(): number;
  /** When to call `tick`, unless something comes before; negative for never. */
  wake(): number;
}

/** Who owns the machine. Its methods are called by the driver alone, one at a time. */
export interface Owner {
  /** Reads what the machine tells, before it returns. It may call the machine and gives commands by `Driver.act`. */
  events(): void;
  /** Whether more octets may come: false holds the server back, until `Driver.resume`. */
  wantsMore(): boolean;
  /**
   * Which of the octets go another way than through the machine. Zero: all go through it. Positive: so many go through it, then this is
   * asked again, before what the machine tells of them is read. Negative: so many were taken by this call, which may read what was told.
   */
  divert?(octets: Uint8Array, now: number, given: boolean): number;
  /** The connection is gone, told once. An error where it was the transport or the module that failed; the machine has told before what else. */
  closed(error: MailError | undefined): void;
}

/** Octets are handed in by so many at most, so that no slice of work takes long. */
export const PIECE = 256 * 1024;

/** What is told may wait to be read while so many octets go past the machine. */
const UNREAD = 512 * 1024;

/** How long a server may take nothing before the machine's time goes on all the same, in milliseconds. */
const WRITE_WITHIN = 60_000;

/** How long the end of the connection may take, in milliseconds. */
const CLOSE_WITHIN = 2_000;

/** Drives one machine over one connection. */
export class Driver {
  readonly #machine: Machine;
  readonly #memory: WebAssembly.Memory;
  readonly #owner: Owner;
  #duplex: Duplex;
  #writer: WritableStreamDefaultWriter<Uint8Array>;
  #octets: Uint8Array<ArrayBuffer>;
  /** Names what reads now. */
  #reading: object | undefined;
  /** Ends what reads now; after TLS was made another reads. */
  #stopReading: () => void = ignore;
  /** Goes on where the owner did not want more. */
  #goOn: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt: number | undefined;
  /** Which of the timers runs. */
  #sleeping = 0;
  /** Writes that the transport has not taken yet. */
  #writing = 0;
  #written: Promise<unknown> = Promise.resolve();
  #state: "open" | "securing" | "closing" | "closed" = "open";
  #running = false;
  #asked = false;
  #turning = false;
  /** Octets that went past the machine since the owner read what it told. */
  #unread = 0;
  #failure: MailError | undefined;

  constructor(machine: Machine, memory: WebAssembly.Memory, duplex: Duplex, owner: Owner) {
    this.#machine = machine;
    this.#memory = memory;
    this.#owner = owner;
    this.#duplex = duplex;
    this.#octets = new Uint8Array(memory.buffer);
    this.#writer = duplex.writable.getWriter();
  }

  /** Begins to read. */
  start(): void {
    this.#read();
    this.ask();
  }

  /** What broke the connection, where it was the transport or the module. */
  get failure(): MailError | undefined {
    return this.#failure;
  }

  /** What is known of TLS on the connection. */
  get tls(): Duplex["tls"] {
    return this.#duplex.tls;
  }

  /** The instance's memory as it is now; another view after it grew. */
  get memory(): Uint8Array<ArrayBuffer> {
    if (this.#octets.buffer !== this.#memory.buffer) this.#octets = new Uint8Array(this.#memory.buffer);
    return this.#octets;
  }

  /** Calls the machine, and lets it go on at the end of the running task, so that commands given together are sent together. */
  act<Result>(call: (now: number) => Result): Result {
    if (this.#state === "closed") throw this.#failure ?? new MailError(fault("closed"));
    try {
      return call(performance.now());
    } catch (error) {
      throw this.#trapped(error);
    } finally {
      this.ask();
    }
  }

  /** The machine has something to do. */
  ask(): void {
    if (this.#asked || this.#state === "closed") return;
    this.#asked = true;
    queueMicrotask(() => {
      this.#asked = false;
      this.#run();
    });
  }

  /** The owner wants more. */
  resume(): void {
    const goOn = this.#goOn;
    this.#goOn = undefined;
    goOn?.();
  }

  /** Ends the connection at once; what waits to be sent may be lost. Harmless when it is gone. */
  abort(error?: MailError): void {
    this.#failure ??= error;
    this.#gone();
  }

  #read(): void {
    this.#stopReading();
    if (lend in this.#duplex) this.#hear(this.#duplex as LendingDuplex);
    else void this.#pull(this.#duplex.readable);
  }

  #hear(duplex: LendingDuplex): void {
    const reading = (this.#reading = {});
    const flow: Flow = duplex[lend]({
      hear: (octets, given) => {
        if (this.#reading !== reading) return false;
        this.#take(octets, given);
        if (this.#reading !== reading) return false;
        const wanted = this.#owner.wantsMore();
        if (wanted && !due()) return true;
        const resume = (): void => {
          if (this.#reading === reading) flow.resume();
        };
        if (wanted) void turn().then(resume);
        else this.#goOn = resume;
        return false;
      },
      end: (error) => {
        if (this.#reading === reading) this.#ended(error);
      },
    });
    this.#stopReading = () => {
      this.#reading = undefined;
      flow.stop();
    };
  }

  async #pull(readable: ReadableStream<Uint8Array>): Promise<void> {
    const reader = readable.getReader();
    const reading = (this.#reading = {});
    this.#stopReading = () => {
      this.#reading = undefined;
      // A stream of which the rest is unwanted is told so; one that goes on as TLS only loses its reader.
      if (this.#state === "closed") reader.cancel().catch(ignore);
      else reader.releaseLock();
    };
    try {
      for (;;) {
        if (!this.#owner.wantsMore()) {
          await new Promise<void>((resolve) => {
            this.#goOn = resolve;
          });
        }
        const { done, value } = await reader.read();
        if (this.#reading !== reading) return;
        if (done) {
          this.#ended(undefined);
          return;
        }
        for (let at = 0; at < value.length && this.#reading === reading; at += PIECE) {
          this.#take(value.subarray(at, at + PIECE));
          if (due()) await turn();
        }
        if (this.#reading !== reading) return;
      }
    } catch (error) {
      if (this.#reading === reading) this.#ended(error);
    }
  }

  /** Octets of the server. */
  #take(octets: Uint8Array, given = false): void {
    try {
      const now = performance.now();
      let rest = octets;
      while (rest.length > 0 && this.#state !== "closed") {
        const diverted = this.#owner.divert?.(rest, now, given) ?? 0;
        if (diverted < 0) {
          rest = rest.subarray(-diverted);
          this.#unread -= diverted;
          continue;
        }
        const length = Math.min(diverted > 0 ? diverted : rest.length, PIECE, rest.length);
        const room = this.#machine.room(length);
        this.memory.set(rest.subarray(0, length), room);
        this.#machine.receive(now, length);
        rest = rest.subarray(length);
        this.#run(diverted > 0 && this.#unread < UNREAD);
      }
    } catch (error) {
      this.#trapped(error);
    }
  }

  #ended(error: unknown): void {
    if (this.#state === "closed") return;
    if (error !== undefined) this.#failure ??= transportError(error);
    try {
      this.#machine.ended(performance.now());
      this.#run();
    } catch (trap) {
      this.#trapped(trap);
    }
  }

  /** Lets the machine do what it can. `later`: its owner may read what it tells when nothing more comes at once. */
  #run(later = false): void {
    if (this.#running || this.#state === "closed") return;
    this.#running = true;
    try {
      const wishes = this.#machine.poll(performance.now());
      if ((wishes & Wish.send) !== 0) this.#send();
      const waits = later && (wishes & (Wish.secure | Wish.close | Wish.more)) === 0;
      if (waits) this.#runLater();
      else if ((wishes & Wish.events) !== 0) {
        this.#unread = 0;
        this.#owner.events();
      }
      if ((wishes & Wish.close) !== 0) this.#close();
      else if ((wishes & Wish.secure) !== 0) void this.#secure();
      else if ((wishes & Wish.more) !== 0) this.#runLater();
      else this.#sleep(this.#machine.wake());
    } catch (error) {
      this.#trapped(error);
    } finally {
      this.#running = false;
    }
  }

  #runLater(): void {
    if (this.#turning) return;
    this.#turning = true;
    void turn().then(() => {
      this.#turning = false;
      this.#run();
    });
  }

  #send(): void {
    const [from, length] = [this.#machine.outgoing(), this.#machine.outgoing_length()];
    const octets = this.memory.slice(from, from + length);
    this.#writing += 1;
    this.#written = this.#writer.write(octets).then(
      () => {
        this.#writing -= 1;
      },
      (error: unknown) => {
        this.#ended(error);
      },
    );
  }

  /**
   * One timer. It may fire too early, which is harmless: a machine that hears from its server puts its moment off with each octet. What is
   * due at once waits until what was given is on its way, so that a machine that streams gives no more than the line takes.
   */
  #sleep(moment: number): void {
    if (moment < 0 || this.#state === "closed") {
      this.#wakeAt(undefined);
      return;
    }
    const left = moment - performance.now();
    if (left <= 0 && this.#writing > 0) {
      this.#wakeAt(performance.now() + WRITE_WITHIN);
      const sleeping = this.#sleeping;
      void this.#written.then(() => {
        if (sleeping === this.#sleeping) this.#tick();
      });
    } else if (this.#timerAt === undefined || moment < this.#timerAt) this.#wakeAt(moment);
  }

  #wakeAt(moment: number | undefined): void {
    clearTimeout(this.#timer);
    this.#sleeping += 1;
    this.#timerAt = moment;
    // Timers of more than 24 days fire at once.
    if (moment !== undefined) this.#timer = setTimeout(() => { this.#tick(); }, Math.min(Math.max(moment - performance.now(), 0), 2 ** 31 - 1));
  }

  #tick(): void {
    this.#wakeAt(undefined);
    if (this.#state === "closed") return;
    try {
      this.#machine.tick(performance.now());
    } catch (error) {
      this.#trapped(error);
      return;
    }
    this.#run();
  }

  async #secure(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "securing";
    const before = this.#duplex;
    try {
      if (!before.upgradeToTls) {
        throw unsupported("This transport can't make TLS on an open connection. Choose `tls` with its port.");
      }
      await this.#written;
      if (this.#is("closed")) return;
      this.#stopReading();
      this.#writer.releaseLock();
      const secured = await before.upgradeToTls();
      if (this.#is("closed")) {
        discard(secured);
        return;
      }
      this.#duplex = secured;
      this.#writer = secured.writable.getWriter();
      this.#state = "open";
      this.#machine.secured(performance.now());
      this.#read();
      this.#run();
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) this.#trapped(error);
      else this.abort(transportError(error));
    }
  }

  /** Closes after what was sent. */
  #close(): void {
    if (this.#state === "closed" || this.#state === "closing") return;
    this.#state = "closing";
    const late = setTimeout(() => {
      this.#gone();
    }, CLOSE_WITHIN);
    const gone = (): void => {
      clearTimeout(late);
      this.#gone();
    };
    this.#writer.close().then(gone, gone);
  }

  /** A call of the machine threw: it has ended if it was a trap. */
  #trapped(error: unknown): MailError {
    const mailError = internal(error);
    this.#failure ??= mailError;
    this.#gone();
    return mailError;
  }

  #is(state: string): boolean {
    return this.#state === state;
  }

  #gone(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#stopReading();
    this.#goOn = undefined;
    // Where it was closed in order, this finds nothing to do; while TLS is made, nobody holds the streams.
    const { writable } = this.#duplex;
    (writable.locked ? this.#writer : writable).abort().catch(ignore);
    this.#owner.closed(this.#failure);
  }
}

/** The error of a transport; streams of a program's own may end with anything. */
function transportError(error: unknown): MailError {
  return error instanceof MailError ? error : new MailError(fault("connection-lost"), { cause: error });
}
