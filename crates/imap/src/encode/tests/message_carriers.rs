//! Commands on messages that carry a value of the owner.

use super::*;
use crate::commands::{
    Append, Appended, Change, Content, Copy, Fetch, Messages, Move, Numbering, Part, Replace, Search, Select,
    Store,
};
use crate::ext::catenate::Url;
use crate::ext::context::CancelUpdate;
use crate::ext::multisearch::{ESearch, Source};
use crate::ext::sort::{Criterion, Sort};
use crate::ext::thread::{Algorithm, Thread};
use crate::ext::urlauth::{GenUrlAuth, ResetKey, UrlFetch};
use crate::types::{Annotation, AnnotationEntry};
use crate::{EntryScope, Message};

/// Every command on messages that carries a value of the owner, and that value as it must arrive; nothing where it is encoded.
pub(super) fn message_carriers(value: &str, other: &str, utf8: bool) -> Vec<(Command, Vec<u8>)> {
    let plain = value.as_bytes().to_vec();
    let mut all = mailboxes(value, other, utf8);
    all.extend(appends(value, other, utf8));
    all.extend(
        searches(value, other, utf8)
            .into_iter()
            .map(|(command, arrives)| (command, arrives.unwrap_or(plain.clone()))),
    );
    let url =
        Url { mailbox: Some(value.to_owned()), section: Some(other.to_owned()), uid: 1, ..Url::default() };
    let authorisation = Some((Some(other.to_owned()), value.to_owned()));
    let server = Some((value.to_owned(), other.to_owned()));
    let urls = vec![plain.clone()];
    all.extend([
        (CancelUpdate(vec![value.to_owned()]).into(), plain.clone()),
        (GenUrlAuth(vec![Url { authorisation, server, ..url }]).into(), Vec::new()),
        (UrlFetch { urls: urls.clone(), items: Vec::new() }.into(), plain.clone()),
        (UrlFetch { urls, items: vec![crate::ext::urlauth::UrlItem::Body] }.into(), plain),
    ]);
    all
}

fn uids() -> Messages {
    Messages::Uids(SequenceSet::single(7).unwrap())
}

fn annotations(value: &str, other: &str) -> Vec<AnnotationEntry> {
    let values = vec![Annotation { attribute: other.to_owned(), value: Some(value.as_bytes().to_vec()) }];
    vec![AnnotationEntry { entry: value.to_owned(), values }]
}

fn mailboxes(value: &str, other: &str, utf8: bool) -> Vec<(Command, Vec<u8>)> {
    let name = || MailboxName::new(value);
    let mailbox = || name().to_wire(utf8).into_owned();
    let label = if utf8 { value.to_owned() } else { crate::mutf7::encode(value) };
    let store = |change| Store { messages: uids(), change, silent: false, unchanged_since: Some(5) };
    let labels = Change::GmailLabels(StoreAction::Add, vec![other.to_owned(), value.to_owned()]);
    let section = Section { part: Vec::new(), text: SectionText::HeaderFields(vec![value.to_owned()]) };
    let items = vec![
        FetchItem::BodySeen { section, partial: Some((0, 5)) },
        FetchItem::Annotations { entries: vec![other.to_owned()], attributes: vec![value.to_owned()] },
    ];
    let flags = vec![Flag::Keyword(value.to_owned())];
    vec![
        (Select { condstore: true, ..Select::new(name()) }.into(), mailbox()),
        (Copy { messages: uids(), mailbox: name() }.into(), mailbox()),
        (Move { messages: uids(), mailbox: name() }.into(), mailbox()),
        (ResetKey(Some(name())).into(), mailbox()),
        (store(Change::Flags(StoreAction::Replace, flags)).into(), value.as_bytes().to_vec()),
        (store(labels).into(), label.into_bytes()),
        (store(Change::Annotations(annotations(value, other))).into(), value.as_bytes().to_vec()),
        (Fetch::new(uids(), items).into(), Vec::new()),
    ]
}

fn appends(value: &str, other: &str, utf8: bool) -> Vec<(Command, Vec<u8>)> {
    let mailbox = MailboxName::new(value).to_wire(utf8).into_owned();
    let octets = || Message::from(other.as_bytes().to_vec());
    let url =
        Url { mailbox: Some(value.to_owned()), section: Some(other.to_owned()), uid: 1, ..Url::default() };
    let contents = [
        Content::Plain(octets()),
        Content::Binary(octets()),
        Content::Utf8(octets()),
        Content::Catenated(vec![Part::Text(octets()), Part::Url(url), Part::Text(octets())]),
    ];
    let messages: Vec<Appended> = contents
        .into_iter()
        .map(|content| Appended {
            annotations: annotations(other, value),
            content,
            ..Appended::new(Vec::new())
        })
        .collect();
    let replace = |message: &Appended| {
        let mailbox = MailboxName::new(value);
        Replace { number: 4, by_uid: true, mailbox, message: message.clone() }
    };
    let mut all: Vec<(Command, Vec<u8>)> =
        messages.iter().map(|message| (replace(message).into(), mailbox.clone())).collect();
    all.push((Append { mailbox: MailboxName::new(value), messages }.into(), mailbox));
    all
}

/// The value arrives as it is where nothing else is named.
fn searches(value: &str, other: &str, utf8: bool) -> Vec<(Command, Option<Vec<u8>>)> {
    let text = || value.to_owned();
    let flag = Flag::Keyword(text());
    let label = if utf8 { text() } else { crate::mutf7::encode(value) };
    let keys = [
        SearchKey::Keyword(text()),
        SearchKey::Bcc(text()),
        SearchKey::Fuzzy(Box::new(SearchKey::Cc(text()))),
        SearchKey::And(vec![SearchKey::GmailRaw(text()), SearchKey::Seen]),
        SearchKey::Annotation { entry: other.to_owned(), attribute: text(), value: Some(other.to_owned()) },
        SearchKey::EmailId(text()),
        SearchKey::Filter(text()),
    ];
    let mut all: Vec<(Command, Option<Vec<u8>>)> =
        keys.into_iter().map(|key| (Search::by_uid(vec![key]).into(), None)).collect();
    let scope = EntryScope::All;
    let flag = SearchKey::FlagModSequence { flag, scope, value: 5 };
    // The flag stands within `/flags/`.
    all.push((Search::by_number(vec![flag]).into(), Some(Vec::new())));
    all.push((Search::by_uid(vec![SearchKey::GmailLabel(text())]).into(), Some(label.into_bytes())));
    let keys = || vec![SearchKey::Subject(text())];
    let by = vec![Criterion::Annotation { entry: text(), attribute: other.to_owned() }.into()];
    all.push((Sort { numbering: Numbering::Uid, returns: None, by, keys: keys() }.into(), None));
    let algorithm = Algorithm::References;
    all.push((Thread { numbering: Numbering::Uid, algorithm, keys: keys() }.into(), None));
    let sources = vec![Source::Mailboxes(vec![MailboxName::new(other), MailboxName::new(value)])];
    let mailbox = MailboxName::new(value).to_wire(utf8).into_owned();
    all.push((ESearch { sources, returns: None, keys: keys() }.into(), Some(mailbox)));
    all
}
