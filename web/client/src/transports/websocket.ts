/** Through a plain WebSocket that carries the mail server's octets, as websockify speaks it. */
import { lend, type LendingDuplex } from "../clients/lending.js";
import type { Transport } from "../clients/transport.js";
import { failure } from "./failures.js";
import { Inbox, readableOf } from "./reading.js";
import { octetsOf, openSocket, sendable, type SocketLike, type SocketMaker, type SocketMessage } from "./socket.js";
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
  const limit = options.limit ?? 256 * 1024 * 1024;
  return {
    async connect(target, signal) {
      signal?.throwIfAborted();
      if (target.security === "starttls" || (target.security === "tls" && options.relayMakesTls !== true)) throw failure("tls-unsupported");
      const protocol = options.protocol === undefined ? "binary" : options.protocol;
      const socket = openSocket(url, protocol === null ? [] : [protocol], options.WebSocket, (cause) => failure("relay-unreachable", { cause }));
      const opened = waiting<undefined>();
      const closed = waiting<never>();
      let finished = false;
      let stopped = false;
      let unread = 0;
      const inbox = new Inbox(
        (octets) => (unread -= octets),
        () => {
          stopped = true;
          if (finished) socket.close();
        },
      );
      const over = (error?: unknown): void => {
        const reason = error ?? failure("closed", target);
        opened.reject(failure("relay-unreachable"));
        closed.reject(reason);
        inbox.end(error);
      };
      socket.onopen = () => opened.resolve(undefined);
      socket.onclose = () => over();
      socket.onerror = () => undefined;
      socket.onmessage = ({ data }: SocketMessage) => {
        const octets = octetsOf(data);
        if (octets === undefined || octets.byteLength === 0) return;
        unread += octets.byteLength;
        inbox.push(octets);
        if (unread <= limit) return;
        over(failure("overrun"));
        socket.close();
      };
      await within(opened.promise, options.timeout ?? connectTime, signal, () => {
        socket.close();
        return failure("relay-unreachable");
      });
      const close = (): void => {
        finished = true;
        // There is no end of one direction here: what the server still says is heard out.
        if (stopped) socket.close();
      };
      const duplex: LendingDuplex = {
        [lend]: inbox.lend,
        readable: readableOf(inbox.lend, false),
        writable: new WritableStream<Uint8Array>({
          write: (octets) => Promise.race([send(socket, octets), closed.promise]),
          close,
          abort: () => {
            socket.close();
          },
        }),
      };
      return duplex;
    },
  };
}

async function send(socket: SocketLike, octets: Uint8Array): Promise<void> {
  socket.send(sendable(octets));
  while (socket.bufferedAmount > mostUnsent) await new Promise((resolve) => setTimeout(resolve, breath));
}
