//! From rows as they were and as they shall be to one batch: groups of rows, orders, counts, threads and the queue.

use super::page::{NEW, Page};
use crate::contents::Holdings;
use crate::orders::{self, Orders, Which};
use crate::records::{
    Answers, account_key, all, decode, encode, group_key, highest_uid, mailbox_key, number_key, queue_key,
};
use crate::sort::order_keys;
use crate::threads::{Arrival, Departure, IDS, Outcome, Threads};
use std::cell::Cell;
use std::rc::Rc;
use waypost_message::ThreadKeys;
use waypost_store::{
    AccountRecord, Batch, Change, Durability, Entry, MailboxRecord, MessageId, MessageRow, Order, OrderedMap,
    OrderedSet, Protocol, QueuedChange, Read, RowGroup, Store, StoreError, Table,
};

/// Rows of one folder that someone wants to change.
pub(crate) struct Wanted {
    pub(crate) mailbox: u32,
    pub(crate) uidvalidity: u32,
    pub(crate) uids: Vec<u32>,
}

/// What is changed, and what it was.
pub(crate) struct Draft {
    pub(crate) pages: Vec<Page>,
    before: Vec<(MailboxRecord, OrderedMap<u32, Option<MessageRow>>)>,
    groups: OrderedMap<Group, RowGroup>,
    /// Those of them that differ.
    changed: OrderedSet<Group>,
    account: u32,
    /// Whether the mail lives here: then this device counts it.
    pub(crate) is_local: bool,
    last_queued: u64,
    /// The last number that was given to a message that lives here, now and before.
    numbers: (Rc<Cell<u32>>, u32),
}

/// Folder, UIDVALIDITY, group.
type Group = (u32, u32, u32);

/// What a draft becomes.
pub(crate) struct Written {
    pub(crate) batch: Batch,
    pub(crate) contents: Holdings,
    /// What there is to tell once it is committed.
    pub(crate) told: Vec<Change>,
}

/// A row that differs.
struct Line {
    id: MessageId,
    before: Option<MessageRow>,
    after: Option<MessageRow>,
}

impl Draft {
    /// Reads what is wanted; `None` if a folder is gone or has another UIDVALIDITY.
    pub(crate) async fn read<S: Store>(
        store: &S,
        account: u32,
        wanted: Vec<Wanted>,
    ) -> Result<Option<Self>, StoreError> {
        let mut reads = vec![
            Read::Get(Table::Accounts, account_key(account)),
            all(Table::Queue, account_key(account)),
            Read::Get(Table::Uidls, number_key(account)),
        ];
        reads.extend(wanted.iter().map(|one| Read::Get(Table::Mailboxes, mailbox_key(account, one.mailbox))));
        let groups: OrderedSet<Group> = wanted
            .iter()
            .flat_map(|one| {
                one.uids.iter().map(|uid| (one.mailbox, one.uidvalidity, RowGroup::number_of(*uid)))
            })
            .collect();
        reads.extend(groups.iter().map(|group| read_group(account, *group)));
        let mut answers = Answers::of(store, reads).await?;
        let record = answers.value::<AccountRecord>(Table::Accounts)?;
        let queue = answers.queue()?;
        let is_local = record.is_some_and(|record| record.protocol == Protocol::Pop3);
        let last_number = match answers.value(Table::Uidls)? {
            Some(number) => number,
            // An earlier version counted by what was there.
            None if is_local => highest_uid(store, account).await?,
            None => 0,
        };
        let numbers = Rc::new(Cell::new(last_number));
        let mut draft = Self {
            pages: Vec::new(),
            before: Vec::new(),
            groups: OrderedMap::new(),
            changed: OrderedSet::new(),
            account,
            is_local,
            last_queued: queue.last().map_or(0, |queued| queued.sequence),
            numbers: (Rc::clone(&numbers), last_number),
        };
        for one in &wanted {
            let record = answers.value::<MailboxRecord>(Table::Mailboxes)?;
            let Some(record) = record.filter(|record| record.uidvalidity == one.uidvalidity) else {
                return Ok(None);
            };
            draft.pages.push(Page {
                record: record.clone(),
                rows: OrderedMap::new(),
                keys: OrderedMap::new(),
                batch: Batch::default(),
                contents: Holdings::default(),
                queue: queue.iter().filter(|queued| queued.message.mailbox == record.id).cloned().collect(),
                dequeued: Vec::new(),
                account,
                numbers: Rc::clone(&numbers),
            });
            draft.before.push((record, OrderedMap::new()));
        }
        draft.keep_groups(groups, &mut answers)?;
        draft.take_rows(wanted)?;
        Ok(Some(draft))
    }

