//! A connection whose server is a test, under a virtual clock.

use waypost_imap::{Client, Command, Event, Handle, ImapError, Options};
use waypost_wire::{Duration, Input, Machine as _, Output, Timestamp};

/// A connection and its clock.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) now: Timestamp,
    /// Octets that were sent and not yet looked at.
    pub(crate) octets: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) wait: Option<Timestamp>,
    pub(crate) secures: usize,
    pub(crate) closed: bool,
}

impl Session {
    /// The owner asks for the capabilities.
    pub(crate) fn new() -> Self {
        Self::with(|options| options.ask_capabilities = false)
    }

    pub(crate) fn with(set: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::default();
        set(&mut options);
        let client = Client::new(options);
        let now = Timestamp::from_millis(5);
        let mut session = Self {
            client,
            now,
            octets: Vec::new(),
            events: Vec::new(),
            wait: None,
            secures: 0,
            closed: false,
        };
        session.drain();
        session
    }

    /// Signed in, with these capabilities, no event to be seen.
    pub(crate) fn preauth(capabilities: &str, set: impl FnOnce(&mut Options)) -> Self {
        let mut session = Self::with(set);
        session.server(&format!("* PREAUTH [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"));
        session.events.clear();
        session
    }

    /// In a mailbox.
    pub(crate) fn selected(capabilities: &str, set: impl FnOnce(&mut Options)) -> Self {
        let mut session = Self::preauth(capabilities, set);
        session.command(Command::Select(waypost_imap::types::MailboxName::new("INBOX")));
        session.server("* 9 EXISTS\r\nw0 OK [READ-WRITE] selected\r\n");
        session.events.clear();
        session.octets.clear();
        session
    }

    pub(crate) fn signed_in() -> Self {
        let mut session = Self::new();
        session.server("* PREAUTH ready\r\n");
        session.events.clear();
        session
    }

    /// Does what a driver does until there is nothing to do, also where the machine waits for this very moment.
    pub(crate) fn drain(&mut self) {
        loop {
            match self.client.poll(self.now) {
                Output::Send(octets) => self.octets.extend(octets),
                Output::Event(event) => self.events.push(event),
                Output::Close => self.closed = true,
                Output::Secure => self.secures += 1,
                Output::Wait(Some(wait)) if wait <= self.now && !self.closed => {
                    self.client.handle(self.now, Input::Tick);
                }
                Output::Wait(wait) => {
                    self.wait = wait;
                    return;
                }
            }
        }
    }

    pub(crate) fn server(&mut self, text: &str) {
        self.server_octets(text.as_bytes());
    }

    pub(crate) fn server_octets(&mut self, octets: &[u8]) {
        self.client.handle(self.now, Input::Bytes(octets));
        self.drain();
    }

    pub(crate) fn closed_by_server(&mut self) {
        self.client.handle(self.now, Input::Closed);
        self.drain();
    }

    pub(crate) fn command(&mut self, command: impl Into<Command>) -> Handle {
        let handle = self.client.enqueue(command);
        self.drain();
        handle
    }

    /// Lets time go by as a driver does: `Tick` when it was asked for.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(wait) = self.wait.filter(|wait| *wait <= end) {
            assert!(wait >= self.now, "a moment that has passed is asked for");
            self.now = wait;
            self.client.handle(self.now, Input::Tick);
            self.drain();
        }
        self.now = end;
    }

    /// What was sent since the last look.
    pub(crate) fn sent(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.octets)).unwrap()
    }

    pub(crate) fn seen(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub(crate) fn failed(&self) -> Option<&ImapError> {
        self.events.iter().find_map(|event| match event {
            Event::Failed(error) => Some(error),
            _ => None,
        })
    }

    pub(crate) fn timed_out(&self) -> bool {
        self.failed() == Some(&ImapError::TimedOut) && self.closed
    }
}
