//! The owner's commands of the transcripts that concern messages. A comma separates the parts of a list, `-` stands for none.

use waypost_imap::commands::{
    Append, Appended, Change, Check, Close, Content, Copy, Expunge, Fetch, Known, Messages, Move, Numbering,
    Part, PartialRange, Replace, Return, Search, Select, Store, UidExpunge, Unselect,
};
use waypost_imap::ext::{catenate, context, multisearch, sort, thread, uidbatches, urlauth};
use waypost_imap::types::{Annotation, AnnotationEntry, Date, Flag, MailboxName, SequenceSet};
use waypost_imap::{Command, FetchItem, Message, SearchKey, StoreAction};

/// The command of a word, if it is one of these; `next` gives the words that follow.
pub(crate) fn command(word: &str, next: &mut dyn FnMut() -> String) -> Option<Command> {
    mailbox(word, next).or_else(|| search(word, next)).or_else(|| message(word, next))
}

fn mailbox(word: &str, next: &mut dyn FnMut() -> String) -> Option<Command> {
    Some(match word {
        "check" => Check.into(),
        "close" => Close.into(),
        "unselect" => Unselect.into(),
        "expunge" => Expunge.into(),
        "uid-expunge" => UidExpunge(set(&next())).into(),
        "copy" => Copy { messages: Messages::Numbers(set(&next())), mailbox: name(next) }.into(),
        "uid-copy" => Copy { messages: Messages::Uids(set(&next())), mailbox: name(next) }.into(),
        "move" => Move { messages: Messages::Numbers(set(&next())), mailbox: name(next) }.into(),
        "uid-move" => Move { messages: Messages::Uids(set(&next())), mailbox: name(next) }.into(),
        "select-condstore" => Select { condstore: true, annotate: true, ..Select::new(name(next)) }.into(),
        "select-known" => {
            let select = Select::new(name(next));
            let (validity, mod_sequence) = (number(&next()), next().parse().expect("a mod-sequence"));
            let known = Known { validity, mod_sequence, uids: Some(set(&next())), matches: None };
            Select { known: Some(known), ..select }.into()
        }
        "batches" => {
            let size = number(&next());
            let range = next().split_once(':').map(|(first, last)| (number(first), number(last)));
            uidbatches::UidBatches { size, range }.into()
        }
        _ => return None,
    })
}

fn search(word: &str, next: &mut dyn FnMut() -> String) -> Option<Command> {
    Some(match word {
        "find" => Search { returns: returns(&next()), ..Search::by_uid(keys(&next())) }.into(),
        "find-numbers" => Search { returns: returns(&next()), ..Search::by_number(keys(&next())) }.into(),
        "sort" => {
            let (returns, by) = (returns(&next()), parts(&next()).iter().map(|key| criterion(key)).collect());
            sort::Sort { numbering: Numbering::Uid, returns, by, keys: keys(&next()) }.into()
        }
        "thread" => {
            let algorithm = match next().as_str() {
                "references" => thread::Algorithm::References,
                "refs" => thread::Algorithm::Refs,
                _ => thread::Algorithm::OrderedSubject,
            };
            thread::Thread { numbering: Numbering::Sequence, algorithm, keys: keys(&next()) }.into()
        }
        "esearch" => {
            let sources = vec![
                multisearch::Source::Mailboxes(vec![name(next)]),
                multisearch::Source::Subtree(vec![name(next)]),
            ];
            multisearch::ESearch { sources, returns: None, keys: keys(&next()) }.into()
        }
        "cancel-update" => context::CancelUpdate(vec![next()]).into(),
        _ => return None,
    })
}

fn message(word: &str, next: &mut dyn FnMut() -> String) -> Option<Command> {
    Some(match word {
        "items" => Fetch::new(Messages::Uids(set(&next())), items(&next())).into(),
        "items-of" => Fetch::new(Messages::Numbers(set(&next())), items(&next())).into(),
        "items-partial" => {
            let (messages, partial) = (Messages::Uids(set(&next())), Some(window(&next())));
            Fetch { partial, ..Fetch::new(messages, items(&next())) }.into()
        }
        "changes" => {
            let messages = Messages::Uids(set(&next()));
            let changed_since = Some(next().parse().expect("a mod-sequence"));
            Fetch { changed_since, vanished: true, ..Fetch::new(messages, vec![FetchItem::Flags]) }.into()
        }
        "store-unless" => {
            let messages = Messages::Numbers(set(&next()));
            let unchanged_since = Some(next().parse().expect("a mod-sequence"));
            let change = Change::Flags(StoreAction::Add, vec![Flag::Deleted]);
            Store { messages, change, silent: true, unchanged_since }.into()
        }
        "label" => {
            let (messages, labels) = (Messages::Uids(set(&next())), parts(&next()));
            let change = Change::GmailLabels(StoreAction::Add, labels);
            Store { messages, change, silent: false, unchanged_since: None }.into()
        }
        "annotate" => {
            let messages = Messages::Numbers(set(&next()));
            let value = Some(next().into_bytes());
            let values = vec![Annotation { attribute: "value.priv".to_owned(), value }];
            let change = Change::Annotations(vec![AnnotationEntry { entry: "/comment".to_owned(), values }]);
            Store { messages, change, silent: false, unchanged_since: None }.into()
        }
        "append-two" => {
            let first = Appended { flags: vec![Flag::Seen], ..text("one") };
            Append { mailbox: name(next), messages: vec![first, text("two")] }.into()
        }
        "append-binary" => {
            let content = Content::Binary(Message::from(b"\0".to_vec()));
            Append { mailbox: name(next), messages: vec![Appended { content, ..text("") }] }.into()
        }
        "append-parts" => {
            let mailbox = name(next);
            let url = catenate::Url::parse(&next()).expect("a URL");
            let parts = vec![Part::Url(url), Part::Text(Message::from(b"text".to_vec()))];
            let content = Content::Catenated(parts);
            Append { mailbox, messages: vec![Appended { content, ..text("") }] }.into()
        }
        "replace" => {
            let number = number(&next());
            Replace { number, by_uid: false, mailbox: name(next), message: text("new") }.into()
        }
        "genurlauth" => urlauth::GenUrlAuth(vec![catenate::Url::parse(&next()).expect("a URL")]).into(),
        "urlfetch" => urlauth::UrlFetch { urls: vec![next().into_bytes()], items: Vec::new() }.into(),
        _ => return None,
    })
}

