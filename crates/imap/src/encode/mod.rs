//! Commands into octets (RFC 9051, 6 and 9). Every string becomes an atom, a quoted string or a literal as its octets need and
//! the server allows: no value can break out of its place.

use crate::command::Command;
use crate::grammar::is_atom_char;
use crate::types::{Capabilities, Flag, ListPattern, MailboxName, SequenceSet};
use waypost_wire::Base64;
use zeroize::Zeroizing;

mod base;
mod fetch;
mod fragment;
mod search;
#[cfg(test)]
mod tests;

pub(crate) use self::fragment::{Fragment, HIDDEN, Hiding, Supplied, elide, show};

/// What of the server's side decides how values are written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Peer {
    pub(crate) capabilities: Capabilities,
    /// Mailbox names go as UTF-8 (RFC 6855, 3; RFC 9051, 5.1).
    pub(crate) utf8: bool,
}

/// Writes one command. A fragment says whether the server's `+` is awaited before it.
pub(crate) struct Encoder {
    fragments: Vec<Fragment>,
    /// What is being written is not for a log.
    hiding: Option<Hiding>,
    capabilities: Capabilities,
    /// Literals up to this length need no `+` (RFC 7888).
    free_literal: usize,
    utf8: bool,
}

impl Encoder {
    /// The octets of a command with its tag and line end.
    ///
    /// # Errors
    /// The values can't be sent; says why.
    pub(crate) fn command(tag: &str, command: &Command, peer: &Peer) -> Result<Vec<Fragment>, &'static str> {
        let capabilities = &peer.capabilities;
        let free_literal = if capabilities.has("LITERAL+") {
            usize::MAX
        } else if capabilities.offers("LITERAL-") {
            4096
        } else {
            0
        };
        let mut encoder = Self {
            fragments: vec![Fragment::default()],
            hiding: None,
            capabilities: capabilities.clone(),
            free_literal,
            utf8: peer.utf8,
        };
        encoder.text(tag);
        encoder.text(" ");
        encoder.arguments(command)?;
        encoder.text("\r\n");
        Ok(encoder.fragments)
    }

    /// Whether the server named the capability, or one that holds it.
    pub(crate) fn has(&self, capability: &str) -> bool {
        self.capabilities.offers(capability)
    }

    pub(crate) fn octets(&mut self, octets: &[u8]) {
        if let Some(last) = self.fragments.last_mut() {
            last.push(octets, self.hiding);
        }
    }

    /// Writes what no log may show: passwords, tokens, whom they belong to.
    pub(crate) fn secret(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        let before = self.hiding.replace(Hiding::Secret);
        let written = write(self);
        self.hiding = before;
        written
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.octets(text.as_bytes());
    }

    /// A word of our own vocabulary or of the server's: must be an atom.
    pub(crate) fn word(&mut self, word: &str) -> Result<(), &'static str> {
        if word.is_empty() || !word.bytes().all(is_atom_char) {
            return Err("a name holds octets that IMAP does not allow in names");
        }
        self.text(word);
        Ok(())
    }

    /// ```abnf
    /// astring = 1*ASTRING-CHAR / string
    /// ```
    pub(crate) fn astring(&mut self, octets: &[u8]) -> Result<(), &'static str> {
        let is_nil = octets.eq_ignore_ascii_case(b"NIL");
        if !octets.is_empty() && !is_nil && octets.iter().all(|octet| is_atom_char(*octet)) {
            self.octets(octets);
            Ok(())
        } else {
            self.string(octets)
        }
    }

    /// ```abnf
    /// string = quoted / literal
    /// ```
    pub(crate) fn string(&mut self, octets: &[u8]) -> Result<(), &'static str> {
        if octets.contains(&0) {
            return Err("a text holds a NUL octet, which IMAP can't carry");
        }
        let quotable = octets.len() <= 1000 && self.can_quote(octets);
        if !quotable {
            self.literal(octets);
            return Ok(());
        }
        self.text("\"");
        for octet in octets {
            if matches!(octet, b'"' | b'\\') {
                self.text("\\");
            }
            self.octets(&[*octet]);
        }
        self.text("\"");
        Ok(())
    }

    /// ```abnf
    /// QUOTED-CHAR = <any TEXT-CHAR except quoted-specials> / "\\" quoted-specials / UTF8-2 / UTF8-3 / UTF8-4
    /// ```
    /// UTF-8 only where it is enabled (RFC 6855, 3; RFC 9051, 4.3). Control characters go in literals.
    fn can_quote(&self, octets: &[u8]) -> bool {
        let printable = |octet: &u8| matches!(octet, b' '..=b'~') || self.utf8 && *octet >= 0x80;
        octets.iter().all(printable) && std::str::from_utf8(octets).is_ok()
    }

    pub(crate) fn literal(&mut self, octets: &[u8]) {
        let free = octets.len() <= self.free_literal;
        self.text(&format!("{{{}{}}}\r\n", octets.len(), if free { "+" } else { "" }));
        if !free {
            self.fragments.push(Fragment::awaiting());
        }
        let before = self.hiding;
        self.hiding = before.or(Some(Hiding::Literal));
        self.octets(octets);
        self.hiding = before;
    }

    /// A literal whose octets the owner hands in while it is sent.
    pub(crate) fn supplied(&mut self, supplied: Supplied) {
        let free = usize::try_from(supplied.octets).is_ok_and(|octets| octets <= self.free_literal);
        let (tilde, plus) = (if supplied.binary { "~" } else { "" }, if free { "+" } else { "" });
        self.text(&format!("{tilde}{{{}{plus}}}\r\n", supplied.octets));
        self.fragments.push(Fragment::supplied(supplied, !free));
        self.fragments.push(Fragment::default());
    }

    /// ```abnf
    /// literal8 = "~{" number64 ["+"] "}" CRLF *OCTET
    /// ```
    pub(crate) fn literal8(&mut self, octets: &[u8]) {
        self.text("~");
        self.literal(octets);
    }

    /// ```abnf
    /// mailbox = "INBOX" / astring
    /// ```
    pub(crate) fn mailbox(&mut self, command: &str, mailbox: &MailboxName) -> Result<(), &'static str> {
        self.text(command);
        let octets = mailbox.to_wire(self.utf8);
        if mailbox.is_received() && octets.contains(&0) {
            self.literal(&octets);
            return Ok(());
        }
        self.astring(&octets)
    }

    /// ```abnf
    /// list-mailbox = 1*list-char / string
    /// ```
    pub(crate) fn list_mailbox(&mut self, pattern: &ListPattern) -> Result<(), &'static str> {
        let octets = pattern.to_wire(self.utf8);
        if pattern.is_received() && octets.contains(&0) {
            self.literal(&octets);
            return Ok(());
        }
        self.string(&octets)
    }

    /// Items with a space between them, in parentheses.
    pub(crate) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        self.text("(");
        for (index, one) in items.into_iter().enumerate() {
            self.text(if index == 0 { "" } else { " " });
            item(self, one)?;
        }
        self.text(")");
        Ok(())
    }

    pub(crate) fn set(&mut self, set: &SequenceSet) {
        self.text(&set.to_string());
    }

    pub(crate) fn flags(&mut self, flags: &[Flag]) -> Result<(), &'static str> {
        self.text("(");
        for (index, flag) in flags.iter().enumerate() {
            if index > 0 {
                self.text(" ");
            }
            self.flag(flag)?;
        }
        self.text(")");
        Ok(())
    }

    pub(crate) fn flag(&mut self, flag: &Flag) -> Result<(), &'static str> {
        match flag {
            Flag::Seen => self.text("\\Seen"),
            Flag::Answered => self.text("\\Answered"),
            Flag::Flagged => self.text("\\Flagged"),
            Flag::Deleted => self.text("\\Deleted"),
            Flag::Draft => self.text("\\Draft"),
            Flag::Recent | Flag::Any => return Err("\\Recent and \\* can't be set"),
            Flag::Keyword(keyword) => {
                let name = keyword.strip_prefix('\\').inspect(|_| self.text("\\")).unwrap_or(keyword);
                self.word(name)?;
            }
        }
        Ok(())
    }

    /// A flag inside a quoted string, where its backslash is written twice.
    pub(crate) fn flag_quoted(&mut self, flag: &Flag) -> Result<(), &'static str> {
        if !matches!(flag, Flag::Keyword(keyword) if !keyword.starts_with('\\')) {
            self.text("\\");
        }
        self.flag(flag)
    }

    /// A label of Gmail: quoted, in modified UTF-7 or in UTF-8.
    pub(crate) fn label(&mut self, label: &str) -> Result<(), &'static str> {
        if self.utf8 {
            self.string(label.as_bytes())
        } else {
            self.string(crate::mutf7::encode(label).as_bytes())
        }
    }
}

/// Base64 as SASL exchanges use it.
pub(crate) fn base64(octets: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Base64::STANDARD.encode(octets).into_bytes())
}
