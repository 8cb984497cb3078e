// Runs in the page of any engine: the contract of the store, one claim for each export of `claims`. A claim that does not hold throws.
import initialise, { StoreProbe } from "/waypost.js";
import { Model, random, randomRead, randomWrite } from "/model.mjs";

const VERSION = 200;
const NEXT = (Math.floor(VERSION / 100) + 1) * 100;
await initialise({ module_or_path: "/waypost.wasm" });

const text = (value) => JSON.stringify(value);
function equal(actual, expected, what = "") {
  if (text(actual) !== text(expected)) throw new Error(`${what} is ${text(actual)?.slice(0, 600)}, expected ${text(expected)?.slice(0, 600)}`);
}

/** The store of one profile, and the states that it told. */
class Store {
  states = [];
  constructor(profile, reads = false) {
    this.probe = new StoreProbe(profile, reads, (state) => this.states.push(state.error === undefined ? state.storage : `${state.storage}: ${state.error.code}`));
  }
  open() {
    return this.probe.open().then(() => undefined, (error) => error.code);
  }
  /** The code of the error, or undefined. */
  commit(writes, strict = false) {
    const values = [];
    const plain = writes.map((write) => (write.write === "put" ? { ...write, octets: undefined, value: values.push(Uint8Array.from(write.octets)) - 1 } : write));
    return this.probe.commit(plain, values, strict).then(() => undefined, (error) => error.code);
  }
  read(reads) {
    const plain = (value) => (value instanceof Uint8Array ? [...value] : value);
    const entry = (entry) => (entry.length === 2 && entry[1] instanceof Uint8Array ? [entry[0], plain(entry[1])] : entry);
    return this.probe.read(reads).then((answers) => answers.map((answer) => (Array.isArray(answer) ? answer.map(entry) : plain(answer))), (error) => error.code);
  }
  async keys(table = "rows") {
    const answers = await this.read([keys(table, [])]);
    return typeof answers === "string" ? answers : answers[0];
  }
}

