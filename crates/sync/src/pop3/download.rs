//! RETR: whole messages, some ahead of their answers, stored some at a time.

use super::Flow;
use super::maildrop::{self, Entry, Known};
use crate::contents::{self, Arrival};
use crate::folders::INBOX;
use crate::records::encode;
use crate::{AccountState, Clock, Platform, SyncError, records};
use std::collections::VecDeque;
use waypost_message::Summary;
use waypost_pop3::{Command, Event, Handle, Refusal};
use waypost_store::{Durability, MessageId, MessageRow, Table, UidlRecord, UidlState};

/// A message that has come whole.
struct Arrived {
    entry: Entry,
    id: String,
    body: contents::Arrived,
}

/// Messages that were asked for, in the order of their answers.
type Asked<P> = VecDeque<(Handle, Entry, Option<Arrival<P>>)>;

impl<P: Platform> Flow<'_, P> {
    /// Takes messages, stores them, and deletes them where that is wanted. `false` if the session should end before the rest.
    pub(super) async fn download(&mut self, entries: Vec<Entry>) -> Result<bool, SyncError> {
        let total = count(entries.len());
        let mut left: VecDeque<Entry> = entries.into();
        let mut asked = Asked::new();
        let mut arrived = Vec::new();
        let mut stored = false;
        loop {
            // What was asked for already comes first: its octets are on the way. Every session stores something, or a server that
            // does not delete what it says would be asked for ever.
            if !stored || !self.should_quit() {
                self.ask_ahead(&mut left, &mut asked).await?;
            }
            self.desk
                .set_state(AccountState::Syncing { done: total - count(left.len() + asked.len()), total });
            if asked.is_empty() {
                self.keep(arrived).await?;
                return Ok(left.is_empty());
            }
            match self.receive(&mut asked).await {
                Ok(one) => arrived.extend(one),
                Err(error) => {
                    // What came whole before the cut is not taken a second time.
                    let deletes = self.deletes().await?;
                    self.store(arrived, deletes).await?;
                    return Err(error);
                }
            }
            let held: u64 = arrived.iter().map(|one: &Arrived| one.body.held()).sum();
            if held >= BATCH_OCTETS || arrived.len() >= BATCH_MESSAGES {
                self.keep(std::mem::take(&mut arrived)).await?;
                stored = true;
            }
        }
    }

    /// Asks for the next messages, so that the line is not idle between them. The machine holds back what the server can't take.
    async fn ask_ahead(&mut self, left: &mut VecDeque<Entry>, asked: &mut Asked<P>) -> Result<(), SyncError> {
        let size = |entry: &Entry| entry.octets.unwrap_or(AHEAD_OCTETS);
        while let Some(next) = left.front() {
            let ahead: u64 = asked.iter().map(|(_, entry, _)| size(entry)).sum();
            if !asked.is_empty() && (asked.len() >= AHEAD_MESSAGES || ahead + size(next) > AHEAD_OCTETS) {
                return Ok(());
            }
            let Some(entry) = left.pop_front() else { return Ok(()) };
            let handle = self.link.enqueue(Command::Retr(entry.number));
            asked.push_back((handle, entry, None));
        }
        Ok(())
    }

    /// Goes on until one message has come or was refused.
    async fn receive(&mut self, asked: &mut Asked<P>) -> Result<Option<Arrived>, SyncError> {
        loop {
            match self.link.next().await? {
                Event::Part { handle, data } => {
                    if let Some((_, _, arrival)) = asked.iter_mut().find(|(known, _, _)| *known == handle) {
                        if arrival.is_none() {
                            *arrival = Some(Arrival::local(&self.desk.ledger).await?);
                        }
                        if let Some(arrival) = arrival {
                            arrival.push(&data).await?;
                        }
                    }
                }
                Event::Done { handle, result } => {
                    if let Err(refusal @ Refusal::ConnectionEnded) = &result {
                        return Err(self.link.refused(refusal));
                    }
                    let Some(at) = asked.iter().position(|(known, _, _)| *known == handle) else { continue };
                    let Some((_, entry, arrival)) = asked.remove(at) else { continue };
                    let arrival = match arrival {
                        Some(arrival) => arrival,
                        None => Arrival::local(&self.desk.ledger).await?,
                    };
                    if result.is_err() {
                        // It went away meanwhile, or is tried again at the next look.
                        arrival.give_up().await?;
                        return Ok(None);
                    }
                    let mut body = arrival.finish();
                    let id = entry.id.clone().unwrap_or_else(|| maildrop::id_of_content(body.sha256()));
                    body.uidl = Some(id.clone());
                    return Ok(Some(Arrived { entry, id, body }));
                }
                _ => {}
            }
        }
    }

    /// Stores what came, and deletes it on the server if that is wanted.
    async fn keep(&mut self, arrived: Vec<Arrived>) -> Result<(), SyncError> {
        if arrived.is_empty() {
            return Ok(());
        }
        let deletes = self.deletes().await?;
        let done: Vec<(Entry, Option<String>)> = arrived
            .iter()
            .map(|one| {
                (Entry { id: Some(one.id.clone()), ..one.entry.clone() }, Some(one.body.sha256().to_owned()))
            })
            .collect();
        self.store(arrived, deletes).await?;
        if deletes {
            self.delete_stored(&done).await?;
        }
        Ok(())
    }

    /// One commit: rows, bodies, unique ids and the folder's counts. What is here already is only noted.
    async fn store(&mut self, arrived: Vec<Arrived>, deletes: bool) -> Result<(), SyncError> {
        let now = self.link.clock().wall();
        let account = self.desk.account();
        let (mut rows, mut notes, mut spare) = (Vec::new(), Vec::new(), Vec::new());
        for one in arrived {
            let listed = one.entry.octets.unwrap_or(one.body.octets());
            if let Some(known) = self.same_here(&one, &notes, deletes).await? {
                let record = UidlRecord { listed, missing_since: None, ..known };
                self.known.insert(one.id.clone(), Known { record: record.clone() });
                notes.push((one.id, record));
                spare.push(one.body);
                continue;
            }
            let id = self.place_of(&one).await?;
            let record = UidlRecord {
                content: Some(one.body.id().to_string()),
                octets: one.body.octets(),
                sha256: one.body.sha256().to_owned(),
                state: UidlState::Both,
                ..unknown(now, listed)
            };
            self.known.insert(one.id.clone(), Known { record: record.clone() });
            notes.push((one.id, record));
            rows.push((id, row(id, &one.body, now), one.body));
        }
        let uids: Vec<u32> = rows.iter().map(|(id, _, _)| id.uid).collect();
        self.desk
            .ledger
            .edit(INBOX, UIDVALIDITY, uids, |page| {
                page.batch.durability = if deletes { Durability::Strict } else { Durability::Relaxed };
                for (id, mut row, body) in rows {
                    if let Some(old) = page.rows.get_mut(&id.uid).and_then(Option::take) {
                        row.flags = old.flags;
                    }
                    page.rows.insert(id.uid, Some(row));
                    page.keys.insert(id.uid, body.summary.thread.clone());
                    page.contents.store(body);
                }
                // No row names these: what was stored of them ahead goes.
                spare.into_iter().for_each(|body| page.contents.store(body));
                for (id, record) in &notes {
                    page.batch.put(Table::Uidls, maildrop::key(account, id), encode(record));
                }
            })
            .await?;
        Ok(())
    }

    /// What is known of a message that is here already, octet for octet, or comes with the same commit.
    async fn same_here(
        &mut self,
        one: &Arrived,
        notes: &[(String, UidlRecord)],
        deletes: bool,
    ) -> Result<Option<UidlRecord>, SyncError> {
        let known = self.known.get(&one.id).map(|known| known.record.clone());
        let Some(known) = known.filter(|known| known.sha256 == one.body.sha256()) else {
            // A server that was moved gives its mail new ids: the same octets under an id that came as another went are the same
            // message. Where mail is deleted ids go by our own doing, and the same octets again are another message.
            let moved = self.vanished.get_mut(one.body.sha256()).filter(|_| !deletes).and_then(Vec::pop);
            let Some(moved) = moved else { return Ok(None) };
            return Ok(self.is_stored(&moved).await?.then_some(moved));
        };
        let comes = notes.iter().any(|(id, _)| *id == one.id);
        Ok((comes || self.is_stored(&known).await?).then_some(known))
    }

    /// Where a message is stored: in its own place if it was here and its octets were lost, else in a new one.
    async fn place_of(&mut self, one: &Arrived) -> Result<MessageId, SyncError> {
        let lost = self.known.get(&one.id).filter(|known| known.record.sha256 == one.body.sha256());
        if let Some(content) = lost.and_then(|known| known.record.content.clone()) {
            let (store, account) = (self.desk.ledger.store(), self.desk.account());
            let rows = records::rows(store, account, INBOX, UIDVALIDITY).await?;
            let names_it = |row: &MessageRow| row.content.as_ref() == Some(&content);
            if let Some((uid, _)) = rows.into_iter().find(|(_, row)| names_it(row)) {
                return Ok(MessageId { account, mailbox: INBOX, uidvalidity: UIDVALIDITY, uid });
            }
        }
        Ok(self.next_id())
    }

    fn next_id(&mut self) -> MessageId {
        let uid = self.next_uid;
        self.next_uid = self.next_uid.saturating_add(1);
        MessageId { account: self.desk.account(), mailbox: INBOX, uidvalidity: UIDVALIDITY, uid }
    }
}

