//! A new token and the row for it.

use crate::Fingerprint;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use std::fmt;

/// A token for somebody, shown once: the configuration keeps its hash.
pub struct NewToken {
    name: String,
    text: String,
}

impl NewToken {
    /// Makes one of 256 random bits. `None` if the system gives no random octets.
    #[must_use]
    pub fn random(name: &str) -> Option<Self> {
        let mut octets = [0; 32];
        SystemRandom::new().fill(&mut octets).ok()?;
        // The beginning is what programs that look for leaked secrets go by.
        Some(Self { name: name.to_owned(), text: format!("waypost_{}", URL_SAFE_NO_PAD.encode(octets)) })
    }

    /// The token itself.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The rows for the configuration.
    #[must_use]
    pub fn rows(&self) -> String {
        // A string of JSON is one of TOML too.
        let name = serde_json::Value::from(self.name.as_str());
        let sha256 = Fingerprint::of(self.text.as_bytes());
        format!("[[access.tokens]]\nname = {name}\nsha256 = \"{sha256}\"\n")
    }
}

impl fmt::Debug for NewToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NewToken(hidden)")
    }
}
