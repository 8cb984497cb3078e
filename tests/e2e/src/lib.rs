//! Scenarios against real servers: a device with the native engine and a store in memory, and what it is asked to wait for.

mod memory;
mod relay;

pub use memory::{Crash, Memory};
pub use relay::Relay;

use futures_channel::mpsc::UnboundedReceiver;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_local};
use waypost_native::{Connector, Options};
use waypost_store::{MailboxRecord, MessageId, MessageRow, Pop3Settings, Protocol, Removal, Security};
use waypost_sync::{AccountSettings, AccountState, Engine, Event, SyncError};
use waypost_testkit::platform::{NativeConnect, TestPlatform};
use waypost_testkit::servers::{Delivery, Server, User, default_users};
use waypost_wire::Secret;

/// How long anything on loopback may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A device: one engine over one store. Its tasks end when it is dropped, as if the process was killed.
pub struct Device {
    /// The engine.
    pub engine: Engine<TestPlatform<NativeConnect, Memory>>,
    /// What outlives the engine.
    pub store: Memory,
    events: RefCell<UnboundedReceiver<Event>>,
    run: JoinHandle<()>,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.run.abort();
    }
}

impl Device {
    /// Starts an engine that trusts the CA of a server, over what is stored.
    ///
    /// # Panics
    /// The CA can't be read. It must run in a `LocalSet`.
    #[must_use]
    pub fn start(server: &dyn Server, store: Memory) -> Self {
        let pem = std::fs::read(server.ca_pem()).expect("the server wrote its CA");
        let options = Options::default().trust_pem(&pem).expect("it is a certificate");
        Self::with(options, store)
    }

    /// Starts an engine with these options of its transport.
    ///
    /// # Panics
    /// The options can't be used. It must run in a `LocalSet`.
    #[must_use]
    pub fn with(options: Options, store: Memory) -> Self {
        let connector = NativeConnect::new(Connector::new(options).expect("a connector is made"));
        let engine = Engine::new(TestPlatform::new(connector, store.clone()));
        let events = RefCell::new(engine.subscribe());
        let driven = engine.clone();
        let run = spawn_local(async move { driven.run().await });
        Self { engine, store, events, run }
    }

    /// Ends the engine in the middle of whatever it does and gives what it stored.
    #[must_use]
    pub fn kill(self) -> Memory {
        self.store.restarted()
    }

    /// Adds an account and gives its number.
    ///
    /// # Errors
    /// Those of the engine.
    pub async fn add(&self, settings: AccountSettings) -> Result<u32, SyncError> {
        let password = Secret::new(robin().password);
        Ok(self.engine.add_account(settings, password).await?.id)
    }

    /// Gives the password again after a restart.
    ///
    /// # Errors
    /// Those of the engine.
    pub async fn sign_in(&self, account: u32) -> Result<(), SyncError> {
        self.engine.sign_in(account, Secret::new(robin().password)).await
    }

    /// The folder with this name.
    ///
    /// # Panics
    /// There is none.
    pub async fn mailbox(&self, account: u32, name: &str) -> MailboxRecord {
        let records = self.engine.mailboxes(account).await.expect("folders are readable");
        records.into_iter().find(|record| record.name == name).expect("there is such a folder")
    }

    /// All rows of a folder, newest first.
    ///
    /// # Panics
    /// The store can't be read.
    pub async fn rows(&self, account: u32, mailbox: u32) -> Vec<MessageRow> {
        let rows = self.engine.rows(account, mailbox, None, u32::MAX).await.expect("rows are readable");
        rows.iter().map(|row| serde_json::from_slice(row).expect("a row is JSON")).collect()
    }

    /// Rows of INBOX, newest first.
    pub async fn inbox(&self, account: u32) -> Vec<MessageRow> {
        self.rows(account, 1).await
    }

    /// The row with this subject in INBOX.
    ///
    /// # Panics
    /// There is none.
    pub async fn row(&self, account: u32, subject: &str) -> MessageRow {
        let rows = self.inbox(account).await;
        rows.into_iter().find(|row| row.subject == subject).expect("there is such a message")
    }

