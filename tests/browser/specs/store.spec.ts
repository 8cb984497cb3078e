/** What Chromium's database does with the store and others can't be made to do; contract.spec.ts holds what is the same in all engines. */
import { expect, test as base, type Page } from "@playwright/test";
import { launch } from "../harness/chromium.ts";
import { type Key, Probe, ProbeServer, type Read, type Write } from "../harness/probe.ts";

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

const put = (table: string, key: Key, ...octets: number[]): Write => ({ write: "put", table, key, octets });
const prefix = (table: string, key: Key, more: { after?: Key; descending?: boolean; limit?: number } = {}): Read => ({
  read: "prefix",
  table,
  key,
  after: more.after ?? null,
  descending: more.descending ?? false,
  limit: more.limit ?? null,
});

for (const records of ["with", "without"]) {
  test(`a page from the end of a long list reads no more than the page, ${records} getAllRecords`, async ({ page, server }) => {
    await page.addInitScript((keep) => {
      const prototype = IDBObjectStore.prototype as unknown as Record<string, (...values: unknown[]) => IDBRequest<unknown[]>>;
      // Without them it is as in the other engines.
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

test("a full device is opened for reading, and written by whoever opens it once there is room", async ({ page, profile, server }) => {
  const first = await Probe.open(page, server.origin, "full");
  await first.commit([put("rows", [1, 1, 1, 1], 1)], true);
  await page.context().close();
  // A browser that starts has not seen yet how much space there was.
  const again = await launch(profile);
  try {
    const tab = again.pages()[0] ?? (await again.newPage());
    const devtools = await again.newCDPSession(tab);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: server.origin, quotaSize: 1 });
    const full = await Probe.open(tab, server.origin, "full");
    const everything = [prefix("rows", [])];
    expect(await full.read(everything)).toEqual([[[[1, 1, 1, 1], [1]]]]);
    expect(await full.states()).toEqual(["read-only"]);
    expect(await full.commit([put("rows", [1, 1, 1, 2], 2)], true)).toBe("store-full");
    await devtools.send("Storage.overrideQuotaForOrigin", { origin: server.origin });
    await expect.poll(() => full.commit([put("rows", [1, 1, 1, 2], 2)], true)).toBe("store-superseded");
    const next = await Probe.open(await again.newPage(), server.origin, "full");
    expect(await next.commit([put("rows", [1, 1, 1, 3], 3)], true)).toBeUndefined();
    expect(await next.read(everything)).toEqual([[[[1, 1, 1, 1], [1]], [[1, 1, 1, 3], [3]]]]);
  } finally {
    await again.close();
  }
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

test("data that the user clears is said to be gone, and the store goes on", async ({ page, server }) => {
  const store = await Probe.open(page, server.origin, "cleared");
  await store.commit([put("rows", [1, 1, 1, 1], 1)], true);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Storage.clearDataForOrigin", { origin: server.origin, storageTypes: "indexeddb" });
  await expect.poll(() => store.states()).toEqual(["evicted"]);
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
        new Promise<{ readonly what: string; readonly stack: string }>((resolve) => {
          const tell = (how: string, { constructor, stack = "" }: Error): void => resolve({ what: `${how} ${constructor.name}`, stack });
          const { probe } = globalThis as unknown as { probe: { panic(text: string, later: boolean): Promise<unknown> } };
          // A call that breaks throws; a task that breaks reaches nobody but the handler of uncaught errors.
          addEventListener("error", ({ error }) => tell("uncaught", error as Error));
          try {
            void probe.panic("Dear Ada,", later);
          } catch (error) {
            tell("thrown", error as Error);
          }
        }),
      later,
    );
    expect(seen.what).toBe(later ? "uncaught RuntimeError" : "thrown RuntimeError");
    // A function of the module and the place in it, which the names of the same build translate.
    expect(seen.stack).toMatch(/wasm-function\[\d+\]:0x[0-9a-f]+/);
    expect([...said, seen.stack].join("\n")).not.toContain("Ada");
  });
}