    fn keep_groups(
        &mut self,
        groups: impl IntoIterator<Item = Group>,
        answers: &mut Answers,
    ) -> Result<(), StoreError> {
        for group in groups {
            let octets = answers.octets();
            let parsed = octets.map(|octets| RowGroup::parse(group.2, &octets)).transpose()?;
            self.groups.insert(group, parsed.unwrap_or_default());
        }
        Ok(())
    }

    fn take_rows(&mut self, wanted: Vec<Wanted>) -> Result<(), StoreError> {
        for (place, one) in wanted.into_iter().enumerate() {
            let (Some(page), Some((_, before))) = (self.pages.get_mut(place), self.before.get_mut(place))
            else {
                continue;
            };
            for uid in one.uids {
                let group = self.groups.get(&(one.mailbox, one.uidvalidity, RowGroup::number_of(uid)));
                let row = group.and_then(|group| group.row(uid));
                let row = row.map(|row| decode::<MessageRow>(Table::Rows, row)).transpose()?;
                before.insert(uid, row.clone());
                page.rows.insert(uid, row);
            }
        }
        Ok(())
    }

    /// Makes one batch of all that differs.
    pub(crate) async fn write<S: Store>(mut self, store: &S) -> Result<Written, StoreError> {
        let mut lines = self.lines();
        let mut batch = Batch::default();
        let mut orders = Orders::new(store, self.account);
        let mut changes = Vec::new();
        lines.iter().for_each(|line| changes_of(line, &mut changes));
        self.fetch(&mut orders, &lines, &changes).await?;
        let outcome = self.thread(store, &mut orders, &lines, &mut batch).await?;
        let mut contents = Holdings::default();
        let mut told = self.assign(store, &mut lines, &outcome, &mut contents).await?;
        self.put_rows(&lines, &mut batch, &mut contents);
        changes.extend(outcome.changes);
        orders.write(changes, &mut batch).await?;
        told.extend(lines.iter().map(|line| line.id.mailbox));
        let counted = self.count(&orders, &mut batch);
        self.put_queue(&mut batch);
        let (last_number, before) = (self.numbers.0.get(), self.numbers.1);
        if last_number != before {
            batch.put(Table::Uidls, number_key(self.account), encode(&last_number));
        }
        for page in &mut self.pages {
            contents.add(std::mem::take(&mut page.contents));
            batch.writes.append(&mut page.batch.writes);
            if page.batch.durability == Durability::Strict {
                batch.durability = Durability::Strict;
            }
        }
        Ok(Written { batch, contents, told: self.told(&lines, told, counted) })
    }

    /// The rows that differ. What is deleted takes its changes out of the queue.
    fn lines(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (page, (_, before)) in self.pages.iter_mut().zip(&mut self.before) {
            for (uid, mut after) in std::mem::take(&mut page.rows) {
                let id = page.id(uid);
                let before = before.remove(&uid).flatten();
                match (&before, &mut after) {
                    // A row that was made anew is of the same thread as before.
                    (Some(before), Some(after)) if after.thread == 0 => after.thread = before.thread,
                    (_, None) => page.dequeue(|queued| queued.message == id),
                    _ => {}
                }
                page.contents.row(before.as_ref(), after.as_ref());
                if before != after {
                    lines.push(Line { id, before, after });
                }
            }
        }
        lines
    }

    /// Reads at once what the rest will want one after the other.
    async fn fetch<S: Store>(
        &mut self,
        orders: &mut Orders<'_, S>,
        lines: &[Line],
        changes: &[orders::Change],
    ) -> Result<(), StoreError> {
        let mut which: OrderedSet<Which> = changes.iter().map(|(which, _, _)| *which).collect();
        let moves = lines.iter().filter(|line| line.before.is_none() || line.after.is_none());
        which.extend(moves.flat_map(|line| [IDS, (line.id.mailbox, Order::Thread)]));
        // A new message is put beside those of its group, which nobody asked for.
        let groups = self.groups_of(lines.iter().map(|line| line.id));
        let reads = groups.iter().map(|group| read_group(self.account, *group)).collect();
        let mut answers = orders.open_and_read(which, reads).await?;
        self.keep_groups(groups, &mut answers)
    }

