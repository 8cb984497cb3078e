//! What machines that look after the gateway are told.

use crate::support::gateway::{Answer, Gateway};
use crate::support::mail::{self, Authority, Time, target};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use waypost_tunnel::TlsMode;

/// A gateway that also listens for figures, and where.
async fn watched(text: &str) -> (Gateway, SocketAddr) {
    // No other test takes ports of this address meanwhile.
    let free = TcpListener::bind("127.0.0.9:0").await.unwrap().local_addr().unwrap();
    let gateway = Gateway::start(&format!("metrics.listen = '{free}'\n{text}")).await;
    // It answers only after it listens on both.
    assert_eq!(gateway.fetch("/healthz").await.status, 200);
    (gateway, free)
}

async fn get(address: SocketAddr, path: &str) -> Answer {
    let octets = format!("GET {path} HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n");
    Gateway::send_to(address, octets.as_bytes()).await
}

/// The lines that are no comments, by name and labels.
async fn figure(address: SocketAddr, name: &str) -> u64 {
    let text = get(address, "/metrics").await.text();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("{name}: {text}")).parse().unwrap()
}

#[tokio::test]
async fn health_is_told_under_any_name_and_readiness_until_the_end_begins() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let (mut gateway, figures) = watched(&target(&[port], r#""none""#, None)).await;
    for path in ["/healthz", "/readyz"] {
        let here = gateway.ask("GET", path, "10.0.0.7:8790", &[]).await;
        assert_eq!((here.status, here.text().as_str()), (200, "ok\n"), "{path}");
        assert_eq!(here.header("cache-control"), "no-store");
        assert!(here.header("content-security-policy").starts_with("default-src 'none'; form-action"));
        assert_eq!(gateway.ask("POST", path, "10.0.0.7", &[]).await.status, 405);
        assert_eq!(get(figures, path).await.status, 200, "{path}");
    }
    // It does not read, so the end waits for it.
    let deaf = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    gateway.signal();
    within("the end to begin", async {
        while get(figures, "/readyz").await.status != 503 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let answer = get(figures, "/healthz").await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"), "it still lives");
    drop(deaf);
    gateway.stop().await;
}

#[tokio::test]
async fn figures_are_told_on_their_own_listener_only() {
    let (gateway, figures) = watched("").await;
    assert_eq!(gateway.fetch("/metrics").await.status, 404);
    let answer = get(figures, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    assert!(answer.text().ends_with("# EOF\n"));
    for path in ["/", "/tunnel", "/api/config", "/metrics/"] {
        assert_eq!(get(figures, path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn tunnels_and_what_they_carry_are_counted() {
    let authority = Authority::new();
    let good = authority.acceptor("localhost", Time::Now);
    let port = mail::serve(move |stream: TcpStream| {
        let good = good.clone();
        async move {
            let mut stream = good.accept(stream).await.unwrap();
            let mut octets = [0; 5];
            stream.read_exact(&mut octets).await.unwrap();
            stream.write_all(b"answer").await.unwrap();
            stream.shutdown().await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let (gateway, figures) = watched(&target(&[port], r#""implicit""#, Some(&authority))).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::Implicit).await;
    assert_eq!(figure(figures, "waypost_tunnels_open").await, 1);
    assert!(figure(figures, "waypost_connections_open").await >= 1);
    client.write(b"hello").await;
    assert_eq!(client.read(6).await, b"answer");
    assert_eq!(figure(figures, r#"waypost_octets_total{direction="up"}"#).await, 5);
    assert_eq!(figure(figures, r#"waypost_octets_total{direction="down"}"#).await, 6);
    client.end(true).await;
    client.close_frame().await;
    within("the end", async {
        while figure(figures, "waypost_tunnels_open").await > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(figure(figures, r#"waypost_tunnels_ended_total{reason="ended"}"#).await, 1);
    assert_eq!(figure(figures, "waypost_tunnels_opened_total").await, 1);
    assert_eq!(figure(figures, "waypost_dial_seconds_count").await, 1);
    assert_eq!(figure(figures, "waypost_tls_handshake_seconds_count").await, 1);
}

#[tokio::test]
async fn refusals_are_counted_by_their_reason() {
    let authority = Authority::new();
    let old = authority.acceptor("localhost", Time::Past);
    let port = mail::serve(move |stream: TcpStream| {
        let old = old.clone();
        async move { drop(old.accept(stream).await) }
    })
    .await;
    let (gateway, figures) = watched(&target(&[port], r#""implicit""#, Some(&authority))).await;
    Client::refused(&gateway, "localhost", port, TlsMode::Implicit).await;
    Client::refused(&gateway, "kim.example.org", 25, TlsMode::Implicit).await;
    assert_eq!(
        Handshake { origin: None, ..Handshake::new(&gateway) }.connect(&gateway).await.err(),
        Some(403)
    );
    assert_eq!(gateway.ask("GET", "/", "evil.example", &[]).await.status, 421);
    for name in [
        r#"waypost_tls_failures_total{kind="expired"}"#,
        r#"waypost_tunnels_refused_total{reason="target-denied"}"#,
        r#"waypost_requests_refused_total{status="403"}"#,
        r#"waypost_requests_refused_total{status="421"}"#,
    ] {
        within(name, async {
            while !get(figures, "/metrics").await.text().contains(&format!("{name} 1\n")) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
    assert_eq!(figure(figures, "waypost_tunnels_opened_total").await, 0);
    let text = get(figures, "/metrics").await.text();
    assert!(!text.contains("kim") && !text.contains("localhost") && !text.contains("127.0.0.1"), "{text}");
}

const DASHBOARD: &str = include_str!("../../deploy/grafana.json");

/// Words of an expression that are names of figures.
fn figures_in(expression: &str) -> impl Iterator<Item = &str> {
    expression
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| word.starts_with("waypost_") || word.starts_with("process_"))
}

#[tokio::test]
async fn every_figure_of_the_dashboard_exists() {
    let (_gateway, figures) = watched("").await;
    let text = get(figures, "/metrics").await.text();
    // Those with labels that have not happened yet have a description and no line.
    let described: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .flat_map(|line| {
            let (name, kind) = line.split_once(' ').unwrap();
            let ends: &[&str] = match kind {
                "counter" => &["_total"],
                "histogram" => &["_bucket", "_sum", "_count"],
                "info" => &["_info"],
                _ => &[""],
            };
            ends.iter().map(|end| format!("{name}{end}")).collect::<Vec<_>>()
        })
        .collect();
    let dashboard: serde_json::Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let expressions: Vec<&str> = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().into_iter().flatten())
        .map(|target| target["expr"].as_str().unwrap())
        .collect();
    let shown: BTreeSet<&str> = expressions.iter().flat_map(|expression| figures_in(expression)).collect();
    assert!(expressions.len() >= 10, "{expressions:?}");
    for name in &shown {
        assert!(described.contains(*name), "{name} is no figure: {described:?}");
    }
    let missing: Vec<_> = described
        .iter()
        .filter(|name| name.starts_with("waypost_") && !name.ends_with("_sum") && !name.ends_with("_count"))
        .filter(|name| !shown.contains(name.as_str()))
        .collect();
    assert!(missing.is_empty(), "figures that no panel shows: {missing:?}");
}
