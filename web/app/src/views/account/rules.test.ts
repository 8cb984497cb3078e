import { describe, expect, test } from "vitest";
import type { Mailbox, Rule } from "waypost";
import { movedRule, newRule, ruleFormOf, ruleOf, ruleProblems, ruleWords } from "./rules";

const box = (id: number, name: string, role: Mailbox["role"] = null): Mailbox => ({ id, name, delimiter: "/", role, selectable: true, uidvalidity: 1, total: 0, unseen: 0, flagged: 0, syncedAt: null });
const folders = [box(1, "INBOX", "inbox"), box(10, "Work/Harbour")];
const rule: Rule = {
  name: "Harbour",
  conditions: [
    { kind: "from", value: "robin@" },
    { kind: "larger", value: 1_572_864 },
  ],
  actions: [
    { kind: "flag", value: "\\Flagged" },
    { kind: "flag", value: "$Work" },
    { kind: "move", value: 10 },
  ],
  last: true,
};

describe("rules", () => {
  test("form and rule are inverses, with flags that the form does not show", () => {
    const bin: Rule = { name: "", conditions: [{ kind: "listId", value: "x" }], actions: [{ kind: "flag", value: "\\Seen" }, { kind: "delete" }], last: false };
    for (const one of [rule, bin]) expect(ruleOf(ruleFormOf(one))).toEqual(one);
  });

  test("a rule is said in one sentence, also where its folder is gone", () => {
    expect(ruleWords(rule, folders, "en")).toBe("If the sender contains “robin@” and it is larger than 1.5 MiB: star it, set the flag $Work, and move it to Work/Harbour. Later rules are passed over.");
    expect(ruleWords({ ...rule, conditions: [], actions: [{ kind: "move", value: 99 }], last: false }, folders, "en")).toBe("Every message: leave it in the inbox, because the folder of this rule is gone.");
  });

  test("what can't be meant is said at its field", () => {
    expect(ruleProblems(newRule, folders).map(({ field }) => field)).toEqual([0, "target"]);
    const written = { ...newRule, lines: [{ kind: "from", text: "a" }, { kind: "larger", text: "0" }] as const, target: 99 };
    expect(ruleProblems(written, folders)).toEqual([
      { field: 1, text: "Write a number of MiB, at most 4096." },
      { field: "target", text: "The folder of this rule is gone. Choose another." },
    ]);
    expect(ruleProblems({ ...written, lines: [{ kind: "larger", text: "1,5" }], goes: "stays" }, folders).map(({ field }) => field)).toEqual(["goes"]);
    expect(ruleProblems({ ...newRule, lines: [], goes: "stays", read: true }, folders)).toEqual([]);
  });

  test("numbers are taken with a comma too", () => {
    expect(ruleOf({ ...newRule, lines: [{ kind: "larger", text: " 1,5 " }] }).conditions).toEqual([{ kind: "larger", value: 1_572_864 }]);
  });

  test("a rule goes up and down", () => {
    const [a, b, c] = ["a", "b", "c"].map((name): Rule => ({ ...rule, name }));
    const all = [a, b, c] as readonly Rule[];
    const names = (rules: readonly Rule[]): string => rules.map(({ name }) => name).join("");
    expect([names(movedRule(all, 0, 1)), names(movedRule(all, 2, -1)), names(movedRule(all, 9, 1))]).toEqual(["bac", "acb", "abc"]);
  });
});
