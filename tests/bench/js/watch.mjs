// How long the thread is kept while something runs, in Node and in a page: the times between two turns of its event loop.

/** One turn. Timers of browsers wait four milliseconds at least. */
function turns() {
  if (globalThis.setImmediate !== undefined) return (then) => setImmediate(then);
  const { port1, port2 } = new MessageChannel();
  return (then) => {
    port1.onmessage = then;
    port2.postMessage(null);
  };
}

/** Runs `act`; gives what it gives, and the longest time that others of the thread waited, in milliseconds. */
export async function watched(act) {
  const next = turns();
  let [last, longest, running] = [performance.now(), 0, true];
  const beat = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) next(beat);
  };
  next(beat);
  // What came before is none of it.
  await new Promise((resolve) => setTimeout(resolve, 50));
  longest = 0;
  const result = await act();
  await new Promise((resolve) => setTimeout(resolve, 50));
  running = false;
  return { result, longest };
}

/** A transport that notes when the first octets came after `told`: before the client sees them. */
export function noted(transport) {
  let [waits, at] = [false, 0];
  const note = () => {
    if (waits) at = performance.now();
    waits = false;
  };
  return {
    told: () => (waits = true),
    at: () => at,
    transport: {
      async connect(target, signal) {
        const duplex = await transport.connect(target, signal);
        // The package's own transports lend their octets, by a name of their own.
        const [lend] = Object.getOwnPropertySymbols(duplex);
        const hears = (hearer) => ({ hear: (octets) => (note(), hearer.hear(octets)), end: (error) => hearer.end(error) });
        return { ...duplex, [lend]: (hearer) => duplex[lend](hears(hearer)) };
      },
    },
  };
}

/** The longest slice and the first row of a list, by a client that has only just been made. */
export async function list(ImapClient, options, { transport, told, at }, query, way) {
  const client = await ImapClient.connect({ ...options, transport });
  await client.select("INBOX", { readOnly: true });
  const { result, longest } = await watched(async () => {
    told();
    let first;
    let count = 0;
    for await (const item of client.fetch("1:*", query)[way]()) {
      first ??= performance.now() - at();
      count += way === "columns" ? item.length : 1;
    }
    return { first, count };
  });
  await client.close();
  return { longest, ...result };
}
