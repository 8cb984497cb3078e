//! The octets of one message on their way into the store: cut into chunks as they come, hashed once, never held whole.
//!
//! A small message waits in memory for the batch that has its row, so that many are one commit. A large one is stored ahead,
//! some chunks at a time, under a record that says that it is arriving; the batch with its row makes it whole. What never became
//! whole is removed when the account connects the next time.

use super::evict::HOUR;
use super::usage::{UsageChanges, usage_key};
use super::{Reader, arriving_key, content_key, delete};
use crate::ledger::Ledger;
use crate::records::{self, Answers, account_key, encode, last, number};
use crate::{Clock, Platform, SyncError};
use sha2::{Digest, Sha256};
use std::ops::Range;
use waypost_message::{Part, Scan, Scanner, Summary};
use waypost_store::{
    BODY_CHUNK, Batch, ContentId, ContentRecord, Json, Key, MessageId, MessageRow, Read, Store, StoreError,
    Table, UsageRecord,
};

/// A message that is being received.
pub(crate) struct Arrival<P: Platform> {
    ledger: Ledger<P>,
    arrived: Arrived,
    digest: Sha256,
    scanner: Scanner,
}

/// A message that has come. It is kept by [`super::Holdings::store`], together with a row that names it.
pub(crate) struct Arrived {
    /// Whether it is the whole message, and not its beginning only.
    pub(crate) whole: bool,
    /// The unique id of POP3 under which it came.
    pub(crate) uidl: Option<String>,
    /// What a list line needs of it.
    pub(crate) summary: Summary,
    id: ContentId,
    only_copy: bool,
    octets: u64,
    sha256: String,
    came_at: u64,
    scan: Option<Json>,
    /// How many chunks are in the store.
    stored: u64,
    /// Those after them.
    chunks: Vec<Vec<u8>>,
}

impl<P: Platform> Arrival<P> {
    /// Begins a message that will live on this device.
    pub(crate) async fn local(ledger: &Ledger<P>) -> Result<Self, SyncError> {
        let number = ledger.next_content().await?;
        Ok(Self::new(ledger, ContentId::local(ledger.account, number), true))
    }

    /// Begins a copy of a message that the server keeps.
    pub(crate) fn cached(ledger: &Ledger<P>, id: MessageId) -> Self {
        Self::new(ledger, ContentId(id), false)
    }

    fn new(ledger: &Ledger<P>, id: ContentId, only_copy: bool) -> Self {
        let arrived = Arrived {
            whole: true,
            uidl: None,
            summary: Summary::default(),
            id,
            only_copy,
            octets: 0,
            sha256: String::new(),
            came_at: ledger.shared.platform.clock().wall(),
            scan: None,
            stored: 0,
            chunks: Vec::new(),
        };
        Self { ledger: ledger.clone(), arrived, digest: Sha256::new(), scanner: Scanner::new() }
    }

    pub(crate) fn octets(&self) -> u64 {
        self.arrived.octets
    }

    /// Adds octets. Waits for the store where much is held: whoever reads a connection reads no faster than is stored.
    pub(crate) async fn push(&mut self, octets: &[u8]) -> Result<(), SyncError> {
        self.digest.update(octets);
        self.scanner.push(octets);
        self.arrived.push(octets);
        if self.arrived.chunks.len() > HELD_CHUNKS { self.store_ahead().await } else { Ok(()) }
    }

    /// All octets have come.
    pub(crate) fn finish(mut self) -> Arrived {
        let scan = self.scanner.finish();
        if self.arrived.stored == 0 {
            self.arrived.summarise(&scan);
        } else {
            let attached = |part: &Part| part.disposition.as_deref() == Some("attachment");
            self.arrived.summary.attachment |= scan.parts.iter().any(attached);
        }
        self.arrived.scan = Json::of(&scan);
        self.arrived.sha256 = hex(&self.digest.finalize());
        self.arrived
    }

    /// Begins the message anew.
    pub(crate) async fn restart(&mut self) -> Result<(), SyncError> {
        self.remove_stored().await?;
        *self = Self::new(&self.ledger, self.arrived.id, self.arrived.only_copy);
        Ok(())
    }

    /// The rest will not come: nothing of it stays.
    pub(crate) async fn give_up(self) -> Result<(), SyncError> {
        self.remove_stored().await
    }

