//! Each limit has an error that names it, and nothing that a server sends takes more than the limits allow.

use crate::session::Session;
use waypost_imap::{Event, ImapError, Response};
use waypost_wire::Limits;

fn limit(what: &'static str, limit: usize) -> Option<ImapError> {
    Some(ImapError::Limit { what, limit: limit as u64 })
}

fn small() -> Session {
    Session::selected("IDLE", |options| {
        options.limits.line = 1000;
        options.limits.response = 5000;
        options.limits.body = 10_000;
        options.limits.depth = 10;
    })
}

#[test]
fn an_endless_line_is_refused_as_a_line() {
    for octets in ["x", "* SEARCH ", "+ ", "{", "* OK [", "\""] {
        let mut session = small();
        for _ in 0..1001 {
            session.server(octets);
        }
        assert_eq!(session.failed().cloned(), limit("line", 1000), "{octets:?}");
        assert!(session.closed);
    }
}

#[test]
fn a_response_of_many_literals_is_refused_as_a_response() {
    for literal in ["{0}\r\n", "{1}\r\nx", "{700}\r\n"] {
        let mut session = small();
        session.server("* LIST (");
        for _ in 0..2000 {
            session.server(literal);
        }
        assert_eq!(session.failed().cloned(), limit("response", 5000), "{literal:?}");
    }
}

#[test]
fn giant_numbers_are_refused_as_what_they_count_or_cost_their_item_only() {
    let mut session = small();
    session.server("* 1 FETCH (BODY[] {9999999999999999999}\r\n");
    assert_eq!(session.failed().cloned(), limit("body", 10_000));
    let mut session = small();
    session.server("* LIST () NIL {9999999999999999999}\r\n");
    assert_eq!(session.failed().cloned(), limit("response", 5000));
    // Beyond 64 bits it is no literal: the line ends.
    let mut session = small();
    session.server("* 1 FETCH (BODY[] {99999999999999999999999999}\r\n* 7 EXISTS\r\n");
    assert!(session.failed().is_none());
    assert_eq!(session.seen().last(), Some(&Event::Response(Response::Exists(7))));
    let mut session = small();
    let digits = "9".repeat(500);
    session
        .server(&format!("* 1 FETCH (UID {digits} FLAGS (\\Seen))\r\n* {digits} EXISTS\r\n* 7 EXISTS\r\n"));
    let events = session.seen();
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(matches!(&events[1], Event::Response(Response::Unparsed(_))));
    assert_eq!(events[2], Event::Response(Response::Exists(7)));
    assert!(session.failed().is_none());
}

/// A part too deep inside is a part that broke, and so is what holds it if it has nothing else.
#[test]
fn deep_nesting_costs_its_item_only() {
    let mut session = small();
    let deep = format!("{}\"text\" \"plain\"{}", "(".repeat(100), ")".repeat(100));
    session.server(&format!("* 1 FETCH (UID 5 BODYSTRUCTURE {deep})\r\n* 7 EXISTS\r\n"));
    let events = session.seen();
    assert_eq!(events[1], Event::Response(Response::Exists(7)));
    assert!(session.failed().is_none() && format!("{:?}", events[0]).contains("breach: Some"));
}

#[test]
fn millions_of_tiny_literals_take_time_and_memory_by_their_number_only() {
    let mut session = Session::selected("IDLE", |_| {});
    let many = "{0}\r\n".repeat(200_000);
    session.server("* LIST (");
    for _ in 0..10 {
        session.server(&many);
    }
    assert_eq!(session.failed().cloned(), limit("response", Limits::default().response));
    assert_eq!(session.client.held_octets(), 0);
}

#[test]
fn every_limit_is_named_where_all_are() {
    let limits = Limits::default();
    let all = [limits.line, limits.response, limits.depth, limits.piece, limits.trace];
    assert!(all.iter().all(|limit| *limit > 0) && limits.body > 0);
    assert!(limits.line <= limits.response && limits.piece <= limits.line);
}
