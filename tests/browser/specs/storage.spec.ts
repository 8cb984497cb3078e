/** What is stored is removed from outside, by the user or the browser: it is said at once, nothing breaks, and what a server still has comes again. */
import type { Page } from "@playwright/test";
import { openQuietly, storedMessages } from "../harness/device.ts";
import { compose } from "../harness/mail.ts";
import type { MailServer } from "../harness/mail-server.ts";
import { type Device, expect, test } from "../harness/stage.ts";
import { accountOn, type Account, App } from "../pages/app.ts";

const removed = "This browser has removed the mail that was stored here";
const subjects = ["First", "Second", "Third"];

interface Way {
  readonly name: string;
  /** Removes what is stored, past the app; the page is one of the origin that runs none of it. */
  readonly remove: (quiet: Page, origin: string) => Promise<void>;
}

const ways: readonly Way[] = [
  {
    name: "the database is deleted by another page",
    remove: (quiet) =>
      quiet.evaluate(
        () =>
          new Promise<void>((resolve, reject) => {
            const request = indexedDB.deleteDatabase("waypost:default");
            request.onsuccess = () => resolve();
            request.onerror = () => reject(request.error ?? new Error("it can't be deleted"));
          }),
      ),
  },
  {
    name: "the site's data are cleared",
    remove: async (quiet, origin) => {
      const devtools = await quiet.context().newCDPSession(quiet);
      await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
    },
  },
  {
    name: "the tables are emptied by another page",
    remove: (quiet) =>
      quiet.evaluate(async () => {
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open("waypost:default");
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error ?? new Error("it can't be opened"));
        });
        const transaction = database.transaction([...database.objectStoreNames], "readwrite");
        for (const name of database.objectStoreNames) transaction.objectStore(name).clear();
        await new Promise((resolve) => (transaction.oncomplete = resolve));
        database.close();
      }),
  },
];

/** A page of the origin beside the app's. */
async function quietPage(device: Device, origin: string): Promise<Page> {
  const page = await device.context.newPage();
  await openQuietly(page, origin);
  return page;
}

/** Errors of the app; a page that is no HTML asks for an icon that is not there. */
const faults = (device: Device): readonly string[] => device.errors.filter((line) => !line.includes("/favicon.ico"));

async function deliverAll(mail: MailServer): Promise<void> {
  for (const subject of subjects) await mail.deliver(compose({ subject }));
}

/** All messages are listed; over POP3 they are here as well, whole and once. */
async function expectAll(app: App, mail: MailServer, protocol: Account["protocol"]): Promise<void> {
  for (const subject of subjects) await expect(app.row(subject)).toHaveCount(1, { timeout: 30_000 });
  if (protocol === "IMAP") return;
  await expect.poll(async () => (await storedMessages(app.page)).map(({ actual }) => actual).sort(), { timeout: 30_000 }).toEqual(await contents(mail));
  for (const { noted, actual } of await storedMessages(app.page)) expect(noted).toBe(actual);
}

/** What the server has. Reading over POP3 marks as read there. */
async function contents(mail: MailServer): Promise<readonly string[]> {
  return (await mail.list()).map(({ sha256 }) => sha256).sort();
}

for (const protocol of ["IMAP", "POP3"] as const) {
  for (const { name, remove } of ways) {
    test(`${protocol}: ${name} while the app runs, which says so, and the mail comes again`, async ({ app, device, mail, gateway }) => {
      await deliverAll(mail);
      const before = await contents(mail);
      await app.open();
      await app.signIn(accountOn(mail, protocol));
      await expectAll(app, mail, protocol);
      await app.expectOnline();
      await app.markPage();

      const quiet = await quietPage(device, gateway.origin);
      await app.page.bringToFront();
      await remove(quiet, gateway.origin);
      // No event tells that tables were emptied: the first thing that is asked of them does.
      if (name.includes("emptied")) await app.openMessage("Second").catch(() => undefined);
      await expect(app.alert.filter({ hasText: removed })).toBeVisible();
      await expectAll(app, mail, protocol);
      await app.expectOnline();
      expect(await contents(mail), "nothing was deleted on the server").toEqual(before);
      await expect(app.page.getByLabel("Password", { exact: true }), "nobody is asked for what was given").toHaveCount(0);

      await app.page.getByRole("region", { name: "Storage of this device" }).getByRole("button", { name: "Close" }).click();
      await expect(app.alert).toHaveCount(0);
      await app.openMessage("First");
      await expect(app.message).toContainText("Text of First.");
      await app.star();
      if (protocol === "IMAP") await expect.poll(async () => (await mail.list())[0]?.flags).toContain("\\Flagged");
      await mail.deliver(compose({ subject: "Came later" }));
      if (protocol === "POP3") await app.look();
      await expect(app.row("Came later")).toHaveCount(1, { timeout: 30_000 });
      expect(await app.isMarked(), "the page was not reloaded").toBe(true);
      expect(faults(device)).toEqual([]);
    });
  }
}

