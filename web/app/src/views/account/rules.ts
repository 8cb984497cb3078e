/** Rules on arrival: in words, and as a form whose texts mean one. */
import type { Action, Condition, Mailbox, Rule } from "waypost";

type TextKind = Exclude<Condition["kind"], "larger">;

/** A condition as the person writes it; of `larger` the MiB. */
export interface Line {
  readonly kind: Condition["kind"];
  readonly text: string;
}

export interface RuleForm {
  readonly name: string;
  readonly lines: readonly Line[];
  readonly goes: "stays" | "moves" | "trash";
  /** Null before one is chosen. */
  readonly target: number | null;
  readonly starred: boolean;
  readonly read: boolean;
  /** Flags that this form does not show. */
  readonly otherFlags: readonly string[];
  readonly last: boolean;
}

/** `lines` with the number of the line. */
export interface RuleProblem {
  readonly field: "target" | "goes" | number;
  readonly text: string;
}

export const conditionWords: Readonly<Record<Condition["kind"], string>> = {
  from: "Sender contains",
  to: "Recipient contains",
  subject: "Subject contains",
  listId: "Mailing list contains",
  larger: "Larger than, in MiB",
};

const mebibyte = 1024 * 1024;
const isFlag = (flag: string, other: string): boolean => flag.toLowerCase() === other;

export const newRule: RuleForm = { name: "", lines: [{ kind: "from", text: "" }], goes: "moves", target: null, starred: false, read: false, otherFlags: [], last: false };

export function ruleFormOf({ name, conditions, actions, last }: Rule): RuleForm {
  const flags = actions.flatMap((action) => (action.kind === "flag" ? [action.value] : []));
  const move = actions.findLast((action) => action.kind === "move");
  return {
    name,
    lines: conditions.map((one) => ({ kind: one.kind, text: one.kind === "larger" ? String(one.value / mebibyte) : one.value })),
    goes: actions.some(({ kind }) => kind === "delete") ? "trash" : move === undefined ? "stays" : "moves",
    target: move?.value ?? null,
    starred: flags.some((flag) => isFlag(flag, "\\flagged")),
    read: flags.some((flag) => isFlag(flag, "\\seen")),
    otherFlags: flags.filter((flag) => !isFlag(flag, "\\flagged") && !isFlag(flag, "\\seen")),
    last,
  };
}

function megabytes(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text.trim().replace(",", "."));
}

/** What can't be meant, in the order of the form. */
export function ruleProblems(form: RuleForm, folders: readonly Pick<Mailbox, "id">[]): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  for (const [index, { kind, text }] of form.lines.entries()) {
    if (kind === "larger" && !(megabytes(text) > 0 && megabytes(text) <= 4096)) problems.push({ field: index, text: "Write a number of MiB, at most 4096." });
    else if (text.trim() === "") problems.push({ field: index, text: "Write what to look for, or remove this line. Empty, it would hold for every message." });
  }
  if (form.goes === "moves" && !folders.some(({ id }) => id === form.target)) problems.push({ field: "target", text: form.target === null ? "Choose a folder." : "The folder of this rule is gone. Choose another." });
  if (form.goes !== "moves" && actionsOf(form).length === 0) problems.push({ field: "goes", text: "This rule does nothing yet. Choose what happens to the message." });
  return problems;
}

function actionsOf({ goes, target, starred, read, otherFlags }: RuleForm): readonly Action[] {
  const flags = [...(starred ? ["\\Flagged"] : []), ...(read ? ["\\Seen"] : []), ...otherFlags].map((value): Action => ({ kind: "flag", value }));
  if (goes === "trash") return [...flags, { kind: "delete" }];
  return goes === "moves" && target !== null ? [...flags, { kind: "move", value: target }] : flags;
}

/** The rule that a form without problems means. */
export function ruleOf(form: RuleForm): Rule {
  const conditions = form.lines.map(({ kind, text }): Condition => (kind === "larger" ? { kind, value: Math.round(megabytes(text) * mebibyte) } : { kind, value: text.trim() }));
  return { name: form.name.trim(), conditions, actions: actionsOf(form), last: form.last };
}

const texts: Readonly<Record<TextKind, string>> = { from: "the sender contains", to: "a recipient contains", subject: "the subject contains", listId: "the mailing list contains" };

/** A rule in one sentence. */
export function ruleWords({ conditions, actions, last }: Rule, folders: readonly Mailbox[], locale?: string): string {
  const and = new Intl.ListFormat(locale ?? "en", { type: "conjunction" });
  const asked = conditions.map((one) => (one.kind === "larger" ? `it is larger than ${new Intl.NumberFormat(locale).format(one.value / mebibyte)} MiB` : `${texts[one.kind]} “${one.value}”`));
  const done = actions.map((action) => {
    if (action.kind === "delete") return "put it into the trash";
    if (action.kind === "move") return moveWords(folders.find(({ id }) => id === action.value));
    return isFlag(action.value, "\\flagged") ? "star it" : isFlag(action.value, "\\seen") ? "mark it as read" : `set the flag ${action.value}`;
  });
  const first = asked.length === 0 ? "Every message" : `If ${and.format(asked)}`;
  return `${first}: ${and.format(done)}.${last ? " Later rules are passed over." : ""}`;
}

function moveWords(folder: Mailbox | undefined): string {
  if (folder === undefined) return "leave it in the inbox, because the folder of this rule is gone";
  return `move it to ${folder.role === "inbox" ? "Inbox" : folder.name}`;
}

/** The rules with one at another place. */
export function movedRule(rules: readonly Rule[], index: number, by: number): readonly Rule[] {
  const rule = rules[index];
  return rule === undefined ? rules : rules.toSpliced(index, 1).toSpliced(index + by, 0, rule);
}
