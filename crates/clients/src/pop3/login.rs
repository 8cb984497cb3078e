//! From the greeting to a session that is signed in: capabilities, TLS where it is wanted, the strongest mechanism that both sides
//! have, else APOP where it is allowed, else USER and PASS (RFC 1939, 4 and 7; RFC 2449; RFC 2595; RFC 5034; RFC 6856, 2).

use super::fault::Fault;
use core::num::NonZeroU32;
use waypost_pop3::{Capabilities, Client, Command, Handle, Refusal};
use waypost_sasl::{Attempt, Channel, Credentials, Exchange, Nonce, Policy, SaslError, ServerRefusal, Step};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Security {
    /// TLS is in force.
    Tls,
    /// STLS comes first.
    StartTls,
    /// None, as the caller wants it: the secret may be shown.
    None,
}

/// Who signs in, and how.
pub(crate) struct Wanted {
    pub(crate) credentials: Credentials,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) allow_apop: bool,
    /// Of this connection alone.
    pub(crate) random: [u8; Nonce::LENGTH],
    /// Unicode's normalisation NFKC: the platform's own saves its tables.
    pub(crate) nfkc: fn(&str) -> String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Greeting,
    Capabilities,
    Tls,
    Utf8,
    Exchange,
    Apop,
    User,
    Pass,
    /// Servers may offer more to those who are signed in, PIPELINING above all (RFC 2449, 5).
    Afterwards,
    Done,
}

/// One login. It owns all commands of the machine until it is done.
pub(crate) struct Login {
    wanted: Wanted,
    stage: Stage,
    secured: bool,
    exchange: Option<Exchange>,
    /// The challenge whose key is derived.
    deriving: Option<Handle>,
    /// USER and PASS may follow.
    user: bool,
    /// A mechanism that shows the password has been begun after one that does not.
    showing: bool,
}

impl Login {
    pub(crate) fn new(wanted: Wanted) -> Self {
        let secured = wanted.security == Security::Tls;
        Self {
            wanted,
            stage: Stage::Greeting,
            secured,
            exchange: None,
            deriving: None,
            user: false,
            showing: false,
        }
    }

