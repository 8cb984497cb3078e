/** The contract of a store, held by IndexedDB: what the store in memory gives, a real browser's database gives as well. */
import { expect, test as base, type Page } from "@playwright/test";
import { launch } from "../harness/chromium.ts";
import { type Answer, type Key, Probe, ProbeServer, type Read, type Write } from "../harness/probe.ts";

const test = base.extend<{ readonly profile: string; readonly page: Page }, { readonly server: ProbeServer }>({
  server: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
    async ({}, use) => {
      const server = await ProbeServer.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 600_000 },
  ],
  // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
  profile: async ({}, use, info) => use(info.outputPath("profile")),
  page: async ({ profile }, use) => {
    const context = await launch(profile);
    await use(context.pages()[0] ?? (await context.newPage()));
    await context.close();
  },
});

const tables = ["accounts", "mailboxes", "rows", "bodies", "queue", "uidls"];
const put = (table: string, key: Key, ...octets: number[]): Write => ({ write: "put", table, key, octets });
const prefix = (table: string, key: Key, more: { after?: Key; descending?: boolean; limit?: number } = {}): Read => ({
  read: "prefix",
  table,
  key,
  after: more.after ?? null,
  descending: more.descending ?? false,
  limit: more.limit ?? null,
});

/** Numbers before texts, part by part; a key before those that it begins. */
function compare(a: Key, b: Key): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const [left, right] = [a[at], b[at]];
    if (left === right) continue;
    if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
    return (left ?? 0) < (right ?? 0) ? -1 : 1;
  }
  return a.length - b.length;
}

const begins = (key: Key, first: Key): boolean => first.every((part, at) => key[at] === part);

/** The reference: what `MemoryStore` of crates/store does, written anew. */
class Model {
  private entries: (readonly [string, Key, readonly number[]])[] = [];

  commit(writes: readonly Write[]): void {
    for (const write of writes) {
      const gone = (key: Key): boolean => (write.write === "deletePrefix" ? begins(key, write.key) : compare(key, write.key) === 0);
      this.entries = this.entries.filter(([table, key]) => table !== write.table || !gone(key));
      if (write.write === "put") this.entries.push([write.table, write.key, write.octets]);
    }
  }

  read(read: Read): Answer {
    const found = this.entries.filter(([table, key]) => table === read.table && begins(key, read.key)).sort((a, b) => compare(a[1], b[1]));
    if (read.read === "get") return found.find(([, key]) => compare(key, read.key) === 0)?.[2] ?? null;
    if (read.read !== "prefix") return found.length;
    return this.page(read, found);
  }

  private page({ after, descending, limit }: Read & { read: "prefix" }, found: (readonly [string, Key, readonly number[]])[]): Answer {
    const ordered = descending ? found.reverse() : found;
    const rest = ordered.filter(([, key]) => after === null || (descending ? compare(key, after) < 0 : compare(key, after) > 0));
    return rest.slice(0, limit ?? rest.length).map(([, key, octets]) => [key, octets] as const);
  }
}

