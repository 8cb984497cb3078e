/** Who leads: a leader that says nothing is replaced, one that was replaced follows, and reading needs none. */
import { describe, expect, test } from "vitest";
import { MailError } from "../src/errors.js";
import type { AccountSettings, ErrorShape } from "../src/types.js";
import { answeredBy, type CallName } from "../src/worker/port.js";
import { samples } from "./calls.js";
import { Browser, type FakeCore, settle, type Tab } from "./world.js";

const settings: AccountSettings = { protocol: "pop3", address: "a@example.org", host: "mail.example.org", port: 995, security: "tls", username: "a" };
const superseded: ErrorShape = { code: "store-superseded", blame: "device", retryable: true, message: "Another tab leads.", serverText: null };
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
  await settle();
  return { browser, first, second };
}

async function watch(tab: Tab, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    tab.worker().tick();
    await settle();
  }
}

describe("a frozen leader", () => {
  test("is replaced at the third watch after its last word; what it was signed in to goes on", async () => {
    const { browser, first, second } = await twoTabs();
    await first.session.addAccount(settings, "secret");
    await watch(second, 1);
    browser.channels.silent.add(first.worker().id);
    const state = second.session.state(1);
    await watch(second, 2);
    expect(browser.locks.holder("waypost:default"), "not too early").toBe(first.worker().id);
    await watch(second, 1);
    expect(await state).toEqual({ state: "online" });
    expect(browser.locks.holder("waypost:default")).toBe(second.worker().id);
    expect(coreOf(second).resumed).toEqual([[1, "secret"]]);
  });

  test("is replaced by a Worker that can sign in, not by one that was opened since", async () => {
    const { browser, first, second } = await twoTabs();
    await first.session.addAccount(settings, "secret");
    browser.channels.silent.add(first.worker().id);
    const opening = browser.tab();
    await settle();
    const young = browser.workers.at(-1);
    for (let time = 0; time < 3; time += 1) {
      young?.tick();
      await settle();
    }
    expect(browser.locks.holder("waypost:default"), "it leaves the lead to others").toBe(first.worker().id);
    await watch(second, 3);
    expect(coreOf(second).resumed).toEqual([[1, "secret"]]);
    await opening;
  });

  test("that wakes closes its core and follows, and its page goes on", async () => {
    const { browser, first, second } = await twoTabs();
    await first.session.addAccount(settings, "secret");
    browser.channels.silent.add(first.worker().id);
    await watch(second, 4);
    expect(coreOf(first).closed, "the lost lock tells it").toBe(true);
    expect(browser.disk.open).toBe(1);
    browser.channels.silent.clear();
    await watch(first, 1);
    await first.session.changeFlags(["a"], [], []);
    expect(coreOf(second).calls.at(-1)?.name).toBe("changeFlags");
    await second.session.signIn(1, "changed");
    await settle();
    second.vanish();
    await settle();
    expect(first.worker().core?.resumed, "it has what was said meanwhile").toEqual([[1, "changed"]]);
  });

  test("control: a leader that answers keeps the lead however long it is watched", async () => {
    const { browser, first, second } = await twoTabs();
    await watch(second, 20);
    expect(browser.locks.holder("waypost:default")).toBe(first.worker().id);
    expect(browser.disk.opened).toBe(1);
  });
});

describe("a store that is another core's", () => {
  test("makes the leader stand again, and a call that is safe to repeat does not notice", async () => {
    const { browser, first, second } = await twoTabs();
    coreOf(first).answers.set("showMailbox", () => Promise.reject(new MailError(superseded)));
    await second.session.showMailbox(1, 7);
    expect(browser.disk).toMatchObject({ opened: 2, open: 1 });
    expect(await first.session.waiting()).toBe(0);
  });

  test("a change that it refused is rejected, never made twice", async () => {
    const { browser, first, second } = await twoTabs();
    coreOf(first).answers.set("changeFlags", () => Promise.reject(new MailError(superseded)));
    await expect(first.session.changeFlags(["a"], [], [])).rejects.toMatchObject({ code: "engine-moved", retryable: true });
    await settle();
    expect(browser.locks.holder("waypost:default")).toBe(second.worker().id);
    expect(browser.disk.open).toBe(1);
  });

  test("where there is one tab only, its next core answers what the one before was asked, and what was asked in between", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    await settle();
    const before = coreOf(tab);
    before.answers.set("verify", never);
    const asked = tab.session.verify(false);
    await settle();
    before.tell({ event: "state", account: 1, status: { state: "offline", error: superseded, retryAt: null } });
    const between = tab.session.showMailbox(1, 7);
    await settle();
    expect(browser.disk).toMatchObject({ opened: 2, open: 1 });
    await between;
    await asked;
    expect(coreOf(tab).calls.map(({ name }) => name)).toEqual(expect.arrayContaining(["verify", "showMailbox"]));
    expect(await tab.session.waiting()).toBe(0);
  });

  test("met by an account's own work counts as well, and is not told to the pages", async () => {
    const { browser, first, second } = await twoTabs();
    coreOf(first).tell({ event: "state", account: 1, status: { state: "offline", error: superseded, retryAt: null } });
    await settle();
    expect(browser.locks.holder("waypost:default")).toBe(second.worker().id);
    expect(JSON.stringify([first.events, second.events])).not.toContain("superseded");
  });
});

