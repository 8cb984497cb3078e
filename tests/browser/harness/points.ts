/** The package in a page that holds nothing else, over a core that says which points of a download it reaches, and can be held there. */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./programs.ts";

/** `Point` of crates/sync/src/platform.rs, in its order. */
export const points = [
  "BeforePut",
  "AfterPut",
  "BeforeComplete",
  "AfterComplete",
  "BeforeReadBack",
  "AfterReadBack",
  "BeforeDele",
  "AfterDele",
  "BeforeQuit",
  "AfterQuit",
] as const;

export type Point = (typeof points)[number];

/** A page of the origin that runs nothing. */
export const quietPath = "/quiet";

const page = `<!doctype html><title>Package</title><script type="module" src="/page.js"></script>`;

const pageScript = `
import { open } from "/client/index.js";
const workers = [];
globalThis.Worker = class extends Worker {
  constructor(...values) {
    super(...values);
    workers.push(this);
  }
};
globalThis.endWorker = () => workers.at(-1).terminate();
globalThis.fill = async () => {
  const asked = indexedDB.open("filler", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("octets", { autoIncrement: true });
  await new Promise((resolve) => (asked.onsuccess = resolve));
  for (const size of [1024 * 1024, 64 * 1024, 4 * 1024]) {
    const octets = new Uint8Array(size);
    for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(octets.subarray(at, at + 65_536));
    let refusal = null;
    while (refusal === null) {
      const writing = asked.result.transaction("octets", "readwrite");
      writing.objectStore("octets").add(octets);
      refusal = await new Promise((resolve) => {
        writing.oncomplete = () => resolve(null);
        writing.onabort = () => resolve(writing.error);
      });
    }
    if (refusal.name !== "QuotaExceededError") throw refusal;
  }
  asked.result.close();
};
globalThis.client = await open();
`;

/** In the Worker: it stands still until it is told to go on, or to panic. Where the browser ends it, it goes no further for as long as it lives. */
const listener = `const thisWorker = crypto.randomUUID();
self.waypostPoint = (name) => {
  const asked = new XMLHttpRequest();
  asked.open("POST", "/point/" + name + "/" + thisWorker, false);
  try {
    asked.send();
  } catch {
    for (;;);
  }
  return asked.responseText;
};
`;

interface Bundler {
  build(options: object): Promise<unknown>;
}

/** Writes the page and the package into a folder that a gateway can serve. */
export async function writeProbedPackage(folder: string): Promise<void> {
  execFileSync(join(root, "scripts/wasm.sh"), ["--probe"], { stdio: ["ignore", "inherit", "inherit"] });
  const core = join(root, "target/wasm/probe-package");
  const client = join(folder, "client");
  mkdirSync(client);
  cpSync(join(root, "web/client/dist"), client, { recursive: true });
  copyFileSync(join(core, "waypost.wasm"), join(client, "waypost.wasm"));
  const vite = createRequire(join(root, "web/package.json")).resolve("vite");
  const { build } = (await import(pathToFileURL(vite).href)) as Bundler;
  // As web/client/build.mjs does it, but for the core.
  await build({
    configFile: false,
    root: join(root, "web/client"),
    logLevel: "warn",
    publicDir: false,
    plugins: [{ name: "probe", enforce: "pre", resolveId: (id: string) => (id.endsWith("/wasm/waypost.js") ? join(core, "waypost.js") : undefined) }],
    build: {
      outDir: client,
      emptyOutDir: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: join(root, "web/client/src/worker/main.ts"), output: { entryFileNames: "worker.js" } },
    },
  });
  const worker = join(client, "worker.js");
  writeFileSync(worker, listener + readFileSync(worker, "utf8"));
  writeFileSync(join(folder, "index.html"), page);
  writeFileSync(join(folder, "page.js"), pageScript);
}

/** A Worker that stands at a point. Somebody who is gone by then need not be told to go on. */
export interface Stand {
  /** Names it. */
  readonly worker: string;
  readonly goOn: () => void;
  /** The core panics where it stands. */
  readonly panic: () => void;
}

interface Trap {
  readonly point: Point;
  left: number;
  readonly caught: (stand: Stand) => void;
}

/** Hears of every point that is reached; the requests come by a `Front`. */
export class Points {
  /** How often each was passed. */
  readonly passed = new Map<Point, number>(points.map((point) => [point, 0]));
  /** How often a Worker stood at each. */
  readonly stood = new Map<Point, number>(points.map((point) => [point, 0]));
  private readonly passedBy = new Map<string, number>();
  private trap: Trap | undefined;

  /** Answers what the page and its Worker ask of the test. */
  readonly answer = (incoming: IncomingMessage, outgoing: ServerResponse): boolean => {
    if (incoming.url === quietPath) {
      outgoing.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Quiet</title>");
      return true;
    }
    const [, name, worker = ""] = /^\/point\/(\w+)\/([\w-]+)$/.exec(incoming.url ?? "") ?? [];
    const point = points.find((point) => point === name);
    if (point === undefined) return false;
    this.passed.set(point, (this.passed.get(point) ?? 0) + 1);
    this.passedBy.set(worker, this.pointsOf(worker) + 1);
    const goOn = (): void => void outgoing.writeHead(204).end();
    const trap = this.trap;
    if (trap?.point === point && --trap.left === 0) {
      this.trap = undefined;
      this.stood.set(point, (this.stood.get(point) ?? 0) + 1);
      trap.caught({ worker, goOn, panic: () => void outgoing.writeHead(200).end("panic") });
    } else goOn();
    return true;
  };

  /** How many points this Worker has reached. */
  pointsOf(worker: string): number {
    return this.passedBy.get(worker) ?? 0;
  }

  /** The Worker that comes to this point for the n-th time from now on stands there. */
  stand(point: Point, nth: number): Promise<Stand> {
    return new Promise((caught) => {
      this.trap = { point, left: nth, caught };
    });
  }
}
