//! Conversations about mailboxes: what arrives is typed, and names go back as they came.

use crate::replay::{Outcome, all, drain, replay};
use waypost_imap::ext::list;
use waypost_imap::types::{AppendLimit, MailboxListing, MailboxName, MailboxStatus, ResponseCode};
use waypost_imap::{Client, Command, Event, Options, Refusal, Response};
use waypost_wire::{Input, Machine as _, Timestamp};

fn outcome(name: &str) -> Outcome {
    let transcript = all().into_iter().find(|transcript| transcript.name == name).unwrap();
    replay(&transcript, |octets| vec![octets.to_vec()])
}

fn responses(outcome: &Outcome) -> Vec<&Response> {
    let events = outcome.events.iter();
    events
        .filter_map(|event| if let Event::Response(response) = event { Some(response) } else { None })
        .collect()
}

/// The codes of all responses and ends, in order.
fn codes(outcome: &Outcome) -> Vec<&ResponseCode> {
    let events = outcome.events.iter();
    events
        .filter_map(|event| match event {
            Event::Response(Response::Condition { code, .. }) => code.as_ref(),
            Event::Done { result: Ok(completion), .. } => completion.code.as_ref(),
            Event::Done { result: Err(Refusal::No { code, .. } | Refusal::Bad { code, .. }), .. } => {
                code.as_ref()
            }
            _ => None,
        })
        .collect()
}

fn nothing_is_unknown(outcome: &Outcome) {
    let unknown = outcome.events.iter().find(|event| format!("{event:?}").contains("Unparsed"));
    assert_eq!(unknown, None);
}

#[test]
fn a_session_with_cyrus_about_mailboxes_is_typed() {
    let outcome = outcome("mailboxes-cyrus.txt");
    nothing_is_unknown(&outcome);
    let refused = outcome.events.iter().filter(|event| matches!(event, Event::Done { result: Err(_), .. }));
    assert_eq!(refused.count(), 6);
    let count = |wanted: fn(&Response) -> bool| {
        responses(&outcome).into_iter().filter(|response| wanted(response)).count()
    };
    assert_eq!(count(|response| matches!(response, Response::Lsub(_))), 3);
    assert_eq!(count(|response| matches!(response, Response::Metadata(..))), 4);
    assert_eq!(count(|response| matches!(response, Response::MyRights(..))), 3);
    assert_eq!(count(|response| matches!(response, Response::Namespaces(_))), 1);
    let inbox = responses(&outcome).into_iter().rev().find_map(|response| match response {
        Response::Status(status) if status.mailbox.is_inbox() => Some(status),
        _ => None,
    });
    let MailboxStatus { size, mailbox_id, .. } = &**inbox.unwrap();
    assert_eq!((*size, mailbox_id.as_deref()), (Some(324_280), Some("hr87dvud20uvo7s30wt571lu")));
    let ids = codes(&outcome).into_iter().filter(|code| matches!(code, ResponseCode::MailboxId(_)));
    assert_eq!(ids.count(), 2);
}

#[test]
fn rfc_5465_news_of_other_mailboxes_is_typed() {
    let outcome = outcome("notify-dovecot.txt");
    nothing_is_unknown(&outcome);
    let names: Vec<_> = responses(&outcome)
        .into_iter()
        .filter_map(|response| if let Response::List(listing) = response { Some(listing) } else { None })
        .map(|listing| (listing.name.as_str(), listing.old_name().map(MailboxName::as_str)))
        .collect();
    assert_eq!(names, [("NewMailbox", Some("Entwürfe")), ("INBOX.DeletedMailbox", None), ("misc", None)]);
    assert!(codes(&outcome).contains(&&ResponseCode::NotificationOverflow));
    assert!(matches!(codes(&outcome).last(), Some(ResponseCode::BadEvent(events)) if events.len() == 3));
}

#[test]
fn extensions_that_no_server_here_offers_are_typed() {
    let outcome = outcome("unproven-server.txt");
    nothing_is_unknown(&outcome);
    let names: Vec<&str> = codes(&outcome).into_iter().map(ResponseCode::name).collect();
    let expected = [
        "REFERRAL",
        "CAPABILITY",
        "BADCOMPARATOR",
        "UIDNOTSTICKY",
        "READ-WRITE",
        "APPENDUID",
        "INPROGRESS",
        "INPROGRESS",
        "MESSAGELIMIT",
        "REFERRAL",
        "CAPABILITY",
        "MAILBOXID",
    ];
    assert_eq!(names, expected);
    let unsent: Vec<_> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Done { result: Err(why @ (Refusal::Lacks(_) | Refusal::Misuse(_))), .. } => Some(why),
            _ => None,
        })
        .collect();
    // Nobody is signed in, and what the server could do for the user before says nothing of the next one.
    assert_eq!(unsent, [&Refusal::Lacks("NAMESPACE"), &Refusal::Lacks("JMAPACCESS")]);
    let limit = responses(&outcome).into_iter().find_map(|response| match response {
        Response::Status(status) => status.append_limit,
        _ => None,
    });
    assert_eq!(limit, Some(AppendLimit::Unknown));
    let url = "https://example.com/.s/[jmap]".to_owned();
    assert!(responses(&outcome).contains(&&Response::JmapAccess(url)));
}

