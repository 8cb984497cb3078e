//! Items that are not spelt as usual, and those that are not understood.

use super::value;
use crate::grammar::core::{any_value, literal, name, opt_sp};
use crate::grammar::{self, Broken, Parsed, Reading};
use crate::types::{Fetched, Unparsed};
use nom::Parser as _;
use nom::bytes::complete::{take, take_while_m_n};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::delimited;

/// An item that is not spelt as usual, or that is `broken`: gives what follows it, or `None` where no item begins.
#[inline(never)]
pub(super) fn other_item<'a>(
    rest: &'a [u8],
    usual: Option<(&'static [u8], Option<Broken<'a>>)>,
    mark: usize,
    fetched: &mut Fetched,
    reading: Reading<'_>,
) -> Option<&'a [u8]> {
    let (item, after, read) = match usual {
        Some((item, broken)) => (item, rest.get(item.len()..).unwrap_or_default(), Err(broken)),
        None => {
            let (after, item) = name(rest).ok()?;
            (item, after, value(after, item, fetched, reading))
        }
    };
    match read {
        Ok((after, ())) => Some(after),
        Err(broken) => {
            reading.faults.take_back(mark);
            unknown_item(rest, item, after, broken, fetched)
        }
    }
}

/// Keeps the octets of an item that is not understood, whose value begins at `after`, and gives what follows it.
#[inline(never)]
fn unknown_item<'a>(
    rest: &'a [u8],
    item: &[u8],
    after: &'a [u8],
    broken: Option<Broken<'a>>,
    fetched: &mut Fetched,
) -> Option<&'a [u8]> {
    let (end, octets) = unknown_value(after).ok()?;
    // A literal that is not as long as announced: nobody can say where it ends, and what breaks behind it.
    let value = rest.get(rest.len() - octets.len() - end.len()..).unwrap_or_default();
    let broken = miscounted(value).map(|at| Broken { at, rule: "literal" }).or(broken);
    let breach = broken.map(|broken| grammar::breach(octets, end, broken.within("msg-att")));
    let name = rest.len() - octets.len() - end.len();
    let name = rest.get(..name).unwrap_or(item).trim_ascii_end();
    let name = String::from_utf8_lossy(name).into_owned();
    fetched.unparsed.push(Unparsed { name, octets: octets.to_vec(), breach });
    Some(end)
}

/// Skips the value of an item that is not understood, after the brackets of its name.
fn unknown_value(input: &[u8]) -> Parsed<'_, &[u8]> {
    let inner = |end: u8| take_while_m_n(0, SECTION, move |octet| octet != end);
    let (rest, _) = opt(delimited(char('['), inner(b']'), char(']'))).parse(input)?;
    let (rest, _) = opt(delimited(char('<'), inner(b'>'), char('>'))).parse(rest)?;
    let (rest, ()) = opt_sp(rest)?;
    if miscounted(rest).is_some() {
        let end = rest.trim_ascii_end();
        let end = end.strip_suffix(b")").unwrap_or(end).len();
        return take(end).parse(rest);
    }
    let mut end = any_value(rest)?.0;
    while !matches!(end, [] | [b' ' | b')', ..]) {
        end = any_value(end)?.0;
    }
    take(rest.len() - end.len()).parse(rest)
}

/// Where a literal ends that is not as long as announced: what follows it can't follow a value, or it is cut.
fn miscounted(input: &[u8]) -> Option<&[u8]> {
    let header = input.get(..LITERAL.min(input.len()))?;
    let end = header
        .iter()
        .position(|octet| *octet == b'\n')
        .filter(|_| matches!(input, [b'{', ..] | [b'~', b'{', ..]))?;
    match literal(input) {
        Ok(([] | [b' ' | b')', ..], _)) => None,
        Ok((rest, _)) => Some(rest),
        Err(_) => input.get(end + 1..),
    }
}

/// Longer than any head of a literal.
const LITERAL: usize = 32;

/// Longest section that is looked for in an item that is not understood. Longer ones would have to be longer than any list of
/// header fields we ask for; without a bound, brackets that never close would take the square of the length.
const SECTION: usize = 1000;
