//! POP3 in a few lines: one method per thing to do, each to its end.
//!
//! Covers what most programs need. [`Pop3Client::run`] sends any other command of [`crate::pop3`]; [`Pop3Client::session`] gives
//! the machine itself, with which commands are pipelined.

use crate::pop3::{Capabilities, Client, Command, Event, Handle, Options, Refusal};
use crate::{Connector, Pop3ClientError, Security, Session};
use std::collections::VecDeque;
use std::fmt;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// A connection to a POP3 server that waits for each of its commands.
pub struct Pop3Client {
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
pub struct Pop3Answer {
    /// What the lines of its answer said.
    pub events: Vec<Event>,
    /// Octets of a message, stuffing undone.
    pub body: Vec<u8>,
    /// The server's words after `+OK`.
    pub text: String,
}

/// How much a maildrop holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Messages.
    pub count: u32,
    /// Octets of all messages.
    pub octets: u64,
}

impl fmt::Debug for Pop3Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pop3Client").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Pop3Client {
    /// Connects, reads the greeting and asks what the server can do.
    ///
    /// # Errors
    /// The connection, its protection or the greeting failed.
    pub async fn connect(
        connector: &Connector,
        host: &str,
        port: u16,
        security: Security,
    ) -> Result<Self, Pop3ClientError> {
        Self::connect_with(connector, host, port, security, Options::default()).await
    }

    /// The same, with options of the machine: [`Options::allow_apop`] is one.
    ///
    /// # Errors
    /// As [`Pop3Client::connect`].
    pub async fn connect_with(
        connector: &Connector,
        host: &str,
        port: u16,
        security: Security,
        options: Options,
    ) -> Result<Self, Pop3ClientError> {
        let transport = match security {
            Security::Tls => connector.connect_tls(host, port).await,
            Security::StartTls | Security::None => connector.connect(host, port).await,
        }
        .map_err(Pop3ClientError::Transport)?;
        let session = Session::new(Client::new(options), transport);
        let server = (host.to_owned(), port);
        let mut client = Self { session, secure: security != Security::None, server, left: Vec::new() };
        while !matches!(client.next().await?, Event::Greeting { .. }) {}
        client.ask().await?;
        if security == Security::StartTls {
            if !client.capabilities().stls {
                return Err(Pop3ClientError::NoTls);
            }
            client.run(Command::Stls).await?;
            // What was said before TLS may have come from anybody.
            client.ask().await?;
        }
        Ok(client)
    }

    /// What the server can do now: all that RFC 1939 does not ask of it. Nothing where it does not know CAPA.
    #[must_use]
    pub fn capabilities(&mut self) -> Capabilities {
        self.session.machine().capabilities().cloned().unwrap_or_default()
    }

    /// Asks what the server can do. One that does not know the question can do nothing beyond RFC 1939.
    pub(crate) async fn ask(&mut self) -> Result<(), Pop3ClientError> {
        match self.run(Command::Capa).await {
            Ok(_) | Err(Pop3ClientError::Refused(Refusal::Err { .. })) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// How much the maildrop holds.
    ///
    /// # Errors
    /// The server refused, or the connection ended. A server whose answer can't be read has nothing to count.
    pub async fn stat(&mut self) -> Result<Statistics, Pop3ClientError> {
        let statistics = |event| match event {
            Event::Statistics { count, octets, .. } => Some(Statistics { count, octets }),
            _ => None,
        };
        let found = self.run(Command::Stat).await?.events.into_iter().find_map(statistics);
        Ok(found.unwrap_or(Statistics { count: 0, octets: 0 }))
    }

    /// Numbers and sizes of all messages. A number names a message in this session only.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn list(&mut self) -> Result<Vec<(u32, u64)>, Pop3ClientError> {
        let size = |event| match event {
            Event::Size { number, octets, .. } => Some((number, octets)),
            _ => None,
        };
        Ok(self.run(Command::List(None)).await?.events.into_iter().filter_map(size).collect())
    }

    /// Numbers and unique ids of all messages, as the server says them: ids may be repeated or missing.
    ///
    /// # Errors
    /// The server refused, because it has none, or the connection ended.
    pub async fn uidl(&mut self) -> Result<Vec<(u32, String)>, Pop3ClientError> {
        let id = |event| match event {
            Event::UniqueId { number, uidl, .. } => Some((number, uidl)),
            _ => None,
        };
        Ok(self.run(Command::Uidl(None)).await?.events.into_iter().filter_map(id).collect())
    }

    /// Asks for messages, all at once where the server pipelines; their octets come from [`Retrieval::next`] as they arrive.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn retr(
        &mut self,
        numbers: impl IntoIterator<Item = u32>,
    ) -> Result<Retrieval<'_>, Pop3ClientError> {
        self.settle().await?;
        let machine = self.session.machine();
        let running =
            numbers.into_iter().map(|number| (machine.enqueue(Command::Retr(number)), number)).collect();
        Ok(Retrieval { client: self, running })
    }

    /// Writes a message to `sink` as it arrives, in bounded memory. Gives how many octets it has; it is whole then.
    ///
    /// # Errors
    /// The server refused, the connection ended, or `sink` failed.
    pub async fn download(
        &mut self,
        number: u32,
        sink: &mut (impl AsyncWrite + Unpin),
    ) -> Result<u64, Pop3ClientError> {
        let mut written = 0;
        let mut retrieval = self.retr([number]).await?;
        while let Some(piece) = retrieval.next().await? {
            match piece {
                Piece::Octets { data, .. } => {
                    sink.write_all(&data).await.map_err(Pop3ClientError::Sink)?;
                    written += data.len() as u64;
                }
                Piece::Ended { result, .. } => result.map_err(Pop3ClientError::Refused)?,
            }
        }
        sink.flush().await.map_err(Pop3ClientError::Sink)?;
        Ok(written)
    }

    /// Header and first lines of a message.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn top(&mut self, number: u32, lines: u32) -> Result<Vec<u8>, Pop3ClientError> {
        Ok(self.run(Command::Top(number, lines)).await?.body)
    }

    /// Marks a message: it is deleted by [`Pop3Client::quit`], and only by it.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn dele(&mut self, number: u32) -> Result<(), Pop3ClientError> {
        self.run(Command::Dele(number)).await.map(drop)
    }

    /// Takes all marks back.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn rset(&mut self) -> Result<(), Pop3ClientError> {
        self.run(Command::Rset).await.map(drop)
    }

    /// Has the server delete what is marked, and closes the connection. Only `Ok` means that it did.
    ///
    /// # Errors
    /// [`Pop3ClientError::Refused`]: not all was deleted, or nobody knows ([`Refusal::UpdateUnknown`]).
    pub async fn quit(mut self) -> Result<(), Pop3ClientError> {
        let handle = self.start(Command::Quit).await?;
        let mut ended = None;
        // The machine has more to say of a connection that breaks, and closes it.
        while let Some(event) = self.session.next_event().await {
            match event {
                Event::Done { handle: done, result } if done == handle => ended = Some(result),
                _ => {}
            }
        }
        match ended {
            Some(Ok(_)) => Ok(()),
            Some(Err(refusal)) => Err(Pop3ClientError::Refused(refusal)),
            None => Err(Pop3ClientError::Ended),
        }
    }

    /// Sends any command and waits for its end. Challenges of AUTH are cancelled: [`Pop3Client::authenticate`] answers them.
    ///
    /// # Errors
    /// The server refused, or the connection ended.
    pub async fn run(&mut self, command: Command) -> Result<Pop3Answer, Pop3ClientError> {
        let handle = self.start(command).await?;
        let (mut events, mut body) = (Vec::new(), Vec::new());
        loop {
            match self.next().await? {
                Event::Part { data, .. } => body.extend_from_slice(&data),
                Event::Challenge { handle, .. } => self.session.machine().answer(handle, None),
                Event::Done { handle: ended, result } if ended == handle => {
                    return Ok(Pop3Answer { events, body, text: result.map_err(Pop3ClientError::Refused)? });
                }
                event => events.push(event),
            }
        }
    }

    /// The session below, for what is not here.
    pub fn session(&mut self) -> &mut Session<Client> {
        &mut self.session
    }

    /// Queues a command, after the answers that nobody waits for any more.
    pub(crate) async fn start(&mut self, command: Command) -> Result<Handle, Pop3ClientError> {
        self.settle().await?;
        Ok(self.session.machine().enqueue(command))
    }

    async fn settle(&mut self) -> Result<(), Pop3ClientError> {
        while !self.left.is_empty() {
            if let Event::Done { handle, .. } = self.next().await? {
                self.left.retain(|left| *left != handle);
            }
        }
        Ok(())
    }

    pub(crate) async fn next(&mut self) -> Result<Event, Pop3ClientError> {
        match self.session.next_event().await {
            Some(Event::Failed(error)) => Err(match self.session.take_failure() {
                Some(failure) => Pop3ClientError::Transport(failure),
                None => Pop3ClientError::Connection(error),
            }),
            Some(event) => Ok(event),
            None => Err(Pop3ClientError::Ended),
        }
    }
}

