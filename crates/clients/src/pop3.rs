//! The machine of a `Pop3Client`, driven by the page (web/client/src/clients/driver.ts says how).

mod batch;
mod fault;
mod login;

use crate::quote::Quoter;
use batch::{Batch, Record};
use fault::Fault;
use login::{Login, Security, Wanted};
use std::collections::VecDeque;
use wasm_bindgen::prelude::wasm_bindgen;
use waypost_pop3::{Client, Command, Event, Handle, Options, Refusal};
use waypost_sasl::{Credentials, Nonce};
use waypost_wire::{Input, Machine, Output, Secret, Timestamp};

/// One POP3 connection, from the greeting on.
#[wasm_bindgen]
pub struct Pop3 {
    client: Client,
    login: Login,
    quoter: Quoter,
    batch: Batch,
    input: Vec<u8>,
    outgoing: Vec<u8>,
    wake: Option<Timestamp>,
    /// Commands of the page, oldest first, and the numbers that the page knows them by.
    commands: VecDeque<(Handle, u32)>,
    next_command: u32,
    /// What the server said that it can do: each line of CAPA.
    capabilities: Vec<String>,
    learning: Vec<String>,
    faults: Vec<Fault>,
    closing: bool,
}

#[wasm_bindgen]
impl Pop3 {
    /// A machine that waits for the greeting, then signs in. `security` is `tls`, `starttls` or `none`; `token` says that the secret
    /// is an access token; `random` is at least 32 octets of a cryptographic source.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::too_many_arguments, reason = "a record would cost more glue than it is worth")]
    pub fn new(
        host: String,
        port: u16,
        security: &str,
        username: String,
        secret: String,
        token: bool,
        random: &[u8],
        allow_apop: bool,
        pipelining: bool,
    ) -> Self {
        let secret = Secret::new(secret);
        let credentials = if token {
            Credentials::token(username, secret)
        } else {
            Credentials::password(username, secret)
        };
        let security = match security {
            "tls" => Security::Tls,
            "starttls" => Security::StartTls,
            _ => Security::None,
        };
        let mut options = Options::default();
        (options.allow_apop, options.pipelining) = (allow_apop, pipelining);
        let mut nonce = [0; Nonce::LENGTH];
        nonce.iter_mut().zip(random).for_each(|(to, from)| *to = *from);
        Self {
            quoter: Quoter::new(&credentials, &host, port),
            client: Client::new(options),
            login: Login::new(Wanted {
                credentials,
                host,
                port,
                security,
                allow_apop,
                random: nonce,
                nfkc: crate::normal::kc,
            }),
            batch: Batch::default(),
            input: Vec::new(),
            outgoing: Vec::new(),
            wake: None,
            commands: VecDeque::new(),
            next_command: 0,
            capabilities: Vec::new(),
            learning: Vec::new(),
            faults: Vec::new(),
            closing: false,
        }
    }

    /// The address of room for so many octets.
    pub fn room(&mut self, octets: usize) -> usize {
        self.input = vec![0; octets];
        self.input.as_ptr() as usize
    }

    /// So many octets were written there.
    pub fn receive(&mut self, now: f64, octets: usize) {
        let mut input = std::mem::take(&mut self.input);
        input.truncate(octets);
        self.client.handle_owned(moment(now), input);
    }

    /// TLS is in force.
    pub fn secured(&mut self, now: f64) {
        self.client.handle(moment(now), Input::Secured);
    }

    /// The server's stream ended.
    pub fn ended(&mut self, now: f64) {
        self.client.handle(moment(now), Input::Closed);
    }

    /// The moment of `wake` has come.
    pub fn tick(&mut self, now: f64) {
        self.client.handle(moment(now), Input::Tick);
    }

    /// Does what can be done and says what is wanted: bits of `Wish`.
    pub fn poll(&mut self, now: f64) -> u32 {
        self.batch.clear();
        self.outgoing.clear();
        let mut wishes = 0;
        self.login.derive(&mut self.client);
        loop {
            match self.client.poll(moment(now)) {
                Output::Send(octets) => self.outgoing.extend(octets),
                Output::Secure => wishes |= SECURE,
                Output::Event(event) => self.event(event),
                Output::Close => self.closing = true,
                Output::Wait(until) => {
                    self.wake = until;
                    break;
                }
            }
        }
        for (wish, wanted) in [
            (SEND, !self.outgoing.is_empty()),
            (EVENTS, !self.batch.is_empty()),
            (CLOSE, self.closing),
            // A challenge of this very turn may have asked for it.
            (MORE, self.login.derives()),
        ] {
            wishes |= if wanted { wish } else { 0 };
        }
        wishes
    }

    /// The address of what is to be sent.
    pub fn outgoing(&self) -> usize {
        self.outgoing.as_ptr() as usize
    }

    /// How much that is.
    pub fn outgoing_length(&self) -> usize {
        self.outgoing.len()
    }

    /// When `tick` is wanted; negative for never.
    pub fn wake(&self) -> f64 {
        self.wake.map_or(-1.0, |wake| wake.as_millis() as f64)
    }

    /// The address of the records, five numbers each.
    pub fn records(&self) -> usize {
        self.batch.records().0
    }

    /// How many numbers they are.
    pub fn records_length(&self) -> usize {
        self.batch.records().1
    }

    /// The address of their texts.
    pub fn text(&self) -> usize {
        self.batch.text()
    }

    /// The code of a fault.
    pub fn fault_code(&self, fault: usize) -> String {
        self.faults.get(fault).map_or("internal", |fault| fault.code).to_owned()
    }

