import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import type { MailEvent, Readings } from "../src/client.js";
import { LiveQuery, touched } from "../src/live.js";
import type { MessageList } from "../src/types.js";
import { Browser, settle } from "./world.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const changed = (mailbox: number): MailEvent => ({ event: "change", type: "messages", account: 1, mailbox });

/** A source whose list is a number that counts up with each reading. */
function source(read: () => Promise<number> | number = counter()): Readings {
  return { list: async () => ({ rows: [], total: await read(), next: null }) as MessageList } as unknown as Readings;
}

function counter(): () => number {
  let last = 0;
  return () => (last += 1);
}

function query(mail: Readings, signal?: AbortSignal): { readonly live: LiveQuery<number>; readonly ended: () => void } {
  const ended = vi.fn();
  return { live: new LiveQuery(async (mail) => (await mail.list(1, 2)).total, mail, ended, signal), ended };
}

describe("a live query", () => {
  test("gives what is there at once, then what it has become", async () => {
    const { live } = query(source());
    expect([live.value, (await live.next()).value, live.value]).toEqual([undefined, 1, 1]);
    const next = live.next();
    live.hear(changed(2));
    expect((await next).value).toBe(2);
  });

  test("reads again only for what it has read", async () => {
    const read = vi.fn(counter());
    const { live } = query(source(read));
    await live.next();
    const next = live.next();
    live.hear(changed(3));
    live.hear({ event: "change", type: "accounts" });
    live.hear({ event: "state", account: 1, status: { state: "online" } });
    // Longer than it rests between two readings.
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(read).toHaveBeenCalledTimes(1);
    live.hear({ event: "storage", storage: "evicted" });
    expect((await next).value).toBe(2);
  });

  test("many changes while nobody asks are one reading, and nothing is read ahead", async () => {
    const read = vi.fn(counter());
    const { live } = query(source(read));
    await live.next();
    for (let change = 0; change < 1000; change += 1) live.hear(changed(2));
    await settle();
    expect(read).toHaveBeenCalledTimes(1);
    expect((await live.next()).value).toBe(2);
  });

  test("many changes while somebody waits are few readings", async () => {
    const read = vi.fn(counter());
    const { live } = query(source(read));
    const end = performance.now() + 300;
    const reading = (async () => {
      for await (const value of live) if (value > 100) return;
    })();
    while (performance.now() < end) {
      live.hear(changed(2));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await live.return();
    await reading;
    expect(read.mock.calls.length).toBeGreaterThan(2);
    expect(read.mock.calls.length).toBeLessThan(10);
  });

  test("a change during a reading is not lost", async () => {
    let answer: (value: number) => void = () => undefined;
    const { live } = query(source(() => new Promise((resolve) => (answer = resolve))));
    const first = live.next();
    await settle();
    live.hear(changed(2));
    answer(1);
    expect((await first).value).toBe(1);
    const second = live.next();
    await new Promise((resolve) => setTimeout(resolve, 80));
    answer(2);
    expect((await second).value).toBe(2);
  });

  test.each(["before", "waiting", "reading"])("ends quietly by its signal, aborted %s", async (when) => {
    const end = new AbortController();
    if (when === "before") end.abort();
    const { live, ended } = query(source(when === "reading" ? () => new Promise(() => undefined) : undefined), end.signal);
    if (when === "waiting") await live.next();
    const next = live.next();
    await settle();
    end.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await live.next()).toEqual({ done: true, value: undefined });
    if (when !== "before") expect(ended).toHaveBeenCalledTimes(1);
  });

  test("several may wait for the next value, and none waits for ever", async () => {
    const { live } = query(source());
    await live.next();
    const waiting = [live.next(), live.next()];
    live.hear(changed(2));
    expect((await Promise.race(waiting)).done).toBe(false);
    await live.return();
    for (const next of waiting) expect(await next).toBeDefined();
    const slow = query(source(() => new Promise(() => undefined)));
    const reading = [slow.live.next(), slow.live.next()];
    await settle();
    await slow.live.return();
    for (const next of reading) expect((await next).done).toBe(true);
  });

  test("keeps no value but the newest", async () => {
    const values: WeakRef<object>[] = [];
    const mail = source();
    const live = new LiveQuery(
      async (mail) => {
        await mail.list(1, 2);
        const value = { rows: new Array(1000).fill(0) };
        values.push(new WeakRef(value));
        return value;
      },
      mail,
      () => undefined,
      undefined,
    );
    for (let count = 0; count < 4; count += 1) {
      await live.next();
      live.hear(changed(2));
    }
    await settle();
    collect();
    expect(values.map((value) => value.deref() !== undefined)).toEqual([false, false, false, true]);
    await live.return();
  });

  test("leaving the loop ends it; an error of the reading ends it and is thrown", async () => {
    const { live, ended } = query(source());
    for await (const value of live) if (value === 1) break;
    expect(ended).toHaveBeenCalledTimes(1);
    const broken = query(source(() => Promise.reject(new Error("gone"))));
    await expect(broken.live.next()).rejects.toThrow("gone");
    expect(broken.ended).toHaveBeenCalledTimes(1);
    expect((await broken.live.next()).done).toBe(true);
  });

  test("every kind of change touches what it is about", () => {
    expect(touched({ event: "change", type: "body", account: 1, mailbox: 2, message: "1.2.3.4" })).toEqual(["body", "body 1.2.3.4", "messages 1 2"]);
    expect(touched({ event: "change", type: "maildrop", account: 7 })).toEqual(["maildrop 7"]);
  });
});

describe("a session", () => {
  test("tells its live queries of events, and ends them when it is closed", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    let total = 5;
    worker().core?.answers.set("list", () => JSON.stringify({ rows: [], total, next: null }));
    const live = session.live(async (mail) => (await mail.list(1, 2)).total);
    expect((await live.next()).value).toBe(5);
    total = 6;
    const next = live.next();
    worker().core?.tell(changed(2));
    expect((await next).value).toBe(6);
    const last = live.next();
    await session.close();
    expect((await last).done).toBe(true);
    expect((await session.live((mail) => mail.accounts()).next()).done).toBe(true);
  });
});
