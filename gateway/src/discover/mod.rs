//! Finding a mail server's settings from a domain: `POST /api/discover`.
//!
//! | Source | Asks | File |
//! |---|---|---|
//! | table of providers, by domain | nobody | `providers.rs` |
//! | SRV records (RFC 6186, RFC 8314) | the name server | `srv.rs`, `names.rs` |
//! | autoconfig | the domain's own servers, over https | `autoconfig.rs`, `fetch.rs` |
//! | Thunderbird's database, if the configuration says so | Mozilla's server | the same |
//! | table of providers, by MX | the name server | `providers.rs` |
//! | usual names | hosts of the domain that a tunnel may reach | `guess.rs` |
//!
//! Every connection goes through `reach.rs`: looked up once, every address checked, only those checked dialled. What
//! is found is a proposal: a page shows it, and a tunnel there passes the rules for tunnels like any other.

mod autoconfig;
mod cache;
mod fetch;
mod guess;
mod names;
mod providers;
mod question;
mod reach;
pub(crate) mod route;
mod setting;
mod srv;

use crate::access::Pass;
use crate::config::{Config, ConfigError, Grant, Target};
use crate::policy::count::Counter;
use crate::policy::count::subscriber;
use crate::policy::rate::Buckets;
use crate::server::Gate;
use crate::tls::Connectors;
use crate::{Host, HostPattern};
use cache::Cache;
use fetch::Web;
use names::Names;
use question::{Domain, Question};
use reach::Errand;
use serde::Deserialize;
use setting::{Findings, Miss, Protocol, Setting, Source};
use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use url::Url;

/// Whether and how settings of mail servers are found.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Discovery {
    /// Whether `/api/discover` answers.
    pub enabled: bool,
    /// Whether Thunderbird's database is asked too, which tells Mozilla the domain.
    pub ispdb: bool,
    /// Questions of one client address in a minute.
    pub per_minute_per_client: u32,
    /// The world that tests live in.
    #[serde(skip)]
    #[doc(hidden)]
    pub surroundings: Surroundings,
}

impl Default for Discovery {
    fn default() -> Self {
        Self { enabled: true, ispdb: false, per_minute_per_client: 10, surroundings: Surroundings::default() }
    }
}

impl Discovery {
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        if (1..=MOST_PER_MINUTE).contains(&self.per_minute_per_client) {
            return Ok(());
        }
        Err(ConfigError(format!(
            "discovery.per_minute_per_client must be a number from 1 to {MOST_PER_MINUTE}. To answer nobody, set discovery.enabled = false."
        )))
    }
}

/// Name servers, hosts and authorities of a test. No key of the configuration reaches it, so a gateway in use asks the
/// system's name servers, dials what it has checked and trusts the system's authorities.
#[derive(Debug, Clone, Default)]
#[doc(hidden)]
#[non_exhaustive]
pub struct Surroundings {
    /// Asked instead of the system's.
    pub name_servers: Vec<SocketAddr>,
    /// Where an address is dialled after it was checked; others then lead nowhere.
    pub instead_of: Option<HashMap<SocketAddr, SocketAddr>>,
    /// PEM files that are trusted for https besides the system's.
    pub authorities: Vec<PathBuf>,
}

/// Finds settings, remembers them, and counts who asks.
#[derive(Debug)]
pub(crate) struct Finder {
    ispdb: bool,
    surroundings: Surroundings,
    /// The rule for files over https, and TLS for it.
    web: Target,
    connectors: Connectors,
    cache: Cache,
    questions: Arc<Buckets<IpAddr>>,
    per_minute_per_client: u32,
    places: Counter,
}

impl Finder {
    /// `None` if the configuration wants none.
    ///
    /// # Errors
    /// The system has no certificate authorities.
    pub(crate) fn new(config: &Config) -> Result<Option<Self>, ConfigError> {
        let settings = &config.discovery;
        if !settings.enabled {
            return Ok(None);
        }
        let mut web = Target::new(HostPattern::Any, vec![fetch::PORT]);
        web.ca.clone_from(&settings.surroundings.authorities);
        Ok(Some(Self {
            connectors: Connectors::load(std::slice::from_ref(&web))?,
            web,
            ispdb: settings.ispdb,
            surroundings: settings.surroundings.clone(),
            cache: Cache::default(),
            questions: Arc::new(Buckets::new(MINUTE)),
            per_minute_per_client: settings.per_minute_per_client,
            places: Counter::new(MOST_AT_ONCE, MOST_AT_ONCE_PER_CLIENT),
        }))
    }

