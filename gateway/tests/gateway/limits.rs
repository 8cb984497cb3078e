//! Everything is bounded: time, number and size. The times are short here; nothing sleeps, each test waits for what the
//! bound makes happen.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, silent, target};
use crate::support::service::{Manager, Program};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use futures_util::SinkExt as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use waypost_gateway::Config;
use waypost_gateway::config::Limits;
use waypost_tunnel::TlsMode;
use waypost_tunnel::client::Event;

const SHORT: Duration = Duration::from_millis(300);

async fn limited(text: &str, change: impl FnOnce(&mut Limits)) -> Gateway {
    let mut config = Config::parse(text).unwrap();
    change(&mut config.limits);
    Gateway::start_with(config).await
}

/// Ends when the gateway closes the connection.
async fn closed(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let _ = within("the connection to be closed", stream.read_to_end(&mut rest)).await;
}

#[tokio::test]
async fn a_header_that_comes_drop_by_drop_is_not_waited_for() {
    let gateway = limited("", |limits| limits.header = SHORT).await;
    let (mut read, mut write) = TcpStream::connect(gateway.address).await.unwrap().into_split();
    let start = Instant::now();
    let drip = async {
        let mut beat = interval(SHORT / 10);
        for octet in b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
            beat.tick().await;
            if write.write_all(&[*octet]).await.is_err() {
                break;
            }
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = drip => {}
        _ = within("the end", read.read_to_end(&mut answer)) => {}
    }
    assert!(start.elapsed() >= SHORT && start.elapsed() < SHORT * 20, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_more_is_closed() {
    let gateway = limited("", |limits| limits.header = SHORT).await;
    closed(&mut TcpStream::connect(gateway.address).await.unwrap()).await;
    let mut used = TcpStream::connect(gateway.address).await.unwrap();
    used.write_all(format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address).as_bytes()).await.unwrap();
    closed(&mut used).await;
}

#[tokio::test]
async fn what_is_left_of_a_body_is_no_request() {
    let gateway = limited("", |limits| limits.header = SHORT).await;
    let host = gateway.address;
    let hidden = format!("GET /readyz HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for framing in [format!("Content-Length: {}", hidden.len()), "Transfer-Encoding: chunked".to_owned()] {
        let mut stream = TcpStream::connect(host).await.unwrap();
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n{framing}\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"ok\n") {
            answer.push(within("the answer", stream.read_u8()).await.unwrap());
        }
        // It may be closed already.
        let _ = stream.write_all(hidden.as_bytes()).await;
        let mut more = Vec::new();
        let _ = within("the end", stream.read_to_end(&mut more)).await;
        let more = String::from_utf8_lossy(&more);
        assert!(!more.contains("HTTP/1.1 200"), "{framing}: {more}");
    }
}

