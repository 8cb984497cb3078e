//! XLIST, the forerunner of SPECIAL-USE at Gmail and its imitators: answered like LIST. In no RFC.

use super::{Brings, Extension, NOTHING, Verb, commands};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::{Parsed, Reading, mailbox_list};
use crate::types::{ListPattern, MailboxName};

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["XLIST"], untagged: &[("XLIST", mailbox_data)], ..NOTHING };

/// XLIST: for servers that have it and no SPECIAL-USE. Answered by [`Response::List`], whose attributes are `\Inbox`, `\AllMail`,
/// `\Spam`, `\Starred` beside those of RFC 6154.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xlist {
    /// Reference name, usually empty.
    pub reference: MailboxName,
    /// Which names.
    pub pattern: ListPattern,
}

commands!(Xlist);

impl Verb for Xlist {
    fn needs(&self) -> &'static [&'static str] {
        &["XLIST"]
    }

    fn brings(&self) -> Brings {
        Brings::Mailboxes
    }

    /// ```abnf
    /// xlist = "XLIST" SP mailbox SP list-mailbox
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.list_of("XLIST ", &self.reference, &self.pattern)
    }
}

/// ```abnf
/// mailbox-data =/ "XLIST" SP mailbox-list
/// ```
fn mailbox_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, listing) = mailbox_list(input, reading)?;
    Ok((rest, Response::List(listing)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Peer;
    use crate::types::SpecialUse;

    #[test]
    fn a_listing_of_gmail_is_asked_for_and_read() {
        let xlist = Xlist { reference: MailboxName::new(""), pattern: ListPattern::new("*") };
        let fragments = Encoder::command("a", &xlist.into(), &Peer::default()).unwrap();
        assert_eq!(fragments[0].as_slice(), b"a XLIST \"\" \"*\"\r\n");
        let line = br#"(\HasNoChildren \Spam) "/" "[Gmail]/Spam""#;
        let (rest, Response::List(listing)) = mailbox_data(line, Reading::lenient()).unwrap() else {
            panic!("a listing")
        };
        assert_eq!((rest, listing.name.as_str()), (&b""[..], "[Gmail]/Spam"));
        assert_eq!(listing.special_uses().collect::<Vec<_>>(), [SpecialUse::Junk]);
        let line = br#"(\HasNoChildren \Inbox) "/" "Posteingang""#;
        let (_, inbox) = mailbox_data(line, Reading::lenient()).unwrap();
        assert!(matches!(inbox, Response::List(listing) if listing.is_inbox()));
    }
}
