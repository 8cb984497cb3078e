//! The grammar of status lines and listings (RFC 1939, 3 and 5; RFC 2449, 3, 4 and 8).

use crate::capability::{EXPIRE_WITHOUT_SPACE, capability_line};
use crate::command::Verb;
use crate::fault::{Fault, Faults};
use crate::{Event, Handle, Refusal, ResponseCode};

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

/// A line that is not what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Odd {
    /// The line says nothing: it is given as it came where this fault is tolerated.
    Line(Fault),
    /// Strict mode ends the connection by this rule.
    Strict(&'static str),
}

impl From<&'static str> for Odd {
    fn from(rule: &'static str) -> Self {
        Self::Strict(rule)
    }
}

/// ```abnf
/// single-line = status [SP text] CRLF
/// status = "+OK" / "-ERR"
/// continue-req = "+" SP [base64] CRLF
/// ```
/// (RFC 2449, 9; RFC 5034, 6.) The text may be missing: Dovecot answers USER with `+OK`. `None` is no such line.
///
/// # Errors
/// The rule that is broken in strict mode.
pub(crate) fn status(line: &[u8], faults: &mut Faults) -> Result<Option<Status>, &'static str> {
    if let Some(rest) = after_word(line, b"+OK", faults)? {
        return Ok(Some(Status::Ok(text(rest, faults)?)));
    }
    if let Some(rest) = after_word(line, b"-ERR", faults)? {
        return Ok(Some(Status::Err(refusal(&text(rest, faults)?))));
    }
    let Some(rest) = line.strip_prefix(b"+") else { return Ok(None) };
    if rest.is_empty() {
        faults.tolerate(Fault::BareContinuation)?;
    }
    let continues = rest.is_empty() || rest.starts_with(b" ");
    Ok(continues.then(|| Status::Continue(rest.trim_ascii().to_vec())))
}

fn after_word<'a>(
    line: &'a [u8],
    word: &[u8],
    faults: &mut Faults,
) -> Result<Option<&'a [u8]>, &'static str> {
    let Some((start, rest)) = line.split_at_checked(word.len()) else { return Ok(None) };
    if !start.eq_ignore_ascii_case(word) || !rest.first().is_none_or(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    if start != word {
        faults.tolerate(Fault::LowerCaseStatus)?;
    }
    Ok(Some(rest))
}

/// For people: what is not UTF-8 is marked, control characters are left out.
fn text(octets: &[u8], faults: &mut Faults) -> Result<String, &'static str> {
    if octets.contains(&0) {
        faults.tolerate(Fault::NulInLine)?;
    }
    let text = String::from_utf8_lossy(octets.trim_ascii());
    if text.contains(char::is_control) {
        return Ok(text
            .chars()
            .filter(|character| !character.is_control())
            .collect::<String>()
            .trim()
            .to_owned());
    }
    Ok(text.into_owned())
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
            Refusal::Err { code: Some(ResponseCode::of(code)), text: rest.trim_start().to_owned() }
        }
        None => Refusal::Err { code: None, text: text.to_owned() },
    }
}

/// What STAT, LIST n, UIDL n and LANG tag say behind `+OK`; `None` for commands whose status line says nothing but words.
pub(crate) fn values(
    verb: Verb,
    handle: Handle,
    rest: &[u8],
    faults: &mut Faults,
) -> Option<Result<Event, Odd>> {
    match verb {
        Verb::Stat => Some(drop_listing(handle, rest, faults)),
        Verb::List => Some(scan_listing(handle, rest, 1, faults)),
        Verb::Uidl => Some(unique_id_listing(handle, rest, 1, faults)),
        Verb::Lang => Some(language_listing(handle, rest)),
        _ => None,
    }
}

/// A line of a listing.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn listed(verb: Verb, handle: Handle, line: &[u8], faults: &mut Faults) -> Result<Event, Odd> {
    match verb {
        Verb::List => scan_listing(handle, line, 0, faults),
        Verb::Uidl => unique_id_listing(handle, line, 0, faults),
        Verb::Lang => language_listing(handle, line),
        _ => {
            let (name, arguments) = capability_line(line).ok_or(Odd::Line(Fault::OddListing))?;
            if name == EXPIRE_WITHOUT_SPACE {
                faults.tolerate(Fault::ExpireWithoutSpace)?;
            }
            Ok(Event::Capability { handle, name, arguments })
        }
    }
}

