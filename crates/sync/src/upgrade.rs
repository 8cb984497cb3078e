//! What an earlier version stored, brought into the form of this one: rows one by one into groups with all that is made of them,
//! records of octets, unique ids and accounts with other fields.
//!
//! Each batch takes away what it brings over, so whatever ends it in the middle, the rest is brought over at the next opening.
//! No octet of a message is moved. What can't be read stays where it is.

use crate::ledger::{Draft, Ledger, Wanted};
use crate::records::{self, Answers, Pages, account_key, all, decode, encode, message_key, number};
use crate::shared::Shared;
use crate::{Platform, SyncError};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::rc::Rc;
use waypost_message::ThreadKeys;
use waypost_store::{
    AccountRecord, Batch, Change, ContentRecord, Key, MessageId, MessageRow, OrderedMap, Part, Read, Store,
    StoreError, Table, UidlRecord, UidlState,
};

/// Brings everything over, once.
pub(crate) async fn upgrade<P: Platform>(shared: &Rc<Shared<P>>) -> Result<(), SyncError> {
    let store = shared.platform.store();
    let reads = vec![Read::Get(Table::Meta, layout_key()), all(Table::Accounts, Key::default())];
    let mut answers = Answers::of(store, reads).await?;
    if answers.octets().is_some_and(|layout| layout == LAYOUT) {
        return Ok(());
    }
    let accounts = answers.entries();
    let numbers: Vec<u32> = accounts.iter().filter_map(|(key, _)| small(key, 0)).collect();
    let mut batch = Batch::default();
    for (key, octets) in accounts {
        if let Some(record) = account_of_earlier(&octets) {
            batch.put(Table::Accounts, key, record);
        }
    }
    if !batch.writes.is_empty() {
        store.commit(batch).await?;
    }
    for account in numbers {
        let ledger = Ledger::new(shared, account);
        let uidls = ledger.upgrade_uidls().await?;
        ledger.upgrade_rows(&uidls).await?;
        ledger.mend_usage(true).await?;
        shared.changed(Change::Mailboxes { account });
    }
    let mut batch = Batch::default();
    batch.put(Table::Meta, layout_key(), LAYOUT.to_vec());
    Ok(store.commit(batch).await?)
}

/// What an account had, and has no more.
#[derive(Deserialize)]
struct EarlierAccount {
    policy: Option<String>,
    pop3: Option<IgnoredAny>,
}

/// An account whose policy was one word.
fn account_of_earlier(octets: &[u8]) -> Option<Vec<u8>> {
    let earlier: EarlierAccount = waypost_store::decode(octets)?;
    let policy = earlier.policy?;
    let mut record: AccountRecord = waypost_store::decode(octets)?;
    if earlier.pop3.is_none() {
        record.pop3.removal.after_download = policy == "delete";
    }
    Some(encode(&record))
}

/// A unique id as it was kept when it named its message by the name of its row.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct EarlierUidl {
    message: String,
    octets: u64,
    sha256: String,
    downloaded_at: u64,
    likeness: String,
    listed: u64,
    missing_since: Option<u64>,
}

fn uidl_of_earlier(octets: &[u8]) -> Option<UidlRecord> {
    let earlier: EarlierUidl = waypost_store::decode(octets)?;
    let id: MessageId = earlier.message.parse().ok()?;
    let is_here = !earlier.sha256.is_empty();
    Some(UidlRecord {
        message: Some(id.uid),
        content: is_here.then(|| id.to_string()),
        octets: earlier.octets,
        sha256: earlier.sha256,
        likeness: earlier.likeness,
        seen_at: earlier.downloaded_at,
        downloaded_at: earlier.downloaded_at,
        listed: earlier.listed,
        missing_since: earlier.missing_since,
        state: match (is_here, earlier.missing_since) {
            (true, None) => UidlState::Both,
            (true, Some(_)) => UidlState::Here,
            (false, _) => UidlState::OnServer,
        },
        ..UidlRecord::default()
    })
}

impl<P: Platform> Ledger<P> {
    /// Brings the unique ids of an account over. Returns them by the octets that they stand for.
    async fn upgrade_uidls(&self) -> Result<OrderedMap<String, String>, SyncError> {
        let _lane = self.lane().await;
        let mut uidls = OrderedMap::new();
        let mut pages = Pages::new(Table::Uidls, account_key(self.account));
        while let Some(entries) = pages.next(self.store()).await? {
            let mut batch = Batch::default();
            for (key, octets) in entries {
                let Some(Part::Text(uidl)) = key.0.get(1).cloned() else { continue };
                let made = uidl_of_earlier(&octets);
                if let Some(made) = &made {
                    batch.put(Table::Uidls, key, encode(made));
                }
                let record = made.or_else(|| decode::<UidlRecord>(Table::Uidls, &octets).ok());
                uidls.extend(record.and_then(|record| record.content).map(|content| (content, uidl)));
            }
            if !batch.writes.is_empty() {
                self.store().commit(batch).await?;
            }
        }
        Ok(uidls)
    }

