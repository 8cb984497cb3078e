//! INPROGRESS (RFC 9585): how far a long command is.

use super::{Extension, NOTHING};
use crate::grammar::core::{nil, nstring, number64, sp};
use crate::grammar::{Parsed, Reading};
use crate::types::ResponseCode;
use nom::Parser as _;
use nom::branch::alt;
use nom::character::complete::char;
use nom::combinator::map;

pub(super) const EXTENSION: Extension =
    Extension { capabilities: &["INPROGRESS"], codes: &[("INPROGRESS", resp_text_code)], ..NOTHING };

/// How far a command is. The unit is the server's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The tag of the command that this is about; [`crate::Client::command_of`] knows it.
    pub tag: Option<String>,
    /// How much is done.
    pub done: Option<u64>,
    /// How much there is to do.
    pub goal: Option<u64>,
}

/// ```abnf
/// resp-text-code =/ "INPROGRESS" [SP "(" inprogress-tag SP inprogress-state ")"]
/// inprogress-tag = quoted / nil
/// inprogress-state = nil SP nil / number SP nil / number SP nz-number
/// ```
fn resp_text_code<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    if input.first() == Some(&b']') {
        return Ok((input, ResponseCode::InProgress(Progress::default())));
    }
    let (rest, _) = char('(').parse(input)?;
    let (rest, tag) = nstring(rest, reading)?;
    let tag = tag.map(|tag| String::from_utf8_lossy(&tag).into_owned());
    let (rest, ()) = sp(rest, reading)?;
    let (rest, done) = state(rest)?;
    let (rest, ()) = sp(rest, reading)?;
    let (rest, goal) = state(rest)?;
    let (rest, _) = char(')').parse(rest)?;
    Ok((rest, ResponseCode::InProgress(Progress { tag, done, goal })))
}

fn state(input: &[u8]) -> Parsed<'_, Option<u64>> {
    alt((map(nil, |()| None), map(number64, Some))).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_9585_4_examples_read() {
        let code = |tag: Option<&str>, done, goal| {
            Some(ResponseCode::InProgress(Progress { tag: tag.map(str::to_owned), done, goal }))
        };
        let read = |text: &str| ResponseCode::parse(text.as_bytes());
        assert_eq!(read("[INPROGRESS]"), code(None, None, None));
        assert_eq!(read("[INPROGRESS (\"A001\" 454 1000)]"), code(Some("A001"), Some(454), Some(1000)));
        assert_eq!(read("[INPROGRESS (\"A001\" 175 NIL)]"), code(Some("A001"), Some(175), None));
        assert_eq!(read("[INPROGRESS (NIL NIL NIL)]"), code(None, None, None));
        assert!(matches!(read("[INPROGRESS (NIL)]"), Some(ResponseCode::Unparsed(_))));
    }
}
