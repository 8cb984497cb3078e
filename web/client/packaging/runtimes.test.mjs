/** Programs outside of browsers: Node, Deno and Bun; and what a server that renders pages does, which is to import. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ModuleKind, ScriptTarget, transpileModule } from "typescript";
import { describe, expect, test } from "vitest";
import { consumer, entries, outcomes } from "./consumers.mjs";
import { command, node, nodes, run, unpacked } from "./places.mjs";

const versions = [...nodes()];
const readme = readFileSync(join(unpacked, "README.md"), "utf8");

/** Each runs a script of a folder. */
const runtimes = {
  ...Object.fromEntries(
    versions.flatMap(([version, program]) => [
      [`Node ${version}, as a module`, (folder) => run(program, [join(folder, "main.js")], folder)],
      [`Node ${version}, from CommonJS`, (folder) => run(program, [join(folder, "common.cjs")], folder)],
    ]),
  ),
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

describe.each(versions)("Node %s", (version, program) => {
  const [major] = version.split(".").map(Number);
  const folder = () => consumer("socket", "program", `node${major}`);

  test("is the one that it is called", async () => {
    expect((await run(program, ["--version"])).trim()).toBe(`v${version}`);
  });

  test.each(["main.js", "common.cjs"])("uses waypost/node, from %s", async (script) => {
    const place = folder();
    expect((await run(program, [join(place, script)], place)).trim()).toBe(outcomes.socket);
  });

  test("runs the README's example for Node", async () => {
    const [, example] = /<!-- example: new-mail -->\n```ts\n(.*?)```/s.exec(readme);
    const place = folder();
    // As it stands where the runtime knows its syntax.
    const file = join(place, major < 24 ? "new-mail.js" : "new-mail.ts");
    const older = { target: ScriptTarget.ES2022, module: ModuleKind.ESNext };
    writeFileSync(file, major < 24 ? transpileModule(example, { compilerOptions: older }).outputText : example);
    expect((await run(program, [join(place, "example.js"), file], place)).trim()).toBe("Waiting for mail.\nkim@mail.example: News");
  });
});

test("the README names the versions of Node that are tried: the oldest by CI, the others here", () => {
  const { optionalDependencies } = JSON.parse(readFileSync(join(import.meta.dirname, "package.json"), "utf8"));
  const [, named] = /^\| Node 20\.19 and newer \(tried: ([\d, and]+)\)/m.exec(readme);
  expect(named.match(/\d+/g)).toEqual(["20", ...Object.keys(optionalDependencies).map((name) => name.replace("node", ""))]);
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
