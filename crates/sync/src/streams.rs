//! Messages for their readers, from the ranges that these need: a view reads no attachment, and an attachment is handed out as it is
//! read.

use crate::contents::Reader;
use crate::shared::Shared;
use crate::words::no_such_part;
use crate::{Engine, Platform, SyncError};
use std::rc::Rc;
use waypost_message::{MessageView, PartDecoder, Scan, Scanner};
use waypost_store::{ContentId, ContentRecord, Json, MessageId, StoreError, Table};

/// A whole message, octet for octet, piece by piece.
pub struct SourceStream<P: Platform> {
    shared: Rc<Shared<P>>,
    reader: Reader,
}

impl<P: Platform> SourceStream<P> {
    pub(crate) fn new(shared: &Rc<Shared<P>>, content: ContentId, record: &ContentRecord) -> Self {
        Self { shared: Rc::clone(shared), reader: Reader::whole(content, record) }
    }

    /// The next octets, below a mebibyte; `None` after the last.
    ///
    /// # Errors
    /// The store, or the message was deleted meanwhile.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, SyncError> {
        Ok(self.reader.next(self.shared.platform.store()).await?)
    }
}

/// A part of a message with its transfer encoding undone, piece by piece.
pub struct PartStream<P: Platform> {
    shared: Rc<Shared<P>>,
    reader: Reader,
    decoder: Option<PartDecoder>,
}

impl<P: Platform> PartStream<P> {
    /// The next octets, below a mebibyte; `None` after the last.
    ///
    /// # Errors
    /// The store, or the message was deleted meanwhile.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, SyncError> {
        let mut decoded = Vec::new();
        while let Some(decoder) = &mut self.decoder {
            match self.reader.next(self.shared.platform.store()).await? {
                Some(octets) => decoder.push(&octets, &mut decoded),
                None => {
                    if let Some(decoder) = self.decoder.take() {
                        decoder.finish(&mut decoded);
                    }
                }
            }
            if !decoded.is_empty() {
                return Ok(Some(decoded));
            }
        }
        Ok(None)
    }
}

impl<P: Platform + 'static> Engine<P> {
    /// A message for reading: from the store, or fetched and stored first. Of very long texts it has the beginning.
    ///
    /// # Errors
    /// There is no such message, the account is signed out or offline, the server, or the store.
    pub async fn message_view(&self, id: MessageId) -> Result<MessageView, SyncError> {
        let (content, record) = self.content(id).await?;
        let scan = self.scan(content, &record).await?;
        let mut pieces = Vec::new();
        for range in scan.ranges_for_view(LONGEST_TEXT) {
            pieces.push(Reader::range(content, &record, range).rest(self.store()).await?);
        }
        let view = waypost_message::view_from(&scan, LONGEST_TEXT, &pieces);
        Ok(view.ok_or(StoreError::Damaged(Table::Contents.name()))?)
    }

    /// The whole message, octet for octet, piece by piece: from the store, or fetched and stored first.
    ///
    /// # Errors
    /// There is no such message, the account is signed out or offline, the server, or the store.
    pub async fn open_source(&self, id: MessageId) -> Result<SourceStream<P>, SyncError> {
        let (content, record) = self.content(id).await?;
        Ok(SourceStream::new(&self.shared, content, &record))
    }

    /// A part of a message, by its index in the message's view, decoded piece by piece.
    ///
    /// # Errors
    /// There is no such message or part, the account is signed out or offline, the server, or the store.
    pub async fn open_part(&self, id: MessageId, index: u32) -> Result<PartStream<P>, SyncError> {
        let (content, record) = self.content(id).await?;
        let scan = self.scan(content, &record).await?;
        let part = scan.part(index).ok_or_else(no_such_part)?;
        let reader = Reader::range(content, &record, part.body.clone());
        Ok(PartStream { shared: Rc::clone(&self.shared), reader, decoder: Some(PartDecoder::for_part(part)) })
    }

    /// A part of a message as a whole, for what is known to be small.
    ///
    /// # Errors
    /// As [`Self::open_part`].
    pub async fn part(&self, id: MessageId, index: u32) -> Result<Vec<u8>, SyncError> {
        let (mut stream, mut whole) = (self.open_part(id, index).await?, Vec::new());
        while let Some(octets) = stream.next().await? {
            whole.extend_from_slice(&octets);
        }
        Ok(whole)
    }

    /// Where the parts of a stored message are. A version that scans otherwise finds them anew.
    async fn scan(&self, content: ContentId, record: &ContentRecord) -> Result<Scan, SyncError> {
        if let Some(scan) = record.scan.as_ref().and_then(Json::read) {
            return Ok(scan);
        }
        let (mut reader, mut scanner) = (Reader::whole(content, record), Scanner::new());
        while let Some(octets) = reader.next(self.store()).await? {
            scanner.push(&octets);
        }
        Ok(scanner.finish())
    }
}

/// Octets of a text that are shown. No reader gets to the end of more.
const LONGEST_TEXT: u64 = 4 * 1024 * 1024;
