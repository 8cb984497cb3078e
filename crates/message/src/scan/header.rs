//! The header block of a part as it comes: where it ends, and its first octets.

use crate::decode::Encoding;
use crate::parse::Nesting;
use crate::{attachment, header, parse};
use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders};
use memchr::memchr;

/// Gathers a header block up to the empty line. Where fields and lines end is as the MIME library has it: a field goes on in lines
/// that begin with a space, a line without a colon is passed over, and any white space makes an empty line.
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
        let octets = nesting.bound(&self.octets);
        let parsed = MessageParser::default().parse_headers(octets.as_ref());
        Described::of(parsed.as_ref(), fallback)
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
    fn of(parsed: Option<&Message<'_>>, fallback: Option<&str>) -> Self {
        let Some((message, part)) = parsed.and_then(|message| Some((message, message.parts.first()?))) else {
            return Self { content_type: "text/plain".to_owned(), ..Self::default() };
        };
        let kind = part.content_type();
        Self {
            any: true,
            content_type: bounded(attachment::content_type(part)),
            kind: ContentKind::of(kind.map(|kind| (kind.ctype(), kind.subtype()))),
            boundary: kind.and_then(|kind| kind.attribute("boundary")).map(|name| name.as_bytes().to_vec()),
            charset: kind.and_then(|kind| kind.attribute("charset")).map(|name| bounded(name.to_owned())),
            encoding: Encoding::of(part.content_transfer_encoding()),
            disposition: part.content_disposition().map(|one| bounded(one.ctype().to_ascii_lowercase())),
            content_id: part.content_id().map(header::clean).filter(|id| !id.is_empty()).map(bounded),
            name: attachment::name(message, part, fallback),
            subject: parse::raw_header(message, part, &HeaderName::Subject).map(<[u8]>::to_vec),
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

/// Cut to what a line may hold.
fn bounded(text: String) -> String {
    if text.len() <= LONGEST_VALUE { text } else { text.chars().take(LONGEST_VALUE / 4).collect() }
}

/// Servers take header blocks of up to some hundred kibibytes; what is beyond is passed over.
pub(crate) const LONGEST_HEADER: usize = 256 * 1024;
/// A line has 998 octets (RFC 5322, 2.1.1).
const LONGEST_VALUE: usize = 998;
