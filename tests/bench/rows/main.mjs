// Races the ways of rows from a Worker to its page: node tests/bench/rows/main.mjs
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { race } from "./page.mjs";

const here = import.meta.dirname;

async function inNode() {
  const worker = new Worker(join(here, "worker.mjs"));
  const ask = (question) =>
    new Promise((resolve) => {
      // Taking the message apart is done before the listener is called; Node does not tell how long it took.
      worker.once("message", (answer) => resolve({ ...answer, taken: 0 }));
      worker.postMessage(question);
    });
  const results = await race(ask);
  await worker.terminate();
  return results;
}

async function inChromium() {
  const { chromium } = createRequire(join(here, "../../browser/package.json"))("@playwright/test");
  const server = createServer(({ url }, answer) => {
    const name = url === "/" ? "" : url.slice(1);
    answer.setHeader("content-type", name === "" ? "text/html" : "text/javascript");
    answer.end(name === "" ? '<!doctype html><title>Rows</title><link rel="icon" href="data:,">' : readFileSync(join(here, name)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const profile = mkdtempSync(join(tmpdir(), "waypost-rows-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const results = await page.evaluate(async () => {
    const { race } = await import("/page.mjs");
    const worker = new Worker("/worker.mjs", { type: "module" });
    return race(
      (question) =>
        new Promise((resolve) => {
          worker.onmessage = (event) => {
            // A browser takes the message apart when it is first looked at.
            const begin = performance.now();
            const { data } = event;
            resolve({ ...data, taken: performance.now() - begin });
          };
          worker.postMessage(question);
        }),
    );
  });
  await context.close();
  await new Promise((resolve) => server.close(resolve));
  rmSync(profile, { recursive: true, force: true });
  return results;
}

console.log("Node");
console.table(await inNode());
console.log("Chromium");
console.table(await inChromium());
