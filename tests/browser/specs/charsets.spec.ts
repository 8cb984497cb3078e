/** Legacy charsets are decoded by the browser: each character of each of them as the same code reads it natively, with tables of its own. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { freshProfile } from "../harness/chromium.ts";
import { type Engine, startChromium, startFirefox, startWebKit } from "../harness/engine.ts";
import { ProbeServer } from "../harness/probe.ts";
import { firefoxProgram, root, webkitPrograms } from "../harness/programs.ts";

interface Example {
  readonly name: string;
  readonly raw: string;
  readonly text: string;
}

const engines: Readonly<Record<string, (folder: string) => Promise<Engine> | undefined>> = {
  Chromium: (folder) => startChromium(freshProfile(folder)),
  Firefox: (folder) => {
    const program = firefoxProgram();
    return program === undefined ? undefined : startFirefox(program, freshProfile(folder));
  },
  WebKitGTK: () => {
    const programs = webkitPrograms();
    return programs && startWebKit(programs);
  },
};

/** What an engine can't do. Big5 has four characters that are two code points each, of which Chromium makes halves of pairs (8862, 8864, 88A3, 88A5). */
const lacks: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Chromium: { big5: ["1506: fffd instead of ca 304", "1508: fffd instead of ca 30c", "1571: b3 fffd instead of ea 304", "1573: b3 fffd instead of ea 30c"] },
};

/** What differs, as words of the text with their code points; the message parts its characters by spaces. */
function differences(shown: string, expected: string): readonly string[] {
  const [left, right] = [shown.split(/[ \n]/), expected.split(/[ \n]/)];
  const points = (word = ""): string => [...word].map((letter) => letter.codePointAt(0)?.toString(16)).join(" ");
  const odd = [...Array(Math.max(left.length, right.length)).keys()].filter((at) => left[at] !== right[at]);
  return odd.slice(0, 40).map((at) => `${at}: ${points(left[at])} instead of ${points(right[at])}`);
}

for (const [name, start] of Object.entries(engines)) {
  test(`${name} decodes every character of every charset as it is decoded natively`, async () => {
    test.setTimeout(600_000);
    const server = await ProbeServer.start();
    const folder = mkdtempSync(join(tmpdir(), "waypost-charsets-"));
    const engine = await start(folder);
    try {
      test.skip(engine === undefined && process.env["REQUIRE_BROWSERS"] !== "1", `not installed: ${name}`);
      if (engine === undefined) throw new Error(`not installed: ${name}`);
      const charsets = ["run", "--locked", "--quiet", "-p", "waypost-testkit", "--example", "charsets"];
      const lines = execFileSync("cargo", charsets, { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 }).trim().split("\n");
      expect(lines.length).toBe(37);
      await engine.goto(server.origin);
      await engine.run(`return import("/waypost.js").then(async (core) => { await core.default({ module_or_path: "/waypost.wasm" }); globalThis.core = core; return true; });`);
      for (const line of lines) {
        const { name: charset, raw, text } = JSON.parse(line) as Example;
        const shown = await engine.run(`return globalThis.core.StoreProbe.shown(Uint8Array.from(atob(arguments[0]), (letter) => letter.charCodeAt(0)))[0].text;`, raw);
        expect.soft(differences(shown as string, text), charset).toEqual(lacks[name]?.[charset] ?? []);
      }
    } finally {
      await engine?.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
