//! Servers of each kind start, take mail, and leave nothing behind. Where one is missing the test says so.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use waypost_testkit::servers::{ImapServer, Kind, Raw, available};

/// The process, the processes below it, and so on.
fn descendants(pid: u32) -> Vec<u32> {
    let mut parents = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Some((parent, _)) = status(child) {
            parents.insert(child, parent);
        }
    }
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(parents.iter().filter(|(_, above)| **above == parent).map(|(child, _)| *child));
        next += 1;
    }
    found
}

/// The parent of a process and the letter of its state.
fn status(pid: u32) -> Option<(u32, char)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    let mut words = rest.split(' ');
    let state = words.next()?.chars().next()?;
    Some((words.next()?.parse().ok()?, state))
}

/// A zombie is over: whoever started it has not asked yet.
fn lives(pid: u32) -> bool {
    status(pid).is_some_and(|(_, state)| state != 'Z')
}

#[test]
fn each_kind_takes_mail_and_leaves_no_process_behind() {
    for kind in Kind::ALL {
        let Some(server) = available(ImapServer::start(kind)) else { continue };
        let letter = b"From: kim@waypost.example\r\nSubject: hello\r\n\r\nA few words.\r\n";
        let robin = server.users()[0].clone();
        server.deliver(&robin, "INBOX", letter).unwrap_or_else(|error| panic!("{kind}: {error}"));
        let mut raw = Raw::connect(server.port()).expect("it greets");
        raw.login(&robin.name, &robin.password).expect("robin may sign in");
        let answer = raw.command(&[b"SELECT INBOX"]).expect("it answers");
        assert!(answer.is_ok() && answer.text().contains("* 1 EXISTS\r\n"), "{kind}: {answer:?}");
        let processes = descendants(server.pid().expect("it runs"));
        drop(server);
        let deadline = Instant::now() + Duration::from_secs(5);
        let left = || -> Vec<String> {
            let alive = processes.iter().filter(|pid| lives(**pid));
            alive
                .map(|pid| std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default())
                .collect()
        };
        while !left().is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(left(), [""; 0], "{kind}: processes that outlive the server");
    }
}
