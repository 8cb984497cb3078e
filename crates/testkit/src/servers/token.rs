//! Tokens for OAUTHBEARER and XOAUTH2 that a Dovecot checks by itself: JSON Web Tokens (RFC 7519) with HMAC-SHA256 and a key that
//! everyone may know.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// A token of a user, good for an hour.
pub(super) fn of(user: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let claims = serde_json::json!({ "sub": user, "iat": now - 60, "nbf": now - 60, "exp": now + 3600 });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = URL_SAFE_NO_PAD.encode(hmac(SECRET, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// The key as Dovecot wants it in [`KEY_FILE`].
pub(super) fn key_for_dovecot() -> String {
    STANDARD.encode(SECRET)
}

/// HMAC-SHA256 (RFC 2104) with a key of at most 64 octets.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let pad = |with: u8| -> Vec<u8> {
        let key = key.iter().copied().chain(std::iter::repeat(0));
        key.take(64).map(|octet| octet ^ with).collect()
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

/// `oauth2.conf`, with words between @ to be filled in.
pub(super) const CONFIGURATION: &str = "introspection_mode = local
local_validation_key_dict = fs:posix:prefix=@dir@/keys/
username_attribute = sub
username_format = %u
";
pub(super) const KEY_FOLDER: &str = "keys/default/HS256";
pub(super) const KEY_FILE: &str = "keys/default/HS256/default";
const SECRET: &[u8] = b"a secret of throw-away servers";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4231_4_3_hmac_sha_256() {
        let hex: String = hmac(b"Jefe", b"what do ya want for nothing?")
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
