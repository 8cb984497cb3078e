// How long a page waits for the package in Chromium, with everything in the browser's cache: node web/client/packaging/start.mjs [ROUNDS].
// Prints a table and writes target/bench/start.json.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { bundlers } from "./bundlers.mjs";
import { consumer } from "./consumers.mjs";
import { setup } from "./pack.mjs";
import { project, target } from "./places.mjs";
import { serve } from "./server.mjs";

const GOAL = 100;
const rounds = Number(process.argv[2] ?? 30);
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Times of one entry, in milliseconds: a new page for each, in a browser that has seen it before. */
async function times(name) {
  const output = join(project, "built", name);
  await bundlers.vite(consumer(name, "timed", "vite"), output);
  const site = await serve(output, { "cache-control": "max-age=31536000, immutable" });
  const profile = mkdtempSync(join(target, "profile-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: "/usr/bin/chromium", headless: true, chromiumSandbox: process.getuid?.() !== 0, args: quiet });
  const found = [];
  try {
    for (let round = 0; round < rounds + 5; round += 1) {
      const page = await context.newPage();
      await page.goto(`${site.origin}/`);
      const outcome = await (await page.waitForFunction("globalThis.outcome")).jsonValue();
      if (outcome.error !== undefined) throw new Error(`${name}: ${outcome.error}`);
      const asked = site.asked();
      // In the first rounds the browser fills its caches: of files, and of what it has compiled.
      if (round >= 5) found.push(outcome);
      if (round >= 5 && asked.some((path) => path.endsWith(".wasm"))) throw new Error(`${name}: the module came from the network`);
      await page.close();
    }
  } finally {
    await context.close();
    await site.close();
    rmSync(profile, { recursive: true, force: true });
  }
  return found;
}

const rank = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

setup();
const rows = [];
const late = [];
console.log(`load ${loadavg()[0].toFixed(1)}\nentry         from    median_ms  p90_ms  (goal: ${GOAL} ms from the call)`);
for (const [who, probe] of [
  ["waypost", "start-engine"],
  ["waypost/imap", "start-imap"],
  ["waypost/pop3", "start-pop3"],
]) {
  const found = await times(probe);
  for (const from of ["call", "page"]) {
    const values = found.map((outcome) => outcome[from]);
    const [median, p90] = [rank(values, 0.5), rank(values, 0.9)];
    rows.push({ set: `start from ${from}`, who, metric: "median_ms", value: median }, { set: `start from ${from}`, who, metric: "p90_ms", value: p90 });
    console.log(`${who.padEnd(14)}${from.padEnd(6)}${median.toFixed(1).padStart(11)}${p90.toFixed(1).padStart(8)}`);
    if (from === "call" && median > GOAL) late.push(`${who}: ${median.toFixed(1)} ms from the call, the goal is ${GOAL}`);
  }
}
rows.push({ set: "load", who: "machine", metric: "loadavg", value: loadavg()[0] });
const results = join(target, "../bench");
mkdirSync(results, { recursive: true });
writeFileSync(join(results, "start.json"), `${JSON.stringify(rows, null, 2)}\n`);
for (const line of late) console.log(line);
process.exitCode = late.length === 0 ? 0 : 1;
