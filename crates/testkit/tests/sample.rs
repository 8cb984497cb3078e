//! The sample mailbox: what a reader is shown of each message is what the table says, in memory and from a real server.

use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;
use waypost_message::{summary, view};
use waypost_testkit::sample::{Sample, deliver_from, samples};
use waypost_testkit::servers::{Dovecot, Options, Server, require};

/// 25 November 2026.
const BASE: i64 = 1_795_564_800;

fn shown_as_expected(sample: &Sample, raw: &[u8]) {
    let shown = view(raw);
    let about = format!("{} in {}", sample.subject, sample.mailbox);
    assert_eq!(shown.subject, sample.subject.trim(), "{about}");
    assert_eq!(shown.from.first().map(|from| from.name.as_str()), Some(sample.from.as_str()), "{about}");
    assert_eq!(shown.from.len(), 1, "{about}");
    if let Some(text) = &sample.text {
        assert_eq!(shown.text, text.trim_end(), "{about}");
    }
    assert!(!shown.text.contains('\u{fffd}') && !shown.text.contains("&#"), "{about}: {}", shown.text);
}

#[test]
fn every_message_is_shown_with_its_expected_subject_sender_and_text() {
    for sample in samples(BASE) {
        shown_as_expected(&sample, &sample.raw);
        assert_eq!(view(&sample.raw).date, Some(sample.date * 1000), "{}", sample.subject);
    }
}

#[test]
fn every_snippet_is_one_line_that_says_something() {
    for sample in samples(BASE) {
        let found = summary(&sample.raw);
        assert!(!found.snippet.is_empty() && !found.snippet.contains('\n'), "{}", sample.subject);
        assert!(found.snippet.chars().count() <= 140, "{}", sample.subject);
        assert!(!found.from.is_empty(), "{}", sample.subject);
    }
}

