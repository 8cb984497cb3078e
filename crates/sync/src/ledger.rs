//! All writes to the mail of one account, one after the other: each reads what it changes, changes it, commits once, and tells.
//!
//! Rows are written by the account's task and by the user at the same time; without this lane one would undo the other. Nothing
//! of the network is awaited on it. With the rows it keeps what is made of them: orders, counts and threads, in the same batch.

mod draft;
mod page;

pub use self::draft::write_rows;
pub(crate) use self::draft::{Draft, Wanted};
pub(crate) use self::page::Page;

use crate::contents::{self, Arrived};
use crate::flags::{self, SEEN};
use crate::folders::INBOX;
use crate::orders::Orders;
use crate::records::{self, Answers, Queued, account_key, all, encode, last, mailbox_key, number, queue_key};
use crate::shared::Shared;
use crate::threads::Threads;
use crate::words::message_gone;
use crate::{Clock, Platform, SyncError};
use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::lock::{Mutex, MutexGuard};
use std::rc::Rc;
use waypost_store::{
    Batch, Change, ContentId, Key, MailboxRecord, MessageId, MessageRow, OrderedMap, OrderedSet, Read, Store,
    Table,
};

/// The mail of one account.
pub(crate) struct Ledger<P: Platform> {
    pub(crate) shared: Rc<Shared<P>>,
    pub(crate) account: u32,
    lane: Rc<Mutex<()>>,
}

/// An edit under way. It and what it does to the pages are in boxes: all that is read and written around a change is then there once,
/// and not for each of them.
type Edit<'a> = LocalBoxFuture<'a, Result<bool, SyncError>>;

type PagesChange<'a> = Box<dyn FnOnce(&mut [Page]) + 'a>;

impl<P: Platform> Clone for Ledger<P> {
    fn clone(&self) -> Self {
        Self { shared: Rc::clone(&self.shared), account: self.account, lane: Rc::clone(&self.lane) }
    }
}

impl<P: Platform> Ledger<P> {
    pub(crate) fn new(shared: &Rc<Shared<P>>, account: u32) -> Self {
        Self { shared: Rc::clone(shared), account, lane: shared.lane(account) }
    }

    pub(crate) fn store(&self) -> &P::Store {
        self.shared.platform.store()
    }

