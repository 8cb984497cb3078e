//! A node as it is stored: one record as it is, or several behind each other, each with what its key has beyond the common parts.

use super::Packing;
use crate::octets::{Reader, push_counted, push_number};
use crate::{Key, Part};

/// What stands under the key of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// The octets of one record.
    Single(Vec<u8>),
    /// Several.
    Packed(Vec<u8>),
}

/// A node that is taken apart: its records, in order. What can't be taken apart is one record under the key of the node, which then
/// can't be read.
#[derive(Debug)]
pub struct Opened<'a>(Vec<(Key, &'a [u8])>);

impl<'a> Opened<'a> {
    /// What stands under the key of a node.
    #[must_use]
    pub fn new(packing: Packing, key: &Key, stored: &'a Stored) -> Self {
        if let Stored::Packed(octets) = stored
            && let Some(found) = parse(packing, key, octets)
        {
            return Self(found);
        }
        let (Stored::Single(octets) | Stored::Packed(octets)) = stored;
        Self(vec![(key.clone(), octets)])
    }

    /// The value of a key.
    #[must_use]
    pub fn value(&self, key: &Key) -> Option<&'a [u8]> {
        let at = self.0.binary_search_by(|(found, _)| found.cmp(key)).ok()?;
        self.0.get(at).map(|(_, value)| *value)
    }

    /// All records.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (&Key, &'a [u8])> {
        self.0.iter().map(|(key, value)| (key, *value))
    }
}

/// The records of a node of several: their keys ascend, and the first is that of the node.
pub(super) fn parse<'a>(packing: Packing, node: &Key, octets: &'a [u8]) -> Option<Vec<(Key, &'a [u8])>> {
    let mut reader = Reader(octets);
    if reader.octet()? != FORMAT {
        return None;
    }
    let group = packing.group(node);
    let mut found: Vec<(Key, &[u8])> = Vec::new();
    while !reader.is_empty() {
        let mut key = group.clone();
        for _ in 0..reader.octet()? {
            key.0.push(read_part(&mut reader)?);
        }
        let value = reader.counted()?;
        let is_next = found.last().map_or(key == *node, |(last, _)| *last < key);
        if !is_next {
            return None;
        }
        found.push((key, value));
    }
    (!found.is_empty()).then_some(found)
}

/// Octets that a record takes in a node, nearly.
pub(super) fn octets_of(key: &Key, value: &[u8]) -> usize {
    let part = |part: &Part| match part {
        Part::Number(_) => 4,
        Part::Text(text) => text.len() + 2,
    };
    value.len() + 4 + key.0.iter().map(part).sum::<usize>()
}

/// The octets of a node of several. Their keys begin alike and have at most 255 parts beyond that.
pub(super) fn pack(packing: Packing, records: &[(Key, &[u8])]) -> Vec<u8> {
    let sum: usize = records.iter().map(|(key, value)| octets_of(key, value) + 8).sum();
    let mut octets = Vec::with_capacity(sum + 1);
    octets.push(FORMAT);
    for (key, value) in records {
        let own = key.0.get(packing.shared..).unwrap_or_default();
        octets.push(u8::try_from(own.len()).unwrap_or(u8::MAX));
        own.iter().for_each(|part| push_part(&mut octets, part));
        push_counted(&mut octets, value);
    }
    octets
}

fn push_part(octets: &mut Vec<u8>, part: &Part) {
    match part {
        Part::Number(number) => {
            octets.push(NUMBER);
            push_number(octets, *number);
        }
        Part::Text(text) => {
            octets.push(TEXT);
            push_counted(octets, text.as_bytes());
        }
    }
}

fn read_part(reader: &mut Reader<'_>) -> Option<Part> {
    match reader.octet()? {
        NUMBER => reader.number().map(Part::Number),
        TEXT => String::from_utf8(reader.counted()?.to_vec()).ok().map(Part::Text),
        _ => None,
    }
}

/// The first octet of a node of several: another one is another form.
const FORMAT: u8 = 1;

const NUMBER: u8 = 0;
const TEXT: u8 = 1;
