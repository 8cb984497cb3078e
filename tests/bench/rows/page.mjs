import { receive } from "./race.mjs";

const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)];

/** Milliseconds of each way: in the Worker, on the page from the message on, and from asking to the end. `ask` gives the next answer. */
export async function race(ask) {
  const results = [];
  for (const count of [50, 1000]) {
    const measured = { json: [], objects: [], columns: [] };
    for (let round = 0; round < 220; round += 1) {
      for (const way of Object.keys(measured)) {
        const begin = performance.now();
        const { message, worked, taken } = await ask({ way, count });
        const page = performance.now();
        receive[way](message);
        const end = performance.now();
        if (round >= 20) measured[way].push({ worker: worked, page: taken + end - page, all: end - begin });
      }
    }
    for (const [way, times] of Object.entries(measured)) {
      const of = (name) => Number(median(times.map((one) => one[name])).toFixed(3));
      results.push({ rows: count, way, worker: of("worker"), page: of("page"), all: of("all") });
    }
  }
  return results;
}
