//! One signed-in POP3 connection: look at the maildrop, take what is new, store it, and only then delete from the server what the
//! policy wants deleted.
//!
//! Everything that a deletion rests on is in the store before it is asked for: octets, hash, row and unique id come in one
//! durable commit, and what is to be deleted is read back and hashed first. A crash anywhere leaves either a message that is
//! still on the server and not here, or one that is here and known: the next session takes the first and deletes the second.
//!
//! | Module | What it does |
//! |---|---|
//! | `maildrop`, `policy`, `likeness` | decide: what is new, what is due, what is the same |
//! | `look`, `recognise` | LIST, UIDL and TOP: what the server has, and what of it is known |
//! | `download`, `store`, `place` | RETR and TOP, into the store, into a mailbox |
//! | `delete` | DELE, and what QUIT made of it |
//! | `requests`, `wishes` | what the user asks for meanwhile |
//! | `history`, `notices`, `surface` | what the user can read and ask of it |
//! | `lines` | the ledger's lines, read one by one and made anew |

mod delete;
mod download;
mod history;
mod likeness;
mod lines;
mod link;
mod look;
mod maildrop;
mod notices;
mod place;
mod policy;
mod recognise;
mod requests;
mod store;
mod surface;
pub(crate) mod wishes;

pub use self::history::{LedgerEntry, LedgerPage, LedgerQuery};
pub(crate) use self::history::{ledger, name_of};
pub(crate) use self::lines::{Lines, id_of_line, line_key, line_of, lines, without_message};
pub(crate) use self::maildrop::is_content;
pub(crate) use self::policy::fault;
pub(crate) use self::requests::Request;
pub(crate) use self::wishes::unwanted_there;

use self::link::Link;
use self::look::Listing;
use self::maildrop::{Entry, Known, Plan, Way};
use self::notices::Found;
use crate::account::{Desk, Ended};
use crate::driver::Session;
use crate::login::ConnectionOf;
use crate::words::no_account;
use crate::{AccountState, Clock, Platform, Point, SyncError, pause, records};
use futures_util::FutureExt;
use waypost_pop3::Client;
use waypost_store::{AccountRecord, Batch, Change, MailboxRecord, Migration, OrderedMap, OrderedSet, Store};
use waypost_wire::{Duration, Timestamp};

/// The work on one connection.
struct Flow<'a, P: Platform> {
    link: Link<'a, P>,
    platform: &'a P,
    desk: &'a mut Desk<P>,
    /// With the settings as they were read last.
    account: AccountRecord,
    /// Where the rules of the account may put what comes.
    mailboxes: Vec<MailboxRecord>,
    known: Known,
    /// What the server lists under ids of its own.
    listed: OrderedMap<String, Entry>,
    /// The ids of what the server does not list any more, by hash.
    vanished: OrderedMap<String, Vec<String>>,
    /// What is being stored with the same batch.
    coming: OrderedSet<String>,
    /// Known ids under which the server has other messages now.
    reused: OrderedSet<String>,
    /// What was asked of the server for the user.
    asked_for: OrderedSet<String>,
    /// Noted as being deleted in this session.
    marked: OrderedSet<String>,
    found: Found,
    /// Whether lines of the ledger were written.
    changed: bool,
    began: Timestamp,
}

/// Collects what is new.
pub(crate) async fn collect<P: Platform>(
    desk: &mut Desk<P>,
    session: Session<Client, ConnectionOf<P>>,
) -> Ended {
    let (shared, party) = (desk.ledger.shared.clone(), desk.party.clone());
    let platform = &shared.platform;
    let account = match records::account(platform.store(), desk.account()).await {
        Ok(Some(account)) => account,
        Ok(None) => return Ended::Failed(no_account()),
        Err(error) => return Ended::Failed(error.into()),
    };
    let mut flow = Flow {
        link: Link::new(session, platform, &party),
        platform,
        desk,
        account,
        mailboxes: Vec::new(),
        known: Known::new(),
        listed: OrderedMap::new(),
        vanished: OrderedMap::new(),
        coming: OrderedSet::new(),
        reused: OrderedSet::new(),
        asked_for: OrderedSet::new(),
        marked: OrderedSet::new(),
        found: Found::default(),
        changed: false,
        began: platform.clock().now(),
    };
    let ended = flow.work().await.unwrap_or_else(Ended::Failed);
    if flow.changed {
        shared.changed(Change::Maildrop { account: flow.desk.account() });
    }
    flow.desk.next_login = flow.login_delay().map(|delay| flow.began + delay);
    ended
}

