//! The PROXY protocol: who is behind a load balancer, told before everything else, and believed only from trusted ones.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, target};
use crate::support::secure::{Files, over};
use crate::support::tunnel::{Handshake, first_words};
use crate::support::within;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use waypost_gateway::Config;

const TRUSTED: &str = "trusted_proxies = ['127.0.0.1']\nproxy_protocol = true\n";

fn first(client: &str) -> Vec<u8> {
    format!("PROXY TCP4 {client} 192.0.2.9 56324 443\r\n").into_bytes()
}

fn second(command: u8, client: [u8; 4]) -> Vec<u8> {
    let head = [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[0x20 | command, 0x11, 0, 12]].concat();
    [head, client.to_vec(), vec![192, 0, 2, 9, 0xdc, 4, 1, 0xbb]].concat()
}

/// The status of an answer to a request after these octets; 0 if the connection is closed without one.
async fn status(gateway: &Gateway, before: &[u8]) -> u16 {
    let host = gateway.address;
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    gateway.send(&[before, request.as_bytes()].concat()).await.status
}

/// Asks for a tunnel behind this header and gives the connection and the first message.
async fn tunnel(gateway: &Gateway, header: &[u8], port: u16) -> (impl Sized + use<>, String) {
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(header).await.unwrap();
    let handshake = Handshake::new(gateway);
    let mut request = format!("ws://{}/tunnel", handshake.host).into_client_request().unwrap();
    request.headers_mut().insert("Origin", handshake.origin.unwrap().parse().unwrap());
    request.headers_mut().insert("Sec-WebSocket-Protocol", "waypost.v1".parse().unwrap());
    first_words(request, stream, port).await
}

#[tokio::test]
async fn a_trusted_load_balancer_names_the_client_that_limits_count() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let rows = target(&[port], r#""none""#, None);
    let gateway = Gateway::start(&format!("{TRUSTED}{rows}[limits]\ntunnels_per_client = 1\n")).await;
    let (_one, said) = tunnel(&gateway, &first("192.0.2.1"), port).await;
    assert!(said.contains("opened"), "{said}");
    let (_two, said) = tunnel(&gateway, &second(1, [192, 0, 2, 2]), port).await;
    assert!(said.contains("opened"), "{said}");
    let (_three, said) = tunnel(&gateway, &second(1, [192, 0, 2, 1]), port).await;
    assert!(said.contains("too-many-tunnels"), "{said}");
}

#[tokio::test]
async fn connections_are_counted_for_the_client_that_is_named() {
    let gateway = Gateway::start(&format!("{TRUSTED}[limits]\nconnections_per_client = 1\n")).await;
    let mut kept = TcpStream::connect(gateway.address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
    kept.write_all(&[first("192.0.2.1"), request.into_bytes()].concat()).await.unwrap();
    within("an answer", kept.read(&mut [0])).await.unwrap();
    assert_eq!(status(&gateway, &first("192.0.2.1")).await, 0, "closed");
    assert_eq!(status(&gateway, &first("192.0.2.2")).await, 404);
    drop(kept);
    within("the place", async { while status(&gateway, &first("192.0.2.1")).await != 404 {} }).await;
}

#[tokio::test]
async fn a_health_check_of_the_load_balancer_itself_is_answered() {
    let gateway = Gateway::start(TRUSTED).await;
    assert_eq!(status(&gateway, &second(0, [0; 4])).await, 404);
    assert_eq!(status(&gateway, b"PROXY UNKNOWN\r\n").await, 404);
}

#[tokio::test]
async fn a_trusted_load_balancer_without_a_whole_header_is_closed_without_an_answer() {
    let gateway = Gateway::start(TRUSTED).await;
    for before in [&b""[..], b"PROXY TCP4 here there 1 2\r\n", b"PROXY TCP4 ", &second(3, [192, 0, 2, 1])] {
        assert_eq!(status(&gateway, before).await, 0, "{}", before.escape_ascii());
    }
    let mut config = Config::parse(TRUSTED).unwrap();
    config.limits.header = Duration::from_millis(300);
    let gateway = Gateway::start_with(config).await;
    let mut slow = TcpStream::connect(gateway.address).await.unwrap();
    slow.write_all(b"PROXY TCP4 192.0.2.1 ").await.unwrap();
    assert_eq!(within("the end", slow.read(&mut [0])).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn nobody_else_can_name_a_client() {
    let others = "trusted_proxies = ['192.0.2.77']\nproxy_protocol = true\n";
    for text in [others, "trusted_proxies = ['127.0.0.1']\n"] {
        let gateway = Gateway::start(text).await;
        assert_eq!(status(&gateway, b"").await, 404);
        assert_ne!(status(&gateway, &first("192.0.2.1")).await, 404, "it is no request");
        assert_ne!(status(&gateway, &second(1, [192, 0, 2, 1])).await, 404);
    }
}

#[tokio::test]
async fn the_header_comes_before_tls() {
    let (files, shown) = Files::new();
    let gateway = Gateway::start(&format!("{TRUSTED}{}", files.section())).await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(&second(1, [192, 0, 2, 1])).await.unwrap();
    assert!(over(stream, &[]).await.unwrap().1 == shown);
    let bare = TcpStream::connect(gateway.address).await.unwrap();
    assert!(over(bare, &[]).await.is_err());
}
