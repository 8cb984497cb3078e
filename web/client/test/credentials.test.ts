/** What signs an account in goes from tab to tab by ports only, and is gone when the account is signed out. */
import { describe, expect, test } from "vitest";
import type { AccountSettings } from "../src/types.js";
import { Browser, FakeBroker, type FakeCore, settle, type Tab } from "./world.js";

const settings: AccountSettings = { protocol: "imap", address: "a@example.org", host: "mail.example.org", port: 993, security: "tls", username: "a" };
const secret = "s3cret-of-the-account";

function coreOf(tab: Tab): FakeCore {
  const { core } = tab.worker();
  if (core === undefined) throw new Error("this tab does not lead");
  return core;
}

async function tabs(count: number, browser = new Browser()): Promise<{ browser: Browser; list: readonly [Tab, Tab, ...Tab[]] }> {
  const first = await browser.tab();
  const second = await browser.tab();
  const more: Tab[] = [];
  for (let index = 2; index < count; index += 1) more.push(await browser.tab());
  await settle();
  return { browser, list: [first, second, ...more] };
}

const heard = (browser: Browser): string => JSON.stringify(browser.channels.said);

/** The leader of a browser, among these. */
const leader = (browser: Browser, list: readonly Tab[]): Tab | undefined => list.find((tab) => tab.worker().id === browser.locks.holder("waypost:default"));

describe("a credential", () => {
  test("given in any tab is heard on no channel, and signs in again wherever the lead goes", async () => {
    const { browser, list } = await tabs(4);
    await list[1].session.addAccount(settings, secret);
    await list[2]?.session.addAccount({ ...settings, username: "b" }, `${secret}-2`);
    await list[2]?.session.signIn(1, `${secret}-3`);
    await settle();
    const left = [...list];
    while (left.length > 1) {
      const gone = leader(browser, left);
      gone?.vanish();
      left.splice(left.indexOf(gone as Tab), 1);
      await settle();
      const now = leader(browser, left) as Tab;
      expect(coreOf(now).resumed).toEqual([
        [1, `${secret}-3`],
        [2, `${secret}-2`],
      ]);
      for (const tab of left) expect(await tab.session.state(1)).toEqual({ state: "online" });
    }
    expect(heard(browser), "control: something was heard").toContain("elected");
    expect(heard(browser)).not.toContain(secret);
    expect(JSON.stringify(browser.broker?.said), "control: it went by ports").toContain(secret);
  });

  test("that was refused is not kept", async () => {
    const { list } = await tabs(2);
    await list[1].session.addAccount(settings, secret);
    coreOf(list[0]).answers.set("signIn", () => Promise.reject(new Error("refused")));
    await list[1].session.signIn(1, "mistyped").catch(() => undefined);
    await settle();
    list[0].vanish();
    await settle();
    expect(coreOf(list[1]).resumed).toEqual([[1, secret]]);
  });

  test.each(["signOut", "removeAccount"] as const)("%s in one tab clears it in all", async (name) => {
    const { list } = await tabs(3);
    await list[1].session.addAccount(settings, secret);
    await list[2]?.session[name](1);
    await settle();
    list[0].vanish();
    await settle();
    list[1].vanish();
    await settle();
    expect(coreOf(list[2] as Tab).resumed).toEqual([]);
  });

  test("of an account that is not here any more is dropped", async () => {
    const { browser, list } = await tabs(3);
    await list[0].session.addAccount(settings, secret);
    await settle();
    browser.disk.accounts.length = 0;
    list[0].vanish();
    await settle();
    expect(coreOf(list[1]).resumed).toEqual([[1, secret]]);
    list[1].vanish();
    await settle();
    expect(coreOf(list[2] as Tab).resumed, "it was not handed on").toEqual([]);
  });

  test("is not lost with a Worker that takes over and is gone before its core is open", async () => {
    const { browser, list } = await tabs(3);
    await list[0].session.addAccount(settings, secret);
    await settle();
    browser.openCore = () => new Promise(() => undefined);
    list[0].vanish();
    await settle();
    browser.openCore = () => Promise.resolve();
    list[1].vanish();
    await settle();
    expect(coreOf(list[2] as Tab).resumed).toEqual([[1, secret]]);
  });

  test("reaches a tab that is opened later", async () => {
    const { browser, list } = await tabs(2);
    await list[0].session.addAccount(settings, secret);
    const late = await browser.tab();
    await settle();
    list[1].vanish();
    await settle();
    list[0].vanish();
    await settle();
    expect(coreOf(late).resumed).toEqual([[1, secret]]);
  });
});

describe("the gateway's token", () => {
  /** Notes the token of every core that is opened to lead. */
  function opened(browser: Browser): (string | undefined)[] {
    const tokens: (string | undefined)[] = [];
    browser.openCore = ({ gatewayToken }) => {
      tokens.push(gatewayToken);
      return Promise.resolve();
    };
    return tokens;
  }

  test("given in any tab is heard on no channel, and is there wherever the lead goes, also before an account is", async () => {
    const { browser, list } = await tabs(3);
    const tokens = opened(browser);
    await list[1].session.setGatewayToken(secret);
    expect(coreOf(list[0]).calls.at(-1)).toEqual({ name: "setGatewayToken", args: [secret] });
    await settle();
    list[0].vanish();
    await settle();
    await list[2]?.session.setGatewayToken(`${secret}-2`);
    await settle();
    list[1].vanish();
    await settle();
    expect(tokens).toEqual([secret, `${secret}-2`]);
    expect(heard(browser)).not.toContain(secret);
  });

  test("that a page was opened with stays where no other is known, and gives way to one that was set", async () => {
    const browser = new Browser();
    const first = await browser.tab();
    const second = await browser.tab("default", undefined, "own");
    const third = await browser.tab("default", undefined, "own");
    await settle();
    const tokens = opened(browser);
    first.vanish();
    await settle();
    await second.session.setGatewayToken("set");
    await settle();
    second.vanish();
    await settle();
    expect(tokens).toEqual(["own", "set"]);
    expect(coreOf(third).closed).toBe(false);
  });

  test("is gone with the last tab", async () => {
    const browser = new Browser();
    const tokens = opened(browser);
    const only = await browser.tab();
    await only.session.setGatewayToken(secret);
    only.vanish();
    await browser.tab();
    expect(tokens).toEqual([undefined, undefined]);
  });
});