    /// Whoever holds it writes; nothing else does meanwhile.
    pub(crate) async fn lane(&self) -> MutexGuard<'_, ()> {
        self.lane.lock().await
    }

    /// The same where nobody writes at this moment.
    pub(crate) fn try_lane(&self) -> Option<MutexGuard<'_, ()>> {
        self.lane.try_lock()
    }

    /// Changes some rows of a folder in one batch. Does nothing if the folder is gone or has another UIDVALIDITY by now; says
    /// whether it did.
    pub(crate) fn edit<'a>(
        &'a self,
        mailbox: u32,
        uidvalidity: u32,
        uids: impl IntoIterator<Item = u32>,
        change: impl FnOnce(&mut Page) + 'a,
    ) -> Edit<'a> {
        let wanted = Wanted { mailbox, uidvalidity, uids: uids.into_iter().collect() };
        self.edit_pages(vec![wanted], |pages| pages.iter_mut().next().map(change).unwrap_or_default())
    }

    /// Changes rows of several folders in one batch: the pages come in the order in which they were wanted. Does nothing if a
    /// folder is gone or has another UIDVALIDITY by now; says whether it did.
    pub(crate) fn edit_pages<'a>(
        &'a self,
        wanted: Vec<Wanted>,
        change: impl FnOnce(&mut [Page]) + 'a,
    ) -> Edit<'a> {
        self.edit_and_settle(wanted, Box::new(change)).boxed_local()
    }

    async fn edit_and_settle(&self, wanted: Vec<Wanted>, change: PagesChange<'_>) -> Result<bool, SyncError> {
        let edited = self.edit_alone(wanted, change).await?;
        self.settle_evicted().await;
        Ok(edited)
    }

    async fn edit_alone(&self, wanted: Vec<Wanted>, change: PagesChange<'_>) -> Result<bool, SyncError> {
        let _lane = self.lane.lock().await;
        let Some(mut draft) = Draft::read(self.store(), self.account, wanted).await? else {
            return Ok(false);
        };
        change(&mut draft.pages);
        let written = draft.write(self.store()).await?;
        if !written.batch.writes.is_empty() || !written.contents.is_empty() {
            self.commit(written.batch, written.contents).await?;
            written.told.into_iter().for_each(|change| self.shared.changed(change));
        }
        Ok(true)
    }

    /// The server's messages of a folder are others now: what is here of them goes, and the folder begins anew.
    pub(crate) async fn restart(&self, mailbox: u32, uidvalidity: u32) -> Result<(), SyncError> {
        let _lane = self.lane.lock().await;
        let (account, key) = (self.account, mailbox_key(self.account, mailbox));
        let mut answers = Answers::of(
            self.store(),
            vec![Read::Get(Table::Mailboxes, key.clone()), all(Table::Queue, account_key(account))],
        )
        .await?;
        let Some(record) = answers.value::<MailboxRecord>(Table::Mailboxes)? else { return Ok(()) };
        let mut batch = Batch::default();
        self.forget_mail(&[mailbox], &mut batch).await?;
        for queued in answers.queue()?.iter().filter(|queued| queued.message.mailbox == mailbox) {
            batch.delete(Table::Queue, queue_key(account, queued.sequence));
        }
        let record = MailboxRecord {
            uidvalidity,
            total: None,
            unseen: Some(0),
            flagged: 0,
            synced_at: None,
            ..record
        };
        batch.put(Table::Mailboxes, key, encode(&record));
        self.store().commit(batch).await?;
        self.shared.changed(Change::Messages { account, mailbox });
        self.shared.changed(Change::Mailboxes { account });
        Ok(())
    }

    /// All mail of some folders goes from this device, with what was made of it.
    async fn forget_mail(&self, mailboxes: &[u32], batch: &mut Batch) -> Result<(), SyncError> {
        if mailboxes.is_empty() {
            return Ok(());
        }
        let (store, account) = (self.store(), self.account);
        let mut threads = Threads::read_all(store, account).await?;
        mailboxes.iter().for_each(|mailbox| threads.leave_all(*mailbox));
        let mut changes = threads.finish(batch).changes;
        // Their own orders go as a whole.
        changes.retain(|((mailbox, _), _, _)| !mailboxes.contains(mailbox));
        Orders::new(store, account).write(changes, batch).await?;
        for mailbox in mailboxes {
            let key = mailbox_key(account, *mailbox);
            batch.delete_prefix(Table::Rows, key.clone());
            batch.delete_prefix(Table::Orders, key.clone());
            contents::delete_folder(&key, batch);
        }
        Ok(())
    }

    /// The folders are these now. Known ones keep their number; those that are gone go with their mail.
    pub(crate) async fn set_folders(&self, found: Vec<MailboxRecord>) -> Result<(), SyncError> {
        let _lane = self.lane.lock().await;
        let account = self.account;
        let reads = vec![
            all(Table::Mailboxes, account_key(account)),
            last(Table::Mailboxes, account_key(account)),
            last(Table::Uidls, account_key(account)),
            all(Table::Queue, account_key(account)),
        ];
        let mut answers = Answers::of(self.store(), reads).await?;
        let known: Vec<MailboxRecord> = answers.values(Table::Mailboxes)?;
        let highest_here = answers.last_number(1);
        let highest_ever = answers.last_number(1);
        let mut highest = highest_here.max(highest_ever);
        let queue = answers.queue()?;
        let mut batch = Batch::default();
        let mut kept = OrderedSet::new();
        for folder in found {
            let old = known.iter().find(|record| record.name == folder.name);
            let record = match old {
                Some(old) => MailboxRecord {
                    delimiter: folder.delimiter,
                    role: folder.role,
                    selectable: folder.selectable,
                    ..old.clone()
                },
                None => {
                    highest += 1;
                    MailboxRecord { id: u32::try_from(highest).unwrap_or(u32::MAX), ..folder }
                }
            };
            kept.insert(record.id);
            if old != Some(&record) {
                batch.put(Table::Mailboxes, mailbox_key(account, record.id), encode(&record));
            }
        }
        let gone: Vec<&MailboxRecord> = known.iter().filter(|record| !kept.contains(&record.id)).collect();
        let mailboxes: Vec<u32> = gone.iter().map(|record| record.id).collect();
        self.forget_mail(&mailboxes, &mut batch).await?;
        for gone in gone {
            let key = mailbox_key(account, gone.id);
            batch.delete(Table::Mailboxes, key.clone());
            for queued in queue.iter().filter(|queued| queued.message.mailbox == gone.id) {
                batch.delete(Table::Queue, queue_key(account, queued.sequence));
            }
            // IMAP accounts have no unique ids of POP3: there the number is kept from being given again.
            batch.put(Table::Uidls, key, b"null".to_vec());
        }
        if !batch.writes.is_empty() {
            self.store().commit(batch).await?;
            self.shared.changed(Change::Mailboxes { account });
        }
        Ok(())
    }

    /// All rows of a folder by UID. The count of unseen ones is made exact, from which it is kept so.
    pub(crate) async fn rows(
        &self,
        mailbox: u32,
        uidvalidity: u32,
    ) -> Result<OrderedMap<u32, MessageRow>, SyncError> {
        let _lane = self.lane.lock().await;
        let rows = records::rows(self.store(), self.account, mailbox, uidvalidity).await?;
        let unseen = rows.iter().filter(|(_, row)| !flags::has(&row.flags, SEEN)).count();
        let record = records::mailbox(self.store(), self.account, mailbox).await?;
        if let Some(record) =
            record.filter(|record| record.unseen.map(|count| count as usize) != Some(unseen))
        {
            let record = MailboxRecord { unseen: u32::try_from(unseen).ok(), ..record };
            let mut batch = Batch::default();
            batch.put(Table::Mailboxes, mailbox_key(self.account, mailbox), encode(&record));
            self.store().commit(batch).await?;
            self.shared.changed(Change::Mailboxes { account: self.account });
        }
        Ok(rows.into_iter().collect())
    }

    /// Notes that a folder is in step with the server.
    pub(crate) async fn in_step(&self, mailbox: u32, uidvalidity: u32, total: u32) -> Result<(), SyncError> {
        let now = self.shared.platform.clock().wall();
        self.edit(mailbox, uidvalidity, [], |page| {
            page.record.total = Some(total);
            page.record.synced_at = Some(now);
        })
        .await?;
        Ok(())
    }

    /// Notes that the maildrop was looked through to its end.
    pub(crate) async fn looked(&self) -> Result<(), SyncError> {
        let now = self.shared.platform.clock().wall();
        self.edit(INBOX, 1, [], |page| page.record.synced_at = Some(now)).await?;
        Ok(())
    }

    /// Stores the octets of a message with its row.
    pub(crate) async fn store_body(&self, id: MessageId, arrived: Arrived) -> Result<(), SyncError> {
        let mut stored = false;
        self.edit(id.mailbox, id.uidvalidity, [id.uid], |page| {
            if let Some(row) = page.rows.get_mut(&id.uid).and_then(Option::as_mut) {
                arrived.show(row);
                row.snippet.clone_from(&arrived.summary.snippet);
                // It names more messages than the envelope did.
                page.keys.insert(id.uid, arrived.summary.thread.clone());
                stored = true;
            }
            page.contents.store(arrived);
        })
        .await?;
        if !stored {
            return Err(message_gone());
        }
        contents::keep_budget(&self.shared, Some(ContentId(id))).await
    }

    /// Takes changes of one folder out of the queue; their rows wait no more, unless for others.
    pub(crate) async fn drop_queued(&self, group: &[Queued]) -> Result<(), SyncError> {
        let Some(first) = group.first() else { return Ok(()) };
        let sequences: OrderedSet<u64> = group.iter().map(|queued| queued.sequence).collect();
        let uids: OrderedSet<u32> = group.iter().map(|queued| queued.message.uid).collect();
        let edited = self
            .edit(first.message.mailbox, first.message.uidvalidity, uids.iter().copied(), |page| {
                page.dequeue(|queued| sequences.contains(&queued.sequence));
                for uid in &uids {
                    let waiting = page.waits(*uid);
                    if let Some(row) = page.rows.get_mut(uid).and_then(Option::as_mut) {
                        row.waiting = waiting;
                    }
                }
            })
            .await?;
        if !edited {
            let _lane = self.lane.lock().await;
            let mut batch = Batch::default();
            for sequence in sequences {
                batch.delete(Table::Queue, queue_key(self.account, sequence));
            }
            self.store().commit(batch).await?;
        }
        Ok(())
    }
}

/// The number for something new: above all that is there and all that ever was.
pub(crate) async fn next_account<S: Store>(store: &S) -> Result<u32, SyncError> {
    let reads = vec![last(Table::Accounts, Key::default()), last(Table::Uidls, Key::default())];
    let mut answers = Answers::of(store, reads).await?;
    let highest = [answers.entries(), answers.entries()]
        .iter()
        .filter_map(|entries| entries.first().and_then(|(key, _)| number(key, 0)))
        .max();
    Ok(u32::try_from(highest.unwrap_or(0) + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
