/** The client of one page: what it gives, how it fails, how it ends. */
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { MailClient } from "../src/client.js";
import { MailError, shapeOf } from "../src/errors.js";
import { engineFault, faultCodes } from "../src/engine-faults.js";
import { open } from "../src/index.js";
import { openingOf } from "../src/open.js";
import type { MailEvent } from "../src/types.js";
import { type CallName, PROTOCOL, repeatable } from "../src/worker/port.js";
import { samples } from "./calls.js";
import { Browser, settle } from "./world.js";

afterEach(() => vi.unstubAllGlobals());

describe("a session", () => {
  test("passes every call on, with all it was given", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    const made = samples(session);
    await made.addAccount();
    for (const call of Object.values(made)) await call();
    const calls = worker().core?.calls ?? [];
    // Some of the page's calls are two of the core's.
    expect([...new Set(calls.map(({ name }) => name))].sort()).toEqual(Object.keys(made).sort());
    expect(Object.keys(made).sort()).toEqual(Object.keys(repeatable).sort());
    const argsOf = (name: CallName): unknown => calls.findLast((call) => call.name === name)?.args;
    expect(argsOf("addAccount")).toEqual([expect.objectContaining({ protocol: "pop3", pop3: { removal: { afterDownload: true } } }), "secret"]);
    expect(argsOf("renameMailbox")).toEqual([1, 9, "Mine", 2]);
    expect(argsOf("list")).toEqual([1, 2, { order: "sender" }]);
    expect(argsOf("nextChunk")).toEqual([43]);
    expect(argsOf("changeFlags")).toEqual([["m"], ["\\Seen"], ["\\Flagged"]]);
  });

  test("signs in to the account of settings: adds it the first time, and knows it the next", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    const settings = { protocol: "imap", address: "b@example.org", host: "h", port: 993, security: "tls", username: "b" } as const;
    const added = await session.signIn(settings, "secret");
    const again = await session.signIn(settings, "secret");
    expect([added.id, again.id, (await session.accounts()).length]).toEqual([1, 1, 1]);
    const made = worker().core?.calls.map(({ name }) => name);
    expect(made).toEqual(["findAccount", "addAccount", "findAccount", "signIn", "accounts", "accounts"]);
  });

  test("takes moves back by mailbox, whatever mailbox each came from", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    worker().core?.answers.set("moveMessages", () => [{ from: "x", to: "y", mailbox: 5 }]);
    const back = await session.undoMove([
      { from: "1.1.1.1", to: "1.5.1.1", mailbox: 1 },
      { from: "1.2.1.1", to: "1.5.1.2", mailbox: 2 },
      { from: "1.1.1.2", to: "1.5.1.3", mailbox: 1 },
    ]);
    const args = worker().core?.calls.map((call) => call.args);
    expect(args).toEqual([[["1.5.1.1", "1.5.1.3"], 1], [["1.5.1.2"], 2]]);
    expect(back).toHaveLength(2);
  });

  test("finds the inbox; an account that has none is none", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    worker().core?.answers.set("mailboxes", () => [{ id: 3, role: null }, { id: 4, role: "inbox" }]);
    expect((await session.inbox(1)).id).toBe(4);
    worker().core?.answers.set("mailboxes", () => []);
    await expect(session.inbox(1)).rejects.toMatchObject({ code: "account-gone" });
  });

  test("gives an attachment as a stream, read as fast as its reader, or as a Blob of its type", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    worker().core?.pieces.push(Uint8Array.of(1, 2), Uint8Array.of(3));
    const part = { index: 3, contentType: "image/png" };
    const blob = await (await session.attachment("m", part)).blob();
    expect([blob.type, [...new Uint8Array(await blob.arrayBuffer())]]).toEqual(["image/png", [1, 2, 3]]);
    const asked = (): number => worker().core?.calls.filter(({ name }) => name === "nextChunk").length ?? 0;
    const before = asked();
    const { stream } = await session.attachment("m", part);
    worker().core?.pieces.push(...Array.from({ length: 100 }, () => Uint8Array.of(7)));
    const reader = stream.getReader();
    await reader.read();
    await settle();
    expect(asked() - before, "nothing is read ahead of a slow reader").toBe(1);
  });

  test("an error keeps its cause from the Worker to the page", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    worker().core?.answers.set("accounts", () => {
      throw new MailError(engineFault("core-unreachable"), { cause: new TypeError("Failed to fetch") });
    });
    const error: unknown = await session.accounts().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(MailError);
    expect((error as MailError).cause).toEqual({ name: "TypeError", message: "Failed to fetch" });
  });

  test("reads a stream piece by piece, as its reader has room, and closes it at its end", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    const { name, stream, tally } = await session.exportMailbox(1, 2);
    const asked = (): number => worker().core?.calls.filter((call) => call.name === "nextChunk").length ?? 0;
    expect([name, asked()]).toEqual(["INBOX.mbox", 0]);
    worker().core?.pieces.push(Uint8Array.of(1, 2), Uint8Array.of(3));
    const reader = stream.getReader();
    expect((await reader.read()).value).toEqual(Uint8Array.of(1, 2));
    expect(asked()).toBe(1);
    expect((await reader.read()).value).toEqual(Uint8Array.of(3));
    expect((await reader.read()).done).toBe(true);
    expect(await tally).toEqual({ written: 2, leftOut: 1, damaged: 0 });
    expect(worker().core?.calls.at(-1)).toEqual({ name: "closeStream", args: [43] });
  });

  test("a stream that is given up or fails says so, and a file is not taken for complete", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    const given = await session.exportMailbox(1, 2);
    await given.stream.cancel();
    await expect(given.tally).rejects.toMatchObject({ code: "given-up" });
    expect(worker().core?.calls.at(-1)).toEqual({ name: "closeStream", args: [43] });
    const failed = await session.exportMailbox(1, 2);
    worker().core?.answers.set("nextChunk", () => {
      throw new MailError({ ...engineFault("internal"), code: "stream-ended" });
    });
    await expect(failed.stream.getReader().read()).rejects.toMatchObject({ code: "stream-ended" });
    await expect(failed.tally).rejects.toMatchObject({ code: "stream-ended" });
  });

  test("tells each listener until it ends, whatever another listener throws", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    let thrown = 0;
    const nextTick = process.nextTick.bind(process);
    // Others use it too.
    const ticks = vi.spyOn(process, "nextTick").mockImplementation((task, ...args: unknown[]) => {
      nextTick(() => {
        try {
          (task as (...given: unknown[]) => void)(...args);
        } catch (error) {
          expect(error).toMatchObject({ message: "listener" });
          thrown += 1;
        }
      });
    });
    onTestFinished(() => ticks.mockRestore());
    const heard: MailEvent[] = [];
    session.addEventListener("change", () => {
      throw new Error("listener");
    });
    const end = new AbortController();
    session.addEventListener("change", ({ detail }) => heard.push(detail), { signal: end.signal });
    worker().core?.tell({ event: "change", type: "accounts" });
    await settle();
    end.abort();
    worker().core?.tell({ event: "change", type: "accounts" });
    await settle();
    expect(heard).toHaveLength(1);
    expect(thrown).toBe(2);
  });

  test("closing twice is harmless; what waits and what comes later is rejected", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    worker().core?.answers.set("waiting", () => new Promise(() => undefined));
    const call = session.waiting().catch((error: unknown) => error);
    await Promise.all([session.close(), session.close()]);
    await session.close();
    expect(await call).toMatchObject({ code: "closed", blame: "caller" });
    await expect(session.accounts()).rejects.toMatchObject({ code: "closed" });
    expect(worker()).toMatchObject({ terminated: true, core: { closed: true } });
  });

  test("can be disposed of", async () => {
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    const client: MailClient = session;
    await client[Symbol.asyncDispose]();
    expect(worker().core?.closed).toBe(true);
  });

  test("a core that does not close is not waited for without end", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const browser = new Browser();
    const { session, worker } = await browser.tab();
    const { core } = worker();
    if (core !== undefined) core.close = () => new Promise(() => undefined);
    const closed = session.close();
    await settle();
    expect(worker().terminated).toBe(false);
    vi.runAllTimers();
    vi.useRealTimers();
    await closed;
    expect(worker().terminated).toBe(true);
    expect(browser.locks.holder("waypost:default")).toBeUndefined();
  });
});

