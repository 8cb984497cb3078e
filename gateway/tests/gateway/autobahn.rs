//! The Autobahn WebSocket test suite, where `wstest` is installed (PyPI `autobahntestsuite`, which needs Python 2), against an
//! echo on the gateway's framing. What the gateway adds to that, and all that the suite can't ask it, is in `conformance.rs`.

use crate::support::raw::{self, BINARY, CLOSE, PONG, TEXT};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use waypost_gateway::websocket::{Decoder, Item};

/// All but those with texts above 8 KiB or messages above 64 KiB, which a tunnel has not and refuses, and those about compression
/// (12 and 13), which is not offered.
const CASES: [&str; 8] = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.2.1"];
const TOO_LARGE: [&str; 3] = ["1.1.6", "1.1.7", "1.1.8"];

#[tokio::test]
async fn the_autobahn_suite_finds_no_fault() {
    let help = Command::new("wstest").arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !help.await.is_ok_and(|status| status.success()) {
        let note = "skipped: wstest is missing or does not run (PyPI autobahntestsuite, Python 2)\n";
        return drop(std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes()));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(echo(stream));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let spec = serde_json::json!({
        "outdir": folder.path(),
        "servers": [{ "agent": "waypost", "url": url }],
        "cases": CASES,
        "exclude-cases": TOO_LARGE,
        "exclude-agent-cases": {},
    });
    let file = folder.path().join("spec.json");
    std::fs::write(&file, spec.to_string()).unwrap();
    let mut suite = Command::new("wstest");
    suite.args(["--mode", "fuzzingclient", "--spec"]).arg(&file);
    let status = suite.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).status();
    assert!(timeout(Duration::from_secs(600), status).await.expect("the suite ends").unwrap().success());

    let index = std::fs::read_to_string(folder.path().join("index.json")).unwrap();
    let index: BTreeMap<String, BTreeMap<String, serde_json::Value>> = serde_json::from_str(&index).unwrap();
    let Some(cases) = index.get("waypost") else { panic!("{:?}", index.keys()) };
    assert!(cases.len() > 240, "{} cases", cases.len());
    let fine = ["OK", "NON-STRICT", "INFORMATIONAL"].map(serde_json::Value::from);
    let is_fine = |result: &serde_json::Value| {
        fine.contains(&result["behavior"]) && fine.contains(&result["behaviorClose"])
    };
    let faults: Vec<_> = cases.iter().filter(|(_, result)| !is_fine(result)).collect();
    assert!(faults.is_empty(), "{faults:?}");
}

/// Sends back what it hears, as the tunnel's end of a WebSocket hears it.
async fn echo(mut stream: TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(octet) = stream.read_u8().await else { return };
        head.push(octet);
    }
    let head = String::from_utf8(head).unwrap();
    let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = derive_accept_key(key.trim().as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await.unwrap();
    let (mut decoder, mut buffer, mut payload) = (Decoder::default(), vec![0; 100_000], Vec::new());
    loop {
        // Where a message of payload ends is of no meaning in a tunnel, and not told: here a pause ends it.
        let read = timeout(Duration::from_millis(20), stream.read(&mut buffer)).await;
        let mut out = Vec::new();
        let count = match read {
            Ok(Ok(count @ 1..)) => count,
            Ok(_) => return,
            Err(_) if payload.is_empty() => continue,
            Err(_) => {
                out.extend(raw::bare(BINARY, &std::mem::take(&mut payload)));
                0
            }
        };
        let (octets, mut at) = (&mut buffer[..count], 0);
        loop {
            match decoder.decode(octets, &mut at) {
                Ok(None) => break,
                Ok(Some(Item::Payload(range))) if range.is_empty() => out.extend(raw::bare(BINARY, &[])),
                Ok(Some(Item::Payload(range))) => payload.extend_from_slice(&octets[range]),
                Ok(Some(Item::Text(text))) => out.extend(raw::bare(TEXT, text.as_bytes())),
                Ok(Some(Item::Ping(octets))) => out.extend(raw::bare(PONG, &octets)),
                Ok(Some(Item::Pong(_))) => {}
                Ok(Some(Item::Close(closing))) => {
                    let code = closing.code.map(u16::to_be_bytes);
                    out.extend(raw::bare(CLOSE, code.as_ref().map_or(&[][..], |code| &code[..])));
                }
                Err(fault) => out.extend(raw::bare(CLOSE, &fault.close_code().to_be_bytes())),
            }
        }
        if stream.write_all(&out).await.is_err() {
            return;
        }
        if decoder.is_over() {
            let _ = stream.shutdown().await;
            let _ = timeout(Duration::from_secs(1), stream.read_to_end(&mut Vec::new())).await;
            return;
        }
    }
}
