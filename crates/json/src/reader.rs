//! Text into a value.

use crate::{NotJson, Object, Value};

/// Reads a text that holds one value.
///
/// # Errors
/// It is no JSON, has half of a surrogate pair, or lists and objects in one another more than 127 deep.
pub fn parse(text: &str) -> Result<Value, NotJson> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(DEEPEST)?;
    reader.space();
    if reader.at == text.len() { Ok(value) } else { Err(NotJson) }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, NotJson> {
        let octet = self.peek().ok_or(NotJson)?;
        self.at += 1;
        Ok(octet)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Whether this comes next, which is taken then.
    fn takes(&mut self, octet: u8) -> bool {
        let comes = self.peek() == Some(octet);
        self.at += usize::from(comes);
        comes
    }

    fn value(&mut self, depth: usize) -> Result<Value, NotJson> {
        self.space();
        match self.peek().ok_or(NotJson)? {
            b'"' => Ok(Value::Text(self.string()?)),
            b'{' => self.object(depth.checked_sub(1).ok_or(NotJson)?),
            b'[' => self.list(depth.checked_sub(1).ok_or(NotJson)?),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, NotJson> {
        let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
        let rest = &self.text[self.at..];
        let (word, value) = words.into_iter().find(|(word, _)| rest.starts_with(word)).ok_or(NotJson)?;
        self.at += word.len();
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Result<Value, NotJson> {
        let mut members = Vec::new();
        self.at += 1;
        self.space();
        if self.takes(b'}') {
            return Ok(Value::Object(Object(members)));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(NotJson);
            }
            let name = self.string()?;
            self.space();
            if !self.takes(b':') {
                return Err(NotJson);
            }
            members.push((name, self.value(depth)?));
            self.space();
            match self.next()? {
                b',' => {}
                b'}' => return Ok(Value::Object(Object(members))),
                _ => return Err(NotJson),
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, NotJson> {
        self.at += 1;
        self.space();
        if self.takes(b']') {
            return Ok(Value::List);
        }
        loop {
            self.value(depth)?;
            self.space();
            match self.next()? {
                b',' => {}
                b']' => return Ok(Value::List),
                _ => return Err(NotJson),
            }
        }
    }

    /// ```abnf
    /// number = [ minus ] int [ frac ] [ exp ]
    /// int = zero / ( digit1-9 *DIGIT )
    /// ```
    fn number(&mut self) -> Result<Value, NotJson> {
        let start = self.at;
        self.takes(b'-');
        if !self.takes(b'0') {
            self.digits()?;
        }
        if self.takes(b'.') {
            self.digits()?;
        }
        if self.takes(b'e') || self.takes(b'E') {
            let _ = self.takes(b'+') || self.takes(b'-');
            self.digits()?;
        }
        Ok(Value::Number(self.text[start..self.at].to_owned()))
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let start = self.at;
        while self.peek().is_some_and(|digit| digit.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(NotJson) }
    }

    fn string(&mut self) -> Result<String, NotJson> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let start = self.at;
            // None of these is a part of a longer character.
            while self.peek().is_some_and(|octet| !matches!(octet, b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            string.push_str(&self.text[start..self.at]);
            match self.next()? {
                b'"' => return Ok(string),
                b'\\' => string.push(self.escaped()?),
                _ => return Err(NotJson),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, NotJson> {
        Ok(match self.next()? {
            plain @ (b'"' | b'\\' | b'/') => char::from(plain),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let low = if matches!(unit, 0xd800..=0xdbff) && self.text[self.at..].starts_with("\\u") {
                    self.at += 2;
                    Some(self.unit()?)
                } else {
                    None
                };
                let mut letters = char::decode_utf16([unit].into_iter().chain(low));
                let letter = letters.next().and_then(Result::ok).ok_or(NotJson)?;
                // Nothing is left over of two units that are a pair.
                if letters.next().is_some() { return Err(NotJson) } else { letter }
            }
            _ => return Err(NotJson),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u16, NotJson> {
        (0..4).try_fold(0, |unit, _| {
            let digit = char::from(self.next()?).to_digit(16).ok_or(NotJson)?;
            Ok(unit << 4 | digit as u16)
        })
    }
}

/// As deep as serde_json reads, which the other ends of tunnels have: it is read by recursion.
const DEEPEST: usize = 127;

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
