/** Programs outside of browsers: Node, Deno and Bun; and what a server that renders pages does, which is to import. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { consumer, entries, outcomes } from "./consumers.mjs";
import { command, node, run } from "./places.mjs";

/** Each runs a script of a folder. */
const runtimes = {
  "Node, as a module": (folder) => node(join(folder, "main.js"), [], folder),
  "Node, from CommonJS": (folder) => node(join(folder, "common.cjs"), [], folder),
  Deno: (folder) => node(command("packaging", "deno"), ["run", "--allow-all", "--node-modules-dir=manual", "--no-lock", join(folder, "main.js")], folder, { DENO_NO_UPDATE_CHECK: "1" }),
  Bun: (folder) => run(command("packaging", "bun"), [join(folder, "main.js")], folder),
};

describe.each(Object.keys(runtimes))("%s", (name) => {
  test.each(["memory", "imap", "pop3", "clients"])("uses %s", async (probe) => {
    expect((await runtimes[name](consumer(probe, "program", "program"))).trim()).toBe(outcomes[probe]);
  });

  test("is told that waypost/inline is for browsers", async () => {
    const said = await runtimes[name](consumer("inline", "program", "program"));
    expect(said).toMatch(/^unsupported: This browser lacks what Waypost needs: .*indexedDB/);
  });
});

test("importing every entry touches nothing that only a browser has", async () => {
  const names = [...entries().keys()];
  expect(names).toContain("waypost");
  const folder = consumer("engine", "program", "server");
  expect(JSON.parse(await node(join(folder, "imports.js"), names, folder))).toEqual({ imported: names.length, touched: [] });
});

test("control: touching would be noticed", async () => {
  const folder = consumer("engine", "program", "server");
  expect(existsSync(join(folder, "main.js"))).toBe(true);
  expect(JSON.parse(await node(join(folder, "imports.js"), ["./touching.js"], folder)).touched).toEqual(["location"]);
});
