//! `web/client/records.mjs` makes TypeScript of the Rust types. Values of all records are written down as TypeScript, and the compiler
//! holds them against the types in `make check`: a field that is missing, extra or of another type fails there; a value that Rust
//! writes differently fails here. `UPDATE_RECORDS=1 cargo test -p waypost-testkit --test records` writes the file anew.

use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;
use waypost_message::{Address, Attachment, MessageView};
use waypost_store::{
    AccountRecord, Action, Amount, Change, Condition, Download, MailboxRecord, MessageId, MessageRow,
    Migration, Notice, Pop3Settings, Protocol, Removal, Rule, Security, UidlState,
};
use waypost_sync::{
    AccountSettings, AccountState, AccountUsage, Blame, ErrorParts, Event, LedgerEntry, LedgerPage,
    LedgerQuery, ListFilter, ListOrder, ListQuery, Moved, Problem, ProblemKind, Report, StorageState,
    SyncError, Tally,
};

const FILE: &str = "../../web/client/test/records.generated.ts";

#[test]
fn the_page_knows_the_records_as_rust_writes_them() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let written = module();
    if std::env::var_os("UPDATE_RECORDS").is_some() {
        std::fs::write(&path, &written).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(&path).expect("the file exists");
    assert_eq!(kept, written, "run: UPDATE_RECORDS=1 cargo test -p waypost-testkit --test records");
}

fn module() -> String {
    let mut text = String::from(
        "// Written by crates/testkit/tests/records.rs from the Rust records; the compiler holds it against the types.\n\
         import type * as types from \"../src/types.js\";\n",
    );
    constant(&mut text, "settings", "AccountSettings", &settings());
    constant(&mut text, "choices", "Pop3Choices", &choices());
    constant(&mut text, "accounts", "Account", &accounts());
    constant(&mut text, "ledgers", "LedgerPage", &ledgers());
    constant(&mut text, "mailboxes", "Mailbox", &mailboxes());
    constant(&mut text, "rows", "MessageRow", &rows());
    constant(&mut text, "views", "MessageView", &views());
    constant(&mut text, "usage", "AccountUsage", &usage());
    constant(&mut text, "tallies", "Tally", &[Tally { written: 3, left_out: 2, damaged: 1 }]);
    constant(&mut text, "reports", "Report", &[report()]);
    constant(&mut text, "errors", "ErrorShape", &errors());
    constant(&mut text, "states", "AccountState", &states());
    constant(&mut text, "events", "MailEvent", &events());
    constant(&mut text, "moved", "Moved", &moved());
    constant(&mut text, "listQueries", "ListQuery", &list_queries());
    constant(&mut text, "ledgerQueries", "LedgerQuery", &[ledger_query()]);
    text
}

fn constant(text: &mut String, name: &str, of: &str, values: &[impl Serialize]) {
    let _ = write!(text, "\nexport const {name} = [\n");
    for value in values {
        let json = serde_json::to_string(value).expect("a record can be written");
        let _ = writeln!(text, "  {json},");
    }
    let _ = writeln!(text, "] as const satisfies readonly types.{of}[];");
}

fn usage() -> Vec<AccountUsage> {
    let amount = |count| Amount { count, octets: count * 1000 };
    vec![AccountUsage { account: 1, only_copy: amount(3), cache: amount(0), rows: amount(3) }]
}

fn report() -> Report {
    let kinds = [
        ProblemKind::ContentDamaged,
        ProblemKind::ContentMissing,
        ProblemKind::OctetsWithoutRecord,
        ProblemKind::ContentUnused,
        ProblemKind::HoldersWrong,
        ProblemKind::UsageWrong,
        ProblemKind::RowsDamaged,
        ProblemKind::RowsWithoutFolder,
        ProblemKind::OrderWrong,
        ProblemKind::CountWrong,
        ProblemKind::ThreadWrong,
        ProblemKind::LedgerWrong,
        ProblemKind::AccountDamaged,
        ProblemKind::FolderDamaged,
    ];
    let problem = |kind| Problem { kind, place: "1.1.1.1".to_owned(), repaired: true };
    Report { checked: 20, problems: kinds.map(problem).to_vec(), more: 0 }
}

fn settings() -> Vec<AccountSettings> {
    [
        (Protocol::Imap, Security::Tls, Pop3Settings::default()),
        (Protocol::Pop3, Security::StartTls, deleting()),
        (Protocol::Pop3, Security::None, Pop3Settings::default()),
    ]
    .map(|(protocol, security, pop3)| AccountSettings {
        protocol,
        address: "robin@waypost.example".into(),
        host: "mail.waypost.example".into(),
        port: 993,
        security,
        username: "robin".into(),
        pop3,
    })
    .into()
}

