import { describe, expect, test } from "vitest";
import type { Mailbox } from "waypost";
import { firstFolder, folderLines } from "./folders";

let id = 0;
const box = (name: string, role: Mailbox["role"] = null, other: Partial<Mailbox> = {}): Mailbox => ({
  id: (id += 1),
  name,
  delimiter: "/",
  role,
  selectable: true,
  uidvalidity: 1,
  total: 0,
  flagged: 0,
  unseen: 0,
  syncedAt: null,
  ...other,
});

describe("folders", () => {
  test("the inbox comes first, junk and trash last, a child after its parent", () => {
    const lines = folderLines([box("Work-old"), box("Trash", "trash"), box("Work/Clients"), box("Work"), box("INBOX"), box("Junk", "junk"), box("Sent", "sent"), box("Apples")], "imap");
    expect(lines.map(({ label, depth }) => `${"-".repeat(depth)}${label}`)).toEqual(["Inbox", "Sent", "Apples", "Work", "-Clients", "Work-old", "Junk", "Trash"]);
  });

  test("folders below the inbox stand beside it; a missing parent is written out", () => {
    const dots = { delimiter: "." };
    const lines = folderLines([box("INBOX", "inbox", dots), box("INBOX.Lists", null, dots), box("INBOX.Lists.Rust", null, dots), box("Gone.Kept", null, dots)], "imap");
    expect(lines.map(({ label, depth }) => `${"-".repeat(depth)}${label}`)).toEqual(["Inbox", "Gone / Kept", "Lists", "-Rust"]);
  });

  test("drafts count all, others the unread, and only mail that waits is loud", () => {
    const lines = folderLines([box("INBOX", "inbox", { unseen: 12 }), box("Drafts", "drafts", { total: 3 }), box("Junk", "junk", { unseen: 31 })], "imap");
    expect(lines.map(({ name, loud }) => [name, loud])).toEqual([["Inbox, 12 unread", true], ["Drafts, 3", false], ["Junk, 31 unread", false]]);
  });

  test("the first folder is the first that can be opened", () => {
    const lines = folderLines([box("A", null, { selectable: false }), box("B")], "imap");
    expect(firstFolder(lines)?.name).toBe("B");
    expect(firstFolder([])).toBeUndefined();
  });

  test("a POP3 inbox is a bag", () => {
    expect(folderLines([box("INBOX", "inbox")], "pop3")[0]?.icon).toBe("bag");
  });
});
