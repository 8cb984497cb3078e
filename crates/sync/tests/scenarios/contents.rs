//! Octets of messages: large ones, crashes while they arrive, files made of them, and what goes when room is short.

use crate::maildrop::{Disk, Maildrop, octets, size_of};
use crate::support::{deleting, first_page, id, local, settings, signed_in};
use futures_util::FutureExt;
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_local};
use waypost_store::{BODY_CHUNK, Batch, Key, MessageRow, Protocol, Security, Store, Table};
use waypost_sync::{AccountSettings, AccountState, Connect, Engine, Tally};
use waypost_testkit::platform::TestPlatform;
use waypost_testkit::script::ScriptedServer;
use waypost_wire::Secret;

struct Device<C: Connect + 'static> {
    engine: Engine<TestPlatform<C, Disk>>,
    disk: Disk,
    run: JoinHandle<()>,
}

impl<C: Connect> Drop for Device<C> {
    fn drop(&mut self) {
        self.run.abort();
    }
}

impl<C: Connect> Device<C> {
    fn start(server: C, disk: &Disk) -> Self {
        let engine = Engine::new(TestPlatform::new(server, disk.clone()));
        let driven = engine.clone();
        let run = spawn_local(async move { driven.run().await });
        Self { engine, disk: disk.clone(), run }
    }

