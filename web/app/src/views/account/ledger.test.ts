import { expect, test } from "vitest";
import type { UidlState } from "waypost";
import { canLoad, entryName, filters, isOnServer, rangeWords, stateWords, statesOf } from "./ledger";

const states: readonly UidlState[] = [{ kind: "onServer" }, { kind: "both" }, { kind: "here" }, { kind: "gone" }, { kind: "deleting" }, { kind: "due", at: 1 }, { kind: "deleted", at: 2 }];
const day = (time: number): string => `day ${time}`;

test("each state has words of its own, with its day", () => {
  const words = states.map((state) => stateWords({ state, here: false }, day));
  expect(new Set(words).size).toBe(states.length);
  expect(words.slice(-2)).toEqual(["Will be deleted from the server on day 1", "Deleted from the server on day 2"]);
});

test("a message that left the server and is here says so", () => {
  expect(stateWords({ state: { kind: "deleted", at: 2 }, here: true }, day)).toBe("Deleted from the server on day 2, is here");
});

test("each state is found by exactly one filter besides all", () => {
  for (const { kind } of states) expect(filters.filter(({ states: shown }) => shown?.includes(kind)), kind).toHaveLength(1);
  expect(statesOf("all")).toBeNull();
});

test("only what the server has and this device has not is loaded", () => {
  expect(states.map((state) => canLoad({ state, here: false }))).toEqual([true, true, false, false, false, true, false]);
  expect(canLoad({ state: { kind: "both" }, here: true })).toBe(false);
  expect(isOnServer({ state: { kind: "deleting" } })).toBe(false);
});

test("a line of which only the listing is known has a name", () => {
  expect([entryName({ subject: "", from: "" }), entryName({ subject: "", from: "Ingrid" }), entryName({ subject: "A\nB", from: "" })]).toEqual(["Not read yet", "No subject", "A B"]);
});

test("the range counts from one", () => {
  expect([rangeWords(50, 50, 1200, "en"), rangeWords(0, 0, 0, "en")]).toEqual(["51–100 of 1,200", "No messages"]);
});
