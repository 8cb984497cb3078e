import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { create } from "../wasm/imap.js";
import { ImapConnection } from "../src/clients/imap.js";
import { openImap, type ImapModule } from "../src/clients/imap-connect.js";
import { WasmModule } from "../src/clients/module.js";
import { ImapClient, type ImapOptions, MailError, type Transport } from "../src/imap.js";
import { mailServer } from "../src/testing.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const options = (transport: Transport): ImapOptions => ({ host: "mail.example", transport, auth: { username: "robin", password: "secret" } });
const mail = (subject: string): string => `Subject: ${subject}\n\ntext\n`;

/** Answers what a client asks, and then sends pieces of one long message, as they are asked for. */
function longMessage(octets: number): { readonly transport: Transport; readonly sent: () => number } {
  let sent = 0;
  const connect = (): ReturnType<Transport["connect"]> => {
    const encoder = new TextEncoder();
    let answers: ReadableStreamDefaultController<Uint8Array> | undefined;
    let left = 0;
    let tag = "";
    let wake: () => void = () => undefined;
    const readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          answers = controller;
          controller.enqueue(encoder.encode("* OK [CAPABILITY IMAP4rev1] hello\r\n"));
        },
        pull: async (controller) => {
          if (left === 0) await new Promise<void>((resolve) => { wake = resolve; });
          const piece = new Uint8Array(Math.min(left, 64 * 1024)).fill(120);
          left -= piece.length;
          sent += piece.length;
          if (piece.length > 0) controller.enqueue(piece);
          if (left === 0) controller.enqueue(encoder.encode(`)\r\n${tag} OK done\r\n`));
        },
      },
      { highWaterMark: 0 },
    );
    const writable = new WritableStream<Uint8Array>({
      write: (line) => {
        const words = new TextDecoder().decode(line).split(" ");
        tag = words[0] ?? "";
        if (words[2] === "FETCH") {
          answers?.enqueue(encoder.encode(`* 8 FETCH (UID 8 BODY[] {${String(octets)}}\r\n`));
          left = octets;
          wake();
        } else answers?.enqueue(encoder.encode(`${words[1] === "SELECT" ? "* 9 EXISTS\r\n" : ""}${tag} OK done\r\n`));
      },
    });
    return Promise.resolve({ readable, writable });
  };
  return { transport: { connect }, sent: () => sent };
}