const put = (key, ...octets) => ({ write: "put", table: "rows", key, octets });
const prefix = (table, key, more = {}) => ({ read: "prefix", table, key, after: null, descending: false, limit: null, ...more });
const keys = (table, key, more = {}) => ({ read: "keys", table, key, after: null, limit: null, ...more });

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
const open = (profile, version, upgrade = () => undefined) => {
  const request = indexedDB.open(`waypost:${profile}`, version);
  request.onupgradeneeded = () => upgrade(request.result);
  return settled(request);
};
/** Waits until something holds; the suite's own time ends it otherwise. */
async function until(holds) {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
/** Does something while a method of the browser is another one. */
async function instead(prototype, name, method, act) {
  const real = prototype[name];
  prototype[name] = function (...values) {
    return method.call(this, real, values);
  };
  try {
    return await act();
  } finally {
    prototype[name] = real;
  }
}
/** Does something, and gives the connections that were opened meanwhile. */
async function watching(act) {
  const connections = [];
  await instead(IDBFactory.prototype, "open", function (real, values) {
    const request = real.apply(this, values);
    request.addEventListener("success", () => connections.push(request.result));
    return request;
  }, act);
  return connections;
}

export const claims = {
  "random batches and reads give what the reference gives": async (profile) => {
    const store = new Store(profile);
    const model = new Model();
    const below = random(20261125);
    for (let round = 0; round < 120; round += 1) {
      const writes = Array.from({ length: 1 + below(30) }, () => randomWrite(below));
      equal(await store.commit(writes, round % 2 === 0), undefined, "commit");
      model.commit(writes);
      const reads = Array.from({ length: 1 + below(30) }, () => randomRead(below));
      equal(await store.read(reads), reads.map((read) => model.read(read)), text(reads));
    }
    equal(store.states, [], "states");
  },

  "writes of a batch apply in their order": async (profile) => {
    const store = new Store(profile);
    await store.commit([put([1, 1], 1), put([1, 2], 2), put([2, 1], 3)]);
    await store.commit([put([1, 3], 3), { write: "deletePrefix", table: "rows", key: [1] }, put([1, 2], 9), { write: "delete", table: "rows", key: [2, 1] }, put([2, 1], 4)]);
    equal(await store.read([prefix("rows", [])]), [[[[1, 2], [9]], [[2, 1], [4]]]], "rows");
  },

  "keys come in pages, without their values": async (profile) => {
    const store = new Store(profile);
    await store.commit(Array.from({ length: 9 }, (_, index) => put([1, index + (index === 8 ? 100 : 0)], 1)));
    equal(await store.read([keys("rows", [1], { limit: 3 }), keys("rows", [1], { after: [1, 6], limit: 9 }), keys("rows", [1], { limit: 0 }), keys("rows", [2])]), [
      [[1, 0], [1, 1], [1, 2]],
      [[1, 7], [1, 108]],
      [],
      [],
    ]);
  },

  "a list is read in pages from both ends": async (profile) => {
    const store = new Store(profile);
    await store.commit(Array.from({ length: 300 }, (_, index) => put([1, 1, 7, index], index % 251)));
    const found = await store.read([
      prefix("rows", [1, 1, 7], { after: [1, 1, 7, 150], descending: true, limit: 50 }),
      prefix("rows", [1, 1, 7], { after: [1, 1, 7, 150], limit: 50 }),
      prefix("rows", [1, 1], { descending: true, limit: 400 }),
    ]);
    const numbers = found.map((page) => page.map(([key]) => key[3]));
    equal(numbers[0], Array.from({ length: 50 }, (_, index) => 149 - index));
    equal(numbers[1], Array.from({ length: 50 }, (_, index) => 151 + index));
    equal(numbers[2], Array.from({ length: 300 }, (_, index) => 299 - index));
  },

  "a batch is one transaction over its tables and the lease, as durable as it asks": async (profile) => {
    const store = new Store(profile);
    await store.open();
    const begun = [];
    await instead(IDBDatabase.prototype, "transaction", function (real, values) {
      const transaction = real.apply(this, values);
      begun.push([values[0], values[1], values[2]?.durability, transaction.durability]);
      return transaction;
    }, async () => {
      await store.commit([put([1, 1], 1), { ...put([1, 2], 2), table: "bodies" }, put([1, 3], 3)], true);
      await store.commit([{ ...put([1, 1], 1), table: "mailboxes" }]);
      await store.commit([]);
      await store.read([prefix("rows", []), { read: "count", table: "queue", key: [] }]);
    });
    equal(begun, [
      [["rows", "bodies", "meta"], "readwrite", "strict", "strict"],
      [["mailboxes", "meta"], "readwrite", "relaxed", "relaxed"],
      [["rows", "queue"], "readonly", "default", "default"],
    ]);
  },

  "pieces of a message come back octet for octet": async (profile) => {
    const store = new Store(profile);
    const pieces = Array.from({ length: 20 }, () => crypto.getRandomValues(new Uint8Array(56 * 1024)));
    const writes = pieces.map((_, index) => ({ write: "put", table: "bodies", key: [1, 0, 0, 5, index], value: index }));
    await store.probe.commit(writes, pieces, true);
    const [found] = await store.probe.read([prefix("bodies", [1, 0, 0, 5])]);
    equal(found.length, 20);
    found.forEach(([key, octets], index) => {
      equal(key, [1, 0, 0, 5, index]);
      equal(octets.length, pieces[index].length);
      if (octets.some((octet, at) => octet !== pieces[index][at])) throw new Error(`Piece ${index} differs.`);
    });
  },

  "small records share one of the database": async (profile) => {
    const store = new Store(profile);
    const line = (number) => ({ ...put([1, `id-${1000 + number}`], ...new Array(400).fill(number % 256)), table: "uidls" });
    await store.commit(Array.from({ length: 200 }, (_, number) => line(number)), true);
    const raw = await open(profile);
    const kept = () => settled(raw.transaction("uidls").objectStore("uidls").getAllKeys());
    equal((await kept()).length < 10, true, "few records");
    await store.commit([{ write: "delete", table: "uidls", key: [1, "id-1000"] }, line(77), { ...put([1, "id-1077a"], 5), table: "uidls" }]);
    const found = await store.read([
      { read: "get", table: "uidls", key: [1, "id-1000"] },
      { read: "get", table: "uidls", key: [1, "id-1077a"] },
      { read: "count", table: "uidls", key: [1] },
      keys("uidls", [1], { after: [1, "id-1197"], limit: 5 }),
      prefix("uidls", [1], { descending: true, limit: 1 }),
    ]);
    equal(found, [null, [5], 200, [[1, "id-1198"], [1, "id-1199"]], [[[1, "id-1199"], new Array(400).fill(199)]]]);
    equal((await kept()).length < 12, true, "few records");
    await store.commit([{ write: "deletePrefix", table: "uidls", key: [1] }]);
    equal(await kept(), []);
    raw.close();
  },

  "records that were stored one by one are read, and share as they change": async (profile) => {
    const old = await open(profile, 101, (database) => ["accounts", "mailboxes", "rows", "bodies", "queue", "uidls", "groups", "orders", "threads", "contents", "meta"].forEach((name) => database.createObjectStore(name)));
    const transaction = old.transaction("bodies", "readwrite");
    for (let number = 0; number < 20; number += 1) transaction.objectStore("bodies").put(Uint8Array.of(number), [1, 0, 0, number, 0]);
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    old.close();
    const store = new Store(profile);
    equal((await store.read([prefix("bodies", [1, 0, 0])]))[0].length, 20);
    await store.commit([{ ...put([1, 0, 0, 19, 0], 91), table: "bodies" }, { ...put([1, 0, 0, 20, 0], 92), table: "bodies" }, { write: "deletePrefix", table: "bodies", key: [1, 0, 0, 3] }]);
    const found = (await store.read([prefix("bodies", [1, 0, 0])]))[0].map(([key, octets]) => [key[3], octets[0]]);
    equal(found, [0, 1, 2, ...Array.from({ length: 15 }, (_, number) => number + 4)].map((number) => [number, number]).concat([[19, 91], [20, 92]]));
    const raw = await open(profile);
    equal((await settled(raw.transaction("bodies").objectStore("bodies").getAllKeys())).length, 19, "two share one");
    raw.close();
  },

  "a connection that is closed, lost or refused is opened again": async (profile) => {
    const store = new Store(profile);
    const [closed] = await watching(() => store.commit([put([1], 1)]));
    closed.close();
    equal(await store.commit([put([2], 2)]), undefined, "after a close");
    // What WebKit says when its storage process has gone.
    const lost = () => new DOMException("Connection to Indexed Database server lost. Refresh the page to try again", "UnknownError");
    let failures = 2;
    const fail = function (real, values) {
      if (failures-- > 0) throw lost();
      return real.apply(this, values);
    };
    equal(await instead(IDBDatabase.prototype, "transaction", fail, () => store.commit([put([3], 3)])), undefined, "after UnknownError");
    failures = 2;
    const [current] = await watching(() => store.commit([put([4], 4)]));
    equal(current, undefined, "a new connection");
    const other = new Store(profile, true);
    equal(await instead(IDBFactory.prototype, "open", fail, () => other.keys()), [[1], [2], [3], [4]], "a reader refused at first");
    equal([...store.states, ...other.states], [], "states");
  },

  "a connection that stays lost is said, and said to be back": async (profile) => {
    const store = new Store(profile);
    await store.commit([put([1], 1)]);
    const fail = () => {
      throw new DOMException("Internal error opening backing store", "UnknownError");
    };
    equal(await instead(IDBDatabase.prototype, "transaction", fail, () => store.commit([put([2], 2)])), "store-unavailable");
    equal(store.states, ["unavailable: store-unavailable"], "states");
    equal(await store.commit([put([3], 3)]), undefined);
    equal(await store.keys(), [[1], [3]]);
    equal(store.states, ["unavailable: store-unavailable", "ready"], "states");
  },

  "a browser without storage is said, not waited for": async (profile) => {
    const own = Object.getOwnPropertyDescriptor(globalThis, "indexedDB");
    Object.defineProperty(globalThis, "indexedDB", { value: undefined, configurable: true });
    try {
      const store = new Store(profile);
      equal(await store.open(), "store-unavailable");
      equal(store.states, ["unavailable: store-unavailable"], "states");
    } finally {
      Object.defineProperty(globalThis, "indexedDB", own);
    }
  },

  "a database that is deleted is said at once and begins anew": async (profile) => {
    const store = new Store(profile);
    await store.commit([put([1], 1)], true);
    await settled(indexedDB.deleteDatabase(`waypost:${profile}`));
    await until(() => store.states.length > 0);
    equal(store.states, ["evicted"], "states");
    equal(await store.keys(), []);
    equal(await store.commit([put([2], 2)], true), undefined);
    equal(await store.keys(), [[2]]);
    equal(store.states, ["evicted"], "states");
  },

  "a database that is emptied refuses what builds on it, and begins anew": async (profile) => {
    const store = new Store(profile);
    await store.commit([put([1], 1)]);
    const raw = await open(profile);
    const transaction = raw.transaction([...raw.objectStoreNames], "readwrite");
    for (const name of raw.objectStoreNames) transaction.objectStore(name).clear();
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    raw.close();
    equal(await store.commit([put([2], 2)]), "store-unavailable");
    equal(store.states, ["evicted"], "states");
    equal(await store.keys(), []);
    equal(await store.commit([put([3], 3)]), undefined);
    equal(await store.keys(), [[3]]);
  },

  "a database that is emptied is noticed by the first read that finds nothing": async (profile) => {
    const store = new Store(profile);
    await store.commit([put([1], 1)]);
    equal(await store.keys(), [[1]]);
    const raw = await open(profile);
    const transaction = raw.transaction([...raw.objectStoreNames], "readwrite");
    for (const name of raw.objectStoreNames) transaction.objectStore(name).clear();
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    raw.close();
    equal(await store.keys().catch(({ code }) => code), "store-unavailable");
    equal(store.states, ["evicted"], "states");
    equal(await store.keys(), []);
    equal(await store.commit([put([2], 2)]), undefined);
    equal(await store.keys(), [[2]]);
    equal(store.states, ["evicted"], "states");
  },

  "a leader whose lease another one took writes nothing": async (profile) => {
    const [first, second] = [new Store(profile), new Store(profile)];
    equal(await first.commit([put([1], 1)]), undefined);
    await second.open();
    equal(await first.commit([put([2], 2), { write: "deletePrefix", table: "rows", key: [] }], true), "store-superseded");
    equal(await first.keys(), [[1]], "it still reads");
    equal(first.states, ["read-only: store-superseded"], "states");
    equal(await second.commit([put([3], 3)]), undefined);
    equal(await first.commit([put([4], 4)]), "store-superseded");
    equal(await second.keys(), [[1], [3]]);
    equal(second.states, [], "states of the second");
  },

  "a leader that lost its connection and its lease takes neither back": async (profile) => {
    const [first, second] = [new Store(profile), new Store(profile)];
    const [connection] = await watching(() => first.commit([put([1], 1)]));
    await second.open();
    connection.close();
    equal(await first.commit([put([2], 2)]), "store-superseded");
    equal(await second.commit([put([3], 3)]), undefined);
    equal(await second.keys(), [[1], [3]]);
  },

  "a reader reads what the leader wrote and writes nothing": async (profile) => {
    const [leader, reader] = [new Store(profile), new Store(profile, true)];
    await leader.commit([put([1], 1)]);
    equal(await reader.keys(), [[1]]);
    equal(await reader.commit([put([2], 2)]), "store-superseded");
    equal(await leader.commit([put([3], 3)]), undefined, "its lease is its own");
    equal(await reader.keys(), [[1], [3]]);
    equal([...leader.states, ...reader.states], [], "states");
  },

  "an older tab that does not let go is said, and waited for": async (profile) => {
    const old = await open(profile, 1, (database) => ["accounts", "mailboxes", "rows", "bodies", "queue", "uidls"].forEach((name) => database.createObjectStore(name)));
    const transaction = old.transaction("rows", "readwrite");
    transaction.objectStore("rows").put(Uint8Array.of(7), [1, 1]);
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    const store = new Store(profile);
    equal(await store.open(), undefined, "opening");
    equal(await store.commit([put([2], 2)]), "store-blocked");
    equal(store.states, ["unavailable: store-blocked"], "states");
    old.close();
    await until(() => store.states.length > 1);
    equal(store.states, ["unavailable: store-blocked", "ready"], "states");
    equal(await store.commit([put([2], 2)]), undefined);
    equal(await store.read([prefix("rows", [])]), [[[[1, 1], [7]], [[2], [2]]]], "what the older version stored is there");
  },

  "a newer version of the same hundred gets the database and shares it": async (profile) => {
    const store = new Store(profile);
    await store.commit([put([1], 1)]);
    const newer = await open(profile, VERSION + 50, (database) => database.createObjectStore("later"));
    equal(await store.commit([put([2], 2)]), undefined);
    newer.close();
    equal(await store.keys(), [[1], [2]]);
    equal(store.states, [], "states");
  },

  "a version of the next hundred is read and not written": async (profile) => {
    const store = new Store(profile);
    await store.commit([put([1], 1)]);
    (await open(profile, NEXT)).close();
    equal(await store.commit([put([2], 2)]), "store-newer");
    equal(await store.keys(), [[1]]);
    equal(store.states, ["read-only: store-newer"], "states");
    const later = new Store(profile);
    equal(await later.open(), undefined, "opening");
    equal(await later.keys(), [[1]]);
    equal(later.states, ["read-only: store-newer"], "states of a later one");
  },

  "a version two hundreds further is refused": async (profile) => {
    (await open(profile, NEXT + 100, (database) => database.createObjectStore("rows"))).close();
    const store = new Store(profile);
    equal(await store.open(), "store-unavailable");
    equal(await store.keys(), "store-unavailable");
    equal(store.states, ["unavailable: store-unavailable"], "states");
  },

  "a durable batch passes the points at which tests break it": async (profile) => {
    const store = new Store(profile);
    const passed = [];
    globalThis.waypostPoint = (name) => passed.push(name);
    await store.commit([put([1], 1)]);
    equal(passed, []);
    await store.commit([put([2], 2)], true);
    equal(passed, ["AfterPut", "BeforeComplete", "AfterComplete"]);
    delete globalThis.waypostPoint;
  },

  "records are listed from the end by the browser itself": async () => {
    equal("getAllRecords" in IDBObjectStore.prototype, true);
  },
};

/** For an engine whose quota the test has set, below 30 MiB. */
export const bounded = {
  "a batch over the quota is refused as a whole, said, and the store goes on": async (profile) => {
    const store = new Store(profile);
    equal(await store.commit([put([1], 1)]), undefined);
    const pieces = Array.from({ length: 600 }, () => crypto.getRandomValues(new Uint8Array(56 * 1024)));
    const writes = pieces.map((_, index) => ({ write: "put", table: "bodies", key: [9, index], value: index }));
    const error = await store.probe.commit([{ write: "put", table: "rows", key: [2], value: 0 }, ...writes], pieces, true).then(() => undefined, (error) => error.code);
    equal(error, "store-full");
    equal(store.states, ["read-only: store-full"], "states");
    equal(await store.keys(), [[1]]);
    equal(await store.keys("bodies"), []);
    await until(async () => (await store.commit([put([3], 3)])) === undefined);
    equal(await store.keys(), [[1], [3]]);
    equal(store.states, ["read-only: store-full", "ready"], "states");
  },
};
