//! METADATA and METADATA-SERVER (RFC 5464): notes on mailboxes and on the server.

use super::{Extension, NOTHING, Verb, commands, on_request};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::core::{astring, list, name, nstring, number64, sp};
use crate::grammar::{Parsed, Reading, core, following, mailbox};
use crate::types::{MailboxName, ResponseCode};
use std::borrow::Cow;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["METADATA", "METADATA-SERVER"],
    untagged: on_request(&[("METADATA", metadata_resp)]),
    codes: &[("METADATA", resp_text_code)],
    ..NOTHING
};

/// GETMETADATA (RFC 5464, 4.2). Answered by [`Response::Metadata`] with values; what is longer than `max_size` is told by
/// [`MetadataCode::LongEntries`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetMetadata {
    /// Of which mailbox; an empty name means the server.
    pub mailbox: MailboxName,
    /// Names such as `/private/comment`; at least one.
    pub entries: Vec<String>,
    /// What below them is wanted too.
    pub depth: Depth,
    /// Leave out longer values.
    pub max_size: Option<u32>,
}

/// How far below an entry to look (RFC 5464, 4.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Itself only.
    #[default]
    Zero,
    /// One level.
    One,
    /// All levels.
    Infinity,
}

/// SETMETADATA (RFC 5464, 4.3). Answered by its end only; [`ResponseCode::Metadata`] says why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetMetadata {
    /// Of which mailbox; an empty name means the server.
    pub mailbox: MailboxName,
    /// The values; `None` removes an entry. At least one.
    pub values: Vec<(String, Option<Vec<u8>>)>,
}

/// What a METADATA response brings (RFC 5464, 4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metadata {
    /// Values, asked for.
    Values(Vec<(String, Option<Vec<u8>>)>),
    /// Names of entries that changed, unasked.
    Changed(Vec<String>),
}

/// The METADATA response code (RFC 5464, 4.2.1 and 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataCode {
    /// LONGENTRIES: values were left out; the longest has this many octets.
    LongEntries(u64),
    /// MAXSIZE: a value may have this many octets.
    MaxSize(u64),
    /// TOOMANY: no more entries here.
    TooMany,
    /// NOPRIVATE: the server keeps no private entries.
    NoPrivate,
}

commands!(GetMetadata, SetMetadata);

impl Verb for GetMetadata {
    fn needs(&self) -> &'static [&'static str] {
        needs(&self.mailbox)
    }

    /// ```abnf
    /// getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
    /// getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
    /// getmetadata-option = "MAXSIZE" SP number / "DEPTH" SP ("0" / "1" / "infinity")
    /// ```
    /// The RFC's examples have the options behind the mailbox; Cyrus and Dovecot take them where the rule puts them.
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("GETMETADATA ");
        let max_size = self.max_size.map(|octets| format!("MAXSIZE {octets}"));
        let depth = match self.depth {
            Depth::Zero => None,
            Depth::One => Some("DEPTH 1".to_owned()),
            Depth::Infinity => Some("DEPTH infinity".to_owned()),
        };
        if max_size.is_some() || depth.is_some() {
            encoder.list(max_size.into_iter().chain(depth), |encoder, option| {
                encoder.text(&option);
                Ok(())
            })?;
            encoder.text(" ");
        }
        encoder.mailbox("", &self.mailbox)?;
        encoder.text(" ");
        entries(encoder, &self.entries)
    }
}

impl Verb for SetMetadata {
    fn needs(&self) -> &'static [&'static str] {
        needs(&self.mailbox)
    }

    /// ```abnf
    /// setmetadata = "SETMETADATA" SP mailbox SP entry-values
    /// entry-values = "(" entry-value *(SP entry-value) ")"
    /// entry-value = entry SP value
    /// value = nstring / literal8
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        if self.values.is_empty() {
            return Err("SETMETADATA without a value");
        }
        encoder.mailbox("SETMETADATA ", &self.mailbox)?;
        encoder.text(" ");
        encoder.list(&self.values, |encoder, (entry, value)| {
            entry_name(encoder, entry)?;
            encoder.text(" ");
            match value {
                None => encoder.text("NIL"),
                Some(value) if value.contains(&0) => encoder.literal8(value),
                Some(value) => encoder.string(value)?,
            }
            Ok(())
        })
    }
}

