//! Where the configuration comes from: a file, the environment, flags. Later ones win, key by key, and an error names the one
//! that it comes from.

use crate::config::ConfigError;
use crate::keys::{KEYS, Key, PREFIX};
use crate::{Config, nearest};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The sources of a configuration. Kept, so that it can be read again.
#[derive(Clone, Default)]
pub struct Settings {
    file: Option<PathBuf>,
    /// From the weakest to the strongest.
    given: Vec<Given>,
}

/// A key that is set outside the file.
#[derive(Clone)]
struct Given {
    key: &'static Key,
    /// Its name there: a variable or a flag.
    place: String,
    text: String,
}

/// The configuration's file, as it was read.
struct Written {
    text: String,
    table: Table,
}

impl Settings {
    /// Those of the environment. `WAYPOST_CONFIG` names the file.
    ///
    /// # Errors
    /// A variable that begins with `WAYPOST_` and is none of a key.
    pub fn from_environment(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut settings = Self::default();
        for (name, value) in variables {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            // What a compose file passes on without a value.
            if value.is_empty() {
                continue;
            }
            let key = KEYS.iter().find(|key| key.is_settable() && key.variable() == name);
            match key {
                None if name == FILE => settings.file = Some(value.into()),
                None if is_of_a_service(name) => {}
                None => return Err(unknown_variable(name)),
                Some(key) => {
                    let text = value.into_string().map_err(|_| {
                        ConfigError(format!("{name} in the environment is no UTF-8. Write it again."))
                    })?;
                    settings.given.push(Given { key, place: name.to_owned(), text });
                }
            }
        }
        Ok(settings)
    }

    /// Takes the file from here, whatever the environment says.
    pub fn use_file(&mut self, file: PathBuf) {
        self.file = Some(file);
    }

    /// Sets a key by a flag, which wins over the environment.
    pub fn flag(&mut self, key: &'static Key, text: String) {
        self.given.push(Given { key, place: format!("--{}", key.name), text });
    }

    /// Reads the file and puts everything together.
    ///
    /// # Errors
    /// A sentence that says what is wrong, where, and what to do.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let written = self.file.as_deref().map(read).transpose()?;
        let table = written.as_ref().map(|written| written.table.clone()).unwrap_or_default();
        self.put_together(&table, None).map_err(|message| self.blame(written.as_ref(), &table, &message))
    }

    /// The configuration without one of the settings; the error is in words.
    fn put_together(&self, table: &Table, without: Option<usize>) -> Result<Config, String> {
        let mut table = table.clone();
        for (number, given) in self.given.iter().enumerate() {
            if Some(number) != without {
                put(&mut table, given.key.name, given.key.read(&given.text));
            }
        }
        let config: Config =
            table.try_into().map_err(|error: toml::de::Error| nearest::added_to(error.message()))?;
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }

    /// The error with the place that it comes from: the setting without which there is none, or another, or else the file.
    fn blame(&self, written: Option<&Written>, table: &Table, message: &str) -> ConfigError {
        let culprit = (0..self.given.len()).rev().find(|number| {
            self.put_together(table, Some(*number)).map_or_else(|other| other != message, |_| true)
        });
        if let Some(given) = culprit.and_then(|number| self.given.get(number)) {
            let message = if given.key.is_secret { NOT_SHOWN } else { message };
            return ConfigError(format!(
                "{} can't be used: {message} It sets {}; waypost-gateway --help shows its form.",
                given.place,
                given.key.name,
                message = full_stop(message)
            ));
        }
        // Read alone, the file's text tells the line.
        let in_text = written.and_then(|written| {
            let error = toml::from_str::<Config>(&written.text).err()?;
            Some(located(&written.text, &error))
        });
        let message = in_text.unwrap_or_else(|| message.to_owned());
        match &self.file {
            Some(path) => ConfigError(format!("The configuration {} is wrong. {message}", path.display())),
            None => ConfigError(message),
        }
    }
}

/// Reads the file; paths in it count from its folder.
fn read(path: &Path) -> Result<Written, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        ConfigError(format!(
            "The configuration {} can't be read: {error}. Check the path and its permissions.",
            path.display()
        ))
    })?;
    let mut table: Table = toml::from_str(&text).map_err(|error| {
        ConfigError(format!("The configuration {} is wrong. {}", path.display(), located(&text, &error)))
    })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    for key in KEYS.iter().filter(|key| key.is_path) {
        let parts: Vec<&str> = key.name.split('.').collect();
        if let Some(value) = table.get_mut(parts.first().copied().unwrap_or_default().trim_end_matches("[]"))
        {
            count_from(folder, value, parts.get(1..).unwrap_or_default());
        }
    }
    if let Some(places) = table.get_mut("listen") {
        sockets_from(folder, places);
    }
    Ok(Written { text, table })
}

