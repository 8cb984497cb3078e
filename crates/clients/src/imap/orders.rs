//! Commands in words, as the page gives them: the verb, then its arguments, with a NUL between two words.

use super::keys::keys;
use std::collections::HashMap;
use waypost_imap::commands::{Copy, Expunge, Fetch, Messages, Move, Return, Search, UidExpunge, Unselect};
use waypost_imap::ext::list::{List, ListReturn, ListSelect};
use waypost_imap::types::{
    DateTime, Flag, ListPattern, MailboxName, Section, SectionText, SequenceSet, StatusItem,
};
use waypost_imap::{Command, FetchItem, StoreAction};

/// Names of mailboxes that go over the wire in another form than the one we would write, by what people read.
pub(super) type OddNames = HashMap<String, MailboxName>;

/// The words of a command that are left.
pub(super) struct Words<'a>(std::str::Split<'a, char>);

impl<'a> Words<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self(text.split('\0'))
    }

    pub(super) fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.next()?.parse().ok()
    }

    fn set(&mut self) -> Option<SequenceSet> {
        set(self.next()?)
    }

    fn name(&mut self, names: &OddNames) -> Option<MailboxName> {
        let name = self.next()?;
        Some(names.get(name).cloned().unwrap_or_else(|| MailboxName::new(name)))
    }

    fn flags(&mut self) -> Vec<Flag> {
        self.0.by_ref().map(flag).collect()
    }

    fn items(&mut self) -> Option<Vec<FetchItem>> {
        self.0.by_ref().map(item).collect()
    }
}

/// Reads a command; `None` if it is none, which is the page's fault.
pub(super) fn command(text: &str, names: &OddNames) -> Option<Command> {
    let mut words = Words::of(text);
    let words = &mut words;
    Some(match words.next()? {
        "capability" => Command::Capability,
        "noop" => Command::Noop,
        "logout" => Command::Logout,
        "starttls" => Command::StartTls,
        "idle" => Command::Idle,
        "unselect" => Unselect.into(),
        "expunge" => Expunge.into(),
        "uid-expunge" => UidExpunge(words.set()?).into(),
        "enable" => Command::Enable(words.0.by_ref().map(str::to_owned).collect()),
        "create" => Command::Create(words.name(names)?),
        "delete" => Command::Delete(words.name(names)?),
        "subscribe" => Command::Subscribe(words.name(names)?),
        "unsubscribe" => Command::Unsubscribe(words.name(names)?),
        "rename" => Command::Rename { from: words.name(names)?, to: words.name(names)? },
        "select" => Command::Select(words.name(names)?),
        "examine" => Command::Examine(words.name(names)?),
        "status" => {
            let mailbox = words.name(names)?;
            Command::Status { mailbox, items: status_items(words)? }
        }
        "list" => Command::List {
            reference: MailboxName::new(""),
            pattern: ListPattern::new(words.next()?),
            special_use: true,
        },
        "lsub" => Command::Lsub { reference: MailboxName::new(""), pattern: ListPattern::new(words.next()?) },
        "list-extended" => list_extended(words)?.into(),
        "fetch" => {
            let mut fetch = Fetch::new(Messages::Uids(words.set()?), Vec::new());
            fetch.changed_since = words.next()?.parse().ok();
            fetch.items = words.items()?;
            fetch.into()
        }
        "store" => {
            let (set, action) = (words.set()?, store_action(words.next()?)?);
            Command::UidStore { set, action, silent: true, flags: words.flags() }
        }
        "search" => Command::UidSearch(keys(words)?),
        "search-extended" => Search::by_uid(keys(words)?).returning(Return::All).into(),
        "copy" => {
            let messages = Messages::Uids(words.set()?);
            Copy { messages, mailbox: words.name(names)? }.into()
        }
        "move" => {
            let messages = Messages::Uids(words.set()?);
            Move { messages, mailbox: words.name(names)? }.into()
        }
        "append" => Command::AppendStreamed {
            mailbox: words.name(names)?,
            octets: words.number()?,
            date: date_time(words.next()?, words.next()?)?,
            flags: words.flags(),
        },
        _ => return None,
    })
}

/// `subscribed` or nothing, then names of STATUS items.
fn list_extended(words: &mut Words<'_>) -> Option<List> {
    let pattern = ListPattern::new(words.next()?);
    let select = if words.next()? == "subscribed" { vec![ListSelect::Subscribed] } else { Vec::new() };
    let mut returns = vec![ListReturn::Subscribed, ListReturn::Children];
    if words.next()? == "special-use" {
        returns.push(ListReturn::SpecialUse);
    }
    let items = status_items(words)?;
    if !items.is_empty() {
        returns.push(ListReturn::Status(items));
    }
    Some(List { select, reference: MailboxName::new(""), patterns: vec![pattern], returns: Some(returns) })
}

fn status_items(words: &mut Words<'_>) -> Option<Vec<StatusItem>> {
    let named = |name: &str| StatusItem::ALL.iter().copied().find(|item| item.name() == name);
    words.0.by_ref().map(named).collect()
}

