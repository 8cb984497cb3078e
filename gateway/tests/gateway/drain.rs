//! Draining: clients are asked to move, waited for, then ended.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, target};
use crate::support::tunnel::Client;
use crate::support::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;
use waypost_gateway::Order;
use waypost_tunnel::TlsMode;
use waypost_tunnel::client::Event;

async fn echo() -> u16 {
    mail::serve(async |mut stream: TcpStream| {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await
}

async fn draining(port: u16, seconds: u32) -> Gateway {
    let rows = target(&[port], r#""none""#, None);
    Gateway::start(&format!("{rows}[limits]\ndrain_seconds = {seconds}\n")).await
}

#[tokio::test]
async fn a_client_is_asked_to_move_finishes_what_is_under_way_and_is_not_failed() {
    let port = echo().await;
    // Longer than any test waits: it must not be waited out.
    let mut gateway = draining(port, 1000).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    gateway.signal();
    assert!(matches!(client.next().await, Event::Move { within: 1000 }));
    client.write(b"the rest").await;
    assert_eq!(client.read(8).await, b"the rest");
    client.end(true).await;
    assert_eq!(client.close_frame().await, (1000, String::new()));
    gateway.stop().await;
}

#[tokio::test]
async fn a_tunnel_that_opens_while_the_gateway_drains_is_asked_to_move_at_once() {
    let port = echo().await;
    let mut gateway = draining(port, 1000).await;
    let handshake = crate::support::tunnel::Handshake::new(&gateway);
    let socket = handshake.connect(&gateway).await.unwrap();
    gateway.signal();
    // Nobody listens any more: the signal has been heard.
    within("the end of listening", async { while TcpStream::connect(gateway.address).await.is_ok() {} })
        .await;
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, 100).await;
    let (mut moved, mut opened) = (false, false);
    while !(moved && opened) {
        match client.next().await {
            Event::Move { .. } => moved = true,
            Event::Opened { .. } => opened = true,
            other => panic!("{other:?}"),
        }
    }
    client.end(true).await;
    drop(client);
    gateway.stop().await;
}

#[tokio::test]
async fn a_client_that_stays_is_ended_after_the_drain_time_and_told_why() {
    let port = echo().await;
    let mut gateway = draining(port, 1).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let start = Instant::now();
    gateway.signal();
    assert!(matches!(client.next().await, Event::Move { within: 1 }));
    assert_eq!(client.failure().await.code, "shutdown");
    assert!(start.elapsed().as_secs() >= 1, "{:?}", start.elapsed());
    assert_eq!(client.close_frame().await, (1001, "shutdown".into()));
    drop(client);
    gateway.stop().await;
}

#[tokio::test]
async fn a_second_signal_ends_at_once_and_clients_are_still_told() {
    for order in [Order::Drain, Order::End] {
        let port = echo().await;
        let mut gateway = draining(port, 1000).await;
        let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
        gateway.signal();
        assert!(matches!(client.next().await, Event::Move { .. }));
        gateway.order(order);
        assert_eq!(client.failure().await.code, "shutdown");
        drop(client);
        gateway.stop().await;
    }
}

#[tokio::test]
async fn who_has_just_connected_gets_an_answer_although_the_gateway_drains() {
    let mut gateway = draining(1, 1000).await;
    let host = gateway.address;
    // Nothing is awaited meanwhile: the system has queued them all, and the gateway has taken none.
    let come: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(host).unwrap()).collect();
    gateway.signal();
    for stream in come {
        stream.set_nonblocking(true).unwrap();
        let mut stream = TcpStream::from_std(stream).unwrap();
        stream.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        within("an answer", stream.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
    gateway.stop().await;
}
