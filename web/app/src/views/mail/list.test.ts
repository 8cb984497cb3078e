import { describe, expect, test } from "vitest";
import type { MessageRow } from "waypost";
import { drawn, isStarred, isUnread, layoutOf, rowName, scrolledTo, withFlags } from "./list";

const now = new Date(2026, 10, 25, 12, 0).getTime();
const day = 86_400_000;
const row = (number: number, other: Partial<MessageRow> = {}): MessageRow => ({
  id: String(number),
  from: "Ingrid Aalto",
  fromAddress: "ingrid@ferryline.example",
  to: "",
  subject: "Ferry timetable",
  snippet: "The first boat",
  date: now - 3_600_000,
  size: 1,
  flags: ["\\Seen"],
  attachment: false,
  body: true,
  waiting: false,
  thread: 0,
  content: null,
  sha256: null,
  origin: null,
  copyOf: null,
  ...other,
});

describe("rows", () => {
  test("a name begins with the state and has its parts in order", () => {
    expect(rowName(row(1, { flags: ["\\flagged"], attachment: true }), now, "en-GB")).toBe("Unread, Starred, Ingrid Aalto, Ferry timetable, 11:00, The first boat, With attachment");
    expect(rowName(row(1, { from: "", fromAddress: "", subject: " ", snippet: "" }), now, "en-GB")).toBe("No sender, No subject, 11:00");
  });

  test("flags are compared without regard to case", () => {
    expect(isUnread(row(1, { flags: ["\\SEEN"] }))).toBe(false);
    const starred = withFlags(row(1, { flags: ["\\SEEN"] }), ["\\Flagged"], ["\\Seen"]);
    expect([isStarred(starred), isUnread(starred), starred.waiting]).toEqual([true, true, true]);
  });
});

describe("the virtual list", () => {
  const measures = { row: 60, group: 28 };

  test("headings stand where the day changes", () => {
    const layout = layoutOf([row(1), row(2), row(3, { date: now - day }), row(4, { date: now - 40 * day })], now, measures, true, "en-GB");
    expect(layout.items.map((item) => (item.kind === "group" ? item.title : item.key))).toEqual(["Today", "1", "2", "Yesterday", "3", "October", "4"]);
    expect(layout.height).toBe(4 * 60 + 3 * 28);
    expect(layoutOf([row(1), row(2, { date: now - day })], now, measures, false).height).toBe(2 * 60);
  });

  test("of many rows few are drawn, at every place of the list", () => {
    const layout = layoutOf(Array.from({ length: 20_000 }, (_, number) => row(number)), now, measures);
    for (const top of [0, 1000, 600_000, layout.height - 800]) {
      const items = drawn(layout, top, 800, null);
      expect(items.length).toBeLessThan(40);
      const first = items[0]?.top ?? Infinity;
      const last = items.at(-1)?.top ?? 0;
      expect(first).toBeLessThanOrEqual(top);
      expect(last + 60).toBeGreaterThanOrEqual(Math.min(top + 800, layout.height));
    }
  });

  test("the focused row is drawn wherever it is", () => {
    const layout = layoutOf(Array.from({ length: 500 }, (_, number) => row(number)), now, measures);
    expect(drawn(layout, 20_000, 800, "3").some(({ key }) => key === "3")).toBe(true);
    expect(drawn(layout, 0, 800, "gone").some(({ key }) => key === "gone")).toBe(false);
  });

  test("scrolling shows an item whole and does not move for one that is", () => {
    expect(scrolledTo(100, 60, 0, 800, 28)).toBe(0);
    expect(scrolledTo(780, 60, 0, 800, 28)).toBe(40);
    expect(scrolledTo(500, 60, 600, 800, 28)).toBe(472);
  });
});
