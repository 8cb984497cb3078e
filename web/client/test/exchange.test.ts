/** The broker between Workers, over real ports. */
import { describe, expect, test } from "vitest";
import { Exchange } from "../src/worker/exchange.js";
import { Introductions } from "../src/worker/introductions.js";
import type { Port, ToFollower, ToLeader } from "../src/worker/port.js";
import { FakeLocks, settle } from "./world.js";

interface Member {
  readonly broker: Introductions;
  /** The lines that others have opened to it. */
  readonly lines: Promise<Port<ToFollower, ToLeader>>;
  readonly join: () => void;
}

function browser(): { readonly exchange: Exchange; readonly locks: FakeLocks; readonly member: (name: string) => Member } {
  const locks = new FakeLocks();
  const exchange = new Exchange(locks.of("broker"));
  const member = (name: string): Member => {
    void locks.of(name).request(name, { signal: new AbortController().signal }, () => new Promise(() => undefined));
    const { port1, port2 } = new MessageChannel();
    exchange.serve(port1);
    const broker = new Introductions(port2);
    let reached: (line: Port<ToFollower, ToLeader>) => void = () => undefined;
    const lines = new Promise<Port<ToFollower, ToLeader>>((resolve) => (reached = resolve));
    return { broker, lines, join: () => broker.join(name, reached) };
  };
  return { exchange, locks, member };
}

const nextOf = <In>(line: Port<In, never>): Promise<In> => new Promise((resolve) => line.listen(resolve));

/** Waits until it is so. What passes through real ports takes its time. */
async function until(so: () => boolean): Promise<void> {
  while (!so()) await settle();
}

describe("a broker", () => {
  test("gives a Worker the end of a line that another has opened, and both hear each other", async () => {
    const { member } = browser();
    const [leader, follower] = [member("a"), member("b")];
    leader.join();
    follower.join();
    const there = leader.broker.reach("b");
    there.post({ kind: "leader", leader: "a", ready: true, told: 0, protocol: 1 });
    const here = await follower.lines;
    expect(await nextOf(here as Port<ToFollower, never>)).toMatchObject({ kind: "leader", leader: "a" });
    here.post({ kind: "ping" });
    expect(await nextOf(there as unknown as Port<ToLeader, never>)).toEqual({ kind: "ping" });
    for (const port of [there, here, leader.broker, follower.broker]) port.close();
  });

  test("keeps a line for a Worker that is about to join", async () => {
    const { member } = browser();
    const [leader, follower] = [member("a"), member("b")];
    const there = leader.broker.reach("b");
    await until(() => !leader.broker.owes);
    follower.join();
    const here = await follower.lines;
    for (const port of [there, here, leader.broker, follower.broker]) port.close();
  });

  test("owes an answer until it has given one", async () => {
    const { member } = browser();
    const { broker, join } = member("a");
    expect(broker.owes).toBe(false);
    join();
    expect(broker.owes).toBe(true);
    await until(() => !broker.owes);
    broker.close();
  });

  test("forgets a Worker that is gone", async () => {
    const { exchange, locks, member } = browser();
    const { broker, join } = member("a");
    join();
    await until(() => !broker.owes);
    expect(exchange.size).toBe(1);
    locks.forget("a");
    await until(() => exchange.size === 0);
    broker.close();
  });
});
