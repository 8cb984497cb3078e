//! A session of the native client that takes everything that a command brings.

use crate::verdict::Why;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::timeout;
use waypost_native::imap::types::{
    BodyData, Breach, Capabilities, Fetched, Flag, ResponseCode, SequenceSet, Unparsed,
};
use waypost_native::imap::{
    Client, Command, Completion, Event, FetchItem, Handle, Options, Refusal, Response, State,
};
use waypost_native::sasl::Exchange;
use waypost_native::{Session, Transport};

/// What a command brought, and how it ended.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Untagged data, in order.
    pub(crate) responses: Vec<Response>,
    /// Messages with the octets of the bodies that they brought, in order.
    pub(crate) messages: Vec<(Fetched, Vec<Vec<u8>>)>,
    /// The tagged answer.
    pub(crate) result: Result<Completion, Refusal>,
}

impl Answer {
    /// Itself if it ended with OK.
    pub(crate) fn ok(self) -> Result<Self, Why> {
        match self.result {
            Ok(_) => Ok(self),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// The same, but a NO or BAD says that the server can't do it.
    pub(crate) fn or_lacking(self) -> Result<Self, Why> {
        match self.result {
            Err(Refusal::No { text, .. } | Refusal::Bad { text, .. }) => Err(Why::lacks(text)),
            _ => self.ok(),
        }
    }

    /// The response code of the tagged OK.
    pub(crate) fn code(&self) -> Option<&ResponseCode> {
        self.result.as_ref().ok().and_then(|completion| completion.code.as_ref())
    }

    /// The first untagged answer of a kind.
    pub(crate) fn first<T>(&self, pick: impl Fn(&Response) -> Option<T>) -> Option<T> {
        self.responses.iter().find_map(pick)
    }
}

/// What of a server's words was forgiven, and what was not understood.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// Names of faults, with how often.
    pub(crate) forgiven: BTreeMap<&'static str, u64>,
    /// Responses, or parts of them, as they came.
    pub(crate) unparsed: BTreeSet<String>,
}

impl Heard {
    /// What a server cut by hanging up is no fault of the grammar: pymap hangs up in the middle of an answer.
    fn unparsed(&mut self, what: &Unparsed) {
        if what.breach == Some(Breach { rule: "CRLF", offset: what.octets.len() }) {
            return;
        }
        let octets = what.octets.get(..what.octets.len().min(120)).unwrap_or_default();
        let rule = what.breach.map_or("nothing that is known", |breach| breach.rule);
        self.unparsed.insert(format!(
            "{} {} ({rule})",
            what.name,
            String::from_utf8_lossy(octets).escape_debug()
        ));
    }
}

/// A connection to a server under test.
pub(crate) struct Imap {
    session: Session<Client>,
    heard: Rc<RefCell<Heard>>,
    /// Octets of bodies whose FETCH has not come yet.
    streamed: VecDeque<Vec<u8>>,
}

impl Drop for Imap {
    fn drop(&mut self) {
        let mut heard = self.heard.borrow_mut();
        for (row, times) in self.session.machine().faults() {
            *heard.forgiven.entry(row.name).or_default() += times;
        }
    }
}

impl Imap {
    /// Takes the greeting.
    pub(crate) async fn greeted(transport: Transport, heard: Rc<RefCell<Heard>>) -> Result<Self, Why> {
        let session = Session::new(Client::new(Options::default()), transport);
        let mut imap = Self { session, heard, streamed: VecDeque::new() };
        loop {
            if let Event::Greeting { .. } = imap.event().await? {
                return Ok(imap);
            }
        }
    }

    /// In which state the machine is.
    pub(crate) fn state(&mut self) -> State {
        self.session.machine().state()
    }

    /// Whether it speaks TLS.
    pub(crate) fn is_protected(&self) -> bool {
        self.session.transport().tls().is_some()
    }

    /// What the server can do: as it said by itself, or asked for.
    pub(crate) async fn capabilities(&mut self) -> Result<Capabilities, Why> {
        if self.session.machine().capabilities().is_none() {
            self.run(Command::Capability).await?.ok()?;
        }
        Ok(self.session.machine().capabilities().cloned().unwrap_or_default())
    }

    /// Fails as not offered unless the server names the capability.
    pub(crate) async fn needs(&mut self, capability: &str) -> Result<(), Why> {
        if self.capabilities().await?.has(capability) { Ok(()) } else { Err(Why::lacks(capability)) }
    }

    /// Runs a command to its end.
    pub(crate) async fn run(&mut self, command: impl Into<Command>) -> Result<Answer, Why> {
        let handle = self.session.machine().enqueue(command);
        self.end_of(handle, None).await
    }

    /// Runs AUTHENTICATE. An exchange that proves the server too must have done so.
    pub(crate) async fn authenticate(&mut self, mut exchange: Exchange) -> Result<Answer, Why> {
        let (mechanism, initial) = (exchange.name().as_str().to_owned(), exchange.initial());
        let handle = self.session.machine().enqueue(Command::Authenticate { mechanism, initial });
        let answer = self.end_of(handle, Some(&mut exchange)).await?;
        if answer.result.is_ok() {
            exchange.accepted().map_err(|error| Why::Failed(error.to_string()))?;
        }
        Ok(answer)
    }

