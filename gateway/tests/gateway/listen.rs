//! Where the gateway listens: Unix sockets, several places at once, sockets of a service manager.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, target};
use crate::support::secure::Files;
use crate::support::service::{Manager, Program};
use crate::support::tunnel::first_words;
use crate::support::within;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use waypost_gateway::{Config, Listen, Listeners, Passed};

async fn on(places: &[Listen], text: &str) -> Gateway {
    let listeners = Listeners::open(places, Passed::none()).await.unwrap();
    let address = listeners.addresses().first().copied().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 80)));
    Gateway::start_on(Config::parse(text).unwrap(), address, listeners)
}

async fn get(path: &Path, host: &str) -> String {
    let mut stream = UnixStream::connect(path).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // It may be cut in place of an answer.
    let _ = within("an answer", stream.read_to_string(&mut answer)).await;
    answer
}

/// Opens a tunnel over a Unix socket and gives the first message.
async fn tunnel(path: &Path, port: u16, client: &str) -> (impl Sized + use<>, String) {
    let mut request = "ws://localhost/tunnel".into_client_request().unwrap();
    for (name, value) in [
        ("Origin", "http://localhost"),
        ("Sec-WebSocket-Protocol", "waypost.v1"),
        ("X-Forwarded-For", client),
    ] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let stream = UnixStream::connect(path).await.unwrap();
    first_words(request, stream, port).await
}

#[tokio::test]
async fn a_unix_socket_and_an_address_are_listened_on_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sock");
    let places = ["127.0.0.1:0".parse().unwrap(), Listen::Unix(path.clone())];
    let gateway = on(&places, "").await;
    let host = gateway.address.to_string();
    assert_eq!(gateway.fetch("/").await.status, 404);
    assert!(get(&path, &host).await.starts_with("HTTP/1.1 404"));
    assert!(get(&path, "evil.example").await.starts_with("HTTP/1.1 421"));
    gateway.stop().await;
    assert!(!path.exists(), "its file is gone");
}

#[tokio::test]
async fn behind_a_unix_socket_clients_are_named_by_a_proxy_only_if_this_machine_is_trusted() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let rows = format!("{}[limits]\ntunnels_per_client = 1\n", target(&[port], r#""none""#, None));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sock");
    for (trusted, second) in [("['127.0.0.1']", "opened"), ("[]", "too-many-tunnels")] {
        let gateway =
            on(&[Listen::Unix(path.clone())], &format!("trusted_proxies = {trusted}\n{rows}")).await;
        let (_first, said) = tunnel(&path, port, "192.0.2.1").await;
        assert!(said.contains("opened"), "{said}");
        let (_second, said) = tunnel(&path, port, "192.0.2.2").await;
        assert!(said.contains(second), "{trusted}: {said}");
        drop((_first, _second));
        gateway.stop().await;
    }
}

#[tokio::test]
async fn a_socket_file_is_replaced_only_if_nobody_listens_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sock");
    let places = [Listen::Unix(path.clone())];
    let wrong = async || Listeners::open(&places, Passed::none()).await.unwrap_err().to_string();
    let taken = UnixListener::bind(&path).unwrap();
    assert!(wrong().await.contains("is taken"));
    // As a process leaves it that was killed.
    drop(taken);
    let gateway = on(&places, "").await;
    assert!(get(&path, "localhost").await.starts_with("HTTP/1.1 404"));
    gateway.stop().await;
    std::fs::write(&path, "letters").unwrap();
    assert!(wrong().await.contains("no socket"));
    assert_eq!(std::fs::read(&path).unwrap(), b"letters");
    let nowhere = [Listen::Unix(folder.path().join("nowhere/gateway.sock"))];
    let error = Listeners::open(&nowhere, Passed::none()).await.unwrap_err().to_string();
    assert!(error.contains("Check that its folder is there"), "{error}");
}

#[tokio::test]
async fn sockets_of_a_service_manager_are_used_and_it_is_told_when_the_gateway_is_ready() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut manager = Manager::new();
    let mut program = Program::start(&manager, Some(&socket), "listen = 'systemd'").await;
    assert_eq!(manager.heard().await, "READY=1\n");
    assert!(program.said.contains(&format!("http://{address}")), "{}", program.said);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within("an answer", stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    program.signal("HUP");
    let said = manager.heard().await;
    assert!(said.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{said}");
    assert_eq!(manager.heard().await, "READY=1\n");
    program.signal("TERM");
    assert_eq!(manager.heard().await, "STOPPING=1\n");
    assert!(program.ended().await.success());
    // It is the manager's: who connects now waits for the next process.
    drop(TcpStream::connect(address).await.unwrap());
}

#[tokio::test]
async fn without_passed_sockets_systemd_is_an_error_that_says_what_to_start() {
    let manager = Manager::new();
    let program = Program::refused(&manager, "listen = ['systemd']").await;
    assert!(program.contains("no socket was passed"), "{program}");
}

#[tokio::test]
async fn a_unix_socket_speaks_no_tls_and_may_carry_the_proxy_protocol() {
    let (files, _) = Files::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.sock");
    let text = format!("trusted_proxies = ['127.0.0.1']\nproxy_protocol = true\n{}", files.section());
    let gateway = on(&[Listen::Unix(path.clone())], &text).await;
    assert_eq!(get(&path, "localhost").await, "", "no header, no answer");
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let request = "PROXY TCP4 192.0.2.1 192.0.2.9 1 2\r\nGET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within("an answer", stream.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    gateway.stop().await;
}

#[tokio::test]
async fn the_limit_of_open_files_is_raised_as_far_as_the_system_lets() {
    let text = "listen = '127.0.0.1:0'\n[limits]\nheader_seconds = 1000\nconnections = 200\nconnections_per_client = 200\ntunnels = 10\n";
    let program = Program::start_after("ulimit -S -n 40", text).await;
    let address: SocketAddr =
        program.said.split("://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let mut streams = Vec::new();
    for _ in 0..100 {
        streams.push(TcpStream::connect(address).await.unwrap());
    }
    for stream in &mut streams {
        stream.write_all(format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes()).await.unwrap();
        assert!(within("an answer", stream.read(&mut [0; 100])).await.unwrap() > 0);
    }
    let mut program = Program::start_after("ulimit -n 300", text).await;
    let line = program.logs("open files").await;
    assert!(line.contains("can need 338") && line.contains("allows 300"), "{line}");
}