describe("opening", () => {
  test("uses the tunnel of the page's own origin", () => {
    expect(openingOf({}, "https://mail.example/app/?x#y", "waypost.wasm")).toMatchObject({ gateway: "wss://mail.example/tunnel", profile: "default" });
    expect(openingOf({}, "http://127.0.0.1:8790/", "waypost.wasm")).toMatchObject({ gateway: "ws://127.0.0.1:8790/tunnel" });
  });

  test("takes another gateway as text or address, over http as well", () => {
    expect(openingOf({ gateway: "wss://other.example/t" }, "https://here/", "waypost.wasm").gateway).toBe("wss://other.example/t");
    expect(openingOf({ gateway: new URL("https://other.example/t#x") }, "https://here/", "waypost.wasm").gateway).toBe("wss://other.example/t");
  });

  test("hands the token on beside the address, never in it", () => {
    const opening = openingOf({ gateway: "wss://other.example/t", gatewayToken: "sesame" }, "https://here/", "waypost.wasm");
    expect(opening).toMatchObject({ gateway: "wss://other.example/t", gatewayToken: "sesame" });
    expect(openingOf({}, "https://here/", "waypost.wasm").gatewayToken).toBeUndefined();
  });

  test.each([{ gateway: "ftp://x/" }, { gateway: "wss://" }, { profile: "" }, { profile: "a:b" }, { profile: "x".repeat(65) }])("refuses %o", (options) => {
    expect(() => openingOf(options, "https://here/", "waypost.wasm")).toThrow(MailError);
  });

  test("outside of a browser rejects with a sentence, and importing does nothing", async () => {
    await expect(open()).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining("indexedDB") as string });
  });

  test("where WebAssembly has no SIMD says so", async () => {
    const validate = vi.spyOn(WebAssembly, "validate");
    await open().catch(() => undefined);
    expect(validate.mock.results.map(({ value }) => value as boolean)).toEqual([true]);
    validate.mockReturnValue(false);
    await expect(open()).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining("WebAssembly with SIMD") as string });
    validate.mockRestore();
  });

  test("on a plain-http address says that https or localhost is needed", async () => {
    vi.stubGlobal("isSecureContext", false);
    await expect(open()).rejects.toMatchObject({ code: "insecure-context", message: expect.stringMatching(/https.*localhost/) as string });
  });
});