    async fn remove_stored(&self) -> Result<(), SyncError> {
        if self.arrived.stored == 0 {
            return Ok(());
        }
        let mut batch = Batch::default();
        self.arrived.remove(&mut batch);
        self.ledger.commit_apart(batch).await
    }

    async fn store_ahead(&mut self) -> Result<(), SyncError> {
        let arrived = &mut self.arrived;
        let mut batch = Batch::default();
        if arrived.stored == 0 {
            arrived.summarise_head();
            batch.delete_prefix(Table::Bodies, content_key(arrived.id));
            batch.put(Table::Meta, arriving_key(arrived.id), b"null".to_vec());
        }
        // The last one may not be full yet.
        arrived.put_chunks(arrived.chunks.len() - 1, &mut batch);
        batch.put(Table::Contents, content_key(arrived.id), encode(&arrived.record(0)));
        self.ledger.commit_apart(batch).await
    }
}

impl Arrived {
    /// What names it.
    pub(crate) fn id(&self) -> ContentId {
        self.id
    }

    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// SHA-256 of the octets, lower case hex.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Lets a row show it.
    pub(crate) fn show(&self, row: &mut MessageRow) {
        row.content = Some(self.id.to_string());
        row.body = self.whole;
        row.sha256 = self.whole.then(|| self.sha256.clone());
        if self.whole {
            row.size = self.octets;
        }
    }

    /// Octets of it in memory.
    pub(crate) fn held(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.len() as u64).sum()
    }

    /// Whether its text is that of stored octets. Servers write lines of their own into headers, and leave the text alone.
    pub(crate) async fn has_text_of<S: Store>(&self, store: &S, id: ContentId) -> Result<bool, StoreError> {
        let Some(record) = super::record(store, id).await? else { return Ok(false) };
        let (mut known, mut came) = (TextDigest::default(), TextDigest::default());
        known.read(store, Reader::whole(id, &record)).await?;
        let ahead = 0..self.stored * BODY_CHUNK as u64;
        came.read(store, Reader::range(self.id, &self.record(0), ahead)).await?;
        self.chunks.iter().for_each(|chunk| came.push(chunk));
        Ok(known.digest.finalize() == came.digest.finalize())
    }

    /// Adds it to a batch, in place of what is there under its name. Where nothing holds it, what is stored of it goes.
    pub(super) fn put(mut self, holders: u32, batch: &mut Batch, usage: &mut UsageChanges) {
        if holders == 0 {
            if self.stored > 0 {
                self.remove(batch);
            }
            return;
        }
        if self.stored > 0 {
            batch.delete(Table::Meta, arriving_key(self.id));
        } else if !self.only_copy {
            // Under the number of what lives here there was never anything.
            batch.delete_prefix(Table::Bodies, content_key(self.id));
        }
        self.put_chunks(self.chunks.len(), batch);
        let record = self.record(holders);
        usage.came(self.id, &record);
        batch.put(Table::Contents, content_key(self.id), encode(&record));
    }

    fn remove(&self, batch: &mut Batch) {
        delete(self.id, batch);
        batch.delete(Table::Meta, arriving_key(self.id));
    }

    fn record(&self, holders: u32) -> ContentRecord {
        ContentRecord {
            octets: self.octets,
            sha256: self.sha256.clone(),
            whole: self.whole && !self.sha256.is_empty(),
            holders,
            only_copy: self.only_copy,
            used_at: self.came_at - self.came_at % HOUR,
            uidl: self.uidl.clone(),
            scan: self.scan.clone(),
        }
    }

    fn push(&mut self, mut octets: &[u8]) {
        self.octets += octets.len() as u64;
        while !octets.is_empty() {
            if self.chunks.last().is_none_or(|chunk| chunk.len() >= BODY_CHUNK) {
                self.chunks.push(Vec::new());
            }
            let Some(chunk) = self.chunks.last_mut() else { return };
            let (now, later) = octets.split_at(octets.len().min(BODY_CHUNK - chunk.len()));
            chunk.extend_from_slice(now);
            octets = later;
        }
    }

    fn put_chunks(&mut self, count: usize, batch: &mut Batch) {
        for chunk in self.chunks.drain(..count) {
            batch.put(Table::Bodies, content_key(self.id).with_number(self.stored), chunk);
            self.stored += 1;
        }
    }

    /// The line of a message that is all in memory. Attachments are not taken apart for it.
    fn summarise(&mut self, scan: &Scan) {
        if let [only] = self.chunks.as_slice() {
            self.summary = waypost_message::summary_scanned(scan, only);
            return;
        }
        let whole = self.chunks.concat();
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        let piece = |range: Range<u64>| whole.get(place(range.start)..place(range.end));
        let pieces: Option<Vec<&[u8]>> = scan.ranges_for_view(SUMMARY_TEXT).into_iter().map(piece).collect();
        let summary = pieces.and_then(|pieces| waypost_message::summary_from(scan, SUMMARY_TEXT, &pieces));
        self.summary = summary.unwrap_or_else(|| waypost_message::summary(&whole));
    }

    /// The line of a message of which the beginning is in memory: text and the names of parts stand there.
    fn summarise_head(&mut self) {
        self.summary = match self.chunks.as_slice() {
            [only] => waypost_message::summary(only),
            chunks => waypost_message::summary(&chunks[..chunks.len().min(HEAD_CHUNKS)].concat()),
        };
    }
}

