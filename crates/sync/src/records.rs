//! Typed reads of the store.

use serde::de::DeserializeOwned;
use waypost_message::lowercase;
use waypost_store::{
    AccountRecord, Key, MailboxRecord, MessageId, MessageRow, OrderedMap, OrderedSet, Part, QueuedChange,
    QueuedKind, Read, ReadResult, RowGroup, Store, StoreError, Table,
};

pub(crate) use waypost_store::encode;

/// A change that waits to be sent, and its place in the queue.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Queued {
    pub(crate) sequence: u64,
    pub(crate) message: MessageId,
    pub(crate) kind: QueuedKind,
}

pub(crate) fn decode<T: DeserializeOwned>(table: Table, octets: &[u8]) -> Result<T, StoreError> {
    waypost_store::decode(octets).ok_or(StoreError::Damaged(table.name()))
}

pub(crate) fn account_key(account: u32) -> Key {
    Key::numbers(&[account.into()])
}

pub(crate) fn mailbox_key(account: u32, mailbox: u32) -> Key {
    Key::numbers(&[account.into(), mailbox.into()])
}

pub(crate) fn message_key(id: MessageId) -> Key {
    Key::numbers(&[id.account.into(), id.mailbox.into(), id.uidvalidity.into(), id.uid.into()])
}

/// The key of a group of rows.
pub(crate) fn group_key(account: u32, mailbox: u32, uidvalidity: u32, group: u32) -> Key {
    Key::numbers(&[account.into(), mailbox.into(), uidvalidity.into(), group.into()])
}

pub(crate) fn queue_key(account: u32, sequence: u64) -> Key {
    Key::numbers(&[account.into(), sequence])
}

pub(crate) fn all(table: Table, prefix: Key) -> Read {
    Read::Prefix { table, prefix, after: None, descending: false, limit: None }
}

/// The highest key below a prefix.
pub(crate) fn last(table: Table, prefix: Key) -> Read {
    Read::Prefix { table, prefix, after: None, descending: true, limit: Some(1) }
}

/// The answers to a list of reads, taken one after the other in the same order.
pub(crate) struct Answers(std::vec::IntoIter<ReadResult>);

impl Answers {
    pub(crate) async fn of<S: Store>(store: &S, reads: Vec<Read>) -> Result<Self, StoreError> {
        Ok(Self(store.read(reads).await?.into_iter()))
    }

    pub(crate) fn octets(&mut self) -> Option<Vec<u8>> {
        match self.0.next() {
            Some(ReadResult::Value(value)) => value,
            _ => None,
        }
    }

    pub(crate) fn value<T: DeserializeOwned>(&mut self, table: Table) -> Result<Option<T>, StoreError> {
        self.octets().map(|octets| decode(table, &octets)).transpose()
    }

    pub(crate) fn entries(&mut self) -> Vec<(Key, Vec<u8>)> {
        match self.0.next() {
            Some(ReadResult::Entries(entries)) => entries,
            _ => Vec::new(),
        }
    }

    pub(crate) fn keys(&mut self) -> Vec<Key> {
        match self.0.next() {
            Some(ReadResult::Keys(keys)) => keys,
            _ => Vec::new(),
        }
    }

    pub(crate) fn values<T: DeserializeOwned>(&mut self, table: Table) -> Result<Vec<T>, StoreError> {
        self.entries().into_iter().map(|(_, octets)| decode(table, &octets)).collect()
    }

    pub(crate) fn queue(&mut self) -> Result<Vec<Queued>, StoreError> {
        let damaged = StoreError::Damaged(Table::Queue.name());
        let read = |(key, octets): (Key, Vec<u8>)| {
            let change: QueuedChange = decode(Table::Queue, &octets)?;
            let message = change.message.parse().map_err(|()| damaged.clone())?;
            Ok(Queued { sequence: number(&key, 1).unwrap_or_default(), message, kind: change.kind })
        };
        self.entries().into_iter().map(read).collect()
    }

    /// The number in this place of the only key.
    pub(crate) fn last_number(&mut self, place: usize) -> u64 {
        self.entries().first().and_then(|(key, _)| number(key, place)).unwrap_or_default()
    }
}

/// The entries that one read finds.
pub(crate) async fn entries<S: Store>(store: &S, read: Read) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
    Ok(Answers::of(store, vec![read]).await?.entries())
}

