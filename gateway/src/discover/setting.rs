//! What is found: mail servers with all that a client needs to use them.

use super::question::Domain;
use crate::Host;
use serde::Serialize;

/// One way to a mailbox, or to send from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) protocol: Protocol,
    /// A name, checked and in lower case.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Security,
    /// `None` where the source does not say.
    pub(crate) username: Option<Username>,
    pub(crate) source: Source,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    Imap,
    Pop3,
    Smtp,
}

/// How TLS is used. There is no third way: a server without TLS is never proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Security {
    Implicit,
    StartTls,
}

/// What the server takes for a user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Username {
    /// The whole address.
    Address,
    /// What stands before the `@`.
    LocalPart,
    /// Another text, in which [`LOCAL_PART`] stands for what stands before the `@`.
    Pattern(String),
}

/// Where a setting comes from, in the order in which sources are preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// The domain's SRV records.
    Srv,
    /// The domain's autoconfig file.
    Autoconfig,
    /// Thunderbird's database.
    Ispdb,
    /// The built-in table, by the domain.
    Providers,
    /// The built-in table, by where the domain's mail goes.
    Mx,
    /// A usual name that answered with its own certificate.
    Guess,
}

/// What asking a source came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// It named servers.
    Found,
    /// It has nothing for this domain.
    None,
    /// It gave no answer in time, or one that can't be used or was not allowed.
    Failed,
}

/// Everything that is known of a domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// In the order of preference.
    pub(crate) settings: Vec<Setting>,
    pub(crate) outcomes: Vec<(Source, Outcome)>,
}

impl Findings {
    /// Adds what a source said after what others did.
    pub(crate) fn add(&mut self, source: Source, said: Result<Vec<Setting>, Miss>) {
        let outcome = match said {
            Ok(settings) => {
                settings.into_iter().for_each(|setting| self.merge(setting));
                Outcome::Found
            }
            Err(Miss::Nothing) => Outcome::None,
            Err(Miss::Failed(detail)) => {
                tracing::debug!(?source, detail, "a source failed");
                Outcome::Failed
            }
        };
        match self.outcomes.iter_mut().find(|(known, _)| *known == source) {
            // A source with two places, such as autoconfig, is judged by the better one.
            Some((_, known)) if outcome == Outcome::Found || *known == Outcome::None => *known = outcome,
            Some(_) => {}
            None => self.outcomes.push((source, outcome)),
        }
    }

    /// The same server from a second source adds only the form of the user name that the first did not know.
    fn merge(&mut self, setting: Setting) {
        if let Some(known) = self.settings.iter_mut().find(|known| known.leads_where(&setting)) {
            known.username = known.username.take().or(setting.username);
        } else if self.settings.len() < MOST_SETTINGS {
            self.settings.push(setting);
        }
    }

    pub(crate) fn has(&self, protocol: Protocol) -> bool {
        self.settings.iter().any(|setting| setting.protocol == protocol)
    }

    /// Puts the protocols one after the other; within one, the order stays.
    pub(crate) fn arrange(&mut self, order: [Protocol; 3]) {
        self.settings.sort_by_key(|setting| order.iter().position(|protocol| *protocol == setting.protocol));
    }
}

/// A host as others write it: a name of the internet. An address has no name in its certificate, and a name without a
/// dot is one of the network that the gateway stands in.
pub(crate) fn host(text: &str) -> Option<String> {
    match Host::parse(text)? {
        Host::Name(name) if name.contains('.') => Some(name),
        _ => None,
    }
}

impl Setting {
    fn leads_where(&self, other: &Self) -> bool {
        (self.protocol, self.port, self.tls) == (other.protocol, other.port, other.tls)
            && self.host == other.host
    }
}

/// Why a source gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Miss {
    /// It was asked and has nothing.
    Nothing,
    /// It failed. The text is for the log.
    Failed(String),
}

