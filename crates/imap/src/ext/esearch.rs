//! ESEARCH (RFC 4731; RFC 9051, 7.3.4): answers to SEARCH and SORT with RETURN, with what RFC 5267 (CONTEXT), RFC 6203 (FUZZY),
//! RFC 7162 (MODSEQ), RFC 7377 (MULTISEARCH) and RFC 9394 (PARTIAL) add to them.

use super::{Extension, NOTHING};
use crate::commands::PartialRange;
use crate::event::Response;
use crate::grammar::core::{any_value, astring, fail, list, name, nil, number, number64, onward, sp};
use crate::grammar::set::numbers;
use crate::grammar::{Parsed, Reading, breach, mailbox};
use crate::types::{MailboxName, NumberSet, Unparsed};
use nom::Parser as _;
use nom::character::complete::char;
use nom::combinator::{map, opt};
use nom::sequence::preceded;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["ESEARCH"],
    untagged: &[("ESEARCH", |input, reading| {
        let (rest, findings) = esearch_response(input, reading)?;
        Ok((rest, Response::ESearch(Box::new(findings))))
    })],
    ..NOTHING
};

/// What a search found. Absent items were not sent; nothing is unfolded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Findings {
    /// The tag of the command that asked. News of a search that goes on (RFC 5267) carry the tag it had.
    pub tag: Option<String>,
    /// The mailbox it is about (RFC 7377); `None` for the selected one.
    pub mailbox: Option<MailboxName>,
    /// UIDVALIDITY of that mailbox (RFC 7377).
    pub validity: Option<u32>,
    /// The numbers are UIDs.
    pub by_uid: bool,
    /// MIN
    pub min: Option<u32>,
    /// MAX
    pub max: Option<u32>,
    /// COUNT
    pub count: Option<u32>,
    /// ALL; after SORT in its order (RFC 5267, 3).
    pub all: Option<NumberSet>,
    /// MODSEQ: the highest of those found (RFC 7162, 3.1.10)
    pub mod_sequence: Option<u64>,
    /// PARTIAL: the window asked for and what is in it (RFC 9394, 3.1); none for NIL.
    pub partial: Option<(PartialRange, NumberSet)>,
    /// RELEVANCY: a score of 1 to 100 for each of ALL or PARTIAL, in step (RFC 6203, 4)
    pub relevancy: Option<Vec<u32>>,
    /// ADDTO and REMOVEFROM, in the order in which they are to be applied (RFC 5267, 4.3)
    pub changes: Vec<Alteration>,
    /// Items that are in no specification that we support, or broke theirs.
    pub unparsed: Vec<Unparsed>,
}

/// What changed in a result (RFC 5267, 4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// ADDTO: these came in, one after the other at this position, counted from 1; at 0 where a search has no order.
    Added {
        /// Where.
        position: u32,
        /// Which.
        numbers: NumberSet,
    },
    /// REMOVEFROM: these left from this position on.
    Removed {
        /// Where.
        position: u32,
        /// Which.
        numbers: NumberSet,
    },
}

/// ```abnf
/// esearch-response = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
/// ```
fn esearch_response<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Findings> {
    let mut findings = Findings::default();
    let mut rest = input;
    if rest.first() == Some(&b'(') {
        rest = search_correlator(rest, &mut findings, reading)?.0;
        rest = onward(rest, reading)?.0;
    }
    while !rest.is_empty() {
        let (after, item) = name(rest)?;
        if item.eq_ignore_ascii_case(b"UID") {
            findings.by_uid = true;
            rest = onward(after, reading)?.0;
            continue;
        }
        let (value, ()) = sp(after, reading)?;
        rest = match search_return_data(item, value, &mut findings, reading) {
            Ok((after, true)) if matches!(after.first(), None | Some(b' ')) => onward(after, reading)?.0,
            read => {
                let (end, octets) = any_value(value)?;
                let breach = match read {
                    Ok((_, false)) => None,
                    Ok((after, true)) => Some(crate::grammar::Broken { at: after, rule: "SP" }),
                    Err(nom::Err::Error(broken) | nom::Err::Failure(broken)) => Some(broken),
                    Err(nom::Err::Incomplete(_)) => None,
                };
                let breach =
                    breach.map(|broken| self::breach(octets, end, broken.within("search-return-data")));
                let name = String::from_utf8_lossy(item).into_owned();
                findings.unparsed.push(Unparsed { name, octets: octets.to_vec(), breach });
                onward(end, reading)?.0
            }
        };
    }
    Ok((rest, findings))
}

