//! The protocol between browser and gateway, both ends. Specified in docs/TUNNEL.md. No I/O.
//!
//! Text frames of the WebSocket carry [`Control`] as JSON, binary frames carry payload.

use serde::{Deserialize, Serialize};

/// The WebSocket subprotocol.
pub const SUBPROTOCOL: &str = "waypost.v1";

/// How TLS is used towards the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// TLS from the first octet, by the gateway.
    Implicit,
    /// TLS by the gateway when the client asks with `secure`.
    StartTls,
    /// No TLS by the gateway.
    None,
    /// The client speaks TLS itself through the tunnel.
    Passthrough,
}

/// What TLS was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Tls {
    /// Such as `TLSv1.3`.
    pub version: String,
    /// Cipher suite.
    pub cipher: String,
    /// SHA-256 of the server's certificate, lower case hex.
    pub fingerprint: String,
}

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The client broke the protocol or asked for something impossible.
    Client,
    /// The mail server, or the way to it.
    Server,
    /// The gateway's policy forbids it.
    Policy,
    /// The gateway itself.
    Gateway,
}

/// A control message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<String>,
        /// Payload octets the gateway may send before more credit.
        credit: u32,
    },
    /// Gateway: the mail server is connected.
    Opened {
        /// TLS as agreed; absent without TLS.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tls: Option<Tls>,
        /// Payload octets the client may send before more credit.
        credit: u32,
    },
    /// Client: upgrade to TLS now.
    Secure {
        /// Payload octets the client has received so far.
        received: u64,
        /// Payload octets the client has sent so far.
        sent: u64,
    },
    /// Gateway: TLS is up; everything after this message is protected.
    Secured {
        /// TLS as agreed.
        tls: Tls,
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
