//! CATENATE (RFC 4469): URLs of messages and parts on the server (RFC 5092, with URLAUTH of RFC 4467), and the codes of a
//! message that could not be put together. APPEND itself is in `commands/append.rs`.

use super::{Extension, NOTHING};
use crate::encode::{Encoder, HIDDEN};
use crate::grammar::{Parsed, Reading};
use crate::types::ResponseCode;
use core::fmt;
use nom::Parser as _;
use nom::bytes::complete::take_while;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["CATENATE"],
    codes: &[("BADURL", bad_url), ("TOOBIG", |input, _| Ok((input, ResponseCode::TooBig)))],
    ..NOTHING
};

/// A message or a part of one by URL (RFC 5092).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Url {
    /// User and host, such as `robin` and `imap.example.com:993`; `None` for a URL of this server and user.
    pub server: Option<(String, String)>,
    /// The mailbox, as people read its name; `None` for the selected one.
    pub mailbox: Option<String>,
    /// UIDVALIDITY of the mailbox.
    pub validity: Option<u32>,
    /// The message.
    pub uid: u32,
    /// A section such as `1.2` or `HEADER`; `None` for the whole message.
    pub section: Option<String>,
    /// First octet and count; without a count to the end.
    pub partial: Option<(u32, Option<u32>)>,
    /// When it ends and who may use it (RFC 4467, 3): `EXPIRE` and `URLAUTH` as written, such as `submit+robin` or with mechanism
    /// and token `submit+robin:internal:91354a…`.
    pub authorisation: Option<(Option<String>, String)>,
}

impl Url {
    /// Reads a URL; `None` if it names no message.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut url = Self::default();
        let (text, authorisation) = cut(text, ";URLAUTH=");
        let (text, expire) = cut(text, ";EXPIRE=");
        url.authorisation = authorisation.map(|access| (expire.map(str::to_owned), access.to_owned()));
        let path = match text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("imap://")) {
            None => text,
            Some(_) => {
                let (authority, path) = text.get(7..)?.split_once('/')?;
                let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
                url.server = Some((decode(user)?, host.to_owned()));
                path
            }
        };
        let mut mailbox: Vec<&str> = Vec::new();
        for segment in path.strip_prefix('/').unwrap_or(path).split('/') {
            if let (_, Some(uid)) = cut(segment, ";UID=") {
                url.uid = uid.parse().ok().filter(|uid| *uid > 0)?;
            } else if let (_, Some(section)) = cut(segment, ";SECTION=") {
                url.section = Some(decode(section)?);
            } else if let (_, Some(partial)) = cut(segment, ";PARTIAL=") {
                let (first, count) = partial.split_once('.').unzip();
                let count = count.map(str::parse).transpose().ok()?;
                url.partial = Some((first.unwrap_or(partial).parse().ok()?, count));
            } else if url.uid == 0 {
                let (name, validity) = cut(segment, ";UIDVALIDITY=");
                url.validity = validity.map(str::parse).transpose().ok()?;
                mailbox.push(name);
            } else {
                return None;
            }
        }
        let mailbox = mailbox.join("/");
        url.mailbox = if mailbox.is_empty() { None } else { Some(decode(&mailbox)?) };
        (url.uid > 0).then_some(url)
    }
}

/// Cuts at a parameter's name, in any case.
fn cut<'a>(text: &'a str, name: &str) -> (&'a str, Option<&'a str>) {
    let at = text.as_bytes().windows(name.len()).position(|part| part.eq_ignore_ascii_case(name.as_bytes()));
    match at.and_then(|at| Some((text.get(..at)?, text.get(at + name.len()..)?))) {
        Some((before, value)) => (before, Some(value)),
        None => (text, None),
    }
}

/// Undoes percent encoding; `None` if it is none or no UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [octet, after @ ..] = rest {
        if *octet == b'%' {
            let hex = std::str::from_utf8(after.get(..2)?).ok()?;
            octets.push(u8::from_str_radix(hex, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            octets.push(*octet);
            rest = after;
        }
    }
    String::from_utf8(octets).ok()
}

/// ```abnf
/// bchar = achar / ":" / "@" / "/"
/// achar = uchar / "&" / "="
/// uchar = unreserved / sub-delims-sh / pct-encoded
/// ```
fn encode(formatter: &mut fmt::Formatter<'_>, text: &str, plain: &str) -> fmt::Result {
    for octet in text.bytes() {
        let character = char::from(octet);
        if octet.is_ascii_alphanumeric() || "-._~!$'()*+,&=".contains(character) || plain.contains(character)
        {
            write!(formatter, "{character}")?;
        } else {
            write!(formatter, "%{octet:02X}")?;
        }
    }
    Ok(())
}

impl fmt::Debug for Url {
    /// Without its authorisation: whoever has that may read the message.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Url")
            .field("server", &self.server)
            .field("mailbox", &self.mailbox)
            .field("validity", &self.validity)
            .field("uid", &self.uid)
            .field("section", &self.section)
            .field("partial", &self.partial)
            .field("authorisation", &self.authorisation.as_ref().map(|_| HIDDEN))
            .finish()
    }
}

