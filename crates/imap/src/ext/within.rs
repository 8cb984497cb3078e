//! WITHIN (RFC 5032): messages not older or not younger than some seconds, as [`crate::SearchKey::Younger`] and
//! [`crate::SearchKey::Older`]. `encode/search.rs` writes them.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["WITHIN"], ..NOTHING };

#[cfg(test)]
mod tests {
    use crate::SearchKey;
    use crate::commands::{Search, is_refused, written};

    #[test]
    fn rfc_5032_5_examples_are_written() {
        let keys = vec![SearchKey::Unseen, SearchKey::Younger(259_200)];
        assert_eq!(SearchKey::needs(&keys), [&["WITHIN"]]);
        assert_eq!(written(Search::by_number(keys), &[]), "a1 SEARCH UNSEEN YOUNGER 259200\r\n");
        assert!(is_refused(Search::by_number(vec![SearchKey::Older(0)])));
    }
}
