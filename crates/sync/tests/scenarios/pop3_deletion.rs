//! POP3: when a message leaves the server, and everything that must keep it there.

use crate::pop3::{QUIT, SIZE, added, look, sent, session, session_with, take};
use crate::support::{Device, PASSWORD, deleting, local, settings};
use futures_util::FutureExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use waypost_store::{
    Batch, Key, Notice, Pop3Settings, Protocol, Read, ReadResult, Removal, Security, Store, StoreError, Table,
};
use waypost_sync::{AccountSettings, Point, StorageState};
use waypost_testkit::script::{Script, ScriptedServer};
use waypost_wire::Secret;

/// The header of a message, by its number.
fn top(number: u32, letter: char) -> String {
    format!("C: TOP {number} 0\nS: +OK\nS: Subject: {letter}\nS: \nS: .\n")
}

fn dele(number: u32) -> String {
    format!("C: DELE {number}\nS: +OK\n")
}

/// Compares, then deletes.
fn compared(number: u32, letter: char) -> String {
    top(number, letter) + &dele(number)
}

fn one(rest: &str) -> Script {
    session_with("S: TOP", &[SIZE], &["a"], rest)
}

fn none() -> Script {
    session(&[], &[], QUIT)
}

/// A message that is here and on the server.
fn left() -> Script {
    one(&(take(1, 'A') + QUIT))
}

/// Adds an account whose first session does not end well.
async fn added_in_vain(server: &ScriptedServer, pop3: Pop3Settings) -> Device {
    let device = Device::start(server);
    let settings = AccountSettings { pop3, ..settings(Protocol::Pop3, Security::Tls) };
    device.add(settings).await.expect("signs in");
    device.offline().await;
    device
}

async fn connections(device: &Device, server: &ScriptedServer, count: usize) {
    device.until("the next session", async || server.endpoints().len() == count).await;
    device.online().await;
}

