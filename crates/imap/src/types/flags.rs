//! The flags of a message as FETCH brings them: the system flags as bits, the keywords where they stand in the response.

use super::Flag;
use crate::grammar::keywords;
use std::borrow::Cow;
use std::fmt;

/// System flags by their bit.
pub(crate) const SYSTEM: [(&str, Flag); 7] = [
    ("\\Seen", Flag::Seen),
    ("\\Answered", Flag::Answered),
    ("\\Flagged", Flag::Flagged),
    ("\\Deleted", Flag::Deleted),
    ("\\Draft", Flag::Draft),
    ("\\Recent", Flag::Recent),
    ("\\*", Flag::Any),
];

/// The bit of a system flag as sent, in any case; `None` for a keyword.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn system_bit(atom: &[u8]) -> Option<u8> {
    let [b'\\', ..] = atom else { return None };
    let index = SYSTEM.iter().position(|(name, _)| name.as_bytes().eq_ignore_ascii_case(atom))?;
    Some(1 << index)
}

/// The bit of a system flag that a message may have, as nearly all servers spell it.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn system_flag(atom: &[u8]) -> Option<u8> {
    Some(match atom {
        b"\\Seen" => Flags::SEEN,
        b"\\Answered" => Flags::ANSWERED,
        b"\\Flagged" => Flags::FLAGGED,
        b"\\Deleted" => Flags::DELETED,
        b"\\Draft" => Flags::DRAFT,
        b"\\Recent" => Flags::RECENT,
        _ => return None,
    })
}

/// The flags of a message (RFC 9051, 2.3.2). Each is there once: system flags first, then keywords in the server's order.
#[derive(Clone, Copy)]
pub struct Flags<'a> {
    pub(crate) system: u8,
    /// From the first keyword on; there may be system flags among them. Empty if there is none.
    pub(crate) keywords: &'a [u8],
}

impl<'a> Flags<'a> {
    /// The bit of `\Seen` in [`Flags::system_bits`].
    pub const SEEN: u8 = 1;
    /// The bit of `\Answered`.
    pub const ANSWERED: u8 = 1 << 1;
    /// The bit of `\Flagged`.
    pub const FLAGGED: u8 = 1 << 2;
    /// The bit of `\Deleted`.
    pub const DELETED: u8 = 1 << 3;
    /// The bit of `\Draft`.
    pub const DRAFT: u8 = 1 << 4;
    /// The bit of `\Recent`.
    pub const RECENT: u8 = 1 << 5;
    /// The bit of `\*`.
    pub const ANY: u8 = 1 << 6;

    /// Whether it is there.
    #[must_use]
    pub fn has(self, flag: &Flag) -> bool {
        match (SYSTEM.iter().position(|(_, known)| known == flag), flag) {
            (Some(index), _) => self.system & (1 << index) != 0,
            (None, Flag::Keyword(wanted)) => self.keywords().any(|known| known.eq_ignore_ascii_case(wanted)),
            (None, _) => false,
        }
    }
    /// The system flags as bits.
    #[must_use]
    pub const fn system_bits(self) -> u8 {
        self.system
    }
    /// Whether there may be keywords: where not, [`Flags::system_bits`] tells all.
    #[must_use]
    pub const fn has_keywords(self) -> bool {
        !self.keywords.is_empty()
    }
    /// The keywords and unknown system flags, as sent.
    pub fn keywords(self) -> impl Iterator<Item = Cow<'a, str>> {
        keywords(self.keywords).map(|keyword| match keyword {
            Cow::Borrowed(octets) => String::from_utf8_lossy(octets),
            Cow::Owned(octets) => Cow::Owned(String::from_utf8_lossy(&octets).into_owned()),
        })
    }
    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        let system = SYSTEM.iter().enumerate().filter(move |(index, _)| self.system & (1 << index) != 0);
        system
            .map(|(_, (_, flag))| flag.clone())
            .chain(self.keywords().map(|keyword| Flag::Keyword(keyword.into_owned())))
    }
    /// A list of its own.
    #[must_use]
    pub fn to_vec(self) -> Vec<Flag> {
        self.iter().collect()
    }
}

impl fmt::Debug for Flags<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Flags<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.system == other.system && self.keywords().eq(other.keywords())
    }
}
