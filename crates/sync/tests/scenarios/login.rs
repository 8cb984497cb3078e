//! Signing in: what is sent when, and what is never sent.

use crate::support::{Device, PASSWORD, first_page, local, settings, signed_in};
use waypost_store::{Key, Protocol, Read, Security, Store, Table};
use waypost_sync::{Blame, SyncError};
use waypost_testkit::script::{Script, ScriptedServer};

/// Tries to add an account; the conversation must follow the script, and nothing of the password may be in the error.
async fn refused(protocol: Protocol, security: Security, script: &str) -> (SyncError, String) {
    let server = ScriptedServer::new().then(Script::parse(script));
    let error = local(async {
        let device = Device::start(&server);
        let error = device.add(settings(protocol, security)).await.expect_err("is refused");
        assert_eq!(device.engine.accounts().await.expect("accounts"), [], "nothing is stored");
        error
    })
    .await;
    server.assert_played();
    let said = server.transcript().join("\n");
    let debug = format!("{error:?} {error}");
    for secret in [PASSWORD, "sesame", "b3BlbiAic2VzYW1lIiA0MQ", "AHJvYmluAG9wZW4gInNlc2FtZSIgNDE"] {
        assert!(!debug.contains(secret), "{debug}");
    }
    (error, said)
}

fn assert_no_secret_was_sent(said: &str) {
    for word in ["sesame", "AHJvYmlu", "LOGIN robin", "PASS ", "USER "] {
        assert!(!said.contains(word), "{word} in\n{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn octets_after_the_answer_to_starttls_end_the_connection_before_the_password() {
    for security_script in [
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] ready
         C: {a} STARTTLS
         S: {a} OK go
         S: * CAPABILITY IMAP4rev1 AUTH=PLAIN
         TLS",
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] ready
         C: {a} STARTTLS
         S: {a} OK go
         S: {a} OK again
         TLS",
    ] {
        let (error, said) = refused(Protocol::Imap, Security::StartTls, security_script).await;
        assert_eq!(error.code, "starttls-injection");
        assert_no_secret_was_sent(&said);
    }
    let stls = "S: +OK ready
         C: CAPA
         S: +OK
         S: STLS
         S: SASL PLAIN
         S: .
         C: STLS
         S: +OK go
         S: +OK already signed in
         TLS";
    let (error, said) = refused(Protocol::Pop3, Security::StartTls, stls).await;
    assert_eq!(error.code, "starttls-injection");
    assert_no_secret_was_sent(&said);
}

#[tokio::test(start_paused = true)]
async fn a_server_without_tls_or_with_a_forged_greeting_gets_no_password() {
    for (protocol, script) in [
        (Protocol::Imap, "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready"),
        (Protocol::Imap, "S: * PREAUTH [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] welcome back"),
        (Protocol::Pop3, "S: +OK ready\nC: CAPA\nS: +OK\nS: USER\nS: SASL PLAIN\nS: ."),
        (Protocol::Pop3, "S: +OK ready\nC: CAPA\nS: -ERR what?"),
    ] {
        let (error, said) = refused(protocol, Security::StartTls, script).await;
        assert_eq!(
            (error.code.as_str(), error.blame, error.retryable),
            ("plaintext-refused", Blame::User, false)
        );
        assert_no_secret_was_sent(&said);
    }
    let disabled = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready";
    let (error, said) = refused(Protocol::Imap, Security::None, disabled).await;
    assert_eq!(error.code, "tls-required");
    assert_no_secret_was_sent(&said);
}

