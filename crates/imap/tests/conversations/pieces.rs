//! Commands that are too long for a server's lines, and commands that are given while others run.

use crate::session::Session;
use waypost_imap::commands::{Append, Appended, Content, Copy, Fetch, Messages, Move, Search, UidExpunge};
use waypost_imap::types::{Condition, Flag, Section, SequenceSet};
use waypost_imap::{Command, Event, FetchItem, Message, Refusal, Response, SearchKey, StoreAction};

/// Ten thousand single numbers: some 50,000 octets.
fn long() -> SequenceSet {
    SequenceSet::from_numbers((1..=10_000).map(|number| number * 2)).unwrap()
}

fn flags(set: SequenceSet) -> Command {
    Command::UidFetch { set, items: vec![FetchItem::Flags] }
}

fn session(greeting: &str) -> Session {
    let mut session = Session::with(|options| options.ask_capabilities = false);
    session.server(&format!("* PREAUTH {greeting}\r\n"));
    session.command(Command::Select(waypost_imap::types::MailboxName::new("INBOX")));
    session.server("w0 OK\r\n");
    session.sent();
    session.seen();
    session
}

#[test]
fn each_server_gets_lines_as_long_as_it_takes() {
    for (greeting, limit, commands) in [
        ("Courier-IMAP ready. Copyright 1998-2022 Double Precision, Inc.", 16_384, 4),
        ("Dovecot (Debian) ready.", 65_536, 1),
        ("[CAPABILITY IMAP4rev1] localhost IMAP4rev1 2007f.404 at x", 1000, 57),
        ("[CAPABILITY IMAP4rev1 XYMHIGHESTMODSEQ] ready", 1000, 57),
        ("Gimap ready for requests", 16_384, 4),
        ("ready", 8000, 7),
    ] {
        let mut session = session(greeting);
        let handle = session.command(flags(long()));
        let sent = session.sent();
        let lines: Vec<&str> = sent.split_inclusive("\r\n").collect();
        assert_eq!(lines.len(), commands, "{greeting}");
        assert!(lines.iter().all(|line| line.len() <= limit), "{greeting}");
        for index in 1..=commands {
            assert_eq!(session.seen(), [], "{greeting}: it ends once, with the last of them");
            session.server(&format!("w{index} OK done\r\n"));
        }
        assert!(
            matches!(session.seen()[..], [Event::Done { handle: ended, result: Ok(_) }] if ended == handle)
        );
    }
}

#[test]
fn codes_of_the_pieces_are_all_given() {
    let mut session = session("ready");
    let store =
        Command::UidStore { set: long(), action: StoreAction::Add, silent: true, flags: vec![Flag::Deleted] };
    session.command(store);
    let count = session.sent().matches("\r\n").count();
    for index in 1..=count {
        session.server(&format!("w{index} OK [MODIFIED {index}] done\r\n"));
    }
    let events = session.seen();
    assert_eq!(events.len(), count);
    let (last, before) = events.split_last().unwrap();
    for event in before {
        let Event::Response(Response::Condition { kind: Condition::Ok, code: Some(code), .. }) = event else {
            panic!("{event:?}")
        };
        assert_eq!(code.name(), "MODIFIED");
    }
    assert!(matches!(last, Event::Done { result: Ok(done), .. } if done.code.is_some()));
}

#[test]
fn the_first_refusal_is_the_end_and_what_was_not_sent_stays_here() {
    // Pieces wait where the server answers `+` before each: a search with text.
    let mut session = session("ready");
    let keys = vec![SearchKey::Uid(long()), SearchKey::Subject("ü".to_owned())];
    let handle = session.command(Command::UidSearch(keys));
    assert!(session.sent().ends_with("SUBJECT {2}\r\n"));
    session.server("+ go on\r\n* SEARCH 2\r\nw1 OK\r\n");
    assert!(session.sent().starts_with("ü\r\nw2 UID SEARCH CHARSET UTF-8 UID "));
    session.server("w2 NO [BADCHARSET] no\r\n");
    assert_eq!(session.sent(), "", "the rest is not sent");
    let events = session.seen();
    assert!(matches!(events[0], Event::Response(Response::Search(_))));
    assert!(
        matches!(&events[1], Event::Done { handle: ended, result: Err(Refusal::No { .. }) } if *ended == handle)
    );
    session.command(Command::Noop);
    assert_eq!(session.sent(), "w3 NOOP\r\n");
}

#[test]
fn a_refusal_of_one_piece_waits_for_the_others_that_run() {
    let mut session = session("ready");
    let handle = session.command(flags(long()));
    let count = session.sent().matches("\r\n").count();
    session.server("w1 OK\r\nw2 NO [LIMIT] slow down\r\n");
    for index in 3..=count {
        assert_eq!(session.seen(), []);
        session.server(&format!("w{index} BAD later ones do not matter\r\n"));
    }
    let [Event::Done { handle: ended, result: Err(Refusal::No { .. }) }] = &session.seen()[..] else {
        panic!("one end, with the first refusal")
    };
    assert_eq!(*ended, handle);
}

