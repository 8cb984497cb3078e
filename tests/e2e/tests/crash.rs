//! A device that crashes at any commit, before it or right after it, is right after its next start.

use tokio::task::LocalSet;
use waypost_e2e::{Crash, Device, Memory, deleting, deliver, id, letter, letter_with, robin, settings};
use waypost_store::{Protocol, Security};
use waypost_sync::{AccountSettings, AccountState};
use waypost_testkit::servers::{Dovecot, Options, Server, require};

const FLAGGED: &str = "\\Flagged";

/// Every place of a crash, until one is behind the end of what is done.
fn crashes() -> impl Iterator<Item = Crash> {
    (0..40).flat_map(|after| [false, true].map(|done| Crash { after, done }))
}

/// A device over what another one left, signed in; the account is added if that did not come so far.
async fn again(server: &Dovecot, device: Device, account: AccountSettings) -> (Device, u32) {
    let device = Device::start(server, device.kill());
    let known = device.engine.accounts().await.expect("accounts").first().map(|account| account.id);
    let account = match known {
        Some(known) => {
            device.sign_in(known).await.expect("signs in again");
            known
        }
        None => device.add(account).await.expect("is added"),
    };
    device.online(account).await;
    (device, account)
}

#[tokio::test]
async fn pop3_that_deletes_loses_nothing_and_doubles_nothing() {
    let Some(server) = require(Dovecot::start(Options::default())) else { return };
    let pop3 = deleting();
    let plain = AccountSettings { pop3, ..settings(&server, Protocol::Pop3, Security::None) };
    LocalSet::new()
        .run_until(async {
            for crash in crashes() {
                for number in 0..4 {
                    let text = "A line that fills some room.\r\n".repeat(1500 * (number % 2) + 1);
                    deliver(&server, &letter_with(&format!("{crash:?} {number}"), &text));
                }
                let there = || server.list(&robin().name, "INBOX").expect("lists");
                let mut before: Vec<String> = there().into_iter().map(|found| found.sha256).collect();
                let device = Device::start(&server, Memory::default());
                device.store.crash(crash);
                let added = device.add(plain.clone()).await;
                if let Ok(account) = added {
                    device
                        .until("a crash or the end", async || {
                            device.store.has_crashed() || device.engine.state(account) == AccountState::Online
                        })
                        .await;
                }
                let crashed = device.store.has_crashed();
                let (device, account) = again(&server, device, plain.clone()).await;
                assert_eq!(there(), [], "{crash:?}");
                let mut here = Vec::new();
                for row in device.inbox(account).await {
                    device.engine.message(id(&row)).await.expect("it is here");
                    here.push(row.sha256.expect("its hash is noted"));
                }
                here.sort();
                before.sort();
                assert_eq!(here, before, "{crash:?}");
                if !crashed {
                    return;
                }
            }
            panic!("no run came to its end");
        })
        .await;
}

#[tokio::test]
async fn imap_shows_what_the_server_has_and_sends_what_was_promised() {
    let Some(server) = require(Dovecot::start(Options::default())) else { return };
    for subject in ["One", "Two"] {
        deliver(&server, &letter(subject));
    }
    let plain = settings(&server, Protocol::Imap, Security::None);
    let flags_there = || server.list(&robin().name, "INBOX").expect("lists").remove(0).flags;
    LocalSet::new()
        .run_until(async {
            for crash in crashes() {
                server.change_flags(&robin().name, "INBOX", 1, &[], &[FLAGGED.to_owned()]).expect("changes");
                let device = Device::start(&server, Memory::default());
                device.store.crash(crash);
                let mut promised = false;
                if let Ok(account) = device.add(plain.clone()).await {
                    let waits = async || {
                        device.store.has_crashed() || device.engine.state(account) == AccountState::Online
                    };
                    device.until("a crash or the end", waits).await;
                    if let Some(row) = device.inbox(account).await.iter().find(|row| row.subject == "One") {
                        let one = id(row);
                        let add = [FLAGGED.to_owned()];
                        promised = device.engine.change_flags(&[one], &add, &[]).await.is_ok();
                        device
                            .until("a crash or the end", async || {
                                device.store.has_crashed() || device.engine.waiting().await == Ok(0)
                            })
                            .await;
                        let _ = device.engine.message(one).await;
                    }
                }
                let crashed = device.store.has_crashed();
                let (device, account) = again(&server, device, plain.clone()).await;
                device.inbox_is(account, &["Two", "One"]).await;
                device.until("nothing to wait", async || device.engine.waiting().await == Ok(0)).await;
                let row = device.row(account, "One").await;
                assert_eq!((&row.flags, row.waiting), (&flags_there(), false), "{crash:?}");
                assert!(!promised || row.flags == [FLAGGED], "{crash:?}: what was promised was not sent");
                assert_eq!(device.engine.message(id(&row)).await.expect("is readable"), letter("One"));
                let folder = device.mailbox(account, "INBOX").await;
                let unseen = device.inbox(account).await.len();
                assert_eq!((folder.total, folder.unseen), (Some(2), u32::try_from(unseen).ok()), "{crash:?}");
                if !crashed {
                    return;
                }
            }
            panic!("no run came to its end");
        })
        .await;
}
