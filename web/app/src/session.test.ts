import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Account, MailEvent } from "waypost";
import { Session } from "./session.svelte";

const account = { id: 1, protocol: "imap", address: "clara@orchard.example" } as Account;
const listeners: ((event: MailEvent) => void)[] = [];
const accounts = vi.fn<() => Promise<readonly Account[]>>();

vi.mock("waypost", () => ({ open: () => Promise.resolve({ accounts, subscribe: (listener: (event: MailEvent) => void) => listeners.push(listener) }) }));

beforeEach(() => vi.stubGlobal("isSecureContext", true));
afterEach(() => vi.unstubAllGlobals());

test("accounts that can't be read again are a fault that the person sees; what was read stays", async () => {
  const session = new Session();
  accounts.mockResolvedValueOnce([account]).mockRejectedValueOnce(Object.assign(new Error("gone"), { code: "store-failed", blame: "device", retryable: false, serverText: null }));
  await session.start();
  for (const listener of listeners) listener({ event: "change", type: "accounts" });
  await vi.waitFor(() => expect(session.problem?.code).toBe("store-failed"));
  expect([session.view, session.accounts]).toEqual(["mail", [account]]);
});
