/** What the README says holds: its samples compile, its tables are complete. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { faultCodes } from "../src/faults.js";

const folder = join(import.meta.dirname, "..");
const readme = readFileSync(join(folder, "README.md"), "utf8");
const samples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, text]) => text ?? "");

/** Compiles texts as a user's strict project would, and gives what the compiler has to say. */
function faultsOf(texts: readonly string[]): string[] {
  const files = new Map(texts.map((text, index) => [join(folder, `sample-${index}.ts`), text]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    paths: { waypost: [join(folder, "src/index.ts")] },
  };
  const host = ts.createCompilerHost(options);
  const disk = { ...host };
  host.readFile = (name) => files.get(name) ?? disk.readFile(name);
  host.fileExists = (name) => files.has(name) || disk.fileExists(name);
  const program = ts.createProgram([...files.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe("the README", () => {
  test("has samples that compile", { timeout: 60_000 }, () => {
    expect(samples.length).toBeGreaterThan(4);
    expect(faultsOf(samples)).toEqual([]);
  });

  test("control: a sample that is wrong would be noticed", { timeout: 60_000 }, () => {
    expect(faultsOf(['import { open } from "waypost"; export const mail = open({ gatway: "x" });'])).toEqual([expect.stringContaining("gatway")]);
  });

  test("reads mail in ten lines", () => {
    expect(samples[0]?.trim().split("\n").filter((line) => line !== "" && !line.startsWith("import"))).toHaveLength(10);
  });

  test("has a page of errors with a section for each code", () => {
    const page = readFileSync(join(folder, "../../docs/ERRORS.md"), "utf8");
    const sections = [...page.matchAll(/^## ([a-z0-9-]+)$/gm)].map(([, code]) => code);
    expect(sections).toEqual(expect.arrayContaining([...faultCodes, "auth-failed", "server-refused", "store-full", "gateway-unreachable", "target-denied"]));
    expect(page.match(/^\*\*What to do\.\*\* [A-Z]/gm)?.length).toBeGreaterThanOrEqual(sections.length);
  });

  test("names every error of the package", () => {
    const table = [...readme.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
    expect(table).toEqual(expect.arrayContaining([...faultCodes]));
  });
});
