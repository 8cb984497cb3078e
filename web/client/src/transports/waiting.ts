/** Waiting for something that happens elsewhere, for so long, and unless a signal ends it. */

/** A promise from outside. Settling it twice is harmless; a rejection that nobody waits for is none. */
export interface Waiting<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** Does nothing, with whatever it is told. */
export const ignore = (): void => undefined;

/** A promise that others settle. */
export function waiting<T>(): Waiting<T> {
  let resolve: (value: T) => void = ignore;
  let reject: (error: unknown) => void = ignore;
  const promise = new Promise<T>((good, bad) => {
    resolve = good;
    reject = bad;
  });
  promise.catch(ignore);
  return { promise, resolve, reject };
}

/** Wakes who waits for something that comes time and again. */
export class Bell {
  #waiting: Waiting<undefined> | undefined;

  /** Whether somebody waits. */
  get waits(): boolean {
    return this.#waiting !== undefined;
  }

  /** Resolves when it rings next. */
  heard(): Promise<undefined> {
    this.#waiting ??= waiting();
    return this.#waiting.promise;
  }

  ring(): void {
    this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }
}

/** Has `then` called when the signal ends, unless it has ended already. Returns what takes that back. */
export function onAbort(signal: AbortSignal | undefined, then: () => void): () => void {
  signal?.addEventListener("abort", then);
  return () => signal?.removeEventListener("abort", then);
}

/** What `promise` gives, unless the time (if any) or the signal ends first: then `giveUp` ends the work, and says what to throw if it was late. */
export async function within<T>(promise: Promise<T>, milliseconds: number | undefined, signal: AbortSignal | undefined, giveUp: (late: boolean) => unknown): Promise<T> {
  if (milliseconds === undefined && !signal) return promise;
  signal?.throwIfAborted();
  const early = waiting<never>();
  const heard = onAbort(signal, () => {
    // The reason first: what gives up may fail the promise.
    early.reject(signal?.reason);
    giveUp(false);
  });
  const timer = milliseconds === undefined ? undefined : setTimeout(() => early.reject(giveUp(true)), milliseconds);
  try {
    return await Promise.race([promise, early.promise]);
  } finally {
    clearTimeout(timer);
    heard();
  }
}

/** Long enough for a slow network, TLS and a mail server that looks up names; short enough for a person who waits. Milliseconds. */
export const connectTime = 20_000;
