//! The grammar of status lines and listings (RFC 1939, 3 and 5; RFC 2449, 3, 4 and 8).

use crate::{Event, Handle, Refusal};

/// A status line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// `+OK`, and the words after it.
    Ok(String),
    /// `-ERR`, and what it says.
    Err(Refusal),
    /// `+`, and the challenge in base64.
    Continue(Vec<u8>),
}

/// ```abnf
/// single-line = status [SP text] CRLF
/// status = "+OK" / "-ERR"
/// continue-req = "+" SP [base64] CRLF
/// ```
/// (RFC 2449, 9; RFC 5034, 6.) Status in either case, the space of an empty challenge may be missing, and so may the text: Dovecot
/// answers USER with `+OK`. `None` is no such line.
pub(crate) fn status(line: &[u8]) -> Option<Status> {
    if let Some(rest) = after_word(line, b"+OK") {
        return Some(Status::Ok(text(rest)));
    }
    if let Some(rest) = after_word(line, b"-ERR") {
        return Some(Status::Err(refusal(&text(rest))));
    }
    let rest = line.strip_prefix(b"+")?;
    (rest.is_empty() || rest.starts_with(b" ")).then(|| Status::Continue(rest.trim_ascii().to_vec()))
}

fn after_word<'a>(line: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = line.split_at_checked(word.len())?;
    (start.eq_ignore_ascii_case(word) && rest.first().is_none_or(u8::is_ascii_whitespace)).then_some(rest)
}

/// For people: what is not UTF-8 is marked, control characters are left out.
fn text(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    text.trim().chars().filter(|character| !character.is_control()).collect()
}

/// ```abnf
/// resp-code = "[" resp-level *("/" resp-level) "]"
/// ```
/// (RFC 2449, 8.) Read whether or not RESP-CODES was announced: Dovecot sends `[AUTH]` before anybody asked.
fn refusal(text: &str) -> Refusal {
    let found = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let level = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'/' | b'-' | b'_' | b'.');
    match found.filter(|(code, _)| !code.is_empty() && code.bytes().all(level)) {
        Some((code, rest)) => {
            Refusal::Err { code: Some(code.to_ascii_uppercase()), text: rest.trim_start().to_owned() }
        }
        None => Refusal::Err { code: None, text: text.to_owned() },
    }
}

/// ```abnf
/// drop-listing = "+OK" SP 1*DIGIT SP 1*DIGIT [SP text]
/// ```
/// (RFC 1939, 5: STAT.) What follows the numbers is anything.
pub(crate) fn drop_listing(handle: Handle, line: &[u8]) -> Option<Event> {
    let (count, rest) = number(line)?;
    let (octets, _) = number(rest)?;
    Some(Event::Statistics { handle, count: u32::try_from(count).ok()?, octets })
}

/// ```abnf
/// scan-listing = 1*DIGIT SP 1*DIGIT [SP text]
/// ```
/// (RFC 1939, 5: LIST, which makes no requirement on what follows the size.)
pub(crate) fn scan_listing(handle: Handle, line: &[u8]) -> Option<Event> {
    let (number, rest) = message_number(line)?;
    let (octets, _) = self::number(rest)?;
    Some(Event::Size { handle, number, octets })
}

/// ```abnf
/// unique-id-listing = 1*DIGIT SP unique-id
/// unique-id = 1*70(%x21-7E)
/// ```
/// (RFC 1939, 7: UIDL.) An id is compared, never understood: one that is longer or holds a space is taken up to the end of
/// the line. Octets that are no UTF-8 become the character of the same number, so that different ids stay different.
pub(crate) fn unique_id_listing(handle: Handle, line: &[u8]) -> Option<Event> {
    let (number, rest) = message_number(line)?;
    let id = rest.trim_ascii();
    if id.is_empty() {
        return None;
    }
    let uidl = std::str::from_utf8(id)
        .map_or_else(|_| id.iter().map(|octet| char::from(*octet)).collect(), ToOwned::to_owned);
    Some(Event::UniqueId { handle, number, uidl })
}

fn message_number(line: &[u8]) -> Option<(u32, &[u8])> {
    let (value, rest) = number(line)?;
    let value = u32::try_from(value).ok().filter(|value| *value > 0)?;
    Some((value, rest))
}

