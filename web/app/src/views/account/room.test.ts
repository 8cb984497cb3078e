import { expect, test } from "vitest";
import { budgetChoices, permanentWords, quotaText, reportLines, roomLines, tallyWords } from "./room";

const usage = { account: 1, onlyCopy: { count: 3, octets: 3_000_000 }, cache: { count: 1, octets: 1_000_000 }, rows: { count: 4, octets: 0 } };

test("each kind has its count, its size and its share", () => {
  expect(roomLines(usage, "en").map(({ text, share }) => [text, share])).toEqual([
    ["3 · 3 MB", 75],
    ["1 · 1 MB", 25],
    ["4 · 0 bytes", 0],
  ]);
});

test("an account without anything stored has no shares", () => {
  const nothing = { count: 0, octets: 0 };
  expect(roomLines({ account: 1, onlyCopy: nothing, cache: nothing, rows: nothing }, "en").map(({ share }) => share)).toEqual([0, 0, 0]);
});

test("all that is stored is said with what the browser allows", () => {
  expect(quotaText({ usage: 84_200_000, quota: 6_240_000_000 }, "en")).toBe("84 MB of 6.2 GB");
});

test("a browser that does not say is not taken for one that promises", () => {
  expect(permanentWords(null)).toContain("does not say");
  expect(permanentWords(false)).toContain("not permanent");
});

test("a report without problems says so", () => {
  expect(reportLines({ checked: 1, problems: [], more: 0 })).toEqual(["1 record checked. Everything is as it should be."]);
});

test("problems are summed by kind, and what was not repaired is said", () => {
  const problem = (kind: "content-damaged" | "count-wrong", repaired: boolean) => ({ kind, where: "x", repaired });
  expect(reportLines({ checked: 9, problems: [problem("count-wrong", true), problem("content-damaged", false), problem("count-wrong", true)], more: 2 })).toEqual([
    "9 records checked, 5 problems found.",
    "Wrong counts of a folder: 2, repaired.",
    "Damaged messages: 1, not repaired.",
    "Further problems: 2. Check again to see them.",
  ]);
});

test("a budget that is none of the usual ones can be kept", () => {
  expect(budgetChoices(700_000_000, "en").map(({ value }) => value)).toEqual(["", "100000000", "500000000", "700000000", "1000000000", "5000000000"]);
});

test("a saved folder tells what is not in the file", () => {
  expect(tallyWords({ written: 1, leftOut: 0, damaged: 0 })).toBe("1 message saved.");
  expect(tallyWords({ written: 5, leftOut: 2, damaged: 1 })).toBe("5 messages saved. 2 are not on this device, and not in the file. 1 is damaged, and in the file as far as they can be read.");
});
