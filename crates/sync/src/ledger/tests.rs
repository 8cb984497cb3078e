use super::{Draft, Wanted, write_rows};
use crate::folders;
use crate::list::{self, List, ListFilter, ListOrder, ListQuery};
use crate::records::{self, account_key, encode, mailbox_key};
use futures_util::FutureExt;
use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;
use waypost_message::ThreadKeys;
use waypost_store::{
    AccountRecord, Batch, MailboxRecord, MemoryStore, MessageId, MessageRow, OrderedMap, OrderedSet,
    Pop3Settings, Protocol, Read, ReadResult, RowGroup, Security, Store, StoreError, Table, Write,
};

/// A store that counts records.
#[derive(Default)]
struct Counting {
    store: MemoryStore,
    read: Cell<usize>,
    written: Cell<usize>,
    octets: Cell<usize>,
    commits: Cell<usize>,
}

impl Store for Counting {
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        let batch: Rc<Batch> = batch.into();
        for write in &batch.writes {
            if let Write::Put(_, _, value) = write {
                self.written.set(self.written.get() + 1);
                self.octets.set(self.octets.get() + value.len());
                assert!(value.len() < 60 * 1024, "a record that Chromium makes a file of");
            }
        }
        self.commits.set(self.commits.get() + 1);
        self.store.commit(batch).await
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        let results = self.store.read(reads).await?;
        for result in &results {
            let records = match result {
                ReadResult::Value(value) => usize::from(value.is_some()),
                ReadResult::Entries(entries) => entries.len(),
                ReadResult::Keys(_) | ReadResult::Count(_) => 1,
            };
            self.read.set(self.read.get() + records);
        }
        Ok(results)
    }
}

impl Counting {
    fn reset(&self) {
        [&self.written, &self.octets, &self.read].into_iter().for_each(|count| count.set(0));
    }
}

/// Nothing in this store ever waits.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a store in memory waits for nothing")
}

fn opened() -> Counting {
    let store = Counting::default();
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
    let inbox = folders::inbox(Protocol::Pop3);
    let mut batch = Batch::default();
    batch.put(Table::Accounts, account_key(1), encode(&account));
    batch.put(Table::Mailboxes, mailbox_key(1, 1), encode(&inbox));
    let archive = MailboxRecord { id: 2, name: "Archive".to_owned(), role: None, ..inbox };
    batch.put(Table::Mailboxes, mailbox_key(1, 2), encode(&archive));
    at_once(store.commit(batch)).expect("commits");
    store
}

/// A row with what differs from message to message; spread out, and the same each time.
fn row(mailbox: u32, uid: u32) -> MessageRow {
    let spread = |prime: u64, most: u64| u64::from(uid) * prime % most;
    let flags: &[&str] = match uid % 50 {
        0 => &["\\Flagged"],
        1..10 => &[],
        _ => &["\\Seen"],
    };
    MessageRow {
        id: MessageId { account: 1, mailbox, uidvalidity: 1, uid }.to_string(),
        from: format!("Sender {}", spread(7919, 5003)),
        from_address: format!("sender{}@waypost.example", spread(7919, 5003)),
        to: "Robin".to_owned(),
        subject: format!("Re: matter {}", spread(104_729, 50_021)),
        snippet: "The first words of a message, as a list shows them below its subject.".to_owned(),
        date: 1_700_000_000_000 + i64::from(uid) * 60_000,
        size: spread(15_485_863, 900_001),
        flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
        attachment: false,
        body: false,
        waiting: false,
        thread: 0,
        content: None,
        sha256: None,
        origin: None,
        copy_of: None,
    }
}

fn fill(store: &Counting, all: Range<u32>, at_a_time: usize) {
    for begin in all.clone().step_by(at_a_time) {
        let uids = begin..(begin + at_a_time as u32).min(all.end);
        let keys = uids.clone().map(|uid| (uid, keys(&[uid], if uid % 3 == 0 { &[1] } else { &[] })));
        let keys = keys.collect();
        let rows = uids.map(|uid| (uid, Some(row(1, uid)))).collect();
        at_once(write_rows(store, (1, 1, 1), rows, keys)).expect("writes");
    }
}

/// Ids of messages; references are so many before it.
fn keys(own: &[u32], back: &[u32]) -> ThreadKeys {
    let name = |uid: u32| format!("{uid}@waypost.example");
    ThreadKeys {
        message_id: own.first().map(|uid| name(*uid)),
        references: own.iter().flat_map(|uid| back.iter().map(move |back| name(uid - back))).collect(),
        ..ThreadKeys::default()
    }
}

fn ask(store: &Counting, mailbox: u32, query: &ListQuery) -> List {
    let (order, after) = list::place(query).expect("is a query");
    at_once(list::list(store, (1, mailbox, 1), order, after, query)).expect("lists")
}

