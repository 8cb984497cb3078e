//! What servers do not offer, by name. A scenario that a server does not offer and that is not listed here fails the test, and so
//! does one that is listed and passes.

use waypost_testkit::servers::Kind;
use waypost_testkit::servers::Kind::{Mailutils, Pymap};

/// Scenario, and who does not offer it.
const NOT_OFFERED: &[(&str, &[Kind])] = &[
    ("TLS from the first octet", &[Pymap]),
    ("APPEND with a date of another zone", &[Mailutils]),
    ("APPEND says the UID", &[Mailutils]),
    ("flags seen by another session", &[Mailutils]),
    ("STORE of keywords", &[Mailutils, Pymap]),
    ("every octet of the sample mail", &[Pymap]),
    ("a line that begins with From, fetched twice", &[Mailutils]),
    ("IDLE tells of new mail", &[Mailutils]),
];

/// Whether a server is known not to offer this.
pub(crate) fn is_not_offered(kind: Kind, scenario: &str) -> bool {
    NOT_OFFERED.iter().any(|(name, kinds)| *name == scenario && kinds.contains(&kind))
}

/// Rows that name no scenario.
pub(crate) fn unknown_scenarios(scenarios: &[&str]) -> Vec<String> {
    let unknown = NOT_OFFERED.iter().filter(|(name, _)| !scenarios.contains(name));
    unknown.map(|(name, _)| format!("expected.rs lists '{name}', which is no scenario")).collect()
}
