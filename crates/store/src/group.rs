//! Rows packed in groups: a database is paid by the record, so that 32 rows in one are written and read many times faster than
//! 32 records. The rows in it are JSON and leave it as they are.

use crate::octets::{Reader, push_counted};
use crate::{OrderedMap, StoreError, Table};

/// A group holds the rows of `1 << GROUP_BITS` neighbouring UIDs: about 15 KiB, far under the 60 KiB from which Chromium makes a
/// file of each value.
pub const GROUP_BITS: u32 = 5;

/// The rows of neighbouring UIDs of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowGroup(OrderedMap<u32, Vec<u8>>);

impl RowGroup {
    /// The group to which a UID belongs.
    #[must_use]
    pub const fn number_of(uid: u32) -> u32 {
        uid >> GROUP_BITS
    }

    /// Takes a stored group apart, not its rows.
    ///
    /// # Errors
    /// The octets are no group.
    pub fn parse(number: u32, octets: &[u8]) -> Result<Self, StoreError> {
        Self::read(number, octets).ok_or(StoreError::Damaged(Table::Rows.name()))
    }

    fn read(number: u32, octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        if reader.octet()? != FORMAT || number > Self::number_of(u32::MAX) {
            return None;
        }
        let mut rows = OrderedMap::new();
        while !reader.is_empty() {
            let (place, row) = read_row(&mut reader)?;
            if rows.insert(number << GROUP_BITS | place, row.to_vec()).is_some() {
                return None;
            }
        }
        Some(Self(rows))
    }

    /// The row of a UID in its stored group, without taking the group apart.
    ///
    /// # Errors
    /// The octets up to the row are no group.
    pub fn find(uid: u32, octets: &[u8]) -> Result<Option<&[u8]>, StoreError> {
        Self::look_for(uid, octets).ok_or(StoreError::Damaged(Table::Rows.name()))
    }

    fn look_for(uid: u32, octets: &[u8]) -> Option<Option<&[u8]>> {
        let mut reader = Reader(octets);
        if reader.octet()? != FORMAT {
            return None;
        }
        while !reader.is_empty() {
            let (place, row) = read_row(&mut reader)?;
            if place == place_of(uid) {
                return Some(Some(row));
            }
        }
        Some(None)
    }

    /// The octets to store.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = vec![FORMAT];
        for (uid, row) in &self.0 {
            // Below 32.
            octets.push(place_of(*uid) as u8);
            push_counted(&mut octets, row);
        }
        octets
    }

    /// The row of a UID, JSON.
    #[must_use]
    pub fn row(&self, uid: u32) -> Option<&[u8]> {
        self.0.get(&uid).map(Vec::as_slice)
    }

    /// Puts a row, or takes it out. The UID is one of this group.
    pub fn set(&mut self, uid: u32, row: Option<Vec<u8>>) {
        match row {
            Some(row) => self.0.insert(uid, row),
            None => self.0.remove(&uid),
        };
    }

    /// UIDs and rows, ascending.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = (u32, &[u8])> {
        self.0.iter().map(|(uid, row)| (*uid, row.as_slice()))
    }

    /// Whether there is no row in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The place of a UID in its group: its low bits.
const fn place_of(uid: u32) -> u32 {
    uid & ((1 << GROUP_BITS) - 1)
}

fn read_row<'a>(reader: &mut Reader<'a>) -> Option<(u32, &'a [u8])> {
    let place = u32::from(reader.octet()?);
    let row = reader.counted()?;
    (place >> GROUP_BITS == 0).then_some((place, row))
}

/// The first octet of a group: another one is another form.
const FORMAT: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> RowGroup {
        let mut group = RowGroup::default();
        for uid in [64, 65, 95] {
            group.set(uid, Some(format!("{{\"uid\":{uid}}}").into_bytes()));
        }
        group
    }

    #[test]
    fn a_group_comes_back_with_its_rows_octet_for_octet() {
        let octets = group().encode();
        let back = RowGroup::parse(2, &octets).expect("is a group");
        assert_eq!(back, group());
        assert_eq!(back.row(95), Some(b"{\"uid\":95}".as_slice()));
        assert_eq!(RowGroup::find(95, &octets), Ok(Some(b"{\"uid\":95}".as_slice())));
        assert_eq!(RowGroup::find(66, &octets), Ok(None));
        assert_eq!((back.row(66), RowGroup::number_of(95), RowGroup::number_of(96)), (None, 2, 3));
        assert_eq!(back.rows().rev().map(|(uid, _)| uid).collect::<Vec<_>>(), [95, 65, 64]);
        let mut emptied = back;
        [64, 65, 95].into_iter().for_each(|uid| emptied.set(uid, None));
        assert!(emptied.is_empty());
    }

    #[test]
    fn damaged_octets_are_said_to_be_damaged() {
        let octets = group().encode();
        let damaged = Err(StoreError::Damaged("groups"));
        for cut in 0..octets.len() {
            // A cut between two rows leaves a group with fewer: only a hash could tell, and rows are made anew from the server.
            let read = RowGroup::parse(2, &octets[..cut]);
            assert!(read == damaged || read.is_ok_and(|read| read.rows().count() < 3), "{cut}");
        }
        for (place, octet) in [(0, 2), (1, 32), (1, 1), (2, 0xff)] {
            let mut octets = octets.clone();
            octets[place] = octet;
            assert_eq!(RowGroup::parse(2, &octets), damaged, "{place}");
            assert_eq!(RowGroup::find(70, &octets).is_err(), place != 1 || octet != 1, "{place}");
        }
        assert_eq!(RowGroup::parse(u32::MAX, &octets), damaged);
    }
}
