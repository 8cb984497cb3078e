//! What came, into the store: rows, octets and the ledger's lines in one commit, and then, where that is wanted, off the server.

use super::Flow;
use super::likeness::likeness;
use super::maildrop::{self, Entry};
use super::place::{Placement, place};
use super::{delete, policy, wishes};
use crate::contents;
use crate::folders::INBOX;
use crate::ledger::{Ledger, Page};
use crate::records::{self, encode};
use crate::words::no_account;
use crate::{Clock, Platform, Point, SyncError};
use futures_util::future::{FutureExt, LocalBoxFuture, MaybeDone, maybe_done};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use waypost_message::Summary;
use waypost_store::{
    Doubt, Durability, MessageId, MessageRow, OrderedMap, RemovalWish, Table, UidlRecord, UidlState,
};

/// A message that has come, or its beginning, or only its line.
pub(super) struct Arrived {
    pub(super) entry: Entry,
    id: String,
    likeness: String,
    summary: Summary,
    /// `None`: only its line.
    body: Option<contents::Arrived>,
}

/// Where a message of the batch goes.
struct Placed {
    one: Arrived,
    record: UidlRecord,
    flags: Vec<String>,
    /// The number of its row, if it has one already.
    row: Option<u32>,
}

/// What came and is being stored.
#[derive(Default)]
pub(super) struct Storing<'a> {
    entries: Vec<Entry>,
    commits: Option<Pin<Box<MaybeDone<Commits<'a>>>>>,
    running: Rc<Cell<bool>>,
}

/// Gives the lines of the ledger as they are then.
type Commits<'a> = LocalBoxFuture<'a, Result<Vec<(String, UidlRecord)>, SyncError>>;

impl Storing<'_> {
    /// How many messages it holds.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the store is at work on it, now and later.
    pub(super) fn running(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.running)
    }

    /// Goes on with it while something else is waited for.
    pub(super) async fn beside<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        poll_fn(|context| {
            if let Some(commits) = &mut self.commits {
                // Its end is taken up later.
                let _ = commits.as_mut().poll(context);
            }
            other.as_mut().poll(context)
        })
        .await
    }
}

impl Arrived {
    /// What came of its octets; `head` is the beginning, with the header.
    pub(super) fn new(entry: Entry, mut body: contents::Arrived, head: &[u8]) -> Self {
        let id = entry.id.clone().unwrap_or_else(|| maildrop::id_of_content(body.sha256()));
        body.uidl = Some(id.clone());
        let summary = body.summary.clone();
        Self { entry, id, likeness: likeness(head), summary, body: Some(body) }
    }

    /// Only its line, of this header.
    pub(super) fn line(entry: Entry, head: &[u8]) -> Self {
        let known_by = likeness(head);
        let id = entry.id.clone().unwrap_or_else(|| maildrop::id_of_content(&known_by));
        Self { entry, id, likeness: known_by, summary: waypost_message::summary(head), body: None }
    }

    /// Octets of it in memory.
    pub(super) fn held(&self) -> u64 {
        self.body.as_ref().map_or(0, contents::Arrived::held)
    }

    /// Octets and hash, where it came whole.
    fn whole(&self) -> Option<(u64, &str)> {
        let whole = self.body.as_ref().filter(|body| body.whole)?;
        Some((whole.octets(), whole.sha256()))
    }
}

