//! What a scenario has to work with: one server, a way in, and a maildrop with mail that the client under test did not put there.

use crate::client::{Heard, Pop3};
use crate::verdict::Why;
use std::cell::RefCell;
use std::rc::Rc;
use waypost_native::pop3::Options;
use waypost_native::{Connector, Options as TransportOptions, Pop3Client, Security};
use waypost_testkit::servers::{ImapServer, Kind, Raw, User};

/// A server for all its scenarios.
pub(crate) struct Stage<'a> {
    pub(crate) server: &'a ImapServer,
    heard: Rc<RefCell<Heard>>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(server: &'a ImapServer) -> Self {
        Self { server, heard: Rc::default() }
    }

    /// What its sessions heard so far.
    pub(crate) fn heard(&self) -> Heard {
        self.heard.borrow().clone()
    }

    pub(crate) fn kind(&self) -> Kind {
        self.server.kind()
    }

    /// Whom scenarios sign in as.
    pub(crate) fn user(&self) -> &User {
        self.server.users().first().expect("a server has users")
    }

    /// Makes the maildrop hold these messages and no others, past the client under test.
    pub(crate) fn fill<'m>(&self, messages: impl IntoIterator<Item = &'m [u8]>) -> Result<(), Why> {
        let mut raw = self.raw()?;
        raw.command(&[b"SELECT INBOX"])?;
        raw.command(&[b"STORE 1:* +FLAGS.SILENT (\\Deleted)"])?;
        raw.command(&[b"EXPUNGE"])?;
        raw.command(&[b"LOGOUT"])?;
        for message in messages {
            self.append(message)?;
        }
        Ok(())
    }

    /// Puts one more message into the maildrop.
    pub(crate) fn append(&self, message: &[u8]) -> Result<(), Why> {
        // Mailutils loses what is appended while the mailbox is selected.
        let mut raw = self.raw()?;
        raw.append("INBOX", "", message)?;
        raw.command(&[b"LOGOUT"])?;
        Ok(())
    }

    /// Which of the letters lie in the maildrop, past the client under test.
    pub(crate) fn subjects(&self) -> Result<Vec<&'static str>, Why> {
        let mut raw = self.raw()?;
        raw.command(&[b"SELECT INBOX"])?;
        let text = raw.command(&[b"FETCH 1:* (ENVELOPE)"])?.text();
        raw.command(&[b"LOGOUT"])?;
        Ok(SUBJECTS.into_iter().filter(|subject| text.contains(&format!("\"{subject}\""))).collect())
    }

    /// A signed-in session of IMAP that is not the client under test.
    fn raw(&self) -> Result<Raw, Why> {
        let mut raw = self.server.raw()?;
        raw.login(&self.user().name, &self.user().password)?;
        Ok(raw)
    }

    fn connector(&self) -> Result<Connector, Why> {
        let pem = std::fs::read(self.server.ca_pem()).map_err(|error| Why::Failed(error.to_string()))?;
        Ok(Connector::new(TransportOptions::default().trust_pem(&pem)?)?)
    }

    /// A connection that is protected so, run by these options.
    pub(crate) async fn connect(&self, security: Security, options: Options) -> Result<Pop3, Why> {
        let port = match security {
            Security::Tls => self.server.pop3s_port(),
            Security::StartTls | Security::None => self.server.pop3_port(),
        };
        let port = port.ok_or_else(|| Why::lacks("POP3"))?;
        let connector = self.connector()?;
        let client = Pop3Client::connect_with(&connector, "localhost", port, security, options).await?;
        Ok(Pop3::new(client, Rc::clone(&self.heard)))
    }

    /// A connection with TLS from the first octet.
    pub(crate) async fn tls(&self) -> Result<Pop3, Why> {
        self.connect(Security::Tls, Options::default()).await
    }

    /// A session over TLS, signed in by whatever is best and works.
    pub(crate) async fn signed_in(&self) -> Result<Pop3, Why> {
        self.signed_in_with(Options::default()).await
    }

    /// The same, run by these options.
    pub(crate) async fn signed_in_with(&self, options: Options) -> Result<Pop3, Why> {
        let mut pop3 = self.connect(Security::Tls, options).await?;
        pop3.login(&self.user().name, &self.user().password).await?;
        Ok(pop3)
    }
}

/// A message with this subject, some lines and a dot at the start of one.
pub(crate) fn letter(subject: &str) -> Vec<u8> {
    format!(
        "From: kim@waypost.example\r\nTo: robin@waypost.example\r\nSubject: {subject}\r\n\r\nfirst\r\n.second\r\n..\r\nlast\r\n"
    )
    .into_bytes()
}

/// Three of them.
pub(crate) fn letters() -> Vec<Vec<u8>> {
    SUBJECTS.map(letter).to_vec()
}

/// The number of the letter with this subject: Courier lists what came in the same second as it likes.
pub(crate) async fn number_of(pop3: &mut Pop3, subject: &str) -> Result<u32, Why> {
    for number in 1..=3 {
        let header = pop3.top(number, 0).await?;
        if String::from_utf8_lossy(&header).contains(&format!("Subject: {subject}\r\n")) {
            return Ok(number);
        }
    }
    Err(Why::Failed(format!("'{subject}' is not there")))
}

/// The subjects of the letters.
pub(crate) const SUBJECTS: [&str; 3] = ["One", "Two", "Three"];
