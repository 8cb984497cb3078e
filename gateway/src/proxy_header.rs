//! The PROXY protocol, version 2, towards a mail server that is to know who is asking: its own limits and bans then hit the
//! client and not the gateway. <https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt>

use std::net::{IpAddr, SocketAddr};

/// The header that comes before everything else. A client behind a reverse proxy has no port that is known here: 0.
pub(crate) fn proxy_header(client: IpAddr, server: SocketAddr) -> Vec<u8> {
    let mut header = SIGNATURE.to_vec();
    header.push(VERSION_2_PROXY);
    match (client.to_canonical(), server.ip().to_canonical()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            header.extend([TCP_OVER_IPV4, 0, 12]);
            header.extend(from.octets());
            header.extend(to.octets());
        }
        // One family for both: an IPv4 address is written as a mapped one.
        (from, to) => {
            header.extend([TCP_OVER_IPV6, 0, 36]);
            header.extend(in_v6(from));
            header.extend(in_v6(to));
        }
    }
    header.extend(0_u16.to_be_bytes());
    header.extend(server.port().to_be_bytes());
    header
}

fn in_v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
const VERSION_2_PROXY: u8 = 0x21;
const TCP_OVER_IPV4: u8 = 0x11;
const TCP_OVER_IPV6: u8 = 0x21;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(client: &str, server: &str) -> Vec<u8> {
        proxy_header(client.parse().unwrap(), server.parse().unwrap())
    }

    #[test]
    fn both_addresses_are_of_one_family() {
        let header = of("192.0.2.1", "198.51.100.2:993");
        assert_eq!(header[..16], *b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c");
        assert_eq!(header[16..], [192, 0, 2, 1, 198, 51, 100, 2, 0, 0, 0x03, 0xe1]);
        assert_eq!(of("::ffff:192.0.2.1", "198.51.100.2:993"), header);
        let header = of("192.0.2.1", "[2001:db8::2]:993");
        assert_eq!(header[12..16], [0x21, 0x21, 0, 36]);
        assert_eq!(header.len(), 16 + 36);
        assert_eq!(header[16..32], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1]);
        assert_eq!(header[32..36], [0x20, 0x01, 0x0d, 0xb8]);
    }
}