    /// Brings the rows of an account over, some at a time.
    async fn upgrade_rows(&self, uidls: &OrderedMap<String, String>) -> Result<(), SyncError> {
        let mut after = None;
        loop {
            let _lane = self.lane().await;
            let prefix = account_key(self.account);
            let read = Read::Prefix {
                table: Table::SingleRows,
                prefix,
                after,
                descending: false,
                limit: Some(ROWS),
            };
            let entries = records::entries(self.store(), read).await?;
            let Some((last, _)) = entries.last() else { return Ok(()) };
            after = Some(last.clone());
            let mut folders: OrderedMap<(u32, u32), OrderedMap<u32, MessageRow>> = OrderedMap::new();
            for (key, octets) in &entries {
                let Ok(row) = decode::<MessageRow>(Table::SingleRows, octets) else { continue };
                if let (Some(mailbox), Some(uidvalidity), Some(uid)) =
                    (small(key, 1), small(key, 2), small(key, 3))
                {
                    folders.entry((mailbox, uidvalidity)).or_default().insert(uid, row);
                }
            }
            for (folder, rows) in folders {
                self.upgrade_folder(folder, rows, uidls).await?;
            }
        }
    }

    /// Brings rows of one folder over, and takes them from where they were, in one batch. Only on the lane.
    async fn upgrade_folder(
        &self,
        (mailbox, uidvalidity): (u32, u32),
        rows: OrderedMap<u32, MessageRow>,
        uidls: &OrderedMap<String, String>,
    ) -> Result<(), SyncError> {
        let wanted = Wanted { mailbox, uidvalidity, uids: rows.keys().copied().collect() };
        let Some(mut draft) = Draft::read(self.store(), self.account, vec![wanted]).await? else {
            // Rows of no folder: whoever lost it may want them yet.
            return Ok(());
        };
        let only_copy = draft.is_local;
        let keys = self.thread_keys(&rows, (mailbox, uidvalidity)).await?;
        let Some(page) = draft.pages.first_mut() else { return Ok(()) };
        page.keys = keys;
        for (uid, mut row) in rows {
            let id = page.id(uid);
            page.batch.delete(Table::SingleRows, message_key(id));
            // Octets without a hash are none that one can rely on: they are taken again.
            if let Some(sha256) = row.sha256.clone().filter(|_| row.body) {
                let name = id.to_string();
                let record = ContentRecord {
                    octets: row.size,
                    sha256,
                    whole: true,
                    holders: 1,
                    only_copy,
                    used_at: 0,
                    uidl: uidls.get(&name).cloned(),
                    scan: None,
                };
                page.batch.put(Table::Contents, message_key(id), encode(&record));
                row.content = Some(name);
            } else {
                row.body = false;
            }
            page.rows.insert(uid, Some(row));
        }
        let written = draft.write(self.store()).await?;
        self.store().commit(written.batch).await?;
        written.told.into_iter().for_each(|change| self.shared.changed(change));
        Ok(())
    }

    /// By what the messages find their threads: from the beginnings of their octets.
    async fn thread_keys(
        &self,
        rows: &OrderedMap<u32, MessageRow>,
        (mailbox, uidvalidity): (u32, u32),
    ) -> Result<OrderedMap<u32, ThreadKeys>, StoreError> {
        let uids: Vec<u32> = rows.iter().filter(|(_, row)| row.body).map(|(uid, _)| *uid).collect();
        let key = |uid: &u32| {
            message_key(MessageId { account: self.account, mailbox, uidvalidity, uid: *uid }).with_number(0)
        };
        let reads = uids.iter().map(|uid| Read::Get(Table::Bodies, key(uid))).collect();
        let mut answers = Answers::of(self.store(), reads).await?;
        let mut keys = OrderedMap::new();
        for uid in uids {
            let head = answers.octets();
            keys.extend(head.map(|head| (uid, waypost_message::thread_keys(&head))));
        }
        Ok(keys)
    }
}

fn small(key: &Key, place: usize) -> Option<u32> {
    number(key, place).and_then(|number| u32::try_from(number).ok())
}

/// Where the form of what is stored is noted.
fn layout_key() -> Key {
    Key::default().with_text("layout")
}

/// The form of this version.
const LAYOUT: &[u8] = b"2";

/// Rows of one batch: with the beginnings of their octets some mebibytes.
const ROWS: u32 = 100;
