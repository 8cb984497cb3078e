//! LIST-EXTENDED (RFC 5258; RFC 9051, 6.3.9), with the options that CHILDREN, LIST-STATUS, LIST-MYRIGHTS, LIST-METADATA and
//! SPECIAL-USE add; each has its row in a file of its own.
//!
//! The answers are read by `grammar/mailbox.rs`; what the RETURN options add comes as responses of their own.

use super::metadata::entries;
use super::{Brings, Extension, NOTHING, Verb, commands};
use crate::encode::Encoder;
use crate::types::{ListPattern, MailboxName, StatusItem};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["LIST-EXTENDED"], ..NOTHING };

/// LIST with options (RFC 5258, 3). Answered by [`crate::Response::List`]; by [`crate::Response::Status`],
/// [`crate::Response::MyRights`] and [`crate::Response::Metadata`] where those are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Which mailboxes; all that match a pattern if there is none.
    pub select: Vec<ListSelect>,
    /// Reference name, usually empty.
    pub reference: MailboxName,
    /// Which names; at least one.
    pub patterns: Vec<ListPattern>,
    /// What to tell of them; `None` leaves it to the server.
    pub returns: Option<Vec<ListReturn>>,
}

/// A selection option (RFC 5258, 3.1; RFC 6154, 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListSelect {
    /// SUBSCRIBED: subscribed ones, even if they do not exist (`\NonExistent`).
    Subscribed,
    /// REMOTE: ones on other servers too (RFC 2193).
    Remote,
    /// RECURSIVEMATCH: also ones above a mailbox that another option selects. Not on its own, nor with REMOTE only.
    RecursiveMatch,
    /// SPECIAL-USE: ones that have a special use.
    SpecialUse,
}

/// A return option.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListReturn {
    /// SUBSCRIBED: `\Subscribed` where that is so (RFC 5258, 3.2).
    Subscribed,
    /// CHILDREN: `\HasChildren` or `\HasNoChildren` (RFC 5258, 3.2).
    Children,
    /// SPECIAL-USE (RFC 6154, 2).
    SpecialUse,
    /// STATUS (RFC 5819, 2).
    Status(Vec<StatusItem>),
    /// MYRIGHTS (RFC 8440, 3).
    MyRights,
    /// METADATA, with names of entries (RFC 9590, 3).
    Metadata(Vec<String>),
}

commands!(List);

impl Verb for List {
    fn needs(&self) -> &'static [&'static str] {
        &["LIST-EXTENDED"]
    }

    fn brings(&self) -> Brings {
        let listed = |option: &ListReturn| {
            matches!(option, ListReturn::Subscribed | ListReturn::Children | ListReturn::SpecialUse)
        };
        if self.returns.iter().flatten().all(listed) { Brings::Mailboxes } else { Brings::Other }
    }

    /// ```abnf
    /// list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
    /// list-select-opts = "(" [list-select-option *(SP list-select-option)] ")"
    /// mbox-or-pat = list-mailbox / patterns
    /// patterns = "(" list-mailbox *(SP list-mailbox) ")"
    /// list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        let selects = |wanted: fn(&ListSelect) -> bool| self.select.iter().any(wanted);
        if selects(|option| *option == ListSelect::RecursiveMatch)
            && !selects(|option| !matches!(option, ListSelect::RecursiveMatch | ListSelect::Remote))
        {
            return Err("RECURSIVEMATCH needs another selection option");
        }
        encoder.text("LIST ");
        if !self.select.is_empty() {
            encoder.list(&self.select, |encoder, option| {
                encoder.text(option.name());
                Ok(())
            })?;
            encoder.text(" ");
        }
        encoder.mailbox("", &self.reference)?;
        encoder.text(" ");
        match self.patterns.as_slice() {
            [] => return Err("LIST without a pattern"),
            [pattern] => encoder.list_mailbox(pattern)?,
            patterns => encoder.list(patterns, Encoder::list_mailbox)?,
        }
        if let Some(returns) = &self.returns {
            encoder.text(" RETURN ");
            encoder.list(returns, |encoder, option| option.encode(encoder))?;
        }
        Ok(())
    }
}

