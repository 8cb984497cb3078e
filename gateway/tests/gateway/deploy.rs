//! What the files for installing say to the gateway is what it understands.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use waypost_gateway::{Config, Listen, Settings};
use yaml_rust2::{Yaml, YamlLoader};

const COMPOSE: &str = include_str!("../../deploy/compose.yaml");
const KUBERNETES: &str = include_str!("../../deploy/kubernetes.yaml");
const IMAGE: &str = include_str!("../../deploy/Dockerfile");
const UNIT: &str = include_str!("../../deploy/waypost-gateway.service");
const SOCKET: &str = include_str!("../../deploy/waypost-gateway.socket");
const PACKAGE: &str = include_str!("../../../scripts/deb.sh");
const INSTALLED: &str = "/usr/bin/waypost-gateway";

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

/// What a command line of these files says to the program: the file of the configuration is one that a test has.
fn understands<'a>(words: impl IntoIterator<Item = &'a str>, folder: &Path) {
    let file = folder.join("gateway.toml");
    std::fs::write(&file, "listen = '127.0.0.1:0'").unwrap();
    let words: Vec<&str> = words.into_iter().collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_waypost-gateway"));
    if !words.contains(&"check-config") {
        command.arg("check-config");
    }
    for word in &words {
        if *word == CONFIGURATION {
            command.arg(&file)
        } else {
            command.arg(word)
        };
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const CONFIGURATION: &str = "/etc/waypost/gateway.toml";

#[test]
fn the_unit_calls_the_program_as_it_wants_to_be_called() {
    let folder = tempfile::tempdir().unwrap();
    let calls: Vec<&str> = UNIT
        .lines()
        .filter(|line| line.starts_with("Exec"))
        .filter_map(|line| line.split_once('=')?.1.strip_prefix(INSTALLED))
        .collect();
    assert_eq!(calls.len(), 3, "{calls:?}");
    for call in calls {
        assert!(call.contains(CONFIGURATION), "{call}");
        understands(call.split_whitespace(), folder.path());
    }
    // Where the package puts what the files name.
    for file in [INSTALLED, CONFIGURATION] {
        assert!(PACKAGE.contains(file.trim_start_matches('/')), "{file}");
    }
    assert!(IMAGE.contains(&format!("COPY {} {INSTALLED}\n", INSTALLED.trim_start_matches('/'))));
    assert!(IMAGE.contains(&format!("ENTRYPOINT [{INSTALLED:?}]")));
}

#[test]
fn systemd_understands_the_units_and_finds_them_safe() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (unit, socket) = (path("waypost-gateway.service"), path("waypost-gateway.socket"));
    std::fs::write(&unit, UNIT.replace(INSTALLED, env!("CARGO_BIN_EXE_waypost-gateway"))).unwrap();
    std::fs::write(&socket, SOCKET).unwrap();
    // As docs/GATEWAY.md says; where 10 is the worst.
    let analyses: [&[&str]; 2] = [
        &["verify", "--man=no", &unit, &socket],
        &["security", "--offline=true", "--threshold=13", "--no-pager", &unit],
    ];
    for analysis in analyses {
        let Ok(output) = Command::new("systemd-analyze").args(analysis).output() else {
            let note = "skipped: systemd-analyze is missing\n";
            return drop(std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes()));
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{analysis:?}: {said}");
    }
}

fn documents(text: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(text).unwrap()
}

fn texts(list: &Yaml) -> Vec<&str> {
    list.as_vec().into_iter().flatten().filter_map(Yaml::as_str).collect()
}

fn keys(table: &Yaml) -> BTreeSet<&str> {
    table.as_hash().unwrap().keys().filter_map(Yaml::as_str).collect()
}

#[test]
fn the_compose_file_is_whole() {
    let [file] = &documents(COMPOSE)[..] else { panic!("one document") };
    let services = &file["services"];
    assert_eq!(keys(services), ["caddy", "gateway"].into());
    for (_, service) in services.as_hash().unwrap() {
        let networks = keys_or_texts(&service["networks"]);
        assert!(!networks.is_empty() && networks.is_subset(&keys(&file["networks"])), "{networks:?}");
        for volume in texts(&service["volumes"]) {
            assert!(keys(&file["volumes"]).contains(volume.split(':').next().unwrap()), "{volume}");
        }
    }
    // With two in common the proxy could come from the address that is not its fixed one.
    let [proxy, gateway] = ["caddy", "gateway"].map(|name| keys_or_texts(&services[name]["networks"]));
    assert_eq!(proxy.intersection(&gateway).collect::<Vec<_>>(), [&"inside"]);
    assert!(!services["caddy"]["networks"]["inside"]["ipv4_address"].is_badvalue());
    // Paths count from the file, and that of the Dockerfile from the context.
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    let build = &services["gateway"]["build"];
    assert_eq!(build["context"].as_str(), Some("../../target/deb/root"));
    assert!(PACKAGE.contains("root=target/deb/root"));
    assert_eq!(build["dockerfile"].as_str(), Some("../../../gateway/deploy/Dockerfile"));
    assert!(here.join("Dockerfile").is_file());
}

fn keys_or_texts(yaml: &Yaml) -> BTreeSet<&str> {
    if yaml.as_hash().is_some() { keys(yaml) } else { texts(yaml).into_iter().collect() }
}

#[test]
fn the_parts_of_the_manifest_fit_together() {
    let [map, deployment, service] = &documents(KUBERNETES)[..] else { panic!("three documents") };
    let kinds: Vec<_> = [map, deployment, service].iter().filter_map(|part| part["kind"].as_str()).collect();
    assert_eq!(kinds, ["ConfigMap", "Deployment", "Service"]);
    let (spec, template) = (&deployment["spec"], &deployment["spec"]["template"]);
    let labels = &template["metadata"]["labels"];
    assert_eq!(&spec["selector"]["matchLabels"], labels);
    assert_eq!(&service["spec"]["selector"], labels);
    let pod = &template["spec"];
    let container = &pod["containers"][0];
    let folder = tempfile::tempdir().unwrap();
    understands(texts(&container["args"]), folder.path());
    // The map is mounted where the argument points, under the name of its only entry.
    let (mount, volume) = (&container["volumeMounts"][0], &pod["volumes"][0]);
    assert_eq!(mount["name"], volume["name"]);
    assert_eq!(volume["configMap"]["name"], map["metadata"]["name"]);
    let mounted =
        keys(&map["data"]).into_iter().map(|name| format!("{}/{name}", mount["mountPath"].as_str().unwrap()));
    assert_eq!(mounted.collect::<Vec<_>>(), [CONFIGURATION]);
    // Probes and service name ports that the container has; the annotation names the one for figures.
    let port = |name: &Yaml| {
        let ports = container["ports"].as_vec().unwrap();
        ports.iter().find(|port| port["name"] == *name).unwrap()["containerPort"].as_i64().unwrap()
    };
    for (probe, path) in [("readinessProbe", "/readyz"), ("livenessProbe", "/healthz")] {
        assert_eq!(container[probe]["httpGet"]["path"].as_str(), Some(path));
        port(&container[probe]["httpGet"]["port"]);
    }
    assert_eq!(
        port(&service["spec"]["ports"][0]["targetPort"]),
        service["spec"]["ports"][0]["port"].as_i64().unwrap()
    );
    let scraped = template["metadata"]["annotations"]["prometheus.io/port"].as_str().unwrap();
    assert_eq!(scraped, port(&Yaml::String("metrics".to_owned())).to_string());
}
