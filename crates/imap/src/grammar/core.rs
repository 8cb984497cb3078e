//! Atoms, strings, numbers (RFC 9051, 4 and 9). What each octet goes through stands in [`super::octets`].

use super::{Again, Broken, Parsed, Reading, octets};
use crate::fault::Fault;
use crate::frame::STREAMED;
use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while, take_while1};
use nom::character::complete::char;
use nom::combinator::{map, map_opt, opt, value};
use nom::error::context;
use nom::sequence::{delimited, preceded};
use std::borrow::Cow;

/// What becomes of a fault while octets are read.
pub(crate) trait Forgive: Copy {
    /// Lets it pass, or breaks `rule` at `input`.
    fn forgive<'a>(self, fault: Fault, input: &'a [u8], rule: &'static str) -> Parsed<'a, ()>;
}

impl Forgive for Reading<'_> {
    fn forgive<'a>(self, fault: Fault, input: &'a [u8], rule: &'static str) -> Parsed<'a, ()> {
        Reading::forgive(self, fault, input, rule)
    }
}

/// A string of the server: held, or streamed past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text<'a> {
    Held(Cow<'a, [u8]>),
    Streamed(u64),
}

/// A string of the server as it stands in the response, without its quotes or its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Raw<'a> {
    octets: &'a [u8],
    /// Backslashes in it stand for what follows them.
    escaped: bool,
}

impl<'a> Raw<'a> {
    const fn plain(octets: &'a [u8]) -> Self {
        Self { octets, escaped: false }
    }

    /// Whether it is this word, in any case.
    pub(crate) fn is(self, word: &str) -> bool {
        self.octets.eq_ignore_ascii_case(word.as_bytes())
    }

    /// The string that is meant.
    pub(crate) fn text(self) -> Cow<'a, [u8]> {
        if !self.escaped {
            return Cow::Borrowed(self.octets);
        }
        let mut held = Vec::with_capacity(self.octets.len());
        let mut octets = self.octets.iter();
        while let Some(octet) = octets.next() {
            let escapes = *octet == b'\\' && matches!(octets.as_slice().first(), Some(b'"' | b'\\'));
            held.extend(if escapes { octets.next() } else { Some(octet) });
        }
        Cow::Owned(held)
    }
}

/// Breaks `rule` at `input`.
pub(crate) fn fail<'a, T>(input: &'a [u8], rule: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Error(Broken { at: input, rule }))
}

/// ```abnf
/// ATOM-CHAR = <any CHAR except atom-specials>
/// atom-specials = "(" / ")" / "{" / SP / CTL / list-wildcards / quoted-specials / resp-specials
/// ```
pub(crate) const fn is_atom_char(octet: u8) -> bool {
    octet > b' ' && octet < 0x7f && !matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
}

/// ```abnf
/// atom = 1*ATOM-CHAR
/// ```
/// An atom as servers send them: `]`, `*`, `%`, backslash and 8-bit octets occur in flags and names.
#[cfg_attr(for_speed, optimize(speed))]
pub(crate) fn loose_atom(input: &[u8]) -> Parsed<'_, &[u8]> {
    run(&octets::LOOSE, input)
}

/// The octets in front that are of a class; at least one.
#[cfg_attr(for_speed, optimize(speed))]
fn run<'a>(class: &octets::Class, input: &'a [u8]) -> Parsed<'a, &'a [u8]> {
    match input.split_at_checked(class.run(input)) {
        Some((found, rest)) if !found.is_empty() => Ok((rest, found)),
        _ => fail(input, ""),
    }
}

/// The name of a data item or a code: letters, digits, `-`, `.`, `=`, `_`.
pub(crate) fn name(input: &[u8]) -> Parsed<'_, &[u8]> {
    run(&octets::NAME, input)
}

/// ```abnf
/// SP = %x20
/// ```
/// Forgives more than one.
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
pub(crate) fn sp<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, ()> {
    match input {
        [b' ', b' ', ..] => no_sp(input, reading),
        [b' ', rest @ ..] => Ok((rest, ())),
        _ => fail(input, "SP"),
    }
}

/// No space: where a list or a line ends. Forgives spaces.
#[inline]
pub(crate) fn no_sp<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, ()> {
    if input.first() != Some(&b' ') {
        return Ok((input, ()));
    }
    let (rest, _) = take_while(|octet| octet == b' ').parse(input)?;
    reading.forgive(Fault::ExtraSpace, rest, "SP")
}

/// A space between two values of a list. Forgives more than one, and none.
#[inline]
pub(crate) fn gap<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, ()> {
    match input {
        [b' ', ..] => sp(input, reading),
        _ => reading.forgive(Fault::MissingSpace, input, "SP"),
    }
}

