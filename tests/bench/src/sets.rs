//! Generated responses, the same in each run: what a server sends for a large mailbox.

use std::fmt::Write as _;

/// Octets, and what is in them.
pub struct Set {
    /// One letter.
    pub name: &'static str,
    /// What a server sends.
    pub octets: Vec<u8>,
    /// How many responses that is.
    pub responses: u32,
    /// UIDs, numbers found and octets of bodies, added up.
    pub sum: u64,
}

/// The sets of the benchmark: A rows of a list, B rows with BODYSTRUCTURE, C bodies, E flags, F one answer to SEARCH.
#[must_use]
pub fn sets() -> Vec<Set> {
    vec![
        rows("A", 100_000, |row, numbers, uid| {
            items(row, numbers, uid);
            envelope(row, numbers);
        }),
        rows("B", 50_000, |row, numbers, uid| {
            items(row, numbers, uid);
            envelope(row, numbers);
            structure(row, numbers);
        }),
        bodies(),
        rows("E", 500_000, |row, numbers, uid| {
            let flags = numbers.one_of(&[
                "",
                "\\Seen",
                "\\Seen",
                "\\Seen",
                "\\Seen \\Answered",
                "\\Flagged",
                "\\Seen $Junk",
            ]);
            put(row, format_args!("UID {uid} FLAGS ({flags})"));
        }),
        search(),
    ]
}

fn rows(name: &'static str, count: u32, row: impl Fn(&mut Vec<u8>, &mut Numbers, u32)) -> Set {
    let (mut octets, mut numbers, mut uid, mut sum) = (Vec::new(), Numbers(7), 1000, 0);
    for sequence in 1..=count {
        uid += 1 + numbers.below(2);
        sum += u64::from(uid);
        put(&mut octets, format_args!("* {sequence} FETCH ("));
        row(&mut octets, &mut numbers, uid);
        octets.extend_from_slice(b")\r\n");
    }
    Set { name, octets, responses: count, sum }
}

fn items(row: &mut Vec<u8>, numbers: &mut Numbers, uid: u32) {
    let flags = numbers.one_of(&["\\Seen", "\\Seen", "\\Seen \\Answered", "", "\\Seen $Forwarded"]);
    let (day, hour, second) = (1 + numbers.below(28), numbers.below(24), numbers.below(60));
    let size = 2000 + numbers.below(90_000);
    put(
        row,
        format_args!(
            "UID {uid} FLAGS ({flags}) INTERNALDATE \"{day:2}-Nov-2026 {hour:02}:15:{second:02} +0100\" RFC822.SIZE {size} "
        ),
    );
}

fn envelope(row: &mut Vec<u8>, numbers: &mut Numbers) {
    let (day, hour) = (1 + numbers.below(28), numbers.below(24));
    put(row, format_args!("ENVELOPE (\"Tue, {day:02} Nov 2026 {hour:02}:14:58 +0100\" "));
    subject(row, numbers);
    row.push(b' ');
    let sender = numbers.below(1000);
    for _ in 0..3 {
        row.push(b'(');
        person(row, sender);
        row.extend_from_slice(b") ");
    }
    people(row, numbers, 1, 3);
    row.push(b' ');
    people(row, numbers, 0, 2);
    row.extend_from_slice(b" NIL ");
    let (first, second) = (numbers.below(u32::MAX), numbers.below(u32::MAX));
    if first % 3 == 0 {
        row.extend_from_slice(b"NIL ");
    } else {
        put(row, format_args!("\"<2026112{}.{first:08x}@orchard.example>\" ", first % 10));
    }
    put(row, format_args!("\"<CAF{second:08x}{first:08x}+2026112@mail.waypost.example>\")"));
}

fn subject(row: &mut Vec<u8>, numbers: &mut Numbers) {
    let text = numbers.one_of(&[
        "Re: the timetable for the north path",
        "Minutes of the meeting on Tuesday and what was left open",
        "=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_dem_Norden=2C_und_ein_Bild?=",
        "[waypost/waypost] Pull request: a row owns one buffer (#412)",
        "Your order 4711 has been sent",
    ]);
    match numbers.below(100) {
        0 => {
            let text = "Grüße vom \"Nordpfad\", mit 8-bit in einem Literal";
            put(row, format_args!("{{{}}}\r\n{text}", text.len()));
        }
        1..4 => put(row, format_args!("\"He said \\\"{text}\\\" and left\"")),
        _ => put(row, format_args!("\"{text}\"")),
    }
}