/** The same numbers for the same seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function randomKey(below: (limit: number) => number, parts: number): Key {
  return Array.from({ length: parts }, () => (below(6) === 0 ? `uidl-${below(3)}` : below(4)));
}

function randomWrite(below: (limit: number) => number): Write {
  const table = tables[below(tables.length)] ?? "rows";
  const kind = below(10);
  if (kind === 0) return { write: "deletePrefix", table, key: randomKey(below, below(3)) };
  if (kind < 3) return { write: "delete", table, key: randomKey(below, 1 + below(3)) };
  return put(table, randomKey(below, 1 + below(3)), ...Array.from({ length: below(5) }, () => below(256)));
}

function randomRead(below: (limit: number) => number): Read {
  const table = tables[below(tables.length)] ?? "rows";
  const key = randomKey(below, below(3));
  const kind = below(4);
  if (kind === 0) return { read: "get", table, key: randomKey(below, 1 + below(3)) };
  if (kind === 1) return { read: "count", table, key };
  const after = below(2) === 0 ? null : below(3) === 0 ? randomKey(below, 1 + below(3)) : [...key, ...randomKey(below, below(2))];
  return { read: "prefix", table, key, after, descending: below(2) === 0, limit: below(3) === 0 ? null : below(6) };
}

for (const records of ["with", "without"]) {
  test(`random batches and reads give what the reference gives, ${records} getAllRecords`, async ({ page, server }) => {
    if (records === "without") {
      // What WebKit has today.
      await page.addInitScript(() => Reflect.deleteProperty(IDBObjectStore.prototype, "getAllRecords"));
    }
    const store = await Probe.open(page, server.origin, "random");
    expect(await page.evaluate(() => "getAllRecords" in IDBObjectStore.prototype)).toBe(records === "with");
    const model = new Model();
    const below = random(20261125);
    for (let round = 0; round < 60; round += 1) {
      const writes = Array.from({ length: 1 + below(30) }, () => randomWrite(below));
      expect(await store.commit(writes, round % 2 === 0)).toBeUndefined();
      model.commit(writes);
      const reads = Array.from({ length: 1 + below(30) }, () => randomRead(below));
      expect(await store.read(reads), JSON.stringify(reads)).toEqual(reads.map((read) => model.read(read)));
    }
  });

  test(`a page from the end of a long list reads no more than the page, ${records} getAllRecords`, async ({ page, server }) => {
    await page.addInitScript((keep) => {
      const prototype = IDBObjectStore.prototype as unknown as Record<string, (...values: unknown[]) => IDBRequest<unknown[]>>;
      if (!keep) Reflect.deleteProperty(prototype, "getAllRecords");
      const seen: number[] = [];
      Object.assign(globalThis, { seen });
      for (const name of ["getAll", "getAllKeys", "getAllRecords"]) {
        const real = prototype[name];
        if (real === undefined) continue;
        prototype[name] = function (this: unknown, ...values: unknown[]): IDBRequest<unknown[]> {
          const request = real.apply(this, values);
          request.addEventListener("success", () => seen.push(request.result.length));
          return request;
        };
      }
    }, records === "with");
    const store = await Probe.open(page, server.origin, "long");
    await store.commit(Array.from({ length: 3000 }, (_, index) => put("rows", [1, 1, 7, index], index % 251)));
    const answers = await store.read([prefix("rows", [1, 1, 7], { after: [1, 1, 7, 1500], descending: true, limit: 50 })]);
    const keys = (answers[0] as readonly (readonly [Key, unknown])[]).map(([key]) => key[3]);
    expect(keys).toEqual(Array.from({ length: 50 }, (_, index) => 1499 - index));
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);
    expect(Math.max(...seen)).toBe(50);
  });
}

test("a batch is one transaction over the tables it names, as durable as it asks", async ({ page, server }) => {
  await page.addInitScript(() => {
    const begun: unknown[] = [];
    Object.assign(globalThis, { begun });
    const real = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (names, mode, options): IDBTransaction {
      begun.push([names, mode, options?.durability]);
      return real.call(this, names, mode, options);
    };
  });
  const store = await Probe.open(page, server.origin, "durable");
  await store.commit([put("rows", [1, 1, 1, 1], 1), put("bodies", [1, 1, 1, 1, 0], 2), put("rows", [1, 1, 1, 2], 3)], true);
  await store.commit([put("mailboxes", [1, 1], 1)]);
  await store.commit([]);
  await store.read([prefix("rows", []), { read: "count", table: "queue", key: [] }]);
  expect(await page.evaluate(() => (globalThis as unknown as { begun: unknown }).begun)).toEqual([
    [["rows", "bodies"], "readwrite", "strict"],
    [["mailboxes"], "readwrite", "relaxed"],
    [["rows", "queue"], "readonly", "default"],
  ]);
});

test("a batch over the quota is refused as a whole, and the store goes on", async ({ page, server }) => {
  // Before the first write: Chromium remembers for a while how much space it saw.
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: server.origin, quotaSize: 4 * 1024 * 1024 });
  const store = await Probe.open(page, server.origin, "full");
  await store.commit([put("rows", [1, 1, 1, 1], 1)]);
  const error = await store.flood(12);
  expect(error?.code).toBe("store-full");
  expect(error?.message).toMatch(/full.*\.$/);
  const everything = [prefix("rows", []), { read: "count", table: "bodies", key: [] } as const];
  expect(await store.read(everything)).toEqual([[[[1, 1, 1, 1], [1]]], 0]);
  // With space again the same store works; the browser needs a moment to see the space.
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: server.origin });
  await expect.poll(() => store.commit([put("rows", [1, 1, 1, 2], 2)], true)).toBeUndefined();
  expect(await store.read(everything)).toEqual([[[[1, 1, 1, 1], [1]], [[1, 1, 1, 2], [2]]], 0]);
});

test("what was committed is there after the browser has started anew", async ({ page, profile, server }) => {
  const first = await Probe.open(page, server.origin, "kept");
  await first.commit([put("uidls", [1, "0001-Grüße"], 0, 255, 128), put("queue", [1, 9007199254740991], 7)], true);
  await page.context().close();
  const again = await launch(profile);
  try {
    const second = await Probe.open(again.pages()[0] ?? (await again.newPage()), server.origin, "kept");
    const reads: Read[] = [{ read: "get", table: "uidls", key: [1, "0001-Grüße"] }, prefix("queue", [1])];
    expect(await second.read(reads)).toEqual([[0, 255, 128], [[[1, 9007199254740991], [7]]]]);
    const other = await Probe.open(await again.newPage(), server.origin, "other");
    expect(await other.read([{ read: "count", table: "uidls", key: [] }]), "another profile sees nothing of it").toEqual([0]);
  } finally {
    await again.close();
  }
});

test("a connection that the browser closes is opened once more", async ({ page, server }) => {
  const store = await Probe.open(page, server.origin, "lost");
  await store.commit([put("rows", [1, 1, 1, 1], 1)], true);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Storage.clearDataForOrigin", { origin: server.origin, storageTypes: "indexeddb" });
  expect(await store.commit([put("rows", [1, 1, 1, 2], 2)], true)).toBeUndefined();
  expect(await store.read([prefix("rows", [])])).toEqual([[[[1, 1, 1, 2], [2]]]]);
});

for (const later of [false, true]) {
  test(`a core that breaks ${later ? "in a task" : "in a call"} says where, and nothing of the mail`, async ({ page, server }) => {
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    await Probe.open(page, server.origin, "broken");
    const seen = await page.evaluate(
      (later) =>
        new Promise<string>((resolve) => {
          const { probe } = globalThis as unknown as { probe: { panic(text: string, later: boolean): Promise<unknown> } };
          // A call that breaks throws; a task that breaks reaches nobody but the handler of uncaught errors.
          addEventListener("error", ({ error }) => resolve(`uncaught ${(error as Error).constructor.name}`));
          try {
            void probe.panic("Dear Ada,", later);
          } catch (error) {
            resolve(`thrown ${(error as Error).constructor.name}`);
          }
        }),
      later,
    );
    expect(seen).toBe(later ? "uncaught RuntimeError" : "thrown RuntimeError");
    expect(said.join("\n")).toMatch(/The mail core stopped at .*probe\.rs:\d+\. Reload the page/);
    expect(said.join("\n")).not.toContain("Ada");
  });
}

test("a tab with a newer version gets the database, and the older tab says what to do", async ({ page, server }) => {
  const store = await Probe.open(page, server.origin, "versions");
  await store.commit([put("rows", [1, 1, 1, 1], 1)]);
  const newer = await page.context().newPage();
  await newer.goto(server.origin);
  const upgraded = await newer.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const request = indexedDB.open("waypost:versions", 1000);
        request.onblocked = () => resolve("blocked");
        request.onerror = () => resolve("failed");
        request.onsuccess = () => {
          request.result.close();
          resolve("opened");
        };
      }),
  );
  expect(upgraded).toBe("opened");
  expect(await store.commit([put("rows", [1, 1, 1, 2], 2)])).toBe("store-unavailable");
  const reloaded = await Probe.open(page, server.origin, "versions");
  expect(await reloaded.read([prefix("rows", [])])).toBe("store-unavailable");
});
