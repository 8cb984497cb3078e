import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tcp } from "waypost/node";
import { open } from "../dist/index-node.js";
import { MailServer } from "./servers.js";

let dovecot: MailServer;
beforeAll(async () => {
  dovecot = await MailServer.start("dovecot");
});
afterAll(async () => {
  await dovecot.stop();
});

const message = (subject: string): string => `From: Ada <ada@example.org>\r\nTo: a@example.org\r\nSubject: ${subject}\r\nDate: Mon, 30 Nov 2026 12:00:00 +0000\r\n\r\nText.\r\n`;

describe("the engine in memory, in Node, on sockets, against Dovecot", () => {
  it.each(["tls", "none"] as const)("IMAP with %s: lists, follows what arrives, and flags on the server", async (security) => {
    await dovecot.ask({ do: "deliver", message: message(`First by ${security}`) });
    const { name: username = "", password = "" } = dovecot.users[0] ?? {};
    const mail = await open({ transport: tcp({ ca: dovecot.ca }) });
    const account = await mail.signIn({ protocol: "imap", address: "a@example.org", host: "localhost", port: security === "tls" ? dovecot.tlsPort : dovecot.port, security, username }, password);
    const inbox = await mail.inbox(account.id);
    await mail.synchronise(account.id, inbox.id);
    const { rows } = await mail.list(account.id, inbox.id);
    expect(rows.map(({ subject }) => subject)).toContain(`First by ${security}`);

    const newest = mail.live(async (mail) => (await mail.list(account.id, inbox.id)).rows.map(({ subject }) => subject));
    await newest.next();
    await dovecot.ask({ do: "deliver", message: message(`Second by ${security}`) });
    for await (const subjects of newest) if (subjects.includes(`Second by ${security}`)) break;

    await mail.changeFlags(rows.map(({ id }) => id), ["\\Flagged"], []);
    await expect.poll(() => mail.waiting(), { timeout: 10_000 }).toBe(0);
    const kept = (await dovecot.ask({ do: "list" })) as readonly { readonly flags: readonly string[] }[];
    expect(kept.filter(({ flags }) => flags.includes("\\Flagged")).length).toBe(rows.length);
    await mail.close();
  });

  it("a wrong password is the person's to mend, and nothing is stored", async () => {
    const mail = await open({ transport: tcp({ ca: dovecot.ca }) });
    const settings = { protocol: "imap", address: "a@example.org", host: "localhost", port: dovecot.tlsPort, security: "tls", username: dovecot.users[0]?.name ?? "" } as const;
    await expect(mail.signIn(settings, "wrong")).rejects.toMatchObject({ code: "auth-failed", blame: "user" });
    expect(await mail.accounts()).toEqual([]);
    await mail.close();
  });
});
