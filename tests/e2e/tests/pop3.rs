//! The native engine over POP3 against a real Dovecot.

use tokio::task::LocalSet;
use waypost_e2e::{Device, Memory, Relay, deleting, deliver, id, letter, letter_with, robin, settings};
use waypost_store::{Protocol, Security};
use waypost_sync::AccountSettings;
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

fn deleting_from(server: &Dovecot, security: Security) -> AccountSettings {
    AccountSettings { pop3: deleting(), ..settings(server, Protocol::Pop3, security) }
}

#[tokio::test]
async fn mail_left_on_the_server_is_taken_once_and_stays_there() {
    let Some(server) = dovecot() else { return };
    fill(&server);
    let before = there(&server);
    LocalSet::new()
        .run_until(async {
            for security in [Security::Tls, Security::StartTls, Security::None] {
                let device = Device::start(&server, Memory::default());
                let account =
                    device.add(settings(&server, Protocol::Pop3, security)).await.expect("signs in");
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
            let device = Device::start(&server, Memory::default());
            let account = device.add(deleting_from(&server, Security::StartTls)).await.expect("signs in");
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

#[tokio::test]
async fn a_connection_cut_again_and_again_loses_nothing_and_doubles_nothing() {
    let Some(server) = dovecot() else { return };
    for number in 0..40_usize {
        let text = "All work and no play.\r\n".repeat(900 + number * 7919 % 2600);
        deliver(&server, &letter_with(&format!("Part {number}"), &text));
    }
    let before = there(&server);
    LocalSet::new()
        .run_until(async {
            let relay = Relay::start(server.ports().pop3).await;
            let account_settings =
                AccountSettings { port: relay.port, ..deleting_from(&server, Security::None) };
            let mut device = Device::start(&server, Memory::default());
            relay.cut_after(90_000);
            let account = device.add(account_settings).await.expect("signs in");
            let mut in_the_middle = 0;
            for cut in [150_001, 233_333, 7_000, 410_000, 99_999] {
                let error = device.offline(account).await;
                assert!(error.retryable, "{error:?}");
                let (here, there) = (here(&device, account).await, there(&server));
                in_the_middle += u32::from(!here.is_empty() && !there.is_empty());
                assert_eq!(all_of(&here, &there), before, "none lost");
                assert_eq!(all_of(&here, &[]).len(), here.len(), "none twice");
                // The device is started anew with what it stored.
                device = Device::start(&server, device.kill());
                relay.cut_after(cut);
                device.sign_in(account).await.expect("signs in again");
            }
            assert!(in_the_middle > 0, "at least once it was cut in the middle");
            device.until("the rest to be taken", async || there(&server).is_empty()).await;
            device.online(account).await;
            assert_eq!(here(&device, account).await, before);
        })
        .await;
}

/// Two lists of hashes as one, each once.
fn all_of(one: &[String], other: &[String]) -> Vec<String> {
    let mut all = [one, other].concat();
    all.sort();
    all.dedup();
    all
}

#[tokio::test]
async fn mail_that_was_left_is_deleted_without_a_second_download_once_that_is_wanted() {
    let Some(server) = dovecot() else { return };
    fill(&server);
    let before = there(&server);
    LocalSet::new()
        .run_until(async {
            let relay = Relay::start(server.ports().pop3).await;
            let device = Device::start(&server, Memory::default());
            let left =
                AccountSettings { port: relay.port, ..settings(&server, Protocol::Pop3, Security::None) };
            let account = device.add(left).await.expect("signs in");
            device.online(account).await;
            assert_eq!(there(&server), before);
            let downloaded = relay.octets_down();
            device.engine.set_pop3(account, deleting()).await.expect("is stored");
            device.until("the server to be empty", async || there(&server).is_empty()).await;
            assert!(relay.octets_down() - downloaded < 10_000, "{downloaded} and {}", relay.octets_down());
            assert_eq!(here(&device, account).await, before);
        })
        .await;
}

#[tokio::test]
async fn flags_stay_on_the_device() {
    let Some(server) = dovecot() else { return };
    deliver(&server, &letter("One"));
    LocalSet::new()
        .run_until(async {
            let device = Device::start(&server, Memory::default());
            let account =
                device.add(settings(&server, Protocol::Pop3, Security::Tls)).await.expect("signs in");
            device.online(account).await;
            let row = device.row(account, "One").await;
            let (seen, flagged) = ("\\Seen".to_owned(), "\\Flagged".to_owned());
            let add = [seen.clone(), flagged.clone()];
            device.engine.change_flags(&[id(&row)], &add, &[]).await.expect("is stored");
            let row = device.row(account, "One").await;
            assert_eq!((row.flags, row.waiting), (vec![seen, flagged], false));
            assert_eq!(device.mailbox(account, "INBOX").await.unseen, Some(0));
            assert_eq!(device.engine.waiting().await, Ok(0));
            device.engine.sync_now(account);
            tokio::task::yield_now().await;
            device.online(account).await;
            let found = server.list(&robin().name, "INBOX").expect("lists");
            assert!(found[0].flags.iter().all(|flag| flag != "\\Flagged"), "{:?}", found[0].flags);
        })
        .await;
}

#[tokio::test]
async fn a_long_download_has_its_deletions_carried_out_on_the_way() {
    let Some(server) = dovecot() else { return };
    server.fill(&robin().name, "INBOX", 700).expect("fills");
    let before = there(&server);
    LocalSet::new()
        .run_until(async {
            let relay = Relay::start(server.ports().pop3).await;
            let device = Device::start(&server, Memory::default());
            let account_settings =
                AccountSettings { port: relay.port, ..deleting_from(&server, Security::None) };
            let account = device.add(account_settings).await.expect("signs in");
            device.online(account).await;
            assert_eq!(there(&server), Vec::<String>::new());
            assert_eq!(here(&device, account).await, before);
            assert!(relay.connections() >= 2, "{} sessions", relay.connections());
        })
        .await;
}

#[tokio::test]
async fn a_server_that_gives_its_mail_new_ids_doubles_nothing_here() {
    let Some(server) = dovecot() else { return };
    fill(&server);
    LocalSet::new()
        .run_until(async {
            let relay = Relay::start(server.ports().pop3).await;
            let device = Device::start(&server, Memory::default());
            let left =
                AccountSettings { port: relay.port, ..settings(&server, Protocol::Pop3, Security::None) };
            let account = device.add(left).await.expect("signs in");
            device.online(account).await;
            let before = here(&device, account).await;
            server.reset_uidvalidity(&robin().name, "INBOX").expect("resets");
            deliver(&server, &letter("Later"));
            let downloaded = relay.octets_down();
            device.engine.sync_now(account);
            device.until("the later one", async || device.inbox(account).await.len() > before.len()).await;
            device.online(account).await;
            assert!(
                relay.octets_down() - downloaded > 1_000_000,
                "the ids were others: all was looked at again"
            );
            assert_eq!(here(&device, account).await.len(), before.len() + 1);
        })
        .await;
}

#[tokio::test]
async fn what_the_store_does_not_give_back_is_not_deleted_and_taken_again() {
    let Some(server) = dovecot() else { return };
    fill(&server);
    let before = there(&server);
    LocalSet::new()
        .run_until(async {
            let device = Device::start(&server, Memory::default());
            device.store.lose_bodies(true);
            let account = device.add(deleting_from(&server, Security::Tls)).await.expect("signs in");
            device.online(account).await;
            assert_eq!(there(&server), before, "nothing was deleted on the word of the store");
            device.store.lose_bodies(false);
            device.engine.sync_now(account);
            device.until("the server to be empty", async || there(&server).is_empty()).await;
            device.online(account).await;
            assert_eq!(here(&device, account).await, before);
            assert_eq!(device.mailbox(account, "INBOX").await.total, Some(5));
        })
        .await;
}
