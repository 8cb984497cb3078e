import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ImapClient, type MailboxEvent } from "../src/imap.js";
import { script } from "../src/testing.js";

beforeEach(() => { vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }); });
afterEach(() => { vi.useRealTimers(); });

const greeting = ["S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] hello"];
const leave = (tag: string): string[] => [`C: ${tag} LOGOUT`, "S: * BYE bye", `S: ${tag} OK done`];

/** What a watcher hears while the dialogue is played and so many seconds pass. */
async function heard(dialogue: readonly string[], seconds: number): Promise<MailboxEvent[]> {
  const transport = script([...greeting, ...dialogue]);
  const imap = await ImapClient.connect({ host: "mail.example", transport, auth: { username: "", password: "" } });
  const events: MailboxEvent[] = [];
  const watching = (async () => {
    for await (const event of imap.watch()) events.push(event);
  })();
  // In small steps: an answer comes some turns after its command, and takes no time.
  for (let passed = 0; passed < seconds * 20; passed += 1) await vi.advanceTimersByTimeAsync(50);
  const closing = imap.close();
  await vi.advanceTimersByTimeAsync(100);
  await closing;
  await watching;
  await transport.finished;
  return events;
}

const idle = (tag: string): string[] => [`C: ${tag} IDLE`, "S: + idling"];
const left = (tag: string): string[] => ["C: DONE", `S: ${tag} OK done`];
const noop = (tag: string, ...answers: readonly string[]): string[] => [`C: ${tag} NOOP`, ...answers.map((answer) => `S: ${answer}`), `S: ${tag} OK done`];
const exists = (count: number): MailboxEvent => ({ type: "exists", exists: count, before: 0 });

describe("watch", () => {
  it("asks a server that offers IDLE and tells nothing in it twice a minute", async () => {
    const dialogue = [...idle("w0"), ...left("w0"), ...noop("w1"), ...idle("w2"), ...left("w2"), ...noop("w3", "* 3 EXISTS"), ...idle("w4"), ...left("w4"), ...leave("w5")];
    expect(await heard(dialogue, 75)).toEqual([exists(3)]);
  });

  it("leaves a server alone that has told something in IDLE", async () => {
    const dialogue = [...idle("w0"), "S: * 3 EXISTS", ...left("w0"), ...leave("w1")];
    expect(await heard(dialogue, 300)).toEqual([exists(3)]);
  });

  it("does not idle again where the server ends it at once", async () => {
    const dialogue = [...idle("w0"), "S: w0 OK done", ...noop("w1", "* 3 EXISTS"), ...noop("w2", "* 4 EXISTS"), ...leave("w3")];
    expect(await heard(dialogue, 45)).toEqual([exists(3), exists(4)]);
  });
});