/// METADATA-SERVER serves the server's entries only (RFC 5464, 1).
fn needs(mailbox: &MailboxName) -> &'static [&'static str] {
    if mailbox.as_str().is_empty() { &["METADATA", "METADATA-SERVER"] } else { &["METADATA"] }
}

/// ```abnf
/// entries = entry / "(" entry *(SP entry) ")"
/// ```
pub(super) fn entries(encoder: &mut Encoder, names: &[String]) -> Result<(), &'static str> {
    if names.is_empty() {
        return Err("no entry is named");
    }
    encoder.list(names, |encoder, name| entry_name(encoder, name))
}

/// ```abnf
/// entry = astring ; slash-separated path, MUST NOT contain "*" or "%"
/// ```
fn entry_name(encoder: &mut Encoder, name: &str) -> Result<(), &'static str> {
    let allowed = |octet: u8| (b' '..0x7f).contains(&octet) && !matches!(octet, b'*' | b'%');
    if !name.starts_with('/') || name.ends_with('/') || name.contains("//") || !name.bytes().all(allowed) {
        return Err("names of entries are paths in ASCII, such as /private/comment");
    }
    encoder.astring(name.as_bytes())
}

/// ```abnf
/// metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list)
/// entry-list = entry *(SP entry)
/// ```
fn metadata_resp<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let (rest, mailbox) = mailbox(input, reading)?;
    let (rest, ()) = sp(rest, reading)?;
    if rest.first() == Some(&b'(') {
        let (rest, values) = list(rest, reading, |input, reading| {
            let (rest, entry) = entry(input, reading)?;
            let (rest, ()) = sp(rest, reading)?;
            let (rest, value) = nstring(rest, reading)?;
            Ok((rest, (entry, value.map(Cow::into_owned))))
        })?;
        return Ok((rest, Response::Metadata(mailbox, Metadata::Values(values))));
    }
    let (rest, first) = entry(rest, reading)?;
    let (rest, others) = following(rest, reading, entry)?;
    let changed = std::iter::once(first).chain(others).collect();
    Ok((rest, Response::Metadata(mailbox, Metadata::Changed(changed))))
}

fn entry<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, String> {
    let (rest, entry) = astring(input, reading)?;
    Ok((rest, String::from_utf8_lossy(&entry).into_owned()))
}

