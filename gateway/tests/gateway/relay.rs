//! Octets through tunnels.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, Authority, Time, target};
use crate::support::tunnel::Client;
use crate::support::within;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use waypost_tunnel::client::Event;
use waypost_tunnel::{MAX_PAYLOAD, TlsMode};

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

/// A client's text frame, masked with zeros (RFC 6455, 5.2).
fn text_frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    assert!(length < 126);
    let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[tokio::test]
async fn a_connection_that_has_asked_for_a_page_can_become_a_tunnel_whose_first_frame_comes_at_once() {
    let port =
        mail::serve(async |mut stream: TcpStream| stream.write_all(b"hello of the server").await.unwrap())
            .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let (host, origin) = (gateway.address, gateway.origin());
    let mut stream = TcpStream::connect(host).await.unwrap();
    let mut request = format!(
        "GET /nothing HTTP/1.1\r\nHost: {host}\r\n\r\nGET /tunnel HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: waypost.v1\r\nOrigin: {origin}\r\n\r\n"
    )
    .into_bytes();
    request.extend(text_frame(&format!(
        r#"{{"type":"open","host":"localhost","port":{port},"tls":"none","credit":99}}"#
    )));
    stream.write_all(&request).await.unwrap();
    let mut all = Vec::new();
    let ends = |all: &[u8]| all.windows(12).any(|part| part == b"\"clean\":true");
    while !ends(&all) {
        let count = within("the tunnel", stream.read_buf(&mut all)).await.unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&all));
    }
    let text = String::from_utf8_lossy(&all);
    assert!(text.starts_with("HTTP/1.1 404") && text.contains("HTTP/1.1 101"), "{text}");
    // The example of RFC 6455, 1.3.
    assert!(text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{text}");
    assert!(text.contains(r#""type":"opened""#) && text.contains("hello of the server"), "{text}");
}

#[tokio::test]
async fn megabytes_pass_in_order_through_a_small_window_while_both_sides_send() {
    let port = mail::serve(echo).await;
    let config = format!("{}[limits]\nwindow_octets = 5000\n", target(&[port], r#""none""#, None));
    let gateway = Gateway::start(&config).await;
    let socket = crate::support::tunnel::Handshake::new(&gateway).connect(&gateway).await.unwrap();
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, 7000).await;
    assert_eq!(client.next().await, Event::Opened { tls: None });
    let sent = pattern(2_000_000);
    let mut received = Vec::new();
    let mut offered = 0;
    while received.len() < sent.len() {
        offered += client.tunnel.send(&sent[offered..]);
        client.flush().await;
        if let Event::Data(octets) = client.next().await {
            client.tunnel.consumed(octets.len());
            received.extend(octets);
        }
    }
    assert!(received == sent, "every octet, once, in order");
}

#[tokio::test]
async fn frames_under_load_are_large() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.write_all(&pattern(8_000_000)).await;
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let socket = crate::support::tunnel::Handshake::new(&gateway).connect(&gateway).await.unwrap();
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, 1_000_000).await;
    let (mut frames, mut octets, mut longest) = (0, 0, 0);
    loop {
        match client.next().await {
            Event::Data(data) => {
                frames += 1;
                octets += data.len();
                longest = longest.max(data.len());
                client.tunnel.consumed(data.len());
                client.flush().await;
            }
            Event::Ended { clean } => break assert!(clean),
            _ => {}
        }
    }
    assert_eq!(octets, 8_000_000);
    assert!(octets / frames > 16 * 1024, "{frames} frames");
    assert!(longest > MAX_PAYLOAD, "{longest} octets in the longest");
}

#[tokio::test]
async fn a_client_that_gives_no_credit_gets_nothing_more_and_still_can_send() {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            let (mut read, mut write) = stream.split();
            let flood = async { while write.write_all(&[7; 4096]).await.is_ok() {} };
            let listen = async {
                let mut word = [0; 4];
                read.read_exact(&mut word).await.unwrap();
                told.send(word).await.unwrap();
            };
            tokio::join!(flood, listen);
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let socket = crate::support::tunnel::Handshake::new(&gateway).connect(&gateway).await.unwrap();
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, 10_000).await;
    let mut received = 0;
    while received < 10_000 {
        if let Event::Data(octets) = client.next().await {
            received += octets.len();
        }
    }
    assert_eq!(received, 10_000, "as much as the client allowed, to the octet");
    client.write(b"QUIT").await;
    assert_eq!(within("the word", heard.recv()).await.unwrap(), *b"QUIT");
}

