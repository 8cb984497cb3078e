/** The message list: what a row says, and which of its rows are drawn. */
import type { MessageRow } from "waypost";
import { oneLine } from "../../reading/text";
import { groupOf, listDate } from "./dates";

export const seen = "\\Seen";
export const flagged = "\\Flagged";
export const answered = "\\Answered";

/** Flags are compared as IMAP does, without regard to case. */
export function has(row: Pick<MessageRow, "flags">, flag: string): boolean {
  return row.flags.some((own) => own.toLowerCase() === flag.toLowerCase());
}

export const isUnread = (row: Pick<MessageRow, "flags">): boolean => !has(row, seen);
export const isStarred = (row: Pick<MessageRow, "flags">): boolean => has(row, flagged);

/** A row with flags as they will be. */
export function withFlags(row: MessageRow, add: readonly string[], remove: readonly string[]): MessageRow {
  const kept = row.flags.filter((own) => ![...add, ...remove].some((flag) => flag.toLowerCase() === own.toLowerCase()));
  return { ...row, flags: [...kept, ...add], waiting: true };
}

export const senderOf = (row: MessageRow): string => oneLine(row.from) || oneLine(row.fromAddress) || "No sender";
export const subjectOf = (row: { readonly subject: string }): string => oneLine(row.subject) || "No subject";

/** Name of a row for assistive technology: state, sender, subject, date, snippet, and what it carries. */
export function rowName(row: MessageRow, now: number, locale?: string): string {
  const parts = [
    isUnread(row) && "Unread",
    isStarred(row) && "Starred",
    senderOf(row),
    subjectOf(row),
    listDate(row.date, now, locale),
    oneLine(row.snippet),
    row.attachment && "With attachment",
    has(row, answered) && "Answered",
    row.waiting && "Waiting to be sent",
  ];
  return parts.filter((part) => part !== false && part !== "").join(", ");
}

/** Heights in pixels. */
export interface Measures {
  readonly row: number;
  readonly group: number;
}

export type Item =
  | { readonly kind: "group"; readonly key: string; readonly title: string; readonly top: number }
  | { readonly kind: "row"; readonly key: string; readonly row: MessageRow; readonly index: number; readonly top: number };

export interface Layout {
  readonly items: readonly Item[];
  readonly height: number;
}

/** Places rows and, where they are sorted by date, the headings between them. A heading stands where the group changes, so unsorted dates are no fault. */
export function layoutOf(rows: readonly MessageRow[], now: number, measures: Measures, grouped = true, locale?: string): Layout {
  const items: Item[] = [];
  let top = 0;
  let group = "";
  for (const [index, row] of rows.entries()) {
    const title = groupOf(row.date, now, locale);
    if (grouped && title !== group) {
      items.push({ kind: "group", key: `group of ${row.id}`, title, top });
      top += measures.group;
      group = title;
    }
    items.push({ kind: "row", key: row.id, row, index, top });
    top += measures.row;
  }
  return { items, height: top };
}

/** The items that touch the part from `top`, some more on each side, and the row that holds the focus, wherever it is. */
export function drawn(layout: Layout, top: number, height: number, focused: string | null, margin = 480): readonly Item[] {
  const from = firstBelow(layout.items, top - margin);
  const to = firstBelow(layout.items, top + height + margin);
  const items = layout.items.slice(Math.max(0, from - 1), to);
  if (focused === null || items.some(({ key }) => key === focused)) return items;
  const far = layout.items.find(({ key }) => key === focused);
  return far === undefined ? items : [...items, far];
}

/** Index of the first item that begins at or below. */
function firstBelow(items: readonly Item[], top: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle]?.top ?? 0) < top) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where to scroll so that an item is seen whole, or the same place. */
export function scrolledTo(top: number, height: number, viewTop: number, viewHeight: number, head: number): number {
  if (top - head < viewTop) return Math.max(0, top - head);
  if (top + height > viewTop + viewHeight) return top + height - viewHeight;
  return viewTop;
}
