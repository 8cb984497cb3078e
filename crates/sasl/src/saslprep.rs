//! Names and passwords in the one form that both sides hash: SASLprep ([RFC 4013](https://www.rfc-editor.org/rfc/rfc4013), a profile of
//! [RFC 3454](https://www.rfc-editor.org/rfc/rfc3454)).
//!
//! Unicode's normalisation comes in from the host: its tables weigh 55 KB in what a visitor downloads, and every browser has them.

mod direction;

use direction::{is_left, is_right};
use std::borrow::Cow;
use stringprep::tables;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// Normalisation form KC ([UAX #15](https://www.unicode.org/reports/tr15/)), for hosts that have none of their own.
#[must_use]
pub fn nfkc(text: &str) -> String {
    text.nfkc().collect()
}

/// Prepares a name or password. What can't be prepared goes as it is: SASLprep knows the characters of 2002 only, so that a
/// password with an emoji would else be none, and many servers prepare nothing.
pub(crate) fn prepared<'a>(text: &'a str, nfkc: &dyn Fn(&str) -> String) -> Cow<'a, str> {
    if text.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    // RFC 4013, 2.1, in its order: U+200B is in both tables, and servers make a space of it.
    let mapped: Zeroizing<String> = Zeroizing::new(
        text.chars()
            .map(|letter| if tables::non_ascii_space_character(letter) { ' ' } else { letter })
            .filter(|letter| !tables::commonly_mapped_to_nothing(*letter))
            .collect(),
    );
    // RFC 4013, 2.2.
    let mut normalised = Zeroizing::new(nfkc(&mapped));
    let fits = !normalised.is_empty() && !normalised.contains(prohibited) && has_one_direction(&normalised);
    if fits { Cow::Owned(core::mem::take(&mut *normalised)) } else { Cow::Borrowed(text) }
}

/// RFC 4013, 2.3 and 2.5: as a stored string, which may not have characters that are yet to be assigned.
fn prohibited(letter: char) -> bool {
    let tables: [fn(char) -> bool; 11] = [
        tables::non_ascii_space_character,
        tables::ascii_control_character,
        tables::non_ascii_control_character,
        tables::private_use,
        tables::non_character_code_point,
        tables::surrogate_code,
        tables::inappropriate_for_plain_text,
        tables::inappropriate_for_canonical_representation,
        tables::change_display_properties_or_deprecated,
        tables::tagging_character,
        tables::unassigned_code_point,
    ];
    tables.iter().any(|holds| holds(letter))
}

/// RFC 3454, 6: text from right to left begins and ends so, and has no letter from left to right.
fn has_one_direction(text: &str) -> bool {
    !text.contains(is_right)
        || !text.contains(is_left) && text.starts_with(is_right) && text.ends_with(is_right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc_4013_3_examples_are_prepared() {
        for (typed, expected) in
            [("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX")]
        {
            assert_eq!(prepared(typed, &nfkc), expected);
        }
        assert_eq!(prepared("pass\u{A0}wörd", &nfkc), "pass wörd");
        assert_eq!(prepared("A\u{30A}", &nfkc), "Å");
        assert_eq!(prepared("a\u{200B}b\u{200C}c", &nfkc), "a bc");
    }

    /// The last two examples of RFC 4013, 3 are errors; a character of a later Unicode and what would come out empty too.
    #[test]
    fn what_can_not_be_prepared_goes_as_it_is() {
        for odd in ["\u{7}", "\u{627}\u{31}", "hunter🦊2", "\u{AD}", ""] {
            assert_eq!(prepared(odd, &nfkc), odd);
        }
    }

    #[test]
    fn every_character_that_may_be_there_has_the_direction_of_the_stringprep_crate() {
        for letter in (0..=0x10_ffff).filter_map(char::from_u32).filter(|letter| !prohibited(*letter)) {
            let expected = (tables::bidi_l(letter), tables::bidi_r_or_al(letter));
            assert_eq!((is_left(letter), is_right(letter)), expected, "{letter:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_prepared_is_what_the_stringprep_crate_prepares(
            text in prop_oneof![
                any::<String>(),
                "[ -~\u{A0}-\u{24F}\u{300}-\u{36F}]{0,12}",
                "[\u{5D0}-\u{64A}0-9a\u{AD}]{0,6}",
                "[\u{1100}-\u{11FF}\u{2000}-\u{2300}\u{FB00}-\u{FEFF}\u{E0000}-\u{E007F}]{0,6}",
            ]
        ) {
            let expected = stringprep::saslprep(&text).ok().filter(|prepared| !prepared.is_empty());
            prop_assert_eq!(prepared(&text, &nfkc), expected.unwrap_or(Cow::Borrowed(&text)));
        }
    }
}