/// ```abnf
/// resp-text-code =/ "METADATA" SP ("LONGENTRIES" SP number / "MAXSIZE" SP number / "TOOMANY" / "NOPRIVATE")
/// ```
fn resp_text_code<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, word) = name(input)?;
    let number = || {
        let (rest, ()) = sp(rest, reading)?;
        number64(rest)
    };
    let (rest, code) = if word.eq_ignore_ascii_case(b"LONGENTRIES") {
        let (rest, octets) = number()?;
        (rest, MetadataCode::LongEntries(octets))
    } else if word.eq_ignore_ascii_case(b"MAXSIZE") {
        let (rest, octets) = number()?;
        (rest, MetadataCode::MaxSize(octets))
    } else if word.eq_ignore_ascii_case(b"TOOMANY") {
        (rest, MetadataCode::TooMany)
    } else if word.eq_ignore_ascii_case(b"NOPRIVATE") {
        (rest, MetadataCode::NoPrivate)
    } else {
        return core::fail(input, "resp-text-code");
    };
    Ok((rest, ResponseCode::Metadata(code)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::encode::Peer;

    fn sent(command: impl Into<Command>) -> String {
        let fragments = Encoder::command("a", &command.into(), &Peer::default());
        fragments.map_or_else(str::to_owned, |fragments| {
            fragments.iter().map(|fragment| String::from_utf8_lossy(fragment).into_owned()).collect()
        })
    }

    fn get(mailbox: &str, entries: &[&str], depth: Depth, max_size: Option<u32>) -> String {
        let entries = entries.iter().map(|entry| (*entry).to_owned()).collect();
        sent(GetMetadata { mailbox: MailboxName::new(mailbox), entries, depth, max_size })
    }

    #[test]
    fn rfc_5464_4_2_and_4_3_examples_are_written() {
        assert_eq!(
            get("", &["/shared/comment"], Depth::Zero, None),
            "a GETMETADATA \"\" (/shared/comment)\r\n"
        );
        assert_eq!(
            get("INBOX", &["/shared/comment", "/private/comment"], Depth::Zero, Some(1024)),
            "a GETMETADATA (MAXSIZE 1024) INBOX (/shared/comment /private/comment)\r\n"
        );
        assert_eq!(
            get("INBOX", &["/private/filters/values"], Depth::One, None),
            "a GETMETADATA (DEPTH 1) INBOX (/private/filters/values)\r\n"
        );
        let set = |value: Option<&[u8]>| {
            let values = vec![("/private/comment".to_owned(), value.map(<[u8]>::to_vec))];
            sent(SetMetadata { mailbox: MailboxName::new("INBOX"), values })
        };
        let wire = "a SETMETADATA INBOX (/private/comment {33}\r\nMy new comment across\r\ntwo lines.)\r\n";
        assert_eq!(set(Some(b"My new comment across\r\ntwo lines.")), wire);
        assert_eq!(set(None), "a SETMETADATA INBOX (/private/comment NIL)\r\n");
        assert_eq!(set(Some(b"a\0b")), "a SETMETADATA INBOX (/private/comment ~{3}\r\na\0b)\r\n");
        for odd in ["comment", "/private/", "/a//b", "/a*", "/ä", ""] {
            assert!(get("", &[odd], Depth::Zero, None).starts_with("names of entries"), "{odd}");
        }
        assert!(get("", &[], Depth::Zero, None).starts_with("no entry"));
    }

    fn read(line: &'static str) -> (String, Metadata) {
        match metadata_resp(line.as_bytes(), Reading::lenient()).unwrap() {
            (b"", Response::Metadata(mailbox, metadata)) => (mailbox.as_str().to_owned(), metadata),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rfc_5464_4_4_examples_read() {
        let value = |entry: &str, value: Option<&str>| (entry.to_owned(), value.map(|value| value.into()));
        let values = vec![value("/private/comment", Some("My comment")), value("/shared/comment", None)];
        assert_eq!(
            read("INBOX (/private/comment \"My comment\" \"/shared/comment\" NIL)"),
            ("INBOX".to_owned(), Metadata::Values(values))
        );
        let changed = vec!["/shared/comment".to_owned(), "/private/comment".to_owned()];
        assert_eq!(
            read("\"\" /shared/comment /private/comment"),
            (String::new(), Metadata::Changed(changed))
        );
        let long = read("Sent (/private/comment {4}\r\na\r\nb)").1;
        assert_eq!(long, Metadata::Values(vec![value("/private/comment", Some("a\r\nb"))]));
    }

    #[test]
    fn rfc_5464_5_codes_read() {
        for (text, code) in [
            ("[METADATA LONGENTRIES 2199]", MetadataCode::LongEntries(2199)),
            ("[METADATA MAXSIZE 1024]", MetadataCode::MaxSize(1024)),
            ("[METADATA TOOMANY]", MetadataCode::TooMany),
            ("[METADATA NOPRIVATE]", MetadataCode::NoPrivate),
        ] {
            assert_eq!(ResponseCode::parse(text.as_bytes()), Some(ResponseCode::Metadata(code)));
        }
        let odd = ResponseCode::parse(b"[METADATA SOON]");
        assert!(matches!(odd, Some(ResponseCode::Unparsed(_))));
    }
}
