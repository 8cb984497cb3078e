/** A transport as the engine in memory uses it: how its lines end. */
import { afterEach, expect, it, vi } from "vitest";
import type { Duplex, Transport } from "../src/clients/transport.js";
import { wireOf, type Line } from "../src/memory/wire.js";
import { failure } from "../src/transports/failures.js";

afterEach(() => {
  vi.useRealTimers();
});

/** Streams of which a test sees how they end. */
function streams(more: Partial<Duplex> = {}): { readonly duplex: Duplex; readonly ends: string[]; readonly server: ReadableStreamDefaultController<Uint8Array> } {
  const ends: string[] = [];
  let server: ReadableStreamDefaultController<Uint8Array> | undefined;
  const readable = new ReadableStream<Uint8Array>({ start: (controller) => void (server = controller), cancel: () => void ends.push("cancel") });
  const writable = new WritableStream<Uint8Array>({ close: () => void ends.push("close"), abort: () => void ends.push("abort") });
  if (server === undefined) throw new Error("a stream starts at once");
  return { duplex: { readable, writable, ...more }, ends, server };
}

async function lineOver(duplex: Duplex): Promise<Line> {
  const transport: Transport = { connect: () => Promise.resolve(duplex) };
  const line = wireOf(transport).line("mail.example", 995, "starttls");
  await line.opened();
  return line;
}

it("a cut has the engine's code, whoever tells of it", async () => {
  for (const cut of [failure("connection-lost", { host: "mail.example" }), new Error("ECONNRESET")]) {
    const { duplex, server } = streams();
    const line = await lineOver(duplex);
    server.error(cut);
    await expect(line.read()).rejects.toMatchObject({ code: "closed", blame: "network", retryable: true });
  }
});

it("one that was closed while TLS was made lets go of what comes of it", async () => {
  const secured = streams();
  let give: (duplex: Duplex) => void = () => undefined;
  const making = new Promise<Duplex>((resolve) => (give = resolve));
  const line = await lineOver(streams({ upgradeToTls: () => making }).duplex);
  const securing = line.secure();
  await new Promise((resolve) => setTimeout(resolve, 5));
  line.close();
  give(secured.duplex);
  await securing.catch(() => undefined);
  await vi.waitFor(() => expect(secured.ends.sort()).toEqual(["cancel", "close"]));
});

it("makes TLS as a method of the transport's own class", async () => {
  class Own implements Duplex {
    readonly readable = streams().duplex.readable;
    readonly writable = streams().duplex.writable;
    readonly #secured = { ...streams().duplex, tls: null };
    upgradeToTls(): Promise<Duplex> {
      return Promise.resolve(this.#secured);
    }
  }
  expect(await (await lineOver(new Own())).secure()).toBeNull();
});

it("does not wait for ever for a server that takes nothing more", async () => {
  const ends: string[] = [];
  const stuck = ({ signal }: WritableStreamDefaultController): Promise<void> =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    });
  const writable = new WritableStream<Uint8Array>({ write: (_, controller) => stuck(controller), abort: () => void ends.push("abort") });
  const line = await lineOver({ ...streams().duplex, writable });
  vi.useFakeTimers();
  await line.write(new Uint8Array(1));
  line.close();
  await vi.advanceTimersByTimeAsync(1_900);
  expect(ends).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(ends).toEqual(["abort"]);
});
