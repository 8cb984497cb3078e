/** One after the other. */
import { waiting } from "../transports/waiting.js";

/** Those who want the same thing, in the order in which they asked. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Waits for the turn; the result ends it, and may be called twice. */
  readonly take = async (): Promise<() => void> => {
    const before = this.#last;
    const own = waiting<undefined>();
    this.#last = own.promise;
    await before;
    return () => {
      own.resolve(undefined);
    };
  };

  /** Does this in its turn. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.take();
    try {
      return await work();
    } finally {
      release();
    }
  }
}