impl<P: Platform> Flow<'_, P> {
    async fn work(&mut self) -> Result<Ended, SyncError> {
        self.desk.set_state(AccountState::Syncing { done: 0, total: 0 });
        self.note_login().await;
        self.desk.ledger.complete_mailboxes().await?;
        self.load().await?;
        let listing = self.look().boxed_local().await?;
        if self.must_ask(&listing).await? {
            self.quit().await?;
            return Ok(Ended::Failed(self.link.has_migrated()));
        }
        let has_ids = listing.has_ids;
        let is_done = self.collect(listing).boxed_local().await?;
        if !self.quit().await? || !is_done {
            return Ok(Ended::Again);
        }
        self.tell_notices().await?;
        self.end_requests();
        self.desk.ledger.looked().await?;
        self.desk.came_online();
        Ok(Ended::Until(self.next_look(has_ids)))
    }

    /// Everything between the listing and QUIT. `false` where the session has to end before all was done.
    async fn collect(&mut self, listing: Listing) -> Result<bool, SyncError> {
        let Listing { entries, has_ids, nameless } = listing;
        self.found.of(has_ids, nameless);
        let named = entries.iter().filter_map(|entry| Some((entry.id.clone()?, entry.clone())));
        self.listed = named.collect();
        let migration = self.account.migration;
        if migration.is_some() {
            self.carry_over(&entries).await?;
        }
        if has_ids {
            self.note_missing(&entries).await?;
            self.note_undone(&entries).await?;
            if migration != Some(Migration::NewMail) {
                self.vanished = maildrop::vanished(&self.known);
            }
        }
        let Plan { mut new, mut here, unsure, nameless } = Plan::of(entries.clone(), &self.known);
        let unsure = self.recognise(unsure, &mut here).await?;
        new.extend(self.recognise_nameless(nameless, &entries).await?);
        new.sort_by_key(|entry| entry.number);
        self.spare_requests(&mut here).await?;
        let Some(again) = self.delete_due(here).boxed_local().await? else { return Ok(false) };
        let top = self.link.capabilities().top;
        let (left, later) = maildrop::choose(new, &self.account.pop3, top, LARGEST);
        self.note_later(&later).await?;
        let again = unsure.into_iter().chain(again).map(|entry| (entry, Way::Whole));
        self.download(again.chain(left).collect()).boxed_local().await
    }

    /// What the store knows of this account, and what the user did since the last check.
    async fn load(&mut self) -> Result<(), SyncError> {
        let (ledger, account) = (&self.desk.ledger, self.desk.account());
        // What the user does between reading the notes and clearing them would be cleared unread.
        let _lane = ledger.lane().await;
        let (known, wishes) = maildrop::known(ledger.store(), account).await?;
        self.known = known;
        if !wishes.is_empty() {
            let changed = wishes.carry_over(&mut self.known);
            let mut batch = Batch::default();
            for id in changed {
                if let Some(record) = self.known.get(&id) {
                    batch.put(
                        waypost_store::Table::Uidls,
                        maildrop::key(account, &id),
                        records::encode(record),
                    );
                }
            }
            wishes.clear(account, &mut batch);
            ledger.store().commit(batch).await?;
            self.changed = true;
        }
        Ok(())
    }

    /// The user's settings at this moment.
    async fn read_settings(&mut self) -> Result<(), SyncError> {
        let found = records::account_with_mailboxes(self.desk.ledger.store(), self.desk.account()).await?;
        (self.account, self.mailboxes) = found.ok_or_else(no_account)?;
        Ok(())
    }

    /// Whether deletions should be carried out now, before more is taken. POP3 carries them out at QUIT only, and forgets them if
    /// the connection breaks before: a long download shall not leave all of it to its end.
    ///
    /// `coming`: messages on their way, which may be deleted too.
    fn should_quit(&mut self, coming: usize) -> bool {
        let delay = self.login_delay();
        let most = if delay.is_some() { MOST_DELETIONS } else { ENOUGH_DELETIONS };
        let longest = delay.map_or(LONGEST_SESSION, |delay| delay.max(LONGEST_SESSION));
        let deleted = self.link.to_be_deleted();
        let is_long = || self.link.clock().now() - self.began >= longest;
        deleted > 0 && (deleted >= most || self.room(coming) == 0 || is_long())
    }

    /// Whether what is left should come over another connection: the gateway stops soon, and would cut a long download off. Where logins
    /// are rare the session goes on as long as it may.
    fn should_move(&mut self) -> bool {
        self.link.is_asked_to_move() && self.login_delay().is_none()
    }

    /// How many messages more may be taken in this session, if all that come are deleted.
    fn room(&self, coming: usize) -> usize {
        let deleted = self.link.to_be_deleted();
        match deleted > 0 || self.account.pop3.removal.is_any() {
            true => MOST_DELETIONS.saturating_sub(deleted + coming),
            false => usize::MAX,
        }
    }

    /// How long the server wants to be left alone between two logins (RFC 2449, 6.5).
    fn login_delay(&mut self) -> Option<Duration> {
        let seconds = self.link.capabilities().login_delay.filter(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(u64::from(seconds)))
    }

    /// Keeps that for a new start of the app.
    async fn note_login(&mut self) {
        if let Some(seconds) = self.link.capabilities().login_delay.filter(|seconds| *seconds > 0) {
            // A full device does not keep mail from leaving the server.
            let _ = pause::note(self.platform, self.desk.account(), seconds).await;
        }
    }

    /// When it is looked again; `None`: when the user wants it.
    fn next_look(&mut self, has_ids: bool) -> Option<Timestamp> {
        let seconds = Duration::from_secs(u64::from(self.account.pop3.interval?));
        let pause = if has_ids { seconds } else { seconds.max(POLL_WITHOUT_IDS) };
        Some(self.link.clock().now() + pause)
    }

    /// Ends the session: only QUIT carries out deletions. `false`: it was not sent, because what is deleted is wanted after all.
    ///
    /// # Errors
    /// The server hung up without an answer, and nobody knows whether it deleted: the next listing tells, after the wait of a failure.
    /// Or there were deletions, and the store is not to be relied on any more: then nothing is said, and they are not carried out.
    async fn quit(&mut self) -> Result<bool, SyncError> {
        self.link.finish_deletions().await?;
        if self.deletes_requests() {
            return Ok(false);
        }
        let deletes = self.link.to_be_deleted() > 0;
        self.platform.reached(Point::BeforeQuit);
        if deletes || self.link.keeps_nothing() {
            self.still_writes().await?;
        }
        let quit = self.link.quit().await;
        self.platform.reached(Point::AfterQuit);
        match quit {
            Ok(done) => self.settle(done).await?,
            // Where nothing was to be deleted, an end is all that was asked for.
            Err(_) if !deletes => self.settle(true).await?,
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}

/// Larger ones end the connection ([`waypost_wire::Limits`]).
const LARGEST: u64 = 1 << 30;

/// Without unique ids every look takes headers or messages again.
const POLL_WITHOUT_IDS: Duration = Duration::from_secs(60 * 60);

/// After a cut, so much at most is asked to be deleted again. Where logins are rare there is as much as may be in one session.
const LONGEST_SESSION: Duration = Duration::from_secs(60);
const ENOUGH_DELETIONS: usize = 100;
const MOST_DELETIONS: usize = 500;
