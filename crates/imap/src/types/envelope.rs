//! ENVELOPE (RFC 9051, 7.5.2): a view over the octets of the response. Strings are the octets as sent, without quotes and
//! escapes; encoded words (RFC 2047) are not decoded here.

use crate::grammar::{ENVELOPE_FIELDS, addresses, nstring_again};
use std::borrow::Cow;
use std::fmt;

/// Where the fields of an envelope stand in the octets that are kept; 0 is a field that was not sent.
pub(crate) type EnvelopeFields = [u32; ENVELOPE_FIELDS];

/// An envelope. Its octets were checked when they were read; a string is taken out when it is asked for.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    pub(crate) octets: &'a [u8],
    pub(crate) fields: EnvelopeFields,
}

impl<'a> Envelope<'a> {
    #[cfg_attr(for_speed, optimize(speed))]
    fn field(self, field: usize) -> &'a [u8] {
        let place = self.fields.get(field).copied().filter(|place| *place != 0);
        place.and_then(|place| self.octets.get(place as usize..)).unwrap_or_default()
    }
    #[cfg_attr(for_speed, optimize(speed))]
    fn text(self, field: usize) -> Option<Cow<'a, [u8]>> {
        nstring_again(self.field(field))?.1
    }
    #[cfg_attr(for_speed, optimize(speed))]
    fn people(self, field: usize) -> Addresses<'a> {
        Addresses { rest: self.field(field).strip_prefix(b"(").unwrap_or_default() }
    }

    /// The octets of the six lists of addresses as the server sent them, From to Bcc. Where two are the same, so are their addresses.
    #[must_use]
    #[cfg_attr(for_speed, optimize(speed))]
    pub fn lists(self) -> [&'a [u8]; 6] {
        std::array::from_fn(|list| {
            let field = self.field(list + 2);
            let next = self.fields.get(list + 3).copied().filter(|place| *place != 0);
            let start = self.octets.len() - field.len();
            let length = next.and_then(|next| (next as usize).checked_sub(start));
            length.and_then(|length| field.get(..length)).unwrap_or(field).trim_ascii_end()
        })
    }

    /// Date header.
    #[must_use]
    pub fn date(self) -> Option<Cow<'a, [u8]>> {
        self.text(0)
    }
    /// Subject.
    #[must_use]
    pub fn subject(self) -> Option<Cow<'a, [u8]>> {
        self.text(1)
    }
    /// From.
    #[must_use]
    pub fn from(self) -> Addresses<'a> {
        self.people(2)
    }
    /// Sender.
    #[must_use]
    pub fn sender(self) -> Addresses<'a> {
        self.people(3)
    }
    /// Reply-To.
    #[must_use]
    pub fn reply_to(self) -> Addresses<'a> {
        self.people(4)
    }
    /// To.
    #[must_use]
    pub fn to(self) -> Addresses<'a> {
        self.people(5)
    }
    /// Cc.
    #[must_use]
    pub fn cc(self) -> Addresses<'a> {
        self.people(6)
    }
    /// Bcc.
    #[must_use]
    pub fn bcc(self) -> Addresses<'a> {
        self.people(7)
    }
    /// In-Reply-To.
    #[must_use]
    pub fn in_reply_to(self) -> Option<Cow<'a, [u8]>> {
        self.text(8)
    }
    /// Message-ID.
    #[must_use]
    pub fn message_id(self) -> Option<Cow<'a, [u8]>> {
        self.text(9)
    }
    /// A copy that stands for itself.
    #[must_use]
    pub fn into_owned(self) -> OwnedEnvelope {
        let text = |text: Option<Cow<'a, [u8]>>| text.map(Cow::into_owned);
        let people = |people: Addresses<'a>| people.map(Address::into_owned).collect();
        OwnedEnvelope {
            date: text(self.date()),
            subject: text(self.subject()),
            from: people(self.from()),
            sender: people(self.sender()),
            reply_to: people(self.reply_to()),
            to: people(self.to()),
            cc: people(self.cc()),
            bcc: people(self.bcc()),
            in_reply_to: text(self.in_reply_to()),
            message_id: text(self.message_id()),
        }
    }
}

