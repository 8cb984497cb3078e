/** How long this package keeps a thread before others have their turn. Milliseconds. */
const SLICE = 4;

/** When others had their turn last. */
let since = 0;

/** Whether others are due. Also true where nothing ran for a while: their turn is short then. */
export const due = (): boolean => performance.now() - since >= SLICE;

/** Who waits for it. All go on in one turn, and share its time: an event loop runs them one after the other, and nothing between them. */
let waiting: (() => void)[] = [];

/** What was asked for that turn. */
let asked: unknown;

/** Gives others of the thread their turn: what they wait for is done before this resolves. */
export function turn(): Promise<void> {
  const { setImmediate } = globalThis as { readonly setImmediate?: (then: () => void) => unknown };
  return new Promise((resolve) => {
    // Another one has come where a test took its clock away, and with it whatever was asked of that.
    if (waiting.length === 0 || asked !== setImmediate) {
      asked = setImmediate;
      afterOthers(setImmediate, go);
    }
    waiting.push(resolve);
  });
}

/** Whoever asked first has had its time: it comes last now, or it would take all of it again. */
function go(): void {
  const [first, ...others] = waiting;
  waiting = [];
  since = performance.now();
  for (const resolve of others) resolve();
  first?.();
}

/** Timers of browsers wait four milliseconds at least once they follow each other. */
function afterOthers(setImmediate: ((then: () => void) => unknown) | undefined, then: () => void): void {
  if (setImmediate !== undefined) {
    setImmediate(then);
    return;
  }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    then();
  };
  port2.postMessage(null);
}