/// Spaces, or none, where it does not matter.
#[inline]
pub(crate) fn opt_sp(input: &[u8]) -> Parsed<'_, ()> {
    let mut rest = input;
    while let [b' ', after @ ..] = rest {
        rest = after;
    }
    Ok((rest, ()))
}

/// ```abnf
/// number = 1*DIGIT
/// number64 = 1*DIGIT
/// ```
/// A number beyond 64 bits is no number.
#[inline]
pub(crate) fn number64(input: &[u8]) -> Parsed<'_, u64> {
    if let Some((number, digits)) = octets::number(input) {
        return Ok((input.get(digits..).unwrap_or_default(), number));
    }
    digits(input)
}

fn digits(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(take_while1(|octet: u8| octet.is_ascii_digit()), |digits: &[u8]| {
        digits.iter().try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
    })
    .parse(input)
}

/// ```abnf
/// number = 1*DIGIT ; 0 <= n < 4,294,967,296
/// ```
#[inline]
pub(crate) fn number(input: &[u8]) -> Parsed<'_, u32> {
    if let Some((number, digits)) = octets::number(input) {
        // It has seven digits at most.
        return Ok((input.get(digits..).unwrap_or_default(), number as u32));
    }
    let (rest, number) = digits(input)?;
    match u32::try_from(number) {
        Ok(number) => Ok((rest, number)),
        Err(_) => fail(input, ""),
    }
}

/// ```abnf
/// body-fld-octets = number64
/// body-fld-lines = number64
/// ```
/// Servers send negative ones for what they could not count (MailKit issue 823): those are 0, as NIL is. mail.ru writes
/// `1.86931e+06` (MailKit issue 1838).
pub(crate) fn count<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, u64> {
    if let Ok((rest, number)) = number64(input)
        && rest.first() != Some(&b'.')
    {
        return Ok((rest, number));
    }
    let (rest, number) =
        alt((value(0, preceded(char('-'), number64)), value(0, nil), scientific)).parse(input)?;
    reading.forgive(Fault::OddCount, input, "number64")?;
    Ok((rest, number))
}

fn scientific(input: &[u8]) -> Parsed<'_, u64> {
    let number =
        take_while1(|octet: u8| octet.is_ascii_digit() || matches!(octet, b'.' | b'e' | b'E' | b'+'));
    map_opt(number, power_of_ten).parse(input)
}

/// Digits with a point and a power of ten, without what is behind the point then: the tables for any float weigh 12 KB in what a visitor
/// downloads. What is too large saturates; a size that large is refused elsewhere.
fn power_of_ten(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut shown = whole.bytes().chain(part.bytes());
    if whole.len() + part.len() == 0 || !shown.all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let moved = power.parse::<u8>().ok()?;
    let digits = whole.bytes().chain(part.bytes().chain(std::iter::repeat(b'0')).take(moved.into()));
    Some(digits.fold(0, |number: u64, digit| number.saturating_mul(10).saturating_add((digit - b'0').into())))
}

/// ```abnf
/// nil = "NIL"
/// ```
#[cfg_attr(for_speed, optimize(speed))]
#[inline]
pub(crate) fn nil(input: &[u8]) -> Parsed<'_, ()> {
    match input {
        [b'N' | b'n', b'I' | b'i', b'L' | b'l', rest @ ..]
            if !rest.first().is_some_and(|next| is_atom_char(*next)) =>
        {
            Ok((rest, ()))
        }
        _ => fail(input, "nil"),
    }
}

/// ```abnf
/// quoted = DQUOTE *QUOTED-CHAR DQUOTE
/// ```
/// A backslash before what needs none stands for itself (Domino). A quote inside that is not escaped (`"HTML""`, MailKit issue 485) is
/// told by another quote behind it that ends the string.
pub(crate) fn quoted<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, Cow<'a, [u8]>> {
    let (rest, raw) = quoted_raw(input, reading)?;
    Ok((rest, raw.text()))
}

#[inline]
fn quoted_raw<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, Raw<'a>> {
    let [b'"', inner @ ..] = input else { return fail(input, "quoted") };
    let length = octets::plain(inner);
    match inner.split_at_checked(length) {
        Some((plain, [b'"', rest @ ..])) if rest.first() != Some(&b'"') => Ok((rest, Raw::plain(plain))),
        _ => quoted_slowly(inner, length, reading),
    }
}

