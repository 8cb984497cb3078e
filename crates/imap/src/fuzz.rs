//! What fuzzers call, compiled with the tests so that it can't rot. No part of the API.

use crate::types::{MailboxName, SequenceSet};
use crate::{Client, Command, Event, FetchItem, Options, SearchKey};
use waypost_wire::{Input, Machine as _, Output, Secret, Timestamp};

/// Runs a connection whose server sends `data`: the first octet says how it is cut and whether the owner signs in or is
/// signed in already.
///
/// # Panics
/// The machine broke its contract: it did not wait, a command did not end exactly once, or its end was no end.
pub fn server_octets(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let now = Timestamp::from_millis(1);
    let mut client = Client::new(Options::default());
    if setting & 1 == 1 {
        client.handle(now, Input::Bytes(b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ IDLE] ready\r\n"));
    }
    let mut open: Vec<_> =
        commands(setting & 1 == 0).into_iter().map(|command| client.enqueue(command)).collect();
    let mut closed = false;
    drain(&mut client, &mut open, &mut closed);
    let piece = usize::from(setting >> 1).pow(2) + 1;
    for piece in octets.chunks(piece) {
        client.handle(now, Input::Bytes(piece));
        drain(&mut client, &mut open, &mut closed);
    }
    client.handle(now, Input::Closed);
    drain(&mut client, &mut open, &mut closed);
    assert!(closed, "the stream ended, the machine did not");
    assert!(open.is_empty(), "commands without an end: {open:?}");
    assert_eq!(client.poll(now), Output::Wait(None));
}

fn commands(sign_in: bool) -> Vec<Command> {
    let mailbox = MailboxName::new("Entwürfe");
    let signing_in = [
        Command::Capability,
        Command::StartTls,
        Command::Authenticate {
            mechanism: "PLAIN".to_owned(),
            initial: Some(Secret::new(b"\0a\0b".to_vec())),
        },
    ];
    let mut commands: Vec<Command> = signing_in.into_iter().filter(|_| sign_in).collect();
    commands.push(Command::List { reference: MailboxName::new(""), pattern: "*".into(), special_use: true });
    commands.push(Command::Select(mailbox.clone()));
    if let Some(set) = SequenceSet::from_number(1) {
        commands.push(Command::UidFetch { set, items: vec![FetchItem::Envelope] });
    }
    commands.push(Command::UidSearch(vec![SearchKey::Subject("ü".to_owned())]));
    commands.push(Command::Append { mailbox, flags: Vec::new(), date: None, message: b"a: b\r\n".to_vec() });
    commands.push(Command::Idle);
    commands
}

fn drain(client: &mut Client, open: &mut Vec<crate::Handle>, closed: &mut bool) {
    let now = Timestamp::from_millis(1);
    let mut body = false;
    loop {
        match client.poll(now) {
            Output::Event(Event::Done { handle, .. }) => {
                let index = open.iter().position(|known| *known == handle);
                open.remove(index.expect("a command ends once"));
            }
            Output::Event(Event::BodyStarted { .. }) => {
                assert!(!body, "a body begins inside another");
                body = true;
            }
            Output::Event(Event::BodyEnded) => body = false,
            Output::Event(Event::Challenge { handle, .. }) => client.answer(handle, None),
            Output::Event(_) | Output::Send(_) => assert!(!*closed, "something came after Close"),
            Output::Secure => client.handle(now, Input::Secured),
            Output::Close => *closed = true,
            Output::Wait(_) => return,
        }
    }
}
