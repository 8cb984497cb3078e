//! The transport and the session against small servers in this process: each kind of failure has its kind of error.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use waypost_native::imap::types::MailboxName;
use waypost_native::imap::{Client, Command, Event, ImapError};
use waypost_native::{
    CertificateFault, ClientError, Connector, ImapClient, Options, Security, Session, TransportError,
};
use waypost_wire::Secret;

/// A CA, and what a server needs to show a certificate for this name.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn acceptor(&self, name: &str, expired: bool) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        if expired {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a configuration");
        TlsAcceptor::from(Arc::new(config))
    }

    fn connector(&self) -> Connector {
        let mut options = Options::default().trust_pem(self.pem.as_bytes()).expect("PEM");
        options.handshake_within = Duration::from_millis(300);
        Connector::new(options).expect("roots")
    }
}

/// Listens, and serves one connection.
async fn serve<F, Fut>(with: F) -> u16
where
    F: FnOnce(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        with(stream).await;
    });
    port
}

async fn tls_failure(connector: &Connector, acceptor: TlsAcceptor) -> TransportError {
    let port = serve(move |stream| async move {
        let _ = acceptor.accept(stream).await;
    })
    .await;
    connector.connect_tls("localhost", port).await.expect_err("it is not trusted")
}

#[tokio::test]
async fn a_trusted_server_is_reached_and_its_clean_end_is_told_from_a_cut() {
    let authority = Authority::new();
    for clean in [true, false] {
        let acceptor = authority.acceptor("localhost", false);
        let port = serve(move |stream| async move {
            let mut stream = acceptor.accept(stream).await.expect("a handshake");
            stream.write_all(b"hello").await.expect("it reads");
            stream.flush().await.expect("it reads");
            let mut heard = [0; 3];
            stream.read_exact(&mut heard).await.expect("it speaks");
            if clean {
                stream.shutdown().await.expect("it listens");
            }
        })
        .await;
        let mut transport = authority.connector().connect_tls("localhost", port).await.expect("connects");
        assert_eq!(transport.tls().expect("TLS").version, "TLSv1.3");
        assert_eq!(transport.tls().expect("TLS").fingerprint.len(), 64);
        assert_eq!(transport.read().await.expect("octets"), Some(b"hello".to_vec()));
        transport.write(b"bye").await.expect("writes");
        let end = transport.read().await;
        assert_eq!(matches!(end, Ok(None)), clean, "{end:?}");
        assert_eq!(matches!(end, Err(TransportError::Cut(_))), !clean);
        transport.close().await;
        transport.close().await;
        assert!(matches!(transport.read().await, Ok(None)));
    }
}

