//! A whole message for its reader.

use crate::address::addresses;
use crate::body::{self, Body};
use crate::{Address, MessageView, attachment, header, parse};
use mail_parser::{HeaderName, Message};

/// Takes a whole message apart for reading.
#[must_use]
pub fn view(octets: &[u8]) -> MessageView {
    let bounded = parse::bounded(octets);
    let Some(message) = parse::parse(&bounded) else {
        return MessageView { text: body::loose_text(octets), ..MessageView::default() };
    };
    let body = Body::of(&message);
    let html = body.html(&message);
    let headers = Headers::of(&message);
    MessageView {
        subject: headers.text(&HeaderName::Subject),
        from: headers.addresses(&HeaderName::From),
        reply_to: headers.addresses(&HeaderName::ReplyTo),
        to: headers.addresses(&HeaderName::To),
        cc: headers.addresses(&HeaderName::Cc),
        date: headers.date(),
        message_id: headers.message_id(),
        text: body.text(&message),
        parts: attachment::list(&message, &body, html.as_deref()),
        html,
    }
}

/// The octets of one attachment with their transfer encoding undone; `None` if there is no such part.
#[must_use]
pub fn part(octets: &[u8], index: u32) -> Option<Vec<u8>> {
    let bounded = parse::bounded(octets);
    let message = parse::parse(&bounded)?;
    attachment::octets(&message, &Body::of(&message), index)
}

/// The headers of a message, decoded on demand.
pub(crate) struct Headers<'m, 'x> {
    message: &'m Message<'x>,
    fallback: Option<&'m str>,
}

impl<'m, 'x> Headers<'m, 'x> {
    pub(crate) fn of(message: &'m Message<'x>) -> Self {
        Self { message, fallback: body::charset_of_headers(message) }
    }

    pub(crate) fn text(&self, name: &HeaderName<'_>) -> String {
        self.raw(name).next().map(|raw| header::text(raw, self.fallback)).unwrap_or_default()
    }

    pub(crate) fn addresses(&self, name: &HeaderName<'_>) -> Vec<Address> {
        self.raw(name).flat_map(|raw| addresses(raw, self.fallback)).collect()
    }

    /// Milliseconds since 1970; `None` if the header is missing or names no day of the calendar.
    pub(crate) fn date(&self) -> Option<i64> {
        self.message.date().filter(|date| date.is_valid()).map(|date| date.to_timestamp() * 1000)
    }

    fn message_id(&self) -> Option<String> {
        self.message.message_id().map(header::clean).filter(|id| !id.is_empty())
    }

    pub(crate) fn raw(&self, name: &HeaderName<'_>) -> impl Iterator<Item = &'m [u8]> {
        let root = self.message.parts.first();
        root.into_iter().flat_map(|root| parse::raw_headers(self.message, root, name))
    }
}