/// Milliseconds since 1970 and minutes east of UTC; without the former the server's own time. `None` where it is no number.
fn date_time(milliseconds: &str, zone: &str) -> Option<Option<DateTime>> {
    if milliseconds.is_empty() {
        return Some(None);
    }
    let milliseconds: i64 = milliseconds.parse().ok()?;
    Some(Some(DateTime {
        unix_seconds: milliseconds.div_euclid(1000),
        zone_minutes: zone.parse().unwrap_or_default(),
    }))
}

fn store_action(word: &str) -> Option<StoreAction> {
    Some(match word {
        "add" => StoreAction::Add,
        "remove" => StoreAction::Remove,
        "replace" => StoreAction::Replace,
        _ => return None,
    })
}

/// ```abnf
/// sequence-set = (seq-number / seq-range) ["," sequence-set]
/// ```
pub(super) fn set(text: &str) -> Option<SequenceSet> {
    let number = |text: &str| if text == "*" { Some(None) } else { text.parse().ok().map(Some) };
    let range = |range: &str| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        Some(match (number(first)?, number(last)?) {
            (Some(first), last) => (first, last),
            (None, Some(last)) => (last, None),
            (None, None) => (u32::MAX, None),
        })
    };
    let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
    SequenceSet::from_ranges(ranges?)
}

/// A flag in any case; a keyword as it is written.
pub(super) fn flag(text: &str) -> Flag {
    let known = [Flag::Seen, Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Draft];
    known
        .into_iter()
        .find(|flag| super::events::flag_name(flag).eq_ignore_ascii_case(text))
        .unwrap_or_else(|| Flag::Keyword(text.to_owned()))
}

fn item(word: &str) -> Option<FetchItem> {
    if let Some(section) = word.strip_prefix("body ") {
        return Some(FetchItem::Body { section: section_spec(section)?, partial: None });
    }
    Some(match word {
        "flags" => FetchItem::Flags,
        "envelope" => FetchItem::Envelope,
        "size" => FetchItem::Size,
        "internalDate" => FetchItem::InternalDate,
        "structure" => FetchItem::BodyStructure,
        "modseq" => FetchItem::ModSequence,
        "preview" => FetchItem::Preview { lazy: false },
        "emailId" => FetchItem::EmailId,
        "threadId" => FetchItem::ThreadId,
        "saveDate" => FetchItem::SaveDate,
        "gmailMessageId" => FetchItem::GmailMessageId,
        "gmailThreadId" => FetchItem::GmailThreadId,
        "gmailLabels" => FetchItem::GmailLabels,
        _ => return None,
    })
}

/// ```abnf
/// section-spec = section-msgtext / (section-part ["." section-text])
/// section-msgtext = "HEADER" / "HEADER.FIELDS" [".NOT"] SP header-list / "TEXT"
/// ```
/// The names of fields without parentheses.
fn section_spec(text: &str) -> Option<Section> {
    let mut part = Vec::new();
    let mut rest = text;
    while rest.starts_with(|sign: char| sign.is_ascii_digit()) {
        let (number, after) = rest.split_once('.').unwrap_or((rest, ""));
        part.push(number.parse().ok().filter(|number| *number > 0)?);
        rest = after;
    }
    let names = |names: &str| names.split(' ').map(str::to_owned).collect();
    let text = match rest {
        "" => SectionText::Whole,
        "HEADER" => SectionText::Header,
        "TEXT" => SectionText::Text,
        "MIME" if !part.is_empty() => SectionText::Mime,
        _ => SectionText::HeaderFields(names(rest.strip_prefix("HEADER.FIELDS ")?)),
    };
    Some(Section { part, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_read_as_they_are_written() {
        for (text, written) in [("1:*", "1:*"), ("5,3,4", "3:5"), ("*", "*"), ("*:7", "7:*"), ("9:2", "2:9")]
        {
            assert_eq!(set(text).map(|set| set.to_string()).as_deref(), Some(written));
        }
        for text in ["", "0", "a", "1:", "1,,2", "4294967296"] {
            assert_eq!(set(text), None, "{text}");
        }
    }

    #[test]
    fn sections_are_read() {
        let section = |text| section_spec(text).map(|section| super::super::rows::section(&section));
        for text in ["", "1.2", "HEADER", "3.MIME", "2.TEXT"] {
            assert_eq!(section(text).as_deref(), Some(text));
        }
        assert_eq!(section("HEADER.FIELDS To Cc").as_deref(), Some("HEADER.FIELDS (To Cc)"));
        for text in ["0", "MIME", "1.x", "HEADERS"] {
            assert_eq!(section(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_command_is_none() {
        let names = OddNames::new();
        for text in [
            "",
            "x",
            "select",
            "fetch\x000\0\0flags",
            "fetch\x001\0\0colour",
            "append\0a\0b",
            "append\0a\x005\0NaN\x000",
            "store\x001\0new",
        ] {
            assert!(command(text, &names).is_none(), "{text:?}");
        }
        assert!(
            matches!(command("append\0a\x005\x001999\x0060\0\\seen", &names), Some(Command::AppendStreamed {
            octets: 5, date: Some(DateTime { unix_seconds: 1, zone_minutes: 60 }), flags, ..
        }) if flags == [Flag::Seen])
        );
    }
}
