//! One signed-in POP3 connection: look at the maildrop, take what is new, store it, and only then delete from the server what the
//! policy wants deleted.
//!
//! Everything that a deletion rests on is in the store before it is asked for: octets, hash, row and unique id come in one
//! durable commit, and what is to be deleted is read back and hashed first. A crash anywhere leaves either a message that is
//! still on the server and not here, or one that is here and known: the next session takes the first and deletes the second.

mod delete;
mod download;
mod link;
mod maildrop;

use self::link::Link;
use self::maildrop::{Entry, Known, Plan};
use crate::account::{Desk, Ended};
use crate::driver::Session;
use crate::login::ConnectionOf;
use crate::{AccountState, Clock, Platform, SyncError, records};
use std::collections::{BTreeMap, HashMap};
use waypost_pop3::{Client, Command, Event, Refusal};
use waypost_store::{Batch, Store, Table, UidlRecord};
use waypost_wire::{Duration, Timestamp};

/// The work on one connection.
struct Flow<'a, P: Platform> {
    link: Link<'a, P>,
    desk: &'a mut Desk<P>,
    /// What is known of the messages of this account, by unique id.
    known: BTreeMap<String, Known>,
    /// What was stored under ids that the server does not list, by its hash.
    vanished: HashMap<String, Vec<UidlRecord>>,
    /// The number of the next message here.
    next_uid: u32,
    /// Deletions that QUIT has not carried out yet.
    deleted: u32,
    began: Timestamp,
}

/// Collects what is new.
pub(crate) async fn collect<P: Platform>(
    desk: &mut Desk<P>,
    session: Session<Client, ConnectionOf<P>>,
) -> Ended {
    let (shared, party) = (desk.ledger.shared.clone(), desk.party.clone());
    let clock = shared.platform.clock();
    let link = Link::new(session, clock, &party);
    let mut flow = Flow {
        link,
        desk,
        known: BTreeMap::new(),
        vanished: HashMap::new(),
        next_uid: 1,
        deleted: 0,
        began: clock.now(),
    };
    match flow.work().await {
        Ok(ended) => ended,
        Err(error) => Ended::Failed(error),
    }
}

