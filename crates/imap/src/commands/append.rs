//! APPEND in all its forms (RFC 9051, 6.3.12; MULTIAPPEND, RFC 3502; CATENATE, RFC 4469; BINARY, RFC 3516; UTF8, RFC 6855, 4;
//! annotations, RFC 5257, 4.6). REPLACE, which takes the same messages, is in `ext/replace.rs`.

use crate::command::{Command, Message};
use crate::encode::{Encoder, Supplied};
use crate::ext::catenate::Url;
use crate::ext::{Verb, commands};
use crate::grammar::write_date_time;
use crate::types::{AnnotationEntry, DateTime, Flag, MailboxName};

/// APPEND of one message or of several; of several all or none are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Where to.
    pub mailbox: MailboxName,
    /// What; at least one.
    pub messages: Vec<Appended>,
}

/// A message to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// With which flags.
    pub flags: Vec<Flag>,
    /// The internal date; `None` leaves it to the server.
    pub date: Option<DateTime>,
    /// Annotations it has from the beginning.
    pub annotations: Vec<AnnotationEntry>,
    /// Its octets.
    pub content: Content,
}

/// The octets of a message to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// As they are.
    Plain(Message),
    /// With NUL octets: parts in the encoding `binary` (RFC 3516, 4.4).
    Binary(Message),
    /// With UTF-8 in its header, where UTF8=ACCEPT is enabled (RFC 6855, 4). RFC 9755, which took its place, lets `Plain` do the
    /// same.
    Utf8(Message),
    /// Put together by the server (RFC 4469); at least one part.
    Catenated(Vec<Part>),
}

/// A piece of a message that the server puts together (RFC 4469, 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Octets of ours.
    Text(Message),
    /// Octets that the server has.
    Url(Url),
}

impl Appended {
    /// A message without flags, of now.
    #[must_use]
    pub fn new(octets: Vec<u8>) -> Self {
        let content = Content::Plain(Message::from(octets));
        Self { flags: Vec::new(), date: None, annotations: Vec::new(), content }
    }

    pub(crate) fn needs(&self) -> [&'static [&'static str]; 2] {
        let content: &[&str] = match self.content {
            Content::Plain(_) => &[],
            Content::Binary(_) => &["BINARY"],
            Content::Utf8(_) => &["UTF8=ACCEPT", "UTF8=ONLY"],
            Content::Catenated(_) => &["CATENATE"],
        };
        let annotations: &[&str] = if self.annotations.is_empty() { &[] } else { &["ANNOTATE-EXPERIMENT-1"] };
        [content, annotations]
    }

    /// The same without the octets, which were sent.
    pub(crate) fn sent(&self) -> Self {
        let content = match &self.content {
            Content::Plain(message) => Content::Plain(message.sent()),
            Content::Binary(message) => Content::Binary(message.sent()),
            Content::Utf8(message) => Content::Utf8(message.sent()),
            Content::Catenated(_) => Content::Catenated(Vec::new()),
        };
        Self { flags: self.flags.clone(), date: self.date, annotations: Vec::new(), content }
    }

    /// ```abnf
    /// append-message = append-opts SP append-data
    /// append-opts = [SP flag-list] [SP date-time] *(SP append-ext)
    /// append-data = literal / literal8 / append-data-ext
    /// append-data-ext =/ "UTF8" SP "(" literal8 ")" / "CATENATE" SP "(" cat-part *(SP cat-part) ")"
    /// cat-part = text-literal / url
    /// ```
    pub(crate) fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        if !self.flags.is_empty() {
            encoder.text(" ");
            encoder.flags(&self.flags)?;
        }
        if let Some(date) = self.date {
            encoder.text(" ");
            encoder.text(&write_date_time(date));
        }
        if !self.annotations.is_empty() {
            encoder.text(" ");
            encoder.annotations(&self.annotations)?;
        }
        match &self.content {
            Content::Plain(message) => {
                encoder.text(" ");
                encoder.message(message)
            }
            Content::Binary(message) => {
                encoder.text(" ");
                encoder.binary_message(message);
                Ok(())
            }
            Content::Utf8(message) => {
                if message.octets().is_ok_and(|octets| octets.contains(&0)) {
                    return Err("a message with NUL octets can't be appended without BINARY");
                }
                encoder.text(" UTF8 (");
                encoder.binary_message(message);
                encoder.text(")");
                Ok(())
            }
            Content::Catenated(parts) => {
                encoder.text(" CATENATE (");
                for (index, part) in parts.iter().enumerate() {
                    encoder.text(if index == 0 { "" } else { " " });
                    match part {
                        Part::Url(url) => encoder.url("URL ", url)?,
                        Part::Text(text) => {
                            encoder.text("TEXT ");
                            encoder.message(text)?;
                        }
                    }
                }
                encoder.text(")");
                if parts.is_empty() { Err("CATENATE of no part") } else { Ok(()) }
            }
        }
    }
}

