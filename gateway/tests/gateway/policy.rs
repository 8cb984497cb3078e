//! What is allowed, and how a refusal is said.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, silent, target};
use crate::support::tunnel::{Client, Handshake};
use waypost_tunnel::{Failure, TlsMode};

/// Every sentence names the party, says what to do, and is short.
fn check_sentence(failure: &Failure, words: &[&str]) {
    for word in words {
        assert!(failure.message.contains(word), "{word}: {failure:?}");
    }
    let advice = ["Check", "Ask", "ask", "Choose", "Use", "Try", "try", "Close", "Update", "Do not use"];
    assert!(advice.iter().any(|verb| failure.message.contains(verb)), "{failure:?}");
    assert!(failure.message.split(' ').count() <= 32, "{failure:?}");
}

#[tokio::test]
async fn what_no_target_names_is_refused() {
    let port = mail::serve(silent).await;
    let other = mail::serve(silent).await;
    let gateway = Gateway::start(&target(&[port], r#""starttls""#, None)).await;
    for (host, port, tls, code, words) in [
        (
            "mail.denied.example",
            993,
            TlsMode::Implicit,
            "target-denied",
            "gateway does not allow connections to mail.denied.example",
        ),
        ("127.0.0.1", port, TlsMode::StartTls, "target-denied", "127.0.0.1"),
        ("localhost", other, TlsMode::StartTls, "port-denied", "of localhost"),
        ("localhost", port, TlsMode::None, "plaintext-denied", "without TLS"),
        ("localhost", port, TlsMode::Implicit, "port-denied", "Choose STARTTLS"),
        ("localhost", port, TlsMode::Passthrough, "passthrough-unsupported", "own TLS"),
        ("localhost", port, TlsMode::PassthroughStartTls, "passthrough-unsupported", "own TLS"),
        ("local host", port, TlsMode::StartTls, "bad-request", "server name"),
        ("127.1", port, TlsMode::StartTls, "bad-request", "server name"),
        ("", port, TlsMode::StartTls, "bad-request", "server name"),
    ] {
        let failure = Client::refused(&gateway, host, port, tls).await;
        assert_eq!(failure.code, code, "{host:?} {port} {tls:?}: {failure:?}");
        check_sentence(&failure, &[words]);
    }
    Client::open(&gateway, "LOCALHOST.", port, TlsMode::StartTls).await;
}

#[tokio::test]
async fn internal_addresses_are_refused_by_number_and_by_name() {
    // Everything is allowed but internal addresses. Another port than those of mail can't be, for all hosts.
    let port = 143;
    let gateway = Gateway::start("[[targets]]\nhost = '*'\ntls = ['none']\n").await;
    for host in [
        "localhost",
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "[::1]",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "[::127.0.0.1]",
        "64:ff9b::7f00:1",
        "10.0.0.1",
        "169.254.169.254",
        "fe80::1",
        "fd00::1",
        "2002:7f00:1::",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        let failure = Client::refused(&gateway, host, port, TlsMode::None).await;
        assert_eq!(failure.code, "address-denied", "{host}: {failure:?}");
        check_sentence(&failure, &["gateway", "private or local"]);
    }
}

#[tokio::test]
async fn without_targets_only_mail_ports_of_public_hosts_are_allowed() {
    let port = mail::serve(silent).await;
    let gateway = Gateway::start("").await;
    for (host, port, tls, code) in [
        ("localhost", 993, TlsMode::Implicit, "address-denied"),
        ("127.0.0.1", 143, TlsMode::StartTls, "address-denied"),
        ("mail.example", port, TlsMode::Implicit, "port-denied"),
        ("mail.example", 25, TlsMode::StartTls, "port-denied"),
        ("mail.example", 993, TlsMode::None, "plaintext-denied"),
        ("mail.example", 143, TlsMode::Implicit, "port-denied"),
        ("mail.example", 110, TlsMode::None, "plaintext-denied"),
    ] {
        assert_eq!(Client::refused(&gateway, host, port, tls).await.code, code, "{host} {port} {tls:?}");
    }
}

#[tokio::test]
async fn an_empty_list_of_targets_allows_nothing() {
    let gateway = Gateway::start("targets = []").await;
    assert_eq!(Client::refused(&gateway, "imap.example", 993, TlsMode::Implicit).await.code, "target-denied");
}

#[tokio::test]
async fn a_host_that_refuses_and_a_name_without_address_are_named() {
    let port = mail::nobody().await;
    let rows =
        format!("{}[[targets]]\nhost = '*.invalid'\nports = [993]\n", target(&[port], r#""implicit""#, None));
    let gateway = Gateway::start(&rows).await;
    let refused = Client::refused(&gateway, "localhost", port, TlsMode::Implicit).await;
    assert_eq!((refused.code.as_str(), refused.retry), ("refused", true));
    check_sentence(&refused, &["localhost", &port.to_string(), "gateway is fine"]);
    // No name server may be in reach of the test; then the gateway says that instead.
    let unknown = Client::refused(&gateway, "no-such-host.invalid", 993, TlsMode::Implicit).await;
    assert!(["name-not-found", "unreachable", "timeout"].contains(&unknown.code.as_str()), "{unknown:?}");
    check_sentence(&unknown, &["no-such-host.invalid"]);
}

#[tokio::test]
async fn only_pages_of_the_public_names_open_tunnels() {
    let gateway = Gateway::start("").await;
    let port = gateway.address.port();
    let of = async |origin: Option<&str>, extra: &[(&'static str, &str)]| {
        let mut handshake = Handshake::new(&gateway);
        handshake.origin = origin.map(str::to_owned);
        handshake.extra = extra.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        handshake.connect(&gateway).await.err()
    };
    let own = gateway.origin();
    let local = format!("http://localhost:{port}");
    assert_eq!(of(Some(&own), &[]).await, None);
    assert_eq!(of(Some(&local), &[]).await, None, "the names are one set");
    for wrong in [
        None,
        Some("null"),
        Some(""),
        Some("http://evil.example"),
        Some("http://localhost"),
        Some(&*format!("https://localhost:{port}")),
        Some(&*format!("http://localhost:{port}/")),
        Some(&*format!("http://LOCALHOST:{port}")),
        Some(&*format!("http://localhost:{port}.evil.example")),
    ] {
        assert_eq!(of(wrong, &[]).await, Some(403), "{wrong:?}");
    }
    assert_eq!(of(Some(&own), &[("Origin", "http://evil.example")]).await, Some(403), "two origins are none");
    assert_eq!(
        of(Some(&own), &[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "websocket")]).await,
        None
    );
    assert_eq!(of(Some(&own), &[("Sec-Fetch-Site", "none")]).await, Some(403));
    assert_eq!(of(Some(&own), &[("Sec-Fetch-Mode", "no-cors")]).await, Some(403));
}

#[tokio::test]
async fn a_page_that_rebinds_its_name_to_this_address_gets_nothing() {
    let gateway = Gateway::start("").await;
    let port = gateway.address.port();
    for name in [
        format!("evil.example:{port}"),
        "evil.example".into(),
        "localhost".into(),
        format!("localhost:{port}.evil.example"),
        format!("127.0.0.1.evil.example:{port}"),
    ] {
        for path in ["/", "/sw.js", "/_mail-frame", "/tunnel", "/nothing"] {
            let answer = gateway.ask("GET", path, &name, &[]).await;
            assert_eq!(answer.status, 421, "{name} {path}");
            let policy = answer.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'; form-action 'none'") && !policy.contains("127.0.0.1"),
                "{policy}"
            );
        }
        // Its own name in both headers: comparing them with each other would let it in.
        let mut handshake = Handshake::new(&gateway);
        handshake.host = name.clone();
        handshake.origin = Some(format!("http://{name}"));
        assert_eq!(handshake.connect(&gateway).await.err(), Some(421), "{name}");
        // And with a stolen origin, which no browser would send.
        let mut handshake = Handshake::new(&gateway);
        handshake.host = name.clone();
        assert_eq!(handshake.connect(&gateway).await.err(), Some(421), "{name}");
    }
}

#[tokio::test]
async fn an_embedder_that_is_named_opens_tunnels_from_its_own_origin() {
    let gateway = Gateway::start("origins = ['https://mail.example.org', 'https://app.example']").await;
    let mut handshake = Handshake::new(&gateway);
    handshake.host = "mail.example.org".into();
    handshake.origin = Some("https://app.example".into());
    assert!(handshake.connect(&gateway).await.is_ok());
    assert_eq!(gateway.fetch("/").await.status, 421, "names of the configuration replace the default ones");
}

#[tokio::test]
async fn another_version_is_told_so_and_another_protocol_is_refused() {
    let gateway = Gateway::start("").await;
    let connect = async |protocol: &str| {
        let mut handshake = Handshake::new(&gateway);
        handshake.protocol = protocol.to_owned();
        handshake.connect(&gateway).await
    };
    let socket = connect("waypost.v9").await.unwrap();
    let mut client = Client::ask_on(socket, "mail.example", 993, TlsMode::Implicit, 1).await;
    let failure = client.failure().await;
    assert_eq!(failure.code, "unsupported-version");
    check_sentence(&failure, &["gateway", "app"]);
    assert!(connect("waypost.v9, waypost.v1").await.is_ok());
    for wrong in ["", "chat", "xwaypost.v1"] {
        assert_eq!(connect(wrong).await.err(), Some(400), "{wrong}");
    }
}
