//! Responses as a whole (RFC 9051, 7): greeting, tagged, untagged, continuation.

use super::code::{capability_data, resp_text_code};
use super::core::{fail, loose_atom, name, no_sp, number, opt_sp, sp};
use super::{Broken, Parsed, Reading, fetch, mailbox, search};
use crate::event::Response;
use crate::ext;
use crate::types::{Condition, ResponseCode, Unparsed};

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
    ("FLAGS", |input, reading| {
        let (rest, flags) = mailbox::flag_list(input, reading)?;
        Ok((rest, Response::Flags(flags)))
    }),
    ("SEARCH", |input, reading| {
        let (rest, found) = search::found(input, reading)?;
        Ok((rest, Response::Search(found)))
    }),
];

fn listing<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, listing) = mailbox::mailbox_list(input, reading)?;
    Ok((rest, Response::List(listing)))
}

/// ```abnf
/// message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
/// mailbox-data =/ number SP "EXISTS" / number SP "RECENT"
/// ```
/// Courier counts messages from 0 in `* 0 FETCH`. `None` if the word is not known.
fn message_data<'a>(
    number: u32,
    word: &[u8],
    input: &'a [u8],
    reading: Reading<'_>,
) -> Option<Parsed<'a, Response>> {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if is("EXISTS") {
        Some(Ok((input, Response::Exists(number))))
    } else if is("RECENT") {
        Some(Ok((input, Response::Recent(number))))
    } else if is("EXPUNGE") {
        Some(Ok((input, Response::Expunge(number))))
    } else if is("FETCH") {
        let fetched = fetch::msg_att(input, number, reading);
        Some(fetched.map(|(rest, fetched)| (rest, Response::Fetch(Box::new(fetched)))))
    } else {
        None
    }
}

/// Reads one line. What is neither tagged nor a continuation is untagged; what is not understood is `Unparsed`.
pub(crate) fn line(octets: &[u8], reading: Reading<'_>) -> Line {
    // Leading NULs, which framing turns into spaces, were seen before responses.
    let octets = octets.trim_ascii_start();
    if let Some(rest) = octets.strip_prefix(b"+") {
        return Line::Continue(rest.strip_prefix(b" ").unwrap_or(rest).to_vec());
    }
    if let Some(rest) = octets.strip_prefix(b"*") {
        let data = rest.trim_ascii_start();
        return Line::Untagged(
            response_data(data, reading).unwrap_or_else(|broken| unparsed(octets, broken)),
        );
    }
    match response_tagged(octets, reading) {
        Ok((_, line)) => line,
        Err(_) => Line::Untagged(unparsed(octets, Some(Broken { at: octets, rule: "response" }))),
    }
}

fn unparsed(octets: &[u8], broken: Option<Broken<'_>>) -> Response {
    let breach = broken.map(|broken| super::breach(octets, &[], broken));
    Response::Unparsed(Unparsed { name: String::new(), octets: octets.to_vec(), breach })
}

/// ```abnf
/// response-tagged = tag SP resp-cond-state CRLF
/// ```
fn response_tagged<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Line> {
    let (rest, tag) = loose_atom(input)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, word) = name(rest)?;
    let Some(condition) = condition(word) else { return fail(rest, "resp-cond-state") };
    let (code, text) = resp_text(rest, reading);
    Ok((&[], Line::Tagged { tag: tag.to_vec(), condition, code, text }))
}

/// ```abnf
/// response-data = "*" SP (resp-cond-state / resp-cond-bye / mailbox-data / message-data / capability-data) CRLF
/// ```
/// `Err(None)` if its name is not known.
fn response_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Result<Response, Option<Broken<'a>>> {
    if let Ok((rest, number)) = number(input) {
        let (rest, ()) = sp(rest, reading).map_err(broken)?;
        let (rest, word) = name(rest).map_err(broken)?;
        let data = message_data(number, word, opt_sp(rest).map_err(broken)?.0, reading).ok_or(None)?;
        return whole(data, reading);
    }
    // Exchange sends a code without a condition: `* [COPYUID ...]`.
    if input.first() == Some(&b'[') {
        let (code, text) = resp_text(input, reading);
        return Ok(Response::Condition { kind: Condition::Ok, code, text });
    }
    let (rest, word) = name(input).map_err(broken)?;
    if let Some(kind) = condition(word) {
        let (code, text) = resp_text(rest, reading);
        return Ok(Response::Condition { kind, code, text });
    }
    let parse = ext::lookup(BY_NAME, word).or_else(|| ext::untagged(word)).ok_or(None)?;
    whole(parse(opt_sp(rest).map_err(broken)?.0, reading), reading)
}

/// The data must reach to the end of the response.
fn whole<'a>(data: Parsed<'a, Response>, reading: Reading<'_>) -> Result<Response, Option<Broken<'a>>> {
    let (rest, response) = data.map_err(broken)?;
    let (rest, ()) = no_sp(rest, reading).map_err(broken)?;
    if rest.is_empty() { Ok(response) } else { Err(Some(Broken { at: rest, rule: "CRLF" })) }
}

fn broken(error: nom::Err<Broken<'_>>) -> Option<Broken<'_>> {
    match error {
        nom::Err::Error(broken) | nom::Err::Failure(broken) => Some(broken),
        nom::Err::Incomplete(_) => None,
    }
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
fn resp_text(input: &[u8], reading: Reading<'_>) -> (Option<ResponseCode>, String) {
    let input = input.trim_ascii_start();
    let (rest, code) = match resp_text_code(input, reading) {
        Ok((rest, code)) => (rest, Some(code)),
        Err(_) => (input, None),
    };
    (code, String::from_utf8_lossy(rest.trim_ascii()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn untagged(text: &str) -> Response {
        match line(text.as_bytes(), Reading::lenient()) {
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
            Response::Condition { code: Some(ResponseCode::CopyUid { .. }), .. }
        ));
        assert!(matches!(untagged("* XODD 1 (2"), Response::Unparsed(_)));
        assert!(matches!(untagged("Server Unavailable."), Response::Unparsed(_)));
    }

    #[test]
    fn tagged_lines_and_continuations_read() {
        assert!(matches!(
            line(b"a1 NO [AUTHENTICATIONFAILED] Authentication failed.", Reading::lenient()),
            Line::Tagged { condition: Condition::No, code: Some(ResponseCode::Unparsed(_)), .. }
        ));
        assert!(matches!(
            line(b"a2 OK", Reading::lenient()),
            Line::Tagged { condition: Condition::Ok, code: None, .. }
        ));
        assert_eq!(line(b"+", Reading::lenient()), Line::Continue(Vec::new()));
        assert_eq!(line(b"+ idling", Reading::lenient()), Line::Continue(b"idling".to_vec()));
    }
}
