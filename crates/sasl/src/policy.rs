//! What a user allows, and what is said when that leaves no mechanism.

use crate::SaslError;
use crate::registry::{self, Row};
use core::fmt;

/// What a mechanism is worth against whoever reads along, pretends to be the server, or steals what the server stores. The
/// later is the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Strength {
    /// Proves nothing: ANONYMOUS.
    Nothing,
    /// Shows the password or token itself to whoever is at the other end: PLAIN, LOGIN, OAUTHBEARER, XOAUTH2.
    Shown,
    /// Does not show the password, but lets whoever records it guess fast; the server proves nothing: CRAM-MD5.
    Digest,
    /// Does not show the password, guessing is slow, and the server proves that it knows the password too: SCRAM.
    Mutual,
    /// Bound to this TLS connection as well, so that nobody in between can pass it on: SCRAM with -PLUS, EXTERNAL.
    Bound,
}

/// The name of a mechanism that this crate knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name(&'static Row);

impl Name {
    /// A name as registered with IANA, in any case; `None` if it is not known here.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        registry::find(name).map(Self)
    }

    /// All that are known here, the preferred first.
    pub fn all() -> impl Iterator<Item = Self> {
        registry::ROWS.iter().map(Self)
    }

    /// As registered with IANA.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0.name
    }

    /// What it is worth.
    #[must_use]
    pub const fn strength(self) -> Strength {
        self.0.strength
    }

    pub(crate) const fn of(row: &'static Row) -> Self {
        Self(row)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a user allows. By default every mechanism that fits the credentials, and no secret without TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// No mechanism below this is used. Default: [`Strength::Nothing`], for the credentials decide already.
    pub at_least: Strength,
    /// Only these are used. Default: `None`, all of them.
    pub only: Option<Vec<Name>>,
    /// A password or token may be shown to whoever reads a connection without TLS. Default: no.
    pub plaintext: bool,
    /// APOP may be used where a server of POP3 has no mechanism of SASL that may. It counts as [`Strength::Digest`]. Default: no.
    pub apop: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { at_least: Strength::Nothing, only: None, plaintext: false, apop: false }
    }
}

impl Policy {
    /// Only mechanisms of this strength and above.
    #[must_use]
    pub const fn at_least(mut self, strength: Strength) -> Self {
        self.at_least = strength;
        self
    }

    /// Only these mechanisms. One without -PLUS does not stand for the one with it.
    ///
    /// # Errors
    /// `UnknownMechanism`: a name that is not known here; a policy that is partly understood protects nobody.
    pub fn only<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Result<Self, SaslError> {
        let parse =
            |name: &str| Name::parse(name).ok_or_else(|| SaslError::UnknownMechanism(name.to_owned()));
        self.only = Some(names.into_iter().map(parse).collect::<Result<_, _>>()?);
        Ok(self)
    }

    /// Passwords and tokens may be shown on a connection without TLS.
    #[must_use]
    pub const fn with_plaintext(mut self) -> Self {
        self.plaintext = true;
        self
    }

    /// APOP may be used.
    #[must_use]
    pub const fn with_apop(mut self) -> Self {
        self.apop = true;
        self
    }

    /// It has no name to be among those that alone are used.
    pub(crate) fn allows_apop(&self) -> bool {
        self.apop && self.only.is_none() && self.at_least <= Strength::Digest
    }

    pub(crate) fn allows(&self, name: Name) -> bool {
        let named = self.only.as_ref().is_none_or(|only| only.contains(&name));
        named && name.strength() >= self.at_least
    }
}

/// What keeps a mechanism from being used. The later is the nearer to success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Obstacle {
    /// It is not known here.
    Unknown,
    /// It wants another kind of proof: a token in place of a password, or the other way round.
    OtherProof,
    /// It can't say on whose behalf to act.
    CannotActAs,
    /// The user's policy does not allow it.
    Forbidden,
    /// It must be bound to the TLS connection, and nothing is known that binds to it.
    NeedsChannelBinding,
    /// It shows a secret, and the connection has no TLS.
    NeedsTls,
}

/// No mechanism that both sides have may be used. Nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoMechanism {
    /// What the server offers. Words that are no names of mechanisms are left out, and so is what follows a long list.
    pub offered: Vec<String>,
    /// What credentials, policy and connection allow, the preferred first.
    pub allowed: Vec<Name>,
    /// What keeps the nearest of those that the server offers from being used.
    pub obstacle: Obstacle,
    /// Those of the offered that only this obstacle keeps from being used.
    pub hindered: Vec<Name>,
}

impl NoMechanism {
    /// What the user can do.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self.obstacle {
            Obstacle::Unknown => "ask its operator for another way to sign in",
            Obstacle::OtherProof => "sign in with the kind of password or token that it wants",
            Obstacle::CannotActAs => "sign in as the owner of the mailbox",
            Obstacle::Forbidden => "allow one of them if you trust this server with it, or ask its operator",
            Obstacle::NeedsChannelBinding => {
                "allow one without channel binding, or connect with TLS from end to end"
            }
            Obstacle::NeedsTls => "choose TLS or STARTTLS",
        }
    }
}

impl fmt::Display for NoMechanism {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed: Vec<&str> = self.allowed.iter().map(|name| name.as_str()).collect();
        let hindered: Vec<&str> = self.hindered.iter().map(|name| name.as_str()).collect();
        write!(formatter, "the server offers {}; allowed is {}", list(&self.offered), list(&allowed))?;
        match self.obstacle {
            Obstacle::NeedsTls => {
                write!(formatter, "; without TLS {} would show the secret", list(&hindered))?;
            }
            Obstacle::Forbidden => write!(formatter, "; the settings forbid {}", list(&hindered))?,
            _ => {}
        }
        write!(formatter, ": {}", self.advice())
    }
}

fn list<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_with_a_name_that_nobody_has_is_an_error() {
        let refused = Policy::default().only(["PLAIN", "SCRAM-SHA-3"]);
        assert_eq!(refused, Err(SaslError::UnknownMechanism("SCRAM-SHA-3".to_owned())));
        assert!(Policy::default().only(["plain", "Scram-Sha-256-Plus"]).is_ok());
    }

    #[test]
    fn a_mechanism_is_allowed_if_it_is_named_and_strong_enough() {
        let allowed = |policy: &Policy| {
            Name::all().filter(|name| policy.allows(*name)).map(Name::as_str).collect::<Vec<_>>()
        };
        let policy = Policy::default().at_least(Strength::Digest).only(["PLAIN", "CRAM-MD5"]).unwrap();
        assert_eq!(allowed(&policy), ["CRAM-MD5"]);
        assert_eq!(allowed(&Policy::default()).len(), Name::all().count());
        let bound = allowed(&Policy::default().at_least(Strength::Bound));
        assert!(bound.iter().all(|name| name.ends_with("-PLUS") || *name == "EXTERNAL"), "{bound:?}");
    }
}
