//! What was probably meant by a name that is not known.

use crate::keys::KEYS;

/// The name that is most like this one, if any is like it at all.
pub(crate) fn of<'a>(given: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|name| (strsim::jaro_winkler(given, name), name))
        .filter(|(likeness, _)| *likeness > LEAST_LIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// A message of serde about an unknown name, which lists those that it knows, with the one that was probably meant. Another
/// message stays as it is.
pub(crate) fn added_to(message: &str) -> String {
    let unknown = ["unknown field `", "unknown variant `"].iter().find_map(|start| {
        let (_, rest) = message.split_once(start)?;
        rest.split_once("`, expected ")
    });
    let Some((given, known)) = unknown else { return message.to_owned() };
    let elsewhere = KEYS.iter().map(|key| key.name).find(|name| name.rsplit('.').next() == Some(given));
    let nearest = of(given, known.split('`').skip(1).step_by(2));
    let advice = match (nearest, elsewhere) {
        (Some(nearest), _) if strsim::jaro_winkler(given, nearest) > VERY_LIKE => meant(nearest),
        (_, Some(name)) => belongs(name),
        (Some(nearest), None) => meant(nearest),
        (None, None) => return message.to_owned(),
    };
    format!("{message}. {advice}")
}

fn meant(name: &str) -> String {
    format!("Did you mean `{name}`?")
}

/// A key behind the header of a table belongs to that table: the usual slip in TOML.
fn belongs(name: &str) -> String {
    match name.rsplit_once('.') {
        None => format!("`{name}` belongs above the first line in brackets."),
        Some((table, key)) => match table.strip_suffix("[]") {
            Some(list) => format!("`{key}` belongs below [[{list}]]."),
            None => format!("`{key}` belongs below [{table}]."),
        },
    }
}

/// From 0 to 1. Of the slips tried, the names that were meant are above this, and others below.
const LEAST_LIKE: f64 = 0.8;
/// So like a name of this table that it is no name of another one.
const VERY_LIKE: f64 = 0.9;

#[cfg(test)]
mod tests {
    use crate::Config;

    #[test]
    fn the_nearest_key_or_the_table_that_it_belongs_to_is_named() {
        for (text, advice) in [
            ("orgins = []", "Did you mean `origins`?"),
            ("[limits]\nidle = 3", "Did you mean `idle_seconds`?"),
            ("[limits]\nlog = 'info'", "`log` belongs above the first line in brackets."),
            ("tunnels = 3", "`tunnels` belongs below [limits]."),
            ("host = 'a.example'", "belongs below [[targets]]."),
            ("[[targets]]\nhost = 'a.example'\nport = 993", "Did you mean `ports`?"),
            ("log = 'inof'", "Did you mean `info`?"),
        ] {
            let error = Config::parse(text).unwrap_err().to_string();
            assert!(error.ends_with(advice), "{text:?}: {error}");
        }
        let error = Config::parse("qqq = 1").unwrap_err().to_string();
        assert!(!error.contains("Did you mean"), "{error}");
    }
}
