//! All writes to the mail of one account, one after the other: each reads what it changes, changes it, commits once, and tells.
//!
//! Rows are written by the account's task and by the user at the same time; without this lane one would undo the other. Nothing
//! of the network is awaited on it.

use crate::contents::{self, Arrived, Holdings};
use crate::flags::{self, SEEN};
use crate::folders::INBOX;
use crate::records::{
    self, Answers, Queued, account_key, all, encode, last, mailbox_key, message_key, number, queue_key,
};
use crate::shared::Shared;
use crate::words::message_gone;
use crate::{Clock, Platform, SyncError};
use futures_util::lock::{Mutex, MutexGuard};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;
use waypost_store::{
    Batch, Change, ContentId, Key, MailboxRecord, MessageId, MessageRow, QueuedChange, QueuedKind, Read,
    Store, Table,
};

/// The mail of one account.
pub(crate) struct Ledger<P: Platform> {
    pub(crate) shared: Rc<Shared<P>>,
    pub(crate) account: u32,
    lane: Rc<Mutex<()>>,
}

impl<P: Platform> Clone for Ledger<P> {
    fn clone(&self) -> Self {
        Self { shared: Rc::clone(&self.shared), account: self.account, lane: Rc::clone(&self.lane) }
    }
}

/// Some rows of one folder as they are, to be changed in place. What is set to `None` is deleted, with queue entries, and with
/// its octets where no other row names them.
pub(crate) struct Page {
    pub(crate) record: MailboxRecord,
    pub(crate) rows: BTreeMap<u32, Option<MessageRow>>,
    /// All changes of the account that wait.
    pub(crate) queue: Vec<Queued>,
    /// More to write in the same batch.
    pub(crate) batch: Batch,
    /// What becomes of the octets that the rows name.
    pub(crate) contents: Holdings,
    account: u32,
}

impl Page {
    pub(crate) fn id(&self, uid: u32) -> MessageId {
        MessageId {
            account: self.account,
            mailbox: self.record.id,
            uidvalidity: self.record.uidvalidity,
            uid,
        }
    }

    /// Server's flags with what waits for this message laid over.
    pub(crate) fn overlaid(&self, uid: u32, flags: Vec<String>) -> Vec<String> {
        let id = self.id(uid);
        flags::overlay(
            flags,
            self.queue.iter().filter(|queued| queued.message == id).map(|queued| &queued.kind),
        )
    }

    /// Whether a change of this message waits.
    pub(crate) fn waits(&self, uid: u32) -> bool {
        let id = self.id(uid);
        self.queue.iter().any(|queued| queued.message == id)
    }

    /// Queues a change.
    pub(crate) fn enqueue(&mut self, uid: u32, kind: QueuedKind) {
        let message = self.id(uid);
        let sequence = self.queue.last().map_or(1, |queued| queued.sequence + 1);
        let change = QueuedChange { message: message.to_string(), kind: kind.clone() };
        self.batch.put(Table::Queue, queue_key(self.account, sequence), encode(&change));
        self.queue.push(Queued { sequence, message, kind });
    }

