//! A POP3 session that takes all messages, by our machine: what the benchmark runs natively and in wasm alike.

use waypost_pop3::{Client, Command, Event, Options};
use waypost_wire::{Machine as _, Output, Secret, Timestamp};

/// A connection from the greeting to the end: CAPA, USER, PASS, RETR of each message, QUIT.
pub struct Maildrop {
    client: Client,
    count: u32,
    outgoing: Vec<u8>,
    /// Commands before the first RETR that have no answer yet.
    logging_in: u32,
    /// Messages that came whole.
    pub messages: u32,
    /// The machine closed the connection.
    pub closed: bool,
    /// What the server did not do as asked.
    pub refused: Option<String>,
}

/// What comes of a message.
pub enum Piece {
    /// Octets; pieces of one message follow each other.
    Octets(Vec<u8>),
    /// The end of a message.
    End,
}

impl Maildrop {
    /// A session that takes the messages 1 to `count`.
    #[must_use]
    pub fn new(user: &str, password: &str, count: u32) -> Self {
        let mut client = Client::new(Options::default());
        let login =
            [Command::Capa, Command::User(user.to_owned()), Command::Pass(Secret::new(password.to_owned()))];
        let logging_in = login.len() as u32;
        for command in login {
            client.enqueue(command);
        }
        let (outgoing, refused) = (Vec::new(), None);
        Self { client, count, outgoing, logging_in, messages: 0, closed: false, refused }
    }

    /// Takes what a socket gave, and gives what came of it.
    pub fn handle(&mut self, octets: Vec<u8>, take: &mut impl FnMut(Piece)) {
        let now = Timestamp::default();
        self.client.handle_owned(now, octets);
        loop {
            match self.client.poll(now) {
                Output::Send(octets) => self.outgoing.extend_from_slice(&octets),
                Output::Event(Event::Part { data, .. }) => take(Piece::Octets(data)),
                Output::Event(Event::Done { result, .. }) => match result {
                    Ok(_) => self.done(take),
                    Err(refusal) => self.refused = Some(format!("{refusal:?}")),
                },
                Output::Event(Event::Failed(error)) => self.refused = Some(error.to_string()),
                Output::Close => self.closed = true,
                Output::Wait(_) => return,
                _ => {}
            }
        }
    }

    /// What is to be sent now.
    pub fn outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.outgoing)
    }

    fn done(&mut self, take: &mut impl FnMut(Piece)) {
        match self.logging_in {
            0 if self.messages < self.count => {
                self.messages += 1;
                take(Piece::End);
            }
            0 => {}
            1 => {
                self.logging_in = 0;
                for number in 1..=self.count {
                    self.client.enqueue(Command::Retr(number));
                }
                self.client.enqueue(Command::Quit);
            }
            _ => self.logging_in -= 1,
        }
    }
}
