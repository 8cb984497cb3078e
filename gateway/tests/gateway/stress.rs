//! Tunnels that wait, stall, flood and die. Where a test is about hours, the clock is virtual.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, target};
use crate::support::raw::{BINARY, PING, PONG, Raw, frame, open};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use waypost_tunnel::TlsMode;
use waypost_tunnel::client::Event;

async fn echo(mut stream: TcpStream) {
    let (mut read, mut write) = stream.split();
    let _ = tokio::io::copy(&mut read, &mut write).await;
}

/// Sends as long as it can.
async fn flood(mut stream: TcpStream) {
    while stream.write_all(&[7; 16_384]).await.is_ok() {}
}

#[tokio::test]
async fn a_tunnel_that_is_idle_for_an_hour_lives() {
    let port = mail::serve(echo).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    tokio::time::pause();
    let start = Instant::now();
    let mut turns = 0;
    // Each turn is a ping of the gateway, which the library answers.
    while start.elapsed() < Duration::from_secs(3600) {
        client.turn().await;
        turns += 1;
    }
    tokio::time::resume();
    assert!(turns >= 60, "asked at least once a minute: {turns}");
    client.write(b"DONE").await;
    assert_eq!(client.read(4).await, b"DONE");
}

/// Whether the system will ask the other end of a connection to this port of 127.0.0.1 whether it is there (proc_net_tcp).
fn asks_whether_it_is_there(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let far = format!("0100007F:{port:04X}");
    // Numbers, both addresses, the state, the queues, and which timer runs.
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.any(|row| {
        row.get(2) == Some(&far.as_str()) && row.get(5).is_some_and(|timer| timer.starts_with("02:"))
    })
}