    /// Takes changes out of the queue.
    pub(crate) fn dequeue(&mut self, which: impl Fn(&Queued) -> bool) {
        for queued in self.queue.extract_if(.., |queued| which(queued)) {
            self.batch.delete(Table::Queue, queue_key(self.account, queued.sequence));
        }
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
    pub(crate) async fn edit(
        &self,
        mailbox: u32,
        uidvalidity: u32,
        uids: impl IntoIterator<Item = u32>,
        change: impl FnOnce(&mut Page),
    ) -> Result<bool, SyncError> {
        let edited = self.edit_alone(mailbox, uidvalidity, uids, change).await?;
        self.settle_evicted().await;
        Ok(edited)
    }

    async fn edit_alone(
        &self,
        mailbox: u32,
        uidvalidity: u32,
        uids: impl IntoIterator<Item = u32>,
        change: impl FnOnce(&mut Page),
    ) -> Result<bool, SyncError> {
        let _lane = self.lane.lock().await;
        let uids: Vec<u32> = uids.into_iter().collect();
        let id = |uid| MessageId { account: self.account, mailbox, uidvalidity, uid };
        let mut reads = vec![
            Read::Get(Table::Mailboxes, mailbox_key(self.account, mailbox)),
            all(Table::Queue, account_key(self.account)),
        ];
        reads.extend(uids.iter().map(|uid| Read::Get(Table::Rows, message_key(id(*uid)))));
        let mut answers = Answers::of(self.store(), reads).await?;
        let Some(record) = answers.value::<MailboxRecord>(Table::Mailboxes)? else { return Ok(false) };
        if record.uidvalidity != uidvalidity {
            return Ok(false);
        }
        let queue = answers.queue()?;
        let mut before = BTreeMap::new();
        for uid in uids {
            before.insert(uid, answers.value::<MessageRow>(Table::Rows)?);
        }
        let mut page = Page {
            record: record.clone(),
            rows: before.clone(),
            queue,
            batch: Batch::default(),
            contents: Holdings::default(),
            account: self.account,
        };
        change(&mut page);
        self.write(record, &before, page).await?;
        Ok(true)
    }

    /// Writes what differs, with the folder's counts, in one batch.
    async fn write(
        &self,
        record: MailboxRecord,
        before: &BTreeMap<u32, Option<MessageRow>>,
        mut page: Page,
    ) -> Result<(), SyncError> {
        let mut bodies = Vec::new();
        let mut rows_changed = false;
        let after = std::mem::take(&mut page.rows);
        for (uid, row) in after {
            let id = page.id(uid);
            let old = before.get(&uid).and_then(Option::as_ref);
            page.contents.row(old, row.as_ref());
            page.record.unseen = page.record.unseen.map(|unseen| recount(unseen, old, row.as_ref()));
            match &row {
                None => {
                    page.dequeue(|queued| queued.message == id);
                    if old.is_some() {
                        page.batch.delete(Table::Rows, message_key(id));
                    }
                }
                Some(row) if old != Some(row) => {
                    page.batch.put(Table::Rows, message_key(id), encode(row));
                    if row.body && !old.is_some_and(|old| old.body) {
                        bodies.push(row.id.clone());
                    }
                }
                Some(_) => continue,
            }
            rows_changed |= old != row.as_ref();
        }
        let record_changed = page.record != record;
        let (account, mailbox) = (self.account, record.id);
        if record_changed {
            page.batch.put(Table::Mailboxes, mailbox_key(account, mailbox), encode(&page.record));
        }
        if page.batch.writes.is_empty() && page.contents.is_empty() {
            return Ok(());
        }
        self.commit(page.batch, page.contents).await?;
        for message in bodies {
            self.shared.changed(Change::Body { account, mailbox, message });
        }
        if rows_changed {
            self.shared.changed(Change::Messages { account, mailbox });
        }
        if record_changed {
            self.shared.changed(Change::Mailboxes { account });
        }
        Ok(())
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
        batch.delete_prefix(Table::Rows, key.clone());
        contents::delete_folder(&key, &mut batch);
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
        let mut kept = HashSet::new();
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
        for gone in known.iter().filter(|record| !kept.contains(&record.id)) {
            let key = mailbox_key(account, gone.id);
            batch.delete(Table::Mailboxes, key.clone());
            batch.delete_prefix(Table::Rows, key.clone());
            contents::delete_folder(&key, &mut batch);
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
    ) -> Result<BTreeMap<u32, MessageRow>, SyncError> {
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
        let sequences: HashSet<u64> = group.iter().map(|queued| queued.sequence).collect();
        let uids: BTreeSet<u32> = group.iter().map(|queued| queued.message.uid).collect();
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

/// The count of unseen rows after one row changed.
fn recount(unseen: u32, before: Option<&MessageRow>, after: Option<&MessageRow>) -> u32 {
    let is_unseen = |row: Option<&MessageRow>| row.is_some_and(|row| !flags::has(&row.flags, SEEN));
    match (is_unseen(before), is_unseen(after)) {
        (false, true) => unseen.saturating_add(1),
        (true, false) => unseen.saturating_sub(1),
        _ => unseen,
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
