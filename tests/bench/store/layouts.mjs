// Runs in the page: the same list rows as one record each, or many in a record, written, read and changed.

/** A whole number of the records of each layout. */
const LEVEL = 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const MAILBOX = [1, 1, 7];

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const complete = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });

async function opened(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("rows");
  return settled(request);
}

/** Octets of a record of many rows: each after its length. */
function pack(rows) {
  const record = new Uint8Array(rows.reduce((sum, row) => sum + row.length + 4, 0));
  const view = new DataView(record.buffer);
  let at = 0;
  for (const row of rows) {
    view.setUint32(at, row.length);
    record.set(row, at + 4);
    at += 4 + row.length;
  }
  return record;
}

function unpack(record) {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const rows = [];
  for (let at = 0; at < record.length; at += 4 + view.getUint32(at)) rows.push(record.subarray(at + 4, at + 4 + view.getUint32(at)));
  return rows;
}

class Layout {
  constructor(database, size) {
    this.database = database;
    this.size = size;
  }

  key(index) {
    return [...MAILBOX, Math.floor(index / this.size)];
  }

  /** All rows, as many as a batch of the engine holds in each transaction. */
  async write(rows, durability) {
    for (let from = 0; from < rows.length; from += LEVEL) {
      const transaction = this.database.transaction(["rows"], "readwrite", { durability });
      const store = transaction.objectStore("rows");
      const batch = rows.slice(from, from + LEVEL);
      for (let at = 0; at < batch.length; at += this.size) {
        const some = batch.slice(at, at + this.size);
        store.put(this.size === 1 ? some[0] : pack(some), this.key(from + at));
      }
      transaction.commit();
      await complete(transaction);
    }
  }

  /** The rows at these places. */
  async get(places) {
    const store = this.database.transaction(["rows"], "readonly").objectStore("rows");
    const groups = new Map();
    await Promise.all(
      places.map(async (place) => {
        const group = Math.floor(place / this.size);
        if (!groups.has(group)) groups.set(group, settled(store.get(this.key(place))));
        await groups.get(group);
      }),
    );
    const records = new Map(await Promise.all([...groups].map(async ([group, record]) => [group, await record])));
    const read = (place) => {
      const record = records.get(Math.floor(place / this.size));
      return this.size === 1 ? record : unpack(record)[place % this.size];
    };
    return places.map((place) => JSON.parse(decoder.decode(read(place))));
  }

  /** Changes the rows at these places, in one transaction that reads and one that writes, as the engine does. */
  async change(places) {
    const groups = [...new Set(places.map((place) => Math.floor(place / this.size)))];
    const reading = this.database.transaction(["rows"], "readonly").objectStore("rows");
    const records = await Promise.all(groups.map((group) => settled(reading.get([...MAILBOX, group]))));
    const wanted = new Set(places);
    const transaction = this.database.transaction(["rows"], "readwrite", { durability: "relaxed" });
    const store = transaction.objectStore("rows");
    records.forEach((record, index) => {
      const rows = this.size === 1 ? [record] : unpack(record);
      const changed = rows.map((row, at) => {
        if (!wanted.has(groups[index] * this.size + at)) return row;
        const value = JSON.parse(decoder.decode(row));
        return encoder.encode(JSON.stringify({ ...value, flags: ["\\Seen", "\\Answered"] }));
      });
      store.put(this.size === 1 ? changed[0] : pack(changed), [...MAILBOX, groups[index]]);
    });
    transaction.commit();
    await complete(transaction);
  }

  async all() {
    const records = await settled(this.database.transaction(["rows"], "readonly").objectStore("rows").getAll());
    return this.size === 1 ? records : records.flatMap(unpack);
  }
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
async function timed(act) {
  const start = performance.now();
  await act();
  return performance.now() - start;
}
async function repeated(times, act) {
  const took = [];
  for (let round = 0; round < times; round += 1) took.push(await timed(() => act(round)));
  return median(took);
}

/** One layout: rows in a record, the octets of all rows. `json` says whether rows can be read as such. */
export async function measure({ size, set, durability = "relaxed" }) {
  const octets = new Uint8Array(await (await fetch(`/${set}`)).arrayBuffer());
  const rows = unpack(octets).map((row) => row.slice());
  const layout = new Layout(await opened(`layout-${set}-${size}`), size);
  const count = rows.length;
  const write = await timed(() => layout.write(rows, durability));
  const found = { write };
  if (set !== "octets") {
    const newest = Array.from({ length: 50 }, (_, index) => count - 1 - index);
    const step = Math.floor(count / 51);
    found["newest 50"] = await repeated(50, () => layout.get(newest));
    found["50 scattered"] = await repeated(50, (round) => layout.get(newest.map((_, index) => ((index + 1) * step + round * 37) % count)));
    found["1 row"] = await repeated(50, (round) => layout.get([(round * 997) % count]));
    found["flags of 1000 in a row"] = await repeated(5, (round) => layout.change(Array.from({ length: 1000 }, (_, index) => round * 1000 + index)));
    found["flags of 1000 scattered"] = await repeated(5, (round) => layout.change(Array.from({ length: 1000 }, (_, index) => (index * Math.floor(count / 1000) + round) % count)));
  }
  found["all"] = await repeated(3, () => layout.all());
  const back = await layout.all();
  if (back.length !== count) throw new Error(`${back.length} rows of ${count} came back.`);
  return found;
}
