/** One engine for all tabs, and what happens when the tab that holds it goes away. */
import { describe, expect, test } from "vitest";
import { MailError } from "../src/errors.js";
import { engineFault } from "../src/engine-faults.js";
import type { AccountSettings } from "../src/types.js";
import { PROTOCOL, type ToFollower } from "../src/worker/port.js";
import { Browser, type FakeCore, settle, type Tab } from "./world.js";

const settings: AccountSettings = { protocol: "imap", address: "a@example.org", host: "mail.example.org", port: 993, security: "tls", username: "a" };
const never = (): Promise<never> => new Promise(() => undefined);

function coreOf(tab: Tab): FakeCore {
  const { core } = tab.worker();
  if (core === undefined) throw new Error("this tab does not lead");
  return core;
}

async function twoTabs(): Promise<{ browser: Browser; first: Tab; second: Tab }> {
  const browser = new Browser();
  const first = await browser.tab();
  const second = await browser.tab();
  return { browser, first, second };
}

describe("two tabs", () => {
  test("open one core that connects and writes, and both are answered by it", async () => {
    const { browser, first, second } = await twoTabs();
    expect(browser.disk.opened).toBe(1);
    expect(second.worker().core).toBeUndefined();
    await first.session.addAccount(settings, "secret");
    await second.session.changeFlags(["a"], ["\\Seen"], []);
    expect(coreOf(first).calls.at(-1)).toEqual({ name: "changeFlags", args: [["a"], ["\\Seen"], []] });
    expect(await second.session.state(1)).toEqual({ state: "online" });
  });

  test("both hear what happens, each once", async () => {
    const { first, second } = await twoTabs();
    await second.session.addAccount(settings, "secret");
    await settle();
    expect(first.events).toEqual([{ event: "change", type: "accounts" }]);
    expect(second.events).toEqual(first.events);
  });

  test("an error of the core reaches the other tab with all it says", async () => {
    const { first, second } = await twoTabs();
    const shape = { code: "auth-failed", blame: "user", retryable: false, message: "No.", serverText: "[AUTHENTICATIONFAILED]" } as const;
    const plain = structuredClone<unknown>(shape) as Error;
    coreOf(first).answers.set("signIn", () => Promise.reject(plain));
    const error = await second.session.signIn(1, "wrong").catch((error: unknown) => error);
    expect(error).toBeInstanceOf(MailError);
    expect(error).toMatchObject(shape);
  });

  test("another profile has a core of its own", async () => {
    const browser = new Browser();
    await browser.tab("one");
    await browser.tab("two");
    expect(browser.disk.opened).toBe(2);
  });

  test("a tab opened while the core is still opening waits for it", async () => {
    const browser = new Browser();
    let go: () => void = () => undefined;
    browser.openCore = () => new Promise((resolve) => (go = resolve));
    const first = browser.tab();
    await settle();
    const second = browser.tab();
    await settle();
    go();
    expect(await (await second).session.accounts()).toEqual([]);
    await first;
    expect(browser.disk.opened).toBe(1);
  });
});

