// Checks on the tree itself: size of files, marks of unfinished work, links between pages.
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
  for (const mark of ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("]) {
    if (text.includes(mark)) faults.push(`${file}: ${mark} stands in it; finish it or file an issue`);
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

if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
