import { describe, expect, test } from "vitest";
import type { Mailbox, Rule } from "waypost";
import { folderLines } from "./folders";
import { deletionWords, ownName, parentOf, placesFor } from "./own-folders";

const box = (id: number, name: string, role: Mailbox["role"] = null, total = 0): Mailbox => ({ id, name, delimiter: "/", role, selectable: true, uidvalidity: 1, total, unseen: 0, flagged: 0, syncedAt: null });
const all = [box(1, "INBOX", "inbox", 4), box(6, "Trash", "trash"), box(10, "Work", null, 2), box(11, "Work/Harbour", null, 1), box(12, "Work/Harbour/Lights"), box(13, "Workshop")] as const;
const [, , work, harbour, lights, workshop] = all;
const moving = (value: number): Rule => ({ name: "", conditions: [], actions: [{ kind: "move", value }], last: false });

describe("own folders", () => {
  test("a name is the last part of a path, and the rest is its place", () => {
    expect([ownName(lights), parentOf(lights, all)?.id, parentOf(work, all)]).toEqual(["Lights", 11, null]);
  });

  test("a folder is offered no place within itself, and none below what every account has", () => {
    const places = (folder: Mailbox | null): readonly number[] => placesFor(folder, folderLines(all, "pop3")).map(({ mailbox }) => mailbox.id);
    expect(places(null)).toEqual([10, 11, 12, 13]);
    expect(places(work)).toEqual([13]);
    expect(places(harbour)).toEqual([10, 13]);
  });

  test("deleting says what becomes of messages, inner folders and rules", () => {
    expect(deletionWords(workshop, all, [])).toBe("it has no messages.");
    expect(deletionWords(harbour, all, [moving(13)])).toBe("the folder in it goes too. 1 message goes to the trash.");
    expect(deletionWords(work, all, [moving(12), moving(13)])).toBe("the 2 folders in it go too. 3 messages go to the trash. One rule moves mail here; that mail will stay in the inbox. A rule that does nothing else goes.");
  });
});
