//! UTF8=ACCEPT and UTF8=ONLY (RFC 6855; RFC 9755). After `ENABLE UTF8=ACCEPT` names of mailboxes are UTF-8, quoted strings hold
//! it, and SEARCH has no charset: the machine sees to that. A server with UTF8=ONLY takes nothing else. APPEND of a message whose
//! header holds UTF-8 is [`crate::commands::Content::Utf8`].

use super::{Extension, NOTHING};

pub(super) const EXTENSION: Extension = Extension { capabilities: &["UTF8=ACCEPT", "UTF8=ONLY"], ..NOTHING };

#[cfg(test)]
mod tests {
    use crate::Command;
    use crate::commands::{Append, Appended, Content};
    use crate::encode::{Encoder, Peer};
    use crate::types::{Capabilities, Flag, MailboxName};

    #[test]
    fn rfc_6855_4_append_is_written() {
        let append = |message: &str| -> Command {
            let content = Content::Utf8(message.as_bytes().to_vec().into());
            let message = Appended { flags: vec![Flag::Seen], content, ..Appended::new(Vec::new()) };
            Append { mailbox: MailboxName::new("Entwürfe"), messages: vec![message] }.into()
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
