//! Responses as a whole (RFC 9051, 7): greeting, tagged, untagged, continuation.

use super::code::{capability_data, resp_text_code};
use super::core::{loose_atom, name, no_sp, number, sp};
use super::{Broken, Parsed, Reading, broken, fetch, mailbox, search, status};
use crate::event::Response;
use crate::ext;
use crate::fault::Fault;
use crate::types::{Condition, Flag, ResponseCode, Unparsed};
use nom::Parser as _;
use nom::error::context;
use std::fmt;

/// A line of the server.
#[derive(PartialEq)]
pub(crate) enum Line {
    /// `+ text`; base64 or words.
    Continue(Vec<u8>),
    /// `tag OK/NO/BAD [code] text`
    Tagged { tag: Vec<u8>, condition: Condition, code: Option<ResponseCode>, text: String },
    /// `* ...`
    Untagged(Response),
}

impl fmt::Debug for Line {
    /// Octets as text, with escapes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Continue(text) => write!(formatter, "Continue(\"{}\")", text.escape_ascii()),
            Self::Tagged { tag, condition, code, text } => formatter
                .debug_struct("Tagged")
                .field("tag", &format_args!("\"{}\"", tag.escape_ascii()))
                .field("condition", condition)
                .field("code", code)
                .field("text", text)
                .finish(),
            Self::Untagged(response) => response.fmt(formatter),
        }
    }
}

impl Line {
    /// Whether mailbox names are UTF-8 from here on: RFC 6855, 3 and RFC 9051, 6.3.1 when that is enabled, and RFC 9051, 5.1
    /// where a server speaks no IMAP4rev1, which has modified UTF-7.
    pub(crate) fn makes_names_utf8(&self) -> bool {
        let code = match self {
            Self::Tagged { code, .. } | Self::Untagged(Response::Condition { code, .. }) => code.as_ref(),
            _ => None,
        };
        match (self, code) {
            (Self::Untagged(Response::Enabled(names)), _) => {
                names.iter().any(|name| UTF8_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name)))
            }
            (Self::Untagged(Response::Capability(known)), _) | (_, Some(ResponseCode::Capability(known))) => {
                known.has("IMAP4rev2") && !known.has("IMAP4rev1")
            }
            _ => false,
        }
    }
}

/// What makes mailbox names UTF-8 once it is enabled.
const UTF8_NAMES: [&str; 2] = ["UTF8=ACCEPT", "IMAP4rev2"];

/// Untagged data of the base specification, by its first word.
const BY_NAME: &[(&str, ext::Untagged)] = &[
    ("CAPABILITY", |input, reading| {
        let (rest, known) = capability_data(input, reading)?;
        Ok((rest, Response::Capability(known)))
    }),
    ("LIST", |input, reading| {
        let (rest, listing) = mailbox::mailbox_list(input, reading)?;
        Ok((rest, Response::List(listing)))
    }),
];

/// The same for the clients: the engine has no use for it.
const OF_CLIENTS: &[(&str, ext::Untagged)] = ext::of_clients(&[
    ("FLAGS", |input, reading| {
        let (rest, flags) = mailbox::flag_list(input, reading)?;
        if flags.contains(&Flag::Any) {
            reading.forgive(Fault::StarFlag, input, "flag")?;
        }
        Ok((rest, Response::Flags(flags)))
    }),
    ("LSUB", |input, reading| {
        let (rest, listing) = mailbox::mailbox_list(input, reading)?;
        Ok((rest, Response::Lsub(listing)))
    }),
    ("STATUS", |input, reading| {
        let (rest, status) = status::status_response(input, reading)?;
        Ok((rest, Response::Status(Box::new(status))))
    }),
    ("SEARCH", |input, reading| {
        let (rest, found) = search::found(input, reading)?;
        Ok((rest, Response::Search(found)))
    }),
]);

