//! POP3 over a gateway that stops: a check goes on, here or over another connection, and nothing looks like an error.

use crate::pop3::{QUIT, SIZE, sent, session, session_with, take};
use crate::support::{Device, local, settings};
use waypost_store::{Protocol, Security};
use waypost_sync::{AccountState, Event, SyncError};
use waypost_testkit::script::{Script, ScriptedServer};

/// What the server says of a message of which no second is asked for ahead.
const LARGE: u32 = 3 * 1024 * 1024;

/// Plays all scripts until the mail has come in the order of these subjects; the errors that the user saw meanwhile.
async fn errors_shown(server: &ScriptedServer, subjects: &[&str]) -> Vec<SyncError> {
    let device = Device::start(server);
    let mut events = device.engine.subscribe();
    device.add(settings(Protocol::Pop3, Security::Tls)).await.expect("signs in");
    device.until("all mail", async || device.subjects().await == subjects).await;
    device.online().await;
    server.assert_played();
    let mut shown = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::State { status: AccountState::Offline { error, .. }, .. } = event {
            shown.push(error);
        }
    }
    shown
}

/// One message, during which the gateway asks to move.
fn take_while_asked(number: u32, letter: char) -> String {
    take(number, letter).replacen("S: +OK\n", "S: +OK\nMOVE\n", 1)
}

#[tokio::test(start_paused = true)]
async fn a_check_that_can_end_in_time_is_not_disturbed() {
    for asked in [
        format!("MOVE\n{}{}", take(1, 'A'), take(2, 'B')),
        take_while_asked(1, 'A') + &take(2, 'B'),
        format!("{}{}MOVE\n", take(1, 'A'), take(2, 'B')),
    ] {
        let server = ScriptedServer::new().then(session(&[SIZE; 2], &["a", "b"], &(asked + QUIT)));
        assert_eq!(local(errors_shown(&server, &["B", "A"])).await, []);
        assert_eq!(server.endpoints().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn of_a_long_check_the_rest_comes_over_another_connection() {
    let three = |rest: String| session(&[LARGE; 3], &["a", "b", "c"], &(rest + QUIT));
    let server =
        ScriptedServer::new().then(three(take_while_asked(1, 'A'))).then(three(take(2, 'B') + &take(3, 'C')));
    assert_eq!(local(errors_shown(&server, &["C", "B", "A"])).await, []);
    assert_eq!(sent(&server, "QUIT"), 2, "each session ends as it should");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_outlasts_the_gateway_is_taken_again_at_once() {
    let both = |rest: &str| session(&[LARGE; 2], &["a", "b"], rest);
    let server = ScriptedServer::new()
        .then(both("C: RETR 1\nS: +OK\nS: Subject: A\nMOVE\nWAIT 30000\nSHUTDOWN"))
        .then(both(&(take(1, 'A') + &take(2, 'B') + QUIT)));
    assert_eq!(local(errors_shown(&server, &["B", "A"])).await, []);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_stops_as_soon_as_it_lets_in_is_given_time() {
    let one = |rest: &str| session(&[SIZE], &["a"], rest);
    let server =
        ScriptedServer::new().then(one("C: RETR 1\nMOVE\nSHUTDOWN")).then(one(&(take(1, 'A') + QUIT)));
    let shown = local(errors_shown(&server, &["A"])).await;
    assert_eq!(shown.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(), ["shutdown"]);
}

#[tokio::test(start_paused = true)]
async fn where_logins_are_rare_a_long_check_goes_on_as_long_as_it_may() {
    let rest = take_while_asked(1, 'A') + &take(2, 'B') + QUIT;
    let only: Script = session_with("S: LOGIN-DELAY 300", &[LARGE; 2], &["a", "b"], &rest);
    let server = ScriptedServer::new().then(only);
    assert_eq!(local(errors_shown(&server, &["B", "A"])).await, []);
}
