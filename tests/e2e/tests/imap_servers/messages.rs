//! Messages that servers and clients have stumbled over.

/// Each with a name for the report.
pub(crate) fn odd() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("dots", letter("dots", b".\r\n..\r\n...\r\n.a\r\nb.\r\n\r\n.\r\n")),
        ("a long line", letter("long", &[&[b'x'; 8000][..], b"\r\n"].concat())),
        ("8-bit octets", letter("8-bit", &eight_bit())),
        ("UTF-8", letter("utf-8", "Grüße, π ж 漢\r\n".as_bytes())),
        ("no body", b"From: kim@waypost.example\r\nSubject: no body\r\n\r\n".to_vec()),
        ("answers", letter("answers", b"* OK\r\na1 NO\r\n)\r\n{12}\r\n* 1 FETCH (UID 1)\r\n")),
        ("white space", letter("white space", b"  \t \r\n \r\n\t\r\n")),
        ("large", letter("large", &b".0123456789 abcdef\r\n".repeat(100_000))),
    ]
}

/// A message with these octets as its text.
pub(crate) fn letter(subject: &str, text: &[u8]) -> Vec<u8> {
    let header = format!(
        "From: Kim Oduya <kim@waypost.example>\r\nTo: Robin <robin@waypost.example>\r\nSubject: {subject}\r\n\
         Date: Thu, 05 Mar 2026 10:00:00 +0000\r\nMessage-ID: <{}@waypost.example>\r\n\r\n",
        subject.bytes().map(|octet| format!("{octet:02x}")).collect::<String>()
    );
    [header.as_bytes(), text].concat()
}

/// Every octet that may stand in a message, NUL and the line ends aside.
fn eight_bit() -> Vec<u8> {
    let mut octets: Vec<u8> = (1..=255).filter(|octet| !matches!(octet, b'\n' | b'\r')).collect();
    octets.extend_from_slice(b"\r\n");
    octets
}
