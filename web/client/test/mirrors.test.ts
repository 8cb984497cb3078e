/**
 * What Rust and TypeScript both write down, held against each other: numbers, so that one side takes no event for another, and what crosses
 * without a record of its own (records.mjs makes the types of the records).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as Word from "../src/clients/pop3-words.js";
import * as Kind from "../src/clients/record-kinds.js";
import * as Wish from "../src/clients/wishes.js";
import type { MessageList } from "../src/types.js";

const read = (file: string): string => readFileSync(join(import.meta.dirname, "../../..", file), "utf8");
const camel = (name: string): string => name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Constants of a Rust file: `const NAME: TYPE = VALUE;`, by names as TypeScript has them. */
function constants(file: string): Record<string, number> {
  const found = read(file).matchAll(/^(?:pub\(\w+\) )?const ([A-Z_]+): u(?:8|32) = ([^;]+);/gm);
  return Object.fromEntries([...found].map(([, name = "", value = ""]) => [camel(name), valueOf(value)]));
}

function valueOf(text: string): number {
  if (text === "u32::MAX") return 0xffff_ffff;
  const [base = "", shift = "0"] = text.split(" << ");
  return (Number(base) << Number(shift)) >>> 0;
}

/** The variants of an enum whose first has a number. */
function variants(file: string, name: string): Record<string, number> {
  const [, body = ""] = new RegExp(`enum ${name} \\{\n([^]*?)\n\\}`).exec(read(file)) ?? [];
  const names = [...body.matchAll(/^ {4}([A-Z]\w*)(?: = 1)?,$/gm)].map(([, variant = ""]) => variant);
  expect(body).toContain(`${names[0] ?? ""} = 1,`);
  return Object.fromEntries(names.map((variant, index) => [(variant[0] ?? "").toLowerCase() + variant.slice(1), index + 1]));
}

/** What stands before a struct for the compiler. */
function attributes(file: string, name: string): string {
  const [, found = ""] = new RegExp(`((?:^#\\[.*\\]\n)*)^pub struct ${name} \\{`, "m").exec(read(file)) ?? [];
  return found;
}

/** Constants of a TypeScript file that it keeps for itself. */
function own(file: string, name: string): number {
  const [, value = ""] = new RegExp(`^const ${name} = (.*);`, "m").exec(read(file)) ?? [];
  return value === "0xffff_ffff" ? 0xffff_ffff : valueOf(value);
}

describe("Rust and TypeScript agree about", () => {
  it("kinds of records", () => {
    expect({ ...Kind }).toEqual(variants("crates/clients/src/imap/records.rs", "Kind"));
  });

  it("words of POP3", () => {
    expect({ ...Word }).toEqual(constants("crates/clients/src/pop3/batch.rs"));
  });

  it("what a machine wants", () => {
    expect(constants("crates/clients/src/pop3.rs")).toEqual({ ...Wish });
  });

  it("marks of strings and of what is missing", () => {
    const marks = constants("crates/clients/src/imap/texts.rs");
    const expansion = "web/client/src/clients/expansion.ts";
    expect([own(expansion, "WIDE"), own(expansion, "ENCODED"), 2 ** 31]).toEqual([marks["wide"], marks["encoded"], marks["missing"]]);
    const { none } = constants("crates/clients/src/imap/rows.rs");
    expect([own(expansion, "NONE"), own("web/client/src/clients/columns.ts", "NONE")]).toEqual([none, none]);
  });

  it("a part of a list", () => {
    const fields = { rows: [], total: 7, next: null } as const satisfies Required<MessageList>;
    const [, written = ""] = /format!\("\{\{(.*)\}\}"/.exec(read("crates/wasm/src/convert.rs")) ?? [];
    expect([...written.matchAll(/\\"(\w+)\\":/g)].map(([, name]) => name)).toEqual(Object.keys(fields));
  });

  it("choices of a POP3 account, each of which may be left out", () => {
    for (const name of ["Pop3Settings", "Removal"]) expect(attributes("crates/store/src/record.rs", name)).toContain('serde(rename_all = "camelCase", default)');
  });
});
