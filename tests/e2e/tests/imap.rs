//! The native engine over IMAP against a real Dovecot.

use tokio::task::LocalSet;
use waypost_e2e::{Device, Memory, Relay, deliver, id, letter, letter_with, robin, settings};
use waypost_store::{Protocol, Security};
use waypost_sync::AccountSettings;
use waypost_testkit::servers::{Delivery, Dovecot, Options, Server, require};

const SEEN: &str = "\\Seen";
const FLAGGED: &str = "\\Flagged";

fn dovecot() -> Option<Dovecot> {
    require(Dovecot::start(Options::default()))
}

fn texts(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

/// The flags that the server has for a message.
fn flags_there(server: &Dovecot, uid: u32) -> Vec<String> {
    let found = server.list(&robin().name, "INBOX").expect("lists");
    found.into_iter().find(|found| found.uid == uid).expect("it is there").flags
}

/// A signed-in device that is online.
async fn device(server: &Dovecot) -> (Device, u32) {
    let device = Device::start(server, Memory::default());
    let account = device.add(settings(server, Protocol::Imap, Security::Tls)).await.expect("signs in");
    device.online(account).await;
    (device, account)
}

#[tokio::test]
async fn mail_is_listed_and_read_over_each_protection() {
    let Some(server) = dovecot() else { return };
    for subject in ["One", "Two", "Three"] {
        deliver(&server, &letter(subject));
    }
    deliver(&server, &letter_with("Long", &"A line that fills some room.\r\n".repeat(20_000)));
    LocalSet::new()
        .run_until(async {
            for security in [Security::Tls, Security::StartTls, Security::None] {
                let device = Device::start(&server, Memory::default());
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
                    assert!(row.snippet.starts_with("A "), "{}", row.snippet);
                }
                let folder = device.mailbox(account, "INBOX").await;
                assert_eq!((folder.total, folder.unseen), (Some(4), Some(4)));
            }
        })
        .await;
}

#[tokio::test]
async fn flags_go_both_ways_while_the_line_idles() {
    let Some(server) = dovecot() else { return };
    deliver(&server, &letter("One"));
    LocalSet::new()
        .run_until(async {
            let (device, account) = device(&server).await;
            let one = id(&device.row(account, "One").await);
            device.engine.change_flags(&[one], &texts(&[FLAGGED]), &[]).await.expect("is stored");
            assert!(device.row(account, "One").await.waiting);
            device.until("the flag to be there", async || flags_there(&server, 1) == [FLAGGED]).await;
            device.until("nothing to wait", async || device.engine.waiting().await == Ok(0)).await;
            assert!(!device.row(account, "One").await.waiting);

            server
                .change_flags(&robin().name, "INBOX", 1, &texts(&[SEEN]), &texts(&[FLAGGED]))
                .expect("changes");
            device
                .until("the flags to be here", async || device.row(account, "One").await.flags == [SEEN])
                .await;
            assert_eq!(device.mailbox(account, "INBOX").await.unseen, Some(0));
            device.engine.change_flags(&[one], &[], &texts(&[SEEN])).await.expect("is stored");
            device.until("the flag to be gone", async || flags_there(&server, 1).is_empty()).await;
            assert_eq!(device.mailbox(account, "INBOX").await.unseen, Some(1));
        })
        .await;
}

#[tokio::test]
async fn deliveries_and_expunges_show_while_the_line_idles() {
    let Some(server) = dovecot() else { return };
    for subject in ["One", "Two", "Three"] {
        deliver(&server, &letter(subject));
    }
    LocalSet::new()
        .run_until(async {
            let (device, account) = device(&server).await;
            device.inbox_is(account, &["Three", "Two", "One"]).await;
            deliver(&server, &letter("Four"));
            device.inbox_is(account, &["Four", "Three", "Two", "One"]).await;
            server.expunge(&robin().name, "INBOX", 2).expect("expunges");
            device.inbox_is(account, &["Four", "Three", "One"]).await;
            // After an expunge the places have shifted: the right row must go and change.
            server.expunge(&robin().name, "INBOX", 3).expect("expunges");
            device.inbox_is(account, &["Four", "One"]).await;
            server.change_flags(&robin().name, "INBOX", 4, &texts(&[SEEN]), &[]).expect("changes");
            device
                .until("the flag to be here", async || device.row(account, "Four").await.flags == [SEEN])
                .await;
            deliver(&server, &letter("Five"));
            device.inbox_is(account, &["Five", "Four", "One"]).await;
            assert_eq!(device.mailbox(account, "INBOX").await.total, Some(3));
        })
        .await;
}

