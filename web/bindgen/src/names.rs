//! Short names for what only glue and module call each other by.

use std::error::Error;
use wasm_bindgen_cli_support::Output;

/// Long names, and their short ones.
#[derive(Default)]
pub(crate) struct Names {
    imports: Vec<(String, String)>,
    exports: Vec<(String, String)>,
}

impl Names {
    /// Renames in the module all functions that it imports, and those by which closures are called.
    pub(crate) fn shorten(output: &mut Output) -> Self {
        let mut names = Self::default();
        let module = output.wasm_mut();
        for import in module.imports.iter_mut() {
            let short = format!("i{}", names.imports.len());
            names.imports.push((std::mem::replace(&mut import.name, short.clone()), short));
        }
        for export in module.exports.iter_mut().filter(|export| export.name.starts_with("wasm_bindgen_")) {
            let short = format!("closure{}", names.exports.len());
            names.exports.push((std::mem::replace(&mut export.name, short.clone()), short));
        }
        // A name may begin with another one.
        names.exports.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names
    }

    /// The glue with these names.
    pub(crate) fn script(&self, glue: &str) -> Result<String, Box<dyn Error>> {
        let mut glue = glue.to_owned();
        for (name, short) in &self.imports {
            let long = format!(" {name}: function(");
            if glue.matches(&long).count() != 1 {
                return Err(format!("the glue must define `{name}` once").into());
            }
            glue = glue.replace(&long, &format!(" {short}: function("));
        }
        // Before any of them is there: one short name may be the beginning of another.
        if let Some((_, short)) = self.exports.iter().find(|(_, short)| glue.contains(short)) {
            return Err(format!("the glue must not name `{short}`").into());
        }
        for (name, short) in &self.exports {
            if !glue.contains(name) {
                return Err(format!("the glue must name `{name}`").into());
            }
            glue = glue.replace(name, short);
        }
        Ok(glue)
    }
}
