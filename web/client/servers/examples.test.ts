import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ImapClient } from "waypost/imap";
import { tcp } from "waypost/node";
import type { Show, Site } from "../examples/site.js";
import { Gateway, MailServer } from "./servers.js";

let dovecot: MailServer;
let gateway: Gateway;
let site: Site;

/** The gateway takes tunnels from pages only: Node says no origin by itself. */
class PageSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, { protocols, headers: { origin: new URL(url).origin.replace("ws", "http") } } as never);
  }
}

beforeAll(async () => {
  globalThis.WebSocket = PageSocket;
  dovecot = await MailServer.start("dovecot", "--sample");
  gateway = await Gateway.start([dovecot.port, dovecot.pop3Port]);
  const { name: username = "", password = "" } = dovecot.users[0] ?? {};
  const target = (port: number): Site["imap"] => ({ host: "127.0.0.1", port, security: "none" });
  site = { gateway: gateway.url, imap: target(dovecot.port), pop3: target(dovecot.pop3Port), username, password };
});
afterAll(async () => {
  await gateway.stop();
  await dovecot.stop();
});

type Example = (site: Site, show: Show, signal?: AbortSignal) => Promise<void>;

async function exampleOf(name: string): Promise<Example> {
  const { example } = (await import(`../examples/${name}.ts`)) as { example: Example };
  return example;
}

async function shown(name: string): Promise<string[]> {
  const example = await exampleOf(name);
  const lines: string[] = [];
  await example(site, (line) => lines.push(line), AbortSignal.timeout(40_000));
  return lines;
}

describe("the examples of the IMAP client, against Dovecot through the gateway", () => {
  it("search", async () => {
    const [count, ...lines] = await shown("search");
    expect(count).toBe(`${String(lines.length)} messages`);
  });

  it("move-undo", async () => {
    const [moved, undone] = await shown("move-undo");
    expect(moved).toMatch(/^Moved: it is \d+ in Archive\.$/);
    expect(undone).toMatch(/^Undone: it is \d+ in INBOX\.$/);
  });

  it("folders", async () => {
    const lines = await shown("folders");
    expect(lines.find((line) => line.startsWith("INBOX"))).toMatch(/^INBOX \(inbox\): \d+ of \d+ unread$/);
    expect(lines.at(-1)).toBe("Reisen & Pläne");
  });

  it("append-draft", async () => {
    expect((await shown("append-draft")).join()).toMatch(/^It is number \d+ in Drafts\.$/);
  });

  it("new-mail", async () => {
    const example = await exampleOf("new-mail");
    const stop = new AbortController();
    const lines: string[] = [];
    const running = example(
      site,
      (line) => {
        lines.push(line);
        if (lines.length === 1) void deliver();
        if (lines.length === 2) stop.abort();
      },
      stop.signal,
    );
    await running;
    expect(lines).toEqual(["Waiting for mail.", "ada@example.org: Saturday"]);
  });
});

async function deliver(): Promise<void> {
  const { username, password } = site;
  await using imap = await ImapClient.connect({ ...site.imap, transport: tcp(), auth: { username, password } });
  await imap.append("INBOX", "From: ada@example.org\nSubject: Saturday\n\nShall we?\n");
}
