import { describe, expect, it } from "vitest";
import { ImapClient, type MailboxEvent } from "waypost/imap";
import { tcp } from "waypost/node";
import { serverFor, type ServerKind } from "./servers.js";

/** How a server differs from what the others do. */
interface Habits {
  /** Of all mailboxes, where they are below INBOX. */
  readonly prefix?: string;
  readonly delimiter: string;
  /** What it does not offer, in the words of capabilities. */
  readonly lacks: readonly string[];
  /** A mailbox with messages has none below it: a folder has. */
  readonly flat?: true;
  /** It keeps no keywords. */
  readonly noKeywords?: true;
  /** It gives out other octets than it got: lines of its own, or line ends. */
  readonly rewrites?: true;
  /** It has no port that begins with TLS. */
  readonly noImplicitTls?: true;
  /** INTERNALDATE is the Date of the message, where APPEND named none. */
  readonly datedByHeader?: true;
  /** What was copied can't be read there, nor are dispositions told. */
  readonly poor?: true;
}

const kinds: Readonly<Partial<Record<ServerKind, Habits>>> = {
  cyrus: { delimiter: "/", lacks: [] },
  courier: { prefix: "INBOX.", delimiter: ".", lacks: ["MOVE", "ESEARCH", "CONDSTORE"] },
  mailutils: { delimiter: "/", lacks: ["MOVE", "UIDPLUS", "ESEARCH", "CONDSTORE"], flat: true, noKeywords: true, rewrites: true, datedByHeader: true },
  pymap: { delimiter: "/", lacks: ["ESEARCH", "CONDSTORE"], noKeywords: true, rewrites: true, noImplicitTls: true, poor: true },
};

const octetsOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const textOf = (octets: Uint8Array | null | undefined): string => new TextDecoder().decode(octets ?? undefined);
const letter = (subject: string, body = "text\r\n"): string =>
  `From: Ada <ada@example.org>\r\nTo: Robin <robin@waypost.example>\r\nSubject: ${subject}\r\nDate: Thu, 05 Mar 2026 10:00:00 +0000\r\nMessage-ID: <${Buffer.from(subject).toString("hex")}@example.org>\r\n\r\n${body}`;

const sent = Date.UTC(2026, 2, 5, 10);

const parts = letter("Two parts", "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nfirst\r\n--b\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\nJVBERi0=\r\n--b--\r\n")
  .replace("\r\n\r\n", '\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n');