/// ```abnf
/// drop-listing = "+OK" SP 1*DIGIT SP 1*DIGIT [SP text]
/// ```
/// (RFC 1939, 5: STAT.) What follows the numbers is anything.
fn drop_listing(handle: Handle, line: &[u8], faults: &mut Faults) -> Result<Event, Odd> {
    let (count, rest) = number(line, 1, faults)?;
    let (octets, _) = number(rest, 1, faults)?;
    let count = u32::try_from(count).map_err(|_| Odd::Line(Fault::OddNumber))?;
    Ok(Event::Statistics { handle, count, octets })
}

/// ```abnf
/// scan-listing = 1*DIGIT SP 1*DIGIT [SP text]
/// ```
/// (RFC 1939, 5: LIST, which makes no requirement on what follows the size.) `spaces` stand before it.
#[cfg_attr(for_speed, optimize(speed))]
fn scan_listing(handle: Handle, line: &[u8], spaces: usize, faults: &mut Faults) -> Result<Event, Odd> {
    let (number, rest) = message_number(line, spaces, faults)?;
    let (octets, _) = self::number(rest, 1, faults)?;
    Ok(Event::Size { handle, number, octets })
}

/// ```abnf
/// unique-id-listing = 1*DIGIT SP unique-id
/// unique-id = 1*70(%x21-7E)
/// ```
/// (RFC 1939, 7: UIDL.) An id is compared, never understood: one that is longer or holds a space is taken up to the end of
/// the line. Octets that are no UTF-8 become the character of the same number, so that different ids stay different.
#[cfg_attr(for_speed, optimize(speed))]
fn unique_id_listing(handle: Handle, line: &[u8], spaces: usize, faults: &mut Faults) -> Result<Event, Odd> {
    let (number, rest) = message_number(line, spaces, faults)?;
    let id = rest.trim_ascii();
    if id.is_empty() {
        return Err(Odd::Line(Fault::MissingUniqueId));
    }
    if rest.len() != id.len() + 1 {
        faults.tolerate(Fault::ExtraSpace)?;
    }
    if id.len() > LONGEST_ID || !id.iter().all(u8::is_ascii_graphic) {
        faults.tolerate(Fault::OddUniqueId)?;
    }
    let uidl = std::str::from_utf8(id)
        .map_or_else(|_| id.iter().map(|octet| char::from(*octet)).collect(), ToOwned::to_owned);
    Ok(Event::UniqueId { handle, number, uidl })
}

/// ```abnf
/// language-listing = language-tag [SP description]
/// ```
/// (RFC 6856, 3.2.) The answer to a choice has the same form, with what the server says in place of the description.
fn language_listing(handle: Handle, line: &[u8]) -> Result<Event, Odd> {
    let line = String::from_utf8_lossy(line.trim_ascii());
    let (tag, description) = line.split_once(' ').unwrap_or((&line, ""));
    if tag.is_empty() || !tag.bytes().all(|octet| octet == b'-' || octet.is_ascii_alphanumeric()) {
        return Err(Odd::Line(Fault::OddListing));
    }
    Ok(Event::Language { handle, tag: tag.to_owned(), description: description.trim_start().to_owned() })
}

#[cfg_attr(for_speed, optimize(speed))]
fn message_number<'a>(line: &'a [u8], spaces: usize, faults: &mut Faults) -> Result<(u32, &'a [u8]), Odd> {
    let (value, rest) = number(line, spaces, faults)?;
    let value = u32::try_from(value).ok().filter(|value| *value > 0);
    Ok((value.ok_or(Odd::Line(Fault::OddNumber))?, rest))
}

/// Digits behind so many spaces, and what follows them, which is white space or nothing.
#[cfg_attr(for_speed, optimize(speed))]
fn number<'a>(octets: &'a [u8], spaces: usize, faults: &mut Faults) -> Result<(u64, &'a [u8]), Odd> {
    let odd = || Odd::Line(Fault::OddListing);
    let trimmed = octets.trim_ascii_start();
    let length = trimmed.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let (digits, rest) = trimmed.split_at_checked(length).ok_or_else(odd)?;
    if digits.is_empty() || !rest.first().is_none_or(u8::is_ascii_whitespace) {
        return Err(odd());
    }
    let before = octets.get(..octets.len() - trimmed.len()).unwrap_or_default();
    if before.len() != spaces || before.iter().any(|octet| *octet != b' ') {
        faults.tolerate(Fault::ExtraSpace)?;
    }
    let value = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    Ok((value.ok_or(Odd::Line(Fault::OddNumber))?, rest))
}

