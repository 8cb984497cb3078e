use super::*;
use crate::folders;
use crate::ledger::{Draft, Wanted};
use futures_util::FutureExt;
use waypost_message::ThreadKeys;
use waypost_store::{MemoryStore, Pop3Settings, Security};

/// Nothing in this store ever waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a store in memory waits for nothing")
}

fn account(protocol: Protocol) -> AccountRecord {
    AccountRecord {
        id: 1,
        protocol,
        address: String::new(),
        host: String::new(),
        port: 1,
        security: Security::Tls,
        username: String::new(),
        pop3: Pop3Settings::default(),
        rules: Vec::new(),
        notices: Vec::new(),
        migration: None,
    }
}

fn opened(protocol: Protocol) -> MemoryStore {
    let store = MemoryStore::new();
    let mut batch = Batch::default();
    batch.put(Table::Accounts, account_key(1), encode(&account(protocol)));
    for id in [1, 2] {
        let folder = MailboxRecord { id, uidvalidity: 1, unseen: Some(0), ..folders::inbox(protocol) };
        batch.put(Table::Mailboxes, mailbox_key(1, id), encode(&folder));
    }
    at_once(store.commit(batch)).expect("commits");
    store
}

fn check(store: &MemoryStore, protocol: Protocol, repair: bool) -> Report {
    let mut report = Report::default();
    at_once(Lists::check(store, &account(protocol), repair, &mut report)).expect("is readable");
    report
}

/// Numbers that look like chance and come again (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn row(&mut self, id: MessageId) -> MessageRow {
        let word = |number: u64| ["", "Kim", "Robin", "Waypost"][(number % 4) as usize].to_owned();
        let flags = [("\\Seen", self.below(2)), ("\\Flagged", self.below(5)), ("$Work", self.below(2))];
        MessageRow {
            id: id.to_string(),
            from: word(self.below(4)),
            from_address: word(self.below(4)),
            to: String::new(),
            subject: word(self.below(4)),
            snippet: String::new(),
            date: self.below(50) as i64 - 10,
            size: self.below(100),
            flags: flags
                .iter()
                .filter(|(_, is_set)| *is_set == 0)
                .map(|(flag, _)| (*flag).to_owned())
                .collect(),
            attachment: false,
            body: false,
            waiting: false,
            thread: 0,
            content: None,
            sha256: None,
        }
    }

    fn keys(&mut self) -> ThreadKeys {
        let mut id = || format!("{}@waypost.example", self.below(400));
        let (message_id, references) = (Some(id()), vec![id(), id()]);
        ThreadKeys {
            message_id,
            references: references[..self.below(3) as usize].to_vec(),
            ..ThreadKeys::default()
        }
    }
}

/// Some rows of two folders come, change, move and go, in one batch.
fn disturb(store: &MemoryStore, chance: &mut Chance) {
    let wanted = [1, 2].map(|mailbox| Wanted {
        mailbox,
        uidvalidity: 1,
        uids: (0..chance.below(60)).map(|_| 1 + chance.below(500) as u32).collect(),
    });
    let mut draft = at_once(Draft::read(store, 1, wanted.into())).expect("reads").expect("is there");
    let mut moved = Vec::new();
    for page in &mut draft.pages {
        let uids: Vec<u32> = page.rows.keys().copied().collect();
        for uid in uids {
            let id = page.id(uid);
            let row = match (page.rows.get(&uid).cloned().flatten(), chance.below(4)) {
                (Some(row), 0) => {
                    moved.push(row);
                    None
                }
                (Some(_), 1) => None,
                (Some(row), 2) => Some(MessageRow { flags: chance.row(id).flags, ..row }),
                (Some(row), _) => Some(MessageRow { thread: row.thread, ..chance.row(id) }),
                (None, _) => {
                    page.keys.insert(uid, chance.keys());
                    Some(
                        moved
                            .pop()
                            .map_or_else(|| chance.row(id), |row| MessageRow { id: id.to_string(), ..row }),
                    )
                }
            };
            page.rows.insert(uid, row);
        }
    }
    let written = at_once(draft.write(store)).expect("is a batch");
    at_once(store.commit(written.batch)).expect("commits");
}

