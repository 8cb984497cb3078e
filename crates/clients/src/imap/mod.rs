//! The IMAP client's machine for JavaScript: octets in, octets, rows and records out.
//!
//! The page drives it (`web/client/src/clients/driver.ts`), gives commands in words and reads what comes by views of the instance's
//! memory: rows as columns, everything else as records. One FETCH at a time is the page's: what it brings are rows, and other FETCH
//! responses are news of flags.

mod events;
mod expand;
mod faults;
mod keys;
mod login;
mod moment;
mod orders;
mod records;
mod rows;
#[cfg(test)]
mod tests;
mod texts;

use self::events::write_response;
pub use self::expand::Expander;
use self::faults::{Failure, write_code};
use self::login::{After, Identity, Login, credentials};
use self::orders::{OddNames, command};
use self::records::{Kind, Records};
use self::rows::{MOST_ROWS, Rows};
use crate::quote::Quoter;
use wasm_bindgen::prelude::wasm_bindgen;
use waypost_imap::types::{MailboxListing, MailboxName, Row, Section};
use waypost_imap::{Client, Command, Completion, Event, Handle, Options, Refusal, Response};
use waypost_sasl::{Credentials, Nonce};
use waypost_wire::{Input, Machine, Output, Timestamp};

/// One IMAP connection.
#[wasm_bindgen]
pub struct Imap {
    client: Client,
    /// Octets that the page writes.
    room: Vec<u8>,
    outgoing: Vec<u8>,
    /// Milliseconds of the page's clock; negative for never.
    wake: f64,
    secure: bool,
    closes: bool,
    records: Records,
    rows: Rows,
    /// Long lists of numbers that records name.
    numbers: Vec<u32>,
    /// Parts of bodies that records name.
    parts: Vec<Vec<u8>>,
    /// A body that began, of which nothing has come: its UID or 0, its section and its octets.
    begun: Option<(u32, Section, u64)>,
    /// The page took the last octets of a body.
    passed: bool,
    /// Where the above are, for the page.
    header: Vec<u32>,
    /// What was told has been read.
    read: bool,
    /// Commands by the numbers that the page knows them by.
    commands: Vec<(u32, Handle)>,
    next: u32,
    /// The FETCH whose rows come, and which items each of its rows has.
    fetching: Option<(u32, u8)>,
    login: Option<Login>,
    /// Of what the server says; while a login runs it knows the secret.
    quoter: Quoter,
    names: OddNames,
}

