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
        self.quoted(text);
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
        self.quoted(name);
        self.0.push(':');
    }

    fn quoted(&mut self, text: &str) {
        self.0.push('"');
        for letter in text.chars() {
            match letter {
                '"' | '\\' => self.0.extend(['\\', letter]),
                '\u{8}' => self.0.push_str("\\b"),
                '\u{c}' => self.0.push_str("\\f"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                '\t' => self.0.push_str("\\t"),
                '\0'..='\u{1f}' => {
                    let digit = |of: u32| char::from_digit(of, 16).unwrap_or('0');
                    self.0.push_str("\\u00");
                    self.0.extend([digit(letter as u32 >> 4), digit(letter as u32 & 15)]);
                }
                _ => self.0.push(letter),
            }
        }
        self.0.push('"');
    }
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
