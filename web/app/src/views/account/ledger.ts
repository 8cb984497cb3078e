/** The history of a POP3 account in words: what became of every message that its server listed. */
import type { LedgerEntry, UidlState } from "waypost";
import { oneLine } from "../../reading/text";

export type Filter = "all" | "onServer" | "both" | "here" | "leaving" | "deleted";

/** Choices of the filter, and the states that they show. */
export const filters: readonly { readonly value: Filter; readonly label: string; readonly states: readonly UidlState["kind"][] | null }[] = [
  { value: "all", label: "All messages", states: null },
  { value: "both", label: "Here and on the server", states: ["both"] },
  { value: "onServer", label: "Only on the server", states: ["onServer"] },
  { value: "leaving", label: "To be deleted from the server", states: ["due", "deleting"] },
  { value: "here", label: "Only here", states: ["here"] },
  { value: "deleted", label: "Deleted from the server", states: ["deleted", "gone"] },
];

export function statesOf(filter: Filter): readonly UidlState["kind"][] | null {
  return filters.find(({ value }) => value === filter)?.states ?? null;
}

/** Where a message is; `day` writes a moment as a date. */
export function stateWords({ state, here }: Pick<LedgerEntry, "state" | "here">, day: (time: number) => string): string {
  switch (state.kind) {
    case "onServer":
      return "Only on the server";
    case "both":
      return "Here and on the server";
    case "here":
      return "Only here";
    case "gone":
      return "Not on the server any more";
    case "deleting":
      return "Deleting from the server";
    case "due":
      return `Will be deleted from the server on ${day(state.at)}`;
    case "deleted":
      return `Deleted from the server on ${day(state.at)}${here ? ", is here" : ""}`;
    default:
      return state satisfies never;
  }
}

/** Whether the server has it, so that it can be deleted there. */
export function isOnServer({ state }: Pick<LedgerEntry, "state">): boolean {
  return state.kind === "onServer" || state.kind === "both" || state.kind === "due";
}

/** Whether it can be fetched: it is there, and not whole here. */
export function canLoad(entry: Pick<LedgerEntry, "state" | "here">): boolean {
  return isOnServer(entry) && !entry.here;
}

/** What a line is called; of many messages only the listing is known. */
export function entryName({ subject, from }: Pick<LedgerEntry, "subject" | "from">): string {
  return oneLine(subject) || (oneLine(from) === "" ? "Not read yet" : "No subject");
}

/** "1–50 of 120". */
export function rangeWords(skip: number, shown: number, total: number, locale?: string): string {
  if (total === 0) return "No messages";
  const number = new Intl.NumberFormat(locale);
  return `${number.format(skip + 1)}–${number.format(skip + shown)} of ${number.format(total)}`;
}
