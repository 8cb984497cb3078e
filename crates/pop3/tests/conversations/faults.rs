//! Every row of the table of faults: octets with the fault go through the machine, which counts it and understands what was meant; in
//! strict mode they end the connection by the rule that the row names.

use crate::replay::{Outcome, Step, Transcript, replay_with};
use waypost_pop3::{Capabilities, Client, Event, Expire, FAULTS, Fault, FaultRow, Options, Pop3Error};

/// A session up to the login, to whose end a sample belongs.
const LOGIN: &[(&str, &str)] = &[
    ("", "+OK ready\r\n"),
    ("capa", "+OK\r\nPIPELINING\r\nUIDL\r\nLANG\r\nUTF8\r\n.\r\n"),
    ("empty EXTERNAL", "+OK\r\n"),
];
const GREETING: &[(&str, &str)] = &[("", "+OK ready\r\n")];

/// What shows the fault.
struct Sample {
    fault: Fault,
    /// What comes before.
    before: &'static [(&'static str, &'static str)],
    /// What is asked, all at once, one command in a line.
    asked: &'static str,
    octets: &'static [u8],
    /// Faults that stand in the same sample.
    also: &'static [Fault],
    understood: fn(&[Event]) -> bool,
}

fn run(sample: &Sample, strict: bool, cut: usize) -> (Outcome, Vec<(Fault, u64)>) {
    let mut steps = Vec::new();
    for (asked, answer) in sample.before {
        steps.extend((!asked.is_empty()).then(|| Step::Owner((*asked).to_owned())));
        steps.push(Step::Server(answer.as_bytes().to_vec()));
    }
    steps.extend(sample.asked.lines().map(|line| Step::Owner(line.to_owned())));
    steps.push(Step::Server(sample.octets.to_vec()));
    let transcript = Transcript { name: "sample".to_owned(), steps };
    let mut options = Options::default();
    options.strict = strict;
    let mut client = Client::new(options);
    let outcome =
        replay_with(&mut client, &transcript, |octets| octets.chunks(cut).map(<[u8]>::to_vec).collect());
    (outcome, client.faults().map(|(row, count)| (row.fault, count)).collect())
}

fn sample_of(row: &FaultRow) -> &'static Sample {
    SAMPLES
        .iter()
        .find(|sample| sample.fault == row.fault)
        .unwrap_or_else(|| panic!("no sample of {}", row.name))
}

#[test]
fn every_fault_fires_on_its_sample_and_costs_nothing() {
    for row in FAULTS {
        let sample = sample_of(row);
        for cut in [usize::MAX, 1, 2] {
            let (outcome, fired) = run(sample, false, cut);
            let mut fired: Vec<Fault> = fired.into_iter().map(|(fault, _)| fault).collect();
            let mut expected: Vec<Fault> = sample.also.iter().copied().chain([row.fault]).collect();
            fired.sort_unstable();
            expected.sort_unstable();
            assert_eq!(fired, expected, "{}", row.name);
            assert!(!outcome.events.iter().any(|event| matches!(event, Event::Failed(_))), "{}", row.name);
            assert!((sample.understood)(&outcome.events), "{}: {:#?}", row.name, outcome.events);
        }
    }
}

#[test]
fn in_strict_mode_each_sample_ends_the_connection_by_its_rule_wherever_it_is_cut() {
    for row in FAULTS {
        let sample = sample_of(row);
        let failure = |cut| {
            let (outcome, fired) = run(sample, true, cut);
            assert_eq!(fired, [], "{}", row.name);
            assert!(outcome.closed, "{}", row.name);
            outcome.events.into_iter().find_map(|event| match event {
                Event::Failed(Pop3Error::Framing { rule, offset }) => Some((rule, offset)),
                _ => None,
            })
        };
        let whole = failure(usize::MAX);
        let rules: Vec<&str> = std::iter::once(row.rule)
            .chain(
                sample
                    .also
                    .iter()
                    .filter_map(|also| FAULTS.iter().find(|row| row.fault == *also))
                    .map(|row| row.rule),
            )
            .collect();
        assert!(whole.is_some_and(|(rule, _)| rules.contains(&rule)), "{}: {whole:?}", row.name);
        assert_eq!(failure(1), whole, "{}", row.name);
    }
}

