//! The program: command line, exit codes, log, signals.

use crate::support::mail::{self, Authority, Time, target};
use crate::support::tunnel::{Client, Handshake};
use crate::support::within;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command as AsyncCommand;
use waypost_tunnel::client::Event;
use waypost_tunnel::{Open, TlsMode, Token};

const PROGRAM: &str = env!("CARGO_BIN_EXE_waypost-gateway");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn written(folder: &Path, text: &str) -> String {
    let file = folder.join("gateway.toml");
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn what_can_not_be_used_is_said_in_a_sentence_with_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let wrong = written(folder.path(), "extra_ca = 'x'");
    for (arguments, said) in [
        (&["--config", "/nowhere/gateway.toml"][..], "can't be read"),
        (&["--config", &wrong], "unknown field `extra_ca`"),
        (&["--listen", &address], "is taken"),
        (&["--listen", "192.0.2.1:1"], "Check listen"),
        (&["check-config", "--app-dir", "/nowhere"], "no index.html"),
        (&["--app_dir", "/nowhere", "check-config"], "no index.html"),
        (&["check-config", "--limits.tunnels=many"], "--limits.tunnels can't be used"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(words(&output).contains(said), "{arguments:?}: {}", words(&output));
    }
    assert_eq!(run(&["--port", "1"]).status.code(), Some(2), "usage");
    let slip = run(&["--limits.tunels=1"]);
    assert_eq!(slip.status.code(), Some(2));
    assert!(words(&slip).contains("'--limits.tunnels'"), "{}", words(&slip));
}

#[test]
fn a_socket_whose_folder_is_not_there_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let here = format!("unix:{}/gateway.sock", folder.path().display());
    let nowhere = format!("unix:{}/nowhere/gateway.sock", folder.path().display());
    for (place, warned) in [(&here, false), (&nowhere, true)] {
        let output = run(&["check-config", "--listen", place]);
        // A service manager may make it before the start.
        assert!(output.status.success(), "{}", words(&output));
        let said = format!(
            "Warning: listen names {place}, and there is no folder {}/nowhere. Make it",
            folder.path().display()
        );
        assert_eq!(words(&output).contains(&said), warned, "{}", words(&output));
    }
}

#[test]
fn a_variable_that_is_no_key_is_refused_and_one_that_is_a_key_is_read() {
    let with = |name: &str, value: &str| {
        Command::new(PROGRAM).arg("check-config").env(name, value).output().unwrap()
    };
    let unknown = with("WAYPOST_LISTN", "127.0.0.1:1");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(words(&unknown).contains("Did you mean WAYPOST_LISTEN?"), "{}", words(&unknown));
    assert!(words(&with("WAYPOST_LISTEN", "127.0.0.7:1")).contains("listening on 127.0.0.7:1"));
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "listen = '127.0.0.8:1'");
    assert!(words(&with("WAYPOST_CONFIG", &file)).contains("listening on 127.0.0.8:1"));
}

#[test]
fn a_flag_that_is_given_again_makes_a_list() {
    let output = run(&["check-config", "--listen", "127.0.0.7:1", "--listen", "unix:/run/x\"y.sock"]);
    assert!(words(&output).contains("listening on 127.0.0.7:1, unix:/run/x\"y.sock"), "{}", words(&output));
    let output = run(&["check-config", "--limits.tunnels=1", "--limits.tunnels=2"]);
    assert_eq!(output.status.code(), Some(1), "one number is not two: {}", words(&output));
}

