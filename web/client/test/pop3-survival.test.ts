/** What a POP3 session outlives, over real sockets: large messages, slow readers, many connections, and a trap in its instance. */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Pop3Connection, type Pop3Module } from "../src/clients/pop3-connection.js";
import { Pop3Session } from "../src/clients/pop3.js";
import { WasmModule } from "../src/clients/module.js";
import { MailError } from "../src/errors.js";
import { tcp } from "../src/node.js";
import { Pop3Client, type Pop3Options } from "../src/pop3.js";
import { mailServer } from "../src/testing.js";
import { create } from "../wasm/pop3.js";

const MIB = 1 << 20;
const servers: Server[] = [];

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A maildrop of one message of so many MiB, which is made while it is sent. Counts what it has sent. */
async function drop(mebibytes: number): Promise<{ readonly options: Pop3Options; readonly sent: () => number }> {
  const piece = Buffer.from("0123456789abcde\r\n.0123456789abc\r\n".replace("\n.", "\n..").repeat(2048));
  let sent = 0;
  const stream = (socket: Socket): void => {
    let left = Math.ceil((mebibytes * MIB) / piece.length);
    const more = (): void => {
      while (left > 0) {
        left -= 1;
        sent += piece.length;
        if (!socket.write(piece)) return void socket.once("drain", more);
      }
      socket.write(".\r\n");
    };
    socket.write("+OK\r\n");
    more();
  };
  const server = createServer((socket) => {
    socket.on("error", () => undefined).write("+OK ready\r\n");
    socket.on("data", (data) => {
      for (const line of String(data).split("\r\n")) {
        if (line.startsWith("RETR")) stream(socket);
        else if (line.startsWith("LIST")) socket.write(`+OK 1 ${mebibytes * MIB}\r\n`);
        else if (line !== "") socket.write(line === "CAPA" ? "-ERR what?\r\n" : "+OK\r\n");
      }
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { options: { host: "127.0.0.1", port, security: "none", transport: tcp(), auth: { username: "robin", password: "secret" } }, sent: () => sent };
}

const used = (): number => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

describe("a POP3 session", () => {
  it("reads a message of 200 MiB in bounded memory, which comes back", async () => {
    const { options } = await drop(200);
    const before = used();
    const pop3 = await Pop3Client.connect(options);
    const { stream } = await pop3.download(1);
    let [octets, most, pieces] = [0, 0, 0];
    for await (const piece of stream) {
      octets += piece.length;
      pieces += 1;
      if (pieces % 500 === 0) most = Math.max(most, used() - before);
    }
    // Of 33 octets 1 was stuffed.
    expect(octets).toBeGreaterThan(190 * MIB);
    expect(octets % 2048).toBe(0);
    // What the collector has not swept yet counts too.
    expect(most).toBeLessThan(64 * MIB);
    await pop3.close();
    // The collector frees buffers of pieces a moment after it found them.
    await vi.waitFor(() => { expect(used() - before).toBeLessThan(16 * MIB); }, { timeout: 10_000 });
  }, 60_000);

  it("holds the server back while its stream is not read", async () => {
    const { options, sent } = await drop(100);
    const pop3 = await Pop3Client.connect(options);
    const reader = (await pop3.download(1)).stream.getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const held = sent();
    expect(held).toBeLessThan(30 * MIB);
    while (sent() === held) expect((await reader.read()).done).toBe(false);
    await reader.cancel();
    await pop3.close();
  }, 60_000);

  it("gives its memory back after a hundred connections", async () => {
    const server = mailServer({ mailboxes: { INBOX: ["Subject: x\n\nx\n"] } });
    const options: Pop3Options = { host: "mail.example", port: 995, security: "tls", transport: server.transport(), auth: { username: "robin", password: "secret" } };
    const round = async (): Promise<void> => {
      const pop3 = await Pop3Client.connect(options);
      await pop3.list();
      await pop3.quit();
    };
    for (let warm = 0; warm < 10; warm += 1) await round();
    const before = used();
    for (let count = 0; count < 100; count += 1) await round();
    await vi.waitFor(() => expect(used() - before).toBeLessThan(4 * MIB), { timeout: 5000, interval: 100 });
  }, 60_000);

  it("reads what its instance tells also where the memory grows by being asked", async () => {
    const module = new WasmModule(create, () => new URL("../wasm/pop3.wasm", import.meta.url));
    let grown = 0;
    const growing: Pop3Module = {
      async instance() {
        const { glue, memory } = await module.instance();
        const grow = (): void => {
          memory.grow(1);
          grown += 1;
        };
        const Pop3 = class extends glue.Pop3 {
          override records(): number {
            grow();
            return super.records();
          }
          override records_length(): number {
            grow();
            return super.records_length();
          }
          override outgoing_length(): number {
            grow();
            return super.outgoing_length();
          }
        };
        return { glue: { Pop3 }, memory };
      },
    };
    const server = mailServer({ mailboxes: { INBOX: ["Subject: x\n\nx\n"] } });
    const options: Pop3Options = { host: "mail.example", port: 995, security: "tls", transport: server.transport(), auth: { username: "robin", password: "secret" } };
    const pop3 = new Pop3Session(await Pop3Connection.open(growing, options));
    expect((await pop3.list()).map(({ uidl }) => uidl)).toEqual(["uid1"]);
    await pop3.quit();
    expect(grown).toBeGreaterThan(10);
  });

  it("ends by a trap in its instance, and no other does", async () => {
    const module = new WasmModule(create, () => new URL("../wasm/pop3.wasm", import.meta.url));
    let trapping = false;
    const trapped: Pop3Module = {
      async instance() {
        const { glue, memory } = await module.instance();
        const Pop3 = class extends glue.Pop3 {
          override poll(now: number): number {
            if (trapping) throw new WebAssembly.RuntimeError("unreachable");
            return super.poll(now);
          }
        };
        return { glue: { Pop3 }, memory };
      },
    };
    const server = mailServer({ mailboxes: { INBOX: ["Subject: x\n\nx\n"] } });
    const options: Pop3Options = { host: "mail.example", port: 995, security: "tls", transport: server.transport(), auth: { username: "robin", password: "secret" } };
    const other = await Pop3Client.connect(options);
    const pop3 = new Pop3Session(await Pop3Connection.open(trapped, options));
    trapping = true;
    const calls = [pop3.stat(), pop3.list(), pop3.quit(), pop3.messages([1]).next()];
    for (const call of calls) {
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MailError);
      expect(error).toMatchObject({ code: "internal", cause: expect.any(WebAssembly.RuntimeError) as unknown });
    }
    expect((await pop3.closed)?.code).toBe("internal");
    expect((await other.stat()).count).toBe(1);
    await other.quit();
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });
});
