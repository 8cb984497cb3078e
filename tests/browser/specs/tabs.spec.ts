/** Several tabs, one engine: the tabs share what is stored, one of them connects, and another goes on when that one can't. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "@playwright/test";
import { until } from "../harness/child.ts";
import { everythingStored, storedMessages } from "../harness/device.ts";
import { compose } from "../harness/mail.ts";
import { builtApp } from "../harness/programs.ts";
import { findings } from "../harness/secrets.ts";
import { type Device, expect, plainTargets, type Stage, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";
import type { Relay } from "../harness/relay.ts";
import type { MailServer } from "../harness/mail-server.ts";

/** Opens the app in another tab of the same browser. */
async function tab(context: BrowserContext, origin: string): Promise<App> {
  const app = new App(await context.newPage(), origin);
  await app.open();
  return app;
}

interface Tabs {
  readonly device: Device;
  readonly relay: Relay;
  readonly origin: string;
  /** The first of them leads. */
  readonly apps: readonly [App, App, ...App[]];
}

/** A browser with so many tabs, all signed in over a relay that counts connections. */
async function tabs(stage: Stage, mail: MailServer, count: number): Promise<Tabs> {
  const relay = await stage.relay(mail.ports.imap);
  const { origin } = await stage.gateway(plainTargets(relay));
  const device = await stage.device();
  const first = await tab(device.context, origin);
  await first.signIn(accountOn(mail, "IMAP", { port: relay.port, security: "none" }));
  await first.expectOnline();
  const second = await tab(device.context, origin);
  const apps: [App, App, ...App[]] = [first, second];
  while (apps.length < count) apps.push(await tab(device.context, origin));
  for (const app of apps) await app.expectOnline();
  return { device, relay, origin, apps };
}

/** Whether this page can have a transaction over everything stored in a moment: it can't while a Worker stands in the middle of another. */
function storeIsFree(page: Page): Promise<boolean> {
  return page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error("open failed"));
      });
      const [first = ""] = database.objectStoreNames;
      const had = new Promise<true>((resolve) => {
        database.transaction(database.objectStoreNames, "readwrite").objectStore(first).count().onsuccess = () => resolve(true);
      });
      const free = await Promise.race([had, new Promise<false>((resolve) => setTimeout(() => resolve(false), 500))]);
      database.close();
      if (!free) return false;
    }
    return true;
  });
}

/**
 * Freezes a page as the browser does to save power, its Worker with its locks and connections where it stands, and gives what wakes it.
 * Here the lifecycle state alone leaves a Worker running, so its debugger stops it as well. A browser freezes no page that holds up the
 * transactions of another; so this waits for a moment between two, as the other page sees it.
 */
async function freeze(page: Page, other: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  let target = "";
  session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
    if (targetInfo.type === "worker") target = sessionId;
  });
  await session.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  await until("the Worker's debugger", () => (target === "" ? undefined : true));
  let asked = 0;
  const answered = new Set<number>();
  session.on("Target.receivedMessageFromTarget", ({ message }) => {
    answered.add((JSON.parse(message) as { id?: number }).id ?? 0);
  });
  const say = async (method: string): Promise<void> => {
    const id = ++asked;
    await session.send("Target.sendMessageToTarget", { sessionId: target, message: JSON.stringify({ id, method }) });
    await until(`the answer to ${method}`, () => (answered.has(id) ? true : undefined));
  };
  await say("Debugger.enable");
  await until("a moment between two transactions", async () => {
    await say("Debugger.pause");
    // Twice, for a transaction can have waited behind the first look.
    if ((await storeIsFree(other)) && (await storeIsFree(other))) return true;
    await say("Debugger.resume");
    return undefined;
  });
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  return async () => {
    await session.send("Page.setWebLifecycleState", { state: "active" });
    await say("Debugger.resume");
  };
}

/** Milliseconds until a new connection to the server is open. */
async function untilConnected(relay: Relay, act: () => Promise<unknown>): Promise<number> {
  const before = relay.connections;
  const from = performance.now();
  await act();
  while (relay.connections === before && performance.now() - from < 20_000) await new Promise((resolve) => setTimeout(resolve, 5));
  return performance.now() - from;
}

test("two tabs share one engine and show every change at once", async ({ stage, mail }) => {
  await mail.deliver(compose({ subject: "Shared" }));
  const { relay, apps } = await tabs(stage, mail, 2);
  const [first, second] = apps;
  await expect(first.row("Shared")).toBeVisible();
  await expect(second.row("Shared")).toBeVisible();
  await mail.deliver(compose({ subject: "Seen by both" }));
  await expect(first.row("Seen by both")).toBeVisible();
  await expect(second.row("Seen by both")).toBeVisible();
  await second.openMessage("Shared");
  await second.star();
  await expect.poll(async () => (await mail.list())[0]?.flags).toContain("\\Flagged");
  await first.openMessage("Shared");
  await expect(first.message.getByRole("button", { name: "Remove star", exact: true })).toBeVisible();
  expect(relay.connections, "no connection was opened for the second tab").toBe(1);
});

