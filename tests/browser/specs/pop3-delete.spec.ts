/** POP3 with "delete after download": the device holds the only copy, so nothing may be lost and nothing doubled. */
import type { Page } from "@playwright/test";
import { until } from "../harness/child.ts";
import { kill } from "../harness/chromium.ts";
import { openQuietly, type StoredMessage, storedMessages } from "../harness/device.ts";
import { compose, sha256 } from "../harness/mail.ts";
import type { Relay } from "../harness/relay.ts";
import { expect, plainTargets, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

/** Hashes of what is really stored; each must be what the app noted, or not be noted yet. */
function hashes(stored: readonly StoredMessage[]): readonly string[] {
  const whole = stored.filter(({ noted }) => noted !== null);
  for (const { subject, noted, actual } of whole) expect(actual, subject).toBe(noted);
  return whole.map(({ actual }) => actual).sort();
}

/**
 * Waits until more than before is stored, some messages further on, at a moment that no test can choose: in the middle of one. The relay
 * lets no more come than a part of all: what it has passed on may still be on its way, so that it alone does not tell how far the app is,
 * and a slow machine must not come to the end.
 */
async function goOn(page: Page, relay: Relay, before: number): Promise<void> {
  relay.allow(300_000);
  const from = relay.octetsDown;
  const far = 60_000 + Math.floor(Math.random() * 140_000);
  await until("the download to go on", async () => (relay.octetsDown - from > far && (await storedMessages(page)).length > before ? true : undefined));
}

test("the server is empty afterwards and the device has every octet", async ({ app, mail }) => {
  const messages = [
    compose({ subject: "Small" }),
    compose({ subject: "Lines with dots", text: ".\n..\n.leading dot\n..two dots\nend." }),
    compose({ subject: "Heavy", weight: 900_000 }),
    compose({ subject: "Many scripts", text: "Grüße, 日本語, العربية, 😀" }),
    compose({ subject: "Chunk and a bit", weight: 57_400 }),
  ];
  for (const message of messages) await mail.deliver(message);
  const expected = (await mail.list()).map((message) => message.sha256).sort();
  expect(expected, "what the server has is what was put in").toEqual(messages.map((message) => sha256(message)).sort());

  await app.open();
  await app.signIn(accountOn(mail, "POP3", { afterDownload: "Delete from the server" }));
  await expect.poll(async () => (await mail.list()).length, { timeout: 30_000 }).toBe(0);
  expect(hashes(await storedMessages(app.page))).toEqual(expected);
  await app.openMessage("Many scripts");
  await expect(app.message).toContainText("Grüße, 日本語, العربية, 😀");
});

test("nothing is deleted until the browser promises to keep what is stored, and that is said", async ({ app, gateway, mail }) => {
  const messages = [compose({ subject: "First" }), compose({ subject: "Second" })];
  for (const message of messages) await mail.deliver(message);
  await app.open();
  await app.signIn(accountOn(mail, "POP3", { afterDownload: "Delete from the server", acceptsEviction: false }));
  await expect(app.row("Second")).toBeVisible();
  await app.expectOnline();
  const banner = app.page.getByRole("region", { name: "2 messages stay on the server for now" });
  await expect(banner).toBeVisible();
  const connected = (): number => gateway.log.split("DEBUG opened").length;
  const before = connected();
  await app.look();
  await expect.poll(connected).toBeGreaterThan(before);
  await app.expectOnline();
  expect((await mail.list()).length, "stored, looked again, and still not deleted").toBe(2);

  // The browser agrees, as it does for an installed app; the page asks on the person's click.
  const session = await app.page.context().newCDPSession(app.page);
  await session.send("Browser.grantPermissions", { origin: gateway.origin, permissions: ["durableStorage"] });
  await app.page.getByRole("button", { name: "Make permanent", exact: true }).click();
  await app.look();
  await expect.poll(async () => (await mail.list()).length).toBe(0);
  await expect(banner).toBeHidden();
  expect(hashes(await storedMessages(app.page))).toEqual(messages.map((message) => sha256(message)).sort());
});

test("the page closed in the middle, again and again: none lost, none twice", async ({ stage, mail }) => {
  test.setTimeout(150_000);
  const count = 40;
  for (let index = 0; index < count; index += 1) await mail.deliver(compose({ subject: `Part ${index}`, weight: 20_000 + ((index * 7919) % 60_000) }));
  const expected = (await mail.list()).map((message) => message.sha256).sort();

  const relay = await stage.relay(mail.ports.pop3);
  relay.octetsPerMillisecond = 800;
  relay.allow(300_000);
  const gateway = await stage.gateway(plainTargets(relay));
  const { context } = await stage.device();
  let page: Page = await context.newPage();
  let app = new App(page, gateway.origin);
  await app.open();
  await app.signIn(accountOn(mail, "POP3", { port: relay.port, security: "none", afterDownload: "Delete from the server" }));

  let stored = 0;
  for (let round = 0; round < 4; round += 1) {
    await goOn(page, relay, stored);
    await page.close();
    const quiet = await context.newPage();
    await openQuietly(quiet, gateway.origin);
    const here = hashes(await storedMessages(quiet));
    const there = await mail.list();
    expect(here.length, "it had begun").toBeGreaterThan(stored);
    expect(there.length, "and had not ended").toBeGreaterThan(0);
    stored = here.length;
    expect(new Set(here).size, "none twice").toBe(here.length);
    expect([...new Set([...here, ...there.map((message) => message.sha256)])].sort(), "none lost").toEqual(expected);
    await quiet.close();
    page = await context.newPage();
    app = new App(page, gateway.origin);
    await app.open();
    await app.giveAgain(mail.user.password);
  }
  relay.octetsPerMillisecond = Number.POSITIVE_INFINITY;
  relay.allow(Number.POSITIVE_INFINITY);
  await expect.poll(async () => (await mail.list()).length, { timeout: 60_000 }).toBe(0);
  await expect.poll(async () => hashes(await storedMessages(page)), { timeout: 30_000 }).toEqual(expected);
});

test("the browser killed in the middle, again and again: none lost, none twice", async ({ stage, mail }) => {
  test.setTimeout(180_000);
  const count = 40;
  for (let index = 0; index < count; index += 1) await mail.deliver(compose({ subject: `Part ${index}`, weight: 20_000 + ((index * 7919) % 60_000) }));
  const expected = (await mail.list()).map((message) => message.sha256).sort();

  const relay = await stage.relay(mail.ports.pop3);
  relay.octetsPerMillisecond = 800;
  relay.allow(300_000);
  const gateway = await stage.gateway(plainTargets(relay));
  let device = await stage.device();
  const { profile } = device;
  let app = new App(await device.context.newPage(), gateway.origin);
  await app.open();
  await app.signIn(accountOn(mail, "POP3", { port: relay.port, security: "none", afterDownload: "Delete from the server" }));

  let stored = 0;
  for (let round = 0; round < 3; round += 1) {
    await goOn(app.page, relay, stored);
    await kill(device.context, profile);
    await until("the mailbox to be free", () => (relay.current === 0 ? true : undefined));
    // What is stored is read with the app closed, by a browser that only now starts on the same profile.
    device = await stage.device({ profile });
    const quiet = await device.context.newPage();
    await openQuietly(quiet, gateway.origin);
    const here = hashes(await storedMessages(quiet));
    const there = await mail.list();
    expect(here.length, "it had begun").toBeGreaterThan(stored);
    expect(there.length, "and had not ended").toBeGreaterThan(0);
    stored = here.length;
    expect(new Set(here).size, "none twice").toBe(here.length);
    expect([...new Set([...here, ...there.map((message) => message.sha256)])].sort(), "none lost").toEqual(expected);
    await quiet.close();
    app = new App(await device.context.newPage(), gateway.origin);
    await app.open();
    await app.giveAgain(mail.user.password);
  }
  relay.octetsPerMillisecond = Number.POSITIVE_INFINITY;
  relay.allow(Number.POSITIVE_INFINITY);
  await expect.poll(async () => (await mail.list()).length, { timeout: 60_000 }).toBe(0);
  await expect.poll(async () => hashes(await storedMessages(app.page)), { timeout: 30_000 }).toEqual(expected);
});
