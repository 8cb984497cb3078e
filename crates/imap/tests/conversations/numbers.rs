//! Sequence numbers and UIDs of the selected mailbox.

use crate::session::Session;
use waypost_imap::Command;
use waypost_imap::types::{MailboxName, Uid};

fn uid(session: &Session, sequence: u32) -> Option<u32> {
    session.client.numbers().and_then(|numbers| numbers.uid(sequence)).map(Uid::as_u32)
}

fn count(session: &Session) -> Option<u32> {
    session.client.numbers().and_then(waypost_imap::SequenceNumbers::count)
}

#[test]
fn numbers_follow_expunges_that_come_between_answers_and_no_exists_is_needed() {
    let mut session = Session::selected("IDLE", |options| options.numbers = 1000);
    assert_eq!(count(&session), Some(9));
    session.server("* 3 FETCH (UID 30)\r\n* 5 FETCH (UID 50 FLAGS ())\r\n* 4 EXPUNGE\r\n* 3 EXPUNGE\r\n");
    session.server("* 3 FETCH (FLAGS (\\Seen) UID 50)\r\n* 8 EXISTS\r\n* 8 FETCH (UID 110)\r\n");
    assert_eq!((count(&session), uid(&session, 3), uid(&session, 8)), (Some(8), Some(50), Some(110)));
    assert_eq!(session.client.numbers().and_then(|numbers| numbers.sequence(Uid::new(110)?)), Some(8));
    assert_eq!(uid(&session, 4), None);
}

#[test]
fn another_mailbox_has_other_numbers_from_its_select_on() {
    let mut session = Session::selected("IDLE", |options| options.numbers = 1000);
    session.server("* 1 FETCH (UID 10)\r\n");
    session.command(Command::Select(MailboxName::new("other")));
    assert_eq!((count(&session), uid(&session, 1)), (Some(0), None));
    session.server("* 5 EXISTS\r\n* OK [CLOSED] was INBOX\r\n");
    assert_eq!(count(&session), Some(0), "those were of the mailbox before");
    session.server("* 2 EXISTS\r\n* 1 FETCH (UID 7)\r\nw1 OK\r\n");
    assert_eq!((count(&session), uid(&session, 1)), (Some(2), Some(7)));
    session.command(Command::Select(MailboxName::new("gone")));
    session.server("w2 NO\r\n");
    assert_eq!(count(&session), Some(0));
}

#[test]
fn what_is_told_of_the_mailbox_before_is_not_counted_for_the_next() {
    let mut session = Session::selected("IDLE", |options| options.numbers = 1000);
    session.command(Command::Noop);
    session.command(Command::Select(MailboxName::new("other")));
    assert_eq!(session.sent(), "w1 NOOP\r\n");
    session.server("* 1 FETCH (UID 10 FLAGS (\\Seen))\r\nw1 OK done\r\n");
    assert_eq!(session.sent(), "w2 SELECT other\r\n");
    session.server("* 9 EXISTS\r\nw2 OK selected\r\n");
    assert_eq!((count(&session), uid(&session, 1)), (Some(9), None));
}

#[test]
fn there_are_none_where_nobody_asks_and_where_the_server_has_none() {
    let session = Session::selected("IDLE", |_| {});
    assert!(session.client.numbers().is_none());
    let mut session = Session::preauth("ENABLE UIDONLY", |options| options.numbers = 1000);
    session.command(Command::Enable(vec!["UIDONLY".to_owned()]));
    session.server("* ENABLED UIDONLY\r\nw0 OK\r\n");
    assert!(session.client.numbers().is_none());
}

#[test]
fn numbers_follow_vanished_messages_and_not_those_that_were_gone_before() {
    let mut session = Session::selected("QRESYNC", |options| options.numbers = 1000);
    session.server("* 2 FETCH (UID 20)\r\n* 5 FETCH (UID 50)\r\n* 9 FETCH (UID 90)\r\n");
    session.server("* VANISHED (EARLIER) 1:19\r\n");
    assert_eq!((count(&session), uid(&session, 2)), (Some(9), Some(20)));
    session.server("* VANISHED 20,33\r\n");
    assert_eq!((count(&session), uid(&session, 3), uid(&session, 7)), (Some(7), Some(50), Some(90)));
    session.server("* VANISHED 50,61:63,90\r\n");
    assert_eq!(count(&session), Some(2));
}
