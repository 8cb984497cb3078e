//! The PROXY protocol, versions 1 and 2, as a load balancer puts it in front of a connection to say who is behind it.
//!
//! Without I/O except for [`read`], strict, and bounded: what is no header ends the connection, and of a longer header
//! than the limit nothing is kept. The specification is HAProxy's `proxy-protocol.txt`; its sections are cited.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest header that is taken: 2.2 asks that 536 octets be understood, the smallest that TCP carries whole.
pub const LONGEST: usize = 536;

/// What is known from the octets so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The header has at least so many octets in all. Never more than [`LONGEST`], and always more than were given.
    Needs(usize),
    /// The header is whole: its length, and the client's address unless the proxy speaks for itself.
    Whole {
        /// Octets of the header.
        length: usize,
        /// `None`: a health check of the proxy (LOCAL), or a client without an address (UNKNOWN, a Unix socket).
        client: Option<IpAddr>,
    },
}

/// Why octets are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// They begin neither as version 1 nor as version 2.
    Signature,
    /// Version 2: another version than 2.
    Version,
    /// Version 2: a command that is neither LOCAL nor PROXY.
    Command,
    /// Not TCP over IPv4 or IPv6, not a Unix stream, and not unknown.
    Family,
    /// Version 2: announced longer than [`LONGEST`], or version 1: no end of line within 107 octets.
    TooLong,
    /// Version 2: too short for the addresses of its family.
    TooShort,
    /// Version 1: not the fields of its family, each after one space.
    Fields,
    /// Version 1: an address that is none of its family. Both: the unspecified one, which nobody has.
    Address,
    /// Version 1: a port that is no number from 0 to 65535.
    Port,
    /// Version 2: additions that do not fill the header exactly.
    Additions,
}

/// Reads the header in front of a connection and nothing behind it. Gives the client that it names.
///
/// # Errors
/// What the connection gives, the end of it, or `InvalidData` with a [`Malformed`] in it.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<IpAddr>> {
    let mut octets = [0; LONGEST];
    let mut filled = 0;
    loop {
        let malformed =
            |malformed: Malformed| io::Error::new(io::ErrorKind::InvalidData, format!("{malformed:?}"));
        match parse(octets.get(..filled).unwrap_or_default()).map_err(malformed)? {
            Progress::Whole { client, .. } => return Ok(client),
            Progress::Needs(count) => {
                // In bounds, as `Needs` promises; and nothing behind the header is ever read.
                stream.read_exact(octets.get_mut(filled..count).unwrap_or_default()).await?;
                filled = count;
            }
        }
    }
}

/// Looks at the first octets of a connection.
///
/// # Errors
/// They begin no header, or one that is malformed.
pub fn parse(octets: &[u8]) -> Result<Progress, Malformed> {
    let begins = |signature: &[u8]| octets.iter().zip(signature).all(|(octet, known)| octet == known);
    let progress = if begins(SIGNATURE_1) {
        version_1(octets)
    } else if begins(SIGNATURE_2) {
        version_2(octets)
    } else {
        Err(Malformed::Signature)
    };
    match progress {
        Ok(Progress::Whole { client: Some(client), .. }) if client.is_unspecified() => {
            Err(Malformed::Address)
        }
        progress => progress,
    }
}

/// 2.1: a line such as `PROXY TCP4 192.0.2.1 192.0.2.9 56324 443`.
fn version_1(octets: &[u8]) -> Result<Progress, Malformed> {
    let Some(end) = octets.windows(2).position(|pair| pair == b"\r\n") else {
        // Either the end comes with the next octet, or it takes two.
        let more = if octets.last() == Some(&b'\r') { 1 } else { 2 };
        let needs = (octets.len() + more).max(SHORTEST_1);
        return if needs > LONGEST_1 { Err(Malformed::TooLong) } else { Ok(Progress::Needs(needs)) };
    };
    if end + 2 > LONGEST_1 {
        return Err(Malformed::TooLong);
    }
    let line = octets.get(..end).and_then(|line| std::str::from_utf8(line).ok()).ok_or(Malformed::Fields)?;
    let mut fields = line.split(' ').skip(1);
    let client = match fields.next() {
        // Whatever follows must be ignored.
        Some("UNKNOWN") => None,
        Some("TCP4") => Some(addresses::<Ipv4Addr>(fields)?.into()),
        Some("TCP6") => Some(addresses::<Ipv6Addr>(fields)?.into()),
        _ => return Err(Malformed::Family),
    };
    Ok(Progress::Whole { length: end + 2, client })
}

