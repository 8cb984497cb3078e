/** The wasm core reads mail as the same code does on the machine that tests it: 32 bits here, 64 there, and charsets by Chromium. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { freshProfile } from "../harness/chromium.ts";
import { startChromium } from "../harness/engine.ts";
import { ProbeServer } from "../harness/probe.ts";
import { root } from "../harness/programs.ts";

test("every sample message is shown by the wasm core as it is natively", async () => {
  test.setTimeout(600_000);
  const server = await ProbeServer.start();
  const folder = mkdtempSync(join(tmpdir(), "waypost-messages-"));
  const engine = await startChromium(freshProfile(folder));
  try {
    const views = ["run", "--locked", "--quiet", "-p", "waypost-testkit", "--example", "views"];
    const lines = execFileSync("cargo", views, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 }).trim().split("\n");
    expect(lines.length).toBeGreaterThan(150);
    await engine.goto(server.origin);
    await engine.run(`return import("/waypost.js").then(async (core) => { await core.default({ module_or_path: "/waypost.wasm" }); globalThis.core = core; return true; });`);
    for (const line of lines) {
      const { raw, shown } = JSON.parse(line) as { readonly raw: string; readonly shown: readonly [{ readonly subject: string }, string, string] };
      const here = await engine.run(`return globalThis.core.StoreProbe.shown(Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0)));`, raw);
      expect.soft(here, shown[0].subject).toEqual(shown);
    }
  } finally {
    await engine.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
