//! Who is asking: the peer of the connection, or whom a trusted reverse proxy names.

use hyper::header::HeaderMap;
use std::net::IpAddr;

/// The address that limits are counted for. Of `X-Forwarded-For`, to which each proxy adds its peer at the end, the
/// last entry that is no trusted proxy counts; everything before it anybody could have written.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let trusts = |address: IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == address.to_canonical());
    if !trusts(peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().rev().filter_map(|line| line.to_str().ok());
    let mut nearest = peer;
    for entry in lines.flat_map(|line| line.rsplit(',')) {
        let Ok(address) = entry.trim().parse::<IpAddr>() else { return nearest };
        if !trusts(address) {
            return address;
        }
        nearest = address;
    }
    nearest
}

/// Whether this peer stands for many clients.
pub(crate) fn is_proxy(peer: IpAddr, trusted: &[IpAddr]) -> bool {
    trusted.iter().any(|proxy| proxy.to_canonical() == peer.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(peer: &str, lines: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", hyper::header::HeaderValue::from_static(line));
        }
        let trusted: Vec<IpAddr> = trusted.iter().map(|proxy| proxy.parse().unwrap()).collect();
        address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_can_name_another_client() {
        assert_eq!(of("192.0.2.1", &["198.51.100.1"], &[]), "192.0.2.1");
        assert_eq!(of("127.0.0.1", &["198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(of("::ffff:127.0.0.1", &["198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
    }

    #[test]
    fn what_a_client_wrote_itself_does_not_count() {
        assert_eq!(of("127.0.0.1", &["10.0.0.1, 198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(of("127.0.0.1", &["10.0.0.1", "198.51.100.1"], &["127.0.0.1"]), "198.51.100.1");
        assert_eq!(of("127.0.0.1", &["198.51.100.1, 10.0.0.9"], &["127.0.0.1", "10.0.0.9"]), "198.51.100.1");
        assert_eq!(of("127.0.0.1", &["198.51.100.1, nonsense"], &["127.0.0.1"]), "127.0.0.1");
        assert_eq!(of("127.0.0.1", &[], &["127.0.0.1"]), "127.0.0.1");
    }
}
