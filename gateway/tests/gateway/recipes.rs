//! The recipes of docs/GATEWAY.md for a reverse proxy on the same machine, run by the real programs. HAProxy's is in
//! `gateway/tests/pair`.

use crate::support::gateway::Gateway;
use crate::support::installed::installed;
use crate::support::mail::{self, target};
use crate::support::secure::{Files, over};
use crate::support::tunnel::first_words;
use crate::support::within;
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::{IpAddr, SocketAddr, TcpListener as Reserved};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::{Child, Command};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

const DOCUMENT: &str = include_str!("../../../docs/GATEWAY.md");
const NAME: &str = "mail.example.org";
/// Of somebody who has signed in.
const SESSION: &str = "session=kim";

/// The configuration below this heading.
fn recipe(heading: &str) -> &'static str {
    let (_, section) = DOCUMENT.split_once(&format!("### {heading}\n")).expect("a section");
    section.split("```\n").nth(1).expect("a configuration")
}

/// The recipe for this machine: every text of the list must stand in it.
fn adapted(recipe: &str, changes: &[(&str, String)]) -> String {
    changes.iter().fold(recipe.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "the recipe has no {old}");
        text.replace(old, new)
    })
}

fn free_port() -> u16 {
    Reserved::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a proxy that is killed at the end.
fn start(program: &Path, arguments: &[&str], folder: &Path) -> Child {
    Command::new(program)
        .args(arguments)
        .env("HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

type Secure = TlsStream<TcpStream>;

/// TLS to the proxy from this address of the machine, once the proxy listens.
async fn connect(proxy: SocketAddr, from: &str) -> Secure {
    let from = SocketAddr::new(from.parse::<IpAddr>().unwrap(), 0);
    within("the proxy", async {
        loop {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind(from).unwrap();
            if let Ok(stream) = socket.connect(proxy).await
                && let Ok((stream, _)) = over(stream, &[]).await
            {
                return stream;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// The request for a tunnel.
fn handshake() -> hyper::Request<()> {
    hyper::Request::builder()
        .uri(format!("wss://{NAME}/tunnel"))
        .header("Host", NAME)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", generate_key())
        .header("Sec-WebSocket-Protocol", "waypost.v1")
        .header("Origin", format!("https://{NAME}"))
        // Of a client that wants to be somebody else.
        .header("X-Forwarded-For", "203.0.113.9")
        .header("Cookie", SESSION)
        .body(())
        .unwrap()
}

/// A tunnel through the proxy, and what the gateway says first.
async fn tunnel(proxy: SocketAddr, from: &str, port: u16) -> (WebSocketStream<Secure>, String) {
    first_words(handshake(), connect(proxy, from).await, port).await
}

/// The answer to a request for a page, in small letters.
async fn page(proxy: SocketAddr, cookie: &str) -> String {
    let mut stream = connect(proxy, "127.0.0.2").await;
    let request = format!("GET / HTTP/1.1\r\nHost: {NAME}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = within("the page", stream.read_to_string(&mut answer)).await;
    answer.to_ascii_lowercase()
}

/// What holds behind every proxy: pages, tunnels, and limits that are counted for each client.
async fn serves(proxy: SocketAddr, port: u16) {
    let answer = page(proxy, SESSION).await;
    assert!(answer.starts_with("http/1.1 200") && answer.contains("<p>mail"), "{answer}");
    for header in
        ["strict-transport-security: max-age=", "wss://mail.example.org", "referrer-policy: no-referrer"]
    {
        assert!(answer.contains(header), "{header}: {answer}");
    }

    // One tunnel for each client: the gateway knows them apart, and believes no client that names another.
    let mut tunnels = Vec::new();
    for from in ["127.0.0.2", "127.0.0.3"] {
        let (mut socket, said) = tunnel(proxy, from, port).await;
        assert!(said.contains(r#""opened""#), "{from}: {said}");
        socket.send(Message::binary(b"NOOP".to_vec())).await.unwrap();
        let heard = within("the echo", socket.next()).await.unwrap().unwrap();
        assert_eq!(heard.into_data().as_ref(), b"NOOP");
        tunnels.push(socket);
    }
    let (_, said) = tunnel(proxy, "127.0.0.3", port).await;
    assert!(said.contains("too-many-tunnels"), "{said}");
}

/// A gateway as the recipes want it, and the port of a mail server behind it.
async fn gateway(folder: &Path) -> (Gateway, u16) {
    std::fs::write(folder.join("index.html"), "<p>mail").unwrap();
    let port = mail::serve(async |mut stream: TcpStream| {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await;
    let text = format!(
        "app_dir = {folder:?}\norigins = ['https://{NAME}']\ntrusted_proxies = ['127.0.0.1']\n{}[limits]\ntunnels_per_client = 1\n",
        target(&[port], r#""none""#, None)
    );
    (Gateway::start(&text).await, port)
}

#[tokio::test]
async fn the_recipe_for_nginx_works() {
    let Some(program) = installed("nginx") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (gateway, port) = gateway(folder.path()).await;
    let ((files, _), proxy) = (Files::new(), SocketAddr::from(([127, 0, 0, 1], free_port())));
    let recipe = adapted(
        recipe("nginx"),
        &[
            ("listen 443 ssl", format!("listen {proxy} ssl")),
            (
                "/etc/letsencrypt/live/mail.example.org/fullchain.pem",
                files.certificate().display().to_string(),
            ),
            ("/etc/letsencrypt/live/mail.example.org/privkey.pem", files.key().display().to_string()),
            ("127.0.0.1:8790", gateway.address.to_string()),
        ],
    );
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {};\n", folder.path().join(name).display()))
        .concat();
    let file = folder.path().join("nginx.conf");
    // One process, so that it ends with the test.
    let text = format!(
        "daemon off;\nmaster_process off;\npid {};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{recipe}}}\n",
        folder.path().join("pid").display()
    );
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let _nginx = start(&program, &["-e", "stderr", "-c", &file], folder.path());
    serves(proxy, port).await;
}

/// Caddy with this recipe. It is killed at the end.
async fn caddy(
    program: &Path,
    folder: &Path,
    heading: &str,
    changes: &[(&str, String)],
) -> (Child, SocketAddr) {
    let proxy = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let (files, _) = Files::new();
    for (from, name) in [(files.certificate(), "certificate.pem"), (files.key(), "key.pem")] {
        std::fs::copy(from, folder.join(name)).unwrap();
    }
    // A certificate of this machine in place of one from an authority.
    let own = format!(
        "{NAME}:{} {{\n\tbind 127.0.0.1\n\ttls {} {}",
        proxy.port(),
        folder.join("certificate.pem").display(),
        folder.join("key.pem").display()
    );
    let recipe = adapted(&adapted(recipe(heading), &[("mail.example.org {", own)]), changes);
    let file = folder.join("Caddyfile");
    std::fs::write(&file, format!("{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{recipe}")).unwrap();
    let file = file.display().to_string();
    (start(program, &["run", "--adapter", "caddyfile", "--config", &file], folder), proxy)
}

#[tokio::test]
async fn the_recipe_for_caddy_works() {
    let Some(program) = installed("caddy") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (gateway, port) = gateway(folder.path()).await;
    let changes = [("127.0.0.1:8790", gateway.address.to_string())];
    let (_caddy, proxy) = caddy(&program, folder.path(), "Caddy", &changes).await;
    serves(proxy, port).await;
}

#[tokio::test]
async fn the_recipe_for_single_sign_on_lets_in_who_has_signed_in() {
    let Some(program) = installed("caddy") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (gateway, port) = gateway(folder.path()).await;
    // Asked about each request.
    let judge = mail::serve(async |mut stream: TcpStream| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(octet) = stream.read_u8().await else { return };
            head.push(octet);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        assert!(head.starts_with("GET /oauth2/auth "), "{head}");
        let status = if head.contains(SESSION) { "202 Accepted" } else { "401 Unauthorized" };
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await;
    let changes =
        [("127.0.0.1:8790", gateway.address.to_string()), ("127.0.0.1:4180", format!("127.0.0.1:{judge}"))];
    let (_caddy, proxy) = caddy(&program, folder.path(), "Single sign-on", &changes).await;
    serves(proxy, port).await;

    let answer = page(proxy, "session=nobody").await;
    assert!(
        answer.starts_with("http/1.1 302") && answer.contains("location: /oauth2/sign_in?rd=/"),
        "{answer}"
    );
    let mut stranger = handshake();
    stranger.headers_mut().remove("cookie");
    let refused = client_async(stranger, connect(proxy, "127.0.0.4").await).await.unwrap_err();
    assert!(matches!(&refused, Error::Http(answer) if answer.status() == 302), "{refused}");
}
