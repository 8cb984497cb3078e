//! A whole message for a list line.

use crate::body::{self, Body};
use crate::view::Headers;
use crate::{Address, Summary, attachment, parse};
use mail_parser::HeaderName;

/// Takes a whole message apart for a list line.
#[must_use]
pub fn summary(octets: &[u8]) -> Summary {
    let bounded = parse::bounded(octets);
    let Some(message) = parse::parse(&bounded) else {
        return Summary { snippet: snippet(&body::loose_text(octets)), ..Summary::default() };
    };
    let body = Body::of(&message);
    let headers = Headers::of(&message);
    let mut from = headers.addresses(&HeaderName::From);
    if from.is_empty() {
        from = headers.addresses(&HeaderName::Sender);
    }
    let html = body.html(&message);
    Summary {
        from: from.first().map(shown).unwrap_or_default().to_owned(),
        from_address: from.into_iter().next().map(|one| one.address).unwrap_or_default(),
        to: headers.addresses(&HeaderName::To).iter().map(shown).collect::<Vec<_>>().join(", "),
        subject: headers.text(&HeaderName::Subject),
        snippet: snippet(&body.text(&message)),
        date: headers.date(),
        attachment: attachment::any(&message, &body, html.as_deref()),
    }
}

fn shown(address: &Address) -> &str {
    if address.name.is_empty() { &address.address } else { &address.name }
}

/// The first words that the sender wrote; if there are none, the first words.
fn snippet(text: &str) -> String {
    let own = one_line(own_lines(text));
    if own.is_empty() { one_line(text.lines()) } else { own }
}

/// Lines that are neither quotes, nor the line that introduces them, nor the signature.
fn own_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.lines().take_while(|line| *line != "-- " && *line != "--").peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let introduces =
                line.trim_end().ends_with(':') && lines.peek().is_some_and(|next| next.starts_with('>'));
            if !line.starts_with('>') && !introduces {
                return Some(line);
            }
        }
    })
}

/// The start of the lines with single spaces between the words.
fn one_line<'x>(lines: impl Iterator<Item = &'x str>) -> String {
    let mut line = String::new();
    let mut length = 0;
    for word in lines.flat_map(|line| line.split(is_filler)).filter(|word| !word.is_empty()) {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word.chars().count();
        if length > LONGEST_SNIPPET {
            break;
        }
    }
    cut(&line).trim_end().to_owned()
}

/// White space, and the invisible characters with which newsletters push their text out of the list line.
fn is_filler(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{ad}' | '\u{34f}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// Cut at a character that does not belong to the one before it.
fn cut(line: &str) -> &str {
    let mut starts = line.char_indices().skip(LONGEST_SNIPPET);
    let Some((mut end, mut next)) = starts.next() else { return line };
    while let Some((start, before)) = line[..end].char_indices().next_back() {
        if !(extends(next) || before == JOINER) {
            break;
        }
        (end, next) = (start, before);
    }
    &line[..end]
}

/// Combining marks, joiners, variation selectors and skin tones.
fn extends(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | JOINER | '\u{fe00}'..='\u{fe0f}' | '\u{20d0}'..='\u{20ff}' | '\u{1f3fb}'..='\u{1f3ff}')
}

const JOINER: char = '\u{200d}';
/// What fits into a wide list line.
const LONGEST_SNIPPET: usize = 140;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_signature_are_left_out_if_anything_else_remains() {
        let reply = "Kim wrote on Monday:\n> shall we?\n\nYes,   let us.\nAt\tnoon.\n-- \nRobin\n";
        assert_eq!(snippet(reply), "Yes, let us. At noon.");
        assert_eq!(snippet("> only\n> a quote\n"), "> only > a quote");
        assert_eq!(snippet("-- \nRobin"), "-- Robin");
        assert_eq!(snippet(""), "");
        assert_eq!(snippet("a:\nb"), "a: b");
    }

    #[test]
    fn invisible_fillers_and_spaces_collapse() {
        assert_eq!(snippet("Sale\u{a0}\u{34f}\u{200b} \u{feff}\u{ad}today"), "Sale today");
        assert_eq!(snippet("می\u{200c}روم"), "می\u{200c}روم", "a joiner that belongs to the script stays");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(snippet(&"灯".repeat(500)).chars().count(), LONGEST_SNIPPET);
        let family = "👩\u{200d}👩\u{200d}👧";
        let text = format!("{}{family}", "x".repeat(138));
        assert_eq!(snippet(&text), "x".repeat(138));
        let accents = format!("{}e\u{301}", "x".repeat(139));
        assert_eq!(snippet(&accents), "x".repeat(139));
        assert_eq!(snippet(&"\u{301}".repeat(300)), "");
    }
}
