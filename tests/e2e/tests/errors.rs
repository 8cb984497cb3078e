//! What goes wrong on the way to a real server, in the engine's words.

use std::net::TcpListener;
use tokio::task::LocalSet;
use waypost_e2e::{Device, Memory, robin, settings};
use waypost_native::Options as TransportOptions;
use waypost_store::{Protocol, Security};
use waypost_sync::{AccountSettings, Blame, SyncError};
use waypost_testkit::servers::{CertificateKind, Dovecot, Options, require};
use waypost_wire::Secret;

const PROTOCOLS: [Protocol; 2] = [Protocol::Imap, Protocol::Pop3];

fn dovecot(certificate: CertificateKind, tls: bool) -> Option<Dovecot> {
    let mut options = Options::default();
    (options.certificate, options.tls) = (certificate, tls);
    require(Dovecot::start(options))
}

/// Nothing of a password in anything that is told.
fn check(error: &SyncError, code: &str, blame: Blame, names: &str) {
    assert_eq!((error.code.as_str(), error.blame), (code, blame), "{error:?}");
    assert!(error.message.contains(names), "{}", error.message);
    assert!(!format!("{error:?}").contains(&robin().password));
}

#[tokio::test]
async fn a_wrong_password_is_told_apart_and_nothing_is_stored() {
    let Some(server) = dovecot(CertificateKind::Good, true) else { return };
    LocalSet::new()
        .run_until(async {
            for protocol in PROTOCOLS {
                let device = Device::start(&server, Memory::default());
                let wrong = Secret::from("not the password");
                let settings = settings(&server, protocol, Security::Tls);
                let error = device.engine.add_account(settings, wrong).await.expect_err("is refused");
                check(&error, "auth-failed", Blame::User, "password");
                assert!(!error.retryable && error.server_text.is_some(), "{error:?}");
                assert!(!format!("{error:?}").contains("not the password"));
                assert_eq!(device.engine.accounts().await.expect("accounts"), []);
            }
        })
        .await;
}

#[tokio::test]
async fn certificates_that_nobody_can_trust_are_refused_before_anything_is_sent() {
    for (kind, trusting) in [
        (CertificateKind::SelfSigned, true),
        (CertificateKind::Expired, true),
        (CertificateKind::WrongHost, true),
        (CertificateKind::Good, false),
    ] {
        let Some(server) = dovecot(kind, true) else { return };
        LocalSet::new()
            .run_until(async {
                for (protocol, security) in [
                    (Protocol::Imap, Security::Tls),
                    (Protocol::Imap, Security::StartTls),
                    (Protocol::Pop3, Security::StartTls),
                ] {
                    let device = if trusting {
                        Device::start(&server, Memory::default())
                    } else {
                        Device::with(TransportOptions::default(), Memory::default())
                    };
                    let error =
                        device.add(settings(&server, protocol, security)).await.expect_err("is refused");
                    check(&error, "tls-certificate", Blame::Server, "certificate");
                }
            })
            .await;
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_no_password() {
    let Some(server) = dovecot(CertificateKind::Good, false) else { return };
    LocalSet::new()
        .run_until(async {
            for protocol in PROTOCOLS {
                let device = Device::with(TransportOptions::default(), Memory::default());
                let error = device
                    .add(settings(&server, protocol, Security::StartTls))
                    .await
                    .expect_err("is refused");
                check(&error, "plaintext-refused", Blame::User, "localhost");
            }
        })
        .await;
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_named_with_its_host() {
    let Some(server) = dovecot(CertificateKind::Good, true) else { return };
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    LocalSet::new()
        .run_until(async {
            for protocol in PROTOCOLS {
                let device = Device::start(&server, Memory::default());
                let settings = AccountSettings { port, ..settings(&server, protocol, Security::Tls) };
                let error = device.add(settings).await.expect_err("is refused");
                check(&error, "refused", Blame::Server, "localhost");
                assert!(error.message.contains(&port.to_string()), "{}", error.message);
            }
        })
        .await;
}
