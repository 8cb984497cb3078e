//! TLS in the gateway, certificates that change, and HTTP/2.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, target};
use crate::support::secure::{Files, connect, http_2, over, over_version, request};
use crate::support::service::{Manager, Program};
use crate::support::within;
use futures_util::{SinkExt as _, StreamExt as _};
use h2::Reason;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use waypost_gateway::{Config, Order};

const SHORT: Duration = Duration::from_millis(300);

async fn impatient(text: &str) -> Gateway {
    let mut config = Config::parse(text).unwrap();
    config.limits.header = SHORT;
    config.limits.write = SHORT;
    Gateway::start_with(config).await
}

#[tokio::test]
async fn pages_come_over_tls_with_hsts_and_the_gateway_knows_its_https_names() {
    let (files, _) = Files::new();
    let gateway = Gateway::start(&files.section()).await;
    let port = gateway.address.port();
    for (host, status) in [(format!("localhost:{port}"), "404"), ("evil.example".to_owned(), "421")] {
        let (mut stream, _) = connect(&gateway, &["http/1.1"]).await;
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // With a close_notify: a client can tell the end of the answer from a cut.
        within("an answer", stream.read_to_string(&mut answer)).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert_eq!(answer.contains("strict-transport-security: "), status == "404", "{answer}");
    }
}

