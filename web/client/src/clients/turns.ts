/** One after the other. */
import { ignore, waiting, within } from "../transports/waiting.js";

/** Those who want the same thing, in the order in which they asked. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Waits for the turn; the result ends it, and may be called twice. */
  readonly take = async (signal?: AbortSignal): Promise<() => void> => {
    const before = this.#last;
    const own = waiting<undefined>();
    this.#last = own.promise;
    const release = (): void => own.resolve(undefined);
    try {
      await within(before, undefined, signal, ignore);
    } catch (reason) {
      // Who comes after waits for those before all the same.
      void before.then(release);
      throw reason;
    }
    return release;
  };

  /** Does this in its turn, which ends when it is done and `passed` has resolved. */
  async during<T>(work: () => Promise<T>, passed: () => Promise<void>, signal?: AbortSignal): Promise<T> {
    const release = await this.take(signal);
    try {
      return await work();
    } finally {
      void passed().then(release);
    }
  }
}
