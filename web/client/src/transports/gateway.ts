/** Through a Waypost gateway (docs/TUNNEL.md): a WebSocket for each connection, with credit in both directions. */
import { internal, MailError } from "../errors.js";
import type { LendingDuplex } from "../clients/lending.js";
import type { Duplex, Target, TlsDetails, Transport } from "../clients/transport.js";
import type { Blame } from "../types.js";
import { failure } from "./failures.js";
import * as happenings from "./happenings.js";
import { duplexOver, Inbox } from "./reading.js";
import { octetsOf, openSocket, refusalOf, sendable, type SocketLike, type SocketMaker, type SocketMessage } from "./socket.js";
import { connectTime, ignore, waiting, type Waiting, within } from "./waiting.js";

/**
 * How a gateway is used.
 *
 * @example
 * const transport = gateway("wss://mail.example.org/tunnel", { token: () => freshToken(), onMove: (seconds) => reconnectWithin(seconds) });
 */
export interface GatewayOptions {
  /** The access token, where the gateway asks for one, or what gives a fresh one for each connection. It is sent inside the tunnel, never in the URL. */
  readonly token?: string | (() => string | Promise<string>);
  /** How long a connection may take to open, in milliseconds. Default 20,000. */
  readonly timeout?: number;
  /** The gateway stops in so many seconds: finish what is under way, close the client and connect again. Without it the connection ends then with `shutdown`. */
  readonly onMove?: (seconds: number) => void;
  /** What makes WebSockets where the platform has none (Node 20): the class of the npm package `ws`. */
  readonly WebSocket?: SocketMaker;
}

/** The end of a tunnel in the instance; made from `crates/clients/src/tunnel.rs`. */
interface TunnelEnd {
  text(text: string): void;
  received(octets: number): boolean;
  sent(octets: number): number;
  consumed(octets: number): void;
  upgrade(): void;
  end(clean: boolean): void;
  closed(): void;
  poll(): number;
  outgoing(): string;
  tls(): string | undefined;
  within(): number;
  failure(): string | undefined;
}

/** A module of the package that has tunnels. */
export interface TunnelModule {
  instance(): Promise<{
    readonly glue: { readonly TunnelEnd: new (host: string, port: number, security: string, token: string | undefined, window: number) => TunnelEnd };
  }>;
}

/** Octets that may be under way to this end and unread. A page receives some 100 MB/s at best. */
const window = 1 << 20;

/** Octets of one message of payload at most. */
const longestMessage = 65_536;

/** The function `gateway` of an entry, on that entry's own module, so that a program never has two. */
export function gatewayOn(module: TunnelModule): (url: string | URL, options?: GatewayOptions) => Transport {
  return (url, options = {}) => ({
    async connect(target, signal) {
      signal?.throwIfAborted();
      const [{ glue }, token] = await Promise.all([module.instance(), typeof options.token === "function" ? options.token() : options.token]);
      signal?.throwIfAborted();
      const tunnel = guarded(() => new glue.TunnelEnd(target.host, target.port, target.security, token, window));
      return new Connection(url, target, options, tunnel).opened(signal);
    },
  });
}

/** A trap in the instance ends this connection, in this package's words. */
function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw internal(cause);
  }
}

class Connection {
  readonly #target: Target;
  readonly #options: GatewayOptions;
  readonly #tunnel: TunnelEnd;
  readonly #socket: SocketLike;
  readonly #opened = waiting<undefined>();
  #upgraded: Waiting<undefined> | undefined;
  #room: Waiting<undefined> | undefined;
  #inbox = this.#newInbox();
  #connected = false;
  #heard = false;
  #failure: MailError | undefined;
  #done = false;
  /** Neither direction is wanted any more when both are set. */
  #finished = false;
  #stopped = false;

  constructor(
    url: string | URL,
    target: Target,
    options: GatewayOptions,
    tunnel: TunnelEnd,
  ) {
    this.#target = target;
    this.#options = options;
    this.#tunnel = tunnel;
    this.#socket = openSocket(url, ["waypost.v1"], options.WebSocket, (cause) => failure("gateway-unreachable", { cause }));
    this.#socket.onopen = () => {
      this.#connected = true;
      if (this.#socket.protocol === "waypost.v1") this.#with(ignore);
      else this.#fail(failure("gateway-refused", { why: "what is there speaks another protocol" }));
    };
    this.#socket.onmessage = ({ data }: SocketMessage) => this.#message(data);
    this.#socket.onclose = () => this.#closed();
    this.#socket.onerror = (event: unknown) => this.#refused(event);
  }