#[test]
fn a_long_command_ends_once_whatever_happens() {
    let mut broken = session("ready");
    let handle = broken.command(flags(long()));
    broken.server("w1 OK\r\n");
    broken.closed_by_server();
    let ends: Vec<_> =
        broken.seen().into_iter().filter(|event| matches!(event, Event::Done { .. })).collect();
    assert_eq!(ends, [Event::Done { handle, result: Err(Refusal::ConnectionEnded) }]);

    let mut cancelled = session("ready");
    let idle = cancelled.command(Command::Idle);
    let handle = cancelled.command(flags(long()));
    assert!(cancelled.client.cancel(handle));
    cancelled.drain();
    assert_eq!(cancelled.seen(), [Event::Done { handle, result: Err(Refusal::Cancelled) }]);
    cancelled.client.finish_idle(idle);
    cancelled.server("+\r\nw1 OK\r\n");
    assert_eq!(cancelled.sent(), "w1 IDLE\r\nDONE\r\n");

    let mut running = session("ready");
    let handle = running.command(flags(long()));
    let count = running.sent().matches("\r\n").count();
    assert!(running.client.cancel(handle));
    for index in 1..=count {
        running.server(&format!("* 1 FETCH (UID 2 RFC822.SIZE 5)\r\nw{index} OK\r\n"));
    }
    assert_eq!(running.seen(), [Event::Done { handle, result: Err(Refusal::Cancelled) }]);
}

#[test]
fn a_command_given_while_a_body_streams_is_sent_and_answered() {
    let mut session = session("ready");
    let items = vec![FetchItem::Body { section: Section::default(), partial: None }];
    let fetch = session.command(Command::UidFetch { set: SequenceSet::single(7).unwrap(), items });
    session.server("* 1 FETCH (UID 7 BODY[] {5000}\r\nabc");
    session.sent();
    let store = session.command(Command::UidStore {
        set: SequenceSet::single(7).unwrap(),
        action: StoreAction::Add,
        silent: false,
        flags: vec![Flag::Seen],
    });
    assert_eq!(session.sent(), "w2 UID STORE 7 +FLAGS (\\Seen)\r\n");
    session.server(&format!("{})\r\nw1 OK\r\n* 1 FETCH (FLAGS (\\Seen))\r\nw2 OK\r\n", "x".repeat(4997)));
    let ends: Vec<_> = session
        .seen()
        .into_iter()
        .filter_map(
            |event| if let Event::Done { handle, result: Ok(_) } = event { Some(handle) } else { None },
        )
        .collect();
    assert_eq!(ends, [fetch, store]);
}

#[test]
fn commands_of_extensions_are_cut_by_uid_and_never_by_numbers_that_they_shift() {
    let mut session = session("[CAPABILITY IMAP4rev1 MOVE UIDPLUS SORT LITERAL+] ready");
    let mailbox = waypost_imap::types::MailboxName::new("Archive");
    session.command(Move { messages: Messages::Uids(long()), mailbox: mailbox.clone() });
    let sent = session.sent();
    assert!(sent.matches("UID MOVE ").count() > 5 && sent.split("\r\n").all(|line| line.len() <= 8000));
    session.server("* OK [COPYUID 1 2 3] moved\r\nw1 OK done\r\n");
    assert_eq!(session.seen().len(), 1, "what was moved is said as it was without pieces");
    let mut session = self::session("[CAPABILITY IMAP4rev1 MOVE UIDPLUS] ready");
    session.command(Move { messages: Messages::Numbers(long()), mailbox: mailbox.clone() });
    assert_eq!(session.sent().matches("MOVE ").count(), 1, "the second piece would name other messages");
    for command in [
        Command::from(Copy { messages: Messages::Uids(long()), mailbox }),
        UidExpunge(long()).into(),
        Fetch::new(Messages::Uids(long()), vec![FetchItem::Flags]).into(),
        Search::by_uid(vec![SearchKey::Uid(long()), SearchKey::Unseen]).into(),
    ] {
        let mut session = self::session("[CAPABILITY IMAP4rev1 MOVE UIDPLUS] ready");
        session.command(command);
        let sent = session.sent();
        assert!(sent.matches("\r\n").count() > 5 && sent.split("\r\n").all(|line| line.len() <= 8000));
    }
}

#[test]
fn messages_that_are_stored_together_are_handed_in_one_after_the_other() {
    let mut session = session("[CAPABILITY IMAP4rev1 MULTIAPPEND BINARY] ready");
    let appended = |octets, binary| Appended {
        content: if binary {
            Content::Binary(Message::streamed(octets))
        } else {
            Content::Plain(Message::streamed(octets))
        },
        ..Appended::new(Vec::new())
    };
    let mailbox = waypost_imap::types::MailboxName::new("INBOX");
    let append = Append { mailbox, messages: vec![appended(3, false), appended(2, true)] };
    let handle = session.command(append);
    assert_eq!(session.sent(), "w1 APPEND INBOX {3}\r\n");
    session.server("+\r\n");
    session.client.supply(handle, b"abc".to_vec()).unwrap();
    session.drain();
    assert_eq!(session.sent(), "abc ~{2}\r\n");
    session.server("+\r\n");
    session.client.supply(handle, b"\0d".to_vec()).unwrap();
    session.drain();
    assert_eq!(session.sent(), "\0d\r\n");
    session.server("w1 OK [APPENDUID 1 2:3]\r\n");
    assert!(matches!(session.events.last(), Some(Event::Done { result: Ok(_), .. })));
}
