import { describe, expect, it, vi } from "vitest";
import { turn } from "../src/clients/turn.js";
import { type FetchedMessage, FlagBit, ImapClient, type ImapOptions, MailError, type MailboxEvent, type Transport } from "../src/imap.js";
import { NumberList } from "../src/clients/number-list.js";
import { mailServer, script, type TestMessage } from "../src/testing.js";

const mail = (subject: string, body = "text"): string =>
  `Date: Tue, 1 Dec 2026 10:00:00 +0100\nFrom: "Ada L." <ada@example.org>\nTo: kim@example.org, =?utf-8?q?J=C3=BCrgen?= <j@example.org>\nSubject: ${subject}\nMessage-ID: <1@example.org>\n\n${body}\n`;

function options(transport: Transport): ImapOptions {
  return { host: "mail.example", transport, auth: { username: "robin", password: "secret" } };
}

async function opened(messages: readonly TestMessage[]): Promise<{ imap: ImapClient; server: ReturnType<typeof mailServer> }> {
  const server = mailServer({ mailboxes: { INBOX: messages, Archive: [], Drafts: [], Trash: [] } });
  const imap = await ImapClient.connect(options(server.transport()));
  await imap.select("INBOX");
  return { imap, server };
}

async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function thrown(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

async function code(promise: Promise<unknown>): Promise<string> {
  const error = await thrown(promise);
  expect(error).toBeInstanceOf(MailError);
  return (error as MailError).code;
}

const greeting = ["S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello", "C: w0 AUTHENTICATE PLAIN AHJvYmluAHNlY3JldA==", "S: w0 OK [CAPABILITY IMAP4rev1 IDLE] in"];

const text = (octets: Uint8Array | null | undefined): string => new TextDecoder().decode(octets ?? new Uint8Array());

describe("ImapClient", { timeout: 60_000 }, () => {
  it("reads strings of every length", async () => {
    const subjects = Array.from({ length: 70 }, (_, length) => ["", '"', "\\", '\\"q'].map((end) => `s${"x".repeat(length)}${end}`)).flat();
    const { imap } = await opened(subjects.map((subject) => mail(subject)));
    const rows = await imap.fetch("1:*", { envelope: true }).all();
    expect(rows.map(({ envelope }) => envelope?.subject)).toEqual(subjects);
  });

  it("reads strings that are not of ASCII, and those beside and behind them", async () => {
    const subjects = ["Grüße", "plain", "日本語 and more", "=?utf-8?q?J=C3=BCrgen?=", "last"];
    const { imap } = await opened(subjects.map((subject) => mail(subject)));
    const rows = await imap.fetch("1:*", { envelope: true, structure: true }).all();
    expect(rows.map(({ envelope }) => envelope?.subject)).toEqual(["Grüße", "plain", "日本語 and more", "Jürgen", "last"]);
    for (const { envelope, structure } of rows) {
      expect([envelope?.from[0]?.address, envelope?.to[1]?.name, envelope?.messageId, structure?.type, structure?.encoding]).toEqual(["ada@example.org", "Jürgen", "<1@example.org>", "text/plain", "7bit"]);
    }
  });

  it("signs in, selects, and gives rows that decode what is looked at", async () => {
    const { imap } = await opened([mail("one"), mail("=?utf-8?b?R3LDvMOfZQ==?=")]);
    expect(imap.mailbox).toMatchObject({ name: "INBOX", exists: 2, readOnly: false });
    const rows = await imap.fetch("1:*", { flags: true, envelope: true, size: true, internalDate: true, structure: true }).all();
    expect(rows.map(({ uid }) => uid)).toEqual([1, 2]);
    const [, second] = rows;
    expect(second?.envelope).toEqual({
      date: Date.UTC(2026, 11, 1, 9),
      subject: "Grüße",
      from: [{ name: "Ada L.", address: "ada@example.org" }],
      sender: [{ name: "Ada L.", address: "ada@example.org" }],
      replyTo: [{ name: "Ada L.", address: "ada@example.org" }],
      to: [
        { name: null, address: "kim@example.org" },
        { name: "Jürgen", address: "j@example.org" },
      ],
      cc: [],
      bcc: [],
      inReplyTo: null,
      messageId: "<1@example.org>",
    });
    expect(second?.structure).toMatchObject({ part: "1", type: "text/plain", parts: [] });
    expect(JSON.parse(JSON.stringify(second))).toMatchObject({ uid: 2, sequence: 2, flags: [], envelope: { subject: "Grüße" } });
    await imap.close();
    expect(await imap.closed).toBeNull();
    // Rows outlive their connection.
    expect(rows[0]?.envelope?.subject).toBe("one");
  });

  it("runs commands inside a fetch loop, and keeps what the loop has not read", async () => {
    const { imap, server } = await opened(Array.from({ length: 300 }, (_, index) => mail(`message ${String(index)}`)));
    const seen: number[] = [];
    for await (const message of imap.fetch("1:*", { envelope: true })) {
      seen.push(message.uid);
      if (message.uid % 50 === 1) await imap.addFlags(message.uid, ["\\Seen"]);
      if (message.uid === 7) {
        const { octets, stream } = await imap.download(8);
        const parts = await gathered(stream);
        expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(octets);
        expect(await imap.search({ subject: "message 9" })).toHaveLength(11);
      }
    }
    expect(seen).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    expect(server.messages().filter(({ flags }) => flags.has("\\Seen"))).toHaveLength(6);
    await imap.close();
  });

  it("gives columns whose flags are bits, and plain objects", async () => {
    const { imap } = await opened([mail("one"), mail("two")]);
    await imap.setFlags(2, ["\\Seen", "$Work"]);
    const batches = await gathered(imap.fetch([1, 2], { flags: true, size: true }).columns());
    expect(batches.flatMap(({ uids }) => [...uids])).toEqual([1, 2]);
    expect(batches.flatMap(({ flags }) => [...flags]).map((bits) => bits & FlagBit.seen)).toEqual([0, 1]);
    const last = batches.at(-1);
    expect(last?.flagsAt(last.length - 1)).toEqual(["\\Seen", "$Work"]);
    expect(last?.sizes?.[0]).toBeGreaterThan(100);
    expect(last?.internalDates).toBeNull();
    const objects = await gathered(imap.fetch("2", { flags: true }).objects());
    expect(objects).toEqual([{ uid: 2, sequence: 2, flags: ["\\Seen", "$Work"] }]);
    expect(await imap.fetch([], { flags: true }).all()).toEqual([]);
    await imap.close();
  });

  it.each(["rows", "objects"] as const)("lets others have their turn between %s that are here already", async (kind) => {
    const { imap } = await opened(Array.from({ length: 320 }, (_, index) => mail(String(index))));
    const fetch = imap.fetch("1:*", { envelope: true });
    const items = (kind === "rows" ? fetch : fetch.objects())[Symbol.asyncIterator]();
    await items.next();
    // All of it is here.
    for (let left = 50; left > 0; left -= 1) await turn();
    let [turns, left] = [0, 319];
    const beat = (): void => {
      turns += 1;
      if (left > 0) setImmediate(beat);
    };
    setImmediate(beat);
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now());
    await turn();
    for (; left > 160; left -= 1) expect((await items.next()).done).toBe(false);
    expect(turns, "no time has passed").toBe(1);
    // Each look at the clock finds it four milliseconds later.
    clock.mockImplementation(() => clock.mock.calls.length * 4 + 1e7);
    for (; left > 0; left -= 1) expect((await items.next()).done).toBe(false);
    clock.mockRestore();
    await turn();
    expect(turns).toBeGreaterThan(8);
    await imap.close();
  });

  it("gives bodies of every size whole, in rows and as they come", async () => {
    const sizes = [0, 10, 4000, 4096, 4097, 5000, 200_000];
    const { imap } = await opened(sizes.map((size) => mail("body", "x".repeat(size))));
    const bodies = await gathered(imap.bodies("1:*"));
    expect(bodies.map(({ uid, octets }) => [uid, text(octets).match(/\r\n\r\n(x*)\r\n$/)?.[1]?.length])).toEqual(sizes.map((size, index) => [index + 1, size]));
    for (const [index, size] of sizes.entries()) {
      const { octets, stream } = await imap.download(index + 1, "TEXT");
      expect(octets).toBe(size + 2);
      expect((await gathered(stream)).reduce((sum, part) => sum + part.length, 0)).toBe(octets);
    }
    expect(await code(imap.download(99))).toBe("not-found");
    const row = await imap.fetchOne(7, { headers: ["Subject"], sections: ["TEXT"] });
    expect(text(row?.headers)).toBe("Subject: body\r\n\r\n");
    expect(row?.section("TEXT")).toHaveLength(200_002);
    await imap.close();
  });

  it("leaves a loop early and goes on with the next command", async () => {
    const { imap } = await opened(Array.from({ length: 50 }, (_, index) => mail(String(index))));
    let first: FetchedMessage | undefined;
    for await (const message of imap.fetch("1:*", { envelope: true, flags: true })) {
      first = message;
      break;
    }
    expect(first?.uid).toBe(1);
    expect(await imap.fetch("1:*", { flags: true }).all()).toHaveLength(50);
    const { stream } = await imap.download(1);
    await stream.cancel();
    expect(await imap.search({ all: undefined } as object)).toHaveLength(50);
    await imap.close();
  });

  it("searches by all that it knows", async () => {
    const { imap } = await opened([mail("alpha"), mail("beta"), mail("gamma")]);
    await imap.addFlags(2, ["\\Flagged"]);
    expect([...(await imap.search({ or: [{ subject: "alpha" }, { flagged: true, subject: "beta" }, { subject: "nothing" }] }))]).toEqual([1, 2]);
    expect([...(await imap.search({ not: { subject: "alpha" }, from: "ada", uid: "1:2" }))]).toEqual([2]);
    expect([...(await imap.search({ uid: [] }))]).toEqual([]);
    expect(await code(imap.search({ since: "yesterday" }))).toBe("wrong-argument");
    expect(await code(imap.search({ colour: "red" } as object))).toBe("wrong-argument");
    await imap.close();
  });

  it("copies and moves, and says where the messages are", async () => {
    const { imap, server } = await opened([mail("one"), mail("two")]);
    const copied = await imap.copy([1, 2], "Archive");
    expect([...(copied?.uids ?? [])]).toEqual([
      [1, 1],
      [2, 2],
    ]);
    const moved = await imap.move(2, "Archive");
    expect(moved?.uids.get(2)).toBe(3);
    expect(server.messages().map(({ uid }) => uid)).toEqual([1]);
    expect(await imap.copy([], "Archive")).toBeNull();
    expect(await code(imap.copy(1, "Nowhere"))).toBe("server-refused");
    await imap.close();
  });

  it("appends from memory and from streams, and refuses what can't be sent before it is", async () => {
    const { imap, server } = await opened([]);
    expect(await imap.append("Drafts", "Subject: a\n\nb\n", { flags: ["\\Draft"], date: 0 })).toMatchObject({ uid: 1 });
    const long = new TextEncoder().encode(`Subject: b\r\n\r\n${"y".repeat(100_000)}\r\n`);
    expect(await imap.append("Drafts", new Blob([long]))).toMatchObject({ uid: 2 });
    expect(server.messages("Drafts").map(({ octets, flags }) => [octets.length, [...flags]])).toEqual([
      [17, ["\\Draft"]],
      [long.length, []],
    ]);
    expect(await code(imap.append("Drafts", new Uint8Array([65, 0])))).toBe("wrong-argument");
    expect(await code(imap.append("Drafts", "a", { date: new Date(Number.NaN) }))).toBe("wrong-argument");
    expect(await imap.append("Drafts", "a", { date: 1.5 })).toMatchObject({ uid: 3 });
    await imap.noop();
    const two = new ReadableStream<Uint8Array>({ start: (controller) => { [65, 66].forEach((octet) => { controller.enqueue(new Uint8Array([octet])); }); controller.close(); } });
    expect(await imap.append("Drafts", { octets: 2, stream: two })).toMatchObject({ uid: 4 });
    const stream = new ReadableStream<Uint8Array>({ start: (controller) => { controller.enqueue(new Uint8Array([65])); controller.close(); } });
    expect(await code(imap.append("Drafts", { octets: 9, stream }))).toBe("wrong-argument");
    // A part was sent, which must not be taken for the whole.
    expect((await imap.closed)?.code).toBe("given-up");
    const again = await ImapClient.connect(options(server.transport()));
    const longer = new Blob(["Subject: c\r\n\r\n", "and more\r\n"]).stream();
    expect(await code(again.append("Drafts", { octets: 14, stream: longer }))).toBe("wrong-argument");
    await again.closed;
    expect(server.messages("Drafts")).toHaveLength(4);
  });

  it("makes, lists, renames and deletes mailboxes", async () => {
    const { imap } = await opened([mail("one")]);
    await imap.create("Entwürfe & mehr");
    await imap.subscribe("Entwürfe & mehr");
    await imap.rename("Entwürfe & mehr", "Neu");
    const all = await imap.list("*", { status: ["messages", "unseen"] });
    expect(all.find(({ name }) => name === "INBOX")).toMatchObject({ specialUse: "inbox", selectable: true, status: { messages: 1, unseen: 1 } });
    expect(all.find(({ specialUse }) => specialUse === "trash")?.name).toBe("Trash");
    expect(all.map(({ name }) => name)).toContain("Neu");
    await imap.delete("Neu");
    expect((await imap.list()).map(({ name }) => name)).not.toContain("Neu");
    expect(await imap.status("INBOX")).toMatchObject({ messages: 1 });
    await imap.close();
  });

  it("watches while other commands run", async () => {
    const { imap, server } = await opened([mail("one")]);
    const events: MailboxEvent[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const event of imap.watch(stop.signal)) {
        events.push(event);
        if (event.type === "exists") expect(await imap.fetch(event.exists, { envelope: true }).all()).toHaveLength(1);
        if (events.length === 2) stop.abort(new Error("enough"));
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.deliver(mail("two"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    server.deliver(mail("three"));
    expect(await thrown(watching)).toEqual(new Error("enough"));
    expect(events).toEqual([
      { type: "exists", exists: 2, before: 1 },
      { type: "exists", exists: 3, before: 2 },
    ]);
    expect(await imap.search({})).toHaveLength(3);
    await imap.close();
  });

  it("settles every promise when the connection breaks, and closing twice is harmless", async () => {
    const { imap, server } = await opened(Array.from({ length: 5 }, () => mail("x", "y".repeat(50_000))));
    const closing = new Promise((resolve) => { imap.addEventListener("close", ({ detail }) => { resolve(detail); }); });
    const watching = gathered(imap.watch());
    const waiting = [watching, imap.noop(), imap.fetch("1:*", { flags: true }).all(), imap.search({})];
    server.cut();
    const errors = await Promise.all(waiting.map(thrown));
    for (const error of errors) expect(error).toMatchObject({ code: "connection-lost" });
    expect(await closing).toMatchObject({ code: "connection-lost" });
    expect((await imap.closed)?.retryable).toBe(true);
    await imap.close();
    await imap.close();
    expect(await code(imap.noop())).toBe("connection-lost");
  });

  it("ends what runs when it is closed", async () => {
    const { imap } = await opened([mail("x")]);
    const watching = gathered(imap.watch());
    await imap.close();
    expect(await watching).toEqual([]);
    expect(await code(imap.noop())).toBe("closed");
  });

  it("says whose fault a refused login is, and repeats no password", async () => {
    const refused = script(["S: * OK [CAPABILITY IMAP4rev1] hello", "C: w0 LOGIN robin secret", "S: w0 NO [AUTHENTICATIONFAILED] secret is wrong", "C: w1 LOGOUT", "S: "]);
    const error = (await thrown(ImapClient.connect(options(refused)))) as MailError;
    expect(error).toMatchObject({ code: "auth-failed", blame: "user", retryable: false, serverText: "[AUTHENTICATIONFAILED] [redacted] is wrong" });
  });

  it("takes a signal at every call", async () => {
    const { imap } = await opened([mail("x")]);
    const reason = new Error("no more");
    const aborted = AbortSignal.abort(reason);
    for (const call of [imap.noop(aborted), imap.search({}, aborted), imap.fetch("1", { flags: true }, aborted).all(), imap.select("INBOX", {}, aborted), imap.download(1, "", aborted)]) {
      expect(await thrown(call)).toBe(reason);
    }
    expect(await imap.fetch("1", { flags: true }).all()).toHaveLength(1);
    await imap.close();
    const server = mailServer();
    expect(await thrown(ImapClient.connect(options(server.transport()), aborted))).toBe(reason);
  });

  it("takes no answer of a command that was given up for that of the next", async () => {
    const server = mailServer({ mailboxes: { INBOX: [{ content: mail("a"), flags: ["\\Seen"] }, { content: mail("b"), flags: ["\\Deleted"] }], Archive: [] } });
    const imap = await ImapClient.connect(options(server.transport({ delay: 10 })));
    await imap.select("INBOX");
    /** Gives it up when it is sent and not answered yet. */
    const givenUp = async (call: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
      const ending = new AbortController();
      const calling = thrown(call(ending.signal));
      await new Promise((resolve) => setTimeout(resolve, 3));
      ending.abort();
      expect(await calling).toMatchObject({ name: "AbortError" });
    };
    await givenUp((signal) => imap.search({ seen: true }, signal));
    expect([...(await imap.search({ deleted: true }))]).toEqual([2]);
    await givenUp((signal) => imap.list("A*", {}, signal));
    expect((await imap.list("I*")).map(({ name }) => name)).toEqual(["INBOX"]);
    await imap.close();
  });

  it("gives up at once what waits for its turn, and takes nobody else's", async () => {
    const server = mailServer({ mailboxes: { INBOX: [mail("a"), { content: mail("b"), flags: ["\\Seen"] }] } });
    const imap = await ImapClient.connect(options(server.transport({ delay: 20 })));
    await imap.select("INBOX");
    const order: string[] = [];
    const ending = new AbortController();
    const calls = [
      imap.search({}).then((found) => order.push(`first ${found.join(" ")}`)),
      imap.search({ flagged: true }, ending.signal).catch(() => order.push("given up")),
      imap.search({ seen: true }).then((found) => order.push(`last ${found.join(" ")}`)),
      gathered(imap.fetch("1", { flags: true })).then(() => order.push("fetched")),
      gathered(imap.fetch("2", { flags: true }, ending.signal)).catch(() => order.push("not fetched")),
    ];
    await new Promise((resolve) => setTimeout(resolve, 3));
    ending.abort();
    await Promise.all(calls);
    expect(order.slice(0, 2).sort()).toEqual(["given up", "not fetched"]);
    expect(order.slice(2).sort()).toEqual(["fetched", "first 1 2", "last 2"]);
    await imap.close();
  });

  it("asks a server without IDLE for news now and then, and not again and again", async () => {
    const dialogue = script([
      "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hello",
      "C: w0 AUTHENTICATE PLAIN AHJvYmluAHNlY3JldA==",
      "S: w0 OK [CAPABILITY IMAP4rev1] in",
      "C: w1 NOOP",
      "S: * 3 EXISTS",
      "S: w1 OK done",
      "C: w2 LOGOUT",
      "S: * BYE bye",
      "S: w2 OK done",
    ]);
    const imap = await ImapClient.connect(options(dialogue));
    const events: MailboxEvent[] = [];
    const watching = (async () => {
      for await (const event of imap.watch()) events.push(event);
    })();
    await new Promise((resolve) => setTimeout(resolve, 400));
    await imap.close();
    await watching;
    await dialogue.finished;
    expect(events).toEqual([{ type: "exists", exists: 3, before: 0 }]);
  });

  it("gives each message once, however many are asked for before they come", async () => {
    const rows = (uids: readonly number[]): string => `S: ${uids.map((uid) => `* ${String(uid)} FETCH (UID ${String(uid)} FLAGS ())`).join("\\r\\n")}`;
    const dialogue = script([...greeting, "C: w1 SELECT INBOX", "S: w1 OK done", "C: w2 UID FETCH 1:* (FLAGS)", rows([1, 2, 3]), rows([4, 5]), "S: w2 OK done", "S: "]);
    const imap = await ImapClient.connect(options(dialogue));
    await imap.select("INBOX");
    const messages = imap.fetch("1:*", { flags: true })[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 7 }, () => messages.next()));
    expect(results.map(({ value }) => value?.uid)).toEqual([1, 2, 3, 4, 5, undefined, undefined]);
  });

  it("finds more messages than there were, or fewer, in memory of their own", async () => {
    const many = Array.from({ length: 40_000 }, (_, index) => index * 3 + 100_000);
    const searching = (tag: string, ...answers: string[]): string[] => [`C: ${tag} UID SEARCH ALL`, ...answers.map((answer) => `S: * ${answer}`), `S: ${tag} OK done`];
    const dialogue = script([
      "S: * PREAUTH [CAPABILITY IMAP4rev1] hello",
      "C: w0 SELECT INBOX",
      "S: * 4294967295 EXISTS",
      "S: w0 OK done",
      ...searching("w1", `SEARCH ${many.join(" ")}`, "3 EXISTS"),
      ...searching("w2", `SEARCH ${many.join(" ")}`, "SEARCH 7"),
      ...searching("w3", "SEARCH"),
      "C: w4 LOGOUT",
      "S: * BYE bye",
      "S: w4 OK done",
    ]);
    const imap = await ImapClient.connect(options(dialogue));
    await imap.select("INBOX");
    for (const expected of [many, [...many, 7], []]) {
      const found = await imap.search({});
      expect([...found]).toEqual(expected);
      expect(found.buffer.byteLength).toBe(expected.length * 4);
    }
    await imap.close();
    await dialogue.finished;
  });

  it("makes no room for as many numbers as a server may say there are", () => {
    const before = process.memoryUsage().arrayBuffers;
    const list = new NumberList(4_294_967_295);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
    list.add(Uint32Array.of(1, 2));
    expect([...list.numbers]).toEqual([1, 2]);
  });

  it("downloads no other message than the one that was asked for, whatever the server gives", async () => {
    const long = "x".repeat(300_000);
    const other = (tag: string, ...items: string[]): string[] => [`C: ${tag} UID FETCH 9 (BODY.PEEK[])`, ...items.map((item) => `S: * 2 FETCH (${item})`), `S: ${tag} OK done`];
    const dialogue = script([
      "S: * PREAUTH [CAPABILITY IMAP4rev1] hello",
      "C: w0 SELECT INBOX",
      "S: * 2 EXISTS",
      "S: w0 OK done",
      ...other("w1", 'UID 2 BODY[] "short"'),
      ...other("w2", `UID 2 BODY[] {300000}\\r\\n${long}`),
      ...other("w3", 'UID 2 BODY[] "short"', 'UID 9 BODY[] "wanted"'),
      "C: w4 LOGOUT",
      "S: * BYE bye",
      "S: w4 OK done",
    ]);
    const imap = await ImapClient.connect(options(dialogue));
    await imap.select("INBOX");
    expect(await code(imap.download(9))).toBe("not-found");
    expect(await code(imap.download(9))).toBe("not-found");
    expect((await gathered((await imap.download(9)).stream)).map(text)).toEqual(["wanted"]);
    await imap.close();
    await dialogue.finished;
  });

  it("ends a loop over messages with an error when it is closed within it", async () => {
    const { imap } = await opened(Array.from({ length: 40 }, () => mail("x")));
    const reading = (async () => {
      for await (const { uid } of imap.fetch("1:*", { envelope: true })) if (uid === 1) void imap.close();
    })();
    const error = await thrown(reading);
    // All may have come before.
    if (error !== undefined) expect(error).toMatchObject({ code: "closed" });
    await imap.close();
    expect(await imap.closed).toBeNull();
  });

  it("selects another mailbox within a loop, after what the loop has not read has come", async () => {
    const { imap } = await opened(Array.from({ length: 40 }, () => mail("x")));
    const seen: number[] = [];
    for await (const { uid } of imap.fetch("1:*", { envelope: true })) {
      seen.push(uid);
      if (uid === 3) await imap.select("Archive");
    }
    expect(seen).toHaveLength(40);
    expect(imap.mailbox).toMatchObject({ name: "Archive", exists: 0 });
    await imap.close();
  });

  // Their modules are built without parsers for it (feature `on-request` of crates/imap).
  it("passes over data of commands that the clients do not have, and loses nothing beside it", async () => {
    const dialogue = script([
      ...greeting,
      "C: w1 SELECT INBOX",
      "S: * 2 EXISTS",
      'S: * QUOTA "" (STORAGE 10 512)',
      'S: * QUOTAROOT INBOX ""',
      "S: * ACL INBOX robin lrswipkxtecda",
      'S: * NAMESPACE (("" "/")) NIL NIL',
      'S: * METADATA "" (/shared/comment "a * b")',
      "S: * THREAD (2)(3 6 (4 23))",
      "S: * OK [UIDVALIDITY 7] x",
      "S: w1 OK [READ-WRITE] done",
      "C: w2 UID FETCH 1:* (FLAGS ENVELOPE)",
      'S: * 1 FETCH (UID 1 ANNOTATION (/comment (value.priv "(x" size.priv "2")) FLAGS (\\Seen) ENVELOPE (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL))',
      "S: * 2 FETCH (ENVELOPE (NIL \"t\" NIL NIL NIL NIL NIL NIL NIL NIL) FLAGS () UID 2)",
      "S: w2 OK done",
      "C: w3 LOGOUT",
      "S: * BYE bye",
      "S: w3 OK done",
    ]);
    const imap = await ImapClient.connect(options(dialogue));
    expect(await imap.select("INBOX")).toMatchObject({ exists: 2, uidValidity: 7 });
    const rows = await imap.fetch("1:*", { flags: true, envelope: true }).all();
    expect(rows.map(({ uid, flags, envelope }) => [uid, flags, envelope?.subject])).toEqual([[1, ["\\Seen"], "s"], [2, [], "t"]]);
    await imap.close();
    await dialogue.finished;
  });

  it("tells news of flags from rows that were asked for", async () => {
    const dialogue = script([
      ...greeting,
      "C: w1 SELECT INBOX",
      "S: * 2 EXISTS",
      "S: * OK [UIDVALIDITY 7] x",
      "S: w1 OK [READ-WRITE] done",
      "C: w2 UID FETCH 1:* (ENVELOPE)",
      "S: * 1 FETCH (UID 1 FLAGS (\\Seen))",
      "S: * 2 FETCH (UID 2 ENVELOPE (NIL \"s\" NIL NIL NIL NIL NIL NIL NIL NIL))",
      "S: w2 OK done",
      "C: w3 LOGOUT",
      "S: * BYE bye",
      "S: w3 OK done",
    ]);
    const imap = await ImapClient.connect(options(dialogue));
    const flags: unknown[] = [];
    imap.addEventListener("flags", ({ detail }) => flags.push(detail));
    expect(await imap.select("INBOX")).toMatchObject({ exists: 2, uidValidity: 7 });
    const rows = await imap.fetch("1:*", { envelope: true }).all();
    expect(rows.map(({ uid, envelope }) => [uid, envelope?.subject])).toEqual([[2, "s"]]);
    expect(flags).toEqual([{ type: "flags", uid: 1, sequence: 1, flags: ["\\Seen"], modseq: null }]);
    await imap.close();
    await dialogue.finished;
  });
});