test("when the tab that connects is closed, another signs in by itself within a second", async ({ stage, mail }) => {
  await mail.deliver(compose({ subject: "Shared" }));
  const { relay, apps } = await tabs(stage, mail, 4);
  const left = [...apps];
  const spans: number[] = [];
  while (left.length > 1) {
    const gone = left.shift();
    spans.push(await untilConnected(relay, async () => gone?.page.close()));
    await expect.poll(() => relay.current, "the closed tab's connection ends").toBe(1);
    for (const app of left) await app.expectOnline();
    // The locks are given on in the order of the tabs, so the first of those that are left leads now.
  }
  const sorted = spans.map((span) => Math.round(span)).sort((one, other) => one - other);
  console.log(`taken over after ${sorted.join(", ")} ms; median ${sorted[Math.floor(sorted.length / 2)] ?? "none"} ms`);
  const [last] = left;
  await mail.deliver(compose({ subject: "After the handover" }));
  await expect(last?.row("After the handover") ?? apps[0].row("")).toBeVisible();
  expect(Math.max(...spans), "milliseconds").toBeLessThan(1000);
});

test("signed out in one tab, no other signs in again", async ({ stage, mail }) => {
  const { relay, apps } = await tabs(stage, mail, 2);
  const [first, second] = apps;
  await second.signOut();
  await expect.poll(() => relay.current).toBe(0);
  const before = relay.connections;
  await first.page.close();
  await expect(second.page.getByLabel("Password", { exact: true })).toBeVisible();
  await second.giveAgain(mail.user.password);
  await second.expectOnline();
  expect(relay.connections, "nobody connected in between").toBe(before + 1);
});

/** Gives the folder of an app whose Workers run this first. */
function spied(stage: Stage, spy: string): string {
  const app = join(stage.folder, "spied-on");
  cpSync(builtApp, app, { recursive: true });
  for (const name of readdirSync(join(app, "assets")).filter((name) => name.startsWith("worker-"))) {
    const path = join(app, "assets", name);
    if (name.endsWith(".js")) writeFileSync(path, spy + readFileSync(path, "utf8"));
    // A compressed copy would be served in its place.
    else rmSync(path);
  }
  return app;
}

/** Keeps what a Worker broadcasts. */
const broadcasts = `self.spoken = []; { const { postMessage } = BroadcastChannel.prototype; BroadcastChannel.prototype.postMessage = function (message) { self.spoken.push(message); return postMessage.call(this, message); }; }\n`;

test("a password given in any tab is in no broadcast and no storage", async ({ stage, mail }) => {
  const relay = await stage.relay(mail.ports.imap);
  const { origin } = await stage.gateway(plainTargets(relay), { app: spied(stage, broadcasts) });
  const { context } = await stage.device();
  const first = await tab(context, origin);
  const second = await tab(context, origin);
  await second.signIn(accountOn(mail, "IMAP", { port: relay.port, security: "none" }));
  await first.expectOnline();
  await first.page.close();
  await second.expectOnline();
  const third = await tab(context, origin);
  await third.expectOnline();
  const spoken: string[] = [];
  for (const { page } of [second, third]) {
    for (const worker of page.workers()) spoken.push(JSON.stringify(await worker.evaluate("self.spoken")));
  }
  expect(spoken, "both Workers were listened to").toHaveLength(2);
  expect(spoken.join("\n"), "control: something was broadcast").toContain("elected");
  expect(findings(spoken.join("\n"), mail.user.password)).toEqual([]);
  expect(findings(await everythingStored(second.page), mail.user.password)).toEqual([]);
});

/** Keeps when those transactions were begun that a Worker could write in, and that were committed. */
const commits = `self.commits = []; { const { transaction } = IDBDatabase.prototype; IDBDatabase.prototype.transaction = function (names, mode, options) { const begun = Date.now(); const made = transaction.call(this, names, mode, options); if (mode === "readwrite") made.addEventListener("complete", () => self.commits.push(begun)); return made; }; }\n`;