impl Encoder {
    /// A message as a plain literal.
    fn message(&mut self, message: &Message) -> Result<(), &'static str> {
        match message.octets() {
            Ok(octets) if octets.contains(&0) => {
                return Err("a message with NUL octets can't be appended without BINARY");
            }
            Ok(octets) => self.literal(octets),
            Err(octets) => self.supplied(Supplied { octets, binary: false }),
        }
        Ok(())
    }

    /// A message as a literal8.
    fn binary_message(&mut self, message: &Message) {
        match message.octets() {
            Ok(octets) => self.literal8(octets),
            Err(octets) => self.supplied(Supplied { octets, binary: true }),
        }
    }
}

commands!(Append);

impl Verb for Append {
    fn needs(&self) -> &'static [&'static str] {
        if self.messages.len() > 1 { &["MULTIAPPEND"] } else { &[] }
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        self.messages.iter().flat_map(Appended::needs).collect()
    }
    fn sent(&self) -> Option<Command> {
        let messages = self.messages.iter().map(Appended::sent).collect();
        Some(Self { mailbox: self.mailbox.clone(), messages }.into())
    }
    /// ```abnf
    /// append = "APPEND" SP mailbox 1*append-message
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.mailbox("APPEND ", &self.mailbox)?;
        for message in &self.messages {
            message.encode(encoder)?;
        }
        if self.messages.is_empty() { Err("APPEND of no message") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{is_refused, written};

    fn appended(text: &str) -> Appended {
        Appended::new(text.as_bytes().to_vec())
    }

    #[test]
    fn rfc_3502_6_3_11_several_messages_are_one_command() {
        let date = Some(DateTime { unix_seconds: 837_596_665, zone_minutes: -420 });
        let first = Appended { flags: vec![Flag::Seen], ..appended("A: b\r\n") };
        let append = Append {
            mailbox: MailboxName::new("saved"),
            messages: vec![first, Appended { date, ..appended("C: d\r\n") }],
        };
        assert_eq!(
            written(append.clone(), &["LITERAL+"]),
            "a1 APPEND saved (\\Seen) {6+}\r\nA: b\r\n \"17-Jul-1996 02:44:25 -0700\" {6+}\r\nC: d\r\n\r\n"
        );
        assert_eq!(append.needs(), ["MULTIAPPEND"]);
        assert!(is_refused(Append { messages: Vec::new(), ..append }));
    }

    #[test]
    fn rfc_4469_3_parts_and_urls_are_written() {
        let url = |text: &str| Part::Url(Url::parse(text).unwrap());
        let text = |octets: &[u8]| Part::Text(Message::from(octets.to_vec()));
        let parts = vec![
            url("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER"),
            text(b"\r\n--------------030308070208000400050907\r\n"),
        ];
        let content = Content::Catenated(parts);
        let messages = vec![Appended { flags: vec![Flag::Seen, Flag::Draft], content, ..appended("") }];
        let append = Append { mailbox: MailboxName::new("Drafts"), messages };
        assert_eq!(
            written(append.clone(), &["LITERAL+"]),
            "a1 APPEND Drafts (\\Seen \\Draft) CATENATE (URL \"/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=HEADER\" TEXT \
             {42+}\r\n\r\n--------------030308070208000400050907\r\n)\r\n"
        );
        let nul = Content::Catenated(vec![text(b"\0")]);
        let messages = vec![Appended { content: nul, ..appended("") }];
        assert!(is_refused(Append { messages, ..append }));
    }

    #[test]
    fn rfc_3516_4_4_and_rfc_6855_4_literals_are_binary() {
        let binary = Appended { content: Content::Binary(Message::from(vec![0, 1])), ..appended("") };
        let messages = vec![binary.clone()];
        let append = Append { mailbox: MailboxName::new("INBOX"), messages };
        assert_eq!(written(append.clone(), &[]), "a1 APPEND INBOX ~{2}\r\n\0\u{1}\r\n");
        let utf8 = Appended { content: Content::Utf8(Message::from("ü".as_bytes().to_vec())), ..binary };
        let append = Append { messages: vec![utf8], ..append };
        assert_eq!(written(append, &["LITERAL+"]), "a1 APPEND INBOX UTF8 (~{2+}\r\nü)\r\n");
    }
}