fn people(row: &mut Vec<u8>, numbers: &mut Numbers, least: u32, most: u32) {
    let count = least + numbers.below(most - least + 1);
    if count == 0 {
        return row.extend_from_slice(b"NIL");
    }
    row.push(b'(');
    for _ in 0..count {
        let who = numbers.below(1000);
        person(row, who);
    }
    row.push(b')');
}

fn person(row: &mut Vec<u8>, who: u32) {
    const NAMES: [&str; 8] =
        ["Robin", "Kim", "Ana", "Jo\\\"e", "=?utf-8?Q?J=C3=BCrgen?=", "Mira", "Sam", "Noor"];
    let name = NAMES.get(who as usize % NAMES.len()).copied().unwrap_or_default();
    match who % 10 {
        0 => put(row, format_args!("(NIL NIL \"list-{who}\" \"lists.orchard.example\")")),
        _ => put(row, format_args!("(\"{name} Holt {who}\" NIL \"holt.{who}\" \"waypost.example\")")),
    }
}

fn structure(row: &mut Vec<u8>, numbers: &mut Numbers) {
    let (lines, octets) = (10 + numbers.below(200), 700 + numbers.below(9000));
    let text = format!(
        "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" {octets} {lines} NIL NIL NIL NIL)"
    );
    let html = format!(
        "(\"text\" \"html\" (\"charset\" \"utf-8\") NIL NIL \"quoted-printable\" {} {} NIL NIL NIL NIL)",
        octets * 3,
        lines * 2
    );
    let boundary = numbers.below(u32::MAX);
    let both = format!("({text}{html} \"alternative\" (\"boundary\" \"=_{boundary:08x}\") NIL NIL NIL)");
    row.extend_from_slice(b" BODYSTRUCTURE ");
    match numbers.below(3) {
        0 => row.extend_from_slice(text.as_bytes()),
        1 => row.extend_from_slice(both.as_bytes()),
        _ => put(
            row,
            format_args!(
                "({both}(\"application\" \"pdf\" (\"name\" \"Plan {boundary}.pdf\") \"<{boundary:x}@a>\" NIL \"base64\" {} NIL (\"attachment\" (\"filename\" \"Plan {boundary}.pdf\" \"size\" \"48211\")) NIL NIL) \"mixed\" (\"boundary\" \"=_m{boundary:x}\") NIL NIL NIL)",
                octets * 20
            ),
        ),
    }
}

/// 2,000 bodies of 50 KiB.
fn bodies() -> Set {
    const COUNT: u32 = 2000;
    const SIZE: usize = 50 * 1024;
    let text: Vec<u8> = b"Some words of a message, seventy-six octets to the line as mail has it.\r\n"
        .iter()
        .copied()
        .cycle()
        .take(SIZE)
        .collect();
    let mut octets = Vec::new();
    for sequence in 1..=COUNT {
        put(&mut octets, format_args!("* {sequence} FETCH (UID {} BODY[] {{{SIZE}}}\r\n", sequence + 7));
        octets.extend_from_slice(&text);
        octets.extend_from_slice(b")\r\n");
    }
    Set { name: "C", octets, responses: COUNT, sum: u64::from(COUNT) * SIZE as u64 }
}

fn search() -> Set {
    let (mut octets, mut numbers, mut uid, mut sum) = (b"* SEARCH".to_vec(), Numbers(11), 1000, 0);
    for _ in 0..500_000 {
        uid += 1 + numbers.below(2);
        sum += u64::from(uid);
        put(&mut octets, format_args!(" {uid}"));
    }
    octets.extend_from_slice(b"\r\n");
    Set { name: "F", octets, responses: 1, sum }
}

fn put(row: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let mut held = String::new();
    // Writing to a String does not fail.
    let _ = held.write_fmt(text);
    row.extend_from_slice(held.as_bytes());
}

/// Numbers without a pattern, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(limit.max(1))) as u32
    }
    fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let limit = u32::try_from(choices.len()).unwrap_or(1);
        choices.get(self.below(limit) as usize).copied().unwrap_or_default()
    }
}