#[test]
fn whatever_is_done_to_rows_their_orders_counts_and_threads_follow() {
    for seed in 1..=4 {
        let (store, mut chance) = (opened(Protocol::Pop3), Chance(seed));
        for round in 0..60 {
            disturb(&store, &mut chance);
            if round % 20 == 19 {
                let report = check(&store, Protocol::Pop3, false);
                assert_eq!(report.problems, [], "seed {seed}, round {round}");
                assert!(report.checked > 100);
            }
        }
    }
}

#[test]
fn what_was_damaged_is_found_and_made_anew() {
    type Damage = fn(&mut Batch);
    let damages: [(Damage, ProblemKind); 7] = [
        (|batch| batch.delete_prefix(Table::Orders, Key::numbers(&[1, 1, 2])), ProblemKind::OrderWrong),
        (|batch| batch.put(Table::Orders, Key::numbers(&[1, 1, 1, 0]), vec![9]), ProblemKind::OrderWrong),
        (|batch| batch.put(Table::Orders, Key::numbers(&[1, 1, 4, 77]), vec![1, 0]), ProblemKind::OrderWrong),
        (
            |batch| batch.put(Table::Orders, Key::numbers(&[1, 9, 1, 0]), vec![1, 0, 0, 0]),
            ProblemKind::OrderWrong,
        ),
        (|batch| batch.delete_prefix(Table::Orders, Key::numbers(&[1, 0])), ProblemKind::OrderWrong),
        (|batch| batch.delete_prefix(Table::Threads, Key::numbers(&[1])), ProblemKind::ThreadWrong),
        (
            |batch| {
                let folder = MailboxRecord { unseen: Some(7), ..folders::inbox(Protocol::Pop3) };
                batch.put(Table::Mailboxes, mailbox_key(1, 1), encode(&folder));
            },
            ProblemKind::CountWrong,
        ),
    ];
    for (place, (damage, kind)) in damages.into_iter().enumerate() {
        let (store, mut chance) = (opened(Protocol::Pop3), Chance(5));
        (0..15).for_each(|_| disturb(&store, &mut chance));
        let mut batch = Batch::default();
        damage(&mut batch);
        at_once(store.commit(batch)).expect("commits");
        let found = check(&store, Protocol::Pop3, false);
        assert!(found.problems.iter().any(|one| one.kind == kind && !one.repaired), "{place}: {found:?}");
        let repaired = check(&store, Protocol::Pop3, true);
        assert!(repaired.problems.iter().all(|one| one.repaired), "{place}: {repaired:?}");
        assert_eq!(check(&store, Protocol::Pop3, false).problems, [], "{place}");
        (0..5).for_each(|_| disturb(&store, &mut chance));
        assert_eq!(check(&store, Protocol::Pop3, false).problems, [], "{place}");
    }
}

#[test]
fn damaged_rows_go_only_where_the_server_has_them_too() {
    for protocol in [Protocol::Imap, Protocol::Pop3] {
        let (store, mut chance) = (opened(protocol), Chance(8));
        (0..15).for_each(|_| disturb(&store, &mut chance));
        let key = Key::numbers(&[1, 1, 1, 3]);
        let mut batch = Batch::default();
        batch.put(Table::Rows, key.clone(), vec![1, 0, 9]);
        batch.put(Table::Rows, Key::numbers(&[1, 77, 1, 0]), RowGroup::default().encode());
        at_once(store.commit(batch)).expect("commits");
        let goes = protocol == Protocol::Imap;
        let report = check(&store, protocol, true);
        for kind in [ProblemKind::RowsDamaged, ProblemKind::RowsWithoutFolder] {
            assert!(report.problems.iter().any(|one| one.kind == kind && one.repaired == goes), "{report:?}");
        }
        let kept = at_once(store.read(vec![Read::Get(Table::Rows, key)])).expect("reads");
        assert_eq!(kept == [waypost_store::ReadResult::Value(None)], goes);
    }
}
