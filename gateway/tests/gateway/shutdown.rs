//! The end: tunnels are told, and the gateway waits for them, but not for ever.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, target};
use crate::support::tunnel::Client;
use crate::support::within;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use waypost_tunnel::TlsMode;

fn short_drain(rows: &str) -> String {
    format!("{rows}[limits]\ndrain_seconds = 1\n")
}

#[tokio::test]
async fn tunnels_are_told_that_the_gateway_stops_and_mail_servers_see_the_cut() {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            let end = stream.read_to_end(&mut Vec::new()).await;
            told.send(end.is_ok()).await.unwrap();
        }
    })
    .await;
    let mut gateway = Gateway::start(&short_drain(&target(&[port], r#""none""#, None))).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    gateway.signal();
    let failure = client.failure().await;
    assert_eq!((failure.code.as_str(), failure.retry), ("shutdown", true));
    assert_eq!(client.close_frame().await, (1001, "shutdown".into()));
    assert_eq!(within("the cut", heard.recv()).await, Some(false));
    let address = gateway.address;
    drop(client);
    gateway.stop().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn tunnels_that_are_not_open_yet_are_told_too() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let mut gateway = Gateway::start(&short_drain(&target(&[port], r#""implicit""#, None))).await;
    let mut client = Client::ask(&gateway, "localhost", port, TlsMode::Implicit).await;
    gateway.signal();
    assert_eq!(client.failure().await.code, "shutdown");
    drop(client);
    gateway.stop().await;
}

#[tokio::test]
async fn clients_that_do_not_go_are_cut_after_the_drain_time() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let mut config = waypost_gateway::Config::parse(&target(&[port], r#""none""#, None)).unwrap();
    config.limits.drain = Duration::from_millis(200);
    let gateway = Gateway::start_with(config).await;
    let deaf = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let start = Instant::now();
    gateway.stop().await;
    assert!(
        start.elapsed() >= Duration::from_millis(200) && start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    drop(deaf);
}

#[tokio::test]
async fn connections_without_a_request_hold_nothing_up() {
    let gateway = Gateway::start("[limits]\ndrain_seconds = 30").await;
    let mut idle = TcpStream::connect(gateway.address).await.unwrap();
    let start = Instant::now();
    gateway.stop().await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(within("the end", idle.read(&mut [0])).await.unwrap_or(0), 0);
}
