/** The wasm core in a Worker of a page that holds nothing else: neither the package nor the app. */
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { root } from "./programs.ts";

/** What a call gives: what it resolved with, or what it rejected with. */
export interface Outcome {
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly blame: string; readonly retryable: boolean; readonly message: string; readonly serverText: string | null };
}

const PAGE = `<!doctype html><title>Core</title><script type="module" src="/page.js"></script>`;

const PAGE_SCRIPT = `
const policy = trustedTypes.createPolicy("waypost", { createScriptURL: (url) => url });
const worker = new Worker(policy.createScriptURL("/worker.js"), { type: "module" });
const waiting = [];
globalThis.events = [];
worker.onmessage = ({ data }) => ("event" in data ? globalThis.events.push(data.event) : waiting.shift()(data.outcome));
globalThis.call = (name, values) => new Promise((resolve) => { waiting.push(resolve); worker.postMessage([name, values]); });
`;

const WORKER_SCRIPT = `
import { create } from "/waypost.js";
const glue = create();
let core;
let last = WebAssembly.compileStreaming(fetch("/waypost.wasm")).then((module) => glue.initSync({ module }));
async function run(name, values) {
  try {
    if (name !== "open") return { value: await core[name](...values) };
    // No token for the gateway.
    core = await glue.Core.open(...values, undefined, (event) => postMessage({ event }));
    return {};
  } catch (error) {
    return { error: error instanceof Error ? { code: "thrown", message: String(error) } : error };
  }
}
onmessage = ({ data: [name, values] }) => {
  last = last.then(async () => postMessage({ outcome: await run(name, values) }));
};
`;

/** Writes the page into a folder that a gateway can serve. */
export function writeBareCore(folder: string): void {
  for (const name of ["waypost.js", "waypost.wasm"]) copyFileSync(join(root, "web/client/wasm", name), join(folder, name));
  writeFileSync(join(folder, "index.html"), PAGE);
  writeFileSync(join(folder, "page.js"), PAGE_SCRIPT);
  writeFileSync(join(folder, "worker.js"), WORKER_SCRIPT);
}

/** The core of one page. Calls run one after another. */
export class BareCore {
  /** The page has been loaded; `open` is still to be called. */
  constructor(private readonly page: Page) {}

  static async open(page: Page, origin: string): Promise<BareCore> {
    await page.goto(origin);
    await page.waitForFunction(() => "call" in globalThis);
    const core = new BareCore(page);
    await core.value("open", "default", `${origin.replace("http", "ws")}/tunnel`);
    return core;
  }

  call(name: string, ...values: readonly unknown[]): Promise<Outcome> {
    return this.page.evaluate(
      ([name, values]) => (globalThis as unknown as { call(name: string, values: unknown): Promise<Outcome> }).call(name, values),
      [name, values] as const,
    );
  }

  /** What a call resolves with; throws if it rejects. */
  async value(name: string, ...values: readonly unknown[]): Promise<unknown> {
    const { value, error } = await this.call(name, ...values);
    if (error !== undefined) throw new Error(`${name}: ${error.code}: ${error.message}`);
    return value;
  }

  /** What a call rejects with; undefined if it resolves. */
  async error(name: string, ...values: readonly unknown[]): Promise<Outcome["error"]> {
    return (await this.call(name, ...values)).error;
  }

  events(): Promise<readonly Record<string, unknown>[]> {
    return this.page.evaluate(() => (globalThis as unknown as { events: Record<string, unknown>[] }).events);
  }
}
