//! The configuration. Every key is documented in `gateway/gateway.example.toml` and has a row in `keys.rs`; where it comes from
//! is in `settings.rs`.

mod access;
mod limits;
mod target;

use crate::access::Tokens;
use crate::client::{Proxy, ProxyHeader};
use crate::listener::{Listen, places};
use crate::offer::App;
use crate::settings::{self, Settings};
use crate::tls::Connectors;
use crate::{BasePath, Fingerprint, HostPattern, Origin, identity};
use serde::Deserialize;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use waypost_tunnel::TlsMode;

pub use crate::discover::{Discovery, Surroundings};
pub use access::{Access, AccessMode, Grant, GrantTarget, JwtRow, TokenRow};
pub use limits::Limits;

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
    /// Reverse proxies that are believed when they name a client.
    pub trusted_proxies: Vec<Proxy>,
    /// The header in which they name it.
    pub proxy_header: ProxyHeader,
    /// Who may open tunnels.
    pub access: Access,
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
    /// Finding the settings of mail servers.
    pub discovery: Discovery,
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
            proxy_header: ProxyHeader::default(),
            access: Access::default(),
            targets: public_mail_servers(),
            proxy_protocol: false,
            tls: None,
            app: App::default(),
            metrics: Metrics::default(),
            discovery: Discovery::default(),
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
    #[serde(default = "target::usual_ports")]
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
    /// Keys that the server may have, as SHA-256 of the certificate's SubjectPublicKeyInfo. Empty for any.
    #[serde(default)]
    pub pins: Vec<Fingerprint>,
    /// Whether the server is told the client's address by the PROXY protocol, version 2, before everything else.
    #[serde(default)]
    pub proxy_protocol: bool,
}

impl Target {
    /// A rule for these hosts and ports with TLS, public addresses and the system's certificate authorities.
    #[must_use]
    pub fn new(host: HostPattern, ports: Vec<u16>) -> Self {
        Self {
            host,
            ports,
            tls: with_tls(),
            private: false,
            ca: Vec::new(),
            pins: Vec::new(),
            proxy_protocol: false,
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
        self.access.check()?;
        self.discovery.check()?;
        self.limits.check()
    }

    /// Whether everybody who can reach the gateway may use it. `local` says that only this machine can: it listens on
    /// loopback or on a Unix socket.
    ///
    /// # Errors
    /// It would be an open relay to mail servers; the sentence says what to add.
    pub fn check_access(&self, local: bool) -> Result<(), ConfigError> {
        let exact = self.targets.iter().all(|target| matches!(target.host, HostPattern::Exactly(_)));
        if local || exact || self.access.mode == AccessMode::Token {
            return Ok(());
        }
        Err(ConfigError(
            "Other machines can reach this gateway, and anybody there could use it to reach mail servers that are not yours. Run `waypost-gateway token NAME` and add the rows that it prints; or write each mail server into targets by its whole name; or listen on 127.0.0.1.".to_owned(),
        ))
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
        Tokens::load(&self.access)?;
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
        if self.check_access(false).is_err() && self.origins.iter().any(|origin| !origin.is_local()) {
            warnings.push(
                "Everybody who can reach the public name may use this gateway to reach mail servers that are not yours. Keep a login in the reverse proxy in front, or set access.mode to \"token\".".to_owned(),
            );
        }
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

/// What fuzzers call: a text is used, or refused with a sentence.
///
/// # Panics
/// There is no word of what is wrong.
#[doc(hidden)]
pub fn fuzz(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(error) = Config::parse(text)
    {
        assert!(!error.to_string().trim().is_empty(), "no word of what is wrong");
    }
}

fn check_target(target: &Target) -> Result<(), ConfigError> {
    target::check_ports(target)?;
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
fn public_mail_servers() -> Vec<Target> {
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

/// A configuration that can't be used: sentences for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError(pub(crate) String);

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}