  /** The duplex, when the mail server is connected. */
  async opened(signal: AbortSignal | undefined): Promise<Duplex> {
    await within(this.#opened.promise, this.#options.timeout ?? connectTime, signal, (late) => this.#giveUp(late));
    return this.#duplex(this.#target.security === "starttls");
  }

  #duplex(upgradable: boolean): LendingDuplex {
    return {
      ...duplexOver(
        this.#inbox,
        (octets) => this.#send(octets),
        (clean) => this.#end(clean),
      ),
      tls: this.#tls(),
      ...(upgradable ? { upgradeToTls: () => this.#upgrade() } : {}),
    };
  }

  #tls(): TlsDetails | null {
    const [version, cipher = "", fingerprint = null] = guarded(() => this.#tunnel.tls())?.split("\n") ?? [];
    return version === undefined ? null : { version, cipher, fingerprint };
  }

  #newInbox(): Inbox {
    return new Inbox(
      (octets) => {
        if (this.#done) return;
        this.#with(() => this.#tunnel.consumed(octets));
      },
      () => {
        this.#stopped = true;
        if (this.#finished) this.#close();
      },
    );
  }

  async #upgrade(): Promise<Duplex> {
    const upgraded = waiting<undefined>();
    this.#upgraded = upgraded;
    // What was not read until now makes the tunnel fail as an injection.
    this.#with(() => this.#tunnel.upgrade());
    if (this.#failure) throw this.#failure;
    await within(upgraded.promise, this.#options.timeout ?? connectTime, undefined, (late) => this.#giveUp(late));
    this.#inbox = this.#newInbox();
    this.#stopped = false;
    return this.#duplex(false);
  }

  async #send(octets: Uint8Array): Promise<void> {
    let rest = octets;
    while (rest.byteLength > 0) {
      if (this.#failure) throw this.#failure;
      const taken: number = this.#with(() => this.#tunnel.sent(rest.byteLength)) ?? 0;
      for (let at = 0; at < taken; at += longestMessage) this.#socket.send(sendable(rest.subarray(at, Math.min(taken, at + longestMessage))));
      rest = rest.subarray(taken);
      // It may have ended by this call.
      if (rest.byteLength === 0 || this.#done) continue;
      this.#room = waiting<undefined>();
      await this.#room.promise;
    }
  }

  #end(clean: boolean): void {
    this.#finished = true;
    if (this.#done) return;
    this.#with(() => this.#tunnel.end(clean));
    if (this.#stopped || !clean) this.#close();
  }

  #message(data: unknown): void {
    this.#heard = true;
    if (this.#done) return;
    if (typeof data === "string") {
      this.#with(() => this.#tunnel.text(data));
      return;
    }
    const octets = octetsOf(data);
    if (!octets) return;
    if (this.#with(() => this.#tunnel.received(octets.byteLength)) === true) this.#inbox.push(octets);
  }

  #closed(): void {
    if (this.#done) return;
    if (!this.#connected) this.#fail(failure("gateway-unreachable"));
    else if (!this.#heard) this.#fail(failure("gateway-refused", { why: "it was closed at once" }));
    else this.#with(() => this.#tunnel.closed());
  }

  /** A WebSocket that came to be tells its end by `close`. Of one that did not, Node says no more than this. */
  #refused(event: unknown): void {
    if (this.#connected) return;
    const { status, cause } = refusalOf(event);
    this.#fail(status === undefined ? failure("gateway-unreachable", { cause }) : failure("gateway-refused", { why: `HTTP status ${status}`, cause }));
  }

  /** Calls the machine and does what it asks for then. */
  #with<T>(call: () => T): T | undefined {
    if (this.#done) return undefined;
    try {
      const result = guarded(call);
      if (this.#connected) this.#drain();
      return result;
    } catch (error) {
      this.#fail(error as MailError);
      return undefined;
    }
  }

  #drain(): void {
    for (;;) {
      if (this.#done) return;
      const happening = guarded(() => this.#tunnel.poll());
      if (happening === 0) return;
      this.#happened(happening as (typeof happenings)[keyof typeof happenings]);
    }
  }

  #happened(what: (typeof happenings)[keyof typeof happenings]): void {
    switch (what) {
      case happenings.opened:
        this.#opened.resolve(undefined);
        return;
      case happenings.sendable:
        this.#room?.resolve(undefined);
        return;
      case happenings.upgraded:
        this.#upgraded?.resolve(undefined);
        return;
      case happenings.move:
        this.#move(guarded(() => this.#tunnel.within()));
        return;
      case happenings.ended:
        this.#inbox.end();
        return;
      case happenings.cut:
        this.#inbox.end(this.#lost());
        return;
      case happenings.failed:
        this.#fail(this.#told(guarded(() => this.#tunnel.failure())));
        return;
      case happenings.close:
        this.#close();
        return;
      case happenings.send:
        this.#socket.send(guarded(() => this.#tunnel.outgoing()));
        return;
      default:
        what satisfies never;
    }
  }

  #move(seconds: number): void {
    try {
      this.#options.onMove?.(seconds);
    } catch (error) {
      // A fault of the program's own, told where those of its listeners are.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  #lost(): MailError {
    return failure("connection-lost", this.#target);
  }

  /** What the tunnel failed for. A WebSocket that closed without an end is a connection that was cut like any other. */
  #told(failed = "internal\ngateway\n1\nThe gateway failed."): MailError {
    const [code = "", blame, retryable, ...message] = failed.split("\n");
    if (code === "closed") return this.#lost();
    return new MailError({ code, blame: blame as Blame, retryable: retryable === "1", message: message.join("\n"), serverText: null });
  }

  #giveUp(late: boolean): MailError {
    const error = this.#connected ? failure("timeout", this.#target) : failure("gateway-unreachable");
    if (late) this.#fail(error);
    else this.#close();
    return error;
  }

  #fail(error: MailError): void {
    this.#failure ??= error;
    this.#close();
  }

  /** Lets go of the socket; whatever waits has failed. */
  #close(): void {
    if (this.#done) return;
    this.#done = true;
    this.#failure ??= this.#lost();
    for (const waits of [this.#opened, this.#upgraded, this.#room]) waits?.reject(this.#failure);
    this.#inbox.end(this.#failure);
    this.#socket.onmessage = null;
    this.#socket.close();
  }
}
