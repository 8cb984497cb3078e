import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ImapClient, type MailboxEvent } from "waypost/imap";
import { tcp } from "waypost/node";
import { MailServer } from "./servers.js";

let dovecot: MailServer;

beforeAll(async () => {
  dovecot = await MailServer.start("dovecot", "--sample");
});
afterAll(() => dovecot.stop());

const [first, second] = [0, 1];

async function connected(user = first, security: "none" | "starttls" | "tls" = "none"): Promise<ImapClient> {
  const { name = "", password = "" } = dovecot.users[user] ?? {};
  const port = security === "tls" ? dovecot.tlsPort : dovecot.port;
  const transport = tcp({ ca: dovecot.ca, servername: "localhost" });
  return ImapClient.connect({ host: "localhost", port, security, transport, auth: { username: name, password } });
}

const text = (octets: Uint8Array | undefined): string => new TextDecoder().decode(octets);
const message = (subject: string, body = "text"): string => `From: Ada <ada@example.org>\r\nSubject: ${subject}\r\n\r\n${body}\r\n`;

describe("ImapClient and Dovecot", () => {
  it.each(["none", "starttls", "tls"] as const)("signs in with %s", async (security) => {
    await using imap = await connected(first, security);
    expect(imap.capabilities.has("IDLE")).toBe(true);
    expect(imap.tls?.version).toBe(security === "none" ? undefined : "TLSv1.3");
    expect((await imap.select("INBOX")).exists).toBeGreaterThan(0);
  });

  it("refuses a wrong password in words", async () => {
    const auth = { username: dovecot.users[0]?.name ?? "", password: "wrong" };
    const error: unknown = await ImapClient.connect({ host: "localhost", port: dovecot.port, security: "none", transport: tcp(), auth }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "auth-failed", blame: "user" });
  });

  it("reads the sample mail: envelopes, structures and bodies agree", async () => {
    await using imap = await connected();
    const { exists } = await imap.select("INBOX", { readOnly: true });
    const rows = await imap.fetch("1:*", { flags: true, envelope: true, size: true, internalDate: true, structure: true }).all();
    expect(rows).toHaveLength(exists);
    const sizes = new Map(rows.map(({ uid, size }) => [uid, size]));
    for await (const { uid, octets } of imap.bodies("1:*")) {
      expect(octets.length).toBe(sizes.get(uid));
      const row = rows.find((one) => one.uid === uid);
      expect(row?.envelope?.from[0]?.address).toContain("@");
      expect(row?.structure?.type).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
      // A leaf that the structure names can be had by that name.
      let leaf = row?.structure;
      while (leaf?.parts[0] !== undefined) leaf = leaf.parts[0];
      const part = await imap.download(uid, leaf?.part);
      expect(part.octets).toBe(leaf?.size);
      await part.stream.cancel();
    }
  });

  it("stores flags, searches, copies, moves, appends and expunges", async () => {
    await using imap = await connected(second);
    const { exists } = { ...(await imap.select("INBOX")) };
    const uids: number[] = [];
    for (const subject of ["alpha", "Blütenstaub", "gamma"]) uids.push((await imap.append("INBOX", message(subject), { flags: ["$Work"] }))?.uid ?? 0);
    expect(uids.every((uid) => uid > 0)).toBe(true);
    const [alpha = 0, greetings = 0, gamma = 0] = uids;
    await imap.noop();
    expect([...(await imap.search({ subject: "Blütenstaub" }))]).toEqual([greetings]);
    expect([...(await imap.search({ keyword: "$Work", or: [{ subject: "alpha" }, { subject: "gamma" }] }))]).toEqual([alpha, gamma]);
    await imap.addFlags([alpha, gamma], ["\\Flagged"]);
    await imap.removeFlags(gamma, ["\\Flagged", "$Work"]);
    const flags = await imap.fetch(uids, { flags: true }).all();
    expect(flags.map((row) => row.flags.filter((flag) => flag !== "\\Recent"))).toEqual([["\\Flagged", "$Work"], ["$Work"], []]);
    await imap.create("Sammlung & mehr");
    const copied = await imap.copy([alpha, gamma], "Sammlung & mehr");
    expect([...(copied?.uids.keys() ?? [])]).toEqual([alpha, gamma]);
    const moved = await imap.move(greetings, "Sammlung & mehr");
    expect(moved?.uids.get(greetings)).toBe(3);
    expect(await imap.status("Sammlung & mehr")).toMatchObject({ messages: 3 });
    await imap.addFlags(alpha, ["\\Deleted"]);
    await imap.expunge(alpha);
    expect([...(await imap.search({ uid: uids }))]).toEqual([gamma]);
    expect(imap.mailbox?.exists).toBe(exists + 1);
    await imap.delete("Sammlung & mehr");
  });

  it("appends and downloads a long message in bounded memory", async () => {
    await using imap = await connected(second);
    const octets = 24 << 20;
    const line = new TextEncoder().encode(`${"0123456789".repeat(7)}12345678\r\n`.slice(-64));
    let left = octets;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const piece = new Uint8Array(Math.min(64 * 1024, left)).map((_, index) => line[index % 64] ?? 0);
          left -= piece.length;
          controller.enqueue(piece);
          if (left === 0) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const added = await imap.append("INBOX", { octets, stream });
    await imap.select("INBOX");
    const download = await imap.download(added?.uid ?? 0);
    expect(download.octets).toBe(octets);
    let [at, wrong] = [0, 0];
    for await (const piece of download.stream) {
      for (const octet of piece) {
        if (octet !== line[at % 64]) wrong += 1;
        at += 1;
      }
    }
    expect([at, wrong]).toEqual([octets, 0]);
    await imap.addFlags(added?.uid ?? 0, ["\\Deleted"]);
    await imap.expunge();
  });

  it("watches a mailbox that another client changes, and works meanwhile", async () => {
    await using imap = await connected(second);
    await using other = await connected(second);
    const { exists } = { ...(await imap.select("INBOX")) };
    await other.select("INBOX");
    const stop = new AbortController();
    const seen: MailboxEvent["type"][] = [];
    const watching = (async () => {
      for await (const event of imap.watch(stop.signal)) {
        seen.push(event.type);
        if (event.type === "exists") {
          const [row] = await imap.fetch("*", { envelope: true }).all();
          expect(row?.envelope?.subject).toBe("news");
          await other.addFlags(row?.uid ?? 0, ["\\Flagged"]);
        } else if (event.type === "flags" && event.flags.includes("\\Flagged")) {
          await other.addFlags(event.uid ?? (await imap.search({ subject: "news" }))[0] ?? 0, ["\\Deleted"]);
          await other.expunge();
        } else if (event.type === "expunge") stop.abort();
      }
    })();
    await other.append("INBOX", message("news"));
    expect(await watching.catch((thrown: unknown) => thrown)).toBe(stop.signal.reason);
    expect(seen[0]).toBe("exists");
    expect(seen).toContain("expunge");
    expect(imap.mailbox?.exists).toBe(exists);
  });

  it("fetches what changed since a mod-sequence", async () => {
    await using imap = await connected();
    await imap.select("INBOX");
    // The first question makes Dovecot count changes of this mailbox.
    await imap.fetch("1", { modseq: true }).all();
    const { highestModSeq } = await imap.status("INBOX", ["highestModSeq"]);
    const [uid = 0] = await imap.search({});
    await imap.addFlags(uid, ["$Changed"]);
    const changed = await imap.fetch("1:*", { flags: true, modseq: true, changedSince: highestModSeq ?? 0n }).all();
    expect(changed.map((row) => row.uid)).toEqual([uid]);
    expect(changed[0]?.modseq).toBeGreaterThan(highestModSeq ?? 0n);
    await imap.removeFlags(uid, ["$Changed"]);
  });

  it("gives all rows of many messages with a loop that is slow", async () => {
    await dovecot.ask({ do: "fill", count: 3000, mailbox: "INBOX", user: dovecot.users[second]?.name });
    await using imap = await connected(second);
    const { exists } = await imap.select("INBOX", { readOnly: true });
    let count = 0;
    for await (const { uids } of imap.fetch("1:*", { envelope: true, flags: true }).columns()) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      count += uids.length;
    }
    expect(count).toBe(exists);
    const headers = await imap.fetchOne(1, { headers: ["Subject", "From"] });
    if (headers !== null) expect(text(headers.headers ?? undefined)).toMatch(/^(Subject|From): /i);
  });
});
