//! IMAP in a few lines: one method per thing to do, each to its end.
//!
//! Covers what most programs need. [`ImapClient::run`] sends any other command of [`crate::imap`]; [`ImapClient::session`] gives
//! the machine itself, with which commands are pipelined.

use crate::imap::commands::{Copy, Messages, Move, UidExpunge};
use crate::imap::types::{
    BodyData, Capabilities, Fetched, Flag, ListPattern, MailboxListing, MailboxName, Section, SequenceSet,
    Uid,
};
use crate::imap::{
    Client, Command, Completion, Event, FetchItem, Handle, Options, Response, SearchKey, StoreAction,
};
use crate::{ClientError, Connector, Session};
use std::fmt;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use waypost_imap::types::ResponseCode;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first octet, usually port 993 for IMAP and 995 for POP3 (RFC 8314, 3.2 and 3.3).
    Tls,
    /// STARTTLS or STLS before anything else, usually port 143 or 110; fails where the server has none.
    StartTls,
    /// None at all: for servers on this machine. Passwords travel readable.
    None,
}

/// A connection to an IMAP server that waits for each of its commands.
pub struct ImapClient {
    pub(crate) session: Session<Client>,
    pub(crate) secure: bool,
    /// Host and port.
    pub(crate) server: (String, u16),
    /// Commands whose answer nobody waits for any more; it is let pass before the next command.
    left: Vec<Handle>,
}

/// What a command brought.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// Untagged data that came while it ran, also what the server sent unasked.
    pub responses: Vec<Response>,
    /// Its end.
    pub completion: Completion,
}

/// An open mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Mailbox {
    /// How many messages it holds.
    pub exists: u32,
    /// UIDs are good for as long as this stays the same (RFC 9051, 2.3.1.1); 0 if the server did not say.
    pub uid_validity: u32,
    /// The UID that the next message gets at least; 0 if the server did not say.
    pub uid_next: u32,
    /// Flags that can be kept.
    pub permanent_flags: Vec<Flag>,
    /// Nothing in it can be changed.
    pub read_only: bool,
}

impl fmt::Debug for ImapClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ImapClient").field("session", &self.session).finish_non_exhaustive()
    }
}

impl ImapClient {
    /// Connects and reads the greeting.
    ///
    /// # Errors
    /// The connection, its protection or the greeting failed.
    pub async fn connect(
        connector: &Connector,
        host: &str,
        port: u16,
        security: Security,
    ) -> Result<Self, ClientError> {
        let transport = match security {
            Security::Tls => connector.connect_tls(host, port).await,
            Security::StartTls | Security::None => connector.connect(host, port).await,
        }
        .map_err(ClientError::Transport)?;
        let mut options = Options::default();
        options.require_starttls = security == Security::StartTls;
        let session = Session::new(Client::new(options), transport);
        let server = (host.to_owned(), port);
        let mut client = Self { session, secure: security != Security::None, server, left: Vec::new() };
        let preauth = loop {
            if let Event::Greeting { preauth, .. } = client.next().await? {
                break preauth;
            }
        };
        if security == Security::StartTls {
            // A server that greets with PREAUTH can't be asked for TLS any more: somebody on the way may have written it. The
            // machine ends the connection then; nothing of the user depends on that alone.
            if preauth || !client.capabilities().await?.has("STARTTLS") {
                return Err(ClientError::NoTls);
            }
            client.run(Command::StartTls).await?;
        }
        Ok(client)
    }

