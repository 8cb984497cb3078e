//! What SEARCH looks for.

use crate::types::{Date, Flag, SequenceSet};

/// A search key (RFC 9051, 6.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchKey {
    /// ALL
    All,
    /// sequence-set: messages by number
    Numbers(SequenceSet),
    /// UID set
    Uid(SequenceSet),
    /// Several keys in parentheses: all must hold.
    And(Vec<SearchKey>),
    /// ANSWERED
    Answered,
    /// UNANSWERED
    Unanswered,
    /// SEEN
    Seen,
    /// UNSEEN
    Unseen,
    /// FLAGGED
    Flagged,
    /// UNFLAGGED
    Unflagged,
    /// DELETED
    Deleted,
    /// UNDELETED
    Undeleted,
    /// DRAFT
    Draft,
    /// UNDRAFT
    Undraft,
    /// KEYWORD flag
    Keyword(String),
    /// UNKEYWORD flag
    Unkeyword(String),
    /// NEW: recent and unseen (RFC 3501, not in RFC 9051)
    New,
    /// OLD: not recent (RFC 3501, not in RFC 9051)
    Old,
    /// RECENT (RFC 3501, not in RFC 9051)
    Recent,
    /// FROM string
    From(String),
    /// TO string
    To(String),
    /// CC string
    Cc(String),
    /// BCC string
    Bcc(String),
    /// SUBJECT string
    Subject(String),
    /// BODY string
    Body(String),
    /// TEXT string
    Text(String),
    /// HEADER name string
    Header(String, String),
    /// BEFORE date: the internal date is earlier
    Before(Date),
    /// ON date: the internal date is that day
    On(Date),
    /// SINCE date: the internal date is that day or later
    Since(Date),
    /// SENTBEFORE date: the Date header is earlier
    SentBefore(Date),
    /// SENTON date
    SentOn(Date),
    /// SENTSINCE date
    SentSince(Date),
    /// LARGER octets
    Larger(u64),
    /// SMALLER octets
    Smaller(u64),
    /// NOT key
    Not(Box<SearchKey>),
    /// OR key key
    Or(Box<SearchKey>, Box<SearchKey>),
    /// OLDER seconds: received longer ago (RFC 5032)
    Older(u32),
    /// YOUNGER seconds: received since (RFC 5032)
    Younger(u32),
    /// MODSEQ value: changed at that mod-sequence or later (RFC 7162, 3.1.5)
    ModSequence(u64),
    /// MODSEQ entry type value: a flag changed at that mod-sequence or later (RFC 7162, 3.1.5)
    FlagModSequence {
        /// The flag.
        flag: Flag,
        /// Whose.
        scope: EntryScope,
        /// The mod-sequence.
        value: u64,
    },
    /// SAVEDBEFORE date (RFC 8514)
    SavedBefore(Date),
    /// SAVEDON date (RFC 8514)
    SavedOn(Date),
    /// SAVEDSINCE date (RFC 8514)
    SavedSince(Date),
    /// SAVEDATESUPPORTED (RFC 8514)
    SaveDateSupported,
    /// EMAILID id (RFC 8474)
    EmailId(String),
    /// THREADID id (RFC 8474)
    ThreadId(String),
    /// FUZZY key: about, as the server sees fit (RFC 6203)
    Fuzzy(Box<SearchKey>),
    /// FILTER name: a search kept on the server (RFC 5466)
    Filter(String),
    /// ANNOTATION entry attribute value (RFC 5257)
    Annotation {
        /// The entry, such as `/comment`; `*` and `%` are wildcards.
        entry: String,
        /// The attribute, such as `value`.
        attribute: String,
        /// What it must hold; `None` for NIL.
        value: Option<String>,
    },
    /// X-GM-RAW string: a search in Gmail's own language
    GmailRaw(String),
    /// X-GM-MSGID number
    GmailMessageId(u64),
    /// X-GM-THRID number
    GmailThreadId(u64),
    /// X-GM-LABELS label, as people read it
    GmailLabel(String),
}

