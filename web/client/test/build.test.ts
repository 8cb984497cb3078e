/** What `scripts/wasm.sh` tells cargo where the source of the standard library is there, can be had, or neither. Nothing is compiled. */
import { execFile } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, test } from "vitest";

const script = join(import.meta.dirname, "../../../scripts/wasm.sh");
/** What counts as the source, and as the wasm target, below a compiler's folder. */
const library = "lib/rustlib/src/rust/library/Cargo.lock";
const compiled = "lib/rustlib/wasm32-unknown-unknown/lib/std";

let folder: string;
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

function program(name: string, text: string): void {
  put(`bin/${name}`, `#!/bin/sh\n${text}\n`);
  chmodSync(join(folder, "bin", name), 0o755);
}

/** Runs a copy of the script with programs of the test's own until it calls cargo; gives what it said, and cargo's flags and parameters. */
async function build(here: readonly string[], rustup: string): Promise<{ said: string; flags: string; parameters: string }> {
  folder = mkdtempSync(join(tmpdir(), "waypost-build-"));
  mkdirSync(join(folder, "scripts"));
  cpSync(script, join(folder, "scripts/wasm.sh"));
  put("web/node_modules/binaryen/bin/wasm-opt", "");
  for (const name of here) put(`sysroot/${name}`, "");
  program("rustc", `echo "${folder}/sysroot"`);
  program("rustup", rustup);
  program("cargo", `echo "$*" >"${folder}/parameters"\necho "bootstrap=$RUSTC_BOOTSTRAP $CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS" >"${folder}/flags"\nexit 7`);
  const environment = { ...process.env, PATH: `${folder}/bin:/usr/bin:/bin`, WASM_TOOLCHAIN: "", RUSTC_BOOTSTRAP: "" };
  const [code, said] = await new Promise<[unknown, string]>((resolve) => {
    execFile("bash", [join(folder, "scripts/wasm.sh")], { env: environment }, (error, output) => resolve([error?.code, output]));
  });
  expect(code, "cargo was called, and ended it").toBe(7);
  return { said, flags: readFileSync(join(folder, "flags"), "utf8"), parameters: readFileSync(join(folder, "parameters"), "utf8") };
}

test("with its source the standard library is built for size, and a panic is a trap", async () => {
  const { said, flags, parameters } = await build([compiled, library], "exit 1");
  expect(parameters).toMatch(/^rustc .*-p waypost-wasm .*-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size/);
  expect(flags).toMatch(/^bootstrap=1 .*-Cpanic=immediate-abort/);
  expect(said).toBe("");
});

test("without it rustup is asked for the source", async () => {
  const { parameters } = await build([compiled], `[ "$*" = "--quiet component add rust-src" ] || exit 1
cd "$(dirname "$0")/../sysroot"
mkdir -p ${dirname(library)}
: >${library}`);
  expect(parameters).toContain("-Zbuild-std=");
});

test("where it can't be had the compiler's own library is taken, with flags that a stable compiler knows, and that is said", async () => {
  const { said, flags, parameters } = await build([compiled], "exit 1");
  expect(said).toContain("can't be had here: the modules become larger than those of a release.");
  expect(parameters).toMatch(/^build .*-p waypost-wasm --target wasm32-unknown-unknown /);
  expect(parameters).not.toContain("-Z");
  expect(flags).toMatch(/^bootstrap= -Ctarget-feature=\+simd128 /);
  expect(flags).not.toMatch(/-Z|immediate-abort|for_size/);
});
