//! The addresses of a host are looked up once, each is checked here, and only those checked are dialled. So a public
//! name that leads to an internal address, at once or by a later answer (DNS rebinding), leads nowhere.
//!
//! The table is that of the special-purpose registries of IANA (RFC 6890 and its updates), and what carries an IPv4
//! address inside an IPv6 one is judged by what is inside. The gateway's own addresses are internal whatever block they
//! are of. Where machines of a cloud get their secrets is reached only by a row that names that very address.

use super::{Asked, Denial};
use crate::config::Target;
use crate::own::Own;
use crate::{Host, HostPattern};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use waypost_tunnel::ErrorCode;

/// The rule: the first row that allows any of the addresses, with those that it allows.
pub(crate) fn keep<'a>(
    asked: &Asked,
    rows: &[&'a Target],
    addresses: &[SocketAddr],
    own: &Own,
) -> Result<(&'a Target, Vec<SocketAddr>), Denial> {
    for row in rows {
        let kept: Vec<SocketAddr> =
            addresses.iter().copied().filter(|address| allows(row, *address, own)).collect();
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

fn allows(row: &Target, address: SocketAddr, own: &Own) -> bool {
    let to = leads_to(address.ip());
    match scope(to) {
        _ if own.listens_at(SocketAddr::new(to, address.port())) => false,
        Scope::Public => row.private || !own.has(to),
        Scope::Internal => row.private,
        Scope::Named => {
            let HostPattern::Exactly(Host::Address(named)) = &row.host else { return false };
            row.private && leads_to(*named) == to
        }
        Scope::Never => false,
    }
}

/// The address that is reached in the end: an IPv4 one may stand in an IPv6 one, for the system (RFC 4291, 2.5.5.2) or
/// for a translator (RFC 6052).
fn leads_to(address: IpAddr) -> IpAddr {
    let IpAddr::V6(outer) = address.to_canonical() else { return address.to_canonical() };
    match outer.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => {
            let [.., a, b, c, d] = outer.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => outer.into(),
    }
}

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The internet.
    Public,
    /// This machine or its own network; allowed by `private = true`.
    Internal,
    /// Hands out the secrets of machines, or may; allowed by `private = true` in a row for this address itself.
    Named,
    /// No mail server: groups, tunnels of old protocols, numbers for books and tests.
    Never,
}

fn scope(address: IpAddr) -> Scope {
    if SECRETS.iter().any(|secrets| secrets.parse() == Ok(address)) {
        return Scope::Named;
    }
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
    let within = |network: &[u16; 8], bits: &u32| {
        number >> (128 - bits) == u128::from(Ipv6Addr::from(*network)) >> (128 - bits)
    };
    match TABLE_V6.iter().find(|(network, bits, _, _)| within(network, bits)) {
        Some((_, _, scope, _)) => *scope,
        // Only this block is given out (RFC 4291, 2.4; IANA's registry of unicast space).
        None if number >> 125 == 0b001 => Scope::Public,
        None => Scope::Never,
    }
}

/// Where machines of a cloud ask for their own secrets and settings, outside of 169.254.0.0/16.
const SECRETS: [&str; 8] = [
    // Alibaba, in a block that carriers use.
    "100.100.100.200",
    "fd00:100::100:200",
    // Azure, in a public block.
    "168.63.129.16",
    // Google.
    "fd20:ce::254",
    // Scaleway.
    "fd00:42::42",
    // Oracle.
    "fd00:c1::a9fe:a9fe",
    // Akamai.
    "fd00:a9fe:a9fe::1",
    // OpenStack.
    "fe80::a9fe:a9fe",
];

/// Network, bits, scope, and what it is. The first match counts.
const TABLE_V4: [([u8; 4], u32, Scope, &str); 18] = [
    ([0, 0, 0, 0], 8, Scope::Never, "this network; 0.0.0.0 is this machine on Linux (RFC 791)"),
    ([10, 0, 0, 0], 8, Scope::Internal, "private (RFC 1918)"),
    ([100, 64, 0, 0], 10, Scope::Internal, "shared behind carrier NAT (RFC 6598)"),
    ([127, 0, 0, 0], 8, Scope::Internal, "loopback (RFC 1122)"),
    ([169, 254, 0, 0], 16, Scope::Named, "link-local, where clouds have their metadata (RFC 3927)"),
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

/// As [`TABLE_V4`], after [`leads_to`]. What is in none of these and not in 2000::/3 is not given out.
const TABLE_V6: [([u16; 8], u32, Scope, &str); 17] = [
    ([0, 0, 0, 0, 0, 0, 0, 0], 128, Scope::Never, "unspecified, this machine on Linux (RFC 4291)"),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Scope::Internal, "loopback (RFC 4291)"),
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, Scope::Never, "IPv4-compatible (RFC 4291)"),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, Scope::Never, "NAT64 of a local network (RFC 8215)"),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Scope::Never, "discard (RFC 6666)"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, Scope::Never, "Teredo (RFC 4380)"),
    (
        [0x2001, 0, 0, 0, 0, 0, 0, 0],
        23,
        Scope::Never,
        "protocol assignments: benchmarking, ORCHID, AMT and others (RFC 2928)",
    ),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Scope::Never, "documentation (RFC 3849)"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, Scope::Never, "6to4 (RFC 7526)"),
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, Scope::Never, "AS112 (RFC 7534)"),
    ([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16, Scope::Never, "6bone, given back (RFC 3701)"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Scope::Never, "documentation (RFC 9637)"),
    (
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0],
        32,
        Scope::Named,
        "where Amazon's machines get credentials, unique local (RFC 4193)",
    ),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Scope::Internal, "unique local (RFC 4193)"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Scope::Internal, "link-local (RFC 4291)"),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Scope::Internal, "site-local, as it was (RFC 3879)"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Scope::Never, "multicast (RFC 4291)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Scope {
        scope(leads_to(address.parse().unwrap()))
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
            ("169.254.0.0", Scope::Named),
            ("169.254.169.254", Scope::Named),
            ("169.255.0.0", Scope::Public),
            ("168.63.129.15", Scope::Public),
            ("168.63.129.16", Scope::Named),
            ("100.100.100.200", Scope::Named),
            ("192.0.0.170", Scope::Never),
            ("192.31.196.1", Scope::Never),
            ("192.52.193.1", Scope::Never),
            ("192.175.48.1", Scope::Never),
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
            ("::ffff:169.254.169.254", Scope::Named),
            ("64:ff9b::a9fe:a9fe", Scope::Named),
            ("64:ff9b::a83f:8110", Scope::Named),
            ("100::1", Scope::Never),
            ("100:0:0:1::1", Scope::Never),
            ("2001::1", Scope::Never),
            ("2001:2::1", Scope::Never),
            ("2001:3::1", Scope::Never),
            ("2001:4:112::1", Scope::Never),
            ("2001:10::1", Scope::Never),
            ("2001:2f:ffff::", Scope::Never),
            ("2001:30::1", Scope::Never),
            ("2001:1ff:ffff::", Scope::Never),
            ("2001:200::", Scope::Public),
            ("2001:db8::1", Scope::Never),
            ("2001:4860:4860::8888", Scope::Public),
            ("2002:7f00:1::", Scope::Never),
            ("2002:808:808::", Scope::Never),
            ("2606:4700::1111", Scope::Public),
            ("2620:4f:8000::1", Scope::Never),
            ("3ffe::1", Scope::Never),
            ("3fff::1", Scope::Never),
            ("3fff:1000::", Scope::Public),
            ("4000::", Scope::Never),
            ("5f00::1", Scope::Never),
            ("fc00::1", Scope::Internal),
            ("fdff::1", Scope::Internal),
            ("fd00:ec2::254", Scope::Named),
            ("fd20:ce::254", Scope::Named),
            ("fd00:42::42", Scope::Named),
            ("fd00:c1::a9fe:a9fe", Scope::Named),
            ("fd00:100::100:200", Scope::Named),
            ("fd00:a9fe:a9fe::1", Scope::Named),
            ("fd00:ec1:ffff::", Scope::Internal),
            ("fd00:ec2::23", Scope::Named),
            ("fd00:ec3::", Scope::Internal),
            ("fe80::a9fe:a9fe", Scope::Named),
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
        let none = Own::of(&[], &[]);
        let public = Target::new(HostPattern::Any, vec![993]);
        let private = Target { private: true, ..public.clone() };
        let (row, kept) = keep(&asked, &[&public, &private], &addresses, &none).unwrap();
        assert!(!row.private);
        assert_eq!(kept, [addresses[2]]);
        let (row, kept) = keep(&asked, &[&public, &private], &addresses[..2], &none).unwrap();
        assert!(row.private);
        assert_eq!(kept, [addresses[1]]);
        let denial = keep(&asked, &[&private], &addresses[..1], &none).unwrap_err();
        assert_eq!(denial.code, ErrorCode::AddressDenied);
        assert!(
            !denial.sentence.contains("192.0.2.1"),
            "addresses of the network inside are nobody's business"
        );
    }

    #[test]
    fn own_addresses_need_a_private_row_and_the_own_listener_is_never_dialled() {
        let own = Own::of(&["9.9.9.9", "2620:fe::9"], &["9.9.9.9:993", "[::]:1995"]);
        let public = Target::new(HostPattern::Any, vec![993]);
        let private = Target { private: true, ..public.clone() };
        for (address, by_public, by_private) in [
            ("9.9.9.9:143", false, true),
            ("9.9.9.9:993", false, false),
            ("[::ffff:9.9.9.9]:143", false, true),
            ("[64:ff9b::909:909]:143", false, true),
            ("[64:ff9b::909:909]:993", false, false),
            ("[2620:fe::9]:993", false, true),
            ("[2620:fe::9]:1995", false, false),
            ("127.0.0.1:1995", false, false),
            ("127.0.0.1:993", false, true),
            ("[::1]:1995", false, false),
            ("9.9.9.8:1995", true, true),
            ("9.9.9.8:993", true, true),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(allows(&public, address, &own), by_public, "{address}");
            assert_eq!(allows(&private, address, &own), by_private, "{address}");
        }
    }

    #[test]
    fn where_clouds_keep_secrets_is_reached_only_by_a_row_for_that_address() {
        let none = Own::of(&[], &[]);
        let row = |host: &str| Target {
            private: true,
            ..Target::new(HostPattern::try_from(host.to_owned()).unwrap(), vec![993])
        };
        for secret in ["169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"] {
            let address = SocketAddr::new(secret.parse().unwrap(), 993);
            for host in ["mail.example", "*.example", "169.254.169.253"] {
                assert!(!allows(&row(host), address, &none), "{host} {secret}");
            }
            assert!(allows(&row(secret), address, &none));
            assert!(!allows(&Target { private: false, ..row(secret) }, address, &none));
        }
    }

    #[test]
    fn every_row_of_the_tables_says_where_it_comes_from() {
        let reasons = TABLE_V4.iter().map(|row| row.3).chain(TABLE_V6.iter().map(|row| row.3));
        assert!(reasons.into_iter().all(|reason| reason.contains("RFC ")));
    }
}
