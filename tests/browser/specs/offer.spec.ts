/** What the gateway says of itself (`/api/config`): its name, servers that need not be typed, and no others where it is locked. */
import { everythingStored } from "../harness/device.ts";
import { Front } from "../harness/front.ts";
import { compose } from "../harness/mail.ts";
import { expect, targetsOf, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

const ofServer = ["Server", "Security", "Port"] as const;

test("where the gateway offers one server and no other, only name and password are asked for, also under a base path", async ({ stage, mail, device }) => {
  const imap = { host: "localhost", port: mail.ports.imaps, tls: "implicit" } as const;
  const gateway = await stage.gateway(targetsOf(mail), { basePath: "/a/mail/", offer: { name: "Orchard Mail", locked: true, imap } });
  const page = await device.context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const app = new App(page, `${gateway.origin}/a/mail/`);
  await mail.deliver(compose({ subject: "Lighthouse" }));
  await app.open();
  await expect(page).toHaveTitle("Add an account · Orchard Mail");
  await expect(page.getByText("Orchard Mail", { exact: true })).toBeVisible();
  await expect(page.getByText(/^Orchard Mail at 127\.0\.0\.1:\d+ opens TLS itself/)).toBeVisible();
  await expect(page.getByText(`localhost:${mail.ports.imaps}`)).toBeVisible();
  for (const label of ofServer) await expect(app.field(label), label).toHaveCount(0);
  await expect(page.getByRole("radio")).toHaveCount(1);
  await expect(app.token).toHaveCount(0);
  await app.field("Address").fill(mail.user.name);
  await app.field("Password").fill(mail.user.password);
  await app.signInButton.click();
  await app.openMessage("Lighthouse");
  expect(asked).toContain(`${gateway.origin}/a/mail/api/config`);
  expect(asked.filter((url) => url.includes("/api/discover")), "there is nothing to look for").toEqual([]);
});

test("a locked gateway with both protocols leaves the choice between them", async ({ stage, mail, device }) => {
  const imap = { host: "localhost", port: mail.ports.imaps, tls: "implicit" } as const;
  const pop3 = { host: "localhost", port: mail.ports.pop3, tls: "starttls" } as const;
  const gateway = await stage.gateway(targetsOf(mail), { offer: { locked: true, imap, pop3 } });
  const app = new App(await device.context.newPage(), gateway.origin);
  await mail.deliver(compose({ subject: "Carried home" }));
  await app.open();
  await app.page.getByRole("radio", { name: "POP3" }).check();
  await expect(app.page.getByText(`localhost:${mail.ports.pop3}`)).toBeVisible();
  for (const label of ofServer) await expect(app.field(label), label).toHaveCount(0);
  await app.field("Address").fill(mail.user.name);
  await app.field("Password").fill(mail.user.password);
  await app.signInButton.click();
  await expect(app.row("Carried home")).toBeVisible({ timeout: 30_000 });
});

test("a server that the gateway offers is filled in, and another can be written", async ({ stage, mail, device }) => {
  const imap = { host: "localhost", port: mail.ports.imap, tls: "starttls" } as const;
  const gateway = await stage.gateway([...targetsOf(mail), { host: "127.0.0.1", ports: [mail.ports.imaps], tls: ["implicit"], ca: [mail.ca] }], { offer: { imap } });
  const app = new App(await device.context.newPage(), gateway.origin);
  await app.open();
  await expect(app.field("Server")).toHaveValue("localhost");
  await expect(app.field("Port")).toHaveValue(String(mail.ports.imap));
  await expect(app.field("Security")).toHaveValue("starttls");
  await app.page.getByRole("radio", { name: "POP3" }).check();
  await expect(app.field("Port"), "there is none for POP3").toHaveValue("995");
  await app.page.getByRole("radio", { name: "IMAP" }).check();

  await app.field("Server").fill("mail.denied.example");
  await app.field("Address").fill(mail.user.name);
  await app.field("Password").fill(mail.user.password);
  await app.signInButton.click();
  await expect(app.alert).toContainText("mail.denied.example", { timeout: 30_000 });
  await app.field("Server").fill("");
  await app.field("Address").fill(`${mail.user.name} `);
  await expect(app.field("Server"), "what is emptied is filled in again").toHaveValue("localhost");
  await app.signInButton.click();
  await expect(app.folders).toBeVisible({ timeout: 30_000 });
  expect(gateway.log).toContain(String(mail.ports.imap));
});

test("the app waits for no offer and keeps none: it starts where none comes, and with the gateway gone", async ({ stage, mail, device }) => {
  const held: string[] = [];
  let silent = true;
  const front = await Front.start(
    () => undefined,
    (incoming) => {
      if (!silent || incoming.url !== "/api/config") return false;
      held.push(incoming.url);
      return true;
    },
  );
  stage.onClose(() => front.stop());
  const gateway = await stage.gateway(targetsOf(mail), { origins: [front.origin], offer: { name: "Orchard Mail", locked: true, imap: { host: "localhost", port: mail.ports.imaps, tls: "implicit" } } });
  front.target = gateway.port;
  const app = new App(await device.context.newPage(), front.origin);
  await mail.deliver(compose({ subject: "Kept here" }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("Kept here");
  await expect(app.message).toContainText("Text of Kept here.");
  expect(held, "control: it was asked for").toHaveLength(1);

  silent = false;
  const offered = app.page.waitForResponse((response) => response.url().endsWith("/api/config"));
  await app.reload();
  await offered;
  await expect(app.row("Kept here")).toBeVisible();
  await app.workerReady();
  const stored = await everythingStored(app.page);
  expect(stored, "control: what is stored is seen").toContain("Kept here");
  expect(stored).not.toContain("Orchard Mail");
  await gateway.stop();
  await front.stop();
  await app.reload();
  await app.openMessage("Kept here");
  await expect(app.message).toContainText("Text of Kept here.");
});
