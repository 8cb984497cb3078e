//! IMAP servers of five kinds, four of them with POP3, behind one face, so that the same scenarios run on each. What a kind needs stands in its file; their
//! configurations stand in `tests/servers`, and `scripts/servers.sh` fetches those that Debian can't install beside each other.

mod courier;
mod cyrus;
mod ground;
mod mailutils;
mod pymap;

use super::raw::Raw;
use super::{CertificateKind, Delivery, Dovecot, Options, Server, ServerError, User, default_users};
use ground::Ground;
use std::fmt;
use std::path::{Path, PathBuf};

/// A kind of mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Dovecot, installed from Debian's packages.
    Dovecot,
    /// Cyrus, unpacked.
    Cyrus,
    /// Courier, unpacked; needs root for a mount namespace.
    Courier,
    /// GNU Mailutils' imap4d, unpacked.
    Mailutils,
    /// pymap, in a Python environment.
    Pymap,
}

impl Kind {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 5] = [Self::Dovecot, Self::Cyrus, Self::Courier, Self::Mailutils, Self::Pymap];

    /// Whether it speaks POP3 too.
    #[must_use]
    pub const fn has_pop3(self) -> bool {
        !matches!(self, Self::Pymap)
    }

    /// Such as `dovecot`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dovecot => "dovecot",
            Self::Cyrus => "cyrus",
            Self::Courier => "courier",
            Self::Mailutils => "mailutils",
            Self::Pymap => "pymap",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A running server. It stops when dropped, and also when this process dies however it dies.
pub struct ImapServer {
    kind: Kind,
    version: String,
    /// IMAP with STARTTLS, on 127.0.0.1.
    plain: u16,
    /// IMAP with TLS from the first octet.
    tls: Option<u16>,
    /// POP3 with STLS, and with TLS from the first octet.
    pop3: Option<(u16, u16)>,
    users: Vec<User>,
    running: Running,
}

enum Running {
    Dovecot(Box<Dovecot>),
    Ground(Box<Ground>),
}

impl fmt::Debug for ImapServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ImapServer")
            .field("kind", &self.kind)
            .field("plain", &self.plain)
            .field("tls", &self.tls)
            .finish_non_exhaustive()
    }
}

impl ImapServer {
    /// Starts a server with [`default_users`] and waits until it greets.
    ///
    /// # Errors
    /// [`ServerError::Missing`] and [`ServerError::Unable`] where it is not there or can't run here; else why it did not come up.
    pub fn start(kind: Kind) -> Result<Self, ServerError> {
        let users = default_users();
        if kind == Kind::Dovecot {
            let dovecot = Dovecot::start(Options { extras: true, ..Options::default() })?;
            let ports = dovecot.ports();
            return Ok(Self {
                kind,
                version: dovecot.version().split(' ').next().unwrap_or_default().to_owned(),
                plain: ports.imap,
                tls: Some(ports.imaps),
                pop3: Some((ports.pop3, ports.pop3s)),
                users,
                running: Running::Dovecot(Box::new(dovecot)),
            });
        }
        let mut ground = Ground::prepare(kind, &users, CertificateKind::Good)?;
        let tls = ground.come_up(|ground| match kind {
            Kind::Cyrus => cyrus::command(ground),
            Kind::Courier => courier::command(ground),
            Kind::Mailutils => mailutils::command(ground),
            Kind::Dovecot | Kind::Pymap => pymap::command(ground),
        })?;
        let (plain, version) = (ground.plain, ground.version.clone());
        let pop3 = ground.speaks_pop3().then_some((ground.pop3, ground.pop3s));
        // pymap has no port that begins with TLS.
        let tls = (kind != Kind::Pymap).then_some(tls);
        Ok(Self { kind, version, plain, tls, pop3, users, running: Running::Ground(Box::new(ground)) })
    }

    /// Which kind it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Its version, in the words of its package.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The port of 127.0.0.1 that begins without TLS and takes STARTTLS.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.plain
    }

    /// The port of 127.0.0.1 that begins with TLS, where the server has one.
    #[must_use]
    pub fn tls_port(&self) -> Option<u16> {
        self.tls
    }

    /// The port of 127.0.0.1 that begins POP3 without TLS and takes STLS, where the server has POP3.
    #[must_use]
    pub fn pop3_port(&self) -> Option<u16> {
        self.pop3.map(|(plain, _)| plain)
    }

    /// The port of 127.0.0.1 that begins POP3 with TLS, where the server has POP3.
    #[must_use]
    pub fn pop3s_port(&self) -> Option<u16> {
        self.pop3.map(|(_, tls)| tls)
    }

    /// The users: two at least, the first is whom scenarios sign in as.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The CA that signed its certificate, as a PEM file.
    #[must_use]
    pub fn ca_pem(&self) -> &Path {
        match &self.running {
            Running::Dovecot(dovecot) => dovecot.ca_pem(),
            Running::Ground(ground) => &ground.ca,
        }
    }

    /// The main process.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match &self.running {
            Running::Dovecot(dovecot) => dovecot.pid(),
            Running::Ground(ground) => ground.pid(),
        }
    }

    /// The last lines of its log, as far as it keeps one.
    #[must_use]
    pub fn log(&self) -> String {
        match &self.running {
            Running::Dovecot(dovecot) => dovecot.log(),
            Running::Ground(ground) => ground.last_words(),
        }
    }

    /// A token for OAUTHBEARER and XOAUTH2, where the server takes them.
    #[must_use]
    pub fn token(&self, user: &User) -> Option<String> {
        match &self.running {
            Running::Dovecot(dovecot) => dovecot.token(user),
            Running::Ground(_) => None,
        }
    }

    /// A connection that goes past the client under test.
    ///
    /// # Errors
    /// Nobody answers.
    pub fn raw(&self) -> Result<Raw, ServerError> {
        Raw::connect(self.plain)
    }

    /// Puts a message without flags into a mailbox of a user, which is made where it is not there. The client under test has no
    /// part in it.
    ///
    /// # Errors
    /// The server does not take it.
    pub fn deliver(&self, user: &User, mailbox: &str, message: &[u8]) -> Result<(), ServerError> {
        if let Running::Dovecot(dovecot) = &self.running {
            let (user, raw) = (&user.name, message);
            return dovecot.deliver(&Delivery { user, mailbox, raw, flags: &[], date: None });
        }
        let mut raw = self.raw()?;
        raw.login(&user.name, &user.password)?;
        raw.append(mailbox, "", message)?;
        raw.command(&[b"LOGOUT"]).map(drop)
    }
}

/// Where `scripts/servers.sh` put a server.
fn fetched(kind: Kind) -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from)
        .or_else(|| Some(Path::new(&std::env::var_os("HOME")?).join(".cache")))?;
    let folder = cache.join("waypost/servers").join(kind.name());
    folder.join("VERSION").is_file().then_some(folder)
}
