// Numbers what a wasm module imports: node scripts/number-imports.mjs FOLDER, for each MODULE.wasm with its glue MODULE.js.
// wasm-bindgen ends every name with 16 digits of a hash, which no compression makes smaller, neither in the module nor in the glue.
// Numbers of the same length take their places, so that nothing else in the module moves.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder = ""] = process.argv.slice(2);
const ends = /(__wb\w+?_)([0-9a-f]{16})/g;

for (const module of readdirSync(folder).filter((name) => name.endsWith(".wasm"))) {
  // One character for each octet.
  const [octets, glue] = [module, module.replace(/wasm$/, "js")].map((name) => ({ path: join(folder, name), text: readFileSync(join(folder, name), "latin1") }));
  const hashes = ({ text }) => [...new Set(Array.from(text.matchAll(ends), ([, , hash]) => hash))];
  const all = hashes(octets);
  if (all.length === 0 || [...all].sort().join() !== hashes(glue).sort().join()) throw new Error(`${module} and its glue do not import the same names: has wasm-bindgen changed how it ends them?`);
  const numbers = new Map(all.map((hash, index) => [hash, String(index).padStart(16, "0")]));
  for (const { path, text } of [octets, glue]) writeFileSync(path, text.replace(ends, (_, name, hash) => name + numbers.get(hash)), "latin1");
}
