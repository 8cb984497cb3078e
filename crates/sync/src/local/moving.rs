//! Messages on their way between mailboxes of this device, and off it.

use super::mailboxes::{UIDVALIDITY, with_role};
use crate::contents::{self, content_of};
use crate::folders::INBOX;
use crate::ledger::{Ledger, Page, Wanted};
use crate::pop3::wishes;
use crate::records::{self, decode, mailbox_key};
use crate::words::mailbox_not_found;
use crate::{Clock, Platform, SyncError};
use serde::Serialize;
use waypost_store::{
    AccountRecord, MailboxRecord, MessageId, MessageRow, OrderedMap, Pop3Settings, Read, Table,
};

/// The names of a message before and after it was moved or copied: whoever moved it can move it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Its name before; of a copy that of the original.
    #[serde(serialize_with = "as_text")]
    pub from: MessageId,
    /// Its name now.
    #[serde(serialize_with = "as_text")]
    pub to: MessageId,
    /// The mailbox that it was in before.
    pub mailbox: u32,
}

impl Moved {
    const fn new(from: MessageId, to: MessageId) -> Self {
        Self { from, to, mailbox: from.mailbox }
    }
}

fn as_text<S: serde::Serializer>(id: &MessageId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

impl<P: Platform> Ledger<P> {
    /// Moves or copies messages into a mailbox.
    pub(super) async fn transfer(
        &self,
        account: &AccountRecord,
        ids: &[MessageId],
        target: u32,
        copies: bool,
    ) -> Result<Vec<Moved>, SyncError> {
        let known = records::mailboxes(self.store(), self.account).await?;
        let target = known.iter().find(|record| record.id == target).ok_or_else(mailbox_not_found)?;
        let mut moved = Vec::new();
        for (source, uids) in by_mailbox(ids) {
            for uids in uids.chunks(STEP) {
                let step = Step { account, source, target, uids, now: self.now() };
                moved.extend(match (copies, source == target.id) {
                    (true, true) => self.double(step).await?,
                    (false, true) => Vec::new(),
                    (copies, false) => self.step(step, copies).await?,
                });
            }
        }
        Ok(moved)
    }

    /// Into the trash; what is there already goes for good.
    pub(super) async fn throw_away(
        &self,
        account: &AccountRecord,
        ids: &[MessageId],
    ) -> Result<Vec<Moved>, SyncError> {
        let known = records::mailboxes(self.store(), self.account).await?;
        let trash = with_role(&known, "trash").ok_or_else(mailbox_not_found)?.id;
        let (gone, thrown): (Vec<MessageId>, Vec<MessageId>) = ids.iter().partition(|id| id.mailbox == trash);
        self.delete_for_good(account, &gone).await?;
        self.transfer(account, &thrown, trash, false).await
    }

    /// Back to where they were thrown away.
    pub(super) async fn restore(
        &self,
        account: &AccountRecord,
        ids: &[MessageId],
    ) -> Result<Vec<Moved>, SyncError> {
        let known = records::mailboxes(self.store(), self.account).await?;
        let mut homes: OrderedMap<u32, Vec<MessageId>> = OrderedMap::new();
        for id in ids {
            let Some(row) = records::row(self.store(), *id).await? else { continue };
            let origin = row.origin.filter(|origin| known.iter().any(|record| record.id == *origin));
            homes.entry(origin.unwrap_or(INBOX)).or_default().push(*id);
        }
        let mut moved = Vec::new();
        for (home, ids) in homes {
            moved.extend(self.transfer(account, &ids, home, false).await?);
        }
        Ok(moved)
    }

    /// Off this device, with their octets where nothing else shows them.
    pub(super) async fn delete_for_good(
        &self,
        account: &AccountRecord,
        ids: &[MessageId],
    ) -> Result<(), SyncError> {
        let now = self.now();
        for (mailbox, uids) in by_mailbox(ids) {
            for uids in uids.chunks(STEP) {
                let (rows, shared) = self.shared_octets(mailbox, uids).await?;
                if !rows {
                    continue;
                }
                self.edit(mailbox, UIDVALIDITY, uids.iter().copied(), |page| {
                    for uid in uids {
                        let row = page.rows.get_mut(uid).and_then(Option::take);
                        let Some(row) = row.filter(|_| !shared.contains(uid)) else { continue };
                        wishes::deleted_here(
                            account.id,
                            &account.pop3,
                            number(*uid, &row),
                            now,
                            &mut page.batch,
                        );
                    }
                })
                .await?;
            }
        }
        Ok(())
    }

    /// Some messages of a mailbox, as many as one step takes.
    pub(super) async fn some_of(&self, mailbox: u32) -> Result<Vec<MessageId>, SyncError> {
        let prefix = mailbox_key(self.account, mailbox).with_number(UIDVALIDITY.into());
        let read =
            Read::Prefix { table: Table::Rows, prefix, after: None, descending: false, limit: Some(GROUPS) };
        let mut ids = Vec::new();
        for entry in records::entries(self.store(), read).await? {
            let rows = records::group(&entry)?;
            let id = |uid| MessageId { account: self.account, mailbox, uidvalidity: UIDVALIDITY, uid };
            ids.extend(rows.rows().map(|(uid, _)| id(uid)));
        }
        Ok(ids)
    }

    async fn step(&self, step: Step<'_>, copies: bool) -> Result<Vec<Moved>, SyncError> {
        let wanted = |mailbox| Wanted { mailbox, uidvalidity: UIDVALIDITY, uids: step.uids.to_vec() };
        let mut moved = Vec::new();
        self.edit_pages(vec![wanted(step.source), wanted(step.target.id)], |pages| {
            let [from, into] = pages else { return };
            for uid in step.uids {
                let Some(row) = from.rows.get(uid).cloned().flatten() else { continue };
                if !copies {
                    from.rows.insert(*uid, None);
                    step.note(*uid, &row, from);
                }
                moved.push(Moved::new(from.id(*uid), step.put(*uid, row, into, copies)));
            }
        })
        .await?;
        Ok(moved)
    }

    /// Copies within one mailbox.
    async fn double(&self, step: Step<'_>) -> Result<Vec<Moved>, SyncError> {
        let mut moved = Vec::new();
        self.edit(step.source, UIDVALIDITY, step.uids.iter().copied(), |page| {
            for uid in step.uids {
                let Some(row) = page.rows.get(uid).cloned().flatten() else { continue };
                moved.push(Moved::new(page.id(*uid), step.put(*uid, row, page, true)));
            }
        })
        .await?;
        Ok(moved)
    }

    /// Whether any of the messages is here, and which of them share their octets with others that stay.
    async fn shared_octets(&self, mailbox: u32, uids: &[u32]) -> Result<(bool, Vec<u32>), SyncError> {
        let id =
            |uid: &u32| MessageId { account: self.account, mailbox, uidvalidity: UIDVALIDITY, uid: *uid };
        let ids: Vec<MessageId> = uids.iter().map(id).collect();
        let mut rows: Vec<Option<MessageRow>> = Vec::new();
        for octets in records::row_octets(self.store(), &ids).await? {
            rows.push(octets.map(|octets| decode(Table::Rows, &octets)).transpose()?);
        }
        let mut going: OrderedMap<_, u32> = OrderedMap::new();
        for content in rows.iter().flatten().filter_map(content_of) {
            *going.entry(content).or_default() += 1;
        }
        let mut shared = Vec::new();
        for (uid, row) in uids.iter().zip(&rows) {
            let Some(content) = row.as_ref().and_then(content_of) else { continue };
            let holders = contents::record(self.store(), content).await?.map_or(0, |record| record.holders);
            if holders > going.get(&content).copied().unwrap_or_default() {
                shared.push(*uid);
            }
        }
        Ok((rows.iter().any(Option::is_some), shared))
    }

    fn now(&self) -> u64 {
        self.shared.platform.clock().wall()
    }
}

/// Messages of one mailbox that go into another.
struct Step<'a> {
    account: &'a AccountRecord,
    source: u32,
    target: &'a MailboxRecord,
    uids: &'a [u32],
    now: u64,
}

