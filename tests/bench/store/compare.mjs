// The store in Rust beside a plain JavaScript writer of the same records: node tests/bench/store/compare.mjs. Medians of three.
import { withPage } from "./browser.mjs";

const jobs = [
  { count: 10_000, octets: 450, batch: 1000, durability: "relaxed" },
  { count: 2000, octets: 15_000, batch: 100, durability: "relaxed" },
  { count: 2000, octets: 56 * 1024, batch: 50, durability: "strict" },
  { count: 500, octets: 8192, batch: 1, durability: "strict" },
];
for (const job of jobs) {
  const { rust, plain } = await withPage({}, (page) => page.evaluate(async (job) => (await import("/writers.mjs")).compare(job), job));
  const { count, octets, batch, durability } = job;
  console.log(`${count} records of ${octets} octets, ${batch} in a batch, ${durability}: Rust ${rust.toFixed(0)} ms, JavaScript ${plain.toFixed(0)} ms, ${(rust / plain).toFixed(2)}`);
}
