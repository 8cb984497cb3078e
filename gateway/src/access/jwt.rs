//! Signed tokens: JSON Web Tokens (RFC 7519) of RS256, ES256, EdDSA and HS256, checked as RFC 8725 advises.

use super::{Pass, verify};
use crate::config::{ConfigError, Grant, JwtRow};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The keys, and what a token must say.
pub(super) struct Signed {
    keys: Vec<Key>,
}

/// A key takes the one algorithm that its kind is for.
struct Key {
    id: Option<String>,
    key: DecodingKey,
    validation: Validation,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsound {
    Expired,
    TooEarly,
    /// Anything else, in words for the log.
    Wrong(&'static str),
}

/// The claims that mean something here. The library checks `exp`, `nbf`, `iss` and `aud`.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    waypost: Grant,
}

impl Signed {
    pub(super) fn load(row: &JwtRow) -> Result<Self, ConfigError> {
        verify::install();
        let mut keys = Vec::new();
        if let Some(file) = &row.keys_file {
            keys.append(&mut public_keys(file, row)?);
        }
        if let Some(file) = &row.secret_file {
            keys.push(secret(file, row)?);
        }
        Ok(Self { keys })
    }

    /// What the token allows, if one of the keys has signed it. A token that names its key is checked with that one only.
    pub(super) fn admit(&self, text: &str) -> Result<Pass, Unsound> {
        let header = decode_header(text).map_err(|_| Unsound::Wrong("no JSON Web Token"))?;
        let mut refused = Unsound::Wrong("no key for its algorithm and key id");
        for key in &self.keys {
            let named = header.kid.is_none() || key.id.is_none() || header.kid == key.id;
            if !named || !key.validation.algorithms.contains(&header.alg) {
                continue;
            }
            match decode::<Claims>(text, &key.key, &key.validation) {
                Ok(token) if !(1..=LONGEST_SUBJECT).contains(&token.claims.sub.len()) => {
                    refused = Unsound::Wrong("no subject, or a long one");
                }
                Ok(token) => return Ok(token.claims.pass()),
                Err(error) => refused = unsound(error.kind()),
            }
        }
        Err(refused)
    }
}

impl Claims {
    fn pass(self) -> Pass {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let left = self.exp + LEEWAY_SECONDS as f64 - now.as_secs_f64();
        // Beyond what timers take it never comes.
        let lasts = (left < LONGEST_SECONDS).then(|| Duration::from_secs_f64(left.max(0.0)));
        Pass { holder: Some(self.sub), grant: self.waypost, lasts, written: None }
    }
}

impl fmt::Debug for Signed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signed({} keys)", self.keys.len())
    }
}

fn unsound(kind: &ErrorKind) -> Unsound {
    match kind {
        ErrorKind::ExpiredSignature => Unsound::Expired,
        ErrorKind::ImmatureSignature => Unsound::TooEarly,
        ErrorKind::InvalidSignature => Unsound::Wrong("the signature is not by the key"),
        ErrorKind::InvalidIssuer => Unsound::Wrong("another issuer"),
        ErrorKind::InvalidAudience => Unsound::Wrong("for another audience"),
        ErrorKind::MissingRequiredClaim(_) => Unsound::Wrong("a claim is missing"),
        ErrorKind::Json(_) => Unsound::Wrong("its claims can't be read, or grant what is not known here"),
        _ => Unsound::Wrong("it can't be checked"),
    }
}

/// What a token must say. One with an audience is for that audience only, also where none is configured.
fn validation(algorithm: Algorithm, row: &JwtRow) -> Validation {
    let mut validation = Validation::new(algorithm);
    let mut required = vec!["exp", "sub"];
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    if let Some(issuer) = &row.issuer {
        validation.set_issuer(&[issuer]);
        required.push("iss");
    }
    if let Some(audience) = &row.audience {
        validation.set_audience(&[audience]);
        required.push("aud");
    }
    validation.set_required_spec_claims(&required);
    validation
}

fn public_keys(file: &Path, row: &JwtRow) -> Result<Vec<Key>, ConfigError> {
    let wrong = |why: &str| {
        ConfigError(format!("The keys {} can't be used: {why}. Check access.jwt.keys_file.", file.display()))
    };
    let text = std::fs::read(file).map_err(|error| wrong(&error.to_string()))?;
    let set: JwkSet = serde_json::from_slice(&text).map_err(|_| wrong("they are no JSON Web Key Set"))?;
    let mut keys = Vec::new();
    for jwk in &set.keys {
        if matches!(jwk.algorithm, AlgorithmParameters::OctetKey(_)) {
            return Err(wrong("there is a secret among the public keys; put it into secret_file alone"));
        }
        let Some(algorithm) = algorithm(jwk) else { continue };
        let key = DecodingKey::from_jwk(jwk).map_err(|_| wrong("a key is not whole"))?;
        keys.push(Key { id: jwk.common.key_id.clone(), key, validation: validation(algorithm, row) });
    }
    if keys.is_empty() {
        return Err(wrong("there is no public key for RS256, ES256 or EdDSA in them"));
    }
    Ok(keys)
}

/// The algorithm that a key is for; `None` for keys of other uses, which sets of identity providers hold too.
fn algorithm(jwk: &Jwk) -> Option<Algorithm> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let to_sign = !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
    let alike = jwk.common.key_algorithm.is_none_or(|named| Algorithm::try_from(named) == Ok(algorithm));
    (to_sign && alike).then_some(algorithm)
}

fn secret(file: &Path, row: &JwtRow) -> Result<Key, ConfigError> {
    let wrong = |why: &str| {
        ConfigError(format!(
            "The secret {} can't be used: {why}. Check access.jwt.secret_file.",
            file.display()
        ))
    };
    let octets = std::fs::read(file).map_err(|error| wrong(&error.to_string()))?;
    // The end of the line that editors add is not the secret's.
    let secret = octets.trim_ascii_end();
    if secret.len() < SHORTEST_SECRET {
        return Err(wrong(
            "it has fewer than 32 octets and could be guessed; `openssl rand -base64 48` makes one",
        ));
    }
    let key = DecodingKey::from_secret(secret).map_err(|_| wrong("it is empty"))?;
    Ok(Key { id: None, key, validation: validation(Algorithm::HS256, row) })
}

/// It is kept for each rate that is counted for it.
const LONGEST_SUBJECT: usize = 256;
/// Clocks differ; more than this is no difference between clocks that are set.
const LEEWAY_SECONDS: u64 = 30;
/// Some thirty years.
const LONGEST_SECONDS: f64 = 1e9;
/// RFC 7518, 3.2: as long as the hash.
const SHORTEST_SECRET: usize = 32;