/// ```abnf
/// search-correlator = SP "(" one-correlator *(SP one-correlator) ")"
/// one-correlator = ("TAG" SP tag-string) / ("MAILBOX" SP astring) / ("UIDVALIDITY" SP nz-number)
/// ```
fn search_correlator<'a>(input: &'a [u8], findings: &mut Findings, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, _) = list(input, reading, |input, reading| {
        let (rest, word) = name(input)?;
        let (rest, ()) = sp(rest, reading)?;
        if word.eq_ignore_ascii_case(b"TAG") {
            let (rest, tag) = astring(rest, reading)?;
            findings.tag = Some(String::from_utf8_lossy(&tag).into_owned());
            Ok((rest, ()))
        } else if word.eq_ignore_ascii_case(b"MAILBOX") {
            let (rest, name) = mailbox::mailbox(rest, reading)?;
            findings.mailbox = Some(name);
            Ok((rest, ()))
        } else if word.eq_ignore_ascii_case(b"UIDVALIDITY") {
            let (rest, validity) = number(rest)?;
            findings.validity = Some(validity);
            Ok((rest, ()))
        } else {
            Ok((any_value(rest)?.0, ()))
        }
    })?;
    Ok((rest, ()))
}

/// ```abnf
/// search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "ALL" SP sequence-set / "COUNT" SP number / ...
/// ```
/// Gives `false` if the item is not known.
fn search_return_data<'a>(
    item: &[u8],
    input: &'a [u8],
    findings: &mut Findings,
    reading: Reading<'_>,
) -> Parsed<'a, bool> {
    let is = |name: &str| item.eq_ignore_ascii_case(name.as_bytes());
    let (rest, ()) = if is("MIN") {
        map(number, |value| findings.min = Some(value)).parse(input)?
    } else if is("MAX") {
        map(number, |value| findings.max = Some(value)).parse(input)?
    } else if is("COUNT") {
        map(number, |value| findings.count = Some(value)).parse(input)?
    } else if is("MODSEQ") {
        map(number64, |value| findings.mod_sequence = Some(value)).parse(input)?
    } else if is("ALL") {
        let (rest, all) = numbers(input, reading)?;
        findings.all = Some(all);
        (rest, ())
    } else if is("PARTIAL") {
        let (rest, partial) = partial(input, reading)?;
        findings.partial = Some(partial);
        (rest, ())
    } else if is("RELEVANCY") {
        let (rest, scores) = list(input, reading, |input, _| number(input))?;
        findings.relevancy = Some(scores);
        (rest, ())
    } else if is("ADDTO") {
        alterations(input, reading, |position, numbers| {
            findings.changes.push(Alteration::Added { position, numbers });
        })?
    } else if is("REMOVEFROM") {
        alterations(input, reading, |position, numbers| {
            findings.changes.push(Alteration::Removed { position, numbers });
        })?
    } else {
        return Ok((input, false));
    };
    Ok((rest, true))
}

/// ```abnf
/// ret-data-partial = "PARTIAL" SP "(" partial-range SP partial-results ")"
/// partial-range = partial-range-first / partial-range-last
/// partial-range-last = MINUS nz-number ":" MINUS nz-number
/// partial-results = sequence-set / "NIL"
/// ```
fn partial<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, (PartialRange, NumberSet)> {
    let (at, _) = char('(').parse(input)?;
    let (rest, minus) = opt(char('-')).parse(at)?;
    let (rest, first) = number(rest)?;
    let (rest, _) = char(':').parse(rest)?;
    let (rest, last) = match minus {
        Some(_) => preceded(char('-'), number).parse(rest)?,
        None => number(rest)?,
    };
    let range =
        if minus.is_some() { PartialRange::last(first, last) } else { PartialRange::first(first, last) };
    let Some(range) = range else { return fail(at, "partial-range") };
    let (rest, ()) = sp(rest, reading)?;
    let (rest, found) = match nil(rest) {
        Ok((rest, ())) => (rest, NumberSet::default()),
        Err(_) => numbers(rest, reading)?,
    };
    let (rest, _) = char(')').parse(rest)?;
    Ok((rest, (range, found)))
}

