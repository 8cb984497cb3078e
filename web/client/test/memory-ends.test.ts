/** How an engine in memory ends: by a fault of its instance, and without leaving anything behind. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MailError } from "../src/errors.js";
import { openInMemory } from "../src/memory/open.js";
import { guarded } from "../src/wasm/guard.js";
import { maildrop, message } from "./maildrop.js";

const wasm = pathToFileURL(join(import.meta.dirname, "../wasm/waypost.wasm"));
const settings = { protocol: "pop3", address: "a@example.org", host: "mail.example", port: 995, security: "tls", username: "a" } as const;

/** Instances that were made, as long as somebody holds them. */
let instances: WeakRef<WebAssembly.Instance>[];
const { Instance } = WebAssembly;

beforeEach(() => {
  instances = [];
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      instances.push(new WeakRef(this));
    }
  };
});
afterEach(() => {
  WebAssembly.Instance = Instance;
});

/** Breaks the newest instance: whatever is called in it next ends in a trap, as after a panic. */
function breakNewest(): void {
  const memory = instances.at(-1)?.deref()?.exports["memory"];
  if (!(memory instanceof WebAssembly.Memory)) throw new Error("there is no instance");
  new Uint8Array(memory.buffer).fill(0xff);
}

const failure = (call: Promise<unknown>): Promise<unknown> => call.then(() => undefined, (error: unknown) => error);

describe("a fault of the instance", () => {
  test("ends each call under way and each later one with a sentence; another client works, and the process lives", async () => {
    const uncaught = vi.fn();
    process.on("uncaughtException", uncaught);
    const mail = await openInMemory({ transport: maildrop([message("One")]) }, wasm);
    const account = await mail.signIn(settings, "secret");
    const inbox = await mail.inbox(account.id);
    const live = mail.live((mail) => mail.accounts());
    await live.next();
    const next = failure(live.next());
    const waiting = failure(mail.synchronise(account.id, inbox.id));
    breakNewest();
    const hit = failure(mail.mailboxes(account.id));
    for (const error of [await waiting, await hit, await failure(mail.accounts()), await next]) {
      expect(error).toBeInstanceOf(MailError);
      expect(error).toMatchObject({ code: "memory-lost", blame: "device", retryable: false });
    }
    // Timers that the instance has set come due.
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all([mail.close(), mail.close()]);
    const other = await openInMemory({ transport: maildrop([]) }, wasm);
    expect(await other.accounts()).toEqual([]);
    await other.close();
    expect(uncaught).not.toHaveBeenCalled();
    process.off("uncaughtException", uncaught);
  });

  test("is told once and not thrown; other exceptions pass", () => {
    // (module (func (export "trap") unreachable) (func (export "one") (result i32) i32.const 1))
    const module = new WebAssembly.Module(
      Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 0, 0, 96, 0, 1, 127, 3, 3, 2, 0, 1, 7, 14, 2, 4, 116, 114, 97, 112, 0, 0, 3, 111, 110, 101, 0, 1, 10, 10, 2, 3, 0, 0, 11, 4, 0, 65, 1, 11),
    );
    const trapped = vi.fn();
    const { trap, one } = guarded(new Instance(module).exports, trapped) as Record<"trap" | "one", () => unknown>;
    expect(one()).toBe(1);
    expect(trap()).toEqual([]);
    expect([trap(), one()], "nothing is called in it any more").toEqual([[], []]);
    expect(trapped).toHaveBeenCalledExactlyOnceWith(expect.any(WebAssembly.RuntimeError));
    const throwing = guarded({ other: () => { throw new TypeError("foreign"); } }, trapped) as Record<"other", () => unknown>;
    expect(() => throwing.other()).toThrow("foreign");
  });
});

test("a hundred clients that were opened, used and closed leave nothing behind", { timeout: 120_000 }, async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  for (let round = 0; round < 100; round += 1) {
    const mail = await openInMemory({ transport: maildrop([message("One", 100_000)]) }, wasm);
    const account = await mail.signIn(settings, "secret");
    const inbox = await mail.inbox(account.id);
    await mail.synchronise(account.id, inbox.id);
    await mail.close();
  }
  const left = (): number => instances.filter((instance) => instance.deref() !== undefined).length;
  expect(instances).toHaveLength(100);
  await expect.poll(() => (collect(), left()), { timeout: 10_000 }).toBeLessThan(3);
});
