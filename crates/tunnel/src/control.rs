//! The control messages. Their JSON form is in [`json`].

mod json;

use serde::{Deserialize, Serialize};

use crate::Fault;

/// How TLS is used towards the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// TLS from the first octet, by the gateway.
    Implicit,
    /// TLS by the gateway when the client asks with `upgrade`.
    StartTls,
    /// No TLS by the gateway.
    None,
    /// The client speaks TLS itself through the tunnel, from the first octet.
    Passthrough,
    /// The client speaks TLS itself, after an upgrade (STARTTLS, STLS).
    #[serde(rename = "passthrough-starttls")]
    PassthroughStartTls,
}

impl TlsMode {
    /// All modes, in the order of docs/TUNNEL.md.
    pub const ALL: [Self; 5] =
        [Self::Implicit, Self::StartTls, Self::None, Self::Passthrough, Self::PassthroughStartTls];

    /// Whether the mail protocol begins in plaintext and `upgrade` comes later.
    #[must_use]
    pub fn begins_plain(self) -> bool {
        matches!(self, Self::StartTls | Self::PassthroughStartTls)
    }

    /// Whether the client speaks TLS itself.
    #[must_use]
    pub fn is_passthrough(self) -> bool {
        matches!(self, Self::Passthrough | Self::PassthroughStartTls)
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::StartTls => "starttls",
            Self::None => "none",
            Self::Passthrough => "passthrough",
            Self::PassthroughStartTls => "passthrough-starttls",
        }
    }
}

/// What TLS was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tls {
    /// Such as `TLSv1.3`.
    pub version: String,
    /// Cipher suite.
    pub cipher: String,
    /// SHA-256 of the server's certificate, lower case hex.
    pub fingerprint: String,
}

/// An access token. Its text appears in no log: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Wraps the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, to compare or to send; never to log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(hidden)")
    }
}

/// What a client asks for when it opens a tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Host name or address; the certificate is checked against it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// TLS mode.
    pub tls: TlsMode,
    /// Access token, where the gateway wants one.
    pub token: Option<Token>,
}

/// A control message. Unknown fields are ignored, an unknown `type` ends the tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// Client's first message.
    Open {
        /// Host name or address.
        host: String,
        /// Port.
        port: u16,
        /// TLS mode.
        tls: TlsMode,
        /// Access token, where the gateway wants one.
        token: Option<Token>,
        /// Payload octets the gateway may send before more credit.
        credit: u32,
    },
    /// Gateway: the mail server is connected.
    Opened {
        /// TLS as agreed; absent without TLS.
        tls: Option<Tls>,
        /// Payload octets the client may send before more credit.
        credit: u32,
    },
    /// Client: upgrade to TLS now.
    Upgrade {
        /// Payload octets the client has received so far.
        received: u64,
        /// Payload octets the client has sent so far.
        sent: u64,
    },
    /// Gateway: TLS is up; everything after this message is protected. In a mode of passthrough: TLS of the client may begin.
    Upgraded {
        /// TLS as agreed; absent where the client speaks it.
        tls: Option<Tls>,
    },
    /// Gateway: it stops soon; the client should open its next tunnel now and end this one.
    Move {
        /// Seconds until the gateway ends the tunnel.
        within: u32,
    },
    /// Either: so many more payload octets may be sent.
    Credit {
        /// Octets.
        bytes: u32,
    },
    /// Either: this direction has ended.
    End {
        /// Whether it ended as the peer meant it (TCP FIN, TLS close_notify), or was cut.
        clean: bool,
    },
    /// Gateway: the tunnel failed; the WebSocket closes after it.
    Error {
        /// Stable code of docs/TUNNEL.md.
        code: String,
        /// Whose fault.
        fault: Fault,
        /// Whether trying again later may help.
        retry: bool,
        /// One sentence for people.
        message: String,
    },
}

impl Control {
    /// The `type` on the wire.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Opened { .. } => "opened",
            Self::Upgrade { .. } => "upgrade",
            Self::Upgraded { .. } => "upgraded",
            Self::Move { .. } => "move",
            Self::Credit { .. } => "credit",
            Self::End { .. } => "end",
            Self::Error { .. } => "error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_hidden_from_debug_output() {
        let token = Token::new("sesame".into());
        assert!(!format!("{token:?}").contains("sesame"));
        let text = r#"{"type":"open","host":"h","port":1,"tls":"none","token":"sesame","credit":1}"#;
        assert!(!format!("{:?}", Control::parse(text).unwrap()).contains("sesame"));
    }

    #[test]
    fn mode_words_are_those_of_the_wire() {
        for mode in TlsMode::ALL {
            assert_eq!(serde_json::to_string(&mode).unwrap(), format!("\"{}\"", mode.as_str()));
        }
    }
}
