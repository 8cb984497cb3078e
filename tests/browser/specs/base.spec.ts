/** The app under a part of a host: nothing of it lies, or is asked for, outside. */
import { compose } from "../harness/mail.ts";
import { expect, targetsOf, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

test("under a base path the app signs in, shows HTML, stays within it, and starts with the gateway gone", async ({ stage, mail, device }) => {
  const gateway = await stage.gateway(targetsOf(mail), { basePath: "/a/mail/" });
  const base = `${gateway.origin}/a/mail/`;
  const page = device.context.pages()[0] ?? (await device.context.newPage());
  const asked: string[] = [];
  device.context.on("request", (request) => asked.push(request.url()));
  page.on("websocket", (socket) => asked.push(socket.url()));
  const app = new App(page, `${gateway.origin}/a/mail`);
  await mail.deliver(compose({ subject: "Styled", html: '<p style="color: rgb(1, 2, 3)">Styled mail</p>' }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("Styled");
  await expect(app.frame.locator("p")).toHaveText("Styled mail");
  await app.workerReady();
  expect(await page.evaluate(async () => (await navigator.serviceWorker.ready).scope)).toBe(base);
  const manifest = await page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="manifest"]')?.href ?? "";
    const { start_url: start, scope } = (await (await fetch(link)).json()) as { readonly start_url: string; readonly scope: string };
    return [new URL(start, link).href, new URL(scope, link).href];
  });
  expect(manifest).toEqual([base, base]);
  const outside = asked.filter((url) => url.startsWith("http") && !url.startsWith(base) && url !== `${gateway.origin}/a/mail`);
  expect(outside, "requests outside the base path").toEqual([]);
  expect(gateway.log).toContain("/a/mail/tunnel");
  await gateway.stop();
  await app.reload();
  await expect(page).toHaveTitle(/Waypost/);
  await expect(page.locator("#app")).not.toBeEmpty();
  expect(device.errors.filter((line) => !/ERR_CONNECTION_REFUSED|WebSocket/.test(line))).toEqual([]);
});
