//! Flags and listings of mailboxes.

use super::{MailboxName, Unparsed};

/// A flag (RFC 9051, 2.3.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Flag {
    /// `\Seen`
    Seen,
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Draft`
    Draft,
    /// `\Recent` (RFC 3501)
    Recent,
    /// `\*` in PERMANENTFLAGS
    Any,
    /// A keyword or an unknown system flag, as sent.
    Keyword(String),
}

/// One line of LIST (RFC 9051, 7.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxListing {
    /// The name; empty in the answer to a LIST that asks for the delimiter.
    pub name: MailboxName,
    /// The hierarchy delimiter; `None` for NIL: names have no levels.
    pub delimiter: Option<char>,
    /// Attributes as sent, with the backslash, such as `\HasNoChildren` or `\Sent`. Cyrus writes them in lower case.
    pub attributes: Vec<String>,
    /// What LIST-EXTENDED (RFC 5258; RFC 9051, 6.3.9.6) says beyond that.
    pub extended: Vec<ListItem>,
}

impl MailboxListing {
    /// Whether the server named this attribute, such as `\Sent`, in any case.
    #[must_use]
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|known| known.eq_ignore_ascii_case(attribute))
    }

    /// Whether it is the user's inbox: by its name, or by `\Inbox` where XLIST gives it another one.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        self.name.is_inbox() || self.has("\\Inbox")
    }

    /// Whether it can be selected: neither `\NonExistent` nor `\Noselect` (RFC 9051, 7.3.1).
    #[must_use]
    pub fn is_selectable(&self) -> bool {
        !self.has("\\NonExistent") && !self.has("\\Noselect")
    }

    /// Whether there are mailboxes below this one, where the server says so (RFC 3348; RFC 5258, 4).
    #[must_use]
    pub fn has_children(&self) -> Option<bool> {
        if self.has("\\HasChildren") {
            Some(true)
        } else {
            (self.has("\\HasNoChildren") || self.has("\\NoInferiors")).then_some(false)
        }
    }

    /// What the mailbox is for (RFC 6154).
    pub fn special_uses(&self) -> impl Iterator<Item = SpecialUse> {
        self.attributes.iter().filter_map(|attribute| SpecialUse::of_attribute(attribute))
    }

    /// What the mailbox was called before it was renamed, where the server says so (RFC 9051, 6.3.9.7; RFC 5465, 5.4).
    #[must_use]
    pub fn old_name(&self) -> Option<&MailboxName> {
        self.extended
            .iter()
            .find_map(|item| if let ListItem::OldName(name) = item { Some(name) } else { None })
    }
}

/// Extended data of a line of LIST (RFC 9051, 9: mbox-list-extended-item).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListItem {
    /// CHILDINFO: some mailbox below this one meets these selection options, such as `SUBSCRIBED` (RFC 5258, 3.5).
    ChildInfo(Vec<String>),
    /// OLDNAME: what the mailbox was called (RFC 9051, 6.3.9.7).
    OldName(MailboxName),
    /// One of no specification that we support, by its tag as sent.
    Unknown(String, TaggedValue),
    /// The whole of it, where it broke its rule.
    Unparsed(Unparsed),
}

/// The value of an item of LIST or STATUS that no specification we support names (RFC 9051, 9: tagged-ext-val).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaggedValue {
    /// A number.
    Number(u64),
    /// A string, an atom or a set of numbers.
    Text(Vec<u8>),
    /// Values in parentheses.
    List(Vec<TaggedValue>),
}

/// What a mailbox is for (RFC 6154, 2; RFC 8457).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SpecialUse {
    /// `\All`: holds every message.
    All,
    /// `\Archive`
    Archive,
    /// `\Drafts`
    Drafts,
    /// `\Flagged`: holds the flagged messages.
    Flagged,
    /// `\Important`: holds the messages that matter to the user (RFC 8457).
    Important,
    /// `\Junk`
    Junk,
    /// `\Sent`
    Sent,
    /// `\Trash`
    Trash,
}

impl SpecialUse {
    /// The attribute of LIST, with its backslash.
    #[must_use]
    pub fn attribute(self) -> &'static str {
        USES.iter().find(|(_, special_use)| *special_use == self).map_or("", |(attribute, _)| attribute)
    }

    /// The use that an attribute of LIST names, in any case; those of XLIST count.
    #[must_use]
    pub fn of_attribute(attribute: &str) -> Option<Self> {
        let known = USES.iter().chain(XLIST_USES);
        known
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(attribute))
            .map(|(_, special_use)| *special_use)
    }
}

const USES: &[(&str, SpecialUse)] = &[
    ("\\All", SpecialUse::All),
    ("\\Archive", SpecialUse::Archive),
    ("\\Drafts", SpecialUse::Drafts),
    ("\\Flagged", SpecialUse::Flagged),
    ("\\Important", SpecialUse::Important),
    ("\\Junk", SpecialUse::Junk),
    ("\\Sent", SpecialUse::Sent),
    ("\\Trash", SpecialUse::Trash),
];

/// Other words of Gmail's XLIST for the same.
const XLIST_USES: &[(&str, SpecialUse)] =
    &[("\\AllMail", SpecialUse::All), ("\\Spam", SpecialUse::Junk), ("\\Starred", SpecialUse::Flagged)];
