// The README shows the examples as they are run.
//   node examples.mjs --write   puts them in
//   node examples.mjs           fails where one differs or is missing
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const readme = join(import.meta.dirname, "README.md");
const folder = join(import.meta.dirname, "examples");

const marked = /<!-- example: ([\w-]+) -->\n(?:```ts\n[^]*?```\n)?/g;
const names = readdirSync(folder).flatMap((file) => (file.endsWith(".ts") ? [file.slice(0, -3)] : []));
const before = readFileSync(readme, "utf8");
const shown = new Set();
const after = before.replace(marked, (_, name) => {
  shown.add(name);
  const body = names.includes(name) ? `\`\`\`ts\n${readFileSync(join(folder, `${name}.ts`), "utf8")}\`\`\`\n` : "";
  return `<!-- example: ${name} -->\n${body}`;
});
const missing = names.filter((name) => !shown.has(name));
if (missing.length > 0) {
  console.error(`README.md has no place for ${missing.join(", ")}: write <!-- example: NAME --> where it belongs.`);
  process.exit(1);
}
if (process.argv.includes("--write")) writeFileSync(readme, after);
else if (before !== after) {
  console.error("README.md shows other examples than examples/ holds. Run: node web/client/examples.mjs --write");
  process.exit(1);
}
