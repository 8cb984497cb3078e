//! IMAP: changes that race, servers that refuse, die or count wrongly.

use crate::support::{Device, fetched, first_page, id, local, settings, signed_in};
use std::time::Duration;
use waypost_store::{Protocol, Security};
use waypost_testkit::script::{Script, ScriptedServer};
use waypost_testkit::split::Pieces;

const SEEN: &str = "\\Seen";
const FLAGGED: &str = "\\Flagged";

fn texts(flags: &[&str]) -> Vec<String> {
    flags.iter().map(|flag| (*flag).to_owned()).collect()
}

async fn signed(server: &ScriptedServer) -> Device {
    let device = Device::start(server);
    device.add(settings(Protocol::Imap, Security::Tls)).await.expect("signs in");
    device.online().await;
    device
}

fn two_messages(rest: &str) -> Script {
    let page = first_page(&[(5, "", "One"), (9, "\\Seen", "Two")]);
    signed_in(2, 7, &format!("{page}\nC: {{e}} IDLE\nS: + idling\n{rest}"))
}

#[tokio::test(start_paused = true)]
async fn a_change_that_waits_lies_over_the_servers_flags_until_the_server_has_it() {
    let server = ScriptedServer::new().then(two_messages(
        "C: DONE
         S: {e} OK
         C: {f} UID STORE 5 +FLAGS (\\Flagged)
         S: * 1 FETCH (FLAGS (\\Seen))
         HOLD answer
         S: * 1 FETCH (FLAGS (\\Seen \\Flagged))
         S: {f} OK stored
         C: {g} IDLE
         S: + idling",
    ));
    local(async {
        let device = signed(&server).await;
        let one = id(&device.row(5).await);
        device.engine.change_flags(&[one], &texts(&[FLAGGED]), &[]).await.expect("is stored");
        let mut seen_without = false;
        for _ in 0..20 {
            let row = device.row(5).await;
            seen_without |= !row.flags.contains(&FLAGGED.to_owned());
            assert!(row.waiting);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(!seen_without, "the row flickered");
        assert_eq!(device.engine.waiting().await, Ok(1));
        server.release("answer");
        device.until("nothing to wait", async || device.engine.waiting().await == Ok(0)).await;
        let row = device.row(5).await;
        assert_eq!((row.flags, row.waiting), (texts(&[SEEN, FLAGGED]), false));
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_is_dropped_and_the_row_shows_the_servers_flags_again() {
    let server = ScriptedServer::new().then(two_messages(
        "C: DONE
         S: {e} OK
         C: {f} UID STORE 5,9 +FLAGS ($Odd)
         S: {f} NO no keywords here
         C: {g} UID STORE 5 +FLAGS ($Odd)
         S: {g} NO no keywords here
         C: {h} UID FETCH 5 (FLAGS)
         S: * 1 FETCH (UID 5 FLAGS (\\Answered))
         S: {h} OK
         C: {i} UID STORE 9 +FLAGS ($Odd)
         S: {i} OK
         C: {j} IDLE
         S: + idling",
    ));
    local(async {
        let device = signed(&server).await;
        let ids = [id(&device.row(5).await), id(&device.row(9).await)];
        device.engine.change_flags(&ids, &texts(&["$Odd"]), &[]).await.expect("is stored");
        device.until("nothing to wait", async || device.engine.waiting().await == Ok(0)).await;
        let (one, two) = (device.row(5).await, device.row(9).await);
        assert_eq!((one.flags, one.waiting), (texts(&["\\Answered"]), false));
        assert_eq!((two.flags, two.waiting), (texts(&[SEEN, "$Odd"]), false));
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_change_that_the_server_can_not_make_now_waits_for_the_next_look_and_holds_up_nothing() {
    let server = ScriptedServer::new().then(two_messages(
        "C: DONE
         S: {e} OK
         C: {f} UID STORE 5 +FLAGS (\\Flagged)
         S: {f} NO [INUSE] another session writes
         C: {g} IDLE
         S: + idling
         S: * 2 FETCH (FLAGS ())
         C: DONE
         S: {g} OK
         C: {h} LIST \"\" \"*\"
         C: {i} NOOP
         S: * LIST () \"/\" INBOX
         S: {h} OK
         S: {i} OK
         C: {j} UID STORE 5 +FLAGS (\\Flagged)
         S: {j} OK
         C: {k} IDLE
         S: + idling",
    ));
    local(async {
        let device = signed(&server).await;
        let one = id(&device.row(5).await);
        device.engine.change_flags(&[one], &texts(&[FLAGGED]), &[]).await.expect("is stored");
        device.until("the server's news", async || device.row(9).await.flags.is_empty()).await;
        assert!(device.row(5).await.waiting);
        device.engine.sync_now(1);
        device.until("nothing to wait", async || device.engine.waiting().await == Ok(0)).await;
        assert_eq!(device.row(5).await.flags, texts(&[FLAGGED]));
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_leaves_uidvalidity_out_once_has_not_changed_it() {
    let script = |validity: &str, listing: &str, end: &str| {
        Script::parse(&format!(
            "S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN IDLE] ready
             C: {{a}} AUTHENTICATE PLAIN {{initial}}
             S: {{a}} OK [CAPABILITY IMAP4rev1 IDLE] signed in
             C: {{b}} LIST \"\" \"*\"
             C: {{c}} SELECT INBOX
             S: * LIST () \"/\" INBOX
             S: {{b}} OK listed
             S: * 1 EXISTS
             {validity}
             S: {{c}} OK opened
             {listing}
             C: {{e}} IDLE
             S: + idling
             {end}"
        ))
    };
    let first = script("S: * OK [UIDVALIDITY 7] as ever", &first_page(&[(5, "", "One")]), "CUT");
    let second = script("", "C: {d} UID FETCH 5:* (FLAGS)\nS: * 1 FETCH (UID 5 FLAGS ())\nS: {d} OK", "");
    let server = ScriptedServer::new().then(first).then(second);
    local(async {
        let device = signed(&server).await;
        device.until("the second connection", async || server.endpoints().len() == 2).await;
        device.online().await;
        let uidvalidities: Vec<u32> = device.inbox().await.iter().map(|row| id(row).uidvalidity).collect();
        assert_eq!(uidvalidities, [7]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn changes_made_offline_are_sent_oldest_first_and_survive_a_cut_before_the_answer() {
    let again = |rest: &str| {
        signed_in(
            2,
            7,
            &format!(
                "C: {{d}} UID FETCH 5:* (FLAGS)
                 S: * 1 FETCH (UID 5 FLAGS ())
                 S: * 2 FETCH (UID 9 FLAGS (\\Seen))
                 S: {{d}} OK
                 C: {{e}} UID STORE 5,9 +FLAGS (\\Flagged)
                 {rest}"
            ),
        )
    };
    let server = ScriptedServer::new().then(two_messages("WAIT 100\nCUT")).then(again("CUT")).then(again(
        "S: {e} OK
         C: {f} UID STORE 9 -FLAGS (\\Seen)
         S: {f} OK
         C: {g} IDLE
         S: + idling",
    ));
    local(async {
        let device = signed(&server).await;
        let (one, two) = (id(&device.row(5).await), id(&device.row(9).await));
        device.offline().await;
        device.engine.change_flags(&[one], &texts(&[FLAGGED]), &[]).await.expect("is stored");
        device.engine.change_flags(&[two], &texts(&[FLAGGED]), &[]).await.expect("is stored");
        device.engine.change_flags(&[two], &[], &texts(&[SEEN])).await.expect("is stored");
        assert_eq!(device.engine.waiting().await, Ok(3));
        device.until("nothing to wait", async || device.engine.waiting().await == Ok(0)).await;
        assert_eq!(device.row(5).await.flags, [FLAGGED]);
        assert_eq!(device.row(9).await.flags, [FLAGGED]);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_in_the_middle_of_a_body_leaves_nothing_that_looks_whole() {
    let body = "x".repeat(300);
    let script = two_messages(&format!(
        "C: DONE
         S: {{e}} OK
         C: {{f}} UID FETCH 5 (BODY.PEEK[])
         S: * 1 FETCH (UID 5 BODY[] {{400}}
         S: {body}
         CUT"
    ));
    let listed = "C: {d} UID FETCH 5:* (FLAGS)\nS: * 1 FETCH (UID 5 FLAGS ())\nS: * 2 FETCH (UID 9 FLAGS (\\Seen))\nS: {d} OK\nC: {e} IDLE\nS: + idling";
    let server = ScriptedServer::new().then(script).then(signed_in(2, 7, listed));
    local(async {
        let device = signed(&server).await;
        let one = id(&device.row(5).await);
        let error = device.engine.message(one).await.expect_err("it was cut");
        assert_eq!(error.code, "closed");
        let row = device.row(5).await;
        assert_eq!((row.body, row.sha256), (false, None));
        device.online().await;
        assert!(!device.row(5).await.body);
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_server_does_not_have_any_more_is_told_and_goes() {
    let server = ScriptedServer::new().then(two_messages(
        "C: DONE
         S: {e} OK
         C: {f} UID FETCH 5 (BODY.PEEK[])
         S: {f} OK nothing
         C: {g} IDLE
         S: + idling",
    ));
    local(async {
        let device = signed(&server).await;
        let one = id(&device.row(5).await);
        assert_eq!(device.engine.message(one).await.expect_err("it is gone").code, "message-gone");
        assert_eq!(device.subjects().await, ["Two"]);
        device.online().await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_counts_wrongly_is_listed_again() {
    let server = ScriptedServer::new().then(two_messages(&format!(
        "S: * 1 EXISTS
         C: DONE
         S: {{e}} OK
         C: {{f}} UID FETCH 5:* (FLAGS)
         S: * 1 FETCH (UID 9 FLAGS ())
         S: * 2 FETCH (UID 10 FLAGS ())
         S: * 2 EXISTS
         S: {{f}} OK
         C: {{g}} UID FETCH 10 ({{items}})
         {}
         S: {{g}} OK
         C: {{h}} IDLE
         S: + idling",
        fetched(2, 10, "", "Ten")
    )));
    local(async {
        let device = signed(&server).await;
        device.until("the list to be right", async || device.subjects().await == ["Ten", "Two"]).await;
        assert_eq!(device.row(9).await.flags, Vec::<String>::new());
        device.online().await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_silent_for_long_is_renewed_and_a_dead_one_is_given_up() {
    let server = ScriptedServer::new().then(two_messages(
        "C: DONE
         S: {e} OK
         C: {f} IDLE
         S: + idling
         C: DONE",
    ));
    local(async {
        let device = signed(&server).await;
        let from = tokio::time::Instant::now();
        device
            .until("the line to be given up", async || {
                device.engine.state(1) != waypost_sync::AccountState::Online
            })
            .await;
        let minutes = from.elapsed().as_secs() / 60;
        assert!((18..=20).contains(&minutes), "{minutes} minutes");
        assert_eq!(device.offline().await.0.code, "timeout");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn any_cut_of_the_stream_into_pieces_gives_the_same_rows() {
    for pieces in [Pieces::Of(1), Pieces::Of(7), Pieces::Seeded(3), Pieces::Seeded(4)] {
        let server = ScriptedServer::new().then(two_messages("S: * 1 EXPUNGE").in_pieces(pieces));
        local(async {
            let device = signed(&server).await;
            device.until("the expunge", async || device.subjects().await == ["Two"]).await;
        })
        .await;
        server.assert_played();
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_page_cut_anywhere_is_whole_after_the_next_connection() {
    let page = first_page(&[(5, "", "One"), (9, "\\Seen", "Two")]);
    let first = signed_in(2, 7, &page);
    let again = signed_in(2, 7, &format!("{page}\nC: {{e}} IDLE\nS: + idling"));
    let mut interrupted = 0;
    for cut in (1..first.octets()).step_by(13) {
        let server = ScriptedServer::new().then(first.clone().cut_after(cut)).then(again.clone());
        local(async {
            let device = Device::start(&server);
            if device.add(settings(Protocol::Imap, Security::Tls)).await.is_err() {
                assert_eq!(device.engine.accounts().await.expect("accounts"), []);
                return;
            }
            interrupted += 1;
            device.offline().await;
            device.online().await;
            assert_eq!(device.subjects().await, ["Two", "One"]);
            server.assert_played();
        })
        .await;
    }
    assert!(interrupted > 10, "{interrupted}");
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_was_refused_or_has_holes_removes_nothing() {
    let answers =
        ["S: {d} NO not today", "S: * 1 FETCH (UID 5 FLAGS ())\nS: * 3 FETCH (UID 12 FLAGS ())\nS: {d} OK"];
    for answer in answers {
        let asked = format!("C: {{d}} UID FETCH 5:* (FLAGS)\n{answer}\n").repeat(3);
        let page = first_page(&[(5, "", "One"), (9, "\\Seen", "Two")]);
        let idle = "C: {z} IDLE\nS: + idling";
        let server = ScriptedServer::new().then(two_messages("WAIT 100\nCUT")).then(signed_in(
            2,
            7,
            &format!("{asked}{page}\n{idle}"),
        ));
        local(async {
            let device = signed(&server).await;
            device.offline().await;
            device.online().await;
            assert_eq!(device.subjects().await, ["Two", "One"]);
        })
        .await;
        server.assert_played();
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_asked_for_twice_at_once_is_fetched_once() {
    let server = ScriptedServer::new().then(two_messages(
        "C: DONE
         S: {e} OK
         C: {f} UID FETCH 5 (BODY.PEEK[])
         S: * 1 FETCH (UID 5 BODY[] {15}
         S: Subject: x
         S: 
         S: y)
         S: {f} OK
         C: {g} IDLE
         S: + idling",
    ));
    local(async {
        let device = signed(&server).await;
        let one = id(&device.row(5).await);
        let both = futures_util::join!(device.engine.message(one), device.engine.message(one));
        assert_eq!(both, (Ok(b"Subject: x\r\n\r\ny".to_vec()), both.0.clone()));
        let row = device.row(5).await;
        assert_eq!((row.body, row.size, row.snippet.as_str()), (true, 15, "y"));
        device.online().await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_without_idle_is_asked_every_minute() {
    let server = ScriptedServer::new().then(Script::parse(&format!(
        "S: * OK [CAPABILITY IMAP4rev1] ready
         C: {{a}} LOGIN {{rest}}
         S: {{a}} OK [CAPABILITY IMAP4rev1] signed in
         C: {{b}} LIST \"\" \"*\"
         C: {{c}} SELECT INBOX
         S: * LIST () \"/\" INBOX
         S: {{b}} OK
         S: * 0 EXISTS
         S: * OK [UIDVALIDITY 3] as ever
         S: {{c}} OK
         C: {{d}} NOOP
         S: {{d}} OK
         C: {{e}} NOOP
         S: * 1 EXISTS
         S: {{e}} OK
         C: {{f}} FETCH 1 ({{items}})
         {}
         S: {{f}} OK
         C: {{g}} NOOP
         S: {{g}} OK",
        fetched(1, 1, "", "First")
    )));
    local(async {
        let device = signed(&server).await;
        let from = tokio::time::Instant::now();
        device.until("the message", async || device.subjects().await == ["First"]).await;
        assert!((115..=125).contains(&from.elapsed().as_secs()), "{:?}", from.elapsed());
        tokio::time::sleep(Duration::from_secs(70)).await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_can_not_be_opened_gives_way_to_inbox_and_keeps_its_changes() {
    let folders = "S: * LIST () \"/\" INBOX\nS: * LIST (\\Archive) \"/\" Old";
    let script = format!(
        "S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
         C: {{a}} LOGIN {{rest}}
         S: {{a}} OK [CAPABILITY IMAP4rev1 IDLE] signed in
         C: {{b}} LIST \"\" \"*\"
         C: {{c}} SELECT INBOX
         {folders}
         S: {{b}} OK
         S: * 0 EXISTS
         S: * OK [UIDVALIDITY 3] as ever
         S: {{c}} OK
         C: {{d}} IDLE
         S: + idling
         C: DONE
         S: {{d}} OK
         C: {{e}} SELECT Old
         S: * 1 EXISTS
         S: * OK [UIDVALIDITY 8] as ever
         S: {{e}} OK
         C: {{f}} FETCH 1 ({{items}})
         {}
         S: {{f}} OK
         C: {{g}} IDLE
         S: + idling
         WAIT 100
         CUT",
        fetched(1, 4, "", "Archived")
    );
    let closed = format!(
        "S: * OK [CAPABILITY IMAP4rev1 IDLE] ready
         C: {{a}} LOGIN {{rest}}
         S: {{a}} OK [CAPABILITY IMAP4rev1 IDLE] signed in
         C: {{b}} LIST \"\" \"*\"
         C: {{c}} SELECT Old
         {folders}
         S: {{b}} OK
         S: {{c}} NO broken today
         C: {{d}} SELECT INBOX
         S: * 0 EXISTS
         S: * OK [UIDVALIDITY 3] as ever
         S: {{d}} OK
         C: {{e}} SELECT Old
         S: {{e}} NO still broken
         C: {{f}} SELECT INBOX
         S: * 0 EXISTS
         S: * OK [UIDVALIDITY 3] as ever
         S: {{f}} OK
         C: {{g}} IDLE
         S: + idling"
    );
    let server = ScriptedServer::new().then(Script::parse(&script)).then(Script::parse(&closed));
    local(async {
        let device = signed(&server).await;
        let folders = device.engine.mailboxes(1).await.expect("folders");
        assert_eq!(folders[1].role.as_deref(), Some("archive"));
        let old = folders[1].id;
        device.engine.show_mailbox(1, old).await.expect("there is such a folder");
        let archived = async || device.engine.rows(1, old, None, 9).await.expect("rows");
        device.until("its message", async || archived().await.len() == 1).await;
        let row = serde_json::from_slice(&archived().await[0]).expect("JSON");
        device.offline().await;
        device.engine.change_flags(&[id(&row)], &texts(&[FLAGGED]), &[]).await.expect("is stored");
        device.online().await;
        assert_eq!(device.engine.waiting().await, Ok(1), "the change is not lost");
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_message_without_octets_is_an_error_and_its_line_stays() {
    let server = ScriptedServer::new().then(two_messages(
        "C: DONE
         S: {e} OK
         C: {f} UID FETCH 5 (BODY.PEEK[])
         S: * 1 FETCH (UID 5 BODY[] NIL)
         S: {f} OK
         C: {g} IDLE
         S: + idling",
    ));
    local(async {
        let device = signed(&server).await;
        let one = id(&device.row(5).await);
        assert_eq!(device.engine.message(one).await.expect_err("it is empty").code, "message-incomplete");
        assert!(!device.row(5).await.body);
        device.online().await;
    })
    .await;
    server.assert_played();
}

#[tokio::test(start_paused = true)]
async fn a_server_that_ends_idle_is_idled_again_but_not_if_it_does_so_at_once() {
    let server = ScriptedServer::new().then(two_messages(
        "WAIT 60000
         S: {e} OK that is enough
         C: {f} IDLE
         S: + idling
         S: {f} OK never mind
         WAIT 59000
         C: {g} NOOP
         S: {g} OK
         C: {h} NOOP
         S: {h} OK",
    ));
    local(async {
        let device = signed(&server).await;
        tokio::time::sleep(Duration::from_secs(190)).await;
        device.online().await;
    })
    .await;
    server.assert_played();
    let asked = server.transcript().iter().filter(|line| line.ends_with("NOOP")).count();
    assert_eq!(asked, 2);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_asked_to_move_ends_what_it_does_and_connects_again() {
    let idling = "HOLD stop\nMOVE\nC: DONE\nS: {e} OK\nC: {f} LOGOUT\nS: * BYE\nS: {f} OK\nEND";
    let polling = "S: {e} NO not here\nHOLD stop\nMOVE\nC: {f} LOGOUT\nCUT";
    for left in [idling, polling] {
        let server = ScriptedServer::new().then(two_messages(left)).then(Script::parse("S: * OK again"));
        local(async {
            let device = signed(&server).await;
            assert_eq!(server.endpoints().len(), 1);
            server.release("stop");
            device.until("a second connection", async || server.endpoints().len() == 2).await;
        })
        .await;
        server.assert_played();
        let logouts = server.transcript().iter().filter(|line| line.ends_with("LOGOUT")).count();
        assert_eq!(logouts, 1, "{left}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_asks_while_the_line_dies_is_told_so() {
    for end in ["C: DONE\nCUT", "C: DONE", "C: DONE\nS: {e} OK\nC: {f} UID FETCH 5 (BODY.PEEK[])"] {
        let server = ScriptedServer::new().then(two_messages(end));
        local(async {
            let device = signed(&server).await;
            let one = id(&device.row(5).await);
            let error = device.engine.message(one).await.expect_err("the line is dead");
            assert!(["closed", "timeout"].contains(&error.code.as_str()), "{error:?}");
            let again = device.engine.message(one).await.expect_err("and stays so");
            assert!(again.code == error.code || again.code == "refused", "{again:?}");
        })
        .await;
        server.assert_played();
    }
}