/// ```abnf
/// message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
/// mailbox-data =/ number SP "EXISTS" / number SP "RECENT"
/// ```
/// Courier counts messages from 0 in `* 0 FETCH`. `Err(None)` if the word is not known.
fn message_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Result<Response, Option<Broken<'a>>> {
    let (rest, number) = context("number", number).parse(input).map_err(broken)?;
    let (rest, ()) = sp(rest, reading).map_err(broken)?;
    let (after, word) = context("message-data", name).parse(rest).map_err(broken)?;
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    if number == 0 && !is("EXISTS") && !is("RECENT") {
        reading.forgive(Fault::ZeroNumber, input, "nz-number").map_err(broken)?;
    }
    let (at, rest) = (rest, argument(after, reading).map_err(broken)?);
    let data = if is("EXISTS") {
        Ok((rest, Response::Exists(number)))
    } else if is("RECENT") {
        Ok((rest, Response::Recent(number)))
    } else if is("EXPUNGE") || is("EXPUNGED") {
        if !is("EXPUNGE") {
            reading.forgive(Fault::Expunged, at, "message-data").map_err(broken)?;
        }
        Ok((rest, Response::Expunge(number)))
    } else if is("FETCH") {
        fetch::msg_att(rest, number, reading).map(|(rest, read)| (rest, Response::Fetch(Box::new(read))))
    } else {
        ext::numbered(word).ok_or(None)?(number, rest, reading)
    };
    whole(data, reading)
}

/// Reads one line. What is neither tagged nor a continuation is untagged; what is not understood is `Unparsed`.
pub(crate) fn line(octets: &[u8], reading: Reading<'_>) -> Line {
    let found = reading.faults.attempt(|| whole_line(octets, reading));
    reading.faults.settle();
    found.unwrap_or_else(|broken| Line::Untagged(Response::Unparsed(unparsed(octets, broken))))
}

/// An empty line is none; Mailutils sends one behind another. Forgiven, it is nothing.
pub(crate) fn empty_line(octets: &[u8], reading: Reading<'_>) -> Option<Line> {
    let forgiven = reading.forgive(Fault::EmptyLine, octets, "response");
    reading.faults.settle();
    forgiven.err().map(|error| Line::Untagged(Response::Unparsed(unparsed(octets, broken(error)))))
}

/// What the end of the stream cut: a value may be cut too, so nothing of it is read.
pub(crate) fn cut(octets: &[u8]) -> Response {
    Response::Unparsed(unparsed(octets, Some(Broken { at: &[], rule: "CRLF" })))
}

fn unparsed(octets: &[u8], broken: Option<Broken<'_>>) -> Unparsed {
    let breach = broken.map(|broken| super::breach(octets, &[], broken.within("response-data")));
    Unparsed { name: String::new(), octets: octets.to_vec(), breach }
}

/// ```abnf
/// response = *(continue-req / response-data) response-done
/// continue-req = "+" SP (resp-text / base64) CRLF
/// ```
/// Octets before a response are spaces, or NULs that framing turned into spaces.
fn whole_line<'a>(octets: &'a [u8], reading: Reading<'_>) -> Result<Line, Option<Broken<'a>>> {
    let input = octets.trim_ascii_start();
    if input.len() < octets.len() {
        reading.forgive(Fault::SpaceBeforeResponse, octets, "response").map_err(broken)?;
    }
    match input {
        [b'+', b' ', text @ ..] => Ok(Line::Continue(text.to_vec())),
        [b'+', text @ ..] => {
            reading.forgive(Fault::BareContinuation, text, "continue-req").map_err(broken)?;
            Ok(Line::Continue(text.to_vec()))
        }
        [b'*', data @ ..] => {
            response_data(argument(data, reading).map_err(broken)?, reading).map(Line::Untagged)
        }
        [b'[', ..] => response_data(input, reading).map(Line::Untagged),
        _ => response_tagged(input, reading),
    }
}

/// ```abnf
/// response-tagged = tag SP resp-cond-state CRLF
/// ```
/// Exchange and SmarterMail say in plain words that they are busy. `Err(None)` if it is no such line.
fn response_tagged<'a>(input: &'a [u8], reading: Reading<'_>) -> Result<Line, Option<Broken<'a>>> {
    let words = PLAIN_WORDS.iter().any(|words| input.starts_with(words.as_bytes()));
    if words {
        reading.forgive(Fault::PlainWords, input, "response-tagged").map_err(broken)?;
        let text = String::from_utf8_lossy(input).into_owned();
        return Ok(Line::Untagged(Response::Condition { kind: Condition::Bye, code: None, text }));
    }
    let (rest, tag) = loose_atom(input).map_err(|_| None)?;
    let (rest, ()) = sp(rest, reading).map_err(|_| None)?;
    let (rest, word) = name(rest).map_err(|_| None)?;
    let condition = condition(word).ok_or(None)?;
    if condition == Condition::Bye {
        reading.forgive(Fault::TaggedBye, input, "resp-cond-state").map_err(broken)?;
    }
    let Text { code, text, missing } = resp_text(rest, reading);
    if let Some(fault) = missing {
        // In strict mode too: the command would never end.
        reading.faults.tolerate(fault);
    }
    Ok(Line::Tagged { tag: tag.to_vec(), condition, code, text })
}

