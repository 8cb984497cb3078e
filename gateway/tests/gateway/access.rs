//! Who may open tunnels where tokens are asked for.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, silent, target};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;
use waypost_gateway::{Config, NewToken};
use waypost_tunnel::client::Event;
use waypost_tunnel::{Failure, Open, TlsMode, Token};

/// A gateway that asks for tokens, with one for Kim, and a mail server on localhost.
struct Guarded {
    gateway: Gateway,
    port: u16,
    token: NewToken,
}

async fn guarded(grant: &str, limits: &str) -> Guarded {
    let port = mail::serve(silent).await;
    let token = NewToken::random("kim").unwrap();
    let grant = grant.replace("PORT", &port.to_string());
    let text = format!(
        "access.mode = 'token'\n{}{grant}\n{}[[targets]]\nhost = 'other.example'\n[limits]\n{limits}\n",
        token.rows(),
        target(&[port], r#""none""#, None)
    );
    Guarded { gateway: Gateway::start(&text).await, port, token }
}

impl Guarded {
    fn open(&self, token: Option<&str>) -> Open {
        Open {
            host: "localhost".to_owned(),
            port: self.port,
            tls: TlsMode::None,
            token: token.map(|token| Token::new(token.to_owned())),
        }
    }

    /// A tunnel with this token in its first message: open, or why not.
    async fn ask(&self, token: Option<&str>) -> Result<Client, Failure> {
        let socket = Handshake::new(&self.gateway).connect(&self.gateway).await.unwrap();
        opened(Client::ask_as(socket, self.open(token), 65_536).await).await
    }
}

async fn opened(mut client: Client) -> Result<Client, Failure> {
    match client.next().await {
        Event::Opened { .. } => Ok(client),
        Event::Failed(failure) => Err(failure),
        other => panic!("{other:?}"),
    }
}

fn code<T>(result: Result<T, Failure>) -> String {
    result.err().map_or("opened".to_owned(), |failure| failure.code)
}

#[tokio::test]
async fn only_the_token_of_the_configuration_opens_a_tunnel() {
    let guarded = guarded("", "").await;
    assert!(guarded.ask(Some(guarded.token.text())).await.is_ok());
    let other = NewToken::random("kim").unwrap();
    let longer = format!("{}x", guarded.token.text());
    for wrong in
        [None, Some(""), Some(other.text()), Some("waypost_"), Some(&*longer), Some("a.b.c"), Some("é")]
    {
        let failure = guarded.ask(wrong).await.err().unwrap();
        assert_eq!((failure.code.as_str(), failure.retry), ("token-required", false), "{wrong:?}");
        assert!(failure.message.contains("token") && failure.message.contains("sk who runs"), "{failure:?}");
        assert!(
            wrong.is_none_or(|wrong| wrong.is_empty() || !failure.message.contains(wrong)),
            "{failure:?}"
        );
    }
}

#[tokio::test]
async fn the_hash_of_a_token_is_no_token() {
    let guarded = guarded("", "").await;
    let rows = guarded.token.rows();
    let hash = rows.split("sha256 = \"").nth(1).unwrap().trim_end_matches("\"\n");
    assert_eq!(code(guarded.ask(Some(hash)).await), "token-required");
}

#[tokio::test]
async fn a_token_in_the_subprotocol_counts_and_is_not_sent_back() {
    let guarded = guarded("", "").await;
    let offer = async |token: &str, protocols: &str| {
        let mut handshake = Handshake::new(&guarded.gateway);
        let token = format!("waypost.token.{}", URL_SAFE_NO_PAD.encode(token));
        handshake.protocol = protocols.replace("TOKEN", &token);
        // The library ends a handshake whose answer is none of the offered.
        let socket = handshake.connect(&guarded.gateway).await.unwrap();
        opened(Client::ask_as(socket, guarded.open(None), 65_536).await).await
    };
    let right = guarded.token.text();
    for protocols in ["waypost.v1, TOKEN", "TOKEN, waypost.v1"] {
        assert_eq!(code(offer(right, protocols).await), "opened", "{protocols}");
        assert_eq!(code(offer("waypost_x", protocols).await), "token-required", "{protocols}");
    }
    let text = format!(
        "GET /tunnel HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nConnection: upgrade, close\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Sec-WebSocket-Protocol: waypost.token.QQ",
        guarded.gateway.address
    );
    let answer = guarded.gateway.send(format!("{text}\r\n\r\n").as_bytes()).await;
    assert_eq!(answer.status, 400, "a token is no version");
    let mut both = tokio::net::TcpStream::connect(guarded.gateway.address).await.unwrap();
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    both.write_all(format!("{text}, waypost.v1\r\n\r\n").as_bytes()).await.unwrap();
    let mut head = vec![0; 1024];
    let count = within("the answer", both.read(&mut head)).await.unwrap();
    let head = String::from_utf8_lossy(&head[..count]).to_ascii_lowercase();
    assert!(head.contains("sec-websocket-protocol: waypost.v1\r\n") && !head.contains("token"), "{head}");
}

#[tokio::test]
async fn a_program_without_an_origin_needs_a_token_and_a_foreign_page_gets_nothing_with_one() {
    let guarded = guarded("", "").await;
    let connect = async |origin: Option<&str>, extra: &[(&'static str, &str)]| {
        let mut handshake = Handshake::new(&guarded.gateway);
        handshake.origin = origin.map(str::to_owned);
        handshake.extra = extra.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        handshake.connect(&guarded.gateway).await
    };
    let token = Some(guarded.token.text());
    let socket = connect(None, &[]).await.unwrap();
    assert_eq!(code(opened(Client::ask_as(socket, guarded.open(token), 9).await).await), "opened");
    let socket = connect(None, &[]).await.unwrap();
    assert_eq!(code(opened(Client::ask_as(socket, guarded.open(None), 9).await).await), "token-required");
    assert_eq!(connect(Some("http://evil.example"), &[]).await.err(), Some(403));
    assert_eq!(connect(Some("null"), &[]).await.err(), Some(403));
    assert_eq!(connect(Some(""), &[]).await.err(), Some(403));
    assert_eq!(
        connect(None, &[("Sec-Fetch-Mode", "websocket")]).await.err(),
        Some(403),
        "a browser has an origin"
    );
}

#[tokio::test]
async fn without_tokens_nobody_comes_without_an_origin() {
    let gateway = Gateway::start("").await;
    let mut handshake = Handshake::new(&gateway);
    handshake.origin = None;
    assert_eq!(handshake.connect(&gateway).await.err(), Some(403));
}

#[tokio::test]
async fn a_grant_narrows_where_a_tunnel_may_lead_and_opens_nothing() {
    let grant = "grant = { targets = [{ host = 'localhost', ports = [PORT] }, { host = '*.example' }] }";
    let guarded = guarded(grant, "").await;
    let token = Some(guarded.token.text());
    assert_eq!(code(guarded.ask(token).await), "opened");
    let ask = async |host: &str, port, tls| {
        let socket = Handshake::new(&guarded.gateway).connect(&guarded.gateway).await.unwrap();
        let open = Open { host: host.to_owned(), port, tls, ..guarded.open(token) };
        opened(Client::ask_as(socket, open, 9).await).await.err().unwrap()
    };
    let other_port = ask("localhost", 993, TlsMode::None).await;
    assert_eq!(other_port.code, "target-denied");
    assert!(
        other_port.message.contains("Your access token does not allow port 993 of localhost"),
        "{other_port:?}"
    );
    assert_eq!(ask("127.0.0.1", guarded.port, TlsMode::None).await.code, "target-denied");
    // Granted, but not by the configuration.
    let not_configured = ask("imap.example", 993, TlsMode::Implicit).await;
    assert!(not_configured.message.contains("The gateway does not allow connections"), "{not_configured:?}");
    assert_eq!(ask("other.example", 143, TlsMode::None).await.code, "plaintext-denied");
}

#[tokio::test]
async fn tunnels_are_counted_for_a_token_whoever_uses_it() {
    for (grant, limits) in [("", "tunnels_per_token = 2"), ("grant = { tunnels = 2 }", "")] {
        let guarded = guarded(grant, limits).await;
        let token = Some(guarded.token.text());
        let mut first = guarded.ask(token).await.unwrap();
        let _second = guarded.ask(token).await.unwrap();
        assert_eq!(code(guarded.ask(token).await), "too-many-tunnels");
        first.end(true).await;
        assert_eq!(first.close_frame().await.0, 1000);
        within("a place", async { while guarded.ask(token).await.is_err() {} }).await;
    }
}

#[tokio::test]
async fn new_tunnels_of_a_token_are_counted_by_the_minute() {
    for (grant, limits) in [
        ("", "new_tunnels_per_minute_per_token = 2"),
        ("grant = { new_tunnels_per_minute = 2 }", ""),
        ("grant = { new_tunnels_per_minute = 9 }", "new_tunnels_per_minute_per_token = 2"),
    ] {
        let guarded = guarded(grant, limits).await;
        let token = Some(guarded.token.text());
        let mut opened = 0;
        within("the limit", async {
            while guarded.ask(token).await.is_ok() {
                opened += 1;
            }
        })
        .await;
        // Two, and perhaps one of the time that this takes.
        assert!((2..=3).contains(&opened), "{opened}: {grant} {limits}");
        let failure = guarded.ask(token).await.err().unwrap();
        assert_eq!((failure.code.as_str(), failure.retry), ("too-many-tunnels", true), "{grant} {limits}");
    }
}

#[tokio::test]
async fn what_is_sent_before_the_token_does_not_help() {
    let guarded = guarded("", "").await;
    for message in [Message::binary(vec![0; 60_000]), Message::text(r#"{"type":"credit","bytes":9}"#)] {
        let mut socket = Handshake::new(&guarded.gateway).connect(&guarded.gateway).await.unwrap();
        socket.send(message).await.unwrap();
        let mut client = Client::ask_as(socket, guarded.open(Some(guarded.token.text())), 9).await;
        assert_eq!(client.failure().await.code, "bad-request");
    }
}

#[test]
fn a_new_token_is_hidden_from_debug_output() {
    let token = NewToken::random("kim").unwrap();
    assert!(!format!("{token:?}").contains(token.text()));
    let config = Config::parse(&format!("access.mode = 'token'\n{}", token.rows())).unwrap();
    assert!(!format!("{config:?}").contains(token.text()));
}
