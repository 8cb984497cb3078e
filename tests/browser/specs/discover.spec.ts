/**
 * The sign-in form's proposals, from what the real gateway finds for the domain of an address (`POST /api/discover`). The domains are
 * those of its table of providers: for these it asks nobody, and nothing here connects to them.
 */
import { expect, type Target, targetsOf, test } from "../harness/stage.ts";
import { App } from "../pages/app.ts";
import type { BrowserContext } from "@playwright/test";

const provider = (host: string): Target => ({ host, ports: [993], tls: ["implicit"] });
const providers = [provider("imap.mailbox.org"), provider("imap.mail.me.com")];

/** A page that notes what it asks of the gateway. */
async function noting(context: BrowserContext, origin: string): Promise<{ readonly app: App; readonly questions: { readonly url: string; readonly authorization: string | undefined; readonly body: string | null }[] }> {
  const page = await context.newPage();
  const questions: { url: string; authorization: string | undefined; body: string | null }[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/discover")) questions.push({ url: request.url(), authorization: request.headers()["authorization"], body: request.postData() });
  });
  return { app: new App(page, origin), questions };
}

test("what the gateway finds for an address is filled in, and what was written by hand stays", async ({ stage, mail, device }) => {
  const gateway = await stage.gateway([...targetsOf(mail), ...providers]);
  const { app, questions } = await noting(device.context, gateway.origin);
  await app.open();
  await app.field("Address").fill("kim@mailbox.org");
  await app.field("Address").press("Tab");
  await expect(app.page.getByText("Found for mailbox.org.")).toBeVisible();
  for (const [label, value] of [["Server", "imap.mailbox.org"], ["Security", "tls"], ["Port", "993"], ["User name", "kim@mailbox.org"]] as const) {
    await expect(app.field(label), label).toHaveValue(value);
  }
  await expect(app.page.getByRole("checkbox")).toHaveCount(0);
  expect(questions).toEqual([{ url: `${gateway.origin}/api/discover`, authorization: undefined, body: '{"domain":"mailbox.org","address":"kim@mailbox.org"}' }]);

  // Of posteo.de the table knows the server, but no tunnel of this gateway leads there.
  await app.field("Address").fill("kim@posteo.de");
  await app.field("Address").press("Tab");
  await expect.poll(() => questions.length).toBe(2);
  await expect(app.page.getByText(/Looking for|Found for/)).toHaveCount(0);
  await expect(app.field("Server")).toHaveValue("imap.posteo.de");

  await app.field("Server").fill("mine.example");
  await app.field("Address").fill("kim@icloud.com");
  await app.field("Address").press("Tab");
  await expect.poll(() => questions.length).toBe(3);
  await expect(app.page.getByText(/Looking for/)).toHaveCount(0);
  await expect(app.field("Server")).toHaveValue("mine.example");
});

test("no password goes to a server outside of the address's domain before one has agreed to it", async ({ stage, mail, device }) => {
  const gateway = await stage.gateway([...targetsOf(mail), ...providers]);
  const { app } = await noting(device.context, gateway.origin);
  await app.open();
  await app.field("Address").fill("kim@icloud.com");
  await app.field("Password").fill("not for strangers");
  const agree = app.page.getByRole("checkbox", { name: /imap\.mail\.me\.com is not part of icloud\.com/ });
  await expect(agree).toBeVisible();
  await expect(app.field("User name"), "as this provider wants it").toHaveValue("kim");
  await app.signInButton.click();
  await expect(app.page.getByText("Say whether imap.mail.me.com is your provider's server.")).toBeVisible();
  await expect(agree).toBeFocused();
  expect(gateway.log, "no tunnel was opened").not.toContain("/tunnel");

  // Once it is agreed it is sent; to nobody, for the gateway has gone.
  await gateway.stop();
  await agree.check();
  await app.signInButton.click();
  await expect(app.alert).toContainText("The gateway does not answer", { timeout: 30_000 });
});

test("a gateway that asks for a token is asked for settings with it, and not before", async ({ stage, mail, device }) => {
  const gateway = await stage.gateway([...targetsOf(mail), ...providers], { tokens: ["sesame"] });
  const { app, questions } = await noting(device.context, gateway.origin);
  await app.open();
  await expect(app.token).toBeVisible();
  await app.field("Address").fill("kim@mailbox.org");
  await app.token.fill("wrong");
  await app.field("Password").focus();
  await expect.poll(() => questions.length).toBe(1);
  await expect(app.page.getByText(/Looking for/)).toHaveCount(0);
  await expect(app.page.getByText("Found for mailbox.org.")).toHaveCount(0);
  await app.token.fill("sesame");
  await app.field("Password").focus();
  await expect(app.page.getByText("Found for mailbox.org.")).toBeVisible();
  expect(questions.map(({ authorization }) => authorization)).toEqual(["Bearer wrong", "Bearer sesame"]);
  expect(questions.map(({ url }) => url).join()).not.toContain("sesame");
});

test("a gateway that does not look is not asked, and all can be written by hand", async ({ stage, mail, device }) => {
  const gateway = await stage.gateway([...targetsOf(mail), ...providers], { discovery: false });
  const { app, questions } = await noting(device.context, gateway.origin);
  const offered = app.page.waitForResponse((response) => response.url().endsWith("/api/config"));
  await app.open();
  await offered;
  await app.field("Address").fill("kim@mailbox.org");
  await app.field("Address").press("Tab");
  await expect(app.field("Server")).toHaveValue("imap.mailbox.org");
  await app.field("Server").fill("localhost");
  await app.field("Port").fill(String(mail.ports.imaps));
  await app.field("User name").fill(mail.user.name);
  await app.field("Password").fill(mail.user.password);
  await app.signInButton.click();
  await expect(app.folders).toBeVisible({ timeout: 30_000 });
  expect(questions).toEqual([]);
});
