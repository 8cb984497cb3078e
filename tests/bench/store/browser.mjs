// Chromium on a profile of its own, on a disk, with a page of an origin of its own: a plain context keeps IndexedDB in memory.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../../..");
const { chromium } = createRequire(join(root, "tests/browser/package.json"))("@playwright/test");
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** What the page may load, beside what `data` holds. */
const files = {
  "/waypost.js": join(root, "target/wasm/probe/waypost.js"),
  "/waypost.wasm": join(root, "target/wasm/probe/waypost.wasm"),
  "/layouts.mjs": join(here, "layouts.mjs"),
  "/noise.mjs": join(here, "noise.mjs"),
  "/page.mjs": join(here, "page.mjs"),
  "/writers.mjs": join(here, "writers.mjs"),
};
const types = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm" };

/** Runs `work` with a page; profile and browser are gone afterwards. `data` maps paths to what is served there. */
export async function withPage(data, work) {
  const server = createServer(({ url }, response) => {
    const found = data[url] ?? (files[url] === undefined ? "<!doctype html><title>Store</title>" : readFileSync(files[url]));
    response.writeHead(200, { "content-type": types[url.split(".").at(-1)] ?? "text/html; charset=utf-8" });
    response.end(found);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  mkdirSync(join(root, "target/bench"), { recursive: true });
  const profile = mkdtempSync(join(root, "target/bench/profile-"));
  const open = () =>
    chromium.launchPersistentContext(profile, { executablePath: "/usr/bin/chromium", headless: true, chromiumSandbox: process.getuid?.() !== 0, args: quiet });
  let context = await open();
  const fresh = async () => {
    const page = await context.newPage();
    page.on("console", (line) => line.type() === "error" && console.error(line.text()));
    page.setDefaultTimeout(600_000);
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    return page;
  };
  const restart = async () => {
    await context.close();
    context = await open();
    return fresh();
  };
  try {
    return await work(await fresh(), restart);
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
