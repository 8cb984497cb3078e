//! Client side of SASL mechanisms ([RFC 4422](https://www.rfc-editor.org/rfc/rfc4422)). Knows neither IMAP nor POP3, nor base64 of
//! the protocol. What only the host has comes in: random octets as a [`Nonce`], and Unicode's normalisation, for which [`nfkc`] serves
//! where the host has none.
//!
//! An [`Attempt`] puts together who signs in ([`Credentials`]), what the user allows ([`Policy`]) and what is known of the
//! connection ([`Channel`]). [`Attempt::choose`] begins the strongest mechanism that both sides have and that is allowed, or says
//! in a [`NoMechanism`] what is offered, what is allowed and what to do. A secret is never shown without TLS unless that is allowed.
//! The [`Exchange`] makes octets from challenges, the same way for every mechanism and protocol.
//!
//! | Mechanism | Defined in | Proof | Worth | Module |
//! |---|---|---|---|---|
//! | SCRAM-SHA-512-PLUS, SCRAM-SHA-256-PLUS, SCRAM-SHA-1-PLUS | RFC 5802, 7677, 9266 | password | [`Strength::Bound`] | `scram` |
//! | EXTERNAL | RFC 4422, A | the connection | [`Strength::Bound`] | `external` |
//! | SCRAM-SHA-512, SCRAM-SHA-256, SCRAM-SHA-1 | RFC 5802, 7677 | password | [`Strength::Mutual`] | `scram` |
//! | CRAM-MD5 | RFC 2195 | password | [`Strength::Digest`] | `cram_md5` |
//! | OAUTHBEARER | RFC 7628 | token | [`Strength::Shown`] | `oauthbearer` |
//! | XOAUTH2 | Google | token | [`Strength::Shown`] | `xoauth2` |
//! | PLAIN | RFC 4616 | password | [`Strength::Shown`] | `plain` |
//! | LOGIN | draft-murchison-sasl-login-00 | password | [`Strength::Shown`] | `login` |
//! | ANONYMOUS | RFC 4505 | none | [`Strength::Nothing`] | `anonymous` |
//!
//! Beside them stands APOP of POP3 (RFC 1939), which is no mechanism and is off by default ([`Policy::apop`]).
//!
//! ```
//! use waypost_sasl::{Attempt, Channel, Credentials, Nonce, Policy, Step};
//! use waypost_wire::Secret;
//!
//! let credentials = Credentials::password("tim", Secret::from("tanstaaftanstaaf"));
//! let (policy, channel) = (Policy::default(), Channel::tls(Vec::new()));
//! let random = [7; Nonce::LENGTH]; // of a cryptographic source
//! let attempt = Attempt::new(&credentials, &policy, &channel, Nonce::from_random(random), &waypost_sasl::nfkc);
//! let mut exchange = attempt.choose(["LOGIN", "PLAIN"])?;
//! assert_eq!(exchange.name().as_str(), "PLAIN");
//! assert_eq!(exchange.initial().expect("it speaks first").expose(), b"\0tim\0tanstaaftanstaaf");
//! // The server says OK:
//! exchange.accepted()?;
//! # Ok::<(), waypost_sasl::SaslError>(())
//! ```
//!
//! What SCRAM costs is known before it is paid: [`Step::Derive`] names the rounds that are left, [`Exchange::derive`] does as many of
//! them as its caller can spare. A million takes about a second on a desktop, several on a phone; who has a thread for it asks
//! [`Exchange::respond_at_once`].
//!
//! Some servers offer mechanisms that can't work there, because they keep passwords in another form. After such a refusal
//! ([`Exchange::may_lack_secret`]) one that shows the password may follow ([`Attempt::choose_showing`]) where the policy allows it. Nothing
//! follows one with channel binding, or a server that is found to lie.

#![warn(clippy::indexing_slicing)]

mod anonymous;
mod apop;
mod channel;
mod cram_md5;
mod credentials;
mod error;
mod exchange;
mod external;
mod gs2;
mod login;
mod nonce;
mod oauthbearer;
mod plain;
mod policy;
mod registry;
mod saslprep;
mod scram;
#[cfg(test)]
mod testing;
mod token;
mod xoauth2;

pub use channel::{BindingKind, Channel, ChannelBinding};
pub use credentials::{Credentials, Proof};
pub use error::SaslError;
pub use exchange::{Exchange, ServerRefusal, Step};
pub use nonce::Nonce;
pub use policy::{Name, NoMechanism, Obstacle, Policy, Strength};
pub use registry::{Attempt, revealing};
pub use saslprep::nfkc;
pub use scram::ScramRefusal;
pub use token::TokenRefusal;
