//! An object into text.

/// Writes one object, a member after the other. It has no `Debug`: what is written may be a secret.
pub struct Writer(String);

impl Writer {
    /// An object without members.
    #[must_use]
    pub fn new() -> Self {
        Self("{".to_owned())
    }

    /// A member that is a string.
    #[must_use]
    pub fn text(mut self, name: &str, text: &str) -> Self {
        self.begin(name);
        push_quoted(&mut self.0, text);
        self
    }

    /// A member that is a number.
    #[must_use]
    pub fn number(self, name: &str, number: u64) -> Self {
        self.raw(name, &number.to_string())
    }

    /// A member that is `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &str, flag: bool) -> Self {
        self.raw(name, if flag { "true" } else { "false" })
    }

    /// A member that is an object.
    #[must_use]
    pub fn object(self, name: &str, object: Self) -> Self {
        self.raw(name, &object.finish())
    }

    /// The text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn raw(mut self, name: &str, value: &str) -> Self {
        self.begin(name);
        self.0.push_str(value);
        self
    }

    fn begin(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        push_quoted(&mut self.0, name);
        self.0.push(':');
    }
}

/// Appends a string in quotes.
pub fn push_quoted(json: &mut String, text: &str) {
    json.push('"');
    let mut plain = 0;
    for (at, octet) in text.bytes().enumerate() {
        let short = match octet {
            b'"' | b'\\' => char::from(octet),
            0x08 => 'b',
            0x0c => 'f',
            b'\n' => 'n',
            b'\r' => 'r',
            b'\t' => 't',
            0..0x20 => 'u',
            _ => continue,
        };
        json.push_str(&text[plain..at]);
        plain = at + 1;
        json.extend(['\\', short]);
        if short == 'u' {
            json.push_str(if octet < 0x10 { "000" } else { "001" });
            json.extend(char::from_digit(u32::from(octet & 0xf), 16));
        }
    }
    json.push_str(&text[plain..]);
    json.push('"');
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_what_serde_json_writes(
            text in prop_oneof![any::<String>(), "[\u{0}-\u{7f}]{0,20}"],
            number in any::<u64>(),
            flag in any::<bool>(),
        ) {
            // Its members are sorted by their names.
            let theirs = serde_json::json!({ "a": text, "b": number, "c": flag, "d": { "e": text }, "f": {} });
            let inner = Writer::new().text("e", &text);
            let ours = Writer::new().text("a", &text).number("b", number).flag("c", flag).object("d", inner);
            prop_assert_eq!(ours.object("f", Writer::new()).finish(), theirs.to_string());
        }
    }
}
