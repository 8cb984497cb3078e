// The reference of a store: what `MemoryStore` of crates/store does, written anew; and random batches and reads. Runs in a page.

/** The second half is packed: several records in one of the database. */
const tables = ["accounts", "mailboxes", "rows", "queue", "contents", "bodies", "uidls", "uidls"];

/** Numbers before texts, part by part; a key before those that it begins. */
function compare(a, b) {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const [left, right] = [a[at], b[at]];
    if (left === right) continue;
    if (typeof left !== typeof right) return typeof left === "number" ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

const begins = (key, first) => first.every((part, at) => key[at] === part);

export class Model {
  #entries = [];

  commit(writes) {
    for (const write of writes) {
      const gone = (key) => (write.write === "deletePrefix" ? begins(key, write.key) : compare(key, write.key) === 0);
      this.#entries = this.#entries.filter(([table, key]) => table !== write.table || !gone(key));
      if (write.write === "put") this.#entries.push([write.table, write.key, write.octets]);
    }
  }

  read(read) {
    const found = this.#entries.filter(([table, key]) => table === read.table && begins(key, read.key)).sort((a, b) => compare(a[1], b[1]));
    if (read.read === "get") return found.find(([, key]) => compare(key, read.key) === 0)?.[2] ?? null;
    if (read.read === "count") return found.length;
    const { after, descending, limit } = read;
    const ordered = descending ? found.reverse() : found;
    const rest = ordered.filter(([, key]) => after === null || (descending ? compare(key, after) < 0 : compare(key, after) > 0));
    return rest.slice(0, limit ?? rest.length).map(([, key, octets]) => (read.read === "keys" ? key : [key, octets]));
  }
}

/** The same numbers for the same seed. */
export function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Most records that are packed belong together. */
const randomKey = (below, table, parts) => {
  const key = Array.from({ length: parts }, () => (below(6) === 0 ? ["uidl", "\u{e000}", "\u{10000}"][below(3)] : below(4)));
  return tables.indexOf(table) < 4 || below(3) === 0 || parts === 0 ? key : [1, ...(table === "uidls" ? [] : [2, 3]), below(60), ...(table === "bodies" ? [below(2)] : [])];
};

export function randomWrite(below) {
  const table = tables[below(tables.length)];
  const kind = below(10);
  if (kind === 0) return { write: "deletePrefix", table, key: randomKey(below, table, below(3)) };
  if (kind < 3) return { write: "delete", table, key: randomKey(below, table, 1 + below(3)) };
  const length = below(4) === 0 ? below(4000) : below(5);
  return { write: "put", table, key: randomKey(below, table, 1 + below(3)), octets: new Array(length).fill(below(256)) };
}

export function randomRead(below) {
  const table = tables[below(tables.length)];
  const key = randomKey(below, table, below(3));
  const kind = below(5);
  if (kind === 0) return { read: "get", table, key: randomKey(below, table, 1 + below(3)) };
  if (kind === 1) return { read: "count", table, key };
  const after = below(2) === 0 ? null : below(3) === 0 ? randomKey(below, table, 1 + below(3)) : [...key, ...randomKey(below, table, below(2))];
  const limit = below(3) === 0 ? null : below(6);
  if (kind === 2) return { read: "keys", table, key, after, limit };
  return { read: "prefix", table, key, after, descending: below(2) === 0, limit };
}
