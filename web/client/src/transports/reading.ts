/** The reading side of a transport: what came waits here until somebody takes it, and nobody sends more than that. */
import { type Flow, type Hearer, lend, type LendingDuplex } from "../clients/lending.js";
import { ignore } from "./waiting.js";

/** Begins to tell a hearer what comes. */
export type Lender = (hearer: Hearer) => Flow;

/** A stream over a lender. Nothing is taken ahead of its reader. `reused`: the lender uses the memory again, so it is copied. */
export function readableOf(lender: Lender, reused: boolean): ReadableStream<Uint8Array> {
  let flow: Flow | undefined;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (flow) {
          flow.resume();
          return;
        }
        flow = lender({
          hear(octets) {
            controller.enqueue(reused ? octets.slice() : octets);
            return (controller.desiredSize ?? 0) > 0;
          },
          end(error) {
            if (error === undefined) controller.close();
            else controller.error(error);
          },
        });
      },
      cancel() {
        flow ??= lender({ hear: () => true, end: ignore });
        flow.stop();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The streams of a transport over messages. `end` ends the direction to the server; not clean: gives up. */
export function duplexOver({ lend: lender }: Inbox, write: (octets: Uint8Array) => Promise<void>, end: (clean: boolean) => void): LendingDuplex {
  return {
    [lend]: lender,
    readable: readableOf(lender, false),
    writable: new WritableStream<Uint8Array>({ write, close: () => end(true), abort: () => end(false) }),
  };
}

/** What a transport over messages received and nobody has taken yet. */
export class Inbox {
  readonly #taken: (octets: number) => void;
  readonly #unwanted: () => void;
  readonly #waiting: Uint8Array[] = [];
  #hearer: Hearer | undefined;
  #flowing = false;
  #delivering = false;
  #stopped = false;
  /** Set when nothing more comes. */
  #ended: { readonly error: unknown } | undefined;

  /** `taken` hears how many octets were dealt with, `unwanted` that nobody wants more: what waits then was never looked at. */
  constructor(
    taken: (octets: number) => void,
    unwanted: () => void = ignore,
  ) {
    this.#taken = taken;
    this.#unwanted = unwanted;
  }

  /** Lends what waits and what comes to one hearer, once. */
  readonly lend: Lender = (hearer) => {
    if (this.#hearer) throw new TypeError("The connection is being read already.");
    this.#hearer = hearer;
    const flow = {
      resume: () => {
        this.#flowing = true;
        this.#deliver();
      },
      stop: () => {
        if (this.#stopped) return;
        this.#stopped = true;
        this.#unwanted();
      },
    };
    // A hearer is told nothing before it has its flow.
    this.#flowing = true;
    queueMicrotask(() => {
      this.#deliver();
    });
    return flow;
  };

  /** Something came; its memory is nobody else's. */
  push(octets: Uint8Array): void {
    if (this.#ended) return;
    this.#waiting.push(octets);
    this.#deliver();
  }

  /** Nothing more comes; `error` where the stream was cut. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#deliver();
  }

  #deliver(): void {
    // A hearer may resume, or cause something to come, while it hears.
    if (this.#delivering || !this.#hearer) return;
    this.#delivering = true;
    try {
      while (this.#flowing && !this.#stopped) {
        const octets = this.#waiting.shift();
        if (!octets) break;
        this.#flowing = this.#hearer.hear(octets, true);
        this.#taken(octets.byteLength);
      }
    } finally {
      this.#delivering = false;
    }
    if (!this.#ended || this.#stopped || this.#waiting.length > 0) return;
    this.#stopped = true;
    this.#hearer.end(this.#ended.error);
  }
}
