//! SEARCH=FUZZY (RFC 6203): [`crate::SearchKey::Fuzzy`] finds about what it says; [`crate::commands::Return::Relevancy`] asks for
//! scores, SORT sorts by them. `encode/search.rs` writes the key, `ext/esearch.rs` reads the scores.

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["SEARCH=FUZZY"], ..NOTHING };

#[cfg(test)]
mod tests {
    use crate::SearchKey;
    use crate::commands::{Return, Search, written};

    #[test]
    fn rfc_6203_3_and_4_examples_are_written() {
        let fuzzy = |key| SearchKey::Fuzzy(Box::new(key));
        let mut keys = vec![fuzzy(SearchKey::Subject("IMAP break".to_owned()))];
        assert_eq!(SearchKey::needs(&keys), [&["SEARCH=FUZZY"]]);
        let written_as = "a1 SEARCH FUZZY SUBJECT \"IMAP break\"\r\n";
        assert_eq!(written(Search::by_number(keys.clone()), &[]), written_as);
        keys = vec![fuzzy(SearchKey::Text("Bob".to_owned()))];
        let search = Search::by_number(keys).returning(Return::Relevancy).returning(Return::All);
        assert_eq!(written(search, &[]), "a1 SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT \"Bob\"\r\n");
    }
}