/// The addresses of one of [`Envelope::lists`].
impl<'a> From<&'a [u8]> for Addresses<'a> {
    fn from(list: &'a [u8]) -> Self {
        Self { rest: list.strip_prefix(b"(").unwrap_or_default() }
    }
}

/// The addresses of a field.
#[derive(Debug, Clone)]
pub struct Addresses<'a> {
    /// What follows the opening parenthesis or the address that was given last; empty if there is no list.
    rest: &'a [u8],
}

impl<'a> Iterator for Addresses<'a> {
    type Item = Address<'a>;

    #[cfg_attr(for_speed, optimize(speed))]
    fn next(&mut self) -> Option<Address<'a>> {
        let (rest, address) = addresses(self.rest)?;
        self.rest = rest;
        Some(address)
    }
}

/// An address of an envelope; group marks have no host (RFC 9051, 7.5.2).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Address<'a> {
    /// Display name.
    pub name: Option<Cow<'a, [u8]>>,
    /// Source route (RFC 5322, 4.4); no one has used it for long.
    pub route: Option<Cow<'a, [u8]>>,
    /// Local part, or the group's name.
    pub mailbox: Option<Cow<'a, [u8]>>,
    /// Domain; `None` in group marks.
    pub host: Option<Cow<'a, [u8]>>,
}

impl Address<'_> {
    /// A copy that stands for itself.
    #[must_use]
    pub fn into_owned(self) -> Address<'static> {
        let text = |text: Option<Cow<'_, [u8]>>| text.map(|text| Cow::Owned(text.into_owned()));
        Address {
            name: text(self.name),
            route: text(self.route),
            mailbox: text(self.mailbox),
            host: text(self.host),
        }
    }
}

/// An envelope with its own strings.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct OwnedEnvelope {
    /// Date header.
    pub date: Option<Vec<u8>>,
    /// Subject.
    pub subject: Option<Vec<u8>>,
    /// From.
    pub from: Vec<Address<'static>>,
    /// Sender.
    pub sender: Vec<Address<'static>>,
    /// Reply-To.
    pub reply_to: Vec<Address<'static>>,
    /// To.
    pub to: Vec<Address<'static>>,
    /// Cc.
    pub cc: Vec<Address<'static>>,
    /// Bcc.
    pub bcc: Vec<Address<'static>>,
    /// In-Reply-To.
    pub in_reply_to: Option<Vec<u8>>,
    /// Message-ID.
    pub message_id: Option<Vec<u8>>,
}

/// Octets as people read them.
pub(super) struct Readable<'a>(pub(super) Option<&'a [u8]>);

impl fmt::Debug for Readable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(octets) => fmt::Debug::fmt(&String::from_utf8_lossy(octets), formatter),
            None => formatter.write_str("NIL"),
        }
    }
}

impl fmt::Debug for Address<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entry(&Readable(self.name.as_deref()))
            .entry(&Readable(self.route.as_deref()))
            .entry(&Readable(self.mailbox.as_deref()))
            .entry(&Readable(self.host.as_deref()))
            .finish()
    }
}

impl fmt::Debug for OwnedEnvelope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Envelope")
            .field("date", &Readable(self.date.as_deref()))
            .field("subject", &Readable(self.subject.as_deref()))
            .field("from", &self.from)
            .field("sender", &self.sender)
            .field("reply_to", &self.reply_to)
            .field("to", &self.to)
            .field("cc", &self.cc)
            .field("bcc", &self.bcc)
            .field("in_reply_to", &Readable(self.in_reply_to.as_deref()))
            .field("message_id", &Readable(self.message_id.as_deref()))
            .finish()
    }
}

impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.into_owned(), formatter)
    }
}

impl PartialEq for Envelope<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.into_owned() == other.into_owned()
    }
}
