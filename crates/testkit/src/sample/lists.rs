//! Mailing lists: one on old iron, and that of the timetable project.

use super::letter::{Letter, Person};
use super::{JUNO, ROBIN, SLOW_BUS};

pub(super) fn letters() -> Vec<Letter> {
    let mut letters: Vec<Letter> = rust_ish().into_iter().map(|row| on_rust_ish(&row)).collect();
    letters.extend(slow_bus());
    letters
}

/// Id, author, subject, parents, days ago, hour, whether read, text.
type Row = (&'static str, Person, &'static str, &'static [&'static str], i64, i64, bool, &'static str);

fn on_rust_ish((id, author, subject, parents, days_ago, hour, read, text): &Row) -> Letter {
    Letter::new(id, *author, &format!("[rust-ish] {subject}"))
        .at(*days_ago, *hour, 7 * days_ago)
        .to(&[RUST_ISH])
        .after(parents)
        .header("List-ID", "Old iron and what to do about it <rust-ish.lists.example>")
        .header("List-Post", "<mailto:rust-ish@lists.example>")
        .header("List-Unsubscribe", "<mailto:rust-ish-leave@lists.example>")
        .header("Precedence", "list")
        .in_mailbox("Lists/Rust-ish")
        .flags(if *read { "seen" } else { "" })
        .text(&format!("{text}\n\n-- \nrust-ish: old iron and what to do about it"))
}

fn rust_ish() -> Vec<Row> {
    vec![
        (
            "ri-1",
            OSKAR,
            "Linseed oil or wax on railings?",
            &[],
            20,
            9,
            true,
            "The railing of our gallery faces the weather. The old men say linseed, the young ones say wax. What do you say?",
        ),
        (
            "ri-2",
            BRIAR,
            "Re: Linseed oil or wax on railings?",
            &["ri-1"],
            20,
            11,
            true,
            "Linseed, thin, three coats, and a week of patience between them.\n\n> The old men say linseed, the young ones say wax.\n\nThe middle-aged do it twice.",
        ),
        (
            "ri-3",
            HOLT,
            "Re: Linseed oil or wax on railings?",
            &["ri-1", "ri-2"],
            19,
            8,
            true,
            "Wax on top of the third coat. Then everybody has been right.",
        ),
        (
            "ri-4",
            OSKAR,
            "Re: Linseed oil or wax on railings?",
            &["ri-1", "ri-2", "ri-3"],
            18,
            7,
            true,
            "Thank you both. The railing and I will report in spring.",
        ),
        (
            "ri-5",
            BRIAR,
            "A gate that sings",
            &[],
            15,
            16,
            true,
            "When the wind comes from the south-east our gate gives an F sharp. Do I grease it or do I tune it?",
        ),
        (
            "ri-6",
            ROBIN,
            "Re: A gate that sings",
            &["ri-5"],
            15,
            18,
            true,
            "Tune it. A gate in G would go well with our fog bell.\n\nRobin",
        ),
        (
            "ri-7",
            HOLT,
            "Re: A gate that sings",
            &["ri-5", "ri-6"],
            14,
            6,
            true,
            "A washer of leather lowers it by about a third. Two washers and it is a cello.",
        ),
        (
            "ri-8",
            FERN,
            "Nails from the old pier",
            &[],
            12,
            12,
            true,
            "About four hundred, square, hand made, free to anyone who tells me what they become.",
        ),
        (
            "ri-9",
            OSKAR,
            "Re: Nails from the old pier",
            &["ri-8"],
            12,
            13,
            true,
            "Twelve for me: coat hooks for the keeper's room.",
        ),
        (
            "ri-10",
            HOLT,
            "Re: Nails from the old pier",
            &["ri-8", "ri-9"],
            11,
            20,
            true,
            "Sixty, please. A chess set, with the rust as the dark side.",
        ),
        (
            "ri-11",
            FERN,
            "Re: Nails from the old pier",
            &["ri-8", "ri-9", "ri-10"],
            10,
            9,
            true,
            "Granted. Pictures are the price.",
        ),
        (
            "ri-12",
            BRIAR,
            "Electrolysis: the bucket question",
            &[],
            8,
            10,
            true,
            "Plastic bucket, washing soda, an old battery charger. What do you use as the anode? Mine has become soup.",
        ),
        (
            "ri-13",
            HOLT,
            "Re: Electrolysis: the bucket question",
            &["ri-12"],
            8,
            12,
            true,
            "A rake. It had it coming.\n\nNever stainless steel, by the way: what that gives off is poison.",
        ),
        (
            "ri-14",
            OSKAR,
            "The gear of the Gull Skerry lamp",
            &[],
            3,
            21,
            false,
            "Has anybody seen it turn? I hear the two new teeth run without a sound.",
        ),
        (
            "ri-15",
            FERN,
            "Re: The gear of the Gull Skerry lamp",
            &["ri-14"],
            2,
            8,
            false,
            "From the harbour wall, with a flask of tea. I may have waved at a lighthouse.",
        ),
        (
            "ri-16",
            BRIAR,
            "Re: The gear of the Gull Skerry lamp",
            &["ri-14", "ri-15"],
            1,
            22,
            false,
            "It is on the open night that I shall put my ear to the case. Who drives?",
        ),
    ]
}

fn slow_bus() -> Vec<Letter> {
    let letter = |id: &str,
                  author: Person,
                  subject: &str,
                  parents: &[&str],
                  days_ago,
                  hour,
                  flags: &str,
                  text: &str| {
        Letter::new(id, author, &format!("[slow-bus] {subject}"))
            .at(days_ago, hour, 20)
            .to(&[SLOW_BUS])
            .after(parents)
            .header("List-ID", "Slow Bus <slowbus.lists.example>")
            .header("List-Post", "<mailto:slowbus@lists.example>")
            .flags(flags)
            .text(text)
    };
    vec![
        letter(
            "sb-1",
            JUNO,
            "Line 7b: via the school or via the mill?",
            &[],
            4,
            8,
            "seen",
            "Via the school it is four minutes longer, via the mill it is prettier. The passengers of this list decide.\n\nJuno",
        ),
        letter(
            "sb-2",
            HOLT,
            "Re: Line 7b: via the school or via the mill?",
            &["sb-1"],
            4,
            9,
            "seen",
            "> via the mill it is prettier\n\nThe children need the bus more than we need the ducks. School.",
        ),
        letter(
            "sb-3",
            FERN,
            "Re: Line 7b: via the school or via the mill?",
            &["sb-1", "sb-2"],
            3,
            7,
            "seen",
            "School in the morning, mill in the afternoon: children like ducks too.",
        ),
        letter(
            "sb-4",
            JUNO,
            "Re: Line 7b: via the school or via the mill?",
            &["sb-1", "sb-2", "sb-3"],
            1,
            15,
            "",
            "So be it. 7b goes by the school until one and by the mill after that, and I draw it in two colours.\n\nThe new plan holds from Monday. Tell the ducks.\n\nJuno",
        ),
    ]
}

const RUST_ISH: Person = ("Rust-ish", "rust-ish@lists.example");
const OSKAR: Person = ("Oskar Lindqvist", "oskar@ironwork.example");
const BRIAR: Person = ("Briar Tolland", "briar@gatehouse.example");
const HOLT: Person = ("Holt Anders", "holt@forge.example");
const FERN: Person = ("Fern Maddock", "fern@oldpier.example");
