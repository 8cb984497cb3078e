//! Where a long list of numbers can be cut: the answers to SEARCH and SORT (RFC 3501, 7.2.5; RFC 5256, 4) between two numbers, the
//! sets of ESEARCH and VANISHED (RFC 9051, 7.3.4; RFC 7162, 3.2.10) between two ranges.

use memchr::memrchr;

/// A cut in a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// Octets before the numbers: each piece begins with them.
    pub(super) heading: usize,
    /// Where the piece ends; the octet there stands between two numbers.
    pub(super) end: usize,
}

/// What stands between two numbers.
fn separator(opening: &[u8]) -> Option<u8> {
    let word = opening.strip_prefix(b"*")?.trim_ascii_start();
    let length = word.iter().take_while(|octet| octet.is_ascii_alphabetic()).count();
    let is = |name: &[u8]| word.get(..length).is_some_and(|word| word.eq_ignore_ascii_case(name));
    if is(b"SEARCH") || is(b"SORT") {
        Some(b' ')
    } else if is(b"ESEARCH") || is(b"VANISHED") {
        Some(b',')
    } else {
        None
    }
}

/// The first place after `piece` octets of `text` where the list can be cut, within [`MARGIN`]. `before` is the heading, if pieces
/// were cut before. Looks at the beginning and at the margin, not at what is between.
pub(super) fn cut(before: &[u8], text: &[u8], piece: usize) -> Option<Cut> {
    let opening = if before.is_empty() { text } else { before };
    let separator = separator(opening.get(..HEADING).unwrap_or(opening).trim_ascii_start())?;
    let heading = if before.is_empty() { heading(text, separator)? } else { 0 };
    let margin = text.get(piece..piece + MARGIN)?;
    let between = |octets: &[u8]| {
        matches!(octets, [before, between, after]
            if before.is_ascii_digit() && *between == separator && after.is_ascii_digit())
    };
    let end = piece + 1 + margin.windows(3).position(between)?;
    Some(Cut { heading, end })
}

/// How much comes before the numbers; `None` if there is no list of numbers.
fn heading(text: &[u8], separator: u8) -> Option<usize> {
    let opening = text.get(..HEADING).unwrap_or(text);
    if separator == b' ' {
        let heading = opening.iter().position(u8::is_ascii_digit)?;
        let words = opening.get(..heading)?.iter();
        return words
            .copied()
            .all(|octet| octet.is_ascii_alphabetic() || b"* ".contains(&octet))
            .then_some(heading);
    }
    // Nothing but the set follows the last space, and no parenthesis is open.
    let heading = memrchr(b' ', opening)? + 1;
    let count = |wanted: u8| opening.iter().filter(|octet| **octet == wanted).count();
    let set = opening.get(heading..)?;
    let is_set = !set.is_empty() && set.iter().all(|octet| octet.is_ascii_digit() || b",:".contains(octet));
    (is_set && count(b'(') == count(b')')).then_some(heading)
}

/// How long a piece is at least: what a driver takes from a socket at once.
pub(super) const PIECE: usize = 64 * 1024;

/// Within how many octets a list of numbers must have a place to be cut: a range of ESEARCH has 21 octets at most.
pub(super) const MARGIN: usize = 64;

/// Within how many octets the numbers must begin.
const HEADING: usize = 256;

#[cfg(test)]
mod tests {
    use super::super::{Frame, Framer};
    use super::*;
    use waypost_wire::Limits;

    #[test]
    fn lists_are_cut_between_numbers_and_nothing_else_is_cut() {
        let cut_of = |heading: &str, list: &str| {
            let text = format!("{heading}{}", list.repeat(100));
            cut(b"", text.as_bytes(), 300).map(|cut| {
                let (before, after) = text.split_at(cut.end);
                assert!(before.len() >= 300 && before.ends_with(|digit: char| digit.is_ascii_digit()));
                assert!(after.len() > 1 && after.as_bytes()[1].is_ascii_digit());
                (text[..cut.heading].to_owned(), after.chars().next().unwrap_or_default())
            })
        };
        let given = |heading: &str, separator| Some((heading.to_owned(), separator));
        assert_eq!(cut_of("* SEARCH ", "4711 815 "), given("* SEARCH ", ' '));
        assert_eq!(cut_of("*  sort ", "4711 815 "), given("*  sort ", ' '));
        assert_eq!(
            cut_of("* ESEARCH (TAG \"a\") UID ALL ", "4711:4800,9,"),
            given("* ESEARCH (TAG \"a\") UID ALL ", ',')
        );
        assert_eq!(cut_of("* VANISHED (EARLIER) ", "1,3:5,"), given("* VANISHED (EARLIER) ", ','));
        assert_eq!(cut_of("* ESEARCH UID PARTIAL (1:500 ", "4711:4800,9,"), None);
        assert_eq!(cut_of("* SEARCH ", "words and words "), None);
        assert_eq!(cut_of("* FLAGS (", "4711 815 "), None);
        assert_eq!(cut_of("* OK SEARCH ", "4711 815 "), None);
        assert_eq!(cut(b"", b"* SEARCH 1 2", 300), None);
    }