test("what was only here is gone, and nothing else is taken from the server for it", async ({ app, device, mail, gateway }) => {
  await deliverAll(mail);
  const account: Account = accountOn(mail, "POP3", { afterDownload: "Delete from the server" });
  await app.open();
  await app.signIn(account);
  await expect.poll(async () => (await mail.list()).length, { timeout: 30_000 }).toBe(0);
  await app.expectOnline();
  const quiet = await quietPage(device, gateway.origin);
  await ways[0]?.remove(quiet, gateway.origin);
  await expect(app.alert.filter({ hasText: removed })).toContainText("What was only here is gone.");
  await expect(app.rows).toHaveCount(0);
  await app.expectOnline();
  await mail.deliver(compose({ subject: "After it" }));
  await app.look();
  await expect(app.row("After it")).toHaveCount(1, { timeout: 30_000 });
});

test("all tabs say that what was stored was removed, and show what comes again", async ({ app, device, mail, gateway }) => {
  await deliverAll(mail);
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  for (const subject of subjects) await expect(app.row(subject)).toHaveCount(1);
  const second = new App(await device.context.newPage(), gateway.origin);
  await second.open();
  for (const subject of subjects) await expect(second.row(subject)).toHaveCount(1);
  const quiet = await quietPage(device, gateway.origin);
  await ways[0]?.remove(quiet, gateway.origin);
  for (const one of [app, second]) {
    await expect(one.alert.filter({ hasText: removed })).toBeVisible();
    for (const subject of subjects) await expect(one.row(subject)).toHaveCount(1, { timeout: 30_000 });
    await one.expectOnline();
  }
  expect(faults(device)).toEqual([]);
});

test("an account that is not signed in is gone with its mail, and that is said where one signs in", async ({ app, device, mail, gateway }) => {
  await deliverAll(mail);
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  for (const subject of subjects) await expect(app.row(subject)).toHaveCount(1);
  await app.reload();
  await expect(app.page.getByRole("region", { name: "Sign in again" })).toBeVisible();
  const quiet = await quietPage(device, gateway.origin);
  await ways[0]?.remove(quiet, gateway.origin);
  await expect(app.page.getByRole("radio", { name: "IMAP" })).toBeVisible();
  await expect(app.alert.filter({ hasText: removed })).toBeVisible();
});

for (const protocol of ["IMAP", "POP3"] as const) {
  test(`${protocol}: what was removed between two visits is said at the next, until one has signed in`, async ({ app, device, mail, gateway }) => {
    await deliverAll(mail);
    const before = await contents(mail);
    await app.open();
    await expect(app.signInButton).toBeVisible();
    await expect(app.alert, "nothing is said where nothing was").toHaveCount(0);
    await app.signIn(accountOn(mail, protocol));
    for (const subject of subjects) await expect(app.row(subject)).toHaveCount(1);
    const quiet = await quietPage(device, gateway.origin);
    await app.page.goto("about:blank");
    // As a browser does it that makes room.
    const devtools = await device.context.newCDPSession(quiet);
    await devtools.send("Storage.clearDataForOrigin", { origin: gateway.origin, storageTypes: "indexeddb,cache_storage,service_workers" });
    await app.open();
    await expect(app.alert.filter({ hasText: removed })).toBeVisible();
    await app.reload();
    await expect(app.alert.filter({ hasText: removed }), "nobody has heard it").toBeVisible();
    await app.signIn(accountOn(mail, protocol));
    await expect(app.alert).toHaveCount(0);
    await expectAll(app, mail, protocol);
    expect(await contents(mail), "nothing was deleted on the server").toEqual(before);
    await app.reload();
    await expect(app.page.getByRole("region", { name: "Sign in again" })).toBeVisible();
    await expect(app.alert).toHaveCount(0);
  });
}
