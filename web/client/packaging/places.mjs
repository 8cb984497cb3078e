/** Where things are, and how the tests run programs. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;

/** The package's folder. */
export const source = join(here, "..");
/** Where all of it happens. */
export const target = join(here, "../../../target/package");
/** What the tarball holds. */
export const unpacked = join(target, "package");
/** A project that has installed the tarball; every consumer is a folder in it. */
export const project = join(target, "project");

const modules = { web: join(here, "../../node_modules"), packaging: join(here, "node_modules") };

/** The only tarball in the folder of results. */
export function tarball() {
  const [name] = readdirSync(target).filter((file) => file.endsWith(".tgz"));
  if (name === undefined) throw new Error("There is no tarball. Run: make package");
  return join(target, name);
}

/** The script behind a command of an npm package, in `web` or in `packaging`. */
export function command(where, name, bin = name) {
  const folder = join(modules[where], name);
  const { bin: bins } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bins === "string" ? bins : bins[bin]);
}

/** Node's programs by version: this one, and those of the list of packages that this machine can have. */
export function nodes() {
  const { optionalDependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  const others = Object.entries(optionalDependencies).map(([name, spec]) => [spec.split("@").at(-1), join(modules.packaging, name, "bin/node")]);
  return new Map([[process.versions.node, process.execPath], ...others.filter(([version, program]) => existsSync(program) || missing(version))]);
}

/** Says that a version is not there. */
function missing(version) {
  const { platform, arch } = process;
  // On this system npm has it: not to have it is a mistake.
  if (platform === "linux" && arch === "x64") throw new Error(`Node ${version} is not installed. Run: make package`);
  console.log(`not installed: Node ${version} (npm has it for Linux on x64, this is ${platform} on ${arch})`);
  return false;
}

/** Runs a program; gives what it wrote, and throws that where it fails. */
export function run(program, parameters, cwd, environment = {}) {
  return new Promise((resolve, reject) => {
    execFile(program, parameters, { cwd, encoding: "utf8", maxBuffer: 1e8, env: { ...process.env, NODE_ENV: undefined, ...environment } }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${[program, ...parameters].join(" ")}: ${error.message}\n${stdout}`, { cause: error }));
    });
  });
}

/** Runs a script in Node. */
export const node = (script, parameters, cwd, environment) => run(process.execPath, [script, ...parameters], cwd, environment);

/** All files below a folder, in order. */
export const list = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
