//! Our parser, whole: framing, grammar and connection machine, with all events taken out.

use waypost_imap::{Client, Event, Options, Response};
use waypost_wire::{Input, Machine as _, Output, Timestamp};

/// A connection and what came over it.
pub struct Parser {
    client: Client,
    /// Responses; one that comes in pieces counts once.
    pub responses: u32,
    /// UIDs, numbers found and octets of bodies, added up.
    pub sum: u64,
    /// Takes each string of an envelope and a body structure out as well.
    pub read_all: bool,
}

impl Default for Parser {
    fn default() -> Self {
        let mut parser =
            Self { client: Client::new(Options::default()), responses: 0, sum: 0, read_all: false };
        parser.feed(b"* PREAUTH ready\r\n");
        parser
    }
}

impl Parser {
    /// Takes what a socket gave.
    pub fn feed(&mut self, octets: &[u8]) {
        let now = Timestamp::default();
        self.client.handle(now, Input::Bytes(octets));
        loop {
            match self.client.poll(now) {
                Output::Event(event) => self.event(event),
                Output::Wait(_) => return,
                _ => {}
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Response(Response::Fetch(fetched)) => {
                self.responses += 1;
                if fetched.bodies.is_empty() {
                    self.sum += fetched.uid.map_or(0, |uid| u64::from(uid.as_u32()));
                }
                if self.read_all {
                    std::hint::black_box(fetched.envelope().map(|envelope| envelope.into_owned()));
                    std::hint::black_box(fetched.body_structure().map(|structure| structure.into_owned()));
                }
                std::hint::black_box(fetched);
            }
            Event::Response(Response::Search(found)) => {
                self.responses += u32::from(!found.more);
                self.sum += found.numbers.iter().map(|number| u64::from(*number)).sum::<u64>();
            }
            Event::BodyPart(octets) => self.sum += std::hint::black_box(octets).len() as u64,
            _ => {}
        }
    }
}
