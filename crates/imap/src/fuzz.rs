//! What fuzzers call, compiled with the tests so that it can't rot. No part of the API.

mod encoder;
mod hostile;
mod parts;

pub use self::encoder::encoder;
pub use self::hostile::hostile_server;
pub use self::parts::{framing, grammar};

use crate::ext;
use crate::types::{MailboxName, SequenceSet, StatusItem};
use crate::{Client, Command, Event, FetchItem, Handle, Options, SearchKey};
use waypost_wire::{Input, Machine as _, Output, Secret, Timestamp};

/// Runs a connection whose server sends `data`: the first octet says how it is cut and whether the owner signs in or is
/// signed in already.
///
/// # Panics
/// The machine broke its contract: it did not wait, a command did not end exactly once, or its end was no end.
pub fn server_octets(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let mut owner = Owner::new(Options { ask_capabilities: false, numbers: 1000, ..Options::default() });
    if setting & 1 == 1 {
        owner.server(b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+ IDLE] ready\r\n");
    }
    for command in commands(setting & 1 == 0) {
        owner.enqueue(command);
    }
    let piece = usize::from(setting >> 1).pow(2) + 1;
    for piece in octets.chunks(piece) {
        owner.server(piece);
    }
    owner.end();
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
    commands.push(Command::Status { mailbox: mailbox.clone(), items: StatusItem::ALL.to_vec() });
    commands.push(ext::namespace::GetNamespaces.into());
    commands.push(ext::notify::Notify::None.into());
    commands.push(Command::Select(mailbox.clone()));
    if let Some(set) = SequenceSet::from_number(1) {
        commands.push(Command::UidFetch { set, items: vec![FetchItem::Envelope] });
    }
    commands.push(Command::UidSearch(vec![SearchKey::Subject("ü".to_owned())]));
    commands.push(Command::Append { mailbox, flags: Vec::new(), date: None, message: b"a: b\r\n".to_vec() });
    commands.push(Command::Idle);
    commands
}

/// An owner that holds the machine to its contract.
struct Owner {
    client: Client,
    open: Vec<Handle>,
    closed: bool,
    body: bool,
    /// How it answers when it is asked for octets.
    supplies: fn(&mut Client, Handle, usize),
}

const NOW: Timestamp = Timestamp::from_millis(1);

impl Owner {
    fn new(options: Options) -> Self {
        let supplies = |client: &mut Client, handle, octets| {
            let _ = client.supply(handle, vec![b'x'; octets]);
        };
        let client = Client::new(options);
        let mut owner = Self { client, open: Vec::new(), closed: false, body: false, supplies };
        owner.drain();
        owner
    }

    fn enqueue(&mut self, command: impl Into<Command>) {
        let handle = self.client.enqueue(command);
        self.open.push(handle);
        self.drain();
    }

    fn server(&mut self, octets: &[u8]) {
        self.client.handle(NOW, Input::Bytes(octets));
        self.drain();
    }

    fn end(mut self) {
        self.client.handle(NOW, Input::Closed);
        self.drain();
        assert!(self.closed, "the stream ended, the machine did not");
        assert!(self.open.is_empty(), "commands without an end: {:?}", self.open);
        assert_eq!(self.client.poll(NOW), Output::Wait(None));
    }

    fn drain(&mut self) {
        loop {
            match self.client.poll(NOW) {
                Output::Event(event) => self.event(event),
                Output::Send(_) => assert!(!self.closed, "something is sent after Close"),
                Output::Secure => self.client.handle(NOW, Input::Secured),
                Output::Close => self.closed = true,
                Output::Wait(Some(until)) if until <= NOW => self.client.handle(NOW, Input::Tick),
                Output::Wait(_) => return,
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Done { handle, .. } => {
                let index = self.open.iter().position(|known| *known == handle);
                self.open.remove(index.expect("a command ends once"));
            }
            Event::BodyStarted { .. } => {
                assert!(!self.body, "a body begins inside another");
                self.body = true;
            }
            Event::BodyPart(_) => assert!(self.body, "a part of no body"),
            Event::BodyEnded => {
                assert!(self.body, "the end of no body");
                self.body = false;
            }
            Event::Challenge { handle, .. } => self.client.answer(handle, None),
            Event::OctetsWanted { handle, octets } => (self.supplies)(&mut self.client, handle, octets),
            _ => assert!(!self.closed, "something came after Close"),
        }
    }
}
