//! The connection machine: commands in, octets and events out. It parses lazily: an event is made when it is asked for, so
//! what is held never exceeds what the driver handed in and the response being received.

mod clock;
mod ends;
mod order;
mod receive;
mod responses;
mod running;

use self::order::{may_start, misuse};
use self::running::{Phase, Running};
use crate::encode::{Peer, base64};
use crate::fault::{FaultRow, Faults};
use crate::frame::Framer;
use crate::grammar::PartialFetch;
use crate::types::Capabilities;
use crate::{Command, Completion, Event, Handle, ImapError, Refusal};
use std::collections::VecDeque;
use std::fmt;
use waypost_wire::{Input, Limits, Machine, Output, Secret, Timestamp};

/// How a connection is run.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// Bounds held against the server.
    pub limits: Limits,
    /// Tolerate none of [`crate::FAULTS`]: what holds one arrives as [`crate::types::Unparsed`].
    pub strict: bool,
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
    limits: Limits,
    framer: Framer,
    faults: Faults,
    capabilities: Option<Capabilities>,
    /// Mailbox names go as UTF-8: ENABLE of UTF8=ACCEPT or IMAP4rev2 was granted.
    utf8: bool,
    /// The FETCH response whose body is being streamed.
    partial: Option<PartialFetch>,
    /// The body being streamed is not shown to the owner.
    unnamed_body: bool,
    /// What `poll` gives before it looks at more octets.
    outputs: VecDeque<Output<Event>>,
    /// Commands not yet sent.
    waiting: VecDeque<(Handle, Command)>,
    /// Commands sent, oldest first.
    running: Vec<Running>,
    next_handle: u64,
    next_tag: u64,
    /// STARTTLS was agreed to: no octet may come before `Secured`.
    securing: bool,
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
            limits: options.limits,
            capabilities: None,
            utf8: false,
            partial: None,
            unnamed_body: false,
            outputs: VecDeque::new(),
            waiting: VecDeque::new(),
            running: Vec::new(),
            next_handle: 0,
            next_tag: 0,
            securing: false,
            closed: false,
            farewell: None,
            last_progress: None,
        }
    }

    /// Queues a command; its answers carry the handle. Commands are sent in this order and pipelined where RFC 9051, 5.5
    /// allows it. While IDLE runs they wait for [`Client::finish_idle`].
    pub fn enqueue(&mut self, command: impl Into<Command>) -> Handle {
        let command = command.into();
        let handle = Handle(self.next_handle);
        self.next_handle += 1;
        if self.state == State::Ended {
            self.done(handle, Err(Refusal::ConnectionEnded));
        } else {
            self.waiting.push_back((handle, command));
        }
        handle
    }

    /// Answers the server's challenge in a running AUTHENTICATE; the octets are not yet base64. `None` cancels (`*`).
    pub fn answer(&mut self, handle: Handle, response: Option<Secret<Vec<u8>>>) {
        let Some(running) = self.running.iter_mut().find(|running| running.handle == handle) else { return };
        if running.phase != Phase::AwaitingAnswer {
            return;
        }
        running.phase = Phase::Exchanging;
        let mut line = response.map_or_else(|| b"*".to_vec(), |response| base64(response.expose()).to_vec());
        line.extend_from_slice(b"\r\n");
        self.outputs.push_back(Output::Send(line));
    }

    /// Ends a running IDLE with DONE; harmless if it already ended. `Event::Done` follows.
    pub fn finish_idle(&mut self, handle: Handle) {
        if let Some(index) = self.waiting.iter().position(|(waiting, _)| *waiting == handle) {
            self.waiting.remove(index);
            self.done(handle, Ok(Completion::default()));
            return;
        }
        let Some(running) = self.running.iter_mut().find(|running| running.handle == handle) else { return };
        if running.finish_idle() {
            self.outputs.push_back(Output::Send(b"DONE\r\n".to_vec()));
        }
    }

    /// What the server said it can do; `None` until it did, and again after STARTTLS and login (RFC 9051, 6.1.1).
    #[must_use]
    pub fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// The faults of the server that were tolerated, with how often.
    pub fn faults(&self) -> impl Iterator<Item = (&'static FaultRow, u64)> {
        self.faults.fired()
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
        self.event(Event::Done { handle, result });
    }

    /// Ends the connection: the error, then every command, then `Close`.
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
        let running: Vec<Handle> = self.running.drain(..).map(|running| running.handle).collect();
        let waiting: Vec<Handle> = self.waiting.drain(..).map(|(handle, _)| handle).collect();
        for handle in running.into_iter().chain(waiting) {
            self.done(handle, Err(Refusal::ConnectionEnded));
        }
        self.outputs.push_back(Output::Close);
    }

    /// Sends what may be sent now.
    fn send_waiting(&mut self) {
        if matches!(self.state, State::AwaitingGreeting | State::Ended) || self.securing {
            return;
        }
        while let Some((_, command)) = self.waiting.front() {
            if !may_start(command, &self.running) {
                return;
            }
            let Some((handle, command)) = self.waiting.pop_front() else { return };
            if let Some(why) = misuse(&command, self.state, self.capabilities.as_ref()) {
                self.done(handle, Err(why));
                continue;
            }
            let tag = self.tag();
            match Running::new(handle, tag, command, &self.peer()) {
                Ok((running, first)) => {
                    self.running.push(running);
                    self.outputs.push_back(Output::Send(first));
                }
                Err(why) => self.done(handle, Err(Refusal::Misuse(why))),
            }
        }
    }

    fn tag(&mut self) -> String {
        let tag = format!("w{}", self.next_tag);
        self.next_tag += 1;
        tag
    }

    fn peer(&self) -> Peer {
        Peer { capabilities: self.capabilities.clone().unwrap_or_default(), utf8: self.utf8 }
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
                self.framer.push(octets);
            }
            Input::Secured => {
                self.securing = false;
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
                    self.sending(octets.len(), now);
                }
                return output;
            }
            if self.state == State::Ended {
                return Output::Wait(None);
            }
            if self.take_frame(now) {
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
