//! Who may open tunnels: tokens that are written down as a hash, and tokens that somebody signs.
//!
//! A token comes in the first message or in the subprotocol of the WebSocket, never in an address, which is logged on the
//! way. `Origin` is no access: it keeps foreign pages out of a browser, and outside of one anybody can write it.

mod jwt;
mod mint;
mod verify;

use crate::config::{self, AccessMode, ConfigError, Grant, TokenRow};
use crate::policy::Denial;
use crate::{Fingerprint, Host};
use jwt::{Signed, Unsound};
use std::sync::Arc;
use std::time::Duration;
use waypost_tunnel::{ErrorCode, Token};

pub use mint::NewToken;

/// The tokens that are taken.
#[derive(Debug)]
pub(crate) struct Tokens {
    required: bool,
    known: Vec<TokenRow>,
    signed: Option<Signed>,
}

/// What a client showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pass {
    /// For whom limits are counted; nobody where no token is asked for.
    pub(crate) holder: Option<String>,
    /// What the token allows.
    pub(crate) grant: Grant,
    /// How long the token is still good for; `None` for ever.
    pub(crate) lasts: Option<Duration>,
    /// The token, if it is one that is written down.
    pub(crate) written: Option<Fingerprint>,
}

impl Tokens {
    /// Reads the keys that the configuration names.
    ///
    /// # Errors
    /// A file that can't be read, or that holds no key that can be used.
    pub(crate) fn load(access: &config::Access) -> Result<Self, ConfigError> {
        Ok(Self {
            required: access.mode == AccessMode::Token,
            known: access.tokens.clone(),
            signed: access.jwt.as_ref().map(Signed::load).transpose()?,
        })
    }

    /// Whether each tunnel needs one.
    pub(crate) fn are_required(&self) -> bool {
        self.required
    }

    /// What this token allows.
    pub(crate) fn admit(&self, token: Option<&Token>) -> Result<Pass, Denial> {
        if !self.required {
            return Ok(Pass::default());
        }
        let text = match token.map(Token::expose) {
            None | Some("") => return Err(missing()),
            Some(text) => text,
        };
        if let Some(row) = self.find(text) {
            return Ok(Pass {
                holder: Some(row.name.clone()),
                grant: row.grant.clone(),
                lasts: None,
                written: Some(row.sha256),
            });
        }
        match &self.signed {
            Some(signed) if text.contains('.') => signed.admit(text).map_err(unsound),
            _ => Err(unknown()),
        }
    }

    /// The written ones; `None` where none is asked for.
    pub(crate) fn fingerprints(&self) -> Option<Arc<[Fingerprint]>> {
        self.required.then(|| self.known.iter().map(|row| row.sha256).collect())
    }

    /// Every row is compared, each in constant time: nothing tells how much of a guess was right.
    fn find(&self, text: &str) -> Option<&TokenRow> {
        let shown = Fingerprint::of(text.as_bytes());
        self.known.iter().fold(None, |found, row| if row.sha256.matches(&shown) { Some(row) } else { found })
    }
}

impl Grant {
    /// Whether the token is for this host and port.
    pub(crate) fn allows(&self, host: &Host, port: u16) -> bool {
        self.targets.as_ref().is_none_or(|targets| {
            targets.iter().any(|target| {
                target.host.matches(host) && (target.ports.is_empty() || target.ports.contains(&port))
            })
        })
    }
}

/// A token in the list of subprotocols: as base64url, for a name of a subprotocol may hold no `=` and no `/`. The gateway
/// never answers with it.
pub(crate) fn in_subprotocol(name: &str) -> Option<Token> {
    use base64::Engine as _;
    let octets =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(name.strip_prefix(SUBPROTOCOL_TOKEN)?);
    octets.ok().and_then(|octets| String::from_utf8(octets).ok()).map(Token::new)
}

/// What the name of a subprotocol that carries a token begins with.
pub(crate) const SUBPROTOCOL_TOKEN: &str = "waypost.token.";

fn missing() -> Denial {
    Denial::new(
        ErrorCode::TokenRequired,
        "This gateway asks for an access token. Ask who runs it for one.",
        "no token was shown",
    )
}

fn unknown() -> Denial {
    Denial::new(
        ErrorCode::TokenRequired,
        "The gateway does not know this access token. Check it, or ask who runs the gateway for another.",
        "the token is none of access.tokens",
    )
}

/// A token, or a tunnel whose token it was, is over.
pub(crate) fn expired() -> Denial {
    Denial::new(
        ErrorCode::TokenRequired,
        "The access token for the gateway has expired. Ask who runs the gateway for a new one.",
        "expired",
    )
}

/// A tunnel whose token stands in the configuration no more.
pub(crate) fn taken_back() -> Denial {
    Denial::new(
        ErrorCode::TokenRequired,
        "The access token for the gateway was taken back. Ask who runs the gateway for a new one.",
        "taken back",
    )
}

fn unsound(why: Unsound) -> Denial {
    let (sentence, detail) = match why {
        Unsound::Expired => return expired(),
        Unsound::TooEarly => (
            "The access token for the gateway is not valid yet. Try again later, or ask who runs it to check the clocks.",
            "not valid yet",
        ),
        Unsound::Wrong(detail) => (
            "The gateway does not accept this access token. Check it, or ask who runs the gateway for another.",
            detail,
        ),
    };
    Denial::new(ErrorCode::TokenRequired, sentence, detail)
}
