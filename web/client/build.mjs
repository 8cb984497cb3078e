// Builds dist/: the page's modules and their declarations, the Worker and the broker as one file each, the engine's wasm beside them,
// and both once more as text for `waypost/inline`. The other modules are published as they lie in wasm/.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const here = import.meta.dirname;
const root = join(here, "../..");
const dist = join(here, "dist");
const wasm = join(here, "wasm/waypost.wasm");

if (!existsSync(wasm) || !existsSync(join(here, "wasm/waypost.js"))) {
  console.error("web/client/wasm/ holds no built core. Run `make wasm` first.");
  process.exit(1);
}

// The core's address always comes from the page, whose bundler knows it. The glue's own guess would break bundlers.
const noGuess = {
  name: "no-guess",
  transform(code, id) {
    if (!id.endsWith("/wasm/waypost.js")) return undefined;
    return code.replaceAll(/new URL\([^()]*,\s*import\.meta\.url\)/g, "undefined");
  },
};

rmSync(dist, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
for (const part of ["page", "node"]) {
  execFileSync(process.execPath, [tsc, "-p", `tsconfig.${part}.json`, "--incremental", "false", "--composite", "false"], { cwd: here, stdio: "inherit" });
}
for (const [entry, file] of [
  ["main", "worker.js"],
  ["broker", "broker.js"],
]) {
  await build({
    configFile: false,
    root: here,
    logLevel: "warn",
    publicDir: false,
    plugins: [noGuess],
    build: {
      outDir: dist,
      emptyOutDir: false,
      target: "es2022",
      modulePreload: false,
      rolldownOptions: { input: join(here, `src/worker/${entry}.ts`), output: { entryFileNames: file } },
    },
  });
  const script = readFileSync(join(dist, file), "utf8");
  for (const mark of [/\bimport\s*[({"'*]/, /import\.meta/, /\bfrom\s*["']/]) {
    if (mark.test(script)) throw new Error(`dist/${file} must stand alone, but ${mark} matches in it`);
  }
}
copyFileSync(wasm, join(dist, "waypost.wasm"));
// The declarations of what no compiler makes.
copyFileSync(join(here, "src/module-file.d.ts"), join(dist, "module-file.d.ts"));

// Compressed, it is less than a third, also after base64; a server can't compress base64 of the module as well.
const packed = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).toString("base64");
writeFileSync(join(dist, "packed.js"), `export const worker = "${packed("worker.js")}";\nexport const wasm = "${packed("waypost.wasm")}";\n`);

// npm packs only what lies in the package's folder; the tree has each of these once.
for (const name of ["LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md"]) {
  if (!existsSync(join(here, name)) || !readFileSync(join(here, name)).equals(readFileSync(join(root, name)))) copyFileSync(join(root, name), join(here, name));
}
