//! The ledger as the user reads it: what became of every message that the server ever listed.

use super::maildrop::{self, Known};
use super::policy;
use serde::{Deserialize, Serialize};
use waypost_store::{AccountRecord, Store, StoreError, UidlRecord, UidlState};

/// Which lines of a ledger are wanted. What is left out has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct LedgerQuery {
    /// Only lines in these states, by the `kind` of [`UidlState`]. Default: all.
    pub states: Vec<String>,
    /// So many lines are passed over. Default: 0.
    pub skip: u32,
    /// At most so many. Default: all.
    pub limit: Option<u32>,
}

/// Lines of a ledger, those seen last first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerPage {
    /// How many lines there are of those asked for.
    pub total: u32,
    /// Some of them.
    pub entries: Vec<LedgerEntry>,
}

/// What became of a message that the server of a POP3 account listed: a line of its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntry {
    /// The unique id; one that begins with `sha256:` is ours, of a message to which the server gave none or which lost it.
    pub uidl: String,
    /// Milliseconds since 1970: the date of the message, or of its first listing.
    pub date: i64,
    /// Sender; empty where only its listing is known.
    pub from: String,
    /// Subject; empty where only its listing is known.
    pub subject: String,
    /// Octets.
    pub size: u64,
    /// Where it stands, with what the settings mean for it as they are now.
    pub state: UidlState,
    /// Milliseconds since 1970 of the first listing.
    pub seen_at: u64,
    /// Milliseconds since 1970 of the download; `None` before.
    pub downloaded_at: Option<u64>,
    /// Whether the whole message is here.
    pub here: bool,
}

impl LedgerEntry {
    fn of(id: &str, record: &UidlRecord, account: &AccountRecord) -> Self {
        let state = match (record.state, policy::due(account.pop3.removal, record)) {
            (UidlState::Both, Some(at)) => UidlState::Due { at },
            (state, _) => state,
        };
        let seen = i64::try_from(record.seen_at).unwrap_or(i64::MAX);
        Self {
            uidl: id.to_owned(),
            date: if record.date == 0 { seen } else { record.date },
            from: record.from.clone(),
            subject: record.subject.clone(),
            size: if record.octets == 0 { record.listed } else { record.octets },
            state,
            seen_at: record.seen_at,
            downloaded_at: (record.downloaded_at > 1).then_some(record.downloaded_at),
            here: record.content.is_some() && !record.sha256.is_empty(),
        }
    }

    fn is_in(&self, states: &[String]) -> bool {
        states.is_empty() || states.iter().any(|state| state == self.state.name())
    }
}

/// The lines of an account's ledger.
pub(crate) async fn ledger<S: Store>(
    store: &S,
    account: &AccountRecord,
    query: &LedgerQuery,
) -> Result<LedgerPage, StoreError> {
    let known = current(store, account.id).await?;
    let lines = known.iter().map(|(id, record)| LedgerEntry::of(id, record, account));
    let mut entries: Vec<LedgerEntry> = lines.filter(|entry| entry.is_in(&query.states)).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.seen_at, entry.date)));
    let total = super::download::count(entries.len());
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    let entries = entries.into_iter().skip(query.skip as usize).take(limit).collect();
    Ok(LedgerPage { total, entries })
}

/// The unique id of a message here.
pub(crate) async fn name_of<S: Store>(
    store: &S,
    account: u32,
    message: u32,
) -> Result<Option<String>, StoreError> {
    let known = current(store, account).await?;
    Ok(known.into_iter().find(|(_, record)| record.message == Some(message)).map(|(id, _)| id))
}

/// With what the user did since the last check.
async fn current<S: Store>(store: &S, account: u32) -> Result<Known, StoreError> {
    let (mut known, wishes) = maildrop::known(store, account).await?;
    wishes.carry_over(&mut known);
    Ok(known)
}
