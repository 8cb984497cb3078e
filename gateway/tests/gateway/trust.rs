//! TLS towards mail servers: pinned keys, versions, sessions that are resumed; and the PROXY protocol before it.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, Authority, Time, pin, self_signed, target};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use rcgen::KeyPair;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::HandshakeKind;
use waypost_tunnel::TlsMode;
use waypost_tunnel::client::Event;

/// A server that shows this certificate to everybody.
async fn server(acceptor: TlsAcceptor) -> u16 {
    mail::serve(move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
    })
    .await
}

/// "opened", or the sentence of the refusal.
async fn told(port: u16, ca: Option<&Authority>, pins: &[&str]) -> String {
    let rows = format!("{}pins = {pins:?}\n", target(&[port], r#""implicit""#, ca));
    let gateway = Gateway::start(&rows).await;
    match Client::ask(&gateway, "localhost", port, TlsMode::Implicit).await.next().await {
        Event::Opened { .. } => "opened".to_owned(),
        Event::Failed(failure) => {
            assert_eq!((failure.code.as_str(), failure.retry), ("tls-certificate", false), "{failure:?}");
            failure.message
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_pinned_key_is_asked_for_beside_authority_name_and_dates() {
    let (authority, key, other) =
        (Authority::new(), KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (right, wrong) = (pin(&key), pin(&other));
    let good = server(authority.acceptor_with(&key, "localhost", Time::Now)).await;
    assert_eq!(told(good, Some(&authority), &[]).await, "opened");
    assert_eq!(told(good, Some(&authority), &[&right]).await, "opened");
    assert_eq!(
        told(good, Some(&authority), &[&wrong, &right]).await,
        "opened",
        "the next key may stand beside"
    );
    let refused = told(good, Some(&authority), &[&wrong]).await;
    assert!(
        refused.contains("has another key than the one that is known") && refused.contains("pin"),
        "{refused}"
    );
    // The key alone is not enough where there is an authority.
    let nobody = told(good, None, &[&right]).await;
    assert!(nobody.contains("“Authority of the test”, whom the gateway does not trust"), "{nobody}");
    let named = server(authority.acceptor_with(&key, "mail.other.example", Time::Now)).await;
    assert!(told(named, Some(&authority), &[&right]).await.contains("is for mail.other.example"));
    let old = server(authority.acceptor_with(&key, "localhost", Time::Past)).await;
    assert!(told(old, Some(&authority), &[&right]).await.contains("has expired on 01 Jan 2001"));
}

#[tokio::test]
async fn a_certificate_that_stands_for_itself_is_trusted_by_its_pinned_key_alone() {
    let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    for (name, time) in [("localhost", Time::Now), ("nas.lan", Time::Now), ("localhost", Time::Past)] {
        let port = server(self_signed(&key, name, time)).await;
        assert_eq!(told(port, None, &[&pin(&key)]).await, "opened", "{name} {time:?}");
        assert!(told(port, None, &[&pin(&other)]).await.contains("has another key"), "{name} {time:?}");
    }
    let port = server(self_signed(&key, "localhost", Time::Now)).await;
    let refused = told(port, None, &[]).await;
    assert!(
        refused.contains("is signed by nobody but itself") && refused.contains("pin its key"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_session_is_resumed_by_the_row_that_began_it_and_by_no_other() {
    let (told, mut heard) = mpsc::channel(8);
    let (authority, key) = (Authority::new(), KeyPair::generate().unwrap());
    let acceptor = authority.acceptor_with(&key, "localhost", Time::Now);
    let mut ports = Vec::new();
    for _ in 0..2 {
        let (acceptor, told) = (acceptor.clone(), told.clone());
        let serve = move |stream: TcpStream| {
            let (acceptor, told) = (acceptor.clone(), told.clone());
            async move {
                let mut stream = acceptor.accept(stream).await.unwrap();
                told.send(stream.get_ref().1.handshake_kind()).await.unwrap();
                // The ticket follows the handshake (RFC 8446, 4.6.1) and is read with the first octets.
                stream.write_all(b"* OK\r\n").await.unwrap();
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        };
        ports.push(mail::serve(serve).await);
    }
    // One server at two ports; the second row trusts a key more.
    let row = |port| target(&[port], r#""implicit""#, Some(&authority));
    let rows = format!("{}{}pins = ['{}']\n", row(ports[0]), row(ports[1]), pin(&key));
    let gateway = Gateway::start(&rows).await;
    let mut seen = Vec::new();
    for (port, expected) in [
        (ports[0], HandshakeKind::Full),
        (ports[0], HandshakeKind::Resumed),
        (ports[1], HandshakeKind::Full),
        (ports[1], HandshakeKind::Resumed),
    ] {
        let mut client = Client::ask(&gateway, "localhost", port, TlsMode::Implicit).await;
        let Event::Opened { tls: Some(tls) } = client.next().await else { panic!("not opened") };
        assert_eq!(client.read(6).await, b"* OK\r\n");
        assert_eq!(within("the handshake", heard.recv()).await.unwrap(), Some(expected), "{port}");
        seen.push(tls.fingerprint);
    }
    assert!(seen.iter().all(|one| *one == seen[0] && one.len() == 64), "still told: {seen:?}");
}

#[tokio::test]
async fn tls_1_3_and_1_2_are_offered_and_an_older_one_is_not_taken() {
    let (told, mut heard) = mpsc::channel(1);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            let mut hello = vec![0; 4096];
            let count = stream.read(&mut hello).await.unwrap();
            hello.truncate(count);
            told.send(hello).await.unwrap();
            // ServerHello of TLS 1.1 (RFC 4346, 7.4.1.3): its version, 32 octets, no session, TLS_RSA_WITH_AES_128_CBC_SHA.
            let mut answer = vec![22, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2];
            answer.extend([7; 32]);
            answer.extend([0, 0, 0x2f, 0]);
            let _ = stream.write_all(&answer).await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""implicit""#, None)).await;
    let failure = Client::refused(&gateway, "localhost", port, TlsMode::Implicit).await;
    assert_eq!(failure.code, "tls-handshake", "{failure:?}");
    let hello = within("the hello", heard.recv()).await.unwrap();
    // supported_versions (RFC 8446, 4.2.1): these two and no other.
    let versions = [0, 43, 0, 5, 4, 3, 4, 3, 3];
    assert!(hello.windows(versions.len()).any(|part| part == versions), "{hello:?}");
}

#[tokio::test]
async fn a_server_that_asks_for_it_is_told_who_the_client_is_before_everything_else() {
    let (told, mut heard) = mpsc::channel(8);
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", Time::Now);
    let port = mail::serve(move |mut stream: TcpStream| {
        let (acceptor, told) = (acceptor.clone(), told.clone());
        async move {
            let mut header = [0; 16];
            stream.read_exact(&mut header).await.unwrap();
            let mut addresses = vec![0; usize::from(u16::from_be_bytes([header[14], header[15]]))];
            stream.read_exact(&mut addresses).await.unwrap();
            told.send((header, addresses)).await.unwrap();
            // And TLS after it.
            let mut stream = acceptor.accept(stream).await.unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let row = target(&[port], r#""implicit""#, Some(&authority));
    let gateway =
        Gateway::start(&format!("trusted_proxies = ['127.0.0.0/8']\n{row}proxy_protocol = true\n")).await;
    for (named, client) in [(None, [127, 0, 0, 1]), (Some("192.0.2.7"), [192, 0, 2, 7])] {
        let mut handshake = Handshake::new(&gateway);
        handshake.extra.extend(named.map(|client| ("X-Forwarded-For", client.to_owned())));
        let socket = handshake.connect(&gateway).await.unwrap();
        let mut client_end = Client::ask_on(socket, "localhost", port, TlsMode::Implicit, 9).await;
        assert!(matches!(client_end.next().await, Event::Opened { .. }));
        let (header, addresses) = within("the header", heard.recv()).await.unwrap();
        assert_eq!(&header[..13], b"\r\n\r\n\0\r\nQUIT\n\x21");
        assert_eq!(addresses[addresses.len() - 2..], port.to_be_bytes());
        // `localhost` may be of either family; the client's address stands in both.
        assert!(addresses[..addresses.len() / 2].windows(4).any(|part| part == client), "{addresses:?}");
    }
}
