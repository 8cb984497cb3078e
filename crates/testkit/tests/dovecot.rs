//! A real Dovecot under the kit: it comes up, does what is asked, and leaves nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use waypost_testkit::servers::{Delivery, Dovecot, Options, Server, require};

const ROBIN: &str = "robin@waypost.example";

fn dovecot() -> Option<Dovecot> {
    require(Dovecot::start(Options::default()))
}

fn delivery(raw: &[u8]) -> Delivery<'_> {
    Delivery { user: ROBIN, mailbox: "INBOX", raw, flags: &[], date: None }
}

fn until(what: &str, mut check: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !check() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends lines and gives all that comes back until the server ends the connection.
fn talk(port: u16, lines: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a socket takes a timeout");
    stream.write_all(lines.as_bytes()).expect("it reads");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).expect("it answers and closes");
    heard
}

#[test]
fn a_delivered_message_is_served_octet_for_octet_over_imap_and_pop3() {
    let Some(server) = dovecot() else { return };
    let raw = b"Subject: hello\r\n\r\nOne.\r\n.Two with a dot.\r\n";
    server.deliver(&delivery(raw)).expect("delivers");
    let imap = talk(
        server.ports().imap,
        "a LOGIN robin@waypost.example Robin-letterbox-41\r\nb SELECT INBOX\r\nc FETCH 1 BODY.PEEK[]\r\nd LOGOUT\r\n",
    );
    assert!(imap.contains("{42}\r\nSubject: hello\r\n\r\nOne.\r\n.Two with a dot.\r\n)"), "{imap}");
    let pop3 = talk(server.ports().pop3, "USER robin\r\nPASS Robin-letterbox-41\r\nRETR 1\r\nQUIT\r\n");
    assert!(pop3.contains("Subject: hello\r\n\r\nOne.\r\n..Two with a dot.\r\n.\r\n"), "{pop3}");
    assert_eq!(server.message(ROBIN, "INBOX", 1).expect("is there"), raw);
}

#[test]
fn flags_dates_and_folders_are_as_delivered_and_change_on_request() {
    let Some(server) = dovecot() else { return };
    let flags = ["\\Seen".to_owned(), "$Work".to_owned()];
    let mailbox = "Projekte/Übersetzung";
    let raw = b"Subject: x\r\n\r\nx\r\n";
    server
        .deliver(&Delivery { user: ROBIN, mailbox, raw, flags: &flags, date: Some(951_782_400) })
        .expect("delivers");
    let found = server.list(ROBIN, mailbox).expect("lists");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].flags, ["\\Seen", "$Work"]);
    server.change_flags(ROBIN, mailbox, 1, &["\\Flagged".into()], &["\\Seen".into()]).expect("changes");
    assert_eq!(server.list(ROBIN, mailbox).expect("lists")[0].flags, ["\\Flagged", "$Work"]);
    let heard = talk(
        server.ports().imap,
        "a LOGIN robin Robin-letterbox-41\r\nb SELECT \"Projekte/&ANw-bersetzung\"\r\nc FETCH 1 INTERNALDATE\r\nd LOGOUT\r\n",
    );
    assert!(heard.contains("29-Feb-2000 00:00:00 +0000"), "{heard}");
    server.expunge(ROBIN, mailbox, 1).expect("expunges");
    assert_eq!(server.list(ROBIN, mailbox).expect("lists"), []);
    assert!(server.mailboxes(ROBIN).expect("lists").contains(&mailbox.to_owned()));
}

#[test]
fn a_reset_changes_the_uidvalidity_and_keeps_the_mail() {
    let Some(server) = dovecot() else { return };
    for raw in [b"Subject: 1\r\n\r\n1\r\n", b"Subject: 2\r\n\r\n2\r\n"] {
        server.deliver(&delivery(raw)).expect("delivers");
    }
    server.expunge(ROBIN, "INBOX", 1).expect("expunges");
    let select = "a LOGIN robin Robin-letterbox-41\r\nb SELECT INBOX\r\nc LOGOUT\r\n";
    let validity = |heard: &str| {
        let after = heard.split("[UIDVALIDITY ").nth(1).expect("SELECT says it");
        after.split(']').next().and_then(|number| number.parse::<u32>().ok()).expect("a number")
    };
    let before = validity(&talk(server.ports().imap, select));
    let old = server.list(ROBIN, "INBOX").expect("lists");
    server.reset_uidvalidity(ROBIN, "INBOX").expect("resets");
    assert_ne!(validity(&talk(server.ports().imap, select)), before);
    let new = server.list(ROBIN, "INBOX").expect("lists");
    assert_eq!((old[0].uid, new[0].uid), (2, 1));
    assert_eq!(old[0].sha256, new[0].sha256);
}

