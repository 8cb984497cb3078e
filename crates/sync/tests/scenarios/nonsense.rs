//! Servers that answer anything to anything: the engine neither breaks nor spins, and what it stores can be read.

use crate::support::{Device, deleting, fetched, local, settings};
use std::time::Duration;
use waypost_store::{Pop3Settings, Protocol, Security};
use waypost_sync::AccountSettings;
use waypost_testkit::script::{Script, ScriptedServer};
use waypost_testkit::split::next_random;

/// Picks by a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u32 {
        u32::try_from(next_random(&mut self.0) % limit).expect("small")
    }

    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }
}

fn imap_line(dice: &mut Dice) -> String {
    let (sequence, uid) = (dice.below(6), dice.below(9));
    match dice.below(14) {
        0 => format!("S: * {sequence} EXISTS"),
        1 => format!("S: * {sequence} EXPUNGE"),
        2 => format!("S: * {sequence} FETCH (UID {uid} FLAGS (\\Seen))"),
        3 => format!("S: * {sequence} FETCH (FLAGS ())"),
        4..7 => fetched(sequence, uid, "\\Flagged", "Nonsense"),
        7 => format!("S: * OK [UIDVALIDITY {uid}] new"),
        8 => "S: * LIST (\\Noselect) \"/\" INBOX".to_owned(),
        9 => format!("S: * LIST (\\Sent) \"/\" Folder{uid}"),
        10 => format!("S: * {sequence} FETCH (UID {uid} BODY[] {{3}}\nS: x)"),
        11 => format!("S: * {sequence} FETCH (UID {uid} BODY[] NIL)"),
        12 => "S: + go on".to_owned(),
        _ => dice
            .one_of(&["S: * 4294967295 EXISTS", "S: * 4294967295 EXPUNGE", "S: * SEARCH", "S: * FLAGS ()"])
            .to_owned(),
    }
}

fn imap_script(dice: &mut Dice) -> Script {
    let idle = dice.one_of(&["", " IDLE"]);
    let mut lines = vec![
        format!("S: * OK [CAPABILITY IMAP4rev1{idle}] ready"),
        "C: {a} LOGIN {rest}".to_owned(),
        format!("S: {{a}} OK [CAPABILITY IMAP4rev1{idle}] signed in"),
    ];
    for round in 0..40 {
        lines.push(format!("C: {{t{round}}} {{r{round}}}"));
        for _ in 0..dice.below(5) {
            lines.push(imap_line(dice));
        }
        let end =
            dice.one_of(&["OK", "OK", "OK", "OK", "NO", "BAD", "NO [UNAVAILABLE]", "OK [UIDVALIDITY 5]"]);
        lines.push(format!("S: {{t{round}}} {end} so it is"));
    }
    lines.push(dice.one_of(&["END", "CUT", "# silence"]).to_owned());
    Script::parse(&lines.join("\n"))
}

fn pop3_script(dice: &mut Dice) -> Script {
    let mut lines: Vec<String> =
        ["S: +OK ready", "C: CAPA", "S: +OK", "S: SASL PLAIN", "S: TOP", "S: .", "C: {auth}", "S: +OK"]
            .map(str::to_owned)
            .to_vec();
    for round in 0..30 {
        lines.push(format!("C: {{r{round}}}"));
        lines.push(
            dice.one_of(&[
                "S: +OK",
                "S: +OK",
                "S: +OK",
                "S: +OK 3 300",
                "S: -ERR no",
                "S: -ERR [SYS/TEMP] no",
            ])
            .to_owned(),
        );
        for _ in 0..dice.below(4) {
            let (number, size) = (dice.below(5), dice.below(60));
            lines.push(match dice.below(5) {
                0 => format!("S: {number} {size}"),
                1 => format!("S: {number} id{size}"),
                2 => "S: Subject: nonsense".to_owned(),
                3 => "S: ..".to_owned(),
                _ => "S: TOP".to_owned(),
            });
        }
        if dice.below(8) != 0 {
            lines.push("S: .".to_owned());
        }
    }
    lines.push(dice.one_of(&["END", "CUT", "# silence"]).to_owned());
    Script::parse(&lines.join("\n"))
}

async fn survives(protocol: Protocol, seed: u64, script: impl Fn(&mut Dice) -> Script) {
    let mut dice = Dice(seed);
    let server =
        ScriptedServer::new().then(script(&mut dice)).then(script(&mut dice)).always(script(&mut dice));
    local(async {
        let device = Device::start(&server);
        let pop3 = dice.one_of(&["leave", "delete"]);
        let pop3 = if pop3 == "delete" { deleting() } else { Pop3Settings::default() };
        let settings = AccountSettings { pop3, ..settings(protocol, Security::Tls) };
        if device.add(settings).await.is_err() {
            return;
        }
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_secs(u64::from(dice.below(90)))).await;
            let rows = device.inbox().await;
            if let Some(row) = rows.first() {
                let id = crate::support::id(row);
                let add = [dice.one_of(&["\\Seen", "$Odd"]).to_owned()];
                device.engine.change_flags(&[id], &add, &[]).await.expect("the store takes it");
                if dice.below(3) == 0 {
                    // It may fail, but it comes to an end.
                    let asked = tokio::time::timeout(Duration::from_secs(3600), device.engine.message(id));
                    let _ = asked.await.expect("an answer");
                }
            }
        }
        assert!(device.is_driven(), "the engine broke (seed {seed})");
        let tries = server.endpoints().len();
        assert!(tries < 200, "{tries} connections: the engine spins (seed {seed})");
        device.engine.mailboxes(1).await.expect("folders are readable");
        device.inbox().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn imap_servers_that_talk_nonsense_neither_break_nor_spin_the_engine() {
    for seed in 0..200 {
        survives(Protocol::Imap, seed, imap_script).await;
    }
}

#[tokio::test(start_paused = true)]
async fn pop3_servers_that_talk_nonsense_neither_break_nor_spin_the_engine() {
    for seed in 0..200 {
        survives(Protocol::Pop3, seed, pop3_script).await;
    }
}
