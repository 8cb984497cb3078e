//! POP3: maildrops that change between sessions, servers without unique ids, and what is never deleted.

use crate::support::{Device, deleting, local, settings};
use std::time::Duration;
use waypost_store::{
    Batch, Change, ContentId, Key, MessageId, Pop3Settings, Protocol, Security, Store, StoreError, Table,
};
use waypost_sync::{AccountSettings, AccountState, Event, ProblemKind, StorageState};
use waypost_testkit::script::{Script, ScriptedServer};

/// A session of a user who signs in; `list` and `ids` are the answers to LIST and UIDL.
pub(crate) fn session(list: &[u32], ids: &[&str], rest: &str) -> Script {
    session_with("", list, ids, rest)
}

/// The same with lines in the answer to the second CAPA.
pub(crate) fn session_with(capabilities: &str, list: &[u32], ids: &[&str], rest: &str) -> Script {
    let lines = |values: &[String]| {
        let numbered =
            (1..).zip(values).map(|(number, value): (u32, &String)| format!("S: {number} {value}\n"));
        numbered.collect::<String>()
    };
    let sizes: Vec<String> = list.iter().map(u32::to_string).collect();
    let unique = if ids.is_empty() {
        "S: -ERR I have none".to_owned()
    } else {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        format!("S: +OK\n{}S: .", lines(&ids))
    };
    Script::parse(&format!(
        "S: +OK ready
         C: CAPA
         S: +OK
         S: SASL PLAIN
         S: .
         C: AUTH PLAIN {{initial}}
         S: +OK signed in
         C: CAPA
         S: +OK
         S: SASL PLAIN
         {capabilities}
         S: .
         C: LIST
         S: +OK
         {}S: .
         C: UIDL
         {unique}
         {rest}",
        lines(&sizes)
    ))
}

/// A message of 20 octets with one letter, taken by its number.
pub(crate) fn take(number: u32, letter: char) -> String {
    format!("C: RETR {number}\nS: +OK\nS: Subject: {letter}\nS: \nS: text\nS: .\n")
}

/// How large that message is.
pub(crate) const SIZE: u32 = 20;

pub(crate) const QUIT: &str = "C: QUIT\nS: +OK bye\nEND";

pub(crate) async fn added(server: &ScriptedServer, pop3: Pop3Settings) -> Device {
    let device = Device::start(server);
    let settings = AccountSettings { pop3, ..settings(Protocol::Pop3, Security::Tls) };
    device.add(settings).await.expect("signs in");
    device.online().await;
    device
}

/// Looks again and waits until that is done.
pub(crate) async fn look(device: &Device, server: &ScriptedServer, connections: usize) {
    device.engine.sync_now(1);
    device.until("the next look", async || server.endpoints().len() == connections).await;
    device.online().await;
}

pub(crate) fn sent(server: &ScriptedServer, verb: &str) -> usize {
    server.transcript().iter().filter(|line| line.starts_with(&format!("C: {verb}"))).count()
}