/// ```abnf
/// response-data = "*" SP (resp-cond-state / resp-cond-bye / mailbox-data / message-data / capability-data) CRLF
/// ```
/// Exchange sends a code without a condition: `* [COPYUID ...]`, and without the star. `Err(None)` if its name is not known.
fn response_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Result<Response, Option<Broken<'a>>> {
    match input.first() {
        Some(b'0'..=b'9') => return message_data(input, reading),
        Some(b'[') => {
            reading.forgive(Fault::CodeWithoutCondition, input, "response-data").map_err(broken)?;
            let (rest, code) = resp_text_code(input, reading).map_err(broken)?;
            let text = String::from_utf8_lossy(rest.trim_ascii()).into_owned();
            return Ok(Response::Condition { kind: Condition::Ok, code: Some(code), text });
        }
        _ => {}
    }
    let (rest, word) = context("response-data", name).parse(input).map_err(broken)?;
    if let Some(kind) = condition(word) {
        let Text { code, text, missing } = resp_text(rest, reading);
        if let Some(fault) = missing {
            reading.forgive(fault, rest, "resp-text").map_err(broken)?;
        }
        return Ok(Response::Condition { kind, code, text });
    }
    let known = [BY_NAME, OF_CLIENTS].into_iter().find_map(|table| ext::lookup(table, word));
    let parse = known.or_else(|| ext::untagged(word)).ok_or(None)?;
    whole(parse(argument(rest, reading).map_err(broken)?, reading), reading)
}
/// The data must reach to the end of the response.
fn whole<'a>(data: Parsed<'a, Response>, reading: Reading<'_>) -> Result<Response, Option<Broken<'a>>> {
    let (rest, response) = data.map_err(broken)?;
    let (rest, ()) = no_sp(rest, reading).map_err(broken)?;
    if rest.is_empty() { Ok(response) } else { Err(Some(Broken { at: rest, rule: "CRLF" })) }
}

/// What follows a name: a space before it, or nothing.
fn argument<'a>(input: &'a [u8], reading: Reading<'_>) -> Result<&'a [u8], nom::Err<Broken<'a>>> {
    match input {
        [b' ', rest @ ..] if !rest.is_empty() => Ok(no_sp(rest, reading)?.0),
        _ => Ok(no_sp(input, reading)?.0),
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

/// What follows a condition.
struct Text {
    code: Option<ResponseCode>,
    text: String,
    /// Something is missing.
    missing: Option<Fault>,
}

/// ```abnf
/// resp-text = ["[" resp-text-code "]" SP] [text]
/// ```
/// Brackets that are no code are text.
fn resp_text(input: &[u8], reading: Reading<'_>) -> Text {
    let start = input.strip_prefix(b" ").unwrap_or(input);
    let code = if start.first() == Some(&b'[') { resp_text_code(start, reading).ok() } else { None };
    let rest = code.as_ref().map_or(start, |(rest, _)| *rest);
    let missing = match &code {
        Some(_) if !rest.starts_with(b" ") => Some(Fault::CodeWithoutText),
        None if input.is_empty() => Some(Fault::ConditionWithoutText),
        _ => None,
    };
    let text = String::from_utf8_lossy(rest.trim_ascii()).into_owned();
    Text { code: code.map(|(_, code)| code), text, missing }
}

/// Lines that say that a server is busy, by how they begin.
const PLAIN_WORDS: [&str; 2] = ["Server Unavailable", "421 "];

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
        assert!(matches!(
            untagged("Server Unavailable. 15"),
            Response::Condition { kind: Condition::Bye, text, .. } if text == "Server Unavailable. 15"
        ));
        assert!(matches!(untagged("Server Busy."), Response::Unparsed(Unparsed { breach: None, .. })));
    }

    #[test]
    fn tagged_lines_and_continuations_read() {
        assert!(matches!(
            line(b"a1 NO [AUTHENTICATIONFAILED] Authentication failed.", Reading::lenient()),
            Line::Tagged { condition: Condition::No, code: Some(ResponseCode::AuthenticationFailed), .. }
        ));
        assert!(matches!(
            line(b"a2 OK", Reading::lenient()),
            Line::Tagged { condition: Condition::Ok, code: None, .. }
        ));
        assert_eq!(line(b"+", Reading::lenient()), Line::Continue(Vec::new()));
        assert_eq!(line(b"+ idling", Reading::lenient()), Line::Continue(b"idling".to_vec()));
    }
}
