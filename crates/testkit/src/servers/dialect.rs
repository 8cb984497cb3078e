//! What differs between the versions of Dovecot: the language of the configuration and the command line of `doveadm`.

use std::path::Path;

/// How to speak to a Dovecot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Up to Debian 12.
    V2_3,
    /// Since Debian 13.
    V2_4,
}

impl Dialect {
    /// By what `dovecot --version` says; `None` for a version that the kit has no configuration for.
    pub(super) fn of(version: &str) -> Option<Self> {
        match version.split('.').collect::<Vec<_>>().as_slice() {
            ["2", "3", _, ..] => Some(Self::V2_3),
            ["2", "4", _, ..] => Some(Self::V2_4),
            _ => None,
        }
    }

    /// The configuration, with words between @ to be filled in.
    pub(super) fn template(self) -> &'static str {
        match self {
            Self::V2_3 => include_str!("../../../../tests/servers/dovecot/dovecot.conf.in"),
            Self::V2_4 => include_str!("../../../../tests/servers/dovecot/dovecot-2.4.conf.in"),
        }
    }

    /// What is added to it where everything is wanted that this version offers; the same words are filled in.
    pub(super) fn extras(self) -> &'static str {
        match self {
            Self::V2_3 => include_str!("../../../../tests/servers/dovecot/extras.conf.in"),
            Self::V2_4 => include_str!("../../../../tests/servers/dovecot/extras-2.4.conf.in"),
        }
    }

    /// Whether tokens of OAuth are taken where the extras are on.
    pub(super) fn takes_tokens(self) -> bool {
        self == Self::V2_3
    }

    /// A command of `doveadm` about the mail of the user that the environment names, without a running server. To be followed
    /// by its own arguments.
    pub(super) fn mail_command(self, command: &str, home: &Path) -> Vec<String> {
        let words = command.split(' ').map(str::to_owned);
        match self {
            Self::V2_3 => words.collect(),
            // 2.4 asks the running server for the user and the home unless it is told not to, and takes no home from HOME.
            Self::V2_4 => ["-o".to_owned(), format!("mail_home={}", home.display())]
                .into_iter()
                .chain(words)
                .chain(["--no-userdb-lookup".to_owned()])
                .collect(),
        }
    }

    /// Whether these last words of a Dovecot that did not start say that the package of a protocol is not installed.
    pub(super) fn misses_a_package(self, words: &str) -> bool {
        words.lines().any(|line| match self {
            Self::V2_3 => line.contains("Unknown protocol"),
            Self::V2_4 => {
                let program = ["service(imap", "service(pop3"].iter().any(|service| line.contains(service));
                program && line.contains("access(") && line.contains("No such file or directory")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_version_is_known_by_its_first_two_numbers() {
        assert_eq!(Dialect::of("2.3.19.1 (9b53102964)"), Some(Dialect::V2_3));
        assert_eq!(Dialect::of("2.4.1-4 (7d8c0e5759)"), Some(Dialect::V2_4));
        for other in ["2.2.36 (1f10bfa63)", "2.40.1", "2.5.0", "3.4.1", "12.3.1", ""] {
            assert_eq!(Dialect::of(other), None, "{other}");
        }
    }

    #[test]
    fn both_configurations_take_the_same_words() {
        let words = |dialect: Dialect| -> BTreeSet<&'static str> {
            let lines = dialect.template().lines().filter(|line| !line.starts_with('#'));
            lines.flat_map(|line| line.split('@').skip(1).step_by(2)).collect()
        };
        assert!(words(Dialect::V2_3).contains("dir"));
        assert_eq!(words(Dialect::V2_3), words(Dialect::V2_4));
    }

    #[test]
    fn a_missing_package_is_told_from_other_reasons() {
        let of_2_3 =
            "doveconf: Fatal: Error in configuration file x line 6: protocols: Unknown protocol: pop3";
        let of_2_4 = "Fatal: service(pop3) access(/usr/lib/dovecot/pop3) failed: No such file or directory";
        let in_use = "Error: service(pop3-login): listen(127.0.0.1, 110) failed: Address already in use";
        assert!(Dialect::V2_3.misses_a_package(of_2_3));
        assert!(Dialect::V2_4.misses_a_package(&format!("{of_2_4}\n{of_2_4}")));
        for dialect in [Dialect::V2_3, Dialect::V2_4] {
            assert!(!dialect.misses_a_package(in_use));
        }
    }

    #[test]
    fn the_switches_of_a_mail_command_stand_where_its_version_wants_them() {
        let command =
            |dialect: Dialect| dialect.mail_command("-f tab fetch", Path::new("/m/robin")).join(" ");
        assert_eq!(command(Dialect::V2_3), "-f tab fetch");
        assert_eq!(command(Dialect::V2_4), "-o mail_home=/m/robin -f tab fetch --no-userdb-lookup");
    }
}
