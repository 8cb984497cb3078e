import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Account, ErrorShape, Mailbox, MailClient, Moved } from "waypost";
import { Filing } from "./filing.svelte";

const account = { id: 1, protocol: "pop3", pop3: { removal: { whenDeleted: false } } } as unknown as Account;
const box = (id: number, name: string, role: Mailbox["role"]): Mailbox => ({ id, name, delimiter: "/", role, selectable: true, uidvalidity: 1, total: 3, unseen: 0, flagged: 0, syncedAt: null });
const folders = [box(1, "INBOX", "inbox"), box(4, "Archive", "archive"), box(6, "Trash", "trash"), box(9, "Work", null)];
const to = (ids: readonly string[], mailbox: number): readonly Moved[] => ids.map((from) => ({ from, to: `${mailbox}:${from}`, mailbox: 1 }));

let calls: string[];
let gone: Set<string>;
let left: string[];
let shown: { account: number; mailbox: number | null; problem: ErrorShape | null; folders: () => readonly Mailbox[]; left: (ids: readonly string[]) => void };
let filing: Filing;

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  gone = new Set();
  left = [];
  const noted = (name: string, ids: readonly string[], mailbox: number): Promise<readonly Moved[]> => {
    calls.push(`${name} ${ids.join(" ")} → ${mailbox}`);
    return Promise.resolve(to(ids.filter((id) => !gone.has(id)), mailbox));
  };
  const client = {
    moveMessages: (ids: readonly string[], mailbox: number) => noted("move", ids, mailbox),
    copyMessages: (ids: readonly string[], mailbox: number) => noted("copy", ids, mailbox),
    deleteMessages: (ids: readonly string[]) => noted("delete", ids, 6),
    restoreMessages: (ids: readonly string[]) => noted("restore", ids, 1),
    emptyMailbox: (_: number, mailbox: number) => {
      calls.push(`empty ${mailbox}`);
      return Promise.resolve(3);
    },
    ledger: () => Promise.resolve({ total: 0, entries: [] }),
  } as unknown as MailClient;
  shown = { account: 1, mailbox: 1, problem: null, folders: () => folders, left: (ids) => void left.push(...ids) };
  filing = new Filing(client, shown);
});

afterEach(() => {
  filing.close();
  vi.useRealTimers();
});

describe("filing", () => {
  test("archived messages leave the list and come back by their new names", async () => {
    expect(await filing.file("archive", ["a", "b"], account)).toBe(true);
    expect([filing.note?.text, left]).toEqual(["2 messages archived", ["a", "b"]]);
    await filing.undo();
    expect(calls).toEqual(["move a b → 4", "move 4:a 4:b → 1"]);
    expect([filing.note?.text, filing.note?.undo]).toEqual(["2 messages put back", null]);
  });

  test("a move is undone once, and still after its note has gone", async () => {
    await filing.file("delete", ["a"], account);
    vi.advanceTimersByTime(10_000);
    expect(filing.note).toBe(null);
    await filing.undo();
    await filing.undo();
    expect(calls).toEqual(["delete a → 6", "move 6:a → 1"]);
  });

  test("the note stays while it is looked at", async () => {
    await filing.file("delete", ["a"], account);
    filing.hold();
    vi.advanceTimersByTime(60_000);
    expect(filing.note).not.toBe(null);
    filing.letGo();
    vi.advanceTimersByTime(8000);
    expect(filing.note).toBe(null);
  });

  test("what is not there any more is not counted as put back", async () => {
    await filing.file("archive", ["a", "b"], account);
    gone.add("4:b");
    await filing.undo();
    expect(filing.note?.text).toBe("1 message put back; 1 is not there any more");
  });

  test("messages that went meanwhile are not said to be moved", async () => {
    gone.add("a");
    expect(await filing.file("archive", ["a"], account)).toBe(false);
    expect([filing.note?.text, filing.note?.undo]).toEqual(["Nothing was moved: the messages are not here any more", null]);
  });

  test("moving asks where to; a copy leaves the messages where they are", async () => {
    const moving = filing.file("move", ["a"], account);
    filing.choice?.answer({ mailbox: folders[3] as Mailbox, copy: false });
    expect(await moving).toBe(true);
    const copying = filing.file("move", ["b"], account);
    filing.choice?.answer({ mailbox: folders[3] as Mailbox, copy: true });
    expect(await copying).toBe(false);
    const stopped = filing.file("move", ["c"], account);
    filing.choice?.answer(null);
    expect(await stopped).toBe(false);
    expect([calls, left, filing.note?.text]).toEqual([["move a → 9", "copy b → 9"], ["a"], "1 message copied to Work"]);
  });

  test("deleting for good asks first, and says that they are the only copies", async () => {
    shown.mailbox = 6;
    const kept = filing.file("erase", ["a"], account);
    await vi.waitFor(() => expect(filing.question?.text).toContain("only copy"));
    filing.question?.answer(false);
    expect([await kept, calls]).toEqual([false, []]);
    const emptied = filing.empty(folders[2] as Mailbox, "Trash", account);
    await vi.waitFor(() => expect(filing.question?.title).toBe("Empty Trash?"));
    filing.question?.answer(true);
    await emptied;
    expect([calls, filing.note?.text, filing.note?.undo]).toEqual([["empty 6"], "3 messages deleted for good", null]);
  });
});
