/** Calls and answers, with both ends joined in memory. */
import { describe, expect, test } from "vitest";
import { MailError } from "../src/errors.js";
import { engineFault } from "../src/engine-faults.js";
import { type Call, Caller, ownBuffers } from "../src/worker/port.js";

class Line {
  readonly sent: Call[] = [];
  there = true;
  readonly caller = new Caller((call) => {
    if (this.there) this.sent.push(call);
    return this.there;
  });
}

describe("a caller", () => {
  test("gives each answer to its own call, in whatever order they come", async () => {
    const { caller, sent } = new Line();
    const first = caller.call("waiting", []);
    const second = caller.call("source", ["m"]);
    expect(sent.map(({ name, args }) => [name, args])).toEqual([
      ["waiting", []],
      ["source", ["m"]],
    ]);
    caller.answer({ kind: "answer", id: sent[1]?.id ?? 0, value: Uint8Array.of(1) });
    caller.answer({ kind: "answer", id: sent[0]?.id ?? 0, value: 4 });
    expect([await first, await second]).toEqual([4, Uint8Array.of(1)]);
    expect(caller.size).toBe(0);
  });

  test("turns the plain form of an error into a MailError", async () => {
    const { caller, sent } = new Line();
    const call = caller.call("accounts", []).catch((error: unknown) => error);
    caller.answer({ kind: "answer", id: sent[0]?.id ?? 0, error: engineFault("engine-moved") });
    expect(await call).toBeInstanceOf(MailError);
  });

  test("an answer that nobody waits for is dropped", () => {
    expect(() => new Line().caller.answer({ kind: "answer", id: 99, value: 1 })).not.toThrow();
  });

  test("keeps a call that nobody took, and offers it later even if it is not repeatable", async () => {
    const line = new Line();
    line.there = false;
    const call = line.caller.call("signOut", [1]);
    line.there = true;
    line.caller.moved();
    expect(line.sent).toHaveLength(1);
    line.caller.answer({ kind: "answer", id: line.sent[0]?.id ?? 0, value: undefined });
    await call;
  });

  test("fails all at once, and only what waits", async () => {
    const { caller } = new Line();
    const calls = [caller.call("waiting", []), caller.call("accounts", [])].map((call) => call.catch((error: unknown) => error));
    caller.fail(engineFault("closed"));
    for (const call of calls) expect(await call).toMatchObject({ code: "closed" });
    const later = caller.call("waiting", []);
    expect(caller.size).toBe(1);
    caller.fail(engineFault("closed"));
    await expect(later).rejects.toThrow();
  });
});

describe("a signal", () => {
  test("ends the call with its own reason, and the late answer finds nobody", async () => {
    const { caller, sent } = new Line();
    const abort = new AbortController();
    const call = caller.call("waiting", [], abort.signal);
    const reason = new Error("changed my mind");
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(caller.size).toBe(0);
    expect(() => caller.answer({ kind: "answer", id: sent[0]?.id ?? 0, value: 1 })).not.toThrow();
  });

  test("that is aborted already sends nothing", async () => {
    const { caller, sent } = new Line();
    await expect(caller.call("waiting", [], AbortSignal.abort("no"))).rejects.toBe("no");
    expect(sent).toEqual([]);
  });

  test("is let go of when the answer is there", async () => {
    const { caller, sent } = new Line();
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (type: string, listener: EventListener): void => {
      listeners.add(listener);
      add(type, listener);
    };
    signal.removeEventListener = (type: string, listener: EventListener): void => {
      listeners.delete(listener);
      remove(type, listener);
    };
    const call = caller.call("waiting", [], signal);
    expect(listeners.size).toBe(1);
    caller.answer({ kind: "answer", id: sent[0]?.id ?? 0, value: 1 });
    await call;
    expect(listeners.size).toBe(0);
  });
});

test("only octets that are whole buffers of their own are handed over", () => {
  const own = Uint8Array.of(1, 2);
  expect(ownBuffers(own)).toEqual([own.buffer]);
  expect(ownBuffers(new Uint8Array(new ArrayBuffer(8), 0, 4))).toEqual([]);
  expect(ownBuffers("text")).toEqual([]);
  const { buffer } = new WebAssembly.Memory({ initial: 1 });
  expect(ownBuffers(new Uint8Array(buffer, 8, 8)), "never the core's own memory").toEqual([]);
});