#[test]
fn a_stopped_server_takes_mail_and_comes_back_on_the_same_ports() {
    let Some(mut server) = dovecot() else { return };
    let ports = server.ports();
    server.stop().expect("stops");
    assert!(TcpStream::connect(("127.0.0.1", ports.imap)).is_err());
    server.deliver(&delivery(b"Subject: late\r\n\r\nlate\r\n")).expect("delivers");
    assert_eq!(server.list(ROBIN, "INBOX").expect("lists").len(), 1);
    server.start().expect("starts");
    assert_eq!(server.ports(), ports);
    let heard = talk(ports.pop3, "USER robin\r\nPASS Robin-letterbox-41\r\nSTAT\r\nQUIT\r\n");
    assert!(heard.contains("+OK 1 "), "{heard}");
}

#[test]
fn a_dropped_server_leaves_neither_process_nor_folder() {
    let Some(server) = dovecot() else { return };
    let (dir, port) = (server.dir().to_owned(), server.ports().imap);
    drop(server);
    assert!(!dir.exists());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn twenty_thousand_messages_are_there_in_seconds() {
    let Some(server) = dovecot() else { return };
    let started = Instant::now();
    server.fill(ROBIN, "INBOX", 20_000).expect("fills");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    let heard =
        talk(server.ports().imap, "a LOGIN robin Robin-letterbox-41\r\nb SELECT INBOX\r\nc LOGOUT\r\n");
    assert!(heard.contains("* 20000 EXISTS"), "{heard}");
}

/// The program, and what it said first.
fn program(arguments: &[&str]) -> Option<(Child, BufReader<std::process::ChildStdout>, serde_json::Value)> {
    drop(dovecot()?);
    let mut child = Command::new(env!("CARGO_BIN_EXE_waypost-servers"))
        .arg("dovecot")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut output = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    output.read_line(&mut line).expect("it says a line");
    let greeting = serde_json::from_str(&line).expect("the line is JSON");
    Some((child, output, greeting))
}

#[test]
fn the_program_obeys_lines_and_ends_with_its_input() {
    let Some((mut child, mut output, greeting)) = program(&[]) else { return };
    assert_eq!(greeting["users"][0]["name"], ROBIN);
    let mut input = child.stdin.take().expect("piped");
    let mut ask = |line: &str| {
        writeln!(input, "{line}").expect("it reads");
        let mut answer = String::new();
        output.read_line(&mut answer).expect("it answers");
        serde_json::from_str::<serde_json::Value>(&answer).expect("JSON")
    };
    assert_eq!(ask(r#"{"do":"deliver","message":"Subject: a\r\n\r\na\r\n"}"#), serde_json::json!({}));
    assert_eq!(ask(r#"{"do":"flags","uid":1,"add":["\\Seen"],"remove":[]}"#), serde_json::json!({}));
    assert_eq!(ask(r#"{"do":"list"}"#)[0]["flags"], serde_json::json!(["\\Seen"]));
    assert_eq!(ask(r#"{"do":"message","uid":1}"#)["raw"], "U3ViamVjdDogYQ0KDQphDQo=");
    assert!(ask(r#"{"do":"expunge"}"#)["error"].is_string());
    assert!(ask("nonsense")["error"].is_string());
    drop(input);
    assert!(child.wait().expect("it ends").success());
    assert!(!Path::new(greeting["dir"].as_str().expect("a path")).exists());
}

#[test]
fn a_killed_program_leaves_nothing_either() {
    let Some((mut child, _, greeting)) = program(&[]) else { return };
    let dir = Path::new(greeting["dir"].as_str().expect("a path")).to_owned();
    let port = u16::try_from(greeting["ports"]["imap"].as_u64().expect("a port")).expect("a port");
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    until("the server stops", || TcpStream::connect(("127.0.0.1", port)).is_err());
    until("its folder goes", || !dir.exists());
}

#[test]
fn it_runs_as_an_ordinary_user_too() {
    let Some(server) = dovecot() else { return };
    let id = String::from_utf8(Command::new("id").arg("-u").output().expect("id runs").stdout).expect("text");
    if id.trim() != "0" {
        // Then every other test has shown it already.
        return;
    }
    // As root the server has given up its rights before it began.
    let pid = server.pid().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the kernel tells");
    let uids = status.lines().find(|line| line.starts_with("Uid:")).expect("a line of them");
    assert!(uids.split_whitespace().skip(1).all(|uid| uid != "0"), "{uids}");
}
