//! URLAUTH (RFC 4467) and URLAUTH=BINARY (RFC 5524): messages that others may fetch by URL. URLs themselves are in `ext/catenate.rs`.

use super::catenate::Url;
use super::{Extension, NOTHING, Order, Verb, commands, on_request};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::core::{any_value, astring, list, loose_atom, name, nstring, onward, sp};
use crate::grammar::{Parsed, Reading, msg_att};
use crate::types::{BodyStructure, MailboxName, OwnedBodyStructure, ResponseCode};
use std::borrow::Cow;
use std::fmt;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["URLAUTH"],
    untagged: on_request(&[("GENURLAUTH", genurlauth_data), ("URLFETCH", urlfetch_data)]),
    codes: &[("URLMECH", url_mechanisms)],
    ..NOTHING
};

/// GENURLAUTH: asks for URLs with their authorisation, by the mechanism INTERNAL (RFC 4467, 7). Answered by
/// [`Response::UrlAuth`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenUrlAuth(pub Vec<Url>);

/// RESETKEY: makes all authorised URLs of a mailbox, or of all mailboxes, void (RFC 4467, 7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetKey(pub Option<MailboxName>);

/// URLFETCH: what authorised URLs stand for (RFC 4467, 7). Answered by [`Response::UrlFetch`].
#[derive(Clone, PartialEq, Eq)]
pub struct UrlFetch {
    /// The URLs, as [`Response::UrlAuth`] gave them; at least one.
    pub urls: Vec<Vec<u8>>,
    /// What to tell of them; none for the octets as they are stored.
    pub items: Vec<UrlItem>,
}

/// What is to be told of a URL (RFC 5524, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlItem {
    /// BODY: the octets as they are stored
    Body,
    /// BINARY: the octets, decoded
    Binary,
    /// BODYPARTSTRUCTURE
    Structure,
}

/// What a URL stands for (RFC 4467, 7; RFC 5524, 3).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FetchedUrl {
    /// The URL.
    pub url: Vec<u8>,
    /// Its octets, decoded where that was asked for; `None` for NIL, as for a URL that is void, and where they were not asked for.
    pub octets: Option<Vec<u8>>,
    /// BODYPARTSTRUCTURE; `None` too where it breaks its rule.
    pub structure: Option<OwnedBodyStructure>,
}

impl fmt::Debug for UrlFetch {
    /// Without the URLs: whoever has one may read the message.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("UrlFetch")
            .field("urls", &self.urls.len())
            .field("items", &self.items)
            .finish()
    }
}

commands!(GenUrlAuth, ResetKey, UrlFetch);

impl Verb for GenUrlAuth {
    fn needs(&self) -> &'static [&'static str] {
        &["URLAUTH"]
    }
    /// ```abnf
    /// genurlauth = "GENURLAUTH" 1*(SP url-rump SP mechanism)
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("GENURLAUTH");
        for url in &self.0 {
            if url.authorisation.is_none() {
                return Err("a URL that names nobody who may use it");
            }
            encoder.url(" ", url)?;
            encoder.text(" INTERNAL");
        }
        if self.0.is_empty() { Err("GENURLAUTH of nothing") } else { Ok(()) }
    }
}

impl Verb for ResetKey {
    fn needs(&self) -> &'static [&'static str] {
        &["URLAUTH"]
    }
    fn order(&self) -> Order {
        Order::Free
    }
    /// ```abnf
    /// resetkey = "RESETKEY" [SP mailbox *(SP mechanism)]
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("RESETKEY");
        self.0.as_ref().map_or(Ok(()), |mailbox| encoder.mailbox(" ", mailbox))
    }
}

