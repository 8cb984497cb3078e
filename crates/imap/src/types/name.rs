//! Names of mailboxes, and patterns for them.

use crate::mutf7;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A mailbox name, or the beginning of one (a reference of LIST, the prefix of a namespace).
///
/// It is read as UTF-8 and goes over the wire as modified UTF-7 or as UTF-8, as the connection needs. A name that came from a
/// server in a form that we would not write ourselves (broken or needlessly long modified UTF-7, raw octets above 127) keeps
/// that form beside the readable one and is sent back in it.
///
/// Two names are equal where they mean the same mailbox: INBOX in any case equals INBOX (RFC 9051, 5.1); any other name equals
/// one that reads the same and goes over the wire as the same octets. So `&AGE-`, which reads `a`, is not equal to `a`: a server
/// may hold both.
#[derive(Debug, Clone)]
pub struct MailboxName(Text);

/// A pattern of LIST (RFC 9051, 6.3.9): `*` stands for any octets, `%` for any up to the next delimiter. Nothing takes their
/// meaning from them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListPattern(Text);

/// What people read, and what goes over the wire where that would be something else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Text {
    readable: String,
    received: Option<Box<Received>>,
}

/// The octets of a name as a server sent them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Received {
    octets: Vec<u8>,
    /// They came on a connection whose names are UTF-8.
    utf8: bool,
}

impl Text {
    fn new(readable: &str) -> Self {
        Self { readable: readable.to_owned(), received: None }
    }

    fn received(octets: &[u8], utf8: bool) -> Self {
        let readable = if octets.eq_ignore_ascii_case(INBOX.as_bytes()) {
            INBOX.to_owned()
        } else if utf8 {
            String::from_utf8_lossy(octets).into_owned()
        } else {
            mutf7::decode(octets)
        };
        let text = Self { readable, received: None };
        // NUL is written only where a server wrote it first.
        if !octets.contains(&0) && *text.octets(utf8) == *octets {
            return text;
        }
        Self { received: Some(Box::new(Received { octets: octets.to_vec(), utf8 })), ..text }
    }

    /// What goes over the wire.
    fn octets(&self, utf8: bool) -> Cow<'_, [u8]> {
        match &self.received {
            Some(received) if received.utf8 == utf8 => Cow::Borrowed(&received.octets),
            _ if utf8 => Cow::Borrowed(self.readable.as_bytes()),
            _ => Cow::Owned(mutf7::encode(&self.readable).into_bytes()),
        }
    }

    /// With a delimiter and more behind it, in both forms.
    fn followed_by(&self, delimiter: char, text: &str) -> Self {
        let mut whole = self.clone();
        let end = format!("{delimiter}{text}");
        whole.readable.push_str(&end);
        if let Some(received) = &mut whole.received {
            let end = if received.utf8 { end } else { mutf7::encode(&end) };
            received.octets.extend_from_slice(end.as_bytes());
        }
        whole
    }
}

impl MailboxName {
    /// A name as people read it; `INBOX` in any case becomes `INBOX` (RFC 9051, 5.1).
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Text::new(if name.eq_ignore_ascii_case(INBOX) { INBOX } else { name }))
    }

    /// A name as a server wrote it: in UTF-8 if `utf8`, else in modified UTF-7 or whatever it holds for that. Any octets will do.
    #[must_use]
    pub fn from_wire(octets: &[u8], utf8: bool) -> Self {
        Self(Text::received(octets, utf8))
    }

    /// The name as people read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.readable
    }

    /// The octets that mean this mailbox on a connection whose names are in UTF-8 if `utf8`, else in modified UTF-7: those it was
    /// made from by [`MailboxName::from_wire`] with the same `utf8`.
    #[must_use]
    pub fn to_wire(&self, utf8: bool) -> Cow<'_, [u8]> {
        self.0.octets(utf8)
    }

    /// The name of a mailbox one level below this one, for CREATE and RENAME: what this one came as is kept.
    #[must_use]
    pub fn child(&self, delimiter: char, name: &str) -> Self {
        Self(self.0.followed_by(delimiter, name))
    }

    /// Whether it is the user's inbox.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        match &self.0.received {
            Some(received) => received.octets.eq_ignore_ascii_case(INBOX.as_bytes()),
            None => self.0.readable == INBOX,
        }
    }

    /// Whether the octets were a server's.
    pub(crate) fn is_received(&self) -> bool {
        self.0.received.is_some()
    }

    fn key(&self) -> (&str, Option<&Received>) {
        if self.is_inbox() { (INBOX, None) } else { (&self.0.readable, self.0.received.as_deref()) }
    }
}

impl PartialEq for MailboxName {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for MailboxName {}

impl Hash for MailboxName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for MailboxName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for MailboxName {
    /// By what people read, octet by octet; then by the form on the wire.
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl ListPattern {
    /// A pattern as people write it.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(Text::new(pattern))
    }

