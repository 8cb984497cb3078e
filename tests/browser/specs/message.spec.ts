/** The wasm core reads mail as the same code does on the machine that tests it: 32 bits here, 64 there. Needs no page. */
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@playwright/test";
import { root } from "../harness/programs.ts";

interface Core {
  default(init: { readonly module_or_path: Uint8Array }): Promise<unknown>;
  readonly StoreProbe: { shown(octets: Uint8Array): unknown };
}

// eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
test("every sample message is shown by the wasm core as it is natively", async ({}, info) => {
  test.setTimeout(600_000);
  execFileSync(join(root, "scripts/wasm.sh"), ["--probe"], { stdio: ["ignore", "inherit", "inherit"] });
  const folder = join(root, "target/wasm/probe");
  // The folder has no package.json that says that it holds modules; the name says it.
  const module = info.outputPath("waypost.mjs");
  copyFileSync(join(folder, "waypost.js"), module);
  const core = (await import(pathToFileURL(module).href)) as Core;
  await core.default({ module_or_path: readFileSync(join(folder, "waypost.wasm")) });
  const views = ["run", "--locked", "--quiet", "-p", "waypost-testkit", "--example", "views"];
  const lines = execFileSync("cargo", views, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 }).trim().split("\n");
  expect(lines.length).toBeGreaterThan(150);
  for (const line of lines) {
    const { raw, shown } = JSON.parse(line) as { readonly raw: string; readonly shown: readonly [{ readonly subject: string }, string, string] };
    expect.soft(core.StoreProbe.shown(Buffer.from(raw, "base64")), shown[0].subject).toEqual(shown);
  }
});
