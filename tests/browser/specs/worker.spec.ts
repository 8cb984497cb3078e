/** The service worker: it keeps one build, never mail, and a broken build does not stay. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached } from "../harness/device.ts";
import { compose } from "../harness/mail.ts";
import { builtApp } from "../harness/programs.ts";
import { expect, targetsOf, test } from "../harness/stage.ts";
import { accountOn, App } from "../pages/app.ts";

test("only hashed files of one build are cached, never an API, a tunnel or mail", async ({ app, mail }) => {
  await mail.deliver(compose({ subject: "Not in a cache" }));
  await app.open();
  await app.signIn(accountOn(mail, "IMAP"));
  await app.openMessage("Not in a cache");
  await app.workerReady();
  await app.reload();
  const caches = Object.entries(await cached(app.page));
  expect(caches.length, "one cache for one build").toBe(1);
  const paths = caches.flatMap(([, list]) => list);
  const built = readdirSync(builtApp, { recursive: true, encoding: "utf8" });
  // The start page is the list of the build's hashed files; it is kept with them so that they fit together.
  for (const path of paths.filter((path) => path !== "/" && path !== "/index.html")) {
    expect(path).toMatch(/^\/assets\/[\w.-]+[.-][\w-]{8,}\.\w+$/);
    expect(built).toContain(path.slice(1));
  }
  expect(paths.some((path) => path.endsWith(".wasm")), "the core is among them").toBe(true);
});

test("the start page and the worker are asked for each time, hashed files never again", async ({ gateway }) => {
  for (const path of ["/", "/sw.js"]) expect((await fetch(gateway.origin + path)).headers.get("cache-control"), path).toBe("no-cache");
  const script = /\/assets\/[^"']+\.js/.exec(await (await fetch(gateway.origin)).text())?.[0] ?? "";
  expect((await fetch(gateway.origin + script)).headers.get("cache-control")).toContain("immutable");
});

/** Another build: the same files with another name for the main script, as a bundler makes them. */
function deploy(folder: string, name: string, main: (text: string) => string | undefined): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync(builtApp, folder, { recursive: true });
  const index = readFileSync(join(builtApp, "index.html"), "utf8");
  const script = /assets\/([\w.-]+\.js)/.exec(index)?.[1] ?? "";
  const text = main(readFileSync(join(builtApp, "assets", script), "utf8"));
  const renamed = `${name}-${script}`;
  for (const encoding of ["", ".br", ".gz"]) {
    rmSync(join(folder, "assets", script + encoding), { force: true });
    rmSync(join(folder, `sw.js${encoding}`), { force: true });
    rmSync(join(folder, `index.html${encoding}`), { force: true });
  }
  if (text !== undefined) writeFileSync(join(folder, "assets", renamed), text);
  writeFileSync(join(folder, "index.html"), index.replaceAll(script, renamed));
  writeFileSync(join(folder, "sw.js"), `${readFileSync(join(builtApp, "sw.js"), "utf8").replaceAll(script, renamed)}\n// build ${name}\n`);
}

for (const [kind, broken] of [
  ["its main script throws", () => 'throw new Error("broken build");'],
  ["its main script is missing", () => undefined],
] as const) {
  test(`a broken build does not stay: ${kind}`, async ({ stage, mail }) => {
    const folder = join(stage.folder, "deployed");
    deploy(folder, "first", (text) => text);
    const gateway = await stage.gateway(targetsOf(mail), { app: folder });
    const { context } = await stage.device();
    const page = await context.newPage();
    const app = new App(page, gateway.origin);
    const name = (): Promise<string> => page.locator('script[type="module"][src]').first().getAttribute("src").then((source) => source ?? "");
    await app.open();
    await expect(app.signInButton).toBeVisible();
    await app.workerReady();

    deploy(folder, "broken", broken);
    for (let visit = 0; visit < 3; visit += 1) await app.open();

    deploy(folder, "good", (text) => text);
    await expect(async () => {
      await app.reload();
      expect(await name()).toContain("good-");
      await expect(app.signInButton).toBeVisible({ timeout: 2000 });
    }).toPass({ timeout: 30_000 });
    await app.workerReady();
    await expect.poll(async () => Object.values(await cached(page)).flat().filter((path) => /first-|broken-/.test(path)), "old builds are gone").toEqual([]);
  });
}

test("the app starts with the gateway gone", async ({ app, gateway }) => {
  await app.open();
  await expect(app.signInButton).toBeVisible();
  await app.workerReady();
  await gateway.stop();
  await app.reload();
  await expect(app.signInButton).toBeVisible();
});
