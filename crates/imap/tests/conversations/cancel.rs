//! Commands that are given up; the stream stays in step.

use crate::session::Session;
use waypost_imap::types::{ListPattern, MailboxName, Section, SequenceSet};
use waypost_imap::{Command, Event, FetchItem, Handle, Refusal, Response, SearchKey};

fn fetch() -> Command {
    let items = vec![FetchItem::Body { section: Section::default(), partial: None }];
    Command::UidFetch { set: SequenceSet::from_number(1).unwrap(), items }
}

fn cancelled(handle: Handle) -> Event {
    Event::Done { handle, result: Err(Refusal::Cancelled) }
}

fn body(sequence: u32) -> String {
    format!("* {sequence} FETCH (UID {sequence} BODY[] {{5000}}\r\n{})\r\n", "x".repeat(5000))
}

#[test]
fn a_command_that_was_not_sent_never_is() {
    let mut session = Session::selected("IDLE", |_| {});
    let idle = session.command(Command::Idle);
    let waiting = session.command(Command::Noop);
    assert!(session.client.cancel(waiting));
    session.drain();
    assert_eq!(session.seen(), [cancelled(waiting)]);
    session.server("+ idling\r\n");
    assert!(session.client.cancel(idle));
    session.server("w1 OK done\r\n");
    assert_eq!(session.sent(), "w1 IDLE\r\nDONE\r\n");
    assert!(!session.client.cancel(idle), "it has ended");
}

#[test]
fn the_bodies_of_a_fetch_that_was_given_up_go_by_and_news_does_not() {
    let mut session = Session::selected("IDLE", |_| {});
    let handle = session.command(fetch());
    let whole = body(1);
    session.server(&whole[..3000]);
    let before = session.seen();
    assert!(matches!(before[..], [Event::BodyStarted { octets: 5000, .. }, Event::BodyPart(_)]));
    assert!(session.client.cancel(handle));
    session.server(&whole[3000..]);
    session.server(&body(2));
    session.server("* 3 FETCH (UID 3 BODY[] {3}\r\nabc)\r\n* 3 FETCH (FLAGS (\\Seen))\r\n* 10 EXISTS\r\n");
    session.server("w1 OK done\r\n");
    let events = session.seen();
    assert_eq!(events.len(), 4, "{events:?}");
    assert_eq!(events[0], Event::BodyEnded);
    assert!(matches!(&events[1], Event::Response(Response::Fetch(fetched)) if fetched.sequence == 3));
    assert_eq!(events[2], Event::Response(Response::Exists(10)));
    assert_eq!(events[3], cancelled(handle));
    session.command(fetch());
    session.server(&body(1));
    assert!(matches!(session.seen()[0], Event::BodyStarted { .. }), "the next one is shown");
}

#[test]
fn what_another_command_may_want_is_shown() {
    let mut session = Session::selected("IDLE", |_| {});
    let given_up = session.command(fetch());
    session.command(fetch());
    session.client.cancel(given_up);
    session.server(&body(1));
    assert!(matches!(session.seen()[0], Event::BodyStarted { .. }));
}

#[test]
fn searches_and_listings_are_given_up_too_and_changes_are_not() {
    let mut session = Session::selected("IDLE", |_| {});
    let search = session.command(Command::UidSearch(vec![SearchKey::All]));
    let list = session.command(Command::List {
        reference: MailboxName::new(""),
        pattern: ListPattern::new("*"),
        special_use: false,
    });
    let store = session.command(Command::UidStore {
        set: SequenceSet::single(1).unwrap(),
        action: waypost_imap::StoreAction::Add,
        silent: false,
        flags: vec![waypost_imap::types::Flag::Seen],
    });
    assert!(session.client.cancel(search) && session.client.cancel(list));
    assert!(!session.client.cancel(store), "the server may do it all the same");
    session.server("* SEARCH 1 2 3\r\n* LIST () \"/\" a\r\nw1 OK\r\nw2 OK\r\nw3 OK\r\n");
    let events = session.seen();
    assert_eq!(events[..2], [cancelled(search), cancelled(list)]);
    assert!(matches!(events[2], Event::Done { handle, result: Ok(_) } if handle == store));
}

#[test]
fn a_sign_in_is_given_up_by_a_star_whenever_the_server_asks() {
    for early in [true, false] {
        let mut session = Session::new();
        session.server("* OK ready\r\n");
        let handle =
            session.command(Command::Authenticate { mechanism: "SCRAM-SHA-256".to_owned(), initial: None });
        session.sent();
        if early {
            assert!(session.client.cancel(handle));
        }
        session.server("+ cj1h\r\n");
        if !early {
            assert!(session.client.cancel(handle));
            session.drain();
        }
        assert_eq!(session.sent(), "*\r\n");
        session.server("w0 BAD cancelled\r\n");
        assert_eq!(session.events.last(), Some(&cancelled(handle)));
    }
    // Too late: who is signed in shall know it.
    let mut session = Session::new();
    session.server("* OK ready\r\n");
    let handle = session.command(Command::Authenticate { mechanism: "EXTERNAL".to_owned(), initial: None });
    session.client.cancel(handle);
    session.server("w0 OK welcome\r\n");
    assert!(matches!(session.events.last(), Some(Event::Done { result: Ok(_), .. })));
}

#[test]
fn the_rest_of_a_body_can_be_skipped() {
    let mut session = Session::selected("IDLE", |_| {});
    session.command(fetch());
    let whole = body(1);
    session.server(&whole[..1000]);
    session.seen();
    session.client.skip_body();
    session.server(&whole[1000..]);
    let events = session.seen();
    assert!(matches!(&events[..], [Event::BodyEnded, Event::Response(Response::Fetch(_))]), "{events:?}");
    session.client.skip_body();
    session.server(&body(2));
    assert_eq!(session.seen().len(), 4, "no body, nothing to skip");
}

#[test]
fn the_end_of_idle_ends_nothing_else() {
    let mut session = Session::selected("IDLE", |_| {});
    let idle = session.command(Command::Idle);
    session.server("+ idling\r\n");
    let waiting = session.command(fetch());
    session.seen();
    session.sent();
    session.client.finish_idle(waiting);
    session.drain();
    assert_eq!((session.seen(), session.sent()), (Vec::new(), String::new()));
    session.client.finish_idle(idle);
    session.drain();
    assert_eq!(session.sent(), "DONE\r\n");
    session.server("w1 OK idled\r\n");
    assert!(session.sent().starts_with("w2 UID FETCH "));
}
