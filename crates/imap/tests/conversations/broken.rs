//! What breaks the grammar costs only itself: FETCH responses are made, one item of each is broken at random, and every other item
//! arrives typed, the broken one as the octets that came, with the rule and where.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use waypost_imap::types::{Fetched, Unparsed};
use waypost_imap::{Client, Event, Options, Response};
use waypost_wire::{Input, Machine as _, Output, Timestamp};

/// An item of FETCH: its name and a value that reads.
type Item = (&'static str, String);

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just("NIL".to_owned()), "[a-z <>@.=?]{0,12}".prop_map(|text| format!("\"{text}\""))]
}

fn addresses() -> impl Strategy<Value = String> {
    let word = "[a-z]{1,8}";
    let address = prop_oneof![
        (text(), word, word).prop_map(|(name, user, host)| format!("({name} NIL \"{user}\" \"{host}\")")),
        // A group begins, and ends.
        word.prop_map(|name| format!("(NIL NIL \"{name}\" NIL)")),
        Just("(NIL NIL NIL NIL)".to_owned()),
    ];
    prop_oneof![Just("NIL".to_owned()), vec(address, 1..3).prop_map(|list| format!("({})", list.concat()))]
}

fn envelope() -> impl Strategy<Value = String> {
    (text(), text(), vec(addresses(), 6), text(), text()).prop_map(|(date, subject, people, reply, id)| {
        format!("({date} {subject} {} {reply} {id})", people.join(" "))
    })
}

fn structure() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        (0_u32..9999, 0_u32..99).prop_map(|(octets, lines)| format!(
            "(\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" {octets} {lines} NIL NIL NIL NIL)"
        )),
        (0_u32..9999).prop_map(|octets| format!(
            "(\"image\" \"png\" NIL \"<a@b>\" \"a picture\" \"base64\" {octets} NIL (\"inline\" (\"filename\" \"a.png\")) NIL)"
        )),
    ];
    part.prop_recursive(3, 8, 3, |part| {
        vec(part, 1..4)
            .prop_map(|parts| format!("({} \"mixed\" (\"boundary\" \"x\") NIL NIL)", parts.concat()))
    })
}

/// Each at most once, in any order; all of them mean something by themselves.
fn items() -> impl Strategy<Value = Vec<Item>> {
    let flags = prop::sample::subsequence(vec!["\\Seen", "\\Flagged", "$Label1", "\\Odd", "NotJunk"], 0..5)
        .prop_map(|flags| format!("({})", flags.join(" ")));
    let all = (
        (1_u32..u32::MAX).prop_map(|uid| uid.to_string()),
        flags,
        (0_u64..1 << 40).prop_map(|size| size.to_string()),
        (1_u32..29).prop_map(|day| format!("\"{day:2}-Jul-1996 02:44:25 -0700\"")),
        envelope(),
        structure(),
        (1_u64..1 << 60).prop_map(|value| format!("({value})")),
        "[ -~\r\n]{0,40}".prop_map(|text| format!("{{{}}}\r\n{text}", text.len())),
    );
    let names =
        ["UID", "FLAGS", "RFC822.SIZE", "INTERNALDATE", "ENVELOPE", "BODYSTRUCTURE", "MODSEQ", "BODY[1.2]"];
    all.prop_flat_map(move |(uid, flags, size, date, envelope, structure, sequence, body)| {
        let values = [uid, flags, size, date, envelope, structure, sequence, body];
        let items: Vec<Item> = names.into_iter().zip(values).collect();
        prop::sample::subsequence(items, 2..=8).prop_shuffle()
    })
}

fn response(items: &[Item]) -> Vec<u8> {
    let items: Vec<String> = items.iter().map(|(name, value)| format!("{name} {value}")).collect();
    format!("* 7 FETCH ({})\r\n", items.join(" ")).into_bytes()
}

