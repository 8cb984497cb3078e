//! Robin's own mail: sent, drafts, thrown away, and the folder of journeys.

use super::charset::{Charset, Transfer, Words};
use super::letter::{Letter, Person};
use super::{JUNO, KIM, MAREN, PERRIN, ROBIN, SLOW_BUS, TOBIAS};

pub(super) fn letters() -> Vec<Letter> {
    let mut letters: Vec<Letter> = sent().into_iter().map(|row| own("Sent", "seen", &row)).collect();
    letters.extend(drafts().into_iter().map(|row| own("Drafts", "seen draft", &row)));
    letters.extend(journeys());
    letters.extend(trash());
    letters
}

/// Id, recipients, subject, parents, days ago, hour, text.
type Row = (&'static str, &'static [Person], &'static str, &'static [&'static str], i64, i64, &'static str);

fn own(mailbox: &'static str, flags: &str, (id, to, subject, parents, days_ago, hour, text): &Row) -> Letter {
    Letter::new(id, ROBIN, subject)
        .to(to)
        .after(parents)
        .at(*days_ago, *hour, 35)
        .in_mailbox(mailbox)
        .flags(flags)
        .flowed()
        .text(text)
}

fn sent() -> Vec<Row> {
    vec![
        (
            "own-1",
            &[MAREN, KIM],
            "Re: Open night: who does what?",
            &["open-1"],
            6,
            8,
            "The door, gladly. I do not mind the cold, I only mind being asked about it.\n\nRobin",
        ),
        (
            "own-2",
            &[TOBIAS],
            "Sorten für den Nordhang",
            &[],
            8,
            7,
            "Lieber Tobias,\n\nwelche Sorten würdest du am Nordhang pflanzen? Der Wind kommt von der See, und die Hasen kommen von überall.\n\nRobin",
        ),
        (
            "own-3",
            &[("浜口 晴樹", "haruki@toudai.example")],
            "Re: レンズの磨き方（第2回）",
            &["sjis-1"],
            3,
            7,
            "浜口さん、ありがとうございます。鹿革を三枚注文しました。\n\nRobin",
        ),
        (
            "own-4",
            &[JUNO],
            "The bench at stop 14",
            &[],
            9,
            12,
            "Could stop 14 have a bench? Mrs. Calloway waits there with a cello.",
        ),
        (
            "own-5",
            &[PERRIN],
            "Re: Budget for the open night",
            &["open-6"],
            1,
            13,
            "Agreed on all of it, the big gloves included. They are an investment.\n\nRobin",
        ),
        (
            "own-6",
            &[("Briar Tolland", "briar@gatehouse.example")],
            "Cello or gate?",
            &["ri-5"],
            13,
            20,
            "I tried two washers on our own gate. It is now in G, and the dog sings with it.",
        ),
        (
            "own-7",
            &[("North Quay Library", "desk@northquay.example")],
            "A book about fog",
            &[],
            15,
            10,
            "Dear library,\n\ndo you have \u{201c}A Field Guide to Fog\u{201d}? The edition does not matter, fog has not changed.\n\nRobin Ashdown",
        ),
        (
            "own-8",
            &[KIM],
            "Bicycle",
            &["odd-1"],
            1,
            14,
            "So that is where it is. Keep it until Saturday, it likes company.",
        ),
        (
            "own-9",
            &[SLOW_BUS],
            "Re: [slow-bus] Line 7b: via the school or via the mill?",
            &["sb-1", "sb-2"],
            4,
            10,
            "School. But let us ask the ducks, out of courtesy.",
        ),
        (
            "own-10",
            &[("Надежда Береговая", "nadezhda@mayak.example")],
            "Re: Яблоки и варенье",
            &["koi8-2"],
            11,
            9,
            "Спасибо за варенье! Банка открыта, ложка в ней стоит.\n\nRobin",
        ),
        ("own-11", &[MAREN], "Oil, two cans", &["lamp-5"], 11, 8, "Thursday, on the early boat."),
        (
            "own-12",
            &[("נעמה חוף", "naama@migdalor.example")],
            "Open night (מגדלור)",
            &[],
            6,
            19,
            "You are all invited: Saturday of next week, lamp at seven.\n\nRobin",
        ),
    ]
}

fn drafts() -> Vec<Row> {
    vec![
        (
            "draft-1",
            &[MAREN],
            "Speech for the open night",
            &[],
            1,
            23,
            "Dear friends of the light,\n\nthirty-one years is a long time to stand still, and",
        ),
        (
            "draft-2",
            &[TOBIAS],
            "Re: Äpfel, Kürbisse und eine Bitte",
            &["orchard-1"],
            0,
            0,
            "Lieber Tobias,\n\ndie Leiter kommt am Sonntag, frisch gestrichen (von außen).",
        ),
        ("draft-3", &[], "", &[], 20, 21, "A letter to the editor about the price of candles"),
    ]
}

fn journeys() -> Vec<Letter> {
    let letter = |id: &str, from: Person, subject: &str, days_ago, text: &str| {
        Letter::new(id, from, subject)
            .at(days_ago, 9, 15)
            .zone(1)
            .flags("seen")
            .in_mailbox("Entwürfe & Reisen")
            .written(Charset::UTF_8, Words::B, Transfer::Quoted)
            .text(text)
    };
    vec![
        letter(
            "trip-1",
            TOBIAS,
            "Reiseplan: mit dem Nachtzug ans Meer",
            23,
            "Abfahrt 21:14, Umstieg um halb sechs, Kaffee im Stehen. Um neun siehst du das Wasser.\n\nTobias",
        ),
        letter(
            "trip-2",
            ("Gasthof zum Anker", "anker@gasthof.example"),
            "Ihre Buchung: Zimmer mit Blick auf die Mole",
            22,
            "Sehr geehrter Gast,\n\nwir freuen uns auf Sie. Das Zimmer hat zwei Fenster und einen eigenen Wind.\n\nGasthof zum Anker",
        ),
        letter(
            "trip-3",
            ("João Farol", "joao@farol.example"),
            "Roteiro dos faróis do sul",
            26,
            "Olá Robin,\n\nsão sete faróis em três dias; a pé, de comboio e, no fim, de burro.\n\nJoão",
        ),
        letter(
            "trip-4",
            ("Çağla Deniz", "cagla@fener.example"),
            "Vapur saatleri",
            29,
            "Vapur sabah 8:30'da kalkıyor, çay gemide.\n\nÇağla",
        )
        .flags("seen flagged"),
        Letter::new("trip-5", ROBIN, "Entwurf: Packliste")
            .at(21, 20, 0)
            .flags("seen draft")
            .in_mailbox("Entwürfe & Reisen")
            .text("Fernglas, Notizbuch, dicke Socken, dünnes Buch"),
        Letter::new("trip-6", ("灯野 みさき", "misaki@toudai.example"), "犬吠埼への行き方")
            .at(30, 8, 0)
            .zone(9)
            .flags("seen")
            .in_mailbox("旅行")
            .text("銚子から小さな電車に乗って、終点で降りてください。\nあとは海の音のする方へ歩くだけです。"),
        Letter::new("trip-7", ("沈望海", "wanghai@dengta.example"), "车票和住处都订好了")
            .at(19, 7, 0)
            .zone(8)
            .in_mailbox("旅行")
            .text("车票两张，靠窗。住处离灯塔一百步。"),
    ]
}

fn trash() -> Vec<Letter> {
    let letter = |id: &str, from: Person, subject: &str, days_ago, text: &str| {
        Letter::new(id, from, subject).at(days_ago, 11, 11).flags("seen").in_mailbox("Trash").text(text)
    };
    vec![
        letter(
            "trash-1",
            ("Raffle", "raffle@harbour.example"),
            "You did not win the ham",
            7,
            "But there is always the herring.",
        ),
        letter(
            "trash-2",
            ("Skerry Books", "news@skerrybooks.example"),
            "Ten books for people who like nine books",
            12,
            "One of them is about you.",
        ),
        letter("trash-3", ROBIN, "test", 28, "test"),
    ]
}
