// Sizes of what a visitor downloads, raw and compressed, held against web/size-budget.json: the web app as it is served, and each entry of
// the npm package as Vite makes a page of it that imports nothing else. What is over its budget fails; a goal that is missed is said.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const { goals, ...budgets } = JSON.parse(readFileSync("web/size-budget.json", "utf8"));
const kinds = { wasm: /\.wasm$/, scripts: /\.js$/, styles: /\.css$/ };
const rows = [];
const faults = [];
/** Compressing a module takes seconds, and app and package have the same. */
const compressed = new Map();

function sizesOf(octets) {
  const hash = createHash("sha256").update(octets).digest("hex");
  const sizes = compressed.get(hash) ?? {
    raw: octets.length,
    gzip: gzipSync(octets, { level: 9 }).length,
    brotli: brotliCompressSync(octets, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
  };
  compressed.set(hash, sizes);
  return sizes;
}

function measure(set, who, folder) {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const [kind, budget] of Object.entries(budgets[set][who])) {
    const names = files.filter((name) => kinds[kind].test(name));
    const sum = { raw: 0, gzip: 0, brotli: 0 };
    for (const name of names) {
      for (const [metric, value] of Object.entries(sizesOf(readFileSync(join(folder, name))))) sum[metric] += value;
    }
    console.log(who.padEnd(16) + kind.padEnd(8) + [names.length, sum.raw, sum.gzip, sum.brotli, budget].map((value) => String(value).padStart(11)).join("") + judged(goals[who]?.[kind], sum.brotli));
    for (const [metric, value] of Object.entries(sum)) rows.push({ set, who: who === set ? kind : `${who} ${kind}`, metric: `${metric} octets`, value });
    if (names.length === 0) faults.push(`${who}: no ${kind} in ${folder}`);
    if (sum.brotli > budget) faults.push(`${who}, ${kind}: ${sum.brotli} octets are over the budget of ${budget} in web/size-budget.json; raising it needs a sentence in the commit`);
  }
}

const judged = (goal, value) => (goal === undefined ? "" : `${String(goal).padStart(11)} ${value > goal ? "missed" : "met"}`);

/** A page that exports all of an entry, so that nothing of it is shaken off. */
async function built(entry) {
  const folder = join(import.meta.dirname, "../target/size", entry.replace("/", "-"));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "index.html"), '<!doctype html><script type="module" src="./main.js"></script>\n');
  writeFileSync(join(folder, "main.js"), `import * as entry from ${JSON.stringify(entry)};\nglobalThis.entry = entry;\n`);
  const manifest = JSON.parse(readFileSync("web/client/package.json", "utf8"));
  const file = join(import.meta.dirname, "../web/client", manifest.exports[entry.replace("waypost", ".")].default);
  const { build } = await import(pathToFileURL(createRequire(join(import.meta.dirname, "../web/package.json")).resolve("vite")).href);
  const alias = [{ find: new RegExp(`^${entry}$`), replacement: file }];
  await build({ configFile: false, root: folder, logLevel: "warn", resolve: { alias }, build: { target: "es2022", modulePreload: { polyfill: false }, chunkSizeWarningLimit: 1e5 } });
  return join(folder, "dist/assets");
}

console.log("what            kind          files        raw       gzip     brotli     budget       goal (octets, brotli)");
measure("app", "app", "web/app/dist/assets");
for (const entry of Object.keys(budgets.package)) measure("package", entry, await built(entry));
mkdirSync("target/bench", { recursive: true });
writeFileSync("target/bench/size.json", `${JSON.stringify(rows, null, 2)}\n`);
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