impl Verb for UrlFetch {
    fn needs(&self) -> &'static [&'static str] {
        if self.items.is_empty() { &["URLAUTH"] } else { &["URLAUTH=BINARY"] }
    }
    /// ```abnf
    /// urlfetch = "URLFETCH" 1*(SP url-fetch-arg)
    /// url-fetch-arg = url-fetch-simple / url-fetch-ext
    /// url-fetch-ext = "(" url-full *(SP url-fetch-param) ")"
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text("URLFETCH");
        for url in &self.urls {
            encoder.text(if self.items.is_empty() { " " } else { " (" });
            encoder.secret(|encoder| encoder.string(url))?;
            for item in &self.items {
                encoder.text(match item {
                    UrlItem::Body => " BODY",
                    UrlItem::Binary => " BINARY",
                    UrlItem::Structure => " BODYPARTSTRUCTURE",
                });
            }
            encoder.text(if self.items.is_empty() { "" } else { ")" });
        }
        if self.urls.is_empty() { Err("URLFETCH of nothing") } else { Ok(()) }
    }
}

/// ```abnf
/// genurlauth-data = "*" SP "GENURLAUTH" 1*(SP url-full)
/// ```
fn genurlauth_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let mut urls = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let (after, url) = astring(rest, reading)?;
        urls.push(url.into_owned());
        rest = onward(after, reading)?.0;
    }
    Ok((rest, Response::UrlAuth(urls)))
}

/// ```abnf
/// urlfetch-data = "*" SP "URLFETCH" 1*(SP (urldata-simple / urldata-ext))
/// urldata-simple = SP url-full SP nstring
/// urldata-ext = SP url-full 1*(SP "(" url-metadata-el ")")
/// ```
fn urlfetch_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Response> {
    let mut urls = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let (after, url) = astring(rest, reading)?;
        let mut fetched = FetchedUrl { url: url.into_owned(), ..FetchedUrl::default() };
        let (mut after, ()) = sp(after, reading)?;
        if after.first() == Some(&b'(') {
            while after.first() == Some(&b'(') {
                let (end, _) =
                    list(after, reading, |input, reading| url_metadata(input, &mut fetched, reading))?;
                after = onward(end, reading)?.0;
            }
        } else {
            let (end, octets) = nstring(after, reading)?;
            fetched.octets = octets.map(Cow::into_owned);
            after = onward(end, reading)?.0;
        }
        urls.push(fetched);
        rest = after;
    }
    Ok((rest, Response::UrlFetch(urls)))
}

/// ```abnf
/// url-metadata-el = "BODYPARTSTRUCTURE" SP body / "BODY" SP nstring / "BINARY" SP (nstring / literal8)
/// ```
fn url_metadata<'a>(input: &'a [u8], fetched: &mut FetchedUrl, reading: Reading<'_>) -> Parsed<'a, ()> {
    let (rest, word) = name(input)?;
    let (rest, ()) = sp(rest, reading)?;
    if word.eq_ignore_ascii_case(b"BODYPARTSTRUCTURE") {
        let (rest, structure) = any_value(rest)?;
        let item = [b"(BODYSTRUCTURE ", structure, b")"].concat();
        let item = msg_att(&item, 0, reading).map(|(_, item)| item).unwrap_or_default();
        fetched.structure = item.body_structure().map(BodyStructure::into_owned);
        Ok((rest, ()))
    } else {
        let (rest, octets) = nstring(rest, reading)?;
        fetched.octets = octets.map(Cow::into_owned);
        Ok((rest, ()))
    }
}

