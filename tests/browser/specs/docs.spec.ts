/** The documentation site: it loads nothing from elsewhere, works below a folder, and its examples run. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { builtSite, serveSite } from "../../../scripts/site.mjs";
import { compose } from "../harness/mail.ts";
import type { MailServer } from "../harness/mail-server.ts";
import { expect, type Stage, targetsOf, test } from "../harness/stage.ts";

if (!existsSync(join(builtSite, "index.html"))) throw new Error('target/site is not built. Run "make docs".');

/** The examples that run in a page, as the built site has them, and their pages. */
const examples = readdirSync(join(builtSite, "documents")).flatMap((page) => {
  const name = /data-example="([\w-]+)"/.exec(readFileSync(join(builtSite, "documents", page), "utf8"))?.[1];
  return name === undefined ? [] : [{ name, page }];
});

/** Examples that go on until they are stopped, and show a message that comes meanwhile. */
const endless = new Set(["live-list", "second-tab"]);

/** The site below a folder, and a gateway that takes its pages. */
async function open(stage: Stage, mail: MailServer): Promise<{ readonly page: Page; readonly url: string; readonly asked: string[]; readonly errors: string[] }> {
  const folder = "/a/docs/";
  const { ports, user } = mail;
  const answers = { host: "localhost", imapPort: String(ports.imaps), imapSecurity: "tls", pop3Port: String(ports.pop3s), pop3Security: "tls", username: user.name, password: user.password };
  const shown: { gateway?: string } = {};
  const site = await serveSite({ base: folder, answers: Object.assign(shown, answers) });
  stage.onClose(() => site.close());
  const gateway = await stage.gateway(targetsOf(mail), { origins: ["http://127.0.0.1:PORT", site.origin] });
  shown.gateway = `ws://127.0.0.1:${gateway.port}/tunnel`;
  const { context, errors } = await stage.device();
  const asked: string[] = [];
  context.on("request", (request) => asked.push(request.url()));
  const page = context.pages()[0] ?? (await context.newPage());
  return { page, url: site.url, asked, errors };
}

test("the site works below a folder, searches, turns dark, and asks nobody else for anything", async ({ stage, mail }) => {
  const { page, url, asked, errors } = await open(stage, mail);
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(url);
  const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await background()).not.toBe(light);
  await page.keyboard.press("/");
  await page.getByRole("combobox").fill("starttls");
  await page.getByRole("dialog").getByRole("option").first().click();
  await expect(page).toHaveURL(/\.html/);
  for (const title of ["Guide", "Examples", "Recipes", "Moving here", "Errors"]) {
    await page.getByRole("navigation").getByRole("link", { name: `Document ${title}`, exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: new RegExp(`^${title}`) })).toBeVisible();
  }
  expect(asked.filter((address) => !address.startsWith(url)), "asked outside of the folder").toEqual([]);
  expect(errors).toEqual([]);
});

test("every example runs in its page against a gateway and Dovecot", async ({ stage }) => {
  // Each takes a second or two on a machine that does nothing else.
  test.setTimeout(30_000 * examples.length);
  const mail = await stage.server("sample");
  const { page, url, asked, errors } = await open(stage, mail);
  expect(examples.length, "control: there are examples").toBeGreaterThan(7);
  for (const { name, page: file } of examples) {
    await test.step(name, async () => {
      await page.goto(`${url}documents/${file}`);
      await page.getByRole("button", { name: "Run" }).click();
      const output = page.getByRole("log");
      await expect(output.locator("div").first(), `${name} shows nothing`).toBeVisible({ timeout: 20_000 });
      if (endless.has(name)) {
        await mail.deliver(compose({ subject: `For ${name}`, text: "New." }));
        await expect(output).toContainText(`For ${name}`);
        await page.getByRole("button", { name: "Stop" }).click();
      }
      await expect(output, await output.innerText()).toHaveAttribute("data-state", endless.has(name) ? /^(?:done|stopped)$/ : "done", { timeout: 20_000 });
    });
  }
  expect(asked.filter((address) => !address.startsWith(url)), "asked outside of the folder").toEqual([]);
  expect(errors).toEqual([]);
});

test("a wrong password is told in the page, with a link to what to do", async ({ stage, mail }) => {
  const { page, url } = await open(stage, mail);
  await page.goto(`${url}documents/${examples.find(({ name }) => name === "search")?.page ?? ""}`);
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Run" }).click();
  await expect(page.getByRole("log")).toHaveAttribute("data-state", "failed");
  await page.getByRole("link", { name: "auth-failed" }).click();
  await expect(page.getByRole("heading", { name: /^auth-failed/ })).toBeInViewport();
});