/// Octets that Python's codecs made of the same words, so that encoder and decoder can't agree in a mistake.
#[test]
fn the_encoder_writes_the_octets_of_the_standards() {
    let all = samples(BASE);
    let raw = |id: &str| {
        let id = format!("<{id}@post.example>");
        let found = all.iter().find(|sample| contains(&sample.raw, format!("Message-ID: {id}").as_bytes()));
        &found.unwrap_or_else(|| panic!("no {id}")).raw
    };
    for (id, text, octets) in [
        ("jis-1", "夜間公開", &b"\x4c\x6b\x34\x56\x38\x78\x33\x2b"[..]),
        ("jis-1", "ロビン", b"\x1b\x24\x42\x25\x6d\x25\x53\x25\x73"),
        ("sjis-2", "表の風", b"\x95\x5c\x82\xcc\x95\x97"),
        ("eucjp-1", "古い霧笛", b"=B8=C5=A4=A4=CC=B8=C5=AB"),
        ("gb18030-1", "㐂𠮷", b"\x81\x39\xef\x31\x95\x34\xb2\x35"),
        ("gb18030-2", "坐火车", b"\xd7\xf8\xbb\xf0\xb3\xb5"),
        ("big5-1", "燈塔", b"\xbf\x4f\xb6\xf0"),
        ("big5-1", "功能", b"\xa5\x5c\xaf\xe0"),
        ("euckr-1", "음악회", b"\xc0\xbd\xbe\xc7\xc8\xb8"),
        ("koi8-1", "Вчера", b"\xf7\xde\xc5\xd2\xc1"),
        ("latin9-1", "36 €, œufs", b"\x33\x36\x20\xa4\x2c\x20\xbd\x75\x66\x73"),
    ] {
        assert!(contains(raw(id), octets), "{id}: {text}");
        assert!(view(raw(id)).text.contains(text), "{id}: {text}");
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn the_mailbox_has_what_real_mail_has() {
    let all = samples(BASE);
    let of = |user: &str| all.iter().filter(|sample| sample.user.starts_with(user)).count();
    assert!((120..=170).contains(&of("robin")), "{}", of("robin"));
    assert!((18..=25).contains(&of("kim")), "{}", of("kim"));
    for words in [
        "charset=Shift_JIS",
        "charset=ISO-2022-JP",
        "charset=EUC-JP",
        "charset=GB18030",
        "charset=gb2312",
        "charset=Big5",
        "charset=EUC-KR",
        "charset=ks_c_5601-1987",
        "charset=koi8-r",
        "charset=windows-1252",
        "charset=iso-8859-15",
        "format=flowed",
        "multipart/report",
        "multipart/related",
        "text/calendar",
        "message/rfc822",
        "application/zip",
        "application/pdf",
        "text/csv",
        "List-ID: ",
        "References: ",
        "Content-Transfer-Encoding: 8bit",
    ] {
        assert!(all.iter().any(|sample| contains(&sample.raw, words.as_bytes())), "{words}");
    }
    for flag in ["\\Flagged", "\\Answered", "\\Draft", "$Forwarded"] {
        assert!(all.iter().any(|sample| sample.flags.iter().any(|found| found == flag)), "{flag}");
    }
}

#[test]
fn messages_have_their_own_ids_crlf_line_ends_and_an_order() {
    let all = samples(BASE);
    let ids: BTreeSet<_> = all.iter().filter_map(|sample| view(&sample.raw).message_id).collect();
    assert_eq!(ids.len(), all.len(), "each has an id of its own");
    for sample in &all {
        let bare = sample.raw.windows(2).any(|pair| pair[1] == b'\n' && pair[0] != b'\r');
        assert!(!bare, "{}", sample.subject);
        for line in sample.raw.split(|octet| *octet == b'\n') {
            assert!(line.len() <= 998, "{}", sample.subject);
        }
    }
    assert!(all.is_sorted_by_key(|sample| sample.date));
    let known: BTreeSet<_> = ids.iter().map(String::as_str).collect();
    for sample in &all {
        let raw = String::from_utf8_lossy(&sample.raw);
        if let Some((_, rest)) = raw.split_once("\r\nIn-Reply-To: <") {
            let parent = rest.split('>').next().expect("an id");
            assert!(known.contains(parent), "{parent}");
        }
    }
}

#[test]
fn a_real_server_has_the_sample_and_gives_the_same_views() {
    let Some(server) = require(Dovecot::start(Options::default())) else { return };
    deliver_from(&server, BASE).expect("delivers");
    let mut folders: BTreeMap<(&str, &str), Vec<Sample>> = BTreeMap::new();
    for sample in samples(BASE) {
        folders.entry((sample.user, sample.mailbox)).or_default().push(sample);
    }
    for ((user, mailbox), expected) in &folders {
        assert!(server.mailboxes(user).expect("lists").iter().any(|name| name == mailbox), "{mailbox}");
        let found = server.list(user, mailbox).expect("lists");
        assert_eq!(found.len(), expected.len(), "{user} {mailbox}");
        for (row, sample) in found.iter().zip(expected) {
            let octets: String =
                Sha256::digest(&sample.raw).iter().map(|octet| format!("{octet:02x}")).collect();
            assert_eq!(row.sha256, octets, "{}", sample.subject);
            let flags: BTreeSet<_> = row.flags.iter().collect();
            assert_eq!(flags, sample.flags.iter().collect(), "{}", sample.subject);
        }
    }
    let inbox = &folders[&("robin@waypost.example", "INBOX")];
    let wire = retrieve(server.ports().pop3, inbox.len());
    for (sample, raw) in inbox.iter().zip(&wire) {
        shown_as_expected(sample, raw);
    }
}

/// The first messages of Robin's INBOX as POP3 gives them.
fn retrieve(port: u16, count: usize) -> Vec<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a socket takes a timeout");
    let retrievals: String = (1..=count).map(|number| format!("RETR {number}\r\n")).collect();
    let lines = format!("USER robin\r\nPASS Robin-letterbox-41\r\n{retrievals}QUIT\r\n");
    stream.write_all(lines.as_bytes()).expect("it reads");
    let mut messages = Vec::new();
    let mut current: Option<Vec<u8>> = None;
    for line in BufReader::new(stream).split(b'\n') {
        let line = [&line.expect("it answers")[..], b"\n"].concat();
        match (&mut current, &line[..]) {
            (Some(_), b".\r\n") => messages.extend(current.take()),
            (Some(message), line) => message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line)),
            (None, line) if line.ends_with(b"octets\r\n") => current = Some(Vec::new()),
            (None, line) => assert!(line.starts_with(b"+OK"), "{}", String::from_utf8_lossy(line)),
        }
    }
    assert_eq!(messages.len(), count);
    messages
}
