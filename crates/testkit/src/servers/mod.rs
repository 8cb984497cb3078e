//! Real mail servers as child processes on loopback, for tests and for the sample mailbox of `make run`.
//!
//! [`Dovecot`] is the one that the sample mailbox runs on and that tests look into past IMAP and POP3, by the trait [`Server`];
//! [`ImapServer`] is any of five kinds, for scenarios that must hold on all of them. A server owns a temporary folder and free ports, and leaves nothing behind:
//! it stops when dropped, and also when the process that started it is killed.

mod certificates;
mod control;
mod dialect;
mod dovecot;
mod fleet;
mod maildir;
mod process;
mod raw;
mod token;

pub use certificates::{CertificateKind, Certificates};
pub use control::{answer_line, answer_line_of_kind, greeting, greeting_of_kind};
pub use dovecot::{Dovecot, Options};
pub use fleet::{ImapServer, Kind};
pub use raw::{Answer, Raw};

use std::path::{Path, PathBuf};
use std::{fmt, io};

/// A user of a test server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Login name and address.
    pub name: String,
    /// Password: of a throw-away server, so it may be printed.
    pub password: String,
}

impl User {
    /// A user by name and password.
    #[must_use]
    pub fn new(name: &str, password: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned() }
    }

    /// The name before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.name.split_once('@').map_or(self.name.as_str(), |(local, _)| local)
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.name.split_once('@').map_or("", |(_, domain)| domain)
    }
}

/// The two users that every server has by default: Robin and Kim.
#[must_use]
pub fn default_users() -> Vec<User> {
    vec![
        User::new("robin@waypost.example", "Robin-letterbox-41"),
        User::new("kim@waypost.example", "Kim-lighthouse-27"),
    ]
}

/// The ports of a server on 127.0.0.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Ports {
    /// IMAP with STARTTLS.
    pub imap: u16,
    /// IMAP with TLS from the first octet.
    pub imaps: u16,
    /// POP3 with STLS.
    pub pop3: u16,
    /// POP3 with TLS from the first octet.
    pub pop3s: u16,
}

/// A message to be put into a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// The user.
    pub user: &'a str,
    /// The mailbox by its UTF-8 name, `/` between the levels. Made and subscribed if it is not there.
    pub mailbox: &'a str,
    /// The whole message, CRLF line ends.
    pub raw: &'a [u8],
    /// Flags as IMAP writes them. Without any the message is new.
    pub flags: &'a [String],
    /// INTERNALDATE in seconds since 1970; `None` is now.
    pub date: Option<i64>,
}

/// A message as it is on the server.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Found {
    /// UID.
    pub uid: u32,
    /// Flags and keywords, without `\Recent`.
    pub flags: Vec<String>,
    /// SHA-256 of the octets as they stand on the wire, lower case hex.
    pub sha256: String,
}

/// One kind of mail server. What a test asks of it goes past IMAP and POP3, so that it checks them.
pub trait Server {
    /// Such as `dovecot`.
    fn name(&self) -> &'static str;
    /// Its version, in its own words.
    fn version(&self) -> &str;
    /// Where it listens.
    fn ports(&self) -> Ports;
    /// The CA that signed its certificate, as a PEM file.
    fn ca_pem(&self) -> &Path;
    /// Its folder.
    fn dir(&self) -> &Path;
    /// The users; the first is the default of the control protocol.
    fn users(&self) -> &[User];
    /// The main process, while it runs.
    fn pid(&self) -> Option<u32>;
    /// The command of its own administration tool, to be followed by a verb. For the log and for people.
    fn admin_command(&self) -> Vec<String>;
    /// Where the mail of a user is.
    fn mail_dir(&self, user: &str) -> PathBuf;
    /// The last lines of its log.
    fn log(&self) -> String;

    /// Stops it; mail and ports stay. Harmless if it is stopped.
    ///
    /// # Errors
    /// The process can't be ended.
    fn stop(&mut self) -> Result<(), ServerError>;
    /// Starts it again on the same ports. Harmless if it runs.
    ///
    /// # Errors
    /// It does not come up.
    fn start(&mut self) -> Result<(), ServerError>;