impl Step<'_> {
    /// Notes what a move means for the server.
    fn note(&self, uid: u32, row: &MessageRow, from: &mut Page) {
        let settings: &Pop3Settings = &self.account.pop3;
        let message = number(uid, row);
        if self.source == INBOX {
            wishes::left_inbox(self.account.id, settings, message, self.now, &mut from.batch);
        } else if self.target.id == INBOX {
            wishes::is_back_in_inbox(self.account.id, message, self.now, &mut from.batch);
        }
    }

    /// Puts a row into a page; a message that is moved keeps its number.
    fn put(&self, uid: u32, row: MessageRow, into: &mut Page, copies: bool) -> MessageId {
        let number = uid;
        let is_free = into.rows.get(&uid).is_none_or(Option::is_none);
        let uid = if is_free && !copies { uid } else { into.number() };
        let id = into.id(uid);
        let is_trash = self.target.role.as_deref() == Some("trash");
        let origin = is_trash.then_some(self.source);
        let copy_of = row.copy_of.or(copies.then_some(number));
        into.rows.insert(uid, Some(MessageRow { id: id.to_string(), origin, copy_of, ..row }));
        id
    }
}

/// The number under which the message arrived; a copy has another, and shares its octets.
fn number(uid: u32, row: &MessageRow) -> u32 {
    row.copy_of.unwrap_or(uid)
}

/// The messages by mailbox; only those that this device numbers itself.
fn by_mailbox(ids: &[MessageId]) -> OrderedMap<u32, Vec<u32>> {
    let mut mailboxes: OrderedMap<u32, Vec<u32>> = OrderedMap::new();
    for id in ids.iter().filter(|id| id.uidvalidity == UIDVALIDITY) {
        mailboxes.entry(id.mailbox).or_default().push(id.uid);
    }
    for uids in mailboxes.values_mut() {
        uids.sort_unstable();
        uids.dedup();
    }
    mailboxes
}

/// One batch: what an unlucky end in the middle leaves to be done, against many small batches.
const STEP: usize = 500;

/// Groups of rows, at most 32 each, that hold about as many.
const GROUPS: u32 = 16;
