//! The native engine over IMAP against a real Dovecot.

use tokio::task::LocalSet;
use waypost_e2e::{Device, deliver, id, letter, letter_with, robin, settings};
use waypost_store::{Protocol, Security};
use waypost_testkit::platform::SharedStore;
use waypost_testkit::servers::{Dovecot, Options, Server, require};

fn dovecot() -> Option<Dovecot> {
    require(Dovecot::start(Options::default()))
}

#[tokio::test]
async fn mail_is_listed_and_read_over_each_protection_and_flags_go_both_ways() {
    let Some(server) = dovecot() else { return };
    for subject in ["One", "Two", "Three"] {
        deliver(&server, &letter(subject));
    }
    deliver(&server, &letter_with("Long", &"A line that fills some room.\r\n".repeat(20_000)));
    LocalSet::new()
        .run_until(async {
            for security in [Security::Tls, Security::StartTls, Security::None] {
                let device = Device::start(&server, SharedStore::default());
                let account =
                    device.add(settings(&server, Protocol::Imap, security)).await.expect("signs in");
                device.online(account).await;
                device.inbox_is(account, &["Long", "Three", "Two", "One"]).await;
                let found = server.list(&robin().name, "INBOX").expect("lists");
                for (row, found) in device.inbox(account).await.iter().rev().zip(&found) {
                    let octets = device.engine.message(id(row)).await.expect("is fetched");
                    assert_eq!(octets, server.message(&robin().name, "INBOX", found.uid).expect("is there"));
                    let row = device.row(account, &row.subject).await;
                    assert_eq!((row.sha256, row.body), (Some(found.sha256.clone()), true));
                }
            }
        })
        .await;
}
