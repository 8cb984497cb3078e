/** What the README says holds: its samples compile, its tables are complete. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { faultCodes } from "../src/engine-faults.js";

const folder = join(import.meta.dirname, "..");
const readme = readFileSync(join(folder, "README.md"), "utf8");
const samples = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, text]) => text ?? "");
const examples = join(folder, "examples");

/** Compiles texts as a user's strict project would, and gives what the compiler has to say. */
function faultsOf(texts: readonly string[]): string[] {
  const files = new Map(texts.map((text, index) => [join(examples, `sample-${index}.ts`), text]));
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts", "lib.dom.asynciterable.d.ts"],
    // The examples for Node use its globals.
    types: ["node"],
    typeRoots: [join(folder, "../node_modules/@types")],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
    skipLibCheck: true,
    paths: { waypost: [join(folder, "src/index.ts")], "waypost/*": [join(folder, "src/*.ts")] },
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
    const body = /Promise<void> \{\n(.*?)\n\}/s.exec(samples[0] ?? "")?.[1] ?? "";
    expect(body).toContain("mail.list(");
    expect(body.split("\n").length).toBeLessThanOrEqual(10);
  });

  test("shows every example as it is run", () => {
    const files = readdirSync(examples).filter((file) => file.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(5);
    for (const file of files) expect(samples, file).toContain(readFileSync(join(examples, file), "utf8"));
  });

  test("has a page of errors with a section for each code", () => {
    const page = readFileSync(join(folder, "../../docs/ERRORS.md"), "utf8");
    const sections = [...page.matchAll(/^## ([a-z0-9-]+)$/gm)].map(([, code]) => code);
    expect(sections).toEqual(expect.arrayContaining([...faultCodes, "auth-failed", "server-refused", "store-full", "gateway-unreachable", "target-denied"]));
    expect(page.match(/^\*\*What to do\.\*\* [A-Z]/gm)?.length).toBeGreaterThanOrEqual(sections.length);
  });

  test("names no error that there is not", () => {
    const known = readFileSync(join(folder, "src/codes.generated.ts"), "utf8");
    const [, errors = ""] = /^## Errors\n(.*?)^## /ms.exec(readme) ?? [];
    const named = [...errors.replaceAll(/```.*?```/gs, "").matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, code]) => code);
    expect(named.length).toBeGreaterThan(15);
    for (const code of named) expect(known).toContain(`  | "${code ?? ""}"`);
  });

  test("names every error of the package", () => {
    const table = [...readme.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
    expect(table).toEqual(expect.arrayContaining([...faultCodes]));
  });
});
