//! Fuzz bodies of the gateway that need all of it: what a client writes before it has a tunnel, and what an operator writes.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use waypost_gateway::{Config, Listen, Listeners, Passed};

/// A running gateway takes these octets for requests: what it answers is HTTP, it closes in time, and none of its tasks panics.
pub(crate) fn requests(data: &[u8]) {
    // The first octet of each input is for bodies with settings.
    let octets = data.get(1..).unwrap_or_default();
    let socket = GATEWAY.get_or_init(start);
    let mut stream = UnixStream::connect(socket).expect("the gateway listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time is set");
    // It may have closed already: then it takes no more.
    let _ = stream.write_all(octets);
    let _ = stream.shutdown(Shutdown::Write);
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("no end of the answer: {error}"),
    }
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "no HTTP: {answer:?}");
    assert!(!PANICKED.load(Ordering::SeqCst), "a task of the gateway panicked");
}

/// A text for a configuration.
pub(crate) fn configuration(data: &[u8]) {
    waypost_gateway::config::fuzz(data.get(1..).unwrap_or_default());
}

/// Requests of browsers, of programs and of nobody.
pub(crate) fn sessions() -> std::io::Result<Vec<Vec<u8>>> {
    let upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let name = "Host: mail.example\r\n";
    let json = r#"{"domain":"example.org","address":"kim@example.org"}"#;
    let requests = [
        format!("GET / HTTP/1.1\r\n{name}Accept-Encoding: br, gzip;q=0\r\n\r\n"),
        format!("HEAD /assets/app.js HTTP/1.1\r\n{name}If-None-Match: \"a\"\r\n\r\nGET /readyz HTTP/1.0\r\n\r\n"),
        format!("GET /_mail-frame?images=1&s=1 HTTP/1.1\r\n{name}X-Forwarded-For: 192.0.2.1, ::1\r\n\r\n"),
        format!(
            "GET /tunnel HTTP/1.1\r\n{name}Origin: https://mail.example\r\n{upgrade}Sec-WebSocket-Protocol: waypost.v1, waypost.token.YWJj\r\n\r\n"
        ),
        format!("GET /tunnel HTTP/1.1\r\n{name}Origin: null\r\n{upgrade}Sec-WebSocket-Protocol: waypost.v9\r\n\r\n"),
        format!(
            "POST /api/discover HTTP/1.1\r\n{name}Origin: https://mail.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        ),
        format!("POST /api/discover HTTP/1.1\r\n{name}Transfer-Encoding: chunked\r\n\r\n5\r\n{{\"dom\r\n0\r\n\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\nForwarded: for=\"[2001:db8::1]:4711\"\r\n\r\n".to_owned(),
    ];
    Ok(requests.map(String::into_bytes).to_vec())
}

/// The sample, section by section.
pub(crate) fn samples() -> std::io::Result<Vec<Vec<u8>>> {
    let sample = include_str!("../../../gateway/gateway.example.toml");
    let shown = sample.lines().map(|line| match line.strip_prefix("# ") {
        Some(rest) if rest.contains(" = ") || rest.starts_with('[') => rest,
        _ => line,
    });
    let text = shown.filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    Ok(text.split("\n\n").map(|section| section.as_bytes().to_vec()).collect())
}

/// Starts a gateway that nothing leads out of; gives its socket.
fn start() -> PathBuf {
    let default = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICKED.store(true, Ordering::SeqCst);
        default(info);
    }));
    let folder = Path::new("target/fuzz");
    std::fs::create_dir_all(folder).expect("a folder is made");
    let socket = folder.join(format!("{}.sock", std::process::id()));
    let (ready, is_ready) = std::sync::mpsc::channel();
    let place = socket.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let config = Config::parse(CONFIGURATION).expect("the configuration is right");
            let listeners = Listeners::open(&[Listen::Unix(place)], Passed::none()).await.expect("a socket");
            let (_orders, given) = tokio::sync::mpsc::channel(1);
            let _ = ready.send(());
            waypost_gateway::serve(config, listeners, given).await.expect("it serves");
        });
    });
    is_ready.recv().expect("the gateway starts");
    socket
}

const CONFIGURATION: &str = "origins = ['https://mail.example']\ntargets = []\n[discovery]\nenabled = true\nper_minute_per_client = 1\n\
    [limits]\nconnections_per_client = 1024\nheader_seconds = 1\nnew_tunnels_per_minute_per_client = 0\n";

static GATEWAY: OnceLock<PathBuf> = OnceLock::new();
static PANICKED: AtomicBool = AtomicBool::new(false);
/// Far above what any of the gateway's own waits takes here.
const PATIENCE: Duration = Duration::from_secs(10);
