//! When a lost server is tried again.

use crate::support::{Device, PASSWORD, first_page, local, settings, signed_in};
use std::time::Duration;
use waypost_store::{Protocol, Security};
use waypost_sync::{AccountState, Blame, ConnectError};
use waypost_testkit::script::ScriptedServer;
use waypost_wire::Secret;

fn error(code: &str, retryable: bool) -> ConnectError {
    ConnectError {
        code: code.to_owned(),
        blame: Blame::Network,
        retryable,
        message: "The driver says why.".to_owned(),
    }
}

fn one_message(rest: &str) -> waypost_testkit::script::Script {
    let page = first_page(&[(5, "", "One")]);
    signed_in(1, 7, &format!("{page}\nC: {{e}} IDLE\nS: + idling\n{rest}"))
}

#[tokio::test(start_paused = true)]
async fn a_lost_server_is_tried_after_growing_waits_until_it_is_back() {
    let mut server = ScriptedServer::new().then(one_message("WAIT 1000\nCUT"));
    for _ in 0..12 {
        server = server.then_fail(error("gateway-unreachable", true));
    }
    let listed =
        "C: {d} UID FETCH 5:* (FLAGS)\nS: * 1 FETCH (UID 5 FLAGS ())\nS: {d} OK\nC: {e} IDLE\nS: + idling";
    let server = server.then(signed_in(1, 7, listed));
    local(async {
        let device = Device::start(&server);
        device.add(settings(Protocol::Imap, Security::Tls)).await.expect("signs in");
        device.online().await;
        let mut waits = Vec::new();
        for attempt in 1..=13 {
            device.until("the next failure", async || server.endpoints().len() == attempt).await;
            let (_, retry_at) = device.offline().await;
            assert!(retry_at.is_some());
            let from = tokio::time::Instant::now();
            device.until("the next try", async || server.endpoints().len() > attempt).await;
            waits.push(from.elapsed());
        }
        for (wait, seconds) in waits.iter().zip([1, 2, 4, 8, 15, 30, 60, 120, 120, 120, 120, 120, 120]) {
            let longest = Duration::from_secs(seconds);
            // The test itself looks every 20 milliseconds.
            let tolerance = Duration::from_millis(60);
            assert!(
                *wait + tolerance >= longest / 2 && *wait <= longest + tolerance,
                "{wait:?} of {longest:?}"
            );
        }
        device.online().await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_the_user_must_mend_is_not_tried_again_and_a_wish_cuts_a_wait_short() {
    let server = ScriptedServer::new()
        .then(one_message("WAIT 1000\nCUT"))
        .then_fail(error("gateway-unreachable", true))
        .then_fail(error("tls-certificate", false))
        .then_fail(error("target-denied", false));
    local(async {
        let device = Device::start(&server);
        device.add(settings(Protocol::Imap, Security::Tls)).await.expect("signs in");
        device.online().await;
        device.until("the second connection", async || server.endpoints().len() == 2).await;
        device.offline().await;
        let from = tokio::time::Instant::now();
        device.engine.sync_now(1);
        device.until("the third", async || server.endpoints().len() == 3).await;
        assert!(from.elapsed() < Duration::from_millis(100), "{:?}", from.elapsed());
        device
            .until("the certificate to be told", async || match device.engine.state(1) {
                AccountState::Offline { error, retry_at } => {
                    error.code == "tls-certificate" && retry_at.is_none()
                }
                _ => false,
            })
            .await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(server.endpoints().len(), 3, "nobody mended it");
        device.engine.sync_now(1);
        device.until("the fourth", async || server.endpoints().len() == 4).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_password_is_never_sent_again_by_itself() {
    let refusing = waypost_testkit::script::Script::parse(
        "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready
         C: {a} AUTHENTICATE PLAIN {initial}
         S: {a} NO [AUTHENTICATIONFAILED] it was changed",
    );
    let server =
        ScriptedServer::new().then(one_message("WAIT 1000\nCUT")).then(refusing.clone()).then(refusing);
    local(async {
        let device = Device::start(&server);
        device.add(settings(Protocol::Imap, Security::Tls)).await.expect("signs in");
        device
            .until("the refusal", async || match device.engine.state(1) {
                AccountState::Offline { error, retry_at } => {
                    error.code == "auth-failed" && retry_at.is_none()
                }
                _ => false,
            })
            .await;
        device.engine.sync_now(1);
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(server.endpoints().len(), 2);
        let error = device.engine.sign_in(1, Secret::from(PASSWORD)).await.expect_err("is refused again");
        assert_eq!(error.code, "auth-failed");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_takes_over_connects_by_itself_and_goes_on_trying() {
    let listed =
        "C: {d} UID FETCH 5:* (FLAGS)\nS: * 1 FETCH (UID 5 FLAGS ())\nS: {d} OK\nC: {e} IDLE\nS: + idling";
    let server = ScriptedServer::new()
        .then(one_message("WAIT 1000\nCUT"))
        .then_fail(error("gateway-unreachable", true))
        .then(signed_in(1, 7, listed));
    local(async {
        let first = Device::start(&server);
        first.add(settings(Protocol::Imap, Security::Tls)).await.expect("signs in");
        first.online().await;
        let store = first.store.clone();
        first.engine.sign_out(1).await.expect("ends its connection");
        let second = Device::over(&server, store);
        assert_eq!(second.engine.state(1), AccountState::SignedOut);
        let unknown =
            second.engine.resume(2, Secret::from(PASSWORD)).await.expect_err("there is one account");
        assert_eq!(unknown.code, "account-not-found");
        second.engine.resume(1, Secret::from(PASSWORD)).await.expect("is not proven first");
        assert_eq!(second.engine.state(1), AccountState::Connecting);
        second.offline().await;
        second.online().await;
        let open = server.endpoints().len();
        second.engine.resume(1, Secret::from("an older one")).await.expect("changes nothing");
        assert_eq!((second.engine.state(1), server.endpoints().len()), (AccountState::Online, open));
    })
    .await;
}
