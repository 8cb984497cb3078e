/** The engine over the server in memory, in both protocols: as programs test their mail code. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { MailError } from "../src/errors.js";
import { openInMemory, type MemoryMailClient } from "../src/memory/open.js";
import { mailServer } from "../src/testing.js";

const wasm = pathToFileURL(join(import.meta.dirname, "../wasm/waypost.wasm"));

const plan = `From: "Ada, of Example" <ada@example.org>
To: robin@example.org
Subject: Plan
Date: Fri, 2 Jan 2026 03:04:05 +0000
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

Hello there
--b
Content-Type: application/pdf; name="plan.pdf"
Content-Disposition: attachment; filename="plan.pdf"
Content-Transfer-Encoding: base64

AAAA
--b--
`;

const subjects = async (mail: MemoryMailClient, account: number, mailbox: number): Promise<string[]> =>
  (await mail.list(account, mailbox)).rows.map(({ subject }) => subject).sort();

describe("the engine", () => {
  for (const [protocol, port] of [
    ["imap", 993],
    ["pop3", 995],
  ] as const) {
    it(`lists and reads over ${protocol}, and tells the server what was done where it can`, async () => {
      const server = mailServer({ mailboxes: { INBOX: [plan, "Subject: Two\nFrom: kim@example.org\n\nx\n"], Sent: [], Trash: [] } });
      const mail = await openInMemory({ transport: server.transport() }, wasm);
      const account = await mail.signIn({ protocol, address: "robin@example.org", host: "mail.example", port, security: "tls", username: "robin" }, "secret");
      const inbox = await mail.inbox(account.id);
      await vi.waitFor(async () => expect(await subjects(mail, account.id, inbox.id)).toEqual(["Plan", "Two"]), { timeout: 15_000, interval: 100 });
      const row = (await mail.list(account.id, inbox.id)).rows.find(({ subject }) => subject === "Plan");
      expect(await mail.message(row?.id ?? "")).toMatchObject({
        subject: "Plan",
        from: [{ name: "Ada, of Example", address: "ada@example.org" }],
        text: "Hello there",
        parts: [{ name: "plan.pdf", contentType: "application/pdf" }],
      });
      if (protocol === "imap") {
        await mail.changeFlags([row?.id ?? ""], ["\\Seen"], []);
        await vi.waitFor(() => expect(server.messages()[0]?.flags.has("\\Seen")).toBe(true), { timeout: 10_000 });
        server.deliver("Subject: Three\n\nz\n");
        await vi.waitFor(async () => expect(await subjects(mail, account.id, inbox.id)).toContain("Three"), { timeout: 10_000, interval: 100 });
      }
      await mail.close();
    }, 40_000);
  }

  it.each([["imap", 993], ["pop3", 995]] as const)("tells a connection over %s that was cut from a client that was closed: both are `closed`", async (protocol, port) => {
    const server = mailServer({ mailboxes: { INBOX: [plan] } });
    const mail = await openInMemory({ transport: server.transport({ cutAfter: 30 }) }, wasm);
    const settings = { protocol, address: "robin@example.org", host: "mail.example", port, security: "tls", username: "robin" } as const;
    const cut = await mail.signIn(settings, "secret").catch((error: unknown) => error);
    expect(cut).toBeInstanceOf(MailError);
    expect(cut).toMatchObject({ code: "closed", blame: "network", retryable: true });
    await mail.close();
    await expect(mail.accounts()).rejects.toMatchObject({ code: "closed", blame: "caller", retryable: false });
  }, 40_000);
});