    /// Delivers a message as a mail system would: watchers are told.
    ///
    /// # Errors
    /// The mailbox can't be written.
    fn deliver(&self, delivery: &Delivery<'_>) -> Result<(), ServerError>;
    /// The mailboxes of a user.
    ///
    /// # Errors
    /// The server's tool fails.
    fn mailboxes(&self, user: &str) -> Result<Vec<String>, ServerError>;
    /// The messages of a mailbox in the order of their UIDs.
    ///
    /// # Errors
    /// The server's tool fails.
    fn list(&self, user: &str, mailbox: &str) -> Result<Vec<Found>, ServerError>;
    /// The octets of one message as they stand on the wire.
    ///
    /// # Errors
    /// There is no such message, or the server's tool fails.
    fn message(&self, user: &str, mailbox: &str, uid: u32) -> Result<Vec<u8>, ServerError>;
    /// Adds and removes flags.
    ///
    /// # Errors
    /// The server's tool fails.
    fn change_flags(
        &self,
        user: &str,
        mailbox: &str,
        uid: u32,
        add: &[String],
        remove: &[String],
    ) -> Result<(), ServerError>;
    /// Removes a message.
    ///
    /// # Errors
    /// The server's tool fails.
    fn expunge(&self, user: &str, mailbox: &str, uid: u32) -> Result<(), ServerError>;
    /// Gives the mailbox another UIDVALIDITY and its messages other UIDs, as a restored backup would. Sessions of the user end.
    ///
    /// # Errors
    /// The server's tool fails.
    fn reset_uidvalidity(&self, user: &str, mailbox: &str) -> Result<(), ServerError>;
    /// Puts many small messages into a mailbox, fast.
    ///
    /// # Errors
    /// The mailbox can't be written.
    fn fill(&self, user: &str, mailbox: &str, count: u32) -> Result<(), ServerError>;
}

/// Why a test server can't do what was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServerError {
    /// It is not installed.
    Missing {
        /// The server.
        server: &'static str,
        /// Debian's packages.
        packages: &'static str,
    },
    /// It can't run here.
    Unable {
        /// The server.
        server: &'static str,
        /// What is needed.
        why: &'static str,
    },
    /// A version that this kit has no configuration for.
    Unsupported {
        /// The server.
        server: &'static str,
        /// What it says of itself.
        version: String,
    },
    /// It ended or did not come up; the end of its log.
    Failed {
        /// The server.
        server: &'static str,
        /// Its words.
        detail: String,
    },
    /// Its tool refused.
    Refused {
        /// What was asked.
        command: String,
        /// The tool's words.
        detail: String,
    },
    /// There is no such user, mailbox or message.
    NotFound(String),
    /// A file or a process could not be reached.
    Io {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        source: io::Error,
    },
}

impl ServerError {
    /// Whether the server is not there or can't run here, which is no fault of it.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::Unable { .. } | Self::Unsupported { .. })
    }

    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { server, packages } => {
                write!(formatter, "{server} is not installed (Debian: apt-get install {packages})")
            }
            Self::Unable { server, why } => write!(formatter, "{server}: {why}"),
            Self::Unsupported { server, version } => write!(
                formatter,
                "{server} {version} is installed, but the test kit configures versions 2.3 and 2.4 only"
            ),
            Self::Failed { server, detail } => write!(formatter, "{server} did not start: {detail}"),
            Self::Refused { command, detail } => write!(formatter, "{command}: {detail}"),
            Self::NotFound(what) => write!(formatter, "there is no {what}"),
            Self::Io { doing, source } => write!(formatter, "{doing}: {source}"),
        }
    }
}

impl std::error::Error for ServerError {}

/// For tests: the server, or `None` with a line of output where it is not installed. With `REQUIRE_SERVERS=1` a missing server
/// is a failure, and any other error always is.
///
/// # Panics
/// As said above; the test fails with the sentence of the error.
#[must_use]
pub fn require<S: Server>(started: Result<S, ServerError>) -> Option<S> {
    available(started)
}

/// The same for anything that is not there where a server is missing.
///
/// # Panics
/// As [`require`].
#[must_use]
pub fn available<S>(started: Result<S, ServerError>) -> Option<S> {
    match started {
        Ok(server) => Some(server),
        Err(error) if error.is_missing() => {
            assert!(!required(), "REQUIRE_SERVERS=1, and {error}");
            // The test harness swallows what passing tests print with print!; a skip must be seen.
            let _ = io::Write::write_all(&mut io::stderr(), format!("skipped: {error}\n").as_bytes());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Whether a missing server is a failure: `REQUIRE_SERVERS=1`.
#[must_use]
pub fn required() -> bool {
    std::env::var_os("REQUIRE_SERVERS").is_some_and(|value| value == "1")
}
