//! SCRAM ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802)) with SHA-1, SHA-256
//! ([RFC 7677](https://www.rfc-editor.org/rfc/rfc7677)) and SHA-512 (as registered with IANA, by the rules of RFC 7677), each
//! also with channel binding (-PLUS): the password is not shown, and the server proves that it knows it too.
//!
//! Who changes the list of mechanisms on the way is found out: where we could bind and the server seems unable to, we say so
//! (`y`), and a server that can refuses (RFC 5802, 6).

mod keys;
mod message;

pub use message::ScramRefusal;

use crate::channel::ChannelBinding;
use crate::exchange::{Begun, Mechanism, ServerRefusal, Step};
use crate::gs2::saslname;
use crate::registry::Start;
use crate::saslprep::prepared;
use crate::{Credentials, SaslError};
use core::num::NonZeroU32;
use keys::{Derivation, Hash};
use message::{ServerFinal, ServerFirst};
use subtle::ConstantTimeEq;
use waypost_wire::{Base64, Secret};
use zeroize::Zeroizing;

/// Whether the name is one of SCRAM with channel binding.
pub(crate) fn is_bound(name: &str) -> bool {
    name.ends_with("-PLUS")
}

pub(crate) fn start_sha1(start: &Start<'_>) -> Result<Begun, SaslError> {
    Scram::begin(Hash::SHA1, start, None)
}

pub(crate) fn start_sha256(start: &Start<'_>) -> Result<Begun, SaslError> {
    Scram::begin(Hash::SHA256, start, None)
}

pub(crate) fn start_sha512(start: &Start<'_>) -> Result<Begun, SaslError> {
    Scram::begin(Hash::SHA512, start, None)
}

pub(crate) fn start_sha1_plus(start: &Start<'_>) -> Result<Begun, SaslError> {
    Scram::begin(Hash::SHA1, start, Some(binding(start)?))
}

pub(crate) fn start_sha256_plus(start: &Start<'_>) -> Result<Begun, SaslError> {
    Scram::begin(Hash::SHA256, start, Some(binding(start)?))
}

pub(crate) fn start_sha512_plus(start: &Start<'_>) -> Result<Begun, SaslError> {
    Scram::begin(Hash::SHA512, start, Some(binding(start)?))
}

fn binding<'a>(start: &Start<'a>) -> Result<&'a ChannelBinding, SaslError> {
    start.attempt.channel.bindings.first().ok_or(SaslError::Unencodable("channel binding"))
}

/// One exchange with one hash.
struct Scram {
    hash: Hash,
    /// The GS2 header and the octets of the channel binding: what `c=` repeats.
    bound: Secret<Vec<u8>>,
    client_first_bare: String,
    nonce: String,
    state: State,
}

enum State {
    AwaitingFirst { password: Zeroizing<String> },
    Deriving { first: ServerFirst, server_first: Vec<u8>, derivation: Derivation },
    AwaitingFinal { signature: Secret<Vec<u8>> },
    Verified,
    Refused(ScramRefusal),
    Failed,
}

impl Scram {
    /// ```abnf
    /// client-first-message      = gs2-header client-first-message-bare
    /// client-first-message-bare = [reserved-mext ","] username "," nonce ["," extensions]
    /// ```
    fn begin(hash: Hash, start: &Start<'_>, binding: Option<&ChannelBinding>) -> Result<Begun, SaslError> {
        let credentials = start.attempt.credentials;
        let (username, password) = credentials.name_and_password()?;
        let nfkc = start.attempt.nfkc;
        let password = Zeroizing::new(prepared(password, nfkc).into_owned());
        let header = header(credentials, binding, start)?;
        let nonce = start.attempt.nonce.as_str().to_owned();
        let client_first_bare = format!("n={},r={nonce}", saslname(&prepared(username, nfkc)));
        let first = [header.as_str(), &client_first_bare].concat().into_bytes();
        let data = binding.map_or(&[][..], ChannelBinding::data);
        let bound = Secret::new([header.as_bytes(), data].concat());
        let state = State::AwaitingFirst { password };
        let then = Box::new(Self { hash, bound, client_first_bare, nonce, state });
        Ok(Begun { first: Some(Secret::new(first)), then })
    }

    fn first(&mut self, challenge: &[u8], password: &Zeroizing<String>) -> Result<Step, SaslError> {
        let first = match ServerFirst::parse(challenge, &self.nonce)? {
            Ok(first) => first,
            Err(refusal) => return Ok(self.refused(refusal)),
        };
        let derivation = Derivation::begin(self.hash, password.as_bytes(), &first.salt, first.iterations);
        let iterations = derivation.left();
        self.state = State::Deriving { first, server_first: challenge.to_vec(), derivation };
        Ok(Step::Derive { iterations })
    }

