// Builds target/site: guide, live examples, reference of the API, catalogue of errors. It needs the built package (`make web`).
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Application } from "typedoc";
import ts from "typescript";
import { entriesOf } from "./entries.mjs";
import { faultsOf } from "./links.mjs";
import { exampleNames, writePages } from "./pages.mjs";
import { decorate } from "./theme.mjs";

const here = import.meta.dirname;
const root = join(here, "../..");
const client = join(root, "web/client");
const site = join(root, "target/site");
const pages = join(root, "target/site-pages");

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}

const manifest = JSON.parse(readFileSync(join(client, "package.json"), "utf8"));
const entries = entriesOf(manifest);
for (const { types } of entries) if (!existsSync(join(client, types))) stop(`web/client/${types} is not built. Run \`make web\` first.`);

const documents = writePages(pages);
rmSync(site, { recursive: true, force: true });

const application = await Application.bootstrap({
  name: "Waypost: mail in a web page",
  // The declarations that users of the package get, and not the sources, whose configuration is the package's own.
  entryPoints: entries.map(({ types }) => join(client, types)),
  tsconfig: join(here, "tsconfig.json"),
  readme: join(pages, "index.md"),
  projectDocuments: documents,
  out: site,
  highlightLanguages: ["ts", "tsx", "js", "html", "json", "bash", "sh", "toml", "ini", "nginx", "yaml"],
  markdownItOptions: { html: true, linkify: false },
  favicon: join(root, "web/app/src/look/favicon.svg"),
  customCss: join(here, "site.css"),
  sort: ["source-order"],
  sortEntryPoints: false,
  categorizeByGroup: false,
  navigation: { includeGroups: false, includeCategories: false, includeFolders: false, excludeReferences: true },
  navigationLeaves: ["Errors"],
  navigationLinks: { Repository: "https://github.com/waypost/waypost" },
  searchInDocuments: true,
  searchInComments: true,
  disableSources: true,
  excludeExternals: true,
  excludePrivate: true,
  excludeInternal: true,
  hideGenerator: true,
  githubPages: false,
  treatWarningsAsErrors: true,
  validation: { invalidLink: true, invalidPath: true, notExported: true, notDocumented: true },
  requiredToBeDocumented: ["Class", "Enum", "Interface", "TypeAlias", "Variable"],
  // The tables behind types of codes.
  intentionallyNotExported: ["catalogue"],
  logLevel: "Warn",
});
decorate(application, { entries, examples: exampleNames });
const project = await application.convert();
if (project === undefined) stop("The reference of the API could not be made.");
application.validate(project);
if (application.logger.hasErrors() || application.logger.hasWarnings()) stop("The pages above have to be mended first.");
await application.generateOutputs(project);
if (application.logger.hasErrors() || application.logger.hasWarnings()) stop("The pages above have to be mended first.");

// The package as it is published, and the scripts that run the examples on it: plain modules under an import map.
const live = join(site, "live");
for (const folder of ["dist", "wasm"]) {
  const from = join(client, folder);
  if (existsSync(from)) cpSync(from, join(live, "waypost", folder), { recursive: true, filter: (file) => !file.endsWith(".ts") });
}
function script(from, to) {
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true };
  mkdirSync(join(to, ".."), { recursive: true });
  writeFileSync(to, ts.transpileModule(readFileSync(from, "utf8"), { compilerOptions: options }).outputText);
}
script(join(here, "live/live.ts"), join(live, "live.js"));
for (const name of exampleNames) script(join(client, "examples", `${name}.ts`), join(live, "examples", `${name}.js`));
for (const { name, script: file } of entries) if (file !== undefined && !existsSync(join(live, "waypost", file))) stop(`${name} leads to web/client/${file}, which is not built.`);

// Whoever serves the site before a sample mailbox answers this with more (scripts/site.mjs).
writeFileSync(join(live, "sample.json"), "{}\n");

const codes = [...readFileSync(join(client, "src/codes.generated.ts"), "utf8").matchAll(/^ {2}\| "([a-z0-9-]+)"/gm)].map(([, code]) => code);
const errors = readFileSync(join(site, "documents/Errors.html"), "utf8");
const faults = [...faultsOf(site), ...codes.filter((code) => !errors.includes(`id="${code}"`)).map((code) => `documents/Errors.html: has no place for ${code}`)];
if (codes.length === 0) stop("web/client/src/codes.generated.ts names no codes.");
if (faults.length > 0) stop(faults.join("\n"));
console.log("target/site/index.html");