    /// What the server said with it, fit to be shown.
    pub fn fault_text(&self, fault: usize) -> Option<String> {
        self.quoter.quote(self.faults.get(fault)?.said.as_deref()?)
    }

    /// What CAPA said last, a line each: name in upper case, and arguments.
    pub fn capabilities(&self) -> String {
        self.capabilities.join("\n")
    }

    /// STAT.
    pub fn stat(&mut self) -> u32 {
        self.enqueue(Command::Stat)
    }

    /// LIST; 0 for all.
    pub fn list(&mut self, number: u32) -> u32 {
        self.enqueue(Command::List((number > 0).then_some(number)))
    }

    /// UIDL, of all.
    pub fn uidl(&mut self) -> u32 {
        self.enqueue(Command::Uidl(None))
    }

    /// RETR of each; gives the first of their numbers, which follow each other.
    pub fn retrieve(&mut self, numbers: &[u32]) -> u32 {
        self.each(numbers, Command::Retr)
    }

    /// TOP.
    pub fn top(&mut self, number: u32, lines: u32) -> u32 {
        self.enqueue(Command::Top(number, lines))
    }

    /// DELE of each.
    pub fn delete(&mut self, numbers: &[u32]) -> u32 {
        self.each(numbers, Command::Dele)
    }

    /// RSET.
    pub fn reset(&mut self) -> u32 {
        self.enqueue(Command::Rset)
    }

    /// NOOP.
    pub fn noop(&mut self) -> u32 {
        self.enqueue(Command::Noop)
    }

    /// QUIT.
    pub fn quit(&mut self) -> u32 {
        self.enqueue(Command::Quit)
    }

    /// Takes a command back that was not sent yet; it never ends then. False: it goes on.
    pub fn cancel(&mut self, command: u32) -> bool {
        let found = self.commands.iter().position(|(_, known)| *known == command);
        let Some((index, (handle, _))) = found.and_then(|index| Some((index, *self.commands.get(index)?)))
        else {
            return false;
        };
        let cancelled = self.client.cancel(handle);
        if cancelled {
            self.commands.remove(index);
        }
        cancelled
    }
}

impl Pop3 {
    fn enqueue(&mut self, command: Command) -> u32 {
        let number = self.next_command;
        self.next_command = self.next_command.wrapping_add(1);
        self.commands.push_back((self.client.enqueue(command), number));
        number
    }

    fn each(&mut self, numbers: &[u32], command: fn(u32) -> Command) -> u32 {
        let first = self.next_command;
        for number in numbers {
            self.enqueue(command(*number));
        }
        first
    }

    /// The page's number of a command; `None` for one of the login.
    fn number(&self, handle: Handle) -> Option<u32> {
        // Nearly always the oldest.
        self.commands.iter().find(|(known, _)| *known == handle).map(|(_, number)| *number)
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Greeting { .. } => self.login.greeted(&mut self.client),
            Event::Capability { name, arguments, .. } => {
                self.learning.push(std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" "));
            }
            Event::Challenge { handle, data } => self.login.challenged(&mut self.client, handle, &data),
            Event::Failed(error) => self.failed(Fault::connection(&error)),
            Event::Done { handle, result } => self.done(handle, result.map(drop)),
            Event::Part { handle, data } => {
                if let Some(command) = self.number(handle) {
                    self.batch.part(command, data);
                }
            }
            Event::UniqueId { handle, number, uidl } => {
                if let Some(command) = self.number(handle) {
                    self.batch.unique_id(command, number, &uidl);
                }
            }
            Event::Statistics { handle, count, octets } => {
                if let Some(command) = self.number(handle) {
                    self.batch.push(Record::Statistics { command, count, octets });
                }
            }
            Event::Size { handle, number, octets } => {
                if let Some(command) = self.number(handle) {
                    self.batch.push(Record::Size { command, number, octets });
                }
            }
            // What is not said here nobody asked for.
            _ => {}
        }
    }

    fn done(&mut self, handle: Handle, result: Result<(), Refusal>) {
        let index = self.commands.iter().position(|(known, _)| *known == handle);
        let Some((_, command)) = index.and_then(|index| self.commands.remove(index)) else {
            return self.login_went_on(result);
        };
        match result {
            Ok(()) => self.batch.push(Record::Done { command }),
            // The end of the connection is told once, for all.
            Err(Refusal::ConnectionEnded) => {}
            Err(refusal) => {
                let fault = self.fault(Fault::refusal(&refusal));
                self.batch.push(Record::Refused { command, fault });
            }
        }
    }

    fn login_went_on(&mut self, result: Result<(), Refusal>) {
        if self.login.is_done() || self.closing {
            return;
        }
        if self.login.asks_capabilities() {
            // After a refusal, what was known is known no more.
            self.capabilities = std::mem::take(&mut self.learning);
        }
        if matches!(result, Err(Refusal::ConnectionEnded)) {
            return;
        }
        match self.login.ended(&mut self.client, result) {
            Err(fault) => self.failed(fault),
            Ok(()) if self.login.is_done() => self.batch.push(Record::Ready),
            Ok(()) => {}
        }
    }

    fn failed(&mut self, fault: Fault) {
        let fault = self.fault(fault);
        self.batch.push(Record::Failed { fault });
        self.closing = true;
    }

    fn fault(&mut self, fault: Fault) -> u32 {
        self.faults.push(fault);
        // One for each command at most.
        (self.faults.len() - 1) as u32
    }
}

fn moment(now: f64) -> Timestamp {
    Timestamp::from_millis(now as u64)
}

/// `Wish` of driver.ts.
const SEND: u32 = 1;
const EVENTS: u32 = 2;
const SECURE: u32 = 4;
const CLOSE: u32 = 8;
const MORE: u32 = 16;
