import { describe, expect, test } from "vitest";
import { deedsIn, lastCopyWords } from "./deeds";

describe("what can be done with messages", () => {
  test("for IMAP nothing is offered that would be refused", () => {
    expect(deedsIn({ role: "inbox" }, "imap")).toEqual([]);
  });

  test("what makes no sense in a folder is not offered there", () => {
    expect(deedsIn({ role: "inbox" }, "pop3")).toEqual(["archive", "delete", "junk", "move"]);
    expect(deedsIn({ role: "archive" }, "pop3")).not.toContain("archive");
    expect(deedsIn({ role: "junk" }, "pop3")).not.toContain("junk");
    expect(deedsIn({ role: "trash" }, "pop3")).toEqual(["restore", "erase", "move"]);
    expect(deedsIn({ role: null }, "pop3")).not.toContain("restore");
  });

  test("deleting for good says how many, and whether they are the only copies", () => {
    expect(lastCopyWords(1, 0, false)).toBe("One message goes from this device and can't be brought back. It is the only copy: the server has none of what is here.");
    expect(lastCopyWords(12, 0, true)).toContain("12 messages go from this device and can't be brought back. They are the only copies");
    expect(lastCopyWords(2, 5, false)).toContain("the server still has 5 messages; that stays there. The rest is the only copy.");
    expect(lastCopyWords(2, 1, true)).toContain("the server still has 1 message; what is deleted here is deleted there too.");
  });
});