impl<'a, P: Platform> Flow<'a, P> {
    /// Begins to store what came: one commit for each mailbox. What is here already is only noted.
    pub(super) async fn store(&mut self, arrived: Vec<Arrived>) -> Result<Storing<'a>, SyncError> {
        if arrived.is_empty() {
            return Ok(Storing::default());
        }
        let entries: Vec<Entry> = arrived.iter().map(|one| one.entry.clone()).collect();
        self.read_settings().await?;
        let is_safe = self.is_safe().await;
        let (mut notes, mut spare) = (Vec::new(), Vec::new());
        let mut places = OrderedMap::<u32, Vec<Placed>>::new();
        self.coming.clear();
        for one in arrived {
            if let Some(mut known) = self.same_here(&one).await? {
                if one
                    .whole()
                    .is_some_and(|(octets, _)| one.entry.octets.is_none_or(|listed| octets >= listed))
                {
                    policy::was_compared(&mut known, one.entry.octets);
                }
                policy::is_there(&mut known, one.entry.octets);
                known.likeness.clone_from(&one.likeness);
                self.mark(&one, &mut known, is_safe);
                self.known.insert(one.id.clone(), known);
                notes.push(one.id);
                spare.extend(one.body);
                continue;
            }
            if self.was_deleted_here(&one).await? {
                spare.extend(one.body);
                continue;
            }
            let (mailbox, placed) = self.placed(one, is_safe).await?;
            self.coming.insert(placed.one.id.clone());
            self.known.insert(placed.one.id.clone(), placed.record.clone());
            places.entry(mailbox).or_default().push(placed);
        }
        let must_last = self.link.keeps_nothing() || !self.marked.is_empty();
        let durability = if must_last { Durability::Strict } else { Durability::Relaxed };
        notes.retain(|id| !self.coming.contains(id));
        self.note(&notes, durability).await?;
        self.answer(&notes);
        self.drop_stored_ahead(spare).await?;
        let (ledger, now) = (self.desk.ledger.clone(), self.link.clock().wall());
        let keeps_nothing = self.link.keeps_nothing();
        let running = Rc::new(Cell::new(true));
        let ended = Rc::clone(&running);
        let commits = async move {
            let lines = put(&ledger, places, durability, now).await?;
            if keeps_nothing {
                delete::make_sure(&ledger, &lines).await?;
            }
            Ok(lines)
        };
        let commits = commits.inspect(move |_| ended.set(false)).boxed_local();
        Ok(Storing { entries, commits: Some(Box::pin(maybe_done(commits))), running })
    }

    /// Waits until it is stored.
    pub(super) async fn stored(&mut self, storing: &mut Storing<'_>) -> Result<(), SyncError> {
        let Some(mut commits) = storing.commits.take() else { return Ok(()) };
        commits.as_mut().await;
        let lines = commits.as_mut().take_output().unwrap_or_else(|| Ok(Vec::new()))?;
        let ids: Vec<String> = lines.iter().map(|(id, _)| id.clone()).collect();
        self.known.extend(lines);
        self.answer(&ids);
        Ok(())
    }

    /// The same, and deletes it on the server if that is wanted.
    pub(super) async fn keep(&mut self, mut storing: Storing<'_>) -> Result<(), SyncError> {
        self.stored(&mut storing).await?;
        let due: Vec<Entry> = storing.entries.into_iter().filter(|entry| self.is_marked(entry)).collect();
        // What the store does not give back stays on the server, and the next check takes it again.
        self.delete_stored(&due).await?;
        Ok(())
    }

    /// What came again and is here already: no row names it, so that what was stored of it ahead goes.
    async fn drop_stored_ahead(&mut self, spare: Vec<contents::Arrived>) -> Result<(), SyncError> {
        if !spare.is_empty() {
            let take = |page: &mut Page| spare.into_iter().for_each(|body| page.contents.store(body));
            self.desk.ledger.edit(INBOX, UIDVALIDITY, [], take).await?;
        }
        Ok(())
    }

    /// What is known of a message that is here already or comes with the same commit: octet for octet, or with other lines of the
    /// server in its header.
    async fn same_here(&mut self, one: &Arrived) -> Result<Option<UidlRecord>, SyncError> {
        let Some((octets, sha256)) = one.whole() else { return Ok(None) };
        if let Some(known) = self.known.get(&one.id).cloned() {
            let same_octets = known.sha256 == sha256;
            if !same_octets && !maildrop::is_like(&known, &one.likeness, octets) {
                return Ok(None);
            }
            let is_same = self.coming.contains(&one.id)
                || self.is_stored(&known).await? && (same_octets || self.same_text(one, &known).await?);
            return Ok(is_same.then_some(known));
        }
        // A server that was moved gives its mail new ids: the same octets under an id that came as another went are the same message.
        let moved = self.vanished.get_mut(sha256).and_then(Vec::pop);
        let Some(moved) = moved.or_else(|| self.named_before(one, sha256)) else { return Ok(None) };
        let Some(record) = self.known.get(&moved).cloned() else { return Ok(None) };
        if !self.is_stored(&record).await? {
            return Ok(None);
        }
        if one.entry.id.is_some() {
            self.rename(vec![(one.id.clone(), moved, one.entry.octets)]).await?;
        }
        Ok(Some(record))
    }

    async fn same_text(&self, one: &Arrived, known: &UidlRecord) -> Result<bool, SyncError> {
        let stored = known.content.as_ref().and_then(|content| content.parse().ok());
        let (Some(body), Some(stored)) = (&one.body, stored) else { return Ok(false) };
        Ok(body.has_text_of(self.desk.ledger.store(), stored).await?)
    }

    /// The id under which a message came that the server gives no name now.
    fn named_before(&self, one: &Arrived, sha256: &str) -> Option<String> {
        if one.entry.id.is_some() {
            return None;
        }
        let is_same = |record: &UidlRecord| record.sha256 == sha256 && record.content.is_some();
        self.known.iter().find(|(_, record)| is_same(record)).map(|(id, _)| id.clone())
    }

    /// Whether the user deleted it here since this check began, and has not asked for it.
    async fn was_deleted_here(&self, one: &Arrived) -> Result<bool, SyncError> {
        let message = self.known.get(&one.id).and_then(|record| record.message);
        let Some(message) = message.filter(|_| !self.asked_for.contains(&one.id) && !self.is_other(one))
        else {
            return Ok(false);
        };
        Ok(wishes::was_deleted_here(self.desk.ledger.store(), self.desk.account(), message).await?)
    }

    /// Where a message is stored: in its own place if it is shown already, else where the rules want it.
    async fn placed(&mut self, one: Arrived, is_safe: bool) -> Result<(u32, Placed), SyncError> {
        let (account, now) = (self.desk.account(), self.link.clock().wall());
        if self.is_other(&one) {
            self.set_aside(&one.id).await?;
        }
        let before = self.known.get(&one.id).cloned();
        let reused = self.reused.contains(&one.id);
        let mut record = record_of(&one, before.as_ref(), now, reused);
        self.mark(&one, &mut record, is_safe);
        let octets = one.entry.octets.or_else(|| one.whole().map(|(octets, _)| octets)).unwrap_or_default();
        let Placement { mailbox, flags } = place(&one.summary, octets, &self.account.rules, &self.mailboxes);
        let row = match record.message {
            Some(message) => records::place_of(self.desk.ledger.store(), account, message).await?,
            None => None,
        };
        let mailbox = row.map_or(mailbox, |id| id.mailbox);
        Ok((mailbox, Placed { one, record, flags, row: row.map(|id| id.uid) }))
    }

    /// Whether a known id came with another message.
    fn is_other(&self, one: &Arrived) -> bool {
        self.known.get(&one.id).is_some_and(|record| {
            let by_header = !record.likeness.is_empty() && !one.likeness.is_empty();
            let other_header = by_header && record.likeness != one.likeness;
            let sha256 = one.whole().map(|(_, sha256)| sha256);
            let other_octets = sha256.is_some_and(|sha256| sha256 != record.sha256);
            // The same octets are the same message whatever the server shows of its header.
            if record.sha256.is_empty() {
                other_header
            } else {
                other_octets || (sha256.is_none() && other_header)
            }
        })
    }
}

