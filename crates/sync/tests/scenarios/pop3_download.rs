//! POP3: how much of the mail is taken, when, and how the rest comes.

use crate::pop3::{QUIT, SIZE, added, look, sent, session, session_with, take};
use crate::support::{Device, deleting, id, local, settings};
use std::time::Duration;
use waypost_store::{Download, Notice, Pop3Settings, Protocol, Security};
use waypost_sync::AccountSettings;
use waypost_testkit::script::{Script, ScriptedServer};

/// A message of which the first lines are asked for.
const LARGE: u32 = 5000;

fn beginning() -> Pop3Settings {
    Pop3Settings { download: Download::Beginning { kibibytes: 1 }, ..Pop3Settings::default() }
}

fn large(number: u32, verb: &str) -> String {
    let text = "S: All work and no play makes Jack a dull boy, and Jill a dull girl too.\n".repeat(67);
    let text = if verb == "RETR" { text } else { "S: All work\n".to_owned() };
    let command = if verb == "RETR" { format!("RETR {number}") } else { format!("TOP {number} {verb}") };
    format!("C: {command}\nS: +OK\nS: Subject: Large\nS: \n{text}S: .\n")
}

#[tokio::test(start_paused = true)]
async fn the_beginning_comes_first_and_the_rest_when_it_is_opened() {
    let server = ScriptedServer::new()
        .then(session_with("S: TOP", &[LARGE, SIZE], &["a", "b"], &(large(1, "14") + &take(2, 'B') + QUIT)))
        .then(session_with("S: TOP", &[LARGE, SIZE], &["a", "b"], &(large(1, "RETR") + QUIT)));
    local(async {
        let device = added(&server, beginning()).await;
        let rows = device.inbox().await;
        let large = rows.iter().find(|row| row.subject == "Large").expect("is listed");
        assert_eq!((large.body, large.size, large.snippet.as_str()), (false, u64::from(LARGE), "All work"));
        assert_eq!(device.standing("a").await, "onServer");
        device.engine.change_flags(&[id(large)], &["\\Flagged".to_owned()], &[]).await.expect("is stored");
        let octets = device.engine.message(id(large)).await.expect("comes");
        assert!(octets.len() > 4500, "{}", octets.len());
        let row = device.row(id(large).uid).await;
        assert_eq!((row.body, row.flags.len()), (true, 1), "its flags stay");
        assert_eq!((device.inbox().await.len(), device.standing("a").await), (2, "both"));
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_came_whole_before_the_line_was_cut_is_here_and_not_taken_a_second_time() {
    for end in ["END", "CUT"] {
        let cut = format!("C: RETR 3\nS: +OK\nS: Subject: C\nS: \nS: te\n{end}");
        let three = |rest: &str| session(&[SIZE; 3], &["a", "b", "c"], rest);
        let server = ScriptedServer::new()
            .then(three(&(take(1, 'A') + &take(2, 'B') + &cut)))
            .then(three(&(take(3, 'C') + QUIT)));
        local(async {
            let device = Device::start(&server);
            device.add(settings(Protocol::Pop3, Security::Tls)).await.expect("signs in");
            device.offline().await;
            assert_eq!(device.subjects().await, ["B", "A"]);
            assert_eq!((device.standing("a").await, device.standing("b").await), ("both", "both"));
            device.online().await;
            assert_eq!(device.subjects().await, ["C", "B", "A"]);
        })
        .await;
        server.assert_played();
        assert_eq!((sent(&server, "RETR"), sent(&server, "RETR 3")), (4, 2), "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_beginning_is_never_deleted_from_the_server() {
    let server = ScriptedServer::new()
        .then(session_with("S: TOP", &[LARGE], &["a"], &(large(1, "14") + QUIT)))
        .then(session_with("S: TOP", &[LARGE], &["a"], QUIT));
    local(async {
        let device = added(&server, Pop3Settings { removal: deleting().removal, ..beginning() }).await;
        look(&device, &server, 2).await;
        assert_eq!(device.standing("a").await, "onServer");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_listed_stays_there_and_comes_when_it_is_asked_for() {
    let pop3 = Pop3Settings { skip_above: Some(1000), ..deleting() };
    let server = ScriptedServer::new()
        .then(session_with(
            "S: TOP",
            &[LARGE, SIZE],
            &["a", "b"],
            &(large(1, "0") + &take(2, 'B') + "C: DELE 2\nS: +OK\n" + QUIT),
        ))
        .then(session_with("S: TOP", &[LARGE], &["a"], QUIT))
        .then(session_with("S: TOP", &[LARGE], &["a"], &(large(1, "RETR") + QUIT)));
    local(async {
        let device = added(&server, pop3).await;
        look(&device, &server, 2).await;
        let rows = device.inbox().await;
        let large = rows.iter().find(|row| row.subject == "Large").expect("is listed");
        assert_eq!((rows.len(), large.body), (2, false));
        device.engine.load_from_server(1, vec!["a".to_owned()]).await.expect("comes");
        assert!(device.row(id(large).uid).await.body);
        assert_eq!(device.inbox().await.len(), 2);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn without_top_what_is_too_large_is_listed_without_its_header() {
    let pop3 = Pop3Settings { skip_above: Some(1000), ..Pop3Settings::default() };
    let server = ScriptedServer::new().then(session(&[LARGE, SIZE], &["a", "b"], &(take(2, 'B') + QUIT)));
    local(async {
        let device = added(&server, pop3).await;
        let sizes: Vec<u64> = device.inbox().await.iter().map(|row| row.size).collect();
        assert!(sizes.contains(&u64::from(LARGE)), "{sizes:?}");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_check_takes_so_many_and_the_rest_is_listed_can_be_loaded_and_comes_with_the_next() {
    let pop3 =
        Pop3Settings { per_check: Some(1), newest_first: true, interval: None, ..Pop3Settings::default() };
    let three = |rest: &str| session(&[SIZE, SIZE, SIZE], &["a", "b", "c"], &(rest.to_owned() + QUIT));
    let server = ScriptedServer::new()
        .then(three(&take(3, 'C')))
        // What is asked for comes before what is next.
        .then(three(&(take(1, 'A') + &take(2, 'B'))));
    local(async {
        let device = added(&server, pop3).await;
        assert_eq!(device.subjects().await, ["C"]);
        let ledger = device.ledger().await;
        let here: Vec<(&str, bool)> =
            ledger.values().map(|entry| (entry.uidl.as_str(), entry.here)).collect();
        assert_eq!(here, [("a", false), ("b", false), ("c", true)]);
        assert_eq!(device.standing("a").await, "onServer");
        device.engine.load_from_server(1, vec!["a".to_owned()]).await.expect("comes");
        device.online().await;
        let mut subjects = device.subjects().await;
        subjects.sort();
        assert_eq!(subjects, ["A", "B", "C"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_the_server_has_no_more_is_said_to_whoever_asks_for_it() {
    let server = ScriptedServer::new().then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT))).then(session(
        &[SIZE],
        &["a"],
        QUIT,
    ));
    local(async {
        let device = added(&server, Pop3Settings { interval: None, ..Pop3Settings::default() }).await;
        let error = device.engine.load_from_server(1, vec!["z".to_owned()]).await.expect_err("it is gone");
        assert_eq!(error.code, "message-gone");
        device.engine.sign_out(1).await.expect("signs out");
        let error = device.engine.load_from_server(1, vec!["a".to_owned()]).await.expect_err("is signed out");
        assert_eq!(error.code, "signed-out");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn by_hand_only_means_that_nothing_is_looked_for_by_itself() {
    let server = ScriptedServer::new().then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT))).then(session(
        &[SIZE, SIZE],
        &["a", "b"],
        &(take(2, 'B') + QUIT),
    ));
    local(async {
        let device = added(&server, Pop3Settings { interval: None, ..Pop3Settings::default() }).await;
        tokio::time::sleep(Duration::from_secs(7 * 86_400)).await;
        assert_eq!(server.endpoints().len(), 1);
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["B", "A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_login_that_came_too_soon_is_given_its_time() {
    let too_soon = Script::parse(
        "S: +OK ready
         C: CAPA
         S: +OK
         S: SASL PLAIN
         S: .
         C: AUTH PLAIN {initial}
         S: -ERR [LOGIN-DELAY] not so often",
    );
    let server = ScriptedServer::new()
        .then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT)))
        .then(too_soon)
        .then(session(&[SIZE], &["a"], QUIT));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.sync_now(1);
        let (error, _) = device.offline().await;
        assert_eq!(error.code, "login-delay");
        let from = tokio::time::Instant::now();
        device.online().await;
        assert!(from.elapsed() >= Duration::from_secs(59), "{:?}", from.elapsed());
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_deletes_by_itself_is_known_for_it() {
    let server =
        ScriptedServer::new().then(session_with("S: EXPIRE 30", &[SIZE], &["a"], &(take(1, 'A') + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        assert_eq!(device.notices().await, [Notice::ServerExpires { days: 30 }]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn settings_that_make_no_sense_are_refused_before_anything_is_asked() {
    let server = ScriptedServer::new();
    local(async {
        let device = Device::start(&server);
        let pop3 = Pop3Settings { interval: Some(1), ..Pop3Settings::default() };
        let settings = AccountSettings { pop3, ..settings(Protocol::Pop3, Security::Tls) };
        let error = device.add(settings).await.expect_err("every second is too often");
        assert_eq!(error.code, "bad-request");
        assert!(server.endpoints().is_empty());
    })
    .await;
}
