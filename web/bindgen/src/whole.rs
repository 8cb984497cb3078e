//! Glue of instances that are given up as a whole, with all that is in them.

use std::error::Error;

/// Whether only objects that are freed, or texts that go in by the longer way, need this export.
pub(crate) fn is_unused(export: &str) -> bool {
    export == "__wbindgen_realloc" || (export.starts_with("__wbg_") && export.ends_with("_free"))
}

/// The glue without what frees objects and watches for ones that nobody holds, and with one way for texts: encoded, then copied. `imports` are
/// names of functions that the module imports, and their new ones.
pub(crate) fn script(glue: &str, imports: &[(String, String)]) -> Result<String, Box<dyn Error>> {
    let mut glue = glue.to_owned();
    for (name, short) in imports {
        let long = format!(" {name}: function(");
        if glue.matches(&long).count() != 1 {
            return Err(format!("the glue must define `{name}` once").into());
        }
        glue = glue.replace(&long, &format!(" {short}: function("));
    }
    let glue = without_trials(&glue).ok_or("the glue passes arguments in another way")?;
    let glue = without_blocks(&glue, &["    __destroy_into_raw() {", "    free() {"], "    }");
    let lines = glue.lines().filter(|line| {
        !line.contains("Finalization.register(this,") && !line.starts_with("if (Symbol.dispose)")
    });
    let glue = lines.fold(String::new(), |glue, line| glue + line + "\n");
    let glue = without_watchers(&glue).replace(", wasm.__wbindgen_realloc)", ")");
    let glue = one_way_for_texts(&glue).ok_or("the glue passes texts in another way")?;
    for rest in ["Finalization", "_free(this", "realloc", "Symbol.dispose"] {
        if glue.contains(rest) {
            return Err(format!("the glue still has `{rest}`").into());
        }
    }
    Ok(glue)
}

/// Without blocks that begin with one of these lines; each ends with the next line that is `end`.
fn without_blocks(text: &str, begins: &[&str], end: &str) -> String {
    let mut within = false;
    let mut kept = String::new();
    for line in text.lines() {
        within |= begins.contains(&line);
        if !within {
            kept = kept + line + "\n";
        }
        within &= line != end;
    }
    kept
}

/// Without `try` around what passes arguments: what was passed of a call that fails goes with the instance.
fn without_trials(glue: &str) -> Option<String> {
    let mut pieces = glue.split("        try {\n");
    let mut kept = pieces.next()?.to_owned();
    for piece in pieces {
        let (trial, rest) = piece.split_once("\n        } ")?;
        match rest.strip_prefix("catch (e) {\n") {
            Some(rest) => kept = kept + trial + "\n" + rest.split_once("\n        }\n")?.1,
            None => kept = kept + "        try {\n" + piece,
        }
    }
    Some(kept)
}

/// Without the registries; a statement of three lines makes each.
fn without_watchers(glue: &str) -> String {
    let mut lines = glue.lines();
    let mut kept = String::new();
    while let Some(line) = lines.next() {
        if line.starts_with("const ") && line.contains("Finalization = ") {
            lines.by_ref().take(2).for_each(drop);
        } else {
            kept = kept + line + "\n";
        }
    }
    kept
}

/// Of the function that passes texts, only what it does where memory can't be moved.
fn one_way_for_texts(glue: &str) -> Option<String> {
    let (before, rest) = glue.split_once("    if (realloc === undefined) {\n")?;
    let (body, rest) = rest.split_once("    }\n")?;
    let (_, after) = rest.split_once("\n}\n")?;
    let before = before.replace("(arg, malloc, realloc) {", "(arg, malloc) {");
    Some(format!("{before}{body}}}\n{after}"))
}

/// The declarations without what frees.
pub(crate) fn declarations(text: &str) -> Result<String, Box<dyn Error>> {
    let lines =
        text.lines().filter(|line| !matches!(line.trim(), "free(): void;" | "[Symbol.dispose](): void;"));
    Ok(lines.fold(String::new(), |text, line| text + line + "\n"))
}
