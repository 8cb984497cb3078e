//! What a scenario has to work with: one server, a way in, and mailboxes with mail that the client under test did not put there.

use crate::client::{Heard, Imap};
use crate::verdict::Why;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use waypost_native::imap::Command;
use waypost_native::imap::types::MailboxName;
use waypost_native::{Connector, Options};
use waypost_testkit::sample;
use waypost_testkit::servers::{ImapServer, Kind, Raw, User};

/// A server for all its scenarios.
pub(crate) struct Stage<'a> {
    pub(crate) server: &'a ImapServer,
    sample: OnceCell<(MailboxName, Vec<Vec<u8>>)>,
    heard: Rc<RefCell<Heard>>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(server: &'a ImapServer) -> Self {
        Self { server, sample: OnceCell::new(), heard: Rc::default() }
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

    /// A name for a mailbox that nobody else uses, as this server wants it: Courier has all of them below INBOX.
    pub(crate) fn name(&self, wanted: &str) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let prefix = if self.kind() == Kind::Courier { "INBOX." } else { "" };
        format!("{prefix}{wanted}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The name of a mailbox below another.
    pub(crate) fn child(&self, parent: &str, name: &str) -> MailboxName {
        let delimiter = if self.kind() == Kind::Courier { '.' } else { '/' };
        MailboxName::new(&format!("{parent}{delimiter}{name}"))
    }

    /// A new mailbox with these messages, put there past the client under test.
    pub(crate) fn mailbox<'m>(
        &self,
        wanted: &str,
        messages: impl IntoIterator<Item = &'m [u8]>,
    ) -> Result<MailboxName, Why> {
        let name = self.name(wanted);
        let mut raw = self.raw()?;
        raw.command(&[format!("CREATE \"{name}\"").as_bytes()])?;
        for message in messages {
            raw.append(&name, "", message)?;
        }
        raw.command(&[b"LOGOUT"])?;
        Ok(MailboxName::new(&name))
    }

    /// A mailbox with the sample mail, and that mail. No scenario changes it: it takes a while to fill.
    pub(crate) fn sample(&self) -> Result<&(MailboxName, Vec<Vec<u8>>), Why> {
        if let Some(filled) = self.sample.get() {
            return Ok(filled);
        }
        let messages = sample::samples(1_772_582_400).into_iter().map(|sample| sample.raw);
        // Mailutils can't keep these: see the scenario about lines that begin with "From ".
        let messages: Vec<Vec<u8>> =
            messages.filter(|message| self.kind() != Kind::Mailutils || !has_mbox_line(message)).collect();
        let mailbox = self.mailbox("sample", messages.iter().map(Vec::as_slice))?;
        Ok(self.sample.get_or_init(|| (mailbox, messages)))
    }

    /// A signed-in session that is not the client under test.
    pub(crate) fn raw(&self) -> Result<Raw, Why> {
        let mut raw = self.server.raw()?;
        raw.login(&self.user().name, &self.user().password)?;
        Ok(raw)
    }

    fn connector(&self) -> Result<Connector, Why> {
        let pem = std::fs::read(self.server.ca_pem()).map_err(|error| Why::Failed(error.to_string()))?;
        Ok(Connector::new(Options::default().trust_pem(&pem)?)?)
    }

    /// A connection without TLS.
    pub(crate) async fn plain(&self) -> Result<Imap, Why> {
        let transport = self.connector()?.connect("localhost", self.server.port()).await?;
        Imap::greeted(transport, Rc::clone(&self.heard)).await
    }

    /// A connection with TLS from the first octet.
    pub(crate) async fn tls(&self) -> Result<Imap, Why> {
        let port = self.server.tls_port().ok_or_else(|| Why::lacks("it has no port that begins with TLS"))?;
        let transport = self.connector()?.connect_tls("localhost", port).await?;
        Imap::greeted(transport, Rc::clone(&self.heard)).await
    }

    /// A connection with TLS: from the first octet, or else by STARTTLS.
    pub(crate) async fn protected(&self) -> Result<Imap, Why> {
        if self.server.tls_port().is_some() {
            return self.tls().await;
        }
        let mut imap = self.plain().await?;
        imap.capabilities().await?;
        imap.run(Command::StartTls).await?.ok()?;
        Ok(imap)
    }

    /// A session over TLS, signed in by LOGIN.
    pub(crate) async fn signed_in(&self) -> Result<Imap, Why> {
        let mut imap = self.protected().await?;
        imap.run(self.login()).await?.ok()?;
        imap.capabilities().await?;
        Ok(imap)
    }

    /// The same with a mailbox selected.
    pub(crate) async fn selected(&self, mailbox: &MailboxName) -> Result<Imap, Why> {
        let mut imap = self.signed_in().await?;
        imap.run(Command::Select(mailbox.clone())).await?.ok()?;
        Ok(imap)
    }

    /// LOGIN of the user.
    pub(crate) fn login(&self) -> Command {
        let user = self.user();
        Command::Login { username: user.name.clone(), password: user.password.as_str().into() }
    }
}

fn has_mbox_line(message: &[u8]) -> bool {
    message.split(|&octet| octet == b'\n').any(|line| line.starts_with(b"From "))
}