#[wasm_bindgen]
impl Imap {
    /// A machine that waits for the greeting. `starttls`: nothing of the user is sent before TLS came by STARTTLS.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(starttls: bool) -> Self {
        let mut options = Options::default();
        options.require_starttls = starttls;
        Self {
            client: Client::new(options),
            room: Vec::new(),
            outgoing: Vec::new(),
            wake: -1.0,
            secure: false,
            closes: false,
            records: Records::default(),
            rows: Rows::default(),
            numbers: Vec::new(),
            parts: Vec::new(),
            begun: None,
            passed: false,
            header: Vec::new(),
            read: false,
            commands: Vec::new(),
            next: 0,
            fetching: None,
            login: None,
            quoter: knowing_nothing(),
            names: OddNames::new(),
        }
    }

    /// The address of room for so many octets.
    pub fn room(&mut self, octets: usize) -> usize {
        self.forget();
        if self.room.len() < octets {
            self.room.resize(octets, 0);
        }
        self.room.as_ptr() as usize
    }

    /// So many octets of the server were written there.
    pub fn receive(&mut self, now: f64, octets: usize) {
        let octets = self.room.get(..octets).unwrap_or_default();
        self.client.handle(timestamp(now), Input::Bytes(octets));
    }

    /// TLS is in force.
    pub fn secured(&mut self, now: f64) {
        self.client.handle(timestamp(now), Input::Secured);
    }

    /// The server's stream ended.
    pub fn ended(&mut self, now: f64) {
        self.client.handle(timestamp(now), Input::Closed);
    }

    /// The moment that `wake` named has come.
    pub fn tick(&mut self, now: f64) {
        self.client.handle(timestamp(now), Input::Tick);
    }

    /// Does what can be done now. Bits: 1 octets are to be sent, 2 there are events, 4 TLS is to be made, 8 the connection is to be
    /// closed, 16 there is more to do.
    pub fn poll(&mut self, now: f64) -> u32 {
        self.forget();
        self.outgoing.clear();
        let derives = self.login.as_mut().is_some_and(|login| login.derive(&mut self.client));
        let full = self.drain(timestamp(now));
        let derives = derives || self.login.as_ref().is_some_and(Login::derives);
        let told = !self.records.as_octets().is_empty() || self.rows.count() > 0 || self.begun.is_some();
        u32::from(!self.outgoing.is_empty())
            | u32::from(told) << 1
            | u32::from(std::mem::take(&mut self.secure)) << 2
            | u32::from(std::mem::take(&mut self.closes)) << 3
            | u32::from(derives || full) << 4
    }

    /// The address of the octets to send.
    pub fn outgoing(&self) -> usize {
        self.outgoing.as_ptr() as usize
    }

    /// How many they are.
    pub fn outgoing_length(&self) -> usize {
        self.outgoing.len()
    }

    /// When to call `tick`; negative for never.
    pub fn wake(&self) -> f64 {
        self.wake
    }

    /// The address of a table of what is told: how many rows there are, then pairs of address and length in octets of the records, the
    /// numbers, and the columns.
    pub fn events(&mut self) -> usize {
        self.read = true;
        self.tell_begun();
        let rows = &self.rows;
        self.header.clear();
        self.header.push(rows.count() as u32);
        let mut column = |address: usize, octets: usize| self.header.extend([address as u32, octets as u32]);
        let octets = |octets: &[u8]| (octets.as_ptr() as usize, octets.len());
        let words = |words: &[u32]| (words.as_ptr() as usize, words.len() * 4);
        for (address, length) in [
            octets(self.records.as_octets()),
            words(&self.numbers),
            (rows.mod_sequences.as_ptr() as usize, rows.mod_sequences.len() * 8),
            (rows.sizes.as_ptr() as usize, rows.sizes.len() * 8),
            (rows.dates.as_ptr() as usize, rows.dates.len() * 8),
            words(&rows.uids),
            words(&rows.sequences),
            words(&rows.flags),
            words(&rows.packed),
            words(&rows.places),
            words(&rows.extra),
            octets(&rows.octets),
            octets(rows.extras.as_octets()),
            octets(rows.keywords.as_octets()),
        ] {
            column(address, length);
        }
        self.header.as_ptr() as usize
    }

    /// Gives a command in words; its number, or 0 where the words are none.
    pub fn command(&mut self, words: &str) -> u32 {
        let Some(command) = command(words, &self.names) else { return 0 };
        let items = words.starts_with("fetch\0").then(|| expected(words));
        let id = self.enqueue(command);
        if let Some(items) = items {
            self.fetching = Some((id, items));
        }
        id
    }

    /// Signs in; the number of the command. `random` are octets of a cryptographic source.
    #[expect(
        clippy::too_many_arguments,
        reason = "a call from JavaScript has no other form that is as cheap and typed"
    )]
    pub fn sign_in(
        &mut self,
        username: &str,
        secret: String,
        token: bool,
        host: &str,
        port: u16,
        secure: bool,
        random: &[u8],
    ) -> u32 {
        self.next += 1;
        let id = self.next;
        let mut nonce = [0; Nonce::LENGTH];
        nonce.iter_mut().zip(random).for_each(|(octet, random)| *octet = *random);
        let credentials = credentials(username, secret, token);
        self.quoter = Quoter::new(&credentials, host, port);
        let identity = Identity { credentials, host: host.to_owned(), port, secure, random: nonce };
        match Login::begin(&mut self.client, id, identity) {
            Ok(login) => self.login = Some(login),
            Err(failure) => self.refuse(id, *failure),
        }
        id
    }

    /// Octets of a message, which were written to `room`, for a command that wants them. Whether they were taken.
    pub fn supply(&mut self, id: u32, octets: usize) -> bool {
        let Some(handle) = self.handle(id) else { return false };
        let octets = self.room.get(..octets).unwrap_or_default().to_vec();
        self.client.supply(handle, octets).is_ok()
    }

    /// Gives a command up; whether it has ended then or will end so.
    pub fn cancel(&mut self, id: u32) -> bool {
        self.handle(id).is_some_and(|handle| self.client.cancel(handle))
    }

    /// Ends IDLE.
    pub fn finish_idle(&mut self, id: u32) {
        if let Some(handle) = self.handle(id) {
            self.client.finish_idle(handle);
        }
    }

    /// How many octets of a body come next that need not be handed in; negative where octets of it were told that are to be read before.
    pub fn body_left(&self) -> f64 {
        let left = self.client.body_left() as f64;
        if self.parts.is_empty() || self.read { left } else { -left }
    }

    /// So many of them went another way. Of a body whose first octets go so the beginning is not told, and of one whose last do the end is not.
    pub fn pass_body(&mut self, now: f64, octets: f64) {
        let (octets, left) = (octets as u64, self.client.body_left());
        if left > 0 {
            self.begun = None;
            self.passed = octets >= left;
            self.client.pass_body(timestamp(now), octets);
        }
    }

    /// Whether the server named this capability or one that holds it.
    pub fn offers(&self, capability: &str) -> bool {
        self.client.capabilities().is_some_and(|known| known.offers(capability))
    }

    /// Whether it is known what the server can do.
    pub fn knows_capabilities(&self) -> bool {
        self.client.capabilities().is_some()
    }
}

