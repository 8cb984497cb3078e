//! What is in the maildrop, what of it is known, and what is to be done. Decides only; nothing here waits.

use crate::records::{Answers, account_key, all};
use std::collections::{BTreeMap, HashMap, HashSet};
use waypost_store::{Key, Part, Store, StoreError, Table, UidlRecord};

/// A message of the maildrop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its number in this session.
    pub(super) number: u32,
    /// Octets as LIST says; `None` if it did not.
    pub(super) octets: Option<u64>,
    /// Its unique id; `None` where the server has none, or gave it to several.
    pub(super) id: Option<String>,
}

/// A message that was stored before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) record: UidlRecord,
}

/// What is to be done with a maildrop, oldest first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// To be taken.
    pub(super) fetch: Vec<Entry>,
    /// Stored before.
    pub(super) here: Vec<Entry>,
}

impl Plan {
    pub(super) fn of(entries: Vec<Entry>, known: &BTreeMap<String, Known>) -> Self {
        let (here, fetch) = entries.into_iter().partition(|entry| is_here(entry, known));
        Self { fetch, here }
    }
}

/// A known id stands for the known message, unless its size changed or it was gone in between: then the server may have given it
/// to another message (RFC 1939, 7 forbids it only while the first is there), and only the octets tell.
fn is_here(entry: &Entry, known: &BTreeMap<String, Known>) -> bool {
    let known = entry.id.as_ref().and_then(|id| known.get(id));
    known.is_some_and(|known| {
        known.record.missing_since.is_none()
            && entry.octets.is_none_or(|octets| octets == known.record.listed)
    })
}

/// The messages of the maildrop, oldest first.
pub(super) fn entries(sizes: &BTreeMap<u32, u64>, ids: &BTreeMap<u32, String>) -> Vec<Entry> {
    let mut uses: HashMap<&str, u32> = HashMap::new();
    for id in ids.values() {
        *uses.entry(id).or_default() += 1;
    }
    let numbers: std::collections::BTreeSet<u32> = sizes.keys().chain(ids.keys()).copied().collect();
    numbers
        .into_iter()
        .map(|number| Entry {
            number,
            octets: sizes.get(&number).copied(),
            id: ids.get(&number).filter(|id| !id.is_empty() && uses.get(id.as_str()) == Some(&1)).cloned(),
        })
        .collect()
}

/// Ids that are to be forgotten, and ids that are missing from now on.
///
/// Forgetting too early would take a message twice that a server leaves out of one listing by mistake, so an id is kept for a
/// month without being listed. A record is small.
pub(super) fn missing(
    known: &BTreeMap<String, Known>,
    entries: &[Entry],
    now: u64,
) -> (Vec<String>, Vec<String>) {
    let listed: HashSet<&str> = entries.iter().filter_map(|entry| entry.id.as_deref()).collect();
    let absent = || known.iter().filter(|(id, _)| !listed.contains(id.as_str()));
    let is_old = |since: u64| now.saturating_sub(since) > KEPT_MISSING_MILLIS;
    let forgotten = absent().filter(|(_, known)| known.record.missing_since.is_some_and(is_old));
    let missing = absent().filter(|(_, known)| known.record.missing_since.is_none());
    (forgotten.map(|(id, _)| id.clone()).collect(), missing.map(|(id, _)| id.clone()).collect())
}

/// What is known under ids that the server does not list any more, by its hash.
pub(super) fn vanished(known: &BTreeMap<String, Known>) -> HashMap<String, Vec<UidlRecord>> {
    let mut vanished: HashMap<String, Vec<UidlRecord>> = HashMap::new();
    for known in known.values().filter(|known| known.record.missing_since.is_some()) {
        vanished.entry(known.record.sha256.clone()).or_default().push(known.record.clone());
    }
    vanished
}

/// The id of a message that the server gives none: what it is. No server's id is so long (RFC 1939, 7).
pub(super) fn id_of_content(sha256: &str) -> String {
    format!("sha256:{sha256}")
}

pub(super) fn key(account: u32, id: &str) -> Key {
    account_key(account).with_text(id)
}

/// All that is known of the messages of an account.
pub(super) async fn known<S: Store>(store: &S, account: u32) -> Result<BTreeMap<String, Known>, StoreError> {
    let entries = Answers::of(store, vec![all(Table::Uidls, account_key(account))]).await?.entries();
    let mut known = BTreeMap::new();
    for (key, octets) in entries {
        let Some(Part::Text(id)) = key.0.get(1) else { continue };
        let record = serde_json::from_slice(&octets).map_err(|_| StoreError::Damaged(Table::Uidls.name()))?;
        known.insert(id.clone(), Known { record });
    }
    Ok(known)
}

/// Thirty days.
const KEPT_MISSING_MILLIS: u64 = 30 * 24 * 60 * 60 * 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u32, octets: u64, id: Option<&str>) -> Entry {
        Entry { number, octets: Some(octets), id: id.map(str::to_owned) }
    }

    fn record(listed: u64, missing_since: Option<u64>) -> Known {
        let record = serde_json::json!({
            "content": "1.1.1.1", "octets": listed, "sha256": "", "downloadedAt": 0, "listed": listed,
            "missingSince": missing_since,
        });
        Known { record: serde_json::from_value(record).expect("is a record") }
    }

    fn known(records: &[(&str, Known)]) -> BTreeMap<String, Known> {
        records.iter().map(|(id, known)| ((*id).to_owned(), known.clone())).collect()
    }

    #[test]
    fn what_is_known_is_not_taken_again_unless_it_may_be_another_message() {
        let known = known(&[("a", record(10, None)), ("b", record(20, None)), ("c", record(30, Some(5)))]);
        let entries = vec![
            entry(1, 10, Some("a")),
            entry(2, 21, Some("b")),
            entry(3, 30, Some("c")),
            entry(4, 40, Some("d")),
            entry(5, 10, None),
        ];
        let plan = Plan::of(entries, &known);
        let numbers = |entries: &[Entry]| entries.iter().map(|entry| entry.number).collect::<Vec<_>>();
        assert_eq!((numbers(&plan.here), numbers(&plan.fetch)), (vec![1], vec![2, 3, 4, 5]));
    }

    #[test]
    fn an_id_that_two_messages_share_names_neither() {
        let sizes = BTreeMap::from([(1, 10), (2, 20), (3, 30)]);
        let ids = BTreeMap::from([(1, "x".to_owned()), (2, "x".to_owned()), (4, "y".to_owned())]);
        let unsized_entry = Entry { number: 4, octets: None, id: Some("y".to_owned()) };
        assert_eq!(
            super::entries(&sizes, &ids),
            [entry(1, 10, None), entry(2, 20, None), entry(3, 30, None), unsized_entry]
        );
    }

    #[test]
    fn an_id_is_forgotten_only_after_it_was_not_listed_for_a_month() {
        let month = KEPT_MISSING_MILLIS;
        let known =
            known(&[("gone", record(1, Some(5))), ("new", record(1, None)), ("here", record(1, None))]);
        let entries = [entry(1, 1, Some("here"))];
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(missing(&known, &entries, month), (names(&[]), names(&["new"])));
        assert_eq!(missing(&known, &entries, month + 6), (names(&["gone"]), names(&["new"])));
    }
}