#[tokio::test]
async fn each_bad_certificate_is_refused_with_its_reason() {
    let authority = Authority::new();
    let connector = authority.connector();
    let stranger = Authority::new();
    for (acceptor, expected) in [
        (stranger.acceptor("localhost", false), CertificateFault::UnknownIssuer),
        (authority.acceptor("localhost", true), CertificateFault::Expired),
        (authority.acceptor("elsewhere.example", false), CertificateFault::WrongHost),
    ] {
        match tls_failure(&connector, acceptor).await {
            TransportError::Certificate { fault, .. } => assert_eq!(fault, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn refusal_silence_nonsense_and_a_bad_name_are_told_apart() {
    let connector = Authority::new().connector();
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let refused = connector.connect("127.0.0.1", nobody.port()).await;
    assert!(matches!(refused, Err(TransportError::Refused)), "{refused:?}");

    let silent = serve(|stream| async move {
        tokio::time::sleep(Duration::from_secs(5)).await;
        drop(stream);
    })
    .await;
    let late = connector.connect_tls("127.0.0.1", silent).await;
    assert!(matches!(late, Err(TransportError::Timeout { .. })), "{late:?}");

    let plain = serve(|mut stream| async move {
        let _ = stream.write_all(b"* OK this is no TLS\r\n").await;
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await;
    let nonsense = connector.connect_tls("127.0.0.1", plain).await;
    assert!(matches!(nonsense, Err(TransportError::Handshake(_))), "{nonsense:?}");

    let unnamed = connector.connect("not a name", 143).await;
    assert!(matches!(unnamed, Err(TransportError::InvalidHost(_))), "{unnamed:?}");
}

#[tokio::test]
async fn octets_before_the_upgrade_end_the_connection() {
    let port = serve(|mut stream| async move {
        stream.write_all(b"* OK injected\r\n").await.expect("it connects");
        let _ = stream.read(&mut [0; 1024]).await;
    })
    .await;
    let mut transport = Authority::new().connector().connect("127.0.0.1", port).await.expect("connects");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let secured = transport.secure().await;
    assert!(matches!(secured, Err(TransportError::Injection)), "{secured:?}");
    assert!(matches!(transport.read().await, Ok(None)));
}

#[tokio::test]
async fn a_session_upgrades_by_starttls_and_ends_by_logout() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", false);
    let port = serve(move |mut stream| async move {
        stream.write_all(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n").await.expect("it reads");
        let mut heard = [0; 64];
        let count = stream.read(&mut heard).await.expect("it speaks");
        assert_eq!(&heard[..count], b"w0 STARTTLS\r\n");
        stream.write_all(b"w0 OK go ahead\r\n").await.expect("it reads");
        let mut stream = acceptor.accept(stream).await.expect("a handshake");
        let count = stream.read(&mut heard).await.expect("it speaks");
        assert_eq!(&heard[..count], b"w1 LOGOUT\r\n");
        stream.write_all(b"* BYE ended\r\nw1 OK ended\r\n").await.expect("it reads");
        stream.shutdown().await.expect("it reads");
    })
    .await;
    let transport = authority.connector().connect("localhost", port).await.expect("connects");
    let mut session = Session::new(Client::new(waypost_native::imap::Options::default()), transport);
    let upgrade = session.machine().enqueue(Command::StartTls);
    let mut done = Vec::new();
    while let Some(event) = session.next_event().await {
        if let Event::Done { handle, result } = event {
            assert!(result.is_ok(), "{result:?}");
            done.push(handle);
            if handle == upgrade {
                // Held back by the machine until TLS is there.
                session.machine().enqueue(Command::Logout);
            }
        }
    }
    assert_eq!((done.len(), done[0]), (2, upgrade));
    assert!(session.failure().is_none(), "{:?}", session.failure());
}

#[tokio::test]
async fn where_starttls_is_wanted_a_greeting_that_prevents_it_ends_the_connection_unanswered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        stream.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n").await.expect("it reads");
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard).await;
        heard
    });
    let connector = Authority::new().connector();
    let refused = ImapClient::connect(&connector, "localhost", port, Security::StartTls).await;
    let error = refused.expect_err("there is no TLS");
    assert!(matches!(error, ClientError::Connection(ImapError::PreAuth)), "{error:?}");
    assert_eq!(server.await.expect("it heard"), b"");
}

#[tokio::test]
async fn where_starttls_is_wanted_commands_of_the_user_go_after_it() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", false);
    let port = serve(move |mut stream| async move {
        stream.write_all(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n").await.expect("it reads");
        let mut heard = [0; 64];
        let count = stream.read(&mut heard).await.expect("it speaks");
        assert_eq!(&heard[..count], b"w0 STARTTLS\r\n");
        stream.write_all(b"w0 OK go ahead\r\n").await.expect("it reads");
        let mut stream = acceptor.accept(stream).await.expect("a handshake");
        let count = stream.read(&mut heard).await.expect("it speaks");
        assert_eq!(&heard[..count], b"w1 CAPABILITY\r\n");
        stream.write_all(b"* CAPABILITY IMAP4rev1\r\nw1 OK done\r\n").await.expect("it reads");
        let count = stream.read(&mut heard).await.expect("it speaks");
        assert_eq!(&heard[..count], b"w2 LOGIN robin secret\r\n");
        stream.write_all(b"w2 OK welcome\r\n").await.expect("it reads");
        let _ = stream.read(&mut heard).await;
    })
    .await;
    let connector = authority.connector();
    let mut client =
        ImapClient::connect(&connector, "localhost", port, Security::StartTls).await.expect("TLS");
    let login = Command::Login { username: "robin".to_owned(), password: Secret::from("secret") };
    client.run(login).await.expect("signs in");
}

/// Says 8 MiB before it takes anything, then takes a command with as much.
async fn talkative(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    stream.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1 LITERAL+] ready\r\n").await.expect("it reads");
    let mut said = format!("* 1 FETCH (BODY[] {{{LARGE}}}\r\n").into_bytes();
    said.resize(said.len() + LARGE, b'x');
    said.extend_from_slice(b")\r\n");
    stream.write_all(&said).await.expect("it reads");
    let mut left = format!("w0 APPEND a {{{LARGE}+}}\r\n\r\n").len() + LARGE;
    let mut heard = vec![0; 64 * 1024];
    while left > 0 {
        let count = stream.read(&mut heard).await.expect("it speaks");
        assert!(count > 0, "{left} octets were not sent");
        left = left.saturating_sub(count);
    }
    stream.write_all(b"w0 OK done\r\n").await.expect("it reads");
    stream.flush().await.expect("it reads");
    let _ = stream.read(&mut heard).await;
}

#[tokio::test]
async fn neither_side_waits_for_the_other_to_read_first() {
    let authority = Authority::new();
    for tls in [false, true] {
        let acceptor = authority.acceptor("localhost", false);
        let port = serve(move |stream| async move {
            if tls {
                talkative(acceptor.accept(stream).await.expect("a handshake")).await;
            } else {
                talkative(stream).await;
            }
        })
        .await;
        let connector = authority.connector();
        let transport = if tls {
            connector.connect_tls("localhost", port).await
        } else {
            connector.connect("localhost", port).await
        };
        let options = waypost_native::imap::Options::default();
        let mut session = Session::new(Client::new(options), transport.expect("connects"));
        let (mailbox, message) = (MailboxName::new("a"), vec![b'y'; LARGE]);
        session.machine().enqueue(Command::Append { mailbox, flags: Vec::new(), date: None, message });
        let exchange = async {
            let mut received = 0;
            loop {
                match session.next_event().await.expect("an event") {
                    Event::BodyPart(octets) => received += octets.len(),
                    Event::Done { result, .. } => return (received, result.is_ok()),
                    _ => {}
                }
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(40), exchange).await;
        assert_eq!(ended.ok(), Some((LARGE, true)), "TLS: {tls}");
    }
}

#[tokio::test]
async fn idle_that_the_server_ends_before_it_began_has_no_news() {
    let port = serve(|mut stream| async move {
        stream.write_all(b"* PREAUTH [CAPABILITY IMAP4rev1 IDLE] ready\r\n").await.expect("it reads");
        let _ = stream.read(&mut [0; 64]).await;
        stream.write_all(b"w0 OK no need\r\n").await.expect("it reads");
        let _ = stream.read(&mut [0; 64]).await;
    })
    .await;
    let connector = Authority::new().connector();
    let mut client =
        ImapClient::connect(&connector, "localhost", port, Security::None).await.expect("connects");
    let news = tokio::time::timeout(Duration::from_secs(20), async { client.idle().await?.next().await });
    assert!(matches!(news.await, Ok(Ok(None))));
}

/// More than the system holds between two ends.
const LARGE: usize = 8 << 20;