#[tokio::test(start_paused = true)]
async fn what_was_said_before_tls_is_forgotten() {
    let (error, _) = refused(
        Protocol::Imap,
        Security::StartTls,
        "S: * OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] ready
         C: {a} STARTTLS
         S: {a} OK go
         TLS
         C: {b} CAPABILITY
         S: * CAPABILITY IMAP4rev1 LOGINDISABLED
         S: {b} OK",
    )
    .await;
    assert_eq!(error.code, "auth-unsupported");
    let (error, _) = refused(
        Protocol::Pop3,
        Security::StartTls,
        "S: +OK ready
         C: CAPA
         S: +OK
         S: STLS
         S: SASL PLAIN
         S: .
         C: STLS
         S: +OK go
         TLS
         C: CAPA
         S: +OK
         S: USER
         S: .
         C: USER robin
         S: -ERR [AUTH] nobody of that name",
    )
    .await;
    assert_eq!(error.code, "auth-failed");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_repeats_the_password_is_quoted_without_it() {
    let (error, _) = refused(
        Protocol::Imap,
        Security::Tls,
        "S: * OK [CAPABILITY IMAP4rev1] ready
         C: {a} LOGIN {rest}
         S: {a} NO [AUTHENTICATIONFAILED] can not LOGIN {rest}",
    )
    .await;
    let said = error.into_parts().server_text.expect("it said something");
    assert!(
        said.starts_with("[AUTHENTICATIONFAILED] can not LOGIN") && said.contains("[redacted]"),
        "{said}"
    );
    let (error, _) = refused(
        Protocol::Imap,
        Security::Tls,
        "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready
         C: {a} AUTHENTICATE PLAIN
         S: +
         C: {initial}
         S: {a} BAD {initial} is not what I expected",
    )
    .await;
    assert_eq!(error.server_text.as_deref(), Some("[redacted] is not what I expected"));
    let (error, _) = refused(
        Protocol::Pop3,
        Security::Tls,
        "S: +OK ready
         C: CAPA
         S: -ERR
         C: USER robin
         S: +OK
         C: PASS {password}
         S: -ERR wrong: {password}",
    )
    .await;
    assert_eq!(
        (error.code.as_str(), error.server_text.as_deref()),
        ("auth-failed", Some("wrong: [redacted]"))
    );
}

#[tokio::test(start_paused = true)]
async fn each_answer_to_a_login_has_its_own_code() {
    for (said, code, retryable) in [
        ("-ERR [IN-USE] locked", "mailbox-in-use", true),
        ("-ERR [LOGIN-DELAY] too soon", "login-delay", true),
        ("-ERR [SYS/TEMP] no disk", "auth-unavailable", true),
        ("-ERR [AUTH] no", "auth-failed", false),
        ("-ERR no", "auth-failed", false),
    ] {
        let script = format!(
            "S: +OK ready\nC: CAPA\nS: +OK\nS: SASL PLAIN\nS: .\nC: AUTH PLAIN {{initial}}\nS: {said}"
        );
        let (error, _) = refused(Protocol::Pop3, Security::Tls, &script).await;
        assert_eq!((error.code.as_str(), error.retryable), (code, retryable), "{said}");
    }
    for (script, code) in [
        ("S: 220 mail.example ESMTP", "not-imap"),
        ("S: * BYE too many", "server-busy"),
        ("# nothing is said", "timeout"),
        ("END", "closed"),
        ("CUT", "closed"),
    ] {
        let (error, _) = refused(Protocol::Imap, Security::Tls, script).await;
        assert_eq!(error.code, code, "{script}");
        assert!(error.message.contains("mail.example"), "{}", error.message);
    }
}

#[tokio::test(start_paused = true)]
async fn the_password_is_neither_stored_nor_told() {
    let page = first_page(&[(5, "", "One")]);
    let server = ScriptedServer::new().then(signed_in(
        1,
        7,
        &format!("{page}\nC: {{e}} IDLE\nS: + idling\nWAIT 50\nCUT"),
    ));
    local(async {
        let device = Device::start(&server);
        let mut events = device.engine.subscribe();
        device.add(settings(Protocol::Imap, Security::Tls)).await.expect("signs in");
        device.offline().await;
        let mut all = String::new();
        while let Ok(event) = events.try_recv() {
            all.push_str(&format!("{event:?}"));
        }
        assert!(all.contains("Offline") && all.contains("Messages"), "{all}");
        let whole = |table| Read::Prefix {
            table,
            prefix: Key::default(),
            after: None,
            descending: false,
            limit: None,
        };
        let stored = device.store.read(Table::ALL.map(whole).to_vec()).await.expect("reads");
        for (key, octets) in stored.into_iter().flat_map(|answer| match answer {
            waypost_store::ReadResult::Entries(entries) => entries,
            other => panic!("{other:?}"),
        }) {
            all.push_str(&format!("{key:?} {}", String::from_utf8_lossy(&octets)));
        }
        assert!(all.contains("robin@waypost.example") && all.contains("One"), "{all}");
        for secret in ["sesame", "b3BlbiAic2VzYW1lIiA0MQ", "AHJvYmluAG9wZW4gInNlc2FtZSIgNDE"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
        device.engine.sign_out(1).await.expect("signs out");
    })
    .await;
}
