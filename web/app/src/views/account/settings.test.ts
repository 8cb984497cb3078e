import { expect, test } from "vitest";
import type { Pop3Settings } from "waypost";
import { formOf, problemsOf, removalSentence, removes, settingsOf } from "./settings";

const leave: Pop3Settings = {
  removal: { afterDownload: false, afterDays: null, whenDeleted: false, whenMoved: false },
  download: { kind: "whole" },
  skipAbove: null,
  perCheck: null,
  newestFirst: false,
  interval: 300,
  acceptsEviction: false,
};
const much: Pop3Settings = {
  removal: { afterDownload: false, afterDays: 30, whenDeleted: true, whenMoved: true },
  download: { kind: "beginning", kibibytes: 16 },
  skipAbove: 1_000_000,
  perCheck: 50,
  newestFirst: true,
  interval: 90,
  acceptsEviction: true,
};

test("a form that is not touched means the settings from which it was made", () => {
  for (const settings of [leave, much, { ...much, interval: null }]) expect(settingsOf(formOf(settings))).toEqual(settings);
});

test("a number counts only where its choice is made", () => {
  const form = { ...formOf(leave), days: "", kibibytes: "x", mebibytes: "", perCheck: "0" };
  expect(problemsOf(form)).toEqual([]);
  expect(problemsOf({ ...form, afterDays: true, beginning: true, skips: true, few: true }).map(({ field }) => field)).toEqual(["days", "kibibytes", "mebibytes", "perCheck"]);
});

test("numbers outside of what the engine takes are refused", () => {
  const form = formOf(leave);
  for (const days of ["0", "3651", "1.5", "soon"]) expect(problemsOf({ ...form, afterDays: true, days })).toHaveLength(1);
  for (const minutes of ["0", "0.5", "1441"]) expect(problemsOf({ ...form, minutes })).toHaveLength(1);
  expect(problemsOf({ ...form, afterDays: true, days: "3650", minutes: "1,5" })).toEqual([]);
});

test("the risk of eviction is accepted only for a removal that is chosen", () => {
  const form = { ...formOf(leave), acceptsEviction: true };
  expect([removes(form), settingsOf(form).acceptsEviction]).toEqual([false, false]);
  expect(settingsOf({ ...form, whenMoved: true }).acceptsEviction).toBe(true);
});

test("the sentence names each removal that is chosen", () => {
  expect(removalSentence(leave)).toBe("Messages stay on the server.");
  expect(removalSentence(much)).toBe("Messages leave the server 30 days after they came, or when you delete them here, or when you move them out of the inbox.");
});