/// The keys that one read finds.
pub(crate) async fn keys<S: Store>(store: &S, read: Read) -> Result<Vec<Key>, StoreError> {
    Ok(Answers::of(store, vec![read]).await?.keys())
}

/// All entries below a prefix in order, some at a time.
pub(crate) struct Pages {
    table: Table,
    prefix: Key,
    after: Option<Key>,
}

impl Pages {
    pub(crate) fn new(table: Table, prefix: Key) -> Self {
        Self { table, prefix, after: None }
    }

    pub(crate) async fn next<S: Store>(
        &mut self,
        store: &S,
    ) -> Result<Option<Vec<(Key, Vec<u8>)>>, StoreError> {
        let (prefix, after) = (self.prefix.clone(), self.after.clone());
        let limit = if matches!(self.table, Table::Bodies | Table::Rows) { LARGE } else { SMALL };
        let read = Read::Prefix { table: self.table, prefix, after, descending: false, limit: Some(limit) };
        let entries = entries(store, read).await?;
        self.after = entries.last().map(|(key, _)| key.clone());
        Ok((!entries.is_empty()).then_some(entries))
    }

    /// The same without values.
    pub(crate) async fn next_keys<S: Store>(&mut self, store: &S) -> Result<Option<Vec<Key>>, StoreError> {
        let (prefix, after) = (self.prefix.clone(), self.after.clone());
        let read = Read::Keys { table: self.table, prefix, after, limit: Some(KEYS) };
        let keys = keys(store, read).await?;
        self.after = keys.last().cloned();
        Ok((!keys.is_empty()).then_some(keys))
    }
}

pub(crate) fn number(key: &Key, place: usize) -> Option<u64> {
    match key.0.get(place)? {
        Part::Number(number) => Some(*number),
        Part::Text(_) => None,
    }
}

pub(crate) async fn accounts<S: Store>(store: &S) -> Result<Vec<AccountRecord>, StoreError> {
    Answers::of(store, vec![all(Table::Accounts, Key::default())]).await?.values(Table::Accounts)
}

pub(crate) async fn account<S: Store>(store: &S, account: u32) -> Result<Option<AccountRecord>, StoreError> {
    Answers::of(store, vec![Read::Get(Table::Accounts, account_key(account))]).await?.value(Table::Accounts)
}

/// The folders in the order shown: INBOX, special folders, the rest by name.
pub(crate) async fn mailboxes<S: Store>(store: &S, account: u32) -> Result<Vec<MailboxRecord>, StoreError> {
    let reads = vec![all(Table::Mailboxes, account_key(account))];
    Answers::of(store, reads).await?.values(Table::Mailboxes).map(in_order)
}

/// An account and its folders in the order shown.
pub(crate) async fn account_with_mailboxes<S: Store>(
    store: &S,
    account: u32,
) -> Result<Option<(AccountRecord, Vec<MailboxRecord>)>, StoreError> {
    let key = account_key(account);
    let reads = vec![Read::Get(Table::Accounts, key.clone()), all(Table::Mailboxes, key)];
    let mut answers = Answers::of(store, reads).await?;
    let Some(record) = answers.value(Table::Accounts)? else { return Ok(None) };
    Ok(Some((record, in_order(answers.values(Table::Mailboxes)?))))
}

fn in_order(mut records: Vec<MailboxRecord>) -> Vec<MailboxRecord> {
    records.sort_by_cached_key(|record| {
        let role = record.role.as_deref();
        let place = ROLES.iter().position(|known| role == Some(known)).unwrap_or(ROLES.len());
        (place, lowercase(&record.name), record.id)
    });
    records
}

pub(crate) async fn mailbox<S: Store>(
    store: &S,
    account: u32,
    mailbox: u32,
) -> Result<Option<MailboxRecord>, StoreError> {
    let reads = vec![Read::Get(Table::Mailboxes, mailbox_key(account, mailbox))];
    Answers::of(store, reads).await?.value(Table::Mailboxes)
}

/// A stored group of rows, by its key.
pub(crate) fn group((key, octets): &(Key, Vec<u8>)) -> Result<RowGroup, StoreError> {
    let number = number(key, 3).and_then(|number| u32::try_from(number).ok());
    RowGroup::parse(number.ok_or(StoreError::Damaged(Table::Rows.name()))?, octets)
}

