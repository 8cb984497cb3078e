//! Threads, packed in groups as rows are. A thread knows its messages and the hashes of all message ids that lead to it.

use crate::octets::{Reader, push_counted, push_number};
use crate::{OrderedMap, OrderedSet, StoreError, Table};

/// A message of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Member {
    /// Folder.
    pub mailbox: u32,
    /// UIDVALIDITY of the folder.
    pub uidvalidity: u32,
    /// Milliseconds since 1970, as in the row.
    pub date: i64,
    /// UID.
    pub uid: u32,
}

/// A thread.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Thread {
    /// Hashes of the message ids of its messages, and of those that they refer to.
    pub ids: OrderedSet<u64>,
    /// Its messages; by folder, oldest first.
    pub members: OrderedSet<Member>,
}

impl Thread {
    /// Its newest message in a folder.
    #[must_use]
    pub fn newest_in(&self, mailbox: u32) -> Option<Member> {
        self.members.iter().rev().find(|member| member.mailbox == mailbox).copied()
    }
}

/// Threads with neighbouring numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadGroup(OrderedMap<u32, Thread>);

impl ThreadGroup {
    /// The group to which a thread belongs.
    #[must_use]
    pub const fn number_of(thread: u32) -> u32 {
        thread >> THREAD_BITS
    }

    /// Takes a stored group apart.
    ///
    /// # Errors
    /// The octets are no group.
    pub fn parse(octets: &[u8]) -> Result<Self, StoreError> {
        Self::read(octets).ok_or(StoreError::Damaged(Table::Threads.name()))
    }

    fn read(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        if reader.octet()? != FORMAT {
            return None;
        }
        let mut threads = OrderedMap::new();
        while !reader.is_empty() {
            let number = reader.small()?;
            let thread = read_thread(&mut Reader(reader.counted()?))?;
            threads.insert(number, thread);
        }
        Some(Self(threads))
    }

    /// The octets to store.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = vec![FORMAT];
        for (number, thread) in &self.0 {
            push_number(&mut octets, (*number).into());
            push_counted(&mut octets, &encode_thread(thread));
        }
        octets
    }

    /// A thread of this group.
    #[must_use]
    pub fn thread(&self, number: u32) -> Option<&Thread> {
        self.0.get(&number)
    }

    /// Puts a thread, or takes it out.
    pub fn set(&mut self, number: u32, thread: Option<Thread>) {
        match thread {
            Some(thread) => self.0.insert(number, thread),
            None => self.0.remove(&number),
        };
    }

    /// Numbers and threads, ascending.
    pub fn threads(&self) -> impl DoubleEndedIterator<Item = (u32, &Thread)> {
        self.0.iter().map(|(number, thread)| (*number, thread))
    }

    /// Whether there is no thread in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn encode_thread(thread: &Thread) -> Vec<u8> {
    let mut octets = Vec::new();
    push_number(&mut octets, thread.ids.len() as u64);
    for id in &thread.ids {
        octets.extend(id.to_be_bytes());
    }
    for member in &thread.members {
        push_number(&mut octets, member.mailbox.into());
        push_number(&mut octets, member.uidvalidity.into());
        octets.extend(member.date.to_be_bytes());
        push_number(&mut octets, member.uid.into());
    }
    octets
}

fn read_thread(reader: &mut Reader<'_>) -> Option<Thread> {
    let mut thread = Thread::default();
    for _ in 0..reader.small()? {
        thread.ids.insert(u64::from_be_bytes(reader.take(8)?.try_into().ok()?));
    }
    while !reader.is_empty() {
        let (mailbox, uidvalidity) = (reader.small()?, reader.small()?);
        let date = i64::from_be_bytes(reader.take(8)?.try_into().ok()?);
        thread.members.insert(Member { mailbox, uidvalidity, date, uid: reader.small()? });
    }
    Some(thread)
}

/// A group holds `1 << THREAD_BITS` threads: some KiB.
const THREAD_BITS: u32 = 6;

/// The first octet of a group: another one is another form.
const FORMAT: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> ThreadGroup {
        let member = |mailbox, date, uid| Member { mailbox, uidvalidity: 7, date, uid };
        let members = OrderedSet::from([member(1, 5, 9), member(1, -3, 10), member(2, 8, 1)]);
        let mut group = ThreadGroup::default();
        group.set(64, Some(Thread { ids: OrderedSet::from([1, u64::MAX]), members }));
        group.set(66, Some(Thread::default()));
        group
    }

    #[test]
    fn a_group_of_threads_comes_back() {
        let back = ThreadGroup::parse(&group().encode()).expect("is a group");
        assert_eq!(back, group());
        let thread = back.thread(64).expect("is there");
        assert_eq!(thread.newest_in(1).map(|member| member.uid), Some(9));
        assert_eq!(thread.newest_in(3), None);
        assert_eq!((ThreadGroup::number_of(63), ThreadGroup::number_of(64)), (0, 1));
    }

    #[test]
    fn damaged_octets_are_said_to_be_damaged() {
        let octets = group().encode();
        let damaged = Err(StoreError::Damaged("threads"));
        for cut in 0..octets.len() {
            let read = ThreadGroup::parse(&octets[..cut]);
            assert!(read == damaged || read.is_ok_and(|read| read.threads().count() < 2), "{cut}");
            let mut changed = octets.clone();
            changed[cut] ^= 0xff;
            let _ = ThreadGroup::parse(&changed);
        }
        assert_eq!(ThreadGroup::parse(&[2]), damaged);
    }
}
