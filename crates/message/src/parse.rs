//! The MIME library held to bounds: from octets to its tree of parts.

use crate::header;
use mail_parser::{Header, HeaderName, Message, MessageParser, MessagePart, MimeHeaders};
use std::borrow::Cow;

/// A message taken apart; `None` if it has no headers at all.
///
/// The library states with assertions what a damaged message can break, and counts below zero where a boundary follows a soft line
/// end; it goes on where that is not checked. So the workspace builds it without these checks in every profile (Cargo.toml).
pub(crate) fn parse<'x>(octets: &'x Cow<'x, [u8]>) -> Option<Message<'x>> {
    MessageParser::default().parse(octets.as_ref())
}

/// The octets with the nesting of multiparts and messages bounded: the library walks back up a chain of nested messages by
/// recursion, and looks for the end of each nested multipart to the end of the message. Beyond the bound their types are
/// unknown ones, so that nothing opens another level; the octets keep their places.
pub(crate) fn bounded(octets: &[u8]) -> Cow<'_, [u8]> {
    let mut bounded = Cow::Borrowed(octets);
    let (mut messages, mut multiparts) = (0, 0);
    for slash in 0..octets.len() {
        if octets[slash] != b'/' {
            continue;
        }
        let after = &octets[slash + 1..];
        let nests = [&b"rfc822"[..], b"global", b"digest"].iter().any(|name| starts_with(after, name));
        let splits = slash >= MULTIPART.len() && starts_with(&octets[slash - MULTIPART.len()..], MULTIPART);
        messages += usize::from(nests);
        multiparts += usize::from(splits);
        if nests && messages > MOST_MESSAGES || splits && multiparts > MOST_MULTIPARTS {
            bounded.to_mut()[slash] = b'.';
        }
    }
    bounded
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
    match part.content_transfer_encoding() {
        Some(encoding) if encoding.trim().eq_ignore_ascii_case("base64") => {
            Cow::Owned(header::decode_base64(raw))
        }
        Some(encoding) if encoding.trim().eq_ignore_ascii_case("quoted-printable") => {
            Cow::Owned(quoted_printable(raw))
        }
        _ => Cow::Borrowed(raw),
    }
}

/// Quoted-printable (RFC 2045, 6.7) that lets faulty escapes stand, where the library gives up.
fn quoted_printable(raw: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(raw.len());
    for line in raw.split_inclusive(|octet| *octet == b'\n') {
        let content = line.trim_ascii_end();
        let soft = content.ends_with(b"=");
        push_escaped(&mut decoded, if soft { &content[..content.len() - 1] } else { content });
        if !soft && line.ends_with(b"\n") {
            decoded.extend_from_slice(if line.ends_with(b"\r\n") { b"\r\n" } else { b"\n" });
        }
    }
    decoded
}

fn push_escaped(decoded: &mut Vec<u8>, content: &[u8]) {
    let mut at = 0;
    while let Some(&octet) = content.get(at) {
        match content.get(at + 1..at + 3).filter(|_| octet == b'=').and_then(header::hex) {
            Some(escaped) => {
                decoded.push(escaped);
                at += 3;
            }
            None => {
                decoded.push(octet);
                at += 1;
            }
        }
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
    fn quoted_printable_survives_faults() {
        assert_eq!(quoted_printable(b"a=3D=\r\nb=ZZ \r\nc="), b"a=b=ZZ\r\nc");
    }

    #[test]
    fn a_tower_of_messages_is_cut() {
        let tower = b"Content-Type: message/rfc822\r\n\r\n".repeat(MOST_MESSAGES + 9);
        let bounded = bounded(&tower);
        assert_eq!(bounded.windows(15).filter(|window| window == b" message/rfc822").count(), MOST_MESSAGES);
        assert_eq!(bounded.len(), tower.len());
    }
}