describe.each(Object.entries(kinds) as [ServerKind, Habits][])("ImapClient and %s", (kind, habits) => {
  const server = serverFor(kind);
  const { prefix = "", lacks } = habits;
  let mailboxes = 0;

  async function connected(security: "none" | "starttls" | "tls" = "none", password?: string): Promise<ImapClient> {
    const { ca, port, tlsPort, users } = server();
    const auth = { username: users[0]?.name ?? "", password: password ?? users[0]?.password ?? "" };
    return ImapClient.connect({ host: "localhost", port: security === "tls" ? tlsPort : port, security, transport: tcp({ ca }), auth });
  }

  /** A new mailbox with these messages, put there past the client. */
  async function mailboxWith(...messages: readonly string[]): Promise<string> {
    mailboxes += 1;
    const mailbox = `${prefix}test-${String(mailboxes)}`;
    if (messages.length === 0) {
      await using imap = await connected();
      await imap.create(mailbox);
    }
    for (const message of messages) await server().ask({ do: "deliver", mailbox, message });
    return mailbox;
  }

  it.each(["none", "starttls", "tls"] as const)("signs in with %s", async (security) => {
    if (security === "tls" && habits.noImplicitTls) return;
    await using imap = await connected(security);
    expect(imap.tls?.version).toBe(security === "none" ? undefined : "TLSv1.3");
    await imap.select("INBOX");
    expect(["MOVE", "UIDPLUS", "ESEARCH", "CONDSTORE"].filter((name) => !imap.offers(name))).toEqual(lacks);
  });

  it("refuses a wrong password in words, and takes the right one afterwards", async () => {
    await expect(connected("none", "wrong")).rejects.toMatchObject({ code: "auth-failed", blame: "user", retryable: false });
    await (await connected()).close();
  });

  it("makes, lists, subscribes, counts, renames and deletes folders with any names", async () => {
    await using imap = await connected();
    const [first, second] = [`${prefix}Reisen & Pläne`, `${prefix}Пошта 漢`];
    const below = habits.flat ? `${prefix}2026` : `${first}${habits.delimiter}2026`;
    await imap.create(first);
    await imap.create(below);
    await imap.append(below, letter("one"));
    await imap.subscribe(first);
    const all = await imap.list("*", { status: ["messages", "unseen"] });
    expect(all.find(({ name }) => name.toUpperCase() === "INBOX")).toMatchObject({ specialUse: "inbox", selectable: true });
    expect(all.find(({ name }) => name === below)).toMatchObject({ delimiter: habits.delimiter, selectable: true, status: { messages: 1, unseen: 1 } });
    expect((await imap.list("*", { subscribed: true })).map(({ name }) => name)).toContain(first);
    expect(await imap.status(below, ["messages", "uidNext", "uidValidity"])).toMatchObject({ messages: 1, uidNext: expect.any(Number) as number });
    await imap.unsubscribe(first);
    expect((await imap.list("*", { subscribed: true })).map(({ name }) => name)).not.toContain(first);
    await imap.rename(below, second);
    expect(await imap.status(second, ["messages"])).toEqual({ messages: 1 });
    await imap.delete(second);
    await imap.delete(first);
    const left = (await imap.list()).map(({ name }) => name);
    expect(left).not.toContain(first);
    expect(left).not.toContain(second);
    await expect(imap.select(second)).rejects.toMatchObject({ code: "server-refused" });
    expect(imap.mailbox).toBeNull();
  });

  it("fetches everything of messages that it did not put there", async () => {
    const plain = letter("Grüße", "Zeile\r\n.\r\n..\r\nlast\r\n");
    const mailbox = await mailboxWith(plain, parts);
    await using imap = await connected();
    expect(await imap.select(mailbox)).toMatchObject({ name: mailbox, exists: 2, readOnly: false, uidValidity: expect.any(Number) as number });
    const rows = await imap.fetch("1:*", { flags: true, envelope: true, size: true, internalDate: true, structure: true, headers: ["Subject"], sections: ["TEXT"] }).all();
    expect(rows.map(({ envelope }) => envelope?.messageId)).toEqual([plain, parts].map((message) => /Message-ID: (.*)\r/.exec(message)?.[1]));
    expect(rows[1]?.envelope).toMatchObject({ subject: "Two parts", from: [{ name: "Ada", address: "ada@example.org" }], date: sent });
    expect(Math.abs((rows[0]?.internalDate ?? 0) - (habits.datedByHeader ? sent : Date.now()))).toBeLessThan(120_000);
    expect(rows[1]?.structure?.parts.map(({ part, type, disposition }) => `${part} ${type} ${disposition?.parameters["filename"] ?? ""}`)).toEqual(["1 text/plain ", `2 application/pdf ${habits.poor ? "" : "plan.pdf"}`]);
    expect(textOf(rows[1]?.headers)).toMatch(/^Subject: Two parts\r?\n(\r\n)?$/);
    expect(textOf(rows[0]?.section("TEXT")).replaceAll(/\r?\n/g, "\r\n")).toContain("Zeile\r\n.\r\n..\r\nlast\r\n");
    expect(rows.flatMap((row) => row.flags).filter((flag) => flag !== "\\Recent")).toEqual([]);
    const bodies = new Map<number, string>();
    for await (const { uid, octets } of imap.bodies("1:*")) bodies.set(uid, textOf(octets));
    expect([...bodies.keys()]).toEqual(rows.map(({ uid }) => uid));
    if (!habits.rewrites) expect([...bodies.values()]).toEqual([plain, parts]);
    const { octets, stream } = await imap.download(rows[1]?.uid ?? 0, "2");
    const part = new Uint8Array(await new Response(stream).arrayBuffer());
    expect([part.length, textOf(part).trim()]).toEqual([octets, "JVBERi0="]);
    // Nothing of that has set \Seen.
    expect((await imap.status(mailbox, ["unseen"])).unseen ?? 2).toBe(2);
    expect(await imap.fetchOne(999_999, { flags: true })).toBeNull();
    await expect(imap.download(999_999)).rejects.toMatchObject({ code: "not-found" });
  });

  it("stores flags and finds by them", async () => {
    const mailbox = await mailboxWith(letter("alpha"), letter("beta", "needle\r\n"), letter("gamma"));
    await using imap = await connected();
    await imap.select(mailbox);
    const [alpha = 0, beta = 0, gamma = 0] = await imap.search({});
    await imap.addFlags([alpha, gamma], ["\\Flagged", "\\Seen"]);
    await imap.removeFlags(gamma, ["\\Flagged"]);
    await imap.setFlags(beta, ["\\Answered"]);
    const flags = (await imap.fetch("1:*", { flags: true }).all()).map((row) => row.flags.filter((flag) => flag !== "\\Recent").sort());
    expect(flags).toEqual([["\\Flagged", "\\Seen"], ["\\Answered"], ["\\Seen"]]);
    expect([...(await imap.search({ flagged: true }))]).toEqual([alpha]);
    expect([...(await imap.search({ seen: false }))]).toEqual([beta]);
    expect([...(await imap.search({ or: [{ subject: "alpha" }, { body: "needle" }] }))]).toEqual([alpha, beta]);
    expect([...(await imap.search({ not: { uid: [alpha, beta] }, since: "2026-01-01", smaller: 100_000 }))]).toEqual([gamma]);
    expect([...(await imap.search({ header: { "Message-ID": Buffer.from("beta").toString("hex") } }))]).toEqual([beta]);
    expect([...(await imap.search({ subject: "nowhere" }))]).toEqual([]);
    expect(imap.mailbox?.permanentFlags.includes("\\*")).toBe(habits.noKeywords !== true);
    if (habits.noKeywords) return;
    await imap.addFlags(alpha, ["$Work"]);
    expect([...(await imap.search({ keyword: "$Work" }))]).toEqual([alpha]);
  });

  it("copies, moves and expunges", async () => {
    const mailbox = await mailboxWith(letter("one"), letter("two"), letter("three"));
    const target = await mailboxWith();
    await using imap = await connected();
    await imap.select(mailbox);
    const [one = 0, two = 0, three = 0] = await imap.search({});
    const copied = await imap.copy([one, two], target);
    const moved = await imap.move(three, target);
    const uidplus = imap.offers("UIDPLUS");
    expect(copied === null ? null : [...copied.uids.keys()]).toEqual(uidplus ? [one, two] : null);
    expect(moved === null ? null : [...moved.uids.keys()]).toEqual(uidplus ? [three] : null);
    // Without UIDPLUS it stays, marked.
    expect([...(await imap.search({ deleted: false }))]).toEqual([one, two]);
    await imap.addFlags(two, ["\\Deleted"]);
    if (uidplus) await imap.expunge(two);
    else {
      await expect(imap.expunge(two)).rejects.toMatchObject({ code: "server-lacks" });
      await imap.expunge();
    }
    expect([...(await imap.search({}))]).toEqual([one]);
    expect(imap.mailbox?.exists).toBe(1);
    await imap.select(target, { readOnly: true });
    const subjects = (await imap.fetch("1:*", { envelope: true }).all()).map(({ envelope }) => envelope?.subject);
    expect(subjects).toEqual(habits.poor ? [null, null, "three"] : ["one", "two", "three"]);
    await expect(imap.copy("1:*", `${prefix}nowhere`)).rejects.toMatchObject({ code: "server-refused" });
  });

  it("appends from text, octets and a stream", async () => {
    const mailbox = await mailboxWith();
    await using imap = await connected();
    const long = octetsOf(letter("long", "0123456789 abcdef\r\n".repeat(150_000)));
    const date = Date.UTC(2026, 0, 2, 3, 4, 5);
    const added = [
      await imap.append(mailbox, letter("text").replaceAll("\r\n", "\n"), { flags: ["\\Seen", "\\Draft"], date }),
      await imap.append(mailbox, octetsOf(letter("octets"))),
      await imap.append(mailbox, { octets: long.length, stream: new Blob([long]).stream() }),
    ];
    const { exists, uidValidity } = { ...(await imap.select(mailbox)) };
    expect(exists).toBe(3);
    const rows = await imap.fetch("1:*", { flags: true, envelope: true, internalDate: true }).all();
    expect(rows.map(({ envelope }) => envelope?.subject)).toEqual(["text", "octets", "long"]);
    if (imap.offers("UIDPLUS")) expect(added).toEqual(rows.map(({ uid }) => ({ uidValidity, uid })));
    else expect(added).toEqual([null, null, null]);
    expect(rows[0]?.flags.filter((flag) => flag !== "\\Recent").sort()).toEqual(["\\Draft", "\\Seen"]);
    expect(rows[0]?.internalDate).toBe(date);
    const { octets, stream } = await imap.download(rows[2]?.uid ?? 0);
    let came = 0;
    for await (const piece of stream) came += piece.length;
    expect(came).toBe(octets);
    if (!habits.rewrites) expect(came).toBe(long.length);
    await expect(imap.append(`${prefix}nowhere`, letter("lost"))).rejects.toMatchObject({ code: "server-refused" });
    await imap.noop();
  });

  it("hears of new mail while it watches, and works meanwhile", async () => {
    const mailbox = await mailboxWith(letter("old"));
    await using imap = await connected();
    await imap.select(mailbox);
    const stop = new AbortController();
    const seen: MailboxEvent[] = [];
    const watching = (async () => {
      for await (const event of imap.watch(stop.signal)) {
        seen.push(event);
        if (event.type !== "exists") continue;
        const row = (await imap.fetch("1:*", { envelope: true }).all()).at(-1);
        expect(row?.envelope?.subject).toBe("news");
        stop.abort();
      }
    })().catch((thrown: unknown) => thrown);
    // Until IDLE runs: it begins when no command has run for a moment, and nothing outside shows it.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server().ask({ do: "deliver", mailbox, message: letter("news") });
    expect(await watching).toBe(stop.signal.reason);
    expect(seen.find(({ type }) => type === "exists")).toEqual({ type: "exists", exists: 2, before: 1 });
  });

  it("takes commands inside a fetch loop, and many at once", async () => {
    const mailbox = await mailboxWith(...Array.from({ length: 12 }, (_, index) => letter(`number ${String(index)}`)));
    await using imap = await connected();
    await imap.select(mailbox);
    const uids: number[] = [];
    for await (const { uid } of imap.fetch("1:*", { envelope: true })) {
      uids.push(uid);
      await imap.addFlags(uid, ["\\Seen"]);
      expect([...(await imap.search({ uid }))]).toEqual([uid]);
    }
    expect(uids).toHaveLength(12);
    const [all, unseen, list, ...rows] = await Promise.all([imap.search({}), imap.search({ seen: false }), imap.list(), ...uids.map((uid) => imap.fetchOne(uid, { envelope: true }))]);
    expect([[...all], unseen.length, list.length > 1]).toEqual([uids, 0, true]);
    expect(rows.map((row) => row?.envelope?.subject)).toEqual(uids.map((_, index) => `number ${String(index)}`));
  });

  it("goes on after a download that nobody reads to its end, and after a signal", async () => {
    const mailbox = await mailboxWith(letter("large", "0123456789 abcdef\r\n".repeat(100_000)), letter("small"));
    await using imap = await connected();
    await imap.select(mailbox);
    const [large = 0, small = 0] = await imap.search({});
    const { stream } = await imap.download(large);
    await stream.cancel();
    expect((await imap.fetchOne(small, { envelope: true }))?.envelope?.subject).toBe("small");
    const stop = new AbortController();
    const reading = await imap.download(large, "", stop.signal);
    stop.abort(new Error("enough"));
    await expect(new Response(reading.stream).arrayBuffer()).rejects.toThrow("enough");
    expect((await imap.fetchOne(small, { envelope: true }))?.envelope?.subject).toBe("small");
  });
});
