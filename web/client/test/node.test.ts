import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { lend, type LendingDuplex } from "../src/clients/lending.js";
import type { Security, Target } from "../src/clients/transport.js";
import { MailError } from "../src/errors.js";
import { connectFailure, tlsFailure } from "../src/node/failures.js";
import { Reading } from "../src/node/reading.js";
import { ImapClient } from "../src/imap.js";
import { tcp } from "../src/node.js";
import { mailServer } from "../src/testing.js";

const servers: Server[] = [];
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (piece: Uint8Array | undefined): string => new TextDecoder().decode(piece);

/** A server of the test's own. */
async function serve(act: (socket: Socket) => void, security: Security = "none"): Promise<Target> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    act(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port, security };
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function code(promise: Promise<unknown>): Promise<string> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(MailError);
  return (thrown as MailError).code;
}

vi.setConfig({ testTimeout: 20_000 });

describe("tcp", () => {
  it("carries octets both ways, and each direction ends for itself", async () => {
    const heard: string[] = [];
    const target = await serve((socket) => {
      socket.write("hello");
      socket.on("data", (piece) => heard.push(String(piece)));
      socket.on("end", () => socket.end("goodbye"));
    });
    const duplex = await tcp().connect(target);
    expect(duplex.tls).toBeNull();
    const writer = duplex.writable.getWriter();
    await writer.write(octets("one "));
    await writer.write(octets("two"));
    await writer.close();
    let said = "";
    for await (const piece of duplex.readable) said += text(piece);
    expect([said, heard.join("")]).toEqual(["hellogoodbye", "one two"]);
  });

  it("reads into more memory only while what fills it is dealt with quickly", () => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(1000);
    const { buffer, callback } = new Reading().into(4, 10);
    const after = (milliseconds: number, filled: number): number => {
      const memory = buffer();
      callback(filled, memory);
      clock.mockReturnValue(performance.now() + milliseconds);
      return memory.length;
    };
    expect([after(0.5, 3), after(2, 4), after(0.5, 4), after(0.5, 8), after(0.5, 10), after(0.5, 10)]).toEqual([4, 4, 4, 8, 10, 10]);
    clock.mockRestore();
  });

  it("reads no faster than its reader, and loses nothing", async () => {
    const whole = 32 << 20;
    let written = 0;
    const target = await serve((socket) => {
      const more = (): void => {
        while (written < whole && socket.write(Buffer.alloc(65_536, written >> 16))) written += 65_536;
        if (written < whole) {
          written += 65_536;
          socket.once("drain", more);
        } else socket.end();
      };
      more();
    });
    const duplex = await tcp().connect(target);
    // Before anybody reads, and after one piece.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written).toBeLessThan(whole / 2);
    const reader = duplex.readable.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(written).toBeLessThan(whole / 2);
    reader.releaseLock();
    let read = 0;
    let wrong = 0;
    // The first piece was taken above.
    let at = -1;
    for await (const piece of duplex.readable) {
      if (at < 0) at = whole;
      read += piece.length;
      if (piece.length > 120 * 1024) wrong += 1;
    }
    expect(wrong).toBe(0);
    expect(read).toBeGreaterThan(whole - 131_072);
    expect(read).toBeLessThan(whole);
  });

  it("lends its memory, and holds the server back until more is wanted", async () => {
    let socketOfServer: Socket | undefined;
    const target = await serve((socket) => {
      socketOfServer = socket;
      socket.write("first");
    });
    const duplex = (await tcp().connect(target)) as LendingDuplex;
    const heard: string[] = [];
    const flow = duplex[lend]({ hear: (piece) => (heard.push(text(piece)), false), end: (error) => heard.push(error === undefined ? "end" : "cut") });
    await vi.waitFor(() => expect(heard).toEqual(["first"]));
    socketOfServer?.write("second");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard).toEqual(["first"]);
    flow.resume();
    await vi.waitFor(() => expect(heard).toEqual(["first", "second"]));
    flow.resume();
    socketOfServer?.end();
    await vi.waitFor(() => expect(heard).toEqual(["first", "second", "end"]));
  });

  it("gives pieces that keep what they hold while more is read", async () => {
    const sent = Uint8Array.from({ length: 1 << 20 }, (_, at) => (at * 7 + (at >> 8) * 13) & 255);
    const duplex = await tcp().connect(await serve((socket) => socket.end(sent)));
    const pieces: Uint8Array[] = [];
    for await (const piece of duplex.readable) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(4);
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
  });

  it("brings a download whole, however late its pieces are looked at", async () => {
    const body = Array.from({ length: 8192 }, (_, line) => `line ${String(line)} ${"x".repeat(line % 90)}\r\n`).join("");
    const message = `Subject: long\r\n\r\n${body}`;
    const target = await serve((socket) => {
      void (async () => {
        const inner = await mailServer({ mailboxes: { INBOX: [message] } }).transport().connect({ host: "mail.example", port: 143, security: "none" });
        const writer = inner.writable.getWriter();
        socket.on("data", (piece) => void writer.write(new Uint8Array(piece)));
        for await (const piece of inner.readable) socket.write(piece);
        socket.end();
      })();
    });
    await using imap = await ImapClient.connect({ ...target, transport: tcp(), auth: { username: "robin", password: "secret" } });
    await imap.select("INBOX");
    const { stream } = await imap.download(1);
    const pieces: Uint8Array[] = [];
    for await (const piece of stream) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(4);
    expect(Buffer.concat(pieces).toString()).toBe(message);
  });

  it("tells a cut from an end", async () => {
    let socketOfServer: Socket | undefined;
    const target = await serve((socket) => (socketOfServer = socket));
    const duplex = await tcp().connect(target);
    await vi.waitFor(() => expect(socketOfServer).toBeDefined());
    const reading = duplex.readable.getReader().read();
    socketOfServer?.resetAndDestroy();
    expect(await code(reading)).toBe("connection-lost");
    expect(await code(duplex.writable.getWriter().write(octets("x")))).toBe("connection-lost");
  });

  it("closes the socket when it is given up, or when neither direction is wanted", async () => {
    for (const abort of [true, false]) {
      let gone = false;
      const target = await serve((socket) => {
        socket.on("data", () => undefined);
        socket.on("end", () => socket.end());
        socket.on("close", () => (gone = true));
        socket.write("something that nobody reads");
      });
      const duplex = await tcp().connect(target);
      if (abort) await duplex.writable.abort();
      else {
        await duplex.readable.cancel();
        await duplex.writable.close();
      }
      await vi.waitFor(() => expect(gone).toBe(true));
    }
  });

  it("sends on after the server has ended its direction", async () => {
    let heard = "";
    const target = await serve((socket) => {
      socket.end("goodbye");
      socket.on("data", (piece) => (heard += String(piece)));
    });
    const duplex = await tcp().connect(target);
    let said = "";
    for await (const piece of duplex.readable) said += text(piece);
    const writer = duplex.writable.getWriter();
    await writer.write(octets("last words"));
    await writer.close();
    await vi.waitFor(() => expect([said, heard]).toEqual(["goodbye", "last words"]));
  });

  it("does not wait for a server that never ends, once neither direction is wanted", async () => {
    let gone = false;
    let more: ReturnType<typeof setInterval> | undefined;
    const target = await serve((socket) => {
      more = setInterval(() => socket.write("more and more"), 10);
      socket.on("close", () => {
        gone = true;
        clearInterval(more);
      });
    });
    const duplex = await tcp().connect(target);
    await duplex.readable.cancel();
    await duplex.writable.close();
    await vi.waitFor(() => expect(gone).toBe(true), { timeout: 4000, interval: 50 });
  });

  it("says that nobody listens, and that nobody answers", async () => {
    const target = await serve(() => undefined);
    servers.pop()?.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await code(tcp().connect(target))).toBe("refused");
    const silent = await serve(() => undefined, "tls");
    expect(await code(tcp({ timeout: 50 }).connect(silent))).toBe("timeout");
  });

  it("says that TLS could not be agreed on", async () => {
    const target = await serve((socket) => socket.end("* OK this is no TLS\r\n"), "tls");
    expect(await code(tcp().connect(target))).toBe("tls-handshake");
    const closing = await serve((socket) => socket.destroy(), "tls");
    expect(await code(tcp().connect(closing))).toBe("tls-handshake");
  });

  it("gives up when it is told to", async () => {
    const ending = new AbortController();
    let gone = false;
    const target = await serve((socket) => socket.on("end", () => (gone = true)).resume(), "tls");
    const opening = tcp().connect(target, ending.signal);
    setTimeout(() => ending.abort(new Error("enough")), 50);
    await expect(opening).rejects.toThrow("enough");
    await vi.waitFor(() => expect(gone).toBe(true));
    await expect(tcp().connect(target, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  });

  it("refuses what was injected before TLS", async () => {
    let inject: () => Promise<void> = () => Promise.resolve();
    const target = await serve((socket) => {
      socket.write("+OK begin\r\n");
      inject = () => new Promise((resolve) => void socket.write("injected", () => resolve()));
    }, "starttls");
    const duplex = (await tcp().connect(target)) as LendingDuplex;
    const heard: string[] = [];
    const flow = duplex[lend]({ hear: (piece) => (heard.push(text(piece)), false), end: () => undefined });
    await vi.waitFor(() => expect(heard).toEqual(["+OK begin\r\n"]));
    await inject();
    // On loopback it is there; the loop has to look once more.
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
    flow.stop();
    expect(await code(duplex.upgradeToTls?.() ?? Promise.resolve())).toBe("starttls-injection");
    expect(heard).toHaveLength(1);
  });
});

