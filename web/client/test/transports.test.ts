import { describe, expect, it, vi } from "vitest";
import { lend, type LendingDuplex } from "../src/clients/lending.js";
import type { Duplex, Security, Target } from "../src/clients/transport.js";
import { MailError, directSockets, gateway, streams, transportFaultCodes, websocket } from "../src/pop3.js";
import { WasmModule } from "../src/clients/module.js";
import { failure } from "../src/transports/failures.js";
import { gatewayOn, type TunnelModule } from "../src/transports/gateway.js";
import { Inbox, readableOf } from "../src/transports/reading.js";
import type { SocketMaker } from "../src/transports/socket.js";
import { create } from "../wasm/pop3.js";

const target = (security: Security = "none"): Target => ({ host: "mail.example", port: 143, security });
const octets = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const text = (piece: Uint8Array | undefined): string => new TextDecoder().decode(piece);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

async function refusal(promise: Promise<unknown>): Promise<MailError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(MailError);
  return thrown as MailError;
}

const code = async (promise: Promise<unknown>): Promise<string> => (await refusal(promise)).code;

/** The other end of a WebSocket. */
class Peer {
  sent: (string | Uint8Array)[] = [];
  closed = false;
  urls: string[] = [];
  socket: InstanceType<SocketMaker> | undefined;
  readonly maker: SocketMaker;

  constructor(readonly protocol = "waypost.v1") {
    const made = (url: string, protocols: string[], socket: InstanceType<SocketMaker>): void => {
      this.urls.push(url, ...protocols);
      this.socket = socket;
    };
    const send = (data: string | Uint8Array): void => {
      this.sent.push(typeof data === "string" ? data : data.slice());
    };
    const close = (): void => {
      this.closed = true;
    };
    this.maker = class {
      binaryType = "blob";
      protocol = "";
      bufferedAmount = 0;
      onopen: ((event: never) => void) | null = null;
      onmessage: ((event: never) => void) | null = null;
      onclose: ((event: never) => void) | null = null;
      onerror: ((event: never) => void) | null = null;
      constructor(url: string, protocols: string[]) {
        made(url, protocols, this);
      }
      send = send;
      close = close;
    };
  }

  async open(): Promise<void> {
    await vi.waitFor(() => expect(this.socket).toBeDefined());
    Object.assign(this.socket ?? {}, { protocol: this.protocol });
    this.socket?.onopen?.(undefined as never);
  }

  /** A control message, or payload. */
  say(message: object | string): void {
    const data = typeof message === "string" ? octets(message).buffer : JSON.stringify(message);
    this.socket?.onmessage?.({ data } as never);
  }

  close(): void {
    this.socket?.onclose?.(undefined as never);
  }

  get controls(): unknown[] {
    return this.sent.filter((message) => typeof message === "string").map((message) => JSON.parse(message) as unknown);
  }

  get payload(): string {
    return this.sent.filter((message) => message instanceof Uint8Array).map(text).join("");
  }
}

const tls = { version: "TLSv1.3", cipher: "TLS13_AES_128_GCM_SHA256", fingerprint: "ab" };

async function tunnel(security: Security = "none", credit = 1000): Promise<{ peer: Peer; duplex: Duplex; moves: number[] }> {
  const peer = new Peer();
  const moves: number[] = [];
  const opening = gateway("wss://gateway.example/tunnel", { WebSocket: peer.maker, onMove: (within) => moves.push(within) }).connect(target(security));
  await peer.open();
  peer.say({ type: "opened", credit, ...(security === "tls" ? { tls } : {}) });
  return { peer, duplex: await opening, moves };
}

