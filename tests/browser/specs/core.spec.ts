/** The wasm core by itself, in a Worker: both protocols through the real gateway, and the shape of what crosses to JavaScript. */
import { BareCore, writeBareCore } from "../harness/bare-core.ts";
import { expect, targetsOf, test as base } from "../harness/stage.ts";
import type { MailServer } from "../harness/mail-server.ts";

const test = base.extend<{ readonly core: BareCore }>({
  gateway: async ({ stage, mail }, use) => {
    const app = stage.subfolder("bare");
    writeBareCore(app);
    await use(await stage.gateway(targetsOf(mail), { app }));
  },
  core: async ({ device, gateway }, use) => {
    await use(await BareCore.open(device.context.pages()[0] ?? (await device.context.newPage()), gateway.origin));
  },
});

interface Row {
  readonly id: string;
  readonly subject: string;
  readonly flags: readonly string[];
}

const greeting = ["From: Ada <ada@example.org>", "To: all@example.org", "Subject: Greetings", "Date: Wed, 25 Nov 2026 10:00:00 +0000", "", "Read me.", ""].join("\r\n");

function settings(mail: MailServer, protocol: "imap" | "pop3", security: "tls" | "starttls"): Record<string, unknown> {
  const { imap, imaps, pop3, pop3s } = mail.ports;
  const port = protocol === "imap" ? (security === "tls" ? imaps : imap) : security === "tls" ? pop3s : pop3;
  return { protocol, address: mail.user.name, host: "localhost", port, security, username: mail.user.name };
}

const rows = async (core: BareCore, account: number, mailbox: number): Promise<readonly Row[]> =>
  (JSON.parse((await core.value("list", account, mailbox, {})) as string) as { readonly rows: readonly Row[] }).rows;

for (const protocol of ["imap", "pop3"] as const) {
  for (const security of ["tls", "starttls"] as const) {
    test(`${protocol} with ${security}: signs in, lists and reads`, async ({ core, mail }) => {
      await mail.deliver(greeting);
      const account = (await core.value("addAccount", settings(mail, protocol, security), mail.user.password)) as { id: number };
      expect(account).toEqual({ id: account.id, ...settings(mail, protocol, security), pop3: expect.objectContaining({ interval: 300 }), rules: [], notices: [], migration: null });
      expect(await core.value("accounts")).toEqual([account]);
      await expect.poll(() => core.value("mailboxes", account.id)).toContainEqual(expect.objectContaining({ role: "inbox", name: "INBOX", selectable: true }));
      const [inbox] = (await core.value("mailboxes", account.id)) as { id: number }[];
      const mailbox = inbox?.id ?? 0;
      await expect.poll(async () => (await rows(core, account.id, mailbox)).map(({ subject }) => subject)).toEqual(["Greetings"]);
      const [row] = await rows(core, account.id, mailbox);
      const id = row?.id ?? "";
      expect(await core.value("message", id)).toMatchObject({ subject: "Greetings", from: [{ name: "Ada", address: "ada@example.org" }], html: null, parts: [] });
      const source = Buffer.from(Object.values((await core.value("source", id)) as Record<string, number>)).toString();
      expect(source.endsWith(greeting)).toBe(true);
      expect(await core.error("part", id, 7)).toMatchObject({ code: "part-not-found", blame: "caller", serverText: null });
      await expect.poll(() => core.value("state", account.id)).toEqual({ state: "online" });
      const events = await core.events();
      expect(events).toContainEqual({ event: "change", type: "accounts" });
      expect(events).toContainEqual({ event: "state", account: account.id, status: { state: "online" } });
    });
  }
}

test("what is asked wrongly is refused with a code, and the core lives on", async ({ core, mail }) => {
  for (const [name, ...values] of [
    ["addAccount", { protocol: "gopher" }, "secret-1"],
    ["addAccount", "secret-2", "secret-3"],
    ["addAccount", undefined, ""],
    ["setPop3", 1, "sometimes"],
    ["message", "x"],
    ["part", "1.2.3", 0],
    ["source", ""],
    ["list", 1, 1, { order: "colour" }],
    ["findAccount", { protocol: "gopher" }],
    ["changeFlags", ["1.1.1.1", 7], [], []],
    ["changeFlags", "1.1.1.1", [], []],
    ["changeFlags", [], [null], []],
    ["open", "default", "https://mail.example/tunnel"],
  ] as const) {
    const error = await core.error(name, ...values);
    expect(error, name).toMatchObject({ code: "bad-request", blame: "caller", retryable: false, serverText: null });
    expect(JSON.stringify(error)).not.toContain("secret");
  }
  expect(await core.error("message", "1.2.3.4")).toMatchObject({ blame: "caller" });
  const wrong = await core.error("addAccount", settings(mail, "imap", "tls"), "not the password");
  expect(wrong).toMatchObject({ code: "auth-failed", blame: "user" });
  expect(await core.value("accounts")).toEqual([]);
});

test("a gateway that is down is told from a server that can't be reached", async ({ core, mail, gateway }) => {
  const away = { ...settings(mail, "imap", "tls"), port: 1 };
  expect(await core.error("addAccount", away, "x")).toMatchObject({ code: "port-denied", blame: "gateway" });
  await gateway.stop();
  expect(await core.error("addAccount", settings(mail, "imap", "tls"), "x")).toMatchObject({ code: "gateway-unreachable", blame: "gateway", retryable: true });
});

test("after close nothing is connected, and calls say so", async ({ core, mail, gateway }) => {
  await core.value("addAccount", settings(mail, "imap", "tls"), mail.user.password);
  await expect.poll(() => core.value("state", 1)).toEqual({ state: "online" });
  await core.value("close");
  await core.value("close");
  expect(await core.error("accounts")).toMatchObject({ code: "closed", blame: "caller" });
  expect(await core.error("state", 1)).toMatchObject({ code: "closed" });
  expect(await core.error("syncNow", 1)).toMatchObject({ code: "closed" });
  // The gateway writes this line when a tunnel has ended.
  await expect.poll(() => gateway.log).toMatch(/ tunnel .*reason=/);
});
