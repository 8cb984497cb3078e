//! What holds octets, and what is left where that goes wrong.

use super::*;
use crate::records::mailbox_key;
use crate::{Clock, Connect, ConnectError, Connection, Endpoint, Engine, Entropy, ProblemKind, TlsInfo};
use std::future::pending;
use waypost_store::{AccountRecord, MailboxRecord, MemoryStore, Pop3Settings, Protocol, Security};
use waypost_wire::Timestamp;

/// A host without a network, at one moment.
#[derive(Default)]
struct Host(MemoryStore);

struct Nowhere;

impl Connect for Nowhere {
    type Connection = Self;
    async fn connect(&self, _: &Endpoint) -> Result<Self, ConnectError> {
        pending().await
    }
}

impl Connection for Nowhere {
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError> {
        pending().await
    }
    async fn write(&mut self, _: Vec<u8>) -> Result<(), ConnectError> {
        pending().await
    }
    async fn secure(&mut self) -> Result<TlsInfo, ConnectError> {
        pending().await
    }
    async fn close(&mut self) {}
}

impl Clock for Nowhere {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }
    fn wall(&self) -> u64 {
        1_800_000_000_000
    }
    async fn sleep_until(&self, _: Timestamp) {
        pending().await
    }
}

impl Entropy for Nowhere {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}

impl Platform for Host {
    type Connect = Nowhere;
    type Store = MemoryStore;
    type Clock = Nowhere;
    type Entropy = Nowhere;
    fn connector(&self) -> &Nowhere {
        &Nowhere
    }
    fn store(&self) -> &MemoryStore {
        &self.0
    }
    fn clock(&self) -> &Nowhere {
        &Nowhere
    }
    fn entropy(&self) -> &Nowhere {
        &Nowhere
    }
    async fn is_persistent(&self) -> bool {
        true
    }
}

/// An engine with a POP3 account and an empty INBOX.
async fn engine() -> (Engine<Host>, Ledger<Host>) {
    let engine = Engine::new(Host::default());
    let account = AccountRecord {
        id: 1,
        protocol: Protocol::Pop3,
        address: "robin@waypost.example".to_owned(),
        host: "mail.example".to_owned(),
        port: 995,
        security: Security::Tls,
        username: "robin".to_owned(),
        pop3: Pop3Settings::default(),
        rules: Vec::new(),
        notices: Vec::new(),
        migration: None,
    };
    let inbox: MailboxRecord = crate::folders::inbox(Protocol::Pop3);
    let mut batch = Batch::default();
    batch.put(Table::Accounts, account_key(1), encode(&account));
    batch.put(Table::Mailboxes, mailbox_key(1, inbox.id), encode(&inbox));
    engine.store().commit(batch).await.expect("commits");
    // What an earlier version stored is brought over once; nothing is mended then any more unless it is asked for.
    engine.upgrade().await.expect("is of this version");
    let ledger = Ledger::new(&engine.shared, 1);
    (engine, ledger)
}

fn row(uid: u32, content: Option<String>) -> MessageRow {
    let id = MessageId { account: 1, mailbox: 1, uidvalidity: 1, uid };
    let row = serde_json::json!({
        "id": id.to_string(), "from": "Kim", "fromAddress": "kim@waypost.example", "to": "", "subject": "One", "snippet": "",
        "date": 0, "size": 0, "flags": [], "attachment": false, "body": content.is_some(), "waiting": false,
        "content": content, "sha256": null,
    });
    serde_json::from_value(row).expect("is a row")
}

/// Stores a message of so many octets under these rows.
async fn stored(ledger: &Ledger<Host>, octets: usize, uids: &[u32]) -> ContentId {
    let mut arrival = Arrival::local(ledger).await.expect("begins");
    let message: Vec<u8> =
        b"Subject: x\r\n\r\n".iter().copied().chain((0..octets).map(|at| (at % 251) as u8)).collect();
    for piece in message.chunks(100_000) {
        arrival.push(piece).await.expect("is taken");
    }
    let arrived = arrival.finish();
    let id = arrived.id();
    let edited = ledger.edit(1, 1, uids.iter().copied(), |page| {
        for uid in uids {
            let mut row = row(*uid, None);
            arrived.show(&mut row);
            page.rows.insert(*uid, Some(row));
        }
        page.contents.store(arrived);
    });
    assert!(edited.await.expect("is stored"));
    id
}

