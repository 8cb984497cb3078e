//! What is in the maildrop, what of it is known, and what is to be done. Decides only; nothing here waits.

use super::likeness::{is_size, sizes_agree};
use super::lines::Lines;
use super::policy;
use super::wishes::Wishes;
use crate::records::account_key;
use std::collections::VecDeque;
use waypost_store::{
    Download, Key, OrderedMap, OrderedSet, Pop3Settings, Store, StoreError, Table, UidlRecord, UidlState,
};

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

/// What is known of the messages of an account, by unique id.
pub(super) type Known = OrderedMap<String, UidlRecord>;

/// What a maildrop holds beside what is known, oldest first.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// Never taken.
    pub(super) new: Vec<Entry>,
    /// Known, taken before or not to be taken.
    pub(super) here: Vec<Entry>,
    /// With a known id that may name another message by now.
    pub(super) unsure: Vec<Entry>,
    /// Without an id of its own.
    pub(super) nameless: Vec<Entry>,
}

impl Plan {
    pub(super) fn of(entries: Vec<Entry>, known: &Known) -> Self {
        let mut plan = Self::default();
        for entry in entries {
            let record = entry.id.as_ref().map(|id| known.get(id));
            match record {
                None => plan.nameless.push(entry),
                Some(None) => plan.new.push(entry),
                Some(Some(record)) if is_sure(&entry, record) => {
                    if policy::waits_to_be_taken(record) { &mut plan.new } else { &mut plan.here }
                        .push(entry);
                }
                Some(Some(_)) => plan.unsure.push(entry),
            }
        }
        plan
    }
}

/// A known id stands for the known message, unless its size changed or it was gone in between: then the server may have given it
/// to another message (RFC 1939, 7 forbids it only while the first is there). Some count lines that they add, and some do not at
/// first: the size of what came counts like the size that was listed.
fn is_sure(entry: &Entry, record: &UidlRecord) -> bool {
    was_there(record) && (policy::waits_to_be_taken(record) || is_size(entry.octets, record))
}

/// Whether the server had it all the time.
pub(super) fn was_there(record: &UidlRecord) -> bool {
    record.missing_since.is_none() && !matches!(record.state, UidlState::Deleted { .. })
}

/// How a message is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By RETR.
    Whole,
    /// By TOP, so many lines.
    Beginning(u32),
    /// Its line only: it is too large.
    Line,
}

/// What this check takes, in its order, and what is left for later.
pub(super) fn choose(
    mut new: Vec<Entry>,
    settings: &Pop3Settings,
    top: bool,
    largest: u64,
) -> (VecDeque<(Entry, Way)>, Vec<Entry>) {
    if settings.newest_first {
        new.reverse();
    }
    let most = settings.per_check.map_or(usize::MAX, |most| most as usize);
    let later = new.split_off(new.len().min(most));
    let limit = settings.skip_above.unwrap_or(u64::MAX).min(largest);
    let way = |entry: &Entry| match settings.download {
        _ if entry.octets.is_some_and(|octets| octets > limit) => Way::Line,
        Download::Beginning { kibibytes } if top => {
            let wanted = u64::from(kibibytes) * 1024;
            let lines = u32::from(kibibytes) * LINES_PER_KIBIBYTE;
            // With its header it is hardly more.
            if entry.octets.is_some_and(|octets| octets <= wanted) {
                Way::Whole
            } else {
                Way::Beginning(lines)
            }
        }
        _ => Way::Whole,
    };
    (new.into_iter().map(|entry| (way(&entry), entry)).map(|(way, entry)| (entry, way)).collect(), later)
}

/// The messages of the maildrop, oldest first, and how many have an id that is no name.
pub(super) fn entries(sizes: &OrderedMap<u32, u64>, ids: &OrderedMap<u32, String>) -> (Vec<Entry>, u32) {
    let mut uses: OrderedMap<&str, u32> = OrderedMap::new();
    for id in ids.values() {
        *uses.entry(id).or_default() += 1;
    }
    let numbers: OrderedSet<u32> = sizes.keys().chain(ids.keys()).copied().collect();
    let is_name = |id: &&String| !id.is_empty() && uses.get(id.as_str()) == Some(&1);
    let entries: Vec<Entry> = numbers
        .into_iter()
        .map(|number| Entry {
            number,
            octets: sizes.get(&number).copied(),
            id: ids.get(&number).filter(is_name).cloned(),
        })
        .collect();
    let nameless = entries.iter().filter(|entry| entry.id.is_none()).count();
    (entries, u32::try_from(nameless).unwrap_or(u32::MAX))
}

