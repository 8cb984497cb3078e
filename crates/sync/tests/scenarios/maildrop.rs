//! A maildrop whose messages are made as they are sent, and a disk that makes them again as they are read: so a test can move
//! hundreds of mebibytes and hold none.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;
use waypost_store::{
    BODY_CHUNK, Batch, ContentId, Key, MessageRow, Part, Read, ReadResult, Store, StoreError, Table, Write,
};
use waypost_sync::{Connect, ConnectError, Connection, Endpoint, TlsInfo};
use waypost_testkit::platform::SharedStore;

/// The octets of the message of this size: whole lines.
pub(crate) fn octets(range: Range<u64>) -> Vec<u8> {
    let place = |at: u64| usize::try_from(at).expect("small");
    let end = range.end;
    let mut made = HEADER[place(range.start.min(HEADER_LENGTH))..place(end.min(HEADER_LENGTH))].to_vec();
    let mut at = range.start.max(HEADER_LENGTH);
    while at < end {
        let line = &LINE[place((at - HEADER_LENGTH) % LINE_LENGTH)..];
        let line = &line[..line.len().min(place(end - at))];
        made.extend_from_slice(line);
        at += line.len() as u64;
    }
    made
}

/// The size nearest to this one that ends with a line.
pub(crate) fn size_of(about: u64) -> u64 {
    HEADER_LENGTH + about / LINE_LENGTH * LINE_LENGTH
}

const HEADER: &[u8] = b"From: kim@waypost.example\r\nSubject: large\r\n\r\n";
const HEADER_LENGTH: u64 = HEADER.len() as u64;
const LINE: &[u8] = b"From time to time a line, of which there are many in a message that is this large\r\n";
const LINE_LENGTH: u64 = LINE.len() as u64;

/// A POP3 server with messages of these sizes, each under a unique id. All clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Maildrop {
    messages: Rc<RefCell<Vec<(String, u64)>>>,
    /// Octets of messages that were handed out.
    handed: Rc<Cell<u64>>,
    /// How many messages each session deleted.
    deleted: Rc<RefCell<Vec<usize>>>,
    /// Of this message only the first half comes.
    stuck: Rc<RefCell<Option<String>>>,
    /// How often a deletion was asked for.
    asked: Rc<Cell<usize>>,
}

impl Maildrop {
    pub(crate) fn put(&self, id: &str, size: u64) {
        self.messages.borrow_mut().push((id.to_owned(), size));
    }

    /// Gives no more than the first half of this message, and then nothing.
    pub(crate) fn stick_in(&self, id: &str) {
        self.stuck.replace(Some(id.to_owned()));
    }

    /// How often a deletion was asked for, also in a session that has not ended.
    pub(crate) fn asked_to_delete(&self) -> usize {
        self.asked.get()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.borrow().is_empty()
    }

    /// How many messages each session deleted that was ended by QUIT.
    pub(crate) fn deletions(&self) -> Vec<usize> {
        self.deleted.borrow().clone()
    }
}

impl Connect for Maildrop {
    type Connection = Session;

    async fn connect(&self, _: &Endpoint) -> Result<Session, ConnectError> {
        let out = VecDeque::from([Out::Text("+OK ready\r\n".to_owned())]);
        Ok(Session { maildrop: self.clone(), input: String::new(), out, deleted: Vec::new() })
    }
}

enum Out {
    Text(String),
    Message(Range<u64>),
    /// Nothing more comes.
    Nothing,
    End,
}

pub(crate) struct Session {
    maildrop: Maildrop,
    input: String,
    out: VecDeque<Out>,
    deleted: Vec<usize>,
}

