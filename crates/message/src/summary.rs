//! A whole message for a list line.

use crate::lowercase::lowercase;
use crate::tree::Tree;
use crate::view::Headers;
use crate::{Address, Summary, attachment, body, header, thread};

/// Takes a whole message apart for a list line.
#[must_use]
pub fn summary(octets: &[u8]) -> Summary {
    settled(&Tree::of(octets), octets).0
}

/// The same, and whether more text could not change it.
pub(crate) fn settled(tree: &Tree<'_>, octets: &[u8]) -> (Summary, bool) {
    if tree.is_empty() {
        return (Summary { snippet: snippet(&body::loose_text(octets)).0, ..Summary::default() }, false);
    }
    let headers = Headers::of(tree);
    let mut from = headers.addresses("from");
    if from.is_empty() {
        from = headers.addresses("sender");
    }
    let html = body::html(tree);
    let to_all = headers.addresses("to");
    let (snippet, is_full) = snippet(&body::text(tree));
    let summary = Summary {
        from: from.first().map(shown).unwrap_or_default().to_owned(),
        from_address: from.first().map(|one| one.address.clone()).unwrap_or_default(),
        to: bounded_line(to_all.iter().map(shown).collect::<Vec<_>>().join(", ")),
        subject: bounded_line(headers.text("subject")),
        snippet,
        date: headers.date(),
        attachment: attachment::any(tree, html.as_deref()),
        thread: thread::keys(&headers),
        senders: from,
        reply_to: headers.addresses("reply-to"),
        to_all,
        cc: headers.addresses("cc"),
        list_id: headers.raw("list-id").find_map(list_id),
    };
    (summary, is_full)
}

/// ```abnf
/// list-id-header = "List-ID:" [phrase] "<" list-id ">"
/// ```
/// Some lists leave out the brackets.
fn list_id(raw: &[u8]) -> Option<String> {
    let text = header::text(raw, None);
    let inner =
        text.rsplit_once('<').map_or(text.as_str(), |(_, rest)| rest.split('>').next().unwrap_or(rest));
    let id = lowercase(inner.trim());
    (!id.is_empty()).then_some(id)
}

/// As much of it as a list line may hold. The message itself shows all of it.
fn bounded_line(mut line: String) -> String {
    if let Some((end, _)) = line.char_indices().nth(LONGEST_LINE) {
        line.truncate(end);
    }
    line
}

fn shown(address: &Address) -> &str {
    if address.name.is_empty() { &address.address } else { &address.name }
}

/// The first words that the sender wrote; if there are none, the first words. And whether it is as long as it may be by the former.
fn snippet(text: &str) -> (String, bool) {
    let (own, is_full) = one_line(own_lines(text));
    if own.is_empty() { (one_line(text.lines()).0, false) } else { (own, is_full) }
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

/// The start of the lines with single spaces between the words, and whether there was more.
fn one_line<'x>(lines: impl Iterator<Item = &'x str>) -> (String, bool) {
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
    (cut(&line).trim_end().to_owned(), length > LONGEST_SNIPPET)
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
/// Characters of a subject, or of all names in a row of recipients. A line of a message has at most 998 octets (RFC 5322, 2.1.1).
const LONGEST_LINE: usize = 998;
/// What fits into a wide list line.
const LONGEST_SNIPPET: usize = 140;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_small_whatever_the_header_says() {
        let to: Vec<String> = (0..5_000).map(|number| format!("reader{number}@x")).collect();
        let message = format!("To: {}\r\nSubject: {}\r\n\r\nx", to.join(",\r\n "), "\u{e9}".repeat(100_000));
        let found = summary(message.as_bytes());
        assert_eq!(found.subject.chars().count(), 998);
        assert_eq!(found.to.chars().count(), 998);
        assert_eq!(found.to_all.len(), 5_000);
    }

    #[test]
    fn rules_and_threads_find_what_they_compare() {
        let found = summary(
            b"From: a@x, B <b@x>\r\nReply-To: r@x\r\nTo: c@x\r\nCc: d@x,\r\n e@x\r\nSubject: [l] Re: lamp\r\nMessage-ID: <1@x>\r\n\
              In-Reply-To: <0@x>\r\nList-Id: The \"<list>\" <Keepers.Lists.Example>\r\n\r\nx",
        );
        let addresses = |list: &[Address]| list.iter().map(|one| one.address.clone()).collect::<Vec<_>>();
        assert_eq!(addresses(&found.senders), ["a@x", "b@x"]);
        assert_eq!(addresses(&found.reply_to), ["r@x"]);
        assert_eq!(
            found.recipients().map(|one| one.address.as_str()).collect::<Vec<_>>(),
            ["c@x", "d@x", "e@x"]
        );
        assert_eq!(found.list_id.as_deref(), Some("keepers.lists.example"));
        assert_eq!(found.thread.message_id.as_deref(), Some("1@x"));
        assert_eq!(
            (found.thread.references, found.thread.base_subject),
            (vec!["0@x".to_owned()], "lamp".to_owned())
        );
        assert_eq!(summary(b"List-Id: keepers.example\r\n\r\n").list_id.as_deref(), Some("keepers.example"));
        assert_eq!(summary(b"List-Id: <>\r\n\r\n").list_id, None);
    }

    fn words(text: &str) -> String {
        snippet(text).0
    }

    #[test]
    fn quotes_and_signature_are_left_out_if_anything_else_remains() {
        let reply = "Kim wrote on Monday:\n> shall we?\n\nYes,   let us.\nAt\tnoon.\n-- \nRobin\n";
        assert_eq!(words(reply), "Yes, let us. At noon.");
        assert_eq!(words("> only\n> a quote\n"), "> only > a quote");
        assert_eq!(words("-- \nRobin"), "-- Robin");
        assert_eq!(words(""), "");
        assert_eq!(words("a:\nb"), "a: b");
    }

    #[test]
    fn invisible_fillers_and_spaces_collapse() {
        assert_eq!(words("Sale\u{a0}\u{34f}\u{200b} \u{feff}\u{ad}today"), "Sale today");
        assert_eq!(words("می\u{200c}روم"), "می\u{200c}روم", "a joiner that belongs to the script stays");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(words(&"灯".repeat(500)).chars().count(), LONGEST_SNIPPET);
        let family = "👩\u{200d}👩\u{200d}👧";
        let text = format!("{}{family}", "x".repeat(138));
        assert_eq!(words(&text), "x".repeat(138));
        let accents = format!("{}e\u{301}", "x".repeat(139));
        assert_eq!(words(&accents), "x".repeat(139));
        assert_eq!(words(&"\u{301}".repeat(300)), "");
    }
}