/// ```abnf
/// resp-text-code =/ "URLMECH" SP "INTERNAL" *(SP mechanism ["=" base64])
/// ```
fn url_mechanisms<'a>(input: &'a [u8], _: Reading<'_>) -> Parsed<'a, ResponseCode> {
    let end = input.iter().position(|octet| *octet == b']').unwrap_or(input.len());
    let (mut words, rest) = input.split_at(end);
    let mut mechanisms = Vec::new();
    while let Ok((after, word)) = loose_atom(words) {
        mechanisms.push(String::from_utf8_lossy(word).into_owned());
        words = after.trim_ascii_start();
    }
    Ok((rest, ResponseCode::UrlMechanisms(mechanisms)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{is_refused, written};

    const FULL: &str = "imap://joe@example.com/INBOX/;UID=20/;SECTION=1.2;URLAUTH=submit+fred:internal:91354a473744909de610943775f92038";

    #[test]
    fn debug_output_of_commands_shows_no_token() {
        let url = Url::parse(FULL).unwrap();
        let fetch = UrlFetch { urls: vec![FULL.as_bytes().to_vec()], items: Vec::new() };
        for shown in [format!("{url:?}"), format!("{:?}", GenUrlAuth(vec![url])), format!("{fetch:?}")] {
            assert!(!shown.contains("91354a") && !shown.contains("57, 49, 51, 53"), "{shown}");
        }
    }

    #[test]
    fn rfc_4467_7_examples_are_written() {
        let rump =
            Url::parse("imap://joe@example.com/INBOX/;UID=20/;SECTION=1.2;URLAUTH=submit+fred").unwrap();
        assert_eq!(
            written(GenUrlAuth(vec![rump.clone()]), &[]),
            "a1 GENURLAUTH \"imap://joe@example.com/INBOX/;UID=20/;SECTION=1.2;URLAUTH=submit+fred\" INTERNAL\r\n"
        );
        assert!(is_refused(GenUrlAuth(vec![Url { authorisation: None, ..rump }])));
        assert_eq!(written(ResetKey(None), &[]), "a1 RESETKEY\r\n");
        assert_eq!(written(ResetKey(Some(MailboxName::new("INBOX"))), &[]), "a1 RESETKEY INBOX\r\n");
        let mut fetch = UrlFetch { urls: vec![b"imap://a".to_vec()], items: Vec::new() };
        assert_eq!(written(fetch.clone(), &[]), "a1 URLFETCH \"imap://a\"\r\n");
        fetch.items = vec![UrlItem::Structure, UrlItem::Binary, UrlItem::Body];
        assert_eq!(written(fetch, &[]), "a1 URLFETCH (\"imap://a\" BODYPARTSTRUCTURE BINARY BODY)\r\n");
    }

    #[test]
    fn rfc_4467_7_and_rfc_5524_3_answers_read() {
        let read = |input: &[u8], parse: super::super::Untagged| {
            parse(input, Reading::lenient()).map(|(rest, response)| (rest.len(), response)).unwrap()
        };
        let line = format!("\"{FULL}\" imap://b");
        let urls = vec![FULL.as_bytes().to_vec(), b"imap://b".to_vec()];
        assert_eq!(read(line.as_bytes(), genurlauth_data), (0, Response::UrlAuth(urls)));
        let (_, Response::UrlFetch(urls)) = read(
            b"\"imap://a\" {28}\r\nSi vis pacem, para bellum.\r\n imap://b NIL imap://c (BODYPARTSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 2 1)) (BINARY ~{2}\r\n\0x)",
            urlfetch_data,
        ) else {
            panic!("no URLFETCH")
        };
        assert_eq!(urls[0].octets.as_deref(), Some(&b"Si vis pacem, para bellum.\r\n"[..]));
        assert_eq!((urls[1].url.as_slice(), &urls[1].octets), (&b"imap://b"[..], &None));
        assert!(urls[2].structure.as_ref().is_some_and(|part| part.subtype == "plain"));
        assert_eq!(urls[2].octets.as_deref(), Some(&b"\0x"[..]));
        assert_eq!(
            ResponseCode::parse(b"[URLMECH INTERNAL XSAMPLE=P34OKhO7VEkCbsiYY8rGEg==]"),
            Some(ResponseCode::UrlMechanisms(vec![
                "INTERNAL".to_owned(),
                "XSAMPLE=P34OKhO7VEkCbsiYY8rGEg==".to_owned()
            ]))
        );
    }
}
