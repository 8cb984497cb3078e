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
  const first = turn().then(() => { busy(5); });
  const second = turn().then(() => due());
  await first;
  expect(await second).toBe(true);
  await turn();
  expect(due()).toBe(false);
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
