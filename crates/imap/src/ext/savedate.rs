//! SAVEDATE (RFC 8514): when a message came into this mailbox. The search keys are in `command/search.rs`.

use super::{Extension, NOTHING};
use crate::grammar::core::{item_value, nil};
use crate::grammar::{Parsed, Reading, date_time};
use crate::types::{Attribute, Fetched};

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["SAVEDATE"], items: &[("SAVEDATE", save_date)], ..NOTHING };

/// ```abnf
/// msg-att-static =/ "SAVEDATE" SP (date-time / nil)
/// ```
fn save_date<'a>(input: &'a [u8], fetched: &mut Fetched, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, date) = item_value(|input| match nil(input) {
        Ok((rest, ())) => Ok((rest, None)),
        Err(_) => date_time(input, reading),
    })(input)?;
    fetched.attributes.push(Attribute::SaveDate(date));
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::DateTime;

    #[test]
    fn rfc_8514_4_2_examples_read() {
        let mut fetched = Fetched::default();
        let reading = Reading::lenient();
        assert_eq!(save_date(b"\"01-Jan-2015 17:00:00 -0800\")", &mut fetched, reading), Ok((&b")"[..], ())));
        assert_eq!(save_date(b"NIL)", &mut fetched, reading), Ok((&b")"[..], ())));
        let date = DateTime { unix_seconds: 1_420_160_400, zone_minutes: -480 };
        assert_eq!(fetched.attributes, [Attribute::SaveDate(Some(date)), Attribute::SaveDate(None)]);
    }
}