test("a tab frozen in the middle of a download with deletion is replaced after 3 seconds; none lost, none twice; when it wakes it follows", async ({ stage, mail }) => {
  test.setTimeout(150_000);
  const count = 40;
  for (let index = 0; index < count; index += 1) await mail.deliver(compose({ subject: `Part ${index}`, weight: 20_000 + ((index * 7919) % 60_000) }));
  const expected = (await mail.list()).map((message) => message.sha256).sort();
  const relay = await stage.relay(mail.ports.pop3);
  relay.octetsPerMillisecond = 800;
  // So that a slow machine does not come to the end before the tab is frozen.
  relay.allow(700_000);
  const { origin } = await stage.gateway(plainTargets(relay), { app: spied(stage, commits) });
  const { context } = await stage.device();
  const first = await tab(context, origin);
  await first.signIn(accountOn(mail, "POP3", { port: relay.port, security: "none", afterDownload: "Delete from the server" }));
  const second = await tab(context, origin);
  await until("the download to go on", async () => ((await storedMessages(second.page)).length > 0 ? true : undefined));

  const wake = await freeze(first.page, second.page);
  relay.allow(Number.POSITIVE_INFINITY);
  const span = await untilConnected(relay, () => Promise.resolve());
  console.log(`replaced after ${Math.round(span)} ms`);
  expect(span, "not at the first silence").toBeGreaterThan(1500);
  expect(span).toBeLessThan(6000);
  const here = (await storedMessages(second.page)).filter(({ noted }) => noted !== null);
  expect(here.length, "it was in the middle").toBeLessThan(count);
  await until("some more to be taken", async () => ((await storedMessages(second.page)).length > here.length ? true : undefined));
  const said = relay.said[0] ?? "";
  const woken = Date.now();
  await wake();

  relay.octetsPerMillisecond = Number.POSITIVE_INFINITY;
  await expect.poll(async () => (await mail.list()).length, { timeout: 60_000 }).toBe(0);
  const stored = await storedMessages(second.page);
  expect(stored.map(({ actual }) => actual).sort(), "none lost, none twice").toEqual(expected);
  for (const { noted, actual } of stored) expect(actual).toBe(noted);
  await first.expectOnline();
  await mail.deliver(compose({ subject: "After it woke" }));
  const connections = relay.connections;
  await first.look();
  await expect(first.row("After it woke")).toBeVisible();
  await expect(second.row("After it woke")).toBeVisible();
  expect(relay.connections, "one tab looked, for both").toBe(connections + 1);
  expect(said, "control: it was heard").toContain("RETR ");
  // What it had been about to fetch it may ask for still; what it had marked goes with QUIT only.
  expect(relay.said[0]?.slice(said.length), "it deleted nothing").not.toMatch(/^(DELE|QUIT)/m);
  const begun = (await first.page.workers()[0]?.evaluate("self.commits")) as readonly number[];
  expect(begun.length, "control: it wrote before").toBeGreaterThan(0);
  expect(begun.filter((moment) => moment >= woken), "it wrote nothing").toEqual([]);
});

test("what is stored can be read while the tab that connects is frozen", async ({ stage, mail }) => {
  await mail.deliver(compose({ subject: "Stored" }));
  const { device, apps, origin } = await tabs(stage, mail, 2);
  const [first, second] = apps;
  await first.openMessage("Stored");
  await freeze(first.page, second.page);
  await second.openMessage("Stored");
  await expect(second.message).toContainText("Text of Stored.");
  const third = await tab(device.context, origin);
  await expect(third.row("Stored")).toBeVisible();
  for (const app of [second, third]) await app.expectOnline();
});

for (const leads of [true, false]) {
  test(`a Worker that is killed is followed by another: of the tab that ${leads ? "connects" : "follows"}`, async ({ stage, mail }) => {
    await mail.deliver(compose({ subject: "Stored" }));
    const { relay, apps } = await tabs(stage, mail, 2);
    const hit = apps[leads ? 0 : 1];
    const [worker] = hit.page.workers();
    const gone = new Promise<void>((resolve) => worker?.once("close", () => resolve()));
    await worker?.evaluate("self.close()").catch(() => undefined);
    await gone;
    for (const app of apps) await app.expectOnline();
    await mail.deliver(compose({ subject: "Afterwards" }));
    for (const app of apps) await expect(app.row("Afterwards")).toBeVisible();
    await hit.openMessage("Stored");
    expect(relay.connections, "a new connection only if it led").toBe(leads ? 2 : 1);
    expect(relay.current).toBe(1);
  });
}

test("a tab whose process crashes costs the others nothing", async ({ stage, mail }) => {
  const { relay, apps } = await tabs(stage, mail, 3);
  const [first, ...others] = apps;
  const session = await first.page.context().newCDPSession(first.page);
  await untilConnected(relay, () => Promise.race([session.send("Page.crash").catch(() => undefined), new Promise((resolve) => first.page.once("crash", resolve))]));
  for (const app of others) await app.expectOnline();
  await mail.deliver(compose({ subject: "After the crash" }));
  for (const app of others) await expect(app.row("After the crash")).toBeVisible();
});