    /// Goes on counting where another one was. What it has found is forgotten: other rules could find something else.
    pub(crate) fn after(self, before: Option<&Self>) -> Self {
        let Some(before) = before else { return self };
        Self { questions: Arc::clone(&before.questions), places: before.places.clone(), ..self }
    }

    /// Takes one question of this client.
    ///
    /// # Errors
    /// It has asked too often. After that time there is another.
    pub(crate) fn take(&self, client: IpAddr) -> Result<(), Duration> {
        let (now, rate) = (tokio::time::Instant::now(), f64::from(self.per_minute_per_client));
        let bucket = self.questions.of(subscriber(client), rate / MINUTE.as_secs_f64(), now);
        let taken = bucket.lock().unwrap_or_else(PoisonError::into_inner).take_one(now);
        if taken { Ok(()) } else { Err(MINUTE / self.per_minute_per_client.max(1)) }
    }

    /// What is known of a domain, or can be found within [`ALL`].
    pub(crate) async fn find(
        &self,
        gate: &Gate,
        question: &Question,
        client: IpAddr,
        pass: &Pass,
    ) -> Arc<Findings> {
        // Without a question to anybody, so that nobody learns of it.
        if let Some(servers) = providers::of_domain(&question.domain) {
            let mut findings = Findings::default();
            findings.add(Source::Providers, servers);
            return Arc::new(findings);
        }
        let granted = pass.grant.targets.as_ref();
        let may = reaches(gate.config.targets.iter().map(|target| &target.host), &question.domain)
            && granted.is_none_or(|rows| reaches(rows.iter().map(|row| &row.host), &question.domain));
        if !may {
            return Arc::default();
        }
        if let Some(known) = self.cache.find(question, Instant::now()) {
            return known;
        }
        let findings = Arc::new(self.ask_everybody(gate, question, client, &pass.grant).await);
        // What could not be tried for one token could be for another.
        if granted.is_none() {
            self.cache.keep(question, &findings, Instant::now());
        }
        findings
    }

    async fn ask_everybody(
        &self,
        gate: &Gate,
        question: &Question,
        client: IpAddr,
        grant: &Grant,
    ) -> Findings {
        let mut findings = Findings::default();
        let names = match Names::new(&self.surroundings) {
            Ok(names) => names,
            Err(miss) => {
                findings.add(Source::Srv, Err(miss));
                return findings;
            }
        };
        let errand = Errand { gate, names: &names, surroundings: &self.surroundings, client, grant };
        let started = Instant::now();
        let places = async {
            let files = autoconfig::places(question)
                .into_iter()
                .map(|url| self.file(errand, url, question, Source::Autoconfig));
            futures_util::future::join_all(files).await
        };
        let (records, files, database, mx) = tokio::join!(
            srv_records(&names, &question.domain),
            places,
            self.database(errand, question),
            within(EACH, async { providers::of_mx(&names.mx(question.domain.as_str()).await?) }),
        );
        let (said, not_offered, order) = records;
        findings.add(Source::Srv, said);
        files.into_iter().for_each(|file| findings.add(Source::Autoconfig, file));
        if let Some(database) = database {
            findings.add(Source::Ispdb, database);
        }
        findings.add(Source::Mx, mx);
        let wanted: Vec<Protocol> = [Protocol::Imap, Protocol::Pop3]
            .into_iter()
            .filter(|protocol| !findings.has(*protocol) && !not_offered.contains(protocol))
            .collect();
        if !wanted.is_empty() {
            let left = ALL.saturating_sub(started.elapsed());
            let guesses = guess::settings(errand, &question.domain, &wanted);
            findings.add(Source::Guess, within(left, guesses).await);
        }
        findings.arrange(order);
        findings
    }

    async fn file(
        &self,
        errand: Errand<'_>,
        url: Url,
        question: &Question,
        source: Source,
    ) -> Result<Vec<Setting>, Miss> {
        let web = Web { errand, rule: &self.web, connectors: &self.connectors, within: EACH };
        let octets = within(EACH, web.get(url, question)).await?;
        autoconfig::read(&octets, question, source)
    }

