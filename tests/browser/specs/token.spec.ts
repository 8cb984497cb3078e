/** A gateway that asks for an access token: the app asks for it, gives it where it belongs, and keeps it nowhere. */
import { everythingStored, openQuietly } from "../harness/device.ts";
import { compose } from "../harness/mail.ts";
import { findings, findingsInFolder } from "../harness/secrets.ts";
import { expect, targetsOf, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

const token = "Tell-Nobody_7hRw2Lx9";

test("one signs in with the token; without it and with a wrong one the way leads to its field", async ({ stage, mail, device }) => {
  const gateway = await stage.gateway(targetsOf(mail), { tokens: [token] });
  await mail.deliver(compose({ subject: "Behind the token" }));
  const app = new App(await device.context.newPage(), gateway.origin);
  await app.open();
  await expect(app.token).toBeVisible();
  await app.fillSignIn(accountOn(mail, "IMAP"));
  await expect(app.page.getByText("Write the access token; whoever runs the gateway has it.")).toBeVisible();
  await expect(app.token).toBeFocused();
  expect(gateway.log, "nothing was asked of the gateway").not.toContain("token refused");

  await app.token.fill("not the token");
  await app.signInButton.click();
  await expect(app.alert).toContainText("access token");
  await expect(app.token).toBeFocused();
  expect(gateway.log, "control: the gateway refused it").toContain("token refused");
  await expect(app.folders).toHaveCount(0);

  await app.token.fill(token);
  await app.signInButton.click();
  await expect(app.folders).toBeVisible({ timeout: 30_000 });
  await app.openMessage("Behind the token");
  await expect(app.message).toContainText("Text of Behind the token.");
});

test("it is asked for again like the password: not while another tab has it, and after a reload of the last", async ({ stage, mail, device }) => {
  const gateway = await stage.gateway(targetsOf(mail), { tokens: [token] });
  const app = new App(await device.context.newPage(), gateway.origin);
  await app.open();
  await app.token.fill(token);
  await app.signIn(accountOn(mail, "IMAP"));
  await app.expectOnline();
  const second = new App(await device.context.newPage(), gateway.origin);
  await second.open();
  await second.expectOnline();
  await app.reload();
  await app.expectOnline();
  for (const one of [app, second]) {
    await expect(one.token).toHaveCount(0);
    await expect(one.field("Password")).toHaveCount(0);
  }
  await second.page.close();
  // Nobody has it any more. It may be left out, for another tab could have it: then the gateway asks.
  await app.reload();
  await app.giveAgain(mail.user.password);
  await expect(app.alert).toContainText("access token");
  await expect(app.token).toBeFocused();
  await app.token.fill(token);
  await app.signInButton.click();
  await app.expectOnline();
  await expect(app.token).toHaveCount(0);
});

for (const protocol of ["IMAP", "POP3"] as const) {
  test(`${protocol}: where the token is taken back the app asks for another, and for that only`, async ({ stage, mail, device }) => {
    const gateway = await stage.gateway(targetsOf(mail), { tokens: [token] });
    const app = new App(await device.context.newPage(), gateway.origin);
    await app.open();
    await app.token.fill(token);
    await app.signIn(accountOn(mail, protocol));
    await app.expectOnline();
    await gateway.stop();
    await gateway.start({ tokens: ["another token"] });
    if (protocol === "POP3") await app.look();
    await expect(app.token).toBeVisible({ timeout: 30_000 });
    await expect(app.field("Password")).toHaveCount(0);
    await mail.deliver(compose({ subject: "Came meanwhile" }));
    await app.signInButton.click();
    await expect(app.token, "an empty one is not sent").toBeFocused();
    await app.token.fill("another token");
    await app.signInButton.click();
    await expect(app.row("Came meanwhile")).toBeVisible({ timeout: 30_000 });
    await app.expectOnline();
    await expect(app.token).toHaveCount(0);
  });
}

test("the token is in no storage, no cache, no log, no address and no file of the profile", async ({ stage, mail, device }) => {
  const gateway = await stage.gateway(targetsOf(mail), { tokens: [token] });
  const page = await device.context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const app = new App(page, gateway.origin);
  await app.open();
  await app.token.fill("wrong-before-right");
  await app.fillSignIn(accountOn(mail, "IMAP"));
  await expect(app.alert).toContainText("access token");
  await app.token.fill(token);
  await app.signInButton.click();
  await app.expectOnline();
  await app.workerReady();
  const stored = await everythingStored(page);
  expect(stored, "the search sees what the app stores").toContain(mail.user.name);
  expect(findings(stored, token), "stores").toEqual([]);
  expect(asked, "control: addresses are seen").toContain(`${gateway.origin}/api/config`);
  expect(findings(asked.join("\n"), token), "addresses").toEqual([]);

  const quiet = await device.context.newPage();
  await openQuietly(quiet, gateway.origin);
  await quiet.evaluate(() => localStorage.setItem("planted", "planted-for-the-control"));
  await device.context.close();
  expect(findingsInFolder(device.profile, "planted-for-the-control"), "the search sees the profile's files").not.toEqual([]);
  await gateway.stop();
  expect(gateway.log, "control: the log tells of the refusal").toContain("token refused");
  for (const secret of [token, "wrong-before-right"]) {
    expect(findingsInFolder(device.profile, secret), "files of the profile").toEqual([]);
    for (const [where, text] of [["gateway", gateway.log], ["console", device.console.join("\n")]] as const) expect(findings(text, secret), where).toEqual([]);
  }
});
