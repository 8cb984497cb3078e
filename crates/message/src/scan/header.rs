//! The header block of a part as it comes: where it ends, and its first octets.

use crate::content::Content;
use crate::decode::Encoding;
use crate::fields::Fields;
use crate::{attachment, header, thread};
use memchr::memchr;

/// Gathers a header block up to the empty line. Where fields and lines end is as [`Fields`] has it.
#[derive(Debug, Clone)]
pub(super) struct HeaderBlock {
    pub(super) start: u64,
    octets: Vec<u8>,
    line: Line,
    in_field: bool,
}

/// What is known of the current line.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Line {
    /// Nothing came yet.
    Fresh,
    /// White space only.
    Blank,
    /// A colon with no name before it, which ends none.
    Colon,
    /// The start of a name, or text that is none.
    Name,
    /// The value of a field.
    Value,
}

impl HeaderBlock {
    pub(super) fn new(start: u64) -> Self {
        Self { start, octets: Vec::new(), line: Line::Fresh, in_field: false }
    }

    /// Takes octets up to the end of the block, if it is in them. Says how many were taken and whether it has ended.
    pub(super) fn push(&mut self, octets: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < octets.len() {
            let rest = &octets[at..];
            let end = memchr(b'\n', rest);
            self.read(&rest[..end.unwrap_or(rest.len())]);
            let Some(end) = end else { break };
            at += end + 1;
            if matches!(self.line, Line::Fresh | Line::Blank) {
                self.keep(&octets[..at]);
                return (at, true);
            }
            self.in_field = self.line == Line::Value;
            self.line = Line::Fresh;
        }
        self.keep(octets);
        (octets.len(), false)
    }

    /// Takes octets of one line.
    fn read(&mut self, octets: &[u8]) {
        for (at, &octet) in octets.iter().enumerate() {
            self.line = match self.line {
                Line::Value => return,
                Line::Name if memchr(b':', &octets[at..]).is_some() => Line::Value,
                Line::Name => return,
                Line::Fresh if self.in_field && matches!(octet, b' ' | b'\t') => Line::Value,
                Line::Fresh | Line::Blank if octet.is_ascii_whitespace() => Line::Blank,
                _ if octet == b':' => Line::Colon,
                Line::Colon if octet.is_ascii_whitespace() => Line::Colon,
                Line::Fresh | Line::Blank | Line::Colon => Line::Name,
            };
        }
    }

    fn keep(&mut self, octets: &[u8]) {
        let room = LONGEST_HEADER.saturating_sub(self.octets.len());
        self.octets.extend_from_slice(&octets[..octets.len().min(room)]);
    }

    /// Octets that are kept.
    pub(super) fn kept(&self) -> u64 {
        self.octets.len() as u64
    }

    /// Reads the block, which has this length. Raw octets in a name are in the `fallback` charset.
    pub(super) fn parse(mut self, length: u64, nesting: &mut Nesting, fallback: Option<&str>) -> Described {
        if length > LONGEST_HEADER as u64 {
            let end = close_header(&mut self.octets, 0);
            self.octets.extend_from_slice(end);
        }
        Described::of(&Fields::of(&self.octets), nesting, fallback)
    }
}

/// Cuts a header block that began at `start` after its last whole line, and gives what ends it.
pub(crate) fn close_header(octets: &mut Vec<u8>, start: usize) -> &'static [u8] {
    match octets[start..].iter().rposition(|octet| *octet == b'\n') {
        Some(end) => {
            octets.truncate(start + end + 1);
            b"\r\n"
        }
        None => b"\r\n\r\n",
    }
}

/// What a header block says of its part.
#[derive(Debug, Clone, Default)]
pub(super) struct Described {
    pub(super) any: bool,
    pub(super) content_type: String,
    pub(super) kind: ContentKind,
    pub(super) boundary: Option<Vec<u8>>,
    pub(super) charset: Option<String>,
    pub(super) encoding: Encoding,
    pub(super) disposition: Option<String>,
    pub(super) content_id: Option<String>,
    pub(super) name: String,
    /// Subject as it stands there: the name of a message that is an attachment.
    pub(super) subject: Option<Vec<u8>>,
}

/// What the type means for the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ContentKind {
    /// No type is declared.
    #[default]
    Undeclared,
    Multipart {
        digest: bool,
    },
    /// `text/plain` and `text/html`.
    Readable,
    Text,
    Message,
    Other,
}

impl Described {
    fn of(fields: &Fields<'_>, nesting: &mut Nesting, fallback: Option<&str>) -> Self {
        let content = fields.last("content-type").and_then(Content::of);
        let (content_type, kind) = nesting.bound(content.as_ref());
        let parameter = |name| content.as_ref()?.parameter(name);
        let encoding =
            fields.last("content-transfer-encoding").and_then(|name| std::str::from_utf8(name).ok());
        Self {
            any: !fields.is_empty(),
            content_type: bounded(content_type),
            kind,
            boundary: parameter("boundary").map(String::into_bytes),
            charset: parameter("charset").map(bounded),
            encoding: Encoding::of(encoding),
            disposition: fields
                .last("content-disposition")
                .and_then(Content::of)
                .map(|one| bounded(one.kind)),
            content_id: fields.last("content-id").and_then(thread::last_identifier).map(bounded),
            name: attachment::name(fields, fallback).unwrap_or_default(),
            subject: fields.first("subject").map(<[u8]>::to_vec),
        }
    }
}

impl ContentKind {
    fn of(declared: Option<(&str, Option<&str>)>) -> Self {
        match declared {
            None => Self::Undeclared,
            Some(("multipart", subtype)) => Self::Multipart { digest: subtype == Some("digest") },
            Some(("text", None | Some("plain" | "html"))) => Self::Readable,
            Some(("text", _)) => Self::Text,
            Some(("message", Some("rfc822" | "global"))) => Self::Message,
            Some(_) => Self::Other,
        }
    }
}

/// How many multiparts and messages there were. Beyond the bound their types are unknown ones, so that nothing opens another level.
#[derive(Debug, Clone, Default)]
pub(super) struct Nesting {
    levels: usize,
}

impl Nesting {
    /// The type of a part, and what it means.
    fn bound(&mut self, content: Option<&Content>) -> (String, ContentKind) {
        let names = content.map(Content::names);
        let mut kind = ContentKind::of(names);
        let opens = matches!(kind, ContentKind::Multipart { .. } | ContentKind::Message);
        self.levels += usize::from(opens);
        if opens && self.levels > MOST_LEVELS {
            kind = ContentKind::Other;
        }
        let content_type = match names {
            None => "text/plain".to_owned(),
            Some((name, Some(subtype))) if !opens || kind != ContentKind::Other => {
                header::clean(&format!("{name}/{subtype}"))
            }
            Some(_) => "application/octet-stream".to_owned(),
        };
        (content_type, kind)
    }
}

/// Cut to what a line may hold.
fn bounded(text: String) -> String {
    if text.len() <= LONGEST_VALUE { text } else { text.chars().take(LONGEST_VALUE / 4).collect() }
}

/// Servers take header blocks of up to some hundred kibibytes; what is beyond is passed over.
pub(crate) const LONGEST_HEADER: usize = 256 * 1024;
/// A line has 998 octets (RFC 5322, 2.1.1).
const LONGEST_VALUE: usize = 998;
/// More multiparts and messages than a real digest holds.
const MOST_LEVELS: usize = 1000;
