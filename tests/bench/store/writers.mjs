// Runs in the page: the same records written by the store in Rust and by plain JavaScript, batch for batch, lease included.
import initialise, { StoreProbe } from "/waypost.js";

await initialise({ module_or_path: "/waypost.wasm" });

const now = async (act) => {
  const start = performance.now();
  await act();
  return performance.now() - start;
};

/** So many values of so many octets by chance, in batches. */
function batches(count, octets, batch) {
  const made = [];
  for (let at = 0; at < count; at += batch) {
    made.push(
      Array.from({ length: Math.min(batch, count - at) }, (_, index) => {
        const value = new Uint8Array(octets);
        for (let from = 0; from < octets; from += 65_536) crypto.getRandomValues(value.subarray(from, from + 65_536));
        return { key: [1, 1, 7, at + index], value };
      }),
    );
  }
  return made;
}

/** The plain writer: a transaction for each batch, which checks the lease and commits as soon as that is answered. */
async function plain(name, all, durability) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => ["rows", "meta"].forEach((store) => request.result.createObjectStore(store));
  const database = await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  return now(async () => {
    for (const batch of all) {
      const transaction = database.transaction(["rows", "meta"], "readwrite", { durability });
      transaction.objectStore("meta").get(["lease"]).onsuccess = () => transaction.commit();
      const store = transaction.objectStore("rows");
      for (const { key, value } of batch) store.put(value, key);
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
    }
  });
}

async function rust(name, all, durability) {
  const probe = new StoreProbe(name, false, () => undefined);
  await probe.open();
  for (const batch of all) {
    const writes = batch.map(({ key }, value) => ({ write: "put", table: "rows", key, value }));
    probe.prepare(writes, batch.map(({ value }) => value), durability === "strict");
  }
  return now(() => probe.commitPrepared());
}

/** Both, one after the other, in turns. */
export async function compare({ count, octets, batch, durability }) {
  const found = { rust: [], plain: [] };
  for (let round = 0; round < 3; round += 1) {
    const all = batches(count, octets, batch);
    const turns = [["rust", rust], ["plain", plain]];
    for (const [who, write] of round % 2 === 0 ? turns : turns.reverse()) found[who].push(await write(`${who}-${octets}-${durability}-${round}`, all, durability));
  }
  return Object.fromEntries(Object.entries(found).map(([who, times]) => [who, times.sort((a, b) => a - b)[1]]));
}
