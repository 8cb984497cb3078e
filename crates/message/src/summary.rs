//! A whole message for a list line.

use crate::lowercase::lowercase;
use crate::tree::Tree;
use crate::view::Headers;
use crate::{Address, Scan, Summary, attachment, body, header, thread};

/// Takes a whole message apart for a list line.
#[must_use]
pub fn summary(octets: &[u8]) -> Summary {
    line(&Tree::of(octets), octets)
}

/// The same of a message that was scanned.
#[must_use]
pub fn summary_scanned(scan: &Scan, octets: &[u8]) -> Summary {
    if scan.total == octets.len() as u64 {
        line(&Tree::scanned(octets, scan), octets)
    } else {
        summary(octets)
    }
}

fn line(tree: &Tree<'_>, octets: &[u8]) -> Summary {
    if tree.is_empty() {
        return Summary { snippet: snippet(&body::loose_text(octets), false).0, ..Summary::default() };
    }
    let headers = Headers::of(tree);
    let mut from = headers.addresses("from");
    if from.is_empty() {
        from = headers.addresses("sender");
    }
    let to_all = headers.addresses("to");
    Summary {
        from: from.first().map(shown).unwrap_or_default().to_owned(),
        from_address: from.first().map(|one| one.address.clone()).unwrap_or_default(),
        to: bounded_line(to_all.iter().map(shown).collect::<Vec<_>>().join(", ")),
        subject: bounded_line(headers.text("subject")),
        snippet: first_words(tree, &[BEGINNING, usize::MAX]),
        date: headers.date(),
        attachment: attachment::any(tree),
        thread: thread::keys(&headers),
        senders: from,
        reply_to: headers.addresses("reply-to"),
        to_all,
        cc: headers.addresses("cc"),
        list_id: headers.raw("list-id").find_map(list_id),
    }
}

/// The snippet, from the beginning of a long text where more of it changes nothing.
fn first_words(tree: &Tree<'_>, limits: &[usize]) -> String {
    let settled = limits.iter().find_map(|limit| {
        let (text, is_cut) = body::text(tree, *limit);
        let (snippet, is_full) = snippet(&text, is_cut);
        (is_full || !is_cut).then_some(snippet)
    });
    settled.unwrap_or_default()
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

/// The first words that the sender wrote; if there are none, the first words. And whether it is as long as it may be by the former,
/// whatever the cut did to the last of the text.
fn snippet(text: &str, is_cut: bool) -> (String, bool) {
    let enough = if is_cut { LONGEST_SNIPPET + LONGEST_ESCAPE } else { LONGEST_SNIPPET };
    let (own, is_full) = one_line(own_lines(text, is_cut), enough);
    if own.is_empty() { (one_line(text.lines(), enough).0, false) } else { (own, is_full) }
}

/// Lines that are neither quotes, nor the line that introduces them, nor the signature. Where the text is cut a quote may follow.
fn own_lines(text: &str, is_cut: bool) -> impl Iterator<Item = &str> {
    let mut lines = text.lines().take_while(|line| *line != "-- " && *line != "--").peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            let introduces =
                line.trim_end().ends_with(':') && lines.peek().map_or(is_cut, |next| next.starts_with('>'));
            if !line.starts_with('>') && !introduces {
                return Some(line);
            }
        }
    })
}

