//! The name of a mail server: as a client asks for it, and as a rule allows it.

use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A host that a client asks for: a name or an address, checked and in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name for the resolver.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl Host {
    /// Reads a host. Forms that only some resolvers take for an address (`127.1`, `0x7f000001`) are refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(address) = bracketed {
            return address.parse::<Ipv6Addr>().ok().map(|address| Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        let numeric = last.bytes().all(|octet| octet.is_ascii_digit()) || last.starts_with("0x");
        (name.len() <= 253 && !numeric && name.split('.').all(is_label)).then_some(Self::Name(name))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => formatter.write_str(name),
            Self::Address(address) => write!(formatter, "{address}"),
        }
    }
}

/// RFC 1123, 2.1; the underscore is no host's, but names of Windows networks have it.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
}

/// The hosts that a rule is for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum HostPattern {
    /// Every host.
    Any,
    /// Every name below this one, not itself.
    Below(String),
    /// This host.
    Exactly(Host),
}

impl HostPattern {
    /// Whether the rule is for this host.
    #[must_use]
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Exactly(allowed), host) => allowed == host,
            (Self::Below(parent), Host::Name(name)) => {
                name.strip_suffix(parent.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (Self::Below(_), Host::Address(_)) => false,
        }
    }
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' is not a host. Write a name or an address (imap.example.org), every name below one (*.example.org), or * for all"
            )
        };
        if text == "*" {
            return Ok(Self::Any);
        }
        match text.strip_prefix("*.") {
            Some(parent) => match Host::parse(parent) {
                Some(Host::Name(name)) => Ok(Self::Below(name)),
                _ => Err(wrong()),
            },
            None => Host::parse(&text).map(Self::Exactly).ok_or_else(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> HostPattern {
        HostPattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn names_and_addresses_are_told_apart_and_tricks_are_refused() {
        assert_eq!(Host::parse("IMAP.Example.org."), Some(Host::Name("imap.example.org".into())));
        assert_eq!(Host::parse("[::1]"), Host::parse("::1"));
        assert_eq!(Host::parse("127.0.0.1").unwrap().to_string(), "127.0.0.1");
        let long = format!("{}.example", "a".repeat(64));
        for wrong in [
            "",
            ".",
            "a..b",
            "127.1",
            "2130706433",
            "0x7f000001",
            "1.2.3.0x4",
            "127.0.0.1.",
            "a b",
            "a/b",
            "a@b",
            "a:1",
            "[a]",
            "[127.0.0.1]",
            "fe80::1%eth0",
            "bücher.example",
            "-a.example",
            "a\0.example",
            long.as_str(),
        ] {
            assert_eq!(Host::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_star_stands_for_labels_in_front_and_nothing_else() {
        let below = pattern("*.example.org");
        assert!(below.matches(&Host::parse("imap.example.org").unwrap()));
        assert!(below.matches(&Host::parse("a.b.EXAMPLE.org").unwrap()));
        assert!(!below.matches(&Host::parse("example.org").unwrap()));
        assert!(!below.matches(&Host::parse("badexample.org").unwrap()));
        assert!(!below.matches(&Host::parse("192.0.2.1").unwrap()));
        assert!(pattern("*").matches(&Host::parse("192.0.2.1").unwrap()));
        assert!(pattern("::1").matches(&Host::parse("[0:0::1]").unwrap()));
        for wrong in ["*a.example", "a.*.example", "*.*", "*.127.0.0.1", "", "**"] {
            assert!(HostPattern::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
