//! The connection machine: commands in, octets and events out. It parses lazily: an event is made when it is asked for, so
//! what is held never exceeds what the driver handed in and one line.

use crate::capability::{Capabilities, capability_line};
use crate::command::{Command, Company, Encoded, Rules, Shape, Verb, answer};
use crate::frame::{Frame, Framer};
use crate::response::{Status, drop_listing, scan_listing, status, unique_id_listing};
use crate::{Event, Handle, Pop3Error, Refusal};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::collections::VecDeque;
use std::fmt;
use waypost_wire::{Duration, Input, Limits, Machine, Output, Secret, Timestamp};

/// How a connection is run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Bounds held against the server.
    pub limits: Limits,
}

/// Where a connection stands (RFC 1939, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing received yet.
    AwaitingGreeting,
    /// Before login.
    Authorization,
    /// After login.
    Transaction,
    /// The connection has ended.
    Ended,
}

/// A command that was sent and not yet answered.
struct Running {
    handle: Handle,
    rules: Rules,
    phase: Phase,
    /// AUTH: the initial response that did not fit into the line.
    held: Option<Secret<Vec<u8>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// The status line, or a challenge of AUTH.
    Status,
    /// AUTH: the owner's answer to a challenge.
    Answer,
    /// The terminator; these are the words of the status line.
    Terminator(String),
}

/// The client's side of one POP3 connection.
pub struct Client {
    state: State,
    limits: Limits,
    framer: Framer,
    capabilities: Option<Capabilities>,
    /// What the running CAPA said so far.
    learning: Capabilities,
    /// The server took a user name and waits for the password.
    named: bool,
    /// TLS was put on by STLS.
    secured: bool,
    /// STLS was agreed to: no octet may come before `Secured`.
    securing: bool,
    /// The driver was told that the stream ended.
    closed: bool,
    /// What `poll` gives before it looks at more octets.
    outputs: VecDeque<Output<Event>>,
    /// Commands not yet sent.
    waiting: VecDeque<(Handle, Command)>,
    /// Commands sent, oldest first: the order of the answers (RFC 2449, 6.6).
    running: VecDeque<Running>,
    next_handle: u64,
    /// When the last octet came or went; `None` before the first call.
    last_progress: Option<Timestamp>,
}