#[tokio::test(start_paused = true)]
async fn what_is_known_is_not_taken_again_and_what_vanished_stays_here() {
    let server = ScriptedServer::new()
        .then(session(&[SIZE, SIZE], &["a", "b"], &(take(1, 'A') + &take(2, 'B') + QUIT)))
        .then(session(&[SIZE, SIZE], &["b", "c"], &(take(2, 'C') + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        assert_eq!(device.subjects().await, ["B", "A"]);
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["C", "B", "A"]);
    })
    .await;
    server.assert_played();
    assert_eq!(sent(&server, "DELE"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_still_has_comes_again_after_an_eviction() {
    let all = || session(&[SIZE, SIZE], &["a", "b"], &(take(1, 'A') + &take(2, 'B') + QUIT));
    let server = ScriptedServer::new().then(all()).then(all());
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        let accounts = device.engine.accounts().await.expect("reads");
        let mut batch = Batch::default();
        Table::ALL.into_iter().for_each(|table| batch.delete_prefix(table, Key::default()));
        device.store.commit(batch).await.expect("empties it");
        assert_eq!(device.subjects().await, [""; 0]);
        device.engine.storage_changed(StorageState::Evicted).await.expect("stores the account");
        assert_eq!(device.engine.accounts().await.expect("reads"), accounts);
        device.until("the mail to come", async || device.subjects().await.len() == 2).await;
        device.online().await;
        assert_eq!(device.subjects().await, ["B", "A"]);
    })
    .await;
    server.assert_played();
    assert_eq!(sent(&server, "DELE"), 0);
}

/// Removes all that is stored, as a browser does; then nothing can be written.
async fn evict_and_refuse(device: &Device) {
    let mut batch = Batch::default();
    Table::ALL.into_iter().for_each(|table| batch.delete_prefix(table, Key::default()));
    device.store.commit(batch).await.expect("empties it");
    device.store.refuse(StoreError::Full);
    let error = device.engine.storage_changed(StorageState::Evicted).await.expect_err("it is full");
    assert_eq!(error.code, "store-full");
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_stored_anew_after_an_eviction_is_offline_and_comes_back_once_the_store_is_ready() {
    let one = || session(&[SIZE], &["a"], &(take(1, 'A') + QUIT));
    let server = ScriptedServer::new().then(one()).then(one()).then(one()).then(one());
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        let other = AccountSettings { username: "kim".to_owned(), ..settings(Protocol::Pop3, Security::Tls) };
        assert_eq!(device.add(other).await.expect("signs in"), 2);
        device.until("the other", async || device.engine.state(2) == AccountState::Online).await;
        let accounts = device.engine.accounts().await.expect("reads");
        let mut events = device.engine.subscribe();
        evict_and_refuse(&device).await;
        let told: Vec<Event> = std::iter::from_fn(|| events.try_recv().ok()).collect();
        assert!(!told.contains(&Event::Change(Change::Accounts)), "who shows them goes on to: {told:?}");
        for account in [1, 2] {
            let AccountState::Offline { error, retry_at: None } = device.engine.state(account) else {
                panic!("{account} is {:?}", device.engine.state(account));
            };
            assert_eq!(error.code, "store-full");
        }
        device.store.accept();
        device.engine.storage_changed(StorageState::Ready).await.expect("stores the accounts");
        assert_eq!(device.engine.accounts().await.expect("reads"), accounts);
        device.online().await;
        device.until("the other", async || device.engine.state(2) == AccountState::Online).await;
        assert_eq!(device.subjects().await, ["A"]);
        device.engine.storage_changed(StorageState::Ready).await.expect("there is nothing left to do");
        assert_eq!(device.engine.state(1), AccountState::Online);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_stored_anew_after_an_eviction_is_tried_again_when_the_user_wants_it() {
    let one = || session(&[SIZE], &["a"], &(take(1, 'A') + QUIT));
    let server = ScriptedServer::new().then(one()).then(one());
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        evict_and_refuse(&device).await;
        device.engine.sync_now(1);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(device.offline().await.0.code, "store-full");
        device.store.accept();
        device.engine.sync_now(1);
        device.online().await;
        assert_eq!(device.subjects().await, ["A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_added_again_after_an_eviction_comes_back_once() {
    let one = || session(&[SIZE], &["a"], &(take(1, 'A') + QUIT));
    let server = ScriptedServer::new().then(one()).then(one());
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        evict_and_refuse(&device).await;
        device.store.accept();
        let again = device.add(settings(Protocol::Pop3, Security::Tls)).await.expect("it is not here");
        assert_eq!(again, 2, "a number that may still be meant is not given again");
        device.engine.storage_changed(StorageState::Ready).await.expect("is ready");
        device.until("it to be online", async || device.engine.state(2) == AccountState::Online).await;
        assert_eq!(device.engine.state(1), AccountState::SignedOut);
        assert_eq!(device.engine.accounts().await.expect("reads").len(), 1);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_signed_out_after_an_eviction_does_not_come_back() {
    let server = ScriptedServer::new().then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        evict_and_refuse(&device).await;
        device.engine.sign_out(1).await.expect("forgets the password");
        device.store.accept();
        device.engine.storage_changed(StorageState::Ready).await.expect("is ready");
        assert_eq!(device.engine.state(1), AccountState::SignedOut);
        assert_eq!(device.engine.accounts().await.expect("reads"), []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn it_is_looked_every_five_minutes_without_being_asked() {
    let server = ScriptedServer::new()
        .then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT)))
        .always(session(&[SIZE], &["a"], QUIT));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!((11..=13).contains(&server.endpoints().len()), "{}", server.endpoints().len());
        device.online().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_id_given_to_another_message_takes_that_one_too() {
    let server = ScriptedServer::new()
        .then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT)))
        // Another size: at once.
        .then(session(&[SIZE + 1], &["a"], &(take(1, 'B') + QUIT)))
        // Gone for a while: then it is looked at again, and it is the same.
        .then(session(&[SIZE], &["z"], &(take(1, 'Z') + QUIT)))
        .then(session(&[SIZE + 1], &["a"], &(take(1, 'B') + QUIT)))
        .then(session(&[SIZE + 1], &["a"], QUIT));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        for connections in 2..=5 {
            look(&device, &server, connections).await;
        }
        assert_eq!(device.subjects().await, ["Z", "B", "A"], "nothing lost, none twice");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn without_ids_or_with_one_for_several_the_content_tells() {
    let server = ScriptedServer::new()
        .then(session(&[SIZE, SIZE], &["same", "same"], &(take(1, 'A') + &take(2, 'B') + QUIT)))
        .then(session(&[SIZE, SIZE, SIZE], &[], &(take(1, 'A') + &take(2, 'B') + &take(3, 'C') + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        assert_eq!(device.subjects().await, ["B", "A"]);
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["C", "B", "A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn only_what_came_whole_is_deleted_and_each_only_once() {
    let server = ScriptedServer::new()
        .then(session(
            &[SIZE, 500, SIZE],
            &["a", "b", "c"],
            &(take(1, 'A')
                + &take(2, 'B')
                + "C: RETR 3\nS: -ERR it went away\n"
                + "C: DELE 1\nS: +OK\nC: QUIT\nS: +OK\nEND"),
        ))
        .then(session(&[500], &["b"], "C: QUIT\nS: +OK\nEND"));
    local(async {
        let device = added(&server, deleting()).await;
        assert_eq!(device.subjects().await, ["B", "A"], "also what came short is here");
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["B", "A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_cut_before_the_deletion_leads_to_the_deletion_and_not_to_a_second_copy() {
    let server = ScriptedServer::new()
        .then(session(&[SIZE, SIZE], &["a", "b"], &(take(1, 'A') + &take(2, 'B') + "C: DELE 1\nCUT")))
        .then(session(
            &[SIZE, SIZE],
            &["a", "b"],
            // Without TOP only the whole message tells that it is the one that is here.
            &(take(1, 'A') + &take(2, 'B') + "C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK\nC: QUIT\nS: +OK\nEND"),
        ));
    local(async {
        let device = Device::start(&server);
        let settings = AccountSettings { pop3: deleting(), ..settings(Protocol::Pop3, Security::Tls) };
        device.add(settings).await.expect("signs in");
        device.offline().await;
        device.online().await;
        assert_eq!(device.subjects().await, ["B", "A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn without_top_another_message_of_the_same_id_and_size_is_taken_and_not_deleted() {
    let server = ScriptedServer::new().then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT))).then(session(
        &[SIZE],
        &["a"],
        &(take(1, 'B') + QUIT),
    ));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("the next look", async || server.endpoints().len() == 2).await;
        device.online().await;
        assert_eq!(device.subjects().await, ["B", "A"], "nothing lost");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn many_known_messages_are_deleted_in_sessions_that_end_on_the_way() {
    let ids: Vec<String> = (1..=150).map(|number| format!("id{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let sizes = [SIZE + 3; 150];
    let subject = |number: usize| format!("Subject: {:04}\nS: ", number);
    let taken =
        (1..=150).map(|number| format!("C: RETR {number}\nS: +OK\nS: {}\nS: text\nS: .\n", subject(number)));
    // Fifty are compared, then deleted, together.
    let deleted = |first: usize, count: usize| {
        let top =
            |place: usize| format!("C: TOP {place} 0\nS: +OK\nS: {}\nS: .\n", subject(first + place - 1));
        let dele = |place: usize| format!("C: DELE {place}\nS: +OK\n");
        let group = |begin: usize| {
            let places = || begin..begin + 50;
            places().map(top).chain(places().map(dele)).collect::<String>()
        };
        (0..count / 50).map(|number| group(number * 50 + 1)).collect::<String>() + QUIT
    };
    let server = ScriptedServer::new()
        .then(session(&sizes, &ids, &(taken.collect::<String>() + QUIT)))
        .then(session_with("S: TOP", &sizes, &ids, &deleted(1, 100)))
        .then(session_with("S: TOP", &sizes[100..], &ids[100..], &deleted(101, 50)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("the third session", async || server.endpoints().len() == 3).await;
        device.online().await;
        assert_eq!(device.inbox().await.len(), 150);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_header_longer_than_any_tells_nothing_and_the_whole_message_decides() {
    let long = format!("S: X: {}\n", "x".repeat(1000)).repeat(1100);
    let compared = format!("C: TOP 1 0\nS: +OK\n{long}S: .\n") + &take(1, 'A') + "C: DELE 1\nS: +OK\n";
    let server = ScriptedServer::new()
        .then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT)))
        .then(session_with("S: TOP", &[SIZE], &["a"], &(compared + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("the second session", async || server.endpoints().len() == 2).await;
        device.online().await;
        assert_eq!(device.subjects().await, ["A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_none_names_no_message() {
    let endless = "i".repeat(2000);
    let server = ScriptedServer::new()
        .then(session(&[SIZE], &[&endless], &(take(1, 'A') + QUIT)))
        .then(session(&[SIZE], &[&endless], &(take(1, 'A') + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.sync_now(1);
        device.until("the second session", async || server.endpoints().len() == 2).await;
        device.online().await;
        assert_eq!(device.subjects().await, ["A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_up_at_quit_has_ended_the_session_where_nothing_was_deleted() {
    let hangs_up = session(&[SIZE], &["a"], &(take(1, 'A') + "C: QUIT\nCUT"));
    let server = ScriptedServer::new().then(hangs_up);
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        assert_eq!(device.subjects().await, ["A"]);
        assert_eq!(server.endpoints().len(), 1);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_up_at_quit_after_deletions_is_looked_at_again_after_a_wait() {
    let hangs_up = take(1, 'A') + "C: DELE 1\nS: +OK\nC: QUIT\nCUT";
    let server =
        ScriptedServer::new().then(session(&[SIZE], &["a"], &hangs_up)).then(session(&[], &[], QUIT));
    local(async {
        let device = Device::start(&server);
        let settings = AccountSettings { pop3: deleting(), ..settings(Protocol::Pop3, Security::Tls) };
        device.add(settings).await.expect("signs in");
        let (error, retry_at) = device.offline().await;
        assert!(error.retryable && retry_at.is_some(), "{error:?}");
        device.online().await;
        assert_eq!(device.subjects().await, ["A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_locked_maildrop_is_tried_again_later() {
    let locked = Script::parse(
        "S: +OK ready
         C: CAPA
         S: +OK
         S: SASL PLAIN
         S: .
         C: AUTH PLAIN {initial}
         S: -ERR [IN-USE] another session has it",
    );
    let server = ScriptedServer::new()
        .then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT)))
        .then(locked)
        .then(session(&[SIZE], &["a"], QUIT));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.sync_now(1);
        let (error, retry_at) = device.offline().await;
        assert_eq!((error.code.as_str(), retry_at.is_some()), ("mailbox-in-use", true));
        device.online().await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_the_ledger_is_found_and_mended_from_what_is_stored() {
    let ids = ["damaged", "lost", "empty", "right"];
    let taken = take(1, 'A') + &take(2, 'B') + &take(3, 'C') + &take(4, 'D');
    let server = ScriptedServer::new()
        .then(session(&[SIZE; 4], &ids, &(taken + QUIT)))
        .then(session(&[SIZE; 4], &ids, QUIT));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        let before = device.ledger().await;
        let problems = async |repair| {
            let report = device.engine.verify(repair).await.expect("is looked through");
            let found = report.problems.into_iter().map(|one| (one.kind, one.place, one.repaired));
            found.collect::<std::collections::BTreeSet<_>>()
        };
        assert!(problems(false).await.is_empty());
        let content = device.row(3).await.content.expect("it is here");
        let ContentId(MessageId { account, mailbox, uidvalidity, uid }) = content.parse().expect("is an id");
        let content_key = Key::numbers(&[account.into(), mailbox.into(), uidvalidity.into(), uid.into()]);
        let line = |id| Key::numbers(&[1]).with_text(id);
        let mut batch = Batch::default();
        batch.put(Table::Uidls, line("damaged"), b"{".to_vec());
        batch.put(Table::Uidls, Key::numbers(&[1, 7]), b"{".to_vec());
        batch.delete(Table::Uidls, line("lost"));
        batch.delete(Table::Contents, content_key.clone());
        batch.delete_prefix(Table::Bodies, content_key);
        device.store.commit(batch).await.expect("commits");

        let wrong = |repaired| {
            let places = ["1", "1.damaged", "1.empty", "1.lost"].map(str::to_owned);
            places.map(|place| (ProblemKind::LedgerWrong, place, repaired))
        };
        let of_ledger = |found: std::collections::BTreeSet<(ProblemKind, String, bool)>| {
            found.into_iter().filter(|(kind, ..)| *kind == ProblemKind::LedgerWrong).collect::<Vec<_>>()
        };
        assert_eq!(of_ledger(problems(false).await), wrong(false));
        assert_eq!(of_ledger(problems(true).await), wrong(true));
        assert!(problems(false).await.is_empty());
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["D", "C", "B", "A"]);
        let after = device.ledger().await;
        for id in ["damaged", "lost", "right"] {
            assert_eq!((&after[id].subject, after[id].here), (&before[id].subject, true));
            assert_eq!(after[id].state.name(), "both");
        }
        assert_eq!((after["empty"].here, after["empty"].state.name()), (false, "onServer"));
    })
    .await;
    server.assert_played();
}