fn row(id: MessageId, body: &contents::Arrived, now: u64) -> MessageRow {
    let mut row = line(id, body.summary.clone(), now);
    body.show(&mut row);
    row
}

fn line(id: MessageId, summary: Summary, now: u64) -> MessageRow {
    MessageRow {
        id: id.to_string(),
        from: summary.from,
        from_address: summary.from_address,
        to: summary.to,
        subject: summary.subject,
        snippet: summary.snippet,
        // A message without a date is as old as its arrival.
        date: summary.date.unwrap_or_else(|| i64::try_from(now).unwrap_or(i64::MAX)),
        size: 0,
        flags: Vec::new(),
        attachment: summary.attachment,
        body: false,
        waiting: false,
        thread: 0,
        content: None,
        sha256: None,
    }
}

/// A line of the ledger of which only the listing is known.
fn unknown(now: u64, listed: u64) -> UidlRecord {
    UidlRecord {
        content: None,
        octets: 0,
        sha256: String::new(),
        likeness: String::new(),
        seen_at: now,
        downloaded_at: now,
        listed,
        missing_since: None,
        from: String::new(),
        subject: String::new(),
        date: 0,
        state: UidlState::OnServer,
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Messages here have numbers of our own, which never change.
const UIDVALIDITY: u32 = 1;

/// One commit: what closing the app in the middle may cost, against the price of a durable commit. So much comes in a blink, and
/// a browser commits it durably at some 30 MB a second.
const BATCH_OCTETS: u64 = 64 * 1024;
const BATCH_MESSAGES: usize = 50;

/// Asked for ahead: the line stays busy, and little comes in vain when it breaks.
const AHEAD_OCTETS: u64 = 1024 * 1024;
const AHEAD_MESSAGES: usize = 16;
