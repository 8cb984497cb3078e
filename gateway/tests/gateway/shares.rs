//! How many new tunnels in a minute, how many octets in a second, how much and how long for one tunnel.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, silent, target};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;
use waypost_gateway::Config;
use waypost_tunnel::client::Event;
use waypost_tunnel::{Failure, TlsMode};

async fn limited(port: u16, limits: &str) -> Gateway {
    let row = target(&[port], r#""none""#, None);
    Gateway::start(&format!("trusted_proxies = ['127.0.0.1']\n{row}[limits]\n{limits}\n")).await
}

/// A tunnel of this client, or why not.
async fn ask(gateway: &Gateway, client: &str, port: u16) -> Result<Client, Failure> {
    let mut handshake = Handshake::new(gateway);
    handshake.extra.push(("X-Forwarded-For", client.to_owned()));
    let socket = handshake.connect(gateway).await.unwrap();
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, 65_536).await;
    match client.next().await {
        Event::Opened { .. } => Ok(client),
        Event::Failed(failure) => Err(failure),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn new_tunnels_are_counted_by_the_minute_for_each_client_and_for_all() {
    let port = mail::serve(silent).await;
    // Far fewer than one a second: what the test's own time gives back is no whole one.
    let gateway = limited(port, "new_tunnels_per_minute_per_client = 1\nnew_tunnels_per_minute = 2").await;
    assert!(ask(&gateway, "192.0.2.1", port).await.is_ok());
    let again = ask(&gateway, "192.0.2.1", port).await.err().unwrap();
    assert_eq!((again.code.as_str(), again.retry), ("too-many-tunnels", true));
    assert!(again.message.contains("short time"), "{again:?}");
    assert!(ask(&gateway, "2001:db8::1", port).await.is_ok());
    assert!(ask(&gateway, "2001:db8::2", port).await.is_err(), "the same subscriber");
    assert!(ask(&gateway, "192.0.2.3", port).await.is_err(), "two for all");
}

#[tokio::test]
async fn what_is_refused_for_its_rate_holds_no_place() {
    let port = mail::serve(silent).await;
    let gateway = limited(port, "new_tunnels_per_minute_per_client = 1\ntunnels = 2").await;
    let _first = ask(&gateway, "192.0.2.1", port).await.unwrap();
    for _ in 0..5 {
        assert!(ask(&gateway, "192.0.2.1", port).await.is_err());
    }
    within("a place for another", async { while ask(&gateway, "192.0.2.2", port).await.is_err() {} }).await;
}

/// Sends so many octets at once and then waits.
async fn source(count: usize) -> u16 {
    mail::serve(move |mut stream: TcpStream| async move {
        let _ = stream.write_all(&vec![b'x'; count]).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await
}

const RATE: usize = 400_000;

#[tokio::test]
async fn octets_from_the_server_wait_and_all_arrive() {
    let port = source(RATE * 2).await;
    let gateway = limited(port, &format!("octets_per_second = {RATE}")).await;
    let start = Instant::now();
    let mut client = ask(&gateway, "192.0.2.1", port).await.unwrap();
    assert_eq!(client.read(RATE * 2).await.len(), RATE * 2);
    // A second's worth is there at the start.
    assert!(start.elapsed() > Duration::from_millis(900), "{:?}", start.elapsed());
}

#[tokio::test]
async fn octets_to_the_server_wait_and_all_arrive() {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            let mut all = vec![0; RATE * 3];
            stream.read_exact(&mut all).await.unwrap();
            told.send(()).await.unwrap();
        }
    })
    .await;
    let gateway = limited(port, &format!("octets_per_second_per_client = {RATE}")).await;
    let start = Instant::now();
    let mut client = ask(&gateway, "192.0.2.1", port).await.unwrap();
    client.write(&vec![b'x'; RATE * 3]).await;
    within("all of it", heard.recv()).await.unwrap();
    // A second's worth and a window may go at once.
    assert!(start.elapsed() > Duration::from_millis(1300), "{:?}", start.elapsed());
}

#[tokio::test]
async fn tunnels_of_one_client_share_its_octets() {
    let port = source(RATE).await;
    let gateway = limited(port, &format!("octets_per_second_per_client = {RATE}")).await;
    let start = Instant::now();
    let mut one = ask(&gateway, "192.0.2.1", port).await.unwrap();
    let mut two = ask(&gateway, "192.0.2.1", port).await.unwrap();
    let (one, two) = tokio::join!(one.read(RATE), two.read(RATE));
    assert_eq!(one.len() + two.len(), RATE * 2);
    assert!(start.elapsed() > Duration::from_millis(900), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_tunnel_ends_after_its_octets_and_says_so() {
    let port = source(100_000).await;
    let gateway = limited(port, "octets_per_tunnel = 50000").await;
    let failure = ask(&gateway, "192.0.2.1", port).await.unwrap().failure().await;
    assert_eq!((failure.code.as_str(), failure.retry), ("tunnel-limit", true));
    assert!(failure.message.contains("tries again"), "{failure:?}");
    let gateway = limited(port, "octets_per_tunnel = 1000000").await;
    assert_eq!(ask(&gateway, "192.0.2.1", port).await.unwrap().read(100_000).await.len(), 100_000);
}

#[tokio::test]
async fn a_tunnel_ends_after_its_time_however_alive_it_is() {
    let port = mail::serve(async |stream: TcpStream| {
        let (mut read, mut write) = stream.into_split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await;
    let mut config = Config::parse(&target(&[port], r#""none""#, None)).unwrap();
    config.limits.tunnel = Some(Duration::from_millis(300));
    let gateway = Gateway::start_with(config).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let failure = within("the end", async {
        loop {
            client.write(b"x").await;
            match client.next().await {
                Event::Failed(failure) => return failure,
                Event::Data(octets) => client.tunnel.consumed(octets.len()),
                _ => {}
            }
        }
    })
    .await;
    assert_eq!((failure.code.as_str(), failure.retry), ("tunnel-limit", true));
}
