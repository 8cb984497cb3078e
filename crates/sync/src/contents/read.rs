//! Stored octets, some chunks at a time.

use super::arrival::hex;
use super::{content_key, content_of};
use crate::records::Answers;
use sha2::{Digest, Sha256};
use std::ops::Range;
use waypost_store::{BODY_CHUNK, ContentId, ContentRecord, MessageRow, Read, Store, StoreError, Table};

/// Reads a range of stored octets from its beginning to its end.
pub(crate) struct Reader {
    id: ContentId,
    total: u64,
    left: Range<u64>,
}

impl Reader {
    /// A reader of all octets.
    pub(crate) fn whole(id: ContentId, record: &ContentRecord) -> Self {
        Self { id, total: record.octets, left: 0..record.octets }
    }

    /// A reader of those of a range that are there.
    pub(crate) fn range(id: ContentId, record: &ContentRecord, range: Range<u64>) -> Self {
        let end = range.end.min(record.octets);
        Self { id, total: record.octets, left: range.start.min(end)..end }
    }

    /// The next octets; `None` after the last.
    ///
    /// # Errors
    /// The store, or what is stored is not what its record says.
    pub(crate) async fn next<S: Store>(&mut self, store: &S) -> Result<Option<Vec<u8>>, StoreError> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let first = self.left.start / CHUNK;
        let until = self.left.end.div_ceil(CHUNK).min(first + READ_CHUNKS);
        let mut chunks = Answers::of(store, chunks(self.id, first..until).collect()).await?;
        let mut octets = joined(&mut chunks, first..until, self.total)?;
        let end = self.left.end.min(until * CHUNK);
        let place = |at: u64| usize::try_from(at - first * CHUNK).unwrap_or(usize::MAX);
        octets.truncate(place(end));
        octets.drain(..place(self.left.start).min(octets.len()));
        self.left.start = end;
        Ok(Some(octets))
    }

    /// All that is left, for what is known to be small.
    pub(crate) async fn rest<S: Store>(mut self, store: &S) -> Result<Vec<u8>, StoreError> {
        let mut all = Vec::new();
        while let Some(octets) = self.next(store).await? {
            all.extend_from_slice(&octets);
        }
        Ok(all)
    }
}

/// What is known of stored octets; `None` where there are none, or they have not all arrived.
pub(crate) async fn record<S: Store>(store: &S, id: ContentId) -> Result<Option<ContentRecord>, StoreError> {
    let reads = vec![Read::Get(Table::Contents, content_key(id))];
    let record: Option<ContentRecord> = Answers::of(store, reads).await?.value(Table::Contents)?;
    Ok(record.filter(|record| !record.sha256.is_empty()))
}

/// The octets of a message, where all of them are here.
pub(crate) async fn stored<S: Store>(
    store: &S,
    row: &MessageRow,
) -> Result<Option<(ContentId, ContentRecord)>, StoreError> {
    let Some(id) = content_of(row).filter(|_| row.body) else { return Ok(None) };
    Ok(record(store, id).await?.filter(|record| record.whole).map(|record| (id, record)))
}

/// SHA-256 of the octets as they are read back, lower case hex; `None` where they are not there, or not all of them.
pub(crate) async fn verify_content<S: Store>(store: &S, id: ContentId) -> Result<Option<String>, StoreError> {
    let Some(record) = record(store, id).await? else { return Ok(None) };
    let (mut reader, mut digest) = (Reader::whole(id, &record), Sha256::new());
    loop {
        match reader.next(store).await {
            Ok(Some(octets)) => digest.update(&octets),
            Ok(None) => return Ok(Some(hex(&digest.finalize()))),
            Err(StoreError::Damaged(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

/// The same of several at once, with the octets that each should have: small ones share a reading.
pub(crate) async fn read_back<S: Store>(
    store: &S,
    contents: &[(ContentId, u64)],
) -> Result<Vec<Option<String>>, StoreError> {
    let mut hashes = Vec::new();
    let mut left = contents;
    while let Some((id, octets)) = left.first() {
        let mut sum = 0;
        let small = left.iter().take_while(|(_, octets)| {
            sum += octets;
            sum <= READ_BACK
        });
        let (now, later) = left.split_at(small.count().max(1));
        left = later;
        if *octets > READ_BACK {
            hashes.push(verify_content(store, *id).await?);
        } else {
            hashes.extend(read_back_small(store, now).await?);
        }
    }
    Ok(hashes)
}

async fn read_back_small<S: Store>(
    store: &S,
    contents: &[(ContentId, u64)],
) -> Result<Vec<Option<String>>, StoreError> {
    let reads = contents.iter().flat_map(|(id, octets)| {
        let record = Read::Get(Table::Contents, content_key(*id));
        std::iter::once(record).chain(chunks(*id, 0..octets.div_ceil(CHUNK)))
    });
    let mut answers = Answers::of(store, reads.collect()).await?;
    let mut hash = |octets: u64| {
        // A record that can't be read says as little as one that is not there.
        let record: Option<ContentRecord> = answers.value(Table::Contents).unwrap_or_default();
        let all = joined(&mut answers, 0..octets.div_ceil(CHUNK), octets).ok()?;
        record.filter(|record| record.octets == octets)?;
        Some(hex(&Sha256::digest(all)))
    };
    Ok(contents.iter().map(|(_, octets)| hash(*octets)).collect())
}

fn chunks(id: ContentId, numbers: Range<u64>) -> impl Iterator<Item = Read> {
    numbers.map(move |number| Read::Get(Table::Bodies, content_key(id).with_number(number)))
}

/// Chunks in one piece, if they are there and have the lengths that they must have. Takes all their answers in any case.
fn joined(answers: &mut Answers, numbers: Range<u64>, total: u64) -> Result<Vec<u8>, StoreError> {
    let mut octets = Some(Vec::new());
    for number in numbers {
        let length = (total - number * CHUNK).min(CHUNK);
        let chunk = answers.octets().filter(|chunk| chunk.len() as u64 == length);
        octets = octets.zip(chunk).map(|(mut octets, mut chunk)| {
            if octets.is_empty() {
                return chunk;
            }
            octets.append(&mut chunk);
            octets
        });
    }
    octets.ok_or(StoreError::Damaged(Table::Bodies.name()))
}

const CHUNK: u64 = BODY_CHUNK as u64;

/// Read at once: half a mebibyte.
const READ_CHUNKS: u64 = 9;

/// Read at once of several small messages: the fewer readings, the fewer waits for the browser.
const READ_BACK: u64 = 2 * 1024 * 1024;
