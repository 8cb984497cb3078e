//! The program: command line, exit codes, log, signals.

use crate::support::mail::target;
use crate::support::within;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command as AsyncCommand;

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
        (&["--app-dir", "/nowhere", "--check"], "no index.html"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(words(&output).contains(said), "{arguments:?}: {}", words(&output));
    }
    assert_eq!(run(&["--port", "1"]).status.code(), Some(2), "usage");
}

#[test]
fn a_good_configuration_is_checked_without_starting() {
    let folder = tempfile::tempdir().unwrap();
    let text = "listen = '192.0.2.1:1'\norigins = ['http://mail.lan']\n[[targets]]\nhost = 'imap.example'";
    let good = written(folder.path(), text);
    let output = run(&["--config", &good, "--check"]);
    assert!(output.status.success(), "{}", words(&output));
    assert!(words(&output).contains("can be used") && words(&output).contains("https"), "{}", words(&output));
}

#[tokio::test]
async fn what_everybody_could_use_does_not_start_and_says_what_to_add() {
    let folder = tempfile::tempdir().unwrap();
    let open = written(folder.path(), "listen = '0.0.0.0:0'");
    for arguments in [&["--config", &open][..], &["--config", &open, "--check"], &["--listen", "0.0.0.0:0"]] {
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
    let checked = run(&["--config", &file, "--check"]);
    assert!(checked.status.success(), "{}", words(&checked));
    assert_ne!(words(&run(&["token", "Kim"])), words(&run(&["token", "Kim"])));
}

#[tokio::test]
async fn it_says_where_it_listens_logs_no_content_and_ends_on_a_signal() {
    use crate::support::{mail, tunnel};
    let port = mail::serve(async |mut stream: tokio::net::TcpStream| {
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
    let mut child = AsyncCommand::new(PROGRAM)
        .args(["--config", &config])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = within("the first line", lines.next_line()).await.unwrap().unwrap();
    let address: SocketAddr =
        line.split("http://").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();

    let ask = async |protocol: &str, token: Option<&str>| {
        let mut handshake = tunnel::Handshake::at(address);
        handshake.protocol = protocol.to_owned();
        let socket = handshake.connect_to(address).await.unwrap();
        let token = token.map(|token| waypost_tunnel::Token::new(token.to_owned()));
        let tls = waypost_tunnel::TlsMode::None;
        let open = waypost_tunnel::Open { host: "localhost".to_owned(), port, tls, token };
        tunnel::Client::ask_as(socket, open, 99).await
    };
    let wrong = ask("waypost.v1, waypost.token.d3JvbmctdG9rZW4", None).await.failure().await;
    assert_eq!(wrong.code, "token-required");
    ask("waypost.v1", Some("wrong-too")).await.failure().await;
    let mut client = ask("waypost.v1", Some(token.text())).await;
    assert!(matches!(client.next().await, waypost_tunnel::client::Event::Opened { .. }));
    client.read(20).await;
    client.write(b"a1 LOGIN kim hunter2-of-the-client").await;
    client.end(true).await;
    client.close_frame().await;

    let pid = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let status = within("the end", child.wait()).await.unwrap();
    assert!(status.success(), "{status}");
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
    for said in ["localhost", &port.to_string(), "up=34", "down=20", "reason=\"ended\"", "token-required"] {
        assert!(log.contains(said), "{said}: {log}");
    }
    let secrets =
        ["hunter2", "secret of", "LOGIN", "wrong-token", "d3JvbmctdG9rZW4", "wrong-too", token.text()];
    for hidden in secrets {
        assert!(!log.contains(hidden), "{log}");
    }
}
