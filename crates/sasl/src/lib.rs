//! Client side of SASL mechanisms. Knows neither IMAP nor POP3, nor base64.
//!
//! [`choose`] picks the strongest mechanism that both sides have; the [`Mechanism`] it gives makes octets from challenges.
//! PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login-00). The table of them stands in `registry.rs`.
//!
//! ```
//! use waypost_sasl::{Credentials, choose};
//! use waypost_wire::Secret;
//!
//! let credentials = Credentials { username: "tim".into(), password: Secret::from("tanstaaftanstaaf") };
//! let mut mechanism = choose(["LOGIN", "PLAIN"].into_iter(), &credentials, true)?.expect("both have PLAIN");
//! assert_eq!(mechanism.name(), "PLAIN");
//! assert_eq!(mechanism.initial().expect("it speaks first").expose(), b"\0tim\0tanstaaftanstaaf");
//! # Ok::<(), waypost_sasl::SaslError>(())
//! ```

#![warn(clippy::indexing_slicing)]

mod error;
mod login;
mod plain;
mod registry;

pub use error::SaslError;
pub use registry::choose;

use waypost_wire::Secret;

/// What a user proves identity with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The authentication identity.
    pub username: String,
    /// The password.
    pub password: Secret<String>,
}

impl Credentials {
    /// For mechanisms that carry user name and password as they are: neither may be empty or hold a NUL (RFC 4616, 2).
    fn encodable(&self) -> Result<(), SaslError> {
        let carried = |value: &str| !value.is_empty() && !value.contains('\0');
        match (carried(&self.username), carried(self.password.expose())) {
            (false, _) => Err(SaslError::Unencodable("user name")),
            (_, false) => Err(SaslError::Unencodable("password")),
            _ => Ok(()),
        }
    }
}

/// One running exchange.
pub trait Mechanism {
    /// The registered name, such as `PLAIN`.
    fn name(&self) -> &'static str;
    /// The initial response, if the mechanism speaks first. Octets, not base64.
    fn initial(&mut self) -> Option<Secret<Vec<u8>>>;
    /// Answers a challenge.
    ///
    /// # Errors
    /// The server's challenge is not one this mechanism knows; cancel the exchange.
    fn respond(&mut self, challenge: &[u8]) -> Result<Secret<Vec<u8>>, SaslError>;
}