/// ```abnf
/// ret-data-addto = "ADDTO" SP "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")"
/// ret-data-removefrom = "REMOVEFROM" SP "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")"
/// ```
fn alterations<'a>(
    input: &'a [u8],
    reading: Reading<'_>,
    mut each: impl FnMut(u32, NumberSet),
) -> Parsed<'a, ()> {
    let (rest, all) = list(input, reading, |input, reading| {
        let (rest, position) = number(input)?;
        let (rest, ()) = sp(rest, reading)?;
        let (rest, numbers) = numbers(rest, reading)?;
        Ok((rest, (position, numbers)))
    })?;
    all.into_iter().for_each(|(position, numbers)| each(position, numbers));
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Findings {
        let (rest, findings) = esearch_response(input, Reading::lenient()).unwrap();
        assert_eq!(rest, b"");
        findings
    }
    fn set(ranges: &[(u32, u32)]) -> Option<NumberSet> {
        Some(NumberSet::new(ranges.iter().copied()))
    }

    #[test]
    fn rfc_4731_3_1_and_rfc_9051_7_3_4_examples_read() {
        let found = read(br#"(TAG "A282") MIN 2 COUNT 3"#);
        assert_eq!(
            (found.tag.as_deref(), found.min, found.count, found.by_uid),
            (Some("A282"), Some(2), Some(3), false)
        );
        let found = read(br#"(TAG "A285") UID MIN 7 MAX 3800 ALL 4:6,9"#);
        assert_eq!((found.by_uid, found.max, found.all), (true, Some(3800), set(&[(4, 6), (9, 9)])));
        assert_eq!(
            read(br#"(TAG "A284")"#),
            Findings { tag: Some("A284".to_owned()), ..Findings::default() }
        );
        assert_eq!(read(b""), Findings::default());
        assert_eq!(read(b"(TAG a1)  ALL 1:4294967295 ").all, set(&[(1, u32::MAX)]));
    }

    #[test]
    fn rfc_7162_3_1_10_example_reads() {
        let found = read(br#"(TAG "a") ALL 1:3,5 MODSEQ 1236"#);
        assert_eq!((found.all, found.mod_sequence), (set(&[(1, 3), (5, 5)]), Some(1236)));
    }

    #[test]
    fn rfc_5267_4_3_and_rfc_6203_4_examples_read() {
        let found = read(br#"(TAG "B01") UID ADDTO (0 32768:32769)"#);
        let numbers = NumberSet::new([(32768, 32769)]);
        assert_eq!(found.changes, [Alteration::Added { position: 0, numbers }]);
        let found = read(br#"(TAG "C01") REMOVEFROM (0 32768) ADDTO (1 2733 1 2730:2731)"#);
        let one = |first, last| NumberSet::new([(first, last)]);
        let changes = [
            Alteration::Removed { position: 0, numbers: one(32768, 32768) },
            Alteration::Added { position: 1, numbers: one(2733, 2733) },
            Alteration::Added { position: 1, numbers: one(2730, 2731) },
        ];
        assert_eq!(found.changes, changes);
        let found = read(br#"(TAG "A3") ALL 1,5,10 RELEVANCY (4 99 42)"#);
        assert_eq!(found.relevancy, Some(vec![4, 99, 42]));
    }

    #[test]
    fn rfc_9394_3_1_and_rfc_5267_4_4_examples_read() {
        let found = read(br#"(TAG "A02") UID PARTIAL (-1:-100 NIL)"#);
        assert_eq!(found.partial, Some((PartialRange::last(1, 100).unwrap(), NumberSet::default())));
        let found = read(br#"(TAG "A01") UID PARTIAL (23500:24000 55500:56000)"#);
        let window = PartialRange::first(23500, 24000).unwrap();
        assert_eq!(found.partial, Some((window, NumberSet::new([(55500, 56000)]))));
    }

    #[test]
    fn rfc_7377_2_1_examples_read() {
        let found = read(br#"(TAG "tag1" MAILBOX "folder1" UIDVALIDITY 1) UID ALL 4001,4003,4005,4007,4009"#);
        assert_eq!(found.mailbox, Some(MailboxName::new("folder1")));
        assert_eq!((found.validity, found.all.unwrap().count()), (Some(1), 5));
        let found = read(br#"(TAG "tag1" MAILBOX folder2&-banana UIDVALIDITY 503) UID ALL 3002,4004"#);
        assert_eq!(found.mailbox, Some(MailboxName::new("folder2&banana")));
    }

    #[test]
    fn what_is_not_understood_costs_only_itself() {
        let found = read(br#"(TAG "a" X-ODD (b c)) MIN x X-ODD (a "b)") ALL 3,x COUNT 4"#);
        assert_eq!((found.tag.as_deref(), found.count), (Some("a"), Some(4)));
        let names: Vec<_> =
            found.unparsed.iter().map(|one| (one.name.as_str(), one.breach.is_some())).collect();
        assert_eq!(names, [("MIN", true), ("X-ODD", false), ("ALL", true)]);
        assert_eq!(found.all, None);
    }
}