#[tokio::test]
async fn what_happened_here_and_there_while_offline_is_right_afterwards() {
    let Some(mut server) = dovecot() else { return };
    for subject in ["Stays", "Expunged", "Flagged there", "Flagged here"] {
        deliver(&server, &letter(subject));
    }
    LocalSet::new()
        .run_until(async {
            let (device, account) = device(&server).await;
            let here = id(&device.row(account, "Flagged here").await);
            let expunged = id(&device.row(account, "Expunged").await);
            server.stop().expect("stops");
            let error = device.offline(account).await;
            assert!(error.retryable, "{error:?}");
            device.engine.change_flags(&[here, expunged], &texts(&[FLAGGED]), &[]).await.expect("is stored");
            assert_eq!(device.row(account, "Flagged here").await.flags, [FLAGGED]);
            assert_eq!(device.engine.waiting().await, Ok(2));
            server.start().expect("starts");
            server.expunge(&robin().name, "INBOX", 2).expect("expunges");
            server.change_flags(&robin().name, "INBOX", 3, &texts(&[SEEN]), &[]).expect("changes");
            deliver(&server, &letter("Meanwhile"));
            device.engine.sync_now(account);
            device.inbox_is(account, &["Meanwhile", "Flagged here", "Flagged there", "Stays"]).await;
            device.until("nothing to wait", async || device.engine.waiting().await == Ok(0)).await;
            assert_eq!(flags_there(&server, 4), [FLAGGED]);
            assert_eq!(device.row(account, "Flagged there").await.flags, [SEEN]);
            assert!(device.inbox(account).await.iter().all(|row| !row.waiting));
        })
        .await;
}

#[tokio::test]
async fn a_restart_keeps_mail_and_changes_and_a_new_uidvalidity_replaces_them() {
    let Some(server) = dovecot() else { return };
    for subject in ["One", "Two"] {
        deliver(&server, &letter(subject));
    }
    LocalSet::new()
        .run_until(async {
            let (device, account) = device(&server).await;
            let two = id(&device.row(account, "Two").await);
            device.engine.message(two).await.expect("is fetched");
            let device = Device::start(&server, device.kill());
            assert_eq!(device.engine.message(two).await.expect("is here"), letter("Two"));
            let one = device.row(account, "One").await;
            let error = device.engine.message(id(&one)).await.expect_err("it can't be fetched");
            assert_eq!(error.code, "signed-out");
            device.engine.change_flags(&[two], &texts(&[SEEN]), &[]).await.expect("needs no password");

            server.expunge(&robin().name, "INBOX", 1).expect("expunges");
            server.reset_uidvalidity(&robin().name, "INBOX").expect("resets");
            deliver(&server, &letter("New"));
            device.sign_in(account).await.expect("signs in");
            device.online(account).await;
            device.inbox_is(account, &["New", "Two"]).await;
            let renewed = device.row(account, "Two").await;
            assert_ne!(id(&renewed).uidvalidity, two.uidvalidity);
            assert!(!renewed.body && !renewed.waiting);
            assert_eq!(
                device.engine.waiting().await,
                Ok(0),
                "the change was of a message that nobody knows now"
            );
            assert_eq!(device.engine.message(two).await.expect_err("it is no more").code, "not-found");
            assert_eq!(device.engine.message(id(&renewed)).await.expect("is fetched"), letter("Two"));
        })
        .await;
}

