//! UTF8=ACCEPT and UTF8=ONLY (RFC 6855; RFC 9755). After `ENABLE UTF8=ACCEPT` names of mailboxes are UTF-8, quoted strings hold
//! it, and SEARCH has no charset: the machine sees to that. A server with UTF8=ONLY takes nothing else.

use super::{Extension, NOTHING, Verb, commands};
use crate::encode::Encoder;
use crate::grammar::write_date_time;
use crate::types::{DateTime, Flag, MailboxName};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["UTF8=ACCEPT", "UTF8=ONLY"], ..NOTHING };

/// APPEND of a message whose header holds UTF-8 (RFC 6855, 4), once UTF8=ACCEPT is enabled. RFC 9755, which took its place, lets
/// the plain APPEND do the same. Its end tells [`crate::types::ResponseCode::AppendUid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendUtf8 {
    /// Where to.
    pub mailbox: MailboxName,
    /// With which flags.
    pub flags: Vec<Flag>,
    /// The internal date; `None` leaves it to the server.
    pub date: Option<DateTime>,
    /// The message, CRLF line ends.
    pub message: Vec<u8>,
}

commands!(AppendUtf8);

impl Verb for AppendUtf8 {
    fn needs(&self) -> &'static [&'static str] {
        &["UTF8=ACCEPT"]
    }

    /// ```abnf
    /// append = "APPEND" SP mailbox [SP flag-list] [SP date-time] SP append-data
    /// append-data =/ "UTF8" SP "(" literal8 ")"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.mailbox("APPEND ", &self.mailbox)?;
        encoder.text(" ");
        if !self.flags.is_empty() {
            encoder.flags(&self.flags)?;
            encoder.text(" ");
        }
        if let Some(date) = self.date {
            encoder.text(&write_date_time(date));
            encoder.text(" ");
        }
        if self.message.contains(&0) {
            return Err("a message with NUL octets can't be appended without BINARY");
        }
        encoder.text("UTF8 (");
        encoder.literal8(&self.message);
        encoder.text(")");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::encode::Peer;
    use crate::types::Capabilities;

    #[test]
    fn rfc_6855_4_append_is_written() {
        let append = |message: &str| -> Command {
            let (mailbox, message) = (MailboxName::new("Entwürfe"), message.as_bytes().to_vec());
            AppendUtf8 { mailbox, flags: vec![Flag::Seen], date: None, message }.into()
        };
        let capabilities = Capabilities::new(vec!["LITERAL+".to_owned()]);
        let peer = Peer { capabilities, utf8: true };
        let fragments = Encoder::command("a", &append("Subject: ä\r\n"), &peer).unwrap();
        let wire = "a APPEND \"Entwürfe\" (\\Seen) UTF8 (~{13+}\r\nSubject: ä\r\n)\r\n";
        assert_eq!(fragments[0].as_slice(), wire.as_bytes());
        assert!(Encoder::command("a", &append("\0"), &peer).is_err());
    }

    #[test]
    fn rfc_6855_3_strings_and_names_are_utf_8_where_it_is_enabled() {
        let sent = |name: &str, utf8| {
            let peer = Peer { utf8, ..Peer::default() };
            let fragments = Encoder::command("a", &Command::Create(MailboxName::new(name)), &peer).unwrap();
            fragments
                .iter()
                .map(|fragment| String::from_utf8_lossy(fragment).into_owned())
                .collect::<String>()
        };
        assert_eq!(sent("Entwürfe", true), "a CREATE \"Entwürfe\"\r\n");
        assert_eq!(sent("Entwürfe", false), "a CREATE Entw&APw-rfe\r\n");
        assert_eq!(sent("R&D", true), "a CREATE R&D\r\n");
        assert_eq!(sent("ä\nb", true), "a CREATE {4}\r\nä\nb\r\n");
    }
}
