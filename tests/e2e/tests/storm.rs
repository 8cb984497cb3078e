//! Many changes on both sides in an order that a seed fixes, with restarts and cuts in between: in the end both sides agree.

use std::collections::BTreeMap;
use tokio::task::LocalSet;
use waypost_e2e::{Device, Memory, Relay, deliver, id, letter, robin, settings};
use waypost_store::{Protocol, Security};
use waypost_sync::AccountSettings;
use waypost_testkit::servers::{Dovecot, Options, Server, require};
use waypost_testkit::split::next_random;

const FLAGS: [&str; 3] = ["\\Seen", "\\Flagged", "$Work"];

/// UID and flags of each message, sorted.
type State = BTreeMap<u32, Vec<String>>;

fn there(server: &Dovecot) -> State {
    let found = server.list(&robin().name, "INBOX").expect("lists");
    found.into_iter().map(|found| (found.uid, sorted(found.flags))).collect()
}

async fn here(device: &Device, account: u32) -> State {
    let rows = device.inbox(account).await;
    rows.into_iter().map(|row| (id(&row).uid, sorted(row.flags))).collect()
}

fn sorted(mut flags: Vec<String>) -> Vec<String> {
    flags.sort();
    flags
}

/// A random one of the UIDs on a side.
fn pick(state: &State, random: u64) -> Option<u32> {
    let index = usize::try_from(random).ok()?.checked_rem(state.len())?;
    state.keys().nth(index).copied()
}

async fn storm(server: &Dovecot, seed: u64) {
    let relay = Relay::start(server.ports().imap).await;
    let plain = settings(server, Protocol::Imap, Security::None);
    let mut device = Device::start(server, Memory::default());
    let account = device.add(AccountSettings { port: relay.port, ..plain }).await.expect("signs in");
    let mut state = seed;
    let mut next = || next_random(&mut state);
    for step in 0..60 {
        let flag = [FLAGS[usize::try_from(next() % 3).expect("small")].to_owned()];
        let (add, remove): (&[String], &[String]) = if next() % 2 == 0 { (&flag, &[]) } else { (&[], &flag) };
        match next() % 12 {
            0..3 => deliver(server, &letter(&format!("Storm {seed} {step}"))),
            3..5 => {
                if let Some(uid) = pick(&there(server), next()) {
                    server.change_flags(&robin().name, "INBOX", uid, add, remove).expect("changes");
                }
            }
            5 => {
                if let Some(uid) = pick(&there(server), next()) {
                    server.expunge(&robin().name, "INBOX", uid).expect("expunges");
                }
            }
            6..9 => {
                let rows = device.inbox(account).await;
                if let Some(row) = rows.get(usize::try_from(next()).unwrap_or(0) % rows.len().max(1)) {
                    device.engine.change_flags(&[id(row)], add, remove).await.expect("is stored");
                }
            }
            9 => relay.cut_after(usize::try_from(next() % 4000).expect("small")),
            10 => {
                device = Device::start(server, device.kill());
                // A cut may hit the login; then there is no password until the next try.
                let _ = device.sign_in(account).await;
            }
            _ => tokio::time::sleep(std::time::Duration::from_millis(next() % 120)).await,
        }
    }
    relay.carry_on();
    if device.sign_in(account).await.is_err() {
        device.sign_in(account).await.expect("nothing cuts any more");
    }
    device
        .until(&format!("both sides to agree (seed {seed})"), async || {
            let here = here(&device, account).await;
            // Older messages than those of the first page are not asked for.
            let oldest = here.keys().next().copied().unwrap_or(0);
            device.engine.waiting().await == Ok(0) && here == there(server).split_off(&oldest)
        })
        .await;
    let folder = device.mailbox(account, "INBOX").await;
    let rows = here(&device, account).await;
    let total = there(server).len();
    let unseen = rows.values().filter(|flags| !flags.contains(&"\\Seen".to_owned())).count();
    assert_eq!((folder.total, folder.unseen), (u32::try_from(total).ok(), u32::try_from(unseen).ok()));
    assert!(rows.len() >= total.min(100), "{} of {total}", rows.len());
    assert!(device.inbox(account).await.iter().all(|row| !row.waiting));
}

#[tokio::test]
async fn after_a_storm_of_changes_both_sides_agree() {
    let Some(server) = require(Dovecot::start(Options::default())) else { return };
    LocalSet::new()
        .run_until(async {
            for seed in 1..=3 {
                storm(&server, seed).await;
            }
        })
        .await;
}