#[tokio::test]
async fn a_tunnel_runs_over_tls() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await;
    let (files, _) = Files::new();
    let gateway = Gateway::start(&format!("{}{}", files.section(), target(&[port], r#""none""#, None))).await;
    let origin = format!("https://localhost:{}", gateway.address.port());
    let mut request =
        format!("wss://localhost:{}/tunnel", gateway.address.port()).into_client_request().unwrap();
    request.headers_mut().insert("Origin", origin.parse().unwrap());
    request.headers_mut().insert("Sec-WebSocket-Protocol", "waypost.v1".parse().unwrap());
    let (stream, _) = connect(&gateway, &["http/1.1"]).await;
    let (mut socket, _) = within("the handshake", client_async(request, stream)).await.unwrap();
    let open = format!(r#"{{"type":"open","host":"localhost","port":{port},"tls":"none","credit":1000000}}"#);
    socket.send(Message::text(open)).await.unwrap();
    let sent: Vec<u8> = (0..60_000_u32).map(|number| (number % 251) as u8).collect();
    let mut heard = Vec::new();
    while heard.len() < sent.len() {
        match within("an echo", socket.next()).await.unwrap().unwrap() {
            Message::Text(text) if text.contains("opened") => {
                socket.send(Message::binary(sent.clone())).await.unwrap();
            }
            Message::Binary(octets) => heard.extend_from_slice(&octets),
            _ => {}
        }
    }
    assert!(heard == sent);
}

#[tokio::test]
async fn who_does_not_shake_hands_in_time_is_closed_and_plain_http_gets_no_answer() {
    let (files, _) = Files::new();
    let gateway = impatient(&files.section()).await;
    let mut silent = TcpStream::connect(gateway.address).await.unwrap();
    let mut half = TcpStream::connect(gateway.address).await.unwrap();
    half.write_all(&[0x16, 3, 1, 0x40]).await.unwrap();
    for stream in [&mut silent, &mut half] {
        let _ = within("the end", stream.read_to_end(&mut Vec::new())).await;
    }
    assert_eq!(gateway.fetch("/").await.status, 0);
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let (files, first) = Files::new();
    let gateway = Gateway::start(&files.section()).await;
    let (_, shown) = connect(&gateway, &[]).await;
    assert!(shown == first);
    // The key of another pair, then no key at all: what was there stays.
    let pair = std::fs::read(files.key()).unwrap();
    let (other, _) = Files::new();
    for wrong in [std::fs::read(other.key()).unwrap(), b"no key".to_vec()] {
        std::fs::write(files.key(), wrong).unwrap();
        let config = Config::parse(&files.section()).unwrap();
        gateway.order(Order::Reload(Box::new(config)));
        let (_, shown) = connect(&gateway, &[]).await;
        assert!(shown == first);
    }
    std::fs::write(files.key(), pair).unwrap();
    let second = files.renew();
    within("the new certificate", async { while connect(&gateway, &[]).await.1 != second {} }).await;
}

#[tokio::test]
async fn a_broken_certificate_is_logged_and_the_old_one_stays_until_a_whole_one_comes() {
    let (files, first) = Files::new();
    let manager = Manager::new();
    let config = format!("listen = '127.0.0.1:0'\n{}", files.section());
    let mut program = Program::start(&manager, None, &config).await;
    let address = program.said.split("https://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let shown = async || over(TcpStream::connect(&address).await.unwrap(), &[]).await.unwrap().1;
    let (other, _) = Files::new();
    std::fs::write(files.key(), std::fs::read(other.key()).unwrap()).unwrap();
    program.logs("does not belong to").await;
    assert!(shown().await == first);
    let second = files.renew();
    program.logs("new connections are shown the new ones").await;
    assert!(shown().await == second);
}

#[test]
fn what_is_wrong_with_certificate_or_key_is_said() {
    let (files, _) = Files::new();
    let (other, _) = Files::new();
    let check = |section: &str| Config::parse(section).unwrap().check_files();
    check(&files.section()).unwrap();
    let swapped = format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", files.certificate(), other.key());
    assert!(check(&swapped).unwrap_err().to_string().contains("does not belong to"));
    let nowhere = format!("[tls]\ncertificate = '/nowhere/a.pem'\nkey = {:?}\n", files.key());
    assert!(
        check(&nowhere).unwrap_err().to_string().contains("tls.certificate /nowhere/a.pem can't be read")
    );
    let none = format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", files.key(), files.key());
    assert!(check(&none).unwrap_err().to_string().contains("no certificate in it"));
    let none = format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", files.certificate(), files.certificate());
    assert!(check(&none).unwrap_err().to_string().contains("no private key in it"));
}

fn app() -> tempfile::TempDir {
    let app = tempfile::tempdir().unwrap();
    std::fs::create_dir(app.path().join("assets")).unwrap();
    std::fs::write(app.path().join("index.html"), "<p>mail").unwrap();
    std::fs::write(app.path().join("assets/core.wasm"), vec![7; 300_000]).unwrap();
    std::fs::write(app.path().join("assets/big.wasm"), vec![7; 32 * 1024 * 1024]).unwrap();
    app
}

async fn body(mut stream: h2::RecvStream) -> Vec<u8> {
    let mut octets = Vec::new();
    while let Some(piece) = within("the body", stream.data()).await {
        let piece = piece.unwrap();
        stream.flow_control().release_capacity(piece.len()).unwrap();
        octets.extend_from_slice(&piece);
    }
    octets
}

#[tokio::test]
async fn http_2_carries_the_app_side_by_side_with_its_headers() {
    let (app, (files, _)) = (app(), Files::new());
    let gateway = Gateway::start(&format!("app_dir = {:?}\n{}", app.path(), files.section())).await;
    let (mut client, _task) = http_2(&gateway).await;
    let host = format!("localhost:{}", gateway.address.port());
    let (page, _) = client.send_request(request(&host, "/"), true).unwrap();
    let (wasm, _) = client.send_request(request(&host, "/assets/core.wasm"), true).unwrap();
    let (page, wasm) = within("answers", async { tokio::join!(page, wasm) }).await;
    let (page, wasm) = (page.unwrap(), wasm.unwrap());
    assert_eq!(client.current_max_send_streams(), 8, "the server's limit");
    assert_eq!((page.status().as_u16(), wasm.status().as_u16()), (200, 200));
    assert!(page.headers().contains_key("strict-transport-security"));
    assert_eq!(wasm.headers()["content-length"], "300000");
    // Both share the connection's window: neither can wait for the other.
    let (page, wasm) = tokio::join!(body(page.into_body()), body(wasm.into_body()));
    assert_eq!(page, b"<p>mail");
    assert!(wasm == vec![7; 300_000]);
    for (authority, path, status) in
        [("evil.example", "/", 421), (host.as_str(), "/tunnel", 426), (&host, "/nothing", 404)]
    {
        let (answer, _) = client.send_request(request(authority, path), true).unwrap();
        assert_eq!(within("an answer", answer).await.unwrap().status().as_u16(), status, "{authority}{path}");
    }
    let mut double = request(&host, "/");
    double.headers_mut().insert("host", "localhost:1".parse().unwrap());
    let (answer, _) = client.send_request(double, true).unwrap();
    let status = within("an answer", answer).await.unwrap().status().as_u16();
    assert!(status == 400 || status == 421, "two names: {status}");
}

#[tokio::test]
async fn an_http_2_answer_that_nobody_takes_ends_the_connection() {
    let (app, (files, _)) = (app(), Files::new());
    let gateway = impatient(&format!("app_dir = {:?}\n{}", app.path(), files.section())).await;
    let host = format!("localhost:{}", gateway.address.port());
    for path in ["/assets/big.wasm", "/assets/core.wasm"] {
        let (mut client, task) = http_2(&gateway).await;
        let (answer, _) = client.send_request(request(&host, path), true).unwrap();
        let answer = within("an answer", answer).await.unwrap();
        // Kept, and its window never opened again. Answering pings is no progress.
        let _ = within("the end", task).await.unwrap();
        drop(answer);
    }
}

#[tokio::test]
async fn an_http_2_connection_that_asks_nothing_is_closed() {
    let (files, _) = Files::new();
    let gateway = impatient(&files.section()).await;
    let (_client, task) = http_2(&gateway).await;
    within("the end", task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_flood_of_reset_streams_ends_the_connection() {
    let (files, _) = Files::new();
    let gateway = Gateway::start(&files.section()).await;
    let host = format!("localhost:{}", gateway.address.port());
    let (mut client, task) = http_2(&gateway).await;
    // As many as are answered are no flood.
    for _ in 0..100 {
        let (answer, _) = client.send_request(request(&host, "/"), true).unwrap();
        assert_eq!(within("an answer", answer).await.unwrap().status().as_u16(), 404);
    }
    let mut count = 0;
    while let Ok(mut ready) = client.clone().ready().await
        && let Ok((_, mut stream)) = ready.send_request(request(&host, "/"), true)
    {
        // Lets the connection send the one before the other.
        tokio::task::yield_now().await;
        stream.send_reset(Reason::CANCEL);
        tokio::task::yield_now().await;
        client = ready;
        count += 1;
        assert!(count < 5000, "the flood goes on");
    }
    assert!(within("the end", task).await.unwrap().is_err());
}

#[tokio::test]
async fn a_header_beyond_the_limit_gets_no_answer_over_http_2() {
    let (files, _) = Files::new();
    let gateway = Gateway::start(&files.section()).await;
    let (mut client, _task) = http_2(&gateway).await;
    let mut large = request(&format!("localhost:{}", gateway.address.port()), "/");
    large.headers_mut().insert("x-large", "x".repeat(17_000).parse().unwrap());
    let answered = match client.send_request(large, true) {
        Ok((answer, _)) => within("an end", answer).await.is_ok_and(|answer| answer.status() != 431),
        Err(_) => false,
    };
    assert!(!answered);
}

#[tokio::test]
async fn requests_under_way_over_http_2_are_answered_when_the_gateway_stops() {
    let (app, (files, _)) = (app(), Files::new());
    let mut gateway = Gateway::start(&format!("app_dir = {:?}\n{}", app.path(), files.section())).await;
    let host = format!("localhost:{}", gateway.address.port());
    let (mut client, task) = http_2(&gateway).await;
    let (answer, _) = client.send_request(request(&host, "/assets/core.wasm"), true).unwrap();
    let answer = within("an answer", answer).await.unwrap();
    gateway.signal();
    assert!(body(answer.into_body()).await == vec![7; 300_000]);
    // The client's last acknowledgement may meet a closed socket; any other error is one.
    if let Err(error) = within("the end", task).await.unwrap() {
        let kind = error.get_io().map(std::io::Error::kind);
        assert!(matches!(kind, Some(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)), "{error}");
    }
    gateway.stop().await;
}

#[tokio::test]
async fn only_tls_1_2_and_later_is_spoken() {
    let (files, _) = Files::new();
    let gateway = Gateway::start(&files.section()).await;
    // A ClientHello of TLS 1.1 that offers one old cipher suite.
    let mut hello = vec![0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2];
    hello.extend_from_slice(&[1; 32]);
    hello.extend_from_slice(&[0, 0, 2, 0, 0x2f, 1, 0]);
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(&hello).await.unwrap();
    let mut answer = Vec::new();
    let _ = within("the end", stream.read_to_end(&mut answer)).await;
    assert_eq!(answer.first(), Some(&0x15), "an alert: {answer:?}");
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    assert!(over(stream, &["spdy/3"]).await.is_err(), "no protocol in common");
    for version in [&TLS12, &TLS13] {
        let stream = TcpStream::connect(gateway.address).await.unwrap();
        let (stream, _) = over_version(stream, &["http/1.1"], &[version]).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
    }
}
