//! The text of the body, and its HTML.

use crate::tree::{Node, Tree};
use crate::{charset, flowed, html};

/// The HTML to show. Plain parts between those of HTML are shown as they are.
pub(crate) fn html(tree: &Tree<'_>) -> Option<String> {
    let nodes: Vec<&Node> = tree.html.iter().map(|number| &tree.nodes[*number]).collect();
    if !nodes.iter().any(|node| node.is_html()) {
        return None;
    }
    let shown = nodes.into_iter().map(|node| {
        let octets = tree.decoded(node);
        if node.is_html() {
            decode_html(tree, node, &octets)
        } else {
            as_markup(&plain_text(tree, node, &octets))
        }
    });
    Some(shown.collect::<Vec<_>>().join("\n"))
}

/// The text to show: of the text parts, or of the HTML if they say nothing. With a part of which there is more than `limit` octets it
/// ends at a line before; then it is cut.
pub(crate) fn text(tree: &Tree<'_>, limit: usize) -> (String, bool) {
    let (text, is_cut) = join(tree, &tree.text, limit);
    if text.is_empty() && !is_cut { join(tree, &tree.html, limit) } else { (text, is_cut) }
}

/// Text of octets that are no message at all.
pub(crate) fn loose_text(octets: &[u8]) -> String {
    tidy(&charset::decode(None, octets)).trim_end().to_owned()
}

fn join(tree: &Tree<'_>, numbers: &[usize], limit: usize) -> (String, bool) {
    let mut joined = String::new();
    for number in numbers {
        let (text, is_cut) = node_text(tree, &tree.nodes[*number], limit);
        let text = text.trim_end();
        if !joined.is_empty() && !text.is_empty() {
            joined.push('\n');
        }
        joined.push_str(text);
        if is_cut {
            return (joined, true);
        }
    }
    (joined, false)
}

fn node_text(tree: &Tree<'_>, node: &Node, limit: usize) -> (String, bool) {
    let (octets, is_cut) = tree.beginning(node, limit);
    let text = if node.is_html() {
        tidy(&html::to_text(&decode_html(tree, node, &octets), is_cut))
    } else {
        plain_text(tree, node, &octets)
    };
    (text, is_cut)
}

fn plain_text(tree: &Tree<'_>, node: &Node, octets: &[u8]) -> String {
    let text = tidy(&charset::decode(tree.part(node).charset.as_deref(), octets));
    let is = |name, value: &str| {
        let content = node.content.as_ref();
        content
            .and_then(|content| content.parameter(name))
            .is_some_and(|found| found.eq_ignore_ascii_case(value))
    };
    if is("format", "flowed") { flowed::join(&text, is("delsp", "yes")) } else { text }
}

fn decode_html(tree: &Tree<'_>, node: &Node, octets: &[u8]) -> String {
    let label = tree.part(node).charset.as_deref().or_else(|| charset_in_markup(octets));
    charset::decode(label, octets).replace('\0', "")
}

/// `<meta charset=...>` in either of its forms, for HTML whose header names no charset.
fn charset_in_markup(octets: &[u8]) -> Option<&str> {
    let start = &octets[..octets.len().min(LOOK_FOR_CHARSET)];
    let at = start.windows(8).position(|window| window.eq_ignore_ascii_case(b"charset="))?;
    let value = start[at + 8..].trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|octet| !octet.is_ascii_alphanumeric() && !b"-_:.".contains(octet));
    std::str::from_utf8(&value[..end.unwrap_or(value.len())]).ok()
}

/// Line ends as LF, no control characters.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut rest = text;
    // What stands between line ends is taken in one piece.
    while let Some(at) = rest.bytes().position(may_be_control) {
        let (before, after) = rest.split_at(at);
        tidy.push_str(before);
        let mut letters = after.chars();
        match letters.next() {
            Some('\r') if !letters.as_str().starts_with('\n') => tidy.push('\n'),
            Some(letter) if !letter.is_control() => tidy.push(letter),
            _ => {}
        }
        rest = letters.as_str();
    }
    tidy.push_str(rest);
    tidy
}

/// Whether a character that begins with this octet may have to go. Those beyond ASCII begin with C2.
fn may_be_control(octet: u8) -> bool {
    octet == 0xc2 || octet.is_ascii_control() && octet != b'\n' && octet != b'\t'
}

fn as_markup(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<div style=\"white-space: pre-wrap\">{escaped}</div>")
}

/// HTML says that the declaration stands within the first 1024 octets.
const LOOK_FOR_CHARSET: usize = 1024;
