//! A whole message for its reader.

use crate::address::addresses;
use crate::body;
use crate::fields::Fields;
use crate::tree::Tree;
use crate::{Address, MessageView, attachment, header, thread};
use mail_parser::HeaderValue;
use mail_parser::parsers::MessageStream;

/// Takes a whole message apart for reading.
#[must_use]
pub fn view(octets: &[u8]) -> MessageView {
    let tree = Tree::of(octets);
    if tree.is_empty() {
        return MessageView { text: body::loose_text(octets), ..MessageView::default() };
    }
    let html = body::html(&tree);
    let headers = Headers::of(&tree);
    MessageView {
        subject: headers.text("subject"),
        from: headers.addresses("from"),
        reply_to: headers.addresses("reply-to"),
        to: headers.addresses("to"),
        cc: headers.addresses("cc"),
        date: headers.date(),
        message_id: headers.message_id(),
        text: body::text(&tree, usize::MAX).0,
        parts: attachment::list(&tree, html.as_deref()),
        html,
    }
}

/// The octets of one attachment with their transfer encoding undone; `None` if there is no such part.
#[must_use]
pub fn part(octets: &[u8], index: u32) -> Option<Vec<u8>> {
    attachment::octets(&Tree::of(octets), index)
}

/// The headers of a message, decoded on demand.
pub(crate) struct Headers<'m, 'x> {
    fields: Fields<'x>,
    fallback: Option<&'m str>,
}

impl<'m, 'x> Headers<'m, 'x> {
    pub(crate) fn of(tree: &'m Tree<'x>) -> Self {
        Self::new(tree.fields(), tree.charset())
    }

    /// The fields, and the charset in which raw octets are.
    pub(crate) fn new(fields: Fields<'x>, fallback: Option<&'m str>) -> Self {
        Self { fields, fallback }
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.fields.first(name).map(|raw| header::text(raw, self.fallback)).unwrap_or_default()
    }

    pub(crate) fn addresses(&self, name: &str) -> Vec<Address> {
        self.raw(name).flat_map(|raw| addresses(raw, self.fallback)).collect()
    }

    /// Milliseconds since 1970; `None` if the header is missing or names no day of the calendar.
    pub(crate) fn date(&self) -> Option<i64> {
        let HeaderValue::DateTime(date) = MessageStream::new(self.fields.last("date")?).parse_date() else {
            return None;
        };
        date.is_valid().then(|| date.to_timestamp() * 1000)
    }

    pub(crate) fn message_id(&self) -> Option<String> {
        self.raw("message-id").flat_map(thread::identifiers).next()
    }

    pub(crate) fn raw(&self, name: &str) -> impl Iterator<Item = &'x [u8]> {
        self.fields.all(name)
    }
}
