/** What the device holds, read past the app: IndexedDB, the other storages, and the caches. */
import type { Page } from "@playwright/test";

/** A stored message: its list line, and what its stored octets are. */
export interface StoredMessage {
  readonly id: string;
  readonly subject: string;
  readonly flags: readonly string[];
  /** SHA-256 as the app noted it. */
  readonly noted: string | null;
  /** SHA-256 of the octets that are stored. */
  readonly actual: string;
  readonly octets: number;
}

/** Opens a page of the origin that runs none of the app, to read what is stored while the app is closed. */
export async function openQuietly(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/sw.js`);
}

/** All stored messages of all accounts. The page must be on the app's origin. */
export function storedMessages(page: Page): Promise<readonly StoredMessage[]> {
  return page.evaluate(async () => {
    const all = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error("read failed"));
      });
    /** Reads the small binary forms of crates/store. */
    class Reader {
      at = 1;
      constructor(readonly octets: Uint8Array) {
        if (octets[0] !== 1) throw new Error(`A record of the unknown format ${octets[0] ?? "nothing"}`);
      }
      octet(): number {
        return this.octets[this.at++] ?? 0;
      }
      number(): number {
        let sum = 0;
        for (let scale = 1; ; scale *= 128) {
          const octet = this.octet();
          sum += (octet & 0x7f) * scale;
          if (octet < 0x80) return sum;
        }
      }
      counted(): Uint8Array {
        const length = this.number();
        this.at += length;
        return this.octets.subarray(this.at - length, this.at);
      }
      isAtEnd(): boolean {
        return this.at >= this.octets.length;
      }
    }
    const text = (octets: Uint8Array): string => new TextDecoder().decode(octets);
    // The shape of a group is an agreement of crates/store (group.rs): a format, then for each row its place and its counted JSON.
    const rowsOf = (group: Uint8Array): Record<string, unknown>[] => {
      const [reader, rows] = [new Reader(group), []] as [Reader, Record<string, unknown>[]];
      while (!reader.isAtEnd()) {
        reader.octet();
        rows.push(JSON.parse(text(reader.counted())) as Record<string, unknown>);
      }
      return rows;
    };
    // So is that of a node (pack/node.rs): an ArrayBuffer holds several records, each with what its key has beyond the first three parts.
    const recordsOf = (key: number[], value: Uint8Array | ArrayBuffer): [number[], Uint8Array][] => {
      if (!(value instanceof ArrayBuffer)) return [[key, value]];
      const [reader, records] = [new Reader(new Uint8Array(value)), []] as [Reader, [number[], Uint8Array][]];
      while (!reader.isAtEnd()) {
        const own = Array.from({ length: reader.octet() }, () => {
          if (reader.octet() !== 0) throw new Error("A part of a key is no number");
          return reader.number();
        });
        records.push([[...key.slice(0, 3), ...own], reader.counted()]);
      }
      return records;
    };
    const hex = (octets: ArrayBuffer): string => [...new Uint8Array(octets)].map((octet) => octet.toString(16).padStart(2, "0")).join("");
    const found = [];
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await all(indexedDB.open(name));
      if (!["groups", "contents", "bodies"].every((table) => database.objectStoreNames.contains(table))) {
        database.close();
        continue;
      }
      const transaction = database.transaction(["groups", "contents", "bodies"]);
      const [groups, names, contents, keys, chunks] = await Promise.all([
        all(transaction.objectStore("groups").getAll()),
        all(transaction.objectStore("contents").getAllKeys()),
        all(transaction.objectStore("contents").getAll()),
        all(transaction.objectStore("bodies").getAllKeys()),
        all(transaction.objectStore("bodies").getAll()),
      ]);
      database.close();
      const unpacked = (names: IDBValidKey[], values: unknown[]): [number[], Uint8Array][] =>
        names.flatMap((name, index) => recordsOf(name as number[], values[index] as Uint8Array | ArrayBuffer));
      const bodies = new Map<string, Uint8Array[]>();
      for (const [key, chunk] of unpacked(keys, chunks)) {
        // The last part is the number of the chunk; those before it name the content.
        const id = key.slice(0, -1).join(".");
        bodies.set(id, [...(bodies.get(id) ?? []), chunk]);
      }
      const shown = new Set<string>();
      for (const row of groups.flatMap((group) => rowsOf(group as Uint8Array))) {
        const content = row["content"] === null ? null : String(row["content"]);
        if (content !== null) shown.add(content);
        const whole = new Blob((content === null ? [] : (bodies.get(content) ?? [])) as BlobPart[]);
        found.push({
          id: String(row["id"]),
          subject: String(row["subject"]),
          flags: row["flags"] as string[],
          noted: row["sha256"] as string | null,
          actual: hex(await crypto.subtle.digest("SHA-256", await whole.arrayBuffer())),
          octets: whole.size,
        });
      }
      for (const content of shown) bodies.delete(content);
      // What is stored ahead of a large message that is still arriving, or was when the app ended, has no hash yet.
      for (const [key, content] of unpacked(names, contents)) {
        const { sha256 } = JSON.parse(text(content)) as { readonly sha256: string };
        if (sha256 === "") bodies.delete(key.join("."));
      }
      if (bodies.size > 0) throw new Error(`Bodies without a row: ${[...bodies.keys()].join(", ")}`);
    }
    return found;
  });
}

/** Everything that the origin keeps, as one text: each octet is one character, each text stands as it is. */
export function everythingStored(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const parts: string[] = [];
    const all = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error("read failed"));
      });
    const octets = (view: Uint8Array): string => {
      let text = "";
      for (let at = 0; at < view.length; at += 8192) text += String.fromCharCode(...view.subarray(at, at + 8192));
      return text;
    };
    const walk = async (value: unknown): Promise<void> => {
      if (value instanceof Blob) parts.push(octets(new Uint8Array(await value.arrayBuffer())));
      else if (value instanceof ArrayBuffer) parts.push(octets(new Uint8Array(value)));
      else if (ArrayBuffer.isView(value)) parts.push(octets(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
      else if (value instanceof Map) for (const entry of value) await walk(entry);
      else if (Array.isArray(value)) for (const item of value) await walk(item);
      else if (value !== null && typeof value === "object") for (const part of [...Object.keys(value), ...Object.values(value)]) await walk(part);
      else parts.push(String(value));
    };
    for (const { name } of await indexedDB.databases()) {
      if (name === undefined) continue;
      const database = await all(indexedDB.open(name));
      for (const table of database.objectStoreNames) {
        const store = database.transaction(table).objectStore(table);
        const [keys, values] = await Promise.all([all(store.getAllKeys()), all(store.getAll())]);
        await walk([name, table, keys, values]);
      }
      database.close();
    }
    for (const storage of [localStorage, sessionStorage]) await walk(Object.entries({ ...storage }));
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        await walk([name, request.url, [...request.headers], [...(response?.headers ?? [])], await response?.arrayBuffer()]);
      }
    }
    await walk([document.cookie, location.href, history.state]);
    return parts.join("\n");
  });
}

/** The paths of all cached responses, by cache. */
export function cached(page: Page): Promise<Readonly<Record<string, readonly string[]>>> {
  return page.evaluate(async () => {
    const found: Record<string, string[]> = {};
    for (const name of await caches.keys()) {
      const keys = await (await caches.open(name)).keys();
      found[name] = keys.map(({ url }) => new URL(url).pathname + new URL(url).search).sort();
    }
    return found;
  });
}
