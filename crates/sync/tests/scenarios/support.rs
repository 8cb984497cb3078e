//! A device over a scripted server.

use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use waypost_store::{MessageId, MessageRow, Notice, Pop3Settings, Protocol, Removal, Security};
use waypost_sync::{AccountSettings, AccountState, Engine, LedgerEntry, LedgerQuery, SyncError};
use waypost_testkit::platform::{SharedStore, TestPlatform, Watch};
use waypost_testkit::script::{Script, ScriptedServer};
use waypost_wire::Secret;

/// What no text may show.
pub(crate) const PASSWORD: &str = "open \"sesame\" 41";

pub(crate) struct Device {
    pub(crate) engine: Engine<TestPlatform<ScriptedServer, SharedStore>>,
    pub(crate) store: SharedStore,
    pub(crate) watch: Watch,
    server: ScriptedServer,
    run: JoinHandle<()>,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.run.abort();
    }
}

/// Runs a test on one thread, as the engine runs.
pub(crate) async fn local<T>(test: impl Future<Output = T>) -> T {
    LocalSet::new().run_until(test).await
}

impl Device {
    pub(crate) fn start(server: &ScriptedServer) -> Self {
        Self::over(server, SharedStore::default())
    }

    pub(crate) fn over(server: &ScriptedServer, store: SharedStore) -> Self {
        let platform = TestPlatform::new(server.clone(), store.clone());
        let watch = platform.watch();
        let engine = Engine::new(platform);
        let driven = engine.clone();
        let run = spawn_local(async move { driven.run().await });
        Self { engine, store, watch, server: server.clone(), run }
    }

    pub(crate) async fn add(&self, settings: AccountSettings) -> Result<u32, SyncError> {
        Ok(self.engine.add_account(settings, Secret::from(PASSWORD)).await?.id)
    }

    /// Whether the engine's future still runs: it never returns, so an end is a panic.
    pub(crate) fn is_driven(&self) -> bool {
        !self.run.is_finished()
    }

    /// All rows of INBOX, newest first.
    pub(crate) async fn inbox(&self) -> Vec<MessageRow> {
        let rows = self.engine.rows(1, 1, None, u32::MAX).await.expect("rows are readable");
        rows.iter().map(|row| serde_json::from_slice(row).expect("a row is JSON")).collect()
    }

    pub(crate) async fn row(&self, uid: u32) -> MessageRow {
        let rows = self.inbox().await;
        rows.into_iter().find(|row| id(row).uid == uid).expect("there is such a message")
    }

    pub(crate) async fn subjects(&self) -> Vec<String> {
        self.inbox().await.into_iter().map(|row| row.subject).collect()
    }

    /// The ledger of the account, by unique id.
    pub(crate) async fn ledger(&self) -> BTreeMap<String, LedgerEntry> {
        let page = self.engine.ledger(1, &LedgerQuery::default()).await.expect("the ledger is readable");
        assert_eq!(page.total as usize, page.entries.len());
        page.entries.into_iter().map(|entry| (entry.uidl.clone(), entry)).collect()
    }

    /// Where a message stands, in the word of the ledger.
    pub(crate) async fn standing(&self, uidl: &str) -> &'static str {
        let ledger = self.ledger().await;
        ledger.get(uidl).unwrap_or_else(|| panic!("{uidl} is not in {ledger:?}")).state.name()
    }

    pub(crate) async fn notices(&self) -> Vec<Notice> {
        self.engine.accounts().await.expect("accounts are readable").remove(0).notices
    }

    pub(crate) async fn until(&self, what: &str, mut check: impl AsyncFnMut() -> bool) {
        // An hour and more, of virtual time.
        for _ in 0..200_000 {
            if check().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.server.assert_played();
        panic!(
            "waited in vain for {what}; the account is {:?}\n{}",
            self.engine.state(1),
            self.server.transcript().join("\n")
        );
    }

    pub(crate) async fn online(&self) {
        self.until("the account to be online", async || self.engine.state(1) == AccountState::Online).await;
    }

    pub(crate) async fn offline(&self) -> (SyncError, Option<u64>) {
        loop {
            if let AccountState::Offline { error, retry_at } = self.engine.state(1) {
                return (error, retry_at);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

pub(crate) fn id(row: &MessageRow) -> MessageId {
    row.id.parse().expect("a row has an identity")
}

pub(crate) fn settings(protocol: Protocol, security: Security) -> AccountSettings {
    AccountSettings {
        protocol,
        address: "robin@waypost.example".to_owned(),
        host: "mail.example".to_owned(),
        port: 143,
        security,
        username: "robin".to_owned(),
        pop3: Pop3Settings::default(),
    }
}

/// Mail is deleted from the server once it is here.
pub(crate) fn deleting() -> Pop3Settings {
    let removal = Removal { after_download: true, ..Removal::default() };
    Pop3Settings { removal, ..Pop3Settings::default() }
}

/// A connection on which a user signs in over IMAP and opens INBOX, before what else is said.
pub(crate) fn signed_in(exists: u32, uidvalidity: u32, rest: &str) -> Script {
    Script::parse(&format!(
        "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN IDLE] ready
         C: {{a}} AUTHENTICATE PLAIN {{initial}}
         S: {{a}} OK [CAPABILITY IMAP4rev1 IDLE] signed in
         C: {{b}} LIST \"\" \"*\"
         C: {{c}} SELECT INBOX
         S: * LIST () \"/\" INBOX
         S: {{b}} OK listed
         S: * {exists} EXISTS
         S: * OK [UIDVALIDITY {uidvalidity}] as ever
         S: {{c}} OK opened
         {rest}"
    ))
}

/// The answer to a FETCH of one row.
pub(crate) fn fetched(sequence: u32, uid: u32, flags: &str, subject: &str) -> String {
    format!(
        "S: * {sequence} FETCH (UID {uid} FLAGS ({flags}) INTERNALDATE \"05-Mar-2026 10:00:00 +0000\" RFC822.SIZE 99 \
         ENVELOPE (NIL \"{subject}\" ((\"Kim\" NIL \"kim\" \"waypost.example\")) NIL NIL NIL NIL NIL NIL NIL) \
         BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 9 1))"
    )
}

/// The first page, as it is asked for and answered.
pub(crate) fn first_page(messages: &[(u32, &str, &str)]) -> String {
    let mut lines = format!("C: {{d}} FETCH 1:{} ({{items}})\n", messages.len());
    if messages.len() == 1 {
        lines = "C: {d} FETCH 1 ({items})\n".to_owned();
    }
    for (sequence, (uid, flags, subject)) in (1..).zip(messages) {
        lines.push_str(&fetched(sequence, *uid, flags, subject));
        lines.push('\n');
    }
    lines + "S: {d} OK fetched"
}