describe("gateway", () => {
  it("asks for the target, with the token inside the tunnel and nowhere else", async () => {
    const peer = new Peer();
    const opening = gateway("wss://gateway.example/tunnel", { token: () => Promise.resolve("t0ken"), WebSocket: peer.maker }).connect(target("tls"));
    await peer.open();
    expect(peer.urls).toEqual(["wss://gateway.example/tunnel", "waypost.v1"]);
    expect(peer.controls).toEqual([{ type: "open", host: "mail.example", port: 143, tls: "implicit", token: "t0ken", credit: 1 << 20 }]);
    peer.say({ type: "opened", tls, credit: 10 });
    expect((await opening).tls).toEqual(tls);
  });

  it("sends what the credit allows and goes on with more", async () => {
    const { peer, duplex } = await tunnel("none", 70_000);
    const writing = duplex.writable.getWriter().write(octets("x".repeat(100_000)));
    await turn();
    expect(peer.sent.filter((message) => message instanceof Uint8Array).map((message) => message.length)).toEqual([65_536, 4464]);
    peer.say({ type: "credit", bytes: 30_000 });
    await writing;
    expect(peer.payload).toHaveLength(100_000);
  });

  it("gives credit only for what its reader took", async () => {
    const { peer, duplex } = await tunnel();
    for (let sent = 0; sent < 16; sent += 1) peer.say("y".repeat(65_536));
    await turn();
    expect(peer.controls).toHaveLength(1);
    const reader = duplex.readable.getReader();
    for (let read = 0; read < 7; read += 1) await reader.read();
    expect(peer.controls).toHaveLength(1);
    await reader.read();
    expect(peer.controls.at(-1)).toEqual({ type: "credit", bytes: 1 << 19 });
    peer.say("z");
    expect(peer.closed).toBe(false);
  });

  it("breaks off with one that sends beyond its credit", async () => {
    const { peer, duplex } = await tunnel();
    for (let sent = 0; sent < 17; sent += 1) peer.say("y".repeat(65_536));
    expect(peer.closed).toBe(true);
    const reader = duplex.readable.getReader();
    for (let read = 0; read < 16; read += 1) await reader.read();
    expect(await code(reader.read())).toBe("protocol");
  });

  it("tells a gateway that is down from one that closes at once or speaks something else", async () => {
    const down = new Peer();
    const first = gateway("wss://g.example", { WebSocket: down.maker }).connect(target());
    await vi.waitFor(() => expect(down.socket).toBeDefined());
    down.close();
    expect(await refusal(first)).toMatchObject({ code: "gateway-unreachable", blame: "gateway", retryable: true });

    const closing = new Peer();
    const second = gateway("wss://g.example", { WebSocket: closing.maker }).connect(target());
    await closing.open();
    closing.close();
    expect(await code(second)).toBe("gateway-refused");

    const other = new Peer("");
    const third = gateway("wss://g.example", { WebSocket: other.maker }).connect(target());
    await other.open();
    expect(await code(third)).toBe("gateway-refused");
    expect([other.sent, other.closed]).toEqual([[], true]);
    expect(await code(gateway("no address", { WebSocket: class extends new Peer().maker { constructor() { super("", []); throw new SyntaxError("no"); } } }).connect(target()))).toBe("gateway-unreachable");
  });

  it("says at once what Node knows of a gateway that takes no connection, where nothing else follows", async () => {
    for (const [message, expected] of [
      ["Unexpected server response: 403", { code: "gateway-refused", message: expect.stringContaining("HTTP status 403") as unknown }],
      ["Received network error or non-101 status code.", { code: "gateway-unreachable" }],
    ] as const) {
      const peer = new Peer();
      const cause = new Error(message);
      const opening = gateway("wss://g.example", { WebSocket: peer.maker }).connect(target());
      await vi.waitFor(() => expect(peer.socket).toBeDefined());
      peer.socket?.onerror?.({ error: cause } as never);
      expect(await refusal(opening)).toMatchObject({ ...expected, blame: "gateway", cause });
    }
    const page = new Peer();
    const opening = gateway("wss://g.example", { WebSocket: page.maker }).connect(target());
    await vi.waitFor(() => expect(page.socket).toBeDefined());
    page.socket?.onerror?.({ type: "error" } as never);
    const { code: told, cause } = await refusal(opening);
    expect([told, cause]).toEqual(["gateway-unreachable", undefined]);

    const { peer, duplex } = await tunnel();
    peer.socket?.onerror?.({ error: new Error("bad frame") } as never);
    peer.say("still here");
    expect(text((await duplex.readable.getReader().read()).value)).toBe("still here");
  });

  it("passes on what the gateway says went wrong, and whose fault it is", async () => {
    const peer = new Peer();
    const opening = gateway("wss://g.example", { WebSocket: peer.maker }).connect(target());
    await peer.open();
    peer.say({ type: "error", code: "target-denied", fault: "policy", retry: false, message: "Not that one." });
    expect(await refusal(opening)).toMatchObject({ code: "target-denied", blame: "gateway", retryable: false, message: "Not that one." });
    expect(peer.closed).toBe(true);

    const { peer: later, duplex } = await tunnel();
    const writer = duplex.writable.getWriter();
    const waiting = writer.write(octets("x".repeat(2000)));
    await turn();
    later.say({ type: "error", code: "shutdown", fault: "gateway", retry: true, message: "It stops." });
    expect(await code(waiting)).toBe("shutdown");
    expect(await code(duplex.readable.getReader().read())).toBe("shutdown");
  });

  it("tells an end from a cut", async () => {
    const { peer, duplex } = await tunnel();
    peer.say("bye");
    peer.say({ type: "end", clean: true });
    const reader = duplex.readable.getReader();
    expect(text((await reader.read()).value)).toBe("bye");
    expect((await reader.read()).done).toBe(true);
    const writer = duplex.writable.getWriter();
    await writer.close();
    expect([peer.controls.at(-1), peer.closed]).toEqual([{ type: "end", clean: true }, true]);

    const cut = await tunnel();
    cut.peer.say({ type: "end", clean: false });
    expect(await code(cut.duplex.readable.getReader().read())).toBe("connection-lost");
    const gone = await tunnel();
    gone.peer.close();
    expect(await refusal(gone.duplex.readable.getReader().read())).toMatchObject({ code: "connection-lost", blame: "network", message: expect.stringContaining("mail.example") as unknown });
    expect(await code(gone.duplex.writable.getWriter().write(octets("x")))).toBe("connection-lost");
  });

  it("hears out what comes after its own end, unless nobody reads", async () => {
    const { peer, duplex } = await tunnel();
    await duplex.writable.getWriter().close();
    expect(peer.closed).toBe(false);
    peer.say("last words");
    expect(text((await duplex.readable.getReader().read()).value)).toBe("last words");

    const left = await tunnel();
    await left.duplex.readable.cancel();
    await left.duplex.writable.getWriter().close();
    expect([left.peer.controls.at(-1), left.peer.closed]).toEqual([{ type: "end", clean: true }, true]);
    const given = await tunnel();
    await given.duplex.writable.abort();
    expect([given.peer.controls.at(-1), given.peer.closed]).toEqual([{ type: "end", clean: false }, true]);
  });

  it("makes TLS on an open connection, and takes nothing that came before it", async () => {
    const { peer, duplex } = await tunnel("starttls");
    peer.say("+OK begin");
    const reader = duplex.readable.getReader();
    await reader.read();
    reader.releaseLock();
    const upgrading = duplex.upgradeToTls?.();
    expect(peer.controls.at(-1)).toEqual({ type: "upgrade", received: 9, sent: 0 });
    peer.say({ type: "upgraded", tls });
    const secured = await upgrading;
    expect(secured?.tls).toEqual(tls);
    expect(secured?.upgradeToTls).toBeUndefined();
    peer.say("protected");
    expect(text((await secured?.readable.getReader().read())?.value)).toBe("protected");

    for (const before of [true, false]) {
      const injected = await tunnel("starttls");
      const flow = (injected.duplex as LendingDuplex)[lend]({ hear: () => false, end: () => undefined });
      await turn();
      if (before) ["heard", "not heard"].forEach((said) => injected.peer.say(said));
      flow.stop();
      const failing = injected.duplex.upgradeToTls?.() ?? Promise.resolve();
      if (!before) injected.peer.say("in between");
      expect(await code(failing)).toBe("starttls-injection");
      expect(injected.peer.closed).toBe(true);
    }
  });

  it("says when the gateway stops, and goes on", async () => {
    const { peer, duplex, moves } = await tunnel();
    peer.say({ type: "move", within: 30 });
    peer.say("still here");
    expect(moves).toEqual([30]);
    expect(text((await duplex.readable.getReader().read()).value)).toBe("still here");
  });

  it("leaves the program's own faults to the program", async () => {
    const peer = new Peer();
    const opening = gateway("wss://g.example", { WebSocket: peer.maker, onMove: () => { throw new Error("no time"); } }).connect(target());
    await peer.open();
    peer.say({ type: "opened", credit: 10 });
    const duplex = await opening;
    const thrown = new Promise((resolve) => process.once("uncaughtException", resolve));
    peer.say({ type: "move", within: 30 });
    expect(await thrown).toEqual(new Error("no time"));
    peer.say("still here");
    expect(text((await duplex.readable.getReader().read()).value)).toBe("still here");
  });

  it("settles all that waits when it ends", async () => {
    const { peer, duplex } = await tunnel("starttls", 1);
    const writer = duplex.writable.getWriter();
    const writing = writer.write(octets("long"));
    await turn();
    peer.close();
    expect(await code(writing)).toBe("connection-lost");

    const leaving = await tunnel("starttls");
    const upgrading = leaving.duplex.upgradeToTls?.() ?? Promise.resolve();
    await leaving.duplex.writable.abort();
    expect(await code(upgrading)).toBe("connection-lost");
  });

  it("fails a write in which its instance ends", async () => {
    const module: TunnelModule = {
      instance: async () => {
        const { glue } = await new WasmModule(create, () => new URL("../wasm/pop3.wasm", import.meta.url)).instance();
        const TunnelEnd = class extends glue.TunnelEnd {
          override sent(): number {
            throw new WebAssembly.RuntimeError("unreachable");
          }
        };
        return { glue: { TunnelEnd } };
      },
    };
    const peer = new Peer();
    const opening = gatewayOn(module)("wss://g.example", { WebSocket: peer.maker }).connect(target());
    await peer.open();
    peer.say({ type: "opened", credit: 10 });
    expect(await code((await opening).writable.getWriter().write(octets("x")))).toBe("internal");
  });

  it("gives up when it is told to, and blames the side that is silent", async () => {
    const ending = new AbortController();
    const peer = new Peer();
    const opening = gateway("wss://g.example", { WebSocket: peer.maker }).connect(target(), ending.signal);
    await peer.open();
    ending.abort(new Error("enough"));
    await expect(opening).rejects.toThrow("enough");
    expect(peer.closed).toBe(true);
    await expect(gateway("wss://g.example", { WebSocket: peer.maker }).connect(target(), AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });

    const silent = new Peer();
    expect(await code(gateway("wss://g.example", { WebSocket: silent.maker, timeout: 1 }).connect(target()))).toBe("gateway-unreachable");
    const server = new Peer();
    const waiting = gateway("wss://g.example", { WebSocket: server.maker, timeout: 100 }).connect(target());
    await server.open();
    expect(await refusal(waiting)).toMatchObject({ code: "timeout", blame: "server" });
    expect(server.closed).toBe(true);
  });

  it("says what to do where there is no WebSocket", async () => {
    vi.stubGlobal("WebSocket", undefined);
    expect(await code(gateway("wss://g.example").connect(target()))).toBe("unsupported");
    vi.unstubAllGlobals();
  });
});

