//! Commands: their lines, and the table of when each may be sent and what its answer looks like.

use crate::State;
use waypost_wire::{Base64, Secret};

/// A command (RFC 1939; CAPA RFC 2449; STLS RFC 2595; AUTH RFC 5034; UTF8 and LANG RFC 6856).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Command {
    /// CAPA
    Capa,
    /// STLS; the machine asks for `Output::Secure` when the server agreed.
    Stls,
    /// USER
    User(String),
    /// PASS
    Pass(Secret<String>),
    /// APOP: only where [`crate::Options::allow_apop`] and the greeting has a time stamp.
    Apop {
        /// The user's name.
        username: String,
        /// MD5 of [`crate::Client::apop_timestamp`] and the password behind it, in lower-case hexadecimal.
        digest: Secret<String>,
    },
    /// AUTH mechanism [initial response]; octets are not yet base64.
    Auth {
        /// The mechanism's name.
        mechanism: String,
        /// The initial response.
        initial: Option<Secret<Vec<u8>>>,
    },
    /// UTF8: messages come as they are, also with headers in UTF-8. Only where CAPA announced it.
    Utf8,
    /// LANG: lists the languages of the server's words, or chooses one by its tag, or the server's favourite by `*`. Only where
    /// CAPA announced it.
    Lang(Option<String>),
    /// STAT
    Stat,
    /// LIST, all or one
    List(Option<u32>),
    /// UIDL, all or one
    Uidl(Option<u32>),
    /// RETR
    Retr(u32),
    /// TOP message lines
    Top(u32, u32),
    /// DELE
    Dele(u32),
    /// NOOP
    Noop,
    /// RSET
    Rset,
    /// QUIT: enters UPDATE; only its +OK means that deletions are done.
    Quit,
}

/// What a command is, without its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Capa,
    Stls,
    User,
    Pass,
    Apop,
    Auth,
    Utf8,
    Lang,
    Stat,
    List,
    Uidl,
    Retr,
    Top,
    Dele,
    Noop,
    Rset,
    Quit,
}

/// What follows `+OK` in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Nothing.
    Line,
    /// Lines, each of which says something.
    Listing,
    /// A message.
    Body,
}

/// What may be on its way together with a command (RFC 2449, 6.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Company {
    /// Others, where the server pipelines.
    Any,
    /// Nothing after it before its answer.
    Last,
    /// Nothing before it and nothing after it: it shows a secret or changes what octets mean.
    Alone,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) verb: Verb,
    /// The state it belongs to; `None` is any.
    pub(crate) state: Option<State>,
    pub(crate) company: Company,
    pub(crate) shape: Shape,
}

/// What is sent for a command.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) line: Secret<Vec<u8>>,
    /// The initial response of AUTH, where it does not fit into the line.
    pub(crate) held: Option<Secret<Vec<u8>>>,
}

impl Command {
    pub(crate) fn rules(&self) -> Rules {
        use Company::{Alone, Any, Last};
        use Shape::{Body, Line, Listing};
        let (before, after) = (Some(State::Authorization), Some(State::Transaction));
        let one = |number: &Option<u32>| if number.is_some() { Line } else { Listing };
        let (verb, state, company, shape) = match self {
            Self::Capa => (Verb::Capa, None, Any, Listing),
            Self::Stls => (Verb::Stls, before, Alone, Line),
            Self::User(_) => (Verb::User, before, Any, Line),
            Self::Pass(_) => (Verb::Pass, before, Alone, Line),
            Self::Apop { .. } => (Verb::Apop, before, Alone, Line),
            Self::Auth { .. } => (Verb::Auth, before, Alone, Line),
            Self::Utf8 => (Verb::Utf8, before, Any, Line),
            Self::Lang(tag) => (Verb::Lang, None, Any, if tag.is_some() { Line } else { Listing }),
            Self::Stat => (Verb::Stat, after, Any, Line),
            Self::List(number) => (Verb::List, after, Any, one(number)),
            Self::Uidl(number) => (Verb::Uidl, after, Any, one(number)),
            Self::Retr(_) => (Verb::Retr, after, Any, Body),
            Self::Top(..) => (Verb::Top, after, Any, Body),
            Self::Dele(_) => (Verb::Dele, after, Any, Line),
            Self::Noop => (Verb::Noop, after, Any, Line),
            Self::Rset => (Verb::Rset, after, Any, Line),
            Self::Quit => (Verb::Quit, None, Last, Line),
        };
        Rules { verb, state, company, shape }
    }

    /// Whether it carries a name or a password that is not of ASCII, outside of SASL.
    pub(crate) fn is_beyond_ascii(&self) -> bool {
        match self {
            Self::User(name) | Self::Apop { username: name, .. } => !name.is_ascii(),
            Self::Pass(password) => !password.expose().is_ascii(),
            _ => false,
        }
    }

