//! Mail that lives on this device: mailboxes, moves, copies, the trash; and what of it reaches the server.

use crate::pop3::{QUIT, SIZE, added, look, sent, session, session_with, take};
use crate::support::{Device, deleting, id, local};
use std::collections::BTreeMap;
use std::time::Duration;
use waypost_store::{
    Key, MailboxRecord, MessageId, MessageRow, Pop3Settings, Read, ReadResult, Removal, Store, Table,
};
use waypost_sync::{ListFilter, ListOrder, ListQuery};
use waypost_testkit::script::{Script, ScriptedServer};
use waypost_testkit::split::next_random;

const INBOX: u32 = 1;

/// A device with three messages, A to C, and nothing more to come.
pub(crate) async fn filled(pop3: Pop3Settings) -> (ScriptedServer, Device) {
    let taken = take(1, 'A') + &take(2, 'B') + &take(3, 'C') + QUIT;
    let server = ScriptedServer::new().then(session(&[SIZE; 3], &["a", "b", "c"], &taken));
    let device = added(&server, pop3).await;
    (server, device)
}

pub(crate) async fn mailbox(device: &Device, name: &str) -> MailboxRecord {
    let known = device.engine.mailboxes(1).await.expect("reads");
    known.into_iter().find(|record| record.name == name).unwrap_or_else(|| panic!("there is no {name}"))
}

async fn rows(device: &Device, mailbox: u32) -> Vec<MessageRow> {
    let query = ListQuery {
        order: ListOrder::Subject,
        descending: false,
        filter: ListFilter::All,
        after: None,
        limit: 100,
    };
    let list = device.engine.list(1, mailbox, query).await.expect("reads");
    list.rows.iter().map(|row| serde_json::from_slice(row).expect("is a row")).collect()
}

pub(crate) async fn subjects(device: &Device, name: &str) -> Vec<String> {
    let mailbox = mailbox(device, name).await;
    let rows = rows(device, mailbox.id).await;
    assert_eq!(mailbox.total, u32::try_from(rows.len()).ok(), "{name}");
    rows.into_iter().map(|row| row.subject).collect()
}

async fn named(device: &Device, mailbox: u32, subject: &str) -> MessageId {
    let rows = rows(device, mailbox).await;
    id(rows.iter().find(|row| row.subject == subject).unwrap_or_else(|| panic!("there is no {subject}")))
}