/// A quoted string with escapes or quotes inside, after its opening quote; `plain` octets of it mean themselves.
fn quoted_slowly<'a>(inner: &'a [u8], plain: usize, reading: impl Forgive) -> Parsed<'a, Raw<'a>> {
    let mut length = plain;
    let mut escaped = false;
    let ends_at =
        |length, escaped, rest| Ok((rest, Raw { octets: inner.get(..length).unwrap_or_default(), escaped }));
    loop {
        let after = inner.get(length..).unwrap_or_default();
        match after {
            [b'"', after @ ..] => {
                if after.first() != Some(&b'"') {
                    return ends_at(length, escaped, after);
                }
                let more = after.iter().take(QUOTES).take_while(|octet| **octet == b'"').count();
                if !matches!(after.get(more), None | Some(b' ' | b')')) {
                    return ends_at(length, escaped, after);
                }
                reading.forgive(Fault::UnescapedQuote, after, "QUOTED-CHAR")?;
                return ends_at(length + more, escaped, after.get(more..).unwrap_or_default());
            }
            [b'\\', next, after @ ..] => {
                if !matches!(next, b'"' | b'\\') {
                    reading.forgive(
                        Fault::UnescapedBackslash,
                        inner.get(length..).unwrap_or_default(),
                        "QUOTED-CHAR",
                    )?;
                }
                escaped = true;
                length += 2 + octets::plain(after);
            }
            _ => return fail(after, "QUOTED-CHAR"),
        }
    }
}

/// ```abnf
/// literal = "{" number64 ["+"] "}" CRLF *CHAR8
/// literal8 = "~{" number64 "}" CRLF *OCTET
/// ```
pub(crate) fn literal(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, _) = opt(char('~')).parse(input)?;
    let (rest, octets) = delimited(char('{'), number64, (opt(char('+')), char('}'))).parse(rest)?;
    let (rest, _) = alt((tag("\r\n"), tag("\n"))).parse(rest)?;
    match usize::try_from(octets) {
        Ok(octets) => take(octets).parse(rest),
        Err(_) => fail(input, "literal"),
    }
}

/// The mark that framing left for a literal it streamed.
fn streamed(input: &[u8]) -> Parsed<'_, u64> {
    delimited(tag(&[STREAMED][..]), number64, tag(&[STREAMED][..])).parse(input)
}

/// ```abnf
/// string = quoted / literal
/// ```
pub(crate) fn string<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, Cow<'a, [u8]>> {
    let (rest, raw) = string_raw(input, reading)?;
    Ok((rest, raw.text()))
}

/// A string as it stands in the response.
#[inline]
pub(crate) fn string_raw<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, Raw<'a>> {
    match input.first() {
        Some(b'"') => quoted_raw(input, reading),
        _ => context("string", map(literal, Raw::plain)).parse(input),
    }
}

/// ```abnf
/// nstring = string / nil
/// ```
/// Forgives an atom where a string belongs.
pub(crate) fn nstring<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, Option<Cow<'a, [u8]>>> {
    let (rest, raw) = nstring_raw(input, reading)?;
    Ok((rest, raw.map(Raw::text)))
}

/// An nstring as it stands in the response.
#[inline]
pub(crate) fn nstring_raw<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, Option<Raw<'a>>> {
    if let [b'"', ..] = input {
        let (rest, raw) = quoted_raw(input, reading)?;
        return Ok((rest, Some(raw)));
    }
    match nil(input) {
        Ok((rest, ())) => Ok((rest, None)),
        Err(_) => unquoted(input, reading),
    }
}

/// An nstring of which nothing is kept.
#[inline]
pub(crate) fn skip_nstring<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, ()> {
    match octets::after_text(input) {
        Some(rest) => Ok((rest, ())),
        None => nstring_raw(input, reading).map(|(rest, _)| (rest, ())),
    }
}

/// A literal, or an atom in its place.
fn unquoted<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, Option<Raw<'a>>> {
    if let Ok((rest, octets)) = literal(input) {
        return Ok((rest, Some(Raw::plain(octets))));
    }
    let (rest, atom) = context("nstring", loose_atom).parse(input)?;
    reading.forgive(Fault::AtomForString, input, "nstring")?;
    Ok((rest, Some(Raw::plain(atom))))
}

/// An nstring whose literal may have been streamed.
pub(crate) fn body_string<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Option<Text<'a>>> {
    if input.first() == Some(&STREAMED) {
        return map(streamed, |octets| Some(Text::Streamed(octets))).parse(input);
    }
    let (rest, held) = nstring(input, reading)?;
    Ok((rest, held.map(Text::Held)))
}

