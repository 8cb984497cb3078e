//! What SCRAM and OAUTHBEARER share with GSS-API mechanisms ([RFC 5801](https://www.rfc-editor.org/rfc/rfc5801), 4).

/// ```abnf
/// saslname = 1*(UTF8-char-safe / "=2C" / "=3D") ; RFC 5801, 4
/// ```
pub(crate) fn saslname(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_equals_signs_are_encoded_once() {
        assert_eq!(saslname("a=,b=2C"), "a=3D=2Cb=3D2C");
    }
}