fn deleting() -> Pop3Settings {
    Pop3Settings {
        removal: Removal { after_days: Some(14), when_deleted: true, ..Removal::default() },
        download: Download::Beginning { kibibytes: 32 },
        skip_above: Some(5_000_000_000),
        per_check: Some(500),
        newest_first: true,
        interval: None,
        accepts_eviction: true,
    }
}

/// Each setting alone, and each choice of `removal` alone, as a page gives them: Rust takes what it does not name from the default.
fn choices() -> Vec<Value> {
    let whole = serde_json::to_value(deleting()).expect("settings can be written");
    let removal = whole.get("removal").expect("it is one of them");
    let removals = alone(removal).map(|part| json!({ "removal": part }));
    let settings = alone(&whole).filter(|part| part.get("removal").is_none());
    let choices: Vec<Value> = std::iter::once(json!({})).chain(settings).chain(removals).collect();
    for choice in &choices {
        let taken: Pop3Settings = serde_json::from_value(choice.clone()).expect("a choice is enough");
        let mut expected = serde_json::to_value(Pop3Settings::default()).expect("settings can be written");
        merge(&mut expected, choice);
        assert_eq!(serde_json::to_value(taken).expect("settings can be written"), expected);
    }
    choices
}

/// An object for each field.
fn alone(object: &Value) -> impl Iterator<Item = Value> {
    let fields = object.as_object().expect("it is an object");
    fields.iter().map(|(name, value)| json!({ name: value }))
}

fn merge(into: &mut Value, from: &Value) {
    match (into.as_object_mut(), from.as_object()) {
        // The kind of a download says which fields it has.
        (Some(into), Some(from)) if !from.contains_key("kind") => {
            for (name, value) in from {
                merge(into.entry(name.as_str()).or_insert(Value::Null), value);
            }
        }
        _ => *into = from.clone(),
    }
}

fn rule() -> Rule {
    let conditions = [Condition::From, Condition::To, Condition::Subject, Condition::ListId];
    let mut conditions: Vec<Condition> = conditions.map(|condition| condition("harbour".to_owned())).into();
    conditions.push(Condition::Larger(100_000));
    let actions = vec![Action::Move(3), Action::Flag("\\Flagged".into()), Action::Delete];
    Rule { name: "Harbour".into(), conditions, actions, last: true }
}

fn notices() -> Vec<Notice> {
    vec![
        Notice::NoUniqueIds,
        Notice::RepeatedUniqueIds { messages: 2 },
        Notice::ReusedUniqueIds { messages: 3 },
        Notice::DeletionWithoutEffect { messages: 4 },
        Notice::AllUniqueIdsChanged { known: 20, listed: 21 },
        Notice::StorageMayBeEvicted { messages: 5 },
        Notice::LoginDelay { seconds: 900 },
        Notice::ServerExpires { days: 0 },
    ]
}

fn ledgers() -> Vec<LedgerPage> {
    let states = [
        UidlState::OnServer,
        UidlState::Both,
        UidlState::Due { at: 1_795_536_990_000 },
        UidlState::Deleting,
        UidlState::Deleted { at: 1_795_536_990_000 },
        UidlState::Here,
        UidlState::Gone,
    ];
    let entry = |state: UidlState| LedgerEntry {
        uidl: "0000001a65f1c3a2".into(),
        date: -1,
        from: "Kim".into(),
        subject: "Harbour".into(),
        size: 5_000_000_000,
        state,
        seen_at: 1_795_536_990_000,
        downloaded_at: (state == UidlState::Both).then_some(1_795_536_990_000),
        here: state == UidlState::Both,
    };
    vec![LedgerPage { total: 7, entries: states.map(entry).into() }]
}

fn accounts() -> Vec<AccountRecord> {
    let account = |settings: AccountSettings| AccountRecord {
        id: 7,
        protocol: settings.protocol,
        address: settings.address,
        host: settings.host,
        port: settings.port,
        security: settings.security,
        username: settings.username,
        pop3: settings.pop3,
        rules: vec![rule()],
        notices: notices(),
        migration: Some(Migration::SameMail),
    };
    settings().into_iter().map(account).collect()
}

fn mailboxes() -> Vec<MailboxRecord> {
    let empty = MailboxRecord {
        id: 1,
        name: "INBOX".into(),
        delimiter: None,
        role: None,
        selectable: false,
        uidvalidity: 0,
        total: None,
        unseen: None,
        flagged: 0,
        synced_at: None,
    };
    let roles = ["inbox", "drafts", "sent", "junk", "trash", "archive", "all", "flagged"];
    let known = roles.map(|role| MailboxRecord {
        delimiter: Some('/'),
        role: Some(role.into()),
        selectable: true,
        uidvalidity: 4_294_967_295,
        total: Some(20_000),
        unseen: Some(3),
        synced_at: Some(1_795_536_990_000),
        ..empty.clone()
    });
    std::iter::once(empty.clone()).chain(known).collect()
}

