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
    // The shape of a group is an agreement of crates/store (group.rs): a format, then for each row its place and its counted JSON.
    const rowsOf = (group: Uint8Array | ArrayBuffer): Record<string, unknown>[] => {
      const octets = group instanceof ArrayBuffer ? new Uint8Array(group) : group;
      if (octets[0] !== 1) throw new Error(`A group of the unknown format ${octets[0] ?? "nothing"}`);
      const rows = [];
      for (let at = 1; at < octets.length; ) {
        at += 1;
        let length = 0;
        for (let scale = 1; ; scale *= 128) {
          const octet = octets[at++] ?? 0;
          length += (octet & 0x7f) * scale;
          if (octet < 0x80) break;
        }
        rows.push(JSON.parse(new TextDecoder().decode(octets.subarray(at, at + length))) as Record<string, unknown>);
        at += length;
      }
      return rows;
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
      const bodies = new Map<string, Uint8Array[]>();
      keys.forEach((key, index) => {
        const chunk = chunks[index] as Uint8Array | ArrayBuffer;
        // The last part is the number of the chunk; those before it name the content.
        const id = (key as number[]).slice(0, -1).join(".");
        const list = bodies.get(id) ?? [];
        list.push(chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk);
        bodies.set(id, list);
      });
      const shown = new Set<string>();
      for (const row of groups.flatMap((group) => rowsOf(group as Uint8Array | ArrayBuffer))) {
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
      names.forEach((key, index) => {
        const { sha256 } = JSON.parse(new TextDecoder().decode(contents[index] as Uint8Array)) as { readonly sha256: string };
        if (sha256 === "") bodies.delete((key as number[]).join("."));
      });
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
