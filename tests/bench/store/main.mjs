// Measures the store in Chromium on a disk: node tests/bench/store/main.mjs [COUNT...]. Prints a table and writes target/bench/store.json.
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { withPage } from "./browser.mjs";

const QUERIES = 200;
const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1000, 20_000, 200_000];
const rows = [];
const note = (set, who, metric, value) => {
  rows.push({ set, who, metric, value: Math.round(value * 100) / 100 });
  console.log(`${set.padEnd(26)}  ${who.padEnd(10)}  ${metric.padEnd(18)}  ${value.toFixed(1).padStart(12)}`);
};
const run = (page, name, ...values) => page.evaluate(async ([name, values]) => (await import("/page.mjs"))[name](...values), [name, values]);

async function lists(count) {
  const set = (name) => `${name}, ${count.toLocaleString("en")}`;
  await withPage({}, async (page, restart) => {
    note(set("fill"), "waypost", "ms", await run(page, "fill", count));
    const again = await restart();
    const { open, first } = await run(again, "opening");
    note(set("opening"), "waypost", "ms", open);
    note(set("opening"), "waypost", "first_list_ms", first);
    for (const [name, { median, p95 }] of Object.entries(await run(again, "lists", count, QUERIES))) {
      note(set(name), "waypost", "median_ms", median);
      note(set(name), "waypost", "p95_ms", p95);
    }
    note(set("flags-1000"), "waypost", "median_ms", (await run(again, "flags", count)).median);
  });
}

async function writing(count) {
  const set = `write-${count / 1000}k`;
  const ms = await withPage({}, (page) => run(page, "fill", count));
  note(set, "waypost", "ms", ms);
  const { took, records, octets } = await withPage({}, (page) => run(page, "replay", count));
  note(set, "javascript", "ms", took);
  note(set, "javascript", "records", records);
  note(set, "javascript", "MB", octets / 1e6);
  note(set, "waypost", "part_of_javascript", took / ms);
}

console.log(`load ${loadavg()[0].toFixed(1)}`);
for (const count of counts) await lists(count);
await writing(counts.includes(200_000) ? 100_000 : Math.max(...counts));
note("load", "machine", "loadavg", loadavg()[0]);

// The promise: in a long folder as in a short one.
const [short, long] = [Math.min(...counts), Math.max(...counts)].map((count) => count.toLocaleString("en"));
const median = (name) => rows.find((row) => row.set === name && row.metric === "median_ms").value;
const late = rows
  .filter((row) => row.metric === "median_ms" && row.set.startsWith("first 50") && row.set.endsWith(`, ${long}`))
  .filter((row) => row.value > 2 * median(row.set.replace(`, ${long}`, `, ${short}`)) + 5);
for (const { set, value } of late) console.log(`slower than twice the short folder and 5 ms: ${set}: ${value} ms`);
mkdirSync("target/bench", { recursive: true });
writeFileSync("target/bench/store.json", JSON.stringify(rows, null, 2));
process.exitCode = late.length === 0 ? 0 : 1;