/// Length of `+OK`.
pub(crate) const STATUS_OK: usize = 3;

/// Of a unique id (RFC 1939, 7).
const LONGEST_ID: usize = 70;

#[cfg(test)]
mod tests {
    use super::*;

    const HANDLE: Handle = Handle(7);

    fn lenient() -> Faults {
        Faults::new(false)
    }

    fn refused(line: &str) -> (Option<ResponseCode>, String) {
        match status(line.as_bytes(), &mut lenient()).unwrap() {
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
            assert_eq!(status(line.as_bytes(), &mut lenient()), Ok(expected), "{line:?}");
        }
        assert_eq!(status(b"+OK gr\xfc\xdfe", &mut lenient()), Ok(ok("gr\u{fffd}\u{fffd}e")));
    }

    #[test]
    fn rfc_2449_8_and_rfc_3206_codes_are_read_and_other_brackets_are_text() {
        let coded = |code: ResponseCode, text: &str| (Some(code), text.to_owned());
        let plain = |text: &str| (None, text.to_owned());
        assert_eq!(
            refused("-ERR [IN-USE] Do you have another?"),
            coded(ResponseCode::InUse, "Do you have another?")
        );
        assert_eq!(refused("-ERR [sys/temp] later"), coded(ResponseCode::SysTemp, "later"));
        assert_eq!(refused("-ERR [AUTH]"), coded(ResponseCode::Auth, ""));
        assert_eq!(refused("-err"), plain(""));
        assert_eq!(refused("-ERR no such message"), plain("no such message"));
        assert_eq!(refused("-ERR [what is this] x"), plain("[what is this] x"));
        assert_eq!(refused("-ERR [] x"), plain("[] x"));
        assert_eq!(refused("-ERR [AUTH x"), plain("[AUTH x"));
    }

    #[test]
    fn rfc_1939_5_listings_are_read_with_words_behind_them() {
        let size = |number, octets| Ok(Event::Size { handle: HANDLE, number, octets });
        let odd = |fault| Err(Odd::Line(fault));
        for (line, expected) in [
            ("1 120", size(1, 120)),
            ("2 200 octets", size(2, 200)),
            (" 3\t 0 ", size(3, 0)),
            ("4294967295 18446744073709551615", size(u32::MAX, u64::MAX)),
            ("4294967296 1", odd(Fault::OddNumber)),
            ("1 18446744073709551616", odd(Fault::OddNumber)),
            ("0 1", odd(Fault::OddNumber)),
            ("1 -1", odd(Fault::OddListing)),
            ("1", odd(Fault::OddListing)),
            ("1 (120)", odd(Fault::OddListing)),
            ("", odd(Fault::OddListing)),
        ] {
            assert_eq!(scan_listing(HANDLE, line.as_bytes(), 0, &mut lenient()), expected, "{line:?}");
        }
        let statistics = Ok(Event::Statistics { handle: HANDLE, count: 0, octets: 0 });
        assert_eq!(drop_listing(HANDLE, b" 0 0 messages in maildrop", &mut Faults::new(true)), statistics);
        assert_eq!(drop_listing(HANDLE, b" \0\0\0 oct", &mut lenient()), odd(Fault::OddListing));
    }

    #[test]
    fn unique_ids_are_taken_as_sent() {
        let id = |line: &[u8]| match unique_id_listing(HANDLE, line, 0, &mut lenient()) {
            Ok(Event::UniqueId { uidl, .. }) => Some(uidl),
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

    #[test]
    fn rfc_6856_3_3_examples_are_read() {
        let language = |line: &[u8]| match language_listing(HANDLE, line) {
            Ok(Event::Language { tag, description, .. }) => Some((tag, description)),
            _ => None,
        };
        let expected = |tag: &str, description: &str| Some((tag.to_owned(), description.to_owned()));
        assert_eq!(
            language(b"en-boont English Boontling dialect"),
            expected("en-boont", "English Boontling dialect")
        );
        assert_eq!(language("de Deutsch (für alle)".as_bytes()), expected("de", "Deutsch (für alle)"));
        assert_eq!(language(b"i-default"), expected("i-default", ""));
        assert_eq!(language(b""), None);
        assert_eq!(language(b"(no languages)"), None);
    }
}
