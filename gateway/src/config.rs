//! The configuration. Every key is documented in `gateway/gateway.example.toml` and has a row in `keys.rs`; where it comes from
//! is in `settings.rs`.

use crate::listener::{Listen, places};
use crate::offer::App;
use crate::settings::{self, Settings};
use crate::tls::Connectors;
use crate::{BasePath, HostPattern, Origin, identity};
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use waypost_tunnel::{MAX_WINDOW, TlsMode};

/// What the gateway serves, to whom, and where it may connect.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Config {
    /// Where to listen: one place, or a list of them.
    #[serde(deserialize_with = "places")]
    pub listen: Vec<Listen>,
    /// Folder of the built web app; without it no page is served.
    pub app_dir: Option<PathBuf>,
    /// Path that everything is served under.
    pub base_path: BasePath,
    /// How much is logged.
    pub log: LogLevel,
    /// How it is written.
    pub log_format: LogFormat,
    /// Public names. Empty: this machine's own names with the listener's port.
    pub origins: Vec<Origin>,
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Connections of trusted proxies begin with a header of the PROXY protocol.
    pub proxy_protocol: bool,
    /// TLS towards clients over TCP.
    pub tls: Option<Identity>,
    /// Where tunnels may lead.
    pub targets: Vec<Target>,
    /// What the app offers.
    pub app: App,
    /// Figures for monitoring.
    pub metrics: Metrics,
    /// Bounds.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![Listen::Address(SocketAddr::from((Ipv4Addr::LOCALHOST, 8790)))],
            app_dir: None,
            base_path: BasePath::default(),
            log: LogLevel::Info,
            log_format: LogFormat::Text,
            origins: Vec::new(),
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            tls: None,
            targets: mail_ports(),
            app: App::default(),
            metrics: Metrics::default(),
            limits: Limits::default(),
        }
    }
}

/// Files with what the gateway shows to clients.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// PEM: the certificate, and after it those that lead to its authority.
    pub certificate: PathBuf,
    /// PEM: its private key.
    pub key: PathBuf,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Only what stops the gateway.
    Error,
    /// And what its operator should look at.
    Warn,
    /// And each tunnel.
    Info,
    /// And each request and refused address.
    Debug,
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    Text,
    /// A line of JSON for programs.
    Json,
}

/// Figures for monitoring.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Metrics {
    /// Address and port of a listener for them alone; without it there are none.
    pub listen: Option<SocketAddr>,
}

/// One rule of where tunnels may lead.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Target {
    /// The hosts it is for.
    pub host: HostPattern,
    /// The ports.
    pub ports: Vec<u16>,
    /// How TLS may be used.
    #[serde(default = "with_tls")]
    pub tls: Vec<TlsMode>,
    /// Whether the host may have a loopback, private or link-local address.
    #[serde(default)]
    pub private: bool,
    /// PEM files with certificate authorities that are trusted for these hosts besides the system's.
    #[serde(default)]
    pub ca: Vec<PathBuf>,
}

impl Target {
    /// A rule for these hosts and ports with TLS, public addresses and the system's certificate authorities.
    #[must_use]
    pub fn new(host: HostPattern, ports: Vec<u16>) -> Self {
        Self { host, ports, tls: with_tls(), private: false, ca: Vec::new() }
    }
}

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