async fn contents(device: &Device) -> u64 {
    let reads = vec![Read::Count(Table::Contents, Key::default())];
    match device.store.read(reads).await.expect("reads").first() {
        Some(ReadResult::Count(count)) => *count,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn is_sound(device: &Device) {
    let report = device.engine.verify(false).await.expect("reads");
    assert_eq!(report.problems, [], "of {} records", report.checked);
}

#[tokio::test(start_paused = true)]
async fn an_account_has_its_special_mailboxes_and_the_users_own_nest() {
    local(async {
        let (_server, device) = filled(Pop3Settings::default()).await;
        let names = async || {
            let known = device.engine.mailboxes(1).await.expect("reads");
            known.into_iter().map(|record| record.name).collect::<Vec<_>>()
        };
        let special = ["INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash"];
        assert_eq!(names().await, special);
        let work = device.engine.create_mailbox(1, "Work", None).await.expect("makes it");
        let harbour = device.engine.create_mailbox(1, "Harbour", Some(work.id)).await.expect("makes it");
        assert_eq!(harbour.name, "Work/Harbour");
        assert!(device.engine.create_mailbox(1, "work", None).await.is_err());
        device.engine.rename_mailbox(1, work.id, "Job", None).await.expect("renames it");
        assert_eq!(names().await[6..], ["Job", "Job/Harbour"]);
        let a = named(&device, INBOX, "A").await;
        device.engine.move_messages(&[a], harbour.id).await.expect("moves it");
        device.engine.delete_mailbox(1, work.id).await.expect("deletes it");
        assert_eq!(names().await, special);
        assert_eq!(subjects(&device, "Trash").await, ["A"]);
        let other = device.engine.create_mailbox(1, "Other", None).await.expect("makes it");
        assert!(other.id > harbour.id, "a number is not given twice");
        assert!(device.engine.delete_mailbox(1, INBOX).await.is_err());
        is_sound(&device).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_move_takes_all_along_and_can_be_taken_back() {
    local(async {
        let (_server, device) = filled(Pop3Settings::default()).await;
        let archive = mailbox(&device, "Archive").await.id;
        let a = named(&device, INBOX, "A").await;
        device.engine.change_flags(&[a], &["\\Flagged".to_owned()], &[]).await.expect("is stored");
        let octets = device.engine.message(a).await.expect("is here");
        let moved = device.engine.move_messages(&[a], archive).await.expect("moves it");
        assert_eq!(moved.iter().map(|moved| moved.from).collect::<Vec<_>>(), [a]);
        assert_eq!(subjects(&device, "INBOX").await, ["B", "C"]);
        assert_eq!(subjects(&device, "Archive").await, ["A"]);
        let there = moved[0].to;
        assert_eq!(there.uid, a.uid, "it keeps its number");
        assert_eq!(device.engine.message(there).await.expect("is here"), octets);
        assert_eq!(mailbox(&device, "Archive").await.flagged, 1);
        assert_eq!(mailbox(&device, "INBOX").await.flagged, 0);
        assert!(device.engine.message(a).await.is_err());
        let back = device.engine.move_messages(&[there], INBOX).await.expect("moves it back");
        assert_eq!(back[0].to, a);
        assert!(device.engine.move_messages(&[a], 99).await.is_err());
        assert_eq!(subjects(&device, "INBOX").await, ["A", "B", "C"]);
        is_sound(&device).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_copy_shares_the_octets_and_keeps_them_when_the_original_goes() {
    local(async {
        let (_server, device) = filled(Pop3Settings::default()).await;
        let (archive, trash) = (mailbox(&device, "Archive").await.id, mailbox(&device, "Trash").await.id);
        let a = named(&device, INBOX, "A").await;
        let octets = device.engine.message(a).await.expect("is here");
        let copy = device.engine.copy_messages(&[a], archive).await.expect("copies it")[0].to;
        let twin = device.engine.copy_messages(&[a], INBOX).await.expect("copies it")[0].to;
        assert_eq!(subjects(&device, "INBOX").await, ["A", "A", "B", "C"]);
        assert_eq!(contents(&device).await, 3);
        for gone in [a, twin] {
            let thrown = device.engine.delete_messages(&[gone]).await.expect("throws it away");
            device.engine.delete_messages(&[thrown[0].to]).await.expect("deletes it");
        }
        assert_eq!(rows(&device, trash).await, []);
        assert_eq!((contents(&device).await, device.engine.message(copy).await), (3, Ok(octets)));
        let thrown = device.engine.delete_messages(&[copy]).await.expect("throws it away");
        device.engine.delete_messages(&[thrown[0].to]).await.expect("deletes it");
        assert_eq!(contents(&device).await, 2);
        is_sound(&device).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_thrown_away_comes_back_to_where_it_was_until_the_trash_is_emptied() {
    local(async {
        let (_server, device) = filled(Pop3Settings::default()).await;
        let own = device.engine.create_mailbox(1, "Own", None).await.expect("makes it").id;
        let (a, b) = (named(&device, INBOX, "A").await, named(&device, INBOX, "B").await);
        let a = device.engine.move_messages(&[a], own).await.expect("moves it")[0].to;
        let thrown = device.engine.delete_messages(&[a, b]).await.expect("throws them away");
        assert_eq!(subjects(&device, "Trash").await, ["A", "B"]);
        let ids: Vec<MessageId> = thrown.iter().map(|moved| moved.to).collect();
        device.engine.restore_messages(&ids).await.expect("restores them");
        assert_eq!(subjects(&device, "Own").await, ["A"]);
        assert_eq!(subjects(&device, "INBOX").await, ["B", "C"]);

        let a = named(&device, own, "A").await;
        let thrown = device.engine.delete_messages(&[a]).await.expect("throws it away")[0].to;
        device.engine.delete_mailbox(1, own).await.expect("deletes it");
        let restored = device.engine.restore_messages(&[thrown]).await.expect("restores it");
        assert_eq!(restored[0].to.mailbox, INBOX, "its mailbox is gone");

        assert_eq!(device.engine.empty_mailbox(1, INBOX).await, Ok(3));
        assert_eq!(subjects(&device, "Trash").await, ["A", "B", "C"]);
        let trash = mailbox(&device, "Trash").await.id;
        assert_eq!(device.engine.empty_mailbox(1, trash).await, Ok(3));
        assert_eq!((subjects(&device, "Trash").await, contents(&device).await), (Vec::new(), 0));
        is_sound(&device).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_moved_out_leaves_the_server_where_the_settings_say_so() {
    let removal = Removal { when_moved: true, ..Removal::default() };
    let settings = || Pop3Settings { removal, ..Pop3Settings::default() };
    let taken = take(1, 'A') + &take(2, 'B') + &take(3, 'C') + QUIT;
    // Without TOP what is to be deleted is taken again and compared.
    let second = take(1, 'A') + &take(2, 'B') + "C: DELE 1\nS: +OK\nC: DELE 2\nS: +OK\n" + QUIT;
    let server = ScriptedServer::new().then(session(&[SIZE; 3], &["a", "b", "c"], &taken)).then(session(
        &[SIZE; 3],
        &["a", "b", "c"],
        &second,
    ));
    local(async {
        let device = added(&server, settings()).await;
        let archive = mailbox(&device, "Archive").await.id;
        let [a, b, c] = [
            named(&device, INBOX, "A").await,
            named(&device, INBOX, "B").await,
            named(&device, INBOX, "C").await,
        ];
        device.engine.move_messages(&[a, b, c], archive).await.expect("moves them");
        let back = named(&device, archive, "C").await;
        device.engine.move_messages(&[back], INBOX).await.expect("moves it back");
        look(&device, &server, 2).await;
        assert_eq!(device.standing("a").await, "deleted");
        assert_eq!(device.standing("b").await, "deleted");
        assert_eq!(device.standing("c").await, "both");
        assert_eq!(subjects(&device, "Archive").await, ["A", "B"]);
    })
    .await;
    server.assert_played();
    assert_eq!(sent(&server, "DELE"), 2);
}

/// A device whose one message was deleted here for good, and is to leave the server too.
async fn purged(server: &ScriptedServer) -> Device {
    let removal = Removal { when_deleted: true, ..Removal::default() };
    let device = added(server, Pop3Settings { removal, ..Pop3Settings::default() }).await;
    purge(&device, "A").await;
    assert_eq!(device.standing("a").await, "due");
    device
}

async fn purge(device: &Device, subject: &str) {
    let id = named(device, INBOX, subject).await;
    let thrown = device.engine.delete_messages(&[id]).await.expect("throws it away");
    device.engine.delete_messages(&[thrown[0].to]).await.expect("deletes it");
}

fn first() -> Script {
    session(&[SIZE], &["a"], &(take(1, 'A') + QUIT))
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_here_for_good_leaves_the_server_too() {
    let dele = "C: DELE 1\nS: +OK\n".to_owned();
    // Where its header can be seen alone it is compared.
    let compared = format!("{}{dele}", top('A'));
    for (capability, second) in [("", dele), ("S: TOP", compared)] {
        let server = ScriptedServer::new()
            .then(session_with(capability, &[SIZE], &["a"], &(take(1, 'A') + QUIT)))
            .then(session_with(capability, &[SIZE], &["a"], &(second + QUIT)))
            .then(session(&[], &[], QUIT));
        local(async {
            let device = purged(&server).await;
            look(&device, &server, 2).await;
            assert_eq!((device.standing("a").await, contents(&device).await), ("deleted", 0));
            look(&device, &server, 3).await;
            assert_eq!(rows(&device, INBOX).await, []);
        })
        .await;
        server.assert_played();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_here_takes_no_other_message_with_it_that_has_its_id_now() {
    // By its header where it can be seen alone; else by its size.
    let shown = format!("{}{}", top('B'), take(1, 'B'));
    for (capability, size, second) in [("S: TOP", SIZE, shown), ("", SIZE + 1, take(1, 'B'))] {
        let listed = |rest: &str| session_with(capability, &[size], &["a"], rest);
        let server = ScriptedServer::new()
            .then(session_with(capability, &[SIZE], &["a"], &(take(1, 'A') + QUIT)))
            .then(listed(&(second + QUIT)))
            .then(listed(QUIT));
        local(async {
            let device = purged(&server).await;
            look(&device, &server, 2).await;
            assert_eq!(
                (subjects(&device, "INBOX").await, device.standing("a").await),
                (vec!["B".to_owned()], "both")
            );
            look(&device, &server, 3).await;
            is_sound(&device).await;
        })
        .await;
        server.assert_played();
    }
}

fn top(letter: char) -> String {
    format!("C: TOP 1 0\nS: +OK\nS: Subject: {letter}\nS: \nS: .\n")
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_here_and_is_asked_for_again_is_taken_and_stays_on_the_server() {
    let server = ScriptedServer::new().then(first()).then(first());
    local(async {
        let device = purged(&server).await;
        device.engine.load_from_server(1, vec!["a".to_owned()]).await.expect("comes");
        device.online().await;
        assert_eq!(
            (subjects(&device, "INBOX").await, device.standing("a").await),
            (vec!["A".to_owned()], "both")
        );
        is_sound(&device).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_while_it_is_being_deleted_is_not_deleted() {
    let deleting = "C: DELE 1\nHOLD asked\nS: +OK";
    let server = ScriptedServer::new().then(first()).then(session(&[SIZE], &["a"], deleting)).then(first());
    local(async {
        let device = purged(&server).await;
        device.engine.sync_now(1);
        device.until("it to be deleted", async || sent(&server, "DELE") == 1).await;
        let load = device.engine.load_from_server(1, vec!["a".to_owned()]);
        let release = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            server.release("asked");
        };
        let (loaded, ()) = tokio::join!(load, release);
        assert_eq!(loaded, Ok(()));
        device.online().await;
        assert_eq!((server.endpoints().len(), sent(&server, "QUIT")), (3, 2), "QUIT would have deleted it");
        assert_eq!(
            (subjects(&device, "INBOX").await, device.standing("a").await),
            (vec!["A".to_owned()], "both")
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_here_and_came_again_is_not_deleted_there_unproven() {
    // Of another size it may be another message, and without TOP only RETR tells.
    let grown = session(&[SIZE + 1], &["a"], &(take(1, 'A') + QUIT));
    let server = ScriptedServer::new().then(first()).then(grown);
    local(async {
        let device = purged(&server).await;
        look(&device, &server, 2).await;
        assert_eq!(
            (subjects(&device, "INBOX").await, device.standing("a").await),
            (vec!["A".to_owned()], "both")
        );
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_here_while_a_check_compares_it_does_not_come_back() {
    let both = |rest: &str| session(&[SIZE; 2], &["a", "b"], rest);
    // Without TOP both are taken again to compare them.
    let second = format!("HOLD deleted\n{}{}C: DELE 2\nS: +OK\n{QUIT}", take(1, 'A'), take(2, 'B'));
    let server = ScriptedServer::new().then(both(&(take(1, 'A') + &take(2, 'B') + QUIT))).then(both(&second));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        let store = device.store.clone();
        let commits = store.strict_commits();
        device.engine.set_pop3(1, deleting()).await.expect("is stored");
        device.until("both to be noted", async || store.strict_commits() > commits).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        purge(&device, "A").await;
        server.release("deleted");
        device.until("the check", async || sent(&server, "QUIT") == 2).await;
        device.online().await;
        assert_eq!(subjects(&device, "INBOX").await, ["B"]);
        assert_eq!((device.standing("a").await, device.standing("b").await), ("onServer", "deleted"));
        is_sound(&device).await;
    })
    .await;
    server.assert_played();
}

/// A message that was moved out of the inbox, which takes it off the server, as soon as what is stored here is kept.
async fn moved_out() -> (ScriptedServer, Device, MessageId) {
    let nothing = || session(&[SIZE], &["a"], QUIT);
    let server = ScriptedServer::new().then(first()).then(nothing()).then(nothing());
    let removal = Removal { when_moved: true, ..Removal::default() };
    let device = added(&server, Pop3Settings { removal, ..Pop3Settings::default() }).await;
    device.watch.set_evictable(true);
    let archive = mailbox(&device, "Archive").await.id;
    let a = named(&device, INBOX, "A").await;
    let moved = device.engine.move_messages(&[a], archive).await.expect("moves it").remove(0).to;
    (server, device, moved)
}

#[tokio::test(start_paused = true)]
async fn what_is_moved_back_into_the_inbox_stays_on_the_server_though_a_check_has_noted_its_move() {
    local(async {
        let (server, device, moved) = moved_out().await;
        look(&device, &server, 2).await;
        assert_eq!(device.standing("a").await, "due", "it is held back");
        device.engine.move_messages(&[moved], INBOX).await.expect("moves it back");
        assert_eq!(device.standing("a").await, "both");
        device.watch.set_evictable(false);
        look(&device, &server, 3).await;
        assert_eq!(device.standing("a").await, "both");
        server.assert_played();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_moved_back_while_a_check_takes_note_of_its_move_stays_on_the_server() {
    local(async {
        let (server, device, moved) = moved_out().await;
        device.store.delay_answer(Table::Uidls, Duration::from_secs(1));
        device.engine.sync_now(1);
        device.until("the check to read the notes", async || !device.store.will_delay()).await;
        device.engine.move_messages(&[moved], INBOX).await.expect("moves it back");
        device.until("the check to end", async || sent(&server, "QUIT") == 2).await;
        device.online().await;
        device.watch.set_evictable(false);
        look(&device, &server, 3).await;
        assert_eq!(device.standing("a").await, "both");
        server.assert_played();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_in_doubt_leaves_the_server_by_name_and_not_because_it_left_the_inbox() {
    let removed = || take(1, 'A') + "C: DELE 1\nS: +OK\n" + QUIT;
    let one = |rest: &str| session(&[SIZE], &["a"], rest);
    let server = ScriptedServer::new()
        .then(one(&removed()))
        // It is there again, and nothing is asked of it any more.
        .then(one(&(take(1, 'A') + QUIT)))
        .then(one(QUIT))
        .then(one(&removed()))
        .then(one(&(take(1, 'A') + QUIT)))
        .then(one(QUIT));
    local(async {
        let removal =
            Removal { after_download: true, when_moved: true, when_deleted: true, ..Removal::default() };
        let device = added(&server, Pop3Settings { removal, ..Pop3Settings::default() }).await;
        look(&device, &server, 2).await;
        let archive = mailbox(&device, "Archive").await.id;
        let a = named(&device, INBOX, "A").await;
        device.engine.move_messages(&[a], archive).await.expect("moves it");
        look(&device, &server, 3).await;
        assert_eq!(device.standing("a").await, "both");
        device.engine.delete_on_server(1, &["a".to_owned()]).await.expect("is stored");
        device.until("the next check", async || sent(&server, "QUIT") == 4).await;
        device.online().await;
        assert_eq!(device.standing("a").await, "deleted");
        // What was wished by name was wished once.
        look(&device, &server, 5).await;
        assert_eq!(device.standing("a").await, "both");
        look(&device, &server, 6).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn whatever_is_done_in_whatever_order_all_counts_and_orders_stay_right() {
    local(async {
        let (_server, device) = filled(Pop3Settings::default()).await;
        let mut random = 20_261_129;
        let mut below = |limit: usize| (next_random(&mut random) % limit as u64) as usize;
        for _ in 0..60 {
            let known = device.engine.mailboxes(1).await.expect("reads");
            let mut all: BTreeMap<u32, Vec<MessageId>> = BTreeMap::new();
            for record in &known {
                all.insert(record.id, rows(&device, record.id).await.iter().map(id).collect());
            }
            let target = known[below(known.len())].id;
            let source = known[below(known.len())].id;
            let ids: Vec<MessageId> = all[&source].iter().copied().filter(|_| below(3) > 0).collect();
            let engine = &device.engine;
            match below(6) {
                0 => drop(engine.move_messages(&ids, target).await.expect("moves")),
                1 if all.values().map(Vec::len).sum::<usize>() < 40 => {
                    drop(engine.copy_messages(&ids, target).await.expect("copies"));
                }
                2 => drop(engine.delete_messages(&ids[..ids.len().min(1)]).await.expect("deletes")),
                3 => drop(engine.restore_messages(&ids).await.expect("restores")),
                4 => engine.change_flags(&ids, &["\\Seen".to_owned()], &[]).await.unwrap_or_default(),
                _ => drop(engine.create_mailbox(1, &format!("M{}", below(9)), None).await),
            }
            is_sound(&device).await;
        }
    })
    .await;
}
