//! THREAD (RFC 5256): conversations, put together by the server.

use super::{Brings, Extension, NOTHING, Order, Verb, commands, on_request};
use crate::command::SearchKey;
use crate::commands::{Numbering, search_order};
use crate::encode::Encoder;
use crate::event::Response;
use crate::grammar::core::{fail, no_sp, number};
use crate::grammar::{Parsed, Reading};

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["THREAD=REFERENCES", "THREAD=ORDEREDSUBJECT"],
    untagged: on_request(&[("THREAD", |input, reading| {
        let (rest, threads) = thread_data(input, reading)?;
        Ok((rest, Response::Thread(threads)))
    })]),
    ..NOTHING
};

/// THREAD or UID THREAD. Answered by [`Response::Thread`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// What the answer consists of.
    pub numbering: Numbering,
    /// How conversations are found.
    pub algorithm: Algorithm,
    /// Which messages: all keys must hold.
    pub keys: Vec<SearchKey>,
}

/// How conversations are found (RFC 5256, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// By the headers that name messages answered to.
    References,
    /// By subject, then by date.
    OrderedSubject,
    /// As REFERENCES, but never by subject, and the newest conversation last (draft-ietf-morg-inthread, Dovecot).
    Refs,
}

/// Conversations: trees, their messages in the order sent, each before those below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Threads {
    messages: Vec<Threaded>,
}

/// A message in its conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threaded {
    /// Its number or UID; `None` for a message that is not here and holds those below it together.
    pub number: Option<u32>,
    /// The index of the message above it, which is lower than its own; `None` where a conversation begins.
    pub parent: Option<usize>,
}

impl Threads {
    /// The messages, in the order sent.
    #[must_use]
    pub fn messages(&self) -> &[Threaded] {
        &self.messages
    }
    /// The indices of the messages with which conversations begin.
    pub fn roots(&self) -> impl Iterator<Item = usize> {
        self.messages.iter().enumerate().filter(|(_, one)| one.parent.is_none()).map(|(index, _)| index)
    }
}

commands!(Thread);

impl Verb for Thread {
    fn needs(&self) -> &'static [&'static str] {
        match self.algorithm {
            Algorithm::References => &["THREAD=REFERENCES"],
            Algorithm::OrderedSubject => &["THREAD=ORDEREDSUBJECT"],
            Algorithm::Refs => &["THREAD=REFS"],
        }
    }
    fn also_needs(&self) -> Vec<&'static [&'static str]> {
        SearchKey::needs(&self.keys)
    }
    /// RFC 5256 does not say that EXPUNGE is kept back.
    fn order(&self) -> Order {
        match search_order(self.numbering, &self.keys) {
            Order::Numbers => Order::ShiftsNumbers,
            order => order,
        }
    }
    fn brings(&self) -> Brings {
        Brings::Found
    }
    /// ```abnf
    /// thread = ["UID" SP] "THREAD" SP thread-alg SP search-criteria
    /// search-criteria = charset 1*(SP search-key)
    /// ```
    fn encode(&self, encoder: &mut Encoder) -> Result<(), &'static str> {
        encoder.text(self.numbering.prefix());
        encoder.text(match self.algorithm {
            Algorithm::References => "THREAD REFERENCES UTF-8",
            Algorithm::OrderedSubject => "THREAD ORDEREDSUBJECT UTF-8",
            Algorithm::Refs => "THREAD REFS UTF-8",
        });
        encoder.search_keys(&self.keys)
    }
}

/// ```abnf
/// thread-data = "THREAD" [SP 1*thread-list]
/// thread-list = "(" (thread-members / thread-nested) ")"
/// thread-members = nz-number *(SP nz-number) [SP thread-nested]
/// thread-nested = 2*thread-list
/// ```
/// Depth needs no stack of ours: what is open is a list. A list in parentheses of its own that begins with another list stands for a
/// message that is not here.
fn thread_data<'a>(input: &'a [u8], reading: Reading<'_>) -> Parsed<'a, Threads> {
    let mut threads = Threads::default();
    // For each open parenthesis: the last message in it, above which what follows stands.
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut rest = input;
    while let Some(octet) = rest.first() {
        let after = rest.get(1..).unwrap_or_default();
        rest = match octet {
            b'(' if open.len() >= NESTING => return fail(rest, "thread-nested"),
            b'(' => {
                let above = match open.last() {
                    // A list where its first message belongs: the message is not here.
                    Some(None) => threads.add(None, open.iter().rev().nth(1).copied().flatten()),
                    Some(above) => *above,
                    None => None,
                };
                if let Some(last) = open.last_mut() {
                    *last = above;
                }
                open.push(None);
                after
            }
            b')' => {
                if open.pop().is_none() {
                    return fail(rest, "thread-data");
                }
                after
            }
            // Between conversations none belongs; some servers put one.
            b' ' if open.is_empty() => no_sp(rest, reading)?.0,
            b' ' => after,
            _ => {
                let (after, one) = number(rest)?;
                let mut levels = open.iter().rev();
                let (Some(own), above) = (levels.next().copied(), levels.next().copied().flatten()) else {
                    return fail(rest, "thread-list");
                };
                let added = threads.add(Some(one).filter(|one| *one != 0), own.or(above));
                if let Some(last) = open.last_mut() {
                    *last = added;
                }
                after
            }
        };
    }
    if open.is_empty() { Ok((rest, threads)) } else { fail(rest, "thread-list") }
}

