//! One place in an order, and how places are written: each says how much it shares with the one before.

use crate::octets::{Reader, push_number};

/// A place in an order: the octets that sort it, then what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Entry {
    key: Vec<u8>,
    value: u32,
}

impl Entry {
    /// A place. Octets beyond [`Entry::LONGEST`] sort nothing.
    #[must_use]
    pub fn new(mut key: Vec<u8>, value: u32) -> Self {
        key.truncate(Self::LONGEST);
        Self { key, value }
    }

    /// The most octets that sort.
    pub const LONGEST: usize = 64;

    /// The octets that sort it.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    /// The UID, or the thread.
    #[must_use]
    pub const fn value(&self) -> u32 {
        self.value
    }

    /// This place as text, for whoever pages on from here.
    #[must_use]
    pub fn to_cursor(&self) -> String {
        let key: String = self.key.iter().map(|octet| format!("{octet:02x}")).collect();
        format!("{key}.{}", self.value)
    }

    /// The place that a text names. `None` if it names none.
    #[must_use]
    pub fn of_cursor(cursor: &str) -> Option<Self> {
        let (key, value) = cursor.split_once('.')?;
        let pairs = key.as_bytes().chunks(2);
        let octet = |pair: &[u8]| match pair {
            [high, low] => Some((nibble(*high)? << 4) | nibble(*low)?),
            _ => None,
        };
        let key: Vec<u8> = pairs.map(octet).collect::<Option<_>>()?;
        let value = value.parse().ok()?;
        (key.len() <= Self::LONGEST).then_some(Self { key, value })
    }

    pub(super) fn push(&self, before: Option<&Self>, octets: &mut Vec<u8>) {
        let shared = before.map_or(0, |before| {
            self.key.iter().zip(&before.key).take_while(|(one, other)| one == other).count()
        });
        push_number(octets, shared as u64);
        push_number(octets, (self.key.len() - shared) as u64);
        octets.extend_from_slice(&self.key[shared..]);
        push_number(octets, self.value.into());
    }

    pub(super) fn read(before: Option<&Self>, reader: &mut Reader<'_>) -> Option<Self> {
        let shared = usize::try_from(reader.number()?).ok()?;
        let rest = reader.counted()?;
        if shared + rest.len() > Self::LONGEST {
            return None;
        }
        let shared = match before {
            Some(before) => before.key.get(..shared)?,
            None if shared == 0 => &[],
            None => return None,
        };
        Some(Self { key: [shared, rest].concat(), value: reader.small()? })
    }
}

fn nibble(digit: u8) -> Option<u8> {
    // A hexadecimal digit is below 16.
    char::from(digit).to_digit(16).map(|nibble| nibble as u8)
}