/// ```abnf
/// astring = 1*ASTRING-CHAR / string
/// ```
pub(crate) fn astring<'a>(input: &'a [u8], reading: impl Forgive) -> Parsed<'a, Cow<'a, [u8]>> {
    match input.first() {
        Some(b'"') => quoted(input, reading),
        _ => context("astring", map(alt((literal, loose_atom)), Cow::Borrowed)).parse(input),
    }
}

/// Items between parentheses with a space between them, maybe none. Forgives NIL for none and more spaces.
pub(crate) fn list<'a, T, F: Forgive>(
    input: &'a [u8],
    reading: F,
    mut item: impl FnMut(&'a [u8], F) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    let mut items = Vec::new();
    let (rest, ()) = each(input, reading, |input, reading| {
        let (rest, one) = item(input, reading)?;
        items.push(one);
        Ok((rest, ()))
    })?;
    Ok((rest, items))
}

/// A list of which nothing is kept but what `item` keeps.
#[inline]
pub(crate) fn each<'a, F: Forgive>(
    input: &'a [u8],
    reading: F,
    mut item: impl FnMut(&'a [u8], F) -> Parsed<'a, ()>,
) -> Parsed<'a, ()> {
    let [b'(', rest @ ..] = input else {
        let Ok((rest, ())) = nil(input) else { return fail(input, "list") };
        reading.forgive(Fault::NilForList, input, "list")?;
        return Ok((rest, ()));
    };
    let (mut rest, ()) = no_sp(rest, reading)?;
    loop {
        if let [b')', after @ ..] = rest {
            return Ok((after, ()));
        }
        let (after, ()) = item(rest, reading)?;
        rest = match after {
            [b' ', b')', ..] => no_sp(after, reading)?.0,
            // Lists of lists, such as addresses, have no space between them.
            [b' ', ..] => sp(after, reading)?.0,
            _ => after,
        };
    }
}

/// What follows an item of a line: the end, or a space and the next item. Forgives spaces.
pub(crate) fn onward<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ()> {
    match input {
        [b' ', next, ..] if *next != b' ' => sp(input, reading),
        _ => no_sp(input, reading),
    }
}

/// Items with a space before each, up to the end or to what is no space.
pub(crate) fn following<'a, T>(
    input: &'a [u8],
    reading: Reading<'_>,
    item: impl Fn(&'a [u8], Reading<'_>) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    let mut items = Vec::new();
    let mut rest = input;
    while rest.first() == Some(&b' ') && !rest.trim_ascii_start().is_empty() {
        let (after, ()) = sp(rest, reading)?;
        let (after, one) = item(after, reading)?;
        items.push(one);
        rest = after;
    }
    Ok((rest, items))
}

/// A list, or NIL where that is allowed.
pub(crate) fn nlist<'a, T, F: Forgive>(
    input: &'a [u8],
    reading: F,
    item: impl FnMut(&'a [u8], F) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    match nil(input) {
        Ok((rest, ())) => Ok((rest, Vec::new())),
        Err(_) => list(input, reading, item),
    }
}

/// [`each`], or NIL where that is allowed.
#[inline]
pub(crate) fn neach<'a, F: Forgive>(
    input: &'a [u8],
    reading: F,
    item: impl FnMut(&'a [u8], F) -> Parsed<'a, ()>,
) -> Parsed<'a, ()> {
    match nil(input) {
        Ok((rest, ())) => Ok((rest, ())),
        Err(_) => each(input, reading, item),
    }
}

/// The whole value of a FETCH item: it ends at a space, at the closing parenthesis or with the mark of a streamed literal. What
/// goes on differently is no such value, and no value if the response was cut.
pub(crate) fn item_value<'a, T>(
    mut parser: impl FnMut(&'a [u8]) -> Parsed<'a, T>,
) -> impl FnMut(&'a [u8]) -> Parsed<'a, T> {
    move |input| {
        let (rest, value) = parser(input)?;
        let ended = match rest.first() {
            Some(next) => matches!(next, b' ' | b')'),
            None => input.last() == Some(&STREAMED),
        };
        if ended { Ok((rest, value)) } else { fail(rest, "SP") }
    }
}

/// Skips one value of any shape, however broken inside: a balanced list, a string, a streamed literal, an atom. This is how
/// parsing goes on after something that is not understood. Depth needs no stack. A quote that never closes ends the skipping:
/// trying each quote anew would take the square of the length.
pub(crate) fn any_value(input: &[u8]) -> Parsed<'_, &[u8]> {
    let mut depth = 0_usize;
    let mut rest = input;
    loop {
        rest = match rest.first() {
            Some(b'(') => {
                depth += 1;
                rest.get(1..).unwrap_or_default()
            }
            Some(b')') if depth > 0 => {
                depth -= 1;
                rest.get(1..).unwrap_or_default()
            }
            Some(b' ') if depth > 0 => opt_sp(rest)?.0,
            // No atom has control characters; values that are broken do.
            Some(0..b' ' | 0x7f) if rest.first() != Some(&STREAMED) => rest.get(1..).unwrap_or_default(),
            Some(_) => skip_word(rest)?.0,
            None => return fail(input, "value"),
        };
        if depth == 0 {
            return take(input.len() - rest.len()).parse(input);
        }
    }
}