/// Hashes what follows the header.
#[derive(Default)]
struct TextDigest {
    digest: Sha256,
    /// Whether the line of the header that is being read has anything in it.
    in_line: bool,
    in_text: bool,
}

impl TextDigest {
    async fn read<S: Store>(&mut self, store: &S, mut reader: Reader) -> Result<(), StoreError> {
        while let Some(octets) = reader.next(store).await? {
            self.push(&octets);
        }
        Ok(())
    }

    fn push(&mut self, mut octets: &[u8]) {
        while !self.in_text {
            let Some((first, rest)) = octets.split_first() else { return };
            octets = rest;
            match first {
                b'\n' => self.in_text = !std::mem::take(&mut self.in_line),
                b'\r' => {}
                _ => self.in_line = true,
            }
        }
        self.digest.update(octets);
    }
}

impl<P: Platform> Ledger<P> {
    /// A number for octets that live on this device. None is given twice.
    async fn next_content(&self) -> Result<u32, SyncError> {
        if let Some(number) = self.shared.next_content(self.account, None) {
            return Ok(number);
        }
        let local = ContentId::local(self.account, 0).0;
        let reads = vec![
            Read::Get(Table::Meta, usage_key(self.account, local.mailbox)),
            last(Table::Contents, Key::numbers(&[local.account.into(), 0, 0])),
        ];
        let mut answers = Answers::of(self.store(), reads).await?;
        let kept = answers.value::<UsageRecord>(Table::Meta)?.unwrap_or_default().highest;
        // What arrives is in no figure yet.
        let there = u32::try_from(answers.last_number(3)).unwrap_or(u32::MAX);
        let number = self.shared.next_content(self.account, Some(kept.max(there)));
        number.ok_or_else(crate::words::internal)
    }

    /// Removes what began to arrive and never did. Only while nothing arrives.
    pub(crate) async fn remove_unfinished(&self) -> Result<(), SyncError> {
        let prefix = account_key(self.account).with_text("arriving");
        let read = Read::Keys { table: Table::Meta, prefix, after: None, limit: None };
        let mut batch = Batch::default();
        for key in records::keys(self.store(), read).await? {
            let part =
                |place| number(&key, place).and_then(|number| u32::try_from(number).ok()).unwrap_or_default();
            let id =
                MessageId { account: self.account, mailbox: part(2), uidvalidity: part(3), uid: part(4) };
            delete(ContentId(id), &mut batch);
            batch.delete(Table::Meta, key);
        }
        if batch.writes.is_empty() { Ok(()) } else { self.commit_apart(batch).await }
    }
}

/// SHA-256 of octets, lower case hex.
pub(crate) fn sha256(octets: &[u8]) -> String {
    hex(&Sha256::digest(octets))
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Held of one message at most: two mebibytes, which a browser stores in a blink.
const HELD_CHUNKS: usize = 36;

/// Octets of a text in which its first words are found.
const SUMMARY_TEXT: u64 = 64 * 1024;

/// About a mebibyte.
const HEAD_CHUNKS: usize = 19;