#[test]
fn a_session_without_faults_counts_none() {
    let sample = Sample {
        fault: Fault::ExtraSpace,
        before: LOGIN,
        asked: "stat\nlist\nuidl\nuidl 1\nretr 1\nlang\nquit",
        octets: b"+OK 1 12\r\n+OK 1 message\r\n1 12 octets\r\n.\r\n+OK\r\n1 <a@b>\r\n.\r\n+OK 1 <a@b>\r\n\
                  +OK\r\n..a\r\nb\nc\r\rd\r\n.\r\n+OK\r\nde Deutsch\r\n.\r\n+OK\r\n",
        also: &[],
        understood: |_| true,
    };
    for strict in [false, true] {
        let (outcome, fired) = run(&sample, strict, usize::MAX);
        assert_eq!(fired, []);
        assert!(
            !outcome.events.iter().any(|event| matches!(event, Event::Failed(_))),
            "{:?}",
            outcome.events
        );
    }
}

#[test]
fn rfc_6856_2_2_strict_mode_sends_no_name_beyond_ascii_that_the_server_did_not_ask_for() {
    for (capabilities, strict, sent) in
        [("UTF8", true, false), ("UTF8 USER", true, true), ("UTF8", false, true)]
    {
        let mut options = Options::default();
        options.strict = strict;
        let transcript = Transcript {
            name: "names".to_owned(),
            steps: vec![
                Step::Server(b"+OK\r\n".to_vec()),
                Step::Owner("capa".to_owned()),
                Step::Server(format!("+OK\r\n{capabilities}\r\n.\r\n").into_bytes()),
                Step::Owner("user rübe".to_owned()),
            ],
        };
        let outcome = replay_with(&mut Client::new(options), &transcript, |octets| vec![octets.to_vec()]);
        assert_eq!(String::from_utf8_lossy(&outcome.sent).contains("USER"), sent, "{capabilities} {strict}");
    }
}

#[test]
fn rows_tell_whom_and_where_from_and_their_names_differ() {
    let mut names: Vec<&str> = FAULTS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FAULTS.len());
    for row in FAULTS {
        assert!(!row.servers.is_empty() && !row.source.is_empty() && !row.rule.is_empty(), "{}", row.name);
        assert!(row.name.bytes().all(|octet| octet == b'-' || octet.is_ascii_lowercase()));
    }
}

/// `docs/QUIRKS.md` holds this table. With `WRITE_PAGES` set it is written there.
#[test]
fn the_page_of_quirks_has_a_row_for_every_fault() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/QUIRKS.md");
    let page = std::fs::read_to_string(path).unwrap();
    let rows: String = FAULTS
        .iter()
        .map(|row| {
            let what = row.what.trim().trim_end_matches('.').replace('|', "\\|");
            format!("| {} | `{}`: {what} ({}) | {COUNTED} |\n", row.servers, row.name, row.source)
        })
        .collect();
    let (before, table) = page.split_once(HEADING).expect("the heading of the table");
    let (_, after) = table.split_once("\n\n").expect("what follows the table");
    let expected = format!("{before}{HEADING}{rows}\n{after}");
    if std::env::var_os("WRITE_PAGES").is_some() {
        std::fs::write(path, &expected).unwrap();
    } else {
        assert!(
            page == expected,
            "docs/QUIRKS.md differs from the table of faults: set WRITE_PAGES and run again"
        );
    }
}

/// What stands above the table of the page.
const HEADING: &str =
    "| Server | Fault of POP3: what is wrong (reported by) | File | Test |\n|---|---|---|---|\n";

/// How a row of the page ends that stands in the table of faults.
const COUNTED: &str = "`crates/pop3/src/fault.rs` | `crates/pop3/tests/conversations/faults.rs`";

fn body(events: &[Event], expected: &[u8]) -> bool {
    events.iter().any(|event| matches!(event, Event::Part { data, .. } if data == expected))
}

