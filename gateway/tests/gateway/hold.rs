//! What a client that nobody knows can make the gateway hold: many of them, each as greedy as it may be.

use crate::support::secure::{Files, over, request};
use crate::support::service::{Manager, Program};
use crate::support::within;
use bytes::Bytes;
use std::any::Any;
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// Enough for the average to say something.
const CLIENTS: u64 = 100;
/// The program's own, that comes with the first clients: threads, caches, TLS.
const ITS_OWN_KIB: u64 = 1024;

async fn start(text: &str) -> (Program, SocketAddr) {
    let limits = "[limits]\nconnections_per_client = 1000\nheader_seconds = 1000\nwrite_seconds = 1000\n";
    let text = format!("listen = '127.0.0.1:0'\nlog = 'warn'\n{text}{limits}");
    let program = Program::start(&Manager::new(), None, &text).await;
    let address = program.said.split("://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    (program, address)
}

/// KiB for each client, once the gateway holds no more.
async fn for_each(program: &Program, before: u64) -> u64 {
    let (mut last, mut same) = (0, 0);
    within("the gateway to settle", async {
        while same < 20 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            let now = program.resident_kib();
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
    })
    .await;
    last.saturating_sub(before + ITS_OWN_KIB) / CLIENTS
}

#[tokio::test]
async fn half_a_request_holds_at_most_48_kib() {
    let (program, address) = start("").await;
    let before = program.resident_kib();
    let mut held = Vec::new();
    for _ in 0..CLIENTS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET /tunnel HTTP/1.1\r\nHost: {address}\r\nX: {}", "x".repeat(12_000));
        stream.write_all(head.as_bytes()).await.unwrap();
        held.push(stream);
    }
    let each = for_each(&program, before).await;

    assert!(each <= 48, "{each} KiB");
}

#[tokio::test]
async fn half_a_handshake_holds_at_most_128_kib() {
    let (files, _) = Files::new();
    let (program, address) = start(&files.section()).await;
    let before = program.resident_kib();
    let mut held = Vec::new();
    for _ in 0..CLIENTS {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // A ClientHello of 48 KiB in three records, of which the last misses its end.
        for record in 0..3 {
            let mut octets = vec![0x16, 3, 1, 0x40, 0];
            octets.resize(5 + 16_384 - usize::from(record == 2), 0);
            if record == 0 {
                octets[5..9].copy_from_slice(&[1, 0, 0xc0, 0]);
            }
            stream.write_all(&octets).await.unwrap();
        }
        held.push(stream);
    }
    let each = for_each(&program, before).await;

    assert!(each <= 128, "{each} KiB");
}

#[tokio::test]
async fn http_2_answers_that_nobody_takes_hold_half_a_mib() {
    let app = tempfile::tempdir().unwrap();
    std::fs::create_dir(app.path().join("assets")).unwrap();
    std::fs::write(app.path().join("assets/big-1a2b3c4d.wasm"), vec![7; 8 * 1024 * 1024]).unwrap();
    let (files, _) = Files::new();
    let (program, address) = start(&format!("app_dir = {:?}\n{}", app.path(), files.section())).await;
    let before = program.resident_kib();
    let mut held: Vec<Box<dyn Any>> = Vec::new();
    let host = format!("localhost:{}", address.port());
    for _ in 0..CLIENTS {
        let stream = TcpStream::connect(address).await.unwrap();
        let (stream, _) = over(stream, &["h2"]).await.unwrap();
        // The window of the connection is wide open, those of the answers are not.
        let shake = h2::client::Builder::new()
            .initial_connection_window_size(16 * 1024 * 1024)
            .initial_window_size(1)
            .handshake::<_, Bytes>(stream);
        let (mut client, connection) = within("HTTP/2", shake).await.unwrap();
        tokio::spawn(connection);
        for _ in 0..8 {
            client = within("room", client.ready()).await.unwrap();
            let (answer, _) = client.send_request(request(&host, "/assets/big-1a2b3c4d.wasm"), true).unwrap();
            held.push(Box::new(within("an answer", answer).await.unwrap()));
        }
        held.push(Box::new(client));
    }
    let each = for_each(&program, before).await;

    assert!(each <= 512, "{each} KiB");
}
