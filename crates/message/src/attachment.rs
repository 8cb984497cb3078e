//! Parts that are not the body: their description and their octets.

use crate::body::{self, Body};
use crate::parameter::{file_name, parameter};
use crate::{Attachment, header, parse};
use mail_parser::{HeaderName, Message, MessagePart, MimeHeaders, PartType};

/// All attachments and inline images of a message.
pub(crate) fn list(message: &Message<'_>, body: &Body, html: Option<&str>) -> Vec<Attachment> {
    let sized = described(message, body, html).map(|(attachment, part)| {
        let size = parse::decoded(message, part).len() as u64;
        Attachment { size, ..attachment }
    });
    sized.collect()
}

/// Whether a message has any that a list line marks: an image in the text and a signature are none to a reader.
pub(crate) fn any(message: &Message<'_>, body: &Body, html: Option<&str>) -> bool {
    described(message, body, html)
        .any(|(attachment, _)| !attachment.inline && !attachment.content_type.ends_with("-signature"))
}

/// All but their sizes, for which they must be decoded.
fn described<'m, 'x>(
    message: &'m Message<'x>,
    body: &'m Body,
    html: Option<&str>,
) -> impl Iterator<Item = (Attachment, &'m MessagePart<'x>)> {
    let fallback = body::charset_of_headers(message);
    let shown = html.map(content_ids).unwrap_or_default();
    numbered(message, body).map(move |(index, part)| {
        let content_id = part.content_id().map(header::clean).filter(|id| !id.is_empty());
        let attachment = Attachment {
            index,
            name: name(message, part, fallback),
            content_type: content_type(part),
            inline: content_id.as_ref().is_some_and(|id| shown.binary_search(id).is_ok()),
            content_id,
            size: 0,
        };
        (attachment, part)
    })
}

/// The Content-IDs that HTML refers to (RFC 2392), sorted. A reference may have its `@` escaped.
fn content_ids(html: &str) -> Vec<String> {
    let ends = |letter: char| letter.is_whitespace() || "\"'<>()\\".contains(letter);
    let references = html.split("cid:").skip(1).filter_map(|rest| rest.split(ends).next());
    let mut ids: Vec<String> = references.map(|id| id.replace("%40", "@")).collect();
    ids.sort_unstable();
    ids
}

/// The octets of one of them.
pub(crate) fn octets(message: &Message<'_>, body: &Body, wanted: u32) -> Option<Vec<u8>> {
    let (_, part) = numbered(message, body).find(|(index, _)| *index == wanted)?;
    Some(parse::decoded(message, part).into_owned())
}

fn numbered<'m, 'x>(
    message: &'m Message<'x>,
    body: &'m Body,
) -> impl Iterator<Item = (u32, &'m MessagePart<'x>)> {
    let ids = message.attachments.iter().copied().filter(|id| !body.contains(*id));
    ids.filter_map(|id| message.parts.get(id as usize).map(|part| (id, part)))
}

/// The file name that a part gives itself, or the subject of a nested message.
pub(crate) fn name(message: &Message<'_>, part: &MessagePart<'_>, fallback: Option<&str>) -> String {
    let from = |name, attribute| {
        let raw = parse::raw_header(message, part, &name)?;
        parameter(raw, attribute, fallback).map(|name| file_name(&name)).filter(|name| !name.is_empty())
    };
    from(HeaderName::ContentDisposition, "filename")
        .or_else(|| from(HeaderName::ContentType, "name"))
        .or_else(|| name_of_message(part))
        .unwrap_or_default()
}

fn name_of_message(part: &MessagePart<'_>) -> Option<String> {
    let PartType::Message(nested) = &part.body else { return None };
    let raw = parse::raw_header(nested, nested.parts.first()?, &HeaderName::Subject)?;
    name_by_subject(raw, body::charset_of_headers(nested))
}

/// The file name of a message that has this subject.
pub(crate) fn name_by_subject(raw: &[u8], fallback: Option<&str>) -> Option<String> {
    // A subject is no path: its slashes are kept apart from those of one.
    let subject = header::text(raw, fallback).replace(['/', '\\'], "-");
    (!subject.is_empty()).then(|| file_name(&format!("{subject}.eml")))
}

/// The type of a part, lower case.
pub(crate) fn content_type(part: &MessagePart<'_>) -> String {
    let declared = part.content_type().and_then(|kind| Some((kind.ctype(), kind.subtype()?)));
    match (declared, &part.body) {
        (Some((kind, subtype)), _) => header::clean(&format!("{kind}/{subtype}")).to_ascii_lowercase(),
        (None, PartType::Message(_)) => "message/rfc822".to_owned(),
        (None, PartType::Text(_)) if part.content_type().is_none() => "text/plain".to_owned(),
        (None, _) => "application/octet-stream".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_in_whatever_order_the_html_names_them() {
        let html = "<img src='cid:c%40x'><img src=\"cid:a@x\"><a href=cid:b@x>b</a> cid:";
        let ids = content_ids(html);
        for id in ["a@x", "b@x", "c@x"] {
            assert!(ids.binary_search(&id.to_owned()).is_ok(), "{id}");
        }
        assert!(ids.binary_search(&"d@x".to_owned()).is_err());
    }
}