impl<P: Platform> Flow<'_, P> {
    async fn work(&mut self) -> Result<Ended, SyncError> {
        self.desk.set_state(AccountState::Syncing { done: 0, total: 0 });
        self.load().await?;
        let (entries, has_ids) = self.look().await?;
        if has_ids {
            self.note_missing(&entries).await?;
            self.vanished = maildrop::vanished(&self.known);
        }
        let Plan { fetch, here } = Plan::of(entries, &self.known);
        let Some(fetch) = self.delete_known(here, fetch).await? else {
            self.quit().await?;
            return Ok(Ended::Again);
        };
        if !self.download(fetch).await? {
            self.quit().await?;
            return Ok(Ended::Again);
        }
        self.quit().await?;
        self.desk.ledger.looked().await?;
        self.desk.came_online();
        let pause = if has_ids { POLL } else { POLL_WITHOUT_IDS };
        Ok(Ended::Until(self.link.clock().now() + pause))
    }

    /// What the store knows of this account.
    async fn load(&mut self) -> Result<(), SyncError> {
        let (store, account) = (self.desk.ledger.store(), self.desk.account());
        self.known = maildrop::known(store, account).await?;
        self.next_uid = records::highest_uid(store, account).await?.saturating_add(1);
        Ok(())
    }

    /// LIST and UIDL. Says whether the server has unique ids.
    async fn look(&mut self) -> Result<(Vec<Entry>, bool), SyncError> {
        let list = self.link.enqueue(Command::List(None));
        let uidl = self.link.enqueue(Command::Uidl(None));
        let (mut sizes, mut ids) = (BTreeMap::new(), BTreeMap::new());
        let mut has_ids = false;
        let mut running = 2;
        while running > 0 {
            match self.link.next().await? {
                Event::Size { .. } | Event::UniqueId { .. }
                    if sizes.len().max(ids.len()) >= MOST_MESSAGES =>
                {
                    return Err(self.link.too_many(MOST_MESSAGES as u64));
                }
                Event::Size { number, octets, .. } => drop(sizes.insert(number, octets)),
                // An id that can't be one (RFC 1939, 7) is none.
                Event::UniqueId { uidl, .. } if uidl.len() > LONGEST_ID => {}
                Event::UniqueId { number, uidl, .. } => drop(ids.insert(number, uidl)),
                Event::Done { handle, result } if handle == list => {
                    running -= 1;
                    result.map_err(|refusal| self.link.refused(&refusal))?;
                }
                Event::Done { handle, result } if handle == uidl => {
                    running -= 1;
                    match result {
                        Ok(_) => has_ids = true,
                        Err(refusal @ Refusal::ConnectionEnded) => return Err(self.link.refused(&refusal)),
                        // UIDL is optional (RFC 1939, 7).
                        Err(_) => ids.clear(),
                    }
                }
                _ => {}
            }
        }
        Ok((maildrop::entries(&sizes, &ids), has_ids))
    }

    /// Notes which known messages the server does not list, and forgets those that it has not listed for long.
    async fn note_missing(&mut self, entries: &[Entry]) -> Result<(), SyncError> {
        let now = self.link.clock().wall();
        let (forgotten, missing) = maildrop::missing(&self.known, entries, now);
        let mut batch = Batch::default();
        for id in forgotten {
            batch.delete(Table::Uidls, maildrop::key(self.desk.account(), &id));
            self.known.remove(&id);
        }
        for id in missing {
            if let Some(known) = self.known.get_mut(&id) {
                known.record.missing_since = Some(now);
                batch.put(
                    Table::Uidls,
                    maildrop::key(self.desk.account(), &id),
                    records::encode(&known.record),
                );
            }
        }
        if !batch.writes.is_empty() {
            self.desk.ledger.store().commit(batch).await?;
        }
        Ok(())
    }

    /// Whether the user wants mail deleted from the server, at this moment.
    async fn deletes(&self) -> Result<bool, SyncError> {
        let record = records::account(self.desk.ledger.store(), self.desk.account()).await?;
        Ok(record.is_some_and(|record| record.pop3.removal.after_download))
    }

    /// Whether deletions should be carried out now, before more is taken. POP3 carries them out at QUIT only, and forgets them if
    /// the connection breaks before: a long download shall not leave all of it to its end.
    fn should_quit(&mut self) -> bool {
        let waits_between_logins = self.link.capabilities().login_delay.is_some_and(|seconds| seconds > 0);
        let long = self.link.clock().now() - self.began >= LONGEST_SESSION;
        self.deleted > 0 && !waits_between_logins && (long || self.deleted >= MOST_DELETIONS)
    }

    /// Ends the session: only QUIT carries out deletions.
    ///
    /// # Errors
    /// The server hung up without an answer, and nobody knows whether it deleted: it is looked again after the wait of a failure.
    async fn quit(&mut self) -> Result<(), SyncError> {
        let quit = self.link.enqueue(Command::Quit);
        let ended = self.until_quit(quit).await;
        // Where nothing was to be deleted, an end is all that was asked for.
        if self.deleted == 0 { Ok(()) } else { ended }
    }

    async fn until_quit(&mut self, quit: waypost_pop3::Handle) -> Result<(), SyncError> {
        loop {
            match self.link.next().await? {
                // What could not be deleted is still listed, and known, next time.
                Event::Done { handle, result } if handle == quit => {
                    return match result {
                        Err(refusal @ (Refusal::ConnectionEnded | Refusal::UpdateUnknown)) => {
                            Err(self.link.refused(&refusal))
                        }
                        _ => {
                            self.link.close().await;
                            Ok(())
                        }
                    };
                }
                _ => {}
            }
        }
    }
}

/// How often is looked for new mail: often enough for mail, seldom enough for servers that lock the maildrop.
const POLL: Duration = Duration::from_secs(5 * 60);

/// Without unique ids every look takes all messages again.
const POLL_WITHOUT_IDS: Duration = Duration::from_secs(60 * 60);

/// Far above any maildrop; a listing without end is none.
const MOST_MESSAGES: usize = 500_000;

/// After a cut, so much at most is asked to be deleted again.
const LONGEST_SESSION: Duration = Duration::from_secs(60);
const MOST_DELETIONS: u32 = 100;

/// RFC 1939, 7 allows 70 octets; servers that append to ids of others stay far below this.
const LONGEST_ID: usize = 1024;
