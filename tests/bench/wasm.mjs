// Parses a set in wasm when its name comes in: prints milliseconds, responses and their sum.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import initialise, { Connection } from '../../target/bench/wasm/waypost.js';

const CHUNK = 64 * 1024;
const root = new URL('../../target/bench/', import.meta.url);
await initialise({ module_or_path: readFileSync(new URL('wasm/waypost.wasm', root)) });
const sets = new Map();

for await (const name of createInterface({ input: process.stdin })) {
  if (!sets.has(name)) {
    sets.clear();
    sets.set(name, readFileSync(new URL(`sets/${name}`, root)));
  }
  const octets = sets.get(name);
  const start = performance.now();
  const connection = new Connection();
  for (let at = 0; at < octets.length; at += CHUNK) connection.feed(octets.subarray(at, at + CHUNK));
  const took = performance.now() - start;
  console.log(took, connection.responses(), connection.sum());
  connection.free();
}
