import { expect, test, vi } from "vitest";
import type { FetchColumns } from "../src/clients/columns.js";
import { Fetch } from "../src/clients/fetch.js";
import type { ImapSession, Sink } from "../src/clients/imap-session.js";
import { due, turn } from "../src/clients/turn.js";

const busy = (milliseconds: number): void => {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
};

test("gives all who wait one turn, whose time they share", async () => {
  // An event loop runs what waits one after the other. Were each given time of its own, whoever waits for the loop would wait for the sum.
  // Whoever asked first comes last.
  const last = turn().then(() => due());
  await turn().then(() => { busy(5); });
  expect(await last).toBe(true);
  await turn();
  expect(due()).toBe(false);
});

test("gives all of them as much of that time", async () => {
  // Each look at the clock finds it a millisecond later.
  const clock = vi.spyOn(performance, "now").mockImplementation(() => clock.mock.calls.length + 2e7);
  const pieces = [0, 0, 0];
  let left = 300;
  const work = async (index: number): Promise<void> => {
    while (left > 0) {
      left -= 1;
      pieces[index] = (pieces[index] ?? 0) + 1;
      if (due()) await turn();
    }
  };
  await Promise.all([work(0), work(1), work(2)]);
  clock.mockRestore();
  expect(Math.min(...pieces)).toBeGreaterThan(80);
});

test("is there again after a test has taken the clock away", async () => {
  vi.useFakeTimers({ toFake: ["setImmediate"] });
  const lost = turn();
  vi.useRealTimers();
  await turn();
  await lost;
});

test("lets others have their turn before the first batch is taken apart, and more often between its first rows", async () => {
  let taken = 0;
  const columns = { length: 40, octets: 0, objectAt: () => (taken += 1) } as unknown as FetchColumns;
  let sink: Sink | undefined;
  const session = {
    counted: (work: () => unknown) => work(),
    pour: (to: Sink | undefined) => (sink = to),
    give: () => sink?.rows(columns),
    whenEnded: () => Promise.resolve(),
    cancel: () => undefined,
  } as unknown as ImapSession;
  // Each look at the clock finds it four milliseconds later.
  const clock = vi.spyOn(performance, "now").mockImplementation(() => clock.mock.calls.length * 4 + 1e7);
  const before = new Set<number>();
  const beat = (): void => {
    before.add(taken);
    if (taken < columns.length) setImmediate(beat);
  };
  setImmediate(beat);
  const rows: unknown[] = [];
  for await (const row of new Fetch(session, () => Promise.resolve(() => undefined), "1:*", [], undefined).objects()) rows.push(row);
  clock.mockRestore();
  expect(rows).toHaveLength(40);
  expect([...before]).toEqual([0, 1, 3, 7, 15, 31]);
});
