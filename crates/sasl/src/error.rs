//! Why an exchange can't go on.

use core::fmt;

/// Why an exchange can't go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SaslError {
    /// The server sent a challenge where none is defined.
    UnexpectedChallenge,
    /// A credential is empty or holds an octet that the mechanism can't carry (NUL in PLAIN, RFC 4616, 2). Says which.
    Unencodable(&'static str),
}

impl fmt::Display for SaslError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnexpectedChallenge => formatter.write_str("the server asked something that has no answer"),
            Self::Unencodable(what) => {
                write!(formatter, "the {what} is empty or holds a character that can't be sent")
            }
        }
    }
}

impl std::error::Error for SaslError {}
