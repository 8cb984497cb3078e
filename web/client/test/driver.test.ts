import { afterEach, describe, expect, it, vi } from "vitest";
import { Driver, type Machine, type Owner, PIECE } from "../src/clients/driver.js";
import * as Wish from "../src/clients/wishes.js";
import { lend, type Hearer, type LendingDuplex } from "../src/clients/lending.js";
import type { Duplex } from "../src/clients/transport.js";
import { turn } from "../src/clients/turn.js";
import { MailError } from "../src/errors.js";

/** A machine that does what the test says. */
class Fake implements Machine {
  readonly memory = new WebAssembly.Memory({ initial: 16 });
  readonly calls: string[] = [];
  /** What `poll` answers next; nothing where it is empty. */
  readonly polls: { wishes: number; send?: string }[] = [];
  readonly received: number[] = [];
  wakeAt = -1;
  #length = 0;

  room(): number {
    return 1024;
  }
  receive(_now: number, octets: number): void {
    this.received.push(octets);
    this.calls.push(`receive ${new TextDecoder().decode(new Uint8Array(this.memory.buffer, 1024, Math.min(octets, 20)))}`);
    if (this.calls.at(-1) === "receive trap") throw new WebAssembly.RuntimeError("unreachable");
  }
  secured(): void {
    this.calls.push("secured");
  }
  ended(): void {
    this.calls.push("ended");
  }
  tick(): void {
    this.calls.push("tick");
    this.wakeAt = -1;
  }
  poll(): number {
    const { wishes, send } = this.polls.shift() ?? { wishes: 0 };
    const octets = new TextEncoder().encode(send);
    new Uint8Array(this.memory.buffer).set(octets, 0);
    this.#length = octets.length;
    return wishes;
  }
  outgoing(): number {
    return 0;
  }
  outgoing_length(): number {
    return this.#length;
  }
  wake(): number {
    return this.wakeAt;
  }
}

/** A transport whose other end is in the test's hands. */
class Line {
  readonly sent: string[] = [];
  server!: ReadableStreamDefaultController<Uint8Array>;
  aborted = false;
  closed = false;
  /** Writes wait for it. */
  gate: Promise<void> = Promise.resolve();
  readonly duplex: Duplex;

  constructor(more: Partial<Duplex> = {}) {
    const readable = new ReadableStream<Uint8Array>({ start: (controller) => { this.server = controller; } }, { highWaterMark: 0 });
    const writable = new WritableStream<Uint8Array>({
      write: async (octets) => {
        await this.gate;
        this.sent.push(new TextDecoder().decode(octets));
      },
      close: () => { this.closed = true; },
      abort: () => { this.aborted = true; },
    });
    this.duplex = { readable, writable, ...more };
  }

  says(text: string): void {
    this.server.enqueue(new TextEncoder().encode(text));
  }
}

class Holder implements Owner {
  more = true;
  heard = 0;
  ended: (MailError | undefined)[] = [];
  events(): void {
    this.heard += 1;
  }
  wantsMore(): boolean {
    return this.more;
  }
  closed(error: MailError | undefined): void {
    this.ended.push(error);
  }
}

const soon = (milliseconds = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries += 1) {
    if (tries > 500) throw new Error("it did not come to be");
    await soon(10);
  }
}

function started(line: Line, fake = new Fake()): { fake: Fake; owner: Holder; driver: Driver } {
  const owner = new Holder();
  const driver = new Driver(fake, fake.memory, line.duplex, owner);
  driver.start();
  return { fake, owner, driver };
}

/** A driver over a transport that lends its octets. */
function lent() {
  let hearer: Hearer | undefined;
  let resumed = 0;
  const duplex: LendingDuplex = { ...new Line().duplex, [lend]: (one) => ((hearer = one), { resume: () => (resumed += 1), stop: () => undefined }) };
  const fake = new Fake();
  const owner = new Holder();
  const driver = new Driver(fake, fake.memory, duplex, owner);
  driver.start();
  if (hearer === undefined) throw new Error("nobody hears");
  const found = hearer;
  return { fake, owner, driver, hearer: found, resumed: () => resumed };
}

/** A clock that stands, at a moment when others just had their turn. */
async function standing() {
  const clock = vi.spyOn(performance, "now").mockReturnValue(1e6);
  await turned();
  return clock;
}

