// Packs the package as its users receive it, lints the tarball, and builds small consumers on it.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";

const here = import.meta.dirname;
const root = join(here, "../..");
const target = join(root, "target/package");
let passed = 0;

/** The script behind a command of a package. */
function command(name, bin) {
  const folder = join(root, "web/node_modules", name);
  const { bin: bins } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return join(folder, typeof bins === "string" ? bins : bins[bin]);
}

function node(script, args, cwd) {
  try {
    return execFileSync(process.execPath, [script, ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`${error.stdout ?? ""}${error.stderr ?? ""}` || error.message, { cause: error });
  }
}

async function check(claim, run) {
  try {
    await run();
  } catch (error) {
    console.error(`${claim}: failed\n${error.message}`);
    process.exit(1);
  }
  passed += 1;
  console.log(`ok  ${claim}`);
}

function must(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

const list = (folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();

/** A folder with a consumer's files, and the unpacked package where an installation would put it. */
function consumer(kind) {
  const folder = join(target, kind);
  cpSync(join(here, "packaging", kind), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  cpSync(join(target, "package"), join(folder, "node_modules/waypost"), { recursive: true });
  return folder;
}

if (!existsSync(join(here, "dist/worker.js"))) {
  console.error("web/client/dist/ is not built. Run `make web` first.");
  process.exit(1);
}
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const [{ filename }] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", target], { cwd: here, encoding: "utf8" }));
const tarball = join(target, filename);
execFileSync("tar", ["-xzf", tarball, "-C", target]);

await check("publint finds no fault", () => node(command("publint", "publint"), ["run", "--strict", tarball], target));
await check("types resolve for ESM users", () => node(command("@arethetypeswrong/cli", "attw"), [tarball, "--profile", "esm-only"], target));

await check("the tarball holds what it says and nothing else", () => {
  const files = list(join(target, "package"));
  for (const file of ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "dist/index.js", "dist/index.d.ts", "dist/worker.js", "dist/broker.js", "dist/waypost.wasm"]) {
    must(files.includes(file), `${file} is missing`);
  }
  const foreign = files.filter((file) => /\.(map|tsbuildinfo|test\.\w+)$/.test(file) || (file.endsWith(".ts") && !file.endsWith(".d.ts")));
  must(foreign.length === 0, `it also holds ${foreign.join(", ")}`);
  must(files.filter((file) => file.endsWith(".wasm")).length === 1, "it holds more than one wasm file");
});

await check("a strict project without other libraries compiles against it", () => {
  node(command("typescript", "tsc"), ["-p", "."], consumer("vite"));
});

await check("a Vite build carries the Worker, the broker and the core as files of their own", async () => {
  const folder = join(target, "vite");
  await build({ configFile: false, root: folder, logLevel: "warn", build: { target: "es2022" } });
  const assets = list(join(folder, "dist/assets"));
  const [worker, broker, wasm] = [/^worker-[\w-]+\.js$/, /^broker-[\w-]+\.js$/, /^waypost-[\w-]+\.wasm$/].map((pattern) => assets.filter((name) => pattern.test(name)));
  must(worker.length === 1 && broker.length === 1 && wasm.length === 1, `dist/assets holds ${assets.join(", ")}`);
  for (const [[name], file] of [[worker, "worker.js"], [broker, "broker.js"]]) {
    must(readFileSync(join(folder, "dist/assets", name)).equals(readFileSync(join(here, "dist", file))), `${file} is not the package's own`);
  }
  const scripts = assets.filter((name) => /^index-.*\.js$/.test(name)).map((name) => readFileSync(join(folder, "dist/assets", name), "utf8")).join("\n");
  for (const name of [...worker, ...broker, ...wasm]) must(scripts.includes(name), `no script names ${name}`);
  must(!scripts.includes("data:"), "something was inlined");
});

await check("a plain page finds every module and file by its address", () => {
  const folder = consumer("plain");
  const { imports } = JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(readFileSync(join(folder, "index.html"), "utf8"))[1]);
  const seen = new Set();
  const visit = (file) => {
    must(existsSync(file), `${file} does not exist`);
    if (seen.has(file) || !file.endsWith(".js")) return seen.add(file);
    seen.add(file);
    const text = readFileSync(file, "utf8");
    for (const [, name] of text.matchAll(/(?:from|import)\s*\(?["']([^"']+)["']/g)) visit(name.startsWith(".") ? resolve(dirname(file), name) : resolve(folder, imports[name] ?? name));
    for (const [, name] of text.matchAll(/new URL\("(\.[^"?]+)[^"]*", import\.meta\.url\)/g)) visit(resolve(dirname(file), name));
  };
  visit(join(folder, "main.js"));
  for (const name of ["worker.js", "broker.js", "waypost.wasm"]) must([...seen].some((file) => file.endsWith(`dist/${name}`)), `nothing leads to ${name}`);
});

await check("importing it outside of a browser does nothing, and open says why it cannot", async () => {
  const { open, MailError } = await import(pathToFileURL(join(target, "package/dist/index.js")).href);
  const error = await open().then(
    () => undefined,
    (error) => error,
  );
  must(error instanceof MailError && error.code === "unsupported", `open gave ${error}`);
});

console.log(`waypost tests: ${passed} passed`);
