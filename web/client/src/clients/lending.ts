/** A faster way in than `readable`, between this package's own transports and clients. */
import type { Duplex } from "./transport.js";

/** Who hears what comes. */
export interface Hearer {
  /** Octets that are lent for the time of this call, or `given` for good: nobody else has their memory. False: no more, until `resume`. */
  hear(octets: Uint8Array, given?: boolean): boolean;
  /** Nothing more comes; `error` where the stream was cut. Told once, after the last octets. */
  end(error?: unknown): void;
}

/** The stream as the hearer governs it. */
export interface Flow {
  /** More may come. */
  resume(): void;
  /** Nothing is wanted any more; `end` is not told. */
  stop(): void;
}

/** A duplex that lends its octets. Where it is used, `readable` is not. */
export interface LendingDuplex extends Duplex {
  readonly [lend]: (hearer: Hearer) => Flow;
}

/** The name of that way, which no other library can have. */
export const lend: unique symbol = Symbol("waypost.lend");
