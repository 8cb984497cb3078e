//! The keys of the configuration: one table, from which the flags, the names in the environment and the long `--help` come.
//!
//! A new key is a field in `config.rs`, a row here, and a line in `gateway.example.toml` and docs/GATEWAY.md. Tests compare this
//! table with the fields, the defaults and the sample.

use toml::Value;

/// A key of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name with the tables that it stands in, such as `limits.tunnels`. `targets[].host` stands in each row of a list and can
    /// be set with the list only.
    pub name: &'static str,
    /// Its default in TOML, or an example where it has none.
    pub value: &'static str,
    /// Whether `value` is the default.
    pub has_default: bool,
    /// What it is for, in a line.
    pub about: &'static str,
    /// Whether it names files: in the file of the configuration they count from its folder.
    pub is_path: bool,
    /// Whether its value must never be shown.
    pub is_secret: bool,
}

const fn key(name: &'static str, value: &'static str, about: &'static str) -> Key {
    Key { name, value, has_default: true, about, is_path: false, is_secret: false }
}

/// A key that need not be set and then has no value; `example` shows its form.
const fn optional(name: &'static str, example: &'static str, about: &'static str) -> Key {
    Key { has_default: false, ..key(name, example, about) }
}

impl Key {
    const fn path(self) -> Self {
        Self { is_path: true, ..self }
    }

    /// Whether it can be set by itself, with a flag or in the environment.
    #[must_use]
    pub fn is_settable(&self) -> bool {
        !self.name.contains("[]")
    }

    /// Its name in the environment, such as `WAYPOST_LIMITS_TUNNELS`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_ascii_uppercase().replace('.', "_"))
    }

    /// Reads a value from a flag or the environment: TOML, but a text needs no quotes and a list of texts no brackets.
    #[must_use]
    pub fn read(&self, text: &str) -> Value {
        let read = text.trim().parse::<Value>().ok();
        match (self.value.parse(), read) {
            (Ok(Value::String(_)), Some(value @ (Value::String(_) | Value::Array(_)))) => value,
            (Ok(Value::String(_)), _) => Value::String(text.to_owned()),
            (Ok(Value::Array(_)), Some(Value::Array(list))) => Value::Array(list),
            (Ok(Value::Array(_)), _) => {
                Value::Array(text.split(',').map(|part| Value::String(part.trim().to_owned())).collect())
            }
            (_, read) => read.unwrap_or_else(|| Value::String(text.to_owned())),
        }
    }
}

/// The names in the environment begin so.
pub(crate) const PREFIX: &str = "WAYPOST_";

