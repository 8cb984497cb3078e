/** The engine in Node: the module as it is built, over a store in memory. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { MailClient, MailEvent } from "../src/client.js";
import { MailError } from "../src/errors.js";
import { openInMemory } from "../src/memory/open.js";
import { maildrop, message } from "./maildrop.js";

const built = join(import.meta.dirname, "../wasm/waypost.wasm");
const wasm = pathToFileURL(built);
const settings = { protocol: "pop3", address: "a@example.org", host: "mail.example", port: 995, security: "tls", username: "a" } as const;

const opened: MailClient[] = [];
afterEach(async () => {
  for (const mail of opened.splice(0)) await mail.close();
});

async function opening(...args: Parameters<typeof openInMemory>): ReturnType<typeof openInMemory> {
  const mail = await openInMemory(...args);
  opened.push(mail);
  return mail;
}

test("control: the module is built", () => {
  expect(existsSync(built)).toBe(true);
});

describe("a client in memory", () => {
  test("says what it is, takes mail by a transport of the page's own, and shows it", async () => {
    const server = maildrop([message("One"), message("Two", 2000)]);
    const mail = await opening({ transport: server }, wasm);
    expect(mail.storage).toBe("memory");
    const events: MailEvent[] = [];
    mail.addEventListener("change", ({ detail }) => events.push(detail));
    const account = await mail.signIn(settings, "secret");
    const inbox = await mail.inbox(account.id);
    await mail.synchronise(account.id, inbox.id);
    const { rows, total } = await mail.list(account.id, inbox.id, { order: "subject", descending: false });
    expect([total, rows.map(({ subject }) => subject)]).toEqual([2, ["One", "Two"]]);
    const view = await mail.message(rows[1]?.id ?? "");
    expect(view.text.trim()).toBe("Text of Two.");
    const [part] = view.parts;
    if (part === undefined) throw new Error("there is no part");
    const blob = await (await mail.attachment(rows[1]?.id ?? "", part)).blob();
    expect([blob.type, blob.size]).toEqual(["image/png", 54 * 38]);
    expect(events).toContainEqual({ event: "change", type: "messages", account: account.id, mailbox: inbox.id });
  });

  test("sees each other client of the process as another device", async () => {
    const [one, other] = [await opening({ transport: maildrop([]) }, wasm), await opening({ transport: maildrop([]) }, wasm)];
    await one.signIn(settings, "secret");
    expect([(await one.accounts()).length, (await other.accounts()).length]).toEqual([1, 0]);
  });

  test("moves and takes back", async () => {
    const mail = await opening({ transport: maildrop([message("One")]) }, wasm);
    const account = await mail.signIn(settings, "secret");
    const inbox = await mail.inbox(account.id);
    await mail.synchronise(account.id, inbox.id);
    const later = await mail.createMailbox(account.id, "Later");
    const { rows } = await mail.list(account.id, inbox.id);
    const moved = await mail.moveMessages(rows.map(({ id }) => id), later.id);
    expect(moved).toEqual([{ from: rows[0]?.id, to: expect.any(String) as string, mailbox: inbox.id }]);
    expect((await mail.list(account.id, inbox.id)).total).toBe(0);
    await mail.undoMove(moved);
    expect([(await mail.list(account.id, inbox.id)).total, (await mail.list(account.id, later.id)).total]).toEqual([1, 0]);
    await mail.undoMove(await mail.deleteMessages((await mail.list(account.id, inbox.id)).rows.map(({ id }) => id)));
    expect((await mail.list(account.id, inbox.id)).total).toBe(1);
  });

  test("a live list follows a synchronisation", async () => {
    const messages = [message("One")];
    const mail = await opening({ transport: maildrop(messages) }, wasm);
    const account = await mail.signIn(settings, "secret");
    const inbox = await mail.inbox(account.id);
    await mail.synchronise(account.id, inbox.id);
    const live = mail.live(async (mail) => (await mail.list(account.id, inbox.id)).total);
    expect((await live.next()).value).toBe(1);
    messages.push(message("Two"));
    await mail.synchronise(account.id, inbox.id);
    for await (const total of live) if (total === 2) break;
    expect(live.value).toBe(2);
  });

  test("upgrades to TLS where the transport can, and lets nothing in before it", async () => {
    const server = maildrop([], { upgrade: true });
    const mail = await opening({ transport: server }, wasm);
    await mail.signIn({ ...settings, security: "starttls" }, "secret");
    expect(server.heard).toContain("STLS");
    const injected = maildrop([], { upgrade: true, injected: "+OK injected\r\n" });
    const other = await opening({ transport: injected }, wasm);
    await expect(other.signIn({ ...settings, security: "starttls" }, "secret")).rejects.toMatchObject({ code: "starttls-injection" });
    expect(injected.heard).not.toContain("PASS");
  });

  test("a transport that can't upgrade, fails or says nothing is an error with a sentence", async () => {
    const plain = await opening({ transport: maildrop([]) }, wasm);
    await expect(plain.signIn({ ...settings, security: "starttls" }, "secret")).rejects.toMatchObject({ code: "plaintext-refused" });
    const broken = await opening({ transport: { connect: () => Promise.reject(new Error("no such thing")) } }, wasm);
    await expect(broken.signIn(settings, "secret")).rejects.toMatchObject({ code: "unreachable", blame: "server" });
    const denied = new MailError({ code: "target-denied", blame: "gateway", retryable: false, message: "No.", serverText: null });
    const refusing = await opening({ transport: { connect: () => Promise.reject(denied) } }, wasm);
    await expect(refusing.signIn(settings, "secret")).rejects.toMatchObject({ code: "target-denied" });
  });

  test("without a transport or a gateway there is no way to a server", async () => {
    await expect(openInMemory({}, wasm).catch((error: unknown) => Promise.reject(error as Error))).rejects.toMatchObject({ code: "wrong-argument" });
  });

  test("a program ends when its client is closed, and not some seconds later", async () => {
    const mail = await opening({ transport: maildrop([]) }, wasm);
    const timers = vi.spyOn(globalThis, "setTimeout");
    await mail.close();
    const set = timers.mock.results.map(({ value }) => value as NodeJS.Timeout & { readonly _destroyed: boolean });
    timers.mockRestore();
    expect(set.length).toBeGreaterThan(0);
    expect(set.every(({ _destroyed }) => _destroyed)).toBe(true);
  });

  test("closing settles all that waits, and twice is harmless", async () => {
    const server = maildrop([message("One")]);
    const mail = await opening({ transport: server }, wasm);
    const account = await mail.signIn(settings, "secret");
    const inbox = await mail.inbox(account.id);
    const waiting = mail.synchronise(account.id, inbox.id).catch((error: unknown) => error);
    await Promise.all([mail.close(), mail.close()]);
    expect(await waiting).toMatchObject({ code: "closed" });
    await expect(mail.accounts()).rejects.toMatchObject({ code: "closed" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.open(), "its connection is closed").toBe(0);
  });
});
