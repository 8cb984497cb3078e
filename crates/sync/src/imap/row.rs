//! From a FETCH answer to the line of a list.

use waypost_imap::types::{Address, BodyStructure, Fetched, Flag};
use waypost_message::header_text;
use waypost_store::{MessageId, MessageRow};

/// The line of a message whose body is not here. Absent items leave their field empty.
pub(super) fn row(id: MessageId, fetched: &Fetched) -> MessageRow {
    let envelope = fetched.envelope.as_deref().cloned().unwrap_or_default();
    let sender = envelope.from.iter().chain(&envelope.sender).find(|address| address.host.is_some());
    let from_address = sender.map(address_text).unwrap_or_default();
    MessageRow {
        id: id.to_string(),
        from: sender.map(shown).unwrap_or_default(),
        from_address,
        to: envelope
            .to
            .iter()
            .filter(|address| address.host.is_some())
            .map(shown)
            .collect::<Vec<_>>()
            .join(", "),
        subject: envelope.subject.as_deref().map(header_text).unwrap_or_default(),
        snippet: String::new(),
        date: fetched.internal_date.map_or(0, |date| date.unix_seconds.saturating_mul(1000)),
        size: fetched.size.unwrap_or_default(),
        flags: fetched.flags.as_deref().map(flag_texts).unwrap_or_default(),
        attachment: fetched.body_structure.as_deref().is_some_and(has_attachment),
        body: false,
        waiting: false,
        sha256: None,
    }
}

/// Flags as rows hold them; `\Recent` is of the session, not of the message.
pub(super) fn flag_texts(flags: &[Flag]) -> Vec<String> {
    let text = |flag: &Flag| {
        Some(match flag {
            Flag::Seen => "\\Seen".to_owned(),
            Flag::Answered => "\\Answered".to_owned(),
            Flag::Flagged => "\\Flagged".to_owned(),
            Flag::Deleted => "\\Deleted".to_owned(),
            Flag::Draft => "\\Draft".to_owned(),
            Flag::Keyword(keyword) => keyword.clone(),
            _ => return None,
        })
    };
    flags.iter().filter_map(text).collect()
}

/// A flag as the protocol has it.
pub(super) fn flag(text: &str) -> Flag {
    match text.to_ascii_lowercase().as_str() {
        "\\seen" => Flag::Seen,
        "\\answered" => Flag::Answered,
        "\\flagged" => Flag::Flagged,
        "\\deleted" => Flag::Deleted,
        "\\draft" => Flag::Draft,
        _ => Flag::Keyword(text.to_owned()),
    }
}

/// The display name, or the address where there is none.
fn shown(address: &Address) -> String {
    let name = address.name.as_deref().map(header_text).unwrap_or_default();
    if name.trim().is_empty() { address_text(address) } else { name }
}

fn address_text(address: &Address) -> String {
    let part = |octets: &Option<Vec<u8>>| octets.as_deref().map(header_text).unwrap_or_default();
    format!("{}@{}", part(&address.mailbox), part(&address.host))
}

/// Whether a reader would speak of an attachment: a part that says so, or one with a file name that is not shown in the text.
fn has_attachment(structure: &BodyStructure) -> bool {
    match structure {
        BodyStructure::Multipart { parts, .. } => parts.iter().any(has_attachment),
        BodyStructure::Single { kind, parameters, id, disposition, .. } => match disposition {
            Some(disposition) if disposition.kind == "attachment" => true,
            Some(disposition) if disposition.kind == "inline" => false,
            _ => kind != "text" && id.is_none() && parameters.iter().any(|(name, _)| name == "name"),
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use waypost_imap::types::{DateTime, Disposition, Envelope};

    fn single(kind: &str, disposition: Option<&str>, name: bool) -> BodyStructure {
        BodyStructure::Single {
            kind: kind.to_owned(),
            subtype: "x".to_owned(),
            parameters: if name { vec![("name".to_owned(), b"a.pdf".to_vec())] } else { Vec::new() },
            id: None,
            encoding: "base64".to_owned(),
            octets: 1,
            disposition: disposition
                .map(|kind| Disposition { kind: kind.to_owned(), parameters: Vec::new() }),
            message: None,
        }
    }

    #[test]
    fn an_attachment_is_what_says_so_or_has_a_file_name() {
        for (part, attachment) in [
            (single("text", None, false), false),
            (single("text", None, true), false),
            (single("text", Some("attachment"), true), true),
            (single("application", None, true), true),
            (single("image", Some("inline"), true), false),
        ] {
            let mixed = BodyStructure::Multipart {
                parts: vec![single("text", None, false), part.clone()],
                subtype: "mixed".to_owned(),
                disposition: None,
            };
            assert_eq!(has_attachment(&mixed), attachment, "{part:?}");
        }
    }

    #[test]
    fn a_line_has_decoded_words_and_needs_no_item() {
        let id = MessageId { account: 1, mailbox: 2, uidvalidity: 3, uid: 4 };
        let mut fetched = Fetched::default();
        let bare = row(id, &fetched);
        assert_eq!((bare.id.as_str(), bare.subject.as_str(), bare.body), ("1.2.3.4", "", false));
        let address = |name: Option<&str>| Address {
            name: name.map(|name| name.as_bytes().to_vec()),
            mailbox: Some(b"robin".to_vec()),
            host: Some(b"waypost.example".to_vec()),
        };
        let group = Address { mailbox: Some(b"friends".to_vec()), ..Address::default() };
        fetched.envelope = Some(Box::new(Envelope {
            subject: Some(b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=".to_vec()),
            from: vec![address(Some("=?utf-8?q?R=C3=B6bin?="))],
            to: vec![group, address(None)],
            ..Envelope::default()
        }));
        fetched.internal_date = Some(DateTime { unix_seconds: 5, zone_minutes: 60 });
        fetched.flags = Some(vec![Flag::Seen, Flag::Recent, Flag::Keyword("$Work".to_owned())]);
        let line = row(id, &fetched);
        assert_eq!((line.subject.as_str(), line.from.as_str()), ("Grüße", "Röbin"));
        assert_eq!(
            (line.from_address.as_str(), line.to.as_str()),
            ("robin@waypost.example", "robin@waypost.example")
        );
        assert_eq!((line.date, line.flags), (5000, vec!["\\Seen".to_owned(), "$Work".to_owned()]));
    }
}