describe("failures", () => {
  const named = (name: string): Error => Object.assign(new Error(name), { code: name });
  it("Node's errors have the codes of the tunnel", () => {
    for (const [name, expected] of [
      ["ENOTFOUND", "name-not-found"],
      ["EAI_AGAIN", "unreachable"],
      ["ECONNREFUSED", "refused"],
      ["ETIMEDOUT", "timeout"],
      ["EHOSTUNREACH", "unreachable"],
    ] as const) {
      expect(connectFailure(named(name), {}).code).toBe(expected);
      expect(connectFailure(new AggregateError([named(name)]), {}).code).toBe(expected);
    }
    for (const [name, expected, words] of [
      ["CERT_HAS_EXPIRED", "tls-certificate", "expired"],
      ["ERR_TLS_CERT_ALTNAME_INVALID", "tls-certificate", "another host"],
      ["SELF_SIGNED_CERT_IN_CHAIN", "tls-certificate", "nobody whom this device trusts"],
      ["CERT_CHAIN_TOO_LONG", "tls-certificate", "not valid"],
      ["INVALID_CA", "tls-certificate", "not valid"],
      ["ERR_SSL_WRONG_VERSION_NUMBER", "tls-handshake", "agree on TLS"],
      ["ERR_SSL_TLSV1_ALERT_CERTIFICATE_REQUIRED", "tls-handshake", "agree on TLS"],
      ["ECONNRESET", "tls-handshake", "agree on TLS"],
    ] as const) {
      const error = tlsFailure(named(name), { host: "mail.example", port: 993 });
      expect([error.code, (error.cause as Error).message]).toEqual([expected, name]);
      expect(error.message).toContain(words);
    }
  });
});

it("refuses options that would weaken TLS, or trust nobody", () => {
  for (const options of [{ ca: "/etc/ssl/own-ca.pem" }, { ca: ["-----BEGIN CERTIFICATE-----\n", new Uint8Array(4)] }, { minVersion: "TLSv1.1" as "TLSv1.2" }]) {
    expect(() => tcp(options)).toThrow(expect.objectContaining({ code: "wrong-argument" }) as Error);
  }
});