describe("when the leading tab is gone", () => {
  test("another opens the core, signs in again, and its page is told to read everything again", async () => {
    const { browser, first, second } = await twoTabs();
    await first.session.addAccount(settings, "secret");
    await settle();
    second.events.length = 0;
    first.vanish();
    await settle();
    expect(browser.disk).toMatchObject({ opened: 2, open: 1 });
    expect(second.events).toEqual([
      { event: "change", type: "accounts" },
      { event: "state", account: 1, status: { state: "online" } },
      { event: "change", type: "mailboxes", account: 1 },
      { event: "change", type: "messages", account: 1, mailbox: 7 },
    ]);
  });

  test("what its pages had shown last is shown again", async () => {
    const { first, second } = await twoTabs();
    await second.session.showMailbox(1, 7);
    first.vanish();
    await settle();
    expect(coreOf(second).calls).toContainEqual({ name: "showMailbox", args: [1, 7] });
  });

  test("a third tab is told as well, and is answered by the new one", async () => {
    const { browser, first, second } = await twoTabs();
    const third = await browser.tab();
    await first.session.addAccount(settings, "secret");
    await settle();
    third.events.length = 0;
    first.vanish();
    await settle();
    expect(third.events).toContainEqual({ event: "state", account: 1, status: { state: "online" } });
    expect(third.worker().core).toBeUndefined();
    await third.session.syncNow(1);
    expect(coreOf(second).calls.at(-1)).toEqual({ name: "syncNow", args: [1] });
  });

  test("a call under way is made again if that is harmless; another is rejected and may be tried again", async () => {
    const { first, second } = await twoTabs();
    for (const name of ["state", "changeFlags"] as const) coreOf(first).answers.set(name, never);
    const state = second.session.state(1);
    const change = second.session.changeFlags(["m"], ["\\Seen"], []).catch((error: unknown) => error);
    await settle();
    first.vanish();
    expect(await state).toEqual({ state: "signed-out" });
    expect(await change).toMatchObject({ code: "engine-moved", retryable: true });
    expect(coreOf(second).calls.map(({ name }) => name)).not.toContain("changeFlags");
  });

  test("what the tab that leads now was about to read by itself is answered all the same", async () => {
    const { first, second } = await twoTabs();
    await second.session.thread(1, 7);
    second.worker().reader?.answers.set("thread", never);
    const rows = second.session.thread(1, 7);
    await settle();
    first.vanish();
    expect(await rows).toEqual([{ id: "a" }]);
    expect(coreOf(second).calls.map(({ name }) => name)).toContain("thread");
  });

  test("a call made while nobody leads waits for the next one", async () => {
    const { browser, first, second } = await twoTabs();
    let go: () => void = () => undefined;
    browser.openCore = () => new Promise((resolve) => (go = resolve));
    first.vanish();
    await settle();
    const change = second.session.changeFlags(["m"], ["\\Seen"], []);
    await settle();
    go();
    await change;
    expect(coreOf(second).calls).toContainEqual({ name: "changeFlags", args: [["m"], ["\\Seen"], []] });
  });

  test("closing the leader's client lets another lead, and closes the core before", async () => {
    const { browser, first, second } = await twoTabs();
    const core = coreOf(first);
    await first.session.close();
    await settle();
    expect(core.closed).toBe(true);
    expect(browser.disk).toMatchObject({ opened: 2, open: 1 });
    expect(await second.session.waiting()).toBe(0);
  });
});

describe("a page that is put aside", () => {
  test("gives up its Worker, and another tab leads", async () => {
    const { browser, first, second } = await twoTabs();
    first.page.dispatchEvent(new Event("pagehide"));
    await settle();
    expect(first.worker().terminated).toBe(true);
    expect(browser.locks.holder("waypost:default")).toBe(second.worker().id);
    expect(browser.disk.open).toBe(1);
  });

  test("opens again when it is shown, and reads everything again", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    await tab.session.addAccount(settings, "secret");
    await settle();
    tab.events.length = 0;
    tab.page.dispatchEvent(new Event("pagehide"));
    const read = tab.session.waiting();
    await settle();
    tab.page.dispatchEvent(new Event("pageshow"));
    expect(await read).toBe(0);
    await settle();
    expect(tab.events).toContainEqual({ event: "state", account: 1, status: { state: "signed-out" } });
    expect(browser.workers).toHaveLength(2);
    expect(browser.disk.open).toBe(1);
  });

  test("control: being shown without having been put aside starts nothing", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    tab.page.dispatchEvent(new Event("pageshow"));
    await settle();
    expect(browser.workers).toHaveLength(1);
  });

  test("while it is still opening, opens when it is shown", async () => {
    const browser = new Browser();
    const first = await browser.tab();
    browser.channels.silent.add(first.worker().id);
    const page = new EventTarget();
    const listen = page.addEventListener.bind(page);
    let registered = 0;
    page.addEventListener = (...args: Parameters<EventTarget["addEventListener"]>): void => {
      registered += 1;
      listen(...args);
    };
    const opening = browser.tab("default", page);
    await settle();
    expect(registered).toBe(2);
    page.dispatchEvent(new Event("pagehide"));
    browser.channels.silent.clear();
    page.dispatchEvent(new Event("pageshow"));
    expect(await (await opening).session.waiting()).toBe(0);
  });
});