impl fmt::Debug for Client {
    /// Octets to be sent may hold a password: they are left out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running: Vec<Verb> = self.running.iter().map(|running| running.rules.verb).collect();
        formatter
            .debug_struct("Client")
            .field("state", &self.state)
            .field("running", &running)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A machine that waits for the greeting.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            state: State::AwaitingGreeting,
            framer: Framer::new(options.limits.clone()),
            limits: options.limits,
            capabilities: None,
            learning: Capabilities::default(),
            named: false,
            secured: false,
            securing: false,
            closed: false,
            outputs: VecDeque::new(),
            waiting: VecDeque::new(),
            running: VecDeque::new(),
            next_handle: 0,
            last_progress: None,
        }
    }

    /// Queues a command. Pipelined only after CAPA announced PIPELINING; otherwise one at a time.
    pub fn enqueue(&mut self, command: Command) -> Handle {
        let handle = Handle(self.next_handle);
        self.next_handle += 1;
        if self.state == State::Ended {
            self.done(handle, Err(Refusal::ConnectionEnded));
        } else {
            self.waiting.push_back((handle, command));
        }
        handle
    }

    /// Answers a challenge of AUTH; `None` cancels. Ignored where no challenge waits for an answer.
    pub fn answer(&mut self, handle: Handle, response: Option<Secret<Vec<u8>>>) {
        let Some(running) = self.running.front_mut() else { return };
        if running.handle == handle && running.phase == Phase::Answer {
            running.phase = Phase::Status;
            self.send(&answer(response.as_ref()));
        }
    }

    /// What CAPA announced; `None` before it was asked, where it was refused, and again after STLS (RFC 2595, 4).
    #[must_use]
    pub fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// Where the connection stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn done(&mut self, handle: Handle, result: Result<String, Refusal>) {
        self.event(Event::Done { handle, result });
    }

    fn send(&mut self, line: &Secret<Vec<u8>>) {
        self.outputs.push_back(Output::Send(line.expose().clone()));
    }

    /// Ends the connection: the error, then every command, then `Close`.
    fn fail(&mut self, error: Option<Pop3Error>) {
        if self.state == State::Ended {
            return;
        }
        self.state = State::Ended;
        self.framer = Framer::new(self.limits.clone());
        if let Some(error) = error {
            self.event(Event::Failed(error));
        }
        let running: Vec<Handle> = self.running.drain(..).map(|running| running.handle).collect();
        let waiting: Vec<Handle> = self.waiting.drain(..).map(|(handle, _)| handle).collect();
        for handle in running.into_iter().chain(waiting) {
            self.done(handle, Err(Refusal::ConnectionEnded));
        }
        self.outputs.push_back(Output::Close);
    }

    fn broken(&mut self, rule: &'static str) {
        let offset = self.framer.offset();
        self.fail(Some(Pop3Error::Framing { rule, offset }));
    }

    /// Sends what may be sent now.
    fn send_waiting(&mut self) {
        if matches!(self.state, State::AwaitingGreeting | State::Ended) || self.securing {
            return;
        }
        while self.waiting.front().is_some_and(|(_, command)| self.may_start(command)) {
            let Some((handle, command)) = self.waiting.pop_front() else { return };
            let rules = command.rules();
            let encoded = self.misuse(rules).map_or_else(|| command.encode(), Err);
            match encoded {
                Ok(Encoded { line, held }) => {
                    self.send(&line);
                    self.running.push_back(Running { handle, rules, phase: Phase::Status, held });
                }
                Err(why) => self.done(handle, Err(Refusal::Misuse(why))),
            }
        }
    }

    /// Whether a command may be sent while others have no answer yet (RFC 2449, 6.6).
    fn may_start(&self, command: &Command) -> bool {
        if self.running.is_empty() {
            return true;
        }
        self.capabilities.as_ref().is_some_and(|known| known.pipelining)
            && command.rules().company != Company::Alone
            && self.running.iter().all(|running| running.rules.company == Company::Any)
            && self.running.len() < PIPELINED
    }

    /// Why a command can't be sent as things are; asked when it is its turn, because commands before it change the state.
    fn misuse(&self, rules: Rules) -> Option<&'static str> {
        match (rules.state, self.state) {
            (Some(State::Authorization), State::Transaction) => return Some("signed in already"),
            (Some(State::Transaction), State::Authorization) => return Some("not signed in"),
            _ => {}
        }
        match rules.verb {
            // Nobody could use the password, and everybody on the way would see it.
            Verb::Pass if !self.named => Some("the server has not taken a user name"),
            Verb::Stls if self.secured => Some("TLS is in force already"),
            _ => None,
        }
    }

    /// Takes the next frame from the framer, if there is one. Returns whether something happened.
    fn take_frame(&mut self) -> bool {
        match self.framer.next() {
            Ok(None) => return false,
            Ok(Some(Frame::Line)) => self.line(),
            Ok(Some(Frame::Part(data))) => {
                if let Some(running) = self.running.front() {
                    let handle = running.handle;
                    self.event(Event::Part { handle, data });
                }
            }
            Ok(Some(Frame::End)) => self.terminator(),
            Err(error) => self.fail(Some(error)),
        }
        true
    }

    fn line(&mut self) {
        if self.state == State::AwaitingGreeting {
            return self.greeting();
        }
        let Some(running) = self.running.front() else {
            // Some servers say why they end a connection that was idle: Dovecot "-ERR Disconnected for inactivity.".
            if !matches!(status(self.framer.line()), Some(Status::Err(_))) {
                self.broken("answer without a command");
            }
            return;
        };
        let (handle, rules) = (running.handle, running.rules);
        if matches!(running.phase, Phase::Terminator(_)) {
            return self.listed(handle, rules.verb);
        }
        match status(self.framer.line()) {
            Some(Status::Ok(text)) => self.granted(handle, rules, text),
            Some(Status::Err(refusal)) => self.ended(Err(refusal)),
            Some(Status::Continue(challenge)) if rules.verb == Verb::Auth => self.challenge(&challenge),
            _ => self.broken("status line"),
        }
    }

    /// ```abnf
    /// greeting = "+OK" [SP text] CRLF
    /// ```
    fn greeting(&mut self) {
        match status(self.framer.line()) {
            Some(Status::Ok(text)) => {
                self.state = State::Authorization;
                self.event(Event::Greeting { text });
            }
            Some(Status::Err(Refusal::Err { text, .. })) => self.fail(Some(Pop3Error::Refused(text))),
            _ => self.broken("greeting"),
        }
    }

    /// `+OK`: the end of a command, or the beginning of more.
    fn granted(&mut self, handle: Handle, rules: Rules, text: String) {
        match rules.shape {
            Shape::Line => {
                self.values(handle, rules.verb);
                return self.ended(Ok(text));
            }
            Shape::Listing if rules.verb == Verb::Capa => {
                self.learning = Capabilities::default();
                self.framer.expect_listing(self.limits.response as u64);
            }
            Shape::Listing => self.framer.expect_listing(self.limits.body.min(LONGEST_LISTING)),
            Shape::Body => self.framer.expect_body(),
        }
        if let Some(running) = self.running.front_mut() {
            running.phase = Phase::Terminator(text);
        }
    }

    /// What STAT, LIST n and UIDL n say in the status line itself.
    fn values(&mut self, handle: Handle, verb: Verb) {
        let line = self.framer.line();
        let rest = line.get(STATUS_OK..).unwrap_or_default();
        let event = match verb {
            Verb::Stat => drop_listing(handle, rest),
            Verb::List => scan_listing(handle, rest),
            Verb::Uidl => unique_id_listing(handle, rest),
            _ => return,
        };
        let event = event.unwrap_or_else(|| Event::Unreadable { handle, line: line.to_vec() });
        self.event(event);
    }

    /// A line of a listing.
    fn listed(&mut self, handle: Handle, verb: Verb) {
        let line = self.framer.line();
        let event = match verb {
            Verb::List => scan_listing(handle, line),
            Verb::Uidl => unique_id_listing(handle, line),
            _ => capability_line(line).map(|(name, arguments)| {
                self.learning.learn(&name, &arguments);
                Event::Capability { handle, name, arguments }
            }),
        };
        let event = event.unwrap_or_else(|| Event::Unreadable { handle, line: line.to_vec() });
        self.event(event);
    }

    fn terminator(&mut self) {
        let Some(running) = self.running.front_mut() else { return };
        let Phase::Terminator(text) = &mut running.phase else { return };
        let text = std::mem::take(text);
        self.ended(Ok(text));
    }

    /// The server's `+` in AUTH.
    fn challenge(&mut self, challenge: &[u8]) {
        let Some(running) = self.running.front_mut() else { return };
        let handle = running.handle;
        if running.phase == Phase::Answer {
            return self.broken("challenge before the answer to another");
        }
        // The first challenge is empty and the initial response answers it (RFC 5034, 4).
        if let Some(initial) = running.held.take() {
            return self.send(&answer(Some(&initial)));
        }
        running.phase = Phase::Answer;
        // The mechanism judges what it can't read as a challenge that is not its own.
        let data = CHALLENGE.decode(challenge).unwrap_or_default();
        self.event(Event::Challenge { handle, data });
    }

    /// The oldest command ended: what that means for the connection.
    fn ended(&mut self, result: Result<String, Refusal>) {
        let Some(running) = self.running.pop_front() else { return };
        let handle = running.handle;
        match (running.rules.verb, result.is_ok()) {
            (Verb::Capa, true) => self.capabilities = Some(std::mem::take(&mut self.learning)),
            (Verb::Capa, false) => self.capabilities = None,
            (Verb::Stls, true) => return self.agreed_to_tls(handle, result),
            (Verb::User, granted) => self.named = granted,
            (Verb::Pass, false) => self.named = false,
            (Verb::Pass | Verb::Auth, true) => self.state = State::Transaction,
            _ => {}
        }
        self.done(handle, result);
        if running.rules.verb == Verb::Quit {
            self.fail(None);
        }
    }

    /// What was learnt before TLS is forgotten (RFC 2595, 4), and octets that came already are not the server's.
    fn agreed_to_tls(&mut self, handle: Handle, result: Result<String, Refusal>) {
        self.capabilities = None;
        self.named = false;
        if self.framer.has_more() {
            self.done(handle, Err(Refusal::ConnectionEnded));
            return self.fail(Some(Pop3Error::Injection));
        }
        self.securing = true;
        self.done(handle, result);
        self.outputs.push_back(Output::Secure);
    }

    /// Servers may hang up without an answer to QUIT: that is what was asked for, but nobody knows whether deletions were done.
    fn stream_ended(&mut self) {
        let leaving = self.running.back().is_some_and(|last| last.rules.verb == Verb::Quit);
        let alone = self.running.len() == 1;
        self.fail(if leaving && alone { None } else { Some(Pop3Error::Closed) });
    }

    fn progress(&mut self, now: Timestamp) {
        self.last_progress = self.last_progress.max(Some(now));
    }

    /// When `Tick` is wanted: the server owes something and was silent until then. It owes nothing while the owner has to answer.
    fn deadline(&self) -> Option<Timestamp> {
        let owes = match self.state {
            State::Ended => false,
            State::AwaitingGreeting => true,
            _ => self.running.front().is_some_and(|running| running.phase != Phase::Answer),
        };
        self.last_progress.filter(|_| owes).map(|last| last + SILENCE)
    }
}

