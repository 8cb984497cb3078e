//! Text into a value.

use crate::text::DEEPEST;
use crate::{NotJson, Object, Text, Value};

/// Reads a text that holds one value.
///
/// # Errors
/// It is no JSON, has half of a surrogate pair, or lists and objects in one another more than 127 deep.
pub fn parse(text: &str) -> Result<Value, NotJson> {
    let mut text = Text::new(text.as_bytes());
    let value = value(&mut text, DEEPEST)?;
    if text.peek().is_none() { Ok(value) } else { Err(NotJson) }
}

fn value(text: &mut Text<'_>, depth: u8) -> Result<Value, NotJson> {
    Ok(match text.peek() {
        Some(b'"') => Value::Text(text.string()?.into_owned()),
        Some(b'{') => object(text, depth.checked_sub(1).ok_or(NotJson)?)?,
        _ => match text.raw_within(depth)? {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            list if list.starts_with('[') => Value::List,
            number => Value::Number(number.to_owned()),
        },
    })
}

fn object(text: &mut Text<'_>, depth: u8) -> Result<Value, NotJson> {
    let mut members = Vec::new();
    let mut is_first = true;
    text.expect(b'{')?;
    while text.continues(&mut is_first, b'}')? {
        let name = text.string()?.into_owned();
        text.expect(b':')?;
        members.push((name, value(text, depth)?));
    }
    Ok(Value::Object(Object(members)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value as Theirs;

    /// What serde_json reads, as a value of ours. Numbers are compared where both write them alike.
    fn ours(theirs: &Theirs) -> Value {
        match theirs {
            Theirs::Null => Value::Null,
            Theirs::Bool(said) => Value::Bool(*said),
            Theirs::Number(number) => Value::Number(number.to_string()),
            Theirs::String(text) => Value::Text(text.clone()),
            Theirs::Array(_) => Value::List,
            Theirs::Object(members) => Value::Object(Object(
                members.iter().map(|(name, value)| (name.clone(), ours(value))).collect(),
            )),
        }
    }

    fn values() -> impl Strategy<Value = Theirs> {
        let leaf = prop_oneof![
            Just(Theirs::Null),
            any::<bool>().prop_map(Theirs::from),
            any::<i64>().prop_map(Theirs::from),
            any::<String>().prop_map(Theirs::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Theirs::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..6).prop_map(Theirs::from_iter),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_serde_json_writes_is_read_as_it_reads_it(value in values(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            prop_assert_eq!(parse(&text.expect("text")), Ok(ours(&value)));
        }

        /// Texts of the letters that JSON is made of, most of which are none.
        #[test]
        fn what_is_json_is_what_serde_json_takes_for_it(
            text in "([\\[\\]{}:, ]|\"a\"|\"|\\\\[\"\\\\/bfnrtx]|\\\\u(d8|dc|DB|00)[0-9a-fA-F]{2}|\\\\u|[0-9.eE+-]{1,3}|null|true|false|[ntfé\t\n\u{1}]){0,9}"
        ) {
            // It refuses numbers that are too large for a float, which are valid all the same.
            let theirs = serde_json::from_str::<Theirs>(&text);
            if theirs.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range")) {
                return Ok(());
            }
            prop_assert_eq!(parse(&text).is_ok(), theirs.is_ok(), "{:?}", theirs);
        }
    }

    #[test]
    fn escapes_and_halves_of_pairs_are_read_as_serde_json_reads_them() {
        let units = ["", "0000", "d7ff", "d800", "DBFF", "dc00", "dfff", "E000", "fffd", "12G4", "123"];
        for first in units {
            for second in units {
                let escape = |unit: &str| {
                    if unit.is_empty() { "\\/\\\"\\\\\\b\\f".to_owned() } else { format!("\\u{unit}") }
                };
                let text = format!("\"a{}{}é\"", escape(first), escape(second));
                let theirs = serde_json::from_str::<Theirs>(&text).ok().map(|value| ours(&value));
                assert_eq!(parse(&text).ok(), theirs, "{text}");
            }
        }
    }

    #[test]
    fn depth_and_numbers_are_bounded_as_serde_json_bounds_them() {
        for depth in [127, 128, 9_000] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                assert_eq!(parse(&text).is_ok(), serde_json::from_str::<Theirs>(&text).is_ok(), "{depth}");
            }
        }
        for number in ["0", "7", "18446744073709551615", "18446744073709551616", "-1", "-0", "1.0", "1e2"] {
            let value = parse(number).expect("a number");
            assert_eq!(value.as_u64(), serde_json::from_str::<u64>(number).ok(), "{number}");
        }
    }

    #[test]
    fn the_last_of_two_members_counts_or_none() {
        let Ok(Value::Object(mut object)) = parse(r#"{"a":1,"a":2,"b":3}"#) else { panic!("an object") };
        assert_eq!(object.get("a").and_then(Value::as_u64), Some(2));
        assert_eq!(object.take("b"), Ok(Some(Value::Number("3".to_owned()))));
        assert_eq!(object.take("b"), Ok(None));
        assert_eq!(object.take("a"), Err(crate::Twice));
    }
}