#[test]
fn help_completions_and_manual_name_every_key() {
    let help = words(&run(&["--help"]));
    assert!(help.contains("Examples:") && help.contains("Exit code:"), "{help}");
    let short = words(&run(&["-h"]));
    assert!(short.contains("check-config") && !short.contains("limits.tunnels"), "{short}");
    let [bash, zsh, fish] = ["bash", "zsh", "fish"].map(|shell| words(&run(&["completions", shell])));
    let manual = words(&run(&["man"]));
    assert!(manual.contains("check\\-config: Say whether") && manual.contains("Exit code:"), "{manual}");
    assert!(!manual.contains("waypost\\-gateway\\-man(8)"), "a page that is not there: {manual}");
    for key in waypost_gateway::keys::KEYS {
        assert!(help.contains(&format!("\n  {} = {}", key.name, key.value)), "{}", key.name);
        if key.is_settable() {
            assert!(manual.contains(&key.variable()), "{}", key.name);
            for script in [&bash, &zsh, &fish] {
                assert!(script.contains(key.name), "{}", key.name);
            }
        }
    }
}

#[test]
fn a_good_configuration_is_checked_without_starting() {
    let folder = tempfile::tempdir().unwrap();
    let text = "listen = '192.0.2.1:1'\norigins = ['http://mail.lan']\n[[targets]]\nhost = 'imap.example'";
    let good = written(folder.path(), text);
    let output = run(&["check-config", "--config", &good]);
    assert!(output.status.success(), "{}", words(&output));
    assert!(words(&output).contains("can be used") && words(&output).contains("https"), "{}", words(&output));
}

/// From the start to an answer of `/readyz`.
async fn start_takes(config: &str) -> Duration {
    let start = Instant::now();
    let program = Running::start(config).await;
    let mut stream = TcpStream::connect(program.address).await.unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    within("an answer", stream.read_to_end(&mut answer)).await.unwrap();
    let took = start.elapsed();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    program.stop().await;
    took
}