/// The line of the ledger of what came.
fn record_of(one: &Arrived, before: Option<&UidlRecord>, now: u64, reused: bool) -> UidlRecord {
    let before = before.cloned().unwrap_or_else(|| UidlRecord { seen_at: now, ..UidlRecord::default() });
    let whole = one.whole();
    let content = one.body.as_ref().filter(|_| whole.is_some()).map(|body| body.id().to_string());
    let (octets, sha256) = whole.unwrap_or_default();
    UidlRecord {
        content,
        octets,
        sha256: sha256.to_owned(),
        likeness: one.likeness.clone(),
        downloaded_at: if whole.is_some() { now } else { 0 },
        listed: one.entry.octets.unwrap_or(octets),
        grown: 0,
        missing_since: None,
        from: one.summary.from.clone(),
        subject: one.summary.subject.clone(),
        date: date(&one.summary, now),
        state: if whole.is_some() { UidlState::Both } else { UidlState::OnServer },
        doubt: if reused { Some(Doubt::ReusedId) } else { before.doubt },
        // What is here now leaves the server only as what is kept here does.
        wish: before.wish.filter(|wish| whole.is_none() || *wish != RemovalWish::Discard),
        ..before
    }
}

/// Rows, octets and lines of the ledger.
async fn put<P: Platform>(
    ledger: &Ledger<P>,
    places: OrderedMap<u32, Vec<Placed>>,
    durability: Durability,
    now: u64,
) -> Result<Vec<(String, UidlRecord)>, SyncError> {
    let (account, mut lines) = (ledger.account, Vec::new());
    for (mailbox, group) in places {
        let uids: Vec<u32> = group.iter().filter_map(|placed| placed.row).collect();
        ledger.shared.platform.reached(Point::BeforePut);
        let mut group = Some(group);
        let mut take = |page: &mut Page| {
            page.batch.durability = durability;
            for placed in group.take().into_iter().flatten() {
                let (id, record) = put_one(page, placed, now);
                page.batch.put(Table::Uidls, maildrop::key(account, &id), encode(&record));
                lines.push((id, record));
            }
        };
        let taken = ledger.edit(mailbox, UIDVALIDITY, uids, &mut take).await?;
        // The mailbox was deleted since the rules were asked.
        if !taken && !ledger.edit(INBOX, UIDVALIDITY, [], take).await? {
            return Err(no_account());
        }
        ledger.shared.platform.reached(Point::AfterComplete);
    }
    Ok(lines)
}

