//! The connection machine: commands in, octets and events out. It parses lazily: an event is made when it is asked for, so
//! what is held never exceeds what the driver handed in and the response being received.

mod cancel;
mod clock;
mod deflate;
mod ends;
mod exchange;
mod numbers;
mod order;
mod plain;
mod queue;
mod receive;
mod responses;
mod rows;
mod running;
mod send;
mod server;
mod split;
mod supply;
mod trace;

use self::deflate::Deflate;
pub use self::numbers::SequenceNumbers;
pub use self::plain::PlainRow;
use self::queue::{Batch, Waiting};
use self::receive::Taken;
use self::running::Running;
use self::server::Server;
use self::trace::Trace;
use crate::fault::{FaultRow, Faults};
use crate::frame::Framer;
use crate::grammar::PartialFetch;
use crate::types::{Capabilities, Fetched};
use crate::{Completion, Event, Handle, ImapError, Refusal, Response};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use waypost_wire::{Duration, Input, Limits, Machine, Output, Timestamp};

/// How a connection is run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// Bounds held against the server.
    pub limits: Limits,
    /// Tolerate none of [`crate::FAULTS`]: what holds one arrives as [`crate::types::Unparsed`].
    pub strict: bool,
    /// Send CAPABILITY where the capabilities are not known (after the greeting, STARTTLS or login) and the next command
    /// depends on them. Default true.
    pub ask_capabilities: bool,
    /// TLS must come by STARTTLS before anything of the user is sent; a greeting of PREAUTH, which would make that
    /// impossible, ends the connection. Default false: the connection is protected already, or need not be.
    pub require_starttls: bool,
    /// How long a server may be silent while it owes an answer. Default a minute: slow servers search large mailboxes for
    /// half a minute; a dead connection should not look alive for longer than a user waits.
    pub silence: Duration,
    /// After how long IDLE is renewed, which also shows whether the server lives. Default and at most 28 minutes: servers may
    /// log out after 30 (RFC 2177, 3), and a slow line takes its time.
    pub idle_renewal: Duration,
    /// Send NOOP when nothing was sent or received for so long after login and nothing runs. Default `None`: never.
    pub keepalive: Option<Duration>,
    /// With the feature `on-request`: keep lines for [`Client::take_trace`]. Default false.
    pub trace: bool,
    /// With the feature `on-request`: keep [`Client::numbers`] for mailboxes of at most so many messages; each takes four octets. Default 0:
    /// keep none.
    pub numbers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            strict: false,
            ask_capabilities: true,
            require_starttls: false,
            silence: Duration::from_secs(60),
            idle_renewal: clock::IDLE_RENEWAL,
            keepalive: None,
            trace: false,
            numbers: 0,
        }
    }
}

/// Where a connection stands (RFC 9051, 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing received yet.
    AwaitingGreeting,
    /// Before login.
    NotAuthenticated,
    /// After login.
    Authenticated,
    /// A mailbox is selected.
    Selected,
    /// The connection has ended.
    Ended,
}

/// The client's side of one IMAP connection.
pub struct Client {
    state: State,
    options: Options,
    limits: Limits,
    framer: Framer,
    faults: Faults,
    capabilities: Option<Capabilities>,
    /// They were asked for since they were forgotten last.
    asked: bool,
    /// What the server's greeting and capabilities say of it.
    server: Server,
    /// Mailbox names go as UTF-8: ENABLE of UTF8=ACCEPT or IMAP4rev2 was granted.
    utf8: bool,
    /// Memory of the row that was read last.
    row: Fetched,
    /// The FETCH response whose body is being streamed.
    partial: Option<PartialFetch>,
    /// The body being streamed is not shown to the owner.
    unnamed_body: bool,
    /// A body is being streamed and the owner was told of its beginning.
    streaming: bool,
    /// The owner does not want the rest of it.
    skipping: bool,
    /// What `poll` gives before it looks at more octets.
    outputs: VecDeque<Output<Event>>,
    /// Commands not yet sent.
    waiting: VecDeque<Waiting>,
    /// Commands sent, oldest first.
    running: Vec<Running>,
    /// Commands that were cut into several.
    batches: Vec<Batch>,
    next_handle: u64,
    next_tag: u64,
    /// STARTTLS was agreed to: no octet may come before `Secured`.
    securing: bool,
    /// TLS came by STARTTLS.
    secured: bool,
    /// Something was given out to be sent since the driver waited last.
    unflushed: bool,
    deflate: Option<Deflate>,
    trace: Option<Trace>,
    numbers: Option<SequenceNumbers>,
    /// The driver was told that the stream ended.
    closed: bool,
    /// The server's BYE.
    farewell: Option<String>,
    /// When the last octet came, or when what was given out is sent even over a slow line; `None` before the first call.
    last_progress: Option<Timestamp>,
}

