// Runs in the page: fills a folder through the engine's own code and asks for its lists; and a plain writer of the same records.
import initialise, { ListProbe } from "/waypost.js";
import { noiseRows } from "/noise.mjs";

await initialise({ module_or_path: "/waypost.wasm" });

const BATCH = 1000;
const ACCOUNT = { id: 1, protocol: "imap", address: "ada@waypost.example", host: "localhost", port: 993, security: "tls", username: "ada" };
const MAILBOX = { id: 1, name: "INBOX", delimiter: "/", role: "inbox", selectable: true, uidvalidity: 7, total: null, unseen: null, syncedAt: null };
const ORDERS = {
  date: { order: "date" },
  sender: { order: "sender" },
  subject: { order: "subject" },
  size: { order: "size" },
  thread: { order: "thread" },
  unread: { order: "date", filter: "unread" },
  flagged: { order: "date", filter: "flagged" },
};

let probe;

async function timed(act) {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

/** The median and the slowest but for one in twenty of so many times. */
async function repeated(times, act) {
  const took = [];
  for (let round = 0; round < times; round += 1) took.push(await timed(() => act(round)));
  took.sort((a, b) => a - b);
  return { median: took[Math.floor(times / 2)], p95: took[Math.floor(times * 0.95)] };
}

/** Fills a new folder; gives the milliseconds of writing alone. */
export async function fill(count) {
  probe = await ListProbe.open("bench");
  await probe.begin(JSON.stringify(ACCOUNT), JSON.stringify(MAILBOX));
  let took = 0;
  for (let first = 1; first <= count; first += 10_000) {
    probe.take(`[${noiseRows(Math.min(10_000, count + 1 - first), first).join(",")}]`);
    took += await timed(() => probe.write(BATCH));
  }
  probe.close();
  return took;
}

/** Opens the folder in a browser that has just started; the first list comes with it. */
export async function opening() {
  const open = await timed(async () => (probe = await ListProbe.open("bench")));
  const first = await timed(() => probe.list({ ...ORDERS.date, descending: true, after: null, limit: 50 }));
  return { open, first };
}

/** The first 50 rows of each order, and the counts. */
export async function lists(count, times) {
  const found = {};
  for (const [name, order] of Object.entries(ORDERS)) {
    const query = { filter: "all", ...order, descending: true, after: null, limit: 50 };
    const [rows, total] = await probe.list(query);
    if (JSON.parse(rows).length !== 50 || total > count) throw new Error(`${name}: ${JSON.parse(rows).length} rows of ${total}`);
    found[`first 50 by ${name}`] = await repeated(times, () => probe.list(query));
  }
  found.counts = await repeated(times, () => probe.mailboxes());
  return found;
}

/** Flags 1,000 messages, each time others where there are so many. */
export async function flags(count) {
  return repeated(3, (round) => probe.flag(1 + ((round * 1000) % (count - 999)), Math.min(1000, count)));
}

/** Writes as `fill` does and notes each put and delete by its transaction, then does the same in plain JavaScript in another database. */
export async function replay(count) {
  const batches = new Map();
  const methods = { put: IDBObjectStore.prototype.put, delete: IDBObjectStore.prototype.delete };
  for (const [name, real] of Object.entries(methods)) {
    IDBObjectStore.prototype[name] = function (...values) {
      const batch = batches.get(this.transaction) ?? [];
      batches.set(this.transaction, batch);
      batch.push([this.name, name, values]);
      return real.apply(this, values);
    };
  }
  await fill(count);
  Object.assign(IDBObjectStore.prototype, methods);
  const request = indexedDB.open("plain", 1);
  const names = [...new Set([...batches.values()].flatMap((batch) => batch.map(([name]) => name)))];
  request.onupgradeneeded = () => names.forEach((name) => request.result.createObjectStore(name));
  const database = await new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  let [records, octets] = [0, 0];
  const took = await timed(async () => {
    for (const batch of batches.values()) {
      const transaction = database.transaction([...new Set(batch.map(([name]) => name))], "readwrite", { durability: "relaxed" });
      for (const [name, method, values] of batch) transaction.objectStore(name)[method](...values);
      transaction.commit();
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
    }
  });
  for (const [, method, [value]] of [...batches.values()].flat()) if (method === "put") [records, octets] = [records + 1, octets + value.length];
  return { took, records, octets };
}