    /// Waits until the account is online.
    ///
    /// # Panics
    /// It does not come to be.
    pub async fn online(&self, account: u32) {
        self.until("the account to be online", async || self.engine.state(account) == AccountState::Online)
            .await;
    }

    /// Waits until the account is offline and gives why.
    ///
    /// # Panics
    /// It does not come to be.
    pub async fn offline(&self, account: u32) -> SyncError {
        let found = Rc::new(RefCell::new(None));
        self.until("the account to be offline", async || {
            if let AccountState::Offline { error, .. } = self.engine.state(account) {
                *found.borrow_mut() = Some(error);
            }
            found.borrow().is_some()
        })
        .await;
        found.take().expect("it was found")
    }

    /// Waits until INBOX has these subjects, newest first.
    ///
    /// # Panics
    /// It does not come to be.
    pub async fn inbox_is(&self, account: u32, subjects: &[&str]) {
        self.until(&format!("INBOX to be {subjects:?}"), async || {
            let rows = self.inbox(account).await;
            rows.iter().map(|row| row.subject.as_str()).eq(subjects.iter().copied())
        })
        .await;
    }

    /// Waits for something; it is looked at again whenever the engine tells of a change.
    ///
    /// # Panics
    /// It does not come to be in time.
    pub async fn until(&self, what: &str, mut check: impl AsyncFnMut() -> bool) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while !check().await {
            assert!(
                tokio::time::Instant::now() < deadline,
                "waited in vain for {what}; states: {:?}",
                self.states().await
            );
            // The server changes without telling: it is looked at again after a short while too.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn states(&self) -> Vec<AccountState> {
        let accounts = self.engine.accounts().await.unwrap_or_default();
        accounts.iter().map(|account| self.engine.state(account.id)).collect()
    }

    /// What was told so far.
    #[must_use]
    pub fn told(&self) -> Vec<Event> {
        let mut events = self.events.borrow_mut();
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }
}

/// The first user of every test server.
///
/// # Panics
/// Never: there is one.
#[must_use]
pub fn robin() -> User {
    default_users().into_iter().next().expect("there is a first user")
}

/// Settings of Robin's account on a server.
#[must_use]
pub fn settings(server: &dyn Server, protocol: Protocol, security: Security) -> AccountSettings {
    let ports = server.ports();
    let port = match (protocol, security) {
        (Protocol::Imap, Security::Tls) => ports.imaps,
        (Protocol::Imap, _) => ports.imap,
        (Protocol::Pop3, Security::Tls) => ports.pop3s,
        (Protocol::Pop3, _) => ports.pop3,
    };
    AccountSettings {
        protocol,
        address: robin().name,
        host: "localhost".to_owned(),
        port,
        security,
        username: robin().name,
        pop3: Pop3Settings::default(),
    }
}

/// Of a POP3 account whose mail is deleted from the server once it is here.
#[must_use]
pub fn deleting() -> Pop3Settings {
    let removal = Removal { after_download: true, ..Removal::default() };
    Pop3Settings { removal, ..Pop3Settings::default() }
}

/// A small message.
#[must_use]
pub fn letter(subject: &str) -> Vec<u8> {
    letter_with(subject, "A few words.\r\n")
}

/// A message with this text.
#[must_use]
pub fn letter_with(subject: &str, text: &str) -> Vec<u8> {
    format!(
        "From: Kim Lee <kim@waypost.example>\r\nTo: Robin <robin@waypost.example>\r\nSubject: {subject}\r\n\
         Date: Thu, 05 Mar 2026 10:00:00 +0000\r\nMessage-ID: <{subject}@waypost.example>\r\n\r\n{text}"
    )
    .replace("Message-ID: <", "Message-ID: <m-")
    .into_bytes()
}

/// Puts a message into Robin's INBOX.
///
/// # Panics
/// The server does not take it.
pub fn deliver(server: &dyn Server, raw: &[u8]) {
    let delivery = Delivery { user: &robin().name, mailbox: "INBOX", raw, flags: &[], date: None };
    server.deliver(&delivery).expect("the server takes a message");
}

/// The identity of a row.
///
/// # Panics
/// The row has none.
#[must_use]
pub fn id(row: &MessageRow) -> MessageId {
    row.id.parse().expect("a row has an identity")
}
