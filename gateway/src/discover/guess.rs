//! Usual names of mail servers. One counts only if it would be reached by a tunnel too and shows a valid certificate
//! for its own name: a name that exists says nothing, where a domain answers for every name.

use super::question::Domain;
use super::reach::Errand;
use super::setting::{Miss, Protocol, Security, Setting, Source};
use crate::Host;
use crate::policy::{self, Asked};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::timeout;
use waypost_tunnel::TlsMode;

/// Tries the names for these protocols, all at once.
pub(crate) async fn settings(
    errand: Errand<'_>,
    domain: &Domain,
    protocols: &[Protocol],
) -> Result<Vec<Setting>, Miss> {
    let wanted = GUESSES.iter().filter(|(protocol, _, _)| protocols.contains(protocol));
    let tries = wanted.map(|guess| async move {
        let host = format!("{}.{domain}", guess.1);
        timeout(WITHIN, attempt(errand, &host, guess.2))
            .await
            .unwrap_or_else(|_| Err(Miss::failed("no answer in time")))
            .map(|()| setting(guess.0, host, guess.2))
    });
    let found: Vec<Setting> = join_all(tries).await.into_iter().filter_map(Result::ok).collect();
    if found.is_empty() { Err(Miss::Nothing) } else { Ok(found) }
}

async fn attempt(errand: Errand<'_>, host: &str, port: u16) -> Result<(), Miss> {
    let failed = |denial: policy::Denial| Miss::failed(denial.detail);
    let host = Host::parse(host).ok_or(Miss::Nothing)?;
    let asked = Asked { host, port, tls: TlsMode::Implicit };
    let rows = policy::allowed(&asked, errand.grant, &errand.gate.config.targets).map_err(failed)?;
    let (row, stream) = errand.connect(&asked, &rows).await?;
    let shake = errand.gate.connectors.handshake(row, &asked.host, stream, WITHIN);
    shake.await.map(drop).map_err(failed)
}

fn setting(protocol: Protocol, host: String, port: u16) -> Setting {
    Setting { protocol, host, port, tls: Security::Implicit, username: None, source: Source::Guess }
}

const GUESSES: [(Protocol, &str, u16); 3] =
    [(Protocol::Imap, "imap", 993), (Protocol::Imap, "mail", 993), (Protocol::Pop3, "pop", 995)];
/// A mail server that takes longer is one that a person will not wait for.
const WITHIN: Duration = Duration::from_secs(3);