    /// The groups of these messages that are not here yet.
    fn groups_of(&self, ids: impl Iterator<Item = MessageId>) -> OrderedSet<Group> {
        ids.map(group_of).filter(|group| !self.groups.contains_key(group)).collect()
    }

    /// Brings those that come and go into their threads.
    async fn thread<S: Store>(
        &mut self,
        store: &S,
        orders: &mut Orders<'_, S>,
        lines: &[Line],
        batch: &mut Batch,
    ) -> Result<Outcome, StoreError> {
        let place = |row: &Option<MessageRow>| row.as_ref().map(|row| (row.date, row.thread));
        let (mut arrivals, mut departures) = (Vec::new(), Vec::new());
        for line in lines {
            let (before, after) = (place(&line.before), place(&line.after));
            let page = self.pages.iter_mut().find(|page| page.record.id == line.id.mailbox);
            let keys = page.and_then(|page| page.keys.remove(&line.id.uid));
            if keys.is_none() && before == after && after.is_none_or(|(_, thread)| thread != 0) {
                continue;
            }
            if let Some((date, thread)) = before {
                departures.push(Departure { id: line.id, date, thread });
            }
            if let Some((date, thread)) = after {
                arrivals.push(Arrival { id: line.id, date, thread, keys: keys.unwrap_or_default() });
            }
        }
        if arrivals.is_empty() && departures.is_empty() {
            return Ok(Outcome::default());
        }
        let mut threads = Threads::read(store, self.account, orders, &arrivals, &departures).await?;
        departures.iter().for_each(|departure| threads.leave(departure));
        arrivals.iter().for_each(|arrival| threads.join(arrival));
        Ok(threads.finish(batch))
    }

    /// Gives rows the numbers of their threads: those that change anyway, and those of a thread that became one with another.
    /// Returns the folders of the latter.
    async fn assign<S: Store>(
        &mut self,
        store: &S,
        lines: &mut [Line],
        outcome: &Outcome,
        contents: &mut Holdings,
    ) -> Result<OrderedSet<u32>, StoreError> {
        for line in lines.iter_mut() {
            if let (Some(after), Some(thread)) = (&mut line.after, outcome.assigned.get(&line.id)) {
                after.thread = *thread;
            }
        }
        let own: OrderedSet<MessageId> = lines.iter().map(|line| line.id).collect();
        let others = || outcome.assigned.iter().filter(|(id, _)| !own.contains(id));
        let groups = self.groups_of(others().map(|(id, _)| *id));
        let reads = groups.iter().map(|group| read_group(self.account, *group)).collect();
        let mut answers = Answers::of(store, reads).await?;
        self.keep_groups(groups, &mut answers)?;
        let mut mailboxes = OrderedSet::new();
        for (id, thread) in others() {
            let group = self.groups.entry(group_of(*id)).or_default();
            let Some(before) = group.row(id.uid) else { continue };
            let row = encode(&MessageRow { thread: *thread, ..decode(Table::Rows, before)? });
            contents.row_octets(id.mailbox, Some(before.len()), Some(row.len()));
            group.set(id.uid, Some(row));
            self.changed.insert(group_of(*id));
            mailboxes.insert(id.mailbox);
        }
        Ok(mailboxes)
    }

    /// Puts the groups that differ.
    fn put_rows(&mut self, lines: &[Line], batch: &mut Batch, contents: &mut Holdings) {
        for line in lines {
            let MessageId { mailbox, uid, .. } = line.id;
            let row = line.after.as_ref().map(encode);
            let group = self.groups.entry(group_of(line.id)).or_default();
            contents.row_octets(mailbox, group.row(uid).map(<[u8]>::len), row.as_ref().map(Vec::len));
            group.set(uid, row);
            self.changed.insert(group_of(line.id));
        }
        for group in &self.changed {
            let key = group_key(self.account, group.0, group.1, group.2);
            match self.groups.get(group).filter(|group| !group.is_empty()) {
                Some(rows) => batch.put(Table::Rows, key, rows.encode()),
                None => batch.delete(Table::Rows, key),
            }
        }
    }