/// Ids that are to be forgotten, and ids that are missing from now on.
///
/// Forgetting too early would take a message twice that a server leaves out of one listing by mistake, and the user could not read
/// any more what became of it: an id is kept for three months without being listed, and as long as its message is here. A record is
/// small.
pub(super) fn missing(known: &Known, entries: &[Entry], now: u64) -> (Vec<String>, Vec<String>) {
    let listed: OrderedSet<&str> = entries.iter().filter_map(|entry| entry.id.as_deref()).collect();
    let absent = || known.iter().filter(|(id, _)| !listed.contains(id.as_str()) && !is_content(id));
    let is_old = |since: u64| now.saturating_sub(since) > KEPT_MISSING_MILLIS;
    let is_over = |record: &UidlRecord| record.content.is_none() && record.missing_since.is_some_and(is_old);
    let forgotten = absent().filter(|(_, record)| is_over(record));
    let missing = absent().filter(|(_, record)| record.missing_since.is_none());
    (forgotten.map(|(id, _)| id.clone()).collect(), missing.map(|(id, _)| id.clone()).collect())
}

/// How many messages the server had and has, where it gave all of them new ids.
pub(super) fn migrated(known: &Known, entries: &[Entry]) -> Option<(u32, u32)> {
    let had = known.iter().filter(|(id, record)| is_left(id, record)).count();
    let is_known = |entry: &Entry| entry.id.as_ref().is_some_and(|id| known.contains_key(id));
    let has_names = entries.iter().any(|entry| entry.id.is_some());
    let changed = had >= FEWEST_TO_ASK && has_names && !entries.iter().any(is_known);
    let count = |length| u32::try_from(length).unwrap_or(u32::MAX);
    changed.then(|| (count(had), count(entries.len())))
}

/// Whether a message should be on the server, under its id. What went or may have gone by our own doing says nothing.
pub(super) fn is_left(id: &str, record: &UidlRecord) -> bool {
    let deleted = matches!(record.state, UidlState::Deleting | UidlState::Deleted { .. });
    record.missing_since.is_none() && !deleted && !is_content(id)
}

/// Some messages of a maildrop, from its beginning to its end.
pub(super) fn sample(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    entries.iter().step_by(entries.len().div_ceil(SAMPLE).max(1))
}

/// What went without our doing: what is known under ids that the server does not list any more, by its hash. What we deleted there is
/// gone, and the same octets again are another message.
pub(super) fn vanished(known: &Known) -> OrderedMap<String, Vec<String>> {
    let mut vanished: OrderedMap<String, Vec<String>> = OrderedMap::new();
    let is_here = |record: &UidlRecord| record.state == UidlState::Here && !record.sha256.is_empty();
    for (id, record) in known.iter().filter(|(_, record)| is_here(record)) {
        vanished.entry(record.sha256.clone()).or_default().push(id.clone());
    }
    vanished
}

/// The id of a message that the server gives none: what it is. No server's id is so long (RFC 1939, 7).
pub(super) fn id_of_content(sha256: &str) -> String {
    format!("{OF_CONTENT}{sha256}")
}

/// Whether it is such an id.
pub(crate) fn is_content(id: &str) -> bool {
    id.strip_prefix(OF_CONTENT).is_some_and(|rest| rest.len() == 64)
}

pub(super) fn key(account: u32, id: &str) -> Key {
    account_key(account).with_text(id)
}

/// All that is known of the messages of an account, and what the user did since the last check.
pub(super) async fn known<S: Store>(store: &S, account: u32) -> Result<(Known, Wishes), StoreError> {
    let Lines { known, wishes, damaged } = Lines::read(store, account).await?;
    // A message without its line would be taken for a new one.
    if !damaged.is_empty() {
        return Err(StoreError::Damaged(Table::Uidls.name()));
    }
    Ok((known, wishes))
}

/// Whether what came is the message that is known, though its octets are not the same.
pub(super) fn is_like(record: &UidlRecord, likeness: &str, octets: u64) -> bool {
    !likeness.is_empty() && record.likeness == likeness && sizes_agree(Some(octets), record)
}

const OF_CONTENT: &str = "sha256:";

/// Ninety days.
const KEPT_MISSING_MILLIS: u64 = 90 * 24 * 60 * 60 * 1000;

/// Fewer change in a day of ordinary life.
const FEWEST_TO_ASK: usize = 10;

/// So many headers come in a blink.
const SAMPLE: usize = 10;

