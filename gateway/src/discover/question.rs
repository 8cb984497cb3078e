//! What is asked: a domain, and perhaps the address in it. Both are checked before anything is looked up.

use super::setting;
use idna::AsciiDenyList;
use serde::Deserialize;
use std::fmt;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    pub(crate) domain: Domain,
    /// Told to a configuration server of this very domain and to nobody else.
    pub(crate) local: Option<LocalPart>,
}

/// A domain of the internet: ASCII in lower case, two labels or more.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Domain(String);

/// What stands before the `@`. It names a person, so it is never shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct LocalPart(String);

/// Why a question can't be answered, as a sentence for who asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wrong(pub(crate) &'static str);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    domain: String,
    address: Option<String>,
}

impl Question {
    /// Reads the body of a request. What is wrong with it is never repeated: it may be somebody's address.
    ///
    /// # Errors
    /// It is no such object, or domain or address are none.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, Wrong> {
        let form: Form = serde_json::from_slice(octets).map_err(|_| NO_QUESTION)?;
        let domain = Domain::parse(&form.domain).ok_or(NO_DOMAIN)?;
        let local = match &form.address {
            Some(address) => Some(LocalPart::of(address, &domain).ok_or(NO_ADDRESS)?),
            None => None,
        };
        Ok(Self { domain, local })
    }

    /// The whole address, if it is known.
    pub(crate) fn address(&self) -> Option<String> {
        self.local.as_ref().map(|local| format!("{}@{}", local.0, self.domain))
    }
}

impl Domain {
    /// Reads a domain. Names in other scripts get their `xn--` form (RFC 5891, by UTS 46 as browsers do).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MOST_TEXT {
            return None;
        }
        let ascii = idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::STD3).ok()?;
        setting::host(&ascii).map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a host is this domain or stands below it (RFC 6186, 6: another one the user must confirm).
    pub(crate) fn holds(&self, host: &str) -> bool {
        host == self.0 || host.strip_suffix(&self.0).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl LocalPart {
    fn of(address: &str, domain: &Domain) -> Option<Self> {
        let (local, behind) = address.rsplit_once('@')?;
        let is_text = (1..=MOST_LOCAL).contains(&local.len()) && !local.chars().any(char::is_control);
        (is_text && Domain::parse(behind).as_ref() == Some(domain)).then(|| Self(local.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LocalPart {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LocalPart(not shown)")
    }
}

const NO_QUESTION: Wrong =
    Wrong("The body must be a JSON object with domain, and perhaps address, and nothing else.");
const NO_DOMAIN: Wrong = Wrong("domain must be a domain of the internet, such as example.org.");
const NO_ADDRESS: Wrong =
    Wrong("address must be a mail address in domain. Leave it out to ask for the domain only.");
/// A name has at most 253 octets (RFC 1035, 2.3.4); in its own script it can have more, and no mailbox is at such a one.
const MOST_TEXT: usize = 512;
/// RFC 5321, 4.5.3.1.1.
const MOST_LOCAL: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(json: &str) -> Result<(String, Option<String>), Wrong> {
        Question::parse(json.as_bytes())
            .map(|question| (question.domain.0, question.local.map(|local| local.0)))
    }

    #[test]
    fn domain_and_address_are_read_in_every_writing() {
        for (json, domain, local) in [
            (r#"{"domain":"Example.ORG."}"#, "example.org", None),
            (r#"{"domain":"xn--bcher-kva.example"}"#, "xn--bcher-kva.example", None),
            (r#"{"domain":"BÜCHER.example"}"#, "xn--bcher-kva.example", None),
            (r#"{"domain":"example.org","address":"kim@EXAMPLE.org"}"#, "example.org", Some("kim")),
            (
                r#"{"domain":"xn--bcher-kva.example","address":"kim@bücher.example"}"#,
                "xn--bcher-kva.example",
                Some("kim"),
            ),
            (r#"{"domain":"example.org","address":"\"a@b\"@example.org"}"#, "example.org", Some("\"a@b\"")),
        ] {
            assert_eq!(asked(json), Ok((domain.to_owned(), local.map(str::to_owned))), "{json}");
        }
    }

    #[test]
    fn what_is_no_domain_of_the_internet_is_refused() {
        let long = "a.".repeat(130) + "example";
        for domain in [
            "",
            ".",
            "localhost",
            "127.0.0.1",
            "[::1]",
            "::1",
            "1.2",
            "0x7f.1",
            "a b.example",
            "a/b.example",
            "a@b.example",
            "a..example",
            "example.org:443",
            "example.org/x",
            "-a.example",
            "_imaps._tcp.example.org",
            "xn--zzzzz9999.example",
            "a%2eexample",
            "*.example",
            &long,
        ] {
            let json = serde_json::json!({ "domain": domain }).to_string();
            assert_eq!(asked(&json), Err(NO_DOMAIN), "{domain}");
        }
    }

    #[test]
    fn an_address_stands_in_the_domain_or_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        for address in [
            "kim",
            "@example.org",
            "kim@other.example",
            "kim@a.example.org",
            "kim\r\nX: y@example.org",
            "kim@",
            &long,
        ] {
            let json = serde_json::json!({ "domain": "example.org", "address": address }).to_string();
            assert_eq!(asked(&json), Err(NO_ADDRESS), "{address}");
        }
    }

    #[test]
    fn other_json_is_refused_without_repeating_it() {
        for json in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"domain":1}"#,
            r#"{"domain":"a.example","more":1}"#,
            r#"{"domain":"a.example","domain":"b.example"}"#,
            "\u{ff}",
        ] {
            assert_eq!(asked(json), Err(NO_QUESTION), "{json}");
        }
    }

    #[test]
    fn only_the_domain_itself_and_names_below_it_are_within() {
        let domain = Domain::parse("example.org").unwrap();
        assert!(
            domain.holds("example.org")
                && domain.holds("imap.example.org")
                && domain.holds("a.b.example.org")
        );
        for other in
            ["badexample.org", "example.org.evil.example", "org", "imap.example.com", ".example.org", ""]
        {
            assert!(!domain.holds(other), "{other}");
        }
    }

    #[test]
    fn a_local_part_is_not_shown() {
        let question =
            Question::parse(br#"{"domain":"example.org","address":"kim.secret@example.org"}"#).unwrap();
        assert!(!format!("{question:?}").contains("secret"));
    }
}
