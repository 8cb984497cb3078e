//! The gateway under a part of a host: everything moves, and nothing is left where it was.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, target};
use crate::support::tunnel::{Client, Handshake};
use std::fs;
use tokio::net::TcpStream;
use waypost_tunnel::TlsMode;

#[tokio::test]
async fn under_a_base_path_everything_lies_below_it() {
    let app = tempfile::tempdir().unwrap();
    fs::create_dir(app.path().join("assets")).unwrap();
    for (name, text) in [("index.html", "page"), ("sw.js", "worker"), ("assets/a-1.js", "script")] {
        fs::write(app.path().join(name), text).unwrap();
    }
    let gateway = Gateway::start(&format!("app_dir = {:?}\nbase_path = '/mail'", app.path())).await;
    for (path, status, body) in [
        ("/mail/", 200, "page"),
        ("/mail/index.html", 200, "page"),
        ("/mail/sw.js", 200, "worker"),
        ("/mail/assets/a-1.js", 200, "script"),
        ("/mail/tunnel", 426, "This address"),
        ("/mail/_mail-frame", 200, "<!doctype html>"),
        ("/mail/api/config", 200, r#"{"version":"#),
        ("/mail/healthz", 200, "ok"),
        ("/healthz", 200, "ok"),
        ("/", 404, "There is no such page"),
        ("/sw.js", 404, "There is no such page"),
        ("/tunnel", 404, "There is no such page"),
        ("/_mail-frame", 404, "There is no such page"),
        ("/mailbox/", 404, "There is no such page"),
        ("/mail/mail/", 404, "There is no such page"),
        ("/mail/../sw.js", 404, "There is no such page"),
    ] {
        let answer = gateway.fetch(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().starts_with(body), "{path}: {}", answer.text());
        if !path.ends_with("_mail-frame") {
            let origin = gateway.origin();
            let frames = format!("frame-src {origin}/mail/_mail-frame {origin}/mail/sw.js;");
            assert!(answer.header("content-security-policy").contains(&frames), "{path}");
        }
    }
}

#[tokio::test]
async fn the_base_path_without_its_slash_leads_to_it() {
    let gateway = Gateway::start("base_path = '/a/mail/'").await;
    let answer = gateway.fetch("/a/mail").await;
    assert_eq!((answer.status, answer.header("location")), (308, "/a/mail/"));
    let other = gateway.ask("GET", "/a/mail", "evil.example", &[]).await;
    assert_eq!(other.status, 421, "the rules come first");
    assert_eq!(gateway.ask("POST", "/a/mail", &gateway.address.to_string(), &[]).await.status, 405);
}

#[tokio::test]
async fn a_tunnel_under_a_base_path_carries_octets() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"* OK ready\r\n").await;
    })
    .await;
    let text = format!("base_path = '/mail/'\n{}", target(&[port], r#""none""#, None));
    let gateway = Gateway::start(&text).await;
    assert_eq!(Handshake::new(&gateway).connect(&gateway).await.err(), Some(404));
    let handshake = Handshake { path: "/mail/tunnel".to_owned(), ..Handshake::new(&gateway) };
    let socket = handshake.connect(&gateway).await.unwrap();
    let mut client = Client::ask_on(socket, "localhost", port, TlsMode::None, 99).await;
    assert!(matches!(client.next().await, waypost_tunnel::client::Event::Opened { .. }));
    assert_eq!(client.read(12).await, b"* OK ready\r\n");
}

#[tokio::test]
async fn the_app_is_told_what_is_offered_here_and_nobody_else() {
    let gateway =
        Gateway::start("[app]\nname = 'Example'\nlocked = true\n[app.imap]\nhost = 'imap.example.org'").await;
    let answer = gateway.fetch("/api/config").await;
    assert_eq!(
        (answer.status, answer.header("content-type"), answer.header("cache-control")),
        (200, "application/json", "no-store")
    );
    let text = answer.text();
    assert!(
        text.contains(
            r#""locked":true,"servers":{"imap":{"host":"imap.example.org","port":993,"tls":"implicit"}}"#
        ),
        "{text}"
    );
    assert_eq!(gateway.ask("GET", "/api/config", "evil.example", &[]).await.status, 421);
    let post = gateway.ask("POST", "/api/config", &gateway.address.to_string(), &[]).await;
    assert_eq!(post.status, 405);
}
