/** Through a plain WebSocket that carries the mail server's octets, as websockify speaks it. */
import type { LendingDuplex } from "../clients/lending.js";
import type { Target, Transport } from "../clients/transport.js";
import type { MailError } from "../errors.js";
import { failure } from "./failures.js";
import { duplexOver, Inbox } from "./reading.js";
import { octetsOf, openSocket, refusalOf, sendable, type SocketLike, type SocketMaker, type SocketMessage } from "./socket.js";
import { connectTime, waiting, within } from "./waiting.js";

/**
 * How a relay is used.
 *
 * @example
 * const options: WebSocketOptions = { relayMakesTls: true };
 */
export interface WebSocketOptions {
  /** The subprotocol. Default `binary`, as websockify has it; null for none. */
  readonly protocol?: string | null;
  /** The relay itself makes TLS to the mail server and verifies it: then `security: "tls"` may be asked for, which is refused otherwise. Default false. */
  readonly relayMakesTls?: boolean;
  /** Octets that may wait unread before the connection is given up with `overrun`: a relay can't be held back. Default 256 MiB. */
  readonly limit?: number;
  /** How long a connection may take to open, in milliseconds. Default 20,000. */
  readonly timeout?: number;
  /** What makes WebSockets where the platform has none (Node 20): the class of the npm package `ws`. */
  readonly WebSocket?: SocketMaker;
}

/** Octets that may wait unread, where nothing else is said. */
const mostUnread = 256 * 1024 * 1024;

/** A moment after a full buffer of the socket, which has no event for it. Milliseconds. */
const breath = 5;

/** Octets that the socket may hold unsent. */
const mostUnsent = 1 << 20;

/**
 * A transport over a WebSocket whose messages are the mail server's octets. Which server that is the relay knows: host and port of the
 * target go unused. It has no TLS of its own: `security` must be `none`, or `tls` with `relayMakesTls`; `starttls` fails. The relay
 * can't say whether the server ended as it should, so that an end is always taken for one.
 *
 * @example
 * const imap = await ImapClient.connect({ ...options, security: "none", transport: websocket("wss://relay.example.org/imap") });
 */
export function websocket(url: string | URL, options: WebSocketOptions = {}): Transport {
  return {
    async connect(target, signal) {
      signal?.throwIfAborted();
      if (target.security === "starttls" || (target.security === "tls" && options.relayMakesTls !== true)) throw failure("tls-unsupported");
      return new Connection(url, target, options).opened(signal);
    },
  };
}

class Connection {
  readonly #target: Target;
  readonly #options: WebSocketOptions;
  readonly #socket: SocketLike;
  readonly #opened = waiting<undefined>();
  readonly #inbox = new Inbox(
    (octets) => (this.#unread -= octets),
    () => {
      this.#stopped = true;
      if (this.#finished) this.#socket.close();
    },
  );
  #unread = 0;
  /** Neither direction is wanted any more when both are set. */
  #finished = false;
  #stopped = false;
  /** Set when it has ended: what a write is told then. */
  #over: MailError | undefined;

  constructor(
    url: string | URL,
    target: Target,
    options: WebSocketOptions,
  ) {
    this.#target = target;
    this.#options = options;
    const { protocol = "binary" } = options;
    this.#socket = openSocket(url, protocol === null ? [] : [protocol], options.WebSocket, (cause) => failure("relay-unreachable", { cause }));
    this.#socket.onopen = () => this.#opened.resolve(undefined);
    this.#socket.onmessage = ({ data }: SocketMessage) => this.#message(data);
    this.#socket.onclose = () => this.#end();
    // One that was open tells its end by `close`; of one that was not, Node says no more than this.
    this.#socket.onerror = (event: unknown) => this.#opened.reject(failure("relay-unreachable", { cause: refusalOf(event).cause }));
  }

  /** The duplex, when the relay has taken the connection. */
  async opened(signal: AbortSignal | undefined): Promise<LendingDuplex> {
    await within(this.#opened.promise, this.#options.timeout ?? connectTime, signal, () => {
      this.#socket.close();
      return failure("relay-unreachable");
    });
    return duplexOver(
      this.#inbox,
      (octets) => this.#send(octets),
      (clean) => {
        this.#finished = true;
        // There is no end of one direction here: what the server still says is heard out.
        if (this.#stopped || !clean) this.#socket.close();
      },
    );
  }

  #message(data: unknown): void {
    const octets = octetsOf(data);
    if (this.#over || !octets || octets.byteLength === 0) return;
    this.#unread += octets.byteLength;
    this.#inbox.push(octets);
    if (this.#unread <= (this.#options.limit ?? mostUnread)) return;
    this.#end(failure("overrun"));
    this.#socket.close();
  }

  #end(error?: MailError): void {
    this.#over ??= error ?? failure("connection-lost", this.#target);
    this.#opened.reject(failure("relay-unreachable"));
    this.#inbox.end(error);
  }

  /** A socket that has closed never gives back what it holds unsent. */
  async #send(octets: Uint8Array): Promise<void> {
    if (!this.#over) this.#socket.send(sendable(octets));
    while (!this.#over && this.#socket.bufferedAmount > mostUnsent) await new Promise((resolve) => setTimeout(resolve, breath));
    if (this.#over) throw this.#over;
  }
}
