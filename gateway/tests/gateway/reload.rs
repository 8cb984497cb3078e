//! A new configuration while the gateway runs.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, target};
use crate::support::service::{Manager, Program};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use waypost_gateway::{Config, NewToken, Order};
use waypost_tunnel::client::Event;
use waypost_tunnel::{Open, TlsMode, Token};

/// A mail server that sends back what it gets.
async fn echo() -> u16 {
    mail::serve(async |mut stream: TcpStream| {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await
}

fn reload(text: &str) -> Order {
    Order::Reload(Box::new(Config::parse(text).unwrap()))
}

async fn failure(gateway: &Gateway, port: u16) -> Option<String> {
    let mut client = Client::ask(gateway, "localhost", port, TlsMode::None).await;
    match client.next().await {
        Event::Failed(failure) => Some(failure.code),
        _ => None,
    }
}

#[tokio::test]
async fn running_tunnels_keep_what_they_have_and_new_ones_get_the_new_rules() {
    let (first, second) = (echo().await, echo().await);
    let gateway = Gateway::start(&target(&[first], r#""none""#, None)).await;
    let mut running = Client::open(&gateway, "localhost", first, TlsMode::None).await;
    assert_eq!(failure(&gateway, second).await.as_deref(), Some("port-denied"));
    gateway.order(reload(&target(&[second], r#""none""#, None)));
    within("the new rules", async { while failure(&gateway, second).await.is_some() {} }).await;
    assert_eq!(failure(&gateway, first).await.as_deref(), Some("port-denied"));
    running.write(b"still here").await;
    assert_eq!(running.read(10).await, b"still here");
}

/// A configuration that takes these tokens, or asks for none.
fn taking(tokens: &[&NewToken], port: u16) -> String {
    let rows: String = tokens.iter().map(|token| token.rows()).collect();
    let mode = if tokens.is_empty() { "none" } else { "token" };
    format!("access.mode = '{mode}'\n{rows}{}", target(&[port], r#""none""#, None))
}

async fn open_with(gateway: &Gateway, port: u16, token: &NewToken) -> Client {
    let socket = Handshake::new(gateway).connect(gateway).await.unwrap();
    let token = Some(Token::new(token.text().to_owned()));
    let open = Open { host: "localhost".to_owned(), port, tls: TlsMode::None, token };
    let mut client = Client::ask_as(socket, open, 65_536).await;
    assert!(matches!(client.next().await, Event::Opened { .. }));
    client
}

#[tokio::test]
async fn a_token_that_is_taken_back_ends_its_tunnels_and_no_others() {
    let port = echo().await;
    let [kim, alex, again] = ["kim", "alex", "alex"].map(|name| NewToken::random(name).unwrap());
    let gateway = Gateway::start(&taking(&[&kim, &alex], port)).await;
    let mut of_kim = open_with(&gateway, port, &kim).await;
    let mut of_alex = open_with(&gateway, port, &alex).await;
    let mut second = open_with(&gateway, port, &alex).await;
    // Opened under the first configuration, ended by the third.
    gateway.order(reload(&taking(&[&alex, &kim], port)));
    gateway.order(reload(&taking(&[&alex], port)));
    let told = of_kim.failure().await;
    assert_eq!((told.code.as_str(), told.retry), ("token-required", false));
    assert!(told.message.contains("taken back"), "{told:?}");
    assert_eq!(of_kim.close_frame().await, (4000, "token-required".to_owned()));
    of_alex.write(b"still here").await;
    assert_eq!(of_alex.read(10).await, b"still here");
    // The same name with another token.
    gateway.order(reload(&taking(&[&again], port)));
    assert_eq!(of_alex.failure().await.code, "token-required");
    assert_eq!(second.failure().await.code, "token-required");
    // Where nobody is asked for one, none is missing.
    let mut of_again = open_with(&gateway, port, &again).await;
    gateway.order(reload(&taking(&[], port)));
    within("the new rules", async { while failure(&gateway, port).await.is_some() {} }).await;
    of_again.write(b"still here").await;
    assert_eq!(of_again.read(10).await, b"still here");
}

#[tokio::test]
async fn what_is_open_counts_under_the_new_limits_too() {
    let port = echo().await;
    let rows = target(&[port], r#""none""#, None);
    let gateway = Gateway::start(&rows).await;
    let _one = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    let _two = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    gateway.order(reload(&format!("{rows}[limits]\ntunnels = 2\n")));
    within("the new limit", async {
        while failure(&gateway, port).await.as_deref() != Some("too-many-tunnels") {}
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_is_kept_for_more_requests_is_closed_for_the_new_configuration() {
    let gateway = Gateway::start("[limits]\nheader_seconds = 1000").await;
    let mut kept = TcpStream::connect(gateway.address).await.unwrap();
    let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", gateway.address);
    kept.write_all(request.as_bytes()).await.unwrap();
    within("an answer", kept.readable()).await.unwrap();
    gateway.order(reload(""));
    let mut answer = String::new();
    within("the end", kept.read_to_string(&mut answer)).await.unwrap();
    assert_eq!(answer.matches("HTTP/1.1 404").count(), 1, "{answer}");
}

#[tokio::test]
async fn a_configuration_that_can_not_be_used_changes_nothing() {
    let port = echo().await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let missing = "[[targets]]\nhost = 'a.example'\nports = [993]\nca = ['/nowhere/ca.pem']\n";
    gateway.order(reload(missing));
    gateway.order(reload("[tls]\ncertificate = '/nowhere/a.pem'\nkey = '/nowhere/b.pem'\n"));
    // Orders are obeyed one after the other: this one comes after them.
    let missing = format!("{missing}{}", target(&[port], r#""none""#, None));
    gateway.order(reload(&missing));
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    client.write(b"as before").await;
    assert_eq!(client.read(9).await, b"as before");
}

#[tokio::test]
async fn a_hangup_reads_the_file_again_says_what_is_wrong_and_what_needs_a_restart() {
    let manager = Manager::new();
    let mut program = Program::start(&manager, None, "listen = '127.0.0.1:0'").await;
    program.configure("listen = 'nowhere'");
    program.signal("HUP");
    let line = program.logs("The configuration stays as it was").await;
    assert!(line.contains("ERROR"), "{line}");
    program.logs("'nowhere' is no place to listen").await;
    program.configure("listen = '127.0.0.1:1'");
    program.signal("HUP");
    program.logs("listen has changed in the configuration: that needs a restart").await;
    program.logs("new connections get the new configuration").await;
    program.signal("TERM");
    assert!(program.ended().await.success());
}