afterEach(async () => {
  vi.restoreAllMocks();
  await turned();
});

/** After all who wait for the next turn: whoever asked first comes last. */
const turned = async (): Promise<void> => {
  await turn();
  await turn();
};

describe("the pump", () => {
  it("sends commands that are given together as one, hands in what comes, and tells of events", async () => {
    const line = new Line();
    const { fake, owner, driver } = started(line);
    await soon();
    fake.polls.push({ wishes: Wish.send, send: "a1 NOOP" });
    driver.act(() => 1);
    driver.act(() => 2);
    await until(() => line.sent.length > 0);
    expect(line.sent).toEqual(["a1 NOOP"]);
    fake.polls.push({ wishes: Wish.events });
    line.says("* OK");
    await until(() => owner.heard > 0);
    expect(fake.calls).toEqual(["receive * OK"]);
  });

  it("holds the server back while its owner wants no more", async () => {
    const line = new Line();
    const { fake, owner, driver } = started(line);
    line.says("one");
    await until(() => fake.calls.length === 1);
    owner.more = false;
    line.says("two");
    line.says("three");
    await until(() => fake.calls.length === 2);
    await soon(50);
    expect(fake.calls).toEqual(["receive one", "receive two"]);
    owner.more = true;
    driver.resume();
    await until(() => fake.calls.length === 3);
  });

  it("takes loans, and asks for no more than its owner wants", async () => {
    const clock = await standing();
    const { hearer, fake, owner, driver, resumed } = lent();
    const octets = new Uint8Array(PIECE * 2 + 5);
    expect(hearer.hear(octets)).toBe(true);
    expect(fake.received).toEqual([PIECE, PIECE, 5]);
    owner.more = false;
    clock.mockReturnValue(1e6 + 100);
    expect(hearer.hear(new Uint8Array(3))).toBe(false);
    await turned();
    expect(resumed()).toBe(0);
    driver.resume();
    expect(resumed()).toBe(1);
    hearer.end();
    expect(fake.calls.at(-1)).toBe("ended");
  });

  it("takes the next loan after others had their turn, once it has kept the thread for four milliseconds", async () => {
    const clock = await standing();
    const { hearer, fake, driver, resumed } = lent();
    clock.mockReturnValue(1e6 + 3.9);
    expect(hearer.hear(new Uint8Array(3))).toBe(true);
    clock.mockReturnValue(1e6 + 4);
    expect(hearer.hear(new Uint8Array(3))).toBe(false);
    expect(fake.received, "what was lent is dealt with").toEqual([3, 3]);
    expect(resumed()).toBe(0);
    await turned();
    expect(resumed()).toBe(1);
    expect(hearer.hear(new Uint8Array(3)), "their turn was now").toBe(true);

    clock.mockReturnValue(1e6 + 8);
    expect(hearer.hear(new Uint8Array(3))).toBe(false);
    driver.abort();
    await turned();
    expect(resumed(), "one that has ended asks for nothing").toBe(1);
  });

  it("has its owner read later what is told while octets go past the machine, and at once before what ends a connection", async () => {
    let hearer: Hearer | undefined;
    const line = new Line();
    const duplex: LendingDuplex = { ...line.duplex, [lend]: (one) => ((hearer = one), { resume: () => undefined, stop: () => undefined }) };
    const fake = new Fake();
    // Three octets go through the machine, the others go past it.
    const owner = Object.assign(new Holder(), { divert: (octets: Uint8Array) => (octets.length % 100 === 0 ? 3 : -octets.length) });
    new Driver(fake, fake.memory, duplex, owner).start();
    await soon();
    const hear = (octets: number, wishes: number): number => {
      fake.polls.push({ wishes });
      hearer?.hear(new Uint8Array(octets));
      return owner.heard;
    };
    expect(hear(100, Wish.events)).toBe(0);
    fake.polls.push({ wishes: Wish.events });
    await until(() => owner.heard === 1);
    expect(hear(1_000_000, Wish.events)).toBe(1);
    expect(hear(100, Wish.events)).toBe(2);
    expect(hear(100, Wish.events)).toBe(2);
    expect(hear(100, Wish.events | Wish.close)).toBe(3);
    expect(fake.received).toEqual([3, 3, 3, 3, 3]);
  });

  it("lets others have their turn within a long piece of work", async () => {
    const line = new Line();
    const fake = new Fake();
    fake.receive = (_now, octets) => {
      fake.received.push(octets);
      const from = performance.now();
      while (performance.now() - from < 3) continue;
    };
    started(line, fake);
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    line.server.enqueue(new Uint8Array(PIECE * 12));
    await until(() => fake.received.length === 12);
    clearInterval(count);
    expect(turns).toBeGreaterThan(2);
  });

  it("makes TLS after what was sent, and goes on with what comes of it", async () => {
    const secured = new Line();
    const order: string[] = [];
    const line = new Line({
      upgradeToTls: () => {
        order.push(...line.sent, "tls");
        return Promise.resolve(secured.duplex);
      },
    });
    const { fake } = started(line);
    await soon();
    fake.polls.push({ wishes: Wish.send | Wish.secure, send: "STARTTLS" });
    line.says("ok");
    await until(() => fake.calls.includes("secured"));
    expect(order).toEqual(["STARTTLS", "tls"]);
    secured.says("under TLS");
    await until(() => fake.calls.at(-1) === "receive under TLS");
    fake.polls.push({ wishes: Wish.send, send: "LOGIN" });
    secured.says("x");
    await until(() => secured.sent.length > 0);
    expect(secured.sent).toEqual(["LOGIN"]);
  });

  it("says so where a transport can't make TLS", async () => {
    const line = new Line();
    const { fake, owner } = started(line);
    fake.polls.push({ wishes: Wish.secure });
    line.says("ok");
    await until(() => owner.ended.length > 0);
    expect(owner.ended[0]?.code).toBe("unsupported");
    expect(line.aborted).toBe(true);
  });

  it("ticks when the time has come, and after what was sent where it is due at once", async () => {
    const line = new Line();
    const { fake, driver } = started(line);
    fake.wakeAt = performance.now() + 30;
    driver.ask();
    await until(() => fake.calls.includes("tick"));
    fake.calls.length = 0;
    let open: () => void = () => undefined;
    line.gate = new Promise((resolve) => { open = resolve; });
    fake.polls.push({ wishes: Wish.send, send: "part" });
    fake.wakeAt = performance.now();
    driver.ask();
    await soon(60);
    expect(fake.calls).toEqual([]);
    open();
    await until(() => fake.calls.includes("tick"));
    expect(line.sent).toEqual(["part"]);
  });

  it("closes after what was sent", async () => {
    const line = new Line();
    const { fake, owner } = started(line);
    fake.polls.push({ wishes: Wish.send | Wish.close, send: "LOGOUT" });
    line.says("bye");
    await until(() => owner.ended.length > 0);
    expect([line.sent, line.closed, owner.ended]).toEqual([["LOGOUT"], true, [undefined]]);
  });

  it("lets go of a connection that is given up while TLS is made", async () => {
    const line = new Line({ upgradeToTls: () => new Promise(() => undefined) });
    const { fake, driver } = started(line);
    fake.polls.push({ wishes: Wish.secure });
    driver.ask();
    await soon();
    driver.abort();
    await until(() => line.aborted);
  });

  it("makes a trap an error that ends the connection, and calls the machine no more", async () => {
    const line = new Line();
    const { fake, owner, driver } = started(line);
    line.says("trap");
    await until(() => owner.ended.length > 0);
    expect(owner.ended[0]?.code).toBe("internal");
    expect(owner.ended[0]?.cause).toBeInstanceOf(WebAssembly.RuntimeError);
    expect(line.aborted).toBe(true);
    expect(() => driver.act(() => 1)).toThrow(MailError);
    driver.abort();
    expect(owner.ended).toHaveLength(1);
    expect(fake.calls).toEqual(["receive trap"]);
  });

  it("tells the machine of a broken line, and its owner why", async () => {
    const line = new Line();
    const { fake, owner, driver } = started(line);
    fake.polls.push({ wishes: 0 });
    await soon();
    line.server.error(new Error("cable"));
    await until(() => fake.calls.includes("ended"));
    expect(driver.failure).toMatchObject({ code: "connection-lost", cause: new Error("cable") });
    driver.abort();
    expect(owner.ended[0]?.code).toBe("connection-lost");
  });
});
