//! Commands with values that want to break out of their place.

use crate::commands::{Append, Appended, Content, Part, Search};
use crate::encode::{Encoder, Fragment, Peer};
use crate::ext::acl::DeleteAcl;
use crate::ext::catenate::Url;
use crate::ext::id::Id;
use crate::ext::list::List;
use crate::ext::metadata::SetMetadata;
use crate::ext::urlauth::UrlFetch;
use crate::types::{Capabilities, Flag, ListPattern, MailboxName, Section, SectionText, SequenceSet};
use crate::{Command, FetchItem, Message, SearchKey, StoreAction};
use waypost_wire::Secret;

/// Encodes commands that carry `data` and reads them as a server does; the first octet says what the server can do.
///
/// # Panics
/// A command is not one command, or a secret is in what a log would show.
pub fn encoder(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let names =
        [&[][..], &["LITERAL+", "SASL-IR"], &["LITERAL-"], &["IMAP4rev2", "LIST-EXTENDED", "SPECIAL-USE"]];
    let names = names.get(usize::from(setting & 3)).copied().unwrap_or_default();
    let capabilities = Capabilities::new(names.iter().map(|name| (*name).to_owned()).collect());
    let peer = Peer { capabilities, utf8: setting & 4 == 4 };
    let (value, other) = octets.split_at(octets.len() / 2);
    let (value, other) = (String::from_utf8_lossy(value), String::from_utf8_lossy(other));
    for command in commands(&value, &other, octets) {
        if let Ok(fragments) = Encoder::command("w1", &command, &peer) {
            one_command(&fragments);
            if matches!(command, Command::Login { .. }) {
                assert!(fragments.iter().all(|fragment| shows_nothing(&fragment.shown())), "{command:?}");
            }
        }
    }
}

fn commands(value: &str, other: &str, octets: &[u8]) -> Vec<Command> {
    let name = || MailboxName::new(value);
    let section = Section { part: vec![1], text: SectionText::HeaderFields(vec![value.to_owned()]) };
    let mut commands = vec![
        Command::Login { username: value.to_owned(), password: Secret::from(other) },
        Command::Select(name()),
        Command::List { reference: name(), pattern: other.into(), special_use: true },
        Command::Enable(vec![value.to_owned()]),
        Command::Authenticate { mechanism: value.to_owned(), initial: Some(Secret::new(octets.to_vec())) },
        Command::Append { mailbox: name(), flags: vec![], date: None, message: octets.to_vec() },
        Command::UidSearch(vec![
            SearchKey::Header(value.to_owned(), other.to_owned()),
            SearchKey::Not(Box::new(SearchKey::Body(other.to_owned()))),
        ]),
    ];
    if let Some(set) = SequenceSet::single(1) {
        let flags = vec![Flag::Keyword(value.to_owned())];
        commands.push(Command::UidStore { set: set.clone(), action: StoreAction::Add, silent: true, flags });
        commands.push(Command::UidFetch { set, items: vec![FetchItem::Body { section, partial: None }] });
    }
    commands.extend(extended(value, other, octets));
    commands
}

/// Commands of extensions.
fn extended(value: &str, other: &str, octets: &[u8]) -> Vec<Command> {
    let name = || MailboxName::new(value);
    let text = || value.to_owned();
    let message = || Message::from(octets.to_vec());
    let url = Url { mailbox: Some(text()), section: Some(other.to_owned()), uid: 1, ..Url::default() };
    let contents = [
        Content::Binary(message()),
        Content::Utf8(message()),
        Content::Catenated(vec![Part::Url(url), Part::Text(message())]),
    ];
    let messages = contents.into_iter().map(|content| Appended { content, ..Appended::new(Vec::new()) });
    let patterns = vec![ListPattern::new(other), ListPattern::new(value)];
    vec![
        Append { mailbox: name(), messages: messages.collect() }.into(),
        List { select: Vec::new(), reference: name(), patterns, returns: Some(Vec::new()) }.into(),
        SetMetadata { mailbox: name(), values: vec![(format!("/private/{other}"), Some(octets.to_vec()))] }
            .into(),
        DeleteAcl { mailbox: name(), identifier: other.to_owned() }.into(),
        Id(vec![(text(), other.to_owned())]).into(),
        UrlFetch { urls: vec![octets.to_vec()], items: Vec::new() }.into(),
        Search::by_number(vec![SearchKey::GmailLabel(text()), SearchKey::Filter(other.to_owned())]).into(),
    ]
}

/// Lines and literals of a command; what is not a literal ends in exactly one line end.
fn one_command(fragments: &[Fragment]) {
    let wire: Vec<u8> = fragments.iter().flat_map(|fragment| fragment.iter().copied()).collect();
    let mut rest = wire.as_slice();
    loop {
        let end = rest.iter().position(|octet| *octet == b'\n').expect("a line end");
        let (line, after) = rest.split_at(end + 1);
        assert!(line.ends_with(b"\r\n") && !line.contains(&0), "a broken line");
        assert_eq!(line.iter().filter(|octet| **octet == b'\r').count(), 1, "a carriage return inside");
        match crate::frame::literal_length(line.trim_ascii_end()) {
            Some((octets, _)) if !in_quotes(line) => {
                let octets = usize::try_from(octets).expect("a literal of ours");
                rest = after.get(octets..).expect("a whole literal");
            }
            _ => {
                assert!(after.is_empty(), "something follows the command");
                return;
            }
        }
    }
}

/// Whether the line ends inside a quoted string: then no literal begins there.
fn in_quotes(line: &[u8]) -> bool {
    let mut quoted = false;
    let mut escaped = false;
    for octet in line {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => {}
        }
    }
    quoted
}

/// `w1 LOGIN [hidden] [hidden]`, in one piece or several.
fn shows_nothing(shown: &str) -> bool {
    ["w1 LOGIN ", "[hidden]", " ", "\n"]
        .iter()
        .fold(shown.to_owned(), |left, known| left.replace(known, ""))
        .is_empty()
}
