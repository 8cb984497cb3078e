//! Glue of instances that are given up as a whole, with all that is in them.

use std::error::Error;

/// Whether only objects that are freed, or texts that go in by the longer way, need this export.
pub(crate) fn is_unused(export: &str) -> bool {
    export == "__wbindgen_realloc" || (export.starts_with("__wbg_") && export.ends_with("_free"))
}

/// The glue without what frees objects and watches for ones that nobody holds, and with one way for texts: encoded, then copied.
pub(crate) fn script(glue: &str) -> Result<String, Box<dyn Error>> {
    let glue = without_trials(glue).ok_or("the glue passes arguments in another way")?;
    let glue = without_blocks(&glue, &["    __destroy_into_raw() {", "    free() {"], "    }");
    let lines = glue.lines().filter(|line| {
        !line.contains("Finalization.register(this,") && !line.starts_with("if (Symbol.dispose)")
    });
    let glue = lines.fold(String::new(), |glue, line| glue + line + "\n");
    let glue = without_watchers(&glue).replace(", wasm.__wbindgen_realloc)", ")");
    let glue = one_way_for_texts(&glue).ok_or("the glue passes texts in another way")?;
    let glue = one_decoder(&glue).ok_or("the glue decodes texts in another way")?;
    let glue = without_views(&glue).ok_or("the glue looks at memory in another way")?;
    let glue = methods(&glue).ok_or("the glue calls the module in another way")?;
    let glue = glue.replace(", wasm.__wbindgen_malloc)", ")").replace("(arg, malloc) {", "(arg) {");
    let glue = glue.replace(" malloc(", " wasm.__wbindgen_malloc(").replace("__wbg_ptr", "at");
    for rest in
        ["Finalization", "_free(this", "realloc", "Symbol.dispose", "deferred", "let v1", "Memory0", " = +"]
    {
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

/// Methods without names for what is used once, and with one function for all texts that they give.
fn methods(glue: &str) -> Option<String> {
    let mut lines = glue.lines();
    let mut kept = String::new();
    while let Some(line) = lines.next() {
        kept = kept + line + "\n";
        if line.starts_with("    ") && !line.starts_with("     ") && line.ends_with(") {") {
            let body = lines.by_ref().take_while(|line| *line != "    }");
            kept += &method(&body.collect::<Vec<_>>())?;
            kept += "    }\n";
        }
    }
    Some(kept)
}

/// Nothing where a value is used in another way than as an argument, or a length is taken before what it is of.
fn method(body: &[&str]) -> Option<String> {
    let gives_text = body.iter().any(|line| matches!(line.trim(), "let v1;" | "let deferred1_0;"));
    let mut values: Vec<(&str, &str)> = Vec::new();
    let mut kept = String::new();
    for line in body {
        let statement = line.trim();
        let parts = statement.trim_start_matches("const ").trim_end_matches(';').split_once(" = ");
        match parts {
            _ if statement.starts_with("let ptr0, len0") => {}
            Some((name, value)) if ["ptr", "len", "val"].iter().any(|kind| is_numbered(name, kind)) => {
                values.push((name, value.trim_start_matches('+')));
            }
            Some(("ret", call)) if gives_text => {
                kept = kept + "        return takeText(" + &with_values(call, &values) + ");\n";
                break;
            }
            _ if matches!(statement, "let deferred1_0;" | "let deferred1_1;" | "try {") => {}
            _ => kept = kept + &with_values(line, &values) + "\n",
        }
    }
    let is_whole = values.iter().all(|(name, _)| !kept.contains(name)) && !kept.contains("= WASM_VECTOR_LEN");
    is_whole.then_some(kept)
}

fn is_numbered(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|number| number.parse::<u8>().is_ok())
}

/// The arguments of a call, each by its value. They are told one after the other, as the values were.
fn with_values(call: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(call.to_owned(), |call, (name, value)| {
        call.replace(&format!("({name}, "), &format!("({value}, "))
            .replace(&format!(", {name}, "), &format!(", {value}, "))
            .replace(&format!(", {name})"), &format!(", {value})"))
    })
}

/// With one decoder. WebKit's fails after two gigabytes, which the few texts of one connection never are.
fn one_decoder(glue: &str) -> Option<String> {
    let (before, rest) = glue.split_once("cachedTextDecoder.decode();\n")?;
    let (_, after) = rest.split_once("\n}\n")?;
    Some(format!("{before}{after}").replace("decodeText(", "cachedTextDecoder.decode("))
}

/// Without views of memory that are kept: calls with texts are rare. What gives a text frees it.
fn without_views(glue: &str) -> Option<String> {
    let mut glue = glue.to_owned();
    for view in ["DataView", "Uint32Array", "Uint8Array"] {
        let Some((before, rest)) = glue.split_once(&format!("let cached{view}Memory0 = null;\n")) else {
            continue;
        };
        let (_, after) = rest.split_once("\n}\n")?;
        let after = after.replace(&format!("    cached{view}Memory0 = null;\n"), "");
        let made = format!("new {view}(wasm.memory.buffer)");
        glue = format!("{before}{after}").replace(&format!("get{view}Memory0()"), &made);
    }
    Some(glue.replacen("function getStringFromWasm0(", TAKE_TEXT, 1))
}

const TAKE_TEXT: &str = "function takeText([ptr, len]) {
    if (ptr === 0) return undefined;
    const text = getStringFromWasm0(ptr, len);
    wasm.__wbindgen_free(ptr, len, 1);
    return text;
}

function getStringFromWasm0(";

/// The declarations without what frees.
pub(crate) fn declarations(text: &str) -> Result<String, Box<dyn Error>> {
    let lines =
        text.lines().filter(|line| !matches!(line.trim(), "free(): void;" | "[Symbol.dispose](): void;"));
    Ok(lines.fold(String::new(), |text, line| text + line + "\n"))
}
