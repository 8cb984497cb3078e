//! Responses as a whole (RFC 9051, 7): greeting, tagged, untagged, continuation.

use super::Parsed;
use super::code::{capability_data, resp_text_code};
use super::core::{loose_atom, name, number, opt_sp, sp};
use super::{fetch, mailbox, search};
use crate::event::Response;
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

type Data = for<'a> fn(&'a [u8], usize) -> Parsed<'a, Response>;

/// Untagged data by its first word.
const BY_NAME: &[(&str, Data)] = &[
    ("CAPABILITY", |input, _| {
        capability_data(input).map(|(rest, known)| (rest, Response::Capability(known)))
    }),
    ("ENABLED", |input, _| {
        capability_data(input)
            .map(|(rest, known)| (rest, Response::Enabled(known.iter().map(str::to_owned).collect())))
    }),
    ("LIST", |input, _| mailbox::mailbox_list(input).map(|(rest, listing)| (rest, Response::List(listing)))),
    ("LSUB", |input, _| mailbox::mailbox_list(input).map(|(rest, listing)| (rest, Response::List(listing)))),
    ("XLIST", |input, _| mailbox::mailbox_list(input).map(|(rest, listing)| (rest, Response::List(listing)))),
    ("FLAGS", |input, _| mailbox::flag_list(input).map(|(rest, flags)| (rest, Response::Flags(flags)))),
    ("SEARCH", |input, _| search::search(input).map(|(rest, found)| (rest, Response::Search(found)))),
    ("ESEARCH", |input, _| {
        search::esearch(input, SEARCH_LIMIT).map(|(rest, found)| (rest, Response::Search(found)))
    }),
];

/// Untagged data by the word after its number.
fn by_number<'a>(number: u32, word: &[u8], input: &'a [u8], depth: usize) -> Option<(&'a [u8], Response)> {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if is("EXISTS") {
        Some((input, Response::Exists(number)))
    } else if is("RECENT") {
        Some((input, Response::Recent(number)))
    } else if is("EXPUNGE") {
        Some((input, Response::Expunge(number)))
    } else if is("FETCH") {
        let (rest, fetched) = fetch::msg_att(input, number, depth).ok()?;
        Some((rest, Response::Fetch(Box::new(fetched))))
    } else {
        None
    }
}

/// Reads one line. What is neither tagged nor a continuation is untagged; what is not understood is `Unknown`.
pub(crate) fn line(octets: &[u8], depth: usize) -> Line {
    // Leading NULs were seen before responses.
    let octets = octets
        .iter()
        .position(|octet| *octet != 0)
        .map_or(octets, |start| octets.get(start..).unwrap_or_default());
    if let Some(rest) = octets.strip_prefix(b"+") {
        return Line::Continue(rest.strip_prefix(b" ").unwrap_or(rest).to_vec());
    }
    if let Some(rest) = octets.strip_prefix(b"*") {
        let data = rest.trim_ascii_start();
        return Line::Untagged(
            response_data(data, depth).unwrap_or_else(|| Response::Unknown(octets.to_vec())),
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
    let Some(condition) = condition(word) else { return super::core::fail(rest) };
    let (code, text) = resp_text(rest);
    Ok((&[], Line::Tagged { tag: tag.to_vec(), condition, code, text }))
}

/// ```abnf
/// response-data = "*" SP (resp-cond-state / resp-cond-bye / mailbox-data / message-data / capability-data) CRLF
/// ```
fn response_data(input: &[u8], depth: usize) -> Option<Response> {
    if let Ok((rest, number)) = number(input) {
        let (rest, ()) = sp(rest).ok()?;
        let (rest, word) = name(rest).ok()?;
        let (rest, response) = by_number(number, word, opt_sp(rest).ok()?.0, depth)?;
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
    let (_, parse) = BY_NAME.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(word))?;
    let (rest, response) = parse(opt_sp(rest).ok()?.0, depth).ok()?;
    rest.trim_ascii().is_empty().then_some(response)
}

fn condition(word: &[u8]) -> Option<Condition> {
    const WORDS: [(&str, Condition); 5] = [
        ("OK", Condition::Ok),
        ("NO", Condition::No),
        ("BAD", Condition::Bad),
        ("BYE", Condition::Bye),
        ("PREAUTH", Condition::PreAuth),
    ];
    WORDS
        .into_iter()
        .find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(word))
        .map(|(_, condition)| condition)
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

/// More UIDs than the largest mailboxes of public servers hold; 40 MB unfolded.
const SEARCH_LIMIT: usize = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn untagged(text: &str) -> Response {
        match line(text.as_bytes(), 100) {
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
            line(b"a1 NO [AUTHENTICATIONFAILED] Authentication failed.", 100),
            Line::Tagged { condition: Condition::No, code: Some(ResponseCode::Other(..)), .. }
        ));
        assert!(matches!(line(b"a2 OK", 100), Line::Tagged { condition: Condition::Ok, code: None, .. }));
        assert_eq!(line(b"+", 100), Line::Continue(Vec::new()));
        assert_eq!(line(b"+ idling", 100), Line::Continue(b"idling".to_vec()));
    }
}
