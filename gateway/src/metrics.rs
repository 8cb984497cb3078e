//! Figures for monitoring, in the text form of Prometheus (OpenMetrics 1.0). No label names a person, a client or a mail server:
//! each has a fixed, small set of values, so that the figures stay few and tell nobody who reads mail where.

use crate::certificate;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::Instant;
use waypost_tunnel::ErrorCode;

/// All figures of a gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    connections_open: Gauge,
    connections: Counter,
    connections_refused: Counter,
    requests_refused: Family<Label, Counter>,
    tunnels_open: Gauge,
    tunnels_opened: Counter,
    tunnels_refused: Family<Label, Counter>,
    tunnels_ended: Family<Label, Counter>,
    octets_up: Counter,
    octets_down: Counter,
    dial: Histogram,
    tls: Histogram,
    tls_failures: Family<Label, Counter>,
    pings: Counter,
    process: Process,
}

/// A label and one of its values.
type Label = [(&'static str, &'static str); 1];

/// Something that is open. Dropping it says that it is not any more.
#[derive(Debug)]
pub(crate) struct Opened(Gauge);

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let process = Process::new(registry.sub_registry_with_prefix("process"));
        let own = registry.sub_registry_with_prefix("waypost");
        own.register(
            "build",
            "The version of the gateway",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        let octets = counters("direction", ["up", "down"]);
        let of = |direction| octets.get_or_create(&[("direction", direction)]).clone();
        let metrics = Self {
            connections_open: Gauge::default(),
            connections: Counter::default(),
            connections_refused: Counter::default(),
            requests_refused: counters("status", STATUSES),
            tunnels_open: Gauge::default(),
            tunnels_opened: Counter::default(),
            tunnels_refused: counters("reason", reasons()),
            tunnels_ended: counters("reason", reasons()),
            octets_up: of("up"),
            octets_down: of("down"),
            dial: Histogram::new(SECONDS),
            tls: Histogram::new(SECONDS),
            tls_failures: counters("kind", certificate::KINDS),
            pings: Counter::default(),
            process,
            registry: Registry::default(),
        };
        own.register(
            "connections_open",
            "Connections of clients that are open",
            metrics.connections_open.clone(),
        );
        own.register("connections", "Connections of clients", metrics.connections.clone());
        own.register(
            "connections_refused",
            "Connections closed at once because of a limit",
            metrics.connections_refused.clone(),
        );
        own.register(
            "requests_refused",
            "Requests refused by a rule, by status",
            metrics.requests_refused.clone(),
        );
        own.register("tunnels_open", "Tunnels that are open", metrics.tunnels_open.clone());
        own.register("tunnels_opened", "Tunnels opened", metrics.tunnels_opened.clone());
        own.register(
            "tunnels_refused",
            "Tunnels that were asked for and not opened, by reason",
            metrics.tunnels_refused.clone(),
        );
        own.register(
            "tunnels_ended",
            "Tunnels that were open and ended, by reason",
            metrics.tunnels_ended.clone(),
        );
        own.register("octets", "Octets carried: up to mail servers, down to clients", octets);
        own.register_with_unit(
            "dial",
            "Looking up and connecting to mail servers",
            Unit::Seconds,
            metrics.dial.clone(),
        );
        own.register_with_unit(
            "tls_handshake",
            "TLS handshakes with mail servers",
            Unit::Seconds,
            metrics.tls.clone(),
        );
        own.register(
            "tls_failures",
            "TLS handshakes with mail servers that failed, by kind",
            metrics.tls_failures.clone(),
        );
        own.register("pings", "Silent clients asked whether they are there", metrics.pings.clone());
        Self { registry, ..metrics }
    }

    /// A connection was taken.
    pub(crate) fn connected(&self) -> Opened {
        self.connections.inc();
        self.connections_open.inc();
        Opened(self.connections_open.clone())
    }

    pub(crate) fn connection_refused(&self) {
        self.connections_refused.inc();
    }

    /// A rule refused a request.
    pub(crate) fn request_refused(&self, status: hyper::StatusCode) {
        let status = STATUSES.into_iter().find(|known| *known == status.as_str()).unwrap_or(OTHER);
        self.requests_refused.get_or_create(&[("status", status)]).inc();
    }

    pub(crate) fn tunnel_opened(&self) -> Opened {
        self.tunnels_opened.inc();
        self.tunnels_open.inc();
        Opened(self.tunnels_open.clone())
    }

    /// A tunnel is over; `reason` is a code of the protocol, `ended` or `client gone`.
    pub(crate) fn tunnel_over(&self, was_open: bool, reason: &str) {
        let reason = reasons().find(|known| *known == reason).unwrap_or(OTHER);
        let family = if was_open { &self.tunnels_ended } else { &self.tunnels_refused };
        family.get_or_create(&[("reason", reason)]).inc();
    }

    pub(crate) fn carried_up(&self, octets: usize) {
        self.octets_up.inc_by(octets as u64);
    }

    pub(crate) fn carried_down(&self, octets: usize) {
        self.octets_down.inc_by(octets as u64);
    }

    pub(crate) fn dialled(&self, since: Instant) {
        self.dial.observe(since.elapsed().as_secs_f64());
    }

    pub(crate) fn shaken(&self, since: Instant) {
        self.tls.observe(since.elapsed().as_secs_f64());
    }

    pub(crate) fn tls_failed(&self, kind: &'static str) {
        self.tls_failures.get_or_create(&[("kind", kind)]).inc();
    }

    pub(crate) fn pinged(&self) {
        self.pings.inc();
    }

    /// All of them as text.
    pub(crate) fn text(&self) -> String {
        self.process.look();
        let mut text = String::new();
        // Only writing could fail, and a string takes everything.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Counters for these values of a label. They begin at 0, so that the first event shows as a rise.
fn counters(label: &'static str, values: impl IntoIterator<Item = &'static str>) -> Family<Label, Counter> {
    let family: Family<Label, Counter> = Family::default();
    for value in values {
        drop(family.get_or_create(&[(label, value)]));
    }
    family
}

/// Why tunnels are refused or end.
fn reasons() -> impl Iterator<Item = &'static str> {
    ErrorCode::ALL.iter().map(|code| code.as_str()).chain(["ended", "client gone", OTHER])
}

