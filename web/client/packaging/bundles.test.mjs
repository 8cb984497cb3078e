/** Each bundler, without a configuration, makes something of the package that runs in every browser. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundlers, scriptsOf } from "./bundlers.mjs";
import { consumer, outcomes } from "./consumers.mjs";
import { startEngines } from "./engines.mjs";
import { list, project } from "./places.mjs";
import { serve } from "./server.mjs";

/** What a bundle holds beside scripts: the engine's Worker, its broker and one module, or one module, or nothing. */
const modules = { engine: "waypost", inline: undefined, imap: "imap", pop3: "pop3", clients: "clients" };

/** Bundler, entry, where it is imported. */
const builds = [
  ["vite", "engine", "page"],
  ["vite", "engine", "worker"],
  ["vite", "inline", "page"],
  ["vite", "imap", "page"],
  ["vite", "pop3", "worker"],
  ["vite", "clients", "page"],
  ["webpack", "engine", "page"],
  ["webpack", "engine", "worker"],
  ["webpack", "imap", "worker"],
  ["webpack", "pop3", "page"],
  ["webpack", "clients", "page"],
  ["esbuild", "inline", "page"],
  ["rollup", "inline", "page"],
  ["parcel", "engine", "page"],
  ["parcel", "imap", "page"],
  ["parcel", "pop3", "worker"],
];

let engines;

beforeAll(async () => {
  engines = await startEngines();
});

afterAll(() => engines?.stop());

describe.each(builds)("%s, %s in a %s", (bundler, entry, host) => {
  const output = join(project, "built", `${bundler}-${entry}-${host}`);

  test("builds, with one module and no other", async () => {
    await bundlers[bundler](consumer(entry, host, bundler), output);
    const files = list(output);
    const found = files.filter((name) => name.endsWith(".wasm"));
    expect(found, files.join(", ")).toHaveLength(modules[entry] === undefined ? 0 : 1);
    // webpack names files by their hash alone.
    const scripts = scriptsOf(output, files);
    for (const name of found) expect(scripts, `no script names ${name}`).toContain(name.split("/").at(-1));
  });

  test("runs in each browser", async () => {
    expect(existsSync(output)).toBe(true);
    const site = await serve(output);
    try {
      expect(await engines.outcomesOf(`${site.origin}/`)).toEqual(engines.all(outcomes[entry]));
    } finally {
      await site.close();
    }
  });
});

describe.each(["page", "worker"])("Vite's development server, in a %s", (host) => {
  test.each(["engine", "imap"])("serves %s", async (entry) => {
    const folder = consumer(entry, host, "vite-dev");
    const server = await createServer({ configFile: false, root: folder, logLevel: "error", cacheDir: join(folder, ".vite"), server: { host: "127.0.0.1", port: 0, strictPort: false } });
    await server.listen();
    try {
      expect(await engines.outcomesOf(server.resolvedUrls.local[0])).toEqual(engines.all(outcomes[entry]));
    } finally {
      await server.close();
    }
  });
});
