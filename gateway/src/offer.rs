//! What the gateway tells the app about itself: `GET /api/config` (docs/openapi.yaml), from the table `[app]`.

use crate::config::{AccessMode, Config, ConfigError, Grant};
use crate::policy::{self, Asked};
use crate::{BasePath, Host};
use serde::{Deserialize, Serialize};
use waypost_tunnel::TlsMode;

/// What the app offers to whoever signs in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct App {
    /// What it calls this service.
    pub name: Option<String>,
    /// Whether it offers no other mail server than these.
    pub locked: bool,
    /// The IMAP server.
    pub imap: Option<Server>,
    /// The POP3 server.
    pub pop3: Option<Server>,
}

/// A mail server that needs not be typed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Server {
    /// Its name.
    pub host: String,
    /// Its port; the usual one of protocol and TLS if it is not set.
    pub port: Option<u16>,
    /// How TLS is used there.
    #[serde(default = "implicit")]
    pub tls: TlsMode,
}

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct Offer<'a> {
    version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    base_path: &'a str,
    /// Whether tunnels need an access token.
    token: bool,
    /// Whether `/api/discover` is there.
    discovery: bool,
    /// Whether the user may choose a mail server that is not in `servers`.
    locked: bool,
    servers: Servers<'a>,
}

#[derive(Debug, Serialize)]
struct Servers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    imap: Option<Preset<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pop3: Option<Preset<'a>>,
}

#[derive(Debug, Serialize)]
struct Preset<'a> {
    host: &'a str,
    port: u16,
    tls: TlsMode,
}

impl<'a> Offer<'a> {
    pub(crate) fn new(config: &'a Config) -> Self {
        let App { name, locked, imap, pop3 } = &config.app;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            name: name.as_deref(),
            base_path: BasePath::as_str(&config.base_path),
            token: config.access.mode == AccessMode::Token,
            discovery: config.discovery.enabled,
            locked: *locked,
            servers: Servers {
                imap: imap.as_ref().map(|server| server.preset(IMAP)),
                pop3: pop3.as_ref().map(|server| server.preset(POP3)),
            },
        }
    }
}

impl Server {
    fn preset(&self, ports: Ports) -> Preset<'_> {
        let usual = match self.tls {
            TlsMode::Implicit | TlsMode::Passthrough => ports.tls,
            TlsMode::StartTls | TlsMode::PassthroughStartTls | TlsMode::None => ports.plain,
        };
        Preset { host: &self.host, port: self.port.unwrap_or(usual), tls: self.tls }
    }
}

impl App {
    /// What it offers must be what tunnels may lead to.
    pub(crate) fn check(&self, config: &Config) -> Result<(), ConfigError> {
        if self.locked && self.imap.is_none() && self.pop3.is_none() {
            return Err(ConfigError(
                "app.locked = true leaves no mail server to choose. Name one in [app.imap] or [app.pop3]."
                    .to_owned(),
            ));
        }
        for (table, server, ports) in [("app.imap", &self.imap, IMAP), ("app.pop3", &self.pop3, POP3)] {
            let Some(server) = server else { continue };
            let Some(host) = Host::parse(&server.host) else {
                return Err(ConfigError(format!(
                    "{table}.host is not the name of a host. Write a name such as mail.example.org."
                )));
            };
            let preset = server.preset(ports);
            let asked = Asked { host, port: preset.port, tls: preset.tls };
            if policy::allowed(&asked, &Grant::default(), &config.targets).is_err() {
                return Err(ConfigError(format!(
                    "[{table}] offers {} on port {} with tls = {:?}, where no [[targets]] row lets a tunnel lead. Add one, or correct either.",
                    asked.host,
                    asked.port,
                    asked.tls.as_str()
                )));
            }
        }
        Ok(())
    }
}

fn implicit() -> TlsMode {
    TlsMode::Implicit
}

/// The usual ports of a protocol.
#[derive(Clone, Copy)]
struct Ports {
    tls: u16,
    plain: u16,
}

/// RFC 8314, 3.2 and RFC 3501.
const IMAP: Ports = Ports { tls: 993, plain: 143 };
/// RFC 8314, 3.2 and RFC 1939.
const POP3: Ports = Ports { tls: 995, plain: 110 };

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(text: &str) -> String {
        serde_json::to_string(&Offer::new(&Config::parse(text).unwrap())).unwrap()
    }

    #[test]
    fn what_is_offered_is_what_the_configuration_says() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            offer(""),
            format!(
                r#"{{"version":"{version}","base_path":"/","token":false,"discovery":true,"locked":false,"servers":{{}}}}"#
            )
        );
        let text = "base_path = '/mail'\n[app]\nname = 'Example'\nlocked = true\n[app.imap]\nhost = 'imap.example.org'\n[app.pop3]\nhost = 'pop.example.org'\ntls = 'starttls'";
        assert_eq!(
            offer(text),
            format!(
                r#"{{"version":"{version}","name":"Example","base_path":"/mail/","token":false,"discovery":true,"locked":true,"servers":{{"imap":{{"host":"imap.example.org","port":993,"tls":"implicit"}},"pop3":{{"host":"pop.example.org","port":110,"tls":"starttls"}}}}}}"#
            )
        );
    }

    #[test]
    fn the_description_names_every_part_of_the_answer() {
        const DESCRIPTION: &str = include_str!("../../docs/openapi.yaml");
        let all = offer("[app]\nname = 'x'\n[app.imap]\nhost = 'a.example'\n[app.pop3]\nhost = 'a.example'");
        let parts = all.split('"').filter(|part| !part.is_empty());
        // A name is what stands before a colon.
        for name in
            parts.clone().zip(parts.skip(1)).filter_map(|(name, next)| next.starts_with(':').then_some(name))
        {
            assert!(
                DESCRIPTION.contains(&format!("{name}: {{ ")) || DESCRIPTION.contains(&format!("{name}:\n")),
                "{name}"
            );
        }
    }

    #[test]
    fn nothing_is_offered_that_would_be_refused() {
        for (text, said) in [
            ("[app]\nlocked = true", "leaves no mail server"),
            ("[app.imap]\nhost = 'a b'", "app.imap.host"),
            ("[app.imap]\nhost = 'a.example'\nport = 25", "no [[targets]] row"),
            ("[app.pop3]\nhost = 'a.example'\ntls = 'none'", "no [[targets]] row"),
            ("targets = []\n[app.imap]\nhost = 'a.example'", "no [[targets]] row"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
