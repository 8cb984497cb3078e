//! The native engine over POP3 against a real Dovecot.

use tokio::task::LocalSet;
use waypost_e2e::{Device, deliver, id, letter, letter_with, robin, settings};
use waypost_store::{Pop3Policy, Protocol, Security};
use waypost_sync::AccountSettings;
use waypost_testkit::platform::SharedStore;
use waypost_testkit::servers::{Dovecot, Options, Server, require};

fn dovecot() -> Option<Dovecot> {
    require(Dovecot::start(Options::default()))
}

/// Hashes of what the server has.
fn there(server: &Dovecot) -> Vec<String> {
    let mut hashes: Vec<String> =
        server.list(&robin().name, "INBOX").expect("lists").into_iter().map(|found| found.sha256).collect();
    hashes.sort();
    hashes
}

/// Hashes of what the device has, each compared with the octets that it gives out.
async fn here(device: &Device, account: u32) -> Vec<String> {
    let mut hashes = Vec::new();
    for row in device.inbox(account).await {
        let octets = device.engine.message(id(&row)).await.expect("it is here");
        let hash: String = sha2_hex(&octets);
        assert_eq!(row.sha256.as_deref(), Some(hash.as_str()), "{}", row.subject);
        hashes.push(hash);
    }
    hashes.sort();
    hashes
}

fn sha2_hex(octets: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn fill(server: &Dovecot) {
    deliver(server, &letter("Small"));
    deliver(server, &letter_with("Dots", ".\r\n..\r\n.leading\r\nend.\r\n"));
    deliver(server, &letter_with("Heavy", &"All work and no play.\r\n".repeat(60_000)));
    deliver(server, &letter_with("Chunk", &"xxxxxxxx\r\n".repeat(5_700)));
    deliver(server, &letter_with("Scripts", "Grüße, 日本語, العربية, 😀\r\n"));
}

fn deleting(server: &Dovecot, security: Security) -> AccountSettings {
    AccountSettings { policy: Pop3Policy::Delete, ..settings(server, Protocol::Pop3, security) }
}

#[tokio::test]
async fn mail_left_on_the_server_is_taken_once_and_stays_there() {
    let Some(server) = dovecot() else { return };
    fill(&server);
    let before = there(&server);
    LocalSet::new()
        .run_until(async {
            for security in [Security::Tls, Security::StartTls, Security::None] {
                let device = Device::start(&server, SharedStore::default());
                let account = device.add(settings(&server, Protocol::Pop3, security)).await.expect("signs in");
                device.online(account).await;
                device.inbox_is(account, &["Scripts", "Chunk", "Heavy", "Dots", "Small"]).await;
                assert_eq!(here(&device, account).await, before);
                let folder = device.mailbox(account, "INBOX").await;
                assert_eq!((folder.total, folder.unseen, folder.uidvalidity), (Some(5), Some(5), 1));

                let device = Device::start(&server, device.kill());
                device.sign_in(account).await.expect("signs in again");
                device.online(account).await;
                assert_eq!(here(&device, account).await, before);
            }
            assert_eq!(there(&server), before);
        })
        .await;
}

#[tokio::test]
async fn mail_to_be_deleted_is_here_octet_for_octet_and_no_longer_there() {
    let Some(server) = dovecot() else { return };
    fill(&server);
    let before = there(&server);
    LocalSet::new()
        .run_until(async {
            let device = Device::start(&server, SharedStore::default());
            let account = device.add(deleting(&server, Security::StartTls)).await.expect("signs in");
            device.online(account).await;
            assert_eq!(there(&server), Vec::<String>::new());
            assert_eq!(here(&device, account).await, before);

            deliver(&server, &letter("Later"));
            device.engine.sync_now(account);
            device.until("the later message to be taken", async || there(&server).is_empty()).await;
            assert_eq!(here(&device, account).await.len(), before.len() + 1);
        })
        .await;
}
