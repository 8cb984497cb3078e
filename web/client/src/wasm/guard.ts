/**
 * An instance that ends by a fault ends at once. Where a timer, a promise or an event calls into it, nobody is there to catch what is thrown:
 * Node would end the process, and in a Worker it would go on from whatever state it is in, deleting mail perhaps, until the page ends that.
 */
import { isTrap } from "../errors.js";

/** What the glue calls of an instance. */
export type Exports = Record<string, WebAssembly.ExportValue>;

/** What glue can read as a number, as several results, and as none. */
const nothing: readonly unknown[] = [];

/** The same exports; a fault is told instead of thrown, once, and afterwards the instance does nothing any more. */
export function guarded(exports: Exports, trapped: (thrown: unknown) => void): Exports {
  let over = false;
  const guard = (call: (...args: unknown[]) => unknown) => (...args: unknown[]): unknown => {
    if (over) return nothing;
    try {
      return call(...args);
    } catch (thrown) {
      if (!isTrap(thrown)) throw thrown;
      over = true;
      trapped(thrown);
      return nothing;
    }
  };
  return Object.fromEntries(Object.entries(exports).map(([name, value]) => [name, typeof value === "function" ? guard(value as (...args: unknown[]) => unknown) : value]));
}