fn parsed(list: &List) -> Vec<MessageRow> {
    list.rows.iter().map(|row| serde_json::from_slice(row).expect("is a row")).collect()
}

fn folder(store: &Counting, mailbox: u32) -> MailboxRecord {
    at_once(records::mailbox(store, 1, mailbox)).expect("reads").expect("is there")
}

fn thread_of(store: &Counting, uid: u32) -> u64 {
    let id = MessageId { account: 1, mailbox: 1, uidvalidity: 1, uid };
    at_once(records::row(store, id)).expect("reads").expect("is there").thread
}

fn queries() -> Vec<ListQuery> {
    let by = |order, filter| ListQuery { order, filter, ..ListQuery::default() };
    let all = [ListOrder::Date, ListOrder::Sender, ListOrder::Subject, ListOrder::Size, ListOrder::Thread];
    let mut queries: Vec<ListQuery> = all.into_iter().map(|order| by(order, ListFilter::All)).collect();
    queries.push(by(ListOrder::Date, ListFilter::Unread));
    queries.push(by(ListOrder::Date, ListFilter::Flagged));
    queries
}

/// Records read for the first rows of each list: all, and those that are no rows.
fn first_rows(store: &Counting) -> Vec<(usize, usize)> {
    let read = |query: ListQuery| {
        store.read.set(0);
        let list = ask(store, 1, &query);
        assert_eq!(list.rows.len() as u32, list.total.min(50), "{query:?}");
        let uid = |row: MessageRow| row.id.parse::<MessageId>().expect("is an id").uid;
        let groups: OrderedSet<u32> =
            parsed(&list).into_iter().map(|row| RowGroup::number_of(uid(row))).collect();
        (store.read.get(), store.read.get() - groups.len())
    };
    queries().into_iter().map(read).collect()
}

#[test]
fn a_long_folder_reads_and_writes_no_more_records_than_a_short_one() {
    let store = opened();
    fill(&store, 1..1001, 1000);
    let short = first_rows(&store);
    assert!(short.iter().all(|(all, made)| *all <= 32 + 2 && *made <= 2), "{short:?}");
    let inbox = folder(&store, 1);
    assert_eq!((inbox.total, inbox.unseen, inbox.flagged), (Some(1000), Some(200), 20));

    store.reset();
    fill(&store, 1001..40_001, 2000);
    println!("39,000 rows: {} records, {} octets", store.written.get(), store.octets.get());
    assert!(store.written.get() < 6000, "{} records", store.written.get());
    let long = first_rows(&store);
    // A directory, a page, of each run that waits two at most, and where the rows are spread a group for each of them.
    assert!(long.iter().all(|(all, made)| *all <= 50 + made && *made <= 2 + 2 * 17), "{long:?}");
    let inbox = folder(&store, 1);
    assert_eq!((inbox.total, inbox.unseen, inbox.flagged), (Some(40_000), Some(8000), 800));

    store.reset();
    let arrived = vec![(40_001, Some(row(1, 40_001)))];
    at_once(write_rows(&store, (1, 1, 1), arrived, OrderedMap::new())).expect("writes");
    println!("one more: {} records, {} octets", store.written.get(), store.octets.get());
    assert!(store.written.get() <= 10 && store.octets.get() < 200_000, "{}", store.octets.get());
    assert!(store.read.get() <= 14, "{} records read", store.read.get());

    store.reset();
    let seen = MessageRow { flags: vec!["\\Seen".to_owned()], ..row(1, 10_001) };
    at_once(write_rows(&store, (1, 1, 1), vec![(10_001, Some(seen))], OrderedMap::new())).expect("writes");
    // The group, the order of unread ones, the folder.
    assert_eq!(store.written.get(), 3);
}

#[test]
fn lists_are_sorted_and_page_on_to_their_end() {
    let store = opened();
    fill(&store, 1..3001, 700);
    for descending in [true, false] {
        for query in queries() {
            let mut query = ListQuery { descending, limit: 333, ..query };
            let (mut rows, mut total) = (Vec::new(), 0);
            loop {
                let list = ask(&store, 1, &query);
                rows.extend(parsed(&list));
                total = total.max(list.total);
                query.after = list.next;
                if query.after.is_none() {
                    break;
                }
            }
            assert_eq!(rows.len(), total as usize, "{query:?}");
            let key = |row: &MessageRow| match (query.order, query.filter) {
                (ListOrder::Sender, _) => (row.from.to_lowercase(), row.date),
                (ListOrder::Subject, _) => (row.subject.to_lowercase(), row.date),
                (ListOrder::Size, _) => (format!("{:09}", row.size), row.date),
                _ => (String::new(), row.date),
            };
            let mut keys: Vec<_> = rows.iter().map(key).collect();
            if descending {
                keys.reverse();
            }
            assert!(keys.is_sorted(), "{query:?}");
            let right = match (query.filter, query.order) {
                (ListFilter::Unread, _) => 600,
                (ListFilter::Flagged, _) => 60,
                (_, ListOrder::Thread) => 2000,
                _ => 3000,
            };
            assert_eq!(rows.len(), right, "{query:?}");
        }
    }
    let by_sender =
        ListQuery { order: ListOrder::Sender, filter: ListFilter::Unread, ..ListQuery::default() };
    assert!(list::place(&by_sender).is_err());
    assert!(list::place(&ListQuery { after: Some("?".to_owned()), ..ListQuery::default() }).is_err());
}