/// Whose flag a mod-sequence is about (RFC 7162, 3.1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryScope {
    /// The user's own.
    Private,
    /// All users'.
    Shared,
    /// Either.
    All,
}

impl SearchKey {
    /// The longest set of UIDs that all that is found is in.
    pub(crate) fn uids(keys: &[Self]) -> Option<&SequenceSet> {
        Self::longest_uids(keys).map(|(_, set)| set)
    }

    /// The same keys with only these of those UIDs. All keys must hold: what is found with each part of a set, taken together, is
    /// what is found with all of it.
    pub(crate) fn with_uids(keys: &[Self], set: SequenceSet) -> Option<Vec<Self>> {
        let (index, _) = Self::longest_uids(keys)?;
        let mut keys = keys.to_vec();
        *keys.get_mut(index)? = Self::Uid(set);
        Some(keys)
    }

    fn longest_uids(keys: &[Self]) -> Option<(usize, &SequenceSet)> {
        let sets = keys.iter().enumerate().filter_map(|(index, key)| match key {
            Self::Uid(set) => Some((index, set)),
            _ => None,
        });
        sets.max_by_key(|(_, set)| set.ranges().count())
    }

    /// The keys inside.
    pub(crate) fn inner(&self) -> Vec<&Self> {
        match self {
            Self::Not(one) | Self::Fuzzy(one) => vec![one],
            Self::Or(one, other) => vec![one, other],
            Self::And(keys) => keys.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it names messages by number, so that it must not be sent while these may change.
    pub(crate) fn has_numbers(keys: &[Self]) -> bool {
        any(keys, |key| matches!(key, Self::Numbers(_)))
    }

    /// Whether all its strings are ASCII.
    pub(crate) fn are_ascii(keys: &[Self]) -> bool {
        !any(keys, |key| match key {
            Self::From(text)
            | Self::To(text)
            | Self::Cc(text)
            | Self::Bcc(text)
            | Self::Subject(text)
            | Self::Body(text)
            | Self::Text(text)
            | Self::GmailRaw(text) => !text.is_ascii(),
            Self::Header(name, text) => !(name.is_ascii() && text.is_ascii()),
            Self::Annotation { value: Some(value), .. } => !value.is_ascii(),
            _ => false,
        })
    }

    /// What the server must have named for these keys: of each list one.
    pub(crate) fn needs(keys: &[Self]) -> Vec<&'static [&'static str]> {
        let mut needs: Vec<&'static [&'static str]> = Vec::new();
        any(keys, |key| {
            let one: &[&str] = match key {
                Self::Older(_) | Self::Younger(_) => &["WITHIN"],
                Self::ModSequence(_) | Self::FlagModSequence { .. } => &["CONDSTORE", "QRESYNC"],
                Self::SavedBefore(_) | Self::SavedOn(_) | Self::SavedSince(_) | Self::SaveDateSupported => {
                    &["SAVEDATE"]
                }
                Self::EmailId(_) | Self::ThreadId(_) => &["OBJECTID"],
                Self::Fuzzy(_) => &["SEARCH=FUZZY"],
                Self::Filter(_) => &["FILTERS"],
                Self::Annotation { .. } => &["ANNOTATE-EXPERIMENT-1"],
                Self::GmailRaw(_)
                | Self::GmailMessageId(_)
                | Self::GmailThreadId(_)
                | Self::GmailLabel(_) => &["X-GM-EXT-1"],
                Self::Numbers(set) | Self::Uid(set) if set.is_saved() => &["SEARCHRES", "IMAP4rev2"],
                _ => &[],
            };
            if !one.is_empty() && !needs.contains(&one) {
                needs.push(one);
            }
            false
        });
        needs
    }
}

/// Whether one of the keys, or of those inside them, fits; without recursion.
fn any<'k>(keys: &'k [SearchKey], mut fits: impl FnMut(&'k SearchKey) -> bool) -> bool {
    let mut left: Vec<&SearchKey> = keys.iter().collect();
    while let Some(key) = left.pop() {
        if fits(key) {
            return true;
        }
        left.extend(key.inner());
    }
    false
}
