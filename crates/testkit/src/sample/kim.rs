//! Kim's mail: some twenty messages.

use super::letter::{Letter, Person};
use super::{JUNO, KIM, LANTERN, MAREN, PERRIN, ROBIN, TOBIAS};

pub(super) fn letters() -> Vec<Letter> {
    rows().iter().map(letter).collect()
}

/// Id, sender, subject, mailbox, flags, days ago, hour, text.
type Row = (&'static str, Person, &'static str, &'static str, &'static str, i64, i64, &'static str);

fn letter((id, from, subject, mailbox, flags, days_ago, hour, text): &Row) -> Letter {
    let letter = Letter::new(id, *from, subject)
        .for_kim()
        .at(*days_ago, *hour, 15)
        .in_mailbox(mailbox)
        .flags(flags)
        .text(text);
    if *from == KIM { letter.to(&[MAREN]) } else { letter }
}

fn rows() -> Vec<Row> {
    vec![
        (
            "kim-1",
            ROBIN,
            "Bicycle",
            "INBOX",
            "",
            1,
            14,
            "So that is where it is. Keep it until Saturday, it likes company.",
        ),
        (
            "kim-2",
            MAREN,
            "Lentils",
            "INBOX",
            "",
            0,
            0,
            "Eight kilos. I have asked the cook twice, and she said eight.",
        ),
        (
            "kim-3",
            PERRIN,
            "The collecting tin",
            "INBOX",
            "flagged",
            1,
            10,
            "It rattles again. There is a button in it, a nice one.",
        ),
        (
            "kim-4",
            LANTERN,
            "The Lantern, no. 41",
            "INBOX",
            "seen",
            1,
            7,
            "The lamp turns again. Open night on Saturday of next week.",
        ),
        (
            "kim-5",
            TOBIAS,
            "Kürbissuppe statt Linsen?",
            "INBOX",
            "seen answered",
            2,
            16,
            "Ich hätte noch vierzehn Kürbisse. Es ist nur eine Frage.",
        ),
        (
            "kim-6",
            JUNO,
            "Bus for the open night",
            "INBOX",
            "seen",
            3,
            9,
            "An extra bus at 22:40. It waits for the lamp, and for you.",
        ),
        (
            "kim-7",
            ("김해솔", "haesol@deungdae.example"),
            "열린 등대의 밤",
            "INBOX",
            "seen",
            4,
            8,
            "초대 고맙습니다. 촛불을 들고 가겠습니다.",
        ),
        (
            "kim-8",
            ("سلمى الشاطئ", "salma@manara.example"),
            "ليلة مفتوحة في المنارة",
            "INBOX",
            "seen",
            5,
            12,
            "شكرًا على الدعوة يا كيم، سنأتي جميعًا.",
        ),
        (
            "kim-9",
            ("Harbour School", "office@harbourschool.example"),
            "Class 3b would like to climb",
            "INBOX",
            "seen flagged",
            6,
            11,
            "Twenty-two children, two teachers, one of them afraid of heights.",
        ),
        (
            "kim-10",
            MAREN,
            "Open night: who does what?",
            "INBOX",
            "seen answered",
            6,
            8,
            "Who takes the door?",
        ),
        (
            "kim-11",
            ("Aurel Finch", "aurel@finchclocks.example"),
            "Clock for the keeper's room",
            "INBOX",
            "seen",
            9,
            15,
            "It loses a minute a week. I find that restful.",
        ),
        (
            "kim-12",
            ("Weather", "noreply@weather.example"),
            "Outlook for the week",
            "INBOX",
            "seen",
            8,
            5,
            "Cold and clear, then colder and clearer.",
        ),
        (
            "kim-13",
            KIM,
            "Re: Open night: who does what?",
            "Sent",
            "seen",
            6,
            9,
            "I take the door with Robin. Lentils or fish?",
        ),
        (
            "kim-14",
            KIM,
            "Class 3b",
            "Sent",
            "seen",
            5,
            10,
            "The one who is afraid may hold the lantern below.",
        ),
        (
            "kim-15",
            KIM,
            "Minutes of the summer meeting",
            "Sent",
            "seen",
            98,
            19,
            "Present: nine members, two dogs.",
        ),
        ("kim-16", KIM, "List of helpers", "Drafts", "seen draft", 2, 21, "Door: Robin, Kim. Top: "),
        (
            "kim-17",
            PERRIN,
            "Receipts for the paint",
            "Archive",
            "seen",
            40,
            13,
            "All three, and the one for the brush that was lost.",
        ),
        ("kim-18", MAREN, "Could the lens be saved?", "Archive", "seen", 395, 20, "Shall we try?"),
        (
            "kim-19",
            ("Prince of Nowhere", "prince@far.example"),
            "Forty tons, still cool",
            "Junk",
            "",
            3,
            2,
            "You have not answered about the herring.",
        ),
        (
            "kim-20",
            ("Raffle", "raffle@harbour.example"),
            "You won the ham",
            "Trash",
            "seen",
            7,
            11,
            "Bring a bag.",
        ),
    ]
}
