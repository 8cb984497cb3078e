//! Signing in: the strongest mechanism of SASL that both sides have, else LOGIN. The page says who, and gives random octets.

use super::faults::Failure;
use std::num::NonZeroU32;
use waypost_imap::types::Capabilities;
use waypost_imap::{Client, Command, Handle, Refusal};
use waypost_sasl::{Attempt, Channel, Credentials, Exchange, Nonce, Policy, SaslError, Step};
use waypost_wire::Secret;

/// Who signs in where.
pub(super) struct Identity {
    pub(super) credentials: Credentials,
    pub(super) host: String,
    pub(super) port: u16,
    /// TLS is in force. Without it secrets may be shown: whoever connects so allowed that.
    pub(super) secure: bool,
    pub(super) random: [u8; Nonce::LENGTH],
}

/// A login that runs.
pub(super) struct Login {
    /// The number that the page knows it by.
    pub(super) id: u32,
    pub(super) handle: Handle,
    identity: Identity,
    /// None for LOGIN.
    exchange: Option<Exchange>,
    /// A challenge for which a key is being derived.
    deriving: Option<Handle>,
    /// A mechanism was refused that does not show the password.
    showing: bool,
}

/// How a login goes on after an answer of the server.
pub(super) enum After {
    SignedIn,
    /// By another mechanism.
    Again(Login),
    Failed(Failure),
}

impl Login {
    /// Sends the first command.
    pub(super) fn begin(client: &mut Client, id: u32, identity: Identity) -> Result<Self, Box<Failure>> {
        let capabilities = client.capabilities().cloned().unwrap_or_default();
        Self::by(client, id, identity, &capabilities, false)
    }

    fn by(
        client: &mut Client,
        id: u32,
        identity: Identity,
        capabilities: &Capabilities,
        showing: bool,
    ) -> Result<Self, Box<Failure>> {
        let (mut exchange, permits_login) = identity.choose(capabilities, showing);
        let command = match &mut exchange {
            Ok(exchange) => Command::Authenticate {
                mechanism: exchange.name().as_str().to_owned(),
                initial: exchange.initial(),
            },
            Err(error) => {
                // What IMAP had before SASL counts as the mechanism LOGIN.
                let takes_login = !capabilities.has("LOGINDISABLED");
                let password = identity.credentials.secret().filter(|_| permits_login && takes_login);
                match (error, password) {
                    (SaslError::NoMechanism(_), Some(password)) => Command::Login {
                        username: identity.credentials.username.clone(),
                        password: password.clone(),
                    },
                    (SaslError::NoMechanism(_), None) if !takes_login && !identity.secure => {
                        return Err(Box::new(Failure::new("tls-required", "")));
                    }
                    (error, _) => return Err(Box::new(Failure::of_exchange(error))),
                }
            }
        };
        let handle = client.enqueue(command);
        Ok(Self { id, handle, identity, exchange: exchange.ok(), deriving: None, showing })
    }

    /// The server's challenge. Where a key is to be derived first, [`Login::derive`] does it.
    pub(super) fn challenged(&mut self, client: &mut Client, handle: Handle, challenge: &[u8]) {
        let step = self.exchange.as_mut().map(|exchange| exchange.respond(challenge));
        self.take(client, handle, step.and_then(Result::ok));
    }

    /// Derives a part of the key that is wanted. Returns whether more is to be done.
    pub(super) fn derive(&mut self, client: &mut Client) -> bool {
        if let Some(handle) = self.deriving.take() {
            let step = self.exchange.as_mut().map(|exchange| exchange.derive(ROUNDS));
            self.take(client, handle, step.and_then(Result::ok));
        }
        self.deriving.is_some()
    }

    pub(super) fn derives(&self) -> bool {
        self.deriving.is_some()
    }

    fn take(&mut self, client: &mut Client, handle: Handle, step: Option<Step>) {
        match step {
            Some(Step::Answer(answer)) => client.answer(handle, Some(answer)),
            Some(Step::Derive { .. }) => self.deriving = Some(handle),
            None => client.answer(handle, None),
        }
    }

    /// The command has ended. A server may say OK without having proven itself, and where it refuses, the mechanism may know why.
    pub(super) fn ended(self, client: &mut Client, refusal: Option<&Refusal>) -> After {
        let failure = self.exchange.as_ref().and_then(|exchange| exchange.failure());
        match (refusal, failure, &self.exchange) {
            (_, Some(failure), _) => After::Failed(Failure::of_exchange(failure)),
            (None, None, Some(exchange)) => match exchange.accepted() {
                Ok(()) => After::SignedIn,
                Err(error) => After::Failed(Failure::of_exchange(&error)),
            },
            (None, None, None) => After::SignedIn,
            (Some(refusal), None, exchange) => {
                let within = exchange.as_ref().and_then(|exchange| exchange.refusal());
                let failed = Failure::of_login(refusal).within(within.as_ref());
                let may_be_right = exchange.as_ref().is_some_and(|exchange| exchange.may_lack_secret());
                if self.showing || !may_be_right || !refusal.leaves_other_mechanisms() {
                    return After::Failed(failed);
                }
                let capabilities = client.capabilities().cloned().unwrap_or_default();
                Self::by(client, self.id, self.identity, &capabilities, true)
                    .map_or(After::Failed(failed), After::Again)
            }
        }
    }
}

impl Identity {
    /// Begins a mechanism, and says whether LOGIN would be allowed.
    fn choose(&self, capabilities: &Capabilities, showing: bool) -> (Result<Exchange, SaslError>, bool) {
        let (policy, channel) = if self.secure {
            (Policy::default(), Channel::tls(Vec::new()))
        } else {
            (Policy::default().with_plaintext(), Channel::plain())
        };
        let nonce = Nonce::from_random(self.random);
        let attempt = Attempt::new(&self.credentials, &policy, &channel, nonce, &crate::normal::kc);
        let attempt = attempt.at(&self.host, self.port);
        let offered = capabilities.mechanisms();
        let chosen = if showing { attempt.choose_showing(offered) } else { attempt.choose(offered) };
        (chosen, attempt.permits("LOGIN"))
    }
}

/// Credentials as the page gives them: `token` for an OAuth 2.0 access token, else a password.
pub(super) fn credentials(username: &str, secret: String, token: bool) -> Credentials {
    let secret = Secret::new(secret);
    if token { Credentials::token(username, secret) } else { Credentials::password(username, secret) }
}

/// Some ten milliseconds in a browser on a slow device.
const ROUNDS: NonZeroU32 = NonZeroU32::new(8_192).expect("is more than none");
