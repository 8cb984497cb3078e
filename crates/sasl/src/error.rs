//! Why an exchange can't begin or go on, by blame.

use crate::policy::NoMechanism;
use core::fmt;

/// Why an exchange can't begin or go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaslError {
    // The server sent nonsense.
    /// A challenge where none is defined.
    UnexpectedChallenge,
    /// A challenge that breaks its grammar: the rule, and the octet where it broke.
    Malformed {
        /// The rule's name in its RFC.
        rule: &'static str,
        /// Counted from the beginning of the challenge.
        offset: usize,
    },
    /// The server's nonce does not begin with ours, or adds nothing to it (RFC 5802, 5.1): the answer is not to us.
    ForeignNonce,
    /// An extension that must be understood (`m=`; RFC 5802, 5.1). None is defined.
    MandatoryExtension,
    /// Fewer rounds of key derivation than [`SaslError::LEAST_ITERATIONS`]: whoever records them could guess the password.
    TooFewIterations(u64),
    /// More rounds of key derivation than [`SaslError::MOST_ITERATIONS`]: they would stop this device.
    TooManyIterations(u64),
    /// The server's final signature is wrong: it does not know the password, or the exchange was changed on the way.
    ServerSignatureWrong,
    /// The server says that we are signed in and has not proven that it knows the password.
    ServerSignatureMissing,

    // A limit was reached.
    /// A part of a challenge is longer than any real one.
    TooLong {
        /// Which part.
        what: &'static str,
        /// Octets that are taken.
        limit: usize,
    },

    // The server lacks a feature, or the user forbade what it has.
    /// No mechanism that both sides have may be used; says what is offered, what is allowed and what to do.
    NoMechanism(Box<NoMechanism>),

    // The caller misused us.
    /// A credential is empty or holds an octet that the mechanism can't carry (NUL in PLAIN, RFC 4616, 2). Says which.
    Unencodable(&'static str),
    /// A name that no mechanism here has, in a policy.
    UnknownMechanism(String),
    /// The exchange has ended, or waits for another call.
    OutOfOrder,
}

impl SaslError {
    /// RFC 5802, 5.1 and RFC 7677, 4: servers should announce at least so many rounds.
    pub const LEAST_ITERATIONS: u32 = 4_096;
    /// A second on a desktop, several on a phone. Servers of 2026 announce 4,096 to 600,000.
    pub const MOST_ITERATIONS: u32 = 1_000_000;

    /// Whether somebody between here and the server, or a server that is not the user's, is the likely cause. Such a login must
    /// not be tried again by a weaker mechanism.
    #[must_use]
    pub const fn is_suspicious(&self) -> bool {
        matches!(
            self,
            Self::ForeignNonce
                | Self::TooFewIterations(_)
                | Self::ServerSignatureWrong
                | Self::ServerSignatureMissing
        )
    }
}

impl fmt::Display for SaslError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnexpectedChallenge => formatter.write_str("the server asked something that has no answer"),
            Self::Malformed { rule, offset } => {
                write!(formatter, "the server's challenge breaks the rule {rule} at octet {offset}")
            }
            Self::ForeignNonce => formatter.write_str("the server's nonce does not extend ours"),
            Self::MandatoryExtension => {
                formatter.write_str("the server demands an extension of SCRAM that nobody has defined")
            }
            Self::TooFewIterations(offered) => write!(
                formatter,
                "the server wants {offered} rounds of key derivation; fewer than {} don't protect the password",
                Self::LEAST_ITERATIONS
            ),
            Self::TooManyIterations(offered) => write!(
                formatter,
                "the server wants {offered} rounds of key derivation; more than {} would stop this device",
                Self::MOST_ITERATIONS
            ),
            Self::ServerSignatureWrong => {
                formatter.write_str("the server's signature is wrong: it does not know the password")
            }
            Self::ServerSignatureMissing => {
                formatter.write_str("the server has not proven that it knows the password")
            }
            Self::TooLong { what, limit } => {
                write!(formatter, "the server's {what} is longer than {limit} octets")
            }
            Self::NoMechanism(refusal) => refusal.fmt(formatter),
            Self::Unencodable(what) => {
                write!(formatter, "the {what} is empty or holds a character that can't be sent")
            }
            Self::UnknownMechanism(name) => write!(formatter, "there is no mechanism named \"{name}\" here"),
            Self::OutOfOrder => formatter.write_str("the exchange does not wait for this"),
        }
    }
}

impl std::error::Error for SaslError {}
