//! What extensions add to the grammar: one file per extension, one row per name.
//!
//! To add one: write `ext/NAME.rs` with its parsers and an [`Extension`], and name it in [`EXTENSIONS`]. A row counts whether
//! or not the server advertised the capability: servers send data of extensions that they do not name.

mod condstore;
mod enable;
mod esearch;
mod uidplus;
mod xlist;

use crate::event::Response;
use crate::grammar::{Parsed, Reading};
use crate::types::{Fetched, ResponseCode};

/// Untagged data after its name.
pub(crate) type Untagged = for<'a> fn(&'a [u8], Reading) -> Parsed<'a, Response>;
/// The argument of a response code, up to its `]`.
pub(crate) type Code = fn(&[u8]) -> Parsed<'_, ResponseCode>;
/// The value of a FETCH item.
pub(crate) type Item = for<'a> fn(&'a [u8], &mut Fetched, Reading) -> Parsed<'a, ()>;

/// What one extension adds. Names are compared without case.
struct Extension {
    untagged: &'static [(&'static str, Untagged)],
    codes: &'static [(&'static str, Code)],
    items: &'static [(&'static str, Item)],
}

/// An extension that adds nothing: rows name only what they add.
const NOTHING: Extension = Extension { untagged: &[], codes: &[], items: &[] };

/// The table.
const EXTENSIONS: &[Extension] =
    &[enable::EXTENSION, uidplus::EXTENSION, condstore::EXTENSION, esearch::EXTENSION, xlist::EXTENSION];

pub(crate) fn untagged(name: &[u8]) -> Option<Untagged> {
    EXTENSIONS.iter().find_map(|extension| lookup(extension.untagged, name))
}

pub(crate) fn code(name: &[u8]) -> Option<Code> {
    EXTENSIONS.iter().find_map(|extension| lookup(extension.codes, name))
}

pub(crate) fn item(name: &[u8]) -> Option<Item> {
    EXTENSIONS.iter().find_map(|extension| lookup(extension.items, name))
}

/// The row of a table with this name.
pub(crate) fn lookup<T: Copy>(table: &[(&str, T)], name: &[u8]) -> Option<T> {
    table.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name)).map(|(_, row)| *row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_in_two_rows() {
        let names: [Vec<&str>; 3] = [
            EXTENSIONS.iter().flat_map(|one| one.untagged).map(|(name, _)| *name).collect(),
            EXTENSIONS.iter().flat_map(|one| one.codes).map(|(name, _)| *name).collect(),
            EXTENSIONS.iter().flat_map(|one| one.items).map(|(name, _)| *name).collect(),
        ];
        for mut kind in names {
            let count = kind.len();
            kind.sort_unstable();
            kind.dedup();
            assert_eq!(kind.len(), count);
        }
    }
}
