/**
 * News of the selected mailbox: IDLE while nothing else is to be done, or a NOOP now and then where the server has no IDLE, or none that
 * has told anything yet.
 */
import { Bell, ignore, onAbort } from "../transports/waiting.js";
import type { MailboxEvent } from "./imap-types.js";
import type { ImapSession } from "./imap-session.js";

/** Between two looks at a server without IDLE, in milliseconds. */
const LOOK_EVERY = 30_000;

/** For how long no other command must run before IDLE begins again, in milliseconds. */
const CALM = 50;

/** A server that ends IDLE sooner by itself would be asked again and again, in milliseconds. */
const SHORTEST = 2_000;

/** Keeps IDLE running while somebody watches. */
export class Watch {
  readonly #session: ImapSession;
  readonly #watchers = new Set<Watcher>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #idle: Idle | undefined;
  #busy = false;
  /** The server has IDLE, and refuses it or ends it at once. */
  #refused = false;
  /** IDLE has brought news on this connection. Before that the server is asked too: Mailutils offers IDLE and tells nothing in it. */
  #proven = false;
  /** When it was asked for news, by the clock of `performance`. */
  #looked = -LOOK_EVERY;

  constructor(session: ImapSession) {
    this.#session = session;
  }

  /** Tells all who watch. */
  tell(event: MailboxEvent): void {
    if (this.#idle?.left === false) this.#proven = true;
    for (const watcher of this.#watchers) watcher.tell(event);
  }

  /** Other commands begin or have ended: IDLE holds the line, so it makes room. */
  busy(busy: boolean): void {
    this.#busy = busy;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (busy) this.#leave();
    else this.#soon(CALM);
  }

  /** The connection is gone. */
  end(error: { readonly reason: unknown } | undefined): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#idle?.doubt);
    for (const watcher of this.#watchers) watcher.end(error);
    this.#watchers.clear();
  }

  /** Events from now on, until the signal ends it, the loop is left, or the connection is gone. */
  async *events(signal: AbortSignal | undefined): AsyncGenerator<MailboxEvent, void, undefined> {
    signal?.throwIfAborted();
    const watcher = new Watcher();
    const heard = onAbort(signal, () => { watcher.end({ reason: signal?.reason }); });
    this.#watchers.add(watcher);
    this.#soon(0);
    try {
      for (;;) {
        const event = await watcher.next();
        if (!event) return;
        yield event;
      }
    } finally {
      heard();
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#leave();
    }
  }

  #soon(milliseconds: number): void {
    if (this.#watchers.size === 0 || this.#busy || this.#idle || this.#session.isOver) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#due(); }, milliseconds);
  }

  /** Nobody catches what a timer throws, as when the instance ends in it: who watches hears of it. */
  #due(): void {
    try {
      this.#begin();
    } catch (reason) {
      this.end({ reason });
    }
  }

  #begin(): void {
    this.#timer = undefined;
    if (this.#watchers.size === 0 || this.#busy || this.#idle || this.#session.isOver) return;
    if (this.#refused || !this.#session.offers("IDLE")) {
      this.#look();
      return;
    }
    const idle: Idle = { id: this.#session.give(["idle"]), left: false, doubt: undefined };
    const began = performance.now();
    this.#idle = idle;
    if (!this.#proven) idle.doubt = setTimeout(() => { this.#ask(); }, LOOK_EVERY);
    const ended = (refused: boolean): void => {
      clearTimeout(idle.doubt);
      this.#idle = undefined;
      this.#refused ||= refused;
      this.#soon(CALM);
    };
    this.#session.whenEnded(idle.id).then(
      () => { ended(!idle.left && performance.now() - began < SHORTEST); },
      () => { ended(true); },
    );
  }

  #leave(): void {
    const idle = this.#idle;
    if (!idle || idle.left) return;
    idle.left = true;
    this.#session.finishIdle(idle.id);
  }

  /** IDLE was silent: that nothing is new, or that the server tells nothing in it. It makes room for a NOOP, and begins again. */
  #ask(): void {
    if (this.#proven) return;
    this.#session.run(["noop"]).catch(ignore);
  }

  /** Asks for news, if that was not done lately; each command that ends leads here. */
  #look(): void {
    const due = this.#looked + LOOK_EVERY - performance.now();
    if (due <= 0) {
      this.#looked = performance.now();
      this.#session.run(["noop"]).catch(ignore);
      return;
    }
    this.#timer = setTimeout(() => { this.#due(); }, due);
  }
}

/** IDLE while it runs. */
interface Idle {
  readonly id: number;
  /** This side has ended it; the answer is awaited. */
  left: boolean;
  /** When the server is asked because it has told nothing. */
  doubt: ReturnType<typeof setTimeout> | undefined;
}

/** One who reads events. */
class Watcher {
  readonly #events: MailboxEvent[] = [];
  readonly #bell = new Bell();
  #ended: { readonly reason?: unknown } | undefined;

  tell(event: MailboxEvent): void {
    this.#events.push(event);
    this.#bell.ring();
  }

  end(error: { readonly reason: unknown } | undefined): void {
    this.#ended ??= error ?? {};
    this.#bell.ring();
  }

  async next(): Promise<MailboxEvent | undefined> {
    for (;;) {
      const event = this.#events.shift();
      if (event) return event;
      if (this.#ended) {
        if ("reason" in this.#ended) throw this.#ended.reason;
        return undefined;
      }
      await this.#bell.heard();
    }
  }
}
