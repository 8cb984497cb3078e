/** Connections by Node's own sockets and TLS. */
import { createHash } from "node:crypto";
import { connect as connectTcp, isIP, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { type MailError, wrongArgument } from "../errors.js";
import { lend, type LendingDuplex } from "../clients/lending.js";
import type { Duplex, Target, TlsDetails, Transport } from "../clients/transport.js";
import { failure } from "../transports/failures.js";
import { readableOf } from "../transports/reading.js";
import { connectTime, waiting, within } from "../transports/waiting.js";
import { connectFailure, tlsFailure } from "./failures.js";
import { Reading } from "./reading.js";

/**
 * How sockets and TLS are made.
 *
 * @example
 * const transport = tcp({ ca: readFileSync("own-ca.pem"), minVersion: "TLSv1.3" });
 */
export interface TcpOptions {
  /** Authorities that are trusted in place of those that Node knows, in PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** The name that the certificate must be for. Default: the host. */
  readonly servername?: string;
  /** The oldest TLS that is taken. Default `TLSv1.2`; older ones can't be had. */
  readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  /** SHA-256 of the one certificate (DER) that is taken, in hex, with or without colons. It stands in place of name and authority: for a server with a certificate of its own. */
  readonly fingerprint?: string;
  /** How long the connection, and TLS on it, may take each, in milliseconds. Default 20,000. */
  readonly timeout?: number;
}

/**
 * Octets read at once, into memory that is used again: at first, and when much comes. A copy of that stays below the 128 KiB from which
 * on the C library has memory mapped anew each time.
 */
const roomAtFirst = 16 * 1024;
const roomForMuch = 120 * 1024;

/**
 * A transport for Node: TCP, with TLS 1.2 or later where it is wanted, verified strictly.
 *
 * @example
 * const imap = await ImapClient.connect({ host: "imap.example.org", transport: tcp(), auth: { username, password } });
 */
export function tcp(options: TcpOptions = {}): Transport {
  const authorities = pemOf(options.ca);
  if (!["TLSv1.2", "TLSv1.3"].includes(options.minVersion ?? "TLSv1.2")) throw wrongArgument("The oldest TLS that can be asked for is TLSv1.2.");
  return {
    async connect(target, signal) {
      signal?.throwIfAborted();
      const connection = new Connection(target, options, authorities);
      return target.security === "tls" ? connection.tls(signal) : connection.plain(signal);
    },
  };
}

/** Certificates as text. Node takes any text for PEM, and then trusts nobody. */
function pemOf(ca: TcpOptions["ca"]): readonly string[] | undefined {
  if (ca === undefined) return undefined;
  const all = (Array.isArray(ca) ? ca : [ca]).map((one: string | Uint8Array) => (typeof one === "string" ? one : Buffer.from(one).toString("latin1")));
  if (!all.every((one) => one.includes("-----BEGIN CERTIFICATE-----"))) throw wrongArgument("`ca` must hold certificates in PEM. Read the file first, if it is the name of one.");
  return all;
}

class Connection {
  readonly #timeout: number;

  constructor(
    private readonly target: Target,
    private readonly options: TcpOptions,
    private readonly authorities: readonly string[] | undefined,
  ) {
    this.#timeout = options.timeout ?? connectTime;
  }

  async plain(signal: AbortSignal | undefined): Promise<Duplex> {
    const { target } = this;
    const reading = new Reading();
    // TLS can't take over a socket that reads into memory of ours.
    const onread = target.security === "none" ? { onread: reading.into(roomAtFirst, roomForMuch) as unknown as OnReadOpts } : {};
    const socket = connectTcp({ host: target.host, port: target.port, noDelay: true, allowHalfOpen: true, ...onread });
    await this.#event(socket, "connect", signal, (cause) => connectFailure(cause, target));
    if (target.security !== "starttls") return this.#duplex(socket, reading, null);
    reading.flow(socket);
    return { ...this.#duplex(socket, reading, null), upgradeToTls: () => this.#upgrade(socket, reading) };
  }

  async tls(signal: AbortSignal | undefined): Promise<Duplex> {
    const { target } = this;
    const reading = new Reading();
    let connected = false;
    const socket = connectTls({ ...this.#tlsOptions(), host: target.host, port: target.port, onread: reading.into(roomAtFirst, roomForMuch) } as unknown as ConnectionOptions);
    socket.once("connect", () => (connected = true)).setNoDelay();
    await this.#event(socket, "secureConnect", signal, (cause) => (connected ? tlsFailure : connectFailure)(cause, target));
    return this.#duplex(socket, reading, this.#details(socket));
  }

  async #upgrade(plain: Socket, before: Reading): Promise<Duplex> {
    // What the server said before TLS and nobody has looked at may be anybody's (CVE-2011-0411).
    if (before.release(plain)) {
      plain.destroy();
      throw failure("starttls-injection", this.target);
    }
    const socket = connectTls({ ...this.#tlsOptions(), host: this.target.host, socket: plain });
    plain.once("error", (error) => socket.destroy(error));
    await this.#event(socket, "secureConnect", undefined, (cause) => tlsFailure(cause, this.target));
    const reading = new Reading();
    reading.flow(socket);
    return this.#duplex(socket, reading, this.#details(socket));
  }

  #tlsOptions(): ConnectionOptions {
    const { servername, minVersion = "TLSv1.2", fingerprint } = this.options;
    const name = servername ?? this.target.host;
    return {
      minVersion,
      allowHalfOpen: true,
      rejectUnauthorized: fingerprint === undefined,
      // Addresses are no server names (RFC 6066, 3); Node then checks the certificate against the host.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(this.authorities === undefined ? {} : { ca: [...this.authorities] }),
    } as ConnectionOptions;
  }

  #details(socket: TLSSocket): TlsDetails {
    const raw = socket.getPeerX509Certificate()?.raw;
    const fingerprint = raw === undefined ? null : createHash("sha256").update(raw).digest("hex");
    const pinned = this.options.fingerprint?.replaceAll(":", "").toLowerCase();
    if (pinned !== undefined && pinned !== fingerprint) {
      socket.destroy();
      throw failure("tls-certificate", { ...this.target, why: "it is not the one that is pinned" });
    }
    return { version: socket.getProtocol() ?? "", cipher: socket.getCipher().standardName, fingerprint };
  }

  /** Waits for one event of a socket that may fail instead. */
  async #event(socket: Socket, name: "connect" | "secureConnect", signal: AbortSignal | undefined, meaning: (cause: unknown) => unknown): Promise<void> {
    const done = waiting<undefined>();
    const fail = (cause: unknown): void => done.reject(meaning(cause));
    const close = (): void => fail(new Error("The connection was closed."));
    socket.once(name, () => done.resolve(undefined));
    socket.once("error", fail).once("close", close);
    try {
      await within(done.promise, this.#timeout, signal, () => {
        socket.destroy();
        return failure("timeout", this.target);
      });
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      socket.off("close", close);
      // One that nobody hears ends the program.
      socket.on("error", () => undefined);
    }
  }

  #duplex(socket: Socket, reading: Reading, tls: TlsDetails | null): LendingDuplex {
    let lost: MailError | undefined;
    let cause: unknown;
    socket.once("error", (error) => (cause = error));
    socket.once("end", () => {
      reading.end();
    });
    socket.once("close", () => {
      lost = failure("connection-lost", { ...this.target, cause });
      reading.end(lost);
    });
    const lender = reading.lender(socket);
    return {
      [lend]: lender,
      readable: readableOf(lender, true),
      writable: new WritableStream<Uint8Array>({
        write: async (octets) => {
          if (lost === undefined) await written(socket, octets);
          if (lost !== undefined) throw lost;
        },
        close: () => {
          socket.end();
          reading.finished(socket);
        },
        abort: () => {
          socket.destroy();
        },
      }),
      tls,
    };
  }
}

/** Resolves when more may be given, or nothing at all any more. */
async function written(socket: Socket, octets: Uint8Array): Promise<void> {
  if (socket.write(octets)) return;
  const done = waiting<undefined>();
  const free = (): void => done.resolve(undefined);
  socket.once("drain", free).once("close", free);
  await done.promise;
  socket.off("drain", free).off("close", free);
}
