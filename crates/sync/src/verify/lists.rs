//! Rows against what is made of them: orders, counts and threads. What is made of rows is made anew; a row that may belong to an
//! only copy is never deleted.

use super::folders::Folders;
use super::{ProblemKind, Report};
use crate::orders::{Which, order_key, put_pages};
use crate::records::{self, Answers, account_key, all, decode, encode, mailbox_key, number};
use crate::sort::order_keys;
use crate::threads::{IDS, group_key, member, newest_entry};
use std::rc::Rc;
use waypost_store::{
    AccountRecord, Batch, Directory, Entry, Key, MailboxRecord, Member, MessageId, MessageRow, Order,
    OrderedMap, OrderedSet, Page, Protocol, Read, RowGroup, Store, StoreError, Table, Thread, ThreadGroup,
    build,
};

/// One look at the lists of an account. Nothing is written meanwhile but by it.
pub(super) struct Lists<'a, S> {
    store: &'a S,
    account: u32,
    is_local: bool,
    repair: bool,
    report: &'a mut Report,
    folders: OrderedMap<u32, MailboxRecord>,
    /// Folders whose record is made anew.
    made: OrderedSet<u32>,
    /// What the orders should hold.
    expected: OrderedMap<Which, OrderedSet<Entry>>,
    /// The messages of each thread, as the rows have it.
    threads: OrderedMap<u32, OrderedSet<Member>>,
}

impl<'a, S: Store> Lists<'a, S> {
    pub(super) async fn check(
        store: &'a S,
        account: &AccountRecord,
        repair: bool,
        report: &'a mut Report,
    ) -> Result<(), StoreError> {
        let Folders { records: folders, damaged: made } = Folders::read(store, account).await?;
        for folder in &made {
            report.add(ProblemKind::FolderDamaged, &format!("{}.{folder}", account.id), repair);
        }
        let mut lists = Self {
            store,
            account: account.id,
            is_local: account.protocol == Protocol::Pop3,
            repair,
            report,
            folders,
            made,
            expected: OrderedMap::new(),
            threads: OrderedMap::new(),
        };
        lists.rows().await?;
        lists.threads().await?;
        lists.orders().await?;
        lists.counts().await
    }