    /// This mailbox only, unless its name holds `*` or `%`.
    #[must_use]
    pub fn exactly(name: &MailboxName) -> Self {
        Self(name.0.clone())
    }

    /// What is one level below a mailbox: its name, the delimiter, `%`.
    #[must_use]
    pub fn children(name: &MailboxName, delimiter: char) -> Self {
        Self(name.0.followed_by(delimiter, "%"))
    }

    /// What is any number of levels below a mailbox: its name, the delimiter, `*`.
    #[must_use]
    pub fn descendants(name: &MailboxName, delimiter: char) -> Self {
        Self(name.0.followed_by(delimiter, "*"))
    }

    /// The pattern as people read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.readable
    }

    pub(crate) fn to_wire(&self, utf8: bool) -> Cow<'_, [u8]> {
        self.0.octets(utf8)
    }

    pub(crate) fn is_received(&self) -> bool {
        self.0.received.is_some()
    }
}

impl From<&str> for ListPattern {
    fn from(pattern: &str) -> Self {
        Self::new(pattern)
    }
}

const INBOX: &str = "INBOX";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::encode::{Encoder, Peer};
    use crate::grammar::{Reading, astring};
    use proptest::prelude::*;

    #[test]
    fn inbox_is_inbox_in_any_case_and_nothing_else_is() {
        let inbox = MailboxName::new("inbox");
        assert_eq!((inbox.as_str(), inbox.is_inbox()), ("INBOX", true));
        let received = MailboxName::from_wire(b"Inbox", false);
        assert_eq!(received, inbox);
        assert_eq!(&*received.to_wire(false), b"Inbox");
        assert_eq!(&*received.to_wire(true), b"INBOX");
        // Reads INBOX, and is a mailbox of its own.
        let disguised = MailboxName::from_wire(b"&AEk-NBOX", false);
        assert!(!disguised.is_inbox() && disguised != inbox);
        assert_ne!(MailboxName::new("inbox/a"), MailboxName::new("INBOX/a"));
    }

    #[test]
    fn names_are_equal_where_they_mean_the_same_mailbox() {
        let typed = MailboxName::new("Entwürfe");
        assert_eq!(MailboxName::from_wire(b"Entw&APw-rfe", false), typed);
        assert_eq!(MailboxName::from_wire("Entwürfe".as_bytes(), true), typed);
        let raw = MailboxName::from_wire("Entwürfe".as_bytes(), false);
        assert_eq!(raw.as_str(), "Entwürfe");
        assert_ne!(raw, typed);
        assert_ne!(MailboxName::from_wire(b"&AGE-", false), MailboxName::new("a"));
    }

    #[test]
    fn patterns_keep_the_form_of_the_name_they_are_made_of() {
        let odd = MailboxName::from_wire(b"R&D", false);
        assert_eq!(&*ListPattern::children(&odd, '/').to_wire(false), b"R&D/%");
        assert_eq!(ListPattern::descendants(&odd, '/').as_str(), "R&D/*");
        assert_eq!(&*ListPattern::children(&MailboxName::new("R&D"), '.').to_wire(false), b"R&-D.%");
        assert_eq!(&*ListPattern::exactly(&odd).to_wire(false), b"R&D");
        let below = odd.child('/', "Entwürfe");
        assert_eq!((below.as_str(), &*below.to_wire(false)), ("R&D/Entwürfe", &b"R&D/Entw&APw-rfe"[..]));
        assert_eq!(MailboxName::new("a").child('.', "ä"), MailboxName::new("a.ä"));
    }

    fn octets() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            any::<Vec<u8>>(),
            "[a&+,/A-Z0-9ä-]{0,12}".prop_map(String::into_bytes),
            "[iI][nN][bB][oO][xX]".prop_map(String::into_bytes),
            any::<String>().prop_map(String::into_bytes),
        ]
    }

    proptest! {
        #[test]
        fn what_was_received_is_sent_back_as_the_same_octets(octets in octets(), utf8: bool) {
            let name = MailboxName::from_wire(&octets, utf8);
            prop_assert_eq!(&*name.to_wire(utf8), &octets[..]);
            prop_assert_eq!(&MailboxName::from_wire(&name.to_wire(utf8), utf8), &name);
            let peer = Peer { utf8, ..Peer::default() };
            let sent: Vec<u8> = Encoder::command("a", &Command::Select(name.clone()), &peer).unwrap()
                .iter().flat_map(|fragment| fragment.to_vec()).collect();
            let (rest, arrived) = astring(&sent[b"a SELECT ".len()..], Reading::lenient()).unwrap();
            prop_assert_eq!((rest, &*arrived), (&b"\r\n"[..], &octets[..]));
        }
    }
}
