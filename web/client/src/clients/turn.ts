/** How long this package keeps a thread before others have their turn. Milliseconds. */
const SLICE = 4;

/** When others had their turn last. */
let since = 0;

/** Whether others are due. Also true where nothing ran for a while: their turn is short then. */
export const due = (): boolean => performance.now() - since >= SLICE;

/** All who wait for it go on in one turn, and share its time: an event loop runs them one after the other, and nothing between them. */
let next: Promise<void> | undefined;

/** Gives others of the thread their turn: what they wait for is done before this resolves. */
export function turn(): Promise<void> {
  const { setImmediate } = globalThis as { readonly setImmediate?: (then: () => void) => unknown };
  // Timers of browsers wait four milliseconds at least once they follow each other.
  next ??= new Promise((resolve) => {
    const others = (): void => {
      next = undefined;
      since = performance.now();
      resolve();
    };
    if (setImmediate !== undefined) {
      setImmediate(others);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      others();
    };
    port2.postMessage(null);
  });
  return next;
}