fn rows() -> Vec<MessageRow> {
    let whole = MessageRow {
        id: "7.1.1.42".into(),
        from: "Robin Ashdown".into(),
        from_address: "robin@waypost.example".into(),
        to: "Kim".into(),
        subject: "Harbour \"lights\"".into(),
        snippet: String::new(),
        date: -1,
        size: 5_000_000_000,
        flags: vec!["\\Seen".into(), "$Forwarded".into()],
        attachment: true,
        body: true,
        waiting: true,
        thread: 9,
        content: Some("7.0.0.42".into()),
        sha256: Some("00ff".into()),
        origin: Some(1),
        copy_of: Some(7),
    };
    let line = MessageRow {
        sha256: None,
        content: None,
        origin: None,
        copy_of: None,
        body: false,
        flags: Vec::new(),
        ..whole.clone()
    };
    vec![whole, line]
}

fn views() -> Vec<MessageView> {
    let address = Address { name: "Robin".into(), address: "robin@waypost.example".into() };
    let part = Attachment {
        index: 2,
        name: "chart.png".into(),
        content_type: "image/png".into(),
        content_id: Some("chart@waypost.example".into()),
        inline: true,
        size: 68,
    };
    let whole = MessageView {
        subject: "Harbour".into(),
        from: vec![address.clone()],
        reply_to: vec![address.clone()],
        to: vec![address.clone()],
        cc: vec![address],
        date: Some(1_795_536_990_000),
        message_id: Some("one@waypost.example".into()),
        text: "Text".into(),
        html: Some("<p>Text</p>".into()),
        parts: vec![Attachment { content_id: None, ..part.clone() }, part],
    };
    vec![whole, MessageView::default()]
}

fn errors() -> Vec<SyncError> {
    use Blame::{Caller, Device, Gateway, Network, Server, User};
    [Caller, User, Server, Gateway, Network, Device]
        .map(|blame| ErrorParts {
            code: "auth-failed".into(),
            blame,
            retryable: blame == Network,
            message: "The server refused this password.".into(),
            server_text: (blame == Server).then(|| "No.".into()),
        })
        .map(SyncError::from)
        .into()
}

fn states() -> Vec<AccountState> {
    let error = errors().remove(0);
    vec![
        AccountState::SignedOut,
        AccountState::Connecting,
        AccountState::Syncing { done: 1, total: 2 },
        AccountState::Online,
        AccountState::Offline { error: error.clone(), retry_at: None },
        AccountState::Offline { error, retry_at: Some(1_795_536_990_000) },
    ]
}

fn events() -> Vec<Event> {
    let mut events: Vec<Event> = [
        Change::Accounts,
        Change::Maildrop { account: 7 },
        Change::Mailboxes { account: 7 },
        Change::Messages { account: 7, mailbox: 1 },
        Change::Body { account: 7, mailbox: 1, message: "7.1.1.42".into() },
    ]
    .map(Event::Change)
    .into();
    events.extend(states().into_iter().map(|status| Event::State { account: 7, status }));
    let error = errors().remove(0);
    let storage = [
        StorageState::Ready,
        StorageState::ReadOnly { error: error.clone() },
        StorageState::Unavailable { error },
        StorageState::Evicted,
    ];
    events.extend(storage.map(Event::Storage));
    events
}

fn moved() -> Vec<Moved> {
    let name = |text: &str| text.parse::<MessageId>().expect("it is the name of a message");
    vec![Moved { from: name("7.1.1.42"), to: name("7.3.1.1"), mailbox: 1 }]
}

/// Every order and every filter.
fn list_queries() -> Vec<ListQuery> {
    let query = |order, filter| ListQuery {
        order,
        descending: false,
        filter,
        after: Some("00ff.3".into()),
        limit: ListQuery::default().limit,
    };
    let orders = [ListOrder::Date, ListOrder::Sender, ListOrder::Subject, ListOrder::Size, ListOrder::Thread];
    let filters = [ListFilter::Unread, ListFilter::Flagged];
    let mut queries: Vec<ListQuery> = orders.map(|order| query(order, ListFilter::All)).into();
    queries.extend(filters.map(|filter| query(ListOrder::Date, filter)));
    queries
}

fn ledger_query() -> LedgerQuery {
    let states = ["onServer", "both", "here", "gone", "deleting", "due", "deleted"];
    LedgerQuery { states: states.map(str::to_owned).into(), skip: 50, limit: Some(50) }
}