/// Messages as they arrive, in the order in which they were asked for. Dropped before its end, what was asked for already is let
/// pass before the next command; whoever wants nothing more drops the client.
#[derive(Debug)]
pub struct Retrieval<'a> {
    client: &'a mut Pop3Client,
    /// What has not come yet, with the number of its message.
    running: VecDeque<(Handle, u32)>,
}

/// What comes of a retrieval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Octets of a message, cut anywhere, stuffing undone.
    Octets {
        /// The message.
        number: u32,
        /// The octets.
        data: Vec<u8>,
    },
    /// No more of this message.
    Ended {
        /// The message.
        number: u32,
        /// Whether it came whole. What an `Err` was begun with is no message.
        result: Result<(), Refusal>,
    },
}

impl Retrieval<'_> {
    /// The next piece; `None` when all messages have ended.
    ///
    /// # Errors
    /// The connection ended.
    pub async fn next(&mut self) -> Result<Option<Piece>, Pop3ClientError> {
        while let Some((running, number)) = self.running.front().copied() {
            match self.client.next().await? {
                Event::Part { handle, data } if handle == running => {
                    return Ok(Some(Piece::Octets { number, data }));
                }
                Event::Done { handle, result } if handle == running => {
                    self.running.pop_front();
                    return Ok(Some(Piece::Ended { number, result: result.map(drop) }));
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

impl Drop for Retrieval<'_> {
    fn drop(&mut self) {
        for (handle, _) in self.running.drain(..) {
            if !self.client.session.machine().cancel(handle) {
                self.client.left.push(handle);
            }
        }
    }
}