#[tokio::test]
async fn a_large_answer_to_a_slow_client_is_whole_and_the_connection_serves_on() {
    const LENGTH: usize = 4 * 1024 * 1024;
    let app = tempfile::tempdir().unwrap();
    std::fs::create_dir(app.path().join("assets")).unwrap();
    std::fs::write(app.path().join("assets/large.wasm"), vec![7; LENGTH]).unwrap();
    let gateway = Gateway::start(&format!("app_dir = {:?}", app.path())).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let mut stream = socket.connect(gateway.address).await.unwrap();
    for path in ["/assets/large.wasm", "/healthz", "/assets/large.wasm"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within("the header", stream.read_u8()).await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        within("the body", stream.read_exact(&mut body)).await.unwrap();
        assert!(body == vec![7; LENGTH] || body == b"ok\n", "{path}: {head}");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_not_held() {
    let app = tempfile::tempdir().unwrap();
    std::fs::create_dir(app.path().join("assets")).unwrap();
    std::fs::write(app.path().join("assets/big.wasm"), vec![0; 32 * 1024 * 1024]).unwrap();
    let gateway = limited(&format!("app_dir = {:?}", app.path()), |limits| {
        limits.write = SHORT;
        limits.connections_per_client = 1;
    })
    .await;
    let mut lazy = TcpStream::connect(gateway.address).await.unwrap();
    let request = format!("GET /assets/big.wasm HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
    lazy.write_all(request.as_bytes()).await.unwrap();
    lazy.readable().await.unwrap();
    // Its place is free again when the connection is given up; until then nobody else gets one.
    within("the place", async { while gateway.fetch("/").await.status == 0 {} }).await;
}

#[tokio::test]
async fn one_client_gets_its_share_of_connections_and_no_more() {
    let gateway = Gateway::start("[limits]\nconnections_per_client = 2").await;
    let first = TcpStream::connect(gateway.address).await.unwrap();
    let _second = TcpStream::connect(gateway.address).await.unwrap();
    assert_eq!(gateway.fetch("/").await.status, 0, "closed without an answer");
    drop(first);
    within("a place", async { while gateway.fetch("/").await.status != 404 {} }).await;
}

#[tokio::test]
async fn one_client_gets_its_share_of_tunnels_and_is_told() {
    let port = mail::serve(silent).await;
    let config = format!("{}[limits]\ntunnels_per_client = 2\n", target(&[port], r#""none""#, None));
    let gateway = Gateway::start(&config).await;
    let mut first = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let _second = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let failure = Client::refused(&gateway, "localhost", port, TlsMode::None).await;
    assert_eq!((failure.code.as_str(), failure.retry), ("too-many-tunnels", true));
    assert!(failure.message.contains("Close other windows"), "{failure:?}");
    first.end(true).await;
    assert_eq!(first.close_frame().await.0, 1000);
    within("a place", async {
        while !matches!(
            Client::ask(&gateway, "localhost", port, TlsMode::None).await.next().await,
            Event::Opened { .. }
        ) {}
    })
    .await;
}

#[tokio::test]
async fn all_clients_together_get_no_more_than_all_tunnels() {
    let port = mail::serve(silent).await;
    let rows = target(&[port], r#""none""#, None);
    let gateway = Gateway::start(&format!("{rows}[limits]\ntunnels = 1\n")).await;
    let _first = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    assert_eq!(Client::refused(&gateway, "localhost", port, TlsMode::None).await.code, "too-many-tunnels");
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_is_counted_for_itself() {
    let port = mail::serve(silent).await;
    let rows = format!("{}[limits]\ntunnels_per_client = 1\n", target(&[port], r#""none""#, None));
    let ask = async |gateway: &Gateway, client: &str| {
        let mut handshake = Handshake::new(gateway);
        handshake.extra.push(("X-Forwarded-For", client.to_owned()));
        let socket = handshake.connect(gateway).await.unwrap();
        let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, 9).await;
        let opened = matches!(client.next().await, Event::Opened { .. });
        (client, opened)
    };
    let gateway = Gateway::start(&format!("trusted_proxies = ['127.0.0.1']\n{rows}")).await;
    let (_one, first) = ask(&gateway, "192.0.2.1").await;
    let (_two, other) = ask(&gateway, "192.0.2.2").await;
    let (_three, again) = ask(&gateway, "192.0.2.9, 192.0.2.1").await;
    assert_eq!((first, other, again), (true, true, false));
    let gateway = Gateway::start(&rows).await;
    let (_one, first) = ask(&gateway, "192.0.2.1").await;
    let (_two, other) = ask(&gateway, "192.0.2.2").await;
    assert_eq!((first, other), (true, false), "what anybody can write does not count");
}

#[tokio::test]
async fn a_client_that_asks_for_no_target_is_sent_away() {
    let gateway = limited("", |limits| limits.open = SHORT).await;
    let mut socket = Handshake::new(&gateway).connect(&gateway).await.unwrap();
    // A ping shows that it is there, but is no question.
    socket.send(Message::Ping(Vec::new().into())).await.unwrap();
    let mut told = String::new();
    within("the end", async {
        use futures_util::StreamExt as _;
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Text(text) = message {
                told.push_str(text.as_str());
            }
        }
    })
    .await;
    assert!(told.contains(r#""code":"idle""#), "{told}");
}

#[tokio::test]
async fn a_tunnel_that_carries_nothing_ends_although_the_client_answers_pings() {
    let port = mail::serve(silent).await;
    let gateway = limited(&target(&[port], r#""none""#, None), |limits| {
        limits.idle = SHORT * 2;
        limits.ping = SHORT / 10;
    })
    .await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let failure = client.failure().await;
    assert_eq!((failure.code.as_str(), failure.retry), ("idle", true));
}

#[tokio::test]
async fn a_client_that_gives_no_sign_of_life_is_gone_and_one_that_answers_pings_is_not() {
    let (told, mut heard) = mpsc::channel(2);
    let port = mail::serve(move |mut stream: TcpStream| {
        let told = told.clone();
        async move {
            let end = stream.read_to_end(&mut Vec::new()).await;
            let _ = told.send(end.is_ok()).await;
        }
    })
    .await;
    let gateway = limited(&target(&[port], r#""none""#, None), |limits| {
        limits.ping = SHORT / 5;
        limits.silence = SHORT;
    })
    .await;
    let mut alive = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let _dead = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    // The one is asked for events, and so answers pings; the other is not.
    let ended = tokio::select! {
        event = async { loop { alive.turn().await } } => event,
        ended = within("the dead to be found", heard.recv()) => ended,
    };
    assert_eq!(ended, Some(false), "the mail server sees a cut");
    let more = timeout(SHORT * 3, async {
        loop {
            alive.turn().await;
        }
    });
    assert!(more.await.is_err() && heard.try_recv().is_err(), "the living goes on");
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_tls_is_named_in_time() {
    let port = mail::serve(silent).await;
    let gateway = limited(&target(&[port], r#""implicit""#, None), |limits| limits.tls = SHORT).await;
    let failure = Client::refused(&gateway, "localhost", port, TlsMode::Implicit).await;
    assert_eq!((failure.code.as_str(), failure.retry), ("timeout", true));
    assert!(failure.message.starts_with("localhost "), "{failure:?}");
}

#[tokio::test]
async fn a_host_that_does_not_take_the_connection_is_named_in_time() {
    // A listener that takes nobody: once its queue is full the system drops every attempt.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(stream) = timeout(SHORT, TcpStream::connect(address)).await {
        queue.push(stream.unwrap());
    }
    let gateway =
        limited(&target(&[address.port()], r#""none""#, None), |limits| limits.connect = SHORT).await;
    let failure = Client::refused(&gateway, "localhost", address.port(), TlsMode::None).await;
    assert_eq!((failure.code.as_str(), failure.retry), ("timeout", true));
    assert!(failure.message.contains(&address.port().to_string()), "{failure:?}");
}

#[tokio::test]
async fn a_client_that_leaves_while_the_gateway_connects_frees_its_place() {
    let port = mail::serve(silent).await;
    let gateway =
        Gateway::start(&format!("{}[limits]\ntunnels = 1\n", target(&[port], r#""implicit""#, None))).await;
    // Waits for TLS, which never comes.
    drop(Client::ask(&gateway, "localhost", port, TlsMode::Implicit).await);
    within("the place", async {
        while Client::refused(&gateway, "mail.denied.example", 1, TlsMode::None).await.code
            == "too-many-tunnels"
        {}
    })
    .await;
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_told_and_closed() {
    let port = mail::serve(silent).await;
    let gateway =
        Gateway::start(&format!("{}[limits]\nwindow_octets = 1000\n", target(&[port], r#""none""#, None)))
            .await;
    let too_large = [
        ("too large a message", Message::binary(vec![0; 65_537])),
        ("too long a text", Message::text("x".repeat(9000))),
    ];
    let others = [
        ("beyond the credit", Message::binary(vec![0; 1001])),
        ("empty", Message::binary(Vec::new())),
        ("no JSON", Message::text("hello")),
        ("opened twice", Message::text(r#"{"type":"open","host":"a","port":1,"tls":"none","credit":1}"#)),
        ("a message of the gateway", Message::text(r#"{"type":"end","clean":"yes"}"#)),
        ("too much credit", Message::text(r#"{"type":"credit","bytes":4294967295}"#)),
        ("TLS twice", Message::text(r#"{"type":"upgrade","received":0,"sent":0}"#)),
    ];
    for (what, message, code) in too_large
        .map(|(what, message)| (what, message, 1009))
        .into_iter()
        .chain(others.map(|(what, message)| (what, message, 4000)))
    {
        let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
        client.socket.send(message).await.unwrap();
        assert_eq!(client.failure().await.code, "bad-request", "{what}");
        assert_eq!(client.close_frame().await, (code, "bad-request".into()), "{what}");
    }
}

/// Comes until it is let in, and gives what it is told.
async fn told(address: SocketAddr, request: &str) -> String {
    within("a place", async {
        loop {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let mut answer = String::new();
            // It may be closed already.
            let _ = stream.write_all(request.as_bytes()).await;
            if stream.read_to_string(&mut answer).await.is_ok_and(|count| count > 0) {
                return answer;
            }
        }
    })
    .await
}

#[tokio::test]
async fn who_is_refused_again_and_again_does_not_fill_the_log() {
    let limits = "[limits]\nconnections_per_client = 20\nnew_tunnels_per_minute_per_client = 1\n";
    let mut program =
        Program::start(&Manager::new(), None, &format!("listen = '127.0.0.1:0'\n{limits}")).await;
    let address = program.said.split("http://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(TcpStream::connect(address).await.unwrap());
    }
    for _ in 0..9 {
        closed(&mut TcpStream::connect(address).await.unwrap()).await;
    }
    drop(held);
    for _ in 0..9 {
        let answer = told(address, "GET / HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
    }
    for _ in 0..9 {
        let socket = Handshake::at(address).connect_to(address).await.unwrap();
        let mut client = Client::ask_on(socket, "localhost", 1, TlsMode::None, 9).await;
        client.failure().await;
        client.close_frame().await;
    }
    program.signal("TERM");
    let mut log = program.logs("refused: limits.connections").await;
    log.push_str(&program.rest().await);
    for line in ["refused: limits.connections", " refused id=", r#"reason="too-many-tunnels""#] {
        assert_eq!(log.matches(line).count(), 1, "{line}: {log}");
    }
}
