/** Long sections go past the machine in wasm: however the octets are cut, what comes of them is the same. */
import { describe, expect, it } from "vitest";
import { lend, type Hearer, type LendingDuplex } from "../src/clients/lending.js";
import { ImapClient, type ImapOptions, type Transport } from "../src/imap.js";

const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A body in which each octet tells where it stands and whose it is. */
const body = (size: number, of: number): Uint8Array => Uint8Array.from({ length: size }, (_, at) => ((at * 7 + of * 31) % 64) + 48);

/** A server that answers FETCH with the same rows each time, in pieces. It lends them in memory that it uses again, unless it gives them. */
class Server {
  readonly transport: Transport;
  /** Where the answer to the next FETCH is cut. */
  cuts: readonly number[] = [];
  /** After how many octets of it the connection ends. */
  endsAt = Infinity;
  /** How many octets of it are sent before the client has said something else. */
  waitsAt = Infinity;
  gives = false;
  #hearer: Hearer | undefined;
  #memory = new Uint8Array(0);
  #late = new Uint8Array(0);
  #tag = "";

  constructor(readonly rows: Uint8Array) {
    const duplex = (): LendingDuplex => ({
      [lend]: (hearer) => {
        this.#hearer = hearer;
        queueMicrotask(() => { this.#say(octetsOf("* OK [CAPABILITY IMAP4rev1] hello\r\n")); });
        return { resume: () => undefined, stop: () => { this.#hearer = undefined; } };
      },
      readable: new ReadableStream(),
      writable: new WritableStream({ write: (line) => void setImmediate(() => { this.#answer(new TextDecoder().decode(line)); }) }),
    });
    this.transport = { connect: () => Promise.resolve(duplex()) };
  }

  #answer(line: string): void {
    const late = this.#late;
    this.#late = new Uint8Array(0);
    if (late.length > 0) this.#send(late, octetsOf(`${this.#tag} OK done\r\n`));
    const [tag = "", ...words] = line.trim().split(" ");
    this.#tag = tag;
    if (words[1] !== "FETCH") this.#say(octetsOf(`${words[0] === "SELECT" ? "* 9 EXISTS\r\n" : ""}${tag} OK done\r\n`));
    else if (this.waitsAt < Infinity) {
      this.#late = this.rows.slice(this.waitsAt);
      this.#send(this.rows.subarray(0, this.waitsAt), new Uint8Array(0));
    } else this.#send(this.rows.subarray(0, this.endsAt), octetsOf(`${tag} OK done\r\n`));
  }

  #send(rows: Uint8Array, end: Uint8Array): void {
    let from = 0;
    for (const cut of [...this.cuts, rows.length].filter((cut) => cut <= rows.length)) {
      if (cut > from) this.#say(rows.subarray(from, cut));
      from = Math.max(from, cut);
    }
    if (this.endsAt < Infinity) this.#hearer?.end(new Error("cut"));
    else if (end.length > 0) this.#say(end);
  }

  #say(octets: Uint8Array): void {
    if (this.gives) {
      this.#hearer?.hear(octets.slice(), true);
      return;
    }
    if (this.#memory.length < octets.length) this.#memory = new Uint8Array(octets.length);
    this.#memory.set(octets);
    this.#hearer?.hear(this.#memory.subarray(0, octets.length));
    this.#memory.fill(0xee);
  }

  async opened(): Promise<ImapClient> {
    const options: ImapOptions = { host: "mail.example", transport: this.transport, auth: { username: "robin", password: "secret" } };
    const imap = await ImapClient.connect(options);
    await imap.select("INBOX");
    return imap;
  }
}

interface Row {
  readonly sections: readonly { readonly name: string; readonly octets: Uint8Array; readonly mark?: string }[];
  readonly news?: string;
}

/** The rows as octets, and the places in them where something begins or ends. */
function written(rows: readonly Row[]): { readonly octets: Uint8Array; readonly edges: readonly number[] } {
  const parts: Uint8Array[] = [];
  const edges: number[] = [];
  let at = 0;
  const put = (octets: Uint8Array): void => {
    parts.push(octets);
    at += octets.length;
    edges.push(at);
  };
  rows.forEach(({ sections, news = "" }, index) => {
    const uid = String(index + 1);
    put(octetsOf(`${news}* ${uid} FETCH (${index % 2 === 0 ? `UID ${uid} ` : ""}`));
    for (const { name, octets, mark = "" } of sections) {
      put(octetsOf(`${name} ${mark}{${String(octets.length)}}\r\n`));
      put(octets);
      put(octetsOf(" "));
    }
    put(octetsOf(`${index % 2 === 0 ? "" : `UID ${uid} `}FLAGS (\\Seen))\r\n`));
  });
  const octets = new Uint8Array(at);
  at = 0;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  return { octets, edges };
}

const whole = (octets: Uint8Array, mark = ""): Row => ({ sections: [{ name: "BODY[]", octets, mark }] });

const ROWS: readonly Row[] = [
  whole(body(5000, 0)),
  { ...whole(body(4097, 1)), news: "* 12 EXISTS\r\n* 3 FETCH (FLAGS ())\r\n" },
  whole(body(4096, 2)),
  whole(new Uint8Array()),
  whole(octetsOf("an end}\r\nthat is none {5000}\r\n)".padEnd(4200, "}\r\n"))),
  whole(body(4500, 5), "~"),
  { ...whole(body(9000, 6)), news: "* OK a body of {7000}\r\n* OK and another {8000} of them\r\n" },
];

/** Near every edge, and in the middle of what is between. */
function cutsOf(edges: readonly number[], length: number): number[] {
  const cuts = new Set<number>();
  for (const edge of edges) for (let near = -4; near <= 4; near += 1) cuts.add(edge + near);
  edges.forEach((edge, index) => cuts.add((edge + (edges[index - 1] ?? 0)) >> 1));
  return [...cuts].filter((cut) => cut >= 0 && cut <= length).sort((one, other) => one - other);
}

/** As text, which is compared in no time. */
async function bodiesOf(imap: ImapClient): Promise<[number, string][]> {
  const all: [number, string][] = [];
  for await (const { uid, octets } of imap.bodies("1:*")) all.push([uid, new TextDecoder().decode(octets)]);
  return all;
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

describe("bodies", { timeout: 20_000 }, () => {
  const { octets, edges } = written(ROWS);
  const expected = ROWS.map(({ sections: [only] }, index) => [index + 1, new TextDecoder().decode(only?.octets)]);

  it("come whole, and with their rows, wherever the octets are cut", async () => {
    const server = new Server(octets);
    const imap = await server.opened();
    const cuts = cutsOf(edges, octets.length);
    for (const cut of cuts) {
      server.cuts = [cut, cut + 1, cut + 3];
      expect(await bodiesOf(imap), `cut at ${String(cut)}`).toEqual(expected);
    }
    for (const size of [1, 7, 100, 4096, 6000]) {
      server.cuts = Array.from({ length: Math.floor(octets.length / size) }, (_, index) => (index + 1) * size);
      expect(await bodiesOf(imap), `in pieces of ${String(size)}`).toEqual(expected);
    }
    await imap.close();
  });

  it("stream in memory of their reader, wherever the octets are cut", async () => {
    const section = body(50_000, 1);
    const { octets, edges } = written([whole(section)]);
    const server = new Server(octets);
    const imap = await server.opened();
    const views: boolean[] = [];
    for (const cut of [...cutsOf(edges, octets.length), 20_000]) {
      server.cuts = [cut, cut + 5000, cut + 5001];
      server.gives = cut % 2 === 0;
      const { octets: size, stream } = await imap.download(1);
      const pieces: Uint8Array[] = [];
      for await (const piece of stream) pieces.push(piece);
      expect(size).toBe(section.length);
      expect(Buffer.concat(pieces).equals(section), `cut at ${String(cut)}`).toBe(true);
      // A piece that was given and is the most of its memory is handed on as it is; no other pins memory.
      for (const piece of pieces) {
        if (!server.gives) expect(piece.buffer.byteLength).toBe(piece.length);
        expect(piece.length * 2).toBeGreaterThan(piece.buffer.byteLength);
        views.push(piece.length < piece.buffer.byteLength);
      }
    }
    expect(views).toContain(true);
    await imap.close();
  });

  it("belong to the row that they came with, several to a row", async () => {
    const sections = (of: number, sizes: readonly number[]): Row => ({ sections: sizes.map((size, index) => ({ name: `BODY[${String(index + 1)}]`, octets: body(size, of + index) })) });
    const rows = [sections(0, [5000, 6000, 10]), sections(4, [20, 7000]), sections(8, [4100])];
    const { octets } = written(rows);
    const server = new Server(octets);
    const imap = await server.opened();
    for (const size of [1, 900, 5100, octets.length]) {
      server.cuts = Array.from({ length: Math.floor(octets.length / size) }, (_, index) => (index + 1) * size);
      const all = await imap.fetch("1:*", { sections: ["1", "2", "3"] }).all();
      expect(all.map((row) => ["1", "2", "3"].map((name) => row.section(name)))).toEqual(rows.map(({ sections }) => [0, 1, 2].map((index) => sections[index]?.octets ?? null)));
    }
    await imap.close();
  });

  it("come up to the one that the connection was lost in", async () => {
    for (const [index, edge] of edges.entries()) {
      if (index % 5 !== 2) continue;
      const server = new Server(octets);
      const imap = await server.opened();
      server.endsAt = edge - 1;
      server.cuts = [edge - 2000];
      const seen: number[] = [];
      const reading = (async () => {
        for await (const { uid } of imap.bodies("1:*")) seen.push(uid);
      })();
      expect(await codeOf(reading)).toBe("connection-lost");
      expect(seen).toEqual(expected.slice(0, (index - 2) / 5).map(([uid]) => uid));
    }
  });

  it("that are given up go by, and those of the next command are whole", async () => {
    const server = new Server(octets);
    const imap = await server.opened();
    for (const edge of edges.slice(0, 12)) {
      for (const waitsAt of [edge - 1, edge, edge + 1]) {
        const controller = new AbortController();
        server.waitsAt = waitsAt;
        const reading = (async () => {
          for await (const { octets } of imap.bodies("1:*", controller.signal)) expect(octets.length).toBeGreaterThanOrEqual(0);
        })();
        await new Promise((resolve) => setTimeout(resolve, 2));
        controller.abort(new Error("enough"));
        await expect(reading).rejects.toThrow("enough");
        server.waitsAt = Infinity;
        await imap.noop();
        expect(await bodiesOf(imap), `given up at ${String(waitsAt)}`).toEqual(expected);
      }
    }
    await imap.close();
  });
});
