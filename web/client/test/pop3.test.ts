import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { MailError, Pop3Client, type Pop3Options, streams } from "../src/pop3.js";
import { mailServer, script, type MailServer, type TestTransportOptions } from "../src/testing.js";

const mail = (subject: string, body: string): string => `From: Ada <ada@example.org>\nSubject: ${subject}\n\n${body}\n`;

function options(server: Pick<MailServer, "transport">, faults: TestTransportOptions = {}): Pop3Options {
  return { host: "mail.example", port: 995, security: "tls", transport: server.transport(faults), auth: { username: "robin", password: "secret" } };
}

const text = (octets: Uint8Array): string => new TextDecoder().decode(octets);

async function gathered<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function code(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MailError);
  return (error as MailError).code;
}

vi.setConfig({ testTimeout: 20_000 });

describe("Pop3Client", () => {
  it("signs in, lists, reads and deletes only by quit", async () => {
    const server = mailServer({ mailboxes: { INBOX: [mail("one", "1"), mail("two", ".\n..\nend")] } });
    const pop3 = await Pop3Client.connect(options(server));
    expect(pop3.capabilities).toMatchObject({ PIPELINING: [], SASL: ["PLAIN", "XOAUTH2", "OAUTHBEARER"] });
    expect(pop3.tls?.version).toBe("TLSv1.3");
    const [first, second] = server.messages();
    expect(await pop3.stat()).toEqual({ count: 2, octets: (first?.octets.length ?? 0) + (second?.octets.length ?? 0) });
    expect(await pop3.list()).toEqual([
      { number: 1, octets: first?.octets.length, uidl: "uid1" },
      { number: 2, octets: second?.octets.length, uidl: "uid2" },
    ]);
    const messages = await gathered(pop3.messages([2, 1]));
    expect(messages.map(({ number, octets }) => [number, text(octets)])).toEqual([
      [2, text(second?.octets ?? new Uint8Array())],
      [1, text(first?.octets ?? new Uint8Array())],
    ]);
    expect(text(await pop3.top(2, 1))).toMatch(/^From: .*\r\n\r\n\.\r\n$/s);
    await pop3.delete([1, 2]);
    await pop3.reset();
    await pop3.delete(1);
    expect(server.messages()).toHaveLength(2);
    await pop3.quit();
    expect(server.messages().map(({ uid }) => uid)).toEqual([2]);
    expect(await pop3.closed).toBeNull();
  });

  it("deletes nothing when it is closed, and closing twice is harmless", async () => {
    const server = mailServer({ mailboxes: { INBOX: [mail("one", "1")] } });
    {
      await using pop3 = await Pop3Client.connect(options(server));
      await pop3.delete(1);
      await pop3.close();
      await pop3.close();
      expect(await pop3.closed).toBeNull();
      expect(await code(pop3.stat())).toBe("closed");
    }
    expect(server.messages()).toHaveLength(1);
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });

  it("makes TLS by STLS and asks again what the server can do", async () => {
    const server = mailServer();
    const pop3 = await Pop3Client.connect({ ...options(server), port: 110, security: "starttls" });
    expect(Object.keys(pop3.capabilities)).not.toContain("STLS");
    await pop3.quit();
  });

  it("sends no password where STLS was wanted and is not offered", async () => {
    const dialogue = script(["S: +OK ready", "C: CAPA", "S: +OK", "S: USER", "S: .", "S:"]);
    const wanted: Pop3Options = { ...options(mailServer()), transport: dialogue, port: 110, security: "starttls" };
    expect(await code(Pop3Client.connect(wanted))).toBe("plaintext-refused");
    await dialogue.finished;
  });

  it("signs in by an access token, and says that a token was refused", async () => {
    const server = mailServer({ users: { robin: "t0ken" } });
    const pop3 = await Pop3Client.connect({ ...options(server), auth: { username: "robin", accessToken: "t0ken" } });
    await pop3.close();
    const said = btoa(JSON.stringify({ status: "401", schemes: "bearer", scope: "https://mail.example/" }));
    const dialogue = script([
      ...["S: +OK ready", "C: CAPA", "S: +OK", "S: SASL XOAUTH2", "S: ."],
      ...[`C: AUTH XOAUTH2 ${btoa("user=robin\x01auth=Bearer old\x01\x01")}`, `S: + ${said}`, "C: ", "S: -ERR old is too old"],
    ]);
    const refused = Pop3Client.connect({ ...options(server), transport: dialogue, auth: { username: "robin", accessToken: "old" } });
    await expect(refused).rejects.toMatchObject({ code: "token-refused", blame: "user", serverText: "[redacted] is too [redacted]" });
  });

  it("falls back to USER and PASS where the server has nothing else, and asks APOP only where it is allowed", async () => {
    const old = ["S: +OK ready <1896.697170952@mail.example>", "C: CAPA", "S: -ERR what?"];
    const dialogue = script([...old, "C: USER robin", "S: +OK", "C: PASS secret", "S: +OK", "C: CAPA", "S: -ERR what?", "C: QUIT", "S: +OK"]);
    const pop3 = await Pop3Client.connect({ ...options(mailServer()), transport: dialogue });
    expect(pop3.capabilities).toEqual({});
    await pop3.quit();
    await dialogue.finished;
    // The example of RFC 1939, 7.
    const greeting = "S: +OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>";
    const apop = script([greeting, ...old.slice(1), "C: APOP mrose c4c9334bac560ecc979e58001b3e22fb", "S: +OK", "C: CAPA", "S: -ERR what?", "C: QUIT", "S: +OK"]);
    const auth = { username: "mrose", password: "tanstaaf" };
    await (await Pop3Client.connect({ ...options(mailServer()), transport: apop, allowApop: true, auth })).quit();
    await apop.finished;
  });

  it("says why a login failed, with the server's words and without the password", async () => {
    const server = mailServer();
    const refused = Pop3Client.connect(options(server, { refuseLogin: "not secret enough" }));
    await expect(refused).rejects.toMatchObject({ code: "auth-failed", blame: "user", retryable: false, serverText: "[AUTH] not [redacted] enough" });
    expect(await code(Pop3Client.connect({ ...options(server), auth: { username: "robin", password: "wrong" } }))).toBe("auth-failed");
    expect(await code(Pop3Client.connect(options(server, { refuseConnection: true })))).toBe("refused");
    expect(await code(Pop3Client.connect({ ...options(server), port: 0 }))).toBe("wrong-argument");
  });

  it("lets calls overlap and a command be given inside a loop", async () => {
    const bodies = Array.from({ length: 50 }, (_, index) => mail(String(index), "x".repeat(5000)));
    const server = mailServer({ mailboxes: { INBOX: bodies } });
    const pop3 = await Pop3Client.connect(options(server));
    const seen: number[] = [];
    for await (const { number, octets } of pop3.messages(bodies.map((_, index) => index + 1))) {
      seen.push(number);
      expect(octets.length).toBe(server.messages()[number - 1]?.octets.length);
      if (number % 10 === 0) expect((await pop3.stat()).count).toBe(50);
    }
    expect(seen).toEqual(bodies.map((_, index) => index + 1));
    expect((await Promise.all([pop3.stat(), pop3.list(), pop3.noop()]))[1]).toHaveLength(50);
    await pop3.quit();
  });

  it("answers a command given while more waits to be read than it holds", async () => {
    const server = mailServer({ mailboxes: { INBOX: Array.from({ length: 8 }, (_, index) => mail(String(index), "0123456789abcde\n".repeat(32 * 1024))) } });
    const pop3 = await Pop3Client.connect(options(server));
    let seen = 0;
    for await (const { number } of pop3.messages([1, 2, 3, 4, 5, 6, 7, 8])) {
      await pop3.noop();
      expect((await pop3.top(number, 1)).length).toBeGreaterThan(0);
      seen += 1;
    }
    expect(seen).toBe(8);
    const unread = await Promise.all([pop3.download(1), pop3.download(2), pop3.download(3)]);
    for (const { stream } of unread.reverse()) expect((await new Response(stream).arrayBuffer()).byteLength).toBe(server.messages()[0]?.octets.length);
    await pop3.quit();
  });

  it("settles who waits for a message when the loop is left", async () => {
    const pop3 = await Pop3Client.connect(options(mailServer({ mailboxes: { INBOX: [mail("one", "1")] } }), { delay: 5 }));
    const loop = pop3.messages([1, 1, 1]);
    const waiting = [loop.next(), loop.next()];
    await loop.return?.();
    for (const next of waiting) expect(await next).toEqual({ done: true, value: undefined });
    await pop3.quit();
  });

  it("goes on after a loop that was left and after a signal", async () => {
    const server = mailServer({ mailboxes: { INBOX: Array.from({ length: 1000 }, (_, index) => mail(String(index), "y".repeat(2500))) } });
    const pop3 = await Pop3Client.connect(options(server));
    const all = Array.from({ length: 1000 }, (_, index) => index + 1);
    for await (const { number } of pop3.messages(all)) if (number === 3) break;
    const ending = new AbortController();
    const reading = (async () => {
      for await (const { number } of pop3.messages(all, ending.signal)) if (number === 5) ending.abort();
    })();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    expect((await pop3.stat()).count).toBe(1000);
    await expect(pop3.stat(AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
    await pop3.quit();
  });

  it("streams a message, and says where it did not come whole", async () => {
    const server = mailServer({ mailboxes: { INBOX: [mail("big", "0123456789\n".repeat(30_000))] } });
    const whole = server.messages()[0]?.octets ?? new Uint8Array();
    const pop3 = await Pop3Client.connect(options(server, { pieces: 10_000 }));
    const { octets, stream } = await pop3.download(1);
    expect(octets).toBe(whole.length);
    expect(Buffer.compare(new Uint8Array(await new Response(stream).arrayBuffer()), whole)).toBe(0);
    expect(await code(pop3.download(2))).toBe("server-refused");
    await pop3.close();
    const cut = await Pop3Client.connect(options(server, { cutAfter: 100_000 }));
    const half = await cut.download(1);
    expect(await code(new Response(half.stream).arrayBuffer())).toBe("connection-lost");
    expect(await code(cut.download(1))).toBe("connection-lost");
  });

  it("ends a stream by its signal, also where all has come and is not read yet, and leaves no listener on it", async () => {
    const server = mailServer({ mailboxes: { INBOX: [mail("some", "0123456789\n".repeat(10_000))] } });
    const pop3 = await Pop3Client.connect(options(server, { pieces: 10_000 }));
    const ending = new AbortController();
    const { stream } = await pop3.download(1, ending.signal);
    const reader = stream.getReader();
    await reader.read();
    await pop3.noop();
    ending.abort(new Error("enough"));
    await expect(reader.read()).rejects.toThrow("enough");

    const { signal } = new AbortController();
    await new Response((await pop3.download(1, signal)).stream).arrayBuffer();
    await (await pop3.download(1, signal)).stream.cancel();
    expect(await code(pop3.download(7, signal))).toBe("server-refused");
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await pop3.quit();
  });

  it("settles everything when the connection is cut", async () => {
    const server = mailServer({ mailboxes: { INBOX: [mail("one", "1")] } });
    const pop3 = await Pop3Client.connect(options(server, { delay: 5, pieces: 20 }));
    const calls = [pop3.stat(), pop3.list(), pop3.top(1, 1), pop3.delete(1), pop3.quit(), gathered(pop3.messages([1]))];
    server.cut();
    for (const call of calls) expect(await code(call)).toMatch(/^(?:connection-lost|update-unknown)$/);
    expect(await pop3.closed).toMatchObject({ code: "connection-lost", retryable: true });
    expect(await code(pop3.stat())).toBe("connection-lost");
  });

  it("holds the server back while nobody reads", async () => {
    const big = mail("big", "0123456789abcde\n".repeat(32 * 1024));
    const server = mailServer({ mailboxes: { INBOX: Array.from({ length: 8 }, () => big) } });
    let taken = 0;
    const transport = streams(async (target, signal) => {
      const duplex = await server.transport().connect(target, signal);
      const counted = new TransformStream<Uint8Array, Uint8Array>({ transform: (octets, controller) => { taken += octets.length; controller.enqueue(octets); } }, undefined, { highWaterMark: 0 });
      return { ...duplex, readable: duplex.readable.pipeThrough(counted) };
    });
    const pop3 = await Pop3Client.connect({ ...options(server), transport });
    const loop = pop3.messages([1, 2, 3, 4, 5, 6, 7, 8]);
    await loop.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(taken).toBeLessThan(5 * big.length);
    let count = 1;
    for await (const { octets } of loop) {
      expect(octets.length).toBe(server.messages()[0]?.octets.length);
      count += 1;
    }
    expect(count).toBe(8);
    await pop3.quit();
  });

  it("refuses numbers that are none before anything is sent", async () => {
    const pop3 = await Pop3Client.connect(options(mailServer()));
    for (const wrong of [0, -1, 1.5, Number.NaN, 2 ** 32]) expect(await code(pop3.delete(wrong))).toBe("wrong-argument");
    await pop3.quit();
  });
});