#[test]
fn a_late_parent_makes_its_threads_one_in_the_batch_in_which_it_arrives() {
    let store = opened();
    // 2 and 3 answer 1, and 4 answers 3 without naming 1; 5 is of nobody.
    let arrive = |uid: u32, keys: ThreadKeys| {
        let commits = store.commits.get();
        let rows = vec![(uid, Some(row(1, uid)))];
        at_once(write_rows(&store, (1, 1, 1), rows, OrderedMap::from([(uid, keys)]))).expect("writes");
        assert_eq!(store.commits.get(), commits + 1);
    };
    arrive(2, keys(&[2], &[1]));
    arrive(4, keys(&[4], &[1]));
    arrive(5, keys(&[5], &[]));
    let by_thread = ListQuery { order: ListOrder::Thread, ..ListQuery::default() };
    assert_eq!(ask(&store, 1, &by_thread).total, 3);
    arrive(3, keys(&[3], &[2]));
    let threads = [2, 3, 4, 5].map(|uid| thread_of(&store, uid));
    // 3 is of both: it answers 1 as 2 does, and 4 answers it.
    assert!(threads[0] == threads[1] && threads[1] == threads[2] && threads[2] != threads[3], "{threads:?}");
    let list = ask(&store, 1, &by_thread);
    assert_eq!(parsed(&list).iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["1.1.1.5", "1.1.1.4"]);
    let thread = u32::try_from(threads[0]).expect("is small");
    let rows = at_once(list::thread(&store, 1, thread)).expect("reads");
    assert_eq!(rows.len(), 3);
    // Gone and come again, it is of no old number.
    for uid in [2, 3, 4, 5] {
        at_once(write_rows(&store, (1, 1, 1), vec![(uid, None)], OrderedMap::new())).expect("writes");
    }
    assert_eq!(ask(&store, 1, &by_thread), List::default());
    arrive(6, keys(&[6], &[]));
    assert!(!threads.contains(&thread_of(&store, 6)));
}

#[test]
fn a_move_between_folders_is_one_batch_and_keeps_the_thread() {
    let store = opened();
    fill(&store, 1..4, 3);
    let thread = thread_of(&store, 3);
    let wanted = vec![
        Wanted { mailbox: 1, uidvalidity: 1, uids: vec![3] },
        Wanted { mailbox: 2, uidvalidity: 1, uids: vec![9] },
    ];
    let mut draft = at_once(Draft::read(&store, 1, wanted)).expect("reads").expect("both are there");
    let moved = draft.pages[0].rows.insert(3, None).flatten().expect("is there");
    let id = draft.pages[1].id(9).to_string();
    draft.pages[1].rows.insert(9, Some(MessageRow { id, ..moved }));
    let written = at_once(draft.write(&store)).expect("is a batch");
    assert!(written.told.len() >= 3);
    at_once(store.commit(written.batch)).expect("commits");
    let list = parsed(&ask(&store, 2, &ListQuery::default()));
    assert_eq!((list.len(), list[0].thread), (1, thread));
    assert_eq!((folder(&store, 1).total, folder(&store, 2).total), (Some(2), Some(1)));
    let rows = at_once(list::thread(&store, 1, u32::try_from(thread).expect("is small"))).expect("reads");
    assert_eq!(rows.len(), 2);
}

#[test]
fn rows_page_by_uid_over_gaps() {
    let store = opened();
    let uids = [1, 2, 40, 41, 900, 5000, 5001, 100_000];
    let rows = uids.map(|uid| (uid, Some(row(1, uid)))).to_vec();
    at_once(write_rows(&store, (1, 1, 1), rows, OrderedMap::new())).expect("writes");
    for limit in [1, 2, 3, 100] {
        let (mut found, mut before) = (Vec::new(), None);
        loop {
            let rows = at_once(list::newest(&store, 1, 1, before, limit)).expect("reads");
            let ids = rows.iter().map(|row| serde_json::from_slice::<MessageRow>(row).expect("is a row").id);
            let ids: Vec<MessageId> = ids.map(|id| id.parse().expect("is an id")).collect();
            before = ids.last().copied();
            found.extend(ids.iter().map(|id| id.uid));
            if ids.is_empty() {
                break;
            }
        }
        assert!(found.iter().rev().eq(&uids), "{limit}: {found:?}");
    }
}