fn run(octets: &[u8], strict: bool) -> Vec<Event> {
    let now = Timestamp::from_millis(1);
    let mut options = Options::default();
    options.strict = strict;
    let mut client = Client::new(options);
    client.handle(now, Input::Bytes(b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n"));
    client.handle(now, Input::Bytes(octets));
    let mut events = Vec::new();
    loop {
        match client.poll(now) {
            Output::Event(event) => events.push(event),
            Output::Wait(_) => return events,
            _ => {}
        }
    }
}

/// The FETCH responses among the events.
fn fetched(octets: &[u8], strict: bool) -> Vec<Fetched> {
    let fetched = |event| match event {
        Event::Response(Response::Fetch(fetched)) => Some(*fetched),
        _ => None,
    };
    run(octets, strict).into_iter().filter_map(fetched).collect()
}

/// What a response says of one item, as Debug shows it.
fn seen(fetched: &Fetched, name: &str) -> String {
    match name {
        "UID" => format!("{:?}", fetched.uid),
        "FLAGS" => format!("{:?}", fetched.flags()),
        "RFC822.SIZE" => format!("{:?}", fetched.size),
        "INTERNALDATE" => format!("{:?}", fetched.internal_date),
        "ENVELOPE" => format!("{:?}", fetched.envelope()),
        "BODYSTRUCTURE" => format!("{:?}", fetched.body_structure()),
        "MODSEQ" => format!("{:?}", fetched.mod_sequence),
        _ => format!("{:?}", fetched.bodies),
    }
}

/// How a value is broken.
#[derive(Debug, Clone)]
enum Damage {
    /// Nothing in it can be read, but its parentheses are balanced.
    Replaced(&'static str),
    /// Octets are put in, replaced or taken out.
    Octets(Vec<(prop::sample::Index, u8, u8)>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        prop::sample::select(vec!["(", "%(x)", "(((x)))", "]", "((NIL) (NIL", "!", "(;)", "\"open", "{9}x"])
            .prop_map(Damage::Replaced),
        vec((any::<prop::sample::Index>(), 0_u8..3, prop::sample::select(b"()\"\\{} x\t5[]".to_vec())), 1..4)
            .prop_map(Damage::Octets),
    ]
}

fn broken(value: &str, damage: &Damage) -> String {
    match damage {
        Damage::Replaced(with) => (*with).to_owned(),
        Damage::Octets(edits) => {
            let mut octets = value.as_bytes().to_vec();
            for (at, kind, octet) in edits {
                let at = at.index(octets.len().max(1));
                match (kind, octets.is_empty()) {
                    (0, _) | (_, true) => octets.insert(at.min(octets.len()), *octet),
                    (1, _) => octets[at] = *octet,
                    _ => drop(octets.remove(at)),
                }
            }
            String::from_utf8(octets).unwrap()
        }
    }
}

/// Whether parentheses are balanced, and no quote or literal is open: then the value ends where it did.
fn ends_where_it_did(value: &str) -> bool {
    let mut depth = 0_i32;
    for octet in value.bytes() {
        match octet {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'"' | b'{' | b'\\' | b'\r' | b'\n' => return false,
            b' ' | b'\t' if depth == 0 => return false,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !value.is_empty()
}

/// Every piece that was kept stands in what was sent, names its rule, and breaks within itself.
fn check_kept(kept: &[Unparsed], sent: &[u8]) -> Result<(), TestCaseError> {
    for unparsed in kept {
        let piece = &unparsed.octets;
        prop_assert!(piece.is_empty() || sent.windows(piece.len()).any(|octets| octets == piece.as_slice()));
        if let Some(breach) = unparsed.breach {
            prop_assert!(!breach.rule.is_empty(), "{:?}", unparsed);
            prop_assert!(breach.offset <= piece.len(), "{:?}", unparsed);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, rng_seed: RngSeed::Fixed(3501), ..ProptestConfig::default() })]

    #[test]
    fn what_is_well_formed_is_read_whole_in_strict_mode_too(items in items()) {
        for strict in [false, true] {
            let all = fetched(&response(&items), strict);
            prop_assert_eq!(all.len(), 1);
            prop_assert!(all[0].unparsed.is_empty(), "{:?}", all[0]);
            for (name, value) in &items {
                let alone = fetched(&response(&[(name, value.clone())]), strict);
                prop_assert_eq!(seen(&all[0], name), seen(&alone[0], name));
                prop_assert_ne!(seen(&all[0], name), seen(&Fetched::default(), name));
            }
        }
    }

    #[test]
    fn a_broken_item_costs_only_itself(
        items in items(), at in any::<prop::sample::Index>(), damage in damage(), strict in any::<bool>()
    ) {
        let at = at.index(items.len());
        let mut damaged = items.clone();
        damaged[at].1 = broken(&items[at].1, &damage);
        let mut sent = response(&damaged);
        sent.extend(b"* 8 FETCH (UID 99 FLAGS (\\Answered))\r\n");
        let whole = fetched(&response(&items), strict).remove(0);
        // A literal may be cut anywhere; then the connection can't tell where the next response begins.
        if items[at].0 == "BODY[1.2]" && damaged[at].1.contains('{') {
            return Ok(());
        }
        let all = fetched(&sent, strict);
        prop_assert_eq!(all.len(), 2, "{}", sent.escape_ascii());
        prop_assert_eq!(all[1].uid.map(|uid| uid.as_u32()), Some(99));
        check_kept(&all[0].unparsed, &sent)?;
        for (index, (name, _)) in items.iter().enumerate() {
            if index < at || (index > at && ends_where_it_did(&damaged[at].1)) {
                prop_assert_eq!(seen(&all[0], name), seen(&whole, name), "{}", sent.escape_ascii());
            }
        }
        // The broken one is read or kept: nothing is lost.
        let name = items[at].0;
        let read = seen(&all[0], name) != seen(&Fetched::default(), name);
        let odd_date = name == "INTERNALDATE" && !strict;
        prop_assert!(read || !all[0].unparsed.is_empty() || odd_date, "{}", sent.escape_ascii());
    }
}