/// The start of the lines with single spaces between the words, and whether there were more than `enough` characters.
fn one_line<'x>(lines: impl Iterator<Item = &'x str>, enough: usize) -> (String, bool) {
    let mut line = String::new();
    let mut length = 0;
    for word in lines.flat_map(|line| line.split(is_filler)).filter(|word| !word.is_empty()) {
        if length > 0 {
            line.push(' ');
            length += 1;
        }
        line.push_str(word);
        length += word.chars().count();
        if length > enough {
            break;
        }
    }
    (cut(&line).trim_end().to_owned(), length > enough)
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
/// Octets of a text in which its first words are looked for before the rest is read. Undone from quoted-printable, they are still as
/// many as may come before HTML names its charset.
const BEGINNING: usize = 4 * 1024;
/// What fits into a wide list line.
const LONGEST_SNIPPET: usize = 140;
/// More characters than are shown of what stands for one and is cut in two, such as `&CounterClockwiseContourIntegral;`.
const LONGEST_ESCAPE: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scanner;
    use crate::samples::{Random, mutate, samples};

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
        snippet(text, false).0
    }

    #[test]
    fn what_is_cut_in_two_where_the_beginning_ends_is_not_in_a_snippet() {
        let shown = "wörd ".repeat(27);
        let tail = format!("{shown}abc&nbsp;more &CounterClockwiseContourIntegral;\u{20ac} words ").repeat(9);
        for at in BEGINNING - 330..BEGINNING - 90 {
            let html = format!("<p style=\"{}\">{tail}", "x".repeat(at));
            let quoted: Vec<String> = html
                .as_bytes()
                .chunks(25)
                .map(|line| line.iter().map(|octet| format!("={octet:02X}")).collect())
                .collect();
            let quoted = quoted.join("=\r\n");
            for (encoding, body) in [("8bit", &html), ("quoted-printable", &quoted)] {
                let message = format!(
                    "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"
                );
                let whole = first_words(&Tree::of(message.as_bytes()), &[usize::MAX]);
                assert_eq!(summary(message.as_bytes()).snippet, whole, "{encoding}, {at}");
                assert_eq!(whole.chars().count(), LONGEST_SNIPPET);
            }
        }
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

    /// The same in both ways, and the snippet that of the text as a whole.
    fn agrees(octets: &[u8]) -> String {
        let mut scanner = Scanner::new();
        scanner.push(octets);
        let found = summary_scanned(&scanner.finish(), octets);
        let shown = String::from_utf8_lossy(octets);
        assert_eq!(found, summary(octets), "{shown}");
        let tree = Tree::of(octets);
        if !tree.is_empty() {
            assert_eq!(found.snippet, first_words(&tree, &[usize::MAX]), "{shown}");
        }
        found.snippet
    }

    #[test]
    fn a_snippet_from_the_beginning_of_a_long_text_is_that_of_the_whole() {
        let texts = [
            "Shall we meet at noon, or later? ".repeat(300),
            format!("Kim wrote:\r\n{}\r\nYes, let us.\r\n", "> a quoted line\r\n".repeat(400)),
            format!("Short.\r\n{}", "> the rest is a quote\r\n".repeat(400)),
            format!("-- \r\n{}", "a long signature\r\n".repeat(400)),
            "caf=C3=A9 and more of it, line by line =\r\n".repeat(200),
            "zeile um zeile, \u{e9}\u{f6}\u{fc}\r\n".repeat(300),
        ];
        let html = |text: &str| format!("<p>{}</p>", text.replace("\r\n", "<br>\r\n"));
        let mut random = Random(20_261_129);
        for text in &texts {
            for encoding in ["7bit", "quoted-printable"] {
                let head = format!(
                    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n"
                );
                let plain = format!("From: Kim <kim@x>\r\nSubject: s\r\n{head}\r\n{text}");
                let both = format!(
                    "From: a@x\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n{head}\r\n{text}\r\n--b\r\n\
                     Content-Type: text/html; charset=utf-8\r\n\r\n{}\r\n--b--\r\n",
                    html(text)
                );
                for mut octets in [plain.into_bytes(), both.into_bytes()] {
                    agrees(&octets);
                    for _ in 0..20 {
                        mutate(&mut octets, &mut random);
                        agrees(&octets);
                    }
                }
            }
        }
        for octets in samples() {
            agrees(&octets);
        }
    }

    #[test]
    fn what_is_cut_does_not_decide_before_its_end_is_known() {
        let (words, css) = ("words of the sender ".repeat(9), "p { color: red }\n".repeat(600));
        for hidden in [format!("<!--[if mso]><p>{css}<![endif]-->"), format!("<img alt=\"a > {css}\">")] {
            let text = agrees(format!("Content-Type: text/html\n\n<p>{hidden}<p>{words}").as_bytes());
            assert!(text.starts_with("words of the sender"), "{text}");
        }
        let quote = "> a quoted line\n".repeat(600);
        let text = agrees(
            format!(
                "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n{quote}Mine.\n--b\n\n{words}\n--b--\n"
            )
            .as_bytes(),
        );
        assert!(text.starts_with("Mine. words"), "{text}");
        // The beginning ends between the line that introduces a quote and the quote.
        let before = "> a quoted line\n".repeat(BEGINNING / 16 - 12);
        let text = agrees(format!("\n{before}{words}:\n{quote}Mine.\n").as_bytes());
        assert_eq!(text, "Mine.");
    }
}
