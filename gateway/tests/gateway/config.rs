//! The configuration and its documented sample.

use std::path::Path;
use waypost_gateway::Config;
use waypost_gateway::config::Limits;

const SAMPLE: &str = include_str!("../../gateway.example.toml");

#[test]
fn the_sample_can_be_used_and_names_the_defaults() {
    let (sample, default) = (Config::parse(SAMPLE).unwrap(), Config::default());
    assert_eq!(sample.listen, default.listen);
    assert_eq!(format!("{:?}", sample.limits), format!("{:?}", Limits::default()));
    assert_eq!(format!("{:?}", sample.targets), format!("{:?}", default.targets));
    assert!(sample.origins.is_empty(), "another port by --listen must work with it");
    assert_eq!(sample.log, default.log);
}

#[test]
fn a_wrong_key_or_value_is_named() {
    for (text, named) in [
        ("extra_ca = 'x'", "extra_ca"),
        ("[limits]\nidle = 3", "`idle`"),
        ("[[targets]]\nhost = '*'\nports = [1]\nmode = 'x'", "`mode`"),
        ("[[targets]]\nhost = 'a b'\nports = [1]", "'a b' is not a host"),
        ("[[targets]]\nhost = 'a.example'\nports = []", "targets.ports"),
        ("[[targets]]\nhost = 'a.example'\nports = [70000]", "70000"),
        ("[[targets]]\nhost = 'a.example'\nports = [1]\ntls = []", "targets.tls"),
        ("[[targets]]\nhost = 'a.example'\nports = [1]\ntls = ['ssl']", "ssl"),
        ("[[targets]]\nhost = '*'\nports = [1]\nprivate = true", "Name the hosts"),
        ("[[targets]]\nports = [1]", "host"),
        ("origins = ['mail.example.org']", "'mail.example.org' is not an origin"),
        ("log = 'loud'", "loud"),
        ("listen = 'here'", "'here' is no place to listen"),
        ("listen = ['127.0.0.1:1', 'unix:']", "'unix:' names no path"),
        ("listen = []", "listen is empty"),
        ("listen = 8790", "a place to listen"),
        ("proxy_protocol = true", "trusted_proxies"),
        ("[tls]\ncertificate = 'a.pem'", "key"),
        ("[limits]\nidle_seconds = 0", "0 is not a number of seconds"),
        ("[limits]\nidle_seconds = -1", "-1"),
        ("[limits]\nwindow_octets = 0", "window_octets"),
        ("[limits]\nwindow_octets = 16777217", "window_octets"),
        ("[limits]\ntunnels = 0", "limits.tunnels"),
        ("[limits]\nping_seconds = 100", "silence_seconds"),
        ("listen =", "listen"),
    ] {
        let error = Config::parse(text).unwrap_err().to_string();
        assert!(error.contains(named), "{text:?} gave: {error}");
    }
}

#[test]
fn files_are_found_from_the_configuration_and_named_when_missing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.toml");
    std::fs::write(
        &file,
        "app_dir = 'app'\n[[targets]]\nhost = 'a.example'\nports = [993]\nca = ['ca.pem', '/etc/x.pem']\n",
    )
    .unwrap();
    let config = Config::load(&file).unwrap();
    assert_eq!(config.app_dir.as_deref(), Some(folder.path().join("app").as_path()));
    assert_eq!(config.targets[0].ca, [folder.path().join("ca.pem"), "/etc/x.pem".into()]);
    assert!(config.check_files().unwrap_err().to_string().contains("no index.html"));
    std::fs::create_dir(folder.path().join("app")).unwrap();
    std::fs::write(folder.path().join("app/index.html"), "").unwrap();
    assert!(config.check_files().unwrap_err().to_string().contains("ca.pem"));
    std::fs::write(folder.path().join("ca.pem"), "nothing").unwrap();
    assert!(config.check_files().unwrap_err().to_string().contains("no certificate in it"));
    assert!(
        Config::load(Path::new("/nowhere/gateway.toml"))
            .unwrap_err()
            .to_string()
            .contains("/nowhere/gateway.toml")
    );
}

#[test]
fn names_without_https_are_warned_of_where_others_can_come() {
    let lan = "192.168.0.2:80".parse().unwrap();
    let of = |text: &str, address| Config::parse(text).unwrap().warnings(address);
    assert!(of("origins = ['http://mail.lan']", "127.0.0.1:80".parse().unwrap()).is_empty());
    assert!(of("origins = ['http://mail.lan']", lan)[0].contains("https"));
    assert!(of("origins = ['https://mail.lan', 'http://localhost']", lan).is_empty());
    assert!(of("", lan)[0].contains("421"));
}