/// Passes over a quoted string; what is forgiven in it does not count, because nothing is read from it.
fn skip_quoted(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, _) = quoted_raw(input, Again)?;
    Ok((rest, ()))
}

fn skip_word(input: &[u8]) -> Parsed<'_, ()> {
    alt((value((), skip_quoted), value((), literal), value((), streamed), value((), loose_atom))).parse(input)
}

/// Unescaped quotes in a row that may stand for content: more were never seen, and counting a long row at each of its quotes
/// would take the square of its length.
const QUOTES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn nstring_(input: &[u8]) -> Parsed<'_, Option<Vec<u8>>> {
        nstring(input, Reading::lenient()).map(|(rest, text)| (rest, text.map(Cow::into_owned)))
    }
    fn quoted_(input: &[u8]) -> Parsed<'_, Vec<u8>> {
        quoted(input, Reading::lenient()).map(|(rest, text)| (rest, text.into_owned()))
    }
    fn count_(input: &[u8]) -> Parsed<'_, u64> {
        count(input, Reading::lenient())
    }

    #[test]
    fn strings_of_every_form_read() {
        assert_eq!(nstring_(b"\"a \\\"b\\\\\" x"), Ok((&b" x"[..], Some(b"a \"b\\".to_vec()))));
        assert_eq!(nstring_(b"{3}\r\na\r\n)"), Ok((&b")"[..], Some(b"a\r\n".to_vec()))));
        assert_eq!(nstring_(b"~{2+}\r\n\0\xff)"), Ok((&b")"[..], Some(vec![0, 0xff]))));
        assert_eq!(nstring_(b"nil)"), Ok((&b")"[..], None)));
        assert_eq!(nstring_(b"NILE)"), Ok((&b")"[..], Some(b"NILE".to_vec()))));
        assert!(string(b"\"open", Reading::lenient()).is_err());
        assert_eq!(quoted_(b"\"HTML\"\" NIL"), Ok((&b" NIL"[..], b"HTML\"".to_vec())));
        assert_eq!(quoted_(b"\"\"\"\" NIL"), Ok((&b" NIL"[..], b"\"\"".to_vec())));
        assert_eq!(quoted_(b"\"\" \"\""), Ok((&b" \"\""[..], Vec::new())));
        assert_eq!(quoted_(b"\"a\"\"b\")"), Ok((&b"\"b\")"[..], b"a".to_vec())));
        assert!(literal(b"{5}\r\nabc").is_err());
    }

    #[test]
    fn counts_that_are_no_numbers_are_read_all_the_same() {
        assert_eq!(count_(b"-1)"), Ok((&b")"[..], 0)));
        assert_eq!(count_(b"1.86931e+06)"), Ok((&b")"[..], 1_869_310)));
        assert_eq!(count_(b"NIL)"), Ok((&b")"[..], 0)));
        for (text, number) in [("1.e5", 100_000), ("12.5", 12), (".5e1", 5), ("1.5e255", u64::MAX)] {
            assert_eq!(count_(format!("{text})").as_bytes()), Ok((&b")"[..], number)), "{text}");
        }
        for odd in ["1.e.e", "e5", ".", "1.2+3", "1.2e", "1.2e+", "1.2e256", "1.2.3"] {
            assert!(count_(format!("{odd})").as_bytes()).is_err(), "{odd}");
        }
        assert_eq!(number(b"4294967296"), Err(nom::Err::Error(Broken { at: &b"4294967296"[..], rule: "" })));
    }

    #[test]
    fn any_value_ends_where_its_parentheses_do() {
        assert_eq!(
            any_value(b"(a (b \")\") {1}\r\n)) UID 5"),
            Ok((&b" UID 5"[..], &b"(a (b \")\") {1}\r\n))"[..]))
        );
        assert_eq!(any_value(b"12 x"), Ok((&b" x"[..], &b"12"[..])));
        assert!(any_value(b"((a)").is_err());
        assert!(any_value(b")").is_err());
    }
}