impl Miss {
    pub(crate) fn failed(detail: impl ToString) -> Self {
        Self::Failed(detail.to_string())
    }
}

/// An option in the answer.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'a> {
    protocol: Protocol,
    host: &'a str,
    port: u16,
    tls: Security,
    username: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username_pattern: Option<&'a str>,
    source: Source,
    confirm: bool,
    allowed: bool,
}

impl<'a> Shown<'a> {
    pub(crate) fn new(setting: &'a Setting, domain: &Domain, allowed: bool) -> Self {
        // RFC 6186, 4: the address is what to try where nothing else is known.
        let (username, username_pattern) = match &setting.username {
            None | Some(Username::Address) => ("address", None),
            Some(Username::LocalPart) => ("localpart", None),
            Some(Username::Pattern(pattern)) => ("pattern", Some(pattern.as_str())),
        };
        Self {
            protocol: setting.protocol,
            host: &setting.host,
            port: setting.port,
            tls: setting.tls,
            username,
            username_pattern,
            source: setting.source,
            confirm: !domain.holds(&setting.host),
            allowed,
        }
    }
}

/// Stands for the local part in [`Username::Pattern`].
pub(crate) const LOCAL_PART: &str = "%EMAILLOCALPART%";
/// More than anybody looks through; bounds what the cache holds.
const MOST_SETTINGS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn imap(host: &str, username: Option<Username>, source: Source) -> Setting {
        Setting {
            protocol: Protocol::Imap,
            host: host.to_owned(),
            port: 993,
            tls: Security::Implicit,
            username,
            source,
        }
    }

    #[test]
    fn a_second_source_adds_the_user_name_that_the_first_did_not_know() {
        let mut findings = Findings::default();
        findings.add(Source::Srv, Ok(vec![imap("imap.example.org", None, Source::Srv)]));
        let named = imap("imap.example.org", Some(Username::LocalPart), Source::Autoconfig);
        findings.add(Source::Autoconfig, Ok(vec![named]));
        let other = imap("imap.example.org", Some(Username::Address), Source::Guess);
        findings.add(Source::Guess, Ok(vec![other]));
        assert_eq!(findings.settings, [imap("imap.example.org", Some(Username::LocalPart), Source::Srv)]);
    }

    #[test]
    fn of_two_places_of_a_source_the_better_counts() {
        let failed = || Err(Miss::failed("slow"));
        let found = || Ok(vec![imap("imap.example.org", None, Source::Autoconfig)]);
        for (first, second, expected) in [
            (failed(), Err(Miss::Nothing), Outcome::Failed),
            (Err(Miss::Nothing), failed(), Outcome::Failed),
            (failed(), found(), Outcome::Found),
            (found(), failed(), Outcome::Found),
            (Err(Miss::Nothing), Err(Miss::Nothing), Outcome::None),
        ] {
            let mut findings = Findings::default();
            findings.add(Source::Autoconfig, first);
            findings.add(Source::Autoconfig, second);
            assert_eq!(findings.outcomes, [(Source::Autoconfig, expected)]);
        }
    }

    #[test]
    fn no_more_settings_are_kept_than_anybody_looks_through() {
        let mut findings = Findings::default();
        let many =
            (0..40).map(|number| imap(&format!("imap{number}.example.org"), None, Source::Srv)).collect();
        findings.add(Source::Srv, Ok(many));
        assert_eq!(findings.settings.len(), MOST_SETTINGS);
    }

    #[test]
    fn a_host_outside_the_domain_is_to_be_confirmed() {
        let domain = Domain::parse("example.org").unwrap();
        for (host, confirm) in [
            ("imap.example.org", false),
            ("example.org", false),
            ("imap.example.com", true),
            ("evilexample.org", true),
        ] {
            let setting = imap(host, None, Source::Srv);
            assert_eq!(Shown::new(&setting, &domain, true).confirm, confirm, "{host}");
        }
    }
}
