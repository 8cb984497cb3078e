//! Messages that are handed in piece by piece.

use crate::session::Session;
use waypost_imap::commands::{Append, Appended, Content, Part};
use waypost_imap::types::MailboxName;
use waypost_imap::{Command, Event, Handle, ImapError, Message, Refusal};
use waypost_wire::Duration;

fn append(octets: u64) -> Command {
    Command::AppendStreamed { mailbox: MailboxName::new("INBOX"), flags: Vec::new(), date: None, octets }
}

/// How many octets are asked for, if they are.
fn wanted(session: &mut Session, by: Handle) -> Option<usize> {
    session.seen().into_iter().find_map(|event| match event {
        Event::OctetsWanted { handle, octets } if handle == by => Some(octets),
        _ => None,
    })
}

fn supply(session: &mut Session, handle: Handle, octets: &[u8]) -> Result<(), Refusal> {
    let taken = session.client.supply(handle, octets.to_vec());
    session.drain();
    taken
}

#[test]
fn octets_are_asked_for_when_the_server_wants_them_or_at_once_where_it_need_not() {
    for (capabilities, header, waits) in [
        ("IDLE", "w0 APPEND INBOX {6}\r\n", true),
        ("LITERAL+", "w0 APPEND INBOX {6+}\r\n", false),
        ("LITERAL-", "w0 APPEND INBOX {6+}\r\n", false),
    ] {
        let mut session = Session::preauth(capabilities, |_| {});
        let handle = session.command(append(6));
        let noop = session.command(Command::Noop);
        assert_eq!(session.sent(), header);
        if waits {
            assert_eq!(wanted(&mut session, handle), None);
            session.server("+ go on\r\n");
        }
        assert_eq!(wanted(&mut session, handle), Some(6));
        supply(&mut session, handle, b"a: ").unwrap();
        assert_eq!(session.sent(), "a: ");
        assert_eq!(wanted(&mut session, handle), Some(3));
        supply(&mut session, handle, b"b\r\n").unwrap();
        // The command ends, and what waited for the line goes.
        assert_eq!(session.sent(), "b\r\n\r\nw1 NOOP\r\n");
        assert_eq!(wanted(&mut session, handle), None);
        session.server("w0 OK [APPENDUID 1 2] done\r\nw1 OK\r\n");
        let ends = session.seen();
        assert!(matches!(ends[0], Event::Done { handle: ended, result: Ok(_) } if ended == handle));
        assert!(matches!(ends[1], Event::Done { handle: ended, result: Ok(_) } if ended == noop));
    }
}

#[test]
fn several_messages_and_parts_of_one_are_asked_for_in_their_order() {
    let mut session = Session::preauth("MULTIAPPEND BINARY CATENATE REPLACE", |_| {});
    let content = |content| Appended { content, ..Appended::new(Vec::new()) };
    let messages = vec![
        content(Content::Plain(Message::streamed(2))),
        content(Content::Binary(Message::streamed(1))),
        content(Content::Catenated(vec![Part::Text(Message::streamed(1)), Part::Text(b"d".to_vec().into())])),
    ];
    let handle = session.command(Append { mailbox: MailboxName::new("INBOX"), messages });
    assert_eq!(session.sent(), "w0 APPEND INBOX {2}\r\n");
    session.server("+\r\n");
    assert_eq!(wanted(&mut session, handle), Some(2));
    supply(&mut session, handle, b"ab").unwrap();
    assert_eq!(session.sent(), "ab ~{1}\r\n");
    session.server("+\r\n");
    assert_eq!(wanted(&mut session, handle), Some(1));
    supply(&mut session, handle, b"\0").unwrap();
    assert_eq!(session.sent(), "\0 CATENATE (TEXT {1}\r\n");
    session.server("+\r\n");
    assert_eq!(wanted(&mut session, handle), Some(1));
    supply(&mut session, handle, b"c").unwrap();
    assert_eq!(session.sent(), "c TEXT {1}\r\n");
    session.server("+\r\n");
    assert_eq!(session.sent(), "d)\r\n");
    session.server("w0 OK [APPENDUID 1 2:4] done\r\n");
    assert!(matches!(session.seen()[0], Event::Done { handle: ended, result: Ok(_) } if ended == handle));
}

