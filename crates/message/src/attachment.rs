//! Parts that are not the body: their description and their octets.

use crate::fields::Fields;
use crate::parameter::{file_name, parameter};
use crate::tree::{Node, Tree};
use crate::{Attachment, body, header};
use std::cell::LazyCell;

/// All attachments and inline images of a message.
pub(crate) fn list(tree: &Tree<'_>, html: Option<&str>) -> Vec<Attachment> {
    let shown = html.map(content_ids).unwrap_or_default();
    let attachment = |(index, node): (u32, &Node)| {
        let part = tree.part(node);
        Attachment {
            index,
            name: name_of(tree, node),
            content_type: part.content_type.clone(),
            inline: part.content_id.as_ref().is_some_and(|id| shown.binary_search(id).is_ok()),
            content_id: part.content_id.clone(),
            size: tree.decoded(node).len() as u64,
        }
    };
    numbered(tree).map(attachment).collect()
}

/// Whether a message has any that a list line marks: an image in the text and a signature are none to a reader.
pub(crate) fn any(tree: &Tree<'_>) -> bool {
    let shown = LazyCell::new(|| body::html(tree).as_deref().map(content_ids).unwrap_or_default());
    numbered(tree).map(|(_, node)| tree.part(node)).any(|part| {
        !part.content_type.ends_with("-signature")
            && part.content_id.as_ref().is_none_or(|id| shown.binary_search(id).is_err())
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
pub(crate) fn octets(tree: &Tree<'_>, wanted: u32) -> Option<Vec<u8>> {
    let (_, node) = numbered(tree).find(|(index, _)| *index == wanted)?;
    Some(tree.decoded(node).into_owned())
}

fn numbered<'m>(tree: &'m Tree<'_>) -> impl Iterator<Item = (u32, &'m Node)> {
    (0..).zip(&tree.nodes).filter(|(_, node)| node.listed && !node.shown)
}

fn name_of(tree: &Tree<'_>, node: &Node) -> String {
    let own = name(&tree.fields_of(tree.part(node)), tree.charset());
    own.or_else(|| name_of_message(tree, node)).unwrap_or_default()
}

/// The file name that a part gives itself.
pub(crate) fn name(fields: &Fields<'_>, fallback: Option<&str>) -> Option<String> {
    let from = |field, attribute| {
        let name = parameter(fields.first(field)?, attribute, fallback)?;
        Some(file_name(&name)).filter(|name| !name.is_empty())
    };
    from("content-disposition", "filename").or_else(|| from("content-type", "name"))
}

/// The subject of a nested message names it.
fn name_of_message(tree: &Tree<'_>, node: &Node) -> Option<String> {
    if !node.is_message() {
        return None;
    }
    if let Some((fields, charset)) = tree.message_in(node) {
        return name_by_subject(fields.first("subject")?, charset);
    }
    let octets = tree.decoded(node);
    let nested = Tree::of(&octets);
    name_by_subject(nested.fields().first("subject")?, nested.charset())
}

/// The file name of a message that has this subject.
pub(crate) fn name_by_subject(raw: &[u8], fallback: Option<&str>) -> Option<String> {
    // A subject is no path: its slashes are kept apart from those of one.
    let subject = header::text(raw, fallback).replace(['/', '\\'], "-");
    (!subject.is_empty()).then(|| file_name(&format!("{subject}.eml")))
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