#[tokio::test]
async fn it_is_up_in_a_tenth_of_a_second() {
    // A debug build is some three times as slow. What else the machine does makes a start slower and never faster, so that one
    // of many is enough.
    let bound = Duration::from_millis(if cfg!(debug_assertions) { 300 } else { 100 });
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    let rows = target(&[993], r#""implicit""#, Some(&authority));
    let config = written(folder.path(), &format!("listen = '127.0.0.1:0'\n{rows}"));
    let mut best = Duration::MAX;
    for _ in 0..50 {
        best = best.min(start_takes(&config).await);
        if best <= bound {
            return;
        }
    }
    panic!("the fastest start took {best:?}");
}

/// A running program, and where it listens.
struct Running {
    child: tokio::process::Child,
    address: SocketAddr,
}

impl Running {
    async fn start(config: &str) -> Self {
        let mut child = AsyncCommand::new(PROGRAM)
            .args(["--config", config])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = within("the first line", lines.next_line()).await.unwrap().unwrap();
        let address = line.split("http://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        Self { child, address }
    }

    /// Ends it by a signal; gives its log.
    async fn stop(mut self) -> String {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = within("the end", self.child.wait()).await.unwrap();
        assert!(status.success(), "{status}");
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
        log
    }
}

/// Conversations with everything in them that must never be logged.
async fn secret_conversations(address: SocketAddr, port: u16) {
    let opened = async |host: &str, tls| {
        let extra = vec![("Authorization", "Bearer hunter2-header".to_owned())];
        let path = "/tunnel?token=hunter2-query".to_owned();
        let handshake = Handshake { extra, path, ..Handshake::at(address) };
        let socket = handshake.connect_to(address).await.unwrap();
        let open =
            Open { host: host.to_owned(), port, tls, token: Some(Token::new("hunter2-token".to_owned())) };
        Client::ask_as(socket, open, 65_536).await
    };
    let mut client = opened("localhost", TlsMode::Implicit).await;
    assert!(matches!(client.next().await, Event::Opened { .. }));
    client.read(GREETING.len()).await;
    client.write(LOGIN).await;
    client.read(MAIL.len()).await;
    client.end(true).await;
    client.close_frame().await;
    // Refused, in another TLS mode, and broken off.
    opened("mail.example.org", TlsMode::Implicit).await.failure().await;
    opened("localhost", TlsMode::None).await.failure().await;
    let mut broken = opened("localhost", TlsMode::Implicit).await;
    broken.say(r#"{"type":"hunter2-nonsense"}"#).await;
    broken.failure().await;
}

const GREETING: &[u8] = b"* OK secret-of-the-server ready\r\n";
const LOGIN: &[u8] =
    b"a1 LOGIN kim hunter2-password\r\na2 APPEND Sent {33}\r\nSubject: hunter2-mail-up\r\n\r\nHello\r\n";
const MAIL: &[u8] = b"* 1 FETCH (BODY[] {33}\r\nSubject: hunter2-mail-down\r\n\r\nHi)\r\n";

#[tokio::test]
async fn what_everybody_could_use_does_not_start_and_says_what_to_add() {
    let folder = tempfile::tempdir().unwrap();
    let open = written(folder.path(), "listen = '0.0.0.0:0'");
    for arguments in
        [&["--config", &open][..], &["check-config", "--config", &open], &["--listen", "0.0.0.0:0"]]
    {
        let program = AsyncCommand::new(PROGRAM).args(arguments).kill_on_drop(true).output();
        let output = within("the program to end", program).await.unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        for said in ["Other machines can reach", "waypost-gateway token NAME", "targets", "127.0.0.1"] {
            assert!(words(&output).contains(said), "{arguments:?}: {}", words(&output));
        }
    }
}

#[test]
fn the_rows_of_a_new_token_can_be_used_and_do_not_hold_it() {
    let output = run(&["token", "Kim's \"phone\""]);
    assert!(output.status.success(), "{}", words(&output));
    let told = words(&output);
    let token = told.split_whitespace().find(|word| word.starts_with("waypost_")).unwrap().to_owned();
    let rows = told.split_once("configuration:").unwrap().1;
    assert!(token.len() > 40 && !rows.contains(&token), "{told}");
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), &format!("listen = '0.0.0.0:0'\n{rows}"));
    let checked = run(&["check-config", "--config", &file]);
    assert!(checked.status.success(), "{}", words(&checked));
    assert_ne!(words(&run(&["token", "Kim"])), words(&run(&["token", "Kim"])));
}

/// Whether the filter of docs/GATEWAY.md takes this line, from a file and from the journal. What fail2ban knows for the time of a
/// line it takes away before.
fn fail2ban_reads(line: &str) -> bool {
    let document = include_str!("../../../docs/GATEWAY.md");
    let (_, filter) = document.split_once("\nfailregex = ").unwrap();
    let filter = filter.lines().next().unwrap().replace("<HOST>", r"127\.0\.0\.1");
    let (_, without_time) = line.split_once(' ').unwrap_or_default();
    let takes = |line: &str| {
        let arguments = ["-c", r#"printf '%s\n' "$1" | grep -qP -- "$2""#, "sh", line, &filter];
        Command::new("sh").args(arguments).status().unwrap().success()
    };
    let taken = [without_time, &format!("mail waypost-gateway[123]: {line}")].map(takes);
    assert_eq!(taken[0], taken[1], "{line}");
    taken[0]
}

#[tokio::test]
async fn a_token_is_never_logged_and_one_that_is_refused_names_the_client() {
    let port = mail::serve(async |mut stream: TcpStream| {
        let _ = stream.write_all(b"secret of the server").await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let token = waypost_gateway::NewToken::random("kim").unwrap();
    let rows = format!("{}{}", token.rows(), target(&[port], r#""none""#, None));
    let config = written(
        folder.path(),
        &format!("listen = '127.0.0.1:0'\nlog = 'debug'\naccess.mode = 'token'\n{rows}"),
    );
    let gateway = Running::start(&config).await;
    let ask = async |protocol: &str, token: Option<&str>| {
        let handshake = Handshake { protocol: protocol.to_owned(), ..Handshake::at(gateway.address) };
        let socket = handshake.connect_to(gateway.address).await.unwrap();
        let token = token.map(|token| Token::new(token.to_owned()));
        Client::ask_as(socket, Open { host: "localhost".to_owned(), port, tls: TlsMode::None, token }, 99)
            .await
    };
    let wrong = ask("waypost.v1, waypost.token.d3JvbmctdG9rZW4", None).await.failure().await;
    assert_eq!(wrong.code, "token-required");
    ask("waypost.v1", Some("wrong-too")).await.failure().await;
    for (shown, status) in [("Authorization: Bearer wrong-three\r\n", "HTTP/1.1 401"), ("", "HTTP/1.1 401")] {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        let head =
            format!("POST /api/discover HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", gateway.address);
        let request = format!("{head}Content-Type: application/json\r\n{shown}Content-Length: 2\r\n\r\n{{}}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(status), "{answer}");
    }
    let mut client = ask("waypost.v1", Some(token.text())).await;
    assert!(matches!(client.next().await, Event::Opened { .. }));
    client.read(20).await;
    client.end(true).await;
    client.close_frame().await;
    let log = gateway.stop().await;
    let refused: Vec<&str> = log.lines().filter(|line| line.contains("token refused id=")).collect();
    // Two tunnels, and one of two questions: the other showed no token.
    assert_eq!(refused.len(), 3, "{log}");
    assert!(refused.iter().all(|line| line.contains("INFO") && line.ends_with("client=127.0.0.1")), "{log}");
    assert!(refused.iter().all(|line| fail2ban_reads(line)), "{log}");
    let others: Vec<&str> = log.lines().filter(|line| !refused.contains(line)).collect();
    assert!(!others.is_empty() && !others.iter().any(|line| fail2ban_reads(line)), "{log}");
    for hidden in ["secret of", "wrong-token", "d3JvbmctdG9rZW4", "wrong-too", "wrong-three", token.text()] {
        assert!(!log.contains(hidden), "{log}");
    }
}

#[tokio::test]
async fn at_every_level_and_in_every_form_the_log_has_no_content_and_no_secret() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("localhost", Time::Now);
    let port = mail::serve(move |stream: TcpStream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let _ = stream.write_all(GREETING).await;
            let mut login = vec![0; LOGIN.len()];
            if stream.read_exact(&mut login).await.is_ok() {
                assert_eq!(login, LOGIN);
                let _ = stream.write_all(MAIL).await;
            }
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    for format in ["text", "json"] {
        let config = written(
            folder.path(),
            &format!(
                "listen = '127.0.0.1:0'\nlog = 'debug'\nlog_format = '{format}'\n{}",
                target(&[port], r#""implicit""#, Some(&authority))
            ),
        );
        let gateway = Running::start(&config).await;
        let peer = gateway.address.ip().to_string();
        secret_conversations(gateway.address, port).await;
        let log = gateway.stop().await;
        for hidden in ["hunter2", "secret-of", "LOGIN", "APPEND", "FETCH", "Subject", "kim"] {
            assert!(!log.contains(hidden), "{hidden}: {log}");
        }
        let (up, down) = (LOGIN.len(), GREETING.len() + MAIL.len());
        let whole = if format == "json" {
            format!(
                r#""message":"tunnel","id":1,"host":"localhost","port":{port},"tls":"TLSv1.3","up":{up},"down":{down},"seconds":"#
            )
        } else {
            format!(
                r#" INFO tunnel id=1 host="localhost" port={port} tls="TLSv1.3" up={up} down={down} seconds="#
            )
        };
        assert!(log.contains(&whole), "{whole}: {log}");
        for line in log.lines() {
            assert!(
                !line.contains(&peer) || line.contains("DEBUG"),
                "a client's address above debug: {line}"
            );
            if format == "json" {
                let json: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(json["level"].is_string() && json["timestamp"].is_string(), "{line}");
            }
        }
        assert!(log.contains(&peer), "at debug the client's address stands there: {log}");
    }
}