    /// Only the domain is told to it.
    async fn database(&self, errand: Errand<'_>, question: &Question) -> Option<Result<Vec<Setting>, Miss>> {
        let url = autoconfig::database(question).filter(|_| self.ispdb)?;
        let nobody = Question { domain: question.domain.clone(), local: None };
        Some(self.file(errand, url, &nobody, Source::Ispdb).await)
    }
}

/// Where tunnels lead to hosts that the configuration names, a stranger's domain is nothing to go out for: only one that
/// has such a host in it, or below it.
fn reaches<'a>(mut hosts: impl Iterator<Item = &'a HostPattern>, domain: &Domain) -> bool {
    hosts.any(|host| match host {
        HostPattern::Any => true,
        HostPattern::Below(parent) => {
            domain.holds(parent) || Domain::parse(parent).is_some_and(|parent| parent.holds(domain.as_str()))
        }
        HostPattern::Exactly(Host::Name(name)) => domain.holds(name),
        HostPattern::Exactly(Host::Address(_)) => false,
    })
}

/// What the SRV records say, what they say is not offered, and the order of protocols.
async fn srv_records(
    names: &Names,
    domain: &Domain,
) -> (Result<Vec<Setting>, Miss>, Vec<Protocol>, [Protocol; 3]) {
    let questions = srv::SERVICES.map(|service| async move {
        (service, within(EACH, names.srv(service.name, domain.as_str())).await)
    });
    let mut found = Vec::new();
    let mut failure = None;
    for (service, answer) in futures_util::future::join_all(questions).await {
        match answer {
            Ok(records) => found.push((service, records)),
            Err(Miss::Nothing) => {}
            Err(failed) => failure = Some(failed),
        }
    }
    let random = RandomState::new();
    let mut drawn = 0_u64;
    let said = srv::read(found, |most| {
        drawn += 1;
        u32::try_from(random.hash_one(drawn) % (u64::from(most) + 1)).unwrap_or(0)
    });
    let order = if said.prefers_pop3 {
        [Protocol::Pop3, Protocol::Imap, Protocol::Smtp]
    } else {
        [Protocol::Imap, Protocol::Pop3, Protocol::Smtp]
    };
    let settings =
        if said.settings.is_empty() { Err(failure.unwrap_or(Miss::Nothing)) } else { Ok(said.settings) };
    (settings, said.not_offered, order)
}

async fn within<T>(time: Duration, work: impl Future<Output = Result<T, Miss>>) -> Result<T, Miss> {
    timeout(time, work).await.unwrap_or_else(|_| Err(Miss::failed("no answer in time")))
}

/// More is no person who types addresses.
const MOST_PER_MINUTE: u32 = 6000;
/// A domain has at most 253 octets and an address 254.
const MOST_QUESTION: usize = 1024;
const MINUTE: Duration = Duration::from_secs(60);
/// For one source.
const EACH: Duration = Duration::from_secs(5);
/// For all: a person waits.
const ALL: Duration = Duration::from_secs(10);
/// Questions that are being answered: each may hold a dozen connections for some seconds.
const MOST_AT_ONCE: u32 = 16;
const MOST_AT_ONCE_PER_CLIENT: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_for_named_hosts_goes_out_only_for_their_domains() {
        let reaches = |hosts: &[&str], domain: &str| {
            let hosts: Vec<HostPattern> =
                hosts.iter().map(|host| HostPattern::try_from((*host).to_owned()).unwrap()).collect();
            reaches(hosts.iter(), &Domain::parse(domain).unwrap())
        };
        assert!(reaches(&["*"], "anything.example"));
        assert!(reaches(&["imap.example.org"], "example.org"));
        assert!(reaches(&["*.example.org"], "example.org"));
        assert!(reaches(&["*.example.org"], "team.example.org"));
        assert!(reaches(&["*.mail.example.org"], "example.org"));
        for hosts in [&["imap.example.org", "*.example.org", "127.0.0.1"][..], &[]] {
            assert!(!reaches(hosts, "example.com") && !reaches(hosts, "badexample.org"));
        }
        assert!(!reaches(&["imap.example.org"], "other.example.org"));
    }
}