impl Session {
    fn answer(&mut self, command: &str) {
        let messages = self.maildrop.messages.borrow().clone();
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        let listing = |line: &dyn Fn(&(String, u64)) -> String| {
            let lines =
                (1..).zip(&messages).map(|(number, one): (u32, _)| format!("{number} {}\r\n", line(one)));
            format!("+OK\r\n{}.\r\n", lines.collect::<String>())
        };
        let place = |number: &str| number.parse::<usize>().expect("a number") - 1;
        let text = match verb {
            // Others would wait with the next command for the end of the message.
            "CAPA" if self.maildrop.stuck.borrow().is_some() => {
                "+OK\r\nSASL PLAIN\r\nUIDL\r\nPIPELINING\r\n.\r\n".to_owned()
            }
            "CAPA" => "+OK\r\nSASL PLAIN\r\nUIDL\r\n.\r\n".to_owned(),
            "LIST" => listing(&|(_, size)| size.to_string()),
            "UIDL" => listing(&|(id, _)| id.clone()),
            "RETR" => {
                let (id, size) = messages[place(rest)].clone();
                self.out.push_back(Out::Text("+OK\r\n".to_owned()));
                if self.maildrop.stuck.borrow().as_ref() == Some(&id) {
                    self.out.push_back(Out::Message(0..size_of(size / 2)));
                    return self.out.push_back(Out::Nothing);
                }
                self.out.push_back(Out::Message(0..size));
                ".\r\n".to_owned()
            }
            "DELE" => {
                self.maildrop.asked.set(self.maildrop.asked.get() + 1);
                self.deleted.push(place(rest));
                "+OK\r\n".to_owned()
            }
            "QUIT" => {
                self.maildrop.deleted.borrow_mut().push(self.deleted.len());
                let mut number = 0..;
                self.maildrop.messages.borrow_mut().retain(|_| {
                    let number = number.next().unwrap_or_default();
                    !self.deleted.contains(&number)
                });
                self.out.push_back(Out::Text("+OK\r\n".to_owned()));
                return self.out.push_back(Out::End);
            }
            _ => "+OK\r\n".to_owned(),
        };
        self.out.push_back(Out::Text(text));
    }
}

impl Connection for Session {
    async fn read(&mut self) -> Result<Option<Vec<u8>>, ConnectError> {
        match self.out.pop_front() {
            Some(Out::Text(text)) => Ok(Some(text.into_bytes())),
            Some(Out::Message(left)) => {
                let until = left.end.min(left.start + PIECE);
                if until < left.end {
                    self.out.push_front(Out::Message(until..left.end));
                }
                self.maildrop.handed.set(self.maildrop.handed.get() + until - left.start);
                Ok(Some(octets(left.start..until)))
            }
            Some(Out::End) => Ok(None),
            Some(Out::Nothing) => {
                self.out.push_front(Out::Nothing);
                pending().await
            }
            None => pending().await,
        }
    }

    async fn write(&mut self, octets: Vec<u8>) -> Result<(), ConnectError> {
        self.input.push_str(std::str::from_utf8(&octets).expect("commands are text"));
        while let Some((line, rest)) = self.input.clone().split_once("\r\n") {
            rest.clone_into(&mut self.input);
            self.answer(line);
        }
        Ok(())
    }

    async fn secure(&mut self) -> Result<TlsInfo, ConnectError> {
        Ok(TlsInfo::default())
    }

    async fn close(&mut self) {}
}

/// A disk: it is watched, can be small, and can fail. All clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    pub(crate) kept: SharedStore,
    watch: Rc<Watch>,
}

#[derive(Default)]
struct Watch {
    maildrop: Option<Maildrop>,
    stored: Cell<u64>,
    most_held: Cell<u64>,
    most_read: Cell<u64>,
    /// After how many commits it crashes, and whether the last one is done.
    crash: Cell<Option<(u32, bool)>>,
    crashed: Cell<bool>,
    room: Cell<Option<u64>>,
    /// How long it takes for a commit with octets of messages.
    slow: Cell<Duration>,
    lengths: RefCell<BTreeMap<Key, u64>>,
}

impl Disk {
    /// A disk that knows what the server has sent.
    pub(crate) fn beside(maildrop: &Maildrop) -> Self {
        let watch = Watch { maildrop: Some(maildrop.clone()), ..Watch::default() };
        Self { watch: Rc::new(watch), ..Self::default() }
    }

    /// The most octets that had come and were not stored, and the most that were read at once.
    pub(crate) fn most_held(&self) -> (u64, u64) {
        (self.watch.most_held.get(), self.watch.most_read.get())
    }

    /// Takes so long for each commit with octets of messages.
    pub(crate) fn slow_down(&self, time: Duration) {
        self.watch.slow.set(time);
    }

    /// Crashes after so many commits; the one after them is done or not.
    pub(crate) fn crash_after(&self, commits: u32, done: bool) {
        self.watch.crash.set(Some((commits, done)));
    }

    pub(crate) fn has_crashed(&self) -> bool {
        self.watch.crashed.get()
    }

    /// The same content after a new start, beside the same server.
    pub(crate) fn restarted(&self) -> Self {
        let watch = Watch { maildrop: self.watch.maildrop.clone(), ..Watch::default() };
        Self { kept: self.kept.clone(), watch: Rc::new(watch) }
    }

    /// So many octets of messages have room.
    pub(crate) fn limit(&self, octets: Option<u64>) {
        self.watch.room.set(octets);
    }