async fn keys(engine: &Engine<Host>, table: Table) -> Vec<Key> {
    let read = Read::Keys { table, prefix: Key::default(), after: None, limit: None };
    Answers::of(engine.store(), vec![read]).await.expect("reads").keys()
}

async fn remove(ledger: &Ledger<Host>, uid: u32) {
    let edited = ledger.edit(1, 1, [uid], |page| drop(page.rows.insert(uid, None)));
    assert!(edited.await.expect("is deleted"));
}

#[tokio::test]
async fn a_copy_shares_octets_and_the_last_row_takes_them_with_it() {
    let (engine, ledger) = engine().await;
    let id = stored(&ledger, 150_000, &[1]).await;
    let chunks = keys(&engine, Table::Bodies).await;
    let copy = row(2, Some(id.to_string()));
    ledger.edit(1, 1, [2], |page| drop(page.rows.insert(2, Some(copy)))).await.expect("is copied");
    assert_eq!(keys(&engine, Table::Bodies).await, chunks, "no octets are moved");
    assert_eq!(record(engine.store(), id).await.expect("reads").map(|record| record.holders), Some(2));
    remove(&ledger, 1).await;
    assert_eq!(keys(&engine, Table::Bodies).await, chunks);
    assert_eq!(engine.usage().await.expect("reads")[0].only_copy.count, 1);
    remove(&ledger, 2).await;
    assert_eq!((keys(&engine, Table::Bodies).await, keys(&engine, Table::Contents).await), (vec![], vec![]));
    let usage = engine.usage().await.expect("reads").remove(0);
    assert_eq!((usage.only_copy, usage.rows), Default::default());
    let next = stored(&ledger, 10, &[3]).await;
    assert!(next > id, "a name is not given twice");
}

#[tokio::test]
async fn octets_that_no_row_names_are_not_kept_small_or_large() {
    let (engine, ledger) = engine().await;
    for octets in [100, 5_000_000] {
        stored(&ledger, octets, &[]).await;
        assert_eq!(
            (keys(&engine, Table::Bodies).await, keys(&engine, Table::Contents).await),
            (vec![], vec![])
        );
    }
}

#[tokio::test]
async fn what_is_given_up_or_cut_off_leaves_nothing() {
    let (engine, ledger) = engine().await;
    let before = keys(&engine, Table::Meta).await;
    for gives_up in [true, false] {
        let mut arrival = Arrival::local(&ledger).await.expect("begins");
        arrival.push(&vec![b'x'; 5_000_000]).await.expect("is taken");
        assert!(!keys(&engine, Table::Bodies).await.is_empty(), "it is stored ahead");
        if gives_up {
            arrival.give_up().await.expect("is removed");
        } else {
            drop(arrival);
            ledger.remove_unfinished().await.expect("is removed");
        }
        assert_eq!(
            (keys(&engine, Table::Bodies).await, keys(&engine, Table::Contents).await),
            (vec![], vec![])
        );
        assert_eq!(keys(&engine, Table::Meta).await, before);
    }
}

#[tokio::test]
async fn octets_come_back_by_any_range_and_several_at_once() {
    let (engine, ledger) = engine().await;
    let large = stored(&ledger, 700_000, &[1]).await;
    let small = stored(&ledger, 10, &[2]).await;
    let known = record(engine.store(), large).await.expect("reads").expect("is there");
    let whole = Reader::whole(large, &known).rest(engine.store()).await.expect("reads");
    assert_eq!(whole.len() as u64, known.octets);
    for range in [0..1, 5..57_344, 57_343..57_345, 100_000..650_000, 700_000..900_000, 9..9, 800_000..900_000]
    {
        let found = Reader::range(large, &known, range.clone()).rest(engine.store()).await.expect("reads");
        let place = |at: u64| usize::try_from(at).expect("small").min(whole.len());
        assert_eq!(found, whole[place(range.start)..place(range.end)], "{range:?}");
    }
    let expected = [(small, 24), (large, known.octets), (small, 25), (ContentId::local(1, 99), 1)];
    let hashes = read_back(engine.store(), &expected).await.expect("reads");
    assert_eq!(hashes[1], Some(known.sha256));
    assert!(hashes[0].is_some() && hashes[2].is_none() && hashes[3].is_none());
}