    async fn until(&self, what: &str, mut check: impl AsyncFnMut() -> bool) {
        for _ in 0..100_000 {
            if check().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("waited in vain for {what}; the account is {:?}", self.engine.state(1));
    }

    async fn online(&self) {
        self.until("the account to be online", async || self.engine.state(1) == AccountState::Online).await;
    }

    async fn rows(&self) -> Vec<MessageRow> {
        let rows = self.engine.rows(1, 1, None, u32::MAX).await.expect("rows are readable");
        rows.iter().map(|row| serde_json::from_slice(row).expect("a row is JSON")).collect()
    }

    async fn row(&self, uid: u32) -> MessageRow {
        self.rows().await.into_iter().find(|row| id(row).uid == uid).expect("there is such a message")
    }
}

fn pop3() -> AccountSettings {
    AccountSettings { pop3: deleting(), ..settings(Protocol::Pop3, Security::Tls) }
}

const PASSWORD: &str = "a password";

#[tokio::test(start_paused = true)]
async fn a_message_of_200_mebibytes_comes_and_goes_out_in_bounded_memory() {
    let size = size_of(200 * 1024 * 1024);
    let maildrop = Maildrop::default();
    maildrop.put("a", size);
    local(async {
        let device = Device::start(maildrop.clone(), &Disk::beside(&maildrop));
        device.engine.add_account(pop3(), Secret::from(PASSWORD)).await.expect("signs in");
        device.online().await;
        // It was read back and its hash compared, or it would still be there.
        assert!(maildrop.is_empty());
        let row = device.rows().await.remove(0);
        assert_eq!((row.subject.as_str(), row.size, row.body), ("large", size, true));
        let view = device.engine.message_view(id(&row)).await.expect("is readable");
        assert!(view.text.starts_with("From time to time") && view.text.len() < 5 * 1024 * 1024);
        let mut source = device.engine.open_source(id(&row)).await.expect("opens");
        let mut read = 0;
        while let Some(piece) = source.next().await.expect("is read") {
            assert!(piece == octets(read..read + piece.len() as u64), "at {read}");
            read += piece.len() as u64;
        }
        assert_eq!(read, size);
        let (held, read) = device.disk.most_held();
        assert!(held <= 3 * 1024 * 1024 && read <= 1024 * 1024, "{held} octets held, {read} read at once");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn many_small_messages_come_and_no_session_deletes_more_than_500() {
    let maildrop = Maildrop::default();
    (0..1300).for_each(|number| maildrop.put(&format!("id{number}"), size_of(1000)));
    local(async {
        let device = Device::start(maildrop.clone(), &Disk::beside(&maildrop));
        device.engine.add_account(pop3(), Secret::from(PASSWORD)).await.expect("signs in");
        device.until("the maildrop to be empty", async || maildrop.is_empty()).await;
        device.online().await;
        let mailboxes = device.engine.mailboxes(1).await.expect("reads");
        assert_eq!(mailboxes.iter().find_map(|mailbox| mailbox.total), Some(1300));
        let report = device.engine.verify(false).await.expect("is looked through");
        assert_eq!(report.problems, []);
        let deletions = maildrop.deletions();
        assert_eq!(deletions.iter().sum::<usize>(), 1300);
        assert!(deletions.iter().all(|deleted| (1..=500).contains(deleted)), "{deletions:?}");
        assert!(deletions.len() < 10, "{deletions:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn while_the_store_is_slow_two_batches_wait_and_then_the_line_waits_too() {
    let maildrop = Maildrop::default();
    (0..3000).for_each(|number| maildrop.put(&format!("id{number}"), size_of(16 * 1024)));
    local(async {
        let disk = Disk::beside(&maildrop);
        disk.slow_down(Duration::from_secs(10));
        let device = Device::start(maildrop.clone(), &disk);
        device
            .engine
            .add_account(settings(Protocol::Pop3, Security::Tls), Secret::from(PASSWORD))
            .await
            .expect("signs in");
        device.online().await;
        let mailboxes = device.engine.mailboxes(1).await.expect("reads");
        assert_eq!(mailboxes.iter().find_map(|mailbox| mailbox.total), Some(3000));
        // What is being stored, and what waits: each two batches of 4 MiB.
        let (held, _) = device.disk.most_held();
        assert!((12 << 20..17 << 20).contains(&held), "{held} octets held");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_is_deleted_while_the_next_message_does_not_come_on() {
    let maildrop = Maildrop::default();
    maildrop.put("a", size_of(1000));
    maildrop.put("b", size_of(1000));
    maildrop.stick_in("b");
    local(async {
        let disk = Disk::beside(&maildrop);
        disk.slow_down(Duration::from_secs(1));
        let device = Device::start(maildrop.clone(), &disk);
        device.engine.add_account(pop3(), Secret::from(PASSWORD)).await.expect("signs in");
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert!(matches!(device.engine.state(1), AccountState::Syncing { .. }), "the session goes on");
        assert_eq!((device.rows().await.len(), maildrop.asked_to_delete()), (1, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_while_a_large_message_arrives_leaves_it_on_the_server_or_whole_here() {
    let size = size_of(5 * 1024 * 1024);
    let mut places = 0;
    for (commits, done) in (0..).flat_map(|commits| [(commits, false), (commits, true)]) {
        let maildrop = Maildrop::default();
        maildrop.put("a", size);
        let disk = Disk::beside(&maildrop);
        disk.crash_after(commits, done);
        local(async {
            let device = Device::start(maildrop.clone(), &disk);
            if device.engine.add_account(pop3(), Secret::from(PASSWORD)).await.is_ok() {
                let ended = async || disk.has_crashed() || device.engine.state(1) == AccountState::Online;
                device.until("a crash or the end", ended).await;
            }
        })
        .await;
        let restarted = disk.restarted();
        local(async {
            let device = Device::start(maildrop.clone(), &restarted);
            let known = !device.engine.accounts().await.expect("reads").is_empty();
            if known {
                device.engine.sign_in(1, Secret::from(PASSWORD)).await.expect("signs in");
            } else {
                device.engine.add_account(pop3(), Secret::from(PASSWORD)).await.expect("signs in");
            }
            device.online().await;
            assert!(maildrop.is_empty(), "crash {commits} {done}");
            let rows = device.rows().await;
            assert_eq!((rows.len(), rows[0].size, rows[0].body), (1, size, true), "crash {commits} {done}");
            let report = device.engine.verify(false).await.expect("is looked through");
            assert_eq!(report.problems, [], "crash {commits} {done}");
            let bodies = restarted.keys(Table::Bodies).await.len();
            assert_eq!(bodies as u64, size.div_ceil(BODY_CHUNK as u64), "crash {commits} {done}: leftovers");
            assert_eq!(restarted.keys(Table::Contents).await.len(), 1, "crash {commits} {done}");
        })
        .await;
        places += 1;
        if !disk.has_crashed() {
            break;
        }
    }
    assert!(places > 12, "only {places} places of a crash");
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_leaves_as_mboxrd_oldest_first_and_says_what_is_missing() {
    let maildrop = Maildrop::default();
    let sizes = [size_of(1_000), size_of(3 * 1024 * 1024), size_of(200)];
    for (number, size) in sizes.iter().enumerate() {
        maildrop.put(&format!("id {number}"), *size);
    }
    local(async {
        let device = Device::start(maildrop.clone(), &Disk::beside(&maildrop));
        device.engine.add_account(pop3(), Secret::from(PASSWORD)).await.expect("signs in");
        device.online().await;
        let mut file = device.engine.export_mailbox(1, 1).await.expect("is exported");
        assert_eq!(file.name, "INBOX.mbox");
        let mut mbox = Vec::new();
        while let Some(piece) = file.stream.next().await.expect("is written") {
            mbox.extend(piece);
        }
        assert_eq!(file.stream.tally(), Tally { written: 3, left_out: 0, damaged: 0 });
        let expected = sizes.map(|size| String::from_utf8(octets(0..size)).expect("is text"));
        assert_eq!(read_back(&String::from_utf8(mbox).expect("is text")), expected);

        let row = device.row(1).await;
        let file = device.engine.export_message(id(&row)).await.expect("is exported");
        assert!(file.name.ends_with("large.eml"), "{}", file.name);

        // Octets that are lost do not keep the rest from being saved.
        device.disk.lose_last_chunk(&device.row(2).await).await;
        let mut file = device.engine.export_mailbox(1, 1).await.expect("is exported");
        while file.stream.next().await.expect("is written").is_some() {}
        assert_eq!(file.stream.tally(), Tally { written: 2, left_out: 0, damaged: 1 });
    })
    .await;
}

/// The messages of an mbox file: written independently of the writer, after RFC 4155 and the rule of mboxrd.
fn read_back(mbox: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in mbox.split_inclusive('\n') {
        if line.starts_with("From ") {
            messages.push(String::new());
            continue;
        }
        let unquoted = line.trim_start_matches('>').starts_with("From ").then(|| &line[1..]);
        let message = messages.last_mut().expect("a file begins with a separator");
        message.push_str(&unquoted.unwrap_or(line).replace('\n', "\r\n"));
    }
    // The empty line before the next separator is not of the message.
    messages.iter().map(|message| message.strip_suffix("\r\n").expect("an empty line").to_owned()).collect()
}

/// A server with two messages, which are fetched one after the other.
fn two_fetched() -> ScriptedServer {
    let body = |letter: &str| letter.repeat(286);
    let page = first_page(&[(5, "", "One"), (9, "", "Two")]);
    let fetched = |tag: char, sequence: u32, uid: u32, letter: &str| {
        format!(
            "C: {{{tag}}} UID FETCH {uid} (BODY.PEEK[])
             S: * {sequence} FETCH (UID {uid} BODY[] {{300}}
             S: Subject: x
             S:
             S: {})
             S: {{{tag}}} OK",
            body(letter)
        )
    };
    ScriptedServer::new().then(signed_in(
        2,
        7,
        &format!(
            "{page}\nC: {{e}} IDLE\nS: + idling\nC: DONE\nS: {{e}} OK\n{}\nC: {{g}} IDLE\nS: + idling\nC: DONE\nS: {{g}} OK\n{}\n\
             C: {{i}} IDLE\nS: + idling",
            fetched('f', 1, 5, "a"),
            fetched('h', 2, 9, "b")
        ),
    ))
}

async fn with_two(disk: &Disk, before_the_second: impl FnOnce(&Disk)) -> Device<ScriptedServer> {
    let device = Device::start(two_fetched(), disk);
    let settings = settings(Protocol::Imap, Security::Tls);
    device.engine.add_account(settings, Secret::from(PASSWORD)).await.expect("signs in");
    device.online().await;
    device.engine.message(id(&device.row(5).await)).await.expect("is fetched");
    device.online().await;
    before_the_second(disk);
    device.engine.message(id(&device.row(9).await)).await.expect("is fetched");
    device
}

#[tokio::test(start_paused = true)]
async fn a_budget_takes_away_what_was_not_read_for_longest_and_its_row_says_so() {
    local(async {
        let device = with_two(&Disk::default(), |_| {}).await;
        let usage = device.engine.usage().await.expect("reads").remove(0);
        assert_eq!((usage.cache.count, usage.cache.octets, usage.rows.count), (2, 600, 2));
        assert_eq!(usage.only_copy.count, 0);
        device.engine.set_budget(Some(400)).await.expect("is set");
        let (one, two) = (device.row(5).await, device.row(9).await);
        assert_eq!((one.body, one.content, one.sha256), (false, None, None));
        assert!(two.body);
        let usage = device.engine.usage().await.expect("reads").remove(0);
        assert_eq!((usage.cache.count, usage.cache.octets, usage.rows.count), (1, 300, 2));
        assert_eq!(device.disk.keys(Table::Bodies).await.len(), 1);
        assert_eq!(device.engine.verify(false).await.expect("is looked through").problems, []);
        device.engine.set_budget(Some(0)).await.expect("is set");
        assert_eq!(device.disk.keys(Table::Bodies).await.len(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_goes_first_was_not_read_for_longest_whatever_came_first() {
    // Either is read last once: nothing but that decides.
    for (first, last) in [(9, 5), (5, 9)] {
        local(async {
            let device = with_two(&Disk::default(), |_| {}).await;
            // Reading what is here needs no server, and the script knows of no hours.
            device.engine.sign_out(1).await.expect("signs out");
            for uid in [last, first, last] {
                tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
                device.engine.message(id(&device.row(uid).await)).await.expect("is here");
            }
            device.engine.set_budget(Some(400)).await.expect("is set");
            assert_eq!((device.row(first).await.body, device.row(last).await.body), (false, true));
            assert_eq!(device.engine.verify(false).await.expect("is looked through").problems, []);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_device_makes_room_by_what_the_server_has_too() {
    local(async {
        let device = with_two(&Disk::default(), |disk| disk.limit(Some(400))).await;
        let (one, two) = (device.row(5).await, device.row(9).await);
        assert_eq!((one.body, two.body), (false, true));
        assert_eq!(device.engine.verify(false).await.expect("is looked through").problems, []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_another_account_does_not_take_away_the_room_that_was_made() {
    let spoil = |disk: &Disk| {
        disk.limit(Some(400));
        // Octets of another account that were read an hour after 1970, whose record can't be read.
        let id = [2, 1, 7, 1];
        let used = Key::default().with_text("used").with_number(1);
        let used = id.iter().fold(used, |key, number| key.with_number(*number));
        let mut batch = Batch::default();
        batch.put(Table::Meta, used, Vec::new());
        batch.put(Table::Contents, Key::numbers(&id), b"?".to_vec());
        disk.commit(batch).now_or_never().expect("waits for nothing").expect("commits");
    };
    local(async {
        let device = with_two(&Disk::default(), spoil).await;
        assert_eq!((device.row(5).await.body, device.row(9).await.body), (false, true));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_full_device_never_makes_room_by_an_only_copy() {
    let maildrop = Maildrop::default();
    maildrop.put("a", size_of(100_000));
    local(async {
        let disk = Disk::beside(&maildrop);
        let device = Device::start(maildrop.clone(), &disk);
        device.engine.add_account(pop3(), Secret::from(PASSWORD)).await.expect("signs in");
        device.online().await;
        disk.limit(Some(150_000));
        maildrop.put("b", size_of(100_000));
        device.engine.sync_now(1);
        let is_full = async || {
            matches!(device.engine.state(1), AccountState::Offline { error, .. } if error.code == "store-full")
        };
        device.until("the device to be full", is_full).await;
        device.engine.set_budget(Some(0)).await.expect("is set");
        assert!(!maildrop.is_empty(), "what has no room stays on the server");
        assert_eq!(device.rows().await.iter().map(|row| row.body).collect::<Vec<_>>(), [true]);
        disk.limit(None);
        device.engine.sync_now(1);
        device.online().await;
        assert_eq!((device.rows().await.len(), maildrop.is_empty()), (2, true));
    })
    .await;
}