describe("a core that dies", () => {
  const trap = (): never => {
    throw new WebAssembly.RuntimeError("unreachable");
  };

  test("ends every call, of both tabs, with a sentence; then another tab leads, and its own page goes on", async () => {
    const { browser, first, second } = await twoTabs();
    await first.session.addAccount(settings, "secret");
    coreOf(first).answers.set("message", never);
    coreOf(first).answers.set("showMailbox", never);
    coreOf(first).answers.set("loadOlder", trap);
    const calls = [first.session.message("m"), second.session.showMailbox(1, 7), second.session.loadOlder(1, 7)];
    const errors = calls.map((call) => (call as Promise<unknown>).catch((error: unknown) => error));
    for (const error of errors) expect(await error).toMatchObject({ code: "core-died", blame: "device", message: expect.stringContaining("stored mail is safe") as string });
    await settle();
    expect(browser.locks.holder("waypost:default")).toBe(second.worker().id);
    expect(await first.session.state(1), "the credential was handed on").toEqual({ state: "online" });
    expect(await second.session.accounts()).toHaveLength(1);
    expect(browser.disk.open).toBe(1);
  });

  test("outside of any call is noticed as well", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    coreOf(tab).answers.set("waiting", never);
    const call = tab.session.waiting().catch((error: unknown) => error);
    await settle();
    tab.worker().host?.crashed(new WebAssembly.RuntimeError("unreachable"));
    expect(await call).toMatchObject({ code: "core-died" });
    expect(await tab.session.waiting()).toBe(0);
    expect(browser.workers).toHaveLength(2);
  });

  test("again and again is not started for ever: the page is told for each account", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    coreOf(tab).tell({ event: "state", account: 1, status: { state: "online" } });
    await settle();
    for (let death = 0; death < 4; death += 1) {
      tab.worker().host?.crashed(new WebAssembly.RuntimeError("unreachable"));
      for (let turn = 0; turn < 3; turn += 1) await settle();
    }
    expect(tab.events.at(-1)).toEqual({ event: "state", account: 1, status: { state: "offline", error: engineFault("core-died"), retryAt: null } });
    await expect(tab.session.waiting()).rejects.toMatchObject({ code: "core-died" });
    expect(browser.workers).toHaveLength(4);
  });

  test("control: another uncaught error does not end it", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    tab.worker().host?.crashed(new Error("something else"));
    expect(await tab.session.waiting()).toBe(0);
  });

  test("a core that does not open: open rejects with its error, and the lead goes on", async () => {
    const browser = new Browser();
    browser.openCore = () => Promise.reject(new MailError(engineFault("core-unreachable")));
    await expect(browser.tab()).rejects.toMatchObject({ code: "core-unreachable", retryable: true });
    await settle();
    expect(browser.locks.holder("waypost:default")).toBeUndefined();
    browser.openCore = () => Promise.resolve();
    expect(await (await browser.tab()).session.accounts()).toEqual([]);
  });
});

describe("a Worker that is killed without a word", () => {
  test("is followed by another, which goes on from the store", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    await tab.session.addAccount(settings, "secret");
    coreOf(tab).answers.set("waiting", never);
    const read = tab.session.waiting();
    await settle();
    tab.events.length = 0;
    browser.kill(tab.worker().id);
    expect(await read).toBe(0);
    await settle();
    expect(await tab.session.accounts()).toHaveLength(1);
    expect(tab.events, "nobody else had the credential").toContainEqual({ event: "state", account: 1, status: { state: "signed-out" } });
    expect(browser.disk.open).toBe(1);
  });

  test("while the page is still opening, does not keep it from opening", async () => {
    const browser = new Browser();
    browser.openCore = never;
    const opening = browser.tab();
    await settle();
    browser.openCore = () => Promise.resolve();
    browser.kill(browser.workers[0]?.id ?? "");
    expect(await (await opening).session.waiting()).toBe(0);
  });

  test("control: one that lives is not replaced, and one that was closed is not missed", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    await settle();
    await tab.session.close();
    await settle();
    expect(browser.workers).toHaveLength(1);
  });
});

test("a tab of another build is not answered wrongly but told", async () => {
  const browser = new Browser();
  const foreign = browser.channels.open<{ kind: string; from: string }, unknown>("foreign", "waypost:default");
  void browser.locks.of("foreign").request("waypost:default", { signal: new AbortController().signal }, never);
  foreign.listen(({ kind, from }) => {
    if (kind !== "who") return;
    const line = browser.channels.open<unknown, ToFollower>("foreign", `waypost:default:${from}`);
    line.post({ kind: "leader", leader: "foreign", ready: true, told: 0, protocol: PROTOCOL + 1 });
  });
  await expect(browser.tab()).rejects.toMatchObject({ code: "other-version" });
});

test("a browser that gives no locks here is named as what it is", async () => {
  const browser = new Browser();
  browser.locks.of = () => ({ request: () => Promise.reject(new DOMException("opaque origin", "SecurityError")) });
  await expect(browser.tab()).rejects.toMatchObject({ code: "unsupported" });
});

test("a leader forgets the tabs that are gone", async () => {
  const { browser, first } = await twoTabs();
  const open = (): readonly unknown[] => [browser.channels.size, browser.broker?.size];
  const before = open();
  const third = await browser.tab();
  expect(open()).not.toEqual(before);
  third.vanish();
  await settle();
  expect(open()).toEqual(before);
  await first.session.close();
});

test("nothing is left when all tabs have closed", async () => {
  const { browser, first, second } = await twoTabs();
  await second.session.close();
  await first.session.close();
  await settle();
  expect(browser.channels.size).toBe(0);
  expect(browser.broker?.size).toBe(0);
  expect(browser.disk).toMatchObject({ open: 0, reading: 0 });
  expect(browser.workers.every(({ terminated }) => terminated)).toBe(true);
});
