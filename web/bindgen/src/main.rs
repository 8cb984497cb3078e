//! Build tool: runs wasm-bindgen at the version of the lock file.
//!
//! `waypost-bindgen MODULE.wasm FOLDER NAME` writes `NAME.js`, `NAME.d.ts` and `NAME.wasm` into the folder: an ES module for the
//! web. The glue names no file itself, so that a bundler finds the module in one place only, the package's loader.
//!
//! With `--factory` the glue is a function `create`: each call gives glue of its own, for an instance of its own, and may wrap what the
//! glue calls of it.
//!
//! With `--whole` an instance is given up as a whole, never one of its objects: neither glue nor module can free one, and texts go in by
//! the shorter way.

mod names;
mod whole;

use names::Names;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

fn generate(
    input: &str,
    folder: &Path,
    name: &str,
    factory: bool,
    whole: bool,
) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    let mut output = bindgen
        .input_path(input)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        // Each browser that runs the module has it.
        .encode_into(EncodeInto::Always)
        .out_name(name)
        .generate_output()?;
    let names = Names::shorten(&mut output);
    if whole {
        let exports = &mut output.wasm_mut().exports;
        let unused = exports.iter().filter(|export| whole::is_unused(&export.name));
        for export in unused.map(|export| export.id()).collect::<Vec<_>>() {
            exports.delete(export);
        }
    }
    output.emit(folder)?;
    // The module's own declarations describe what only the glue calls.
    std::fs::remove_file(folder.join(format!("{name}_bg.wasm.d.ts")))?;
    std::fs::rename(folder.join(format!("{name}_bg.wasm")), folder.join(format!("{name}.wasm")))?;
    let (glue, types) = (folder.join(format!("{name}.js")), folder.join(format!("{name}.d.ts")));
    rewrite(&glue, |glue| names.script(glue))?;
    if whole {
        rewrite(&glue, whole::script)?;
        rewrite(&types, whole::declarations)?;
    }
    if factory {
        rewrite(&glue, script)?;
        rewrite(&types, declarations)?;
    }
    Ok(())
}

fn rewrite(file: &Path, wrap: impl Fn(&str) -> Result<String, Box<dyn Error>>) -> Result<(), Box<dyn Error>> {
    let made = wrap(&std::fs::read_to_string(file)?)?;
    Ok(std::fs::write(file, made)?)
}

/// The glue as the body of a function that gives `initSync` and the glue's classes.
fn script(glue: &str) -> Result<String, Box<dyn Error>> {
    let mut names = vec!["initSync"];
    let mut body = String::new();
    for line in glue.lines() {
        if line.starts_with("import ") {
            return Err(format!("the glue imports: {line}").into());
        }
        if line.starts_with("/* @ts-self-types") || line.starts_with("export {") {
            continue;
        }
        names.extend(name_after(line, "export class "));
        body += line.strip_prefix("export ").unwrap_or(line);
        body.push('\n');
    }
    // Of the ways to make an instance the package has one: of a module that is compiled.
    let (body, _) = body
        .split_once("let wasmModule, wasmInstance, wasm;")
        .ok_or("the glue loads modules in another way")?;
    let body = body.to_owned() + START;
    Ok(format!(
        "export function create(guard = (exports) => exports) {{\n{body}return {{ {} }};\n}}\n",
        names.join(", ")
    ))
}

/// What makes the instance. Every call into it goes through what `guard` gives.
const START: &str = "let wasm;
function initSync({ module }) {
    if (wasm === undefined) {
        wasm = guard(new WebAssembly.Instance(module, __wbg_get_imports()).exports);
        wasm.__wbindgen_start();
    }
    return wasm;
}
";

/// The declarations of that function.
fn declarations(text: &str) -> Result<String, Box<dyn Error>> {
    let own = text.split("export type InitInput").next().ok_or("there are no declarations")?;
    let names: Vec<&str> = own.lines().filter_map(|line| name_after(line, "export class ")).collect();
    let types =
        own.replace("export class ", "declare class ").replace("export function ", "declare function ");
    let classes: String = names.iter().map(|name| format!("  readonly {name}: typeof {name};\n")).collect();
    Ok(format!(
        "{types}
export type {{ {} }};

/** Glue of one instance. */
export interface Glue {{
  /** Once, before anything else. */
  initSync(options: {{ readonly module: WebAssembly.Module }}): {{ readonly memory: WebAssembly.Memory }};
{classes}}}

/** Makes glue for an instance of its own. What `guard` makes of the exports is what the glue calls. */
export function create(guard?: (exports: WebAssembly.Exports) => WebAssembly.Exports): Glue;
",
        names.join(", ")
    ))
}

/// The identifier behind `prefix`, where the line begins with it.
fn name_after<'a>(line: &'a str, prefix: &str) -> Option<&'a str> {
    line.strip_prefix(prefix)?.split(|sign: char| !sign.is_alphanumeric() && sign != '_').next()
}

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut has = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag);
        at.map(|at| arguments.remove(at)).is_some()
    };
    let (factory, whole) = (has("--factory"), has("--whole"));
    let [input, folder, name] = arguments.as_slice() else {
        eprintln!("usage: waypost-bindgen [--factory] [--whole] MODULE.wasm FOLDER NAME");
        return ExitCode::from(2);
    };
    match generate(input, Path::new(folder), name, factory, whole) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("waypost-bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}
