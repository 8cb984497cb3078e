//! Which program the server is, as far as its greeting, its capabilities and its ID say, and what that means for us.

use crate::ext::id::Fields;
use crate::types::Capabilities;

/// What a server's line may hold.
struct Row {
    /// Stands in its greeting or in its name in ID.
    says: &'static str,
    /// It names this capability; empty for none.
    capability: &'static str,
    line_octets: usize,
}

/// Longest command lines, from servers' sources and their users' reports.
const ROWS: [Row; 6] = [
    Row { says: "Courier", capability: "", line_octets: 16_384 },
    Row { says: "Dovecot", capability: "", line_octets: 65_536 },
    Row { says: "Gimap", capability: "X-GM-EXT-1", line_octets: 16_384 },
    // Yahoo tells who it is by this capability only.
    Row { says: "Yahoo", capability: "XYMHIGHESTMODSEQ", line_octets: 1000 },
    Row { says: " IMAP4rev1 2007f.", capability: "", line_octets: 1000 },
    Row { says: "UW-IMAP", capability: "", line_octets: 1000 },
];

/// What is known of the server.
#[derive(Debug, Clone, Default)]
pub(super) struct Server {
    row: Option<usize>,
}

impl Server {
    /// How many octets a command line may have, with its line end.
    pub(super) fn line_octets(&self) -> usize {
        self.row.and_then(|row| ROWS.get(row)).map_or(LINE_OCTETS, |row| row.line_octets)
    }

    pub(super) fn greeted(&mut self, text: &str) {
        self.recognise(|row| text.contains(row.says));
    }

    pub(super) fn can(&mut self, known: &Capabilities) {
        self.recognise(|row| !row.capability.is_empty() && known.has(row.capability));
    }

    pub(super) fn named(&mut self, fields: &Fields) {
        let name = |(field, _): &&(String, Option<Vec<u8>>)| field.eq_ignore_ascii_case("name");
        let Some((_, Some(name))) = fields.iter().find(name) else { return };
        let name = String::from_utf8_lossy(name);
        self.recognise(|row| name.contains(row.says));
    }

    fn recognise(&mut self, is: impl Fn(&Row) -> bool) {
        self.row = ROWS.iter().position(is).or(self.row);
    }
}

/// What RFC 7162, 4 asks of servers, rounded down to what mail clients of long standing send.
const LINE_OCTETS: usize = 8000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_known_by_greeting_capability_and_id() {
        let mut server = Server::default();
        assert_eq!(server.line_octets(), 8000);
        server.greeted("Courier-IMAP ready. Copyright 1998-2022 Double Precision, Inc.");
        assert_eq!(server.line_octets(), 16_384);
        let mut server = Server::default();
        server.greeted("[CAPABILITY IMAP4rev1] localhost IMAP4rev1 2007f.404 at Mon");
        assert_eq!(server.line_octets(), 1000);
        let mut server = Server::default();
        server.can(&Capabilities::new(vec!["X-GM-EXT-1".to_owned()]));
        assert_eq!(server.line_octets(), 16_384);
        server.can(&Capabilities::new(vec!["IMAP4rev1".to_owned()]));
        assert_eq!(server.line_octets(), 16_384);
        server.named(&vec![("Name".to_owned(), Some(b"Dovecot".to_vec()))]);
        assert_eq!(server.line_octets(), 65_536);
    }
}
