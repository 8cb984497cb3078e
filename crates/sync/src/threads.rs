//! Which messages belong together: those that name each other in Message-ID, References and In-Reply-To.
//!
//! A message joins the thread to which any id leads that it has or names. If they lead to several, those become one. A thread
//! that is very long takes no more: its record is rewritten with each arrival.

use crate::orders::{Change, Orders};
use crate::records::{self, Answers, account_key, all, last, number};
use crate::sort::date_key;
use sha2::{Digest, Sha256};
use waypost_message::ThreadKeys;
use waypost_store::{
    Batch, Entry, Key, Member, MessageId, Order, OrderedMap, OrderedSet, Read, Store, StoreError, Table,
    Thread, ThreadGroup,
};

/// Hashes of the ids: the message's own, the one that began it all, and the nearest.
fn hashes(keys: &ThreadKeys) -> OrderedSet<u64> {
    let nearest = keys.references.len().saturating_sub(NEAREST_REFERENCES);
    let references = keys.references.first().into_iter().chain(&keys.references[nearest..]);
    references.chain(&keys.message_id).map(|id| hash(id)).collect()
}

fn hash(id: &str) -> u64 {
    let digest = Sha256::digest(id.as_bytes());
    digest.iter().take(8).fold(0, |hash, octet| hash << 8 | u64::from(*octet))
}

/// A message that comes into a folder.
pub(crate) struct Arrival {
    pub(crate) id: MessageId,
    pub(crate) date: i64,
    /// The thread that it is of already; 0 if it is of none.
    pub(crate) thread: u64,
    pub(crate) keys: ThreadKeys,
}

/// A message that leaves a folder.
pub(crate) struct Departure {
    pub(crate) id: MessageId,
    pub(crate) date: i64,
    pub(crate) thread: u64,
}

/// What follows for rows and orders.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Rows that have another thread now.
    pub(crate) assigned: OrderedMap<MessageId, u64>,
    pub(crate) changes: Vec<Change>,
}

/// The threads that one batch changes.
pub(crate) struct Threads {
    account: u32,
    groups: OrderedMap<u32, ThreadGroup>,
    /// Changed ones as they were.
    before: OrderedMap<u32, Thread>,
    /// The thread to which an id leads.
    known: OrderedMap<u64, u32>,
    highest: u32,
}

impl Threads {
    /// Reads what arrivals and departures touch.
    pub(crate) async fn read<S: Store>(
        store: &S,
        account: u32,
        orders: &mut Orders<'_, S>,
        arrivals: &[Arrival],
        departures: &[Departure],
    ) -> Result<Self, StoreError> {
        let hashes: OrderedSet<u64> = arrivals.iter().flat_map(|arrival| hashes(&arrival.keys)).collect();
        let known = match hashes.is_empty() {
            true => OrderedMap::new(),
            false => orders.find(IDS, &hashes).await?,
        };
        let given = arrivals.iter().map(|one| one.thread).chain(departures.iter().map(|one| one.thread));
        let given = given.filter_map(|thread| u32::try_from(thread).ok()).filter(|thread| *thread > 0);
        let numbers: OrderedSet<u32> =
            known.values().copied().chain(given).map(ThreadGroup::number_of).collect();
        let mut reads = vec![last(Table::Threads, account_key(account))];
        reads.extend(numbers.iter().map(|group| Read::Get(Table::Threads, group_key(account, *group))));
        let mut answers = Answers::of(store, reads).await?;
        let mut threads = Self::of(account, known, answers.entries())?;
        for group in numbers {
            if let Some(octets) = answers.octets() {
                threads.groups.insert(group, ThreadGroup::parse(&octets)?);
            }
        }
        Ok(threads)
    }

    /// Reads all threads of an account.
    pub(crate) async fn read_all<S: Store>(store: &S, account: u32) -> Result<Self, StoreError> {
        let entries = records::entries(store, all(Table::Threads, account_key(account))).await?;
        Self::of(account, OrderedMap::new(), entries)
    }