    /// The line to send, or why the values can't be sent.
    pub(crate) fn encode(&self) -> Result<Encoded, &'static str> {
        let text = match self {
            Self::Capa => "CAPA".to_owned(),
            Self::Stls => "STLS".to_owned(),
            Self::User(name) => return secret_line("USER ", name),
            Self::Pass(password) => return secret_line("PASS ", password.expose()),
            Self::Auth { mechanism, initial } => return auth(mechanism, initial.as_ref()),
            Self::Apop { username, digest } => return apop(username, digest),
            Self::Utf8 => "UTF8".to_owned(),
            Self::Lang(None) => "LANG".to_owned(),
            Self::Lang(Some(range)) => format!("LANG {}", language_range(range)?),
            Self::Stat => "STAT".to_owned(),
            Self::List(None) => "LIST".to_owned(),
            Self::List(Some(number)) => format!("LIST {}", message(*number)?),
            Self::Uidl(None) => "UIDL".to_owned(),
            Self::Uidl(Some(number)) => format!("UIDL {}", message(*number)?),
            Self::Retr(number) => format!("RETR {}", message(*number)?),
            Self::Top(number, lines) => format!("TOP {} {lines}", message(*number)?),
            Self::Dele(number) => format!("DELE {}", message(*number)?),
            Self::Noop => "NOOP".to_owned(),
            Self::Rset => "RSET".to_owned(),
            Self::Quit => "QUIT".to_owned(),
        };
        Ok(Encoded { line: line(&[text.as_bytes()]), held: None })
    }
}

/// A line in its final size: growing would leave copies of a secret behind.
fn line(parts: &[&[u8]]) -> Secret<Vec<u8>> {
    let mut line = Vec::with_capacity(parts.iter().map(|part| part.len()).sum::<usize>() + 2);
    parts.iter().for_each(|part| line.extend_from_slice(part));
    line.extend_from_slice(b"\r\n");
    Secret::new(line)
}

/// Spaces are part of the value (RFC 1939, 7: PASS), and so are octets beyond ASCII, which servers take as UTF-8.
fn secret_line(word: &str, value: &str) -> Result<Encoded, &'static str> {
    if value.is_empty() {
        return Err("a value is empty");
    }
    if value.contains(['\r', '\n', '\0']) {
        return Err("a value holds CR, LF or NUL");
    }
    Ok(Encoded { line: line(&[word.as_bytes(), value.as_bytes()]), held: None })
}

/// ```abnf
/// apop = "APOP" SP name SP 32HEXDIG
/// ```
/// (RFC 1939, 7.) A name with a space would be two arguments.
fn apop(username: &str, digest: &Secret<String>) -> Result<Encoded, &'static str> {
    if username.is_empty() || username.contains(|letter: char| letter.is_control() || letter == ' ') {
        return Err("a name for APOP is empty or holds a space or a control character");
    }
    let digest = digest.expose().as_bytes();
    if digest.len() != 32 || !digest.iter().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f')) {
        return Err("not a digest of MD5 in lower-case hexadecimal");
    }
    Ok(Encoded { line: line(&[b"APOP ", username.as_bytes(), b" ", digest]), held: None })
}

/// ```abnf
/// language-range = (1*8ALPHA *("-" 1*8alphanum)) / "*"
/// ```
/// (RFC 4647, 2.1.)
fn language_range(range: &str) -> Result<&str, &'static str> {
    let subtag =
        |tag: &str| (1..=8).contains(&tag.len()) && tag.bytes().all(|octet| octet.is_ascii_alphanumeric());
    if range == "*" || range.split('-').all(subtag) { Ok(range) } else { Err("not the tag of a language") }
}

fn message(number: u32) -> Result<u32, &'static str> {
    if number == 0 { Err("message numbers begin at 1") } else { Ok(number) }
}

/// ```abnf
/// auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response] CRLF
/// initial-response = base64 / "="
/// ```
/// (RFC 5034, 4 and 6.)
fn auth(mechanism: &str, initial: Option<&Secret<Vec<u8>>>) -> Result<Encoded, &'static str> {
    let known =
        |octet: u8| octet.is_ascii_uppercase() || octet.is_ascii_digit() || matches!(octet, b'-' | b'_');
    if mechanism.is_empty() || mechanism.len() > 20 || !mechanism.bytes().all(known) {
        return Err("not the name of a mechanism");
    }
    let Some(initial) = initial else {
        return Ok(Encoded { line: line(&[b"AUTH ", mechanism.as_bytes()]), held: None });
    };
    let encoded = base64(initial.expose());
    let argument: &[u8] = if encoded.expose().is_empty() { b"=" } else { encoded.expose().as_bytes() };
    let whole = line(&[b"AUTH ", mechanism.as_bytes(), b" ", argument]);
    if whole.expose().len() <= LONGEST_LINE {
        return Ok(Encoded { line: whole, held: None });
    }
    Ok(Encoded { line: line(&[b"AUTH ", mechanism.as_bytes()]), held: Some(initial.clone()) })
}