#[tokio::test]
async fn the_first_list_of_a_large_mailbox_takes_few_round_trips_and_older_pages_come_on_request() {
    let Some(server) = dovecot() else { return };
    server.fill(&robin().name, "INBOX", 20_000).expect("fills");
    LocalSet::new()
        .run_until(async {
            let relay = Relay::start(server.ports().imap).await;
            let device = Device::start(&server, Memory::default());
            let plain = settings(&server, Protocol::Imap, Security::None);
            let account = device.add(AccountSettings { port: relay.port, ..plain }).await.expect("signs in");
            device.until("the first page", async || device.inbox(account).await.len() == 100).await;
            assert!(relay.round_trips() <= 10, "{} round trips", relay.round_trips());
            assert_eq!(relay.connections(), 1, "the connection that proved the password is used");
            assert_eq!(device.mailbox(account, "INBOX").await.total, Some(20_000));

            device.online(account).await;
            assert_eq!(device.engine.load_older(account, 1).await, Ok(100));
            let uids: Vec<u32> = device.inbox(account).await.iter().map(|row| id(row).uid).collect();
            assert_eq!(uids, (19_801..=20_000).rev().collect::<Vec<u32>>());
            server.expunge(&robin().name, "INBOX", 19_850).expect("expunges");
            device.until("the row to go", async || device.inbox(account).await.len() == 199).await;
            assert_eq!(device.engine.load_older(account, 1).await, Ok(100));
            assert_eq!(device.inbox(account).await.len(), 299);
        })
        .await;
}

#[tokio::test]
async fn another_folder_is_shown_and_watched_in_place_of_inbox() {
    let Some(server) = dovecot() else { return };
    let folder = "Projekte/Übersetzung";
    let into = |raw: &[u8]| {
        let delivery = Delivery { user: &robin().name, mailbox: folder, raw, flags: &[], date: None };
        server.deliver(&delivery).expect("delivers");
    };
    into(&letter("Filed"));
    deliver(&server, &letter("In the inbox"));
    LocalSet::new()
        .run_until(async {
            let (device, account) = device(&server).await;
            let folders = device.engine.mailboxes(account).await.expect("folders");
            assert_eq!(folders[0].role.as_deref(), Some("inbox"));
            let shown = device.mailbox(account, folder).await;
            assert_eq!((shown.total, shown.uidvalidity), (None, 0));
            device.engine.show_mailbox(account, shown.id).await.expect("is shown");
            device.until("its message", async || device.rows(account, shown.id).await.len() == 1).await;
            into(&letter("Filed later"));
            device.until("the second", async || device.rows(account, shown.id).await.len() == 2).await;
            // A message of another folder is fetched, and the shown one is watched again.
            let other = id(&device.row(account, "In the inbox").await);
            assert_eq!(device.engine.message(other).await.expect("is fetched"), letter("In the inbox"));
            into(&letter("Filed at last"));
            device.until("the third", async || device.rows(account, shown.id).await.len() == 3).await;
            let missing = device.engine.show_mailbox(account, 999).await.expect_err("there is none");
            assert_eq!(missing.code, "mailbox-not-found");
        })
        .await;
}

#[tokio::test]
async fn signing_out_and_removing_leave_what_they_should() {
    let Some(server) = dovecot() else { return };
    deliver(&server, &letter("One"));
    LocalSet::new()
        .run_until(async {
            let (device, account) = device(&server).await;
            let twice =
                device.add(settings(&server, Protocol::Imap, Security::Tls)).await.expect_err("is here");
            assert_eq!(twice.code, "account-exists");
            device.engine.sign_out(account).await.expect("signs out");
            deliver(&server, &letter("Two"));
            device.inbox_is(account, &["One"]).await;
            device.engine.remove_account(account).await.expect("is removed");
            assert_eq!(device.engine.accounts().await.expect("accounts"), []);
            assert!(device.inbox(account).await.is_empty());
            let again = device.add(settings(&server, Protocol::Imap, Security::Tls)).await.expect("is added");
            assert_ne!(again, account, "numbers are never given again");
            device.inbox_is(again, &["Two", "One"]).await;
        })
        .await;
}