describe("without SharedWorkers", () => {
  test("tabs work together all the same, and hand over nothing", async () => {
    const browser = new Browser();
    browser.broker = undefined;
    const { list } = await tabs(2, browser);
    await list[0].session.addAccount(settings, secret);
    await list[1].session.syncNow(1);
    expect(coreOf(list[0]).calls.at(-1)).toEqual({ name: "syncNow", args: [1] });
    list[0].vanish();
    await settle();
    expect(coreOf(list[1]).resumed).toEqual([]);
    expect(await list[1].session.state(1)).toEqual({ state: "signed-out" });
    expect(heard(browser)).not.toContain(secret);
  });

  test("a tab that is given a secret takes the lead, instead of saying it on a channel", async () => {
    const browser = new Browser();
    browser.broker = undefined;
    const { list } = await tabs(2, browser);
    const account = await list[1].session.addAccount(settings, secret);
    await list[1].session.signIn(account.id, secret);
    expect(coreOf(list[1]).calls.filter(({ name }) => name === "addAccount")).toHaveLength(1);
    expect(browser.locks.holder("waypost:default")).toBe(list[1].worker().id);
    await settle();
    expect(browser.disk.open, "the other's core is closed").toBe(1);
    expect(await list[0].session.accounts()).toHaveLength(1);
    await list[0].session.setGatewayToken(`${secret}-token`);
    expect(browser.locks.holder("waypost:default"), "so does one that is given the gateway's token").toBe(list[0].worker().id);
    expect(heard(browser)).not.toContain(secret);
  });
});

describe("a broker that is gone with its process", () => {
  test("keeps no tab from working: a channel takes its place, and a new broker the channel's", async () => {
    const { browser, list } = await tabs(3);
    await list[0].session.addAccount(settings, secret);
    await settle();
    const dead = browser.broker;
    if (dead === undefined) throw new Error("no broker");
    dead.dead = true;
    list[0].vanish();
    await settle();
    browser.broker = new FakeBroker(browser.channels.silent);
    const change = list[2]?.session.changeFlags(["a"], [], []);
    const tick = async (): Promise<void> => {
      for (const tab of list.slice(1)) tab.worker().tick();
      await settle();
    };
    for (let watch = 0; watch < 2; watch += 1) await tick();
    await change;
    for (let watch = 0; watch < 4; watch += 1) await tick();
    await list[2]?.session.signIn(1, `${secret}-new`);
    expect(browser.locks.holder("waypost:default"), "nobody took the lead away").toBe(list[1].worker().id);
    list[1].vanish();
    await settle();
    expect(coreOf(list[2] as Tab).resumed).toEqual([[1, `${secret}-new`]]);
    expect(heard(browser)).not.toContain(secret);
  });

  test("swallows nothing for good: what was told on a line that it never passed on is told again", async () => {
    const { browser, list } = await tabs(3);
    await list[0].session.addAccount(settings, secret);
    await settle();
    if (browser.broker === undefined) throw new Error("no broker");
    browser.broker.dead = true;
    list[0].vanish();
    await settle();
    const [, leader, follower] = list as [Tab, Tab, Tab];
    const watch = async (): Promise<void> => {
      for (const tab of [leader, follower]) tab.worker().tick();
      await settle();
    };
    let swallowed = 0;
    for (let round = 0; round < 6; round += 1) {
      await watch();
      follower.events.length = 0;
      const change = { event: "change", type: "messages", account: 1, mailbox: 7 } as const;
      coreOf(leader).tell(change);
      await settle();
      if (follower.events.length === 0) swallowed += 1;
      for (let watches = 0; watches < 4; watches += 1) await watch();
      expect(follower.events).toContainEqual(change);
    }
    expect(swallowed, "control: a dead line was in use").toBeGreaterThan(0);
    follower.events.length = 0;
    for (let watches = 0; watches < 8; watches += 1) await watch();
    expect(follower.events, "what is known is not told again").toEqual([]);
    expect(browser.locks.holder("waypost:default"), "nobody took the lead away").toBe(leader.worker().id);
  });

  test("and never comes is not asked for without end", async () => {
    const { browser, list } = await tabs(2);
    const { broker } = browser;
    if (broker === undefined) throw new Error("no broker");
    broker.dead = true;
    let asked = 0;
    const of = broker.of.bind(broker);
    broker.of = (owner) => {
      asked += 1;
      return of(owner);
    };
    const opening = browser.tab();
    for (let watch = 0; watch < 30; watch += 1) {
      for (const { tick } of browser.workers) tick();
      await settle();
    }
    await (await opening).session.syncNow(1);
    expect(coreOf(list[0]).calls.at(-1)).toEqual({ name: "syncNow", args: [1] });
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(10);
  });
});
