//! The addresses of a host are looked up once, each is checked here, and only those checked are dialled. So a public
//! name that leads to an internal address, at once or by a later answer (DNS rebinding), leads nowhere.
//!
//! The table is that of the special-purpose registries of IANA (RFC 6890 and its updates), and what carries an IPv4
//! address inside an IPv6 one is judged by what is inside.

use super::{Asked, Denial};
use crate::config::Target;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use waypost_tunnel::ErrorCode;

/// The rule: the first row that allows any of the addresses, with those that it allows.
pub(crate) fn keep<'a>(
    asked: &Asked,
    rows: &[&'a Target],
    addresses: &[SocketAddr],
) -> Result<(&'a Target, Vec<SocketAddr>), Denial> {
    for row in rows {
        let kept: Vec<SocketAddr> =
            addresses.iter().copied().filter(|address| allows(row, address.ip())).collect();
        if !kept.is_empty() {
            return Ok((row, kept));
        }
    }
    let host = &asked.host;
    Err(Denial::new(
        ErrorCode::AddressDenied,
        format!(
            "The gateway does not connect to private or local addresses, and {host} leads to one. Check the server name, or ask who runs the gateway to allow it."
        ),
        format!("no target allows {addresses:?}"),
    ))
}

fn allows(row: &Target, address: IpAddr) -> bool {
    match scope(address) {
        Scope::Public => true,
        Scope::Internal => row.private,
        Scope::Never => false,
    }
}

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The internet.
    Public,
    /// This machine or its own network; allowed by `private = true`.
    Internal,
    /// No mail server: groups, tunnels of old protocols, numbers for books and tests.
    Never,
}

fn scope(address: IpAddr) -> Scope {
    match address {
        IpAddr::V4(address) => scope_v4(address),
        IpAddr::V6(address) => scope_v6(address),
    }
}

fn scope_v4(address: Ipv4Addr) -> Scope {
    let number = u32::from(address);
    TABLE_V4
        .iter()
        .find(|(network, bits, _, _)| {
            number >> (32 - bits) == u32::from(Ipv4Addr::from(*network)) >> (32 - bits)
        })
        .map_or(Scope::Public, |(_, _, scope, _)| *scope)
}

fn scope_v6(address: Ipv6Addr) -> Scope {
    let number = u128::from(address);
    let inside = || {
        let [.., a, b, c, d] = address.octets();
        scope_v4(Ipv4Addr::new(a, b, c, d))
    };
    let within = |network: &[u16; 8], bits: &u32| {
        number >> (128 - bits) == u128::from(Ipv6Addr::from(*network)) >> (128 - bits)
    };
    match TABLE_V6.iter().find(|(network, bits, _, _)| within(network, bits)) {
        Some((_, _, Kind::Is(scope), _)) => *scope,
        Some((_, _, Kind::Inside, _)) => inside(),
        // Only this block is given out (RFC 4291, 2.4; IANA's registry of unicast space).
        None if number >> 125 == 0b001 => Scope::Public,
        None => Scope::Never,
    }
}

/// How a block of IPv6 is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Is(Scope),
    /// By the IPv4 address in its last 32 bits.
    Inside,
}

/// Network, bits, scope, and what it is. The first match counts.
const TABLE_V4: [([u8; 4], u32, Scope, &str); 18] = [
    ([0, 0, 0, 0], 8, Scope::Never, "this network; 0.0.0.0 is this machine on Linux (RFC 791)"),
    ([10, 0, 0, 0], 8, Scope::Internal, "private (RFC 1918)"),
    ([100, 64, 0, 0], 10, Scope::Internal, "shared behind carrier NAT (RFC 6598)"),
    ([127, 0, 0, 0], 8, Scope::Internal, "loopback (RFC 1122)"),
    ([169, 254, 0, 0], 16, Scope::Internal, "link-local, also metadata of cloud machines (RFC 3927)"),
    ([172, 16, 0, 0], 12, Scope::Internal, "private (RFC 1918)"),
    ([192, 0, 0, 0], 24, Scope::Never, "protocol assignments (RFC 6890)"),
    ([192, 0, 2, 0], 24, Scope::Never, "documentation (RFC 5737)"),
    ([192, 31, 196, 0], 24, Scope::Never, "AS112 (RFC 7535)"),
    ([192, 52, 193, 0], 24, Scope::Never, "AMT (RFC 7450)"),
    ([192, 88, 99, 0], 24, Scope::Never, "6to4 relays (RFC 7526)"),
    ([192, 168, 0, 0], 16, Scope::Internal, "private (RFC 1918)"),
    ([192, 175, 48, 0], 24, Scope::Never, "AS112 (RFC 7534)"),
    ([198, 18, 0, 0], 15, Scope::Internal, "benchmarking, and addresses that some VPNs make up (RFC 2544)"),
    ([198, 51, 100, 0], 24, Scope::Never, "documentation (RFC 5737)"),
    ([203, 0, 113, 0], 24, Scope::Never, "documentation (RFC 5737)"),
    ([224, 0, 0, 0], 4, Scope::Never, "multicast (RFC 5771)"),
    ([240, 0, 0, 0], 4, Scope::Never, "reserved, and broadcast (RFC 1112, RFC 919)"),
];

