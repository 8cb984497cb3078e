//! What servers do not offer, by name. A scenario that a server does not offer and that is not listed here fails the test, and so
//! does one that is listed and passes.

use waypost_testkit::servers::Kind;
use waypost_testkit::servers::Kind::{Courier, Cyrus, Dovecot, Mailutils};

/// The table's file in the target folder.
pub(crate) const PAGE: &str = "servers-pop3.md";

/// Scenario, and who does not offer it.
const NOT_OFFERED: &[(&str, &[Kind])] = &[
    ("APOP", &[Courier, Mailutils]),
    ("a wrong password says [AUTH]", &[Courier]),
    ("AUTH PLAIN", &[Mailutils]),
    ("AUTH LOGIN", &[Mailutils]),
    ("AUTH CRAM-MD5", &[Mailutils]),
    ("AUTH SCRAM-SHA-1", &[Courier, Mailutils]),
    ("AUTH SCRAM-SHA-256", &[Courier, Mailutils]),
    ("AUTH SCRAM-SHA-512", &[Dovecot, Cyrus, Courier, Mailutils]),
    ("AUTH OAUTHBEARER", &[Cyrus, Courier, Mailutils]),
    ("AUTH XOAUTH2", &[Cyrus, Courier, Mailutils]),
    ("STAT and LIST say what is there", &[Mailutils]),
    ("RETR: every octet of the sample mail", &[Mailutils]),
    ("RETR: every octet, without PIPELINING", &[Mailutils]),
    ("TOP", &[Mailutils]),
    ("a locked maildrop is [IN-USE]", &[Cyrus, Courier, Mailutils]),
    ("UTF8: headers come as they are", &[Dovecot, Cyrus, Mailutils]),
    ("LANG lists and chooses", &[Dovecot, Cyrus, Courier, Mailutils]),
    ("EXPIRE", &[Dovecot, Courier]),
    ("LOGIN-DELAY", &[Dovecot, Mailutils]),
    ("IMPLEMENTATION", &[Dovecot]),
    ("RESP-CODES", &[Courier]),
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