    /// The subjects of the selected mailbox, in order.
    pub(crate) async fn subjects(&mut self) -> Result<Vec<String>, Why> {
        let Some(set) = SequenceSet::from_number(1) else { return Ok(Vec::new()) };
        let answer = self.run(Command::Fetch { set, items: vec![FetchItem::Envelope] }).await?;
        // An empty mailbox has no message 1.
        let messages = answer.ok().map(|answer| answer.messages).unwrap_or_default();
        let subjects = messages.iter().filter_map(|(fetched, _)| subject_in(fetched));
        Ok(subjects.map(|subject| String::from_utf8_lossy(&subject).into_owned()).collect())
    }

    /// Begins IDLE and returns when it is in force.
    pub(crate) async fn idle(&mut self) -> Result<Handle, Why> {
        let idle = self.session.machine().enqueue(Command::Idle);
        loop {
            match self.event().await? {
                Event::Idling { handle } if handle == idle => return Ok(idle),
                Event::Done { handle, result } if handle == idle => {
                    return Err(result
                        .err()
                        .map_or_else(|| Why::Failed("IDLE ended at once".to_owned()), Why::from));
                }
                _ => {}
            }
        }
    }

    /// Ends IDLE.
    pub(crate) async fn finish_idle(&mut self, idle: Handle) -> Result<Answer, Why> {
        self.session.machine().finish_idle(idle);
        self.end_of(idle, None).await
    }

    /// Waits for untagged data of a kind, for so long at most.
    pub(crate) async fn hears<T>(
        &mut self,
        within: Duration,
        pick: impl Fn(&Response) -> Option<T>,
    ) -> Result<Option<T>, Why> {
        let heard = timeout(within, async {
            loop {
                if let Event::Response(response) = self.event().await?
                    && let Some(found) = pick(&response)
                {
                    return Ok(found);
                }
            }
        });
        heard.await.map_or(Ok(None), |found| found.map(Some))
    }

    async fn event(&mut self) -> Result<Event, Why> {
        let event = timeout(PATIENCE, self.session.next_event()).await;
        match event.map_err(|_| Why::Failed("the server said nothing for a minute".to_owned()))? {
            Some(Event::Failed(error)) => Err(error.into()),
            Some(event) => {
                self.note(&event);
                Ok(event)
            }
            None => Err(Why::Failed("the connection ended".to_owned())),
        }
    }

    async fn end_of(&mut self, command: Handle, mut exchange: Option<&mut Exchange>) -> Result<Answer, Why> {
        let (mut responses, mut messages) = (Vec::new(), Vec::new());
        loop {
            match self.event().await? {
                Event::Done { handle, result } if handle == command => {
                    return Ok(Answer { responses, messages, result });
                }
                Event::Challenge { handle, data } => {
                    let answer = exchange.as_mut().and_then(|exchange| exchange.respond_at_once(&data).ok());
                    self.session.machine().answer(handle, answer);
                }
                Event::BodyStarted { .. } => self.streamed.push_back(Vec::new()),
                Event::BodyPart(octets) => {
                    if let Some(body) = self.streamed.back_mut() {
                        body.extend(octets);
                    }
                }
                Event::Response(Response::Fetch(fetched)) => messages.push(self.with_bodies(*fetched)),
                Event::Response(response) => responses.push(response),
                _ => {}
            }
        }
    }

    fn note(&self, event: &Event) {
        let mut heard = self.heard.borrow_mut();
        match event {
            Event::Response(Response::Unparsed(unparsed)) => heard.unparsed(unparsed),
            Event::Response(Response::Fetch(fetched)) => {
                fetched.unparsed.iter().for_each(|unparsed| heard.unparsed(unparsed))
            }
            Event::Response(Response::Condition { code: Some(ResponseCode::Unparsed(unparsed)), .. }) => {
                heard.unparsed(unparsed)
            }
            _ => {}
        }
    }

    fn with_bodies(&mut self, fetched: Fetched) -> (Fetched, Vec<Vec<u8>>) {
        let octets = |body: &BodyData| match body {
            BodyData::Absent => Vec::new(),
            BodyData::Inline(octets) => octets.clone(),
            BodyData::Streamed(_) => self.streamed.pop_front().unwrap_or_default(),
        };
        let bodies: Vec<Vec<u8>> = fetched.bodies.iter().map(|body| &body.data).map(octets).collect();
        (fetched, bodies)
    }
}

/// The flags of a message.
pub(crate) fn flags_in(fetched: &Fetched) -> Vec<Flag> {
    fetched.flags().map(|flags| flags.to_vec()).unwrap_or_default()
}

/// The subject in its envelope.
pub(crate) fn subject_in(fetched: &Fetched) -> Option<Vec<u8>> {
    fetched.envelope()?.subject().map(|subject| subject.into_owned())
}

const PATIENCE: Duration = Duration::from_secs(60);
