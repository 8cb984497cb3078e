//! Rules for what arrives, and what becomes of them where a mailbox goes.

use crate::local::{filled, is_sound, mailbox, subjects};
use crate::pop3::{QUIT, SIZE, added, look, session, take};
use crate::support::{deleting, local};
use futures_util::FutureExt;
use waypost_store::{Action, Batch, Condition, Key, Pop3Settings, Rule, Store, Table};
use waypost_sync::{Point, StorageState};
use waypost_testkit::script::ScriptedServer;

#[tokio::test(start_paused = true)]
async fn what_arrives_for_a_mailbox_that_was_deleted_meanwhile_goes_to_the_inbox() {
    let deleted = |id, letter| {
        let taken = take(1, letter) + "C: DELE 1\nS: +OK\n" + QUIT;
        session(&[SIZE], &[id], &taken)
    };
    let server = ScriptedServer::new().then(deleted("a", 'A')).then(deleted("b", 'B'));
    local(async {
        let device = added(&server, deleting()).await;
        let own = device.engine.create_mailbox(1, "Own", None).await.expect("is made").id;
        let rule = Rule {
            name: String::new(),
            conditions: vec![Condition::Subject("B".to_owned())],
            actions: vec![Action::Move(own)],
            last: false,
        };
        device.engine.set_rules(1, vec![rule]).await.expect("are stored");
        let store = device.store.clone();
        device.watch.on(Point::BeforePut, move || {
            let mut batch = Batch::default();
            batch.delete(Table::Mailboxes, Key::numbers(&[1, own.into()]));
            store.commit(batch).now_or_never().expect("waits for nothing").expect("deletes it");
        });
        look(&device, &server, 2).await;
        assert_eq!(subjects(&device, "INBOX").await, ["A", "B"]);
        assert_eq!(device.standing("b").await, "deleted");
        is_sound(&device).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn rules_put_arriving_mail_where_they_say() {
    let first = take(1, 'A') + QUIT;
    let second = take(2, 'B') + &take(3, 'C') + &take(4, 'D') + QUIT;
    let server = ScriptedServer::new().then(session(&[SIZE], &["a"], &first)).then(session(
        &[SIZE; 4],
        &["a", "b", "c", "d"],
        &second,
    ));
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        let own = device.engine.create_mailbox(1, "Own", None).await.expect("makes it").id;
        let subject = |text: &str| vec![Condition::Subject(text.to_owned())];
        let rule = |conditions, actions| Rule { name: String::new(), conditions, actions, last: false };
        let flag = Action::Flag("\\Flagged".to_owned());
        device
            .engine
            .set_rules(
                1,
                vec![
                    rule(subject("b"), vec![Action::Move(own), flag]),
                    rule(subject("c"), vec![Action::Delete]),
                ],
            )
            .await
            .expect("are stored");
        look(&device, &server, 2).await;
        assert_eq!(subjects(&device, "INBOX").await, ["A", "D"]);
        assert_eq!(subjects(&device, "Trash").await, ["C"]);
        assert_eq!(subjects(&device, "Own").await, ["B"]);
        assert_eq!(mailbox(&device, "Own").await.flagged, 1);
        assert!(device.engine.set_rules(1, vec![rule(vec![], vec![Action::Move(99)])]).await.is_err());
        is_sound(&device).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn no_rule_leads_into_a_mailbox_that_was_deleted_and_the_others_can_be_stored_again() {
    local(async {
        let (_server, device) = filled(Pop3Settings::default()).await;
        let own = device.engine.create_mailbox(1, "Own", None).await.expect("makes it").id;
        let inner = device.engine.create_mailbox(1, "Inner", Some(own)).await.expect("makes it").id;
        let rule = |actions| Rule { name: String::new(), conditions: vec![], actions, last: false };
        let flag = || Action::Flag("\\Flagged".to_owned());
        let rules = vec![
            rule(vec![Action::Move(own)]),
            rule(vec![Action::Move(inner), flag()]),
            rule(vec![Action::Delete]),
        ];
        device.engine.set_rules(1, rules).await.expect("are stored");
        device.engine.delete_mailbox(1, own).await.expect("deletes both");
        let left = device.engine.accounts().await.expect("reads").remove(0).rules;
        assert_eq!(left, [rule(vec![flag()]), rule(vec![Action::Delete])]);
        device.engine.set_rules(1, left).await.expect("are stored again");
        is_sound(&device).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn after_an_eviction_the_mailboxes_of_every_account_are_there_and_no_rule_leads_into_one_that_is_gone()
{
    let all = || session(&[SIZE; 2], &["a", "b"], &(take(1, 'A') + &take(2, 'B') + QUIT));
    let server = ScriptedServer::new().then(all()).then(all());
    local(async {
        let device = added(&server, Pop3Settings::default()).await;
        let own = device.engine.create_mailbox(1, "Own", None).await.expect("is made").id;
        let rule = |subject: &str, actions| Rule {
            name: String::new(),
            conditions: vec![Condition::Subject(subject.to_owned())],
            actions,
            last: false,
        };
        let rules = vec![rule("a", vec![Action::Move(own)]), rule("b", vec![Action::Delete])];
        device.engine.set_rules(1, rules.clone()).await.expect("are stored");
        let mut batch = Batch::default();
        Table::ALL.into_iter().for_each(|table| batch.delete_prefix(table, Key::default()));
        device.store.commit(batch).await.expect("empties it");
        device.engine.storage_changed(StorageState::Evicted).await.expect("stores the account");
        device.until("the mail to come", async || device.subjects().await == ["A"]).await;
        device.online().await;
        assert_eq!(subjects(&device, "Trash").await, ["B"]);
        assert_eq!(device.engine.accounts().await.expect("reads")[0].rules, rules[1..]);
        let names: Vec<String> =
            device.engine.mailboxes(1).await.expect("reads").into_iter().map(|one| one.name).collect();
        assert!(names.contains(&"Archive".to_owned()) && !names.contains(&"Own".to_owned()), "{names:?}");
        is_sound(&device).await;
    })
    .await;
    server.assert_played();
}
