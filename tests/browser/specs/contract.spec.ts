/** The contract of the store, claim by claim in three engines, because each loses data in its own way. */
import { test as base } from "@playwright/test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../harness/child.ts";
import { freshProfile } from "../harness/chromium.ts";
import { type Engine, startChromium, startFirefox, startWebKit } from "../harness/engine.ts";
import { ProbeServer } from "../harness/probe.ts";
import { firefoxProgram, root, webkitPrograms } from "../harness/programs.ts";

const LISTED = "records are listed from the end by the browser itself";

interface Kind {
  readonly name: string;
  readonly packages: string;
  /** Claims that do not hold in it, each with the reason. They are held to fail: when one holds, it is to leave this list. */
  readonly lacks: Readonly<Record<string, string>>;
  readonly start: (folder: string) => Promise<Engine> | undefined;
}

const kinds: readonly Kind[] = [
  { name: "Chromium", packages: "chromium", lacks: {}, start: (folder) => startChromium(freshProfile(folder)) },
  {
    name: "Firefox",
    packages: "firefox-esr",
    lacks: {},
    start: (folder) => {
      const program = firefoxProgram();
      return program === undefined ? undefined : startFirefox(program, freshProfile(folder));
    },
  },
  {
    name: "WebKitGTK",
    packages: "webkit2gtk-driver xvfb xauth",
    lacks: { [LISTED]: "it has no getAllRecords; the store leaps with a key cursor" },
    start: () => {
      const programs = webkitPrograms();
      return programs && startWebKit(programs);
    },
  },
];

const test = base.extend<object, { readonly server: ProbeServer }>({
  server: [
    // eslint-disable-next-line no-empty-pattern -- Playwright wants the pattern
    async ({}, use) => {
      const server = await ProbeServer.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 600_000 },
  ],
});

/** The names of the claims, read from the module that the pages run. */
const text = readFileSync(join(root, "tests/browser/harness/contract.mjs"), "utf8");
const named = (part: string): readonly string[] => [...part.matchAll(/^ {2}"(.+)": async \(/gm)].map(([, name]) => name ?? "");
const [unbounded = "", small = ""] = text.split("export const bounded");
const claims = named(unbounded);

/** Runs a claim in a page of its own: undefined if it holds, or what it threw. */
async function outcome(engine: Engine, origin: string, claim: string, profile: string, set = "claims"): Promise<string | undefined> {
  await engine.goto(origin);
  await engine.run(
    `const [claim, profile, set] = arguments;
     globalThis.outcome = null;
     import("/contract.mjs").then((contract) => contract[set][claim](profile)).then(
       () => { globalThis.outcome = "held"; },
       (error) => { globalThis.outcome = String(error); });`,
    claim,
    profile,
    set,
  );
  const seen = await until(`"${claim}" to end`, async () => ((await engine.run("return globalThis.outcome;")) as string | null) ?? undefined, 60_000);
  return seen === "held" ? undefined : seen;
}

/** Says that an engine is not here; where it must be, that is a failure. */
function skip(name: string, packages: string): void {
  const sentence = `not installed: ${name} (install it: apt-get install ${packages})`;
  if (process.env["REQUIRE_BROWSERS"] === "1") throw new Error(sentence);
  test.skip(true, sentence);
}

for (const { name, packages, lacks, start } of kinds) {
  test.describe(name, () => {
    let engine: Engine | undefined;
    let folder = "";

    test.beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "waypost-store-"));
      engine = await start(folder);
    });

    test.afterAll(async () => {
      await engine?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const [index, claim] of claims.entries()) {
      const why = lacks[claim];
      test(why === undefined ? claim : `does not hold, for ${why}: ${claim}`, async ({ server }) => {
        if (engine === undefined) {
          skip(name, packages);
          return;
        }
        const failure = await outcome(engine, server.origin, claim, `claim-${index}`);
        if (why === undefined && failure !== undefined) throw new Error(failure);
        if (why !== undefined && failure === undefined) throw new Error(`${name} can do it now; take it from the list.`);
      });
    }
  });
}

/** Chromium's quota is set in store.spec.ts; WebKitGTK's can't be set from outside. */
for (const claim of named(small)) {
  test(`Firefox with a quota of 10 MiB: ${claim}`, async ({ server }) => {
    const program = firefoxProgram();
    if (program === undefined) {
      skip("Firefox", "firefox-esr");
      return;
    }
    const folder = mkdtempSync(join(tmpdir(), "waypost-store-"));
    const engine = await startFirefox(program, freshProfile(folder), { "dom.quotaManager.temporaryStorage.fixedLimit": 20_480 });
    try {
      const failure = await outcome(engine, server.origin, claim, "bounded", "bounded");
      if (failure !== undefined) throw new Error(failure);
    } finally {
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