#[tokio::test]
async fn what_is_wrong_is_found_and_mended_but_an_only_copy_is_never_deleted() {
    let (engine, ledger) = engine().await;
    let mut ids = Vec::new();
    for uid in 1..=5 {
        ids.push(stored(&ledger, 60_000, &[uid]).await);
    }
    let problems = async || engine.verify(false).await.expect("is looked through").problems;
    assert_eq!(problems().await, []);
    let [damaged, unused, held, lost, gone] = ids.try_into().expect("there are five");
    let mut batch = Batch::default();
    batch.put(Table::Bodies, content_key(damaged).with_number(1), vec![0; 2670]);
    let mut wrong = record(engine.store(), held).await.expect("reads").expect("is there");
    wrong.holders = 7;
    batch.put(Table::Contents, content_key(held), encode(&wrong));
    batch.delete(Table::Contents, content_key(lost));
    delete(gone, &mut batch);
    batch.put(Table::Bodies, content_key(ContentId::local(1, 50)).with_number(0), vec![1]);
    engine.store().commit(batch).await.expect("commits");
    // A row that was lost: its octets are named by none.
    let none = row(2, None);
    let mut batch = Batch::default();
    let group = records_group(&engine, none).await;
    batch.put(Table::Rows, group.0, group.1);
    engine.store().commit(batch).await.expect("commits");

    let kinds = |report: &crate::Report| {
        report.problems.iter().map(|one| (one.kind, one.place.clone(), one.repaired)).collect::<Vec<_>>()
    };
    let found = engine.verify(false).await.expect("is looked through");
    let expected = |mended: bool| {
        [
            (ProblemKind::ContentDamaged, damaged, false),
            (ProblemKind::ContentUnused, unused, false),
            (ProblemKind::HoldersWrong, held, mended),
            (ProblemKind::OctetsWithoutRecord, lost, mended),
            (ProblemKind::ContentMissing, gone, mended),
            (ProblemKind::OctetsWithoutRecord, ContentId::local(1, 50), mended),
        ]
        .map(|(kind, id, repaired)| (kind, id.to_string(), repaired))
    };
    assert_eq!(kinds(&found)[..6], expected(false));
    assert!(kinds(&found).iter().any(|(kind, ..)| *kind == ProblemKind::UsageWrong));
    let mended = engine.verify(true).await.expect("is looked through");
    assert_eq!(kinds(&mended)[..6], expected(true));
    let left = engine.verify(false).await.expect("is looked through");
    assert_eq!(kinds(&left), expected(false)[..2], "all but the octets that may be nowhere else");
    assert!(record(engine.store(), lost).await.expect("reads").is_some_and(|record| record.whole));
}

/// The group of a row, with that row in place of its own.
async fn records_group(engine: &Engine<Host>, row: MessageRow) -> (Key, Vec<u8>) {
    let prefix = mailbox_key(1, 1);
    let reads = vec![crate::records::all(Table::Rows, prefix)];
    let entry = Answers::of(engine.store(), reads).await.expect("reads").entries().remove(0);
    let mut group = crate::records::group(&entry).expect("is a group");
    let id: MessageId = row.id.parse().expect("is an id");
    let mut kept: MessageRow =
        serde_json::from_slice(group.row(id.uid).expect("is there")).expect("is a row");
    (kept.content, kept.body, kept.sha256) = (row.content, row.body, row.sha256);
    group.set(id.uid, Some(encode(&kept)));
    (entry.0, group.encode())
}