fn text(text: &str) -> Appended {
    Appended::new(text.as_bytes().to_vec())
}

fn parts(word: &str) -> Vec<String> {
    word.split(',').filter(|part| !part.is_empty() && *part != "-").map(str::to_owned).collect()
}

fn number(word: &str) -> u32 {
    word.parse().expect("a number")
}

fn name(next: &mut dyn FnMut() -> String) -> MailboxName {
    MailboxName::new(&next())
}

fn set(word: &str) -> SequenceSet {
    if word == "$" {
        return SequenceSet::saved();
    }
    let range = |part: &str| match part.split_once(':') {
        Some((first, "*")) => (number(first), None),
        Some((first, last)) => (number(first), Some(number(last))),
        None => (number(part), Some(number(part))),
    };
    SequenceSet::from_ranges(word.split(',').map(range)).expect("a set")
}

fn window(word: &str) -> PartialRange {
    let (first, last) = word.split_once(':').expect("a window");
    let range = match (first.strip_prefix('-'), last.strip_prefix('-')) {
        (Some(first), Some(last)) => PartialRange::last(number(first), number(last)),
        _ => PartialRange::first(number(first), number(last)),
    };
    range.expect("a window")
}

fn returns(word: &str) -> Option<Vec<Return>> {
    if word == "-" {
        return None;
    }
    let one = |part: &String| match part.as_str() {
        "min" => Return::Min,
        "max" => Return::Max,
        "all" => Return::All,
        "count" => Return::Count,
        "save" => Return::Save,
        "update" => Return::Update,
        "context" => Return::Context,
        "relevancy" => Return::Relevancy,
        window => Return::Partial(self::window(window)),
    };
    Some(parts(word).iter().map(one).collect())
}

fn criterion(word: &str) -> sort::SortKey {
    let reverse = word.starts_with('-');
    let criterion = match word.trim_start_matches('-') {
        "subject" => sort::Criterion::Subject,
        "from" => sort::Criterion::DisplayFrom,
        "relevancy" => sort::Criterion::Relevancy,
        _ => sort::Criterion::Date,
    };
    sort::SortKey { criterion, reverse }
}

fn keys(word: &str) -> Vec<SearchKey> {
    parts(word).iter().map(|part| key(part)).collect()
}

fn key(word: &str) -> SearchKey {
    let (word, value) = word.split_once('=').unwrap_or((word, ""));
    let value = value.to_owned();
    match word {
        "all" => SearchKey::All,
        "unseen" => SearchKey::Unseen,
        "flagged" => SearchKey::Flagged,
        "deleted" => SearchKey::Deleted,
        "recent" => SearchKey::New,
        "saved" => SearchKey::Uid(SequenceSet::saved()),
        "older" => SearchKey::Older(number(&value)),
        "younger" => SearchKey::Younger(number(&value)),
        "modseq" => SearchKey::ModSequence(value.parse().expect("a mod-sequence")),
        "saved-since" => SearchKey::SavedSince(Date::new(2026, 11, 25).expect("a day")),
        "since" => SearchKey::Since(Date::new(1994, 2, 1).expect("a day")),
        "emailid" => SearchKey::EmailId(value),
        "filter" => SearchKey::Filter(value),
        "fuzzy" => SearchKey::Fuzzy(Box::new(SearchKey::Subject(value))),
        "gmail" => SearchKey::GmailRaw(value),
        "label" => SearchKey::GmailLabel(value),
        "note" => SearchKey::Annotation {
            entry: "/comment".to_owned(),
            attribute: "value".to_owned(),
            value: Some(value),
        },
        other => panic!("no such key: {other}"),
    }
}

fn items(word: &str) -> Vec<FetchItem> {
    let one = |word: &String| match word.as_str() {
        "uid" => FetchItem::Uid,
        "flags" => FetchItem::Flags,
        "modseq" => FetchItem::ModSequence,
        "preview" => FetchItem::Preview { lazy: true },
        "savedate" => FetchItem::SaveDate,
        "emailid" => FetchItem::EmailId,
        "threadid" => FetchItem::ThreadId,
        "binary" => FetchItem::Binary { part: vec![1], partial: None },
        "binary-size" => FetchItem::BinarySize(vec![1]),
        "gm-msgid" => FetchItem::GmailMessageId,
        "gm-thrid" => FetchItem::GmailThreadId,
        "gm-labels" => FetchItem::GmailLabels,
        "notes" => FetchItem::Annotations {
            entries: vec!["/comment".to_owned()],
            attributes: vec!["value.priv".to_owned(), "size.priv".to_owned()],
        },
        other => panic!("no such item: {other}"),
    };
    parts(word).iter().map(one).collect()
}
