import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Account, MailEvent } from "waypost";
import { Session } from "./session.svelte";

const account = { id: 1, protocol: "imap", address: "clara@orchard.example" } as Account;
let client: EventTarget;
const accounts = vi.fn<() => Promise<readonly Account[]>>();

const setGatewayToken = vi.fn(() => Promise.resolve());
const syncNow = vi.fn(() => Promise.reject(new Error("signed out")));

vi.mock("waypost", () => ({ open: () => Promise.resolve((client = Object.assign(new EventTarget(), { accounts, setGatewayToken, syncNow }))) }));

const tell = (event: MailEvent): boolean => client.dispatchEvent(new CustomEvent(event.event, { detail: event }));

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
});
afterEach(() => vi.unstubAllGlobals());

test("accounts that can't be read again are a fault that the person sees; what was read stays", async () => {
  const session = new Session();
  accounts.mockResolvedValueOnce([account]).mockRejectedValueOnce(Object.assign(new Error("gone"), { code: "store-failed", blame: "device", retryable: false, serverText: null }));
  await session.start();
  tell({ event: "change", type: "accounts" });
  await vi.waitFor(() => expect(session.problem?.code).toBe("store-failed"));
  expect([session.view, session.accounts]).toEqual(["mail", [account]]);
});

async function visit(...found: (readonly Account[])[]): Promise<Session> {
  for (const one of found) accounts.mockResolvedValueOnce(one);
  const session = new Session();
  await session.start();
  return session;
}

test("accounts that were here at the last visit and are gone were removed by the browser; that is said until it is heard", async () => {
  expect((await visit([])).storage.storage, "nothing was ever here").toBe("ready");
  expect((await visit([account])).storage.storage).toBe("ready");
  const told = await visit([]);
  expect([told.view, told.storage.storage]).toEqual(["sign-in", "evicted"]);
  const again = await visit([]);
  expect(again.storage.storage, "nobody has heard it").toBe("evicted");
  again.hearRemoval();
  expect([again.storage.storage, (await visit([])).storage.storage]).toEqual(["ready", "ready"]);
});

test("accounts that the person removed are not said to be gone, whichever tab it was done in", async () => {
  await visit([account], []);
  tell({ event: "change", type: "accounts" });
  await vi.waitFor(() => expect(kept.size).toBe(0));
  expect((await visit([])).storage.storage).toBe("ready");
});

test("what is removed while the app runs is said at the next visit too, if nobody has heard it", async () => {
  const session = await visit([account], []);
  tell({ event: "storage", storage: "evicted" });
  tell({ event: "change", type: "accounts" });
  await vi.waitFor(() => expect(session.view).toBe("sign-in"));
  expect((await visit([])).storage.storage).toBe("evicted");
});

test("a browser that forbids the mark is served as well", async () => {
  vi.stubGlobal("localStorage", undefined);
  expect((await visit([account])).view).toBe("mail");
});

test("the app starts although the gateway does not say what it offers", async () => {
  expect((await visit([account])).view).toBe("mail");
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  expect((await visit([])).view).toBe("sign-in");
});

test("the gateway's token goes to the engine, every account is tried again, and nothing of it is stored", async () => {
  const session = await visit([account, { ...account, id: 2 }]);
  session.access.refuse();
  await session.giveToken("sesame");
  session.access.accept();
  expect([setGatewayToken.mock.calls, syncNow.mock.calls]).toEqual([[["sesame"]], [[1], [2]]]);
  expect([session.access.asks, session.access.token]).toEqual([false, "sesame"]);
  expect(JSON.stringify([...kept])).not.toContain("sesame");
});
