//! How long the machine waits, under a virtual clock.

use crate::session::Session;
use waypost_imap::types::MailboxName;
use waypost_imap::{Command, Completion, Event, Refusal};
use waypost_wire::{Duration, Secret};

const MINUTE: Duration = Duration::from_secs(60);

const ALMOST: Duration = Duration::from_millis(59_999);
const INSTANT: Duration = Duration::from_millis(1);

#[test]
fn a_server_that_does_not_greet_is_given_up_after_a_minute() {
    let mut session = Session::new();
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.pass(INSTANT);
    assert!(session.timed_out());
    assert_eq!(session.wait, None);
}

#[test]
fn each_octet_of_the_server_gives_it_another_minute() {
    let mut session = Session::signed_in();
    let noop = session.command(Command::Noop);
    for _ in 0..5 {
        session.pass(ALMOST);
        session.server("* 1 EXISTS\r\n");
    }
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.pass(INSTANT);
    assert!(session.timed_out());
    let ended = Event::Done { handle: noop, result: Err(Refusal::ConnectionEnded) };
    assert!(session.events.contains(&ended));
}

#[test]
fn a_connection_without_a_command_waits_for_ever_and_then_has_a_full_minute() {
    let mut session = Session::signed_in();
    assert_eq!(session.wait, None);
    session.pass(Duration::from_secs(3600));
    session.command(Command::Noop);
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.pass(INSTANT);
    assert!(session.timed_out());
}

#[test]
fn a_long_message_over_a_slow_line_is_not_taken_for_silence() {
    let mut session = Session::new();
    session.server("* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n");
    let mailbox = MailboxName::new("INBOX");
    let message = vec![b'a'; 5 * 1024 * 1024];
    session.command(Command::Append { mailbox, flags: Vec::new(), date: None, message });
    // 320 seconds for the message, a minute for the server; a word of the server in between does not shorten it.
    session.pass(Duration::from_secs(100));
    session.server("* 5 EXISTS\r\n");
    session.pass(Duration::from_secs(279));
    assert!(!session.timed_out());
    session.pass(Duration::from_secs(2));
    assert!(session.timed_out());
}

#[test]
fn idle_is_renewed_before_29_minutes_and_the_owner_does_not_notice() {
    let mut session = Session::signed_in();
    let idle = session.command(Command::Idle);
    session.server("+ idling\r\n");
    assert_eq!(std::mem::take(&mut session.events), [Event::Idling { handle: idle }]);
    assert_eq!(session.sent(), "w0 IDLE\r\n");
    session.pass(Duration::from_secs(27 * 60));
    assert_eq!(session.sent(), "");
    session.pass(Duration::from_secs(90));
    assert_eq!(session.sent(), "DONE\r\n");
    session.server("w0 OK done\r\n");
    assert_eq!(session.sent(), "w1 IDLE\r\n");
    session.server("+ idling\r\n");
    assert_eq!(session.events, []);
    session.client.finish_idle(idle);
    session.drain();
    assert_eq!(session.sent(), "DONE\r\n");
    session.server("w1 OK done\r\n");
    let completion = Completion { code: None, text: "done".to_owned() };
    assert_eq!(session.events, [Event::Done { handle: idle, result: Ok(completion) }]);
}

#[test]
fn a_peer_that_died_during_idle_is_noticed_at_the_renewal() {
    let mut session = Session::signed_in();
    session.command(Command::Idle);
    session.server("+\r\n");
    session.pass(Duration::from_secs(28 * 60));
    assert!(!session.timed_out());
    session.pass(MINUTE);
    assert!(session.timed_out());
}

#[test]
fn idle_that_was_quiet_for_long_ends_with_a_full_minute_for_its_answer() {
    let mut session = Session::signed_in();
    let idle = session.command(Command::Idle);
    session.server("+ idling\r\n");
    session.pass(Duration::from_secs(600));
    session.client.finish_idle(idle);
    session.drain();
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.server("w0 OK done\r\n");
    assert!(matches!(session.events.last(), Some(Event::Done { result: Ok(_), .. })));
}

#[test]
fn idle_finished_during_its_renewal_is_not_renewed() {
    let mut session = Session::signed_in();
    let idle = session.command(Command::Idle);
    session.server("+ idling\r\n");
    session.pass(Duration::from_secs(28 * 60));
    session.client.finish_idle(idle);
    session.server("w0 OK done\r\n");
    assert_eq!(session.sent(), "w0 IDLE\r\nDONE\r\n");
    assert!(matches!(session.events.last(), Some(Event::Done { result: Ok(_), .. })));
}

#[test]
fn the_owner_may_think_about_a_challenge_and_the_server_has_its_minute_then() {
    let mut session = Session::new();
    session.server("* OK ready\r\n");
    let handle =
        session.command(Command::Authenticate { mechanism: "SCRAM-SHA-256".to_owned(), initial: None });
    session.server("+ cj1h\r\n");
    assert_eq!(session.events.pop(), Some(Event::Challenge { handle, data: b"r=a".to_vec() }));
    session.pass(Duration::from_secs(300));
    session.client.answer(handle, Some(Secret::new(b"c=b".to_vec())));
    session.drain();
    assert_eq!(session.sent(), "w0 AUTHENTICATE SCRAM-SHA-256\r\nYz1i\r\n");
    session.pass(ALMOST);
    assert!(!session.timed_out());
    session.server("w0 OK\r\n");
    assert!(matches!(session.events.last(), Some(Event::Done { result: Ok(_), .. })));
}

#[test]
fn a_server_that_hangs_up_after_its_bye_has_answered_logout() {
    let mut session = Session::signed_in();
    let logout = session.command(Command::Logout);
    session.server("* BYE see you\r\n");
    session.closed_by_server();
    let completion = Completion { code: None, text: "see you".to_owned() };
    assert_eq!(session.events.last(), Some(&Event::Done { handle: logout, result: Ok(completion) }));
    assert!(session.closed);
}

#[test]
fn debug_output_shows_no_password() {
    let mut session = Session::new();
    session
        .client
        .enqueue(Command::Login { username: "robin".to_owned(), password: Secret::from("pass phrase") });
    session.server("* OK ready\r\n");
    for text in [format!("{:?}", session.client), format!("{:#?}", session.client)] {
        assert!(!text.contains("pass"), "{text}");
        assert!(!text.contains(&format!("{:?}", b"pass")[1..15]), "{text}");
    }
    assert!(session.sent().contains("pass phrase"));
}