impl fmt::Display for Url {
    /// ```abnf
    /// imapurl = "imap://" iserver ipath-query
    /// imsg-or-part =/ iuid-only ["/" isection-only] ["/" ipartial-only]
    /// imessagepart = imailbox-ref iuid [isection] [ipartial]
    /// imailbox-ref = enc-mailbox [";UIDVALIDITY=" nz-number]
    /// iurlauth = [";EXPIRE=" date-time] ";URLAUTH=" access [":" mech ":" enc-urlauth]
    /// ```
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((user, host)) = &self.server {
            formatter.write_str("imap://")?;
            encode(formatter, user, "")?;
            formatter.write_str(if user.is_empty() { "" } else { "@" })?;
            encode(formatter, host, ":[]")?;
        }
        // What is relative to the selected mailbox has no slash in front.
        if self.server.is_some() || self.mailbox.is_some() {
            formatter.write_str("/")?;
        }
        if let Some(mailbox) = &self.mailbox {
            encode(formatter, mailbox, ":@/")?;
            if let Some(validity) = self.validity {
                write!(formatter, ";UIDVALIDITY={validity}")?;
            }
            formatter.write_str("/")?;
        }
        write!(formatter, ";UID={}", self.uid)?;
        if let Some(section) = &self.section {
            formatter.write_str("/;SECTION=")?;
            encode(formatter, section, ":@/")?;
        }
        match self.partial {
            Some((first, Some(count))) => write!(formatter, "/;PARTIAL={first}.{count}")?,
            Some((first, None)) => write!(formatter, "/;PARTIAL={first}")?,
            None => {}
        }
        if let Some((expire, access)) = &self.authorisation {
            if let Some(expire) = expire {
                formatter.write_str(";EXPIRE=")?;
                encode(formatter, expire, ":")?;
            }
            formatter.write_str(";URLAUTH=")?;
            encode(formatter, access, ":")?;
        }
        Ok(())
    }
}

impl Encoder {
    /// A URL as an astring.
    pub(crate) fn url(&mut self, word: &str, url: &Url) -> Result<(), &'static str> {
        if url.uid == 0 {
            return Err("a URL of no message");
        }
        self.text(word);
        if url.authorisation.is_some() {
            // Whoever has it may read the message.
            return self.secret(|encoder| encoder.string(url.to_string().as_bytes()));
        }
        self.string(url.to_string().as_bytes())
    }
}

/// ```abnf
/// resp-text-code =/ "BADURL" SP url-resp-text / "TOOBIG"
/// url-resp-text = 1*(%x01-09 / %x0B-0C / %x0E-5B / %x5D-FE)
/// ```
fn bad_url<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let (rest, url) = take_while(|octet| octet != b']').parse(input)?;
    Ok((rest, ResponseCode::BadUrl(String::from_utf8_lossy(url).into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4469_and_rfc_5092_examples_read_and_write() {
        for text in [
            "/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=HEADER",
            "/Drafts;UIDVALIDITY=385759045/;UID=30",
            ";UID=20/;SECTION=1.2/;PARTIAL=0.1024",
            "/a/b%20c/;UID=7/;PARTIAL=512",
            "imap://joe@example.com/INBOX/;UID=20/;SECTION=1.2;URLAUTH=submit+fred:internal:91354a473744909de610943775f92038",
            "imap://joe@example.com:143/INBOX/;UID=20;EXPIRE=2026-11-25T18:00:00Z;URLAUTH=anonymous",
        ] {
            let url = Url::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(url.to_string(), text);
        }
        let lower = Url::parse("/Drafts;uidvalidity=5/;uid=20/;section=2").unwrap();
        assert_eq!((lower.validity, lower.uid, lower.section.as_deref()), (Some(5), 20, Some("2")));
        for odd in ["", "/Drafts", "/Drafts/;UID=0", "/a%zz/;UID=1", "/;UID=1/x", "imap://host"] {
            assert_eq!(Url::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn names_are_escaped_so_that_they_stay_names() {
        let url = Url { mailbox: Some("Entwürfe/;UID=9\"\r\n".to_owned()), uid: 1, ..Url::default() };
        assert_eq!(url.to_string(), "/Entw%C3%BCrfe/%3BUID=9%22%0D%0A/;UID=1");
        assert_eq!(Url::parse(&url.to_string()).unwrap(), url);
    }

    #[test]
    fn rfc_4469_5_codes_read() {
        assert_eq!(
            ResponseCode::parse(b"[BADURL /INBOX/foo;UIDVALIDITY=785799047/;UID=113330;section=1.5.9]"),
            Some(ResponseCode::BadUrl(
                "/INBOX/foo;UIDVALIDITY=785799047/;UID=113330;section=1.5.9".to_owned()
            ))
        );
        assert_eq!(ResponseCode::parse(b"[TOOBIG]"), Some(ResponseCode::TooBig));
    }
}
