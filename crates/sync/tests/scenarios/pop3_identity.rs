//! POP3: servers whose unique ids are missing, repeated, reused or all new.

use crate::pop3::{QUIT, SIZE, added, look, sent, session, session_with, take};
use crate::support::{Device, deleting, local};
use waypost_store::{Migration, Notice, Pop3Settings, Removal};
use waypost_sync::AccountState;
use waypost_testkit::script::{Script, ScriptedServer};

fn top(number: u32, letter: char) -> String {
    format!("C: TOP {number} 0\nS: +OK\nS: Subject: {letter}\nS: \nS: .\n")
}

fn with_top(sizes: &[u32], ids: &[&str], rest: &str) -> Script {
    session_with("S: TOP", sizes, ids, &(rest.to_owned() + QUIT))
}

#[tokio::test(start_paused = true)]
async fn without_ids_headers_tell_what_is_here_and_nothing_is_deleted() {
    let server =
        ScriptedServer::new().then(with_top(&[SIZE, SIZE], &[], &(take(1, 'A') + &take(2, 'B')))).then(
            with_top(&[SIZE, SIZE, SIZE], &[], &(top(1, 'A') + &top(2, 'B') + &top(3, 'C') + &take(3, 'C'))),
        );
    local(async {
        let device = added(&server, deleting()).await;
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["C", "B", "A"]);
        assert_eq!(device.notices().await, [Notice::NoUniqueIds]);
        let error = {
            let ledger = device.ledger().await;
            let nameless: Vec<String> = ledger.into_keys().collect();
            device.engine.delete_on_server(1, &nameless).await.expect_err("there is no id")
        };
        assert_eq!(error.code, "bad-request");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn an_id_of_several_names_none_and_is_said() {
    let server = ScriptedServer::new()
        .then(with_top(
            &[SIZE, SIZE, SIZE],
            &["x", "x", "c"],
            &(take(1, 'A') + &take(2, 'B') + &take(3, 'C') + "C: DELE 3\nS: +OK\n"),
        ))
        .then(with_top(&[SIZE, SIZE], &["x", "x"], &(top(1, 'A') + &top(2, 'B'))));
    local(async {
        let device = added(&server, deleting()).await;
        assert_eq!(device.notices().await, [Notice::RepeatedUniqueIds { messages: 2 }]);
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["C", "B", "A"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_loses_its_ids_for_a_while_doubles_nothing() {
    let server = ScriptedServer::new()
        .then(with_top(&[SIZE, SIZE], &["a", "b"], &(take(1, 'A') + &take(2, 'B'))))
        .then(with_top(&[SIZE, SIZE], &[], &(top(1, 'A') + &top(2, 'B'))))
        .then(session(&[SIZE, SIZE], &[], &(take(1, 'A') + &take(2, 'B') + QUIT)))
        .then(with_top(&[SIZE, SIZE], &["a", "b"], ""));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        for connections in 2..=4 {
            look(&device, &server, connections).await;
            assert_eq!(device.subjects().await, ["B", "A"]);
        }
        assert_eq!(device.notices().await, []);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_reused_id_takes_the_other_message_says_so_and_deletes_neither() {
    let server = ScriptedServer::new()
        .then(with_top(&[SIZE], &["a"], &take(1, 'A')))
        .then(with_top(&[SIZE + 1], &["a"], &(top(1, 'B') + &take(1, 'B'))))
        .then(with_top(&[SIZE + 1], &["a"], ""));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["B", "A"]);
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("the next look", async || server.endpoints().len() == 3).await;
        device.online().await;
        assert_eq!(device.notices().await, [Notice::ReusedUniqueIds { messages: 1 }]);
        assert_eq!(sent(&server, "DELE"), 0);
        let states: Vec<&str> = device.ledger().await.values().map(|entry| entry.state.name()).collect();
        assert_eq!(states, ["both", "here"], "nothing is forgotten");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_adds_lines_to_its_mail_doubles_nothing() {
    let header = "S: +OK\nS: Message-ID: <a@waypost.example>\nS: Subject: A\nS: X-UIDL: 7\n";
    let marked = &format!("C: RETR 1\n{header}S: \nS: text\nS: .\n");
    let again = &format!("C: TOP 1 0\n{header}S: Status: RO\nS: \nS: .\n");
    let grown = SIZE + 44;
    let server = ScriptedServer::new()
        .then(with_top(&[SIZE], &["a"], marked))
        .then(with_top(&[grown], &["a"], ""))
        .then(with_top(&[grown + 12], &["a"], again))
        .then(with_top(&[grown + 12], &["a"], ""));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        for connections in 2..=4 {
            look(&device, &server, connections).await;
        }
        assert_eq!((device.subjects().await, device.standing("a").await), (vec!["A".to_owned()], "both"));
    })
    .await;
    server.assert_played();
}

/// The message of `take(1, 'A')`, with lines that a server added.
fn retr_with(lines: &str) -> String {
    format!("C: RETR 1\nS: +OK\nS: Subject: A\n{lines}S: \nS: text\nS: .\n")
}

/// Its size with [`STATUS`].
const GROWN: u32 = SIZE + 12;
const STATUS: &str = "S: Status: RO\n";

#[tokio::test(start_paused = true)]
async fn without_a_message_id_a_size_that_changed_is_looked_into() {
    let days = Removal { after_days: Some(30), ..Removal::default() };
    let smaller = "C: RETR 1\nS: +OK\nS: Subject: A\nS: \nS: no\nS: .\n".to_owned();
    let much = format!("S: X-Much: {}\n", "x".repeat(503));
    for (removal, size, comes, here, standing) in [
        (Removal::default(), SIZE - 2, smaller, 2, "both"),
        (Removal::default(), SIZE + 513, retr_with(&much), 2, "both"),
        // It may be deleted one day: whether it is the same is found out at once.
        (days, GROWN, retr_with(STATUS), 1, "due"),
    ] {
        let server = ScriptedServer::new()
            .then(with_top(&[SIZE], &["a"], &take(1, 'A')))
            .then(with_top(&[size], &["a"], &(top(1, 'A') + &comes)))
            .then(with_top(&[size], &["a"], ""));
        local(async {
            let device = added(&server, Pop3Settings { removal, ..Pop3Settings::default() }).await;
            look(&device, &server, 2).await;
            look(&device, &server, 3).await;
            assert_eq!((device.inbox().await.len(), device.standing("a").await), (here, standing));
        })
        .await;
        server.assert_played();
    }
}

/// A message without a Message-ID that has grown since it came, and then is to be deleted.
async fn grown_and_then(end: &str) -> (ScriptedServer, Device) {
    let server = ScriptedServer::new()
        .then(with_top(&[SIZE], &["a"], &take(1, 'A')))
        .then(with_top(&[GROWN], &["a"], &top(1, 'A')))
        .then(with_top(&[GROWN], &["a"], ""))
        .then(with_top(&[GROWN], &["a"], &(top(1, 'A') + end)));
    let device = added(&server, Pop3Settings::default()).await;
    look(&device, &server, 2).await;
    look(&device, &server, 3).await;
    assert_eq!((device.subjects().await, device.standing("a").await), (vec!["A".to_owned()], "both"));
    (server, device)
}

#[tokio::test(start_paused = true)]
async fn a_message_that_grew_by_what_servers_add_is_known_and_compared_before_it_is_deleted() {
    local(async {
        let (server, device) = grown_and_then(&(retr_with(STATUS) + "C: DELE 1\nS: +OK\n")).await;
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("the next look", async || server.endpoints().len() == 4).await;
        device.online().await;
        assert_eq!((device.subjects().await, device.standing("a").await), (vec!["A".to_owned()], "deleted"));
        server.assert_played();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_grew_and_is_another_when_it_is_compared_is_not_deleted() {
    let other = "C: RETR 1\nS: +OK\nS: Subject: A\nS: \nS: another text is\nS: .\n";
    local(async {
        let (server, device) = grown_and_then(other).await;
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("the next look", async || server.endpoints().len() == 4).await;
        device.online().await;
        assert_eq!(device.subjects().await, ["A", "A"]);
        assert_eq!(device.notices().await, [Notice::ReusedUniqueIds { messages: 1 }]);
        assert_eq!(sent(&server, "DELE"), 0);
        server.assert_played();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_message_that_grew_and_is_here_no_more_comes_again_before_it_is_deleted() {
    local(async {
        let (server, device) = grown_and_then(&retr_with(STATUS)).await;
        let message = device.inbox().await.remove(0).id.parse().expect("is an id");
        let moved = device.engine.delete_messages(&[message]).await.expect("goes to the trash").remove(0);
        device.engine.delete_messages(&[moved.to]).await.expect("goes for good");
        device.engine.delete_on_server(1, &["a".to_owned()]).await.expect("is noted");
        device.until("the next look", async || server.endpoints().len() == 4).await;
        device.online().await;
        assert_eq!((device.subjects().await, device.standing("a").await), (vec!["A".to_owned()], "both"));
        assert_eq!(sent(&server, "DELE"), 0);
        server.assert_played();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn another_text_under_the_same_header_is_another_message_and_neither_is_deleted() {
    let other = "C: RETR 1\nS: +OK\nS: Subject: A\nS: \nS: next\nS: .\n";
    let server = ScriptedServer::new()
        .then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT)))
        .then(session(&[SIZE], &["a"], &(other.to_owned() + QUIT)))
        .then(session(&[SIZE], &["a"], QUIT));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("the next look", async || server.endpoints().len() == 2).await;
        device.online().await;
        assert_eq!(device.subjects().await, ["A", "A"]);
        assert_eq!(device.notices().await, [Notice::ReusedUniqueIds { messages: 1 }]);
        look(&device, &server, 3).await;
        assert_eq!(sent(&server, "DELE"), 0);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn the_same_text_under_a_header_with_lines_of_the_server_is_the_same_message() {
    let marked = "C: RETR 1\nS: +OK\nS: Subject: A\nS: Status: RO\nS: \nS: text\nS: .\nC: DELE 1\nS: +OK\n";
    let server = ScriptedServer::new().then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT))).then(session(
        &[SIZE],
        &["a"],
        &(marked.to_owned() + QUIT),
    ));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("the next look", async || server.endpoints().len() == 2).await;
        device.online().await;
        assert_eq!((device.subjects().await, device.standing("a").await), (vec!["A".to_owned()], "deleted"));
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_few_messages_under_new_ids_are_stored_once_also_where_mail_is_to_be_deleted() {
    let removal = Removal { after_days: Some(30), ..Removal::default() };
    let both = |ids: &[&str]| with_top(&[SIZE, SIZE], ids, &(take(1, 'A') + &take(2, 'B')));
    let server = ScriptedServer::new().then(both(&["a", "b"])).then(both(&["c", "d"])).then(with_top(
        &[SIZE, SIZE],
        &["c", "d"],
        "",
    ));
    local(async {
        let device = added(&server, Pop3Settings { removal, ..Pop3Settings::default() }).await;
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["B", "A"]);
        assert_eq!(device.ledger().await.into_keys().collect::<Vec<_>>(), ["c", "d"]);
        look(&device, &server, 3).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_there_and_comes_under_a_new_id_is_another_message() {
    let again = |id| with_top(&[SIZE], &[id], &(take(1, 'A') + "C: DELE 1\nS: +OK\n"));
    let server = ScriptedServer::new().then(again("a")).then(again("b"));
    local(async {
        let device = added(&server, deleting()).await;
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["A", "A"]);
        assert_eq!((device.standing("a").await, device.standing("b").await), ("deleted", "deleted"));
    })
    .await;
    server.assert_played();
}

const LETTERS: [char; 12] = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L'];

fn numbered(letters: &[char], line: impl Fn(u32, char) -> String) -> String {
    (1..).zip(letters).map(|(number, letter)| line(number, *letter)).collect()
}

/// A maildrop with these letters, under ids that begin with this.
fn maildrop(prefix: &str, letters: &[char], rest: &str) -> Script {
    let ids: Vec<String> = letters.iter().map(|letter| format!("{prefix}{letter}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    with_top(&vec![SIZE; ids.len()], &ids, rest)
}

/// A device with ten messages of a server that gives all of them new ids and has two more.
async fn migrated(server: &ScriptedServer) -> Device {
    let device = added(server, Pop3Settings::default()).await;
    device.engine.sync_now(1);
    let (error, retry_at) = device.offline().await;
    assert_eq!((error.code.as_str(), retry_at), ("unique-ids-changed", None));
    assert_eq!(device.notices().await, [Notice::AllUniqueIdsChanged { known: 10, listed: 12 }]);
    assert_eq!((sent(server, "RETR"), sent(server, "DELE")), (10, 0), "nothing is touched");
    device
}

fn before_the_answer() -> ScriptedServer {
    ScriptedServer::new()
        .then(maildrop("old", &LETTERS[..10], &numbered(&LETTERS[..10], take)))
        .then(maildrop("new", &LETTERS, &sampled(&LETTERS)))
}

/// The headers of every other one.
fn sampled(letters: &[char]) -> String {
    (1..).zip(letters).step_by(2).map(|(number, letter)| top(number, *letter)).collect()
}

#[tokio::test(start_paused = true)]
async fn the_same_mail_under_new_ids_is_found_again_and_only_what_is_new_is_taken() {
    let compared = numbered(&LETTERS, top) + &take(11, 'K') + &take(12, 'L');
    let server =
        before_the_answer().then(maildrop("new", &LETTERS, &compared)).then(maildrop("new", &LETTERS, ""));
    local(async {
        let device = migrated(&server).await;
        device.engine.answer_migration(1, Migration::SameMail).await.expect("was asked");
        device.online().await;
        assert_eq!(device.inbox().await.len(), 12);
        assert_eq!(device.notices().await, []);
        let ledger = device.ledger().await;
        assert!(ledger.keys().all(|id| id.starts_with("new")), "{:?}", ledger.keys());
        look(&device, &server, 4).await;
        let error =
            device.engine.answer_migration(1, Migration::NewMail).await.expect_err("nothing is asked");
        assert_eq!(error.code, "bad-request");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn new_mail_under_new_ids_is_all_taken() {
    let server = before_the_answer()
        .then(maildrop("new", &LETTERS, &numbered(&LETTERS, take)))
        .then(maildrop("new", &LETTERS, ""));
    local(async {
        let device = migrated(&server).await;
        device.engine.answer_migration(1, Migration::NewMail).await.expect("was asked");
        device.online().await;
        assert_eq!(device.inbox().await.len(), 22);
        look(&device, &server, 4).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn new_mail_in_a_maildrop_that_another_device_emptied_is_taken_without_a_question() {
    let new = &LETTERS[10..];
    let server = ScriptedServer::new()
        .then(maildrop("id", &LETTERS[..10], &numbered(&LETTERS[..10], take)))
        .then(maildrop("id", new, &(numbered(new, top) + &numbered(new, take))))
        .then(maildrop("id", new, ""));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        look(&device, &server, 2).await;
        assert_eq!((device.inbox().await.len(), device.notices().await), (12, vec![]));
        assert_eq!((device.standing("idA").await, device.standing("idK").await), ("here", "both"));
        look(&device, &server, 3).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_kept_where_the_comparison_is_cut() {
    let cut = session_with(
        "S: TOP",
        &[SIZE; 12],
        &LETTERS.map(|letter| format!("new{letter}")).each_ref().map(String::as_str),
        "C: TOP 1 0\nCUT",
    );
    let compared = numbered(&LETTERS, top) + &take(11, 'K') + &take(12, 'L');
    let server = before_the_answer().then(cut).then(maildrop("new", &LETTERS, &compared));
    local(async {
        let device = migrated(&server).await;
        device.engine.answer_migration(1, Migration::SameMail).await.expect("was asked");
        device.until("the cut", async || server.endpoints().len() == 4).await;
        device.until("the end", async || device.engine.state(1) == AccountState::Online).await;
        assert_eq!(device.inbox().await.len(), 12);
    })
    .await;
    server.assert_played();
}
