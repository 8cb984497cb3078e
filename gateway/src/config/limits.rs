//! Bounds on time, number and size: the section `limits`.

use super::ConfigError;
use serde::{Deserialize, Deserializer};
use std::time::Duration;
use waypost_tunnel::MAX_WINDOW;

/// Bounds on time, number and size.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Limits {
    /// Connections to the listener, of all clients.
    pub connections: u32,
    /// Connections of one client address.
    pub connections_per_client: u32,
    /// Tunnels, of all clients.
    pub tunnels: u32,
    /// Tunnels of one client address.
    pub tunnels_per_client: u32,
    /// Tunnels of one token.
    pub tunnels_per_token: u32,
    /// New tunnels in a minute, of all clients; 0 for any number, as in all that follow.
    pub new_tunnels_per_minute: u32,
    /// New tunnels of one client address in a minute.
    pub new_tunnels_per_minute_per_client: u32,
    /// New tunnels of one token in a minute.
    pub new_tunnels_per_minute_per_token: u32,
    /// Octets in a second, of all tunnels in both directions. What comes faster waits.
    pub octets_per_second: u32,
    /// Octets of one client address in a second.
    pub octets_per_second_per_client: u32,
    /// Octets of one token in a second.
    pub octets_per_second_per_token: u32,
    /// Octets of one tunnel in both directions, after which it ends.
    pub octets_per_tunnel: u64,
    /// How long one tunnel may last.
    #[serde(rename = "tunnel_seconds", deserialize_with = "seconds_or_none")]
    pub tunnel: Option<Duration>,
    /// Octets under way in each direction of a tunnel.
    pub window_octets: u32,
    /// From the connection, or the answer before, to the end of a request's header.
    #[serde(rename = "header_seconds", deserialize_with = "seconds")]
    pub header: Duration,
    /// How long an answer may make no progress because the client does not read.
    #[serde(rename = "write_seconds", deserialize_with = "seconds")]
    pub write: Duration,
    /// From the WebSocket to the message that asks for a target.
    #[serde(rename = "open_seconds", deserialize_with = "seconds")]
    pub open: Duration,
    /// For looking up the name and connecting to the mail server.
    #[serde(rename = "connect_seconds", deserialize_with = "seconds")]
    pub connect: Duration,
    /// For a TLS handshake with the mail server.
    #[serde(rename = "tls_seconds", deserialize_with = "seconds")]
    pub tls: Duration,
    /// How long a tunnel may carry nothing in either direction.
    #[serde(rename = "idle_seconds", deserialize_with = "seconds")]
    pub idle: Duration,
    /// How often a silent client is asked whether it is there.
    #[serde(rename = "ping_seconds", deserialize_with = "seconds")]
    pub ping: Duration,
    /// After how long without a sign of life a client counts as gone.
    #[serde(rename = "silence_seconds", deserialize_with = "seconds")]
    pub silence: Duration,
    /// How long tunnels and answers may take to end when the gateway stops.
    #[serde(rename = "drain_seconds", deserialize_with = "seconds")]
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            connections_per_client: 64,
            tunnels: 512,
            tunnels_per_client: 32,
            tunnels_per_token: 64,
            new_tunnels_per_minute: 0,
            // An app opens some for each account at its start; a whole office behind one address does not open ten a second.
            new_tunnels_per_minute_per_client: 600,
            new_tunnels_per_minute_per_token: 600,
            octets_per_second: 0,
            octets_per_second_per_client: 0,
            octets_per_second_per_token: 0,
            octets_per_tunnel: 0,
            tunnel: None,
            // Fills a line of 20 Mbit/s at 100 ms.
            window_octets: 256 * 1024,
            header: Duration::from_secs(10),
            write: Duration::from_secs(30),
            open: Duration::from_secs(10),
            connect: Duration::from_secs(15),
            tls: Duration::from_secs(15),
            // IMAP's IDLE is silent for half an hour (RFC 2177, 3), and a page that sleeps for longer. Whether the
            // client is there is asked by pings; this only ends what nobody uses.
            idle: Duration::from_secs(2 * 60 * 60),
            // Two pings within the silence, and a dead client is noticed within a minute.
            ping: Duration::from_secs(20),
            silence: Duration::from_secs(50),
            drain: Duration::from_secs(5),
        }
    }
}

impl Limits {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let limits = self;
        if !(1..=MAX_WINDOW).contains(&limits.window_octets) {
            return Err(ConfigError(format!(
                "limits.window_octets must be a number from 1 to {MAX_WINDOW}."
            )));
        }
        if limits.silence <= limits.ping {
            return Err(ConfigError(
                "limits.silence_seconds must be more than limits.ping_seconds: a client that answers each ping would count as gone.".to_owned(),
            ));
        }
        let counts = [
            ("connections", limits.connections),
            ("connections_per_client", limits.connections_per_client),
            ("tunnels", limits.tunnels),
            ("tunnels_per_client", limits.tunnels_per_client),
            ("tunnels_per_token", limits.tunnels_per_token),
        ];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((key, _)) => {
                Err(ConfigError(format!("limits.{key} is 0, so nobody could connect. Use 1 or more.")))
            }
            None => Ok(()),
        }
    }
}

/// Whole seconds. Zero would refuse everything, and more than a year overflows no clock but is a slip of the pen.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    match u64::deserialize(deserializer)? {
        count @ 1..=31_536_000 => Ok(Duration::from_secs(count)),
        count => {
            Err(serde::de::Error::custom(format!("{count} is not a number of seconds from 1 to 31536000")))
        }
    }
}

/// As [`seconds`], and zero for no bound.
fn seconds_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    match u64::deserialize(deserializer)? {
        0 => Ok(None),
        count @ 1..=31_536_000 => Ok(Some(Duration::from_secs(count))),
        count => Err(serde::de::Error::custom(format!(
            "{count} is not a number of seconds from 1 to 31536000, or 0 for no bound"
        ))),
    }
}