#[test]
fn literal_minus_lets_a_long_message_wait_and_an_empty_one_asks_for_nothing() {
    let mut session = Session::preauth("LITERAL-", |_| {});
    session.command(append(4097));
    assert_eq!(session.sent(), "w0 APPEND INBOX {4097}\r\n");
    let mut session = Session::preauth("LITERAL-", |_| {});
    let handle = session.command(append(0));
    assert_eq!(session.sent(), "w0 APPEND INBOX {0+}\r\n\r\n");
    assert_eq!(wanted(&mut session, handle), None);
}

#[test]
fn an_owner_that_miscounts_is_told_and_nothing_of_it_is_sent() {
    let mut session = Session::preauth("LITERAL+", |_| {});
    let handle = session.command(append(5));
    session.sent();
    let other = session.command(Command::Noop);
    assert!(matches!(supply(&mut session, other, b"x"), Err(Refusal::Misuse(_))));
    supply(&mut session, handle, b"abc").unwrap();
    assert_eq!(session.sent(), "abc");
    for wrong in [&b"def"[..], b"\0"] {
        assert!(matches!(supply(&mut session, handle, wrong), Err(Refusal::Misuse(_))));
        assert_eq!(session.sent(), "");
    }
    // No octets leave the question as it is.
    supply(&mut session, handle, b"").unwrap();
    assert_eq!(session.sent(), "");
    supply(&mut session, handle, b"de").unwrap();
    assert_eq!(session.sent(), "de\r\nw1 NOOP\r\n");
    assert!(matches!(supply(&mut session, handle, b"f"), Err(Refusal::Misuse(_))));
}

#[test]
fn a_message_that_is_given_up_in_the_middle_ends_the_connection_and_stores_nothing() {
    for capabilities in ["LITERAL+", "IDLE"] {
        let mut session = Session::preauth(capabilities, |_| {});
        let handle = session.command(append(5));
        session.server("+ go on\r\n");
        supply(&mut session, handle, b"abc").unwrap();
        session.sent();
        assert!(session.client.cancel(handle));
        session.drain();
        assert_eq!(session.failed(), Some(&ImapError::Abandoned));
        assert!(session.closed && session.sent().is_empty());
        let ended = Event::Done { handle, result: Err(Refusal::ConnectionEnded) };
        assert!(session.events.contains(&ended));
    }
    // Before the server said `+` nothing is lost by waiting for it.
    let mut session = Session::preauth("IDLE", |_| {});
    let handle = session.command(append(5));
    assert!(session.client.cancel(handle));
    session.server("w0 NO [TRYCREATE] no such mailbox\r\n");
    assert_eq!(session.seen(), [Event::Done { handle, result: Err(Refusal::Cancelled) }]);
    assert!(!session.closed);
}

#[test]
fn a_server_that_refuses_in_the_middle_gets_spaces_and_the_connection_goes_on() {
    let mut session = Session::preauth("LITERAL+", |_| {});
    let handle = session.command(append(100_000));
    session.sent();
    supply(&mut session, handle, &[b'x'; 1000]).unwrap();
    session.seen();
    let noop = session.command(Command::Noop);
    session.server("w0 NO [OVERQUOTA] full\r\n");
    let sent = session.sent();
    assert_eq!(sent.len(), 100_000 + "\r\nw1 NOOP\r\n".len());
    assert!(sent[1000..].starts_with("    ") && sent.ends_with("  \r\nw1 NOOP\r\n"));
    assert!(matches!(&session.seen()[..], [Event::Done { result: Err(Refusal::No { .. }), .. }]));
    assert!(matches!(supply(&mut session, handle, b"x"), Err(Refusal::Misuse(_))));
    session.server("w1 OK\r\n");
    assert!(matches!(&session.seen()[..], [Event::Done { handle, result: Ok(_) }] if *handle == noop));
}

#[test]
fn a_server_that_has_stored_what_it_does_not_have_is_not_believed() {
    let mut session = Session::preauth("LITERAL+", |_| {});
    let handle = session.command(append(1000));
    session.server("w0 OK [APPENDUID 1 2] done\r\n");
    assert!(matches!(session.failed(), Some(ImapError::Framing { rule: "literal", .. })));
    assert!(session.events.contains(&Event::Done { handle, result: Err(Refusal::ConnectionEnded) }));
}

#[test]
fn the_server_owes_nothing_while_the_owner_looks_for_octets() {
    let mut session = Session::preauth("LITERAL+", |_| {});
    let handle = session.command(append(3));
    session.pass(Duration::from_secs(3600));
    assert!(!session.timed_out());
    supply(&mut session, handle, b"abc").unwrap();
    session.pass(Duration::from_secs(61));
    assert!(session.timed_out());
}
