/** A connection in memory, as the server sees it, with what may go wrong on the way. */
import type { Duplex, Target } from "../clients/transport.js";
import { failure } from "../transports/failures.js";
import { binary, octetsOf } from "./octets.js";

/**
 * What goes wrong on connections of a transport.
 *
 * @example
 * const faults: Faults = { pieces: 100, delay: 5 };
 */
export interface Faults {
  /** Nobody listens: `connect` rejects with `refused`. */
  readonly refuseConnection?: boolean;
  /** Every login is refused, with this text. */
  readonly refuseLogin?: string;
  /** The connection is cut after so many octets of the server. */
  readonly cutAfter?: number;
  /** The server's octets come in pieces of at most so many. */
  readonly pieces?: number;
  /** Milliseconds before each piece. */
  readonly delay?: number;
}

/** The client has gone. */
export class Gone extends Error {}

/** The server's end. */
export class Wire {
  readonly duplex: Duplex;
  readonly #down: WritableStreamDefaultWriter<Uint8Array>;
  readonly #up: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";
  #sent = 0;
  #cut = false;

  constructor(
    private readonly target: Target,
    readonly faults: Faults,
  ) {
    const down = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 0 });
    const up = new TransformStream<Uint8Array, Uint8Array>(undefined, { highWaterMark: 16 });
    this.#down = down.writable.getWriter();
    this.#up = up.readable.getReader();
    this.#down.closed.catch(() => undefined);
    this.#up.closed.catch(() => undefined);
    const streams = { readable: down.readable, writable: up.writable };
    const tls = { version: "TLSv1.3", cipher: "TLS13_AES_128_GCM_SHA256", fingerprint: null };
    this.duplex = {
      ...streams,
      tls: target.security === "tls" ? tls : null,
      ...(target.security === "starttls" ? { upgradeToTls: () => Promise.resolve({ ...streams, tls }) } : {}),
    };
  }

  /** Sends; resolves when the client has taken it. */
  async send(...pieces: readonly (string | Uint8Array)[]): Promise<void> {
    const { pieces: length = Infinity, delay, cutAfter = Infinity } = this.faults;
    for (const piece of pieces) {
      let rest = typeof piece === "string" ? octetsOf(piece) : piece;
      while (rest.length > 0) {
        if (this.#cut) throw new Gone();
        if (delay !== undefined) await new Promise((resolve) => setTimeout(resolve, delay));
        const now = rest.subarray(0, Math.min(length, cutAfter - this.#sent));
        rest = rest.subarray(now.length);
        this.#sent += now.length;
        if (now.length > 0) await this.#down.write(now.slice()).catch(gone);
        if (this.#sent >= cutAfter) this.cut();
      }
    }
  }

  /** The next line of the client, without its end. Undefined at the end of its stream. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line.replace(/\r$/, "");
      }
      if (!(await this.#more())) return undefined;
    }
  }

  /** So many octets of the client. */
  async octets(count: number): Promise<string> {
    while (this.#text.length < count) if (!(await this.#more())) throw new Gone();
    const octets = this.#text.slice(0, count);
    this.#text = this.#text.slice(count);
    return octets;
  }

  /** Ends the server's direction as it should be ended. */
  async end(): Promise<void> {
    await this.#down.close().catch(() => undefined);
  }

  /** Cuts both directions. */
  cut(): void {
    if (this.#cut) return;
    this.#cut = true;
    const error = failure("connection-lost", this.target);
    this.#down.abort(error).catch(() => undefined);
    this.#up.cancel(error).catch(() => undefined);
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#up.read().catch(gone);
    if (value !== undefined) this.#text += binary(value);
    return !done;
  }
}

/** Whatever a client's streams were ended with. */
function gone(): never {
  throw new Gone();
}
