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
fn a_variable_that_is_no_key_is_refused_and_one_that_is_a_key_is_read() {
    let with = |name: &str, value: &str| {
        Command::new(PROGRAM).arg("check-config").env(name, value).output().unwrap()
    };
    let unknown = with("WAYPOST_LISTN", "127.0.0.1:1");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(words(&unknown).contains("Did you mean WAYPOST_LISTEN?"), "{}", words(&unknown));
    assert!(words(&with("WAYPOST_LISTEN", "192.0.2.7:1")).contains("listening on 192.0.2.7:1"));
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "listen = '192.0.2.8:1'");
    assert!(words(&with("WAYPOST_CONFIG", &file)).contains("listening on 192.0.2.8:1"));
}

#[test]
fn help_completions_and_manual_name_every_key() {
    let help = words(&run(&["--help"]));
    assert!(help.contains("Examples:") && help.contains("Exit code:"), "{help}");
    let short = words(&run(&["-h"]));
    assert!(short.contains("check-config") && !short.contains("limits.tunnels"), "{short}");
    let [bash, zsh, fish] = ["bash", "zsh", "fish"].map(|shell| words(&run(&["completions", shell])));
    let manual = words(&run(&["man"]));
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
    let good = written(folder.path(), "listen = '192.0.2.1:1'\norigins = ['http://mail.lan']");
    let output = run(&["check-config", "--config", &good]);
    assert!(output.status.success(), "{}", words(&output));
    assert!(words(&output).contains("can be used") && words(&output).contains("https"), "{}", words(&output));
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
    let config = written(
        folder.path(),
        &format!("listen = '127.0.0.1:0'\nlog = 'debug'\n{}", target(&[port], r#""none""#, None)),
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

    let socket = tunnel::Handshake::at(address).connect_to(address).await.unwrap();
    let mut client =
        tunnel::Client::ask_on(socket, "localhost", port, waypost_tunnel::TlsMode::None, 99).await;
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
    for said in ["localhost", &port.to_string(), "up=34", "down=20", "reason=\"ended\""] {
        assert!(log.contains(said), "{said}: {log}");
    }
    for hidden in ["hunter2", "secret of", "LOGIN"] {
        assert!(!log.contains(hidden), "{log}");
    }
}
