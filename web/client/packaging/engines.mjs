/** The browsers that pages are opened in. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../../tests/browser/harness/child.ts";
import { startChromium, startFirefox, startWebKit } from "../../../tests/browser/harness/engine.ts";
import { firefoxProgram, webkitPrograms } from "../../../tests/browser/harness/programs.ts";

const engines = [
  { name: "Chromium", packages: "chromium", start: (profile) => startChromium(profile) },
  {
    name: "Firefox",
    packages: "firefox-esr",
    start: (profile) => {
      const program = firefoxProgram();
      return program && startFirefox(program, profile);
    },
  },
  {
    name: "WebKitGTK",
    packages: "webkit2gtk-driver xvfb xauth",
    start: () => {
      const programs = webkitPrograms();
      return programs && startWebKit(programs);
    },
  },
];

/** Starts an engine with a profile of its own; undefined where it is not installed, which is said. */
async function begin({ name, packages, start }) {
  const profile = mkdtempSync(join(tmpdir(), "waypost-package-"));
  // A browser's last process may still write when it has said that it ended.
  const forget = () => rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  const engine = await start(profile);
  if (engine !== undefined) return { engine, end: () => engine.close().finally(forget) };
  forget();
  const sentence = `not installed: ${name} (install it: apt-get install ${packages})`;
  if (process.env.REQUIRE_BROWSERS === "1") throw new Error(sentence);
  console.log(sentence);
  return undefined;
}

/** All engines that are installed, until `stop`. */
export async function startEngines() {
  const begun = await Promise.all(engines.map(begin));
  const running = begun.filter((one) => one !== undefined);
  return {
    /** What the page of an address says in `globalThis.outcome` when it has come to its end, in each engine. */
    async outcomesOf(url, milliseconds = 90_000) {
      const found = {};
      for (const { engine } of running) {
        await engine.goto(url);
        const outcome = async () => (await engine.run("return globalThis.outcome ?? null;")) ?? undefined;
        found[engine.name] = await until(`${url} to come to its end in ${engine.name}`, outcome, milliseconds);
      }
      return found;
    },
    /** The same from each of them. */
    all: (outcome) => Object.fromEntries(running.map(({ engine }) => [engine.name, outcome])),
    stop: () => Promise.all(running.map(({ end }) => end())),
  };
}