/// Makes what stands below `value` under these names count from the folder.
fn count_from(folder: &Path, value: &mut Value, names: &[&str]) {
    match (value, names) {
        (Value::Array(list), names) => list.iter_mut().for_each(|entry| count_from(folder, entry, names)),
        (Value::Table(table), [name, rest @ ..]) => {
            if let Some(value) = table.get_mut(name.trim_end_matches("[]")) {
                count_from(folder, value, rest);
            }
        }
        // A path that is no UTF-8 can't stand in TOML; a folder that is none leaves the path as it was.
        (Value::String(path), []) => {
            if let Some(whole) = folder.join(&*path).to_str() {
                *path = whole.to_owned();
            }
        }
        _ => {}
    }
}

/// The same for the Unix sockets among places to listen.
fn sockets_from(folder: &Path, places: &mut Value) {
    match places {
        Value::Array(list) => list.iter_mut().for_each(|place| sockets_from(folder, place)),
        Value::String(place) => {
            let whole = place.strip_prefix("unix:").map(|path| folder.join(path));
            if let Some(whole) = whole.as_deref().and_then(Path::to_str) {
                *place = format!("unix:{whole}");
            }
        }
        _ => {}
    }
}

/// Sets a key in nested tables. Something else in the place of a table stays, and is an error when all is read.
pub(crate) fn put(table: &mut Table, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            table.insert(name.to_owned(), value);
        }
        Some((outer, rest)) => {
            let inner = table.entry(outer).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// What is wrong in a text, with the line where it stands, unless a secret could be in it.
pub(crate) fn located(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = text.lines().nth(before.matches('\n').count()).unwrap_or_default();
    let is_secret = KEYS.iter().filter(|key| key.is_secret).any(|key| {
        let name = key.name.rsplit('.').next().unwrap_or(key.name);
        line.contains(name)
    });
    if is_secret {
        return format!("Line {}: {NOT_SHOWN}", before.matches('\n').count() + 1);
    }
    nearest::added_to(error.to_string().trim_end())
}

fn unknown_variable(name: &str) -> ConfigError {
    let names: Vec<String> =
        KEYS.iter().filter(|key| key.is_settable()).map(Key::variable).chain([FILE.to_owned()]).collect();
    let nearest = nearest::of(name, names.iter().map(String::as_str))
        .map(|nearest| format!(" Did you mean {nearest}?"))
        .unwrap_or_default();
    ConfigError(format!(
        "{name} in the environment is no key of the configuration.{nearest} waypost-gateway --help lists all."
    ))
}

/// Kubernetes and Docker put these into the environment for a service that is named `waypost`, or begins so.
fn is_of_a_service(name: &str) -> bool {
    let ends = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"];
    ends.iter().any(|end| name.ends_with(end)) || name.contains("_SERVICE_PORT_") || {
        let after = name.split_once("_PORT_").map_or("", |(_, after)| after);
        after.starts_with(|first: char| first.is_ascii_digit())
    }
}

fn full_stop(message: &str) -> String {
    if message.ends_with(['.', '?']) { message.to_owned() } else { format!("{message}.") }
}

const FILE: &str = "WAYPOST_CONFIG";
const NOT_SHOWN: &str =
    "its value does not have the form that this key needs, and is not shown because it is secret.";

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str) -> &'static Key {
        KEYS.iter().find(|key| key.name == name).unwrap()
    }

    fn environment(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        Settings::from_environment(pairs.iter().map(|(name, value)| (name.into(), value.into())))
    }

    fn file(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("gateway.toml"), text).unwrap();
        folder
    }

    #[test]
    fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
        let folder = file("[limits]\ntunnels = 1\nconnections = 1\nidle_seconds = 60\n");
        let mut settings = environment(&[
            ("WAYPOST_LIMITS_TUNNELS", "2"),
            ("WAYPOST_LIMITS_CONNECTIONS", "2"),
            ("PATH", "x"),
        ])
        .unwrap();
        settings.use_file(folder.path().join("gateway.toml"));
        settings.flag(row("limits.tunnels"), "3".to_owned());
        let limits = settings.load().unwrap().limits;
        assert_eq!((limits.tunnels, limits.connections, limits.idle.as_secs()), (3, 2, 60));
        assert_eq!(limits.tunnels_per_client, 32);
    }

    #[test]
    fn every_key_can_be_set_in_the_environment_and_by_a_flag() {
        for key in KEYS.iter().filter(|key| key.is_settable()) {
            let by_flag = |keys: &[&'static Key]| {
                let mut settings = Settings::default();
                keys.iter().for_each(|key| settings.flag(key, key.value.to_owned()));
                if keys.iter().any(|key| key.name.starts_with("access.jwt.")) {
                    settings.flag(row("access.mode"), "token".to_owned());
                }
                settings.load()
            };
            // A mail server's port, say, is nothing without its host.
            let mut keys = vec![key];
            if by_flag(&keys).is_err() {
                let table = |key: &Key| key.name.rsplit_once('.').map(|(table, _)| table);
                keys = KEYS.iter().filter(|other| table(other) == table(key)).collect();
            }
            let set = by_flag(&keys).unwrap_or_else(|error| panic!("{}: {error}", key.name));
            let mut variables: Vec<(OsString, OsString)> =
                keys.iter().map(|key| (key.variable().into(), key.value.into())).collect();
            if key.name.starts_with("access.jwt.") {
                variables.push(("WAYPOST_ACCESS_MODE".into(), "token".into()));
            }
            let in_environment = Settings::from_environment(variables).unwrap().load().unwrap();
            assert_eq!(format!("{set:?}"), format!("{in_environment:?}"), "{}", key.name);
        }
    }

    #[test]
    fn an_error_names_the_source_that_it_comes_from() {
        let folder = file("[limits]\ntunnels = 7\n");
        let mut settings =
            environment(&[("WAYPOST_LIMITS_PING_SECONDS", "5"), ("WAYPOST_LOG", "loud")]).unwrap();
        settings.use_file(folder.path().join("gateway.toml"));
        settings.flag(row("limits.tunnels"), "9".to_owned());
        let error = settings.load().unwrap_err().to_string();
        assert!(error.starts_with("WAYPOST_LOG can't be used") && error.contains("loud"), "{error}");

        let mut settings = Settings::default();
        settings.flag(row("limits.ping_seconds"), "500".to_owned());
        let error = settings.load().unwrap_err().to_string();
        assert!(error.starts_with("--limits.ping_seconds can't be used"), "{error}");

        for (text, line) in [("[limits]\ntunnels = 'x'\n", "line 2"), ("limits = 3\n", "line 1")] {
            let folder = file(text);
            let mut settings = environment(&[("WAYPOST_LIMITS_CONNECTIONS", "5")]).unwrap();
            settings.use_file(folder.path().join("gateway.toml"));
            let error = settings.load().unwrap_err().to_string();
            assert!(error.contains("gateway.toml is wrong") && error.contains(line), "{error}");
        }
    }

    #[test]
    fn a_variable_that_is_no_key_is_refused_with_the_nearest_name() {
        let error = environment(&[("WAYPOST_LIMIT_TUNNELS", "3")]).err().unwrap().to_string();
        assert!(error.contains("Did you mean WAYPOST_LIMITS_TUNNELS?"), "{error}");
        let error = environment(&[("WAYPOST_CONFIGURATION", "3")]).err().unwrap().to_string();
        assert!(error.contains("Did you mean WAYPOST_CONFIG?"), "{error}");
        assert!(environment(&[("WAYPOST_TARGETS[]_HOST", "x")]).is_err());
    }

    #[test]
    fn what_an_orchestrator_sets_for_its_services_is_no_key() {
        for name in [
            "WAYPOST_SERVICE_HOST",
            "WAYPOST_SERVICE_PORT",
            "WAYPOST_SERVICE_PORT_HTTP",
            "WAYPOST_PORT",
            "WAYPOST_PORT_8790_TCP_ADDR",
            "WAYPOST_GATEWAY_PORT_8790_TCP",
        ] {
            assert!(environment(&[(name, "tcp://10.0.0.1:8790")]).is_ok(), "{name}");
        }
        let imap = environment(&[("WAYPOST_APP_IMAP_PORT", "x")]).unwrap();
        assert!(imap.load().is_err(), "a key is a key");
        assert!(environment(&[("WAYPOST_LOG", "")]).unwrap().load().is_ok(), "empty is not set");
    }

    #[test]
    fn a_secret_is_never_shown() {
        static SECRET: Key = Key {
            name: "log",
            value: r#""info""#,
            has_default: true,
            about: "",
            is_path: false,
            is_secret: true,
        };
        let mut settings = Settings::default();
        settings.flag(&SECRET, "hunter2".to_owned());
        let error = settings.load().unwrap_err().to_string();
        assert!(error.starts_with("--log can't be used") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn paths_of_the_file_count_from_its_folder_and_others_from_here() {
        let folder = file(
            "app_dir = 'app'\n[[targets]]\nhost = 'a.example'\nports = [993]\nca = ['ca.pem', '/etc/x.pem']\n",
        );
        let mut settings = Settings::default();
        settings.use_file(folder.path().join("gateway.toml"));
        let config = settings.load().unwrap();
        assert_eq!(config.app_dir.as_deref(), Some(folder.path().join("app").as_path()));
        assert_eq!(config.targets[0].ca, [folder.path().join("ca.pem"), "/etc/x.pem".into()]);
        settings.flag(row("app_dir"), "app".to_owned());
        assert_eq!(settings.load().unwrap().app_dir.as_deref(), Some(Path::new("app")));
    }
}