#[tokio::test]
async fn the_mail_server_of_a_tunnel_that_stays_is_watched_by_the_system() {
    let port = mail::serve(echo).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::time::resume();
    within("a timer", async {
        while !asks_whether_it_is_there(port) {
            client.write(b"NOOP").await;
            client.read(4).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_died_is_noticed_within_a_minute() {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            let end = stream.read_to_end(&mut Vec::new()).await;
            told.send((end.is_ok(), Instant::now())).await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let dead = Raw::open(&gateway, port, 1000).await;
    tokio::time::pause();
    let start = Instant::now();
    let (clean, at) = heard.recv().await.unwrap();
    assert!(!clean, "the mail server sees a cut");
    assert!(at - start <= Duration::from_secs(60), "{:?}", at - start);
    drop(dead);
}

#[tokio::test]
async fn a_client_that_died_in_the_middle_of_a_download_is_noticed_within_a_minute() {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |stream: TcpStream| {
        let told = told.clone();
        async move {
            flood(stream).await;
            told.send(Instant::now()).await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let dead = Raw::open(&gateway, port, 16_000_000).await;
    tokio::time::pause();
    let start = Instant::now();
    let at = heard.recv().await.unwrap();
    // It took octets at the beginning.
    assert!(at - start <= Duration::from_secs(60), "{:?}", at - start);
    drop(dead);
}

/// A client of a slow line: little is under way to it.
async fn slow_client(gateway: &Gateway, port: u16) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let mut stream = socket.connect(gateway.address).await.unwrap();
    let (host, origin) = (gateway.address, gateway.origin());
    let request = format!(
        "GET /tunnel HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: waypost.v1\r\nOrigin: {origin}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(&open(port, 16_000_000)).await.unwrap();
    stream
}

#[tokio::test]
async fn a_client_that_is_slow_and_never_answers_a_ping_is_not_gone() {
    let port = mail::serve(flood).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut stream = slow_client(&gateway, port).await;
    let mut buffer = vec![0; 16 * 1024];
    stream.readable().await.unwrap();
    tokio::time::pause();
    // 16 KiB in 6 s are 22 kbit/s, for twenty minutes. Pings wait in what is not read yet.
    for turn in 0..200 {
        sleep(Duration::from_secs(6)).await;
        let count = stream.read_exact(&mut buffer).await;
        assert!(count.is_ok(), "cut after {turn} turns: {count:?}");
    }
}

#[tokio::test]
async fn a_ping_does_not_wait_behind_a_window() {
    let port = mail::serve(flood).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut stream = slow_client(&gateway, port).await;
    stream.readable().await.unwrap();
    tokio::time::pause();
    // The time of the first ping has come, and nothing was read: everything on the way is full.
    sleep(Duration::from_secs(45)).await;
    tokio::time::resume();
    let mut before = 0;
    let mut octets = Vec::new();
    // The pattern of the payload holds no ping.
    while !octets.windows(2).any(|pair| pair == [PING, 0]) {
        before += octets.len().saturating_sub(1);
        octets.drain(..octets.len().saturating_sub(1));
        assert!(within("octets", stream.read_buf(&mut octets)).await.unwrap() > 0);
    }
    assert!(before < 1_000_000, "{before} octets of 16 million before the ping");
}

#[tokio::test]
async fn a_part_of_a_frame_arrives_before_the_rest_is_sent() {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            let mut word = [0; 10];
            stream.read_exact(&mut word).await.unwrap();
            told.send(word).await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut raw = Raw::open(&gateway, port, 1000).await;
    let whole = frame(BINARY, &[b'x'; 60_000]);
    raw.send(&whole[..8 + 10]).await;
    assert_eq!(within("the part", heard.recv()).await, Some([b'x'; 10]));
}

#[tokio::test]
async fn a_mail_server_that_does_not_read_holds_its_client_back_and_loses_nothing() {
    const WINDOW: usize = 262_144;
    let (go, wait) = tokio::sync::watch::channel(false);
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let (told, mut wait) = (told.clone(), wait.clone());
        async move {
            let _ = wait.wait_for(|go| *go).await;
            let mut all = Vec::new();
            stream.read_to_end(&mut all).await.unwrap();
            told.send(all).await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let mut sent: Vec<u8> = Vec::new();
    // As long as credit comes: the system's buffers take some of it.
    loop {
        let piece: Vec<u8> =
            (0..client.tunnel.sendable()).map(|index| ((sent.len() + index) % 251) as u8).collect();
        client.write(&piece).await;
        sent.extend(piece);
        if timeout(Duration::from_millis(500), client.turn()).await.is_err() {
            break;
        }
    }
    assert_eq!(client.tunnel.sendable(), 0, "held back");
    assert!(sent.len() >= WINDOW && sent.len() < WINDOW + 16_000_000, "{}", sent.len());
    // What the client says meanwhile is heard: control messages do not wait behind payload.
    client.say(r#"{"type":"credit","bytes":1}"#).await;
    go.send(true).unwrap();
    client.end(true).await;
    assert!(within("all of it", heard.recv()).await.unwrap() == sent, "every octet, once, in order");
}

#[tokio::test]
async fn both_sides_may_send_at_once_although_neither_reads_until_it_has_sent() {
    const ALL: usize = 200_000;
    let port = mail::serve(async |mut stream: TcpStream| {
        stream.write_all(&vec![1; 8_000_000]).await.unwrap();
        let mut all = vec![0; ALL];
        stream.read_exact(&mut all).await.unwrap();
        stream.write_all(b"!").await.unwrap();
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let socket = Handshake::new(&gateway).connect(&gateway).await.unwrap();
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, 65_536).await;
    assert_eq!(client.next().await, Event::Opened { tls: None });
    // The mail server takes none of it before the client has taken its own; the window holds it, and credit passes.
    client.write(&vec![2; ALL]).await;
    assert_eq!(client.read(8_000_001).await.last(), Some(&b'!'));
}

#[tokio::test]
async fn pings_faster_than_their_answers_are_read_do_not_queue() {
    const PINGS: usize = 150_000;
    let port = mail::serve(echo).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut raw = Raw::open(&gateway, port, 1000).await;
    let pings = frame(PING, &[b'p'; 125]).repeat(PINGS / 100);
    within("the gateway to read on", async {
        for _ in 0..100 {
            raw.send(&pings).await;
        }
    })
    .await;
    raw.send(&frame(BINARY, b"and now")).await;
    let mut pongs = 0;
    loop {
        match raw.frame().await {
            Some((PONG, payload)) => {
                assert_eq!(payload, [b'p'; 125]);
                pongs += 1;
            }
            Some((BINARY, payload)) => break assert_eq!(payload, b"and now"),
            other => panic!("{other:?}"),
        }
    }
    assert!(pongs > 0 && pongs < PINGS, "{pongs} answers to {PINGS} pings");
}

#[tokio::test]
async fn a_client_that_never_reads_does_not_hold_up_the_end() {
    let port = mail::serve(flood).await;
    let mut gateway =
        Gateway::start(&format!("{}[limits]\ndrain_seconds = 1\n", target(&[port], r#""none""#, None))).await;
    let deaf = Raw::open(&gateway, port, 16_000_000).await;
    gateway.signal();
    // The closing frame can't be sent, and is given up.
    within("the gateway to stop", gateway.stop()).await;
    drop(deaf);
}
