/** Dates as a person reads them, in their own locale. */

const dayMs = 86_400_000;
/** The furthest that a date can be from 1970; a message may claim more. */
const furthestMs = 8.64e15;

function sane(time: number): number {
  return Math.abs(time) <= furthestMs ? time : 0;
}

/** For a machine. */
export function isoDate(time: number): string {
  return new Date(sane(time)).toISOString();
}

function dayOf(time: number): number {
  const date = new Date(sane(time));
  return Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() / dayMs);
}

/** Whole days between two moments by the calendar. */
function daysBefore(time: number, now: number): number {
  return dayOf(now) - dayOf(time);
}

/** Hours and minutes as the locale writes them. */
const clock = { timeStyle: "short" } as const;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(time: number, locale: string | undefined, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify([locale, options]);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known.format(sane(time));
}

/** For a list: the time today, the weekday this week, the day this year, else the date. */
export function listDate(time: number, now: number, locale?: string): string {
  const days = daysBefore(time, now);
  if (days === 0) return format(time, locale, clock);
  if (days > 0 && days < 7) return format(time, locale, { weekday: "short" });
  if (new Date(sane(time)).getFullYear() === new Date(now).getFullYear()) return format(time, locale, { day: "numeric", month: "short" });
  return format(time, locale, { day: "2-digit", month: "2-digit", year: "numeric" });
}

/** For a message: day and time. */
export function messageDate(time: number, now: number, locale?: string): string {
  const hours = format(time, locale, clock);
  const days = daysBefore(time, now);
  if (days === 0) return `Today ${hours}`;
  if (days === 1) return `Yesterday ${hours}`;
  const year = new Date(sane(time)).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  return `${format(time, locale, { weekday: "short", day: "numeric", month: "short", ...year })} ${hours}`;
}

/** The whole date, for details and for assistive technology. */
export function wholeDate(time: number, locale?: string): string {
  return format(time, locale, { dateStyle: "full", timeStyle: "short" });
}

/** The day alone, for a table. */
export function dayOnly(time: number, locale?: string): string {
  return format(time, locale, { dateStyle: "medium" });
}

/** The time of a check, as short as the locale writes it. */
export function clockTime(time: number, locale?: string): string {
  return format(time, locale, clock);
}

/** Heading of the part of the list in which this date stands. */
export function groupOf(time: number, now: number, locale?: string): string {
  const days = daysBefore(time, now);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return "This week";
  const year = new Date(sane(time)).getFullYear() === new Date(now).getFullYear() ? {} : ({ year: "numeric" } as const);
  return format(time, locale, { month: "long", ...year });
}
