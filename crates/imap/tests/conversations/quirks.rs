//! Habits of servers that are no broken grammar: what the machine makes of them.

use waypost_imap::types::{Breach, Condition, Flag, ListPattern, MailboxName, SequenceSet};
use waypost_imap::{
    Client, Command, Event, FetchItem, Handle, ImapError, Options, Refusal, Response, SearchKey, StoreAction,
};
use waypost_wire::{Input, Machine as _, Output, Timestamp};

/// A machine and what came out of it.
struct Session {
    client: Client,
    events: Vec<Event>,
    sent: Vec<u8>,
    closed: bool,
}

impl Session {
    fn greeted(greeting: &str) -> Self {
        let client = Client::new(Options::default());
        let mut session = Self { client, events: Vec::new(), sent: Vec::new(), closed: false };
        session.server(greeting);
        session
    }

    fn signed_in(capabilities: &str) -> Self {
        let mut session =
            Self::greeted(&format!("* PREAUTH [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"));
        session.events.clear();
        session
    }

    fn server(&mut self, octets: &str) {
        self.client.handle(NOW, Input::Bytes(octets.as_bytes()));
        self.drain();
    }

    fn command(&mut self, command: Command) -> Handle {
        let handle = self.client.enqueue(command);
        self.drain();
        handle
    }

    fn drain(&mut self) {
        loop {
            match self.client.poll(NOW) {
                Output::Send(octets) => self.sent.extend(octets),
                Output::Event(event) => self.events.push(event),
                Output::Close => self.closed = true,
                Output::Secure => {}
                Output::Wait(_) => return,
            }
        }
    }
}

const NOW: Timestamp = Timestamp::from_millis(1);

/// SmarterMail (MailKit issue 1100) and IceWarp (MailKit issue 1073) turn clients away before a word of IMAP.
#[test]
fn a_greeting_that_turns_away_is_a_refusal_with_the_servers_words() {
    for (greeting, words) in [
        ("421 Server is busy, try again later.\r\n", "421 Server is busy, try again later."),
        ("* NO LOGOUT Intrusion prevention active\r\n", "LOGOUT Intrusion prevention active"),
        ("* BYE too many connections\r\n", "too many connections"),
        ("Server Unavailable. 15\r\n", "Server Unavailable. 15"),
    ] {
        let session = Session::greeted(greeting);
        assert_eq!(session.events, [Event::Failed(ImapError::Refused(words.to_owned()))], "{greeting}");
        assert!(session.closed);
    }
}

/// Yandex says BYE again and again before it hangs up (MailKit).
#[test]
fn a_server_that_repeats_its_bye_is_heard_until_it_hangs_up() {
    let mut session = Session::signed_in("");
    session.server(&"* BYE Autologout\r\n".repeat(1000));
    let bye = Response::Condition { kind: Condition::Bye, code: None, text: "Autologout".to_owned() };
    assert_eq!(session.events.len(), 1000);
    assert!(session.events.iter().all(|event| *event == Event::Response(bye.clone())));
    session.client.handle(NOW, Input::Closed);
    session.drain();
    let end = Event::Failed(ImapError::Closed(Some("Autologout".to_owned())));
    assert_eq!(session.events.last(), Some(&end));
}

