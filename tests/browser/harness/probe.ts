/** The store alone in a page: the core built with its feature `probe`, and what a test asks of it. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { root } from "./programs.ts";

export type Key = readonly (number | string)[];

/** A write of a batch; octets cross to the page as numbers. */
export type Write =
  | { readonly write: "put"; readonly table: string; readonly key: Key; readonly octets: readonly number[] }
  | { readonly write: "delete" | "deletePrefix"; readonly table: string; readonly key: Key };

export type Read =
  | { readonly read: "get" | "count"; readonly table: string; readonly key: Key }
  | { readonly read: "prefix"; readonly table: string; readonly key: Key; readonly after: Key | null; readonly descending: boolean; readonly limit: number | null };

/** Octets or null, a number, or pairs of key and octets. */
export type Answer = readonly number[] | null | number | readonly (readonly [Key, readonly number[]])[];

/** Serves the probe and an empty page. */
export class ProbeServer {
  private constructor(private readonly server: Server) {}

  static async start(): Promise<ProbeServer> {
    execFileSync(join(root, "scripts/wasm.sh"), ["--probe"], { stdio: ["ignore", "inherit", "inherit"] });
    const folder = join(root, "target/wasm/probe");
    const files: Readonly<Record<string, readonly [string, string]>> = {
      "/waypost.js": ["text/javascript", join(folder, "waypost.js")],
      "/waypost.wasm": ["application/wasm", join(folder, "waypost.wasm")],
      "/contract.mjs": ["text/javascript", join(root, "tests/browser/harness/contract.mjs")],
      "/model.mjs": ["text/javascript", join(root, "tests/browser/harness/model.mjs")],
    };
    const server = createServer((request, response) => {
      const [type, name] = files[request.url ?? "/"] ?? ["text/html", undefined];
      response.writeHead(200, { "content-type": type });
      response.end(name === undefined ? "<!doctype html><title>Probe</title>" : readFileSync(name));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ProbeServer(server);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

interface InPage {
  commit(writes: unknown, values: readonly Uint8Array[], strict: boolean): Promise<void>;
  read(reads: unknown): Promise<unknown[]>;
  close(): void;
}

/** The store of one profile in one page. */
export class Probe {
  private constructor(private readonly page: Page) {}

  static async open(page: Page, origin: string, profile: string): Promise<Probe> {
    await page.goto(origin);
    await page.evaluate(async (name) => {
      const address = "/waypost.js";
      const core = (await import(address)) as { default(init: object): Promise<void>; StoreProbe: new (profile: string, reads: boolean, listener: (state: { storage: string }) => void) => InPage };
      await core.default({ module_or_path: "/waypost.wasm" });
      const states: string[] = [];
      Object.assign(globalThis, { states, probe: new core.StoreProbe(name, false, ({ storage }) => states.push(storage)) });
    }, profile);
    return new Probe(page);
  }

  /** What the store has told of itself. */
  states(): Promise<readonly string[]> {
    return this.page.evaluate(() => (globalThis as unknown as { states: string[] }).states);
  }

  /** Commits a batch; gives the code of the error, or undefined. */
  commit(writes: readonly Write[], strict = false): Promise<string | undefined> {
    return this.page.evaluate(
      async ({ writes, strict }) => {
        const { probe } = globalThis as unknown as { probe: InPage };
        const values: Uint8Array[] = [];
        const plain = writes.map((write) => (write.write === "put" ? { ...write, octets: undefined, value: values.push(Uint8Array.from(write.octets)) - 1 } : write));
        return probe.commit(plain, values, strict).then(
          () => undefined,
          (error: { code: string }) => error.code,
        );
      },
      { writes, strict },
    );
  }

  /** One put in front and one behind many random values of a total size that no quota of this test holds. */
  flood(mebibytes: number): Promise<{ readonly code: string; readonly message: string } | undefined> {
    return this.page.evaluate(async (mebibytes) => {
      const { probe } = globalThis as unknown as { probe: InPage };
      const size = 56 * 1024;
      const values = Array.from({ length: Math.ceil((mebibytes * 1024 * 1024) / size) }, () => crypto.getRandomValues(new Uint8Array(size)));
      const bodies = values.map((_, index) => ({ write: "put", table: "bodies", key: [9, 9, 9, 9, index], value: index }));
      const row = { write: "put", table: "rows", value: 0 };
      return probe.commit([{ ...row, key: [9, 9, 9, 1] }, ...bodies, { ...row, key: [9, 9, 9, 2] }], values, true).then(
        () => undefined,
        (error: { code: string; message: string }) => error,
      );
    }, mebibytes);
  }

  /** The answers, or the code of the error. */
  read(reads: readonly Read[]): Promise<readonly Answer[] | string> {
    return this.page.evaluate(async (reads) => {
      const { probe } = globalThis as unknown as { probe: InPage };
      const plain = (value: unknown): unknown => (value instanceof Uint8Array ? [...value] : value);
      return probe.read(reads).then(
        (answers) => answers.map((answer) => (Array.isArray(answer) ? answer.map(([key, value]: [Key, unknown]) => [key, plain(value)]) : plain(answer))) as Answer[],
        (error: { code: string }) => error.code,
      );
    }, reads);
  }
}
