//! The connection machine: commands in, octets and events out. It parses lazily: an event is made when it is asked for, so
//! what is held never exceeds what the driver handed in and one line.

mod ends;
mod receive;
mod send;

use crate::apop::ApopTimestamp;
use crate::capability::Capabilities;
use crate::command::{Command, Rules, Verb, answer};
use crate::fault::{FaultRow, Faults};
use crate::frame::Framer;
use crate::{Event, Handle, Pop3Error, Refusal};
use std::collections::VecDeque;
use std::fmt;
use waypost_wire::{Duration, Input, Limits, Machine, Output, Secret, Timestamp};

/// How a connection is run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Bounds held against the server.
    pub limits: Limits,
    /// Tolerate none of [`crate::FAULTS`]: the first ends the connection. Default false.
    pub strict: bool,
    /// Send commands ahead of answers where the server says that it can. Default true. Off for a server that says so and then
    /// hangs up (poczta.o2.pl, MailKit#174).
    pub pipelining: bool,
    /// APOP may be used. Default false: whoever can write the greeting learns something of the password (CVE-2007-1558).
    pub allow_apop: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { limits: Limits::default(), strict: false, pipelining: true, allow_apop: false }
    }
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
    /// QUIT was sent after login: the server carries out what was marked by DELE. Only its +OK says that it has.
    Update,
    /// The connection has ended.
    Ended,
}

/// A command that was sent and not yet answered.
struct Running {
    handle: Handle,
    rules: Rules,
    phase: Phase,
    /// Octets of its line.
    sent: usize,
    /// AUTH: the initial response that did not fit into the line.
    held: Option<Secret<Vec<u8>>>,
    /// AUTH: something of the mechanism was sent.
    spoken: bool,
    /// AUTH: it was cancelled because of this rule.
    broken: Option<&'static str>,
    /// LIST, UIDL: the number of the last line.
    last: u32,
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
    options: Options,
    framer: Framer,
    faults: Faults,
    /// The greeting's, if it is well-formed.
    timestamp: Option<ApopTimestamp>,
    capabilities: Option<Capabilities>,
    /// What the running CAPA said so far.
    learning: Capabilities,
    /// The server took a user name and waits for the password.
    named: bool,
    /// The server took UTF8.
    utf8: bool,
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
    /// Octets of the lines of `running`.
    ahead: usize,
    /// As much as may be was sent ahead; more follows when half of it was answered.
    full: bool,
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
            faults: Faults::new(options.strict),
            options,
            timestamp: None,
            capabilities: None,
            learning: Capabilities::default(),
            named: false,
            utf8: false,
            secured: false,
            securing: false,
            closed: false,
            outputs: VecDeque::new(),
            waiting: VecDeque::new(),
            running: VecDeque::new(),
            ahead: 0,
            full: false,
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

    /// Takes a command back that was not sent yet: it never ends then. Returns whether it did; what was sent goes on.
    pub fn cancel(&mut self, handle: Handle) -> bool {
        // Handles rise.
        let found = self.waiting.binary_search_by_key(&handle, |(waiting, _)| *waiting);
        found.is_ok_and(|index| self.waiting.remove(index).is_some())
    }

    /// Answers a challenge of AUTH; `None` cancels. Ignored where no challenge waits for an answer.
    pub fn answer(&mut self, handle: Handle, response: Option<Secret<Vec<u8>>>) {
        let Some(running) = self.running.front_mut() else { return };
        if running.handle == handle && running.phase == Phase::Answer {
            running.phase = Phase::Status;
            running.spoken = true;
            self.send(&answer(response.as_ref()));
        }
    }

    /// What CAPA announced; `None` before it was asked, where it was refused, and again after STLS (RFC 2595, 4).
    #[must_use]
    pub fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// What APOP's digest is made of; `None` where the server does not offer it or [`Options::allow_apop`] is off.
    #[must_use]
    pub fn apop_timestamp(&self) -> Option<&ApopTimestamp> {
        self.timestamp.as_ref().filter(|_| self.options.allow_apop)
    }

    /// Whether messages come as they are, also with headers in UTF-8 (RFC 6856, 2.1).
    #[must_use]
    pub fn utf8(&self) -> bool {
        self.utf8
    }

    /// Where the connection stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// The faults of the server that were tolerated, with how often.
    pub fn faults(&self) -> impl Iterator<Item = (&'static FaultRow, u64)> {
        self.faults.fired()
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
        let silence = if self.framer.lacks_line_feed() { LATE_LINE_FEED } else { SILENCE };
        self.last_progress.filter(|_| owes).map(|last| last + silence)
    }

    /// The server was silent for too long.
    fn silent(&mut self) {
        if !self.framer.lacks_line_feed() {
            return self.fail(Some(Pop3Error::TimedOut));
        }
        match self.faults.tolerate(crate::Fault::ReturnTerminator) {
            Ok(()) => self.framer.end_without_line_feed(),
            Err(rule) => self.broken(rule),
        }
    }

    fn receive(&mut self, now: Timestamp, push: impl FnOnce(&mut Framer)) {
        if self.state == State::Ended {
            return;
        }
        if self.securing {
            return self.fail(Some(Pop3Error::Injection));
        }
        self.progress(now);
        push(&mut self.framer);
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
            Input::Bytes(octets) => self.receive(now, |framer| framer.push(octets)),
            Input::Secured => {
                self.secured |= self.securing;
                self.securing = false;
                self.progress(now);
            }
            Input::Closed => self.closed = true,
            Input::Tick => {
                if self.deadline().is_some_and(|deadline| now >= deadline) {
                    self.silent();
                }
            }
        }
    }

    fn handle_owned(&mut self, now: Timestamp, octets: Vec<u8>) {
        if !octets.is_empty() {
            self.receive(now, |framer| framer.push_owned(octets));
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

/// How long a server may be silent while it owes an answer. Servers with large mailboxes take half a minute to open one; a
/// dead connection should not look alive for longer than a user waits.
const SILENCE: Duration = Duration::from_secs(60);

/// How long the LF behind `.` CR may take: octets of one write arrive together, and a lost packet is sent again within this.
const LATE_LINE_FEED: Duration = Duration::from_secs(10);
