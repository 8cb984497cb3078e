//! What a client that nobody knows can make the gateway hold: many of them, each as greedy as it may be.

use crate::support::gateway::Gateway;
use crate::support::mail;
use crate::support::raw::open;
use crate::support::secure::{Files, over, request};
use crate::support::service::{Manager, Program};
use crate::support::within;
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore};

/// Enough for the average to say something.
const CLIENTS: u64 = 100;

async fn start(text: &str) -> (Program, SocketAddr) {
    let limits = "connections_per_client = 1000\ntunnels_per_client = 1000\nheader_seconds = 1000\nwrite_seconds = 1000\nsilence_seconds = 1000\n";
    let text = format!("listen = '127.0.0.1:0'\nlog = 'warn'\n{text}[limits]\n{limits}");
    let program = Program::start(&Manager::new(), None, &text).await;
    let address = program.said.split("://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    (program, address)
}

/// KiB that it has, once it takes no more.
async fn for_all(program: &Program) -> u64 {
    let (mut last, mut same) = (0, 0);
    within("the gateway to settle", async {
        while same < 20 {
            sleep(Duration::from_millis(10)).await;
            let now = program.resident_kib();
            same = if now == last { same + 1 } else { 0 };
            last = now;
        }
    })
    .await;
    last
}

/// KiB for each of many clients that do this.
async fn held_by<Held>(text: &str, count: u64, does: impl AsyncFn(SocketAddr) -> Held) -> u64 {
    let (program, address) = start(text).await;
    let mut held = Vec::new();
    let mut resident = [0; 2];
    for resident in &mut resident {
        for _ in 0..count {
            held.push(does(address).await);
        }
        *resident = for_all(&program).await;
    }
    // What the first ones bring in is the program's own: threads, caches, what the allocator keeps.
    let [first, all] = resident;
    all.saturating_sub(first) / count
}

async fn connected(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.unwrap()
}

async fn saying(address: SocketAddr, octets: &[u8]) -> TcpStream {
    let mut stream = connected(address).await;
    stream.write_all(octets).await.unwrap();
    stream
}

#[tokio::test]
async fn who_says_nothing_holds_at_most_6_kib() {
    let (files, _) = Files::new();
    for text in [String::new(), files.section()] {
        let each = held_by(&text, 4 * CLIENTS, connected).await;
        assert!(each <= 6, "{each} KiB: {text}");
    }
}

#[tokio::test]
async fn half_a_request_holds_what_it_has_sent() {
    for (sent, most) in [(100, 6), (12_000, 20)] {
        let each = held_by("", CLIENTS, async |address| {
            let head = format!("GET /tunnel HTTP/1.1\r\nHost: {address}\r\nX: {}", "x".repeat(sent));
            saying(address, head.as_bytes()).await
        })
        .await;
        assert!(each <= most, "{each} KiB for {sent} octets");
    }
}

#[tokio::test]
async fn a_client_that_has_its_answer_holds_as_little_as_before() {
    let each = held_by("", CLIENTS, async |address| {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let mut stream = saying(address, request.as_bytes()).await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"ok\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        stream
    })
    .await;
    assert!(each <= 6, "{each} KiB");
}

#[tokio::test]
async fn half_a_handshake_holds_at_most_24_kib() {
    let (files, _) = Files::new();
    // A record of 16 KiB in which a ClientHello of as much begins.
    let hello = [&[0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc], &[0; 16_000][..]].concat();
    for sent in [5, 200, 8000] {
        let each =
            held_by(&files.section(), CLIENTS, async |address| saying(address, &hello[..sent]).await).await;
        assert!(each <= 24, "{each} KiB for {sent} octets");
    }
}

#[tokio::test]
async fn a_handshake_that_lacks_its_last_octets_holds_at_most_16_kib() {
    let (files, _) = Files::new();
    let each =
        held_by(&files.section(), CLIENTS, async |address| saying(address, &client_hello()).await).await;
    assert!(each <= 16, "{each} KiB");
}

#[tokio::test]
async fn who_shakes_hands_and_says_nothing_holds_at_most_16_kib() {
    let (files, _) = Files::new();
    for protocol in ["http/1.1", "h2"] {
        let each = held_by(&files.section(), CLIENTS, async |address| {
            over(connected(address).await, &[protocol]).await.unwrap()
        })
        .await;
        assert!(each <= 16, "{each} KiB");
    }
}

#[tokio::test]
async fn a_handshake_with_too_many_octets_is_ended() {
    let (files, _) = Files::new();
    // Only the bound ends it in time.
    let text = format!("{}[limits]\nheader_seconds = 1000\n", files.section());
    let gateway = Gateway::start(&text).await;
    let octets = [&[0x16, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc], &[0; 9000][..]].concat();
    let mut stream = saying(gateway.address, &octets).await;
    let mut answer = Vec::new();
    // It may be reset with octets unread.
    let _ = within("the end", stream.read_to_end(&mut answer)).await;
}

async fn flood(mut stream: TcpStream) {
    while stream.write_all(&[7; 65_536]).await.is_ok() {}
}

/// What the system holds on the way is not the gateway's memory, and takes long to fill.
async fn narrow(address: SocketAddr, window: u32) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(window).unwrap();
    socket.connect(address).await.unwrap()
}