#[tokio::test(start_paused = true)]
async fn after_so_many_days_mail_leaves_and_not_a_check_before() {
    let removal = Removal { after_days: Some(2), ..Removal::default() };
    let pop3 = Pop3Settings { removal, interval: Some(86_400), ..Pop3Settings::default() };
    let server =
        ScriptedServer::new().then(left()).then(one(QUIT)).then(one(&(compared(1, 'A') + QUIT))).then(none());
    local(async {
        let device = added(&server, pop3).await;
        assert_eq!(device.standing("a").await, "due");
        tokio::time::sleep(Duration::from_secs(86_500)).await;
        connections(&device, &server, 2).await;
        assert_eq!(sent(&server, "DELE"), 0);
        tokio::time::sleep(Duration::from_secs(86_500)).await;
        connections(&device, &server, 3).await;
        assert_eq!(device.standing("a").await, "deleted");
        assert_eq!(device.subjects().await, ["A"], "it stays here");
        look(&device, &server, 4).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_change_of_the_settings_holds_for_what_was_to_be_deleted() {
    let removal = Removal { after_days: Some(1), ..Removal::default() };
    let pop3 = Pop3Settings { removal, ..Pop3Settings::default() };
    let server = ScriptedServer::new().then(left()).always(one(QUIT));
    local(async {
        let device = added(&server, pop3).await;
        device.engine.set_pop3(1, Pop3Settings::default()).await.expect("is stored");
        assert_eq!(device.standing("a").await, "both");
        tokio::time::sleep(Duration::from_secs(2 * 86_400)).await;
        device.online().await;
        assert_eq!((sent(&server, "DELE"), device.standing("a").await), (0, "both"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_the_browser_may_evict_stays_there_until_it_does_not_or_the_user_accepts_that() {
    let accepting = Pop3Settings { accepts_eviction: true, ..deleting() };
    for accepts in [false, true] {
        let server = ScriptedServer::new().then(left()).then(one(QUIT)).then(one(&(compared(1, 'A') + QUIT)));
        local(async {
            let device = Device::start(&server);
            device.watch.set_evictable(true);
            let settings = AccountSettings { pop3: deleting(), ..settings(Protocol::Pop3, Security::Tls) };
            device.add(settings).await.expect("signs in");
            device.online().await;
            look(&device, &server, 2).await;
            assert_eq!(device.notices().await, [Notice::StorageMayBeEvicted { messages: 1 }]);
            assert_eq!(device.standing("a").await, "due");
            if accepts {
                device.engine.set_pop3(1, accepting.clone()).await.expect("is stored");
            } else {
                device.watch.set_evictable(false);
                device.engine.sync_now(1);
            }
            connections(&device, &server, 3).await;
            assert_eq!((device.notices().await, device.standing("a").await), (vec![], "deleted"));
        })
        .await;
        server.assert_played();
    }
}

#[tokio::test(start_paused = true)]
async fn storage_that_stops_to_be_persistent_between_storing_and_deleting_holds_the_deletion_back() {
    let server = ScriptedServer::new().then(one(&format!("{}HOLD evictable\n{QUIT}", take(1, 'A'))));
    local(async {
        let device = Device::start(&server);
        let settings = AccountSettings { pop3: deleting(), ..settings(Protocol::Pop3, Security::Tls) };
        // From the first commit on it may be evicted.
        let watch = device.watch.clone();
        device.watch.on(Point::AfterComplete, move || watch.set_evictable(true));
        device.add(settings).await.expect("signs in");
        device.until("it to be stored", async || !device.inbox().await.is_empty()).await;
        server.release("evictable");
        device.online().await;
        assert_eq!((sent(&server, "DELE"), device.standing("a").await), (0, "due"));
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_is_evicted_between_dele_and_quit_is_not_deleted_on_the_server() {
    let marked = format!("{}C: DELE 1\nHOLD marked\nS: +OK", take(1, 'A'));
    let server = ScriptedServer::new().then(one(&marked)).then(one(&(take(1, 'A') + &dele(1) + QUIT)));
    local(async {
        let device = Device::start(&server);
        let settings = AccountSettings { pop3: deleting(), ..settings(Protocol::Pop3, Security::Tls) };
        device.add(settings).await.expect("signs in");
        device.until("it to be marked", async || sent(&server, "DELE") == 1).await;
        let mut batch = Batch::default();
        Table::ALL.into_iter().for_each(|table| batch.delete_prefix(table, Key::default()));
        device.store.commit(batch).await.expect("empties it");
        device.engine.storage_changed(StorageState::Evicted).await.expect("stores the account");
        server.release("marked");
        connections(&device, &server, 2).await;
        assert_eq!((device.subjects().await, device.standing("a").await), (vec!["A".to_owned()], "deleted"));
        // The one of the session in which it came again.
        assert_eq!(sent(&server, "QUIT"), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_may_not_write_any_more_asks_for_no_deletion_and_carries_none_out() {
    use Point::{AfterDele, AfterReadBack, BeforeQuit};
    for (point, asked) in [(AfterReadBack, 0), (AfterDele, 1), (BeforeQuit, 1)] {
        let server = ScriptedServer::new().then(one(&(take(1, 'A') + &dele(1) + QUIT)));
        local(async {
            let device = Device::start(&server);
            let store = device.store.clone();
            device.watch.on(point, move || store.refuse(StoreError::Superseded));
            let settings = AccountSettings { pop3: deleting(), ..settings(Protocol::Pop3, Security::Tls) };
            device.add(settings).await.expect("signs in");
            let (error, _) = device.offline().await;
            assert_eq!(error.code, "store-superseded");
            assert_eq!((sent(&server, "DELE"), sent(&server, "QUIT")), (asked, 0), "{point:?}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn mail_that_was_stored_loosely_is_on_disk_before_it_is_deleted() {
    let server = ScriptedServer::new().then(left()).then(one(&(compared(1, 'A') + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        assert_eq!(device.store.strict_commits(), 0);
        let store = device.store.clone();
        device.watch.on(Point::BeforeDele, move || assert!(store.strict_commits() > 0, "not on disk"));
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        connections(&device, &server, 2).await;
        assert!(device.store.strict_commits() > 0);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn mail_that_the_server_deletes_by_itself_once_it_was_taken_is_on_disk_before_quit() {
    for (capability, commits) in [("S: EXPIRE 0", 1), ("S: EXPIRE 30", 0)] {
        let server =
            ScriptedServer::new().then(session_with(capability, &[SIZE], &["a"], &(take(1, 'A') + QUIT)));
        local(async {
            let device = Device::start(&server);
            let store = device.store.clone();
            device.watch.on(Point::BeforeQuit, move || assert_eq!(store.strict_commits(), commits));
            device.add(settings(Protocol::Pop3, Security::Tls)).await.expect("signs in");
            device.online().await;
        })
        .await;
        server.assert_played();
    }
}

/// Another one takes the lease just before QUIT.
async fn sends_no_quit_once_superseded(server: &ScriptedServer) {
    local(async {
        let device = Device::start(server);
        let store = device.store.clone();
        device.watch.on(Point::BeforeQuit, move || store.refuse(StoreError::Superseded));
        device.add(settings(Protocol::Pop3, Security::Tls)).await.expect("signs in");
        let (error, _) = device.offline().await;
        assert_eq!((error.code.as_str(), sent(server, "QUIT")), ("store-superseded", 0));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_may_not_write_any_more_does_not_let_the_server_delete_what_was_taken() {
    let server = ScriptedServer::new().then(session_with("S: EXPIRE 0", &[SIZE], &["a"], &take(1, 'A')));
    sends_no_quit_once_superseded(&server).await;
}

#[tokio::test(start_paused = true)]
async fn whether_it_may_still_write_is_found_out_also_where_nothing_is_known() {
    let server = ScriptedServer::new().then(session_with("S: EXPIRE 0", &[], &[], QUIT));
    sends_no_quit_once_superseded(&server).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_read_back_as_it_came_is_not_left_to_a_server_that_deletes_what_was_taken() {
    let server = ScriptedServer::new().then(session_with("S: EXPIRE 0", &[SIZE], &["a"], &take(1, 'A')));
    local(async {
        let device = Device::start(&server);
        let store = device.store.clone();
        device.watch.on(Point::BeforeReadBack, move || {
            spoil(&store).now_or_never().expect("a store in memory waits for nothing");
        });
        device.add(settings(Protocol::Pop3, Security::Tls)).await.expect("signs in");
        let (error, _) = device.offline().await;
        assert_eq!((error.code.as_str(), sent(&server, "QUIT")), ("store-damaged", 0));
    })
    .await;
}

/// Changes an octet of every stored message.
async fn spoil(store: &impl Store) {
    let read = Read::Prefix {
        table: Table::Bodies,
        prefix: Key::default(),
        after: None,
        descending: false,
        limit: None,
    };
    let answers = store.read(vec![read]).await.expect("is readable");
    let Some(ReadResult::Entries(chunks)) = answers.into_iter().next() else { panic!("no entries") };
    assert!(!chunks.is_empty());
    let mut batch = Batch::default();
    for (key, mut chunk) in chunks {
        chunk[0] ^= 1;
        batch.put(Table::Bodies, key, chunk);
    }
    store.commit(batch).await.expect("commits");
}

#[tokio::test(start_paused = true)]
async fn octets_that_are_not_read_back_as_they_came_are_taken_again_before_anything_is_deleted() {
    let server =
        ScriptedServer::new().then(left()).then(one(&(top(1, 'A') + &take(1, 'A') + &dele(1) + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        spoil(&device.store).await;
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        connections(&device, &server, 2).await;
        let rows = device.inbox().await;
        assert_eq!(rows.len(), 1);
        let octets = device.engine.message(crate::support::id(&rows[0])).await.expect("it is here");
        assert_eq!(octets, b"Subject: A\r\n\r\ntext\r\n");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_refused_stays_and_is_asked_for_again() {
    let refused = "C: DELE 1\nS: -ERR not now\n";
    let server = ScriptedServer::new()
        .then(one(&(take(1, 'A') + refused + QUIT)))
        .then(one(&(compared(1, 'A') + QUIT)));
    local(async {
        let device = added(&server, deleting()).await;
        assert_eq!(device.standing("a").await, "due");
        look(&device, &server, 2).await;
        assert_eq!(device.standing("a").await, "deleted");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_stream_within_a_message_leads_to_no_deletion() {
    for end in ["END", "CUT"] {
        let cut = format!("C: RETR 1\nS: +OK\nS: Subject: A\nS: \nS: te\n{end}");
        let server = ScriptedServer::new().then(one(&cut)).then(one(&(take(1, 'A') + &dele(1) + QUIT)));
        local(async {
            let device = added_in_vain(&server, deleting()).await;
            assert_eq!(device.subjects().await, Vec::<String>::new());
            device.online().await;
            assert_eq!(device.subjects().await, ["A"]);
        })
        .await;
        server.assert_played();
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_to_quit_the_next_listing_tells_what_was_deleted() {
    let hangs_up = one(&(take(1, 'A') + &dele(1) + "C: QUIT\nCUT"));
    for next in [none(), one(&(compared(1, 'A') + QUIT))] {
        let server = ScriptedServer::new().then(hangs_up.clone()).then(next);
        local(async {
            let device = added_in_vain(&server, deleting()).await;
            assert_eq!(device.standing("a").await, "deleting", "nobody knows");
            device.online().await;
            assert_eq!((device.standing("a").await, device.subjects().await.len()), ("deleted", 1));
        })
        .await;
        server.assert_played();
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_was_not_carried_out_is_forgotten_once_the_user_wants_none() {
    let hangs_up = one(&(take(1, 'A') + &dele(1) + "C: QUIT\nCUT"));
    let server = ScriptedServer::new().then(hangs_up).then(one(QUIT));
    local(async {
        let device = added_in_vain(&server, deleting()).await;
        device.engine.set_pop3(1, Pop3Settings::default()).await.expect("is stored");
        device.online().await;
        assert_eq!(device.standing("a").await, "both");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn quit_answered_by_err_deletes_nothing_for_sure() {
    let server = ScriptedServer::new()
        .then(one(&(take(1, 'A') + &dele(1) + "C: QUIT\nS: -ERR some deleted messages not removed\nEND")))
        .then(one(&(compared(1, 'A') + QUIT)));
    local(async {
        let device = added(&server, deleting()).await;
        assert_eq!(device.standing("a").await, "deleting");
        look(&device, &server, 2).await;
        assert_eq!(device.standing("a").await, "deleted");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lists_what_it_deleted_is_not_asked_for_ever() {
    let server = ScriptedServer::new()
        .then(one(&(take(1, 'A') + &dele(1) + QUIT)))
        .then(one(&(top(1, 'A') + QUIT)))
        .then(one(QUIT));
    local(async {
        let device = added(&server, deleting()).await;
        look(&device, &server, 2).await;
        assert_eq!(device.notices().await, [Notice::DeletionWithoutEffect { messages: 1 }]);
        assert_eq!((device.standing("a").await, device.subjects().await.len()), ("both", 1));
        look(&device, &server, 3).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn by_hand_a_message_leaves_the_server_whether_it_is_here_or_not() {
    let pop3 = Pop3Settings { per_check: Some(1), interval: None, ..Pop3Settings::default() };
    let both = |rest: &str| session_with("S: TOP", &[SIZE, SIZE], &["a", "b"], rest);
    let server = ScriptedServer::new()
        .then(both(&(take(1, 'A') + QUIT)))
        .then(both(&(top(1, 'A') + &top(2, 'B') + &dele(2) + &dele(1) + QUIT)))
        .then(none());
    local(async {
        let device = added(&server, pop3).await;
        let unwanted = ["a".to_owned(), "b".to_owned()];
        device.engine.delete_on_server(1, &unwanted).await.expect("is stored");
        assert_eq!(device.standing("b").await, "due");
        connections(&device, &server, 2).await;
        assert_eq!((device.standing("a").await, device.standing("b").await), ("deleted", "deleted"));
        assert_eq!(device.subjects().await, ["A"], "what was here stays here");
        look(&device, &server, 3).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_message_to_be_deleted_by_hand_is_not_deleted_under_an_id_that_is_anothers_now() {
    let server =
        ScriptedServer::new().then(left()).then(one(&(top(1, 'B') + &take(1, 'B') + QUIT))).then(one(QUIT));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.delete_on_server(1, &["a".to_owned()]).await.expect("is stored");
        connections(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["B", "A"]);
        assert_eq!(device.notices().await, [Notice::ReusedUniqueIds { messages: 1 }]);
        look(&device, &server, 3).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn every_moment_of_a_deletion_comes_in_its_order() {
    let server = ScriptedServer::new().then(one(&(take(1, 'A') + &dele(1) + QUIT)));
    local(async {
        let device = added(&server, deleting()).await;
        use Point::*;
        // The two within a transaction are those of IndexedDB: tests/browser/harness/contract.mjs.
        let order = [
            BeforePut,
            AfterComplete,
            BeforeReadBack,
            AfterReadBack,
            BeforeDele,
            AfterDele,
            BeforeQuit,
            AfterQuit,
        ];
        assert_eq!(device.watch.take_points(), order);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_wants_time_between_logins_gets_it_whoever_asks() {
    let delay = "S: LOGIN-DELAY 300";
    let server = ScriptedServer::new()
        .then(session_with(delay, &[SIZE], &["a"], &(take(1, 'A') + &dele(1) + QUIT)))
        .then(session_with(delay, &[], &[], QUIT));
    local(async {
        let device = added(&server, Pop3Settings { interval: Some(60), ..deleting() }).await;
        assert_eq!(device.notices().await, [Notice::LoginDelay { seconds: 300 }]);
        let from = tokio::time::Instant::now();
        device.engine.sync_now(1);
        connections(&device, &server, 2).await;
        let waited = from.elapsed();
        assert!((298..=301).contains(&waited.as_secs()), "{waited:?}");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn the_time_that_a_server_wants_between_logins_is_kept_over_a_new_start() {
    let session = || session_with("S: LOGIN-DELAY 300", &[SIZE], &["a"], QUIT);
    let first = session_with("S: LOGIN-DELAY 300", &[SIZE], &["a"], &(take(1, 'A') + QUIT));
    let server = ScriptedServer::new().then(first).then(session()).then(session());
    local(async {
        let device = added(&server, Pop3Settings { interval: None, ..Pop3Settings::default() }).await;
        let store = device.store.clone();
        drop(device);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).expect("is later").as_secs();
        let device = Device::over(&server, store);
        let from = tokio::time::Instant::now();
        device.engine.resume(1, Secret::from(PASSWORD)).await.expect("takes it up");
        let (error, retry_at) = device.offline().await;
        let seconds = retry_at.map(|at| at / 1000 - wall);
        assert_eq!((error.code.as_str(), error.retryable), ("login-delay", true));
        assert!(seconds.is_some_and(|seconds| (295..=302).contains(&seconds)), "{seconds:?}");
        connections(&device, &server, 2).await;
        let waited = from.elapsed();
        assert!((298..=301).contains(&waited.as_secs()), "{waited:?}");
        device.engine.sign_out(1).await.expect("ends");
        // Whoever gives the password is not held back.
        device.engine.sign_in(1, Secret::from(PASSWORD)).await.expect("signs in");
        assert_eq!(from.elapsed().as_secs(), waited.as_secs());
        device.online().await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_the_time_that_a_server_wants_between_logins_is_when_it_is_tried_again() {
    let delay = "S: LOGIN-DELAY 300";
    let server = ScriptedServer::new()
        .then(session_with(delay, &[SIZE], &["a"], "C: RETR 1\nS: +OK\nCUT"))
        .then(session_with(delay, &[SIZE], &["a"], &(take(1, 'A') + QUIT)));
    local(async {
        let from = tokio::time::Instant::now();
        let device = added_in_vain(&server, Pop3Settings::default()).await;
        let (why, soon) = device.offline().await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        let (error, retry_at) = device.offline().await;
        assert_eq!(error, why, "it is still what is wrong");
        let later = retry_at.zip(soon).map(|(at, soon)| (at - soon) / 1000);
        assert!(later.is_some_and(|later| later > 200), "{later:?}");
        device.online().await;
        assert!((298..=301).contains(&from.elapsed().as_secs()), "{:?}", from.elapsed());
    })
    .await;
    server.assert_played();
}
