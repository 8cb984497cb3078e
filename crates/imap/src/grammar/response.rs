//! Responses as a whole (RFC 9051, 7): greeting, tagged, untagged, continuation.

use super::code::{capability_data, resp_text_code};
use super::core::{fail, loose_atom, name, number, opt_sp, sp};
use super::{Parsed, Reading, fetch, mailbox, search};
use crate::event::Response;
use crate::ext;
use crate::types::{Condition, ResponseCode};

/// A line of the server.
#[derive(Debug, PartialEq)]
pub(crate) enum Line {
    /// `+ text`; base64 or words.
    Continue(Vec<u8>),
    /// `tag OK/NO/BAD [code] text`
    Tagged { tag: Vec<u8>, condition: Condition, code: Option<ResponseCode>, text: String },
    /// `* ...`
    Untagged(Response),
}

/// Untagged data of the base specification, by its first word.
const BY_NAME: &[(&str, ext::Untagged)] = &[
    ("CAPABILITY", |input, _| {
        let (rest, known) = capability_data(input)?;
        Ok((rest, Response::Capability(known)))
    }),
    ("LIST", listing),
    ("LSUB", listing),
    ("FLAGS", |input, _| {
        let (rest, flags) = mailbox::flag_list(input)?;
        Ok((rest, Response::Flags(flags)))
    }),
    ("SEARCH", |input, _| {
        let (rest, found) = search::search(input)?;
        Ok((rest, Response::Search(found)))
    }),
];

fn listing(input: &[u8], reading: Reading) -> Parsed<'_, Response> {
    let (rest, listing) = mailbox::mailbox_list(input, reading)?;
    Ok((rest, Response::List(listing)))
}

/// ```abnf
/// message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
/// mailbox-data =/ number SP "EXISTS" / number SP "RECENT"
/// ```
/// Courier counts messages from 0 in `* 0 FETCH`.
fn message_data<'a>(
    number: u32,
    word: &[u8],
    input: &'a [u8],
    reading: Reading,
) -> Option<(&'a [u8], Response)> {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if is("EXISTS") {
        Some((input, Response::Exists(number)))
    } else if is("RECENT") {
        Some((input, Response::Recent(number)))
    } else if is("EXPUNGE") {
        Some((input, Response::Expunge(number)))
    } else if is("FETCH") {
        let (rest, fetched) = fetch::msg_att(input, number, reading).ok()?;
        Some((rest, Response::Fetch(Box::new(fetched))))
    } else {
        None
    }
}

/// Reads one line. What is neither tagged nor a continuation is untagged; what is not understood is `Unknown`.
pub(crate) fn line(octets: &[u8], reading: Reading) -> Line {
    // Leading NULs, which framing turns into spaces, were seen before responses.
    let octets = octets.trim_ascii_start();
    if let Some(rest) = octets.strip_prefix(b"+") {
        return Line::Continue(rest.strip_prefix(b" ").unwrap_or(rest).to_vec());
    }
    if let Some(rest) = octets.strip_prefix(b"*") {
        let data = rest.trim_ascii_start();
        return Line::Untagged(
            response_data(data, reading).unwrap_or_else(|| Response::Unknown(octets.to_vec())),
        );
    }
    match response_tagged(octets) {
        Ok((_, line)) => line,
        Err(_) => Line::Untagged(Response::Unknown(octets.to_vec())),
    }
}

/// ```abnf
/// response-tagged = tag SP resp-cond-state CRLF
/// ```
fn response_tagged(input: &[u8]) -> Parsed<'_, Line> {
    let (rest, tag) = loose_atom(input)?;
    let (rest, ()) = sp(rest)?;
    let (rest, word) = name(rest)?;
    let Some(condition) = condition(word) else { return fail(rest) };
    let (code, text) = resp_text(rest);
    Ok((&[], Line::Tagged { tag: tag.to_vec(), condition, code, text }))
}