    /// From stored groups, the last among them.
    fn of(
        account: u32,
        known: OrderedMap<u64, u32>,
        entries: Vec<(Key, Vec<u8>)>,
    ) -> Result<Self, StoreError> {
        let mut groups = OrderedMap::new();
        for (key, octets) in entries {
            let number = number(&key, 1).and_then(|number| u32::try_from(number).ok());
            let number = number.ok_or(StoreError::Damaged(Table::Threads.name()))?;
            groups.insert(number, ThreadGroup::parse(&octets)?);
        }
        let mut threads = Self { account, groups, before: OrderedMap::new(), known, highest: 0 };
        threads.highest = threads.all().last().unwrap_or(0);
        Ok(threads)
    }

    fn all(&self) -> impl DoubleEndedIterator<Item = u32> {
        self.groups.values().flat_map(|group| group.threads().map(|(number, _)| number))
    }

    fn thread(&self, number: u32) -> Option<&Thread> {
        self.groups.get(&ThreadGroup::number_of(number))?.thread(number)
    }

    fn set(&mut self, number: u32, thread: Option<Thread>) {
        let old = self.thread(number).cloned().unwrap_or_default();
        self.before.entry(number).or_insert(old);
        self.groups.entry(ThreadGroup::number_of(number)).or_default().set(number, thread);
    }

    /// All messages of a folder leave.
    pub(crate) fn leave_all(&mut self, mailbox: u32) {
        let numbers: Vec<u32> = self.all().collect();
        for number in numbers {
            let Some(thread) = self.thread(number) else { continue };
            if thread.newest_in(mailbox).is_some() {
                let mut thread = thread.clone();
                thread.members.retain(|member| member.mailbox != mailbox);
                self.set(number, Some(thread));
            }
        }
    }

    pub(crate) fn leave(&mut self, departure: &Departure) {
        let Ok(number) = u32::try_from(departure.thread) else { return };
        let Some(mut thread) = self.thread(number).cloned() else { return };
        if thread.members.remove(&member(departure.id, departure.date)) {
            self.set(number, Some(thread));
        }
    }

    pub(crate) fn join(&mut self, arrival: &Arrival) {
        let hashes = hashes(&arrival.keys);
        let given = u32::try_from(arrival.thread).ok().filter(|thread| *thread > 0);
        let leads: OrderedSet<u32> =
            hashes.iter().filter_map(|hash| self.known.get(hash)).copied().chain(given).collect();
        let mut leads = leads
            .into_iter()
            .filter(|number| self.thread(*number).is_some_and(|thread| thread.members.len() < MOST_MEMBERS));
        let number = leads.next();
        let others: Vec<u32> = leads.collect();
        let number = number.unwrap_or_else(|| self.next_number());
        let mut thread = self.thread(number).cloned().unwrap_or_default();
        for other in others {
            self.merge(&mut thread, number, other);
        }
        for hash in hashes {
            if *self.known.entry(hash).or_insert(number) == number {
                thread.ids.insert(hash);
            }
        }
        thread.members.insert(member(arrival.id, arrival.date));
        self.set(number, Some(thread));
    }

    /// A number that no thread had.
    fn next_number(&mut self) -> u32 {
        if self.thread(self.highest).is_some_and(|thread| thread.members.is_empty()) {
            // It was kept for its number only.
            self.set(self.highest, Some(Thread::default()));
        }
        self.highest = self.highest.saturating_add(1);
        self.highest
    }

    /// Two threads are found to be one, unless that would be too long.
    fn merge(&mut self, thread: &mut Thread, number: u32, other: u32) {
        let Some(joining) = self.thread(other).cloned() else { return };
        if thread.members.len() + joining.members.len() > MOST_MEMBERS {
            return;
        }
        self.known.extend(joining.ids.iter().map(|id| (*id, number)));
        thread.ids.extend(joining.ids);
        thread.members.extend(joining.members);
        self.set(other, Some(Thread::default()));
    }

