//! Octets of a command on their way out, and what of them a log may show: who writes a value says so, nobody searches for
//! secrets afterwards.

use std::fmt::Write as _;
use std::ops::{Deref, Range};
use zeroize::Zeroizing;

/// Octets that are sent at once. Wiped when dropped: passwords pass through here.
#[derive(Clone, Default)]
pub(crate) struct Fragment {
    octets: Zeroizing<Vec<u8>>,
    /// What a log does not show, in order.
    hidden: Vec<(Range<usize>, Hiding)>,
    /// The server's `+` comes before it.
    pub(crate) awaits: bool,
    /// It has no octets of its own: so many are handed in by the owner.
    pub(crate) supplied: Option<Supplied>,
}

/// Octets of a literal that the owner hands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Supplied {
    pub(crate) octets: u64,
    /// NUL is allowed: a literal8 (RFC 3516).
    pub(crate) binary: bool,
}

/// Why octets are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hiding {
    /// Not even their number is shown.
    Secret,
    /// A literal: it may be long, and it may be somebody's mail. Its number of octets is shown.
    Literal,
}

impl Fragment {
    /// Octets that are sent after the server's `+`.
    pub(crate) fn awaiting() -> Self {
        Self { awaits: true, ..Self::default() }
    }

    /// A place for octets of the owner.
    pub(crate) fn supplied(supplied: Supplied, awaits: bool) -> Self {
        Self { awaits, supplied: Some(supplied), ..Self::default() }
    }

    pub(crate) fn push(&mut self, octets: &[u8], hiding: Option<Hiding>) {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        let Some(hiding) = hiding.filter(|_| !octets.is_empty()) else { return };
        match self.hidden.last_mut() {
            Some((range, before)) if *before == hiding && range.end == start => range.end = self.octets.len(),
            _ => self.hidden.push((start..self.octets.len(), hiding)),
        }
    }

    /// The octets without a copy: they may be a whole message.
    pub(crate) fn into_octets(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.octets)
    }

    /// How long it is without its literals.
    pub(crate) fn line_octets(&self) -> usize {
        let literals = self.hidden.iter().filter(|(_, hiding)| *hiding == Hiding::Literal);
        self.octets.len() - literals.map(|(range, _)| range.len()).sum::<usize>()
    }

    /// What a log shows of it.
    pub(crate) fn shown(&self) -> String {
        let mut text = String::new();
        let mut from = 0;
        for (range, hiding) in &self.hidden {
            show(&mut text, self.octets.get(from..range.start).unwrap_or_default());
            match hiding {
                Hiding::Secret => text.push_str(HIDDEN),
                Hiding::Literal => elide(&mut text, range.len() as u64),
            }
            from = range.end;
        }
        show(&mut text, self.octets.get(from..).unwrap_or_default());
        text
    }
}

impl Deref for Fragment {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.octets
    }
}

/// Octets as a log shows them: CRLF as a new line, other control characters as escapes.
pub(crate) fn show(text: &mut String, octets: &[u8]) {
    for character in String::from_utf8_lossy(octets).chars() {
        match character {
            '\r' => {}
            '\n' => text.push('\n'),
            control if control.is_control() => text.extend(control.escape_default()),
            other => text.push(other),
        }
    }
}

/// Stands for a literal in a log.
pub(crate) fn elide(text: &mut String, octets: u64) {
    // Writing to a string does not fail.
    let _ = write!(text, "{{{octets} octets}}");
}

/// Stands for a secret in a log.
pub(crate) const HIDDEN: &str = "[hidden]";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_shows_neither_secrets_nor_how_long_they_are() {
        let mut fragment = Fragment::default();
        fragment.push(b"w1 LOGIN ", None);
        fragment.push(b"\"pass", Some(Hiding::Secret));
        fragment.push(b"word\"", Some(Hiding::Secret));
        fragment.push(b" {3+}\r\n", None);
        fragment.push(b"abc", Some(Hiding::Literal));
        fragment.push(b"\x07\r\n", None);
        assert_eq!(fragment.shown(), "w1 LOGIN [hidden] {3+}\n{3 octets}\\u{7}\n");
        assert_eq!(fragment.line_octets(), fragment.len() - 3);
    }
}