describe("websocket", () => {
  async function relay(options = {}): Promise<{ peer: Peer; duplex: Duplex }> {
    const peer = new Peer("binary");
    const opening = websocket("wss://relay.example/imap", { WebSocket: peer.maker, ...options }).connect(target());
    await peer.open();
    return { peer, duplex: await opening };
  }

  it("carries octets both ways and ends as the relay does", async () => {
    const { peer, duplex } = await relay();
    expect(peer.urls).toEqual(["wss://relay.example/imap", "binary"]);
    await duplex.writable.getWriter().write(octets("a1 NOOP\r\n"));
    expect(peer.payload).toBe("a1 NOOP\r\n");
    peer.say("* OK");
    peer.close();
    const reader = duplex.readable.getReader();
    expect(text((await reader.read()).value)).toBe("* OK");
    expect((await reader.read()).done).toBe(true);
  });

  it("makes no TLS, and says so", async () => {
    const { maker } = new Peer();
    for (const security of ["tls", "starttls"] as const) expect(await code(websocket("wss://r.example", { WebSocket: maker }).connect(target(security)))).toBe("tls-unsupported");
    const peer = new Peer();
    const opening = websocket("wss://r.example", { WebSocket: peer.maker, relayMakesTls: true, protocol: null }).connect(target("tls"));
    await peer.open();
    await opening;
    expect(peer.urls).toEqual(["wss://r.example"]);
  });

  it("gives up where more comes than is read", async () => {
    const { peer, duplex } = await relay({ limit: 10 });
    peer.say("0123456789");
    expect(peer.closed).toBe(false);
    peer.say("x");
    expect(peer.closed).toBe(true);
    const reader = duplex.readable.getReader();
    await reader.read();
    await reader.read();
    expect(await code(reader.read())).toBe("overrun");
  });

  it("fails a write that a relay which has gone does not take any more", async () => {
    const { peer, duplex } = await relay();
    Object.assign(peer.socket ?? {}, { bufferedAmount: 2 << 20 });
    const writing = duplex.writable.getWriter().write(octets("x"));
    await turn();
    const timers = vi.spyOn(globalThis, "setTimeout");
    peer.close();
    expect(await code(writing)).toBe("connection-lost");
    await turn();
    const before = timers.mock.calls.length;
    await new Promise((resolve) => void setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(timers.mock.calls.length).toBe(before + 1);
    timers.mockRestore();
  });

  it("says that a relay does not answer, and gives up when it is told to", async () => {
    const peer = new Peer();
    const opening = websocket("wss://r.example", { WebSocket: peer.maker }).connect(target());
    peer.close();
    expect(await code(opening)).toBe("relay-unreachable");
    const node = new Peer();
    const failing = websocket("wss://r.example", { WebSocket: node.maker }).connect(target());
    node.socket?.onerror?.({ error: new Error("Unexpected server response: 502") } as never);
    expect(await refusal(failing)).toMatchObject({ code: "relay-unreachable", cause: new Error("Unexpected server response: 502") });
    const ending = new AbortController();
    const waiting = websocket("wss://r.example", { WebSocket: new Peer().maker }).connect(target(), ending.signal);
    ending.abort();
    await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    expect(await code(websocket("wss://r.example", { WebSocket: new Peer().maker, timeout: 1 }).connect(target()))).toBe("relay-unreachable");
  });
});

const pair = (): Duplex => ({ readable: new ReadableStream<Uint8Array>(), writable: new WritableStream<Uint8Array>() });

describe("streams", () => {
  it("serves one connection with one pair", async () => {
    const given = pair();
    const transport = streams(given);
    expect(await transport.connect(target("tls"))).toBe(given);
    given.readable.getReader();
    expect(await code(transport.connect(target()))).toBe("wrong-argument");
  });

  it("makes a pair for each connection, and tells why it could not", async () => {
    const asked: Target[] = [];
    const transport = streams((wanted) => (asked.push(wanted), pair()));
    await transport.connect(target("starttls"));
    expect(asked).toEqual([target("starttls")]);
    expect(await refusal(streams(() => Promise.reject(new Error("no"))).connect(target()))).toMatchObject({ code: "unreachable", cause: new Error("no") });
    expect(await code(streams(() => Promise.reject(failure("refused"))).connect(target()))).toBe("refused");
    expect(await code(streams(() => ({ ...pair(), tls: null })).connect(target("tls")))).toBe("tls-unsupported");
  });

  it("lets go of a pair that comes too late", async () => {
    let abandoned = false;
    let give: (duplex: Duplex) => void = () => undefined;
    const late = new Promise<Duplex>((resolve) => (give = resolve));
    expect(await code(streams(() => late, { timeout: 1 }).connect(target()))).toBe("timeout");
    give({ ...pair(), readable: new ReadableStream({ cancel: () => void (abandoned = true) }) });
    await turn();
    expect(abandoned).toBe(true);
  });
});

describe("directSockets", () => {
  const made: unknown[][] = [];
  let closed = 0;
  function stub(opened: () => Promise<Duplex>): void {
    vi.stubGlobal(
      "TCPSocket",
      class {
        readonly opened = opened();
        constructor(...parameters: unknown[]) {
          made.push(parameters);
        }
        close(): Promise<void> {
          closed += 1;
          return Promise.resolve();
        }
      },
    );
  }

  it("connects where the platform has it", async () => {
    expect(await code(directSockets().connect(target()))).toBe("unsupported");
    stub(() => Promise.resolve(pair()));
    expect((await directSockets().connect(target())).tls).toBeNull();
    expect(made).toEqual([["mail.example", 143, { noDelay: true }]]);
    stub(() => Promise.reject(new DOMException("refused", "NetworkError")));
    expect(await code(directSockets().connect(target()))).toBe("unreachable");
    expect(closed).toBe(1);
    vi.unstubAllGlobals();
  });

  it("has TLS only where a program brings it", async () => {
    stub(() => Promise.resolve(pair()));
    for (const security of ["tls", "starttls"] as const) expect(await code(directSockets().connect(target(security)))).toBe("tls-unsupported");
    const upgraded = { ...pair(), tls };
    const hosts: string[] = [];
    const transport = directSockets({ upgradeToTls: (_, { host }) => (hosts.push(host), Promise.resolve(upgraded)) });
    expect(await transport.connect(target("tls"))).toBe(upgraded);
    const plain = await transport.connect(target("starttls"));
    expect(plain.tls).toBeNull();
    expect(await plain.upgradeToTls?.()).toBe(upgraded);
    expect(hosts).toEqual(["mail.example", "mail.example"]);
    vi.unstubAllGlobals();
  });

  it("closes the socket when it is told to give up", async () => {
    closed = 0;
    stub(() => new Promise(() => undefined));
    const ending = new AbortController();
    const opening = directSockets().connect(target(), ending.signal);
    await turn();
    ending.abort();
    await expect(opening).rejects.toMatchObject({ name: "AbortError" });
    expect(closed).toBe(1);
    vi.unstubAllGlobals();
  });
});

describe("reading", () => {
  it("lends what waits, stops where the hearer wants no more, and ends after the last octets", async () => {
    const taken: number[] = [];
    const inbox = new Inbox((count) => taken.push(count));
    const heard: string[] = [];
    inbox.push(octets("one"));
    const flow = inbox.lend({ hear: (piece) => (heard.push(text(piece)), heard.length !== 1), end: (error) => heard.push(String(error)) });
    inbox.push(octets("three"));
    inbox.end("cut");
    await turn();
    expect([heard, taken]).toEqual([["one"], [3]]);
    flow.resume();
    expect([heard, taken]).toEqual([["one", "three", "cut"], [3, 5]]);
    expect(() => inbox.lend({ hear: () => true, end: () => undefined })).toThrow(TypeError);
  });

  it("copies memory that is used again", async () => {
    const memory = octets("one");
    const stream = readableOf((hearer) => (queueMicrotask(() => hearer.hear(memory)), { resume: () => undefined, stop: () => undefined }), true);
    const { value } = await stream.getReader().read();
    memory.fill(0);
    expect(text(value)).toBe("one");
  });
});

describe("failures", () => {
  it("each code is an error with a sentence for people that names the server", () => {
    for (const one of transportFaultCodes) {
      const error = failure(one, { host: "mail.example", port: 993, why: "it has expired" });
      expect(error.message).toMatch(/^[A-Za-z].*\.$/);
      expect(error.message).not.toMatch(/HOST|PORT|WHY/);
    }
  });
});