impl Threads {
    fn add(&mut self, number: Option<u32>, parent: Option<usize>) -> Option<usize> {
        self.messages.push(Threaded { number, parent });
        Some(self.messages.len() - 1)
    }
}

/// Deepest nesting of parentheses. They nest where answers branch, not where they follow each other: a hundred is rare.
const NESTING: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::written;
    use crate::types::Date;

    fn read(input: &[u8]) -> Vec<(Option<u32>, Option<usize>)> {
        let (rest, threads) = thread_data(input, Reading::lenient()).unwrap();
        assert_eq!(rest, b"");
        threads.messages().iter().map(|one| (one.number, one.parent)).collect()
    }

    #[test]
    fn rfc_5256_4_examples_read() {
        let tree = read(b"(2)(3 6 (4 23)(44 7 96))");
        let expected = [
            (Some(2), None),
            (Some(3), None),
            (Some(6), Some(1)),
            (Some(4), Some(2)),
            (Some(23), Some(3)),
            (Some(44), Some(2)),
            (Some(7), Some(5)),
            (Some(96), Some(6)),
        ];
        assert_eq!(tree, expected);
        assert_eq!(read(b"((3)(5))"), [(None, None), (Some(3), Some(0)), (Some(5), Some(0))]);
        assert_eq!(read(b""), []);
        assert_eq!(
            read(b"(1) (2 (3) (4)) "),
            [(Some(1), None), (Some(2), None), (Some(3), Some(1)), (Some(4), Some(1))]
        );
        let threads = thread_data(b"(2)(3 6)", Reading::lenient()).unwrap().1;
        assert_eq!(threads.roots().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_missing_message_below_another_has_its_place() {
        assert_eq!(
            read(b"(1 ((2)(3))(4))"),
            [(Some(1), None), (None, Some(0)), (Some(2), Some(1)), (Some(3), Some(1)), (Some(4), Some(0))]
        );
    }

    #[test]
    fn trees_without_an_end_and_without_bounds_are_refused() {
        for broken in [&b"(1"[..], b"1)", b"1", b"(1))", b"(x)"] {
            assert!(thread_data(broken, Reading::lenient()).is_err());
        }
        let deep = [b"(".repeat(NESTING), b"1".to_vec(), b")".repeat(NESTING)].concat();
        assert!(thread_data(&deep, Reading::lenient()).is_ok());
        let deeper = [b"(".repeat(NESTING + 1), b"1".to_vec(), b")".repeat(NESTING + 1)].concat();
        assert!(thread_data(&deeper, Reading::lenient()).is_err());
        let long = format!("({})", vec!["7"; 300_000].join(" "));
        assert_eq!(thread_data(long.as_bytes(), Reading::lenient()).unwrap().1.messages().len(), 300_000);
    }

    #[test]
    fn rfc_5256_3_commands_are_written() {
        let since = SearchKey::Since(Date::new(2000, 3, 5).unwrap());
        let mut thread = Thread {
            numbering: Numbering::Sequence,
            algorithm: Algorithm::References,
            keys: vec![since, SearchKey::Text("gewp".to_owned())],
        };
        assert_eq!(
            written(thread.clone(), &[]),
            "a1 THREAD REFERENCES UTF-8 SINCE 5-Mar-2000 TEXT \"gewp\"\r\n"
        );
        assert_eq!(thread.order(), Order::ShiftsNumbers);
        thread = Thread {
            numbering: Numbering::Uid,
            algorithm: Algorithm::OrderedSubject,
            keys: vec![SearchKey::All],
        };
        assert_eq!(written(thread.clone(), &[]), "a1 UID THREAD ORDEREDSUBJECT UTF-8 ALL\r\n");
        assert_eq!(thread.order(), Order::Messages);
    }
}
