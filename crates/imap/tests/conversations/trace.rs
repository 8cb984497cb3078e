//! The log of the traffic: readable, and without a secret whatever the values are.

use crate::session::Session;
use proptest::prelude::*;
use waypost_imap::types::{MailboxName, Section, SequenceSet};
use waypost_imap::{Command, Event, FetchItem};
use waypost_wire::Secret;

fn log(session: &mut Session) -> String {
    session.client.take_trace().join("\n")
}

#[test]
fn a_session_reads_as_it_went_without_what_is_nobodys_business() {
    let mut session = Session::with(|options| options.trace = true);
    session.server("* OK [CAPABILITY IMAP4rev1] ready\r\n");
    session.command(Command::Login { username: "robin".to_owned(), password: Secret::from("pä ss") });
    session.server("+ go on\r\n");
    session.server("w0 OK [CAPABILITY IMAP4rev1 LITERAL+] welcome\r\n");
    session.command(Command::Select(MailboxName::new("INBOX")));
    session.server("* 2 EXISTS\r\nw1 OK\r\n");
    let items = vec![FetchItem::Body { section: Section::default(), partial: None }];
    session.command(Command::UidFetch { set: SequenceSet::from_number(1).unwrap(), items });
    session.server(&format!(
        "* 1 FETCH (UID 1 BODY[] {{5000}}\r\n{} X {{2}}\r\nab)\r\nw2 OK\r\n",
        "x".repeat(5000)
    ));
    let mailbox = MailboxName::new("INBOX");
    session.command(Command::Append {
        mailbox: mailbox.clone(),
        flags: vec![],
        date: None,
        message: b"dear".to_vec(),
    });
    let handle = session.command(Command::AppendStreamed { mailbox, flags: vec![], date: None, octets: 3 });
    session.client.supply(handle, b"you".to_vec()).unwrap();
    session.drain();
    assert_eq!(
        log(&mut session),
        "S: * OK [CAPABILITY IMAP4rev1] ready
C: w0 LOGIN [hidden] [hidden]
S: + go on
C: [hidden]
S: w0 OK [CAPABILITY IMAP4rev1 LITERAL+] welcome
C: w1 SELECT INBOX
S: * 2 EXISTS
S: w1 OK
C: w2 UID FETCH 1:* (BODY.PEEK[])
S: * 1 FETCH (UID 1 BODY[] {5000 octets} X {2}
S: {2 octets})
S: w2 OK
C: w3 APPEND INBOX {4+}
C: {4 octets}
C: w4 APPEND INBOX {3+}
C: {3 octets}
C: "
    );
}

#[test]
fn nothing_is_kept_where_nobody_asks() {
    let mut session = Session::new();
    session.server("* OK ready\r\n");
    session.command(Command::Noop);
    assert!(session.client.take_trace().is_empty());
}

/// A login by LOGIN, by AUTHENTICATE with an initial response, and by a challenge and its answer.
fn logs(secret: &str, capabilities: &str) -> String {
    let mut whole = String::new();
    for way in 0..3 {
        let mut session = Session::with(|options| options.trace = true);
        session.server(&format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n"));
        let initial = (way == 1).then(|| Secret::new(secret.as_bytes().to_vec()));
        let handle = session.command(match way {
            0 => Command::Login { username: secret.to_owned(), password: Secret::from(secret) },
            _ => Command::Authenticate { mechanism: "X-OWN".to_owned(), initial },
        });
        if way == 0 {
            // For literals.
            session.server("+ go on\r\n+ go on\r\n");
        } else {
            session.server(&format!("+ {}\r\n{}\r\n", encoded(secret), encoded(secret)));
            let challenged = session.seen().iter().any(|event| matches!(event, Event::Challenge { .. }));
            if challenged {
                session.client.answer(handle, Some(Secret::new(secret.as_bytes().to_vec())));
                session.drain();
            }
        }
        session.server("w0 NO no\r\n");
        whole.push_str(&log(&mut session));
        whole.push('\n');
    }
    whole
}

fn encoded(secret: &str) -> String {
    // Hexadecimal will do for a challenge: what counts is that it is not shown.
    secret.bytes().map(|octet| format!("{octet:02x}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    /// Two secrets of one form give the same log: then nothing of them can be in it, not even their length.
    #[test]
    fn a_log_does_not_depend_on_a_secret(
        quoted in "[ -~]{1,200}", other in "[ -~]{1,200}", literal in "é[^\\x00]{0,100}", another in "é[^\\x00]{0,9}",
        capabilities in 0..3_usize,
    ) {
        let capabilities = ["", "SASL-IR LITERAL+", "SASL-IR"][capabilities];
        prop_assert_eq!(logs(&quoted, capabilities), logs(&other, capabilities));
        prop_assert_eq!(logs(&literal, capabilities), logs(&another, capabilities));
    }

    #[test]
    fn no_secret_occurs_in_a_log(secret in "[ -~é]{12,60}") {
        prop_assume!(!"w0 AUTHENTICATE X-OWN [hidden] S: C: NO no LOGIN".contains(&secret));
        for capabilities in ["", "SASL-IR LITERAL+"] {
            let log = logs(&secret, capabilities);
            prop_assert!(!log.contains(&secret) && !log.contains(&encoded(&secret)), "{log}");
        }
    }
}
