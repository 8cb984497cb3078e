/** Commands of IMAP as trees, and sets of numbers (RFC 3501, 9). */
import type { Wire } from "./wire.js";

/** An atom, a string, or a list. */
export type Value = string | readonly Value[];

/** A command: its tag, its name in upper case, and what follows. */
export interface Command {
  readonly tag: string;
  readonly name: string;
  readonly values: readonly Value[];
}

/** Reads a command with its literals; undefined at the end of the stream. */
export async function read(wire: Wire): Promise<Command | undefined> {
  const tokens: Token[] = [];
  for (;;) {
    const line = await wire.line();
    if (line === undefined) return undefined;
    const [, size, plus] = /~?\{(\d+)(\+?)\}$/.exec(line) ?? [];
    tokens.push(...tokensOf(size === undefined ? line : line.slice(0, line.lastIndexOf("{")).replace(/~$/, "")));
    if (size === undefined) break;
    if (plus === "") await wire.send("+ go on\r\n");
    tokens.push({ text: await wire.octets(Number(size)) });
  }
  const [tag, name, ...values] = tree(tokens);
  return { tag: String(tag ?? "*"), name: String(name ?? "").toUpperCase(), values };
}

type Token = "(" | ")" | { readonly text: string };

/** Brackets of sections and partial fetches belong to their atom. */
const token = /[()]|"((?:[^"\\]|\\.)*)"|(?:[^\s()"[]|\[[^\]]*\])+/g;

function tokensOf(line: string): Token[] {
  return [...line.matchAll(token)].map(([whole, quoted]) => {
    if (whole === "(" || whole === ")") return whole;
    return { text: quoted === undefined ? whole : quoted.replace(/\\(.)/g, "$1") };
  });
}

function tree(tokens: readonly Token[]): Value[] {
  const lists: Value[][] = [[]];
  for (const one of tokens) {
    const inner = lists.at(-1) ?? [];
    if (one === "(") lists.push([]);
    else if (one === ")") {
      lists.pop();
      lists.at(-1)?.push(inner);
    } else inner.push(one.text);
  }
  return lists[0] ?? [];
}

/** A text of a tree, where one must stand. */
export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A list of a tree, or one value as a list. */
export function listOf(value: Value | undefined): readonly Value[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}

/** Whether a number is in a set such as `1:4,9:*`; `last` is what `*` means. */
export function setOf(text: string, last: number): (number: number) => boolean {
  const ranges = text.split(",").map((range) => {
    const [from = 0, to = from] = range.split(":").map((end) => (end === "*" ? last : Number(end)));
    return [Math.min(from, to), Math.max(from, to)] as const;
  });
  return (number) => ranges.some(([from, to]) => from <= number && number <= to);
}