/// ```abnf
/// response-data = "*" SP (resp-cond-state / resp-cond-bye / mailbox-data / message-data / capability-data) CRLF
/// ```
fn response_data(input: &[u8], reading: Reading) -> Option<Response> {
    if let Ok((rest, number)) = number(input) {
        let (rest, ()) = sp(rest).ok()?;
        let (rest, word) = name(rest).ok()?;
        let (rest, response) = message_data(number, word, opt_sp(rest).ok()?.0, reading)?;
        return rest.trim_ascii().is_empty().then_some(response);
    }
    // Exchange sends a code without a condition: `* [COPYUID ...]`.
    if input.first() == Some(&b'[') {
        let (code, text) = resp_text(input);
        return Some(Response::Condition { kind: Condition::Ok, code, text });
    }
    let (rest, word) = name(input).ok()?;
    if let Some(kind) = condition(word) {
        let (code, text) = resp_text(rest);
        return Some(Response::Condition { kind, code, text });
    }
    let parse = ext::lookup(BY_NAME, word).or_else(|| ext::untagged(word))?;
    let (rest, response) = parse(opt_sp(rest).ok()?.0, reading).ok()?;
    rest.trim_ascii().is_empty().then_some(response)
}

/// ```abnf
/// resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text
/// resp-cond-auth = ("OK" / "PREAUTH") SP resp-text
/// resp-cond-bye = "BYE" SP resp-text
/// ```
fn condition(word: &[u8]) -> Option<Condition> {
    const WORDS: &[(&str, Condition)] = &[
        ("OK", Condition::Ok),
        ("NO", Condition::No),
        ("BAD", Condition::Bad),
        ("BYE", Condition::Bye),
        ("PREAUTH", Condition::PreAuth),
    ];
    ext::lookup(WORDS, word)
}

/// ```abnf
/// resp-text = ["[" resp-text-code "]" SP] [text]
/// ```
/// Forgives a missing text.
fn resp_text(input: &[u8]) -> (Option<ResponseCode>, String) {
    let input = input.trim_ascii_start();
    let (rest, code) = match resp_text_code(input) {
        Ok((rest, code)) => (rest, Some(code)),
        Err(_) => (input, None),
    };
    (code, String::from_utf8_lossy(rest.trim_ascii()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untagged(text: &str) -> Response {
        match line(text.as_bytes(), Reading::default()) {
            Line::Untagged(response) => response,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn numbers_words_and_conditions_are_told_apart() {
        assert_eq!(untagged("* 23 EXISTS"), Response::Exists(23));
        assert_eq!(untagged("*  22279 EXISTS "), Response::Exists(22279));
        assert_eq!(untagged("* 44 expunge"), Response::Expunge(44));
        assert!(matches!(untagged("* BYE done"), Response::Condition { kind: Condition::Bye, .. }));
        assert!(matches!(
            untagged("* OK [HIGHESTMODSEQ 540]"),
            Response::Condition { code: Some(ResponseCode::HighestModSeq(540)), text, .. } if text.is_empty()
        ));
        assert!(matches!(
            untagged("* [COPYUID 1 2 3]"),
            Response::Condition { code: Some(ResponseCode::Other(..)), .. }
        ));
        assert!(matches!(untagged("* XODD 1 (2"), Response::Unknown(_)));
        assert!(matches!(untagged("Server Unavailable."), Response::Unknown(_)));
    }

    #[test]
    fn tagged_lines_and_continuations_read() {
        assert!(matches!(
            line(b"a1 NO [AUTHENTICATIONFAILED] Authentication failed.", Reading::default()),
            Line::Tagged { condition: Condition::No, code: Some(ResponseCode::Other(..)), .. }
        ));
        assert!(matches!(
            line(b"a2 OK", Reading::default()),
            Line::Tagged { condition: Condition::Ok, code: None, .. }
        ));
        assert_eq!(line(b"+", Reading::default()), Line::Continue(Vec::new()));
        assert_eq!(line(b"+ idling", Reading::default()), Line::Continue(b"idling".to_vec()));
    }
}
