/**
 * What Rust and TypeScript both write down, held against each other: numbers, so that one side takes no event for another, and fields of what
 * crosses without a record of its own (crates/testkit/tests/records.rs has the records).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Wish } from "../src/clients/driver.js";
import { Kind } from "../src/clients/records.js";
import type { MessageList, Pop3Choices, Pop3Settings, Removal, StorageEstimate } from "../src/types.js";

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

/** The fields of a struct, as they are written, and what is said of it before. */
function struct(file: string, name: string): { readonly fields: readonly string[]; readonly attributes: string } {
  const [, attributes = "", body = ""] = new RegExp(`((?:^#\\[.*\\]\n)*)^pub(?:\\(\\w+\\))? struct ${name} \\{\n([^]*?)\n\\}`, "m").exec(read(file)) ?? [];
  return { fields: [...body.matchAll(/^ {4}pub(?:\(\w+\))? (\w+):/gm)].map(([, field = ""]) => camel(field)), attributes };
}

/** Constants of a TypeScript file that it keeps for itself. */
function own(file: string, name: string): number {
  const [, value = ""] = new RegExp(`^const ${name} = (.*);`, "m").exec(read(file)) ?? [];
  return value === "0xffff_ffff" ? 0xffff_ffff : valueOf(value);
}

describe("Rust and TypeScript agree about", () => {
  it("kinds of records", () => {
    expect(Kind).toEqual(variants("crates/clients/src/imap/records.rs", "Kind"));
  });

  it("words of POP3", () => {
    const [, body = ""] = /^const Word = \{(.*)\} as const;/m.exec(read("web/client/src/clients/pop3-connection.ts")) ?? [];
    const words = Object.fromEntries([...body.matchAll(/(\w+): (\d+)/g)].map(([, word = "", value]) => [word, Number(value)]));
    expect(words).toEqual(constants("crates/clients/src/pop3/batch.rs"));
  });

  it("what a machine wants", () => {
    expect(constants("crates/clients/src/pop3.rs")).toEqual(Wish);
  });

  it("marks of strings and of what is missing", () => {
    const marks = constants("crates/clients/src/imap/expand.rs");
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

  it("an estimate of what is stored", () => {
    const fields = { usage: 5e9, quota: 1e10 } as const satisfies Required<StorageEstimate>;
    const { fields: written, attributes } = struct("crates/wasm/src/persistence.rs", "Estimate");
    expect(written).toEqual(Object.keys(fields));
    expect(attributes).not.toContain("serde(");
  });

  it("choices of a POP3 account, each of which may be left out", () => {
    const none: Pop3Choices = { removal: {} };
    expect(none).toEqual({ removal: {} });
    const settings: Record<keyof Pop3Settings & keyof Pop3Choices, true> = { removal: true, download: true, skipAbove: true, perCheck: true, newestFirst: true, interval: true, acceptsEviction: true };
    const removal: Record<keyof Removal, true> = { afterDownload: true, afterDays: true, whenDeleted: true, whenMoved: true };
    for (const [name, known] of [["Pop3Settings", settings], ["Removal", removal]] as const) {
      const { fields, attributes } = struct("crates/store/src/record.rs", name);
      expect(fields).toEqual(Object.keys(known));
      expect(attributes).toContain('serde(rename_all = "camelCase", default)');
    }
  });
});
