/** The workflow that publishes: it can't run here, but what it rests on can be looked at. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { source, tarball, target } from "./places.mjs";

const root = join(source, "../..");
const workflow = parse(readFileSync(join(root, ".github/workflows/publish.yml"), "utf8"), { strict: true, uniqueKeys: true });
const { npm: job } = workflow.jobs;
const commands = job.steps.flatMap(({ run }) => run?.split("\n") ?? []);

test("runs for releases only, and nobody but the publishing job may do anything", () => {
  expect(workflow.on).toEqual({ release: { types: ["published"] } });
  expect(workflow.permissions).toEqual({});
  expect(Object.keys(workflow.jobs)).toEqual(["npm"]);
  expect(job.permissions).toEqual({ contents: "read", "id-token": "write" });
});

test("knows no secret, and hands the repository's token to no later step", () => {
  expect(JSON.stringify(workflow)).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
  expect(job.steps[0].with).toEqual({ "persist-credentials": false });
});

test("takes others' actions by their commits, which nobody can move", () => {
  const used = job.steps.flatMap(({ uses }) => uses ?? []);
  expect(used.map((name) => name.split("@")[0])).toEqual(["actions/checkout", "actions/setup-node"]);
  for (const name of used) expect(name).toMatch(/@[0-9a-f]{40}$/);
});

test("publishes only what the tag names, and once", () => {
  const tag = job.steps.findIndex(({ run }) => run === `test "v$(node --print 'JSON.parse(fs.readFileSync("web/client/package.json")).version')" = "$GITHUB_REF_NAME"`);
  const [publishing, ...others] = job.steps.flatMap(({ run = "" }, index) => (/\bnpm (publish|pub)\b/.test(run) ? [index] : []));
  expect([others, publishing]).toEqual([[], job.steps.length - 1]);
  expect(tag).toBeGreaterThan(0);
  expect(tag).toBeLessThan(publishing);
});

test("every make target that it names is there", () => {
  const targets = commands.flatMap((line) => (/^make (.*)/.exec(line)?.[1] ?? "").split(" ").filter(Boolean));
  expect(targets).toContain("package");
  const makefile = readFileSync(join(root, "Makefile"), "utf8");
  for (const name of targets) expect(makefile, name).toMatch(new RegExp(`^${name}:`, "m"));
});

test("publishes the tarball of these tests, with provenance, after them", () => {
  const last = commands.filter(Boolean).at(-1);
  expect(last).toBe("npm publish ./target/package/waypost-*.tgz --provenance --access public");
  expect(tarball().slice(target.length + 1)).toMatch(/^waypost-[\d.]+\.tgz$/);
  expect(target).toBe(join(root, "target/package"));
});

test("the package names the repository that provenance will name", () => {
  const { repository } = JSON.parse(readFileSync(join(source, "package.json"), "utf8"));
  const [, workspace] = /^repository = "(.*)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"));
  expect(repository).toEqual({ type: "git", url: `git+${workspace}.git`, directory: "web/client" });
});

test("the compiler is the one that the repository names", () => {
  const [, channel] = /channel = "(\d+\.\d+)/.exec(readFileSync(join(root, "rust-toolchain.toml"), "utf8"));
  expect(job.container).toBe(`rust:${channel}-bookworm`);
});
