//! The time stamp of the greeting that APOP makes its digest of (RFC 1939, 7).
//!
//! Whoever stands in between may write the greeting, and MD5 has collisions: with time stamps of its choice it learns the first
//! characters of a password from a handful of logins (CVE-2007-1558). Its collisions hold octets that no message identifier has. So
//! only a well-formed one is taken, and APOP stays off unless [`crate::Options::allow_apop`].

use core::fmt;

/// A well-formed time stamp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApopTimestamp(String);

impl ApopTimestamp {
    /// ```abnf
    /// msg-id = "<" addr-spec ">"
    /// addr-spec = local-part "@" domain
    /// local-part = word *("." word)
    /// ```
    /// (RFC 822, 6.1; RFC 1939, 7.) Stricter: words are atoms, so that no quoted string carries what an attacker wants; a domain
    /// may be a literal. It is the last of the greeting's words that looks like one.
    pub(crate) fn find(greeting: &[u8]) -> Option<Self> {
        let start = greeting.iter().rposition(|octet| *octet == b'<')?;
        let rest = greeting.get(start..)?;
        let end = rest.iter().position(|octet| *octet == b'>')?;
        let stamp = std::str::from_utf8(rest.get(..=end)?).ok()?;
        let inner = stamp.strip_prefix('<')?.strip_suffix('>')?;
        let (local, domain) = inner.split_once('@')?;
        let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let fits = stamp.len() <= LONGEST && atoms(local) && atoms(literal.unwrap_or(domain));
        fits.then(|| Self(stamp.to_owned()))
    }

    /// With its angle brackets, as the digest is made of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApopTimestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn atoms(text: &str) -> bool {
    text.split('.').all(|atom| {
        !atom.is_empty()
            && atom.bytes().all(|octet| octet.is_ascii_graphic() && !b"()<>@,;:\\\"[]".contains(&octet))
    })
}

/// Real ones have some 50 octets; a collision of MD5 takes 128 of its own.
const LONGEST: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    fn found(greeting: &str) -> Option<String> {
        ApopTimestamp::find(greeting.as_bytes()).map(|stamp| stamp.as_str().to_owned())
    }

    #[test]
    fn rfc_1939_7_examples_and_those_of_servers_are_found() {
        for (greeting, expected) in [
            ("POP3 server ready <1896.697170952@dbc.mtview.ca.us>", "<1896.697170952@dbc.mtview.ca.us>"),
            ("POP3 Ready <17211.1795442360@vm>", "<17211.1795442360@vm>"),
            ("<fortune> here <1.2@[127.0.0.1]> bye", "<1.2@[127.0.0.1]>"),
            (
                "localhost Cyrus POP3 3.6.1-Debian server ready <5617001942403242206.1795442359@localhost>",
                "<5617001942403242206.1795442359@localhost>",
            ),
        ] {
            assert_eq!(found(greeting).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_message_identifier_is_no_time_stamp() {
        for greeting in [
            "ready",
            "<>",
            "<@>",
            "<a@>",
            "<@b>",
            "<ab>",
            "<a@b@c>",
            "<a..b@c>",
            "<a b@c>",
            "<a\u{7f}@b>",
            "<a\0@b>",
            "<\"a b\"@c>",
            "<a@b",
            "<ü@b>",
        ] {
            assert_eq!(found(greeting), None, "{greeting:?}");
        }
        assert_eq!(ApopTimestamp::find(b"<a\x80\xff@b>"), None, "octets of a collision");
        let long = format!("<{}@b>", "a".repeat(LONGEST));
        assert_eq!(found(&long), None);
    }
}
