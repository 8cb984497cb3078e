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
    assert_eq!(format!("{:?}", sample.discovery), format!("{:?}", default.discovery));
}

#[test]
fn the_examples_in_comments_can_be_used() {
    let example = |first: &str| -> String {
        let lines = SAMPLE.lines().skip_while(|line| *line != first);
        let mut text = String::new();
        for line in lines.take_while(|line| line.starts_with('#')) {
            let line = line.trim_start_matches("# ");
            if line.contains(" = ") && !line.contains(": ") || line.starts_with('[') {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    };
    let text = format!("access.mode = 'token'\n{}", example("# [[access.tokens]]"));
    let config = Config::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(config.access.tokens[0].grant.tunnels, Some(8));
    let text = format!("access.mode = 'token'\n{}", example("# [access.jwt]"));
    let config = Config::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(config.access.jwt.unwrap().keys_file.is_some());
}

#[test]
fn a_wrong_key_or_value_is_named() {
    for (text, named) in [
        ("extra_ca = 'x'", "extra_ca"),
        ("[limits]\nidle = 3", "`idle`"),
        ("[[targets]]\nhost = '*'\nports = [993]\nmode = 'x'", "`mode`"),
        ("[[targets]]\nhost = 'a b'\nports = [993]", "'a b' is not a host"),
        ("[[targets]]\nhost = 'a.example'\nports = []", "targets.ports"),
        ("[[targets]]\nhost = 'a.example'\nports = [70000]", "70000"),
        ("[[targets]]\nhost = 'a.example'\nports = [1]\ntls = []", "targets.tls"),
        ("[[targets]]\nhost = 'a.example'\nports = [1]\ntls = ['ssl']", "ssl"),
        ("[[targets]]\nhost = '*'\nports = [993]\nprivate = true", "Name the hosts"),
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
        ("[[targets]]\nhost = 'a.example'\nports = [993, 25]", "25 is never allowed"),
        ("[[targets]]\nhost = '*'\nports = [993, 25]", "25 is never allowed"),
        ("[[targets]]\nhost = '*'\nports = [1993]", "1993 is no port of mail"),
        ("[[targets]]\nhost = '*.example'\nports = [80]", "80 is no port of mail"),
        ("[[targets]]\nhost = 'a.example'\nports = [0]", "targets.ports"),
        ("[[targets]]\nhost = 'a.example'\npins = ['ab']", "32 octets"),
        ("trusted_proxies = ['proxy.example']", "'proxy.example' is no proxy"),
        ("trusted_proxies = ['10.0.0.0/33']", "'10.0.0.0/33' is no proxy"),
        ("proxy_header = 'x-real-ip'", "x-real-ip"),
        ("[access]\nmode = 'maybe'", "maybe"),
        ("[access]\nmode = 'token'", "waypost-gateway token NAME"),
        ("[[access.tokens]]\nname = 'kim'\nsha256 = 'secret'", "32 octets"),
        ("[access.jwt]\nkeys_file = 'a'", "nobody is asked"),
        ("[access]\nmode = 'token'\n[access.jwt]\nissuer = 'a'", "keys_file"),
        ("[limits]\ntunnels_per_token = 0", "limits.tunnels_per_token"),
        ("[limits]\ntunnel_seconds = -1", "-1"),
        ("[limits]\nping_seconds = 100", "silence_seconds"),
        ("listen =", "listen"),
        ("[discovery]\nper_minute_per_client = 0", "discovery.enabled = false"),
        ("[discovery]\nper_minute_per_client = 6001", "discovery.per_minute_per_client"),
        ("[discovery]\nsurroundings = { name_servers = ['127.0.0.1:53'] }", "`surroundings`"),
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

fn row(name: &str) -> String {
    format!("[[access.tokens]]\nname = '{name}'\nsha256 = '{}'\n", "0".repeat(64))
}

#[test]
fn names_of_tokens_are_given_once_and_tokens_are_asked_for() {
    let parse = |rows: &[&str]| {
        let rows: String = rows.iter().map(|name| row(name)).collect();
        Config::parse(&format!("access.mode = 'token'\n{rows}")).map_err(|error| error.to_string())
    };
    assert!(parse(&["kim", "kai"]).is_ok());
    assert!(parse(&["kim", "kai", "kim"]).unwrap_err().contains("'kim' twice"));
    assert!(parse(&[""]).unwrap_err().contains("name is empty"));
    let unasked = Config::parse(&row("kim")).unwrap_err().to_string();
    assert!(unasked.contains("mode = \"token\""), "{unasked}");
}

#[test]
fn ports_of_mail_need_no_word_and_others_a_single_server() {
    let ports = |text: &str| Config::parse(text).unwrap().targets[0].ports.clone();
    assert_eq!(ports("[[targets]]\nhost = '*'"), [143, 993, 110, 995]);
    assert_eq!(ports("[[targets]]\nhost = '*'\nports = [465, 587]"), [465, 587]);
    assert_eq!(ports("[[targets]]\nhost = 'mail.example'\nports = [1993]"), [1993]);
    assert_eq!(ports("[[targets]]\nhost = '192.0.2.1'\nports = [1993]"), [1993]);
}

#[test]
fn what_everybody_could_use_does_not_start_without_tokens() {
    let open = "[[targets]]\nhost = '*'\n";
    let suffix = "[[targets]]\nhost = '*.example.org'\n";
    let mixed = "[[targets]]\nhost = 'imap.example.org'\n[[targets]]\nhost = '*.example.org'\n";
    let exact = "[[targets]]\nhost = 'imap.example.org'\n[[targets]]\nhost = '192.0.2.1'\n";
    let token = format!("access.mode = 'token'\n{}", row("kim"));
    for (text, elsewhere) in [
        ("", false),
        (open, false),
        (suffix, false),
        (mixed, false),
        (exact, true),
        ("targets = []", true),
        (token.as_str(), true),
    ] {
        let config = Config::parse(text).unwrap();
        assert!(config.check_access(true).is_ok(), "{text}");
        assert_eq!(config.check_access(false).is_ok(), elsewhere, "{text}");
    }
    let told = Config::default().check_access(false).unwrap_err().to_string();
    assert!(told.contains("waypost-gateway token NAME") && told.contains("127.0.0.1"), "{told}");
}

#[test]
fn a_public_name_without_tokens_is_warned_of_on_loopback_too() {
    let warnings =
        |text: &str| Config::parse(text).unwrap().warnings("127.0.0.1:80".parse().unwrap()).join(" ");
    assert!(warnings("origins = ['https://mail.example.org']").contains("login in the reverse proxy"));
    assert!(warnings("").is_empty());
    assert!(warnings("origins = ['http://localhost:5173']").is_empty());
    assert!(warnings("origins = ['https://a.example']\n[[targets]]\nhost = 'imap.example'").is_empty());
}

#[test]
fn names_without_https_are_warned_of_where_others_can_come() {
    let lan = "192.168.0.2:80".parse().unwrap();
    let of = |text: &str, address| Config::parse(text).unwrap().warnings(address);
    let exact = "[[targets]]\nhost = 'imap.example'\n";
    let named = |origins: &str| format!("origins = [{origins}]\n{exact}");
    assert!(of(&named("'http://mail.lan'"), "127.0.0.1:80".parse().unwrap()).is_empty());
    assert!(of(&named("'http://mail.lan'"), lan)[0].contains("https"));
    assert!(of(&named("'https://mail.lan', 'http://localhost'"), lan).is_empty());
    assert!(of("", lan)[0].contains("421"));
}
