/** The reading side of a socket: into memory that is used again, or by its events, and no faster than somebody takes it. */
import type { Socket } from "node:net";
import type { Flow, Hearer } from "../clients/lending.js";
import type { Lender } from "../transports/reading.js";

/** How long a server may go on after both sides are done with the connection. Milliseconds. */
const linger = 2_000;

/** In what time a piece is dealt with that may become twice as large. Milliseconds. */
const QUICK = 1;

/** What comes out of one socket. */
export class Reading {
  #hearer: Hearer | undefined;
  #ended: { readonly error: unknown } | undefined;
  /** Came before a hearer, or after it wanted no more: octets of our own memory. */
  #waiting: Uint8Array[] = [];
  #flowing = false;
  #stopped = false;
  #told = false;
  #finished = false;

  /**
   * For the option `onread` of a socket. The memory is so large at first, and as `most` in the end: it grows when it was filled, so that a
   * small answer takes little, and only while what came is dealt with quickly: the first of a large one, for which an engine still compiles,
   * takes no long time.
   */
  into(first: number, most: number): { readonly buffer: () => Uint8Array; readonly callback: (count: number, buffer: Uint8Array) => boolean } {
    let memory = new Uint8Array(first);
    let filled = 0;
    let came = 0;
    return {
      buffer: () => {
        if (filled === memory.length && filled < most && performance.now() - came < QUICK) memory = new Uint8Array(Math.min(memory.length * 2, most));
        return memory;
      },
      callback: (count) => {
        filled = count;
        came = performance.now();
        return this.#came(count === memory.length ? memory : memory.subarray(0, count), true);
      },
    };
  }

  /** By the events of a socket that has no such option. */
  flow(socket: Socket): void {
    socket.on("data", (octets) => {
      if (!this.#came(octets, false)) socket.pause();
    });
  }

  /** Takes its hands off a socket; says whether something came that nobody has looked at. */
  release(socket: Socket): boolean {
    socket.removeAllListeners("data");
    return this.#waiting.length > 0 || socket.readableLength > 0;
  }

  /** Nothing more comes; `error` where the stream was cut. */
  end(error?: unknown): void {
    this.#ended ??= { error };
    this.#tell();
  }

  /** Nothing more is sent either. Where nobody reads, a server that does not close by itself is not waited for long. */
  finished(socket: Socket): void {
    this.#finished = true;
    if (!this.#stopped) return;
    socket.resume();
    setTimeout(() => socket.destroy(), linger).unref();
  }

  /** Lends what comes to one hearer. */
  lender(socket: Socket): Lender {
    return (hearer): Flow => {
      if (this.#hearer !== undefined) throw new TypeError("The connection is being read already.");
      this.#hearer = hearer;
      const resume = (): void => {
        this.#flowing = true;
        if (this.#deliver()) socket.resume();
        this.#tell();
      };
      queueMicrotask(resume);
      return {
        resume,
        stop: () => {
          if (this.#stopped) return;
          this.#stopped = true;
          socket.pause();
          if (this.#finished) this.finished(socket);
        },
      };
    };
  }

  #came(octets: Uint8Array, reused: boolean): boolean {
    if (this.#finished && this.#stopped) return true;
    if (!this.#flowing || this.#stopped || this.#hearer === undefined) {
      this.#waiting.push(reused ? octets.slice() : octets);
      return false;
    }
    this.#flowing = this.#hearer.hear(octets);
    return this.#flowing;
  }

  /** Hands on what waits; says whether more is wanted. */
  #deliver(): boolean {
    while (this.#flowing && !this.#stopped) {
      const octets = this.#waiting.shift();
      if (octets === undefined) return true;
      this.#flowing = this.#hearer?.hear(octets) ?? false;
    }
    return false;
  }

  #tell(): void {
    if (this.#ended === undefined || this.#told || this.#stopped || this.#hearer === undefined || this.#waiting.length > 0) return;
    this.#told = true;
    this.#hearer.end(this.#ended.error);
  }
}
