//! What peers of this gateway got wrong, each shown to be right here. The numbers are those of a survey of such gateways.
//!
//! | Defect | Here |
//! |---|---|
//! | 1. private addresses pass in another form | this file; `src/policy/address.rs` row by row |
//! | 2. the address that is dialled was looked up again | `src/dial.rs`: a name that rebinds; this file |
//! | 3. the first octets of a client are not carried | this file |
//! | 4. names that lead inside pass | this file; `src/dial.rs` |
//! | 5. a target without a port ends the program; IPv6 can't be written; the end of a server becomes empty frames | this file |
//! | 6. tokens without a signature, `X-Forwarded-For` of anybody, masked frames not unmasked | this file; `signed.rs`, `limits.rs` |
//! | 7. a peer that stalls pins memory | `relay.rs` |

use crate::support::gateway::Gateway;
use crate::support::mail::{self, silent, target};
use crate::support::raw;
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use waypost_tunnel::TlsMode;
use waypost_tunnel::client::Event;

async fn echo(stream: TcpStream) {
    let (mut read, mut write) = stream.into_split();
    let _ = tokio::io::copy(&mut read, &mut write).await;
}

#[tokio::test]
async fn defect_1_no_form_of_an_address_leads_inside() {
    let gateway = Gateway::start("[[targets]]\nhost = '*'\ntls = ['none']\n").await;
    for host in [
        // Those that passed there.
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fd00::1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "224.0.0.1",
        "ff02::1",
        // And of the same kinds.
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2001:0:7f00:1::",
        "fec0::1",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "192.0.0.170",
        "198.18.0.1",
        "2001:db8::1",
        "2001:10::1",
    ] {
        let failure = Client::refused(&gateway, host, 143, TlsMode::None).await;
        assert_eq!(failure.code, "address-denied", "{host}: {failure:?}");
    }
}

#[tokio::test]
async fn defects_2_and_4_a_name_that_leads_inside_is_refused_each_time_it_is_asked() {
    let gateway = Gateway::start("[[targets]]\nhost = '*'\ntls = ['none']\n").await;
    for host in ["localhost", "LOCALHOST", "localhost.", "localhost", "localhost"] {
        let failure = Client::refused(&gateway, host, 143, TlsMode::None).await;
        assert_eq!(failure.code, "address-denied", "{host}: {failure:?}");
    }
}

#[tokio::test]
async fn defect_3_the_first_octets_of_a_client_are_carried_as_they_are() {
    let port = mail::serve(echo).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let all: Vec<u8> = (0..=255).collect();
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    client.write(&all).await;
    assert_eq!(client.read(all.len()).await, all);
}

#[tokio::test]
async fn defect_5_no_request_ends_the_program() {
    let port = mail::serve(silent).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    for path in [
        "/tunnel/",
        "/tunnel/localhost",
        "/tunnel/localhost:",
        "/tunnel?host=localhost",
        "/tunnel/:0",
        "/tunnel%00",
        "//",
        "/:",
    ] {
        let answer = gateway.fetch(path).await;
        assert!([404, 426].contains(&answer.status), "{path}: {}", answer.status);
    }
    for open in [
        r#"{"type":"open","host":"localhost","tls":"none","credit":1}"#,
        r#"{"type":"open","host":"localhost","port":"","tls":"none","credit":1}"#,
        r#"{"type":"open","host":"localhost","port":0,"tls":"none","credit":1}"#,
        r#"{"type":"open","host":"localhost","port":65536,"tls":"none","credit":1}"#,
        r#"{"type":"open","host":"localhost","port":-1,"tls":"none","credit":1}"#,
        r#"{"type":"open","host":"localhost:143","port":143,"tls":"none","credit":1}"#,
        r#"{"type":"open","host":":","port":143,"tls":"none","credit":1}"#,
        r#"{"type":"open","host":"[","port":143,"tls":"none","credit":1}"#,
        r#"{"type":"open","host":"[]","port":143,"tls":"none","credit":1}"#,
        r#"{"type":"open","host":"[::1","port":143,"tls":"none","credit":1}"#,
        r#"{"type":"open","host":"\u0000","port":143,"tls":"none","credit":1}"#,
        r#"{"type":"open"}"#,
        "[]",
        "",
    ] {
        let mut socket = Handshake::new(&gateway).connect(&gateway).await.unwrap();
        socket.send(Message::text(open)).await.unwrap();
        let answer = within("an answer", socket.next()).await;
        let Some(Ok(Message::Text(text))) = answer else { panic!("{open}: {answer:?}") };
        // A port of 0 is a port that no rule has.
        let said = ["bad-request", "port-denied"].iter().any(|code| text.contains(code));
        assert!(said, "{open}: {text}");
    }
    Client::open(&gateway, "localhost", port, TlsMode::None).await;
}

#[tokio::test]
async fn defect_5_an_ipv6_address_can_be_asked_for_with_and_without_brackets() {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(echo(stream));
        }
    });
    let row = format!("[[targets]]\nhost = '[::1]'\nports = [{port}]\ntls = ['none']\nprivate = true\n");
    let gateway = Gateway::start(&row).await;
    for host in ["::1", "[::1]", "0:0:0:0:0:0:0:1"] {
        let mut client = Client::open(&gateway, host, port, TlsMode::None).await;
        client.write(b"hello").await;
        assert_eq!(client.read(5).await, b"hello", "{host}");
    }
}

#[tokio::test]
async fn defect_5_the_end_of_a_server_is_told_once_and_nothing_comes_after_it() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.write_all(b"bye").await;
    })
    .await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    let mut client = Client::open(&gateway, "localhost", port, TlsMode::None).await;
    assert_eq!(client.read(3).await, b"bye");
    assert_eq!(client.next().await, Event::Ended { clean: true });
    client.end(true).await;
    let mut after = Vec::new();
    within("the close", async {
        while let Some(Ok(message)) = client.socket.next().await {
            after.push(message);
        }
    })
    .await;
    assert!(after.iter().all(Message::is_close) && after.len() == 1, "{after:?}");
}

#[tokio::test]
async fn defect_6_frames_are_masked_as_browsers_do_and_others_are_refused() {
    let gateway = Gateway::start("").await;
    let open = r#"{"type":"open","host":"a b","port":143,"tls":"none","credit":1}"#;
    let talk = async |frame: Vec<u8>| {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let request = format!(
            "GET /tunnel HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             Sec-WebSocket-Protocol: waypost.v1\r\n\r\n",
            gateway.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.write_all(&frame).await.unwrap();
        let mut told = Vec::new();
        // What was sent after the gateway has closed may reset the connection.
        let reading = async {
            let mut part = [0; 1024];
            while let Ok(count @ 1..) = stream.read(&mut part).await {
                told.extend_from_slice(&part[..count]);
                if told.windows(11).any(|part| part == b"bad-request") {
                    break;
                }
            }
        };
        within("the answer", reading).await;
        String::from_utf8_lossy(&told).into_owned()
    };
    for mask in [[1, 2, 3, 4], [0, 0, 0, 0], [255, 0, 128, 7]] {
        let told = talk(raw::masked(raw::TEXT, open.as_bytes(), mask)).await;
        assert!(told.contains("The server name is not the name of a host"), "{mask:?}: {told}");
    }
    let told = talk(raw::bare(raw::TEXT, open.as_bytes())).await;
    assert!(told.starts_with("HTTP/1.1 101") && !told.contains("server name"), "read without a mask: {told}");
}