    /// ```abnf
    /// client-final-message = client-final-message-without-proof "," proof
    /// client-final-message-without-proof = channel-binding "," nonce ["," extensions]
    /// ```
    fn finish(&mut self, first: &ServerFirst, server_first: &[u8], derivation: Derivation) -> Step {
        let binding = Base64::STANDARD.encode(self.bound.expose());
        let mut message = format!("c={binding},r={}", first.nonce);
        let bare = self.client_first_bare.as_bytes();
        let auth_message = [bare, b",", server_first, b",", message.as_bytes()].concat();
        let (proof, signature) = derivation.prove(&auth_message);
        message.push_str(",p=");
        message.push_str(&Base64::STANDARD.encode(&proof));
        self.state = State::AwaitingFinal { signature: Secret::new(signature.to_vec()) };
        Step::Answer(Secret::new(message.into_bytes()))
    }

    fn verify(&mut self, challenge: &[u8], signature: &Secret<Vec<u8>>) -> Result<Step, SaslError> {
        match ServerFinal::parse(challenge)? {
            ServerFinal::Refusal(refusal) => Ok(self.refused(refusal)),
            ServerFinal::Verifier(given) => {
                if !bool::from(given.ct_eq(signature.expose())) {
                    return Err(SaslError::ServerSignatureWrong);
                }
                self.state = State::Verified;
                Ok(nothing())
            }
        }
    }

    /// The protocol's own answer follows.
    fn refused(&mut self, refusal: ScramRefusal) -> Step {
        self.state = State::Refused(refusal);
        nothing()
    }
}

impl Mechanism for Scram {
    fn respond(&mut self, challenge: &[u8]) -> Result<Step, SaslError> {
        match core::mem::replace(&mut self.state, State::Failed) {
            State::AwaitingFirst { password } => self.first(challenge, &password),
            State::AwaitingFinal { signature } => self.verify(challenge, &signature),
            State::Deriving { .. } | State::Verified | State::Refused(_) | State::Failed => {
                Err(SaslError::UnexpectedChallenge)
            }
        }
    }

    fn derive(&mut self, at_most: NonZeroU32) -> Result<Step, SaslError> {
        match core::mem::replace(&mut self.state, State::Failed) {
            State::Deriving { first, server_first, mut derivation } => {
                derivation.run(at_most.get());
                let iterations = derivation.left();
                if iterations == 0 {
                    return Ok(self.finish(&first, &server_first, derivation));
                }
                self.state = State::Deriving { first, server_first, derivation };
                Ok(Step::Derive { iterations })
            }
            _ => Err(SaslError::OutOfOrder),
        }
    }

    fn accepted(&self) -> Result<(), SaslError> {
        match self.state {
            State::Verified => Ok(()),
            _ => Err(SaslError::ServerSignatureMissing),
        }
    }

    fn refusal(&self) -> Option<ServerRefusal> {
        match &self.state {
            State::Refused(refusal) => Some(ServerRefusal::Scram(refusal.clone())),
            _ => None,
        }
    }

    /// Not with a flag that finds out who stands in between: a server that was told so may refuse for that.
    fn may_lack_secret(&self) -> bool {
        let open = match &self.state {
            State::Refused(refusal) => {
                matches!(refusal, ScramRefusal::UnknownUser | ScramRefusal::OtherError)
            }
            _ => true,
        };
        open && self.bound.expose().starts_with(b"n")
    }
}

/// ```abnf
/// gs2-header    = gs2-cbind-flag "," [ authzid ] ","
/// gs2-cbind-flag = ("p=" cb-name) / "n" / "y"
/// ```
/// `y` says that we could bind and that the server seems unable to. It is not said where the server offers a binding that the user
/// did not want: it would refuse.
fn header(
    credentials: &Credentials,
    binding: Option<&ChannelBinding>,
    start: &Start<'_>,
) -> Result<String, SaslError> {
    let able = !start.attempt.channel.bindings.is_empty();
    let flag = match binding {
        Some(binding) => format!("p={}", binding.kind().name()),
        None if able && !start.server_binds => "y".to_owned(),
        None => "n".to_owned(),
    };
    let authorization = credentials.carried_authorization()?;
    let authorization = authorization.map(|identity| format!("a={}", saslname(identity)));
    Ok(format!("{flag},{},", authorization.unwrap_or_default()))
}

fn nothing() -> Step {
    Step::Answer(Secret::new(Vec::new()))
}

#[cfg(test)]
mod tests;