    /// Writes the changed threads and says what follows.
    pub(crate) fn finish(mut self, batch: &mut Batch) -> Outcome {
        let mut outcome = Outcome::default();
        let before = std::mem::take(&mut self.before);
        let mut groups = OrderedSet::new();
        for (number, before) in before {
            let group = ThreadGroup::number_of(number);
            match self.thread(number).filter(|after| !after.members.is_empty()) {
                Some(after) if before == *after => continue,
                Some(after) => outcome.add(self.account, number, &before, after),
                None => {
                    // The highest number stays taken: another thread must not get it.
                    let kept = (number == self.highest).then(Thread::default);
                    self.groups.entry(group).or_default().set(number, kept);
                    outcome.add(self.account, number, &before, &Thread::default());
                }
            }
            groups.insert(group);
        }
        for number in groups {
            let key = group_key(self.account, number);
            match self.groups.get(&number).filter(|group| !group.is_empty()) {
                Some(group) => batch.put(Table::Threads, key, group.encode()),
                None => batch.delete(Table::Threads, key),
            }
        }
        outcome
    }

    /// The folders and messages of a thread.
    pub(crate) async fn members<S: Store>(
        store: &S,
        account: u32,
        number: u32,
    ) -> Result<OrderedSet<Member>, StoreError> {
        let read = Read::Get(Table::Threads, group_key(account, ThreadGroup::number_of(number)));
        let Some(octets) = Answers::of(store, vec![read]).await?.octets() else {
            return Ok(OrderedSet::new());
        };
        let group = ThreadGroup::parse(&octets)?;
        Ok(group.thread(number).map(|thread| thread.members.clone()).unwrap_or_default())
    }
}

impl Outcome {
    /// What follows from the change of one thread.
    fn add(&mut self, account: u32, number: u32, before: &Thread, after: &Thread) {
        let id = |hash: &u64| Entry::new(hash.to_be_bytes().to_vec(), number);
        self.changes.extend(before.ids.difference(&after.ids).map(|hash| (IDS, id(hash), false)));
        self.changes.extend(after.ids.difference(&before.ids).map(|hash| (IDS, id(hash), true)));
        for new in after.members.difference(&before.members) {
            let Member { mailbox, uidvalidity, uid, .. } = *new;
            self.assigned.insert(MessageId { account, mailbox, uidvalidity, uid }, number.into());
        }
        let mailboxes: OrderedSet<u32> =
            before.members.iter().chain(&after.members).map(|member| member.mailbox).collect();
        for mailbox in mailboxes {
            let (old, new) = (before.newest_in(mailbox), after.newest_in(mailbox));
            if old != new {
                let which = (mailbox, Order::Thread);
                self.changes.extend(old.map(|old| (which, newest_entry(old), false)));
                self.changes.extend(new.map(|new| (which, newest_entry(new), true)));
            }
        }
    }
}

/// The place of a thread in the order of threads of a folder.
pub(crate) fn newest_entry(newest: Member) -> Entry {
    Entry::new(date_key(newest.date).to_vec(), newest.uid)
}

pub(crate) fn member(id: MessageId, date: i64) -> Member {
    Member { mailbox: id.mailbox, uidvalidity: id.uidvalidity, date, uid: id.uid }
}

pub(crate) fn group_key(account: u32, group: u32) -> Key {
    Key::numbers(&[account.into(), group.into()])
}

/// Where ids lead to.
pub(crate) const IDS: (u32, Order) = (0, Order::MessageIds);

/// Of a long list of references the nearest are enough, with the first: each answer in between brings its own.
const NEAREST_REFERENCES: usize = 24;

/// The most messages of a thread: what reports to the same id every hour would grow without end.
const MOST_MEMBERS: usize = 1000;