/// Digits and what follows them, which is white space or nothing.
fn number(octets: &[u8]) -> Option<(u64, &[u8])> {
    let octets = octets.trim_ascii_start();
    let length = octets.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let (digits, rest) = octets.split_at_checked(length)?;
    if !rest.first().is_none_or(u8::is_ascii_whitespace) {
        return None;
    }
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLE: Handle = Handle(7);

    fn refused(line: &str) -> (Option<String>, String) {
        match status(line.as_bytes()) {
            Some(Status::Err(Refusal::Err { code, text })) => (code, text),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rfc_1939_3_and_rfc_5034_6_status_lines_are_told_apart() {
        let ok = |text: &str| Some(Status::Ok(text.to_owned()));
        for (line, expected) in [
            ("+OK", ok("")),
            ("+ok  dewey POP3 server ready ", ok("dewey POP3 server ready")),
            ("+OK\t2", ok("2")),
            ("+OK a\x07b\0", ok("ab")),
            ("+", Some(Status::Continue(Vec::new()))),
            ("+ ", Some(Status::Continue(Vec::new()))),
            ("+ OK==", Some(Status::Continue(b"OK==".to_vec()))),
            ("+OKAY", None),
            ("-ERROR", None),
            ("* OK", None),
            ("", None),
        ] {
            assert_eq!(status(line.as_bytes()), expected, "{line:?}");
        }
        assert_eq!(status(b"+OK gr\xfc\xdfe"), ok("gr\u{fffd}\u{fffd}e"));
    }

    #[test]
    fn rfc_2449_8_and_rfc_3206_codes_are_read_and_other_brackets_are_text() {
        let coded = |code: &str, text: &str| (Some(code.to_owned()), text.to_owned());
        let plain = |text: &str| (None, text.to_owned());
        assert_eq!(refused("-ERR [IN-USE] Do you have another?"), coded("IN-USE", "Do you have another?"));
        assert_eq!(refused("-ERR [sys/temp] later"), coded("SYS/TEMP", "later"));
        assert_eq!(refused("-ERR [AUTH]"), coded("AUTH", ""));
        assert_eq!(refused("-err"), plain(""));
        assert_eq!(refused("-ERR no such message"), plain("no such message"));
        assert_eq!(refused("-ERR [what is this] x"), plain("[what is this] x"));
        assert_eq!(refused("-ERR [] x"), plain("[] x"));
        assert_eq!(refused("-ERR [AUTH x"), plain("[AUTH x"));
    }

    #[test]
    fn rfc_1939_5_listings_are_read_with_words_behind_them() {
        let size = |number, octets| Some(Event::Size { handle: HANDLE, number, octets });
        for (line, expected) in [
            ("1 120", size(1, 120)),
            ("2 200 octets", size(2, 200)),
            (" 3\t 0 ", size(3, 0)),
            ("4294967295 18446744073709551615", size(u32::MAX, u64::MAX)),
            ("4294967296 1", None),
            ("1 18446744073709551616", None),
            ("0 1", None),
            ("1 -1", None),
            ("1", None),
            ("1 (120)", None),
            ("", None),
        ] {
            assert_eq!(scan_listing(HANDLE, line.as_bytes()), expected, "{line:?}");
        }
        let statistics = Some(Event::Statistics { handle: HANDLE, count: 0, octets: 0 });
        assert_eq!(drop_listing(HANDLE, b"0 0 messages in maildrop"), statistics);
        assert_eq!(drop_listing(HANDLE, b"\0\0\0 oct"), None);
    }

    #[test]
    fn unique_ids_are_taken_as_sent() {
        let id = |line: &[u8]| match unique_id_listing(HANDLE, line) {
            Some(Event::UniqueId { uidl, .. }) => Some(uidl),
            _ => None,
        };
        assert_eq!(id(b"1 whqtswO00WBw418f9t5JxYwZ").as_deref(), Some("whqtswO00WBw418f9t5JxYwZ"));
        assert_eq!(id(b"2  <a b> ").as_deref(), Some("<a b>"));
        assert_eq!(id(&[b"3 ".as_slice(), &[b'x'; 200]].concat()), Some("x".repeat(200)));
        assert_eq!(id("4 ü".as_bytes()).as_deref(), Some("ü"));
        assert_ne!(id(b"5 \xfc"), id(b"5 \xfd"));
        assert_eq!(id(b"6 "), None);
        assert_eq!(id(b"x y"), None);
    }
}
