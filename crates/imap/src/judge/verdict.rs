//! How much of a response was understood, told from how Debug shows it: so no type that is added later can be forgotten.

use std::fmt::{self, Write as _};

/// How much of a response was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All of it.
    Typed,
    /// All but what stands in no specification that we support.
    Unknown,
    /// All but what breaks the grammar: that is kept as octets.
    Salvaged,
}

/// The verdict over a response.
pub(super) fn of(response: &dyn fmt::Debug) -> Verdict {
    let mut shown = String::new();
    // Writing to a string can't fail.
    let _ = write!(shown, "{response:?}");
    // A delimiter may be a quote.
    let shown = shown.replace("'\"'", "''");
    let mut verdict = Verdict::Typed;
    for part in outside_of_strings(&shown) {
        if part.contains("breach: Some(") || part.contains(" broken: ") {
            return Verdict::Salvaged;
        }
        if UNKNOWN.iter().any(|mark| part.contains(mark)) {
            verdict = Verdict::Unknown;
        }
    }
    verdict
}

/// How values look that no specification we support names: octets, an item of LIST, an item of STATUS.
const UNKNOWN: [&str; 3] = ["breach: None", "Unknown(", "unknown: [("];

/// What stands between the string literals of Debug's output.
fn outside_of_strings(shown: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(shown);
    std::iter::from_fn(move || {
        let (part, after) = rest?.split_once('"').map_or((rest?, None), |(part, after)| (part, Some(after)));
        rest = after.and_then(after_string);
        Some(part)
    })
}

/// What follows the string literal that `text` is in.
fn after_string(text: &str) -> Option<&str> {
    let mut escaped = false;
    let end = text.bytes().position(|octet| {
        let ends = octet == b'"' && !escaped;
        escaped = octet == b'\\' && !escaped;
        ends
    })?;
    text.get(end + 1..)
}
