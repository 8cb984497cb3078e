// Stands in front of the package's Worker: notes each transaction that writes, with its durability, and what is put and deleted in
// it, without the octets. So the plain writer writes the same records whatever the schema is. Of a node of several records (docs/STORE.md)
// it notes these too, so that they can be put one by one.
{
  const log = [];
  const entries = new WeakMap();

  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const transaction = begin.call(this, stores, mode, options);
    if (mode === "readwrite") {
      const entry = { stores: [stores].flat(), durability: transaction.durability, writes: [] };
      entries.set(transaction, entry);
      log.push(entry);
    }
    return transaction;
  };

  /** A value with the number of its octets in place of them. */
  const outline = (value) => {
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return { octets: value.byteLength };
    if (Array.isArray(value)) return { list: value.map(outline) };
    if (typeof value === "object" && value !== null) return { fields: Object.entries(value).map(([name, part]) => [name, outline(part)]) };
    return { plain: value };
  };

  /** How many first parts the keys of a node have in common. */
  const shared = { contents: 3, bodies: 3, uidls: 1 };

  /** The records of a node, with the numbers of their octets. */
  const recordsOf = (store, key, value) => {
    if (!(value instanceof ArrayBuffer)) return undefined;
    const octets = new Uint8Array(value);
    let at = 1;
    const number = () => {
      for (let sum = 0, scale = 1; ; scale *= 128) {
        const octet = octets[at++];
        sum += (octet & 0x7f) * scale;
        if (octet < 0x80) return sum;
      }
    };
    const text = () => {
      const length = number();
      at += length;
      return new TextDecoder().decode(octets.subarray(at - length, at));
    };
    const records = [];
    while (at < octets.length) {
      const own = Array.from({ length: octets[at++] }, () => (octets[at++] === 0 ? number() : text()));
      const length = number();
      at += length;
      records.push({ key: [...key.slice(0, shared[store]), ...own], octets: length });
    }
    return records;
  };

  const keyOf = (key) => {
    if (!(key instanceof IDBKeyRange)) return { key };
    const { lower, upper, lowerOpen, upperOpen } = key;
    return { range: { lower, upper, lowerOpen, upperOpen } };
  };

  for (const name of ["put", "add"]) {
    const write = IDBObjectStore.prototype[name];
    IDBObjectStore.prototype[name] = function (value, ...key) {
      entries.get(this.transaction)?.writes.push({ name, store: this.name, value: outline(value), records: recordsOf(this.name, key[0], value), ...(key.length > 0 ? { key: key[0] } : {}) });
      return write.call(this, value, ...key);
    };
  }
  const remove = IDBObjectStore.prototype.delete;
  IDBObjectStore.prototype.delete = function (key) {
    entries.get(this.transaction)?.writes.push({ name: "delete", store: this.name, ...keyOf(key) });
    return remove.call(this, key);
  };

  const line = new BroadcastChannel("recorder");
  line.addEventListener("message", ({ data }) => {
    if (data === "give") line.postMessage(log);
  });
}
