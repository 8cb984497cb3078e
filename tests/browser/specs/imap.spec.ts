/** IMAP: mail lives on the server, the page and every other client see the same. */
import { accountOn } from "../pages/app.ts";
import { compose } from "../harness/mail.ts";
import { expect, plainTargets, test } from "../harness/stage.ts";
import { App } from "../pages/app.ts";

test("a signed-in person reads a message", async ({ app, mail }) => {
  await mail.deliver(compose({ subject: "Lighthouse", text: "The lamp is lit at dusk." }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await expect(app.unreadRow("Lighthouse")).toBeVisible();
  await app.openMessage("Lighthouse");
  await expect(app.message).toContainText("The lamp is lit at dusk.");
  await expect(app.unreadRow("Lighthouse")).toHaveCount(0);
  await expect.poll(async () => (await mail.list())[0]?.flags).toContain("\\Seen");
});

test("STARTTLS leads to the same mail", async ({ app, mail }) => {
  await mail.deliver(compose({ subject: "Upgraded" }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP", { port: mail.ports.imap, security: "starttls" }));
  await app.openMessage("Upgraded");
  await expect(app.message).toContainText("Text of Upgraded.");
});

test("a flag set in the page is seen by an independent client", async ({ app, mail }) => {
  await mail.deliver(compose({ subject: "Harbour" }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("Harbour");
  await app.star();
  await expect.poll(async () => (await mail.list())[0]?.flags).toContain("\\Flagged");
  await app.unstar();
  await expect.poll(async () => (await mail.list())[0]?.flags).not.toContain("\\Flagged");
});

test("flags and messages of another client show without a reload", async ({ app, mail }) => {
  await mail.deliver(compose({ subject: "First" }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await expect(app.unreadRow("First")).toBeVisible();
  await app.markPage();

  const [first] = await mail.list();
  await mail.flags(first?.uid ?? 0, ["\\Seen"], []);
  await expect(app.unreadRow("First")).toHaveCount(0);
  await expect(app.row("First")).toBeVisible();
  await mail.flags(first?.uid ?? 0, [], ["\\Seen"]);
  await expect(app.unreadRow("First")).toBeVisible();

  await mail.deliver(compose({ subject: "Second" }));
  await expect(app.unreadRow("Second")).toBeVisible();
  await mail.expunge(first?.uid ?? 0);
  await expect(app.row("First")).toHaveCount(0);
  expect(await app.isMarked(), "the page was not reloaded").toBe(true);
});

test("the first list of 20,000 messages takes at most 10 round trips", async ({ stage, mail }) => {
  await mail.fill(20_000);
  const relay = await stage.relay(mail.ports.imap);
  const gateway = await stage.gateway(plainTargets(relay));
  const { context } = await stage.device();
  const app = new App(await context.newPage(), gateway.origin);
  await app.open();
  await app.fillSignIn(accountOn(mail, "IMAP", { port: relay.port, security: "none" }));
  await app.messages.getByRole("row").nth(1).waitFor({ timeout: 30_000 });
  const roundTrips = relay.roundTrips;
  expect(roundTrips).toBeGreaterThan(1);
  expect(roundTrips).toBeLessThanOrEqual(10);
});

test("what happened elsewhere while offline is right after reconnecting", async ({ app, mail, gateway }) => {
  for (const subject of ["Stays", "Expunged elsewhere", "Flagged elsewhere", "Flagged here"]) await mail.deliver(compose({ subject }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await expect(app.row("Flagged here")).toBeVisible();
  await app.openMessage("Flagged here");
  const uids = (await mail.list()).map(({ uid }) => uid);

  await gateway.stop();
  await app.expectOffline();
  await app.star();
  await expect(app.message.getByRole("button", { name: "Remove star" })).toBeVisible();
  await mail.expunge(uids[1] ?? 0);
  await mail.flags(uids[2] ?? 0, ["\\Seen"], []);
  await mail.deliver(compose({ subject: "Delivered meanwhile" }));
  expect((await mail.list()).find(({ uid }) => uid === uids[3])?.flags, "nothing was sent while offline").not.toContain("\\Flagged");

  await gateway.start();
  await app.expectOnline();
  await expect(app.unreadRow("Delivered meanwhile")).toBeVisible();
  await expect(app.row("Expunged elsewhere")).toHaveCount(0);
  await expect(app.row("Flagged elsewhere")).toBeVisible();
  await expect(app.unreadRow("Flagged elsewhere")).toHaveCount(0);
  await expect(app.row("Stays")).toBeVisible();
  await expect.poll(async () => (await mail.list()).find(({ uid }) => uid === uids[3])?.flags).toContain("\\Flagged");
});

test("a new UIDVALIDITY replaces the cache", async ({ app, mail, gateway }) => {
  for (const subject of ["Old one", "Old two"]) await mail.deliver(compose({ subject }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await expect(app.row("Old two")).toBeVisible();

  await gateway.stop();
  await app.expectOffline();
  const [first] = await mail.list();
  await mail.expunge(first?.uid ?? 0);
  await mail.resetUidvalidity();
  await mail.deliver(compose({ subject: "New one" }));
  await gateway.start();
  await app.expectOnline();
  await expect(app.row("New one")).toHaveCount(1);
  await expect(app.row("Old two")).toHaveCount(1);
  await expect(app.row("Old one")).toHaveCount(0);
  await app.openMessage("Old two");
  await expect(app.message).toContainText("Text of Old two.");
});

test("mail read before is readable with the gateway gone and the page reloaded", async ({ app, mail, gateway }) => {
  await mail.deliver(compose({ subject: "Kept here", text: "Readable on a train." }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("Kept here");
  await expect(app.message).toContainText("Readable on a train.");
  await app.workerReady();
  await gateway.stop();
  await app.reload();
  await app.openMessage("Kept here");
  await expect(app.message).toContainText("Readable on a train.");
});
