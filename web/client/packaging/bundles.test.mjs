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

/** Bundler, entry, where it is imported, how many .wasm files come of it, and what the bundler must be told. */
const builds = [
  ["vite", "engine", "page", 1],
  ["vite", "engine", "worker", 1],
  ["vite", "inline", "page", 0],
  ["vite", "imap", "page", 1],
  ["vite", "pop3", "worker", 1],
  ["vite", "pop3", "shared-worker", 1],
  ["vite", "clients", "page", 1],
  ["webpack", "engine", "page", 1],
  ["webpack", "engine", "worker", 1],
  ["webpack", "imap", "worker", 1],
  ["webpack", "pop3", "page", 1],
  ["webpack", "clients", "page", 1],
  ["esbuild", "inline", "page", 0],
  ["esbuild", "pop3-loader", "page", 1, "--loader:.wasm=file"],
  ["esbuild", "imap-loader", "page", 0, "--loader:.wasm=binary"],
  ["rollup", "inline", "page", 0],
  ["rollup", "pop3-copied", "page", 1, "wasm/pop3.wasm"],
  ["parcel", "engine", "page", 1],
  ["parcel", "imap", "page", 1],
  ["parcel", "pop3", "worker", 1],
];

let engines;

beforeAll(async () => {
  engines = await startEngines();
});

afterAll(() => engines?.stop());

describe.each(builds)("%s, %s in a %s", (bundler, entry, host, count, ...told) => {
  const output = join(project, "built", `${bundler}-${entry}-${host}`);

  test(`makes ${count} .wasm of it`, async () => {
    await bundlers[bundler](consumer(entry, host, bundler), output, ...told);
    const files = list(output);
    const found = files.filter((name) => name.endsWith(".wasm"));
    expect(found, files.join(", ")).toHaveLength(count);
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

test.each(["vite", "webpack", "esbuild", "rollup"])("%s shakes off what is not used", async (bundler) => {
  const output = join(project, "built", `${bundler}-little`);
  await bundlers[bundler](consumer("little", "page", bundler), output);
  const files = list(output);
  // Vite carries along every file that a module names, before it knows what of the module is used.
  if (bundler !== "vite") expect(files.filter((name) => name.endsWith(".wasm"))).toEqual([]);
  const scripts = scriptsOf(output, files.filter((name) => !/(worker|broker)-/.test(name)));
  expect(scripts.length).toBeLessThan(12_000);
  expect(scripts, "control: what is used is there").toContain("blame");
  for (const unused of ["createPolicy", "new SharedWorker", "new WebSocket", "initSync", "compileStreaming", ".wasm"]) expect(scripts).not.toContain(unused);
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
