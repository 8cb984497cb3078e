/** The bundlers, each as it is without a configuration: a folder with index.html and main.js becomes a folder that can be served. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { command, node, project, run } from "./places.mjs";

/** A page around one script. */
function page(output, kind) {
  writeFileSync(join(output, "index.html"), `<!doctype html><html lang="en"><meta charset="utf-8" /><title>Built</title><script ${kind} src="main.js"></script></html>\n`);
}

function emptied(output) {
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
}

export const bundlers = {
  async vite(folder, output) {
    await node(command("web", "vite"), ["build", folder, "--outDir", output, "--emptyOutDir", "--logLevel", "warn"], folder);
  },

  async webpack(folder, output) {
    emptied(output);
    const script = join(folder, "webpack.mjs");
    const bundler = join(command("packaging", "webpack"), "../../lib/index.js");
    writeFileSync(
      script,
      `import webpack from ${JSON.stringify(bundler)};
const options = { mode: "production", context: ${JSON.stringify(folder)}, entry: "./main.js", output: { path: ${JSON.stringify(output)} } };
webpack(options, (error, stats) => {
  if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString());
});\n`,
    );
    await node(script, [], folder);
    page(output, "defer");
  },

  /** `ways` are what its documentation calls loaders. */
  async esbuild(folder, output, ...ways) {
    emptied(output);
    await run(command("packaging", "esbuild"), [join(folder, "main.js"), "--bundle", "--minify", "--format=esm", `--outdir=${output}`, "--log-level=warning", ...ways], folder);
    page(output, 'type="module"');
  },

  /** Of the package's folder, `copied` lie beside the output. */
  async rollup(folder, output, ...copied) {
    emptied(output);
    const plugin = join(command("packaging", "rollup"), "../../../../@rollup/plugin-node-resolve/dist/cjs/index.js");
    await node(command("packaging", "rollup"), [join(folder, "main.js"), "--plugin", plugin, "--format", "es", "--dir", output, "--silent"], folder);
    for (const name of copied) copyFileSync(join(project, "node_modules/waypost", name), join(output, basename(name)));
    page(output, 'type="module"');
  },

  async parcel(folder, output) {
    emptied(output);
    await node(command("packaging", "parcel"), ["build", join(folder, "index.html"), "--dist-dir", output, "--no-cache", "--no-source-maps", "--log-level", "warn"], folder);
  },
};

/** The text of all scripts and pages of a build. */
export const scriptsOf = (output, files) =>
  files
    .filter((name) => /\.(js|html)$/.test(name))
    .map((name) => readFileSync(join(output, name), "utf8"))
    .join("\n");
