//! What a message is known by where unique ids fail: header lines that servers leave alone. Servers write `Status`, `X-UIDL` and the
//! like into what they give out, and count them or not, so that neither octets nor sizes stay the same.

use super::maildrop::{Entry, Known};
use crate::contents::sha256;
use waypost_store::{OrderedMap, UidlRecord};

/// SHA-256 of those lines, with what is folded; empty where a message has none of them, because then it is like any other.
pub(super) fn likeness(message: &[u8]) -> String {
    let lines = identity(message);
    if lines.is_empty() { String::new() } else { sha256(&lines.join(&b'\n')) }
}

/// The header lines that a server does not add or change.
fn identity(message: &[u8]) -> Vec<&[u8]> {
    let lines = message.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii_end);
    let header = lines.take_while(|line| !line.is_empty());
    let mut named = false;
    header
        .filter(|line| {
            let folded = line.first().is_some_and(|octet| octet.is_ascii_whitespace());
            named = if folded { named } else { is_named(line) };
            named
        })
        .collect()
}

fn is_named(line: &[u8]) -> bool {
    NAMES.iter().any(|name| starts_with(line, name))
}

fn starts_with(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name))
}

/// Whether a size is that of a known message, as it was listed or as it came.
pub(super) fn is_size(octets: Option<u64>, record: &UidlRecord) -> bool {
    let known =
        |octets: u64| octets == record.listed || (!record.sha256.is_empty() && octets == record.octets);
    octets.is_none_or(known)
}

/// Whether a size may be that of a known message, with the lines that servers add.
pub(super) fn sizes_agree(octets: Option<u64>, record: &UidlRecord) -> bool {
    let near = |known: u64| octets.is_none_or(|octets| octets.abs_diff(known) <= ADDED_OCTETS);
    near(record.listed) || (!record.sha256.is_empty() && near(record.octets))
}

/// Whether a message of the same id has only become longer, by no more than the lines that servers add.
pub(super) fn has_grown(octets: Option<u64>, header: &[u8], record: &UidlRecord) -> bool {
    let before = record.listed.saturating_sub(record.grown);
    let is_near = octets.and_then(|octets| octets.checked_sub(before)).is_some_and(|by| by <= ADDED_OCTETS);
    is_near && is_like(header, record)
}

/// Whether a message with this header and size is the known one.
pub(super) fn is_known(octets: Option<u64>, header: &[u8], record: &UidlRecord) -> bool {
    is_like(header, record) && fits(octets, header, record)
}

fn is_like(header: &[u8], record: &UidlRecord) -> bool {
    !record.likeness.is_empty() && likeness(header) == record.likeness
}

/// Programs that write many messages in one second may give them no Message-ID: there the size tells them apart.
fn fits(octets: Option<u64>, header: &[u8], record: &UidlRecord) -> bool {
    is_size(octets, record) || sizes_agree(octets, record) && has_message_id(header)
}

/// Whether it has a name that no other message has.
pub(super) fn has_message_id(header: &[u8]) -> bool {
    identity(header).iter().any(|line| starts_with(line, MESSAGE_ID))
}

/// Known messages to be found again, each once.
pub(super) struct Pool(OrderedMap<String, Vec<String>>);

impl Pool {
    /// Of all that is known and in question.
    pub(super) fn of(known: &Known, in_question: impl Fn(&str, &UidlRecord) -> bool) -> Self {
        let mut pool: OrderedMap<String, Vec<String>> = OrderedMap::new();
        for (id, record) in known.iter().filter(|(id, record)| in_question(id, record)) {
            if !record.likeness.is_empty() {
                pool.entry(record.likeness.clone()).or_default().push(id.clone());
            }
        }
        Self(pool)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The id of a known message that is like this one.
    pub(super) fn take(&mut self, entry: &Entry, header: &[u8], known: &Known) -> Option<String> {
        let ids = self.0.get_mut(&likeness(header))?;
        let is_it = |id: &String| known.get(id).is_some_and(|record| fits(entry.octets, header, record));
        let at = ids.iter().position(is_it)?;
        Some(ids.swap_remove(at))
    }
}

const MESSAGE_ID: &[u8] = b"message-id:";
const NAMES: [&[u8]; 5] = [MESSAGE_ID, b"date:", b"from:", b"to:", b"subject:"];

/// `X-UIDL`, `Status`, `X-Status`, `X-Keywords`, `X-IMAP` and `Content-Length` together have less.
const ADDED_OCTETS: u64 = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_lines_that_servers_leave_alone() {
        let stored = b"From: a\r\nSubject: x\r\n folded\r\n\r\nSubject: of the text\r\n";
        assert_eq!(likeness(stored), likeness(b"From: a\nStatus: RO\nX-UIDL: 7\n 8\nSubject: x\n folded\n"));
        for other in [&b"From: a\r\nSubject: y\r\n folded\r\n\r\n"[..], b"From: a\r\nSubject: x\r\n else\r\n"]
        {
            assert_ne!(likeness(stored), likeness(other));
        }
    }

    #[test]
    fn a_message_without_such_lines_is_like_none() {
        assert_eq!(likeness(b"Received: by mail\r\n\r\ntext"), "");
        let record = UidlRecord::default();
        assert!(Pool::of(&Known::from([("a".to_owned(), record)]), |_, _| true).is_empty());
    }

    #[test]
    fn of_two_that_are_alike_each_is_found_once_and_another_size_is_another_message() {
        let header = b"Message-ID: <twice@waypost.example>\r\n\r\n";
        let record = |listed| UidlRecord { likeness: likeness(header), listed, ..UidlRecord::default() };
        let known = Known::from([("a".to_owned(), record(1000)), ("b".to_owned(), record(9000))]);
        let mut pool = Pool::of(&known, |_, _| true);
        let entry = |octets| Entry { number: 1, octets: Some(octets), id: None };
        assert_eq!(pool.take(&entry(9040), header, &known), Some("b".to_owned()));
        assert_eq!(pool.take(&entry(9040), header, &known), None);
        assert_eq!(pool.take(&entry(1000), header, &known), Some("a".to_owned()));
    }

    #[test]
    fn without_a_message_id_the_size_must_be_the_same() {
        let header = b"From: cron\r\nDate: Thu, 05 Mar 2026 10:00:00 +0000\r\n\r\n";
        let record = UidlRecord { likeness: likeness(header), listed: 1000, ..UidlRecord::default() };
        let known = Known::from([("a".to_owned(), record)]);
        let take = |octets| {
            let entry = Entry { number: 1, octets: Some(octets), id: None };
            Pool::of(&known, |_, _| true).take(&entry, header, &known)
        };
        assert_eq!((take(1001), take(1000)), (None, Some("a".to_owned())));
    }
}
