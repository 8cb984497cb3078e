//! Content-Type and Content-Disposition (RFC 2045, 5.1; RFC 2183): what they say of the structure. File names, which mailers write in
//! more ways, are read by `parameter`.

use crate::parameter::{segment_of, unescape};

/// A type or disposition with its parameters, in lower case but for their values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Content {
    /// `text` of `text/plain`; or `attachment`.
    pub(crate) kind: String,
    /// `plain` of `text/plain`.
    pub(crate) subtype: Option<String>,
    parameters: Vec<(String, String)>,
}

impl Content {
    /// Reads the value of a field; `None` if it names no type.
    pub(crate) fn of(value: &[u8]) -> Option<Self> {
        let mut rest = Rest(value.trim_ascii());
        let (kind, end) = rest.word(b"/;");
        if kind.is_empty() {
            return None;
        }
        let subtype = if end == Some(b'/') { rest.word(b";").0 } else { String::new() };
        let mut parameters = Vec::new();
        while !rest.0.is_empty() {
            let (name, end) = rest.word(b";=");
            if end == Some(b'=') && !name.is_empty() {
                let value = rest.value();
                parameters.extend((!value.is_empty()).then_some((name, value)));
            }
        }
        Some(Self { kind, subtype: Some(subtype).filter(|name| !name.is_empty()), parameters })
    }

    /// Both names of a type.
    pub(crate) fn names(&self) -> (&str, Option<&str>) {
        (&self.kind, self.subtype.as_deref())
    }

    /// The value of a parameter; one in pieces is put together (RFC 2231).
    pub(crate) fn parameter(&self, wanted: &str) -> Option<String> {
        let mut pieces: Vec<(u32, bool, &str)> = Vec::new();
        for (name, value) in &self.parameters {
            if let Some((number, extended)) = segment_of(name, wanted)
                && !(number == 0 && pieces.iter().any(|(known, ..)| *known == 0))
            {
                pieces.push((number, extended, value));
            }
        }
        pieces.sort_by_key(|(number, ..)| *number);
        let texts = pieces.iter().map(|(number, extended, value)| {
            let whole = (*value, *value);
            let (_, value) =
                if *extended && *number == 0 { value.rsplit_once('\'').unwrap_or(whole) } else { whole };
            if *extended { text(&unescape(value.as_bytes())) } else { value.to_owned() }
        });
        (!pieces.is_empty()).then(|| texts.collect())
    }
}

/// What is not read yet. A line end outside quotes ends a word and a value: the semicolon may be missing there.
struct Rest<'x>(&'x [u8]);

impl Rest<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A name, up to one of the octets that end it, which is given. Quotes are no part of it.
    fn word(&mut self, ends: &[u8]) -> (String, Option<u8>) {
        let mut word = Vec::new();
        let end = loop {
            match self.next() {
                None | Some(b'\n') => break None,
                Some(octet) if ends.contains(&octet) => break Some(octet),
                Some(b'(') => self.comment(),
                Some(b'"' | b'\\') => {}
                Some(octet) => word.push(octet.to_ascii_lowercase()),
            }
        };
        (text(word.trim_ascii()), end)
    }

    /// Passes over a comment, which may hold others.
    fn comment(&mut self) {
        let mut depth = 1;
        while let Some(octet) = self.next() {
            match octet {
                b'\\' => _ = self.next(),
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            if depth == 0 || octet == b'\n' {
                return;
            }
        }
    }

    fn value(&mut self) -> String {
        let spaces = self.0.iter().take_while(|octet| matches!(octet, b' ' | b'\t' | b'\r')).count();
        self.0 = &self.0[spaces..];
        if self.0.first() == Some(&b'"') {
            self.next();
            return self.quoted();
        }
        let end = self.0.iter().position(|octet| matches!(octet, b';' | b'\n' | b'('));
        let (value, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        if self.next() == Some(b'(') {
            self.comment();
            self.word(b";");
        }
        text(value.trim_ascii())
    }

    fn quoted(&mut self) -> String {
        let mut value = Vec::new();
        while let Some(octet) = self.next() {
            match octet {
                b'"' => break,
                b'\\' => value.extend(self.next()),
                b'\r' | b'\n' => {}
                octet => value.push(octet),
            }
        }
        text(&value)
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