/// The figures that every program has, under the names that Prometheus' own libraries give them. Where the system does not tell
/// them they stay 0.
#[derive(Debug)]
struct Process {
    memory: Gauge,
    descriptors: Gauge,
}

impl Process {
    fn new(registry: &mut Registry) -> Self {
        let process = Self { memory: Gauge::default(), descriptors: Gauge::default() };
        let start: Gauge = Gauge::default();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        start.set(now.as_secs().try_into().unwrap_or(i64::MAX));
        registry.register_with_unit(
            "resident_memory",
            "Resident memory",
            Unit::Bytes,
            process.memory.clone(),
        );
        registry.register("open_fds", "Open file descriptors", process.descriptors.clone());
        registry.register_with_unit("start_time", "Start, since 1970", Unit::Seconds, start);
        process
    }

    fn look(&self) {
        if let Some(kibibytes) =
            std::fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident)
        {
            self.memory.set(kibibytes.saturating_mul(1024));
        }
        if let Ok(folder) = std::fs::read_dir("/proc/self/fd") {
            // One of them is the folder itself.
            self.descriptors.set(folder.count().saturating_sub(1).try_into().unwrap_or(i64::MAX));
        }
    }
}

/// KiB that are in memory, of `/proc/self/status` (proc_pid_status(5)).
fn resident(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// What rules refuse requests with.
const STATUSES: [&str; 4] = ["403", "421", "429", OTHER];
const OTHER: &str = "other";
/// From a server next door to one that hardly answers; the deadlines end what takes longer.
const SECONDS: [f64; 11] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_counted_until_it_is_dropped() {
        let metrics = Metrics::new();
        let first = metrics.tunnel_opened();
        let second = metrics.tunnel_opened();
        drop(first);
        let text = metrics.text();
        assert!(text.contains("\nwaypost_tunnels_open 1\n"), "{text}");
        assert!(text.contains("\nwaypost_tunnels_opened_total 2\n"), "{text}");
        drop(second);
        assert!(metrics.text().contains("\nwaypost_tunnels_open 0\n"));
    }

    #[test]
    fn no_word_of_a_client_becomes_a_label() {
        let metrics = Metrics::new();
        metrics.tunnel_over(false, "target-denied");
        metrics.tunnel_over(true, "kim@example.org");
        let text = metrics.text();
        assert!(text.contains("waypost_tunnels_refused_total{reason=\"target-denied\"} 1"), "{text}");
        assert!(text.contains("waypost_tunnels_ended_total{reason=\"other\"} 1"), "{text}");
        assert!(!text.contains("kim"), "{text}");
    }

    #[test]
    fn the_process_is_looked_at() {
        let text = Metrics::new().text();
        let figure = |name: &str| -> u64 {
            let line =
                text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}"));
            line.trim().parse().unwrap()
        };
        assert!(figure("process_resident_memory_bytes ") > 100_000);
        assert!(figure("process_open_fds ") >= 3);
        assert!(figure("process_start_time_seconds ") > 1_700_000_000);
        assert_eq!(resident("Name:\tx\nVmRSS:\t   1234 kB\nThreads:\t1\n"), Some(1234));
        assert_eq!(resident("VmRSS:\t99999999999999999999 kB"), None);
    }
}
