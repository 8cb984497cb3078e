//! `waypost-servers dovecot` (or `cyrus`, `courier`, `mailutils`, `pymap`): a real mail server in a temporary folder, until the input closes or a signal comes.
//!
//! Prints one line of JSON when it is ready, and then answers commands, a line each (`waypost_testkit::servers::answer_line`). Of a
//! server that can't run here the one line is `{"missing":"…"}`, and nothing follows; that Dovecot is missing is an error.

use clap::{Parser, Subcommand, ValueEnum};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::signal::unix::{SignalKind, signal};
use waypost_testkit::sample;
use waypost_testkit::servers::{
    self, CertificateKind, Dovecot, ImapServer, Options, Server, ServerError, answer_line,
    answer_line_of_kind, greeting, greeting_of_kind,
};

/// Real mail servers for tests and for the sample mailbox: loopback only, in a temporary folder that is removed at the end.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    server: Kind,
}

#[derive(Subcommand)]
enum Kind {
    /// Dovecot with the users robin@waypost.example and kim@waypost.example.
    Dovecot(DovecotArguments),
    /// Cyrus with these users, as scripts/servers.sh fetched it.
    Cyrus,
    /// Courier, fetched so too; needs root.
    Courier,
    /// GNU Mailutils, fetched so too.
    Mailutils,
    /// pymap, fetched so too.
    Pymap,
}

#[derive(clap::Args)]
struct DovecotArguments {
    /// Put the sample mail into the mailboxes.
    #[arg(long)]
    sample: bool,
    /// Put so many small messages into the first user's INBOX.
    #[arg(long, value_name = "N", default_value_t = 0)]
    messages: u32,
    /// Keep everything in this folder, also afterwards.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Know nothing of TLS.
    #[arg(long)]
    plain: bool,
    /// The certificate to show.
    #[arg(long, value_enum, default_value_t = CertificateChoice::Good)]
    certificate: CertificateChoice,
}

#[derive(Clone, Copy, ValueEnum)]
enum CertificateChoice {
    Good,
    Expired,
    WrongHost,
    SelfSigned,
}

impl From<CertificateChoice> for CertificateKind {
    fn from(choice: CertificateChoice) -> Self {
        match choice {
            CertificateChoice::Good => Self::Good,
            CertificateChoice::Expired => Self::Expired,
            CertificateChoice::WrongHost => Self::WrongHost,
            CertificateChoice::SelfSigned => Self::SelfSigned,
        }
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.map_err(|error| error.to_string()).and_then(|runtime| {
        let ended = runtime.block_on(run(Arguments::parse()));
        // A read of the input may still be waiting; it must not hold up the end.
        runtime.shutdown_background();
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            let _ = writeln!(std::io::stderr(), "waypost-servers: {sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    // Before anything is started, so that a signal never leaves something behind.
    let mut signals = Signals::listen().map_err(|error| error.to_string())?;
    let mut server = match Running::start(arguments.server) {
        Err(Start::Missing(sentence)) => return say(&json!({ "missing": sentence }).to_string()),
        Err(Start::Failed(sentence)) => return Err(sentence),
        Ok(server) => server,
    };
    say(&server.greeting())?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            () = signals.any() => return Ok(()),
            line = lines.next_line() => match line {
                Ok(Some(line)) if line.trim().is_empty() => {}
                Ok(Some(line)) => say(&server.answer(&line))?,
                Ok(None) | Err(_) => return Ok(()),
            },
        }
    }
}

enum Running {
    Dovecot(Box<Dovecot>),
    Other(Box<ImapServer>),
}

/// Why it does not run.
enum Start {
    Missing(String),
    Failed(String),
}

impl Running {
    fn start(kind: Kind) -> Result<Self, Start> {
        let kind = match kind {
            Kind::Dovecot(arguments) => {
                let server = start(arguments).map_err(|error| Start::Failed(error.to_string()))?;
                return Ok(Self::Dovecot(Box::new(server)));
            }
            Kind::Cyrus => servers::Kind::Cyrus,
            Kind::Courier => servers::Kind::Courier,
            Kind::Mailutils => servers::Kind::Mailutils,
            Kind::Pymap => servers::Kind::Pymap,
        };
        match ImapServer::start(kind) {
            Ok(server) => Ok(Self::Other(Box::new(server))),
            Err(error) if error.is_missing() => Err(Start::Missing(error.to_string())),
            Err(error) => Err(Start::Failed(error.to_string())),
        }
    }

    fn greeting(&self) -> String {
        match self {
            Self::Dovecot(server) => greeting(server.as_ref()),
            Self::Other(server) => greeting_of_kind(server),
        }
    }

    fn answer(&mut self, line: &str) -> String {
        match self {
            Self::Dovecot(server) => answer_line(server.as_mut(), line),
            Self::Other(server) => answer_line_of_kind(server, line),
        }
    }
}

fn start(arguments: DovecotArguments) -> Result<Dovecot, ServerError> {
    let mut options = Options::default();
    options.dir = arguments.dir;
    options.tls = !arguments.plain;
    options.certificate = arguments.certificate.into();
    let server = Dovecot::start(options)?;
    if arguments.sample {
        sample::deliver(&server)?;
    }
    if arguments.messages > 0
        && let Some(first) = server.users().first()
    {
        server.fill(&first.name, "INBOX", arguments.messages)?;
    }
    Ok(server)
}

fn say(line: &str) -> Result<(), String> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush()).map_err(|error| error.to_string())
}

struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