#[tokio::test]
async fn a_client_that_reads_late_gets_everything_that_it_allowed() {
    const ALL: usize = 16 * 1024 * 1024;
    let (told, mut blocked) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            let all = pattern(ALL);
            let mut rest = all.as_slice();
            while !rest.is_empty() {
                match tokio::time::timeout(Duration::from_millis(300), stream.write(rest)).await {
                    Ok(count) => rest = &rest[count.unwrap()..],
                    // Every buffer on the way is full.
                    Err(_) => drop(told.try_send(())),
                }
            }
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let socket = crate::support::tunnel::Handshake::new(&gateway).connect(&gateway).await.unwrap();
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, ALL as u32).await;
    assert_eq!(client.next().await, Event::Opened { tls: None });
    within("the server to be held back", blocked.recv()).await.unwrap();
    assert!(client.read(ALL).await == pattern(ALL));
}

#[tokio::test]
async fn what_the_client_still_sends_after_the_server_ended_arrives() {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            stream.write_all(b"half").await.unwrap();
            stream.shutdown().await.unwrap();
            let mut rest = Vec::new();
            stream.read_to_end(&mut rest).await.unwrap();
            told.send(rest).await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    assert_eq!(client.read(4).await, b"half");
    assert_eq!(client.next().await, Event::Ended { clean: true });
    let sent = pattern(200_000);
    client.write(&sent).await;
    client.end(true).await;
    assert!(within("the rest", heard.recv()).await.unwrap() == sent);
}

