//! What the files for installing say to the gateway is what it understands.

use waypost_gateway::{Config, Settings};

const COMPOSE: &str = include_str!("../../deploy/compose.yaml");
const KUBERNETES: &str = include_str!("../../deploy/kubernetes.yaml");
const IMAGE: &str = include_str!("../../deploy/Dockerfile");
const UNIT: &str = include_str!("../../deploy/waypost-gateway.service");

/// The settings that these pairs of a name and a value make.
fn config<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Config {
    let pairs = pairs.map(|(name, value)| (name.trim().into(), value.trim_matches('\'').into()));
    Settings::from_environment(pairs).unwrap().load().unwrap()
}

#[test]
fn the_compose_file_sets_keys_that_exist() {
    let lines = COMPOSE.lines().filter(|line| line.trim_start().starts_with("WAYPOST_"));
    let config = config(lines.filter_map(|line| line.split_once(": ")));
    assert_eq!(config.listen.to_string(), "0.0.0.0:8790");
    assert_eq!((config.origins.len(), config.targets.len()), (1, 1));
    assert!(config.warnings(config.listen).is_empty());
    // The proxy that the gateway believes is the one that the network has.
    let proxy = config.trusted_proxies[0].to_string();
    assert!(COMPOSE.contains(&format!("ipv4_address: {proxy} ")), "{proxy}");
    assert!(COMPOSE.contains("--to gateway:8790"));
}

#[test]
fn the_image_sets_keys_that_exist() {
    let lines = IMAGE.lines().filter_map(|line| line.strip_prefix("ENV "));
    let config = config(lines.filter_map(|line| line.split_once('=')));
    assert!(IMAGE.contains(&format!("EXPOSE {}", config.listen.port())));
    assert!(!config.listen.ip().is_loopback(), "nobody could reach it");
}

#[test]
fn the_manifest_holds_a_configuration_and_probes_that_fit_it() {
    let (_, rest) = KUBERNETES.split_once("  gateway.toml: |\n").unwrap();
    let (text, _) = rest.split_once("\n---\n").unwrap();
    let text: Vec<&str> = text.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let config = Config::parse(&text.join("\n")).unwrap();
    assert!(config.warnings(config.listen).is_empty());
    let metrics = config.metrics.listen.unwrap();
    for (name, port) in [("http", config.listen.port()), ("metrics", metrics.port())] {
        assert!(KUBERNETES.contains(&format!("{{ name: {name}, containerPort: {port} }}")), "{name}");
    }
    let (_, grace) = KUBERNETES.split_once("terminationGracePeriodSeconds: ").unwrap();
    let grace: u64 = grace.lines().next().unwrap().parse().unwrap();
    assert!(config.limits.drain.as_secs() < grace);
}

#[test]
fn the_unit_waits_longer_than_the_gateway_drains() {
    let (_, stop) = UNIT.split_once("\nTimeoutStopSec=").unwrap();
    let stop: u64 = stop.lines().next().unwrap().parse().unwrap();
    assert!(Config::default().limits.drain.as_secs() < stop);
}
