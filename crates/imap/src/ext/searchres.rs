//! SEARCHRES (RFC 5182; RFC 9051, 6.4.4.1): `$` stands for what was found. It is asked for by [`crate::commands::Return::Save`] and
//! used as [`crate::types::SequenceSet::saved`].

use super::{Extension, NOTHING};
use crate::types::ResponseCode;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["SEARCHRES"],
    codes: &[("NOTSAVED", |input, _| Ok((input, ResponseCode::NotSaved)))],
    ..NOTHING
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{Fetch, Messages, Return, Search, written};
    use crate::types::SequenceSet;
    use crate::{FetchItem, SearchKey};

    #[test]
    fn rfc_5182_2_2_examples_are_written_and_read() {
        let search = Search::by_number(vec![SearchKey::Flagged]).returning(Return::Save);
        assert_eq!(written(search, &[]), "a1 SEARCH RETURN (SAVE) FLAGGED\r\n");
        let fetch =
            Fetch::new(Messages::Numbers(SequenceSet::saved()), vec![FetchItem::Uid, FetchItem::Flags]);
        assert_eq!(written(fetch, &[]), "a1 FETCH $ (UID FLAGS)\r\n");
        assert_eq!(ResponseCode::parse(b"[NOTSAVED]"), Some(ResponseCode::NotSaved));
    }
}