/// Cyrus 2.4.16 answers SEARCH by SEARCH where ESEARCH was asked for (MailKit).
#[test]
fn a_search_is_answered_by_search_or_esearch() {
    for answer in ["* SEARCH 2 3 6\r\n", "* ESEARCH (TAG \"w0\") UID ALL 2:3,6\r\n"] {
        let mut session = Session::signed_in("ESEARCH");
        session.command(Command::Select(MailboxName::new("INBOX")));
        session.server("w0 OK done\r\n");
        session.events.clear();
        session.command(Command::UidSearch(vec![SearchKey::Subject("x".to_owned())]));
        session.server(&format!("{answer}w1 OK done\r\n"));
        let numbers = match session.events.as_slice() {
            [Event::Response(Response::Search(found)), Event::Done { result: Ok(_), .. }] => {
                found.numbers.clone()
            }
            [Event::Response(Response::ESearch(found)), Event::Done { result: Ok(_), .. }] => {
                found.all.iter().flat_map(waypost_imap::types::NumberSet::iter).collect()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(numbers, [2, 3, 6]);
        assert!(matches!(session.events[1], Event::Done { result: Ok(_), .. }));
    }
}

/// iCloud sends no ENABLED (modern-email/defects issue 36): nothing is on that was not said to be.
#[test]
fn without_enabled_names_stay_in_modified_utf_7() {
    let mut session = Session::signed_in("ENABLE UTF8=ACCEPT");
    session.command(Command::Enable(vec!["UTF8=ACCEPT".to_owned()]));
    session.server("w0 OK done\r\n");
    session.sent.clear();
    session.command(Command::Select(MailboxName::new("Entwürfe")));
    assert!(session.sent.windows(8).any(|octets| octets == b"Entw&APw"), "{:?}", session.sent.escape_ascii());
}

/// Gmail's parser knows neither ALL nor FAST nor FULL (MailKit issue 183); iCloud leaves RFC822 out of its answer: items are
/// asked for one by one, bodies by BODY.
#[test]
fn items_are_asked_for_by_name_and_bodies_by_body() {
    let mut session = Session::signed_in("");
    session.command(Command::Select(MailboxName::new("INBOX")));
    session.server("w0 OK done\r\n");
    session.sent.clear();
    let items = vec![
        FetchItem::Uid,
        FetchItem::Flags,
        FetchItem::InternalDate,
        FetchItem::Size,
        FetchItem::Envelope,
        FetchItem::BodyStructure,
        FetchItem::Body { section: waypost_imap::types::Section::default(), partial: None },
    ];
    session.command(Command::UidFetch { set: SequenceSet::from_number(1).unwrap(), items });
    let sent = String::from_utf8(session.sent).unwrap();
    assert_eq!(
        sent,
        "w1 UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[])\r\n"
    );
}

/// hMailServer and QQ refuse sets that descend (modern-email/defects issue 40).
#[test]
fn sets_ascend_however_their_numbers_came() {
    let mut session = Session::signed_in("");
    session.command(Command::Select(MailboxName::new("INBOX")));
    session.server("w0 OK done\r\n");
    session.sent.clear();
    let set = SequenceSet::from_numbers([9, 3, 8, 2, 1, 9]).unwrap();
    session.command(Command::UidStore {
        set,
        action: StoreAction::Add,
        silent: true,
        flags: vec![Flag::Seen],
    });
    let sent = String::from_utf8(session.sent).unwrap();
    assert_eq!(sent, "w1 UID STORE 1:3,8:9 +FLAGS.SILENT (\\Seen)\r\n");
}

/// Exchange 2003 answers NAMESPACE by BAD, Proton Bridge LIST (SPECIAL-USE), a server of IMAP4rev2 LSUB: it costs the command.
#[test]
fn bad_to_a_command_that_is_not_known_costs_that_command() {
    let mut session = Session::signed_in("SPECIAL-USE LIST-EXTENDED");
    let list =
        Command::List { reference: MailboxName::new(""), pattern: ListPattern::new("*"), special_use: true };
    let refused = session.command(list);
    let noop = session.command(Command::Noop);
    session.server("w0 BAD Command Argument Error. 12\r\nw1 OK done\r\n");
    let bad = Refusal::Bad { code: None, text: "Command Argument Error. 12".to_owned() };
    assert!(session.events.contains(&Event::Done { handle: refused, result: Err(bad) }));
    assert!(
        session
            .events
            .iter()
            .any(|event| matches!(event, Event::Done { handle, result: Ok(_) } if *handle == noop))
    );
    assert!(!session.closed);
}

/// A stream that ends in the middle of a response loses nothing of what came.
#[test]
fn what_the_end_of_the_stream_cuts_is_given_as_it_came() {
    let mut session = Session::signed_in("");
    session.server("* 3 EXISTS\r\n* 1 FETCH (UID 5 BODY[] {30}\r\nSubj");
    session.client.handle(NOW, Input::Closed);
    session.drain();
    let [Event::Response(Response::Exists(3)), Event::Response(Response::Unparsed(cut)), Event::Failed(_)] =
        session.events.as_slice()
    else {
        panic!("{:?}", session.events)
    };
    assert_eq!(cut.octets, b"* 1 FETCH (UID 5 BODY[] {30}\r\nSubj");
    assert_eq!(cut.breach, Some(Breach { rule: "CRLF", offset: cut.octets.len() }));
}

/// Mailutils 3.15 adds `X-UID` and `Status` to messages that it counts without them: the literal is longer than announced.
#[test]
fn a_miscounted_literal_costs_its_item_and_no_other_response() {
    let mut session = Session::signed_in("");
    session.server(
        "* 10 FETCH (UID 10 BODY[] {12}\r\nSubject: x\r\nX-UID: 10\r\nStatus: OR\r\n\r\nHello\r\n)\r\n* 11 FETCH (UID 11)\r\n",
    );
    let [Event::Response(Response::Fetch(first)), Event::Response(Response::Fetch(second))] =
        session.events.as_slice()
    else {
        panic!("{:?}", session.events)
    };
    assert_eq!((first.uid.map(|uid| uid.as_u32()), second.uid.map(|uid| uid.as_u32())), (Some(10), Some(11)));
    assert_eq!(first.unparsed[0].name, "BODY[]");
    assert!(first.unparsed[0].octets.ends_with(b"Hello\r\n"));
    assert_eq!(first.unparsed[0].breach.map(|breach| breach.rule), Some("literal"));
}

/// Dovecot and UW write MISSING_DOMAIN and .MISSING-HOST-NAME. where an address has no domain: they are given as sent.
#[test]
fn placeholders_for_a_missing_domain_are_given_as_sent() {
    let mut session = Session::signed_in("");
    for host in ["MISSING_DOMAIN", ".MISSING-HOST-NAME."] {
        session.events.clear();
        session.server(&format!(
            "* 1 FETCH (ENVELOPE (NIL NIL ((NIL NIL \"undisclosed\" \"{host}\")) NIL NIL NIL NIL NIL NIL NIL))\r\n"
        ));
        let [Event::Response(Response::Fetch(fetched))] = session.events.as_slice() else {
            panic!("{:?}", session.events)
        };
        let from = fetched.envelope().unwrap().from().next().unwrap();
        assert_eq!(from.host.as_deref(), Some(host.as_bytes()));
    }
}
