// Sizes of what a visitor downloads, raw and compressed, held against web/size-budget.json.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const folder = "web/app/dist/assets";
const budget = JSON.parse(readFileSync("web/size-budget.json", "utf8"));
const kinds = [
  ["wasm", /\.wasm$/],
  ["scripts", /\.js$/],
  ["styles", /\.css$/],
];

const rows = [];
const faults = [];
console.log("what       files        raw       gzip     brotli     budget (octets, brotli)");
for (const [who, pattern] of kinds) {
  const names = readdirSync(folder).filter((name) => pattern.test(name));
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const name of names) {
    const octets = readFileSync(join(folder, name));
    sum.raw += octets.length;
    sum.gzip += gzipSync(octets, { level: 9 }).length;
    sum.brotli += brotliCompressSync(octets, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  }
  console.log(who.padEnd(8) + [names.length, sum.raw, sum.gzip, sum.brotli, budget[who]].map((value) => String(value).padStart(11)).join(""));
  for (const [metric, value] of Object.entries(sum)) rows.push({ set: "app", who, metric: `${metric} octets`, value });
  if (names.length === 0) faults.push(`no ${who} in ${folder}`);
  if (sum.brotli > budget[who]) faults.push(`${who}: ${sum.brotli} octets are over the budget of ${budget[who]} in web/size-budget.json; raising it needs a sentence in the commit`);
}
mkdirSync("target/bench", { recursive: true });
writeFileSync("target/bench/size.json", `${JSON.stringify(rows, null, 2)}\n`);
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
