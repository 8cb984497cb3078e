/** Straight from a page to the mail server, by the Direct Sockets API of Chromium's isolated apps. */
import type { Duplex, Target, Transport } from "../clients/transport.js";
import { unsupported } from "../errors.js";
import { failure } from "./failures.js";
import { streams } from "./streams.js";
import { ignore, onAbort } from "./waiting.js";

/**
 * Makes TLS over a connection, verified against the target's name: what Direct Sockets lack.
 *
 * @example
 * const upgradeToTls: TlsMaker = (plain, { host }) => tlsOver(plain, host);
 */
export type TlsMaker = (plain: Duplex, target: Target) => Promise<Duplex>;

/**
 * How Direct Sockets are used.
 *
 * @example
 * const options: DirectSocketsOptions = { timeout: 5_000 };
 */
export interface DirectSocketsOptions {
  /** TLS of the program's own, such as one in WebAssembly. Without it `tls` and `starttls` fail with `tls-unsupported`. */
  readonly upgradeToTls?: TlsMaker;
  /** How long a connection may take to open, in milliseconds. Default 20,000. */
  readonly timeout?: number;
}

/** What is used of a `TCPSocket`. */
interface TcpSocket {
  readonly opened: Promise<Duplex>;
  close(): Promise<void>;
}

type TcpSocketMaker = new (host: string, port: number, options: { readonly noDelay: boolean }) => TcpSocket;

/**
 * A transport over `TCPSocket`, which Chromium gives to isolated apps with the permission `direct-sockets` and to nobody else.
 *
 * @example
 * const imap = await ImapClient.connect({ ...options, security: "none", transport: directSockets() });
 */
export function directSockets({ upgradeToTls, ...options }: DirectSocketsOptions = {}): Transport {
  return streams(async (target, signal) => {
    const maker = (globalThis as { readonly TCPSocket?: TcpSocketMaker }).TCPSocket;
    if (!maker) throw unsupported("There are no Direct Sockets here: only isolated apps of Chromium have them. Use a gateway.");
    if (target.security !== "none" && !upgradeToTls) throw failure("tls-unsupported");
    const socket = new maker(target.host, target.port, { noDelay: true });
    const close = (): void => void socket.close().catch(ignore);
    const heard = onAbort(signal, close);
    try {
      const { readable, writable } = await socket.opened;
      const plain: Duplex = { readable, writable, tls: null };
      if (!upgradeToTls || target.security === "none") return plain;
      return target.security === "tls" ? await upgradeToTls(plain, target) : { ...plain, upgradeToTls: () => upgradeToTls(plain, target) };
    } catch (cause) {
      close();
      throw cause;
    } finally {
      heard();
    }
  }, options);
}
