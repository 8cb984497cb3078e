// Writes the pages in markdown that TypeDoc takes: those of pages/ with the files that they name, the examples, pages of docs/.
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const here = import.meta.dirname;
const root = join(here, "../..");
const repository = "https://github.com/waypost/waypost/blob/main/";
const read = (path) => readFileSync(join(root, path), "utf8");

/** Pages that the repository has already, and their titles here. */
const taken = { "docs/ERRORS.md": "Errors", "docs/GATEWAY.md": "Hosting the gateway" };

/** The examples: every file of their folder that exports one. */
export const exampleNames = readdirSync(join(root, "web/client/examples"))
  .filter((file) => file.endsWith(".ts") && read(`web/client/examples/${file}`).includes("export async function example("))
  .map((file) => file.slice(0, -3));

/** Writes all pages into a folder, and gives those that stand at the top of the navigation, in its order. */
export function writePages(folder) {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(here, "pages"), folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    writeFileSync(file, withHeading(withFiles(readFileSync(file, "utf8"))));
  }
  for (const [path, title] of Object.entries(taken)) writeFileSync(join(folder, pageOf(path)), takenPage(path, title));
  for (const name of exampleNames) writeFileSync(join(folder, `example-${name}.md`), examplePage(name));
  const examples = exampleNames.map((name) => `  - example-${name}.md\n`).join("");
  writeFileSync(join(folder, "examples.md"), readFileSync(join(folder, "examples.md"), "utf8").replace("children:\n", `children:\n${examples}`));
  return ["guide.md", "examples.md", "recipes.md", "moving.md", "errors.md"].map((name) => join(folder, name));
}

/** The name of a page that is taken from docs/. */
function pageOf(path) {
  return `${path.slice("docs/".length, -3).toLowerCase()}.md`;
}

/** Puts each file that is named by a line `<!-- file: PATH -->` in its place, as code. */
function withFiles(text) {
  return text.replace(/^<!-- file: (\S+\.(\w+)) -->$/gm, (_, path, language) => fence(read(path), language));
}

/** TypeDoc shows no title above a page. */
function withHeading(text) {
  return text.replace(/^---\ntitle: (.*)\n[\s\S]*?^---\n/m, "$&# $1\n\n");
}

function fence(code, language) {
  return `\`\`\`${language === "svelte" ? "html" : language}\n${code.trimEnd()}\n\`\`\``;
}

/** A page of docs/: what it links to in the repository is linked to there. */
function takenPage(path, title) {
  const text = read(path).replace(/\]\(([^)#\s]*)(#[^)\s]*)?\)/g, (link, target, anchor = "") => {
    if (target === "" || /^[a-z]+:/.test(target)) return link;
    const found = normalize(join(dirname(path), target));
    return found in taken ? `](${pageOf(found)}${anchor})` : `](${repository}${found}${anchor})`;
  });
  return withHeading(`---\ntitle: ${title}\n---\n${text.replace(/^# .*\n/, "")}`);
}

/** What an example is for stands above it in its file; a page that runs in Node only says so. */
function examplePage(name) {
  const source = read(`web/client/examples/${name}.ts`);
  const [, words = ""] = /^\/\*\*\s*([\s\S]*?)\s*\*\//.exec(source) ?? [];
  const title = `${name[0].toUpperCase()}${name.slice(1).replaceAll("-", " ")}`;
  const place = runsInBrowser(source) ? `<div data-example="${name}"></div>` : "This one runs in Node only.";
  return withHeading(`---\ntitle: ${title}\n---\n${words.replace(/^\s*\* ?/gm, "")}\n\n${fence(source.replace(/^\/\*\*[\s\S]*?\*\/\n/, ""), "ts")}\n\n${place}\n`);
}

function runsInBrowser(source) {
  return !/from "(?:waypost\/node|node:[^"]*)"/.test(source);
}
