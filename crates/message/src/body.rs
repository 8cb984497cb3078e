//! Which parts are the body, and their text: the MIME library chooses (RFC 2046, 5.1; RFC 2387), and what it gives up on because it
//! is damaged is added.

use crate::{charset, flowed, html, parse};
use mail_parser::{Message, MessagePart, MimeHeaders, PartType};
use std::collections::BTreeSet;

/// Parts that are shown as the body, by their numbers.
pub(crate) struct Body {
    text: Vec<u32>,
    html: Vec<u32>,
    shown: BTreeSet<u32>,
}

impl Body {
    pub(crate) fn of(message: &Message<'_>) -> Self {
        let is_text = |id: &u32| message.parts.get(*id as usize).is_some_and(|part| part.is_text());
        let mut text: Vec<u32> = message.text_body.iter().copied().filter(is_text).collect();
        let mut html: Vec<u32> = message.html_body.iter().copied().filter(is_text).collect();
        let mut shown: BTreeSet<u32> = text.iter().chain(&html).copied().collect();
        for (id, part) in (0..).zip(&message.parts) {
            if is_damaged_body(id, part) && shown.insert(id) {
                let list = if is_html(part) { &mut html } else { &mut text };
                list.push(id);
            }
        }
        Self { text, html, shown }
    }

    /// Whether a part is shown as body.
    pub(crate) fn contains(&self, id: u32) -> bool {
        self.shown.contains(&id)
    }

    /// The HTML to show. Plain parts between those of HTML are shown as they are.
    pub(crate) fn html(&self, message: &Message<'_>) -> Option<String> {
        let parts: Vec<&MessagePart<'_>> = parts(message, &self.html).collect();
        if !parts.iter().any(|part| is_html(part)) {
            return None;
        }
        let shown = parts.into_iter().map(|part| {
            if is_html(part) { decode_html(message, part) } else { as_markup(&plain_text(message, part)) }
        });
        Some(shown.collect::<Vec<_>>().join("\n"))
    }

    /// The text to show: of the text parts, or of the HTML if they say nothing.
    pub(crate) fn text(&self, message: &Message<'_>) -> String {
        let text = join(parts(message, &self.text).map(|part| part_text(message, part)));
        if !text.is_empty() {
            return text;
        }
        join(parts(message, &self.html).map(|part| part_text(message, part)))
    }
}

/// Text of octets that are no message at all.
pub(crate) fn loose_text(octets: &[u8]) -> String {
    tidy(&charset::decode(None, octets)).trim_end().to_owned()
}

fn parts<'m, 'x>(message: &'m Message<'x>, ids: &'m [u32]) -> impl Iterator<Item = &'m MessagePart<'x>> {
    ids.iter().filter_map(|id| message.parts.get(*id as usize))
}

fn join(texts: impl Iterator<Item = String>) -> String {
    let mut joined = String::new();
    for text in texts {
        let text = text.trim_end();
        if !joined.is_empty() && !text.is_empty() {
            joined.push('\n');
        }
        joined.push_str(text);
    }
    joined
}

/// A text whose end is missing or whose transfer encoding is faulty: the library calls it an attachment. So it does with a multipart
/// that has no boundary.
fn is_damaged_body(id: u32, part: &MessagePart<'_>) -> bool {
    let attached = part.content_disposition().is_some_and(|disposition| disposition.is_attachment());
    let kind = part.content_type().map(|kind| (kind.ctype(), kind.subtype()));
    let reads = match kind {
        None | Some(("text", None | Some("plain" | "html"))) => part.is_encoding_problem || id == 0,
        Some(("multipart", _)) => true,
        Some(_) => false,
    };
    let has_octets = !matches!(part.body, PartType::Multipart(_) | PartType::Message(_));
    reads && has_octets && !attached && part.attachment_name().is_none()
}

fn is_html(part: &MessagePart<'_>) -> bool {
    part.content_type().is_some_and(|kind| kind.ctype() == "text" && kind.subtype() == Some("html"))
}

fn part_text(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    if is_html(part) { tidy(&html::to_text(&decode_html(message, part))) } else { plain_text(message, part) }
}

fn plain_text(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    let octets = parse::decoded(message, part);
    let text = tidy(&charset::decode(charset_of(part), &octets));
    let parameter = |name| part.content_type().and_then(|kind| kind.attribute(name));
    let is = |name, value: &str| parameter(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
    if is("format", "flowed") { flowed::join(&text, is("delsp", "yes")) } else { text }
}

fn decode_html(message: &Message<'_>, part: &MessagePart<'_>) -> String {
    let octets = parse::decoded(message, part);
    let label = charset_of(part).or_else(|| charset_in_markup(&octets));
    charset::decode(label, &octets).replace('\0', "")
}

/// The declared charset.
pub(crate) fn charset_of<'m>(part: &'m MessagePart<'_>) -> Option<&'m str> {
    part.content_type().and_then(|kind| kind.attribute("charset"))
}

/// The charset in which raw 8-bit headers are, if anything says it: that of the message or of its first text.
pub(crate) fn charset_of_headers<'m>(message: &'m Message<'_>) -> Option<&'m str> {
    message
        .parts
        .iter()
        .filter(|part| matches!(part.body, PartType::Text(_) | PartType::Html(_)))
        .find_map(charset_of)
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
