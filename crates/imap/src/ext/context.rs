//! CONTEXT=SEARCH, CONTEXT=SORT and ESORT (RFC 5267): searches that are kept up to date, and SORT that says what its answer is to
//! hold ([`super::sort::Sort::returns`]). The former begin with [`crate::commands::Return::Update`]; news come as
//! [`crate::Response::ESearch`] with the tag of the search.

use super::{Extension, NOTHING, Order, Verb, commands};
use crate::encode::Encoder;
use crate::grammar::core::astring;
use crate::grammar::{Parsed, Reading};
use crate::types::ResponseCode;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["CONTEXT=SEARCH", "CONTEXT=SORT", "ESORT"],
    codes: &[("NOUPDATE", no_update)],
    ..NOTHING
};

/// CANCELUPDATE: ends the news of these searches, named by their tags (RFC 5267, 4.3.5); at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CancelUpdate(pub Vec<String>);

commands!(CancelUpdate);

impl Verb for CancelUpdate {
    fn needs(&self) -> &'static [&'static str] {
        &["CONTEXT=SEARCH", "CONTEXT=SORT"]
    }
    fn order(&self) -> Order {
        Order::Messages
    }
    /// ```abnf
    /// command-select =/ "CANCELUPDATE" 1*(SP quoted)
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("CANCELUPDATE");
        for tag in &self.0 {
            if !tag.bytes().all(|octet| octet.is_ascii_graphic()) {
                return Err("no tag of ours");
            }
            encoder.text(" ");
            encoder.string(tag.as_bytes())?;
        }
        if self.0.is_empty() { Err("CANCELUPDATE of nothing") } else { Ok(()) }
    }
}

/// ```abnf
/// resp-text-code =/ "NOUPDATE" SP quoted
/// ```
fn no_update<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, tag) = astring(input, reading)?;
    Ok((rest, ResponseCode::NoUpdate(String::from_utf8_lossy(&tag).into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SearchKey;
    use crate::commands::{Return, Search, is_refused, written};

    #[test]
    fn rfc_5267_4_3_examples_are_written_and_read() {
        let search =
            Search::by_uid(vec![SearchKey::Deleted]).returning(Return::Update).returning(Return::Count);
        assert_eq!(written(search, &[]), "a1 UID SEARCH RETURN (UPDATE COUNT) DELETED\r\n");
        let cancel = CancelUpdate(vec!["B04".to_owned(), "C".to_owned()]);
        assert_eq!(written(cancel, &[]), "a1 CANCELUPDATE \"B04\" \"C\"\r\n");
        assert!(is_refused(CancelUpdate(Vec::new())));
        assert!(is_refused(CancelUpdate(vec!["a\r\nb".to_owned()])));
        assert_eq!(
            ResponseCode::parse(b"[NOUPDATE \"B02\"]"),
            Some(ResponseCode::NoUpdate("B02".to_owned()))
        );
    }
}
