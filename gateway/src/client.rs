//! Who is asking: the peer of the connection, or whom a trusted reverse proxy names.

use hyper::header::HeaderMap;
use ipnet::IpNet;
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// Reverse proxies that are believed: every address of a range. Who connects to a Unix socket has 127.0.0.1.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Proxy(IpNet);

impl TryFrom<String> for Proxy {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        network.map(|network| Self(network.trunc())).ok_or_else(|| {
            format!("'{text}' is no proxy. Write an address (127.0.0.1) or a range (10.0.0.0/8)")
        })
    }
}

/// The header in which reverse proxies name their peer. One and not both: a proxy passes on the other as its client
/// wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum ProxyHeader {
    /// What nearly all write.
    #[default]
    #[serde(rename = "x-forwarded-for")]
    XForwardedFor,
    /// RFC 7239.
    #[serde(rename = "forwarded")]
    Forwarded,
}

/// The address that limits are counted for. To the list in the header each proxy adds its peer at the end: the last
/// entry that is no trusted proxy counts; everything before it anybody could have written.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, header: ProxyHeader, trusted: &[Proxy]) -> IpAddr {
    if !is_proxy(peer, trusted) {
        return peer;
    }
    let mut nearest = peer;
    for entry in named(headers, header).into_iter().rev() {
        let Some(address) = entry else { return nearest };
        if !is_proxy(address, trusted) {
            return address;
        }
        nearest = address;
    }
    nearest
}

/// Whether this peer stands for many clients.
pub(crate) fn is_proxy(peer: IpAddr, trusted: &[Proxy]) -> bool {
    let peer = peer.to_canonical();
    trusted.iter().any(|Proxy(network)| network.contains(&peer))
}

/// The entries of the header over all its lines, in order. One that is no address is nobody.
fn named(headers: &HeaderMap, header: ProxyHeader) -> Vec<Option<IpAddr>> {
    let name = match header {
        ProxyHeader::XForwardedFor => "x-forwarded-for",
        ProxyHeader::Forwarded => "forwarded",
    };
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("unreadable"));
    let entries = lines.flat_map(|line| line.split(','));
    match header {
        ProxyHeader::XForwardedFor => entries.map(|entry| node(entry.trim())).collect(),
        ProxyHeader::Forwarded => entries.map(forwarded_for).collect(),
    }
}

/// ```abnf
/// forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
/// forwarded-pair    = token "=" value
/// ```
/// RFC 7239, 4. A quoted value may hold commas and semicolons; no address does, so that one that is cut there is nobody.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let value = value.trim();
    node(value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value))
}

/// An address with or without a port (RFC 7239, 6). Names that hide somebody (`unknown`, `_x`) are nobody.
fn node(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bracketed.unwrap_or(text).parse::<IpAddr>().ok();
    address.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    fn by(header: ProxyHeader, peer: &str, lines: &[&'static str], trusted: &[&str]) -> String {
        let name = if header == ProxyHeader::Forwarded { "forwarded" } else { "x-forwarded-for" };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_static(line));
        }
        let trusted: Vec<Proxy> =
            trusted.iter().map(|proxy| Proxy::try_from((*proxy).to_owned()).unwrap()).collect();
        address(peer.parse().unwrap(), &headers, header, &trusted).to_string()
    }

    fn of(peer: &str, lines: &[&'static str], trusted: &[&str]) -> String {
        by(ProxyHeader::XForwardedFor, peer, lines, trusted)
    }

    #[test]
    fn only_a_trusted_proxy_can_name_another_client() {
        assert_eq!(of("192.0.2.1", &["198.51.100.1"], &[]), "192.0.2.1");
        assert_eq!(of("127.0.0.1", &["198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(of("::ffff:127.0.0.1", &["198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(of("127.0.0.1", &["[2001:db8::1]:4711"], &["127.0.0.1"]), "2001:db8::1");
        assert_eq!(of("127.0.0.1", &["198.51.100.1:4711"], &["127.0.0.1"]), "198.51.100.1");
    }

    #[test]
    fn what_a_client_wrote_itself_does_not_count() {
        assert_eq!(of("127.0.0.1", &["10.0.0.1, 198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(of("127.0.0.1", &["10.0.0.1", "198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(of("127.0.0.1", &["198.51.100.1, 10.0.0.9"], &["127.0.0.1", "10.0.0.9"]), "198.51.100.1");
        assert_eq!(of("127.0.0.1", &["198.51.100.1, nonsense"], &["127.0.0.1"]), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &[], &["127.0.0.1"]), "127.0.0.1");
    }

    #[test]
    fn proxies_may_be_a_range() {
        assert_eq!(of("10.1.2.3", &["198.51.100.1, 10.9.9.9"], &["10.0.0.0/8"]), "198.51.100.1");
        assert_eq!(of("11.1.2.3", &["198.51.100.1"], &["10.0.0.0/8"]), "11.1.2.3");
        assert_eq!(of("2001:db8::7", &["198.51.100.1"], &["2001:db8::/32"]), "198.51.100.1");
        for wrong in ["", "localhost", "10.0.0.0/33", "10.0.0/8", "*"] {
            assert!(Proxy::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        let of = |lines: &[&'static str]| by(ProxyHeader::Forwarded, "127.0.0.1", lines, &["127.0.0.0/8"]);
        assert_eq!(of(&["for=192.0.2.60;proto=http;by=203.0.113.43"]), "192.0.2.60");
        assert_eq!(of(&["For=\"[2001:db8:cafe::17]:4711\""]), "2001:db8:cafe::17");
        assert_eq!(of(&["for=192.0.2.43, for=198.51.100.17"]), "198.51.100.17");
        assert_eq!(of(&["for=192.0.2.43, for=127.0.0.2"]), "192.0.2.43");
        assert_eq!(of(&["for=192.0.2.43", "proto=https; for=\"198.51.100.17:80\""]), "198.51.100.17");
        for nobody in ["for=unknown", "for=_hidden", "by=192.0.2.1", "", "for=\"a, b\"", "for"] {
            assert_eq!(of(&["for=192.0.2.43", nobody]), "127.0.0.1", "{nobody}");
        }
    }

    #[test]
    fn the_header_that_is_not_configured_counts_for_nothing() {
        let mut headers = HeaderMap::new();
        headers.insert("forwarded", HeaderValue::from_static("for=192.0.2.43"));
        headers.insert("x-forwarded-for", HeaderValue::from_static("198.51.100.1"));
        let (peer, trusted) =
            ("127.0.0.1".parse().unwrap(), [Proxy::try_from("127.0.0.1".to_owned()).unwrap()]);
        let of = |header| address(peer, &headers, header, &trusted).to_string();
        assert_eq!(of(ProxyHeader::XForwardedFor), "198.51.100.1");
        assert_eq!(of(ProxyHeader::Forwarded), "192.0.2.43");
    }
}