    /// Loses the end of a message.
    pub(crate) async fn lose_last_chunk(&self, row: &MessageRow) {
        let id: ContentId = row.content.as_ref().and_then(|id| id.parse().ok()).expect("it is stored");
        let number = Key::numbers(&[u64::from(id.0.uid)]);
        let keys = self.keys(Table::Bodies).await;
        let last = keys.into_iter().rfind(|key| key.0[3..4] == number.0).expect("it has octets");
        let mut batch = Batch::default();
        batch.delete(Table::Bodies, last);
        self.kept.commit(batch).await.expect("deletes");
    }

    pub(crate) async fn keys(&self, table: Table) -> Vec<Key> {
        let read = Read::Keys { table, prefix: Key::default(), after: None, limit: None };
        match self.kept.read(vec![read]).await.expect("reads").remove(0) {
            ReadResult::Keys(keys) => keys,
            other => panic!("{other:?}"),
        }
    }

    /// Notes how long bodies are, and whether there is room for them.
    fn weigh(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut lengths = self.watch.lengths.borrow().clone();
        for write in &batch.writes {
            match write {
                Write::Put(Table::Bodies, key, value) => {
                    lengths.insert(key.clone(), value.len() as u64);
                }
                Write::Delete(Table::Bodies, key) => {
                    lengths.remove(key);
                }
                Write::DeletePrefix(Table::Bodies, prefix) => {
                    lengths.retain(|key, _| !key.0.starts_with(&prefix.0));
                }
                _ => {}
            }
        }
        let sum: u64 = lengths.values().sum();
        let before: u64 = self.watch.lengths.borrow().values().sum();
        if self.watch.room.get().is_some_and(|room| sum > room && sum > before) {
            return Err(StoreError::Full);
        }
        self.watch.lengths.replace(lengths);
        Ok(())
    }
}

impl Disk {
    async fn apply(&self, mut batch: Batch) -> Result<(), StoreError> {
        if batch.writes.iter().any(|write| matches!(write, Write::Put(Table::Bodies, ..))) {
            tokio::time::sleep(self.watch.slow.get()).await;
        }
        self.weigh(&batch)?;
        let handed = self.watch.maildrop.as_ref().map_or(0, |maildrop| maildrop.handed.get());
        let held = handed.saturating_sub(self.watch.stored.get());
        self.watch.most_held.set(self.watch.most_held.get().max(held));
        for write in &mut batch.writes {
            let Write::Put(Table::Bodies, key, value) = write else { continue };
            self.watch.stored.set(self.watch.stored.get() + value.len() as u64);
            let start = chunk_of(key) * BODY_CHUNK as u64;
            if value.len() == BODY_CHUNK && *value == octets(start..start + BODY_CHUNK as u64) {
                value.clear();
            }
        }
        self.kept.commit(batch).await
    }
}

impl Store for Disk {
    async fn commit(&self, batch: impl Into<Rc<Batch>>) -> Result<(), StoreError> {
        let crashes = match self.watch.crash.get() {
            _ if self.watch.crashed.get() => Some(false),
            Some((0, done)) => Some(done),
            Some((left, done)) => {
                self.watch.crash.set(Some((left - 1, done)));
                None
            }
            None => None,
        };
        if crashes != Some(false) {
            self.apply(Rc::unwrap_or_clone(batch.into())).await?;
        }
        self.watch.crashed.set(crashes.is_some());
        if crashes.is_some() { Err(StoreError::Unavailable("it crashed".to_owned())) } else { Ok(()) }
    }

    async fn read(&self, reads: Vec<Read>) -> Result<Vec<ReadResult>, StoreError> {
        // The key of each chunk that is asked for by itself.
        let chunk = |read: &Read| match read {
            Read::Get(Table::Bodies, key) => Some(key.clone()),
            _ => None,
        };
        let chunks: Vec<Option<Key>> = reads.iter().map(chunk).collect();
        let mut answers = self.kept.read(reads).await?;
        let mut sum = 0;
        for (answer, chunk) in answers.iter_mut().zip(chunks) {
            let (ReadResult::Value(Some(value)), Some(key)) = (answer, chunk) else { continue };
            if value.is_empty() {
                let start = chunk_of(&key) * BODY_CHUNK as u64;
                *value = octets(start..start + BODY_CHUNK as u64);
            }
            sum += value.len() as u64;
        }
        self.watch.most_read.set(self.watch.most_read.get().max(sum));
        Ok(answers)
    }
}

fn chunk_of(key: &Key) -> u64 {
    match key.0.last() {
        Some(Part::Number(number)) => *number,
        other => panic!("{other:?}"),
    }
}

/// Of one reading of the connection.
const PIECE: u64 = 64 * 1024;
