/** The form of what a POP3 account does by itself: texts as the person writes them, and the settings that they mean. */
import type { Pop3Settings } from "waypost";

export interface Form {
  readonly afterDownload: boolean;
  readonly afterDays: boolean;
  readonly days: string;
  readonly whenDeleted: boolean;
  readonly whenMoved: boolean;
  readonly acceptsEviction: boolean;
  readonly beginning: boolean;
  readonly kibibytes: string;
  readonly skips: boolean;
  readonly mebibytes: string;
  readonly few: boolean;
  readonly perCheck: string;
  readonly newestFirst: boolean;
  readonly byHand: boolean;
  readonly minutes: string;
}

/** A field with a number in it. */
export type NumberField = "days" | "kibibytes" | "mebibytes" | "perCheck" | "minutes";

export interface Problem {
  readonly field: NumberField;
  readonly text: string;
}

const mebibyte = 1024 * 1024;

export function formOf(settings: Pop3Settings): Form {
  const { removal, download, skipAbove, perCheck, newestFirst, interval, acceptsEviction } = settings;
  return {
    afterDownload: removal.afterDownload,
    afterDays: removal.afterDays !== null,
    days: String(removal.afterDays ?? 14),
    whenDeleted: removal.whenDeleted,
    whenMoved: removal.whenMoved,
    acceptsEviction,
    beginning: download.kind === "beginning",
    kibibytes: String(download.kind === "beginning" ? download.kibibytes : 64),
    skips: skipAbove !== null,
    mebibytes: String((skipAbove ?? 20 * mebibyte) / mebibyte),
    few: perCheck !== null,
    perCheck: String(perCheck ?? 200),
    newestFirst,
    byHand: interval === null,
    minutes: String((interval ?? 300) / 60),
  };
}

/** Whether anything is ever deleted from the server. */
export function removes(form: Pick<Form, "afterDownload" | "afterDays" | "whenDeleted" | "whenMoved">): boolean {
  return form.afterDownload || form.afterDays || form.whenDeleted || form.whenMoved;
}

/** What can't be meant, in the order of the form. */
export function problemsOf(form: Form): readonly Problem[] {
  const found: (Problem | false)[] = [
    form.afterDays && !within(form.days, 1, 3650, true) && { field: "days", text: "Days are a whole number from 1 to 3650." },
    form.beginning && !within(form.kibibytes, 1, 1024, true) && { field: "kibibytes", text: "The beginning is 1 to 1024 KiB, a whole number." },
    form.skips && !within(form.mebibytes, 0.01, 4096, false) && { field: "mebibytes", text: "The limit is a number of MiB, at most 4096." },
    form.few && !within(form.perCheck, 1, 1_000_000, true) && { field: "perCheck", text: "Write how many messages one check may fetch, at least 1." },
    !form.byHand && !within(form.minutes, 1, 1440, false) && { field: "minutes", text: "Between two checks are 1 to 1440 minutes." },
  ];
  return found.filter((one) => one !== false);
}

function within(text: string, least: number, most: number, whole: boolean): boolean {
  const value = numberOf(text);
  return value >= least && value <= most && (!whole || Number.isInteger(value));
}

/** Many people write a comma before the fraction. An empty text is no number. */
function numberOf(text: string): number {
  const trimmed = text.trim();
  return trimmed === "" ? Number.NaN : Number(trimmed.replace(",", "."));
}

/** The settings that a form without problems means. */
export function settingsOf(form: Form): Pop3Settings {
  const { afterDownload, whenDeleted, whenMoved, newestFirst, acceptsEviction } = form;
  return {
    removal: { afterDownload, afterDays: form.afterDays ? numberOf(form.days) : null, whenDeleted, whenMoved },
    download: form.beginning ? { kind: "beginning", kibibytes: numberOf(form.kibibytes) } : { kind: "whole" },
    skipAbove: form.skips ? Math.round(numberOf(form.mebibytes) * mebibyte) : null,
    perCheck: form.few ? numberOf(form.perCheck) : null,
    newestFirst,
    interval: form.byHand ? null : Math.round(numberOf(form.minutes) * 60),
    acceptsEviction: acceptsEviction && removes(form),
  };
}

/** In one sentence, when mail leaves the server. */
export function removalSentence({ removal }: Pick<Pop3Settings, "removal">): string {
  const when = [
    removal.afterDownload && "once they are stored here and checked",
    removal.afterDays !== null && `${removal.afterDays} ${removal.afterDays === 1 ? "day" : "days"} after they came`,
    removal.whenDeleted && "when you delete them here",
    removal.whenMoved && "when you move them out of the inbox",
  ].filter((one) => one !== false);
  return when.length === 0 ? "Messages stay on the server." : `Messages leave the server ${when.join(", or ")}.`;
}