    /// Whether the session is signed in; commands of others are answered from then on.
    pub(crate) fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }

    /// Whether the command that runs is CAPA.
    pub(crate) fn asks_capabilities(&self) -> bool {
        matches!(self.stage, Stage::Capabilities | Stage::Afterwards)
    }

    /// The server greeted.
    pub(crate) fn greeted(&mut self, client: &mut Client) {
        self.go(client, Stage::Capabilities, Command::Capa);
    }

    /// The command of the login that runs has ended.
    ///
    /// # Errors
    /// The login failed; nothing of the connection can be used.
    pub(crate) fn ended(&mut self, client: &mut Client, result: Result<(), Refusal>) -> Result<(), Fault> {
        match (self.stage, result) {
            // A server that does not know the question can do nothing beyond RFC 1939.
            (Stage::Capabilities, Ok(()) | Err(Refusal::Err { .. })) => self.told_capabilities(client),
            (Stage::Tls, Ok(())) => {
                self.secured = true;
                // What was said before TLS may have come from anybody.
                self.go(client, Stage::Capabilities, Command::Capa);
                Ok(())
            }
            (Stage::Utf8, Ok(()) | Err(Refusal::Err { .. })) => self.authenticate(client),
            (Stage::Exchange, result) => self.exchanged(client, result),
            // Servers offer APOP to users whose password they don't keep.
            (Stage::Apop, Err(refusal)) if self.user && refusal.leaves_other_mechanisms() => {
                self.old_way(client)
            }
            (Stage::User, Ok(())) => self.pass(client),
            (Stage::Apop | Stage::Pass, Ok(())) => {
                self.signed_in(client);
                Ok(())
            }
            (Stage::Afterwards, Ok(()) | Err(Refusal::Err { .. })) => {
                self.stage = Stage::Done;
                Ok(())
            }
            (Stage::Apop | Stage::User | Stage::Pass, Err(refusal)) => Err(Fault::login(&refusal)),
            (_, Err(refusal)) => Err(Fault::refusal(&refusal)),
            (Stage::Greeting | Stage::Done, Ok(())) => Ok(()),
        }
    }

    /// The server asks something in AUTH.
    pub(crate) fn challenged(&mut self, client: &mut Client, handle: Handle, challenge: &[u8]) {
        let step = self.exchange.as_mut().map(|exchange| exchange.respond(challenge));
        self.step(client, handle, step);
    }

    /// Derives a slice of the key that is wanted, if any is.
    pub(crate) fn derive(&mut self, client: &mut Client) {
        if let Some(handle) = self.deriving.take() {
            let step = self.exchange.as_mut().map(|exchange| exchange.derive(SLICE));
            self.step(client, handle, step);
        }
    }

    /// Whether a key is wanted.
    pub(crate) fn derives(&self) -> bool {
        self.deriving.is_some()
    }

    fn step(&mut self, client: &mut Client, handle: Handle, step: Option<Result<Step, SaslError>>) {
        match step {
            Some(Ok(Step::Answer(answer))) => client.answer(handle, Some(answer)),
            Some(Ok(Step::Derive { .. })) => self.deriving = Some(handle),
            // The exchange has failed on our side: the command ends, and then says why.
            Some(Err(_)) | None => client.answer(handle, None),
        }
    }

    fn go(&mut self, client: &mut Client, stage: Stage, command: Command) {
        self.stage = stage;
        client.enqueue(command);
    }

    fn told_capabilities(&mut self, client: &mut Client) -> Result<(), Fault> {
        let known = known(client);
        if self.wanted.security == Security::StartTls && !self.secured {
            if !known.stls {
                return Err(Fault::of("plaintext-refused"));
            }
            self.go(client, Stage::Tls, Command::Stls);
        } else if known.utf8 {
            self.go(client, Stage::Utf8, Command::Utf8);
        } else {
            return self.authenticate(client);
        }
        Ok(())
    }

    fn authenticate(&mut self, client: &mut Client) -> Result<(), Fault> {
        let known = known(client);
        let timestamp = client.apop_timestamp().cloned();
        let (chosen, apop, user) = self.attempt(|attempt| {
            let apop = timestamp.as_ref().and_then(|timestamp| attempt.apop(timestamp.as_str()));
            // A server with capabilities that does not name USER does not take it (RFC 2449, 6.3).
            let user = (known.user || known == Capabilities::default()) && attempt.permits("LOGIN");
            (attempt.choose(known.sasl.iter().map(String::as_str)), apop, user)
        });
        self.user = user;
        match chosen {
            Ok(exchange) => self.begin(client, exchange),
            Err(SaslError::NoMechanism(_)) if apop.is_some() || user => match apop {
                Some((username, digest)) => self.go(client, Stage::Apop, Command::Apop { username, digest }),
                None => return self.old_way(client),
            },
            Err(error) => return Err(Fault::sasl(&error)),
        }
        Ok(())
    }

    fn begin(&mut self, client: &mut Client, mut exchange: Exchange) {
        let (mechanism, initial) = (exchange.name().as_str().to_owned(), exchange.initial());
        self.exchange = Some(exchange);
        self.go(client, Stage::Exchange, Command::Auth { mechanism, initial });
    }

    fn exchanged(&mut self, client: &mut Client, result: Result<(), Refusal>) -> Result<(), Fault> {
        let Some(exchange) = self.exchange.take() else { return Ok(()) };
        self.deriving = None;
        if let Some(error) = exchange.failure() {
            return Err(Fault::sasl(error));
        }
        let Err(refusal) = result else {
            exchange.accepted().map_err(|error| Fault::sasl(&error))?;
            self.signed_in(client);
            return Ok(());
        };
        let another = refusal.leaves_other_mechanisms() && exchange.may_lack_secret() && !self.showing;
        if !another {
            let token = matches!(exchange.refusal(), Some(ServerRefusal::Token(_)));
            let fault = Fault::login(&refusal);
            return Err(if token && fault.code == "auth-failed" {
                Fault { code: "token-refused", ..fault }
            } else {
                fault
            });
        }
        self.showing = true;
        let known = known(client);
        match self.attempt(|attempt| attempt.choose_showing(known.sasl.iter().map(String::as_str))) {
            Ok(showing) => self.begin(client, showing),
            Err(_) if self.user => return self.old_way(client),
            Err(_) => return Err(Fault::login(&refusal)),
        }
        Ok(())
    }

    fn old_way(&mut self, client: &mut Client) -> Result<(), Fault> {
        let name = self.wanted.credentials.username.clone();
        self.go(client, Stage::User, Command::User(name));
        Ok(())
    }

    /// It follows only an accepted USER: a refusal of the name must not cost the password.
    fn pass(&mut self, client: &mut Client) -> Result<(), Fault> {
        let password = self.wanted.credentials.secret().cloned();
        let password = password.ok_or(Fault::of("password-unusable"))?;
        self.go(client, Stage::Pass, Command::Pass(password));
        Ok(())
    }

    fn signed_in(&mut self, client: &mut Client) {
        self.go(client, Stage::Afterwards, Command::Capa);
    }

    /// At this point TLS is in force, or the caller chose to have none and thereby allowed what shows the secret.
    fn attempt<T>(&self, run: impl FnOnce(&Attempt<'_>) -> T) -> T {
        let wanted = &self.wanted;
        let mut policy = Policy::default();
        policy.apop = wanted.allow_apop;
        let (policy, channel) = match wanted.security {
            Security::None => (policy.with_plaintext(), Channel::plain()),
            Security::Tls | Security::StartTls => (policy, Channel::tls(Vec::new())),
        };
        let nonce = Nonce::from_random(wanted.random);
        run(&Attempt::new(&wanted.credentials, &policy, &channel, nonce, &wanted.nfkc)
            .at(&wanted.host, wanted.port))
    }
}

/// None of them where the server does not know CAPA.
fn known(client: &Client) -> Capabilities {
    client.capabilities().cloned().unwrap_or_default()
}

/// Rounds of a key that are derived at once: some milliseconds.
const SLICE: NonZeroU32 = NonZeroU32::new(4096).expect("is not 0");
