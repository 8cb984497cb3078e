//! FILTERS (RFC 5466): searches kept on the server by name. They are asked for by [`crate::SearchKey::Filter`] and kept as
//! metadata of the server.

use super::{Extension, NOTHING};
use crate::grammar::core::name;
use crate::grammar::{Parsed, Reading};
use crate::types::ResponseCode;

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["FILTERS"], codes: &[("UNDEFINED-FILTER", undefined_filter)], ..NOTHING };

/// ```abnf
/// resp-text-code =/ "UNDEFINED-FILTER" SP filter-name
/// filter-name = 1*<any ATOM-CHAR except "/">
/// ```
fn undefined_filter<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, filter) = name(input)?;
    Ok((rest, ResponseCode::UndefinedFilter(String::from_utf8_lossy(filter).into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SearchKey;
    use crate::commands::{Search, written};

    #[test]
    fn rfc_5466_3_1_examples_are_written_and_read() {
        let search = Search::by_number(vec![SearchKey::Filter("on-the-road".to_owned())]);
        assert_eq!(written(search, &[]), "a1 SEARCH FILTER on-the-road\r\n");
        let code = ResponseCode::parse(b"[UNDEFINED-FILTER today]");
        assert_eq!(code, Some(ResponseCode::UndefinedFilter("today".to_owned())));
    }
}