impl Imap {
    /// Drops what was read.
    fn forget(&mut self) {
        if std::mem::take(&mut self.read) {
            self.records.clear();
            self.rows.clear();
            self.numbers.clear();
            self.parts.clear();
        }
    }

    fn enqueue(&mut self, command: Command) -> u32 {
        self.next += 1;
        let handle = self.client.enqueue(command);
        self.commands.push((self.next, handle));
        self.next
    }

    fn handle(&self, id: u32) -> Option<Handle> {
        let found = self.commands.iter().find(|(known, _)| *known == id);
        found
            .map(|(_, handle)| *handle)
            .or_else(|| self.login.as_ref().filter(|login| login.id == id).map(|login| login.handle))
    }

    /// Takes what the machine gives, until it waits. Whether a batch is full before.
    fn drain(&mut self, now: Timestamp) -> bool {
        loop {
            match self.fetching {
                Some((_, items)) if items & !SIZE == 0 => {
                    let most = MOST_ROWS.saturating_sub(self.rows.count());
                    plain_rows(&mut self.client, &mut self.rows, most);
                }
                Some((_, items)) => {
                    let (records, numbers) = (&mut self.records, &mut self.numbers);
                    rows(&mut self.client, &mut self.rows, items, |row| news(records, numbers, row));
                }
                None => {}
            }
            if self.rows.is_full() {
                return true;
            }
            match self.client.poll(now) {
                Output::Event(Event::Response(Response::Fetch(row))) => self.row(row.as_row()),
                Output::Event(event) => self.event(event),
                Output::Send(octets) => self.outgoing.extend_from_slice(&octets),
                Output::Secure => self.secure = true,
                Output::Close => self.closes = true,
                Output::Wait(until) => {
                    self.wake = until.map_or(-1.0, |until| until.as_millis() as f64);
                    return false;
                }
            }
        }
    }

    /// A row of the FETCH that runs, or news of flags.
    fn row(&mut self, row: Row<'_>) {
        match self.fetching {
            Some((_, items)) if items & !items_of(row) == 0 => self.rows.push(row),
            _ => news(&mut self.records, &mut self.numbers, row),
        }
    }

    #[inline(never)]
    fn event(&mut self, event: Event) {
        match event {
            Event::BodyStarted { uid, section, octets, .. } => {
                self.begun = Some((uid.map_or(0, |uid| uid.as_u32()), section, octets));
            }
            Event::BodyPart(octets) => {
                self.tell_begun();
                let address = octets.as_ptr() as usize;
                self.records.begin(Kind::BodyPart).count(address).count(octets.len());
                self.parts.push(octets);
            }
            Event::BodyEnded => {
                if !std::mem::take(&mut self.passed) {
                    self.tell_begun();
                    self.records.begin(Kind::BodyEnded);
                }
            }
            other => self.other_event(other),
        }
    }

    #[inline(never)]
    fn other_event(&mut self, event: Event) {
        match event {
            Event::Greeting { preauth, text } => {
                self.records.begin(Kind::Greeting).octet(u8::from(preauth)).text(&text);
                self.tell_capabilities();
            }
            Event::Response(response) => self.response(&response),
            Event::Challenge { handle, data } => match &mut self.login {
                Some(login) => login.challenged(&mut self.client, handle, &data),
                None => self.client.answer(handle, None),
            },
            Event::OctetsWanted { handle, octets } => {
                if let Some(id) = self.id(handle) {
                    self.records.begin(Kind::Wanted).short(id).count(octets);
                }
            }
            Event::Idling { handle } => {
                if let Some(id) = self.id(handle) {
                    self.records.begin(Kind::Idling).short(id);
                }
            }
            Event::Done { handle, result } => self.done(handle, result),
            Event::Failed(error) => {
                Failure::of_connection(&error).quoted(&self.quoter).write_failed(&mut self.records);
            }
            _ => {}
        }
    }