/// Lines of base64 have 78 octets, those of text are shorter.
const LINES_PER_KIBIBYTE: u32 = 14;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u32, octets: u64, id: Option<&str>) -> Entry {
        Entry { number, octets: Some(octets), id: id.map(str::to_owned) }
    }

    fn record(listed: u64, missing_since: Option<u64>) -> UidlRecord {
        UidlRecord {
            message: Some(1),
            content: Some("1.0.0.1".to_owned()),
            sha256: "ab".to_owned(),
            octets: listed + 5,
            downloaded_at: 1,
            listed,
            missing_since,
            state: UidlState::Both,
            ..UidlRecord::default()
        }
    }

    fn known(records: &[(&str, UidlRecord)]) -> Known {
        records.iter().map(|(id, record)| ((*id).to_owned(), record.clone())).collect()
    }

    fn numbers(entries: &[Entry]) -> Vec<u32> {
        entries.iter().map(|entry| entry.number).collect()
    }

    #[test]
    fn what_is_known_is_not_taken_again_unless_it_may_be_another_message() {
        let deleted = UidlRecord { state: UidlState::Deleted { at: 1 }, ..record(50, None) };
        let known = known(&[
            ("a", record(10, None)),
            ("b", record(20, None)),
            ("c", record(30, Some(5))),
            ("later", UidlRecord { listed: 7, ..UidlRecord::default() }),
            ("deleted", deleted),
            ("grown", record(60, None)),
        ]);
        let entries = vec![
            entry(1, 10, Some("a")),
            entry(2, 21, Some("b")),
            entry(3, 30, Some("c")),
            entry(4, 40, Some("d")),
            entry(5, 10, None),
            entry(6, 8, Some("later")),
            entry(7, 50, Some("deleted")),
            entry(8, 65, Some("grown")),
        ];
        let plan = Plan::of(entries, &known);
        assert_eq!(numbers(&plan.here), [1, 8]);
        assert_eq!(numbers(&plan.unsure), [2, 3, 7]);
        assert_eq!(numbers(&plan.new), [4, 6]);
        assert_eq!(numbers(&plan.nameless), [5]);
    }

    #[test]
    fn an_id_that_two_messages_share_names_neither() {
        let sizes = OrderedMap::from([(1, 10), (2, 20), (3, 30)]);
        let ids = OrderedMap::from([(1, "x".to_owned()), (2, "x".to_owned()), (4, "y".to_owned())]);
        let unsized_entry = Entry { number: 4, octets: None, id: Some("y".to_owned()) };
        assert_eq!(
            super::entries(&sizes, &ids),
            (vec![entry(1, 10, None), entry(2, 20, None), entry(3, 30, None), unsized_entry], 3)
        );
    }

    #[test]
    fn an_id_is_forgotten_only_after_it_was_not_listed_for_three_months_and_its_message_is_not_here() {
        let months = KEPT_MISSING_MILLIS;
        let content = id_of_content(&"a".repeat(64));
        let known = known(&[
            ("gone", UidlRecord { content: None, ..record(1, Some(5)) }),
            ("kept", record(1, Some(5))),
            ("new", record(1, None)),
            ("here", record(1, None)),
            (&content, record(1, None)),
        ]);
        let entries = [entry(1, 1, Some("here"))];
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(missing(&known, &entries, months), (names(&[]), names(&["new"])));
        assert_eq!(missing(&known, &entries, months + 6), (names(&["gone"]), names(&["new"])));
    }

    #[test]
    fn all_ids_have_changed_only_where_many_were_known_and_none_is() {
        let ids: Vec<String> = (0..10).map(|number| format!("old{number}")).collect();
        let before: Known = ids.iter().map(|id| (id.clone(), record(1, None))).collect();
        let listed = |ids: &[&str]| ids.iter().map(|id| entry(1, 1, Some(id))).collect::<Vec<_>>();
        assert_eq!(migrated(&before, &listed(&["new", "newer"])), Some((10, 2)));
        assert_eq!(migrated(&before, &listed(&["new", "old3"])), None);
        assert_eq!(migrated(&before, &[]), None, "an empty maildrop is only empty");
        assert_eq!(migrated(&before, &[entry(1, 1, None)]), None, "no ids are no new ids");
        let mut fewer = before.clone();
        fewer.get_mut("old0").expect("is known").missing_since = Some(1);
        assert_eq!(migrated(&fewer, &listed(&["new"])), None);
        let mut emptied = before.clone();
        emptied.values_mut().for_each(|record| record.state = UidlState::Deleted { at: 1 });
        assert_eq!(migrated(&emptied, &listed(&["new"])), None, "it was emptied by this device");
    }

    #[test]
    fn a_check_takes_so_many_in_the_order_wanted_and_what_is_too_large_only_by_its_line() {
        let entries = || (1..=5).map(|number| entry(number, u64::from(number) * 1000, Some("x"))).collect();
        let settings = Pop3Settings {
            per_check: Some(3),
            newest_first: true,
            skip_above: Some(4500),
            download: Download::Beginning { kibibytes: 4 },
            ..Pop3Settings::default()
        };
        let (taken, later) = choose(entries(), &settings, true, 1 << 26);
        let taken: Vec<(u32, Way)> = taken.into_iter().map(|(entry, way)| (entry.number, way)).collect();
        assert_eq!(taken, [(5, Way::Line), (4, Way::Whole), (3, Way::Whole)]);
        assert_eq!(numbers(&later), [2, 1]);
        let small =
            Pop3Settings { download: Download::Beginning { kibibytes: 1 }, ..Pop3Settings::default() };
        let ways =
            |top| choose(entries(), &small, top, 4000).0.into_iter().map(|(_, way)| way).collect::<Vec<_>>();
        let beginning = Way::Beginning(14);
        assert_eq!(ways(true), [Way::Whole, beginning, beginning, beginning, Way::Line]);
        assert_eq!(ways(false), [Way::Whole, Way::Whole, Way::Whole, Way::Whole, Way::Line]);
    }
}
