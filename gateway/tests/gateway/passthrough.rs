//! TLS that the client speaks itself, and what comes before TLS.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, Authority, Time, target};
use crate::support::tunnel::Client;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, crypto::ring};
use waypost_tunnel::TlsMode;
use waypost_tunnel::client::Event;

const BOTH: &str = r#""passthrough", "passthrough-starttls""#;

/// TLS in the client: what a page does that speaks it itself.
fn connection(name: &str, authority: &Authority) -> ClientConnection {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority.file()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    ClientConnection::new(Arc::new(config), ServerName::try_from(name.to_owned()).unwrap()).unwrap()
}

/// The first octets of that.
fn hello(name: &str, authority: &Authority) -> Vec<u8> {
    let mut octets = Vec::new();
    connection(name, authority).write_tls(&mut octets).unwrap();
    octets
}

/// Shakes hands through the tunnel and has a word said back.
async fn speaks_tls(client: &mut Client, authority: &Authority) {
    use std::io::{Read as _, Write as _};
    let mut tls = connection("localhost", authority);
    tls.writer().write_all(b"a1 NOOP\r\n").unwrap();
    let mut heard = Vec::new();
    while heard.len() < 9 {
        let mut out = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut out).unwrap();
        }
        client.write(&out).await;
        let octets = client.read(1).await;
        let mut rest = octets.as_slice();
        while !rest.is_empty() {
            tls.read_tls(&mut rest).unwrap();
            tls.process_new_packets().unwrap();
        }
        let _ = tls.reader().read_to_end(&mut heard);
    }
    assert_eq!(heard, b"a1 NOOP\r\n");
}

async fn echo_over_tls(stream: TcpStream, acceptor: TlsAcceptor) {
    if let Ok(stream) = acceptor.accept(stream).await {
        let (mut read, mut write) = tokio::io::split(stream);
        let _ = tokio::io::copy(&mut read, &mut write).await;
    }
}

/// A server whose connections are TLS; gives what it heard before it.
async fn serve_tls(authority: &Authority) -> u16 {
    let acceptor = authority.acceptor("localhost", Time::Now);
    mail::serve(move |stream| echo_over_tls(stream, acceptor.clone())).await
}

/// A server that says all that it hears.
async fn serve_echo() -> u16 {
    mail::serve(async |mut stream: TcpStream| {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await
}

#[tokio::test]
async fn tls_of_the_client_reaches_the_mail_server() {
    let authority = Authority::new();
    let port = serve_tls(&authority).await;
    // No `ca`: the gateway sees no certificate.
    let gateway = Gateway::start(&target(&[port], BOTH, None)).await;
    let mut client = Client::ask(&gateway, "localhost", port, TlsMode::Passthrough).await;
    assert_eq!(client.next().await, Event::Opened { tls: None });
    speaks_tls(&mut client, &authority).await;
}

#[tokio::test]
async fn tls_of_the_client_begins_after_an_upgrade() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", Time::Now);
    let port = mail::serve(move |mut stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            stream.write_all(b"* OK\r\n").await.unwrap();
            let mut command = [0; 13];
            stream.read_exact(&mut command).await.unwrap();
            stream.write_all(b"a1 OK\r\n").await.unwrap();
            echo_over_tls(stream, acceptor).await;
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], BOTH, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::PassthroughStartTls).await;
    client.read(6).await;
    client.write(b"a1 STARTTLS\r\n").await;
    client.read(7).await;
    client.upgrade().await;
    assert_eq!(client.next().await, Event::Upgraded { tls: None });
    speaks_tls(&mut client, &authority).await;
}

#[tokio::test]
async fn what_is_no_hello_for_the_host_reaches_nobody() {
    let authority = Authority::new();
    let port = serve_echo().await;
    let gateway = Gateway::start(&target(&[port], BOTH, None)).await;
    for (octets, code) in [
        (b"a1 LOGIN kim sesame\r\n".to_vec(), "plaintext-denied"),
        (hello("other.example", &authority), "target-denied"),
    ] {
        for mode in [TlsMode::Passthrough, TlsMode::PassthroughStartTls] {
            let mut client = Client::open(&gateway, "localhost", port, mode).await;
            if mode == TlsMode::PassthroughStartTls {
                client.upgrade().await;
                assert_eq!(client.next().await, Event::Upgraded { tls: None });
            }
            client.write(&octets).await;
            // The server says back what it hears, and has said nothing.
            let Event::Failed(failure) = client.next().await else { panic!("something came through") };
            assert_eq!(failure.code, code, "{mode:?}");
            assert!(!failure.message.contains("sesame"));
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_begin_with_tls_in_time_is_sent_away() {
    let port = serve_echo().await;
    let tls = r#""starttls", "passthrough", "passthrough-starttls""#;
    let config = format!("{}[limits]\ntls_seconds = 1\n", target(&[port], tls, None));
    let gateway = Gateway::start(&config).await;
    for mode in [TlsMode::StartTls, TlsMode::Passthrough, TlsMode::PassthroughStartTls] {
        let mut client = Client::open(&gateway, "localhost", port, mode).await;
        assert_eq!(client.failure().await.code, "timeout", "{mode:?}");
    }
}

#[tokio::test]
async fn more_than_what_comes_before_tls_ends_the_tunnel_both_ways() {
    let port = serve_echo().await;
    let gateway = Gateway::start(&target(&[port], r#""starttls""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::StartTls).await;
    client.write(&[b'x'; 1024]).await;
    client.read(1024).await;
    client.write(b"y").await;
    assert_eq!(client.failure().await.code, "plaintext-denied");

    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.write_all(&[b'x'; 17_000]).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""starttls""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::StartTls).await;
    assert_eq!(client.failure().await.code, "plaintext-denied");
}
