//! The way out: a folder as an mbox file and a message as a file of its own, from what is stored here, whether or not a server can
//! be reached.

use crate::contents::{self, Reader};
use crate::records::{self, Pages, mailbox_key};
use crate::shared::Shared;
use crate::streams::SourceStream;
use crate::words::{mailbox_not_found, message_not_here};
use crate::{Engine, Platform, SyncError};
use serde::Serialize;
use std::collections::VecDeque;
use std::rc::Rc;
use waypost_message::{MboxWriter, eml_name};
use waypost_store::{MessageId, MessageRow, StoreError, Table};

/// A file to be saved.
pub struct Exported<T> {
    /// A name that every file system takes.
    pub name: String,
    /// What is in it.
    pub stream: T,
}

/// What became of the messages of a folder that was written into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    /// Whole in the file.
    pub written: u64,
    /// Not stored on this device, and not in the file.
    pub left_out: u64,
    /// Damaged on this device; in the file as far as they can be read.
    pub damaged: u64,
}

/// A folder as a file of the format mboxrd, oldest message first, piece by piece.
pub struct MailboxStream<P: Platform> {
    shared: Rc<Shared<P>>,
    groups: Pages,
    /// The rows that are next.
    rows: VecDeque<MessageRow>,
    writer: MboxWriter,
    reader: Option<Reader>,
    tally: Tally,
}

impl<P: Platform> MailboxStream<P> {
    /// The next octets of the file, about a mebibyte at most; `None` after the last. A damaged message has what can be read of it,
    /// and the rest of the file follows.
    ///
    /// # Errors
    /// The store.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, SyncError> {
        loop {
            let octets = match self.reader.take() {
                Some(reader) => self.go_on(reader).await?,
                None => match self.next_row().await? {
                    Some(row) => self.begin(&row).await?,
                    None => return Ok(None),
                },
            };
            if !octets.is_empty() {
                return Ok(Some(octets));
            }
        }
    }

    /// What has become of the messages of the folder, so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    async fn go_on(&mut self, mut reader: Reader) -> Result<Vec<u8>, SyncError> {
        match reader.next(self.shared.platform.store()).await {
            Ok(Some(octets)) => {
                self.reader = Some(reader);
                return Ok(self.writer.push(&octets));
            }
            Ok(None) => self.tally.written += 1,
            Err(StoreError::Damaged(_)) => self.tally.damaged += 1,
            Err(error) => return Err(error.into()),
        }
        Ok(self.writer.end())
    }

    async fn begin(&mut self, row: &MessageRow) -> Result<Vec<u8>, SyncError> {
        match contents::stored(self.shared.platform.store(), row).await {
            Ok(Some((content, record))) => {
                self.reader = Some(Reader::whole(content, &record));
                return Ok(self.writer.begin(&row.from_address, row.date));
            }
            Ok(None) => self.tally.left_out += 1,
            Err(StoreError::Damaged(_)) => self.tally.damaged += 1,
            Err(error) => return Err(error.into()),
        }
        Ok(Vec::new())
    }

    async fn next_row(&mut self) -> Result<Option<MessageRow>, SyncError> {
        while self.rows.is_empty() {
            let Some(groups) = self.groups.next(self.shared.platform.store()).await? else { return Ok(None) };
            let (rows, damaged) = records::readable_rows(&groups);
            self.tally.damaged += damaged;
            self.rows = rows.into_iter().map(|(_, row)| row).collect();
        }
        Ok(self.rows.pop_front())
    }
}

impl<P: Platform + 'static> Engine<P> {
    /// A folder as an mbox file, with all its messages that are stored here.
    ///
    /// # Errors
    /// There is no such folder, or the store.
    pub async fn export_mailbox(
        &self,
        account: u32,
        mailbox: u32,
    ) -> Result<Exported<MailboxStream<P>>, SyncError> {
        let record = records::mailbox(self.store(), account, mailbox).await?.ok_or_else(mailbox_not_found)?;
        let name = record.name.rsplit(|letter| Some(letter) == record.delimiter).next().unwrap_or_default();
        let stem = eml_name(name, None);
        let name = format!("{}.mbox", stem.strip_suffix(".eml").unwrap_or(&stem));
        let rows = mailbox_key(account, mailbox).with_number(record.uidvalidity.into());
        let stream = MailboxStream {
            shared: Rc::clone(&self.shared),
            groups: Pages::new(Table::Rows, rows),
            rows: VecDeque::new(),
            writer: MboxWriter::new(),
            reader: None,
            tally: Tally::default(),
        };
        Ok(Exported { name, stream })
    }

    /// A message as a file of its own, octet for octet. One that is not stored here is fetched first.
    ///
    /// # Errors
    /// There is no such message, the account is signed out or offline, the server, or the store.
    pub async fn export_message(&self, id: MessageId) -> Result<Exported<SourceStream<P>>, SyncError> {
        let row = records::row(self.store(), id).await?.ok_or_else(message_not_here)?;
        let stream = self.open_source(id).await?;
        Ok(Exported { name: eml_name(&row.subject, Some(row.date)), stream })
    }
}