/// Source and destination: addresses, then ports. Gives the source's address.
fn addresses<'a, Address: std::str::FromStr>(
    fields: impl Iterator<Item = &'a str>,
) -> Result<Address, Malformed> {
    let fields: Vec<&str> = fields.take(5).collect();
    let [source, destination, source_port, destination_port] = fields.as_slice() else {
        return Err(Malformed::Fields);
    };
    let source = source.parse().map_err(|_| Malformed::Address)?;
    destination.parse::<Address>().map_err(|_| Malformed::Address)?;
    if [source_port, destination_port].into_iter().all(|port| is_port(port)) {
        Ok(source)
    } else {
        Err(Malformed::Port)
    }
}

/// Digits only: `parse` alone would take a sign, and leading zeros.
fn is_port(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
        && text.parse::<u16>().is_ok()
}

/// 2.2: sixteen octets that say how many more, then addresses and additions.
fn version_2(octets: &[u8]) -> Result<Progress, Malformed> {
    let Some(([.., version_and_command, family, high, low], rest)) = octets.split_first_chunk::<FIXED_2>()
    else {
        return Ok(Progress::Needs(FIXED_2));
    };
    if version_and_command >> 4 != 2 {
        return Err(Malformed::Version);
    }
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if FIXED_2 + length > LONGEST {
        return Err(Malformed::TooLong);
    }
    let Some(body) = rest.get(..length) else { return Ok(Progress::Needs(FIXED_2 + length)) };
    let client = match version_and_command & 0x0f {
        // Addresses of the proxy itself, if any: to be skipped.
        0 => None,
        1 => proxied(*family, body)?,
        _ => return Err(Malformed::Command),
    };
    Ok(Progress::Whole { length: FIXED_2 + length, client })
}

fn proxied(family: u8, body: &[u8]) -> Result<Option<IpAddr>, Malformed> {
    let (client, length) = match family {
        0x00 => (None, 0),
        0x11 => {
            let (source, _) = body.split_first_chunk::<4>().ok_or(Malformed::TooShort)?;
            (Some(IpAddr::from(*source)), 12)
        }
        0x21 => {
            let (source, _) = body.split_first_chunk::<16>().ok_or(Malformed::TooShort)?;
            (Some(IpAddr::from(*source)), 36)
        }
        0x31 => (None, 216),
        _ => return Err(Malformed::Family),
    };
    // Without a family the rest has no form that could be checked (2.2, UNSPEC).
    if family != 0 {
        additions(body.get(length..).ok_or(Malformed::TooShort)?)?;
    }
    Ok(client)
}

/// 2.2.1 and following: type, length in two octets, value. They are not used, but must be whole.
fn additions(mut rest: &[u8]) -> Result<(), Malformed> {
    while let Some(([_, high, low], values)) = rest.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        rest = values.get(length..).ok_or(Malformed::Additions)?;
    }
    if rest.is_empty() { Ok(()) } else { Err(Malformed::Additions) }
}

