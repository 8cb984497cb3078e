import { describe, expect, test } from "vitest";
import { clockTime, groupOf, isoDate, listDate, messageDate } from "./dates";

const now = new Date(2026, 10, 25, 0, 30).getTime();
const at = (year: number, month: number, date: number, hour = 12): number => new Date(year, month - 1, date, hour).getTime();

describe("dates", () => {
  test("days are those of the calendar, not of 24 hours", () => {
    expect(listDate(at(2026, 11, 24, 23), now, "en-GB")).toBe("Tue");
    expect(groupOf(at(2026, 11, 24, 23), now, "en-GB")).toBe("Yesterday");
    expect(messageDate(at(2026, 11, 24, 23), now, "en-GB")).toBe("Yesterday 23:00");
  });

  test("the further away, the coarser", () => {
    expect(listDate(now, now, "en-GB")).toBe("00:30");
    expect(listDate(at(2026, 11, 20), now, "en-GB")).toBe("Fri");
    expect(listDate(at(2026, 3, 7), now, "en-GB")).toBe("7 Mar");
    expect(listDate(at(2019, 3, 7), now, "en-GB")).toBe("07/03/2019");
    expect(listDate(at(2019, 3, 7), now, "de-DE")).toBe("07.03.2019");
    expect(groupOf(at(2025, 3, 7), now, "en-GB")).toBe("March 2025");
  });

  test("a date that cannot be is shown as some date, and breaks nothing", () => {
    for (const time of [Number.NaN, Infinity, -Infinity, 1e17, -1e17]) {
      expect(listDate(time, now, "en-GB")).toMatch(/1970/);
      expect(messageDate(time, now, "en-GB")).toMatch(/1970/);
      expect(groupOf(time, now, "en-GB")).toBe("January 1970");
      expect(isoDate(time)).toMatch(/^1970/);
    }
  });

  test("the time of a check is short in each locale", () => {
    const time = new Date(2026, 10, 25, 4, 5).getTime();
    expect(["en-GB", "de-DE", "en-US"].map((locale) => clockTime(time, locale).replaceAll("\u202f", " "))).toEqual(["04:05", "04:05", "4:05 AM"]);
  });

  test("a date in the future stands with today", () => {
    expect(groupOf(at(2027, 1, 1), now, "en-GB")).toBe("Today");
  });
});
