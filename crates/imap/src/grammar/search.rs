//! SEARCH (RFC 3501, 7.2.5). ESEARCH, which RFC 9051 sends instead, is in `ext/esearch.rs`.

use super::core::{any_value, number, opt_sp};
use super::{Parsed, Reading};
use crate::types::Uid;

/// ```abnf
/// mailbox-data =/ "SEARCH" *(SP nz-number) [SP search-sort-mod-seq]
/// ```
/// Zeros and the MODSEQ of RFC 7162 are left out.
pub(crate) fn search<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, Vec<Uid>> {
    let mut rest = opt_sp(input)?.0;
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        let after = if let Ok((after, found)) = number(rest) {
            numbers.extend(Uid::new(found));
            after
        } else {
            any_value(rest)?.0
        };
        rest = opt_sp(after)?.0;
    }
    Ok((rest, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3501_7_2_5_example_reads() {
        let numbers = |input| -> Vec<u32> {
            search(input, Reading::lenient()).unwrap().1.iter().map(|uid| uid.as_u32()).collect()
        };
        assert_eq!(numbers(b" 2 3 6 "), [2, 3, 6]);
        assert_eq!(numbers(b" 2 5 (MODSEQ 917162488)"), [2, 5]);
        assert_eq!(numbers(b""), []);
    }
}
