//! The engine's surface.

use crate::{AccountSettings, AccountState, Event, Platform, SyncError};
use futures_channel::mpsc::UnboundedReceiver;
use std::rc::Rc;
use waypost_store::{AccountRecord, MailboxRecord, MessageId, Pop3Policy};
use waypost_wire::Secret;

/// The engine over one store. Cheap to clone; all clones are the same engine.
pub struct Engine<P: Platform> {
    _platform: Rc<P>,
}

impl<P: Platform + 'static> Engine<P> {
    /// Opens the engine over a host. Nothing connects until an account has a password.
    #[must_use]
    pub fn new(_platform: P) -> Self {
        todo!()
    }
    /// Everything that happens from now on.
    pub fn subscribe(&self) -> UnboundedReceiver<Event> {
        todo!()
    }
    /// Drives all accounts. The host runs this one future for as long as the engine lives; it never returns.
    pub async fn run(&self) {
        todo!()
    }
    /// The accounts stored here.
    pub async fn accounts(&self) -> Result<Vec<AccountRecord>, SyncError> {
        todo!()
    }
    /// Signs in to the server once to prove the settings, then stores the account and starts to keep it in step.
    /// Nothing is stored if the proof fails.
    pub async fn add_account(
        &self,
        _settings: AccountSettings,
        _password: Secret<String>,
    ) -> Result<AccountRecord, SyncError> {
        todo!()
    }
    /// Gives the password of a stored account after a start; proves it, then keeps the account in step.
    pub async fn sign_in(&self, _account: u32, _password: Secret<String>) -> Result<(), SyncError> {
        todo!()
    }
    /// Forgets the password and disconnects.
    pub async fn sign_out(&self, _account: u32) -> Result<(), SyncError> {
        todo!()
    }
    /// Removes an account and all its mail from this device. The server keeps what it has.
    pub async fn remove_account(&self, _account: u32) -> Result<(), SyncError> {
        todo!()
    }
    /// Changes when POP3 mail leaves the server.
    pub async fn set_policy(&self, _account: u32, _policy: Pop3Policy) -> Result<(), SyncError> {
        todo!()
    }
    /// Where an account stands.
    pub fn state(&self, _account: u32) -> AccountState {
        todo!()
    }
    /// The folders of an account, in the order shown: INBOX, special folders, the rest by name.
    pub async fn mailboxes(&self, _account: u32) -> Result<Vec<MailboxRecord>, SyncError> {
        todo!()
    }
    /// Rows of a folder, newest first, as JSON octets each, straight from the store. `before` pages on.
    pub async fn rows(
        &self,
        _account: u32,
        _mailbox: u32,
        _before: Option<MessageId>,
        _limit: u32,
    ) -> Result<Vec<Vec<u8>>, SyncError> {
        todo!()
    }
    /// Shows a folder: it is synchronised now and watched by IDLE until another is shown.
    pub async fn show_mailbox(&self, _account: u32, _mailbox: u32) -> Result<(), SyncError> {
        todo!()
    }
    /// Fetches the rows before the oldest stored one. Returns how many came; 0 means there are no older ones.
    pub async fn load_older(&self, _account: u32, _mailbox: u32) -> Result<u32, SyncError> {
        todo!()
    }
    /// The whole message, octet for octet: from the store, or fetched and stored first.
    pub async fn message(&self, _id: MessageId) -> Result<Vec<u8>, SyncError> {
        todo!()
    }
    /// Adds and removes flags: stored at once with the row, queued, and sent as soon as the server can be reached.
    pub async fn change_flags(
        &self,
        _ids: &[MessageId],
        _add: &[String],
        _remove: &[String],
    ) -> Result<(), SyncError> {
        todo!()
    }
    /// Looks for new mail now, and cuts short the wait before the next try. Returns at once.
    pub fn sync_now(&self, _account: u32) {
        todo!()
    }
    /// How many changes wait to be sent, over all accounts.
    pub async fn waiting(&self) -> Result<u32, SyncError> {
        todo!()
    }
}