/// Puts one message; gives its id and the finished line of the ledger.
fn put_one(page: &mut Page, placed: Placed, now: u64) -> (String, UidlRecord) {
    let Placed { one, mut record, flags, row } = placed;
    let old = row.and_then(|uid| page.rows.get_mut(&uid)).and_then(Option::take);
    let uid = row.filter(|_| old.is_some()).unwrap_or_else(|| page.number());
    record.message = Some(uid);
    let flags = old.map_or(flags, |old| old.flags);
    page.keys.insert(uid, one.summary.thread.clone());
    let mut row = MessageRow { size: record.listed, flags, ..line(page.id(uid), one.summary, now) };
    if let Some(body) = one.body {
        body.show(&mut row);
        page.contents.store(body);
    }
    page.rows.insert(uid, Some(row));
    (one.id, record)
}

fn line(id: MessageId, summary: Summary, now: u64) -> MessageRow {
    MessageRow {
        id: id.to_string(),
        date: date(&summary, now),
        from: summary.from,
        from_address: summary.from_address,
        to: summary.to,
        subject: summary.subject,
        snippet: summary.snippet,
        size: 0,
        flags: Vec::new(),
        attachment: summary.attachment,
        body: false,
        waiting: false,
        thread: 0,
        content: None,
        sha256: None,
        origin: None,
        copy_of: None,
    }
}

/// A message without a date is as old as its arrival.
fn date(summary: &Summary, now: u64) -> i64 {
    summary.date.unwrap_or_else(|| i64::try_from(now).unwrap_or(i64::MAX))
}

/// Messages here have numbers of our own, which never change.
pub(super) const UIDVALIDITY: u32 = 1;
