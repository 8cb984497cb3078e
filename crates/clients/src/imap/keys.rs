//! What to search for, in words: each key before its arguments, `and` with how many keys follow.

use super::orders::{Words, set};
use waypost_imap::SearchKey;
use waypost_imap::types::Date;

/// All keys that are left; `None` where one is none.
pub(super) fn keys(words: &mut Words<'_>) -> Option<Vec<SearchKey>> {
    let mut keys = Vec::new();
    while let Some(word) = words.next() {
        keys.push(key(word, words, NESTING)?);
    }
    Some(keys)
}

fn key(word: &str, words: &mut Words<'_>, depth: usize) -> Option<SearchKey> {
    let depth = depth.checked_sub(1)?;
    if let Some(key) = bare(word) {
        return Some(key);
    }
    let mut next = || key(words.next()?, words, depth).map(Box::new);
    match word {
        "not" => return Some(SearchKey::Not(next()?)),
        "or" => return Some(SearchKey::Or(next()?, next()?)),
        _ => {}
    }
    if word == "and" {
        let count: usize = words.number()?;
        let keys: Option<Vec<_>> = (0..count).map(|_| key(words.next()?, words, depth)).collect();
        return keys.map(SearchKey::And);
    }
    let text = words.next()?;
    let owned = || text.to_owned();
    Some(match word {
        "uid" => SearchKey::Uid(set(text)?),
        "keyword" => SearchKey::Keyword(owned()),
        "unkeyword" => SearchKey::Unkeyword(owned()),
        "from" => SearchKey::From(owned()),
        "to" => SearchKey::To(owned()),
        "cc" => SearchKey::Cc(owned()),
        "bcc" => SearchKey::Bcc(owned()),
        "subject" => SearchKey::Subject(owned()),
        "body" => SearchKey::Body(owned()),
        "text" => SearchKey::Text(owned()),
        "header" => SearchKey::Header(owned(), words.next()?.to_owned()),
        "before" => SearchKey::Before(date(text)?),
        "on" => SearchKey::On(date(text)?),
        "since" => SearchKey::Since(date(text)?),
        "sentBefore" => SearchKey::SentBefore(date(text)?),
        "sentOn" => SearchKey::SentOn(date(text)?),
        "sentSince" => SearchKey::SentSince(date(text)?),
        "larger" => SearchKey::Larger(text.parse().ok()?),
        "smaller" => SearchKey::Smaller(text.parse().ok()?),
        "modseq" => SearchKey::ModSequence(text.parse().ok()?),
        "emailId" => SearchKey::EmailId(owned()),
        "threadId" => SearchKey::ThreadId(owned()),
        "gmailRaw" => SearchKey::GmailRaw(owned()),
        _ => return None,
    })
}

fn bare(word: &str) -> Option<SearchKey> {
    Some(match word {
        "all" => SearchKey::All,
        "seen" => SearchKey::Seen,
        "unseen" => SearchKey::Unseen,
        "answered" => SearchKey::Answered,
        "unanswered" => SearchKey::Unanswered,
        "flagged" => SearchKey::Flagged,
        "unflagged" => SearchKey::Unflagged,
        "deleted" => SearchKey::Deleted,
        "undeleted" => SearchKey::Undeleted,
        "draft" => SearchKey::Draft,
        "undraft" => SearchKey::Undraft,
        _ => return None,
    })
}

/// A day as `2026-11-30`.
fn date(text: &str) -> Option<Date> {
    let mut numbers = text.split('-');
    let (year, month, day) = (numbers.next()?, numbers.next()?, numbers.next()?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

/// Deeper than anybody searches; the encoder has the same bound.
const NESTING: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_before_their_arguments() {
        let read = |text: &str| keys(&mut Words::of(text));
        assert_eq!(
            read("or\0from\0kim\0and\x002\0unseen\0since\x002026-11-30\0larger\x005"),
            Some(vec![
                SearchKey::Or(
                    Box::new(SearchKey::From("kim".into())),
                    Box::new(SearchKey::And(vec![
                        SearchKey::Unseen,
                        SearchKey::Since(Date::new(2026, 11, 30).expect("is a day"))
                    ]))
                ),
                SearchKey::Larger(5)
            ])
        );
        for text in
            ["", "colour", "from", "not", "or\0all", "and\x002\0all", "since\x002026-02-30", "uid\x000"]
        {
            assert_eq!(read(text), None, "{text:?}");
        }
        assert_eq!(read(&format!("{}all", "not\0".repeat(40))), None, "nested too deep");
    }
}