impl Config {
    /// Reads a file. Paths in it count from its folder.
    ///
    /// # Errors
    /// A sentence that says what is wrong and what to do.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let mut settings = Settings::default();
        settings.use_file(path.to_owned());
        settings.load()
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let config: Self =
            toml::from_str(text).map_err(|error| ConfigError(settings::located(text, &error)))?;
        config.check()?;
        Ok(config)
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if self.listen.is_empty() {
            return Err(ConfigError(
                r#"listen is empty, so nobody could connect. Name a place, such as listen = "127.0.0.1:8790"."#
                    .to_owned(),
            ));
        }
        if self.proxy_protocol && self.trusted_proxies.is_empty() {
            return Err(ConfigError(
                "proxy_protocol = true has nobody to believe. Name the load balancer in trusted_proxies."
                    .to_owned(),
            ));
        }
        for target in &self.targets {
            check_target(target)?;
        }
        self.app.check(self)?;
        let limits = &self.limits;
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
        ];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((key, _)) => {
                Err(ConfigError(format!("limits.{key} is 0, so nobody could connect. Use 1 or more.")))
            }
            None => Ok(()),
        }
    }

    /// Looks at the files and folders that it names.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn check_files(&self) -> Result<(), ConfigError> {
        if let Some(folder) = &self.app_dir
            && !folder.join("index.html").is_file()
        {
            return Err(ConfigError(format!(
                "app_dir {} has no index.html. Build the app, or correct the path.",
                folder.display()
            )));
        }
        self.tls.as_ref().map(identity::Identity::load).transpose()?;
        Connectors::load(&self.targets).map(|_| ())
    }

    /// The public names of a gateway that listens here: those of `origins`, or this machine's own.
    #[must_use]
    pub fn names(&self, listening: &[SocketAddr]) -> Vec<Origin> {
        if !self.origins.is_empty() {
            return self.origins.clone();
        }
        let ports = listening.iter().map(SocketAddr::port);
        // Without any a proxy on this machine is in front, with the port of its scheme.
        let default = listening.is_empty().then_some(if self.tls.is_some() { 443 } else { 80 });
        ports.chain(default).flat_map(|port| Origin::of_port(port, self.tls.is_some())).collect()
    }

    /// What the operator should know before pages are served, as sentences.
    #[must_use]
    pub fn warnings(&self, listening: SocketAddr) -> Vec<String> {
        let mut warnings = Vec::new();
        if listening.ip().is_loopback() {
            return warnings;
        }
        if self.origins.is_empty() {
            warnings.push(format!(
                "The gateway listens on {listening} but knows only the names of this machine itself: other machines get 421. Set origins to the public name, such as https://mail.example.org."
            ));
        }
        for origin in self.origins.iter().filter(|origin| !origin.is_trustworthy()) {
            warnings.push(format!(
                "{origin} is plain http: browsers give its pages no service worker, no WebCrypto and no locks, and the app does not work there. Put a reverse proxy with https in front and set origins to its name."
            ));
        }
        warnings
    }
}

fn check_target(target: &Target) -> Result<(), ConfigError> {
    if target.ports.is_empty() || target.ports.contains(&0) {
        return Err(ConfigError(
            "targets.ports must name ports from 1 to 65535, such as ports = [993].".to_owned(),
        ));
    }
    if target.tls.is_empty() {
        return Err(ConfigError(
            r#"targets.tls must name at least one of "implicit", "starttls" and "none"."#.to_owned(),
        ));
    }
    if target.private && target.host == HostPattern::Any {
        return Err(ConfigError(
            r#"targets.private = true with host = "*" would open every machine of your network to every page. Name the hosts."#.to_owned(),
        ));
    }
    Ok(())
}

/// What is allowed where the configuration has no targets: public hosts on the ports of IMAP and POP3, with TLS.
fn mail_ports() -> Vec<Target> {
    let rule = |ports: [u16; 2], tls: [TlsMode; 2]| Target {
        tls: tls.to_vec(),
        ..Target::new(HostPattern::Any, ports.to_vec())
    };
    vec![
        rule([993, 995], [TlsMode::Implicit, TlsMode::Passthrough]),
        rule([143, 110], [TlsMode::StartTls, TlsMode::PassthroughStartTls]),
    ]
}

fn with_tls() -> Vec<TlsMode> {
    TlsMode::ALL.into_iter().filter(|mode| *mode != TlsMode::None).collect()
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

/// A configuration that can't be used: sentences for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub(crate) String);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
