//! What fuzzers call, compiled with the tests so that it can't rot. No part of the API.

use crate::{Client, Command, Event, Handle, Options};
use waypost_wire::{Input, Machine as _, Output, Secret, Timestamp};

/// Runs a connection whose server sends `data`: the first octet says how it is cut, how the owner signs in, and whether octets come
/// in memory of their own. At the end time goes by once, so that a server may also be silent.
///
/// # Panics
/// The machine broke its contract: it did not wait, a command did not end exactly once or out of its turn, or its end was no end.
pub fn server_octets(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let options = Options { allow_apop: true, strict: setting & 6 == 6, ..Options::default() };
    let owned = setting & 2 == 2;
    let mut run = Run { client: Client::new(options), open: Vec::new(), closed: false, body: 0, owned };
    if setting & 1 == 1 {
        run.receive(b"+OK\r\n");
    }
    for command in commands(setting & 1 == 0) {
        let handle = run.client.enqueue(command);
        run.open.push(handle);
    }
    run.drain();
    if setting & 1 == 1 {
        // CAPA, USER and PASS.
        run.receive(b"+OK\r\nPIPELINING\r\n.\r\n+OK\r\n");
        run.receive(b"+OK\r\n");
    }
    for piece in octets.chunks(usize::from(setting >> 1).pow(2) + 1) {
        run.receive(piece);
    }
    run.client.handle(LATER, Input::Tick);
    run.drain();
    run.client.handle(NOW, Input::Closed);
    run.drain();
    assert!(run.closed, "the stream ended, the machine did not");
    assert!(run.open.is_empty(), "commands without an end: {:?}", run.open);
    assert!(run.body <= octets.len(), "more came out than went in");
    assert!(
        run.client.faults().all(|(_, count)| count <= octets.len() as u64 + 20),
        "more faults than octets"
    );
    assert_eq!(run.client.poll(NOW), Output::Wait(None));
}

struct Run {
    client: Client,
    open: Vec<Handle>,
    closed: bool,
    body: usize,
    owned: bool,
}

impl Run {
    fn receive(&mut self, octets: &[u8]) {
        if self.owned {
            self.client.handle_owned(NOW, octets.to_vec());
        } else {
            self.client.handle(NOW, Input::Bytes(octets));
        }
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.client.poll(NOW) {
                Output::Event(Event::Done { handle, .. }) => {
                    // Answers come in the order of the commands.
                    assert_eq!(self.open.first(), Some(&handle), "a command ends once and in its turn");
                    self.open.remove(0);
                }
                Output::Event(Event::Part { handle, data }) => {
                    assert_eq!(self.open.first(), Some(&handle), "a part of a command that is not running");
                    assert!(!data.is_empty(), "a part without octets");
                    self.body += data.len();
                }
                Output::Event(Event::Challenge { handle, .. }) => self.client.answer(handle, None),
                Output::Event(_) | Output::Send(_) => assert!(!self.closed, "something came after Close"),
                Output::Secure => self.client.handle(NOW, Input::Secured),
                Output::Close => self.closed = true,
                Output::Wait(_) => return,
            }
        }
    }
}

fn commands(upgrade: bool) -> Vec<Command> {
    let plain =
        Command::Auth { mechanism: "PLAIN".to_owned(), initial: Some(Secret::new(b"\0a\0b".to_vec())) };
    let long = Command::Auth { mechanism: "PLAIN".to_owned(), initial: Some(Secret::new(vec![b'a'; 300])) };
    let mut commands = vec![Command::Capa];
    if upgrade {
        commands.extend([Command::Utf8, Command::Lang(None), Command::Stls, Command::Capa, plain, long]);
        let digest = Secret::from("c4c9334bac560ecc979e58001b3e22fb");
        commands.push(Command::Apop { username: "robin".to_owned(), digest });
    }
    commands.extend([Command::User("robin".to_owned()), Command::Pass(Secret::from("secret"))]);
    commands.extend([Command::Stat, Command::List(None), Command::Uidl(None), Command::List(Some(1))]);
    commands.extend([Command::Uidl(Some(1)), Command::Retr(1), Command::Top(1, 2), Command::Retr(2)]);
    commands.extend([Command::Dele(1), Command::Noop, Command::Rset, Command::Quit]);
    commands
}

const NOW: Timestamp = Timestamp::from_millis(1);
/// Enough for a line feed that does not come, too short for a server to be given up.
const LATER: Timestamp = Timestamp::from_millis(20_000);