    #[inline(never)]
    fn response(&mut self, response: &Response) {
        if let Response::List(MailboxListing { name, .. }) | Response::Lsub(MailboxListing { name, .. }) =
            response
            && *name != MailboxName::new(name.as_str())
        {
            self.names.insert(name.as_str().to_owned(), name.clone());
        }
        write_response(&mut self.records, &mut self.numbers, response);
    }

    /// The beginning of a body, where it was not told yet.
    #[inline(never)]
    fn tell_begun(&mut self) {
        if let Some((uid, section, octets)) = self.begun.take() {
            self.records.begin(Kind::BodyStarted).short(uid).long(octets).text(&rows::section(&section));
        }
    }

    fn tell_capabilities(&mut self) {
        if let Some(known) = self.client.capabilities() {
            self.records.begin(Kind::Capabilities).texts(known.iter());
        }
    }

    fn id(&self, handle: Handle) -> Option<u32> {
        self.commands.iter().find(|(_, known)| *known == handle).map(|(id, _)| *id)
    }

    #[inline(never)]
    fn done(&mut self, handle: Handle, result: Result<Completion, Refusal>) {
        if let Some(login) = self.login.take_if(|login| login.handle == handle) {
            return self.login_ended(login, result);
        }
        let Some(at) = self.commands.iter().position(|(_, known)| *known == handle) else { return };
        let (id, _) = self.commands.remove(at);
        self.fetching = self.fetching.filter(|(fetching, _)| *fetching != id);
        self.finish(id, result);
    }

    fn finish(&mut self, id: u32, result: Result<Completion, Refusal>) {
        match result {
            Ok(completion) => {
                self.records.begin(Kind::Done).short(id);
                write_code(&mut self.records, completion.code.as_ref());
                self.records.text(&completion.text);
            }
            Err(refusal) => self.refuse(id, Failure::of_command(&refusal)),
        }
    }

    fn refuse(&mut self, id: u32, failure: Failure) {
        failure.quoted(&self.quoter).write_refused(&mut self.records, id);
    }

    fn login_ended(&mut self, login: Login, result: Result<Completion, Refusal>) {
        let id = login.id;
        match login.ended(&mut self.client, result.as_ref().err()) {
            After::Again(login) => self.login = Some(login),
            After::Failed(failure) => {
                self.refuse(id, failure);
                self.quoter = knowing_nothing();
            }
            After::SignedIn => {
                self.quoter = knowing_nothing();
                self.tell_capabilities();
                self.finish(id, result);
            }
        }
    }
}

fn knowing_nothing() -> Quoter {
    Quoter::new(&Credentials::anonymous(""), "", 0)
}

/// A function of its own, and so a small one: engines compile it well at once.
#[inline(never)]
fn plain_rows(client: &mut Client, rows: &mut Rows, most: usize) {
    client.plain_rows(most, |row| rows.push_plain(row));
}

/// Rows as they lie in memory, until a batch is full. For whoever is `told`: what is none of these rows.
#[inline(never)]
fn rows(client: &mut Client, rows: &mut Rows, items: u8, mut told: impl FnMut(Row<'_>)) {
    client.rows(|row| {
        if items & !items_of(row) == 0 {
            rows.push(row);
        } else {
            told(row);
        }
        !rows.is_full()
    });
}

/// News of flags.
#[inline(never)]
fn news(records: &mut Records, numbers: &mut Vec<u32>, row: Row<'_>) {
    write_response(records, numbers, &Response::Fetch(Box::new(row.into_owned())));
}

/// RFC822.SIZE among the items.
const SIZE: u8 = 1 << 1;

/// Items that tell a row that was asked for from news of flags.
fn expected(words: &str) -> u8 {
    let has = |name: &str| words.split('\0').any(|word| word == name);
    u8::from(has("envelope"))
        | u8::from(has("size")) << 1
        | u8::from(has("internalDate")) << 2
        | u8::from(has("structure")) << 3
        | u8::from(words.contains("\0body ")) << 4
}

#[inline]
fn items_of(row: Row<'_>) -> u8 {
    let items = row.items();
    u8::from(row.has_envelope())
        | u8::from(items.size.is_some()) << 1
        | u8::from(items.internal_date.is_some()) << 2
        | u8::from(row.has_structure()) << 3
        | u8::from(!items.bodies.is_empty()) << 4
}

fn timestamp(now: f64) -> Timestamp {
    Timestamp::from_millis(now.max(0.0) as u64)
}
