//! From a FETCH answer to the line of a list.

use waypost_imap::types::{Address, BodyStructure, Envelope, Fetched, Flag, Flags};
use waypost_message::{ThreadKeys, header_text};
use waypost_store::{MessageId, MessageRow};

/// The line of a message whose body is not here. Absent items leave their field empty.
pub(super) fn row(id: MessageId, fetched: &Fetched) -> MessageRow {
    let envelope = fetched.envelope();
    // Group marks have no host.
    let named = |address: &Address<'_>| address.host.is_some();
    let sender = envelope.and_then(|envelope| envelope.from().chain(envelope.sender()).find(named));
    let to = envelope.into_iter().flat_map(Envelope::to).filter(named);
    MessageRow {
        id: id.to_string(),
        from: sender.as_ref().map(shown).unwrap_or_default(),
        from_address: sender.as_ref().map(address_text).unwrap_or_default(),
        to: to.map(|address| shown(&address)).collect::<Vec<_>>().join(", "),
        subject: envelope.and_then(Envelope::subject).as_deref().map(header_text).unwrap_or_default(),
        snippet: String::new(),
        date: fetched.internal_date.map_or(0, |date| date.unix_seconds.saturating_mul(1000)),
        size: fetched.size.unwrap_or_default(),
        flags: fetched.flags().map(flag_texts).unwrap_or_default(),
        attachment: fetched.body_structure().is_some_and(has_attachment),
        body: false,
        waiting: false,
        thread: 0,
        content: None,
        sha256: None,
        origin: None,
        copy_of: None,
    }
}

/// By what a message finds its thread, as far as ENVELOPE says it: References are not in it.
pub(super) fn thread_keys(fetched: &Fetched) -> ThreadKeys {
    let Some(envelope) = fetched.envelope() else { return ThreadKeys::default() };
    let mut header = Vec::new();
    for (name, value) in [("Message-ID", envelope.message_id()), ("In-Reply-To", envelope.in_reply_to())] {
        let value = value.unwrap_or_default();
        // A server's line ends would begin another field.
        let value = value.iter().filter(|octet| !matches!(octet, b'\r' | b'\n'));
        header.extend(format!("{name}: ").bytes().chain(value.copied()).chain(*b"\r\n"));
    }
    waypost_message::thread_keys(&header)
}

/// Flags as rows hold them; `\Recent` is of the session, not of the message.
pub(super) fn flag_texts(flags: Flags<'_>) -> Vec<String> {
    let text = |flag: Flag| {
        Some(match flag {
            Flag::Seen => "\\Seen".to_owned(),
            Flag::Answered => "\\Answered".to_owned(),
            Flag::Flagged => "\\Flagged".to_owned(),
            Flag::Deleted => "\\Deleted".to_owned(),
            Flag::Draft => "\\Draft".to_owned(),
            Flag::Keyword(keyword) => keyword,
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
fn shown(address: &Address<'_>) -> String {
    let name = address.name.as_deref().map(header_text).unwrap_or_default();
    if name.trim().is_empty() { address_text(address) } else { name }
}

fn address_text(address: &Address<'_>) -> String {
    let part = |octets: Option<&[u8]>| octets.map(header_text).unwrap_or_default();
    format!("{}@{}", part(address.mailbox.as_deref()), part(address.host.as_deref()))
}

/// Whether a reader would speak of an attachment: a part that says so, or one with a file name that is not shown in the text.
fn has_attachment(structure: BodyStructure<'_>) -> bool {
    if structure.is_multipart() {
        return structure.parts().any(has_attachment);
    }
    match structure.disposition() {
        Some(disposition) if disposition.kind == "attachment" => true,
        Some(disposition) if disposition.kind == "inline" => false,
        _ => {
            structure.kind() != "text"
                && structure.id().is_none()
                && structure.parameters().named("name").is_some()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(items: &str) -> Fetched {
        Fetched::parse(1, format!("({items})").as_bytes()).expect("items")
    }

    #[test]
    fn an_attachment_is_what_says_so_or_has_a_file_name() {
        let text = r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1)"#;
        for (part, attachment) in [
            (text, false),
            (r#"("TEXT" "PLAIN" ("NAME" "a.pdf") NIL NIL "7BIT" 1 1)"#, false),
            (r#"("text" "plain" ("name" "a.pdf") NIL NIL "base64" 1 1 NIL ("ATTACHMENT" NIL))"#, true),
            (r#"("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 1)"#, true),
            (r#"("image" "png" ("name" "a.png") "<1@a>" NIL "base64" 1)"#, false),
            (r#"("image" "png" ("name" "a.png") NIL NIL "base64" 1 NIL ("inline" NIL))"#, false),
        ] {
            let fetched = fetched(&format!(r#"BODYSTRUCTURE ({text}{part} "MIXED")"#));
            assert_eq!(fetched.body_structure().map(has_attachment), Some(attachment), "{part}");
        }
    }

    #[test]
    fn an_envelope_says_which_message_it_is_and_which_it_answers() {
        let envelope = r#"ENVELOPE (NIL NIL NIL NIL NIL NIL NIL NIL "<1@a> <2@a>" " <3@a>")"#;
        let keys = thread_keys(&fetched(envelope));
        assert_eq!(keys.message_id.as_deref(), Some("3@a"));
        assert_eq!(keys.references, ["1@a", "2@a"]);
        assert_eq!(thread_keys(&Fetched::default()), ThreadKeys::default());
    }

    #[test]
    fn a_line_has_decoded_words_and_needs_no_item() {
        let id = MessageId { account: 1, mailbox: 2, uidvalidity: 3, uid: 4 };
        let bare = row(id, &Fetched::default());
        assert_eq!((bare.id.as_str(), bare.subject.as_str(), bare.body), ("1.2.3.4", "", false));
        let line = row(
            id,
            &fetched(
                r#"FLAGS (\Seen \Recent $Work) INTERNALDATE "01-Jan-1970 01:00:05 +0100" ENVELOPE (NIL "=?utf-8?q?Gr=C3=BC=C3=9Fe?=" (("=?utf-8?q?R=C3=B6bin?=" NIL "robin" "waypost.example")) NIL NIL ((NIL NIL "friends" NIL)(NIL NIL "robin" "waypost.example")) NIL NIL NIL NIL)"#,
            ),
        );
        assert_eq!((line.subject.as_str(), line.from.as_str()), ("Grüße", "Röbin"));
        assert_eq!(
            (line.from_address.as_str(), line.to.as_str()),
            ("robin@waypost.example", "robin@waypost.example")
        );
        assert_eq!((line.date, line.flags), (5000, vec!["\\Seen".to_owned(), "$Work".to_owned()]));
    }
}
