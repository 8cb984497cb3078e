/** The app lives within a strict policy, and says in a sentence where a browser would not let it live at all. */
import { compose } from "../harness/mail.ts";
import { expect, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

test("a whole session breaks no policy and logs no error", async ({ app, device, mail }) => {
  await device.context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`));
  });
  await mail.deliver(compose({ subject: "Plain" }));
  await mail.deliver(compose({ subject: "Styled", html: '<style>p { margin: 0 }</style><p style="color: rgb(1, 2, 3)">Styled mail</p>' }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("Plain");
  await expect(app.message).toContainText("Text of Plain.");
  await app.openMessage("Styled");
  await expect(app.frame.locator("p")).toHaveText("Styled mail");
  await app.star();
  await app.workerReady();
  await app.reload();
  await app.giveAgain(mail.user.password);
  await app.expectOnline();
  await mail.deliver(compose({ subject: "New" }));
  await app.openMessage("New");
  expect(device.errors).toEqual([]);
});

test("every page of the gateway forbids inline script and foreign frames", async ({ gateway }) => {
  for (const path of ["/", "/index.html", "/sw.js", "/no-such-page", "/tunnel"]) {
    const policy = (await fetch(gateway.origin + path)).headers.get("content-security-policy") ?? "";
    expect(policy, path).toContain("default-src 'none'");
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy, path).not.toContain("unsafe-inline");
    expect(policy, path).not.toContain("'unsafe-eval'");
  }
});

test("control: a violation and an error would be seen", async ({ app, device }) => {
  await device.context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`));
  });
  await app.open();
  await app.page.evaluate(() => {
    const image = new Image();
    image.src = "http://127.0.0.1:9/never.png";
    document.body.append(image);
  });
  await expect.poll(() => device.errors.some((line) => line.includes("policy: img-src"))).toBe(true);
});

test("on a plain-http address of a LAN the app says what is missing", async ({ stage, mail }) => {
  const gateway = await stage.gateway([{ host: "localhost", ports: [mail.ports.imaps], tls: ["implicit"] }], { origins: ["http://waypost.lan:PORT"] });
  const { context } = await stage.device({ names: ["waypost.lan"] });
  const page = await context.newPage();
  const app = new App(page, `http://waypost.lan:${gateway.port}`);
  await app.open();
  expect(await page.evaluate(() => isSecureContext), "this address is not a secure one").toBe(false);
  await expect(page.getByText(/https/i).first()).toBeVisible();
  await expect(app.signInButton, "no form that could not work").toHaveCount(0);
});
