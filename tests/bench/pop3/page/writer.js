// The plain writer: puts the records that were noted while the package ran, in the same transactions with the same durability, and
// reads the bodies of each back when it is complete. Nothing else: no network, no protocol, no hash, no index of its own.

/** The table whose values are octets of messages. */
const BODIES = "bodies";
/** Those whose records share nodes. */
const PACKED = ["contents", "bodies", "uidls"];

/** Octets that no store can make smaller. */
const pool = new Uint8Array(1 << 20);
for (let at = 0; at < pool.length; at += 65_536) crypto.getRandomValues(pool.subarray(at, at + 65_536));
let position = 0;

function octets(length) {
  const found = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const piece = pool.subarray(position, Math.min(position + length - at, pool.length));
    found.set(piece, at);
    at += piece.length;
    // An odd step, so that a value is never the same again soon.
    position = (position + piece.length + 4099) % (pool.length - 8192);
  }
  return found;
}

function valueOf(outline) {
  if ("octets" in outline) return octets(outline.octets);
  if ("list" in outline) return outline.list.map(valueOf);
  if ("fields" in outline) return Object.fromEntries(outline.fields.map(([name, part]) => [name, valueOf(part)]));
  return outline.plain;
}

function open(schema) {
  const request = indexedDB.open("writer", 1);
  request.onupgradeneeded = () => {
    for (const { name, keyPath, autoIncrement, indexes } of schema) {
      const store = request.result.createObjectStore(name, { keyPath, autoIncrement });
      for (const { name, keyPath, unique, multiEntry } of indexes) store.createIndex(name, keyPath, { unique, multiEntry });
    }
  };
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function issue(transaction, { name, store, value, key, range }) {
  const table = transaction.objectStore(store);
  if (name !== "delete") return table[name](valueOf(value), ...(key === undefined ? [] : [key]));
  return table.delete(range === undefined ? key : IDBKeyRange.bound(range.lower, range.upper, range.lowerOpen, range.upperOpen));
}

function complete(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Octets of these values, read from the store. */
async function readBack(database, keys) {
  const transaction = database.transaction(BODIES);
  const table = transaction.objectStore(BODIES);
  let sum = 0;
  for (const key of keys) {
    table.get(key).onsuccess = ({ target }) => {
      sum += target.result.byteLength;
    };
  }
  await complete(transaction);
  return sum;
}

/** The same writes with each record by itself. One that was put before and only moved to another node is not put again. */
function singly(transactions) {
  const known = new Map();
  const isNew = ({ store, key, value }) => {
    const name = JSON.stringify([store, key]);
    const before = known.get(name);
    known.set(name, value.octets);
    return before !== value.octets;
  };
  return transactions.map(({ writes, ...rest }) => {
    const single = writes.flatMap((write) => {
      if (write.name === "delete" || !PACKED.includes(write.store)) return [write];
      const records = write.records ?? [{ key: write.key, octets: write.value.octets }];
      return records.map(({ key, octets }) => ({ ...write, key, value: { octets } })).filter(isNew);
    });
    return { ...rest, writes: single };
  });
}

async function write({ record: { schema, transactions: recorded }, only, single }) {
  const transactions = single ? singly(recorded) : recorded;
  const database = await open(schema);
  const wanted = ({ store }) => only === undefined || store === only;
  const start = performance.now();
  let sum = 0;
  for (const { stores, durability, writes } of transactions) {
    const own = writes.filter(wanted);
    if (own.length === 0) continue;
    const transaction = database.transaction(only === undefined ? stores : [only], "readwrite", { durability });
    for (const one of own) issue(transaction, one);
    transaction.commit();
    await complete(transaction);
    const bodies = own.filter(({ name, store }) => store === BODIES && name !== "delete").map(({ key }) => key);
    if (bodies.length > 0) sum += await readBack(database, bodies);
  }
  return { ms: performance.now() - start, octets: sum };
}

onmessage = ({ data }) => {
  write(data).then(postMessage, (error) => postMessage({ error: String(error) }));
};
