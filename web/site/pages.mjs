// Writes the pages in markdown that TypeDoc takes: those of pages/ with the files that they name, the examples, pages of docs/.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const here = import.meta.dirname;
const root = join(here, "../..");
const repository = "https://github.com/waypost/waypost/blob/main/";
/** Where the pages of the site's own stand. */
const own = "web/site/pages/";
const read = (path) => readFileSync(join(root, path), "utf8");

/** Pages that the repository has already, and their titles here. */
const taken = { "docs/ERRORS.md": "Errors", "docs/GATEWAY.md": "Hosting the gateway" };

/** The examples, in the order of the README: every file of their folder that exports one. */
export const exampleNames = inOrder(
  readdirSync(join(root, "web/client/examples"))
    .filter((file) => file.endsWith(".ts") && read(`web/client/examples/${file}`).includes("export async function example("))
    .map((file) => file.slice(0, -3)),
);

function inOrder(names) {
  const readme = read("web/client/README.md");
  const place = (name) => readme.indexOf(`<!-- example: ${name} -->`);
  return names.sort((one, other) => place(one) - place(other));
}

/** Writes all pages into a folder, and gives those that stand at the top of the navigation, in its order. */
export function writePages(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (name, text) => writeFileSync(join(folder, name), text);
  for (const name of readdirSync(join(here, "pages"))) write(name, page(`${own}${name}`, read(`${own}${name}`)));
  for (const [path, title] of Object.entries(taken)) write(pageOf(path), page(path, `---\ntitle: ${title}\n---\n${read(path).replace(/^# .*\n/, "")}`));
  for (const name of exampleNames) write(`example-${name}.md`, page(`${own}examples.md`, examplePage(name)));
  return ["guide.md", "examples.md", "recipes.md", "moving.md", "errors.md"].map((name) => join(folder, name));
}

/** A page as TypeDoc takes it, from the file of this path. */
function page(path, text) {
  return withHeading(withLinks(path, withFiles(text.replace(/^children:\n(?! {2})/m, `children:\n${exampleNames.map((name) => `  - example-${name}.md\n`).join("")}`))));
}

/** Links to pages lead to them; what is no page is in the repository. */
function withLinks(path, text) {
  return text.replace(/\]\(([^)#\s]+)(#[^)\s]*)?\)/g, (link, target, anchor = "") => {
    if (/^[a-z]+:/.test(target)) return link;
    const found = normalize(join(dirname(path), target));
    if (found in taken) return `](${pageOf(found)}${anchor})`;
    return found.startsWith(own) ? `](${found.slice(own.length)}${anchor})` : `](${repository}${found}${anchor})`;
  });
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

/** What an example is for stands above it in its file; a page that runs in Node only says so. */
function examplePage(name) {
  const source = read(`web/client/examples/${name}.ts`);
  const [, words = ""] = /^\/\*\*\s*([\s\S]*?)\s*\*\//.exec(source) ?? [];
  const title = `${name[0].toUpperCase()}${name.slice(1).replaceAll("-", " ")}`.replace(/^Pop3/, "POP3");
  const place = runsInBrowser(source) ? `<div data-example="${name}"></div>` : "This one runs in Node only.";
  return `---\ntitle: ${title}\n---\n${words.replace(/^\s*\* ?/gm, "")}\n\n${fence(source.replace(/^\/\*\*[\s\S]*?\*\/\n/, ""), "ts")}\n\n${place}\n`;
}

function runsInBrowser(source) {
  return !/from "(?:waypost\/node|node:[^"]*)"/.test(source);
}
