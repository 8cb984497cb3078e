//! Questions to name servers: those of the system, by UDP and for long answers by TCP.
//!
//! Tunnels ask the system's resolver, which holds a thread for each question and knows no SRV. Here a question that
//! nobody waits for any more is dropped, so that finding settings takes nothing away from tunnels.

use super::Surroundings;
use super::setting::Miss;
use super::srv::Record;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Asks name servers.
pub(crate) struct Names(TokioResolver);

impl Names {
    /// The name servers of `/etc/resolv.conf` as it is now: machines move between networks.
    pub(crate) fn new(surroundings: &Surroundings) -> Result<Self, Miss> {
        let servers = surroundings.name_servers.iter().map(|address| {
            let mut connections = vec![ConnectionConfig::udp(), ConnectionConfig::tcp()];
            connections.iter_mut().for_each(|connection| connection.port = address.port());
            NameServerConfig::new(address.ip(), true, connections)
        });
        let servers: Vec<NameServerConfig> = servers.collect();
        let mut builder = if servers.is_empty() {
            // Without the file the C library asks this machine too (resolv.conf(5)).
            TokioResolver::builder_tokio().unwrap_or_else(|_| {
                let local = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
                built_with(vec![local])
            })
        } else {
            built_with(servers)
        };
        bound(builder.options_mut());
        builder.build().map(Self).map_err(Miss::failed)
    }

    /// SRV records.
    pub(crate) async fn srv(&self, service: &str, domain: &str) -> Result<Vec<Record>, Miss> {
        let found = self.records(&format!("{service}._tcp.{domain}"), RecordType::SRV).await?;
        let records = found.into_iter().filter_map(|data| match data {
            RData::SRV(srv) => Some(Record {
                priority: srv.priority,
                weight: srv.weight,
                port: srv.port,
                target: srv.target.to_ascii(),
            }),
            _ => None,
        });
        Ok(records.collect())
    }

    /// The hosts that take the domain's mail, the preferred ones first.
    pub(crate) async fn mx(&self, domain: &str) -> Result<Vec<String>, Miss> {
        let found = self.records(domain, RecordType::MX).await?;
        let mut hosts: Vec<(u16, String)> = found
            .into_iter()
            .filter_map(|data| match data {
                RData::MX(mx) => {
                    Some((mx.preference, mx.exchange.to_ascii().trim_end_matches('.').to_ascii_lowercase()))
                }
                _ => None,
            })
            .collect();
        hosts.sort();
        Ok(hosts.into_iter().map(|(_, host)| host).collect())
    }

    /// The addresses of a host.
    pub(crate) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Miss> {
        let found = self.0.lookup_ip(absolute(host)?).await.map_err(miss)?;
        let found: Vec<SocketAddr> =
            found.iter().take(MOST_RECORDS).map(|address| SocketAddr::new(address, port)).collect();
        if found.is_empty() { Err(Miss::Nothing) } else { Ok(found) }
    }

    async fn records(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, Miss> {
        let found = self.0.lookup(absolute(name)?, kind).await.map_err(miss)?;
        Ok(found.answers().iter().take(MOST_RECORDS).map(|record| record.data.clone()).collect())
    }
}

fn built_with(servers: Vec<NameServerConfig>) -> hickory_resolver::ResolverBuilder<TokioRuntimeProvider> {
    let config = ResolverConfig::from_name_servers(servers);
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
}

fn bound(options: &mut ResolverOpts) {
    options.timeout = TIMEOUT;
    options.attempts = 2;
    // One question is answered with it; what is found is kept elsewhere.
    options.cache_size = 32;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    // It would be read for each question, and can be long where it blocks advertisements.
    options.use_hosts_file = ResolveHosts::Never;
}

/// With the dot at the end: without it the search list of the system would add names of the network inside.
fn absolute(name: &str) -> Result<Name, Miss> {
    let mut name = Name::from_ascii(name).map_err(Miss::failed)?;
    name.set_fqdn(true);
    Ok(name)
}

/// That there is nothing is an answer; that the name server can't say is none.
fn miss(error: NetError) -> Miss {
    match &error {
        NetError::Dns(DnsError::NoRecordsFound(answer))
            if [ResponseCode::NXDomain, ResponseCode::NoError].contains(&answer.response_code) =>
        {
            Miss::Nothing
        }
        _ => Miss::failed(error),
    }
}

const TIMEOUT: Duration = Duration::from_secs(2);
/// Of one answer. A name with more is not a mail server's.
const MOST_RECORDS: usize = 16;