/// All of them, in the order of the sample.
pub const KEYS: &[Key] = &[
    key(
        "listen",
        r#""127.0.0.1:8790""#,
        "Where to listen: an address and port, unix:PATH, systemd, or a list of them",
    ),
    optional(
        "app_dir",
        r#""../web/app/dist""#,
        "Folder of the built web app, in place of the one in this program",
    )
    .path(),
    key("base_path", r#""/""#, "Path that the gateway lives under, such as /mail/"),
    key("log", r#""info""#, "How much is logged: error, warn, info or debug"),
    key("log_format", r#""text""#, "Form of the log: text or json"),
    key("origins", "[]", "Public names, as a browser shows them; empty: this machine itself"),
    key(
        "trusted_proxies",
        "[]",
        "Addresses or ranges of reverse proxies that are believed when they name a client",
    ),
    key("proxy_header", r#""x-forwarded-for""#, "Header in which trusted proxies name the client"),
    key(
        "proxy_protocol",
        "false",
        "Whether connections of trusted proxies begin with a PROXY protocol header",
    ),
    optional(
        "tls.certificate",
        r#""/etc/waypost/fullchain.pem""#,
        "PEM file of the gateway's own certificate",
    )
    .path(),
    optional("tls.key", r#""/etc/waypost/privkey.pem""#, "PEM file of its private key").path(),
    key("access.mode", r#""none""#, "Who may open tunnels: none (every page of the origins) or token"),
    key("access.tokens", "[]", "Tokens; waypost-gateway token NAME prints a row"),
    optional("access.tokens[].name", r#""kim""#, "Name for which limits are counted"),
    optional(
        "access.tokens[].sha256",
        r#""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#,
        "SHA-256 of the token",
    ),
    optional("access.tokens[].grant", GRANT, "What it narrows"),
    optional("access.jwt.keys_file", r#""/etc/waypost/jwks.json""#, "Public keys of signed tokens (JWKS)")
        .path(),
    optional(
        "access.jwt.secret_file",
        r#""/etc/waypost/jwt-secret""#,
        "File with the secret of signed tokens (HS256)",
    )
    .path(),
    optional("access.jwt.issuer", r#""https://login.example.org""#, "The iss that signed tokens must have"),
    optional("access.jwt.audience", r#""waypost""#, "The aud that signed tokens must have"),
    key(
        "targets",
        TARGETS,
        "Where tunnels may lead; the default allows mail servers of the internet with TLS",
    ),
    optional(
        "targets[].host",
        r#""*""#,
        "A name or address, every name below one (*.example.org), or all (*)",
    ),
    optional("targets[].ports", "[993, 995]", "Its ports"),
    optional(
        "targets[].tls",
        r#"["implicit", "passthrough"]"#,
        "How TLS may be used: implicit, starttls, passthrough, passthrough-starttls or none",
    ),
    key("targets[].private", "false", "Whether it may have a loopback, private or link-local address"),
    key("targets[].ca", "[]", "PEM files of authorities trusted for it besides the system's").path(),
    key("targets[].pins", "[]", "SHA-256 of the public keys that it may have"),
    key("targets[].proxy_protocol", "false", "Whether it is told who the client is, by the PROXY protocol"),
    optional("app.name", r#""Example Mail""#, "What the app calls this service"),
    key("app.locked", "false", "Whether the app offers no other mail server than these"),
    optional("app.imap.host", r#""imap.example.org""#, "IMAP server that the app offers"),
    optional("app.imap.port", "993", "Its port"),
    optional("app.imap.tls", r#""implicit""#, "How TLS is used there: implicit or starttls"),
    optional("app.pop3.host", r#""pop.example.org""#, "POP3 server that the app offers"),
    optional("app.pop3.port", "995", "Its port"),
    optional("app.pop3.tls", r#""implicit""#, "How TLS is used there: implicit or starttls"),
    optional(
        "metrics.listen",
        r#""127.0.0.1:9790""#,
        "Address and port for /metrics; without it there are none",
    ),
    key("discovery.enabled", "true", "Whether settings of mail servers are looked for when the app asks"),
    key(
        "discovery.ispdb",
        "false",
        "Whether Thunderbird's database is asked too, which tells Mozilla the domain",
    ),
    key("discovery.per_minute_per_client", "10", "Questions of one client address in a minute"),
    key("limits.connections", "1024", "Connections to the listener, of all clients"),
    key("limits.connections_per_client", "64", "Connections of one client address (IPv6: of one /64)"),
    key("limits.tunnels", "512", "Tunnels, of all clients"),
    key("limits.tunnels_per_client", "32", "Tunnels of one client address"),
    key("limits.tunnels_per_token", "64", "Tunnels of one token"),
    key("limits.new_tunnels_per_minute", "0", "New tunnels in a minute, of all clients; 0: any number"),
    key("limits.new_tunnels_per_minute_per_client", "600", "New tunnels of one client address in a minute"),
    key("limits.new_tunnels_per_minute_per_token", "600", "New tunnels of one token in a minute"),
    key(
        "limits.octets_per_second",
        "0",
        "Octets in a second, of all tunnels; what is faster waits; 0: as fast as it can",
    ),
    key("limits.octets_per_second_per_client", "0", "Octets of one client address in a second"),
    key("limits.octets_per_second_per_token", "0", "Octets of one token in a second"),
    key("limits.octets_per_tunnel", "0", "Octets of one tunnel, after which it ends; 0: no end"),
    key("limits.tunnel_seconds", "0", "How long one tunnel may last; 0: no end"),
    key("limits.window_octets", "262144", "Octets under way in each direction of a tunnel"),
    key("limits.header_seconds", "10", "From the connection to the end of a request's header"),
    key("limits.write_seconds", "30", "How long an answer may make no progress"),
    key("limits.open_seconds", "10", "From the WebSocket to the message that asks for a target"),
    key("limits.connect_seconds", "15", "For looking up a name and connecting to the mail server"),
    key("limits.tls_seconds", "15", "For a TLS handshake with the mail server"),
    key("limits.idle_seconds", "7200", "How long a tunnel may carry nothing"),
    key("limits.ping_seconds", "20", "How often a silent client is asked whether it is there"),
    key("limits.silence_seconds", "50", "After how long without a sign of life a client counts as gone"),
    key("limits.drain_seconds", "5", "How long tunnels and answers may take to end at a stop"),
];

const GRANT: &str = r#"{ targets = [{ host = "imap.example.org", ports = [993] }], tunnels = 8, new_tunnels_per_minute = 60, octets_per_second = 2000000 }"#;

const TARGETS: &str = r#"[{ host = "*", ports = [993, 995], tls = ["implicit", "passthrough"] }, { host = "*", ports = [143, 110], tls = ["starttls", "passthrough-starttls"] }]"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use std::collections::BTreeSet;
    use toml::Table;

    const SAMPLE: &str = include_str!("../gateway.example.toml");

    /// The keys that serde knows of this table, by what it says about one that it does not know.
    fn known(table: &str) -> Vec<String> {
        let text = match table {
            "" => "zzz = 1".to_owned(),
            list if list.ends_with("[]") => format!("[[{}]]\nzzz = 1", list.trim_end_matches("[]")),
            table => format!("[{table}]\nzzz = 1"),
        };
        let error = toml::from_str::<Config>(&text).unwrap_err();
        let (_, known) =
            error.message().split_once("`zzz`, expected ").unwrap_or_else(|| panic!("{table}: {error}"));
        known
            .split('`')
            .skip(1)
            .step_by(2)
            .map(|key| format!("{table}.{key}").trim_start_matches('.').to_owned())
            .collect()
    }

    /// Every key that serde knows from this table on.
    fn all_known(table: &str) -> Vec<String> {
        let below = |name: &str| KEYS.iter().any(|key| key.name.starts_with(name));
        known(table)
            .into_iter()
            .flat_map(|name| {
                if below(&format!("{name}[].")) {
                    let mut all = all_known(&format!("{name}[]"));
                    all.push(name);
                    all
                } else if below(&format!("{name}.")) {
                    all_known(&name)
                } else {
                    vec![name]
                }
            })
            .collect()
    }

    #[test]
    fn the_table_names_exactly_the_keys_that_are_read() {
        let rows: BTreeSet<String> = KEYS.iter().map(|key| key.name.to_owned()).collect();
        assert_eq!(rows.len(), KEYS.len(), "a name stands there twice");
        assert_eq!(rows, all_known("").into_iter().collect());
    }

    #[test]
    fn no_two_keys_have_one_name_in_the_environment() {
        let names: BTreeSet<String> = KEYS.iter().map(Key::variable).collect();
        assert_eq!(names.len(), KEYS.len());
        assert!(!names.contains("WAYPOST_CONFIG"), "it names the file");
    }

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_program() {
        let mut table = Table::new();
        for key in KEYS.iter().filter(|key| key.has_default && key.is_settable()) {
            crate::settings::put(&mut table, key.name, key.value.parse().unwrap());
        }
        let config: Config = table.try_into().unwrap();
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    }

    /// The table that a line in brackets begins.
    fn header(line: &str) -> Option<String> {
        let inner = line.strip_prefix('[')?.strip_suffix(']')?;
        match inner.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
            Some(list) => Some(format!("{list}[]")),
            None => Some(inner.to_owned()),
        }
    }

    /// The line of the sample that sets a key, or shows it behind a `#`.
    fn line_of(key: &Key) -> (usize, &'static str) {
        let (table, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        // Behind a `#` tables are shown as well; they end with an empty line.
        let (mut real, mut shown) = (String::new(), None);
        for (number, line) in SAMPLE.lines().enumerate() {
            let behind = line.strip_prefix('#').map(str::trim);
            let text = behind.unwrap_or(line);
            if let Some(header) = header(text) {
                if behind.is_some() { shown = Some(header) } else { (real, shown) = (header, None) }
            } else if text.is_empty() {
                shown = None;
            } else if text.starts_with(&format!("{name} = ")) {
                let here = if behind.is_some() { shown.as_ref().unwrap_or(&real) } else { &real };
                if here == table {
                    return (number, text);
                }
            }
        }
        panic!("{} does not stand in gateway.example.toml", key.name);
    }

    #[test]
    fn every_key_stands_in_the_sample_with_its_default_and_a_comment() {
        let lines: Vec<&str> = SAMPLE.lines().collect();
        for key in KEYS.iter().filter(|key| key.name != "targets") {
            let (number, line) = line_of(key);
            let shown: Value = line.split_once(" = ").unwrap().1.parse().unwrap();
            assert_eq!(shown, key.value.parse().unwrap(), "{}", key.name);
            // Keys that belong together share the comment above the first.
            let above =
                lines[..number].iter().rev().find(|line| line.starts_with("# ") && !line.contains(" = "));
            assert!(above.is_some() && !key.about.is_empty(), "{} has no comment", key.name);
        }
    }

    #[test]
    fn a_text_needs_no_quotes_and_a_list_no_brackets() {
        let read = |name: &str, text: &str| KEYS.iter().find(|key| key.name == name).unwrap().read(text);
        let list = |entries: &[&str]| {
            Value::Array(entries.iter().map(|entry| Value::String((*entry).to_owned())).collect())
        };
        assert_eq!(read("app.name", "2024"), Value::String("2024".into()));
        assert_eq!(read("listen", r#"["a", "b"]"#), list(&["a", "b"]));
        assert_eq!(read("app.name", "true"), Value::String("true".into()));
        assert_eq!(read("app.name", r#""a \" b""#), Value::String("a \" b".into()));
        assert_eq!(read("app.name", "1\nlog = 2"), Value::String("1\nlog = 2".into()));
        assert_eq!(read("limits.tunnels", "512"), Value::Integer(512));
        assert_eq!(read("limits.tunnels", "many"), Value::String("many".into()));
        assert_eq!(read("app.locked", "true"), Value::Boolean(true));
        assert_eq!(
            read("origins", "https://a.example, https://b.example"),
            list(&["https://a.example", "https://b.example"])
        );
        assert_eq!(read("origins", r#"["https://a.example"]"#), list(&["https://a.example"]));
        assert_eq!(read("origins", "[]"), list(&[]));
    }
}
