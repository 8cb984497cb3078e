//! What the files for installing say to the gateway is what it understands.

use std::net::SocketAddr;
use waypost_gateway::{Config, Listen, Settings};

const COMPOSE: &str = include_str!("../../deploy/compose.yaml");
const KUBERNETES: &str = include_str!("../../deploy/kubernetes.yaml");
const IMAGE: &str = include_str!("../../deploy/Dockerfile");
const UNIT: &str = include_str!("../../deploy/waypost-gateway.service");

/// The settings that these pairs of a name and a value make.
fn config<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Config {
    let pairs = pairs.map(|(name, value)| (name.trim().into(), value.trim_matches('\'').into()));
    Settings::from_environment(pairs).unwrap().load().unwrap()
}

/// The one address that it listens on.
fn address(config: &Config) -> SocketAddr {
    match config.listen[..] {
        [Listen::Address(address)] => address,
        _ => panic!("one address: {:?}", config.listen),
    }
}

#[test]
fn the_compose_file_sets_keys_that_exist() {
    let lines = COMPOSE.lines().filter(|line| line.trim_start().starts_with("WAYPOST_"));
    let config = config(lines.filter_map(|line| line.split_once(": ")));
    assert_eq!(address(&config).to_string(), "0.0.0.0:8790");
    assert_eq!((config.origins.len(), config.targets.len()), (1, 1));
    assert!(config.warnings(address(&config)).is_empty());
    // The proxy that the gateway believes is the one that the network has.
    let proxies = COMPOSE.lines().find_map(|line| line.trim().strip_prefix("WAYPOST_TRUSTED_PROXIES: "));
    let (proxy, count) = (proxies.unwrap().trim_matches('"'), config.trusted_proxies.len());
    assert_eq!(count, 1);
    assert!(COMPOSE.contains(&format!("ipv4_address: {proxy} ")), "{proxy}");
    assert!(COMPOSE.contains("--to gateway:8790"));
}

#[test]
fn the_image_sets_keys_that_exist() {
    let lines = IMAGE.lines().filter_map(|line| line.strip_prefix("ENV "));
    let config = config(lines.filter_map(|line| line.split_once('=')));
    assert!(IMAGE.contains(&format!("EXPOSE {}", address(&config).port())));
    assert!(!address(&config).ip().is_loopback(), "nobody could reach it");
}

#[test]
fn the_manifest_holds_a_configuration_and_probes_that_fit_it() {
    let (_, rest) = KUBERNETES.split_once("  gateway.toml: |\n").unwrap();
    let (text, _) = rest.split_once("\n---\n").unwrap();
    let text: Vec<&str> = text.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let config = Config::parse(&text.join("\n")).unwrap();
    assert!(config.warnings(address(&config)).is_empty());
    let metrics = config.metrics.listen.unwrap();
    for (name, port) in [("http", address(&config).port()), ("metrics", metrics.port())] {
        assert!(KUBERNETES.contains(&format!("{{ name: {name}, containerPort: {port} }}")), "{name}");
    }
    let (_, grace) = KUBERNETES.split_once("terminationGracePeriodSeconds: ").unwrap();
    let grace: u64 = grace.lines().next().unwrap().parse().unwrap();
    assert!(config.limits.drain.as_secs() < grace);
}

#[test]
fn the_socket_is_where_the_gateway_listens_by_itself() {
    const SOCKET: &str = include_str!("../../deploy/waypost-gateway.socket");
    let stream = format!("\nListenStream={}\n", address(&Config::default()));
    assert!(SOCKET.contains(&stream), "{stream}");
    // It tells the service manager when it is ready, and takes SIGHUP.
    assert!(UNIT.contains("\nType=notify\n") && UNIT.contains("\nExecReload="));
}

#[test]
fn the_unit_waits_longer_than_the_gateway_drains() {
    let (_, stop) = UNIT.split_once("\nTimeoutStopSec=").unwrap();
    let stop: u64 = stop.lines().next().unwrap().parse().unwrap();
    assert!(Config::default().limits.drain.as_secs() < stop);
}