describe("opening in a browser", () => {
  class FakeWorker extends EventTarget {
    static made: { url: unknown; options: unknown; worker: FakeWorker }[] = [];
    terminated = false;
    constructor(url: unknown, options: unknown) {
      super();
      FakeWorker.made.push({ url, options, worker: this });
    }
    postMessage(message: { kind: string }): void {
      if (message.kind === "open") queueMicrotask(() => this.dispatchEvent(this.word()));
    }
    word(): Event {
      return new MessageEvent("message", { data: { kind: "opened" } });
    }
    terminate(): void {
      this.terminated = true;
    }
  }

  function browser(kind: typeof FakeWorker): void {
    kind.made.length = 0;
    const page = new EventTarget();
    for (const [name, value] of Object.entries({
      isSecureContext: true,
      indexedDB: {},
      navigator: { locks: {} },
      // The package's files are this page's own.
      location: { href: "https://here/", origin: new URL(import.meta.url).origin },
      Worker: kind,
      addEventListener: page.addEventListener.bind(page),
      removeEventListener: page.removeEventListener.bind(page),
    })) {
      vi.stubGlobal(name, value);
    }
  }

  test("starts one module Worker, by an address that passed the policy named waypost", async () => {
    browser(FakeWorker);
    const rules: { name: string; createScriptURL: (url: string) => string }[] = [];
    vi.stubGlobal("trustedTypes", {
      createPolicy: (name: string, rule: { createScriptURL: (url: string) => string }) => {
        rules.push({ name, ...rule });
        return { createScriptURL: (url: string) => ({ trusted: rule.createScriptURL(url) }) };
      },
    });
    await open();
    await open();
    expect(rules.map(({ name }) => name), "the policy is made once").toEqual(["waypost"]);
    const { url, options } = FakeWorker.made[0] ?? {};
    expect(url).toEqual({ trusted: expect.stringMatching(/\/worker\.js$/) as string });
    expect(options).toMatchObject({ type: "module" });
    expect(() => rules[0]?.createScriptURL("https://evil.example/worker.js")).toThrow(TypeError);
  });

  test("lends the Worker a port of the broker before anything else, and another when it asks", async () => {
    const posted: { kind: string; port?: unknown }[] = [];
    browser(
      class extends FakeWorker {
        override postMessage(message: { kind: string; port?: unknown }): void {
          posted.push(message);
          super.postMessage(message);
        }
      },
    );
    const started: { url: unknown; options: unknown }[] = [];
    // The policy of the test before is still there, as it would be in a page.
    vi.stubGlobal("SharedWorker", function shared(this: { port: string }, url: unknown, options: unknown) {
      started.push({ url, options });
      this.port = `port ${started.length}`;
    });
    await open();
    FakeWorker.made[0]?.worker.dispatchEvent(new MessageEvent("message", { data: { kind: "broker" } }));
    expect(posted.map(({ kind, port }) => [kind, port])).toEqual([
      ["broker", "port 1"],
      ["open", undefined],
      ["broker", "port 2"],
    ]);
    for (const { url, options } of started) {
      expect(url).toEqual({ trusted: expect.stringMatching(/\/broker\.js\?no-inline$/) as string });
      expect(options, "tabs of two builds have two brokers").toEqual({ type: "module", name: `waypost-${PROTOCOL}` });
    }
  });

  test("files of another origin are imported by a Worker of the page's own, and there is no broker", async () => {
    browser(FakeWorker);
    vi.stubGlobal("location", { href: "https://here/", origin: "https://here" });
    let brokers = 0;
    vi.stubGlobal("SharedWorker", function shared() {
      brokers += 1;
    });
    const scripts: Blob[] = [];
    const made = vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => `blob:https://here/${scripts.push(blob as Blob)}`);
    await open();
    await open();
    expect(FakeWorker.made.map(({ url }) => url), "one address serves all").toEqual(Array(2).fill({ trusted: "blob:https://here/1" }));
    expect(await scripts[0]?.text()).toMatch(/^import "file:.*\/worker\.js";$/);
    expect(brokers).toBe(0);
    made.mockRestore();
  });

  test("opens in a browser whose policy or kind allows no broker", async () => {
    browser(FakeWorker);
    vi.stubGlobal("SharedWorker", function forbidden() {
      throw new DOMException("blocked", "SecurityError");
    });
    await open();
    expect(FakeWorker.made).toHaveLength(1);
  });

  test("a Worker whose script does not come is an error of the network", async () => {
    browser(
      class extends FakeWorker {
        override word(): Event {
          return new Event("error");
        }
      },
    );
    await expect(open()).rejects.toMatchObject({ code: "core-unreachable", retryable: true });
    expect(FakeWorker.made[0]?.worker.terminated).toBe(true);
  });

  test("a page whose policy forbids the Worker is told what to allow", async () => {
    browser(FakeWorker);
    vi.stubGlobal("Worker", function forbidden() {
      throw new DOMException("blocked", "SecurityError");
    });
    await expect(open()).rejects.toMatchObject({ code: "policy-blocked", blame: "caller" });
  });
});

describe("errors", () => {
  test("keep what the engine said and drop what it did not", () => {
    const shape = { code: "auth-failed", blame: "user", retryable: false, message: "No.", serverText: "NO", secret: "x" } as const;
    expect(shapeOf(shape)).toEqual({ code: "auth-failed", blame: "user", retryable: false, message: "No.", serverText: "NO" });
    const cause = new Error("below");
    expect(new MailError(shape, { cause })).toMatchObject({ name: "MailError", message: "No.", code: "auth-failed", cause });
  });

  test("a trap and whatever else is thrown have codes of their own", () => {
    expect(shapeOf(new WebAssembly.RuntimeError("unreachable")).code).toBe("core-died");
    for (const thrown of [new TypeError("x"), "text", undefined, null, { code: 1 }]) expect(shapeOf(thrown).code).toBe("internal");
  });

  test.each(faultCodes)("%s has a sentence that says what to do", (code) => {
    expect(engineFault(code).message).toMatch(/^[A-Z].*\.$/);
  });
});