#[tokio::test]
async fn a_server_that_is_cut_shows_as_not_clean() {
    let port = mail::serve(async |mut stream: TcpStream| {
        stream.write_all(b"* OK").await.unwrap();
        let mut word = [0; 2];
        stream.read_exact(&mut word).await.unwrap();
        stream.set_zero_linger().unwrap();
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    client.read(4).await;
    client.write(b"go").await;
    assert_eq!(client.next().await, Event::Ended { clean: false });
}

/// How the mail server sees the end of a tunnel: `true` for an end, `false` for a cut.
async fn end_at_server(leave: impl AsyncFnOnce(Client)) -> bool {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            stream.write_all(b"hi").await.unwrap();
            let end = stream.read_to_end(&mut Vec::new()).await;
            told.send(end.is_ok()).await.unwrap();
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    client.read(2).await;
    leave(client).await;
    within("the end", heard.recv()).await.unwrap()
}

#[tokio::test]
async fn a_client_that_leaves_without_an_end_cuts_the_mail_server() {
    assert!(end_at_server(async |mut client| client.end(true).await).await, "control: an end is an end");
    assert!(!end_at_server(async |mut client| client.end(false).await).await, "said so");
    assert!(!end_at_server(async |client| drop(client)).await, "the page was closed");
}

/// IMAP as far as STARTTLS; then TLS, where it says what it hears.
async fn starttls(mut stream: TcpStream, acceptor: tokio_rustls::TlsAcceptor) {
    stream.write_all(b"* OK\r\n").await.unwrap();
    let mut command = [0; 13];
    if stream.read_exact(&mut command).await.is_err() {
        return;
    }
    assert_eq!(&command, b"a1 STARTTLS\r\n");
    stream.write_all(b"a1 OK\r\n").await.unwrap();
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let (mut read, mut write) = tokio::io::split(stream);
    let _ = tokio::io::copy(&mut read, &mut write).await;
    let _ = write.shutdown().await;
}

#[tokio::test]
async fn tls_from_the_first_octet_is_described_and_its_clean_end_seen() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", Time::Now);
    let port = mail::serve(move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let (mut read, mut write) = tokio::io::split(stream);
            let _ = tokio::io::copy(&mut read, &mut write).await;
            let _ = write.shutdown().await;
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""implicit""#, Some(&authority))).await;
    let mut client = Client::ask(&gateway, "localhost", port, TlsMode::Implicit).await;
    let Event::Opened { tls: Some(tls) } = client.next().await else { panic!("no TLS") };
    assert_eq!(tls.version, "TLSv1.3");
    assert!(tls.cipher.starts_with("TLS13_"), "{tls:?}");
    assert!(tls.fingerprint.len() == 64 && tls.fingerprint.bytes().all(|digit| digit.is_ascii_hexdigit()));
    let sent = pattern(300_000);
    let mut received = Vec::new();
    for part in sent.chunks(50_000) {
        client.write(part).await;
        received.extend(client.read(part.len()).await);
    }
    assert!(received == sent);
    client.end(true).await;
    assert_eq!(client.next().await, Event::Ended { clean: true });
    assert_eq!(client.close_frame().await.0, 1000);
}

#[tokio::test]
async fn tls_that_ends_without_a_close_notify_is_not_clean() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", Time::Now);
    let port = mail::serve(move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            stream.write_all(b"half a mes").await.unwrap();
            stream.flush().await.unwrap();
            // TCP ends as it should; TLS does not.
            stream.get_mut().0.shutdown().await.unwrap();
            let _ = stream.get_mut().0.read(&mut [0; 100]).await;
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""implicit""#, Some(&authority))).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::Implicit).await;
    assert_eq!(client.read(10).await, b"half a mes", "what came before the cut is given");
    assert_eq!(client.next().await, Event::Ended { clean: false });
}

#[tokio::test]
async fn starttls_is_agreed_on_when_the_client_asks() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", Time::Now);
    let port = mail::serve(move |stream| starttls(stream, acceptor.clone())).await;
    let gateway = Gateway::start(&target(&[port], r#""starttls""#, Some(&authority))).await;
    let mut client = Client::ask(&gateway, "localhost", port, TlsMode::StartTls).await;
    assert_eq!(client.next().await, Event::Opened { tls: None });
    client.read(6).await;
    client.write(b"a1 STARTTLS\r\n").await;
    assert_eq!(client.read(7).await, b"a1 OK\r\n");
    client.upgrade().await;
    let Event::Upgraded { tls: Some(tls) } = client.next().await else { panic!("not upgraded") };
    assert_eq!(tls.version, "TLSv1.3");
    client.write(b"a2 LOGIN").await;
    assert_eq!(client.read(8).await, b"a2 LOGIN");
    client.end(true).await;
    assert_eq!(client.next().await, Event::Ended { clean: true });
}

#[tokio::test]
async fn octets_injected_before_tls_end_the_tunnel() {
    let (go, going) = tokio::sync::watch::channel(false);
    let (told, mut injected) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let (mut going, told) = (going.clone(), told.clone());
        async move {
            stream.write_all(b"a1 OK\r\n").await.unwrap();
            going.wait_for(|go| *go).await.unwrap();
            stream.write_all(b"* CAPABILITY AUTH=EVIL\r\n").await.unwrap();
            told.send(()).await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""starttls""#, None)).await;
    let socket = crate::support::tunnel::Handshake::new(&gateway).connect(&gateway).await.unwrap();
    // No credit beyond the answer, so that the injected octets are unread at the gateway when TLS is asked for.
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::StartTls, 7).await;
    assert_eq!(client.next().await, Event::Opened { tls: None });
    let mut answer = Vec::new();
    while answer.len() < 7 {
        if let Event::Data(octets) = client.next().await {
            answer.extend(octets);
        }
    }
    go.send(true).unwrap();
    within("the injection", injected.recv()).await.unwrap();
    client.say(r#"{"type":"upgrade","received":7,"sent":0}"#).await;
    assert_eq!(client.failure().await.code, "starttls-injection");
    assert_eq!(client.close_frame().await, (4000, "starttls-injection".into()));
}

#[tokio::test]
async fn counts_that_differ_are_an_injection() {
    let port = mail::serve(async |mut stream: TcpStream| {
        stream.write_all(b"a1 OK\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""starttls""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::StartTls).await;
    client.read(7).await;
    client.say(r#"{"type":"upgrade","received":6,"sent":0}"#).await;
    assert_eq!(client.failure().await.code, "starttls-injection");
}

/// The failure with a server that shows this certificate.
async fn certificate_failure(name: &str, time: Time, trusted: bool) -> waypost_tunnel::Failure {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let acceptor = authority.acceptor(name, time);
    let port = mail::serve(move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            let _ = acceptor.accept(stream).await;
        }
    })
    .await;
    let known = if trusted { &authority } else { &stranger };
    let gateway = Gateway::start(&target(&[port], r#""implicit""#, Some(known))).await;
    Client::refused(&gateway, "localhost", port, TlsMode::Implicit).await
}

#[tokio::test]
async fn each_bad_certificate_is_refused_with_its_reason_and_an_advice() {
    for (name, time, trusted, reason, advice) in [
        ("localhost", Time::Past, true, "has expired on 01 Jan 2001", "Ask its operator"),
        ("localhost", Time::Future, true, "is not valid before 01 Jan 2200", "clock"),
        ("mail.other.example", Time::Now, true, "is for mail.other.example", "Check the server name"),
        (
            "localhost",
            Time::Now,
            false,
            "“Authority of the test”, whom the gateway does not trust",
            "ask who runs the gateway",
        ),
    ] {
        let failure = certificate_failure(name, time, trusted).await;
        assert_eq!((failure.code.as_str(), failure.retry), ("tls-certificate", false), "{failure:?}");
        for words in ["certificate of localhost", reason, advice, "password was not sent"] {
            assert!(failure.message.contains(words), "{words}: {}", failure.message);
        }
    }
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_from_a_bad_certificate() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.write_all(b"* OK IMAP4rev1 ready\r\n").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""implicit""#, None)).await;
    let failure = Client::refused(&gateway, "localhost", port, TlsMode::Implicit).await;
    assert_eq!(failure.code, "tls-handshake");
    assert!(
        failure.message.contains("localhost") && failure.message.contains("STARTTLS"),
        "{}",
        failure.message
    );
}