    /// Looks at all rows, some groups at a time.
    async fn rows(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let prefix = account_key(self.account);
            let limit = Some(GROUPS);
            let read = Read::Prefix { table: Table::Rows, prefix, after, descending: false, limit };
            let entries = records::entries(self.store, read).await?;
            let Some((last, _)) = entries.last() else { return Ok(()) };
            after = Some(last.clone());
            let mut batch = Batch::default();
            for entry in entries {
                self.group(entry, &mut batch);
            }
            self.commit(batch).await?;
        }
    }

    fn group(&mut self, entry: (Key, Vec<u8>), batch: &mut Batch) {
        self.report.checked += 1;
        let part = |place| number(&entry.0, place).and_then(|number| u32::try_from(number).ok());
        let (mailbox, uidvalidity) = (part(1).unwrap_or_default(), part(2).unwrap_or_default());
        let place = format!("{}.{mailbox}.{uidvalidity}", self.account);
        let has_folder = self.folders.get(&mailbox).is_some_and(|record| record.uidvalidity == uidvalidity);
        let group = records::group(&entry).ok().filter(|_| has_folder);
        let Some(mut group) = group else {
            let kind = if has_folder { ProblemKind::RowsDamaged } else { ProblemKind::RowsWithoutFolder };
            // The server has them too.
            let repaired = self.repair && !self.is_local;
            if repaired {
                batch.delete(Table::Rows, entry.0);
            }
            return self.report.add(kind, &place, repaired);
        };
        let rows: Vec<(u32, Vec<u8>)> = group.rows().map(|(uid, row)| (uid, row.to_vec())).collect();
        let mut changed = false;
        for (uid, octets) in rows {
            let id = MessageId { account: self.account, mailbox, uidvalidity, uid };
            changed |= self.row(id, &octets, &mut group);
        }
        if changed && group.is_empty() {
            batch.delete(Table::Rows, entry.0);
        } else if changed {
            batch.put(Table::Rows, entry.0, group.encode());
        }
    }

    /// Looks at one row; says whether its group is changed.
    fn row(&mut self, id: MessageId, octets: &[u8], group: &mut RowGroup) -> bool {
        self.report.checked += 1;
        let row = decode::<MessageRow>(Table::Rows, octets).ok();
        let Some(mut row) = row else {
            let repaired = self.repair && !self.is_local;
            if repaired {
                group.set(id.uid, None);
            }
            self.report.add(ProblemKind::RowsDamaged, &id, repaired);
            return repaired;
        };
        let mut changed = false;
        if row.id != id.to_string() {
            row.id = id.to_string();
            self.report.add(ProblemKind::RowsDamaged, &id, self.repair);
            changed = true;
        }
        let thread = u32::try_from(row.thread).unwrap_or_default();
        self.threads.entry(thread).or_default().insert(member(id, row.date));
        for (order, key) in order_keys(&row) {
            self.expected.entry((id.mailbox, order)).or_default().insert(Entry::new(key, id.uid));
        }
        if changed && self.repair {
            group.set(id.uid, Some(encode(&row)));
        }
        changed && self.repair
    }

    /// Threads have the messages that the rows say.
    async fn threads(&mut self) -> Result<(), StoreError> {
        let entries = records::entries(self.store, all(Table::Threads, account_key(self.account))).await?;
        let mut known: OrderedMap<u32, Thread> = OrderedMap::new();
        let mut batch = Batch::default();
        for (key, octets) in entries {
            self.report.checked += 1;
            match ThreadGroup::parse(&octets) {
                Ok(group) => {
                    known.extend(group.threads().map(|(number, thread)| (number, thread.clone())));
                }
                Err(_) => {
                    let place = format!("{}.{}", self.account, number(&key, 1).unwrap_or_default());
                    self.report.add(ProblemKind::ThreadWrong, &place, self.repair);
                    batch.delete(Table::Threads, key);
                }
            }
        }
        let highest = known.keys().chain(self.threads.keys()).max().copied().unwrap_or(0);
        let alone = self.threads.remove(&0).unwrap_or_default();
        let mut changed = self.compare_threads(&mut known, highest);
        self.place_alone(alone, highest, &mut known, &mut changed, &mut batch).await?;
        for group in changed {
            let mut made = ThreadGroup::default();
            let numbers = known.iter().filter(|(number, _)| ThreadGroup::number_of(**number) == group);
            numbers.for_each(|(number, thread)| made.set(*number, Some(thread.clone())));
            batch.put(Table::Threads, group_key(self.account, group), made.encode());
        }
        if self.repair {
            self.commit(batch).await?;
        }
        self.expect_threads(&known);
        Ok(())
    }

    /// Makes the known threads those of the rows; returns the groups that differ.
    fn compare_threads(&mut self, known: &mut OrderedMap<u32, Thread>, highest: u32) -> OrderedSet<u32> {
        let numbers: OrderedSet<u32> = known.keys().chain(self.threads.keys()).copied().collect();
        let mut changed = OrderedSet::new();
        for number in numbers {
            let members = self.threads.get(&number).cloned().unwrap_or_default();
            let is_kept = number == highest || !members.is_empty();
            let is_right = known.get(&number).is_some_and(|thread| thread.members == members && is_kept);
            if is_right {
                continue;
            }
            let place = format!("{}.{number}", self.account);
            self.report.add(ProblemKind::ThreadWrong, &place, self.repair);
            changed.insert(ThreadGroup::number_of(number));
            if is_kept {
                known.entry(number).or_default().members = members;
            } else {
                known.remove(&number);
            }
        }
        changed
    }

    /// Rows without a thread get one each.
    async fn place_alone(
        &mut self,
        alone: OrderedSet<Member>,
        mut highest: u32,
        known: &mut OrderedMap<u32, Thread>,
        changed: &mut OrderedSet<u32>,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let mut groups: OrderedMap<Key, RowGroup> = OrderedMap::new();
        for one in alone {
            let Member { mailbox, uidvalidity, uid, .. } = one;
            let id = MessageId { account: self.account, mailbox, uidvalidity, uid };
            self.report.add(ProblemKind::ThreadWrong, &id, self.repair);
            highest = highest.saturating_add(1);
            known.insert(highest, Thread { members: OrderedSet::from([one]), ..Thread::default() });
            changed.insert(ThreadGroup::number_of(highest));
            let group = RowGroup::number_of(uid);
            let key = records::group_key(self.account, mailbox, uidvalidity, group);
            if !groups.contains_key(&key) {
                let read = Read::Get(Table::Rows, key.clone());
                let octets = Answers::of(self.store, vec![read]).await?.octets().unwrap_or_default();
                groups.insert(key.clone(), RowGroup::parse(group, &octets)?);
            }
            let Some(rows) = groups.get_mut(&key) else { continue };
            let Some(row) = rows.row(uid) else { continue };
            let row = MessageRow { thread: highest.into(), ..decode(Table::Rows, row)? };
            rows.set(uid, Some(encode(&row)));
        }
        groups.into_iter().for_each(|(key, group)| batch.put(Table::Rows, key, group.encode()));
        Ok(())
    }

    fn expect_threads(&mut self, threads: &OrderedMap<u32, Thread>) {
        for (number, thread) in threads {
            let mailboxes: OrderedSet<u32> = thread.members.iter().map(|member| member.mailbox).collect();
            for mailbox in mailboxes {
                let entry = thread.newest_in(mailbox).map(newest_entry);
                self.expected.entry((mailbox, Order::Thread)).or_default().extend(entry);
            }
            let ids = thread.ids.iter().map(|id| Entry::new(id.to_be_bytes().to_vec(), *number));
            self.expected.entry(IDS).or_default().extend(ids);
        }
    }

    /// Orders hold what the rows say, and there are no others.
    async fn orders(&mut self) -> Result<(), StoreError> {
        let orders = || Order::OF_ROWS.into_iter().chain([Order::Thread]);
        let which: OrderedSet<Which> = self
            .folders
            .keys()
            .flat_map(|mailbox| orders().map(|order| (*mailbox, order)))
            .chain([IDS])
            .collect();
        self.orphans(&which).await?;
        for which in which {
            let expected = self.expected.get(&which).cloned().unwrap_or_default();
            self.report.checked += 1;
            if self.stored(which).await?.as_ref() == Some(&expected) {
                continue;
            }
            let place = format!("{}.{}.{}", self.account, which.0, which.1.number());
            self.report.add(ProblemKind::OrderWrong, &place, self.repair);
            if self.repair {
                let mut batch = Batch::default();
                let (directory, pages) = build(expected);
                batch.delete_prefix(Table::Orders, self.order_prefix(which));
                put_pages(pages, |page| order_key(self.account, which, page.into()), &mut batch);
                if !directory.is_empty() {
                    batch.put(Table::Orders, order_key(self.account, which, 0), directory.encode());
                }
                self.commit(batch).await?;
            }
        }
        Ok(())
    }

    fn order_prefix(&self, (mailbox, order): Which) -> Key {
        mailbox_key(self.account, mailbox).with_number(order.number())
    }

    /// What an order holds; `None` where it is damaged.
    async fn stored(&self, which: Which) -> Result<Option<OrderedSet<Entry>>, StoreError> {
        let entries = records::entries(self.store, all(Table::Orders, self.order_prefix(which))).await?;
        let mut records: OrderedMap<u64, Vec<u8>> =
            entries.into_iter().filter_map(|(key, octets)| Some((number(&key, 3)?, octets))).collect();
        let directory = records.remove(&0);
        let Ok(directory) = Directory::parse(directory.as_deref()) else { return Ok(None) };
        let mut pages = OrderedMap::new();
        for number in directory.pages() {
            let page = records.remove(&number.into()).and_then(|octets| Page::parse(&octets).ok());
            let Some(page) = page else { return Ok(None) };
            pages.insert(number, page);
        }
        let held: OrderedSet<Entry> =
            (0..directory.places()).flat_map(|place| directory.entries_at(place, &pages)).collect();
        // No page is left over, and the directory counts as many as there are.
        let is_whole = records.is_empty() && directory.total() as usize == held.len();
        Ok(is_whole.then_some(held))
    }

    /// Orders of no folder, or of a kind that is not known.
    async fn orphans(&mut self, known: &OrderedSet<Which>) -> Result<(), StoreError> {
        let known: OrderedSet<(u64, u64)> =
            known.iter().map(|(mailbox, order)| (u64::from(*mailbox), order.number())).collect();
        let read =
            Read::Keys { table: Table::Orders, prefix: account_key(self.account), after: None, limit: None };
        let keys = records::keys(self.store, read).await?;
        let found: OrderedSet<(u64, u64)> =
            keys.iter().filter_map(|key| Some((number(key, 1)?, number(key, 2)?))).collect();
        let mut batch = Batch::default();
        for (mailbox, order) in found.difference(&known) {
            let place = format!("{}.{mailbox}.{order}", self.account);
            self.report.add(ProblemKind::OrderWrong, &place, self.repair);
            batch.delete_prefix(Table::Orders, Key::numbers(&[self.account.into(), *mailbox, *order]));
        }
        self.commit(batch).await
    }

    /// The counts of folders are those of their orders.
    async fn counts(&mut self) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for record in self.folders.values() {
            self.report.checked += 1;
            let count = |order| {
                let entries = self.expected.get(&(record.id, order)).map_or(0, OrderedSet::len);
                u32::try_from(entries).unwrap_or(u32::MAX)
            };
            let right = MailboxRecord {
                // What was never looked at has no count.
                unseen: record.unseen.map(|_| count(Order::Unread)),
                flagged: count(Order::Flagged),
                total: if self.is_local { Some(count(Order::Date)) } else { record.total },
                ..record.clone()
            };
            let is_made = self.made.contains(&record.id);
            if *record != right && !is_made {
                let place = format!("{}.{}", self.account, record.id);
                self.report.add(ProblemKind::CountWrong, &place, self.repair);
            }
            if *record != right || is_made {
                batch.put(Table::Mailboxes, mailbox_key(self.account, record.id), encode(&right));
            }
        }
        self.commit(batch).await
    }

    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        let batch: Rc<Batch> = batch.into();
        if !self.repair || batch.writes.is_empty() {
            return Ok(());
        }
        self.store.commit(batch).await
    }
}

/// Groups in memory at once: about two mebibytes.
const GROUPS: u32 = 128;

#[cfg(test)]
mod tests;
