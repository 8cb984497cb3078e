//! Octets through tunnels.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, Authority, Time, target};
use crate::support::tunnel::Client;
use crate::support::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use waypost_tunnel::TlsMode;
use waypost_tunnel::client::Event;

/// Says what it hears until the client ends; then says goodbye and ends too.
async fn echo(mut stream: TcpStream) {
    let (mut read, mut write) = stream.split();
    let _ = tokio::io::copy(&mut read, &mut write).await;
    let _ = write.write_all(b"bye").await;
}

/// Octets without a period that a lost or doubled piece could hide in.
fn pattern(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

#[tokio::test]
async fn octets_pass_unchanged_both_ways_and_both_ends_are_clean() {
    let port = mail::serve(echo).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    client.write(b"hello").await;
    assert_eq!(client.read(5).await, b"hello");
    client.end(true).await;
    assert_eq!(client.read(3).await, b"bye", "the other direction goes on after one has ended");
    assert_eq!(client.next().await, Event::Ended { clean: true });
    assert_eq!(client.close_frame().await, (1000, String::new()));
}
