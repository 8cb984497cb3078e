// Checks on the tree itself: size of files, marks of unfinished work, links between pages, names of files and tests.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" }).split("\n").filter((file) => file && existsSync(file));
const faults = [];

const source = /\.(rs|ts|svelte|js|mjs|css|sh)$/;
for (const file of files.filter((name) => source.test(name))) {
  const text = readFileSync(file, "utf8");
  const lines = text.split("\n").length - 1;
  if (lines > 600) faults.push(`${file}: ${lines} lines; split it by concept, 600 is the limit (CONTRIBUTING.md)`);
  if (file === "scripts/check-tree.mjs") continue;
  // More than three X stand in the patterns of mktemp.
  for (const mark of [/TODO/, /FIXME/, /\bXXX\b/, /todo!\(/, /unimplemented!\(/]) {
    if (mark.test(text)) faults.push(`${file}: ${mark.source} stands in it; finish it or file an issue`);
  }
}

for (const file of files) {
  if (statSync(file).size > 1024 * 1024) faults.push(`${file}: larger than 1 MiB`);
}

for (const page of files.filter((name) => name.endsWith(".md"))) {
  for (const [, target] of readFileSync(page, "utf8").matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    if (!existsSync(join(dirname(page), target))) faults.push(`${page}: links to ${target}, which does not exist`);
  }
}

// Paths from the root of the tree, in pages and in comments. NAME and * stand for something; what a build makes is not looked for.
const folders = files.flatMap((file) => file.split("/").map((_, depth, parts) => parts.slice(0, depth).join("/")));
const known = new Set([...files, ...folders]);
const path = /(?<![\w./-])(?:crates|gateway|web|tests|scripts|docs)\/[\w./*-]*/g;
const unlookable = /\*|\b[A-Z]+\b(?!\.md)|^web\/client\/(wasm|dist)\b|^web\/app\/dist\b/;
const missing = (text) => [...text.matchAll(path)].map(([found]) => found.replace(/[/.]+$/, "")).filter((name) => !unlookable.test(name) && !known.has(name));
const quoted = (text) => [...text.replace(/^```.*?^```/gms, "").matchAll(/`([^`\n]+)`/g)].map(([, inner]) => inner);

for (const file of files.filter((name) => /\.(md|rs|ts|svelte|js|mjs)$/.test(name))) {
  const text = readFileSync(file, "utf8");
  const comments = () => text.split("\n").filter((line) => /^\s*(\/\/|\/?\*)|\s\/\/\s/.test(line));
  for (const line of file.endsWith(".md") ? quoted(text) : comments()) {
    for (const name of missing(line)) faults.push(`${file}: names ${name}, which does not exist`);
  }
}

// Rows of these pages end in a file and a test; what is not done has none.
const functions = new Set(files.filter((name) => name.endsWith(".rs")).flatMap((file) => readFileSync(file, "utf8").match(/(?<=\bfn )\w+/g) ?? []));
for (const page of ["docs/SPEC.md", "docs/QUIRKS.md"]) {
  for (const row of readFileSync(page, "utf8").split("\n").filter((line) => /^\| (?!RFC|Server)/.test(line))) {
    if (!/\| not yet \|/.test(row) && !/`[^`]+`[^|]*\|[^|]*`[^`]+`[^|]*\|$/.test(row)) faults.push(`${page}: a row without file or test: ${row}`);
    const tests = quoted(row).filter((name) => /^[a-z0-9]+(_[a-z0-9]+)+$/.test(name));
    for (const name of tests.filter((test) => !functions.has(test))) faults.push(`${page}: names the test ${name}, which does not exist`);
  }
}

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
