//! UIDBATCHES (draft-ietf-mailmaint-imap-uidbatches): ranges of UIDs that hold the same number of messages each.

use super::{Extension, NOTHING, Order, Verb, commands, on_request};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::core::{astring, list, name, sp};
use crate::grammar::set::numbers;
use crate::grammar::{Parsed, Reading};
use crate::types::{NumberSet, ResponseCode};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["UIDBATCHES"],
    untagged: on_request(&[("UIDBATCHES", |input, reading| {
        let (rest, batches) = uidbatches_response(input, reading)?;
        Ok((rest, Response::UidBatches(batches)))
    })]),
    codes: &[
        ("TOOFEW", |input, _| Ok((input, ResponseCode::TooFew))),
        ("TOOMANY", |input, _| Ok((input, ResponseCode::TooMany))),
    ],
    ..NOTHING
};

/// UIDBATCHES. Answered by [`Response::UidBatches`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UidBatches {
    /// Messages in each batch; servers need not take less than 500.
    pub size: u32,
    /// Which batches, counted from 1 at the newest messages; `None` for all.
    pub range: Option<(u32, u32)>,
}

/// Batches, from the highest UIDs to the lowest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batches {
    /// The tag of the command that asked.
    pub tag: Option<String>,
    /// One range for each batch, from its highest UID to its lowest.
    pub ranges: NumberSet,
}

commands!(UidBatches);

impl Verb for UidBatches {
    fn needs(&self) -> &'static [&'static str] {
        &["UIDBATCHES"]
    }
    fn order(&self) -> Order {
        Order::Messages
    }
    /// ```abnf
    /// uidbatches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text(&format!("UIDBATCHES {}", self.size));
        if let Some((first, last)) = self.range {
            encoder.text(&format!(" {first}:{last}"));
        }
        let (first, last) = self.range.unwrap_or((1, 1));
        if self.size == 0 || first == 0 || last == 0 { Err("batches are counted from 1") } else { Ok(()) }
    }
}

/// ```abnf
/// uidbatches-response = "UIDBATCHES" search-correlator [SP uid-range *("," uid-range)]
/// ```
fn uidbatches_response<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Batches> {
    let mut batches = Batches::default();
    let (rest, _) = list(input, reading, |input, reading| {
        let (rest, word) = name(input)?;
        let (rest, ()) = sp(rest, reading)?;
        let (rest, value) = astring(rest, reading)?;
        if word.eq_ignore_ascii_case(b"TAG") {
            batches.tag = Some(String::from_utf8_lossy(&value).into_owned());
        }
        Ok((rest, ()))
    })?;
    if rest.trim_ascii().is_empty() {
        return Ok((rest, batches));
    }
    let (rest, ()) = sp(rest, reading)?;
    let (rest, ranges) = numbers(rest, reading)?;
    batches.ranges = ranges;
    Ok((rest, batches))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{is_refused, written};

    #[test]
    fn draft_uidbatches_3_examples_are_written_and_read() {
        assert_eq!(written(UidBatches { size: 2000, range: None }, &[]), "a1 UIDBATCHES 2000\r\n");
        assert_eq!(
            written(UidBatches { size: 2000, range: Some((10, 20)) }, &[]),
            "a1 UIDBATCHES 2000 10:20\r\n"
        );
        assert!(is_refused(UidBatches { size: 0, range: None }));
        assert!(is_refused(UidBatches { size: 500, range: Some((0, 1)) }));
        let read = |input| uidbatches_response(input, Reading::lenient()).unwrap();
        let ranges = NumberSet::new([(215_295, 99696), (99695, 20351), (20350, 7830), (7829, 1)]);
        let tag = Some("A143".to_owned());
        assert_eq!(
            read(br#"(TAG "A143") 215295:99696,99695:20351,20350:7830,7829:1"#),
            (&b""[..], Batches { tag: tag.clone(), ranges })
        );
        assert_eq!(read(br#"(TAG "A143")"#), (&b""[..], Batches { tag, ranges: NumberSet::default() }));
        assert_eq!(ResponseCode::parse(b"[TOOFEW]"), Some(ResponseCode::TooFew));
        assert_eq!(ResponseCode::parse(b"[TOOMANY]"), Some(ResponseCode::TooMany));
    }
}
