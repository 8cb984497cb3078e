//! What `verify` finds and mends beyond rows and octets: records of accounts and folders that can't be read.

use crate::pop3::{QUIT, SIZE, added, look, session, take};
use crate::support::{Device, first_page, id, local, settings};
use std::collections::BTreeSet;
use waypost_store::{Batch, Key, MailboxRecord, Pop3Settings, Protocol, Security, Store, Table};
use waypost_sync::ProblemKind;
use waypost_testkit::script::{Script, ScriptedServer};

/// Octets that are no record.
async fn spoil(device: &Device, table: Table, keys: &[&[u64]]) {
    let mut batch = Batch::default();
    for key in keys {
        batch.put(table, Key::numbers(key), b"{".to_vec());
    }
    device.store.commit(batch).await.expect("commits");
}

async fn problems(device: &Device, repair: bool) -> BTreeSet<(ProblemKind, String, bool)> {
    let report = device.engine.verify(repair).await.expect("is looked through");
    report.problems.into_iter().map(|one| (one.kind, one.place, one.repaired)).collect()
}

fn damaged_folders(places: &[&str], repaired: bool) -> BTreeSet<(ProblemKind, String, bool)> {
    places.iter().map(|place| (ProblemKind::FolderDamaged, (*place).to_owned(), repaired)).collect()
}

async fn folders(device: &Device) -> Vec<MailboxRecord> {
    device.engine.mailboxes(1).await.expect("folders are readable")
}

#[tokio::test(start_paused = true)]
async fn a_folder_of_this_device_whose_record_is_lost_keeps_its_mail() {
    let taken = take(1, 'A') + &take(2, 'B') + QUIT;
    let server = ScriptedServer::new().then(session(&[SIZE; 2], &["a", "b"], &taken)).then(session(
        &[SIZE; 2],
        &["a", "b"],
        QUIT,
    ));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        let own = device.engine.create_mailbox(1, "Work", None).await.expect("makes it").id;
        device.engine.create_mailbox(1, &format!("recovered {own}"), None).await.expect("makes it");
        let b = id(&device.inbox().await.remove(0));
        device.engine.move_messages(&[b], own).await.expect("moves it");
        let before = folders(&device).await;
        assert_eq!(problems(&device, false).await, BTreeSet::new());

        spoil(&device, Table::Mailboxes, &[&[1, 1], &[1, own.into()]]).await;
        let places = ["1.1".to_owned(), format!("1.{own}")];
        let places = [places[0].as_str(), places[1].as_str()];
        assert_eq!(problems(&device, false).await, damaged_folders(&places, false));
        assert!(device.engine.mailboxes(1).await.is_err(), "nothing was written");
        assert_eq!(problems(&device, true).await, damaged_folders(&places, true));
        assert_eq!(problems(&device, false).await, BTreeSet::new());

        let mut after = folders(&device).await;
        let recovered = after.iter_mut().find(|record| record.id == own).expect("is there");
        assert_eq!(std::mem::replace(&mut recovered.name, "Work".to_owned()), format!("Recovered {own} (2)"));
        after.sort_by_key(|record| record.id);
        // When it was looked at last is not known any more.
        let mut expected: Vec<MailboxRecord> =
            before.into_iter().map(|record| MailboxRecord { synced_at: None, ..record }).collect();
        expected.sort_by_key(|record| record.id);
        assert_eq!(after, expected);
        look(&device, &server, 2).await;
        assert_eq!(device.subjects().await, ["A"]);
        assert_eq!(device.engine.rows(1, own, None, 9).await.expect("rows are readable").len(), 1);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_folder_of_a_server_whose_record_is_lost_comes_anew_and_the_inbox_keeps_its_rows() {
    let folders_there = "S: * LIST () \"/\" INBOX\nS: * LIST (\\Archive) \"/\" Old";
    let page = first_page(&[(5, "", "One")]);
    let script = format!(
        "S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
         C: {{a}} LOGIN {{rest}}
         S: {{a}} OK [CAPABILITY IMAP4rev1 IDLE] signed in
         C: {{b}} LIST \"\" \"*\"
         C: {{c}} SELECT INBOX
         {folders_there}
         S: {{b}} OK
         S: * 1 EXISTS
         S: * OK [UIDVALIDITY 3] as ever
         S: {{c}} OK
         {page}
         C: {{e}} IDLE
         S: + idling
         C: DONE
         S: {{e}} OK
         C: {{f}} LIST \"\" \"*\"
         C: {{g}} NOOP
         {folders_there}
         S: {{f}} OK
         S: {{g}} OK
         C: {{h}} IDLE
         S: + idling"
    );
    let server = ScriptedServer::new().then(Script::parse(&script));
    local(async {
        let device = Device::start(&server);
        device.add(settings(Protocol::Imap, Security::Tls)).await.expect("signs in");
        device.online().await;
        device.until("its mail", async || device.subjects().await == ["One"]).await;
        let names = async || {
            let known = folders(&device).await;
            known.into_iter().map(|one| (one.id, one.name)).collect::<Vec<_>>()
        };
        let named = |id, name: &str| (id, name.to_owned());
        assert_eq!(names().await, [named(1, "INBOX"), named(2, "Old")]);
        let inbox = folders(&device).await.remove(0);

        spoil(&device, Table::Mailboxes, &[&[1, 1], &[1, 2]]).await;
        assert_eq!(problems(&device, true).await, damaged_folders(&["1.1", "1.2"], true));
        assert_eq!(names().await, [named(1, "INBOX"), named(2, "Recovered 2")]);
        let again = folders(&device).await.remove(0);
        assert_eq!((again.uidvalidity, again.unseen), (inbox.uidvalidity, inbox.unseen));
        assert_eq!(device.subjects().await, ["One"]);

        device.engine.sync_now(1);
        device.until("the server's folders", async || names().await.contains(&named(3, "Old"))).await;
        assert_eq!(names().await, [named(1, "INBOX"), named(3, "Old")]);
        assert_eq!(device.subjects().await, ["One"]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn an_account_whose_record_is_lost_is_told_and_the_others_are_looked_through() {
    let server = ScriptedServer::new().then(session(&[SIZE], &["a"], &(take(1, 'A') + QUIT)));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        spoil(&device, Table::Accounts, &[&[9]]).await;
        spoil(&device, Table::Mailboxes, &[&[1, 1]]).await;
        let lost = (ProblemKind::AccountDamaged, "9".to_owned(), false);
        let mut expected = damaged_folders(&["1.1"], true);
        expected.insert(lost.clone());
        assert_eq!(problems(&device, true).await, expected);
        assert_eq!(problems(&device, false).await, BTreeSet::from([lost]));
    })
    .await;
    server.assert_played();
}
