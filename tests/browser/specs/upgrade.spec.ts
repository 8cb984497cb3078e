/** A device on which another version of the app kept mail: what the engine makes of its database. */
import { createHash } from "node:crypto";
import type { Page } from "@playwright/test";
import { BareCore, writeBareCore } from "../harness/bare-core.ts";
import { expect, targetsOf, test as base } from "../harness/stage.ts";

const test = base.extend<{ readonly page: Page }>({
  gateway: async ({ stage, mail }, use) => {
    const app = stage.subfolder("bare");
    writeBareCore(app);
    await use(await stage.gateway(targetsOf(mail), { app }));
  },
  page: async ({ device, gateway }, use) => {
    const page = device.context.pages()[0] ?? (await device.context.newPage());
    await page.goto(gateway.origin);
    await use(page);
  },
});

type Key = readonly (string | number)[];
/** An object store, a key, and the text that stands there as octets. */
type Stored = readonly [string, Key, string];

const DATABASE = "waypost:default";
/** The stores of version 1 of the schema. */
const FIRST = ["accounts", "mailboxes", "rows", "bodies", "queue", "uidls"];

/** Opens the database in this version with these stores and records, where the engine has not been yet. */
const plant = (page: Page, version: number, stores: readonly string[], records: readonly Stored[]): Promise<void> =>
  page.evaluate(
    ([name, version, stores, records]) =>
      new Promise<void>((resolve, reject) => {
        const request = indexedDB.open(name, version);
        request.onerror = () => reject(new Error(String(request.error)));
        request.onblocked = () => reject(new Error("blocked"));
        request.onupgradeneeded = () => {
          for (const store of stores) request.result.createObjectStore(store);
          for (const [store, key, text] of records) request.transaction?.objectStore(store).put(new TextEncoder().encode(text), key as IDBValidKey);
        };
        request.onsuccess = () => {
          request.result.close();
          resolve();
        };
      }),
    [DATABASE, version, stores, records] as const,
  );

/** The database as it stands: its version, and how many records each store has. */
const found = (page: Page): Promise<{ readonly version: number; readonly counts: Record<string, number> }> =>
  page.evaluate(
    (name) =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onerror = () => reject(new Error(String(request.error)));
        request.onsuccess = () => {
          const { result: database } = request;
          const stores = [...database.objectStoreNames];
          const transaction = database.transaction(stores);
          const counts = stores.map((store) => [store, transaction.objectStore(store).count()] as const);
          transaction.oncomplete = () => {
            database.close();
            resolve({ version: database.version, counts: Object.fromEntries(counts.map(([store, { result }]) => [store, result])) });
          };
        };
      }),
    DATABASE,
  );

const ALL = 70;
const letter = (uid: number): string => `Message-ID: <${uid}@a>\r\nReferences: <${uid - 1}@a>\r\nSubject: Old ${uid}\r\n\r\nText ${uid}\r\n`;

/** A POP3 account with mail that is whole, as version 1 wrote it: the form is that of `crates/sync/tests/scenarios/upgrade.rs`. */
function leftBehind(): readonly Stored[] {
  const account = { id: 1, protocol: "pop3", address: "robin@waypost.example", host: "mail.example", port: 995, security: "tls", username: "robin", policy: "delete" };
  const inbox = { id: 1, name: "INBOX", delimiter: null, role: "inbox", selectable: true, uidvalidity: 1, total: ALL, unseen: ALL / 2, syncedAt: 5 };
  const records: Stored[] = [
    ["accounts", [1], JSON.stringify(account)],
    ["mailboxes", [1, 1], JSON.stringify(inbox)],
  ];
  for (let uid = 1; uid <= ALL; uid += 1) {
    const octets = letter(uid);
    const sha256 = createHash("sha256").update(octets).digest("hex");
    const id = `1.1.1.${uid}`;
    const flags = uid % 2 === 0 ? ["\\Seen", "$Work"] : ["\\Flagged"];
    const from = { from: "Kim", fromAddress: "kim@waypost.example", to: "Robin" };
    const row = { id, ...from, subject: `Old ${uid}`, snippet: "Text", date: 1_600_000_000_000 + uid, size: octets.length, flags, attachment: false, body: true, waiting: false, sha256 };
    const uidl = { message: id, octets: octets.length, sha256, downloadedAt: 7, listed: 9, missingSince: null };
    records.push(["rows", [1, 1, 1, uid], JSON.stringify(row)], ["uidls", [1, `unique${uid}`], JSON.stringify(uidl)], ["bodies", [1, 1, 1, uid, 0], octets]);
  }
  return records;
}