    /// How the octets are cut, and what comes of it: what the parsers get, how many octets were searched, and how many were held
    /// at most beside what was just handed in.
    fn framed(octets: &[u8], size: usize) -> (Vec<Vec<u8>>, usize, usize) {
        let mut framer = Framer::new(Limits::default());
        let (mut given, mut held) = (Vec::new(), 0);
        for chunk in octets.chunks(size) {
            framer.push(chunk);
            while let Some(frame) = framer.next().expect("within the limits") {
                if matches!(frame, Frame::Response | Frame::Piece) {
                    given.push(framer.response().to_vec());
                    framer.advance();
                }
            }
            held = held.max(framer.held());
        }
        (given, framer.looked_at, held)
    }

    #[test]
    fn a_long_list_costs_its_length_and_holds_a_piece_however_it_comes() {
        let numbers: Vec<String> = (1_000_000..1_200_000).map(|number| number.to_string()).collect();
        let (spaces, commas) = (numbers.join(" "), numbers.join(","));
        for (heading, list, end) in [
            ("* SEARCH ", &spaces, " (MODSEQ 7)\r\n"),
            ("* SORT ", &spaces, "\r\n"),
            ("* ESEARCH (TAG \"a\") UID ALL ", &commas, " MODSEQ 7\r\n"),
            ("* VANISHED (EARLIER) ", &commas, "\r\n"),
        ] {
            let octets = format!("{heading}{list}{end}").into_bytes();
            let (whole, ..) = framed(&octets, octets.len());
            let separator = if list.contains(' ') { " " } else { "," };
            let stripped = |piece: &Vec<u8>| {
                let text = String::from_utf8(piece.clone()).expect("ASCII");
                text.strip_prefix(heading).expect("each piece has the heading").to_owned()
            };
            let again: Vec<String> = whole.iter().map(stripped).collect();
            assert_eq!(
                format!("{heading}{}", again.join(separator)),
                format!("{heading}{list}{end}").trim_end()
            );
            for size in [1, 7, 1000, PIECE, octets.len()] {
                let (given, looked_at, held) = framed(&octets, size);
                assert!(given == whole, "{heading} in chunks of {size}");
                assert!(
                    looked_at < octets.len() + whole.len() * 2 * MARGIN,
                    "{looked_at} of {}",
                    octets.len()
                );
                assert!(held <= size + 2 * PIECE + HEADING, "{held} held in chunks of {size}");
            }
        }
    }

    #[test]
    fn bodies_and_short_lines_cost_their_length_however_they_come() {
        let mut octets = Vec::new();
        for number in 0..40 {
            octets.extend_from_slice(format!("* {number} FETCH (BODY[] {{50000}}\r\n").as_bytes());
            octets.resize(octets.len() + 50_000, b'\n');
            octets.extend_from_slice(b" UID 7)\r\n* 7 EXISTS\r\n");
        }
        let text = octets.len() - 40 * 50_000;
        for size in [1, 1000, PIECE, octets.len()] {
            let (given, looked_at, held) = framed(&octets, size);
            assert_eq!(given.len(), 80);
            // The line feed behind each announcement of a literal is looked at twice.
            assert!((text..=text + 40).contains(&looked_at), "{looked_at} of {text} in chunks of {size}");
            assert!(held <= size + 100, "{held} held in chunks of {size}");
        }
    }

    #[test]
    fn a_line_of_another_kind_is_searched_once_up_to_its_limit() {
        let mut octets = b"* FLAGS (".to_vec();
        octets.resize(900_000, b'x');
        octets.extend_from_slice(b")\r\n* SEARCH ");
        octets.resize(octets.len() + 900_000, b'y');
        octets.extend_from_slice(b"\r\n");
        for size in [1, 1000, octets.len()] {
            let (given, looked_at, _) = framed(&octets, size);
            assert_eq!((given.len(), looked_at), (2, octets.len()));
        }
    }
}
