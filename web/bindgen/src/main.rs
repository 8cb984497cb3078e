//! Build tool: runs wasm-bindgen at the version of the lock file.
//!
//! `waypost-bindgen MODULE.wasm FOLDER` writes `waypost.js`, `waypost.d.ts` and `waypost.wasm` into the folder: an ES
//! module for the web whose default export takes the compiled module or its address. The glue names no file itself, so
//! that a bundler finds the module in one place only, the package's loader.

use std::path::Path;
use std::process::ExitCode;
use wasm_bindgen_cli_support::Bindgen;

fn generate(input: &Path, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(input)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .out_name("waypost")
        .generate(folder)?;
    // The module's own declarations describe what only the glue calls.
    std::fs::remove_file(folder.join("waypost_bg.wasm.d.ts"))?;
    std::fs::rename(folder.join("waypost_bg.wasm"), folder.join("waypost.wasm"))?;
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [input, folder] = arguments.as_slice() else {
        eprintln!("usage: waypost-bindgen MODULE.wasm FOLDER");
        return ExitCode::from(2);
    };
    match generate(Path::new(input), Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("waypost-bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}