/// A client that takes so much of a flood, waits, takes more, and then nothing.
async fn stalls<Stream>(mut stream: Stream, origin: &str, port: u16, takes: &[usize]) -> Stream
where
    Stream: AsyncRead + AsyncWrite + Unpin,
{
    let (_, address) = origin.split_once("://").unwrap();
    let request = format!(
        "GET /tunnel HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: waypost.v1\r\nOrigin: {origin}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    // All the credit that a client can give.
    stream.write_all(&open(port, 16_000_000)).await.unwrap();
    let (mut taken, mut buffer) = (0, vec![0; 64 * 1024]);
    for part in takes {
        // Meanwhile all that the gateway can read at once has come.
        sleep(Duration::from_millis(20)).await;
        while taken < *part {
            taken += within("octets", stream.read(&mut buffer)).await.unwrap();
        }
    }
    stream
}

#[tokio::test]
async fn a_tunnel_whose_client_takes_nothing_more_of_a_flood_holds_at_most_320_kib() {
    let port = mail::serve(flood).await;
    let text = format!("[[targets]]\nhost = 'localhost'\nports = [{port}]\ntls = ['none']\nprivate = true\n");
    for (window, takes) in
        [(8 * 1024, &[][..]), (8 * 1024, &[1_000_000, 2_000_000]), (4 << 20, &[3_000_000, 5_000_000])]
    {
        let each = held_by(&text, 20, async |address| {
            stalls(narrow(address, window).await, &format!("http://{address}"), port, takes).await
        })
        .await;
        assert!(each <= 300, "{each} KiB with a window of {window} after {takes:?} octets");
    }
    let (files, _) = Files::new();
    let each = held_by(&format!("{text}{}", files.section()), 20, async |address| {
        let (stream, _) = over(narrow(address, 4 << 20).await, &["http/1.1"]).await.unwrap();
        let origin = format!("https://localhost:{}", address.port());
        stalls(stream, &origin, port, &[3_000_000, 5_000_000]).await
    })
    .await;
    assert!(each <= 320, "{each} KiB over TLS");
}

/// The first octets of a TLS client.
fn client_hello() -> Vec<u8> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut octets = Vec::new();
    ClientConnection::new(Arc::new(config), name).unwrap().write_tls(&mut octets).unwrap();
    octets
}

fn app() -> (TempDir, String) {
    let app = tempfile::tempdir().unwrap();
    std::fs::create_dir(app.path().join("assets")).unwrap();
    std::fs::write(app.path().join("assets/big-1a2b3c4d.wasm"), vec![7; 8 * 1024 * 1024]).unwrap();
    std::fs::write(app.path().join("large.txt"), vec![7; 3 * 1024 * 1024]).unwrap();
    let text = format!("app_dir = {:?}\n", app.path());
    (app, text)
}

#[tokio::test]
async fn an_answer_that_nobody_takes_holds_at_most_32_kib() {
    let (_app, text) = app();
    for path in ["/assets/big-1a2b3c4d.wasm", "/large.txt"] {
        let each = held_by(&text, CLIENTS, async |address| {
            let mut stream = narrow(address, 8 * 1024).await;
            let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            stream.readable().await.unwrap();
            stream
        })
        .await;
        assert!(each <= 32, "{each} KiB: {path}");
    }
}

#[tokio::test]
async fn http_2_answers_that_nobody_takes_hold_at_most_128_kib() {
    let (_app, text) = app();
    let (files, _) = Files::new();
    for path in ["/assets/big-1a2b3c4d.wasm", "/large.txt"] {
        let each = held_by(&format!("{text}{}", files.section()), CLIENTS / 2, async |address| {
            let host = format!("localhost:{}", address.port());
            let (stream, _) = over(connected(address).await, &["h2"]).await.unwrap();
            // The window of the connection is wide open, those of the answers are not.
            let shake = h2::client::Builder::new()
                .initial_connection_window_size(16 * 1024 * 1024)
                .initial_window_size(1)
                .handshake::<_, Bytes>(stream);
            let (mut client, connection) = within("HTTP/2", shake).await.unwrap();
            tokio::spawn(connection);
            let mut answers = Vec::new();
            for _ in 0..8 {
                client = within("room", client.ready()).await.unwrap();
                let (answer, _) = client.send_request(request(&host, path), true).unwrap();
                answers.push(within("an answer", answer).await.unwrap());
            }
            (client, answers)
        })
        .await;
        assert!(each <= 128, "{each} KiB: {path}");
    }
}
