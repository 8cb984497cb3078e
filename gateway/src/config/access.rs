//! Who may open tunnels: the section `access`.

use super::ConfigError;
use crate::{Fingerprint, HostPattern};
use serde::Deserialize;
use std::collections::HashSet;
use std::path::PathBuf;

/// Who may open tunnels.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Access {
    /// Whether a token is asked for.
    pub mode: AccessMode,
    /// Tokens that are written down.
    pub tokens: Vec<TokenRow>,
    /// Tokens that somebody signs.
    pub jwt: Option<JwtRow>,
}

/// Whether a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessMode {
    /// Every page of the origins may open tunnels.
    #[default]
    None,
    /// Each tunnel needs a token.
    Token,
}

/// A token that is written down, as its SHA-256.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TokenRow {
    /// Whose it is; limits are counted for it.
    pub name: String,
    /// SHA-256 of the token's text.
    pub sha256: Fingerprint,
    /// What the token allows of what the gateway allows.
    #[serde(default)]
    pub grant: Grant,
}

/// Tokens that somebody signs (RFC 7519).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct JwtRow {
    /// File with public keys (RFC 7517): for RS256, ES256 and EdDSA.
    pub keys_file: Option<PathBuf>,
    /// File with a secret of 32 octets or more: for HS256.
    pub secret_file: Option<PathBuf>,
    /// The `iss` that a token must have.
    pub issuer: Option<String>,
    /// The `aud` that a token must have.
    pub audience: Option<String>,
}

/// What a token allows of what the gateway allows. It only ever narrows. The same object stands in the claim `waypost`
/// of a signed token; a member that is not known here could be meant to narrow it, so the token is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Grant {
    /// Where tunnels may lead; without it wherever `targets` allow.
    pub targets: Option<Vec<GrantTarget>>,
    /// Tunnels at a time.
    pub tunnels: Option<u32>,
    /// New tunnels in a minute.
    pub new_tunnels_per_minute: Option<u32>,
    /// Octets in a second, of all its tunnels in both directions.
    pub octets_per_second: Option<u32>,
}

/// Hosts and ports that a token is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GrantTarget {
    /// The hosts.
    pub host: HostPattern,
    /// The ports; empty for all that the gateway allows.
    #[serde(default)]
    pub ports: Vec<u16>,
}

impl Access {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |sentence: &str| Err(ConfigError(sentence.to_owned()));
        let any = !self.tokens.is_empty() || self.jwt.is_some();
        match self.mode {
            AccessMode::None if any => {
                return wrong(
                    r#"access has tokens, but nobody is asked for them. Add mode = "token" to [access], or remove the tokens."#,
                );
            }
            AccessMode::Token if !any => {
                return wrong(
                    "access.mode is \"token\", but there is none. Run `waypost-gateway token NAME` and add the rows that it prints, or add [access.jwt].",
                );
            }
            AccessMode::None | AccessMode::Token => {}
        }
        if self.jwt.as_ref().is_some_and(|jwt| jwt.keys_file.is_none() && jwt.secret_file.is_none()) {
            return wrong("access.jwt needs keys_file (public keys as JWKS) or secret_file (for HS256).");
        }
        let mut names = HashSet::new();
        match self.tokens.iter().find(|row| row.name.is_empty() || !names.insert(&row.name)) {
            Some(row) if row.name.is_empty() => {
                wrong("access.tokens.name is empty. Write whose token it is.")
            }
            Some(row) => Err(ConfigError(format!(
                "access.tokens has the name '{}' twice. Limits are counted by name: give each its own.",
                row.name
            ))),
            None => Ok(()),
        }
    }
}