/// As [`TABLE_V4`]. What is in none of these and not in 2000::/3 is not given out.
const TABLE_V6: [([u16; 8], u32, Kind, &str); 17] = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Kind::Is(Scope::Never), "unspecified, this machine on Linux (RFC 4291)"),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Kind::Is(Scope::Internal), "loopback (RFC 4291)"),
    (
        [0, 0, 0, 0, 0, 0xffff, 0, 0],
        96,
        Kind::Inside,
        "IPv4-mapped: the system dials the IPv4 address (RFC 4291)",
    ),
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, Kind::Is(Scope::Never), "IPv4-compatible (RFC 4291)"),
    (
        [0x64, 0xff9b, 0, 0, 0, 0, 0, 0],
        96,
        Kind::Inside,
        "NAT64: a translator dials the IPv4 address (RFC 6052)",
    ),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, Kind::Is(Scope::Never), "NAT64 of a local network (RFC 8215)"),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Kind::Is(Scope::Never), "discard (RFC 6666)"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, Kind::Is(Scope::Never), "Teredo (RFC 4380)"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Kind::Is(Scope::Never), "protocol assignments (RFC 2928)"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Kind::Is(Scope::Never), "documentation (RFC 3849)"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, Kind::Is(Scope::Never), "6to4 (RFC 7526)"),
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, Kind::Is(Scope::Never), "AS112 (RFC 7534)"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Kind::Is(Scope::Never), "documentation (RFC 9637)"),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Kind::Is(Scope::Internal), "unique local (RFC 4193)"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Kind::Is(Scope::Internal), "link-local (RFC 4291)"),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Kind::Is(Scope::Internal), "site-local, as it was (RFC 3879)"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Kind::Is(Scope::Never), "multicast (RFC 4291)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Scope {
        scope(address.parse().unwrap())
    }

    #[test]
    fn each_block_is_judged_at_its_first_and_last_address_and_beside_it() {
        for (address, expected) in [
            ("0.0.0.0", Scope::Never),
            ("0.255.255.255", Scope::Never),
            ("1.0.0.0", Scope::Public),
            ("9.255.255.255", Scope::Public),
            ("10.0.0.0", Scope::Internal),
            ("10.255.255.255", Scope::Internal),
            ("11.0.0.0", Scope::Public),
            ("100.63.255.255", Scope::Public),
            ("100.64.0.0", Scope::Internal),
            ("100.127.255.255", Scope::Internal),
            ("100.128.0.0", Scope::Public),
            ("126.255.255.255", Scope::Public),
            ("127.0.0.1", Scope::Internal),
            ("127.255.255.255", Scope::Internal),
            ("128.0.0.0", Scope::Public),
            ("169.253.255.255", Scope::Public),
            ("169.254.169.254", Scope::Internal),
            ("169.255.0.0", Scope::Public),
            ("172.15.255.255", Scope::Public),
            ("172.16.0.0", Scope::Internal),
            ("172.31.255.255", Scope::Internal),
            ("172.32.0.0", Scope::Public),
            ("192.0.0.9", Scope::Never),
            ("192.0.1.1", Scope::Public),
            ("192.0.2.255", Scope::Never),
            ("192.88.99.1", Scope::Never),
            ("192.167.255.255", Scope::Public),
            ("192.168.0.0", Scope::Internal),
            ("192.168.255.255", Scope::Internal),
            ("192.169.0.0", Scope::Public),
            ("198.17.255.255", Scope::Public),
            ("198.18.0.0", Scope::Internal),
            ("198.19.255.255", Scope::Internal),
            ("198.20.0.0", Scope::Public),
            ("198.51.100.7", Scope::Never),
            ("203.0.113.7", Scope::Never),
            ("223.255.255.255", Scope::Public),
            ("224.0.0.1", Scope::Never),
            ("239.255.255.255", Scope::Never),
            ("240.0.0.1", Scope::Never),
            ("255.255.255.255", Scope::Never),
        ] {
            assert_eq!(of(address), expected, "{address}");
        }
    }

    #[test]
    fn no_ipv6_form_hides_an_internal_ipv4_address() {
        for (address, expected) in [
            ("::", Scope::Never),
            ("::1", Scope::Internal),
            ("::ffff:127.0.0.1", Scope::Internal),
            ("::ffff:10.0.0.1", Scope::Internal),
            ("::ffff:0.0.0.0", Scope::Never),
            ("::ffff:8.8.8.8", Scope::Public),
            ("::127.0.0.1", Scope::Never),
            ("::8.8.8.8", Scope::Never),
            ("64:ff9b::7f00:1", Scope::Internal),
            ("64:ff9b::10.0.0.1", Scope::Internal),
            ("64:ff9b::8.8.8.8", Scope::Public),
            ("64:ff9b:1::8.8.8.8", Scope::Never),
            ("64:ff9b:0:0:1::8.8.8.8", Scope::Never),
            ("::ffff:0:127.0.0.1", Scope::Never),
            ("100::1", Scope::Never),
            ("2001::1", Scope::Never),
            ("2001:1ff:ffff::", Scope::Never),
            ("2001:200::", Scope::Public),
            ("2001:db8::1", Scope::Never),
            ("2001:4860:4860::8888", Scope::Public),
            ("2002:7f00:1::", Scope::Never),
            ("2002:808:808::", Scope::Never),
            ("2606:4700::1111", Scope::Public),
            ("3fff::1", Scope::Never),
            ("3fff:1000::", Scope::Public),
            ("4000::", Scope::Never),
            ("5f00::1", Scope::Never),
            ("fc00::1", Scope::Internal),
            ("fdff::1", Scope::Internal),
            ("fe80::1", Scope::Internal),
            ("fec0::1", Scope::Internal),
            ("ff02::1", Scope::Never),
            ("ffff::", Scope::Never),
            ("200::", Scope::Never),
        ] {
            assert_eq!(of(address), expected, "{address}");
        }
    }

    #[test]
    fn of_mixed_addresses_only_those_allowed_are_left_and_the_row_decides() {
        let asked = Asked {
            host: crate::Host::parse("mail.example").unwrap(),
            port: 993,
            tls: waypost_tunnel::TlsMode::Implicit,
        };
        let addresses: Vec<SocketAddr> = ["192.0.2.1:993", "10.0.0.1:993", "9.9.9.9:993"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        let public = Target::new(crate::HostPattern::Any, vec![993]);
        let private = Target { private: true, ..public.clone() };
        let (row, kept) = keep(&asked, &[&public, &private], &addresses).unwrap();
        assert!(!row.private);
        assert_eq!(kept, [addresses[2]]);
        let (row, kept) = keep(&asked, &[&public, &private], &addresses[..2]).unwrap();
        assert!(row.private);
        assert_eq!(kept, [addresses[1]]);
        let denial = keep(&asked, &[&private], &addresses[..1]).unwrap_err();
        assert_eq!(denial.code, ErrorCode::AddressDenied);
        assert!(
            !denial.sentence.contains("192.0.2.1"),
            "addresses of the network inside are nobody's business"
        );
    }

    #[test]
    fn every_row_of_the_tables_says_where_it_comes_from() {
        let reasons = TABLE_V4.iter().map(|row| row.3).chain(TABLE_V6.iter().map(|row| row.3));
        assert!(reasons.into_iter().all(|reason| reason.contains("RFC ")));
    }
}