/// Commands that ended well, but for those before the sample.
fn granted(events: &[Event], expected: usize) -> bool {
    let granted = events.iter().filter(|event| matches!(event, Event::Done { result: Ok(_), .. })).count();
    granted == expected
        && events.iter().filter(|event| matches!(event, Event::Done { .. })).count() == expected
}

fn unreadable(events: &[Event], expected: &[u8]) -> bool {
    events.iter().any(|event| matches!(event, Event::Unreadable { line, .. } if line == expected))
}

fn sizes(events: &[Event]) -> Vec<(u32, u64)> {
    let size = |event: &Event| match event {
        Event::Size { number, octets, .. } => Some((*number, *octets)),
        _ => None,
    };
    events.iter().filter_map(size).collect()
}

fn challenge(events: &[Event], expected: &[u8]) -> bool {
    events.iter().any(|event| matches!(event, Event::Challenge { data, .. } if data == expected))
}

const SAMPLES: &[Sample] = &[
    Sample {
        fault: Fault::BareLineFeed,
        before: LOGIN,
        asked: "list\nnoop",
        octets: b"+OK\r\n1 2\n.\r\n+OK\n",
        also: &[],
        understood: |events| granted(events, 4) && sizes(events) == [(1, 2)],
    },
    Sample {
        fault: Fault::BareTerminator,
        before: LOGIN,
        asked: "retr 1\nnoop",
        octets: b"+OK\na\n.\n+OK\r\n",
        also: &[Fault::BareLineFeed],
        understood: |events| granted(events, 4) && body(events, b"a\n"),
    },
    Sample {
        fault: Fault::ReturnTerminator,
        before: LOGIN,
        asked: "retr 1\nretr 2\nretr 3",
        octets: b"+OK\r\na\r\n.\r+OK\r\nb\r\n.\r-ERR no\r\n",
        also: &[],
        understood: |events| {
            let refused = events.iter().filter(|event| matches!(event, Event::Done { result: Err(_), .. })).count();
            refused == 1 && body(events, b"a\r\n") && body(events, b"b\r\n")
        },
    },
    Sample {
        fault: Fault::DotAfterLineFeed,
        before: LOGIN,
        asked: "retr 1",
        octets: b"+OK\r\na\n..b\n...\nc\r\n.\r\n",
        also: &[],
        understood: |events| granted(events, 3) && body(events, b"a\n.b\n..\nc\r\n"),
    },
    Sample {
        fault: Fault::UnstuffedDot,
        before: LOGIN,
        asked: "retr 1\nlist",
        octets: b"+OK\r\n.a\r\n.\rb\r\nc\n.\nd\r\n.\r\n+OK\r\n.x\r\n.\r\n",
        also: &[Fault::OddListing],
        understood: |events| {
            granted(events, 4) && body(events, b".a\r\n.\rb\r\nc\n.\nd\r\n") && unreadable(events, b".x")
        },
    },
    Sample {
        fault: Fault::LowerCaseStatus,
        before: LOGIN,
        asked: "noop\nnoop",
        octets: b"+ok\r\n-err no\r\n",
        also: &[],
        understood: |events| events.iter().filter(|event| matches!(event, Event::Done { result: Err(_), .. })).count() == 1,
    },
    Sample {
        fault: Fault::NulInLine,
        before: LOGIN,
        asked: "retr 1",
        octets: b"+OK \0\0\0 oct\r\na\r\n.\r\n",
        also: &[],
        understood: |events| {
            body(events, b"a\r\n")
                && events.iter().any(|event| matches!(event, Event::Done { result: Ok(text), .. } if text == "oct"))
        },
    },
    Sample {
        fault: Fault::UnaskedError,
        before: LOGIN,
        asked: "",
        octets: b"-ERR Disconnected for inactivity.\r\n",
        also: &[],
        understood: |events| granted(events, 2),
    },
    Sample {
        fault: Fault::BareContinuation,
        before: GREETING,
        asked: "challenge PLAIN",
        octets: b"+\r\n",
        also: &[],
        understood: |events| challenge(events, b""),
    },
    Sample {
        fault: Fault::OkForContinuation,
        before: GREETING,
        asked: "long",
        octets: b"+OK\r\n+OK signed in\r\n",
        also: &[],
        understood: |events| granted(events, 1),
    },
    Sample {
        fault: Fault::TextForChallenge,
        before: GREETING,
        asked: "challenge PLAIN",
        octets: b"+ go ahead\r\n",
        also: &[],
        understood: |events| challenge(events, b""),
    },
    Sample {
        fault: Fault::UnpaddedChallenge,
        before: GREETING,
        asked: "challenge LOGIN",
        octets: b"+ UGFzc3dvcmQ\r\n",
        also: &[],
        understood: |events| challenge(events, b"Password"),
    },
    Sample {
        fault: Fault::OddListing,
        before: LOGIN,
        asked: "stat\nlist 1\nlist\ncapa\nlang",
        octets: b"+OK\r\n+OK what?\r\n+OK\r\ngone\r\n.\r\n+OK\r\n\r\nTOP\r\n.\r\n+OK\r\n(none)\r\n.\r\n",
        also: &[],
        understood: |events| {
            let lines: [&[u8]; 5] = [b"+OK", b"+OK what?", b"gone", b"", b"(none)"];
            granted(events, 7) && lines.iter().all(|line| unreadable(events, line))
        },
    },
    Sample {
        fault: Fault::OddNumber,
        before: LOGIN,
        asked: "list\nstat",
        octets: b"+OK\r\n0 1\r\n1 2\r\n4294967296 1\r\n.\r\n+OK 99999999999 1\r\n",
        also: &[],
        understood: |events| {
            let lines: [&[u8]; 3] = [b"0 1", b"4294967296 1", b"+OK 99999999999 1"];
            granted(events, 4) && sizes(events) == [(1, 2)] && lines.iter().all(|line| unreadable(events, line))
        },
    },
    Sample {
        fault: Fault::RepeatedNumber,
        before: LOGIN,
        asked: "list\nlist",
        octets: b"+OK\r\n1 2\r\n3 3\r\n2 4\r\n2 5\r\n.\r\n+OK\r\n1 2\r\n.\r\n",
        also: &[],
        understood: |events| granted(events, 4) && sizes(events) == [(1, 2), (3, 3), (2, 4), (2, 5), (1, 2)],
    },
    Sample {
        fault: Fault::MissingUniqueId,
        before: LOGIN,
        asked: "uidl",
        octets: b"+OK\r\n1 a\r\n2 \r\n3\r\n.\r\n",
        also: &[],
        understood: |events| granted(events, 3) && unreadable(events, b"2 ") && unreadable(events, b"3"),
    },
    Sample {
        fault: Fault::OddUniqueId,
        before: LOGIN,
        asked: "uidl",
        octets: b"+OK\r\n1 <a b>\r\n2 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n.\r\n",
        also: &[],
        understood: |events| {
            let ids = events.iter().filter(|event| matches!(event, Event::UniqueId { .. })).count();
            granted(events, 3) && ids == 2
        },
    },
    Sample {
        fault: Fault::ExtraSpace,
        before: LOGIN,
        asked: "list\nstat\nuidl",
        octets: b"+OK\r\n 1  2\r\n2\t3\r\n.\r\n+OK  2 5\r\n+OK\r\n1  a\r\n2 b \r\n.\r\n",
        also: &[],
        understood: |events| granted(events, 5) && sizes(events) == [(1, 2), (2, 3)],
    },
    Sample {
        fault: Fault::ExpireWithoutSpace,
        before: GREETING,
        asked: "capa",
        octets: b"+OK\r\nEXPIRENEVER\r\n.\r\n",
        also: &[],
        understood: |events| granted(events, 1),
    },
];

#[test]
fn expirenever_is_read_as_what_it_means() {
    let sample = SAMPLES.iter().find(|sample| sample.fault == Fault::ExpireWithoutSpace).unwrap();
    let known: Option<Capabilities> = run(sample, false, usize::MAX).0.capabilities;
    assert_eq!(known.unwrap().expire, Some(Expire::Never));
}
