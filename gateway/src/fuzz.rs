//! What fuzzers call, compiled with the tests so that it can't rot: a client that nobody knows, from its first octet to the
//! tunnel it asks for. No part of the API.

use crate::config::Config;
use crate::connection::Visit;
use crate::listener::{Listeners, Passed};
use crate::server::Server;
use crate::stream::ClientStream;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::timeout;

/// A gateway is sent what follows the first octet, and then nothing more. The first octet says which gateway that is, and in
/// pieces of which size it comes.
///
/// # Panics
/// What is answered is no HTTP, the gateway fails, does not close in time, or opens a tunnel.
pub fn requests(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let piece = usize::from(setting >> 1).pow(2) + 1;
    let answer = STAND.with(|stand| stand.answer(setting & 1 == 1, octets, piece));
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "no HTTP: {answer:?}");
    for never in [&b"HTTP/1.1 500"[..], b"\"internal\"", b"\"opened\""] {
        let said = answer.windows(never.len()).any(|part| part == never);
        assert!(!said, "{}", String::from_utf8_lossy(&answer));
    }
}

thread_local! {
    static STAND: Stand = Stand::new();
}

/// Two gateways that nothing leads out of.
struct Stand {
    runtime: Runtime,
    open: Server,
    /// Behind a proxy that names its client, and with tokens.
    proxied: Server,
}

impl Stand {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let start = |text: &str| {
            let config = Config::parse(&format!("{text}{BOTH}")).expect("the configuration is right");
            let listeners = runtime.block_on(Listeners::open(&[], Passed::none())).expect("no sockets");
            Server::new(config, &listeners, mpsc::channel(1).1).expect("it has all it needs")
        };
        Self { open: start(""), proxied: start(PROXIED), runtime }
    }

    /// All that a client gets to hear.
    fn answer(&self, proxied: bool, octets: &[u8], piece: usize) -> Vec<u8> {
        // Each time another: one that asks so often gets nothing but refusals.
        let client = IpAddr::from(Ipv4Addr::from(CLIENT.fetch_add(1, Ordering::Relaxed)));
        let (server, peer) =
            if proxied { (&self.proxied, Ipv4Addr::LOCALHOST.into()) } else { (&self.open, client) };
        let talk = async {
            let (near, far) = UnixStream::pair().expect("two ends");
            let place = server.gate().place_for(peer).expect("there is room");
            let visit = Visit::new(Arc::clone(server.gate()), 1, peer, place);
            tokio::join!(visit.run(ClientStream::Unix(near)), said_to(far, octets, piece)).1
        };
        self.runtime.block_on(async { timeout(PATIENCE, talk).await }).expect("it closes in time")
    }
}

async fn said_to(mut far: UnixStream, octets: &[u8], piece: usize) -> Vec<u8> {
    let (mut read, mut write) = far.split();
    let ask = async {
        for piece in octets.chunks(piece) {
            if write.write_all(piece).await.is_err() {
                // It has closed: then it takes no more.
                break;
            }
            yield_now().await;
        }
        let _ = write.shutdown().await;
    };
    let mut answer = Vec::new();
    // A reset, where it closed with octets unread, ends it too.
    let _ = tokio::join!(ask, read.read_to_end(&mut answer));
    answer
}

static CLIENT: AtomicU32 = AtomicU32::new(0x0a00_0000);

const BOTH: &str = "origins = ['https://mail.example']\ntargets = []\n[discovery]\nenabled = true\n";
const PROXIED: &str = "trusted_proxies = ['127.0.0.1']\nproxy_header = 'forwarded'\naccess.mode = 'token'\naccess.tokens = [{ name = 'kim', sha256 = \
    '0000000000000000000000000000000000000000000000000000000000000000' }]\n";
/// Far above what any of the gateway's own waits takes where a client has said all.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "Host: mail.example\r\n";
    const UPGRADE: &str = "Host: mail.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

    fn answer(proxied: bool, request: &str) -> String {
        for piece in [0, 0x10, 0xFE] {
            requests(&[&[piece | u8::from(proxied)], request.as_bytes()].concat());
        }
        let answer = STAND.with(|stand| stand.answer(proxied, request.as_bytes(), 7));
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[test]
    fn a_client_gets_as_far_as_it_would_with_a_gateway_in_use() {
        let page = "Origin: https://mail.example\r\n";
        let offers = "Sec-WebSocket-Protocol: waypost.v1, waypost.token.YWJj\r\n";
        let json = r#"{"domain":"gmail.com"}"#;
        let length = json.len();
        for (proxied, request, expected) in [
            (false, format!("GET /api/config HTTP/1.1\r\n{HOST}\r\n"), "HTTP/1.1 200 "),
            (false, "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n".to_owned(), "HTTP/1.1 421 "),
            (false, format!("GET /tunnel HTTP/1.1\r\n{UPGRADE}{offers}\r\n"), "HTTP/1.1 403 "),
            (false, format!("GET /tunnel HTTP/1.1\r\n{UPGRADE}{page}{offers}\r\n"), "HTTP/1.1 101 "),
            (
                true,
                format!("GET /tunnel HTTP/1.1\r\n{UPGRADE}{offers}Forwarded: for=a\r\n\r\n"),
                "HTTP/1.1 101 ",
            ),
            (
                false,
                format!(
                    "POST /api/discover HTTP/1.1\r\n{HOST}{page}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{json}"
                ),
                "\"options\"",
            ),
            (
                true,
                format!(
                    "POST /api/discover HTTP/1.1\r\n{HOST}Authorization: Bearer abc\r\nContent-Length: {length}\r\n\r\n{json}"
                ),
                "\"token-required\"",
            ),
        ] {
            let said = answer(proxied, &request);
            assert!(said.contains(expected), "{request}\n{said}");
        }
    }

    #[test]
    fn what_comes_behind_the_handshake_is_the_tunnels() {
        let open = [0x81, 0x80 | 2, 0, 0, 0, 0, b'{', b'}'];
        let request = format!(
            "GET /tunnel HTTP/1.1\r\n{UPGRADE}Origin: https://mail.example\r\nSec-WebSocket-Protocol: waypost.v1\r\n\r\n"
        );
        let said = STAND.with(|stand| stand.answer(false, &[request.as_bytes(), &open].concat(), 1000));
        assert!(String::from_utf8_lossy(&said).contains("bad-request"), "{said:?}");
    }
}