impl ListSelect {
    fn name(self) -> &'static str {
        match self {
            Self::Subscribed => "SUBSCRIBED",
            Self::Remote => "REMOTE",
            Self::RecursiveMatch => "RECURSIVEMATCH",
            Self::SpecialUse => "SPECIAL-USE",
        }
    }
}

impl ListReturn {
    /// ```abnf
    /// return-option = "SUBSCRIBED" / "CHILDREN" / "SPECIAL-USE" / "MYRIGHTS" / status-option / metadata-option
    /// status-option = "STATUS" SP "(" status-att *(SP status-att) ")"
    /// metadata-option = "METADATA" SP "(" entry *(SP entry) ")"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        match self {
            Self::Subscribed => encoder.text("SUBSCRIBED"),
            Self::Children => encoder.text("CHILDREN"),
            Self::SpecialUse => encoder.text("SPECIAL-USE"),
            Self::MyRights => encoder.text("MYRIGHTS"),
            Self::Status(items) => {
                encoder.text("STATUS ");
                encoder.status_items(items)?;
            }
            Self::Metadata(names) => {
                encoder.text("METADATA ");
                entries(encoder, names)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Peer;

    fn sent(select: &[ListSelect], patterns: &[&str], returns: Option<Vec<ListReturn>>) -> String {
        let patterns = patterns.iter().map(|pattern| ListPattern::new(pattern)).collect();
        let list = List { select: select.to_vec(), reference: MailboxName::new(""), patterns, returns };
        let fragments = Encoder::command("A", &list.into(), &Peer::default());
        fragments.map_or_else(str::to_owned, |fragments| String::from_utf8(fragments[0].to_vec()).unwrap())
    }

    #[test]
    fn rfc_5258_5_examples_are_written() {
        use ListSelect::{RecursiveMatch, Remote, Subscribed};
        assert_eq!(sent(&[Subscribed], &["*"], None), "A LIST (SUBSCRIBED) \"\" \"*\"\r\n");
        let children = Some(vec![ListReturn::Children]);
        assert_eq!(sent(&[], &["%"], children), "A LIST \"\" \"%\" RETURN (CHILDREN)\r\n");
        assert_eq!(
            sent(&[Subscribed, RecursiveMatch], &["%"], Some(vec![])),
            "A LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"%\" RETURN ()\r\n"
        );
        assert_eq!(
            sent(&[], &["INBOX", "Drafts", "Sent/%"], None),
            "A LIST \"\" (\"INBOX\" \"Drafts\" \"Sent/%\")\r\n"
        );
        assert!(sent(&[Remote, RecursiveMatch], &["%"], None).starts_with("RECURSIVEMATCH needs"));
        assert!(sent(&[], &[], None).starts_with("LIST without"));
    }

    #[test]
    fn rfc_5819_rfc_6154_rfc_8440_and_rfc_9590_examples_are_written() {
        let status = ListReturn::Status(vec![StatusItem::Messages, StatusItem::Unseen]);
        assert_eq!(
            sent(&[], &["%"], Some(vec![status])),
            "A LIST \"\" \"%\" RETURN (STATUS (MESSAGES UNSEEN))\r\n"
        );
        assert_eq!(
            sent(&[ListSelect::SpecialUse], &["*"], Some(vec![ListReturn::SpecialUse])),
            "A LIST (SPECIAL-USE) \"\" \"*\" RETURN (SPECIAL-USE)\r\n"
        );
        let rights = vec![ListReturn::Subscribed, ListReturn::MyRights];
        assert_eq!(sent(&[], &["%"], Some(rights)), "A LIST \"\" \"%\" RETURN (SUBSCRIBED MYRIGHTS)\r\n");
        let metadata = ListReturn::Metadata(vec!["/shared/vendor/cmu/cyrus-imapd/color".to_owned()]);
        assert_eq!(
            sent(&[], &["%"], Some(vec![metadata])),
            "A LIST \"\" \"%\" RETURN (METADATA (/shared/vendor/cmu/cyrus-imapd/color))\r\n"
        );
        assert!(sent(&[], &["%"], Some(vec![ListReturn::Status(vec![])])).starts_with("STATUS without"));
    }
}