/// All rows of a folder by UID.
pub(crate) async fn rows<S: Store>(
    store: &S,
    account: u32,
    mailbox: u32,
    uidvalidity: u32,
) -> Result<Vec<(u32, MessageRow)>, StoreError> {
    let prefix = mailbox_key(account, mailbox).with_number(uidvalidity.into());
    let entries = entries(store, all(Table::Rows, prefix)).await?;
    let mut rows = Vec::new();
    for entry in &entries {
        for (uid, row) in group(entry)?.rows() {
            rows.push((uid, decode(Table::Rows, row)?));
        }
    }
    Ok(rows)
}

/// The rows of some messages, JSON, in the same order; `None` for those that are not here.
pub(crate) async fn row_octets<S: Store>(
    store: &S,
    ids: &[MessageId],
) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    let key = |id: &MessageId| group_key(id.account, id.mailbox, id.uidvalidity, RowGroup::number_of(id.uid));
    let keys: OrderedSet<Key> = ids.iter().map(key).collect();
    let reads = keys.iter().map(|key| Read::Get(Table::Rows, key.clone())).collect();
    let mut answers = Answers::of(store, reads).await?;
    let groups: OrderedMap<Key, Option<Vec<u8>>> =
        keys.into_iter().map(|key| (key, answers.octets())).collect();
    let row = |id: &MessageId| match groups.get(&key(id)) {
        Some(Some(octets)) => Ok(RowGroup::find(id.uid, octets)?.map(<[u8]>::to_vec)),
        _ => Ok(None),
    };
    ids.iter().map(row).collect()
}

/// The row of a message.
pub(crate) async fn row<S: Store>(store: &S, id: MessageId) -> Result<Option<MessageRow>, StoreError> {
    let octets = row_octets(store, &[id]).await?.pop().flatten();
    octets.map(|octets| decode(Table::Rows, &octets)).transpose()
}

/// The rows of some groups; those that can't be read are left out and counted.
pub(crate) fn readable_rows(groups: &[(Key, Vec<u8>)]) -> (Vec<(u32, MessageRow)>, u64) {
    let (mut rows, mut damaged) = (Vec::new(), 0);
    for entry in groups {
        let Ok(group) = group(entry) else {
            damaged += 1;
            continue;
        };
        for (uid, row) in group.rows() {
            match decode(Table::Rows, row) {
                Ok(row) => rows.push((uid, row)),
                Err(_) => damaged += 1,
            }
        }
    }
    (rows, damaged)
}

pub(crate) async fn queue<S: Store>(store: &S, account: u32) -> Result<Vec<Queued>, StoreError> {
    Answers::of(store, vec![all(Table::Queue, account_key(account))]).await?.queue()
}

/// The last number that was given to a message of a POP3 account. It stays with the message wherever that is moved.
pub(crate) fn number_key(account: u32) -> Key {
    account_key(account).with_number(0)
}

/// Where the message with this number is; `None` if it is nowhere here.
pub(crate) async fn place_of<S: Store>(
    store: &S,
    account: u32,
    message: u32,
) -> Result<Option<MessageId>, StoreError> {
    let mailboxes = mailboxes(store, account).await?;
    let ids = mailboxes.iter().map(|mailbox| MessageId {
        account,
        mailbox: mailbox.id,
        uidvalidity: mailbox.uidvalidity,
        uid: message,
    });
    let ids: Vec<MessageId> = ids.collect();
    let rows = row_octets(store, &ids).await?;
    Ok(ids.into_iter().zip(rows).find_map(|(id, row)| row.map(|_| id)))
}

/// The highest number of a message in the INBOX of a POP3 account; 0 if there is none.
pub(crate) async fn highest_uid<S: Store>(store: &S, account: u32) -> Result<u32, StoreError> {
    let read = last(Table::Rows, mailbox_key(account, crate::folders::INBOX));
    let entries = entries(store, read).await?;
    let highest = entries.first().map(group).transpose()?;
    Ok(highest.and_then(|group| group.rows().next_back().map(|(uid, _)| uid)).unwrap_or(0))
}

/// At once in memory: both are below a mebibyte.
const LARGE: u32 = 16;
const SMALL: u32 = 256;
const KEYS: u32 = 4096;

/// The order of special folders.
const ROLES: [&str; 8] = ["inbox", "drafts", "sent", "archive", "flagged", "all", "junk", "trash"];
