//! What was kept: older mail of this year and of the last.

use super::letter::{Letter, Person};
use super::{JUNO, KIM, MAREN, PERRIN, TOBIAS};

pub(super) fn letters() -> Vec<Letter> {
    let mut letters: Vec<Letter> = this_year().iter().map(|row| kept("Archive", row)).collect();
    letters.extend(last_year().iter().map(|row| kept("Archive/2025", row)));
    letters
}

/// Id, sender, subject, parents, days ago, text.
type Row = (&'static str, Person, &'static str, &'static [&'static str], i64, &'static str);

fn kept(mailbox: &'static str, (id, from, subject, parents, days_ago, text): &Row) -> Letter {
    let hour = 7 + days_ago % 12;
    Letter::new(id, *from, subject)
        .after(parents)
        .at(*days_ago, hour, days_ago % 60)
        .flags("seen")
        .in_mailbox(mailbox)
        .text(text)
}

fn this_year() -> Vec<Row> {
    vec![
        (
            "kept-1",
            MAREN,
            "The polisher has time in October",
            &[],
            60,
            "He has looked at the drawing for an hour and then asked for the drawing of the drawing. I trust him.",
        ),
        (
            "kept-2",
            PERRIN,
            "Re: The polisher has time in October",
            &["kept-1"],
            59,
            "What does he take?\n\nMaren Hollesen wrote:\n> I trust him.",
        ),
        (
            "kept-3",
            MAREN,
            "Re: The polisher has time in October",
            &["kept-1", "kept-2"],
            59,
            "Honey, mostly. Eleven jars.",
        ),
        (
            "kept-4",
            TOBIAS,
            "Honig, elf Gläser",
            &["kept-3"],
            57,
            "Liegen bereit. Die Bienen lassen grüßen und wollen die Gläser zurück.\n\nTobias",
        ),
        (
            "kept-5",
            JUNO,
            "Counting passengers",
            &[],
            75,
            "Forty-one on the early bus, six of them asleep. I have counted the sleepers twice.\n\nJuno",
        ),
        (
            "kept-6",
            KIM,
            "Minutes of the summer meeting",
            &[],
            98,
            "Present: nine members, two dogs.\n\n1. The door stays blue.\n2. Gulls are guests.\n3. The next meeting is shorter.\n\nKim",
        ),
        (
            "kept-7",
            ("Ines Calloway", "ines@harbourchoir.example"),
            "Concert on the mole",
            &[],
            120,
            "If it rains we sing faster.",
        ),
        (
            "kept-8",
            ("Halyard Power", "accounts@halyardpower.example"),
            "Your yearly statement",
            &[],
            140,
            "You have used 4 107 kWh and are owed 3.80.",
        ),
        (
            "kept-9",
            ("Aurel Finch", "aurel@finchclocks.example"),
            "The barometer",
            &[],
            155,
            "It was right. You were hoping for it to be wrong.",
        ),
        (
            "kept-10",
            ("North Quay Library", "desk@northquay.example"),
            "Overdue: \u{201c}Knots\u{201d}",
            &[],
            171,
            "We understand if you can't untie yourself. Bring it when you can.",
        ),
        (
            "kept-11",
            ("Wen Litt 🌿", "wen@orchard.example"),
            "Blossom",
            &[],
            205,
            "All of it, all at once, since this morning. Come before the wind does.",
        ),
        (
            "kept-12",
            PERRIN,
            "Spring cleaning of the tower",
            &[],
            220,
            "119 steps, two buckets, one opinion about lime. Saturday at eight.",
        ),
        (
            "kept-13",
            KIM,
            "The key to the boat shed",
            &[],
            236,
            "Is on the nail. The nail is in the boat shed.",
        ),
    ]
}

fn last_year() -> Vec<Row> {
    vec![
        (
            "old-1",
            MAREN,
            "Could the lens be saved?",
            &[],
            395,
            "I climbed up with a torch today. The glass is dull but whole, all but segment four. Shall we try?\n\nMaren",
        ),
        ("old-2", KIM, "Re: Could the lens be saved?", &["old-1"], 394, "Yes.\n\nKim"),
        (
            "old-3",
            PERRIN,
            "Re: Could the lens be saved?",
            &["old-1", "old-2"],
            394,
            "With what money? (This is a yes.)\n\nPerrin",
        ),
        (
            "old-4",
            TOBIAS,
            "Ernte: ein gutes Jahr",
            &[],
            402,
            "Neunhundert Kilo, und keine Leiter gebrochen.\n\nTobias",
        ),
        (
            "old-5",
            JUNO,
            "A bus that is slow on purpose",
            &[],
            410,
            "I have an idea for a timetable that leaves time. Would you read a draft?\n\nJuno",
        ),
        (
            "old-6",
            JUNO,
            "Re: A bus that is slow on purpose",
            &["old-5"],
            408,
            "Thank you for the margins. \u{201c}Wait for the fog to decide\u{201d} goes in.\n\nJuno",
        ),
        (
            "old-7",
            ("Northlight Ferry", "tickets@northlight.example"),
            "Winter timetable",
            &[],
            380,
            "From December the early boat leaves at 07:40, ice permitting.",
        ),
        (
            "old-8",
            ("Ísold Bjarnadóttir", "isold@vitinn.example"),
            "Kveðja frá vitanum",
            &[],
            420,
            "Bestu kveðjur frá vitanum við ysta haf.",
        ),
        (
            "old-9",
            ("Ines Calloway", "ines@harbourchoir.example"),
            "Carols: who brings the lantern?",
            &[],
            375,
            "And who brings the descant?",
        ),
        (
            "old-10",
            ("Zoë Février-Brûlé", "zoe@phare.example"),
            "Le phare de la pointe",
            &[],
            433,
            "Je t’ai gardé une place sur le banc, face à la mer.\n\nZoë",
        ),
        (
            "old-11",
            ("Fern Maddock", "fern@oldpier.example"),
            "The pier comes down on Monday",
            &[],
            441,
            "If you want to walk on it once more, do it on Sunday. Mind the third plank; it never minded us.",
        ),
        (
            "old-12",
            KIM,
            "Nine lights from the gallery",
            &[],
            370,
            "Last night one could see nine lights from up here. Ours will be the tenth.\n\nKim",
        ),
    ]
}
