import { describe, expect, it } from "vitest";
import { ImapClient } from "waypost/imap";
import { tcp } from "waypost/node";
import { Pop3Client, type Pop3Options } from "waypost/pop3";
import { serverFor, type ServerKind } from "./servers.js";

/** How a server differs from what the others do. */
interface Habits {
  /** It writes fields of its own into messages, and counts them. */
  readonly rewrites?: true;
}

const kinds: Readonly<Partial<Record<ServerKind, Habits>>> = {
  dovecot: {},
  cyrus: {},
  courier: {},
  mailutils: { rewrites: true },
};

const textOf = (octets: Uint8Array | undefined): string => new TextDecoder().decode(octets);
const subjectOf = (octets: Uint8Array | undefined): string => /^Subject: (.*)\r$/m.exec(textOf(octets))?.[1] ?? "";
const letter = (subject: string, body = "first\r\n.second\r\n..\r\nlast\r\n"): string =>
  `From: Ada <ada@example.org>\r\nTo: Robin <robin@waypost.example>\r\nSubject: ${subject}\r\nDate: Thu, 05 Mar 2026 10:00:00 +0000\r\n\r\n${body}`;
const long = letter("long", "0123456789 abcdef\r\n".repeat(200_000));

describe.each(Object.entries(kinds) as [ServerKind, Habits][])("Pop3Client and %s", (kind, habits) => {
  const server = serverFor(kind);

  async function connected(options: Partial<Pop3Options> = {}): Promise<Pop3Client> {
    const { ca, pop3Port, pop3TlsPort, users } = server();
    const { security = "none" } = options;
    const auth = { username: users[0]?.name ?? "", password: users[0]?.password ?? "" };
    return Pop3Client.connect({ host: "localhost", port: security === "tls" ? pop3TlsPort : pop3Port, security, transport: tcp({ ca }), auth, ...options });
  }

  /** Makes the maildrop hold these messages and no others. */
  async function fill(...messages: readonly string[]): Promise<void> {
    const { port, users } = server();
    await using imap = await ImapClient.connect({ host: "localhost", port, security: "none", transport: tcp(), auth: { username: users[0]?.name ?? "", password: users[0]?.password ?? "" } });
    if ((await imap.select("INBOX")).exists > 0) {
      await imap.addFlags("1:*", ["\\Deleted"]);
      await imap.expunge();
    }
    await imap.close();
    for (const message of messages) await server().ask({ do: "deliver", message });
  }

  /** Numbers by subject, as TOP tells them. */
  async function numbers(pop3: Pop3Client): Promise<ReadonlyMap<string, number>> {
    const list = await pop3.list();
    return new Map(await Promise.all(list.map(async ({ number }) => [subjectOf(await pop3.top(number, 0)), number] as const)));
  }

  it.each(["none", "starttls", "tls"] as const)("signs in with %s, and lists an empty maildrop", async (security) => {
    await fill();
    await using pop3 = await connected({ security });
    expect(pop3.tls?.version).toBe(security === "none" ? undefined : "TLSv1.3");
    expect(Object.keys(pop3.capabilities)).toEqual(expect.arrayContaining(["UIDL", "TOP", "PIPELINING"]));
    expect([await pop3.stat(), await pop3.list()]).toEqual([{ count: 0, octets: 0 }, []]);
    await pop3.quit();
    expect(await pop3.closed).toBeNull();
  });

  it("refuses a wrong password in words", async () => {
    const auth = { username: server().users[0]?.name ?? "", password: "wrong" };
    await expect(connected({ auth, security: "starttls" })).rejects.toMatchObject({ code: "auth-failed", blame: "user", retryable: false });
  });

  it.each([true, false])("lists, tops and takes every octet, with pipelining %s", async (pipelining) => {
    const messages = [letter("one"), letter("two", "\r\n.\r\n"), letter("three", "Grüße\r\n")];
    await fill(...messages);
    await using pop3 = await connected({ pipelining });
    const list = await pop3.list();
    expect(list.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(new Set(list.map(({ uidl }) => uidl)).size).toBe(3);
    const { count, octets } = await pop3.stat();
    expect(count).toBe(3);
    if (!habits.rewrites) expect(octets).toBe(list.reduce((sum, entry) => sum + entry.octets, 0));
    const taken = new Map<string, string>();
    for await (const message of pop3.messages([1, 2, 3])) taken.set(subjectOf(message.octets), textOf(message.octets));
    const bySubject = [taken.get("one"), taken.get("two"), taken.get("three")];
    if (habits.rewrites) expect(bySubject.map((text) => text?.split("\r\n\r\n").slice(1).join("\r\n\r\n").trim())).toEqual(messages.map((text) => text.split("\r\n\r\n").slice(1).join("\r\n\r\n").trim()));
    else expect(bySubject).toEqual(messages);
    const one = (await numbers(pop3)).get("one") ?? 0;
    expect(textOf(await pop3.top(one, 2))).toMatch(/\r\n\r\n(\r\n)?first\r\n\.second\r\n$/);
    await pop3.quit();
    await using again = await connected();
    expect((await again.list()).map(({ uidl }) => uidl)).toEqual(list.map(({ uidl }) => uidl));
  });

  it("streams a long message in pieces, and goes on after one that nobody reads", async () => {
    await fill(long, letter("short"));
    await using pop3 = await connected();
    const found = await numbers(pop3);
    const [large = 0, small = 0] = [found.get("long"), found.get("short")];
    const unread = await pop3.download(large);
    await unread.stream.cancel();
    const { octets, stream } = await pop3.download(large);
    let came = 0;
    for await (const piece of stream) came += piece.length;
    expect(Math.abs(came - octets)).toBeLessThan(512);
    if (!habits.rewrites) expect(came).toBe(long.length);
    const stop = new AbortController();
    const aborted = await pop3.download(large, stop.signal);
    stop.abort(new Error("enough"));
    await expect(new Response(aborted.stream).arrayBuffer()).rejects.toThrow("enough");
    for await (const { octets: message } of pop3.messages([small, large])) {
      expect(subjectOf(message)).toBe("short");
      break;
    }
    expect((await pop3.stat()).count).toBe(2);
    await expect(pop3.top(77, 0)).rejects.toMatchObject({ code: "server-refused" });
    await expect(pop3.download(77)).rejects.toMatchObject({ code: "server-refused" });
    await pop3.noop();
  });

  it("deletes by quit and by nothing else", async () => {
    await fill(letter("one"), letter("two"), letter("three"));
    await using first = await connected();
    const two = (await numbers(first)).get("two") ?? 0;
    await first.delete([1, 2, 3]);
    await first.reset();
    await first.delete(two);
    await first.close();
    await using second = await connected();
    expect((await second.stat()).count).toBe(3);
    await second.delete((await numbers(second)).get("two") ?? 0);
    await second.quit();
    await using third = await connected();
    expect([...(await numbers(third)).keys()].sort()).toEqual(["one", "three"]);
  });

  it("takes commands inside a loop over messages, and many at once", async () => {
    await fill(...Array.from({ length: 8 }, (_, index) => letter(`number ${String(index)}`)));
    await using pop3 = await connected();
    const seen: string[] = [];
    for await (const { number, octets } of pop3.messages([1, 2, 3, 4, 5, 6, 7, 8])) {
      seen.push(subjectOf(octets));
      expect(subjectOf(await pop3.top(number, 0))).toBe(seen.at(-1));
    }
    expect(new Set(seen).size).toBe(8);
    const [{ count }, list, ...tops] = await Promise.all([pop3.stat(), pop3.list(), ...[8, 1, 5].map((number) => pop3.top(number, 1))]);
    expect([count, list.length, ...tops.map(subjectOf)]).toEqual([8, 8, seen[7], seen[0], seen[4]]);
  });
});
