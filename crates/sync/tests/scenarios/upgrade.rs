//! A device on which an earlier version kept mail: records as it wrote them.

use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::rc::Rc;
use waypost_store::{Batch, Key, MessageId, MessageRow, Read, ReadResult, Store, StoreError, Table};
use waypost_sync::{Engine, ListOrder, ListQuery};
use waypost_testkit::platform::{SharedStore, TestPlatform};
use waypost_testkit::script::ScriptedServer;

/// A store that takes so many commits more, then none.
#[derive(Clone, Default)]
struct Dying {
    store: SharedStore,
    left: Rc<Cell<usize>>,
}

impl Store for Dying {
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        if self.left.get() == 0 {
            return Err(StoreError::Unavailable("the device died".to_owned()));
        }
        self.left.set(self.left.get() - 1);
        self.store.commit(batch).await
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        self.store.read(reads).await
    }
}

impl Dying {
    fn engine(&self, commits: usize) -> Engine<TestPlatform<ScriptedServer, Self>> {
        self.left.set(commits);
        Engine::new(TestPlatform::new(ScriptedServer::new(), self.clone()))
    }

    async fn count(&self, table: Table) -> u64 {
        match self.read(vec![Read::Count(table, Key::default())]).await.expect("reads").first() {
            Some(ReadResult::Count(count)) => *count,
            other => panic!("{other:?}"),
        }
    }

    async fn json(&self, table: Table, key: Key) -> serde_json::Value {
        match self.read(vec![Read::Get(table, key)]).await.expect("reads").remove(0) {
            ReadResult::Value(Some(octets)) => serde_json::from_slice(&octets).expect("is JSON"),
            other => panic!("{other:?}"),
        }
    }
}

/// Messages with octets here; each answers the one before.
const WHOLE: u64 = 30;

/// Messages of the POP3 account.
const ALL: u64 = 250;

