/** A page that can run the package's examples, bundled as a user would. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./programs.ts";

const folder = join(root, "web/client/examples");

/** Names of the examples that run in a page: those for Node say so by what they import. */
export function browserExamples(): readonly string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts") && file !== "site.ts");
  return files.filter((file) => !readFileSync(join(folder, file), "utf8").includes('"waypost/node"')).map((file) => file.slice(0, -3));
}

const PAGE = `<!doctype html><title>Examples</title><link rel="icon" href="data:,"><script type="module" src="./main.js"></script>`;

/** Builds the page into a folder, which a gateway can serve as its app. */
export async function buildExamples(work: string): Promise<string> {
  const names = browserExamples();
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, "index.html"), PAGE);
  const imports = names.map((name, index) => `import { example as example${index} } from ${JSON.stringify(join(folder, `${name}.ts`))};`);
  const table = names.map((name, index) => `${JSON.stringify(name)}: example${index}`);
  writeFileSync(join(work, "main.js"), `${imports.join("\n")}\nimport { open } from "waypost";\nObject.assign(globalThis, { open, examples: { ${table.join(", ")} } });\n`);
  const vite = (await import(pathToFileURL(join(root, "web/node_modules/vite/dist/node/index.js")).href)) as { build(options: unknown): Promise<unknown> };
  const alias = { find: /^waypost$/, replacement: join(root, "web/client/dist/index.js") };
  const deeper = { find: /^waypost\/(.*)$/, replacement: join(root, "web/client/dist/$1.js") };
  await vite.build({ configFile: false, root: work, logLevel: "warn", resolve: { alias: [alias, deeper] }, build: { target: "es2022", outDir: join(work, "dist") } });
  return join(work, "dist");
}
