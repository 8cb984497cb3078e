// Row per message or packed rows: node tests/bench/store/experiment.mjs [ROWS]. Prints a table; docs/decisions/ says what came of it.
import { randomBytes } from "node:crypto";
import { withPage } from "./browser.mjs";
import { noiseRows } from "./noise.mjs";
import { compressed, realRows } from "./rows.mjs";

const count = Number(process.argv[2] ?? 100_000);
const sizes = [1, 16, 32, 64, 128];

/** One buffer of all rows, each after its length. */
function packed(rows) {
  return Buffer.concat(rows.flatMap((row) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(row));
    return [length, Buffer.from(row)];
  }));
}

const sets = { real: realRows(count), noise: noiseRows(count), octets: Array.from({ length: count }, () => randomBytes(450)) };
const data = {};
for (const [name, rows] of Object.entries(sets)) {
  if (rows === undefined) continue;
  data[`/${name}`] = packed(rows);
  const rate = name === "octets" ? 1 : compressed(rows);
  console.log(`${name}: ${count} rows, ${Math.round(data[`/${name}`].length / count)} octets each, DEFLATE leaves ${(rate * 100).toFixed(0)} %`);
}
const rounds = Number(process.argv[3] ?? 2);
const shown = (row) => Object.entries(row).map(([name, value]) => `${name} ${typeof value === "number" ? Number(value.toFixed(1)) : value}`).join(", ");
const table = [];
for (let round = 0; round < rounds; round += 1) {
  for (const size of sizes) {
    for (const set of Object.keys(data).map((path) => path.slice(1))) {
      const row = { set, size, ...(await withPage(data, (page) => page.evaluate(async (job) => (await import("/layouts.mjs")).measure(job), { size, set }))) };
      console.log(shown(row));
      const known = table.find((line) => line.set === set && line.size === size);
      // The quicker of two: the machine is shared.
      if (known === undefined) table.push(row);
      else for (const [name, value] of Object.entries(row)) known[name] = typeof value === "number" ? Math.min(known[name], value) : value;
    }
  }
}
console.log("\nthe quickest of each:");
for (const row of table) console.log(shown(row));
