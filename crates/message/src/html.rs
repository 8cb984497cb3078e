//! HTML into plain text for reading, searching and snippets. It is no sanitiser: its result is text, never markup.
//!
//! Each octet is looked at a bounded number of times, whatever the markup.

use crate::entity;

/// The text of a piece of HTML. Lines end in LF. Where it is cut, a tag or comment without end is no text.
pub(crate) fn to_text(html: &str, is_cut: bool) -> String {
    let mut reader = Reader { rest: html, is_cut, quotes_close: true, comments_close: true };
    let mut page = Page::default();
    while let Some(token) = reader.next() {
        match token {
            Token::Text(text) => page.text(text),
            Token::Open(name) => {
                if SKIPPED.contains(&name.as_str()) {
                    reader.skip_past_end_of(&name);
                } else {
                    page.open(&name);
                }
            }
            Token::Close(name) => page.close(&name),
        }
    }
    page.finish()
}

enum Token<'x> {
    Text(&'x str),
    Open(String),
    Close(String),
}

struct Reader<'x> {
    rest: &'x str,
    is_cut: bool,
    /// Cleared when a quote in a tag is never closed: then quotes are no longer minded, and no text is read twice.
    quotes_close: bool,
    comments_close: bool,
}

impl<'x> Reader<'x> {
    fn next(&mut self) -> Option<Token<'x>> {
        loop {
            let next = self.rest.as_bytes().get(1);
            if self.rest.is_empty() {
                return None;
            }
            if !self.rest.starts_with('<')
                || !next.is_some_and(|octet| octet.is_ascii_alphabetic() || b"/!?".contains(octet))
            {
                return Some(Token::Text(self.take_text()));
            }
            if self.rest.starts_with("<!--") {
                self.skip_comment();
                continue;
            }
            let tag = self.take_tag();
            let inner = tag.trim_start_matches('<').trim_end_matches('>');
            let (closes, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
            let end =
                inner.find(|letter: char| letter.is_whitespace() || letter == '/').unwrap_or(inner.len());
            let name = inner[..end].to_ascii_lowercase();
            return Some(if closes { Token::Close(name) } else { Token::Open(name) });
        }
    }

    /// Up to the next `<` after the first letter.
    fn take_text(&mut self) -> &'x str {
        let first = self.rest.chars().next().map_or(0, char::len_utf8);
        let end = self.rest[first..].find('<').map_or(self.rest.len(), |end| first + end);
        self.take(end)
    }

    fn take_tag(&mut self) -> &'x str {
        if self.quotes_close {
            if let Some(end) = end_of_tag(self.rest) {
                return self.take(end + 1);
            }
            self.quotes_close = false;
        }
        self.take(self.end_of_open())
    }

    /// Where a tag or comment ends whose own end is missing.
    fn end_of_open(&self) -> usize {
        let end = self.rest.find('>').filter(|_| !self.is_cut);
        end.map_or(self.rest.len(), |end| end + 1)
    }

    fn skip_comment(&mut self) {
        if self.comments_close {
            if let Some(end) = self.rest.find("-->") {
                self.take(end + 3);
                return;
            }
            self.comments_close = false;
        }
        self.take(self.end_of_open());
    }

    /// An element that is never closed hides all that follows, as in a browser.
    fn skip_past_end_of(&mut self, name: &str) {
        loop {
            let Some(at) = self.rest.find("</") else {
                self.rest = "";
                return;
            };
            self.take(at);
            if self.rest.get(2..2 + name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                self.take_tag();
                return;
            }
            self.take(2);
        }
    }

    fn take(&mut self, end: usize) -> &'x str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// The `>` of a tag, not one within quotes.
fn end_of_tag(tag: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = b'<';
    for (at, octet) in tag.bytes().enumerate() {
        match quote {
            Some(open) if octet == open => quote = None,
            Some(_) => {}
            // A quote begins a value only after `=`; elsewhere it is a stray one.
            None if matches!(octet, b'"' | b'\'') && before == b'=' => quote = Some(octet),
            None if octet == b'>' => return Some(at),
            None => {}
        }
        if !octet.is_ascii_whitespace() {
            before = octet;
        }
    }
    None
}

/// What has been written, and what stands between it and the next word.
#[derive(Default)]
struct Page {
    written: String,
    line_ends: usize,
    space: bool,
    quote_depth: usize,
    preformatted: usize,
}

