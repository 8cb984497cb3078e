/** The frame that shows mail: it runs nothing, loads nothing, and still shows mail as it was meant. */
import type { Page } from "@playwright/test";
import { Front } from "../harness/front.ts";
import { hostileHtml, marks } from "../harness/hostile.ts";
import { compose } from "../harness/mail.ts";
import { expect, targetsOf, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

/** A blue image of 2 by 2 pixels. */
const blue = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAYAAABytg0kAAAAEUlEQVR42mMQCTjxH4QZYAwAR6wIrb+Ina8AAAAASUVORK5CYII=", "base64");

const styled = `<html><head><style>.warm { background-color: rgb(255, 240, 200) }</style></head><body>
<p class="warm" style="color: rgb(10, 20, 30); font-weight: 700">Styled words</p>
<img src="cid:blue@example.org" alt="blue square" width="20" height="20"></body></html>`;

test("mail with inline styles and an inline image looks right", async ({ app, mail }) => {
  await mail.deliver(compose({ subject: "Newsletter", html: styled, image: { id: "blue@example.org", octets: blue } }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("Newsletter");
  const words = app.frame.getByText("Styled words");
  await expect(words).toHaveCSS("color", "rgb(10, 20, 30)");
  await expect(words).toHaveCSS("font-weight", "700");
  await expect(words).toHaveCSS("background-color", "rgb(255, 240, 200)");
  const image = app.frame.getByRole("img", { name: "blue square" });
  await expect.poll(() => image.evaluate((element: HTMLImageElement) => (element.complete ? element.naturalWidth : 0))).toBeGreaterThan(0);
  expect(await image.getAttribute("src")).toMatch(/^blob:/);
});

/** What scripts of the message left behind, in any frame. */
async function marksOfScripts(page: Page): Promise<readonly string[]> {
  const left = await Promise.all(page.frames().map((frame) => frame.evaluate((name) => (globalThis as unknown as Record<string, string[] | undefined>)[name] ?? [], marks)));
  return left.flat();
}

test("a hostile message reaches nobody and runs nothing", async ({ app, device, stage, mail, gateway }) => {
  const tracker = await stage.tracker();
  await mail.deliver(compose({ subject: "You have won", html: hostileHtml(tracker.origin) }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("You have won");
  const nothingHappened = async (): Promise<void> => {
    await expect(app.frame.getByText("The last words of the message.")).toBeVisible();
    // The message's own refresh comes after a second; this is the time to wait for, not a condition.
    await app.page.waitForTimeout(1500);
    expect(tracker.requests).toEqual([]);
    expect(tracker.connections, "not even a connection").toBe(0);
    expect(await marksOfScripts(app.page)).toEqual([]);
    expect(new URL(app.page.url()).origin, "the top page is where it was").toBe(gateway.origin);
  };
  await nothingHappened();
  // With remote images https may load; this tracker speaks http.
  await app.showImages();
  await nothingHappened();
  expect(device.errors.filter((line) => line.startsWith("uncaught"))).toEqual([]);
});

test("control: without a policy the same message makes requests and runs script", async ({ stage }) => {
  const tracker = await stage.tracker();
  tracker.pages.set("/control.html", `<!doctype html><html><head></head><body>${hostileHtml(tracker.origin)}</body></html>`);
  const { context } = await stage.device();
  const page = await context.newPage();
  const ran = new Set<string>();
  await page.exposeFunction("report", (names: readonly string[]) => names.forEach((name) => ran.add(name)));
  await page.addInitScript((name) => {
    const list: string[] = [];
    Object.defineProperty(globalThis, name, { value: list });
    setInterval(() => void (globalThis as unknown as { report(names: string[]): void }).report(list), 100);
  }, marks);
  await page.goto(`${tracker.origin}/control.html`, { waitUntil: "commit" });
  await expect.poll(() => new Set(tracker.requests).size, { timeout: 20_000 }).toBeGreaterThan(20);
  await expect.poll(() => ran.size).toBeGreaterThan(5);
});

const variants = ["", "?images=1", "?s=1", "?images=1&s=1", "?s=1&images=1", "?images=2", "?x=1", "?images=1&x=1", "?images=1&images=1", "?"];
/** Headers that a browser gives to the frame. */
const given = ["content-security-policy", "referrer-policy", "x-dns-prefetch-control", "x-content-type-options", "content-type"];

test("gateway and service worker give the same frame, octet by octet", async ({ app, device, gateway }) => {
  await app.open();
  await app.workerReady();
  const page = await device.context.newPage();
  for (const variant of variants) {
    const fromGateway = await fetch(`${gateway.origin}/_mail-frame${variant}`);
    const response = await page.goto(`${gateway.origin}/_mail-frame${variant}`);
    expect(response?.fromServiceWorker(), variant).toBe(true);
    const headers = (await response?.allHeaders()) ?? {};
    for (const name of given) expect(headers[name], `${variant} ${name}`).toBe(fromGateway.headers.get(name));
    expect(await response?.text(), variant).toBe(await fromGateway.text());
  }
});

test("each parameter changes one directive; an unknown one gives the tightest policy", async ({ gateway }) => {
  const policy = async (variant: string): Promise<string> => (await fetch(`${gateway.origin}/_mail-frame${variant}`)).headers.get("content-security-policy") ?? "";
  const tightest =
    "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src blob: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox allow-same-origin";
  expect(await policy("")).toBe(tightest);
  expect(await policy("?images=1")).toBe(tightest.replace("blob: data:", "blob: data: https:"));
  expect(await policy("?s=1")).toBe(`${tightest} allow-scripts`);
  expect(await policy("?images=1&s=1")).toBe(`${tightest.replace("blob: data:", "blob: data: https:")} allow-scripts`);
  for (const variant of variants.slice(5)) expect(await policy(variant), variant).toBe(tightest);
});

for (const [what, spoil] of [
  ["without any policy", (body: string): string => body.replace(/<meta http-equiv[^>]*>/i, "")],
  ["replaced by another page", (): string => "<!doctype html><title>Log in to the network</title><p>Captive portal"],
] as const) {
  test(`a frame ${what} gets no mail: the text is shown, and the app says so`, async ({ stage, mail }) => {
    const tracker = await stage.tracker();
    await mail.deliver(compose({ subject: "Guarded", text: "The text part.", html: `<p>The HTML part.</p><img src="${tracker.origin}/i.png">` }));
    const front = await Front.start((answer) => {
      if (!answer.path.startsWith("/_mail-frame")) return;
      delete answer.headers["content-security-policy"];
      answer.body = Buffer.from(spoil(answer.body.toString("utf8")));
    });
    try {
      const gateway = await stage.gateway(targetsOf(mail), { origins: [front.origin] });
      front.target = gateway.port;
      const { context } = await stage.device({ serviceWorkers: "block" });
      const app = new App(await context.newPage(), front.origin);
      await app.open();
      await app.signIn(accountOn(mail, "IMAP"));
      await app.openMessage("Guarded");
      await expect(app.message).toContainText("The text part.");
      await expect(app.message.getByRole("alert").or(app.message.getByRole("note")).or(app.message.getByRole("status")).first()).toBeVisible();
      for (const frame of app.page.frames()) expect(await frame.content()).not.toContain("The HTML part.");
      expect(tracker.requests).toEqual([]);
    } finally {
      await front.stop();
    }
  });
}

test("a link opens outside, only by a click, and knows nothing of the app", async ({ app, device, stage, mail }) => {
  const tracker = await stage.tracker();
  tracker.pages.set("/outside", "<title>outside</title>outside");
  await mail.deliver(compose({ subject: "With a link", html: `<a href="${tracker.origin}/outside" target="_top">outside</a>` }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("With a link");
  const link = app.frame.getByRole("link", { name: "outside" });
  await expect(link).toBeVisible();
  expect(tracker.connections, "nothing before the click").toBe(0);
  const opening = device.context.waitForEvent("page");
  await link.click();
  const outside = await opening;
  await outside.waitForURL(`${tracker.origin}/outside`);
  expect(await outside.evaluate(() => [window.opener, document.referrer])).toEqual([null, ""]);
  await expect(app.message, "the app stays where it is").toBeVisible();
});

test("the frame comes from the service worker when the gateway is gone", async ({ app, gateway, mail }) => {
  await mail.deliver(compose({ subject: "Offline HTML", html: '<p style="color: rgb(9, 8, 7)">Still styled</p>' }));
  await app.open();
  await app.signIn(accountOn(mail, "POP3"));
  await expect(app.row("Offline HTML")).toBeVisible();
  await app.workerReady();
  await gateway.stop();
  await app.reload();
  await app.openMessage("Offline HTML");
  await expect(app.frame.getByText("Still styled")).toHaveCSS("color", "rgb(9, 8, 7)");
});