    /// What the server can do now.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn capabilities(&mut self) -> Result<Capabilities, ClientError> {
        if self.session.machine().capabilities().is_none() {
            self.run(Command::Capability).await?;
        }
        Ok(self.session.machine().capabilities().cloned().unwrap_or_default())
    }

    /// The mailboxes whose names match: `*` stands for any octets, `%` for any but the hierarchy delimiter.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn list(&mut self, pattern: &str) -> Result<Vec<MailboxListing>, ClientError> {
        let command = Command::List {
            reference: MailboxName::new(""),
            pattern: ListPattern::new(pattern),
            special_use: true,
        };
        let listing = |response| match response {
            Response::List(listing) => Some(listing),
            _ => None,
        };
        Ok(self.run(command).await?.responses.into_iter().filter_map(listing).collect())
    }

    /// Opens a mailbox.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn select(&mut self, name: &str) -> Result<Mailbox, ClientError> {
        let answer = self.run(Command::Select(MailboxName::new(name))).await?;
        let mut mailbox = Mailbox {
            read_only: answer.completion.code == Some(ResponseCode::ReadOnly),
            ..Mailbox::default()
        };
        for response in answer.responses {
            match response {
                Response::Exists(count) => mailbox.exists = count,
                Response::Condition { code: Some(ResponseCode::UidValidity(number)), .. } => {
                    mailbox.uid_validity = number;
                }
                Response::Condition { code: Some(ResponseCode::UidNext(number)), .. } => {
                    mailbox.uid_next = number;
                }
                Response::Condition { code: Some(ResponseCode::PermanentFlags(flags)), .. } => {
                    mailbox.permanent_flags = flags;
                }
                _ => {}
            }
        }
        Ok(mailbox)
    }

    /// The messages that match all keys.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn search(&mut self, keys: Vec<SearchKey>) -> Result<Vec<Uid>, ClientError> {
        let mut found = Vec::new();
        for response in self.run(Command::UidSearch(keys)).await?.responses {
            if let Response::Search(part) = response {
                found.extend(part.numbers.into_iter().filter_map(Uid::new));
            }
        }
        Ok(found)
    }

    /// Asks for items of messages; they come from [`Rows::next`] as they arrive.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn fetch(&mut self, set: SequenceSet, items: Vec<FetchItem>) -> Result<Rows<'_>, ClientError> {
        let handle = self.start(Command::UidFetch { set, items }).await?;
        Ok(Rows { client: self, handle: Some(handle), body: Vec::new(), bodies: Vec::new() })
    }

    /// Writes a body section to `sink` as it arrives, in bounded memory. Gives how many octets; `None` if there is no such message
    /// or section.
    ///
    /// # Errors
    /// The server refused, the connection ended, or `sink` failed.
    pub async fn download(
        &mut self,
        uid: Uid,
        section: Section,
        sink: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Option<u64>, ClientError> {
        let Some(set) = SequenceSet::single(uid.as_u32()) else { return Ok(None) };
        let items = vec![FetchItem::Body { section, partial: None }];
        let handle = self.start(Command::UidFetch { set, items }).await?;
        let mut written = None;
        let mut wanted = false;
        loop {
            match self.next().await? {
                Event::BodyStarted { .. } => wanted = written.replace(0).is_none(),
                Event::BodyPart(octets) if wanted => {
                    written = written.map(|before| before + octets.len() as u64);
                    if let Err(error) = sink.write_all(&octets).await {
                        self.leave(handle);
                        return Err(ClientError::Sink(error));
                    }
                }
                Event::Response(Response::Fetch(row)) if written.is_none() => {
                    if let Some(octets) = row.bodies.into_iter().find_map(|body| inline(body.data)) {
                        written = Some(octets.len() as u64);
                        sink.write_all(&octets).await.map_err(ClientError::Sink)?;
                    }
                }
                Event::Done { handle: ended, result } if ended == handle => {
                    result.map_err(ClientError::Refused)?;
                    sink.flush().await.map_err(ClientError::Sink)?;
                    return Ok(written);
                }
                _ => {}
            }
        }
    }

    /// Sets or clears flags.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn store(
        &mut self,
        set: SequenceSet,
        action: StoreAction,
        flags: Vec<Flag>,
    ) -> Result<(), ClientError> {
        self.run(Command::UidStore { set, action, silent: true, flags }).await.map(drop)
    }

    /// Adds a message, CRLF line ends, to a mailbox. Gives its UID where the server tells it (RFC 4315, 3).
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn append(
        &mut self,
        mailbox: &str,
        flags: Vec<Flag>,
        message: Vec<u8>,
    ) -> Result<Option<Uid>, ClientError> {
        let command = Command::Append { mailbox: MailboxName::new(mailbox), flags, date: None, message };
        match self.run(command).await?.completion.code {
            Some(ResponseCode::AppendUid(_, uids)) => Ok(uids.iter().next().and_then(Uid::new)),
            _ => Ok(None),
        }
    }

    /// Copies messages to another mailbox.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn copy(&mut self, set: SequenceSet, mailbox: &str) -> Result<(), ClientError> {
        let (messages, mailbox) = (Messages::Uids(set), MailboxName::new(mailbox));
        self.run(Copy { messages, mailbox }).await.map(drop)
    }

    /// Moves messages to another mailbox, at once where the server has MOVE. Otherwise they are copied, and then removed one by one
    /// with UIDPLUS; without that they stay here with `\Deleted`, because EXPUNGE would take others along.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn move_to(&mut self, set: SequenceSet, mailbox: &str) -> Result<(), ClientError> {
        let capabilities = self.capabilities().await?;
        if capabilities.offers("MOVE") {
            let (messages, mailbox) = (Messages::Uids(set), MailboxName::new(mailbox));
            return self.run(Move { messages, mailbox }).await.map(drop);
        }
        self.copy(set.clone(), mailbox).await?;
        self.store(set.clone(), StoreAction::Add, vec![Flag::Deleted]).await?;
        if capabilities.offers("UIDPLUS") {
            self.run(UidExpunge(set)).await?;
        }
        Ok(())
    }

    /// Waits for news of the open mailbox (RFC 2177); they come from [`Idle::next`].
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn idle(&mut self) -> Result<Idle<'_>, ClientError> {
        let handle = self.start(Command::Idle).await?;
        loop {
            match self.next().await? {
                Event::Idling { .. } => return Ok(Idle { client: self, handle: Some(handle) }),
                Event::Done { handle: ended, result } if ended == handle => {
                    // The server ended it before it began.
                    result.map_err(ClientError::Refused)?;
                    return Ok(Idle { client: self, handle: None });
                }
                _ => {}
            }
        }
    }

    /// Sends any command and waits for its end.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn run(&mut self, command: impl Into<Command>) -> Result<Answer, ClientError> {
        let handle = self.start(command).await?;
        let mut responses = Vec::new();
        loop {
            match self.next().await? {
                Event::Response(response) => responses.push(response),
                Event::Challenge { handle, .. } => self.session.machine().answer(handle, None),
                Event::Done { handle: ended, result } if ended == handle => {
                    return Ok(Answer { responses, completion: result.map_err(ClientError::Refused)? });
                }
                _ => {}
            }
        }
    }

    /// Says goodbye and closes the connection.
    ///
    /// # Errors
    /// The connection ended before.
    pub async fn logout(mut self) -> Result<(), ClientError> {
        self.run(Command::Logout).await.map(drop)
    }

    /// The session below, for what is not here.
    pub fn session(&mut self) -> &mut Session<Client> {
        &mut self.session
    }

    /// Queues a command, after the answers that nobody waits for any more.
    pub(crate) async fn start(&mut self, command: impl Into<Command>) -> Result<Handle, ClientError> {
        while !self.left.is_empty() {
            if let Event::Done { handle, .. } = self.next().await? {
                self.left.retain(|left| *left != handle);
            }
        }
        Ok(self.session.machine().enqueue(command))
    }

    /// Nobody waits for this answer any more: its data goes by unseen.
    fn leave(&mut self, handle: Handle) {
        self.session.machine().cancel(handle);
        self.left.push(handle);
    }

    pub(crate) async fn next(&mut self) -> Result<Event, ClientError> {
        match self.session.next_event().await {
            Some(Event::Failed(error)) => Err(match self.session.take_failure() {
                Some(failure) => ClientError::Transport(failure),
                None => ClientError::Connection(error),
            }),
            Some(event) => Ok(event),
            None => Err(ClientError::Ended),
        }
    }
}