impl Page {
    fn open(&mut self, name: &str) {
        match name {
            "br" => {
                self.space = false;
                self.line_ends = if self.written.is_empty() { 0 } else { (self.line_ends + 1).min(2) };
            }
            "li" => {
                self.line_break(1);
                self.word("- ");
            }
            "hr" => {
                self.line_break(1);
                self.word("---");
                self.line_break(1);
            }
            "td" | "th" => self.space = true,
            "blockquote" => {
                self.line_break(2);
                self.quote_depth = (self.quote_depth + 1).min(DEEPEST_QUOTE);
            }
            "pre" => {
                self.line_break(2);
                self.preformatted += 1;
            }
            _ => self.line_break(line_ends_around(name)),
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "blockquote" => {
                self.line_break(2);
                self.quote_depth = self.quote_depth.saturating_sub(1);
            }
            "pre" => {
                self.line_break(2);
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            "li" => self.line_break(1),
            "td" | "th" => self.space = true,
            _ => self.line_break(line_ends_around(name)),
        }
    }

    fn text(&mut self, text: &str) {
        let text = entity::decode(text);
        if self.preformatted > 0 {
            for (index, line) in text.split('\n').enumerate() {
                self.line_ends += usize::from(index > 0);
                self.word(line.trim_end());
            }
            return;
        }
        let mut rest = &text[..];
        while let Some(at) = rest.bytes().position(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n')) {
            self.word(&rest[..at]);
            self.space = true;
            rest = &rest[at + 1..];
        }
        self.word(rest);
    }

    fn line_break(&mut self, line_ends: usize) {
        if line_ends > 0 {
            self.space = false;
            if !self.written.is_empty() {
                self.line_ends = self.line_ends.max(line_ends);
            }
        }
    }

    fn word(&mut self, word: &str) {
        if word.is_empty() {
            return;
        }
        if self.line_ends > 0 || self.written.is_empty() {
            for _ in 0..self.line_ends {
                self.written.push('\n');
            }
            for _ in 0..self.quote_depth {
                self.written.push_str("> ");
            }
        } else if self.space && !self.written.ends_with(' ') {
            self.written.push(' ');
        }
        (self.line_ends, self.space) = (0, false);
        self.written.push_str(word);
    }

    fn finish(self) -> String {
        self.written.trim_end().to_owned()
    }
}

/// Line ends before and after an element: 2 leave an empty line.
fn line_ends_around(name: &str) -> usize {
    match name {
        "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "dl" | "table" | "figure" => 2,
        "div" | "tr" | "section" | "article" | "header" | "footer" | "main" | "nav" | "aside" | "center"
        | "address" | "dt" | "dd" | "form" | "fieldset" | "caption" | "figcaption" | "body" => 1,
        _ => 0,
    }
}

/// Elements whose content is not shown as text.
const SKIPPED: [&str; 7] = ["script", "style", "title", "template", "noframes", "xml", "svg"];
/// Deeper quotes are shown at this depth, so that a line can't grow with the nesting.
const DEEPEST_QUOTE: usize = 12;

#[cfg(test)]
mod tests {
    fn to_text(html: &str) -> String {
        super::to_text(html, false)
    }

    #[test]
    fn blocks_become_lines_and_white_space_collapses() {
        for (html, expected) in [
            ("<p>One\n  two</p><p>Three</p>", "One two\n\nThree"),
            ("a<br>b<br><br>c", "a\nb\n\nc"),
            ("<div>a</div><div>b <b>c</b>d</div>", "a\nb cd"),
            ("<h1>Title</h1>text", "Title\n\ntext"),
            ("<ul><li>a</li><li>b</ul>end", "- a\n- b\n\nend"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
            ("<blockquote>said<br>so</blockquote>yes", "> said\n> so\n\nyes"),
            ("<pre>a  b\n\n  c</pre>", "a  b\n\n  c"),
            ("x<hr>y", "x\n---\ny"),
        ] {
            assert_eq!(to_text(html), expected, "{html}");
        }
    }

    #[test]
    fn what_is_no_text_is_dropped() {
        let html = "<html><head><title>t</title><style>p{color:red}</style></head><body><script>if(a<b){}</script>\
                    <!-- <p>comment</p> -->shown<img alt='x > y' src=\"a\"><svg><text>no</text></svg></body></html>";
        assert_eq!(to_text(html), "shown");
    }

    #[test]
    fn entities_are_decoded_and_what_is_none_stays() {
        assert_eq!(
            to_text("a&nbsp;b &lt;i&gt; &eacute;&#233;&#xe9; &#150; &amp;amp; &unknown; AT&T &"),
            "a\u{a0}b <i> ééé – &amp; &unknown; AT&T &"
        );
        assert_eq!(to_text("&#0;&#x110000;x"), "\u{fffd}x");
    }

    #[test]
    fn broken_markup_still_gives_its_text() {
        assert_eq!(to_text("1 < 2 <b>bold"), "1 < 2 bold");
        assert_eq!(to_text("<a href=\"x>link</a> after"), "link after");
        assert_eq!(to_text("a<!-- never closed > b"), "a b");
        assert_eq!(to_text("a<style>p{} never closed"), "a");
        assert_eq!(to_text("a<b"), "a");
        assert_eq!(to_text("<"), "<");
    }

    #[test]
    fn hostile_markup_takes_linear_time() {
        for piece in
            ["<a b=\"", "<!--", "<style></", "<", "&", "<blockquote>", "<pre>\n", "<br>", "<head>", "&#"]
        {
            let html = piece.repeat(200_000);
            let started = std::time::Instant::now();
            let text = to_text(&html);
            assert!(started.elapsed().as_secs() < 20, "{piece}");
            assert!(text.len() <= html.len(), "{piece}");
        }
    }
}