fn octets(uid: u64) -> String {
    let before = uid - 1;
    format!("Message-ID: <{uid}@a>\r\nReferences: <{before}@a>\r\nSubject: Old\r\n\r\nText {uid}\r\n")
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn row_json(id: &str, uid: u64, text: Option<&str>) -> String {
    let (size, body) = (text.map_or(99, str::len), text.is_some());
    let hash = text.map_or("null".to_owned(), |text| format!("\"{}\"", sha256(text)));
    let flags = if uid.is_multiple_of(2) { r#"["\\Seen","$Work"]"# } else { r#"["\\Flagged"]"# };
    format!(
        r#"{{"id":"{id}","from":"Kim","fromAddress":"kim@waypost.example","to":"Robin","subject":"Old {uid}","snippet":"Text","date":{date},"size":{size},"flags":{flags},"attachment":false,"body":{body},"waiting":false,"sha256":{hash}}}"#,
        date = 1_600_000_000_000 + uid,
    )
}

fn account_json(id: u32, protocol: &str, policy: &str) -> Vec<u8> {
    format!(
        r#"{{"id":{id},"protocol":"{protocol}","address":"robin@waypost.example","host":"mail.example","port":995,"security":"tls","username":"robin","policy":"{policy}"}}"#
    )
    .into_bytes()
}

fn inbox_json(uidvalidity: u32, total: u64) -> Vec<u8> {
    format!(
        r#"{{"id":1,"name":"INBOX","delimiter":null,"role":"inbox","selectable":true,"uidvalidity":{uidvalidity},"total":{total},"unseen":{unseen},"syncedAt":5}}"#,
        unseen = total / 2,
    )
    .into_bytes()
}

/// What the earlier version left behind.
fn left_behind() -> Batch {
    let mut batch = Batch::default();
    for (account, protocol, policy, uidvalidity, total) in
        [(1, "pop3", "delete", 1, ALL), (2, "imap", "leave", 77, 10)]
    {
        let key = Key::numbers(&[account.into()]);
        batch.put(Table::Accounts, key.clone(), account_json(account, protocol, policy));
        batch.put(Table::Mailboxes, key.with_number(1), inbox_json(uidvalidity, total));
        for uid in 1..=total {
            let key = Key::numbers(&[account.into(), 1, uidvalidity.into(), uid]);
            let id = format!("{account}.1.{uidvalidity}.{uid}");
            let text = (uid <= WHOLE && account == 1).then(|| octets(uid));
            let row = row_json(&id, uid, text.as_deref());
            batch.put(Table::SingleRows, key.clone(), row.into_bytes());
            if account == 1 {
                let hash = text.as_deref().map(sha256).unwrap_or_default();
                let uidl = format!(
                    r#"{{"message":"{id}","octets":9,"sha256":"{hash}","downloadedAt":7,"listed":9,"missingSince":null}}"#
                );
                let uidl_key = Key::numbers(&[1]).with_text(&format!("unique{uid}"));
                batch.put(Table::Uidls, uidl_key, uidl.into_bytes());
            }
            if let Some(text) = text {
                batch.put(Table::Bodies, key.with_number(0), text.into_bytes());
            }
        }
    }
    // A number that is not to be given again, as the earlier version noted it.
    batch.put(Table::Uidls, Key::numbers(&[2, 3]), b"null".to_vec());
    batch
}

async fn assert_brought_over(store: &Dying) {
    let engine = store.engine(usize::MAX);
    assert_eq!(store.count(Table::SingleRows).await, 0);
    let query = ListQuery { descending: false, limit: 1000, ..ListQuery::default() };
    let list = engine.list(1, 1, query.clone()).await.expect("lists");
    let rows: Vec<MessageRow> =
        list.rows.iter().map(|row| serde_json::from_slice(row).expect("is a row")).collect();
    assert_eq!((rows.len() as u64, list.total), (ALL, 250));
    for (uid, row) in (1..).zip(&rows) {
        let id = format!("1.1.1.{uid}");
        assert_eq!((row.id.as_str(), row.subject.as_str()), (id.as_str(), format!("Old {uid}").as_str()));
        assert_eq!((row.body, row.content.is_some()), (uid <= WHOLE, uid <= WHOLE));
        assert!(row.flags.contains(&if uid.is_multiple_of(2) { "$Work" } else { "\\Flagged" }.to_owned()));
        if row.body {
            let id: MessageId = id.parse().expect("is an id");
            assert_eq!(engine.message(id).await.expect("is here"), octets(uid).into_bytes());
        }
    }
    // Each of them answers the one before.
    assert!(rows[..WHOLE as usize].iter().all(|row| row.thread == rows[0].thread));
    assert_ne!(rows[0].thread, rows[WHOLE as usize].thread);
    let by_thread = ListQuery { order: ListOrder::Thread, ..query.clone() };
    assert_eq!(engine.list(1, 1, by_thread).await.expect("lists").total, 221);
    let inbox = engine.mailboxes(1).await.expect("reads").remove(0);
    assert_eq!((inbox.total, inbox.unseen, inbox.flagged), (Some(250), Some(125), 125));
    assert_eq!(engine.list(2, 1, query).await.expect("lists").total, 10);
    let accounts = engine.accounts().await.expect("reads");
    assert_eq!([0, 1].map(|place: usize| accounts[place].pop3.removal.after_download), [true, false]);
    let here = store.json(Table::Uidls, Key::numbers(&[1]).with_text("unique1")).await;
    assert_eq!((&here["content"], &here["state"]["kind"]), (&"1.1.1.1".into(), &"both".into()));
    let there = store.json(Table::Uidls, Key::numbers(&[1]).with_text("unique99")).await;
    assert_eq!((&there["content"], &there["state"]["kind"]), (&().into(), &"onServer".into()));
    let content = store.json(Table::Contents, Key::numbers(&[1, 1, 1, 1])).await;
    assert_eq!((&content["uidl"], &content["onlyCopy"]), (&"unique1".into(), &true.into()));
    let report = engine.verify(false).await.expect("is readable");
    assert_eq!(report.problems, []);
}

#[tokio::test(start_paused = true)]
async fn mail_of_an_earlier_version_is_all_there() {
    let store = Dying::default();
    store.store.commit(left_behind()).await.expect("commits");
    store.engine(usize::MAX).upgrade().await.expect("brings it over");
    assert_brought_over(&store).await;
    // Once is enough.
    store.engine(0).upgrade().await.expect("has nothing to do");
}

#[tokio::test(start_paused = true)]
async fn a_device_that_dies_while_it_brings_mail_over_loses_none() {
    let store = Dying::default();
    store.store.commit(left_behind()).await.expect("commits");
    let mut deaths = 0;
    // Each time it comes one commit further, or two.
    while store.engine(1 + deaths % 2).upgrade().await.is_err() {
        deaths += 1;
        assert!(deaths < 100, "no way forward");
    }
    assert!(deaths > 3, "only {deaths} deaths");
    assert_brought_over(&store).await;
}
