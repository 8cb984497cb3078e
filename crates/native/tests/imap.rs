//! The IMAP client against small servers in this process: what only a server that misbehaves can show.

mod lines;

use lines::server;
use waypost_native::imap::Refusal;
use waypost_native::{ClientError, Connector, ImapClient, Options, Security};

async fn signing_in(answers: &'static [(&'static str, &'static str)]) -> Result<(), ClientError> {
    let port = server(answers).await;
    let connector = Connector::new(Options::default()).expect("roots");
    let mut client =
        ImapClient::connect(&connector, "127.0.0.1", port, Security::None).await.expect("connects");
    client.login("ada", "secret").await
}

/// RFC 9051, 6.2.2.
#[tokio::test]
async fn a_refusal_that_leaves_it_open_is_followed_by_what_shows_the_password() {
    let signed_in = signing_in(&[
        ("", "* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] ready\r\n"),
        ("{tag} AUTHENTICATE CRAM-MD5", "+ PDFAbWFpbC5leGFtcGxlPg==\r\n"),
        (CRAM_MD5, "{tag} NO [AUTHENTICATIONFAILED] no\r\n"),
        ("{tag} LOGIN ada secret", "{tag} OK signed in\r\n"),
    ])
    .await;
    assert!(signed_in.is_ok(), "{signed_in:?}");
}

#[tokio::test]
async fn a_refusal_for_another_reason_is_told_and_the_password_is_not_shown_after_it() {
    for (refused, name) in [
        ("{tag} NO [UNAVAILABLE] later\r\n", "UNAVAILABLE"),
        ("{tag} NO [EXPIRED] too old\r\n", "EXPIRED"),
        ("{tag} NO [AUTHORIZATIONFAILED] not as office\r\n", "AUTHORIZATIONFAILED"),
        ("{tag} NO [PRIVACYREQUIRED] TLS first\r\n", "PRIVACYREQUIRED"),
    ] {
        let answers: [(&str, &str); 3] = [
            ("", "* OK [CAPABILITY IMAP4rev1 AUTH=CRAM-MD5] ready\r\n"),
            ("{tag} AUTHENTICATE CRAM-MD5", "+ PDFAbWFpbC5leGFtcGxlPg==\r\n"),
            (CRAM_MD5, refused),
        ];
        let error = signing_in(answers.to_vec().leak()).await.expect_err("it is refused");
        let ClientError::Refused(Refusal::No { code: Some(code), .. }) = &error else { panic!("{error:?}") };
        assert_eq!(code.name(), name);
    }
}

/// Of ada and this secret for the challenge of these servers, computed with Python's hmac.
const CRAM_MD5: &str = "YWRhIDlkM2ViNzEwZDkwYmIxYmUxZmFjMjgxNjY5YWVmZWI2";