fn base64(octets: &[u8]) -> Secret<String> {
    Secret::new(Base64::STANDARD.encode(octets))
}

/// The line that answers a challenge; `*` cancels (RFC 5034, 4).
pub(crate) fn answer(response: Option<&Secret<Vec<u8>>>) -> Secret<Vec<u8>> {
    response.map_or_else(|| line(&[b"*"]), |response| line(&[base64(response.expose()).expose().as_bytes()]))
}

/// Of a command with its CRLF (RFC 2449, 4; RFC 5034, 4 on initial responses).
const LONGEST_LINE: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(command: &Command) -> String {
        String::from_utf8(command.encode().unwrap().line.expose().clone()).unwrap()
    }

    fn plain(length: usize) -> Command {
        Command::Auth { mechanism: "PLAIN".to_owned(), initial: Some(Secret::new(vec![b'a'; length])) }
    }

    #[test]
    fn rfc_1939_and_rfc_6856_commands_have_their_lines() {
        for (command, expected) in [
            (Command::List(None), "LIST\r\n"),
            (Command::List(Some(2)), "LIST 2\r\n"),
            (Command::Uidl(Some(4_294_967_295)), "UIDL 4294967295\r\n"),
            (Command::Top(1, 0), "TOP 1 0\r\n"),
            (Command::User("mr ose".to_owned()), "USER mr ose\r\n"),
            (Command::Pass(Secret::from(" tan staaf ")), "PASS  tan staaf \r\n"),
            (
                Command::Apop {
                    username: "mrose".to_owned(),
                    digest: Secret::from("c4c9334bac560ecc979e58001b3e22fb"),
                },
                "APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n",
            ),
            (Command::Utf8, "UTF8\r\n"),
            (Command::Lang(None), "LANG\r\n"),
            (Command::Lang(Some("*".to_owned())), "LANG *\r\n"),
            (Command::Lang(Some("en-boont".to_owned())), "LANG en-boont\r\n"),
        ] {
            assert_eq!(sent(&command), expected);
        }
    }

    #[test]
    fn rfc_5034_6_plain_example_and_the_empty_initial_response() {
        let initial = Some(Secret::new(b"test\0test\0test".to_vec()));
        let command = Command::Auth { mechanism: "PLAIN".to_owned(), initial };
        assert_eq!(sent(&command), "AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=\r\n");
        assert_eq!(sent(&plain(0)), "AUTH PLAIN =\r\n");
    }

    #[test]
    fn rfc_5034_4_an_initial_response_beyond_255_octets_waits_for_the_challenge() {
        // 11 octets of command, 240 of base64, 2 of line end.
        assert_eq!(sent(&plain(180)).len(), 253);
        assert!(plain(180).encode().unwrap().held.is_none());
        assert_eq!(sent(&plain(181)), "AUTH PLAIN\r\n");
        assert_eq!(plain(181).encode().unwrap().held.unwrap().expose().len(), 181);
    }

    #[test]
    fn values_that_would_be_another_line_are_not_sent() {
        for bad in ["a\r", "a\nQUIT", "\0", ""] {
            assert!(Command::User(bad.to_owned()).encode().is_err(), "{bad:?}");
            assert!(Command::Pass(Secret::from(bad)).encode().is_err(), "{bad:?}");
            assert!(Command::Auth { mechanism: bad.to_owned(), initial: None }.encode().is_err(), "{bad:?}");
        }
        for (username, digest) in [
            ("", "c4c9334bac560ecc979e58001b3e22fb"),
            ("m rose", "c4c9334bac560ecc979e58001b3e22fb"),
            ("mrose", "c4c9334bac560ecc979e58001b3e22f"),
            ("mrose", "C4C9334BAC560ECC979E58001B3E22FB"),
            ("mrose", "c4c9334bac560ecc979e58001b3e22f\n"),
        ] {
            let command = Command::Apop { username: username.to_owned(), digest: Secret::from(digest) };
            assert!(command.encode().is_err(), "{username:?} {digest:?}");
        }
        for tag in ["", "de\r", "de DE", "-", "de-", "abcdefghi"] {
            assert!(Command::Lang(Some(tag.to_owned())).encode().is_err(), "{tag:?}");
        }
        let long = Command::Auth { mechanism: "A".repeat(21), initial: None };
        assert!(long.encode().is_err());
        assert!(Command::Retr(0).encode().is_err());
        assert!(Command::Dele(0).encode().is_err());
    }

    #[test]
    fn debug_output_shows_no_password() {
        let command = Command::Pass(Secret::from("sesame"));
        assert!(!format!("{command:?} {:?}", command.encode()).contains("sesame"));
    }
}
