//! The examples of `waypost-native`, run as a reader of its page would, against a real Dovecot.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use waypost_e2e::{deliver, letter, robin};
use waypost_testkit::servers::{Dovecot, Options, Server, require};

fn dovecot() -> Option<Dovecot> {
    require(Dovecot::start(Options::default()))
}

/// Starts an example that signs in as Robin, over IMAP or POP3.
fn start(server: &Dovecot, example: &str, more: &[&str]) -> Child {
    let ports = server.ports();
    let port = if example.starts_with("pop3") { ports.pop3s } else { ports.imaps };
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    Command::new(env!("CARGO"))
        .args([
            "run",
            "--locked",
            "--quiet",
            "--manifest-path",
            manifest,
            "-p",
            "waypost-native",
            "--example",
        ])
        .args([example, "--", "localhost", &port.to_string(), &robin().name])
        .arg(server.ca_pem())
        .args(more)
        .env("PASSWORD", &robin().password)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cargo runs")
}

/// Runs an example to its end, which is a good one, and gives what it printed.
fn printed(server: &Dovecot, example: &str, more: &[&str], input: &str) -> String {
    let mut child = start(server, example, more);
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let mut text = String::new();
    child.stdout.take().expect("a pipe").read_to_string(&mut text).expect("it prints text");
    assert!(child.wait().expect("it ends").success(), "{example} printed {text}");
    text
}

#[test]
fn list_fetch_search_and_append_print_what_is_on_the_server() {
    let Some(server) = dovecot() else { return };
    for subject in ["One", "Two", "Three"] {
        deliver(&server, &letter(subject));
    }
    let listed = printed(&server, "list", &[], "");
    assert!(listed.lines().any(|line| line.starts_with("INBOX ")), "{listed}");

    let fetched = printed(&server, "fetch", &[], "");
    let subjects: Vec<&str> = fetched.lines().take(3).filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(subjects, ["One", "Two", "Three"]);
    let first = String::from_utf8(letter("One")).expect("it is text");
    assert!(fetched.ends_with(&first), "{fetched}");

    assert_eq!(printed(&server, "search", &["thre"], ""), "3\n");

    let draft = "Subject: Draft\n\nAn umlaut: ü\n";
    let uid = printed(&server, "append", &[], draft);
    assert_eq!(uid, "Some(1)\n");
    let there = server.message(&robin().name, "Drafts", 1).expect("it is there");
    assert_eq!(String::from_utf8_lossy(&there), draft.replace('\n', "\r\n"));
}

#[test]
fn move_takes_a_message_to_another_mailbox() {
    let Some(server) = dovecot() else { return };
    deliver(&server, &letter("One"));
    printed(&server, "move", &["1", "Archive"], "");
    assert_eq!(server.list(&robin().name, "INBOX").expect("lists"), []);
    assert_eq!(server.list(&robin().name, "Archive").expect("lists").len(), 1);
}

#[test]
fn idle_tells_of_a_message_that_comes() {
    let Some(server) = dovecot() else { return };
    let mut child = start(&server, "idle", &[]);
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut line = || lines.next().expect("a line").expect("text");
    assert_eq!(line(), "0 messages");
    deliver(&server, &letter("One"));
    assert_eq!(line(), "1 messages");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn pop3_list_and_fetch_print_what_is_on_the_server_and_delete_it_only_if_asked() {
    let Some(server) = dovecot() else { return };
    for subject in ["One", "Two"] {
        deliver(&server, &letter(subject));
    }
    let listed = printed(&server, "pop3_list", &[], "");
    let sizes: Vec<String> = ["One", "Two"]
        .iter()
        .zip(1..)
        .map(|(subject, number)| format!("{number} {} ", letter(subject).len()))
        .collect();
    assert!(listed.lines().zip(&sizes).all(|(line, size)| line.starts_with(size.as_str())), "{listed}");
    assert_eq!(listed.lines().count(), 2);

    let whole = |number: usize, subject: &str| {
        format!("--- {number}\r\n{}", String::from_utf8(letter(subject)).expect("it is text"))
    };
    let expected = whole(1, "One") + &whole(2, "Two");
    assert_eq!(printed(&server, "pop3_fetch", &[], ""), expected);
    assert_eq!(server.list(&robin().name, "INBOX").expect("lists").len(), 2);
    assert_eq!(printed(&server, "pop3_fetch", &["--delete"], ""), expected);
    assert_eq!(server.list(&robin().name, "INBOX").expect("lists"), []);
}
