//! A public name of the gateway: the origin under which pages reach it (RFC 6454, 4).

use serde::Deserialize;
use std::fmt;

/// Scheme, host and port, in the form that a browser writes them: lower case, no default port, no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin {
    secure: bool,
    authority: String,
}

impl Origin {
    /// Reads `http://host`, `https://host:port` and the like.
    ///
    /// # Errors
    /// A sentence for the person who wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' is not an origin. Write scheme and host as the browser shows them, with no path: https://mail.example.org"
            )
        };
        let lower = text.to_ascii_lowercase();
        let (scheme, authority) = lower.split_once("://").ok_or_else(wrong)?;
        let secure = match scheme {
            "https" => true,
            "http" => false,
            _ => return Err(wrong()),
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (host, port) = split_port(authority).ok_or_else(wrong)?;
        if host.is_empty() || !is_plain_authority(host) {
            return Err(wrong());
        }
        let default = if secure { 443 } else { 80 };
        let authority = match port {
            Some(port) if port != default => format!("{host}:{port}"),
            _ => host.to_owned(),
        };
        Ok(Self { secure, authority })
    }

    /// The names of a gateway that has none in its configuration: this machine's own, with the listener's port.
    #[must_use]
    pub fn of_port(port: u16, secure: bool) -> Vec<Self> {
        let scheme = if secure { "https" } else { "http" };
        ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .filter_map(|host| Self::parse(&format!("{scheme}://{host}:{port}")).ok())
            .collect()
    }

    /// Whether pages come from it over https.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Host and port as in a `Host` header, such as `localhost:8790`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The origin of WebSockets to it.
    #[must_use]
    pub fn websocket(&self) -> String {
        format!("{}://{}", if self.secure { "wss" } else { "ws" }, self.authority)
    }

    /// Whether the host is an IPv6 address.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        self.authority.starts_with('[')
    }

    /// Whether a `Host` header names this origin; the default port may be written out.
    #[must_use]
    pub fn is_named_by(&self, host: &str) -> bool {
        let default = if self.secure { ":443" } else { ":80" };
        let given = host.strip_suffix(default).unwrap_or(host);
        self.authority.eq_ignore_ascii_case(given)
    }

    /// Whether browsers treat pages of it as secure: https, or a name of this machine itself.
    #[must_use]
    pub fn is_trustworthy(&self) -> bool {
        let host = split_port(&self.authority).map_or("", |(host, _)| host);
        self.secure
            || host == "localhost"
            || host.ends_with(".localhost")
            || host == "[::1]"
            || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", if self.secure { "https" } else { "http" }, self.authority)
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

/// Host and port of an authority. `None` if the port is no number, or a bare IPv6 address makes it ambiguous.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        address.parse::<std::net::Ipv6Addr>().ok()?;
        // The brackets stand in the ASCII text before `after`.
        let host = authority.get(..authority.len() - after.len())?;
        return match after.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None if after.is_empty() => Some((host, None)),
            None => None,
        };
    }
    match authority.split_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

/// A host may stand in a policy header only if it is nothing but a host: a quote or a semicolon would change the policy.
fn is_plain_authority(host: &str) -> bool {
    host.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._[]:".contains(&octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_a_browser_writes_them() {
        for (given, expected) in [
            ("https://Mail.Example.org", "https://mail.example.org"),
            ("https://mail.example.org:443/", "https://mail.example.org"),
            ("http://mail.example.org:80", "http://mail.example.org"),
            ("http://[::1]:8790", "http://[::1]:8790"),
            ("https://mail.example.org:80", "https://mail.example.org:80"),
        ] {
            assert_eq!(Origin::parse(given).unwrap().to_string(), expected, "{given}");
        }
        for wrong in [
            "mail.example.org",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a:b",
            "https://a b",
            "https://a;b",
            "null",
            "https://a'b",
            "https://user@a",
            "http://::1",
            "http://[::1",
            "http://[x]",
            "*",
            "https://*.example.org",
        ] {
            assert!(Origin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_host_header_may_write_the_default_port() {
        let origin = Origin::parse("https://mail.example.org").unwrap();
        assert!(origin.is_named_by("MAIL.example.org"));
        assert!(origin.is_named_by("mail.example.org:443"));
        assert!(!origin.is_named_by("mail.example.org:80"));
        assert!(!origin.is_named_by("mail.example.org.evil.example"));
    }

    #[test]
    fn only_https_and_this_machine_are_trustworthy() {
        for (origin, expected) in [
            ("https://a.example", true),
            ("http://localhost:1", true),
            ("http://127.0.0.2:1", true),
            ("http://[::1]:1", true),
            ("http://a.localhost", true),
            ("http://192.168.0.2", false),
            ("http://a.lan:1", false),
            ("http://127.0.0.1.evil.example", false),
        ] {
            assert_eq!(Origin::parse(origin).unwrap().is_trustworthy(), expected, "{origin}");
        }
    }
}