/// Messages as they arrive. Dropped before its end, the rest is let pass before the next command.
#[derive(Debug)]
pub struct Rows<'a> {
    client: &'a mut ImapClient,
    handle: Option<Handle>,
    body: Vec<u8>,
    bodies: Vec<(Section, Vec<u8>)>,
}

/// One message of [`ImapClient::fetch`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// What the server sent.
    pub fetched: Fetched,
    /// Its long body sections, whole; short ones are in `fetched`. [`ImapClient::download`] holds none whole.
    pub bodies: Vec<(Section, Vec<u8>)>,
}

impl Rows<'_> {
    /// The next message; `None` when all have come.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn next(&mut self) -> Result<Option<Row>, ClientError> {
        let Some(handle) = self.handle else { return Ok(None) };
        loop {
            match self.client.next().await? {
                Event::BodyStarted { section, .. } => self.bodies.push((section, Vec::new())),
                Event::BodyPart(octets) => self.body.extend_from_slice(&octets),
                Event::BodyEnded => {
                    if let Some((_, body)) = self.bodies.last_mut() {
                        *body = std::mem::take(&mut self.body);
                    }
                }
                Event::Response(Response::Fetch(fetched)) => {
                    return Ok(Some(Row { fetched: *fetched, bodies: std::mem::take(&mut self.bodies) }));
                }
                Event::Done { handle: ended, result } if ended == handle => {
                    self.handle = None;
                    return result.map(|_| None).map_err(ClientError::Refused);
                }
                _ => {}
            }
        }
    }
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.client.leave(handle);
        }
    }
}

/// News of the open mailbox. Dropped, IDLE ends before the next command.
#[derive(Debug)]
pub struct Idle<'a> {
    client: &'a mut ImapClient,
    handle: Option<Handle>,
}

impl Idle<'_> {
    /// The next thing that the server says, such as [`Response::Exists`]; `None` if it ended IDLE.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn next(&mut self) -> Result<Option<Response>, ClientError> {
        let Some(handle) = self.handle else { return Ok(None) };
        loop {
            match self.client.next().await? {
                Event::Response(response) => return Ok(Some(response)),
                Event::Done { handle: ended, result } if ended == handle => {
                    self.handle = None;
                    return result.map(|_| None).map_err(ClientError::Refused);
                }
                _ => {}
            }
        }
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.client.session.machine().finish_idle(handle);
            self.client.left.push(handle);
        }
    }
}

fn inline(data: BodyData) -> Option<Vec<u8>> {
    match data {
        BodyData::Inline(octets) => Some(octets),
        BodyData::Absent | BodyData::Streamed(_) => None,
    }
}
