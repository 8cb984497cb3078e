/** A WebSocket as transports use it: the platform's own, or one that a program brings (Node 20 has none). */
import { type MailError, unsupported } from "../errors.js";

/**
 * What is used of a WebSocket. The platform's and that of the npm package `ws` fit.
 *
 * @example
 * const socket: SocketLike = new WebSocket("wss://mail.example.org/tunnel", ["waypost.v1"]);
 */
export interface SocketLike {
  binaryType: string;
  readonly protocol: string;
  /** Octets that were given and are not sent yet. */
  readonly bufferedAmount: number;
  /** Sends one message. */
  send(data: string | Uint8Array<ArrayBuffer>): void;
  /** Closes after what was sent. */
  close(): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

/**
 * Makes WebSockets.
 *
 * @example
 * // Node 20 has no WebSocket, and a gateway asks where one comes from.
 * const maker: SocketMaker = class extends WebSocket {
 *   constructor(url: string, protocols: string[]) {
 *     super(url, protocols, { origin: "https://mail.example.org" });
 *   }
 * };
 * const transport = gateway("wss://mail.example.org/tunnel", { WebSocket: maker });
 */
export type SocketMaker = new (url: string, protocols: string[]) => SocketLike;

/** What is used of a message. */
export interface SocketMessage {
  readonly data: unknown;
}

/** Opens a WebSocket by what was given or the platform has. `unreachable` is thrown where the address can't be one. */
export function openSocket(url: string | URL, protocols: string[], given: SocketMaker | undefined, unreachable: (cause: unknown) => MailError): SocketLike {
  const maker = given ?? (globalThis as { readonly WebSocket?: SocketMaker }).WebSocket;
  if (!maker) {
    throw unsupported("There is no WebSocket here. Use Node 22 or later, or give one: { WebSocket } of the npm package ws.");
  }
  try {
    const socket = new maker(String(url), protocols);
    socket.binaryType = "arraybuffer";
    return socket;
  } catch (cause) {
    // It is no address, or a page with TLS names one without.
    throw unreachable(cause);
  }
}

/** Why there is no connection, as far as it is told: a page hears nothing, Node's own WebSocket and `ws` give an error, and `ws` the HTTP status in it. */
export function refusalOf(event: unknown): { readonly status?: string; readonly cause?: unknown } {
  const { error: cause } = (event ?? {}) as { readonly error?: unknown };
  if (cause === undefined) return {};
  const status = cause instanceof Error ? /^Unexpected server response: (\d{3})$/.exec(cause.message)?.[1] : undefined;
  return status === undefined ? { cause } : { status, cause };
}

/** The octets of a message: a view of them, without a copy. */
export function octetsOf(data: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  // What `ws` gives where its binaryType was not taken.
  if (data instanceof Uint8Array && data.buffer instanceof ArrayBuffer) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return undefined;
}

/** In memory that a WebSocket takes. */
export function sendable(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return octets.buffer instanceof ArrayBuffer ? new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength) : octets.slice();
}
