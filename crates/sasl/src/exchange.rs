//! One running exchange, the same for every mechanism and every protocol.

use crate::SaslError;
use crate::policy::Name;
use crate::scram::ScramRefusal;
use crate::token::TokenRefusal;
use core::fmt;
use core::num::NonZeroU32;
use waypost_wire::Secret;

/// What to do after a challenge.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this. Octets, not base64.
    Answer(Secret<Vec<u8>>),
    /// A key is to be derived first: call [`Exchange::derive`] until it gives an answer. At some million rounds a second, a large
    /// count is felt; whoever has one thread derives in slices and lets others work in between.
    Derive {
        /// Rounds that are left.
        iterations: u32,
    },
}

/// What the server said within the mechanism about why it refuses. Its own words, bounded and not yet fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerRefusal {
    /// Of an access token (RFC 7628, 3.2.2).
    Token(TokenRefusal),
    /// Of SCRAM (RFC 5802, 7).
    Scram(ScramRefusal),
}

/// The inside of an exchange, for one mechanism. Runtimes move it between threads while the server is waited for.
pub(crate) trait Mechanism: Send {
    /// Answers a challenge.
    fn respond(&mut self, challenge: &[u8]) -> Result<Step, SaslError>;
    /// Goes on deriving a key.
    fn derive(&mut self, _at_most: NonZeroU32) -> Result<Step, SaslError> {
        Err(SaslError::OutOfOrder)
    }
    /// Whether the server has proven what it must before it may say that we are signed in.
    fn accepted(&self) -> Result<(), SaslError> {
        Ok(())
    }
    /// What the server said about why it refuses.
    fn refusal(&self) -> Option<ServerRefusal> {
        None
    }
    /// Whether a refusal may mean that the server has nothing to compare with, though the password is right.
    fn may_lack_secret(&self) -> bool {
        false
    }
}

/// A mechanism that was begun.
pub(crate) struct Begun {
    /// The initial response, if the mechanism speaks first.
    pub(crate) first: Option<Secret<Vec<u8>>>,
    pub(crate) then: Box<dyn Mechanism>,
}

impl Begun {
    /// All that the mechanism has to say.
    pub(crate) fn once(message: Vec<u8>) -> Self {
        Self { first: Some(Secret::new(message)), then: Box::new(Silent) }
    }
}

/// Has said all.
struct Silent;

impl Mechanism for Silent {
    fn respond(&mut self, _challenge: &[u8]) -> Result<Step, SaslError> {
        Err(SaslError::UnexpectedChallenge)
    }
}

/// One running exchange. Made by [`crate::Attempt::choose`]; used once.
///
/// Send [`Exchange::initial`] with the command if there is one and the protocol can; give each challenge to [`Exchange::respond`]
/// and send what it answers; cancel where it fails. When the server says that we are signed in, ask [`Exchange::accepted`]: only
/// if that agrees, we are. When it refuses, [`Exchange::refusal`] may know more than the protocol's answer.
pub struct Exchange {
    name: Name,
    first: Option<Secret<Vec<u8>>>,
    then: Box<dyn Mechanism>,
    failure: Option<SaslError>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("name", &self.name.as_str())
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

impl Exchange {
    pub(crate) fn new(name: Name, begun: Begun) -> Self {
        Self { name, first: begun.first, then: begun.then, failure: None }
    }

    /// The mechanism.
    #[must_use]
    pub const fn name(&self) -> Name {
        self.name
    }

    /// The initial response, once, if the mechanism speaks first. Octets, not base64. Where it is not taken, an empty first
    /// challenge is answered by it (RFC 4422, 3).
    pub fn initial(&mut self) -> Option<Secret<Vec<u8>>> {
        self.first.take()
    }

    /// Answers a challenge, or says that a key must be derived first.
    ///
    /// # Errors
    /// The server's nonsense, or a limit: cancel the exchange. `OutOfOrder` after an error: the caller's fault.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Step, SaslError> {
        self.step(|exchange| match exchange.first.take() {
            Some(first) if challenge.is_empty() => Ok(Step::Answer(first)),
            Some(_) => Err(SaslError::UnexpectedChallenge),
            None => exchange.then.respond(challenge),
        })
    }

    /// Goes on deriving a key, by so many rounds at most.
    ///
    /// # Errors
    /// `OutOfOrder` if no key is to be derived: the caller's fault.
    pub fn derive(&mut self, at_most: NonZeroU32) -> Result<Step, SaslError> {
        self.step(|exchange| exchange.then.derive(at_most))
    }

    /// Answers a challenge and derives what must be derived for it in one go.
    ///
    /// # Errors
    /// As [`Exchange::respond`].
    pub fn respond_at_once(&mut self, challenge: &[u8]) -> Result<Secret<Vec<u8>>, SaslError> {
        let mut step = self.respond(challenge)?;
        loop {
            match step {
                Step::Answer(answer) => return Ok(answer),
                Step::Derive { .. } => step = self.derive(NonZeroU32::MAX)?,
            }
        }
    }

    /// To be asked when the server says that we are signed in.
    ///
    /// # Errors
    /// We are not: the exchange failed before, or the server has not proven what it must. End the connection.
    pub fn accepted(&self) -> Result<(), SaslError> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => self.then.accepted(),
        }
    }

    /// What the server said within the mechanism about why it refuses.
    #[must_use]
    pub fn refusal(&self) -> Option<ServerRefusal> {
        self.then.refusal()
    }

    /// To be asked when the server has refused: whether the password may be right nonetheless, because the server keeps it in a form
    /// that can't serve this mechanism. GNU Mailutils offers CRAM-MD5 and SCRAM to users whose password is in `/etc/shadow`; so does
    /// Cyrus over saslauthd. `false` where the server says that it knows better, where something is suspicious, and where the refusal
    /// may be somebody in between, found out by channel binding.
    #[must_use]
    pub fn may_lack_secret(&self) -> bool {
        self.failure.is_none() && self.then.may_lack_secret()
    }

    /// Why the exchange failed on this side.
    #[must_use]
    pub const fn failure(&self) -> Option<&SaslError> {
        self.failure.as_ref()
    }

    fn step(&mut self, take: impl FnOnce(&mut Self) -> Result<Step, SaslError>) -> Result<Step, SaslError> {
        if self.failure.is_some() {
            return Err(SaslError::OutOfOrder);
        }
        let step = take(self);
        self.failure = step.as_ref().err().cloned();
        step
    }
}
