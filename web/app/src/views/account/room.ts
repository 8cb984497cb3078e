/** What is stored on this device, in words. */
import type { AccountUsage, Amount, Problem, Report, StorageEstimate, Tally } from "waypost";
import { sizeOf } from "../mail/model";

export interface RoomLine {
  readonly label: string;
  readonly text: string;
  /** Of all that the account stores, in percent. */
  readonly share: number;
}

export function roomLines(usage: AccountUsage, locale?: string): readonly RoomLine[] {
  const all = usage.onlyCopy.octets + usage.cache.octets + usage.rows.octets;
  const line = (label: string, amount: Amount): RoomLine => ({
    label,
    text: `${new Intl.NumberFormat(locale).format(amount.count)} · ${sizeOf(amount.octets, locale)}`,
    share: all === 0 ? 0 : (100 * amount.octets) / all,
  });
  return [line("Messages that may be only here", usage.onlyCopy), line("Copies of messages on the server", usage.cache), line("Message lists", usage.rows)];
}

/** All that is stored here, of what the browser allows. */
export function quotaText({ usage, quota }: StorageEstimate, locale?: string): string {
  return `${sizeOf(usage, locale)} of ${sizeOf(quota, locale)}`;
}

/** What the browser promises. Null: it does not say. */
export function permanentWords(permanent: boolean | null): string {
  if (permanent === null) return "This browser does not say whether it keeps what is stored. Export what you can't lose.";
  return permanent ? "Storage is permanent: the browser will not clear it by itself." : "Storage is not permanent: when space runs short, the browser may clear all of it.";
}

const kinds: Readonly<Record<Problem["kind"], string>> = {
  "content-damaged": "Damaged messages",
  "content-missing": "Messages whose text is missing",
  "octets-without-record": "Leftover pieces of messages",
  "content-unused": "Texts that no message uses",
  "holders-wrong": "Texts with wrong owners",
  "usage-wrong": "Wrong sums of used space",
  "rows-damaged": "Damaged list lines",
  "rows-without-folder": "List lines without a folder",
  "order-wrong": "Wrong order of a list",
  "count-wrong": "Wrong counts of a folder",
  "thread-wrong": "Wrong conversations",
  "ledger-wrong": "Wrong lines of a history",
  "account-damaged": "Unreadable accounts",
  "folder-damaged": "Unreadable folders",
};

/** What was found, one line a kind; the first says it all together. */
export function reportLines({ checked, problems, more }: Report): readonly string[] {
  const records = `${checked} ${checked === 1 ? "record" : "records"}`;
  if (problems.length === 0) return [`${records} checked. Everything is as it should be.`];
  const found = new Map<Problem["kind"], { all: number; repaired: number }>();
  for (const { kind, repaired } of problems) {
    const sum = found.get(kind) ?? { all: 0, repaired: 0 };
    found.set(kind, { all: sum.all + 1, repaired: sum.repaired + (repaired ? 1 : 0) });
  }
  const all = problems.length + more;
  const lines = [...found].map(([kind, sum]) => `${kinds[kind]}: ${sum.all}, ${sum.repaired === sum.all ? "repaired" : sum.repaired === 0 ? "not repaired" : `${sum.repaired} of them repaired`}.`);
  return [`${records} checked, ${all} ${all === 1 ? "problem" : "problems"} found.`, ...lines, ...(more > 0 ? [`Further problems: ${more}. Check again to see them.`] : [])];
}

const budgets = [100, 500, 1000, 5000] as const;

/** Choices for what is kept of mail that the server has too; octets as the value of an option, empty for no limit. */
export function budgetChoices(current: number | null, locale?: string): readonly { readonly value: string; readonly label: string }[] {
  const octets = new Set(budgets.map((megabytes) => megabytes * 1_000_000));
  if (current !== null) octets.add(current);
  const sorted = [...octets].sort((a, b) => a - b);
  return [{ value: "", label: "As much as there is room for" }, ...sorted.map((one) => ({ value: String(one), label: sizeOf(one, locale) }))];
}

/** What is in a saved folder, and what is not. */
export function tallyWords({ written, leftOut, damaged }: Tally): string {
  const whole = `${written} ${written === 1 ? "message" : "messages"} saved.`;
  const missing = leftOut === 0 ? "" : ` ${leftOut} ${leftOut === 1 ? "is" : "are"} not on this device, and not in the file.`;
  const broken = damaged === 0 ? "" : ` ${damaged} ${damaged === 1 ? "is" : "are"} damaged, and in the file as far as they can be read.`;
  return whole + missing + broken;
}
