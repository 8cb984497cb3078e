//! UIDPLUS (RFC 4315; RFC 9051, 7.1): where APPEND, COPY and MOVE put messages. UID EXPUNGE is in `commands/close.rs`.

use super::{Extension, NOTHING};
use crate::fault::Fault;
use crate::grammar::core::{number, sp};
use crate::grammar::set::numbers;
use crate::grammar::{Parsed, Reading};
use crate::types::{NumberSet, ResponseCode};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["UIDPLUS"],
    codes: &[("APPENDUID", resp_code_apnd), ("COPYUID", resp_code_copy)],
    ..NOTHING
};

/// ```abnf
/// resp-code-apnd = "APPENDUID" SP nz-number SP append-uid
/// append-uid =/ uid-set
/// ```
fn resp_code_apnd<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, validity) = number(input)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, uids) = numbers(rest, reading)?;
    Ok((rest, ResponseCode::AppendUid(validity, uids)))
}

/// ```abnf
/// resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set
/// ```
/// Outlook.com names no UIDs where nothing was copied.
fn resp_code_copy<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, validity) = number(input)?;
    let (rest, ()) = sp(rest, reading)?;
    if rest.first() == Some(&b']') {
        reading.forgive(Fault::EmptyUidSet, rest, "uid-set")?;
        let (from, to) = (NumberSet::default(), NumberSet::default());
        return Ok((rest, ResponseCode::CopyUid { validity, from, to }));
    }
    let (rest, from) = numbers(rest, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, to) = numbers(rest, reading)?;
    Ok((rest, ResponseCode::CopyUid { validity, from, to }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4315_3_examples_read() {
        let read = |code: &[u8]| ResponseCode::parse(code).unwrap();
        assert_eq!(
            read(b"[APPENDUID 38505 3955]"),
            ResponseCode::AppendUid(38505, NumberSet::new([(3955, 3955)]))
        );
        assert_eq!(
            read(b"[APPENDUID 38505 3955:3957,3960]"),
            ResponseCode::AppendUid(38505, NumberSet::new([(3955, 3957), (3960, 3960)]))
        );
        let from = NumberSet::new([(304, 304), (319, 320)]);
        let to = NumberSet::new([(3956, 3958)]);
        assert_eq!(
            read(b"[COPYUID 38505 304,319:320 3956:3958]"),
            ResponseCode::CopyUid { validity: 38505, from, to }
        );
        assert_eq!(read(b"[UIDNOTSTICKY]"), ResponseCode::UidNotSticky);
        assert!(matches!(read(b"[APPENDUID 38505]"), ResponseCode::Unparsed(_)));
        let (from, to) = (NumberSet::default(), NumberSet::default());
        assert_eq!(read(b"[COPYUID 701  ]"), ResponseCode::CopyUid { validity: 701, from, to });
        assert!(matches!(read(b"[COPYUID 38505 1]"), ResponseCode::Unparsed(_)));
    }
}