describe("a store that is full", () => {
  const full: ErrorShape = { ...superseded, code: "store-full", message: "This device is full." };
  const told = ({ events }: Tab): readonly string[] => events.flatMap((event) => (event.event === "storage" ? [event.storage] : []));

  test("is forgotten with the leader that met it, in every tab", async () => {
    const { first, second } = await twoTabs();
    coreOf(first).tell({ event: "storage", storage: "read-only", error: full });
    await settle();
    expect([told(first), told(second)]).toEqual([["read-only"], ["read-only"]]);
    coreOf(first).tell({ event: "storage", storage: "read-only", error: superseded });
    await settle();
    expect([told(first), told(second)], "the next one met nothing").toEqual([
      ["read-only", "ready"],
      ["read-only", "ready"],
    ]);
  });

  test("is forgotten with the Worker of the only tab", async () => {
    const browser = new Browser();
    const tab = await browser.tab();
    coreOf(tab).tell({ event: "storage", storage: "read-only", error: full });
    await settle();
    browser.kill(tab.worker().id);
    await settle();
    expect(told(tab)).toEqual(["read-only", "ready"]);
  });
});

describe("reading", () => {
  test("is done by each tab's own core, and by the leader's where that is not enough", async () => {
    const { first, second } = await twoTabs();
    const reader = (): FakeCore | undefined => second.worker().reader;
    expect(await second.session.thread(1, 7)).toEqual([{ id: "a" }]);
    expect(reader()?.calls).toEqual([{ name: "thread", args: [1, 7] }]);
    expect(coreOf(first).calls).toEqual([]);
    reader()?.answers.set("message", () => Promise.reject(new Error("the body is not here")));
    expect(await second.session.message("m")).toEqual({ subject: "Subject of m" });
    expect(coreOf(first).calls).toEqual([{ name: "message", args: ["m"] }]);
  });

  test("needs no leader", async () => {
    const { browser, first, second } = await twoTabs();
    browser.channels.silent.add(first.worker().id);
    expect(await second.session.accounts()).toEqual([]);
    expect(await second.session.source("a")).toEqual(Uint8Array.of(1, 2, 3));
    expect(browser.locks.holder("waypost:default")).toBe(first.worker().id);
  });

  test("is all that a tab opened beside a frozen leader needs to open", async () => {
    const browser = new Browser();
    const first = await browser.tab();
    browser.channels.silent.add(first.worker().id);
    const opening = browser.tab();
    await settle();
    browser.workers.at(-1)?.tick();
    const second = await opening;
    expect(await second.session.accounts()).toEqual([]);
    expect(browser.locks.holder("waypost:default"), "nobody has replaced it yet").toBe(first.worker().id);
    await watch(second, 3);
    expect(await second.session.state(1)).toEqual({ state: "signed-out" });
  });

  test("before anything was stored waits for the leader", async () => {
    const browser = new Browser();
    await browser.tab();
    browser.openReader = () => Promise.reject(new Error("no database yet"));
    const second = await browser.tab();
    expect(await second.session.accounts()).toEqual([]);
    browser.openReader = () => Promise.resolve();
    await watch(second, 2);
    await second.session.accounts();
    expect(second.worker().reader?.calls.map(({ name }) => name)).toEqual(["accounts"]);
  });

  test("goes to the core that leads once there is one here, and the other is closed", async () => {
    const { browser, first, second } = await twoTabs();
    await second.session.accounts();
    expect(browser.disk.reading).toBe(1);
    first.vanish();
    await settle();
    expect(browser.disk.reading).toBe(0);
    await second.session.accounts();
    expect(coreOf(second).calls.at(-1)?.name).toBe("accounts");
  });

  test("that is under way when this Worker is elected is done by the core that leads", async () => {
    const { first, second } = await twoTabs();
    second.worker().reader?.answers.set("thread", () => new Promise(() => undefined));
    const rows = second.session.thread(1, 7);
    await settle();
    first.vanish();
    expect(await rows).toEqual([{ id: "a" }]);
    expect(coreOf(second).calls.filter(({ name }) => name === "thread")).toHaveLength(1);
  });

  test("that kills the reading core ends the call with a sentence, and the page goes on", async () => {
    const { browser, first, second } = await twoTabs();
    await second.session.accounts();
    second.worker().reader?.answers.set("message", () => {
      throw new WebAssembly.RuntimeError("unreachable");
    });
    await expect(second.session.message("m")).rejects.toMatchObject({ code: "core-died" });
    expect(await second.session.waiting()).toBe(0);
    expect(browser.locks.holder("waypost:default")).toBe(first.worker().id);
    expect(coreOf(first).calls.map(({ name }) => name), "the core that leads is not killed by it").not.toContain("message");
  });

  test.each((Object.keys(answeredBy) as CallName[]).filter((name) => answeredBy[name] === "lead"))("%s is never asked of a core that reads", async (name) => {
    const { second } = await twoTabs();
    // There is no such account; what the page's call also reads is read here.
    await samples(second.session)[name]().catch(() => undefined);
    expect(second.worker().reader?.calls.map((call) => call.name) ?? []).not.toContain(name);
  });
});

test("a waiting call goes on when the lead moves to its own tab", async () => {
  const { first, second } = await twoTabs();
  coreOf(first).answers.set("state", never);
  const state = second.session.state(1);
  await settle();
  await first.session.close();
  expect(await state).toEqual({ state: "signed-out" });
});
