//! The engine's surface.

use crate::contents::{self, AccountUsage, Reader};
use crate::ledger::{self, Ledger};
use crate::login::{self, SignedIn};
use crate::records::{self, account_key, encode, mailbox_key};
use crate::shared::{Intent, Shared};
use crate::words::{
    account_exists, bad_request, mailbox_not_found, message_gone, message_not_here, no_account, signed_out,
};
use crate::{
    Access, AccountSettings, AccountState, Event, List, ListQuery, Platform, StorageState, SyncError,
    account, changes, folders, list, local, pop3, upgrade,
};
use futures_channel::mpsc::UnboundedReceiver;
use futures_channel::oneshot;
use futures_util::future::pending;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::rc::Rc;
use waypost_store::{
    AccountRecord, Batch, Change, ContentId, ContentRecord, Key, MailboxRecord, MessageId, Pop3Settings,
    Protocol, Read, ReadResult, Store, Table,
};

/// The engine over one store. Cheap to clone; all clones are the same engine.
pub struct Engine<P: Platform> {
    pub(crate) shared: Rc<Shared<P>>,
}

impl<P: Platform> Clone for Engine<P> {
    fn clone(&self) -> Self {
        Self { shared: Rc::clone(&self.shared) }
    }
}

impl<P: Platform> std::fmt::Debug for Engine<P> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl<P: Platform + 'static> Engine<P> {
    /// Opens the engine over a host. Nothing connects until an account has a password.
    #[must_use]
    pub fn new(platform: P) -> Self {
        Self { shared: Rc::new(Shared::new(platform)) }
    }

    /// Everything that happens from now on.
    pub fn subscribe(&self) -> UnboundedReceiver<Event> {
        self.shared.subscribe()
    }

    /// Drives all accounts. The host runs this one future for as long as the engine lives; it never returns.
    pub async fn run(&self) {
        let Some(mut started) = self.shared.take_started() else {
            // Somebody drives them already.
            return pending().await;
        };
        // What fails here is tried, and told, by whoever signs in.
        let _ = self.upgrade().await;
        let mut tasks = FuturesUnordered::new();
        loop {
            futures_util::select_biased! {
                task = started.select_next_some() => tasks.push(task),
                () = tasks.select_next_some() => {}
            }
        }
    }

    /// Brings what an earlier version stored into the form of this one; does nothing where that is done. Comes by itself before
    /// anything is written; until then lists of an earlier version are empty.
    ///
    /// # Errors
    /// The store. What was not brought over is at the next call.
    pub async fn upgrade(&self) -> Result<(), SyncError> {
        let mut done = self.shared.upgraded.lock().await;
        if !*done {
            upgrade::upgrade(&self.shared).await?;
            *done = true;
        }
        Ok(())
    }

    /// The accounts stored here.
    ///
    /// # Errors
    /// The store.
    pub async fn accounts(&self) -> Result<Vec<AccountRecord>, SyncError> {
        Ok(records::accounts(self.store()).await?)
    }

    /// Signs in to the server once to prove the settings, then stores the account and starts to keep it in step.
    /// Nothing is stored if the proof fails.
    ///
    /// # Errors
    /// The account is here already, or whatever keeps the proof from succeeding.
    pub async fn add_account(
        &self,
        settings: AccountSettings,
        access: impl Into<Access>,
    ) -> Result<AccountRecord, SyncError> {
        self.upgrade().await?;
        let (record, access) = (proposed(settings)?, access.into());
        self.refuse_twice(&record).await?;
        let session = login::sign_in(&self.shared, &record, &access).await?;
        let record = self.store_account(record).await?;
        self.keep_in_step(record.clone(), access, session)?;
        self.shared.changed(Change::Accounts);
        Ok(record)
    }

    /// The stored account that these settings are those of: same protocol, server, port and name.
    ///
    /// # Errors
    /// The settings make no sense, or the store.
    pub async fn find_account(&self, settings: AccountSettings) -> Result<Option<AccountRecord>, SyncError> {
        let record = proposed(settings)?;
        Ok(self.accounts().await?.into_iter().find(|known| is_same(known, &record)))
    }

    /// Gives the password or token of a stored account after a start, or a new one; proves it, then keeps the account in step.
    ///
    /// # Errors
    /// There is no such account, or whatever keeps the proof from succeeding; then nothing changes.
    pub async fn sign_in(&self, account: u32, access: impl Into<Access>) -> Result<(), SyncError> {
        self.upgrade().await?;
        let access = access.into();
        let record = self.account(account).await?;
        let showing = Connecting::begin(&self.shared, account);
        let session = login::sign_in(&self.shared, &record, &access).await?;
        // It may have been removed meanwhile.
        let record = self.account(record.id).await?;
        showing.succeed();
        self.keep_in_step(record, access, session)
    }

    /// Takes up a stored account with what an engine before this one was signed in with. It was proven then, so nothing is proven
    /// first: the account connects, and is tried again as after a lost connection.
    ///
    /// # Errors
    /// There is no such account, or the store.
    pub async fn resume(&self, account: u32, access: impl Into<Access>) -> Result<(), SyncError> {
        let record = self.account(account).await?;
        if self.shared.is_running(account) {
            // Somebody was quicker, with a password that is newer.
            return Ok(());
        }
        self.shared.set_state(account, AccountState::Connecting);
        self.start(record, access.into(), None)
    }

    /// Forgets the password and disconnects.
    ///
    /// # Errors
    /// There is no such account.
    pub async fn sign_out(&self, account: u32) -> Result<(), SyncError> {
        if !self.shared.is_interrupted(account) {
            self.account(account).await?;
        }
        self.shared.stop(account);
        self.shared.set_state(account, AccountState::SignedOut);
        Ok(())
    }

    /// Removes an account and all its mail from this device. The server keeps what it has.
    ///
    /// # Errors
    /// There is no such account, or the store.
    pub async fn remove_account(&self, account: u32) -> Result<(), SyncError> {
        self.upgrade().await?;
        let _lane = self.shared.accounts_lane.lock().await;
        self.account(account).await?;
        self.shared.stop(account);
        let account_lane = self.shared.lane(account);
        let _account_lane = account_lane.lock().await;
        let mut batch = Batch::default();
        for table in Table::ALL {
            batch.delete_prefix(table, account_key(account));
        }
        // The number is kept from being given again: a message that somebody still names must not become another one.
        batch.put(Table::Uidls, account_key(account), b"null".to_vec());
        self.store().commit(batch).await?;
        self.shared.set_state(account, AccountState::SignedOut);
        self.shared.forget(account);
        self.shared.changed(Change::Accounts);
        Ok(())
    }

    /// Changes what a POP3 account does by itself.
    ///
    /// # Errors
    /// There is no such account, or the store.
    pub async fn set_pop3(&self, account: u32, pop3: Pop3Settings) -> Result<(), SyncError> {
        self.upgrade().await?;
        if let Some(why) = pop3::fault(&pop3) {
            return Err(bad_request(why));
        }
        let _lane = self.shared.accounts_lane.lock().await;
        let record = AccountRecord { pop3, ..self.account(account).await? };
        let mut batch = Batch::default();
        batch.put(Table::Accounts, account_key(account), encode(&record));
        self.store().commit(batch).await?;
        self.shared.note_record(&record);
        self.shared.changed(Change::Accounts);
        self.sync_now(account);
        Ok(())
    }

    /// Where an account stands.
    pub fn state(&self, account: u32) -> AccountState {
        self.shared.state(account)
    }

    /// The folders of an account, in the order shown: INBOX, special folders, the rest by name.
    ///
    /// # Errors
    /// The store.
    pub async fn mailboxes(&self, account: u32) -> Result<Vec<MailboxRecord>, SyncError> {
        Ok(records::mailboxes(self.store(), account).await?)
    }

    /// Rows of a folder, the last to arrive first, as JSON octets each, straight from the store. `before` pages on.
    ///
    /// # Errors
    /// The store.
    pub async fn rows(
        &self,
        account: u32,
        mailbox: u32,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<Vec<u8>>, SyncError> {
        Ok(list::newest(self.store(), account, mailbox, before, limit).await?)
    }

    /// A part of a list of a folder, sorted and filtered as asked, straight from the store.
    ///
    /// # Errors
    /// There is no such folder, a query that can't be, or the store.
    pub async fn list(&self, account: u32, mailbox: u32, query: ListQuery) -> Result<List, SyncError> {
        let (order, after) = list::place(&query).map_err(bad_request)?;
        let record = records::mailbox(self.store(), account, mailbox).await?.ok_or_else(mailbox_not_found)?;
        let folder = (account, mailbox, record.uidvalidity);
        Ok(list::list(self.store(), folder, order, after, &query).await?)
    }

    /// The rows of a thread, oldest first, over all folders of the account. None if there is no such thread.
    ///
    /// # Errors
    /// The store.
    pub async fn thread(&self, account: u32, thread: u32) -> Result<Vec<Vec<u8>>, SyncError> {
        Ok(list::thread(self.store(), account, thread).await?)
    }

    /// Shows a folder: it is synchronised now and watched by IDLE until another is shown.
    ///
    /// # Errors
    /// There is no such folder, or the store.
    pub async fn show_mailbox(&self, account: u32, mailbox: u32) -> Result<(), SyncError> {
        let record = records::mailbox(self.store(), account, mailbox).await?;
        record.filter(|record| record.selectable).ok_or_else(mailbox_not_found)?;
        self.shared.set_shown(account, Some(mailbox));
        self.shared.want(account, Intent::Show);
        Ok(())
    }

    /// Shows a folder, looks for new mail, and returns when it is in step with the server.
    ///
    /// # Errors
    /// There is no such folder, the account is signed out or offline, the server, or the store.
    pub async fn synchronise(&self, account: u32, mailbox: u32) -> Result<(), SyncError> {
        self.show_mailbox(account, mailbox).await?;
        if !self.shared.is_running(account) {
            return Err(signed_out());
        }
        let in_step = self.shared.in_step(account);
        self.sync_now(account);
        // An account that was removed meanwhile gives no answer.
        in_step.await.unwrap_or_else(|_| Err(signed_out()))
    }

    /// Fetches the rows before the oldest stored one. Returns how many came; 0 means there are no older ones.
    ///
    /// # Errors
    /// The account is signed out or offline, there is no such folder, or the server.
    pub async fn load_older(&self, account: u32, mailbox: u32) -> Result<u32, SyncError> {
        if self.account(account).await?.protocol == Protocol::Pop3 {
            // All of it is here.
            return Ok(0);
        }
        self.ask(account, |answer| Intent::LoadOlder { mailbox, answer }).await
    }

    /// The whole message, octet for octet: from the store, or fetched and stored first.
    ///
    /// # Errors
    /// There is no such message, the account is signed out or offline, the server, or the store.
    pub async fn message(&self, id: MessageId) -> Result<Vec<u8>, SyncError> {
        let (content, record) = self.content(id).await?;
        Ok(Reader::whole(content, &record).rest(self.store()).await?)
    }

    /// How much is stored, by account.
    ///
    /// # Errors
    /// The store.
    pub async fn usage(&self) -> Result<Vec<AccountUsage>, SyncError> {
        Ok(contents::usage(self.store()).await?)
    }

    /// How many octets of messages may be kept that the server has too; `None`: as many as there is room for.
    ///
    /// # Errors
    /// The store.
    pub async fn budget(&self) -> Result<Option<u64>, SyncError> {
        Ok(contents::budget(self.store()).await?)
    }

    /// Sets the budget. What is above it goes at once, what was not read for longest first, by the hour in which it was read last; what
    /// may be the only copy of a message never does.
    ///
    /// # Errors
    /// The store.
    pub async fn set_budget(&self, octets: Option<u64>) -> Result<(), SyncError> {
        contents::set_budget(self.store(), octets).await?;
        contents::keep_budget(&self.shared, None).await
    }

    /// The stored octets of a message, which is fetched first where they are not here.
    pub(crate) async fn content(&self, id: MessageId) -> Result<(ContentId, ContentRecord), SyncError> {
        let row = records::row(self.store(), id).await?.ok_or_else(message_not_here)?;
        if let Some((content, record)) = contents::stored(self.store(), &row).await? {
            Ledger::new(&self.shared, id.account).touch(content, &record).await;
            return Ok((content, record));
        }
        if self.account(id.account).await?.protocol == Protocol::Pop3 {
            let uidl = pop3::name_of(self.store(), id.account, id.uid).await?.ok_or_else(message_gone)?;
            self.ask(id.account, |answer| Intent::Collect { uidls: vec![uidl], answer }).await?;
        } else {
            self.ask(id.account, |answer| Intent::FetchMessage { id, answer }).await?;
        }
        let row = records::row(self.store(), id).await?.ok_or_else(message_not_here)?;
        contents::stored(self.store(), &row).await?.ok_or_else(message_not_here)
    }

    /// Adds and removes flags: stored at once with the row, queued, and sent as soon as the server can be reached.
    ///
    /// # Errors
    /// A flag that is none, messages that are not here, or the store; then nothing is changed.
    pub async fn change_flags(
        &self,
        ids: &[MessageId],
        add: &[String],
        remove: &[String],
    ) -> Result<(), SyncError> {
        self.upgrade().await?;
        changes::change_flags(&self.shared, ids, add, remove).await
    }

    /// The host's word on its store, for the listeners. After [`StorageState::Evicted`] the accounts that are signed in are stored anew,
    /// so that what their servers still have comes again.
    ///
    /// # Errors
    /// The store: those that it refuses are offline, and are tried again at the next [`StorageState::Ready`] or `Evicted`,
    /// and when the user wants it.
    pub async fn storage_changed(&self, state: StorageState) -> Result<(), SyncError> {
        let (evicted, ready) = (state == StorageState::Evicted, state == StorageState::Ready);
        self.shared.tell(&Event::Storage(state));
        if evicted {
            // All of them before anything is awaited: none may look at its server with an empty ledger and an account that is not here.
            self.shared.interrupt_all();
        }
        let is_left = ready && !self.shared.interrupted().is_empty();
        if evicted || is_left { self.begin_anew().await } else { Ok(()) }
    }

    /// Looks for new mail now, and cuts short the wait before the next try. Returns at once.
    pub fn sync_now(&self, account: u32) {
        if self.shared.is_interrupted(account) {
            // A store that was full says that it is ready at the next write only, and nobody else writes.
            let engine = self.clone();
            let again = async move {
                // What fails stays offline, with the error.
                let _ = engine.begin_anew().await;
            };
            // Where nobody drives the engine nothing is in step.
            let _ = self.shared.drive(Box::pin(again));
            return;
        }
        self.shared.want(account, Intent::SyncNow);
    }

    /// How many changes wait to be sent, over all accounts.
    ///
    /// # Errors
    /// The store.
    pub async fn waiting(&self) -> Result<u32, SyncError> {
        let answers = self.store().read(vec![Read::Count(Table::Queue, Key::default())]).await?;
        match answers.first() {
            Some(ReadResult::Count(count)) => Ok(u32::try_from(*count).unwrap_or(u32::MAX)),
            _ => Ok(0),
        }
    }

    pub(crate) fn store(&self) -> &P::Store {
        self.shared.platform.store()
    }

    pub(crate) async fn account(&self, account: u32) -> Result<AccountRecord, SyncError> {
        records::account(self.store(), account).await?.ok_or_else(no_account)
    }

    async fn refuse_twice(&self, record: &AccountRecord) -> Result<(), SyncError> {
        let is_here = self.accounts().await?.iter().any(|known| is_same(known, record));
        if is_here { Err(account_exists()) } else { Ok(()) }
    }

    /// Stores a proven account with its INBOX.
    async fn store_account(&self, record: AccountRecord) -> Result<AccountRecord, SyncError> {
        let _lane = self.shared.accounts_lane.lock().await;
        self.refuse_twice(&record).await?;
        // After an eviction the store does not know the numbers of those that are still signed in.
        let signed_in = self.shared.highest_signed_in();
        let id = ledger::next_account(self.store()).await?.max(signed_in.saturating_add(1));
        let record = AccountRecord { id, ..record };
        let mut batch = Batch::default();
        put_account(&mut batch, &record);
        self.store().commit(batch).await?;
        Ok(record)
    }

    fn keep_in_step(
        &self,
        record: AccountRecord,
        access: Access,
        session: SignedIn<P>,
    ) -> Result<(), SyncError> {
        self.shared.set_state(record.id, AccountState::Syncing { done: 0, total: 0 });
        self.start(record, access, Some(session))
    }

    fn start(
        &self,
        record: AccountRecord,
        access: Access,
        first: Option<SignedIn<P>>,
    ) -> Result<(), SyncError> {
        let shared = Rc::clone(&self.shared);
        let signed_in = (record.clone(), access.clone());
        self.shared.start(signed_in, |intents| Box::pin(account::run(shared, record, access, first, intents)))
    }

    /// The accounts that an eviction interrupted are written anew, and begin anew, each whatever becomes of the others. What was known
    /// of their servers is gone, and so is whatever was to be deleted there.
    async fn begin_anew(&self) -> Result<(), SyncError> {
        let _lane = self.shared.accounts_lane.lock().await;
        let interrupted = self.shared.interrupted();
        // Nobody is signed in: then none is here any more.
        let (mut outcome, mut are_others) = (Ok(()), interrupted.is_empty());
        for (record, access) in interrupted {
            let account = record.id;
            let Err(error) = self.write_anew(record, access).await else {
                are_others = true;
                continue;
            };
            if self.shared.is_interrupted(account) {
                let state = AccountState::Offline { error: error.clone(), retry_at: None };
                self.shared.set_state(account, state);
            }
            outcome = outcome.and(Err(error));
        }
        // Else whoever shows the accounts goes on to show them, with their error.
        if are_others {
            self.shared.changed(Change::Accounts);
        }
        outcome
    }

    async fn write_anew(&self, record: AccountRecord, access: Access) -> Result<(), SyncError> {
        let account_lane = self.shared.lane(record.id);
        let _account_lane = account_lane.lock().await;
        let record = local::anew(record);
        let is_here_again = |known: &AccountRecord| known.id != record.id && is_same(known, &record);
        if self.accounts().await?.iter().any(is_here_again) {
            // The user did not wait.
            self.shared.stop(record.id);
            self.shared.set_state(record.id, AccountState::SignedOut);
            return Ok(());
        }
        let mut batch = Batch::default();
        put_account(&mut batch, &record);
        self.store().commit(batch).await?;
        if !self.shared.is_interrupted(record.id) {
            // Signed out meanwhile.
            return Ok(());
        }
        self.shared.set_state(record.id, AccountState::Connecting);
        self.start(record, access, None)
    }

    /// Hands an intent to an account's task and waits for its answer.
    pub(crate) async fn ask<T>(
        &self,
        account: u32,
        intent: impl FnOnce(oneshot::Sender<Result<T, SyncError>>) -> Intent,
    ) -> Result<T, SyncError> {
        let (answer, answered) = oneshot::channel();
        if !self.shared.want(account, intent(answer)) {
            return Err(signed_out());
        }
        // A task that ends without an answer was signed out meanwhile.
        answered.await.unwrap_or_else(|_| Err(signed_out()))
    }
}