interface List {
  readonly total: number;
  readonly rows: readonly { readonly id: string; readonly subject: string; readonly flags: readonly string[] }[];
}

const list = async (core: BareCore, limit: number): Promise<List> => JSON.parse((await core.value("list", 1, 1, { limit })) as string) as List;

test("mail that version 1 of the schema stored is brought over and shown, and stays so", async ({ page, gateway }) => {
  await plant(page, 1, FIRST, leftBehind());
  expect((await found(page)).version, "control").toBe(1);
  for (const time of ["first", "again"]) {
    const core = await BareCore.open(page, gateway.origin);
    expect(await core.value("accounts"), time).toEqual([expect.objectContaining({ id: 1, address: "robin@waypost.example", protocol: "pop3" })]);
    // It is brought over behind what is read, which is told.
    if (time === "first") await expect.poll(async () => (await list(core, 1)).total).toBe(ALL);
    if (time === "first") expect(await core.events()).toContainEqual({ event: "change", type: "messages", account: 1, mailbox: 1 });
    const { rows, total } = await list(core, 100);
    expect(total).toBe(ALL);
    expect(rows.map(({ subject }) => subject)).toEqual(Array.from({ length: ALL }, (_, index) => `Old ${ALL - index}`));
    expect(rows.slice(0, 2).map(({ flags }) => flags)).toEqual([["\\Seen", "$Work"], ["\\Flagged"]]);
    const source = Object.values((await core.value("source", "1.1.1.7")) as Record<string, number>);
    expect(Buffer.from(source).toString()).toBe(letter(7));
    expect(await core.value("verify", false)).toMatchObject({ problems: [] });
  }
  const { version, counts } = await found(page);
  expect(version).toBe(200);
  expect(counts, "no row stands alone any more").toMatchObject({ rows: 0, accounts: 1, mailboxes: 1 });
  expect(counts.groups).toBe(Math.ceil((ALL + 1) / 32));
});

test("a database of a newer version is read and not written, and the code says why", async ({ page, gateway }) => {
  await plant(page, 1, FIRST, leftBehind());
  const before = await BareCore.open(page, gateway.origin);
  await expect.poll(async () => (await list(before, 1)).total).toBe(ALL);
  await page.goto("about:blank");
  await page.goto(gateway.origin);
  await plant(page, 300, ["later"], []);
  const core = await BareCore.open(page, gateway.origin);
  expect((await list(core, 100)).total).toBe(ALL);
  expect(await core.error("changeFlags", ["1.1.1.7"], ["\\Seen"], [])).toMatchObject({ code: "store-newer", blame: "device", retryable: false });
  expect(await core.events()).toContainEqual(expect.objectContaining({ event: "storage", storage: "read-only", error: expect.objectContaining({ code: "store-newer" }) }));
  expect((await found(page)).version, "it is left as it is").toBe(300);
});

test("a database that is newer by two hundreds is neither read nor written, and the code says so", async ({ page, gateway }) => {
  await plant(page, 400, FIRST, leftBehind());
  await page.waitForFunction(() => "call" in globalThis);
  const core = new BareCore(page);
  expect(await core.error("open", "default", `${gateway.origin.replace("http", "ws")}/tunnel`)).toMatchObject({ code: "store-unavailable", blame: "device" });
  expect((await found(page)).counts, "it is left as it is").toMatchObject({ rows: ALL, bodies: ALL });
});
