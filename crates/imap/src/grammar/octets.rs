//! What every octet of a response goes through, eight at a time: the inner loops under the grammar. A word is tested with a few
//! sums; strings, atoms and numbers are too short for a call into a vectorised search to pay.

use crate::frame::STREAMED;
use memchr::memchr2;
#[cfg(target_feature = "simd128")]
use wide::first;
#[cfg(not(target_feature = "simd128"))]
use words::first;

#[cfg(target_feature = "simd128")]
mod wide;
#[cfg(not(target_feature = "simd128"))]
mod words;

/// A class of octets.
pub(super) struct Class([bool; 256]);

impl Class {
    /// How many octets in front are in the class.
    #[cfg_attr(for_speed, optimize(speed))]
    #[inline]
    pub(super) fn run(&self, input: &[u8]) -> usize {
        let is_in = |octet: &u8| self.0.get(usize::from(*octet)).copied().unwrap_or_default();
        input.iter().position(|octet| !is_in(octet)).unwrap_or(input.len())
    }
}

/// Declares classes by a test of one octet.
macro_rules! classes {
    ($($(#[doc = $doc:literal])+ $name:ident = |$octet:ident| $test:expr;)+) => {
        $($(#[doc = $doc])+ pub(super) static $name: Class = {
            let mut class = [false; 256];
            let mut index = 0;
            while index < class.len() {
                let $octet = index as u8;
                #[expect(clippy::indexing_slicing, reason = "the loop stays below the length, and is run by the compiler")]
                {
                    class[index] = $test;
                }
                index += 1;
            }
            Class(class)
        };)+
    };
}

classes! {
    /// What servers put into atoms.
    LOOSE = |octet| octet > b' ' && octet != 0x7f && !matches!(octet, b'(' | b')' | b'"');
    /// What names of data items are made of.
    NAME = |octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'=' | b'_' | b'+' | b'/' | b':');
}

/// The same octet eight times, to be multiplied.
const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = EACH * 0x80;

/// How many octets of a quoted string come before the next that means something.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
pub(super) fn plain(input: &[u8]) -> usize {
    first(input, [b'"', b'\\', STREAMED]).unwrap_or(input.len())
}

/// What follows an nstring that is NIL or quoted and ends as it should, before a space or a parenthesis. `None` is anything else,
/// right or wrong. Results like this one fit into registers: they are what makes the usual response fast.
#[cfg_attr(for_speed, optimize(speed))]
pub(super) fn after_text(input: &[u8]) -> Option<&[u8]> {
    let rest = match input {
        [b'N', b'I', b'L', rest @ ..] => rest,
        [b'"', rest @ ..] => after_quoted(rest)?,
        _ => return None,
    };
    matches!(rest, [b' ' | b')', ..]).then_some(rest)
}

/// An nstring as [`after_text`] passes it, of which no octet is escaped: what it means, and what follows it.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
pub(super) fn text(input: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let (rest, text) = match input {
        [b'"', inner @ ..] => {
            let (text, rest) = inner.split_at_checked(plain(inner))?;
            let [b'"', rest @ ..] = rest else { return None };
            (rest, Some(text))
        }
        [b'N', b'I', b'L', rest @ ..] => (rest, None),
        _ => return None,
    };
    matches!(rest, [b' ' | b')', ..]).then_some((rest, text))
}

#[cfg_attr(for_speed, optimize(speed))]
#[inline]
fn after_quoted(input: &[u8]) -> Option<&[u8]> {
    let mut rest = input;
    loop {
        rest = match rest.get(plain(rest)..)? {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', b'"' | b'\\', rest @ ..] => rest,
            _ => return None,
        };
    }
}

/// Where the first line end or NUL is. Most lines are short: only behind their length a vectorised search that is called pays.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
pub(crate) fn line_end(input: &[u8]) -> Option<usize> {
    if cfg!(target_arch = "wasm32") {
        return first(input, [b'\n', STREAMED, STREAMED]);
    }
    let (short, rest) = input.split_at_checked(SHORT_LINE).unwrap_or((input, b""));
    first(short, [b'\n', STREAMED, STREAMED])
        .or_else(|| memchr2(b'\n', STREAMED, rest).map(|found| short.len() + found))
}

/// A row of UID and FLAGS fits.
const SHORT_LINE: usize = 64;

/// The number in front, and how many digits it has: up to seven, without a branch for each. `None` if there is none, or if it
/// reaches to the eighth octet or to the end.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
pub(super) fn number(input: &[u8]) -> Option<(u64, usize)> {
    let values = u64::from_le_bytes(*input.first_chunk::<8>()?) ^ (EACH * 0x30);
    // The high bit of each octet above 9; those behind the first may be wrong.
    let others = (values.wrapping_add(EACH * 0x76) | values) & HIGH;
    let digits = others.trailing_zeros() as usize / 8;
    if digits == 0 || digits == 8 {
        return None;
    }
    // Zeros in front, then pairs, fours and eights.
    let values = values << (64 - 8 * digits);
    let pairs = (values * 10).wrapping_add(values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let eight = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff;
    Some((eight, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_at_every_length_and_before_every_octet() {
        for (text, length) in
            [("7", 1), ("90", 2), ("123", 3), ("4096", 4), ("65535", 5), ("999999", 6), ("9876543", 7)]
        {
            for next in (0..=u8::MAX).filter(|octet| !octet.is_ascii_digit()) {
                let mut input = text.as_bytes().to_vec();
                input.push(next);
                input.extend([0xff; 8]);
                assert_eq!(
                    number(&input),
                    text.parse().ok().map(|value| (value, length)),
                    "{text} before {next}"
                );
            }
        }
        assert_eq!(number(b"x1234567"), None);
        assert_eq!(number(b"12345678"), None);
        assert_eq!(number(b"1 "), None);
    }

    #[test]
    fn line_ends_and_nuls_are_found_at_every_place() {
        for length in 0..200 {
            for end in [b'\n', STREAMED] {
                let mut input = vec![b'a'; length];
                assert_eq!(line_end(&input), None);
                input.push(end);
                input.extend_from_slice(b"\n\0xyz");
                assert_eq!(line_end(&input), Some(length));
            }
        }
    }

    #[test]
    fn plain_octets_end_at_every_place() {
        for length in 0..40 {
            for end in [b'"', b'\\', STREAMED] {
                let mut input: Vec<u8> =
                    (0..length).map(|index| [b'a', 0xff, b'!', b'#', b'[', 0x80, 1][index % 7]).collect();
                assert_eq!(plain(&input), length);
                input.push(end);
                input.extend(b"abc\"defghijkl");
                assert_eq!(plain(&input), length, "{end}");
            }
        }
    }
}
