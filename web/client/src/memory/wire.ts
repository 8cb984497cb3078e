/** A transport as the engine uses it: promises of octets, and errors in their plain form. What decides is in Rust. */
import type { Duplex, Security, TlsDetails, Transport } from "../clients/transport.js";
import { MailError, shapeOf } from "../errors.js";
import { engineFault } from "../engine-faults.js";
import type { Blame, ErrorShape, KnownCode } from "../types.js";

/** Opens lines to mail servers. */
export interface Wire {
  line(host: string, port: number, security: Security): Line;
}

/** A connection to one. Each promise rejects with a {@link MailError}. */
export interface Line {
  /** Settles once it is connected, with TLS done if that was asked for. */
  opened(): Promise<void>;
  /** The next octets; null where the server ended the stream. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the transport has room for more. */
  write(octets: Uint8Array): Promise<void>;
  /** Makes TLS on the connection. */
  secure(): Promise<TlsDetails | null>;
  /** Ends it. Closing twice is harmless. */
  close(): void;
}

/** The wire of a transport. */
export function wireOf(transport: Transport): Wire {
  return { line: (host, port, security) => new TransportLine(transport, { host, port, security }) };
}

class TransportLine implements Line {
  readonly #over = new AbortController();
  readonly #connected: Promise<void>;
  #duplex: Duplex | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  /** A read that has no answer yet. */
  #reading: Promise<ReadableStreamReadResult<Uint8Array>> | undefined;

  constructor(transport: Transport, target: { readonly host: string; readonly port: number; readonly security: Security }) {
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(connectMilliseconds)]);
    this.#connected = transport.connect(target, signal).then(
      (duplex) => {
        this.#use(duplex);
        if (this.#over.signal.aborted) this.#drop();
      },
      (thrown: unknown) => {
        const late = signal.aborted && !this.#over.signal.aborted && !(thrown instanceof MailError);
        throw rejection(late ? silent : plain(thrown, unreachable));
      },
    );
    // Whoever gave it up hears nothing of it.
    this.#connected.catch(() => undefined);
  }

  opened(): Promise<void> {
    return this.#connected;
  }

  async read(): Promise<Uint8Array | null> {
    return this.#try(async () => {
      const reading = (this.#reading ??= this.#reader?.read());
      if (reading === undefined) throw new MailError(cut);
      const { value } = await reading;
      if (this.#reading === reading) this.#reading = undefined;
      return value ?? null;
    });
  }

  async write(octets: Uint8Array): Promise<void> {
    await this.#try(async () => {
      await this.#writer?.ready;
      // It settles when the octets are on their way; a fault of this write is told by the next, and by reading.
      this.#writer?.write(octets).catch(() => undefined);
    });
  }

  async secure(): Promise<TlsDetails | null> {
    return this.#try(async () => {
      const duplex = this.#duplex;
      if (duplex?.upgradeToTls === undefined) throw new MailError(noUpgrade);
      if (await this.#hasUnread()) {
        this.close();
        throw new MailError(injected);
      }
      this.#reader?.releaseLock();
      this.#writer?.releaseLock();
      this.#reading = undefined;
      const secured = await duplex.upgradeToTls();
      this.#use(secured);
      if (this.#over.signal.aborted) this.#drop();
      return secured.tls ?? null;
    });
  }

  close(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#drop();
  }

  #use(duplex: Duplex): void {
    this.#duplex = duplex;
    this.#reader = duplex.readable.getReader();
    this.#writer = duplex.writable.getWriter();
  }

  /** Lets go of the streams, which may be broken already. A server that takes nothing more is not waited for long. */
  #drop(): void {
    this.#reader?.cancel().catch(() => undefined);
    const writer = this.#writer;
    if (writer === undefined) return;
    const late = setTimeout(() => void writer.abort().catch(() => undefined), closeMilliseconds);
    const done = (): void => clearTimeout(late);
    writer.close().then(done, done);
  }

  /** Whether something came before TLS that nobody has read: an attacker's octets, which must not pass for the server's. */
  async #hasUnread(): Promise<boolean> {
    this.#reading ??= this.#reader?.read();
    const nothing = new Promise<undefined>((resolve) => setTimeout(resolve, 0));
    this.#reading?.catch(() => undefined);
    return (await Promise.race([this.#reading, nothing])) !== undefined;
  }

  async #try<Value>(act: () => Promise<Value>): Promise<Value> {
    try {
      return await act();
    } catch (thrown) {
      throw rejection(plain(thrown, cut));
    }
  }
}

/** The plain form of an error; one that is not the package's own is this. For a cut the engine has its own code. */
function plain(thrown: unknown, otherwise: ErrorShape): ErrorShape {
  if (!(thrown instanceof MailError)) return otherwise;
  return thrown.code === "connection-lost" ? cut : shapeOf(thrown);
}

/** What the engine reads of an error: it is plain, though it can be thrown as what it is. */
const rejection = (shape: ErrorShape): MailError => new MailError(shape);

/** An error of the engine's codes, to which it gives its own sentence. */
const known = (code: KnownCode, blame: Blame, retryable: boolean): ErrorShape => ({ code, blame, retryable, message: "The transport failed.", serverText: null });

const unreachable = known("unreachable", "server", true);
const silent = known("timeout", "server", true);
const cut = known("closed", "network", true);
const injected = known("starttls-injection", "network", false);
const noUpgrade = engineFault("unsupported", "This transport can't make TLS on a connection that has begun. Choose TLS from the start, or another transport.");

/** How long what was written last may take. */
const closeMilliseconds = 2_000;

/** As long as the tunnel waits. */
const connectMilliseconds = 20_000;