    /// The counts of the folders, from their orders. Says whether a folder's record differs.
    fn count<S: Store>(&mut self, orders: &Orders<'_, S>, batch: &mut Batch) -> bool {
        let mut differs = false;
        for (page, (before, _)) in self.pages.iter_mut().zip(&self.before) {
            let (record, mailbox) = (&mut page.record, before.id);
            let total = |order| orders.total((mailbox, order));
            record.unseen = total(Order::Unread).or(record.unseen);
            record.flagged = total(Order::Flagged).unwrap_or(record.flagged);
            if self.is_local {
                record.total = total(Order::Date).or(record.total);
            }
            if record != before {
                batch.put(Table::Mailboxes, mailbox_key(self.account, mailbox), encode(record));
                differs = true;
            }
        }
        differs
    }

    fn put_queue(&mut self, batch: &mut Batch) {
        for page in &self.pages {
            for sequence in &page.dequeued {
                batch.delete(Table::Queue, queue_key(self.account, *sequence));
            }
            for queued in page.queue.iter().filter(|queued| queued.sequence == NEW) {
                self.last_queued += 1;
                let change = QueuedChange { message: queued.message.to_string(), kind: queued.kind.clone() };
                batch.put(Table::Queue, queue_key(self.account, self.last_queued), encode(&change));
            }
        }
    }

    fn told(&self, lines: &[Line], mailboxes: OrderedSet<u32>, counted: bool) -> Vec<Change> {
        let account = self.account;
        let has_body = |row: &Option<MessageRow>| row.as_ref().is_some_and(|row| row.body);
        // Nobody waits for the body of a message that was not here.
        let waited = lines.iter().filter(|line| line.before.is_some());
        let came = waited.filter(|line| has_body(&line.after) && !has_body(&line.before));
        let bodies =
            came.map(|line| Change::Body { account, mailbox: line.id.mailbox, message: line.id.to_string() });
        let mailboxes: OrderedSet<u32> = mailboxes.into_iter().collect();
        let messages = mailboxes.into_iter().map(|mailbox| Change::Messages { account, mailbox });
        bodies.chain(messages).chain(counted.then_some(Change::Mailboxes { account })).collect()
    }
}

/// Writes rows of a folder as the engine does, with all that follows from them; for benchmarks and tests, which have no server: rows
/// that name no octets. A row that is `None` is deleted. The engine's own writes of the account must not go on meanwhile.
///
/// # Errors
/// The store.
pub async fn write_rows<S: Store>(
    store: &S,
    (account, mailbox, uidvalidity): (u32, u32, u32),
    rows: Vec<(u32, Option<MessageRow>)>,
    keys: OrderedMap<u32, ThreadKeys>,
) -> Result<(), StoreError> {
    let uids = rows.iter().map(|(uid, _)| *uid).collect();
    let wanted = vec![Wanted { mailbox, uidvalidity, uids }];
    let Some(mut draft) = Draft::read(store, account, wanted).await? else { return Ok(()) };
    for page in &mut draft.pages {
        page.keys.clone_from(&keys);
        page.rows.extend(rows.iter().cloned());
    }
    store.commit(draft.write(store).await?.batch).await
}

/// The changes of orders that follow from one row.
fn changes_of(line: &Line, changes: &mut Vec<orders::Change>) {
    let entries = |row: &Option<MessageRow>| -> Vec<_> {
        let keys = row.as_ref().map(order_keys).unwrap_or_default();
        keys.into_iter().map(|(order, key)| (order, Entry::new(key, line.id.uid))).collect()
    };
    let (before, after) = (entries(&line.before), entries(&line.after));
    let mailbox = line.id.mailbox;
    let gone = before.iter().filter(|place| !after.contains(place));
    changes.extend(gone.map(|(order, entry)| ((mailbox, *order), entry.clone(), false)));
    let came = after.iter().filter(|place| !before.contains(place));
    changes.extend(came.map(|(order, entry)| ((mailbox, *order), entry.clone(), true)));
}

fn group_of(id: MessageId) -> Group {
    (id.mailbox, id.uidvalidity, RowGroup::number_of(id.uid))
}

fn read_group(account: u32, (mailbox, uidvalidity, group): Group) -> Read {
    Read::Get(Table::Rows, group_key(account, mailbox, uidvalidity, group))
}