/// An account with the folders that it has before its server is asked.
fn put_account(batch: &mut Batch, record: &AccountRecord) {
    let mailboxes = match record.protocol {
        Protocol::Imap => vec![folders::inbox(record.protocol)],
        Protocol::Pop3 => local::first_mailboxes(),
    };
    batch.put(Table::Accounts, account_key(record.id), encode(record));
    for mailbox in mailboxes {
        batch.put(Table::Mailboxes, mailbox_key(record.id, mailbox.id), encode(&mailbox));
    }
}

/// Shows that an account connects while its password is proven; takes it back if that fails or is given up.
struct Connecting<'a, P: Platform> {
    shared: &'a Shared<P>,
    account: u32,
    shown: bool,
}

impl<'a, P: Platform> Connecting<'a, P> {
    fn begin(shared: &'a Shared<P>, account: u32) -> Self {
        let shown = !shared.is_running(account);
        if shown {
            shared.set_state(account, AccountState::Connecting);
        }
        Self { shared, account, shown }
    }

    fn succeed(mut self) {
        self.shown = false;
    }
}

impl<P: Platform> Drop for Connecting<'_, P> {
    fn drop(&mut self) {
        if self.shown && !self.shared.is_running(self.account) {
            self.shared.set_state(self.account, AccountState::SignedOut);
        }
    }
}

/// Whether two are one account of a server.
fn is_same(one: &AccountRecord, other: &AccountRecord) -> bool {
    (one.protocol, &one.host, one.port, &one.username)
        == (other.protocol, &other.host, other.port, &other.username)
}

/// The record that settings would become.
fn proposed(settings: AccountSettings) -> Result<AccountRecord, SyncError> {
    let host = settings.host.trim().to_owned();
    if host.is_empty() || host.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(bad_request("the server name is empty or holds a space"));
    }
    if settings.port == 0 {
        return Err(bad_request("0 is not a port"));
    }
    if let Some(why) = pop3::fault(&settings.pop3) {
        return Err(bad_request(why));
    }
    Ok(AccountRecord {
        id: 0,
        protocol: settings.protocol,
        address: settings.address,
        host,
        port: settings.port,
        security: settings.security,
        username: settings.username,
        pop3: settings.pop3,
        rules: Vec::new(),
        notices: Vec::new(),
        migration: None,
    })
}
