/** The tarball itself: what is in it, and what linters say of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { consumer } from "./consumers.mjs";
import { command, list, node, source, tarball, target, unpacked } from "./places.mjs";

test("publint finds no fault", async () => {
  expect(await node(command("web", "publint"), ["run", "--strict", tarball()], target)).toContain("All good!");
});

test("types resolve for ESM users, at every entry", async () => {
  await node(command("web", "@arethetypeswrong/cli", "attw"), [tarball(), "--profile", "esm-only"], target);
});

test.each([
  ["a bundler", ["--module", "ESNext", "--moduleResolution", "Bundler"]],
  ["Node", ["--module", "NodeNext", "--moduleResolution", "NodeNext"]],
])("a strict project without other libraries compiles against it, as for %s", async (_, options) => {
  const folder = consumer("engine", "types", "types");
  await node(command("web", "typescript", "tsc"), ["-p", ".", ...options], folder);
});

test("it holds what is listed in tarball.txt and nothing else", async () => {
  await expect(`${list(unpacked).join("\n")}\n`).toMatchFileSnapshot("tarball.txt");
});

test("each module lies in it once", () => {
  const modules = list(unpacked).filter((name) => name.endsWith(".wasm"));
  expect(modules.map((name) => name.split("/").at(-1)).sort()).toEqual(["clients.wasm", "imap.wasm", "pop3.wasm", "waypost.wasm"]);
  const texts = modules.map((name) => readFileSync(join(unpacked, name)).toString("base64"));
  expect(new Set(texts).size).toBe(modules.length);
});

test("every file that it names is in it", () => {
  const manifest = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
  const files = list(unpacked);
  const named = JSON.stringify(manifest.exports).match(/"\.\/(?:dist|wasm)\/[^"]+"/g) ?? [];
  expect(named.length).toBeGreaterThan(4);
  for (const name of named) expect(files).toContain(JSON.parse(name).slice(2));
});

test("it says what npm and bundlers want to know", () => {
  const manifest = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
  expect(manifest).toMatchObject({ type: "module", sideEffects: false, license: "MIT OR Apache-2.0", engines: { node: ">=20.19" } });
  expect(manifest.dependencies ?? {}, "it brings nothing along").toEqual({});
  for (const script of ["preinstall", "install", "postinstall"]) expect(manifest.scripts, "nothing runs when it is installed").not.toHaveProperty(script);
  for (const name of ["CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]) {
    expect(readFileSync(join(unpacked, name), "utf8"), name).toBe(readFileSync(join(source, "../..", name), "utf8"));
  }
});

test("no file of it names a folder of the machine that built it", () => {
  const root = join(source, "../..");
  for (const name of list(unpacked)) expect(readFileSync(join(unpacked, name)).includes(root), name).toBe(false);
});