const SIGNATURE_1: &[u8] = b"PROXY ";
/// `PROXY UNKNOWN` and the end of the line.
const SHORTEST_1: usize = 15;
/// 2.1: the longest line there can be.
const LONGEST_1: usize = 107;
const SIGNATURE_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const FIXED_2: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    fn client(octets: &[u8]) -> Result<Option<String>, Malformed> {
        match parse(octets)? {
            Progress::Whole { length, client } => {
                assert_eq!(length, octets.len());
                Ok(client.map(|client| client.to_string()))
            }
            needs => panic!("{needs:?} of {} octets", octets.len()),
        }
    }

    fn second(version_and_command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [SIGNATURE_2, &[version_and_command, family], &length, body].concat()
    }

    /// Addresses of this length whose first octets are these.
    fn body(first: &[u8], length: usize) -> Vec<u8> {
        let mut body = first.to_vec();
        body.resize(length, 1);
        body
    }

    fn good() -> Vec<(Vec<u8>, Option<&'static str>)> {
        let long = format!("PROXY UNKNOWN {}\r\n", "f".repeat(91));
        assert_eq!(long.len(), LONGEST_1);
        let six = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        let with_additions = [body(&[192, 0, 2, 1], 12), vec![4, 0, 2, 0, 0], vec![1, 0, 0]].concat();
        vec![
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 56324 443\r\n".to_vec(), Some("192.0.2.1")),
            (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n".to_vec(), Some("255.255.255.255")),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 0 443\r\n".to_vec(), Some("192.0.2.1")),
            (b"PROXY TCP6 2001:db8::1 ::1 1 2\r\n".to_vec(), Some("2001:db8::1")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (b"PROXY UNKNOWN anything \xc3\xa9 at all\r\n".to_vec(), None),
            (long.into_bytes(), None),
            (second(0x21, 0x11, &body(&[192, 0, 2, 1], 12)), Some("192.0.2.1")),
            (second(0x21, 0x11, &with_additions), Some("192.0.2.1")),
            (second(0x21, 0x21, &body(&six, 36)), Some("2001:db8::1")),
            (second(0x21, 0x31, &body(&[], 216)), None),
            (second(0x21, 0x00, &[]), None),
            (second(0x21, 0x00, &[9, 9]), None),
            (second(0x20, 0x00, &[]), None),
            (second(0x20, 0x11, &body(&[127, 0, 0, 1], 12)), None),
            (second(0x21, 0x00, &body(&[], LONGEST - FIXED_2)), None),
        ]
    }

    #[test]
    fn headers_of_both_versions_name_the_client() {
        for (octets, expected) in good() {
            assert_eq!(client(&octets), Ok(expected.map(str::to_owned)), "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn every_malformed_header_is_refused() {
        let four = body(&[192, 0, 2, 1], 12);
        let with = |more: &[u8]| [four.as_slice(), more].concat();
        let wrong: Vec<(Vec<u8>, Malformed)> = vec![
            (b"GET / HTTP/1.1\r\n".to_vec(), Malformed::Signature),
            (b"proxy TCP4 192.0.2.1 192.0.2.9 1 2\r\n".to_vec(), Malformed::Signature),
            (b"PROXY\tTCP4 192.0.2.1 192.0.2.9 1 2\r\n".to_vec(), Malformed::Signature),
            (b"\x16\x03\x01\x02\x00\x01".to_vec(), Malformed::Signature),
            (b"PROXY TCP5 192.0.2.1 192.0.2.9 1 2\r\n".to_vec(), Malformed::Family),
            (b"PROXY UDP4 192.0.2.1 192.0.2.9 1 2\r\n".to_vec(), Malformed::Family),
            (b"PROXY unknown  \r\n".to_vec(), Malformed::Family),
            (b"PROXY  TCP4 192.0.2.1 192.0.2.9 1 2\r\n".to_vec(), Malformed::Family),
            (b"PROXY TCP4\r\nGET / H".to_vec(), Malformed::Fields),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 1\r\n".to_vec(), Malformed::Fields),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2 3\r\n".to_vec(), Malformed::Fields),
            (b"PROXY TCP4 192.0.2.1  192.0.2.9 1 2\r\n".to_vec(), Malformed::Fields),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2 \r\n".to_vec(), Malformed::Fields),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 1 \xff\r\n".to_vec(), Malformed::Fields),
            (b"PROXY TCP4 ::1 192.0.2.9 1 2\r\n".to_vec(), Malformed::Address),
            (b"PROXY TCP4 192.0.2.1 ::1 1 2\r\n".to_vec(), Malformed::Address),
            (b"PROXY TCP6 192.0.2.1 ::1 1 2\r\n".to_vec(), Malformed::Address),
            (b"PROXY TCP4 192.0.2.01 192.0.2.9 1 2\r\n".to_vec(), Malformed::Address),
            (b"PROXY TCP4 192.0.2.256 192.0.2.9 1 2\r\n".to_vec(), Malformed::Address),
            (b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n".to_vec(), Malformed::Address),
            (b"PROXY TCP4 localhost 192.0.2.9 1 2\r\n".to_vec(), Malformed::Address),
            (b"PROXY TCP4 0.0.0.0 192.0.2.9 1 2\r\n".to_vec(), Malformed::Address),
            (b"PROXY TCP6 :: ::1 1 2\r\n".to_vec(), Malformed::Address),
            (second(0x21, 0x11, &body(&[0, 0, 0, 0], 12)), Malformed::Address),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 65536 2\r\n".to_vec(), Malformed::Port),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 1 -2\r\n".to_vec(), Malformed::Port),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 +1 2\r\n".to_vec(), Malformed::Port),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 01 2\r\n".to_vec(), Malformed::Port),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2\n\r\n".to_vec(), Malformed::Port),
            (b"PROXY TCP4 192.0.2.1 192.0.2.9 1 2\r\r\n".to_vec(), Malformed::Port),
            (format!("PROXY UNKNOWN {}\r\n", "f".repeat(92)).into_bytes(), Malformed::TooLong),
            (format!("PROXY UNKNOWN {}", "f".repeat(93)).into_bytes(), Malformed::TooLong),
            (second(0x11, 0x11, &four), Malformed::Version),
            (second(0x31, 0x11, &four), Malformed::Version),
            (second(0x22, 0x11, &four), Malformed::Command),
            (second(0x2f, 0x11, &four), Malformed::Command),
            (second(0x21, 0x12, &four), Malformed::Family),
            (second(0x21, 0x22, &body(&[], 36)), Malformed::Family),
            (second(0x21, 0x32, &body(&[], 216)), Malformed::Family),
            (second(0x21, 0x41, &body(&[], 216)), Malformed::Family),
            (second(0x21, 0x01, &four), Malformed::Family),
            (second(0x21, 0x11, &four[..11]), Malformed::TooShort),
            (second(0x21, 0x11, &[]), Malformed::TooShort),
            (second(0x21, 0x21, &four), Malformed::TooShort),
            (second(0x21, 0x31, &body(&[], 215)), Malformed::TooShort),
            (second(0x21, 0x00, &body(&[], LONGEST - FIXED_2 + 1)), Malformed::TooLong),
            (second(0x20, 0x00, &body(&[], 60_000)), Malformed::TooLong),
            (second(0x21, 0x11, &with(&[4])), Malformed::Additions),
            (second(0x21, 0x11, &with(&[4, 0])), Malformed::Additions),
            (second(0x21, 0x11, &with(&[4, 0, 1])), Malformed::Additions),
            (second(0x21, 0x11, &with(&[4, 0xff, 0xff, 1])), Malformed::Additions),
        ];
        for (octets, expected) in wrong {
            assert_eq!(parse(&octets), Err(expected), "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn what_is_needed_never_goes_beyond_the_header() {
        for (octets, _) in good() {
            for given in 0..octets.len() {
                match parse(&octets[..given]) {
                    Ok(Progress::Needs(count)) => {
                        assert!(
                            count > given && count <= octets.len(),
                            "{given} of {}",
                            octets.escape_ascii()
                        );
                    }
                    other => panic!("{other:?} after {given} of {}", octets.escape_ascii()),
                }
            }
        }
    }

    #[test]
    fn no_changed_octet_makes_it_ask_for_more_than_the_longest_header() {
        for (octets, _) in good() {
            for (at, changed) in (0..octets.len()).flat_map(|at| (0..=255).map(move |changed| (at, changed)))
            {
                let mut octets = octets.clone();
                octets[at] = changed;
                match parse(&octets) {
                    Ok(Progress::Needs(count)) => assert!(count > octets.len() && count <= LONGEST),
                    Ok(Progress::Whole { length, .. }) => assert!(length <= octets.len()),
                    Err(_) => {}
                }
            }
        }
    }

    #[tokio::test]
    async fn what_follows_the_header_is_left_on_the_connection() {
        for (octets, expected) in good() {
            let (mut near, mut far) = tokio::io::duplex(4096);
            far.write_all(&octets).await.unwrap();
            far.write_all(b"GET").await.unwrap();
            drop(far);
            let client = read(&mut near).await.unwrap().map(|client| client.to_string());
            assert_eq!(client.as_deref(), expected);
            let mut rest = String::new();
            near.read_to_string(&mut rest).await.unwrap();
            assert_eq!(rest, "GET");
        }
    }

    #[tokio::test]
    async fn a_header_that_ends_early_or_is_none_is_an_error() {
        let half = second(0x21, 0x11, &body(&[192, 0, 2, 1], 12));
        for (octets, kind) in [
            (&half[..20], io::ErrorKind::UnexpectedEof),
            (&b"PROXY TCP4 1"[..], io::ErrorKind::UnexpectedEof),
            (&b"GET / HTTP/1.1\r\n\r\n"[..], io::ErrorKind::InvalidData),
        ] {
            assert_eq!(read(&mut &octets[..]).await.unwrap_err().kind(), kind, "{}", octets.escape_ascii());
        }
    }
}