/// A client that is signed in, with what the server said then.
fn listing(line: &[u8]) -> (Client, MailboxListing) {
    let now = Timestamp::from_millis(1);
    let mut client = Client::new(Options::default());
    let mut outcome = Outcome::default();
    client.handle(now, Input::Bytes(b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ LIST-EXTENDED] ready\r\n"));
    client.handle(now, Input::Bytes(line));
    drain(&mut client, now, &mut outcome);
    match responses(&outcome).as_slice() {
        [Response::List(listing)] => (client, listing.clone()),
        other => panic!("one listing: {other:?}"),
    }
}

fn sent(mut client: Client, command: impl Into<Command>) -> Vec<u8> {
    let mut outcome = Outcome::default();
    client.enqueue(command);
    drain(&mut client, Timestamp::from_millis(1), &mut outcome);
    outcome.sent
}

#[test]
fn names_that_came_in_an_odd_form_go_back_in_it() {
    for (line, readable, back) in [
        (&b"* LIST () \"/\" \"R&D\"\r\n"[..], "R&D", &b"w0 SELECT R&D\r\n"[..]),
        (b"* LIST () \"/\" Entw&APw-rfe\r\n", "Entwürfe", b"w0 SELECT Entw&APw-rfe\r\n"),
        (b"* LIST () \"/\" &AGE-\r\n", "a", b"w0 SELECT &AGE-\r\n"),
        (b"* LIST () \"/\" \"Entw\xc3\xbcrfe\"\r\n", "Entwürfe", b"w0 SELECT {9+}\r\nEntw\xc3\xbcrfe\r\n"),
        (
            b"* LIST () \"/\" {4}\r\n\xfc\xfe\r\n\r\n",
            "\u{fffd}\u{fffd}\r\n",
            b"w0 SELECT {4+}\r\n\xfc\xfe\r\n\r\n",
        ),
        (b"* LIST () \"/\" Sent\tItems\r\n", "Sent\tItems", b"w0 SELECT {10+}\r\nSent\tItems\r\n"),
        (b"* LIST () \"/\" iNbOx\r\n", "INBOX", b"w0 SELECT iNbOx\r\n"),
        (b"* LIST () \"/\" \"/leading\"\r\n", "/leading", b"w0 SELECT /leading\r\n"),
        (b"* LIST () \"/\" \"NIL\"\r\n", "NIL", b"w0 SELECT \"NIL\"\r\n"),
    ] {
        let (client, listing) = listing(line);
        assert_eq!(listing.name.as_str(), readable);
        let wire = sent(client, Command::Select(listing.name));
        assert_eq!(String::from_utf8_lossy(&wire), String::from_utf8_lossy(back));
        assert_eq!(wire, back);
    }
}

#[test]
fn what_is_below_a_name_of_an_odd_form_is_asked_for_in_it() {
    let (client, listing) = listing(b"* LIST (\\HasChildren) \"/\" R&D\r\n");
    let pattern = waypost_imap::types::ListPattern::children(&listing.name, listing.delimiter.unwrap());
    let reference = MailboxName::new("");
    let list = list::List { select: vec![], reference, patterns: vec![pattern], returns: None };
    assert_eq!(sent(client, list), b"w0 LIST \"\" \"R&D/%\"\r\n");
}

#[test]
fn what_a_server_lacks_is_not_sent() {
    let (mut client, _) = listing(b"* LIST () \"/\" a\r\n");
    let handle = client.enqueue(waypost_imap::ext::quota::GetQuota(String::new()));
    let mut outcome = Outcome::default();
    drain(&mut client, Timestamp::from_millis(1), &mut outcome);
    assert_eq!(outcome.events, [Event::Done { handle, result: Err(Refusal::Lacks("QUOTA")) }]);
    assert!(outcome.sent.is_empty());
    let code = ResponseCode::parse(b"[OVERQUOTA]");
    assert_eq!(code, Some(ResponseCode::OverQuota));
}

#[test]
fn rfc_9585_progress_is_of_a_command() {
    let (mut client, _) = listing(b"* LIST () \"/\" a\r\n");
    let now = Timestamp::from_millis(1);
    let handle = client.enqueue(Command::Create(MailboxName::new("b")));
    let mut outcome = Outcome::default();
    drain(&mut client, now, &mut outcome);
    client.handle(now, Input::Bytes(b"* OK [INPROGRESS (\"w0\" 454 1000)] 45%\r\n"));
    drain(&mut client, now, &mut outcome);
    let [ResponseCode::InProgress(progress)] = codes(&outcome).as_slice() else { panic!("{outcome:?}") };
    assert_eq!((progress.done, progress.goal), (Some(454), Some(1000)));
    assert_eq!(client.command_of(progress.tag.as_deref().unwrap()), Some(handle));
    assert_eq!(client.command_of("w1"), None);
}