impl Machine for Client {
    type Event = Event;

    fn handle(&mut self, now: Timestamp, input: Input<'_>) {
        if self.state == State::Ended {
            return;
        }
        match input {
            Input::Bytes([]) => {}
            Input::Bytes(_) if self.securing => self.fail(Some(Pop3Error::Injection)),
            Input::Bytes(octets) => {
                self.progress(now);
                self.framer.push(octets);
            }
            Input::Secured => {
                self.secured |= self.securing;
                self.securing = false;
                self.progress(now);
            }
            Input::Closed => self.closed = true,
            Input::Tick => {
                if self.deadline().is_some_and(|deadline| now >= deadline) {
                    self.fail(Some(Pop3Error::TimedOut));
                }
            }
        }
    }

    fn poll(&mut self, now: Timestamp) -> Output<Event> {
        self.last_progress.get_or_insert(now);
        loop {
            if let Some(output) = self.outputs.pop_front() {
                if matches!(output, Output::Send(_)) {
                    self.progress(now);
                }
                return output;
            }
            if self.state == State::Ended {
                return Output::Wait(None);
            }
            if self.take_frame() {
                continue;
            }
            if self.closed {
                self.stream_ended();
                continue;
            }
            self.send_waiting();
            if self.outputs.is_empty() {
                return Output::Wait(self.deadline());
            }
        }
    }
}

/// Octets of LIST's and UIDL's answer: half a million messages with ids of the longest kind that RFC 1939 allows are below.
const LONGEST_LISTING: u64 = 64 * 1024 * 1024;

/// Length of `+OK`.
const STATUS_OK: usize = 3;

/// How many commands may be on their way. Their lines, some 12 octets each, must fit into any server's receive buffer: a client
/// that writes while the server waits for it to read would wait for ever (RFC 2449, 6.6). More would save no round trips that count.
const PIPELINED: usize = 64;

/// How long a server may be silent while it owes an answer. Servers with large mailboxes take half a minute to open one; a
/// dead connection should not look alive for longer than a user waits.
const SILENCE: Duration = Duration::from_secs(60);

/// Challenges in base64, with or without padding.
const CHALLENGE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
