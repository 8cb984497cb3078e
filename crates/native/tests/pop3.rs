//! The POP3 client against small servers in this process: what only a server that misbehaves can show.

mod lines;

use lines::server;
use waypost_native::pop3::{Options as MachineOptions, Refusal, ResponseCode};
use waypost_native::sasl::{Credentials, Policy};
use waypost_native::{Connector, Options, Piece, Pop3Client, Pop3ClientError, Security};

async fn connected(answers: &'static [(&'static str, &'static str)]) -> Result<Pop3Client, Pop3ClientError> {
    connected_with(answers, Security::None, MachineOptions::default()).await
}

async fn connected_with(
    answers: &'static [(&'static str, &'static str)],
    security: Security,
    options: MachineOptions,
) -> Result<Pop3Client, Pop3ClientError> {
    let port = server(answers).await;
    let connector = Connector::new(Options::default()).expect("roots");
    Pop3Client::connect_with(&connector, "127.0.0.1", port, security, options).await
}

#[tokio::test]
async fn a_connection_that_ends_in_place_of_the_answer_to_quit_says_that_deletions_are_unknown() {
    let mut client = connected(&[
        ("", "+OK ready\r\n"),
        ("CAPA", "-ERR what?\r\n"),
        ("USER ada", "+OK\r\n"),
        ("PASS secret", "+OK\r\n"),
        ("CAPA", "-ERR what?\r\n"),
        ("DELE 1", "+OK\r\n"),
        ("QUIT", ""),
    ])
    .await
    .expect("connects");
    client.login("ada", "secret").await.expect("signs in");
    client.dele(1).await.expect("is marked");
    let ended = client.quit().await;
    assert!(matches!(ended, Err(Pop3ClientError::Refused(Refusal::UpdateUnknown))), "{ended:?}");
}

#[tokio::test]
async fn a_stream_that_ends_within_a_message_ends_that_message_with_an_error() {
    let mut client = connected(&[
        ("", "+OK ready\r\n"),
        ("CAPA", "+OK\r\nUSER\r\n.\r\n"),
        ("USER ada", "+OK\r\n"),
        ("PASS secret", "+OK\r\n"),
        ("CAPA", "+OK\r\nPIPELINING\r\n.\r\n"),
        ("RETR 1", "+OK\r\nwhole\r\n.\r\n"),
        ("RETR 2", "+OK\r\nhalf a"),
    ])
    .await
    .expect("connects");
    client.login("ada", "secret").await.expect("signs in");
    let mut retrieval = client.retr([1, 2]).await.expect("is asked");
    let mut whole = Vec::new();
    let ended = loop {
        match retrieval.next().await {
            Ok(Some(Piece::Ended { number, result: Ok(()) })) => whole.push(number),
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert_eq!(whole, [1]);
    assert!(
        matches!(ended, Err(Pop3ClientError::Connection(_) | Pop3ClientError::Transport(_))),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_server_without_stls_gets_no_password_where_tls_is_wanted() {
    let answers = &[("", "+OK ready\r\n"), ("CAPA", "+OK\r\nUSER\r\n.\r\n")];
    let refused = connected_with(answers, Security::StartTls, MachineOptions::default()).await;
    assert!(matches!(refused, Err(Pop3ClientError::NoTls)), "{refused:?}");
}

#[tokio::test]
async fn a_locked_maildrop_is_told_by_its_code_and_the_password_is_not_shown_after_it() {
    let mut client = connected(&[
        ("", "+OK ready\r\n"),
        ("CAPA", "+OK\r\nUSER\r\nSASL CRAM-MD5\r\n.\r\n"),
        ("AUTH CRAM-MD5", "+ PDFAbWFpbC5leGFtcGxlPg==\r\n"),
        ("YWRhIDlkM2ViNzEwZDkwYmIxYmUxZmFjMjgxNjY5YWVmZWI2", "-ERR [IN-USE] locked\r\n"),
    ])
    .await
    .expect("connects");
    let refused = client.login("ada", "secret").await;
    let in_use = matches!(
        refused,
        Err(Pop3ClientError::Refused(Refusal::Err { code: Some(ResponseCode::InUse), .. }))
    );
    assert!(in_use, "{refused:?}");
}

#[tokio::test]
async fn apop_is_used_where_policy_and_options_allow_it() {
    let mut options = MachineOptions::default();
    options.allow_apop = true;
    let answers = &[
        ("", "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n"),
        ("CAPA", "-ERR what?\r\n"),
        ("APOP mrose c4c9334bac560ecc979e58001b3e22fb", "+OK maildrop has 1 message\r\n"),
        ("CAPA", "-ERR what?\r\n"),
    ];
    let mut client = connected_with(answers, Security::None, options).await.expect("connects");
    let credentials = Credentials::password("mrose", "tanstaaf".into());
    client.sign_in(&credentials, &Policy::default().with_apop()).await.expect("signs in");
}
