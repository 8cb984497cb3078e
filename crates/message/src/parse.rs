//! The MIME library held to bounds: from octets to its tree of parts.

use crate::decode::{self, Encoding};
use mail_parser::{Header, HeaderName, Message, MessageParser, MessagePart, MimeHeaders};
use memchr::memchr_iter;
use std::borrow::Cow;

/// A message taken apart; `None` if it has no headers at all.
///
/// The library states with assertions what a damaged message can break, and counts below zero where a boundary follows a soft line
/// end; it goes on where that is not checked. So the workspace builds it without these checks in every profile (Cargo.toml).
pub(crate) fn parse<'x>(octets: &'x Cow<'x, [u8]>) -> Option<Message<'x>> {
    MessageParser::default().parse(octets.as_ref())
}

/// The octets with the nesting of multiparts and messages bounded; the octets keep their places.
pub(crate) fn bounded(octets: &[u8]) -> Cow<'_, [u8]> {
    Nesting::default().bound(octets)
}

/// How many multiparts and messages there were. The library walks back up a chain of nested messages by recursion, and looks for the
/// end of each nested multipart to the end of the message. Beyond the bound their types are unknown ones, so that nothing opens
/// another level.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nesting {
    messages: usize,
    multiparts: usize,
}

impl Nesting {
    pub(crate) fn bound<'x>(&mut self, octets: &'x [u8]) -> Cow<'x, [u8]> {
        let mut bounded = Cow::Borrowed(octets);
        for slash in memchr_iter(b'/', octets) {
            let after = &octets[slash + 1..];
            let nests = [&b"rfc822"[..], b"global", b"digest"].iter().any(|name| starts_with(after, name));
            let splits =
                slash >= MULTIPART.len() && starts_with(&octets[slash - MULTIPART.len()..], MULTIPART);
            self.messages += usize::from(nests);
            self.multiparts += usize::from(splits);
            if nests && self.messages > MOST_MESSAGES || splits && self.multiparts > MOST_MULTIPARTS {
                bounded.to_mut()[slash] = b'.';
            }
        }
        bounded
    }
}

fn starts_with(octets: &[u8], name: &[u8]) -> bool {
    octets.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// The octets of a header's value as they stand in the message. The first one counts.
pub(crate) fn raw_header<'m>(
    message: &'m Message<'_>,
    part: &MessagePart<'_>,
    name: &HeaderName<'_>,
) -> Option<&'m [u8]> {
    raw_headers(message, part, name).next()
}

/// The same for each of several.
pub(crate) fn raw_headers<'m>(
    message: &'m Message<'_>,
    part: &MessagePart<'_>,
    name: &HeaderName<'_>,
) -> impl Iterator<Item = &'m [u8]> {
    let spans = part.headers.iter().filter(|header| header.name == *name).map(span);
    spans.filter_map(|(start, end)| message.raw_message.get(start..end)).collect::<Vec<_>>().into_iter()
}

fn span(header: &Header<'_>) -> (usize, usize) {
    (header.offset_start as usize, header.offset_end as usize)
}

/// The octets of a part with its transfer encoding undone, before any charset.
pub(crate) fn decoded<'m>(message: &'m Message<'_>, part: &'m MessagePart<'_>) -> Cow<'m, [u8]> {
    let (start, end) = (part.offset_body as usize, part.offset_end as usize);
    let raw = message.raw_message.get(start..end).unwrap_or_default();
    match Encoding::of(part.content_transfer_encoding()) {
        Encoding::Identity => Cow::Borrowed(raw),
        encoding => Cow::Owned(decode::decode(encoding, raw)),
    }
}

const MULTIPART: &[u8] = b"multipart";
/// More than a real digest holds.
const MOST_MESSAGES: usize = 500;
/// More than a real message has.
const MOST_MULTIPARTS: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tower_of_messages_is_cut() {
        let tower = b"Content-Type: message/rfc822\r\n\r\n".repeat(MOST_MESSAGES + 9);
        let bounded = bounded(&tower);
        assert_eq!(bounded.windows(15).filter(|window| window == b" message/rfc822").count(), MOST_MESSAGES);
        assert_eq!(bounded.len(), tower.len());
    }
}
