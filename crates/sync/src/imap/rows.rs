//! The lines of a folder: the newest page by one FETCH, older pages on request, and after every SELECT the comparison of what is
//! here with what the server has.
//!
//! What is stored needs no cursor but itself: rows that are missing below the newest one, because a page was cut off, show in
//! the comparison and are fetched then.

use super::Flow;
use super::news::set_flags;
use super::row::{flag_texts, row, thread_keys};
use super::window::Window;
use crate::{AccountState, Platform, SyncError, flags};
use waypost_imap::types::{Fetched, SequenceSet};
use waypost_imap::{Command, Event, FetchItem, Refusal, Response};
use waypost_store::{MessageId, MessageRow, OrderedMap, OrderedSet};

/// Rows of one page: what a list shows at first, and more than a screen holds.
const PAGE: u32 = 100;

/// Rows of one commit at most: memory and the time of a transaction stay small.
pub(super) const BATCH: usize = 200;

/// How often a folder is compared before the server's count is taken as it is.
const COMPARISONS: u32 = 3;

/// What the server has from some UID on.
struct Listed {
    /// UID and flags, where they were readable.
    messages: OrderedMap<u32, Option<Vec<String>>>,
    window: Window,
}

impl<P: Platform> Flow<'_, P> {
    /// Compares the selected folder with what is here of it, unless that was done since it was selected.
    pub(super) async fn bring_in_step(&mut self) -> Result<(), SyncError> {
        if self.selected.as_ref().is_some_and(|selected| !selected.in_step) {
            self.compare().await?;
            self.settle().await?;
        }
        Ok(())
    }

    /// Does all that the news of the selected folder ask for.
    pub(super) async fn settle(&mut self) -> Result<(), SyncError> {
        for _ in 0..COMPARISONS {
            self.commit_news().await?;
            let Some(selected) = &self.selected else { return Ok(()) };
            if selected.stale {
                self.selected = None;
                return Ok(());
            }
            if selected.window.is_in_doubt() {
                self.compare().await?;
            } else if selected.window.arrived() > 0 {
                self.fetch_new().await?;
            } else {
                return Ok(());
            }
        }
        // A server that counts otherwise than it lists: places are not used then, UIDs still are.
        if let Some(selected) = &mut self.selected {
            selected.window.give_up();
        }
        self.commit_news().await
    }

    /// Compares stored rows with the server's: removes, changes and adds, the newest first.
    async fn compare(&mut self) -> Result<(), SyncError> {
        let Some((mailbox, uidvalidity)) = self.opened() else { return Ok(()) };
        let stored = self.desk.ledger.rows(mailbox, uidvalidity).await?;
        if let Some((first, _)) = stored.first_key_value()
            && let Some(listed) = self.list_from(*first).await?
        {
            self.remove_and_change(&stored, &listed.messages).await?;
            let missing: Vec<u32> =
                listed.messages.keys().filter(|uid| !stored.contains_key(uid)).copied().collect();
            if let Some(selected) = &mut self.selected {
                selected.window = listed.window;
            }
            self.fetch_missing(&missing).await?;
        }
        self.fill_first_page().await?;
        let Some(selected) = &mut self.selected else { return Ok(()) };
        selected.in_step = true;
        let total = selected.window.exists();
        self.desk.ledger.in_step(mailbox, uidvalidity, total).await
    }

    fn opened(&self) -> Option<(u32, u32)> {
        self.selected.as_ref().map(|selected| (selected.mailbox, selected.uidvalidity))
    }

    /// UIDs and flags of all messages from this UID on, and their places. `None` if the server gives no list that can be right:
    /// nothing is removed on its word then.
    async fn list_from(&mut self, first: u32) -> Result<Option<Listed>, SyncError> {
        for _ in 0..COMPARISONS {
            if let Some(selected) = &mut self.selected {
                selected.window = Window::unknown(selected.window.exists());
            }
            let Some(set) = SequenceSet::from_number(first) else { return Ok(None) };
            let command = self.link.enqueue(Command::UidFetch { set, items: vec![FetchItem::Flags] });
            let answer = self.link.finish(command).await?;
            self.accept(&answer.result)?;
            let disturbed = answer.responses.iter().any(|response| matches!(response, Response::Expunge(_)));
            let (fetched, other): (Vec<_>, Vec<_>) =
                answer.responses.into_iter().partition(|response| matches!(response, Response::Fetch(_)));
            self.note_all(other);
            let exists = self.selected.as_ref().map_or(0, |selected| selected.window.exists());
            let listed = listed(&fetched, first, exists);
            if answer.result.is_ok() && !disturbed && !listed.window.is_in_doubt() {
                return Ok(Some(listed));
            }
        }
        Ok(None)
    }

    async fn remove_and_change(
        &mut self,
        stored: &OrderedMap<u32, MessageRow>,
        listed: &OrderedMap<u32, Option<Vec<String>>>,
    ) -> Result<(), SyncError> {
        let Some((mailbox, uidvalidity)) = self.opened() else { return Ok(()) };
        let differs = |uid: &u32, row: &MessageRow| {
            let same = |flags: &Vec<String>| !row.waiting && flags::same(flags, &row.flags);
            listed.get(uid).is_none_or(|flags| !flags.as_ref().is_none_or(same))
        };
        let uids: Vec<u32> =
            stored.iter().filter(|(uid, row)| differs(uid, row)).map(|(uid, _)| *uid).collect();
        for part in uids.chunks(BATCH) {
            self.desk
                .ledger
                .edit(mailbox, uidvalidity, part.iter().copied(), |page| {
                    for uid in part {
                        match listed.get(uid) {
                            None => drop(page.rows.insert(*uid, None)),
                            Some(flags) => {
                                let Some(flags) = flags else { continue };
                                let flags = page.overlaid(*uid, flags.clone());
                                set_flags(page.rows.get_mut(uid).and_then(Option::as_mut), flags);
                            }
                        }
                    }
                })
                .await?;
        }
        Ok(())
    }

    async fn fetch_missing(&mut self, missing: &[u32]) -> Result<(), SyncError> {
        let total = u32::try_from(missing.len()).unwrap_or(u32::MAX);
        let mut done = 0;
        for page in missing.rchunks(PAGE as usize) {
            self.syncing(done, total);
            let Some(set) = SequenceSet::from_numbers(page.iter().copied()) else { break };
            self.fetch_rows(Command::UidFetch { set, items: row_items() }).await?;
            done += u32::try_from(page.len()).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    /// A short list is filled up to the first page while the server has older messages.
    async fn fill_first_page(&mut self) -> Result<(), SyncError> {
        let Some(selected) = &self.selected else { return Ok(()) };
        let here = u32::try_from(selected.window.uids().len()).unwrap_or(u32::MAX);
        if here < PAGE && selected.window.before() > 0 {
            self.syncing(0, selected.window.before().min(PAGE - here));
            self.fetch_before(PAGE - here).await?;
        }
        Ok(())
    }

    /// Fetches messages before the known ones, by place. Returns how many came.
    async fn fetch_before(&mut self, count: u32) -> Result<u32, SyncError> {
        let Some(selected) = &self.selected else { return Ok(0) };
        let last = selected.window.before();
        let first = last.saturating_sub(count) + 1;
        let Some(set) = SequenceSet::range(first, last).filter(|_| first <= last) else { return Ok(0) };
        let uids = self.fetch_rows(Command::Fetch { set, items: row_items() }).await?;
        let came = u32::try_from(uids.len()).unwrap_or(u32::MAX);
        if let Some(selected) = &mut self.selected {
            selected.window.extend_before(&uids);
            if came != last - first + 1 {
                selected.window.doubt();
            }
        }
        Ok(came)
    }

    /// Fetches what arrived after the known messages.
    async fn fetch_new(&mut self) -> Result<(), SyncError> {
        let Some(selected) = &mut self.selected else { return Ok(()) };
        let Some(newest) = selected.window.uids().last().copied() else {
            selected.window = Window::unknown(selected.window.exists());
            return self.fill_first_page().await;
        };
        let arrived = selected.window.arrived();
        self.syncing(0, arrived);
        let Some(set) = SequenceSet::from_number(newest.saturating_add(1)) else { return Ok(()) };
        let mut uids = self.fetch_rows(Command::UidFetch { set, items: row_items() }).await?;
        // `n:*` names the last message even where its UID is below n (RFC 9051, 6.4.9).
        uids.retain(|uid| *uid > newest);
        if let Some(selected) = &mut self.selected {
            selected.window.extend_after(&uids);
            if uids.is_empty() {
                selected.window.doubt();
            }
        }
        Ok(())
    }

    /// Fetches the page before the oldest stored row of a folder.
    pub(super) async fn load_older(&mut self, mailbox: u32) -> Result<u32, SyncError> {
        if let Err(refusal) = self.select(mailbox).await? {
            return Err(self.link.refused(&refusal));
        }
        self.bring_in_step().await?;
        let loaded = self.fetch_before(PAGE).await?;
        self.settle().await?;
        Ok(loaded)
    }

    /// Runs a FETCH for rows and stores them as they come. Returns their UIDs, ascending.
    async fn fetch_rows(&mut self, command: Command) -> Result<Vec<u32>, SyncError> {
        let command = self.link.enqueue(command);
        let mut uids = OrderedSet::new();
        let mut fetched = Vec::new();
        loop {
            match self.link.next().await? {
                Event::Response(Response::Fetch(one)) if one.uid.is_some() && one.envelope().is_some() => {
                    uids.extend(one.uid.map(|uid| uid.as_u32()));
                    fetched.push(*one);
                    if fetched.len() >= BATCH {
                        self.store_rows(std::mem::take(&mut fetched)).await?;
                    }
                }
                Event::Response(response) => self.note(&response),
                Event::Done { handle, result } if handle == command => {
                    self.store_rows(fetched).await?;
                    self.accept(&result)?;
                    return Ok(uids.into_iter().collect());
                }
                _ => {}
            }
        }
    }

    /// A FETCH that is answered with NO brought what could be brought (RFC 5530, EXPUNGEISSUED): the comparison shows the rest.
    fn accept<T>(&self, result: &Result<T, Refusal>) -> Result<(), SyncError> {
        match result {
            Ok(_) | Err(Refusal::No { .. }) => Ok(()),
            Err(refusal) => Err(self.link.refused(refusal)),
        }
    }

    async fn store_rows(&mut self, fetched: Vec<Fetched>) -> Result<(), SyncError> {
        let Some(selected) = &self.selected else { return Ok(()) };
        let (mailbox, uidvalidity, exists) =
            (selected.mailbox, selected.uidvalidity, selected.window.exists());
        let account = self.desk.account();
        let rows: OrderedMap<u32, MessageRow> = fetched
            .iter()
            .filter_map(|one| {
                let uid = one.uid?.as_u32();
                Some((uid, row(MessageId { account, mailbox, uidvalidity, uid }, one)))
            })
            .collect();
        let keys = fetched.iter().filter_map(|one| Some((one.uid?.as_u32(), thread_keys(one)))).collect();
        let uids: Vec<u32> = rows.keys().copied().collect();
        self.desk
            .ledger
            .edit(mailbox, uidvalidity, uids, |page| {
                page.record.total = Some(exists);
                page.keys = keys;
                for (uid, mut row) in rows {
                    row.flags = page.overlaid(uid, row.flags);
                    row.waiting = page.waits(uid);
                    if let Some(known) =
                        page.rows.get(&uid).and_then(Option::as_ref).filter(|known| known.body)
                    {
                        (row.body, row.size) = (true, known.size);
                        row.snippet.clone_from(&known.snippet);
                        row.sha256.clone_from(&known.sha256);
                    }
                    page.rows.insert(uid, Some(row));
                }
            })
            .await?;
        Ok(())
    }

    /// Shows progress, unless the account is online and only a little came.
    fn syncing(&self, done: u32, total: u32) {
        if !self.desk.is_online() || total > PAGE {
            self.desk.set_state(AccountState::Syncing { done, total });
        }
    }
}

/// Takes the answers to `UID FETCH first:* FLAGS` apart.
fn listed(fetched: &[Response], first: u32, exists: u32) -> Listed {
    let mut places = OrderedMap::new();
    let mut messages = OrderedMap::new();
    for response in fetched {
        let Response::Fetch(one) = response else { continue };
        let Some(uid) = one.uid.map(|uid| uid.as_u32()).filter(|uid| *uid >= first) else { continue };
        places.insert(one.sequence, uid);
        messages.insert(uid, one.flags().map(flag_texts));
    }
    let last = places.last_key_value().map_or(exists, |(place, _)| *place);
    let whole = places.first_key_value().is_none_or(|(place, _)| (last - place) as usize + 1 == places.len());
    let mut window = Window::newest(last, places.into_values().collect());
    window.grow_to(exists);
    if !whole {
        window.doubt();
    }
    Listed { messages, window }
}

/// What a row is made of, by one FETCH.
fn row_items() -> Vec<FetchItem> {
    vec![
        FetchItem::Uid,
        FetchItem::Flags,
        FetchItem::Envelope,
        FetchItem::InternalDate,
        FetchItem::Size,
        FetchItem::BodyStructure,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(sequence: u32, uid: u32) -> Response {
        let items = format!("(UID {uid} FLAGS (\\Seen))");
        let fetched = Fetched::parse(sequence, items.as_bytes()).expect("items");
        Response::Fetch(Box::new(fetched))
    }

    #[test]
    fn a_listing_gives_places_and_leaves_out_what_the_star_dragged_in() {
        let found = listed(&[answer(9, 90), answer(8, 80), answer(10, 100)], 80, 12);
        assert_eq!(found.messages.keys().copied().collect::<Vec<_>>(), [80, 90, 100]);
        assert_eq!((found.window.before(), found.window.arrived(), found.window.exists()), (7, 2, 12));
        assert!(!found.window.is_in_doubt());
        let old = listed(&[answer(5, 50)], 80, 5);
        assert!(old.messages.is_empty());
        assert_eq!((old.window.before(), old.window.exists()), (5, 5));
    }

    #[test]
    fn a_listing_with_a_hole_is_in_doubt() {
        assert!(listed(&[answer(8, 80), answer(10, 100)], 80, 10).window.is_in_doubt());
        assert!(listed(&[answer(8, 80), answer(9, 70)], 60, 9).window.is_in_doubt());
    }
}
