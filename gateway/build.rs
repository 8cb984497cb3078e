//! With the feature `app`: lists the files of the built web app for `src/embedded.rs`. Without it: nothing.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=GATEWAY_APP");
    if env::var_os("CARGO_FEATURE_APP").is_none() {
        return Ok(());
    }
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?);
    let folder = env::var_os("GATEWAY_APP").map_or_else(|| root.join("../web/app/dist"), PathBuf::from);
    let folder = fs::canonicalize(&folder).unwrap_or(folder);
    if !folder.join("index.html").is_file() {
        let folder = folder.display();
        return Err(format!("the feature app needs the built web app, and {folder} has no index.html: run `make web`, or set GATEWAY_APP to its folder").into());
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rustc-env=GATEWAY_APP_FOLDER={}", folder.display());
    let mut files = Vec::new();
    list(&folder, "", &mut files)?;
    // In the order of octets, for a binary search.
    files.sort();
    let mut table = String::from("pub(crate) static FILES: &[(&str, &[u8])] = &[\n");
    for (name, path) in files {
        writeln!(table, "    ({name:?}, include_bytes!({:?})),", path.display().to_string())?;
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(out.join("app.rs"), table)?;
    Ok(())
}

/// All files below a folder, by their names from the first one.
fn list(folder: &Path, before: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name is no UTF-8")?;
        let name = format!("{before}{name}");
        if path.is_dir() {
            list(&path, &format!("{name}/"), files)?;
        } else {
            files.push((name, path));
        }
    }
    Ok(())
}
