//! What servers do not offer, by name. A scenario that a server does not offer and that is not listed here fails the test, and so
//! does one that is listed and passes.

use waypost_testkit::servers::Kind;
use waypost_testkit::servers::Kind::{Courier, Cyrus, Dovecot, Mailutils, Pymap};

/// The table's file in the target folder.
pub(crate) const PAGE: &str = "servers.md";

/// Scenario, and who does not offer it.
const NOT_OFFERED: &[(&str, &[Kind])] = &[
    ("TLS from the first octet", &[Pymap]),
    ("AUTHENTICATE CRAM-MD5", &[Mailutils, Pymap]),
    ("AUTHENTICATE SCRAM-SHA-1", &[Courier, Mailutils, Pymap]),
    ("AUTHENTICATE SCRAM-SHA-256", &[Courier, Mailutils, Pymap]),
    ("AUTHENTICATE SCRAM-SHA-512", &[Dovecot, Cyrus, Courier, Mailutils, Pymap]),
    ("AUTHENTICATE OAUTHBEARER", &[Cyrus, Courier, Mailutils, Pymap]),
    ("AUTHENTICATE XOAUTH2", &[Cyrus, Courier, Mailutils, Pymap]),
    ("COMPRESS=DEFLATE", &[Courier, Mailutils, Pymap]),
    ("CREATE of what is there is refused", &[Pymap]),
    ("STATUS=SIZE", &[Courier, Mailutils, Pymap]),
    ("STATUS of HIGHESTMODSEQ", &[Courier, Mailutils, Pymap]),
    ("NAMESPACE", &[Pymap]),
    ("SPECIAL-USE", &[Courier, Mailutils, Pymap]),
    ("CREATE-SPECIAL-USE", &[Dovecot, Courier, Mailutils, Pymap]),
    ("LIST-EXTENDED", &[Courier, Mailutils, Pymap]),
    ("LIST-STATUS", &[Courier, Mailutils, Pymap]),
    ("LIST-MYRIGHTS", &[Dovecot, Courier, Mailutils, Pymap]),
    ("LIST-METADATA", &[Dovecot, Courier, Mailutils, Pymap]),
    ("UTF8=ACCEPT", &[Dovecot, Cyrus, Mailutils, Pymap]),
    ("APPEND with a date of another zone", &[Mailutils]),
    ("APPEND says the UID", &[Mailutils]),
    ("flags seen by another session", &[Mailutils]),
    ("STORE of keywords", &[Mailutils, Pymap]),
    ("COPY", &[Pymap]),
    ("COPY says the UIDs", &[Mailutils]),
    ("COPY to what is not there", &[Mailutils]),
    ("MOVE", &[Courier, Mailutils]),
    ("UID EXPUNGE", &[Mailutils]),
    ("UNSELECT", &[Courier, Pymap]),
    ("every octet of the sample mail", &[Pymap]),
    ("a line that begins with From, fetched twice", &[Mailutils]),
    ("BINARY: decoded parts", &[Courier, Mailutils]),
    ("BINARY: APPEND with NUL", &[Courier, Mailutils, Pymap]),
    ("PREVIEW", &[Cyrus, Courier, Mailutils, Pymap]),
    ("SAVEDATE", &[Courier, Mailutils, Pymap]),
    ("OBJECTID", &[Dovecot, Courier, Mailutils]),
    ("ANNOTATE", &[Dovecot, Courier, Mailutils, Pymap]),
    ("MULTIAPPEND", &[Courier, Mailutils]),
    ("CATENATE", &[Courier, Mailutils, Pymap]),
    ("CATENATE from the selected mailbox", &[Courier, Mailutils, Pymap]),
    ("ESEARCH", &[Courier, Mailutils, Pymap]),
    ("ESEARCH of nothing", &[Courier, Mailutils, Pymap]),
    ("SEARCHRES", &[Cyrus, Courier, Mailutils, Pymap]),
    ("WITHIN", &[Courier, Mailutils, Pymap]),
    ("SEARCH=FUZZY", &[Dovecot, Cyrus, Courier, Mailutils, Pymap]),
    ("CONTEXT=SEARCH", &[Cyrus, Courier, Mailutils, Pymap]),
    ("PARTIAL", &[Cyrus, Courier, Mailutils, Pymap]),
    ("SORT", &[Mailutils, Pymap]),
    ("SORT with 8-bit keys", &[Mailutils, Pymap]),
    ("SORT=DISPLAY", &[Courier, Mailutils, Pymap]),
    ("ESORT", &[Courier, Mailutils, Pymap]),
    ("THREAD=REFERENCES", &[Mailutils, Pymap]),
    ("THREAD=ORDEREDSUBJECT", &[Mailutils, Pymap]),
    ("THREAD=REFS", &[Courier, Mailutils, Pymap]),
    ("IDLE tells of new mail", &[Mailutils]),
    ("IDLE tells of removed mail", &[Mailutils]),
    ("IDLE tells of changed flags", &[Mailutils]),
    ("NOTIFY tells of another mailbox", &[Cyrus, Courier, Mailutils, Pymap]),
    ("flags and messages changed by another session", &[Mailutils]),
    ("CONDSTORE: only what changed is fetched", &[Courier, Mailutils, Pymap]),
    ("CONDSTORE: a change in between is noticed", &[Courier, Mailutils, Pymap]),
    ("QRESYNC", &[Courier, Mailutils, Pymap]),
    ("ID", &[Courier, Mailutils, Pymap]),
    ("QUOTA", &[Courier, Mailutils, Pymap]),
    ("ACL: one's own rights", &[Mailutils, Pymap]),
    ("ACL: given and taken", &[Mailutils, Pymap]),
    ("METADATA", &[Courier, Mailutils, Pymap]),
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