describe("ImapClient", { timeout: 120_000 }, () => {
  it("leaves nothing behind after a hundred rounds", async () => {
    const server = mailServer({ mailboxes: { INBOX: [mail("one")] } });
    const clients: WeakRef<ImapClient>[] = [];
    const round = async (): Promise<void> => {
      const imap = await ImapClient.connect(options(server.transport()));
      await imap.select("INBOX");
      expect((await imap.fetch("1:*", { envelope: true }).all())[0]?.envelope?.subject).toBe("one");
      await imap.close();
      clients.push(new WeakRef(imap));
    };
    for (let count = 0; count < 100; count += 1) await round();
    for (let tries = 0; tries < 50 && clients.some((client) => client.deref() !== undefined); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      collect();
    }
    expect(server.connections).toBe(0);
    expect(clients.filter((client) => client.deref() !== undefined)).toHaveLength(0);
  });

  it("passes a message of 200 MiB on in a fraction of that", async () => {
    const size = 200 << 20;
    const { transport } = longMessage(size);
    const imap = await ImapClient.connect(options(transport));
    await imap.select("INBOX");
    collect();
    const before = process.memoryUsage().arrayBuffers;
    const { octets, stream } = await imap.download(8);
    expect(octets).toBe(size);
    let [count, highest, pieces] = [0, 0, 0];
    for await (const piece of stream) {
      count += piece.length;
      pieces += 1;
      if (pieces % 256 === 0) {
        collect();
        highest = Math.max(highest, process.memoryUsage().arrayBuffers - before);
      }
    }
    expect(count).toBe(size);
    // Node frees buffers some time after they are garbage.
    expect(highest).toBeLessThan(64 << 20);
    await imap.noop();
    await imap.close();
  });

  it("holds the server back while nobody reads, and lets it go on for a command", async () => {
    const size = 64 << 20;
    const { transport, sent } = longMessage(size);
    const imap = await ImapClient.connect(options(transport));
    await imap.select("INBOX");
    const { stream } = await imap.download(8);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const held = sent();
    expect(held).toBeLessThan(4 << 20);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(sent()).toBe(held);
    const reader = stream.getReader();
    let count = 0;
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      count += piece.value.length;
      if (count > held) break;
    }
    expect(sent()).toBeGreaterThan(held);
    // What comes before its answer is kept for the reader.
    await imap.noop();
    expect(sent()).toBe(size);
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) count += piece.value.length;
    expect(count).toBe(size);
    await imap.close();
  });

  it("tells who watches, and nobody else, where its core dies in a timer", async () => {
    const real = new WasmModule(create, () => new URL("../wasm/imap.wasm", import.meta.url));
    const module: ImapModule = {
      instanceNow: () => real.instanceNow(),
      instance: async () => {
        const { glue, memory } = await real.instance();
        class Dying extends glue.Imap {
          override command(words: string): number {
            if (words === "idle") throw new WebAssembly.RuntimeError("unreachable");
            return super.command(words);
          }
        }
        return { glue: { ...glue, Imap: Dying }, memory };
      },
    };
    const uncaught: unknown[] = [];
    const hear = (error: unknown): void => void uncaught.push(error);
    process.on("uncaughtException", hear);
    const imap = new ImapConnection(await openImap(module, options(mailServer().transport())));
    await imap.select("INBOX");
    const error: unknown = await imap.watch().next().catch((thrown: unknown) => thrown);
    process.off("uncaughtException", hear);
    expect(error).toMatchObject({ code: "internal" });
    expect(uncaught).toEqual([]);
  });

  it("lets go of a connection for which there is no core", async () => {
    const real = new WasmModule(create, () => new URL("../wasm/imap.wasm", import.meta.url));
    const module: ImapModule = {
      instanceNow: () => real.instanceNow(),
      instance: async () => {
        const { glue, memory } = await real.instance();
        class Dead extends glue.Imap {
          constructor() {
            super(false);
            throw new WebAssembly.RuntimeError("unreachable");
          }
        }
        return { glue: { ...glue, Imap: Dead }, memory };
      },
    };
    const server = mailServer();
    const error: unknown = await openImap(module, options(server.transport())).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MailError);
    expect(error).toMatchObject({ code: "internal", cause: expect.any(WebAssembly.RuntimeError) as unknown });
    for (let tries = 0; tries < 100 && server.connections > 0; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(server.connections).toBe(0);
  });

  it("ends one connection, and no other, where its core dies", async () => {
    const real = new WasmModule(create, () => new URL("../wasm/imap.wasm", import.meta.url));
    let dies = false;
    const module: ImapModule = {
      instanceNow: () => real.instanceNow(),
      instance: async () => {
        const { glue, memory } = await real.instance();
        class Dying extends glue.Imap {
          override receive(now: number, octets: number): void {
            if (dies) throw new WebAssembly.RuntimeError("unreachable");
            super.receive(now, octets);
          }
        }
        return { glue: { ...glue, Imap: Dying }, memory };
      },
    };
    const server = mailServer({ mailboxes: { INBOX: [mail("one")] } });
    const imap = new ImapConnection(await openImap(module, options(server.transport())));
    const other = await ImapClient.connect(options(server.transport()));
    await imap.select("INBOX");
    await other.select("INBOX");
    const rows = await imap.fetch("1:*", { envelope: true }).all();
    dies = true;
    const calls = [imap.noop(), imap.search({}), imap.fetch("1:*", { flags: true }).all()];
    for (const call of calls) {
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MailError);
      expect(error).toMatchObject({ code: "internal", blame: "device" });
    }
    expect((await imap.closed)?.cause).toBeInstanceOf(WebAssembly.RuntimeError);
    await imap.close();
    expect(rows[0]?.envelope?.subject).toBe("one");
    expect(await other.search({})).toHaveLength(1);
    await other.close();
    for (let tries = 0; tries < 100 && server.connections > 0; tries += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(server.connections).toBe(0);
  });
});
