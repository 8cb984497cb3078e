//! The connection machine: commands in, octets and events out. It parses lazily: an event is made when it is asked for, so
//! what is held never exceeds what the driver handed in and the response being received.

mod order;
mod running;

use self::order::{may_start, misuse};
use self::running::{Phase, Running};
use crate::encode::{Peer, base64};
use crate::fault::{FaultRow, Faults};
use crate::frame::{Frame, Framer};
use crate::grammar::{self, Line, PartialFetch, Reading};
use crate::types::{Breach, Capabilities, Condition, ResponseCode, Unparsed};
use crate::{Command, Completion, Event, Handle, ImapError, Refusal, Response};
use ::base64::Engine as _;
use ::base64::alphabet::STANDARD;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::collections::VecDeque;
use std::fmt;
use waypost_wire::{Duration, Input, Limits, Machine, Output, Secret, Timestamp};

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

    /// Takes the next frame from the framer, if there is one. Returns whether something happened.
    fn take_frame(&mut self, now: Timestamp) -> bool {
        let frame = match self.framer.next() {
            Ok(Some(frame)) => frame,
            Ok(None) => return false,
            Err(error) => {
                self.fail(Some(error));
                return true;
            }
        };
        match frame {
            Frame::BodyStarted(octets) => self.body_started(octets),
            // A body whose section is not understood goes by unseen: nobody could say what it is.
            Frame::BodyPart(_) | Frame::BodyEnded if self.unnamed_body => {}
            Frame::BodyPart(octets) => self.event(Event::BodyPart(octets)),
            Frame::BodyEnded => self.event(Event::BodyEnded),
            Frame::Response => {
                let line = self.read_response();
                self.framer.advance();
                if let Some(line) = line {
                    self.line(line, now);
                }
            }
        }
        true
    }

    fn reading(&self) -> Reading<'_> {
        Reading { depth: self.limits.depth, utf8: self.utf8, faults: &self.faults }
    }

    fn body_started(&mut self, octets: u64) {
        let partial = PartialFetch::read(self.partial.take(), self.framer.response(), self.reading());
        let section = partial.section();
        self.partial = Some(partial);
        self.unnamed_body = section.is_none();
        if let Some((sequence, uid, section)) = section {
            self.event(Event::BodyStarted { sequence, uid, section, octets });
        }
    }

    /// The response that is whole now; `None` for an empty line (Mailutils ends one line twice).
    fn read_response(&mut self) -> Option<Line> {
        let response = self.framer.response();
        if response.trim_ascii().is_empty() {
            return None;
        }
        if let Some(fetched) =
            self.partial.take().and_then(|partial| partial.finish(response, self.reading()))
        {
            return Some(Line::Untagged(Response::Fetch(Box::new(fetched))));
        }
        Some(grammar::line(self.framer.response(), self.reading()))
    }

    fn line(&mut self, line: Line, now: Timestamp) {
        match line {
            Line::Untagged(response) => self.untagged(response),
            Line::Continue(text) => self.continuation(&text, now),
            Line::Tagged { tag, condition, code, text } => self.tagged(&tag, condition, code, text),
        }
    }

    fn untagged(&mut self, response: Response) {
        if self.state == State::AwaitingGreeting {
            self.greeting(response);
            return;
        }
        match &response {
            Response::Capability(known) => self.learn(known.clone()),
            Response::Condition { code: Some(ResponseCode::Capability(known)), .. } => {
                self.learn(known.clone())
            }
            // RFC 6855, 3 and RFC 9051, 6.3.1.
            Response::Enabled(names) => {
                let utf8 = |name: &String| UTF8_NAMES.iter().any(|known| known.eq_ignore_ascii_case(name));
                self.utf8 |= names.iter().any(utf8);
            }
            Response::Condition { kind: Condition::Bye, text, .. } => self.farewell = Some(text.clone()),
            _ => {}
        }
        self.event(Event::Response(response));
    }

    fn learn(&mut self, known: Capabilities) {
        // A server that is IMAP4rev2 only has no modified UTF-7 (RFC 9051, 5.1).
        self.utf8 |= known.has("IMAP4rev2") && !known.has("IMAP4rev1");
        self.capabilities = Some(known);
        for running in &mut self.running {
            running.capability_seen = true;
        }
    }

    /// ```abnf
    /// greeting = "*" SP (resp-cond-auth / resp-cond-bye) CRLF
    /// ```
    fn greeting(&mut self, response: Response) {
        let Response::Condition { kind, code, text } = response else {
            let offset = self.framer.offset();
            self.fail(Some(ImapError::Framing { rule: "greeting", offset }));
            return;
        };
        match kind {
            Condition::Ok | Condition::PreAuth => {
                let preauth = kind == Condition::PreAuth;
                self.state = if preauth { State::Authenticated } else { State::NotAuthenticated };
                if let Some(ResponseCode::Capability(known)) = code {
                    self.learn(known);
                }
                self.event(Event::Greeting { preauth, text });
            }
            Condition::No | Condition::Bad | Condition::Bye => self.fail(Some(ImapError::Refused(text))),
        }
    }

    /// ```abnf
    /// continue-req = "+" SP (resp-text / base64) CRLF
    /// ```
    fn continuation(&mut self, text: &[u8], now: Timestamp) {
        let Some(running) = self.running.iter_mut().find(|running| running.awaits_continuation()) else {
            return;
        };
        let handle = running.handle;
        match &running.phase {
            Phase::Literals => {
                if let Some(fragment) = running.next_fragment() {
                    self.outputs.push_back(Output::Send(fragment));
                }
            }
            Phase::Exchanging => match running.take_initial() {
                // Without SASL-IR the first challenge is empty and the initial response answers it.
                Some(initial) => {
                    let mut line = base64(initial.expose()).to_vec();
                    line.extend_from_slice(b"\r\n");
                    self.outputs.push_back(Output::Send(line));
                }
                None => {
                    running.phase = Phase::AwaitingAnswer;
                    let data = CHALLENGE.decode(text.trim_ascii()).unwrap_or_default();
                    self.event(Event::Challenge { handle, data });
                }
            },
            Phase::IdleRequested { finish, .. } => {
                let finish = *finish;
                let first = running.idle_began(now);
                if finish {
                    self.outputs.push_back(Output::Send(b"DONE\r\n".to_vec()));
                } else if first {
                    self.event(Event::Idling { handle });
                }
            }
            _ => {}
        }
    }

    fn tagged(&mut self, tag: &[u8], condition: Condition, code: Option<ResponseCode>, text: String) {
        let Some(index) = self.running.iter().position(|running| running.tag.as_bytes() == tag) else {
            let breach = Some(Breach { rule: "tag", offset: 0 });
            let unparsed = Unparsed { name: String::new(), octets: tag.to_vec(), breach };
            self.event(Event::Response(Response::Unparsed(unparsed)));
            return;
        };
        let running = self.running.remove(index);
        let result = match condition {
            Condition::Ok | Condition::PreAuth => Ok(Completion { code, text }),
            Condition::No => Err(Refusal::No { code, text }),
            Condition::Bad => Err(Refusal::Bad { code, text }),
            // imap.wp.pl answers LOGOUT with a tagged BYE.
            Condition::Bye => Ok(Completion { code, text }),
        };
        if result.is_ok() && running.renews() {
            let tag = self.tag();
            if let Ok((mut again, first)) = Running::new(running.handle, tag, Command::Idle, &Peer::default())
            {
                again.phase = Phase::IdleRequested { finish: false, first: false };
                self.running.push(again);
                self.outputs.push_back(Output::Send(first));
                return;
            }
        }
        self.ended(&running, result);
    }

    /// What a command's end means for the connection.
    fn ended(&mut self, running: &Running, result: Result<Completion, Refusal>) {
        let granted = result.as_ref().ok().map(|completion| match &completion.code {
            Some(ResponseCode::Capability(known)) => Some(known.clone()),
            _ => None,
        });
        match (&running.command, &granted) {
            (Command::StartTls, Some(_)) => {
                self.capabilities = None;
                self.utf8 = false;
                self.farewell = None;
                if self.framer.has_more() {
                    self.done(running.handle, Err(Refusal::ConnectionEnded));
                    self.fail(Some(ImapError::Injection));
                    return;
                }
                self.securing = true;
                self.done(running.handle, result);
                self.outputs.push_back(Output::Secure);
                return;
            }
            (Command::Login { .. } | Command::Authenticate { .. }, Some(_)) => {
                self.state = State::Authenticated;
                // Dovecot sends an untagged CAPABILITY before the tagged OK: then it is of after the login.
                if !running.capability_seen {
                    self.capabilities = None;
                }
            }
            (Command::Select(_) | Command::Examine(_), Some(_)) => self.state = State::Selected,
            (Command::Select(_) | Command::Examine(_), None) if self.state == State::Selected => {
                self.state = State::Authenticated;
            }
            _ => {}
        }
        if let Some(Some(known)) = granted {
            self.learn(known);
        }
        self.done(running.handle, result);
        if matches!(running.command, Command::Logout) {
            self.fail(None);
        }
    }

    /// Many servers end the stream right after BYE, without the tagged answer to LOGOUT: that is what was asked for.
    fn stream_ended(&mut self) {
        let leaving = self.running.iter().position(|running| matches!(running.command, Command::Logout));
        if let Some(index) = leaving {
            let logout = self.running.remove(index);
            let text = self.farewell.take().unwrap_or_default();
            self.done(logout.handle, Ok(Completion { code: None, text }));
            self.fail(None);
        } else {
            let error = ImapError::Closed(self.farewell.take());
            self.fail(Some(error));
        }
    }

    fn progress(&mut self, now: Timestamp) {
        self.last_progress = self.last_progress.max(Some(now));
    }

    /// The server's time begins when the octets are sent. The machine is not told when that is: a large message gets the time
    /// that a slow line takes for it.
    fn sending(&mut self, octets: usize, now: Timestamp) {
        self.progress(now);
        let milliseconds = (octets as u64).saturating_mul(1000) / SLOW_LINE;
        self.last_progress = self.last_progress.map(|from| from + Duration::from_millis(milliseconds));
    }

    /// When `Tick` is wanted.
    fn deadline(&self) -> Option<Timestamp> {
        if self.state == State::Ended {
            return None;
        }
        let idle_renewal = self.running.iter().filter_map(Running::renewal).min();
        let awaited =
            self.state == State::AwaitingGreeting || self.running.iter().any(Running::awaits_server);
        let silence = self.last_progress.filter(|_| awaited).map(|last| last + SILENCE);
        [idle_renewal, silence].into_iter().flatten().min()
    }

    fn tick(&mut self, now: Timestamp) {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return;
        }
        let mut renewed = false;
        for running in &mut self.running {
            if running.renewal().is_some_and(|renewal| now >= renewal) {
                running.renew();
                renewed = true;
            }
        }
        if renewed {
            self.outputs.push_back(Output::Send(b"DONE\r\n".to_vec()));
        } else {
            self.fail(Some(ImapError::TimedOut));
        }
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

/// Octets a second of the slowest line that a message may be sent over: 128 kbit/s, a poor mobile connection.
const SLOW_LINE: u64 = 16 * 1024;

/// What makes mailbox names UTF-8 once it is enabled.
const UTF8_NAMES: [&str; 2] = ["UTF8=ACCEPT", "IMAP4rev2"];

/// How long a server may be silent while it owes an answer. Slow servers search large mailboxes for half a minute; a dead
/// connection should not look alive for longer than a user waits.
const SILENCE: Duration = Duration::from_secs(60);

/// Challenges in base64, with or without padding.
const CHALLENGE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
