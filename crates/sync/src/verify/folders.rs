//! Records of accounts and folders that can't be read. What an account was can't be made anew; a folder can, for its rows are kept apart
//! from its record, and only its name is lost.

use crate::folders;
use crate::local;
use crate::records::{self, Answers, account_key, all, decode, last, mailbox_key, number};
use waypost_message::lowercase;
use waypost_store::{
    AccountRecord, Key, MailboxRecord, OrderedMap, OrderedSet, Protocol, Store, StoreError, Table,
};

/// The accounts, and the numbers of those whose record can't be read.
pub(super) async fn accounts<S: Store>(store: &S) -> Result<(Vec<AccountRecord>, Vec<u64>), StoreError> {
    let entries = records::entries(store, all(Table::Accounts, Key::default())).await?;
    let (mut readable, mut damaged) = (Vec::new(), Vec::new());
    for (key, octets) in entries {
        match decode(Table::Accounts, &octets) {
            Ok(record) => readable.push(record),
            Err(_) => damaged.push(number(&key, 0).unwrap_or_default()),
        }
    }
    Ok((readable, damaged))
}

/// The folders of an account.
pub(super) struct Folders {
    /// All, with those that are made anew.
    pub(super) records: OrderedMap<u32, MailboxRecord>,
    /// Those whose record can't be read.
    pub(super) damaged: OrderedSet<u32>,
}

impl Folders {
    pub(super) async fn read<S: Store>(store: &S, account: &AccountRecord) -> Result<Self, StoreError> {
        let entries = records::entries(store, all(Table::Mailboxes, account_key(account.id))).await?;
        let (mut records, mut damaged) = (OrderedMap::new(), OrderedSet::new());
        for (key, octets) in entries {
            let id = number(&key, 1).and_then(|id| u32::try_from(id).ok()).unwrap_or_default();
            match decode::<MailboxRecord>(Table::Mailboxes, &octets) {
                Ok(record) => drop(records.insert(id, record)),
                Err(_) => drop(damaged.insert(id)),
            }
        }
        for id in &damaged {
            let reads = vec![last(Table::Rows, mailbox_key(account.id, *id))];
            let newest = Answers::of(store, reads).await?.last_number(2);
            let made = anew(account.protocol, *id, u32::try_from(newest).unwrap_or_default(), &records);
            records.insert(*id, made);
        }
        Ok(Self { records, damaged })
    }
}

/// A folder of which only the rows are known; `uidvalidity` is theirs.
///
/// That of an IMAP account keeps its rows readable until the server lists its folders: it has none of this name, so that this one goes,
/// with what waits to be sent for it, and the true one comes anew.
fn anew(
    protocol: Protocol,
    id: u32,
    uidvalidity: u32,
    known: &OrderedMap<u32, MailboxRecord>,
) -> MailboxRecord {
    let special = match protocol {
        Protocol::Imap => vec![folders::inbox(protocol)],
        Protocol::Pop3 => local::first_mailboxes(),
    };
    let is_free = |one: &MailboxRecord| !known.values().any(|known| known.role == one.role);
    let special = special.into_iter().find(|one| one.id == id && is_free(one));
    let record = special.unwrap_or_else(|| MailboxRecord {
        id,
        name: name(id, known),
        role: None,
        // No server is asked for it.
        selectable: protocol == Protocol::Pop3,
        ..local::first_mailboxes().swap_remove(0)
    });
    match protocol {
        Protocol::Imap => MailboxRecord { uidvalidity, unseen: Some(0), total: None, ..record },
        Protocol::Pop3 => record,
    }
}

fn name(id: u32, known: &OrderedMap<u32, MailboxRecord>) -> String {
    let is_free = |name: &String| {
        let lower = lowercase(name);
        !known.values().any(|known| lowercase(&known.name) == lower)
    };
    let plain = format!("Recovered {id}");
    let others = (2..).map(|number: u64| format!("{plain} ({number})"));
    std::iter::once(plain.clone()).chain(others).find(is_free).unwrap_or(plain)
}
