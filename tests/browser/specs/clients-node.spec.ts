/** The clients without the engine in Node: over TCP, and through the real gateway, to a real Dovecot. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { entry, socketsOf } from "../harness/clients.ts";
import type { MailServer } from "../harness/mail-server.ts";
import { expect, test } from "../harness/stage.ts";

type Pop3 = typeof import("../../../web/client/src/pop3.ts");
type Node = typeof import("../../../web/client/src/node.ts");
type Options = Parameters<Pop3["Pop3Client"]["connect"]>[0];

const { Pop3Client, gateway: through } = await entry<Pop3>("pop3");
const { tcp } = await entry<Node>("node");

const letter = (subject: string, body: string): string => ["From: Ada <ada@example.org>", "To: all@example.org", `Subject: ${subject}`, "", body, ""].join("\r\n");
const hash = (octets: Uint8Array): string => createHash("sha256").update(octets).digest("hex");

function options(mail: MailServer, transport: Options["transport"], security: Options["security"] = "tls"): Options {
  const port = security === "tls" ? mail.ports.pop3s : mail.ports.pop3;
  return { host: "localhost", port, security, transport, auth: { username: mail.user.name, password: mail.user.password } };
}

const code = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => "done", (error: { readonly code?: string }) => error.code);

for (const way of ["tcp", "gateway"] as const) {
  for (const security of ["tls", "starttls"] as const) {
    test(`Pop3Client by ${way} with ${security} reads each octet of many messages`, async ({ mail, gateway }) => {
      for (let number = 0; number < 20; number += 1) await mail.deliver(letter(String(number), `.\r\n..\r\n${`line ${number}\r\n`.repeat(number * 400)}`));
      const transport = way === "tcp" ? tcp({ ca: readFileSync(mail.ca) }) : through(`${gateway.origin.replace("http", "ws")}/tunnel`, { WebSocket: socketsOf(gateway.origin) });
      const pop3 = await Pop3Client.connect(options(mail, transport, security));
      expect(pop3.tls).toMatchObject({ version: "TLSv1.3", fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
      const list = await pop3.list();
      expect(new Set(list.map(({ uidl }) => uidl)).size).toBe(20);
      const hashes: string[] = [];
      for await (const { number, octets } of pop3.messages(list.map(({ number }) => number))) {
        hashes.push(hash(octets));
        expect(octets.length).toBe(list[number - 1]?.octets);
        if (number === 10) expect(new TextDecoder().decode(await pop3.top(20, 0))).toContain("Subject: 19");
      }
      expect(hashes).toEqual((await mail.list()).map(({ sha256 }) => sha256));
      await pop3.delete(list.map(({ number }) => number).slice(1));
      await pop3.quit();
      expect(await mail.list()).toHaveLength(1);
      expect(await pop3.closed).toBeNull();
    });
  }
}

test("a certificate is taken only from whom it should be", async ({ mail }) => {
  const ca = readFileSync(mail.ca);
  const pop3 = await Pop3Client.connect(options(mail, tcp({ ca, minVersion: "TLSv1.3" })));
  const fingerprint = pop3.tls?.fingerprint ?? "";
  await pop3.quit();
  const pinned = await Pop3Client.connect({ ...options(mail, tcp({ fingerprint: fingerprint.toUpperCase().replace(/..(?!$)/g, "$&:") })), host: "127.0.0.1" });
  await pinned.quit();
  for (const security of ["tls", "starttls"] as const) {
    expect(await code(Pop3Client.connect(options(mail, tcp(), security)))).toBe("tls-certificate");
    expect(await code(Pop3Client.connect(options(mail, tcp({ ca, servername: "mail.example.org" }), security)))).toBe("tls-certificate");
    expect(await code(Pop3Client.connect(options(mail, tcp({ fingerprint: fingerprint.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) }), security)))).toBe("tls-certificate");
  }
  expect(await code(Pop3Client.connect({ ...options(mail, tcp({ ca })), port: mail.ports.pop3 }))).toBe("tls-handshake");
  expect(await code(Pop3Client.connect({ ...options(mail, tcp({ ca })), auth: { username: mail.user.name, password: "wrong" } }))).toBe("auth-failed");
});

test("a connection that is cut settles everything, and a signal ends an attempt", async ({ mail, stage }) => {
  await mail.deliver(letter("one", "1"));
  const relay = await stage.relay(mail.ports.pop3s);
  const transport = tcp({ ca: readFileSync(mail.ca) });
  const target = { ...options(mail, transport), port: relay.port };
  const pop3 = await Pop3Client.connect(target);
  await pop3.delete(1);
  await relay.stop();
  expect((await pop3.closed)?.code).toBe("connection-lost");
  expect(await code(pop3.quit())).toBe("connection-lost");
  expect(await code(Pop3Client.connect(target))).toBe("refused");
  expect(await mail.list()).toHaveLength(1);
  await expect(Pop3Client.connect(target, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
});