impl fmt::Debug for Client {
    /// Octets to be sent may hold a password: they are left out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("state", &self.state)
            .field("running", &self.running)
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
            limits: options.limits.clone(),
            capabilities: None,
            asked: false,
            server: Server::default(),
            utf8: false,
            row: Fetched::default(),
            partial: None,
            unnamed_body: false,
            streaming: false,
            skipping: false,
            outputs: VecDeque::new(),
            waiting: VecDeque::new(),
            running: Vec::new(),
            batches: Vec::new(),
            next_handle: 0,
            next_tag: 0,
            securing: false,
            secured: false,
            unflushed: false,
            deflate: None,
            trace: options.trace.then(|| Trace::new(options.limits.trace)),
            numbers: (options.numbers > 0).then(|| SequenceNumbers::new(options.numbers)),
            closed: false,
            farewell: None,
            last_progress: None,
            options,
        }
    }

    /// What the server said it can do; `None` until it did, and again after STARTTLS and login (RFC 9051, 6.1.1).
    #[must_use]
    pub fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// The running command that the server means by a tag, as in [`crate::ext::progress::Progress`].
    #[must_use]
    pub fn command_of(&self, tag: &str) -> Option<Handle> {
        self.running.iter().find(|running| running.tag == tag).map(|running| running.handle)
    }

    /// The faults of the server that were tolerated, with how often.
    pub fn faults(&self) -> impl Iterator<Item = (&'static FaultRow, u64)> {
        self.faults.fired()
    }

    /// The sequence numbers of the selected mailbox; `None` unless [`Options::numbers`] asks for them, and where the server
    /// has none (UIDONLY, RFC 9586).
    #[must_use]
    pub fn numbers(&self) -> Option<&SequenceNumbers> {
        self.numbers.as_ref()
    }

    /// Octets that the machine holds: received and not yet given out, and of running commands to be sent.
    #[must_use]
    pub fn held_octets(&self) -> usize {
        let outputs = self.outputs.iter().map(|output| match output {
            Output::Send(octets) | Output::Event(Event::BodyPart(octets)) => octets.len(),
            _ => 0,
        });
        let fragments = self.running.iter().map(Running::held);
        let received = self.framer.held() + self.deflate.as_ref().map_or(0, Deflate::held);
        received + outputs.chain(fragments).sum::<usize>()
    }

    /// Where the connection stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn done(&mut self, handle: Handle, result: Result<Completion, Refusal>) {
        if handle != OURS {
            self.event(Event::Done { handle, result });
        }
    }

    /// Ends the connection: the error, then every command, then `Close`.
    #[inline(never)]
    fn fail(&mut self, error: Option<ImapError>) {
        if self.state == State::Ended {
            return;
        }
        self.state = State::Ended;
        self.partial = None;
        self.framer = Framer::new(self.limits.clone());
        if let Some(error) = error {
            self.event(Event::Failed(error));
        }
        self.deflate = None;
        self.batches.clear();
        let running = self.running.drain(..).map(|running| running.handle);
        let waiting = self.waiting.drain(..).map(|waiting| waiting.handle);
        let mut ended = BTreeSet::new();
        let handles: Vec<Handle> = running.chain(waiting).filter(|handle| ended.insert(*handle)).collect();
        for handle in handles {
            self.done(handle, Err(Refusal::ConnectionEnded));
        }
        self.outputs.push_back(Output::Close);
    }
}

impl Machine for Client {
    type Event = Event;

    fn handle(&mut self, now: Timestamp, input: Input<'_>) {
        if self.state == State::Ended {
            return;
        }
        match input {
            Input::Bytes(_) if self.securing => self.fail(Some(ImapError::Injection)),
            Input::Bytes(octets) => {
                self.progress(now);
                match &mut self.deflate {
                    Some(deflate) => deflate.push(octets),
                    None => self.framer.push(octets),
                }
            }
            Input::Secured => {
                self.securing = false;
                self.secured = true;
                self.progress(now);
            }
            Input::Closed => self.closed = true,
            Input::Tick => self.tick(now),
        }
    }

    fn poll(&mut self, now: Timestamp) -> Output<Event> {
        self.last_progress.get_or_insert(now);
        loop {
            if let Some(output) = self.outputs.pop_front() {
                if let Output::Send(octets) = &output {
                    self.unflushed = true;
                    self.sending(octets.len(), now);
                }
                return output;
            }
            if self.state == State::Ended {
                return Output::Wait(None);
            }
            match self.take_frame(now) {
                Taken::Row(fetched) => return Output::Event(Event::Response(Response::Fetch(fetched))),
                Taken::Something => continue,
                Taken::Nothing => {}
            }
            if self.closed {
                self.stream_ended();
                continue;
            }
            if !self.waiting.is_empty() {
                self.send_waiting();
                if !self.outputs.is_empty() {
                    continue;
                }
            }
            // What was given out is on its way, or the driver sends it before it waits.
            if !std::mem::take(&mut self.unflushed) {
                if self.ask_for_octets() {
                    continue;
                }
            } else if self.wants_octets() {
                return Output::Wait(Some(now));
            }
            return Output::Wait(self.deadline());
        }
    }
}

/// The handle of commands that the machine sends by itself: their ends are no events.
const OURS: Handle = Handle(u64::MAX);
