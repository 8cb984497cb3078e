//! Every row of the table of faults: its sample goes through the machine, which counts the fault and understands what was meant;
//! in strict mode the same octets are kept as such, with the rule that broke and where.

use waypost_imap::judge::judge;
use waypost_imap::types::{Capabilities, Condition, Flag, ResponseCode};
use waypost_imap::{Client, Command, Event, FAULTS, Fault, FaultRow, ImapError, Options, Response};
use waypost_wire::{Input, Machine as _, Output, Timestamp};

/// What a sample must come to.
struct Expected {
    fault: Fault,
    /// Faults that stand in the same sample.
    also: &'static [Fault],
    /// What is understood.
    understood: fn(&[Event]) -> bool,
    /// In strict mode: which rule breaks, and after how many octets of what is kept.
    strict: &'static [(&'static str, usize)],
}

/// Runs a sample; a NOOP of the tag `w0` waits for its answer.
fn run(row: &FaultRow, strict: bool) -> (Vec<Event>, Vec<Fault>) {
    let now = Timestamp::from_millis(1);
    let mut options = Options::default();
    options.strict = strict;
    let mut client = Client::new(options);
    let mut events = Vec::new();
    client.handle(now, Input::Bytes(b"* OK ready\r\n"));
    // A tagged BYE is consent to LOGOUT only.
    let leaves = row.fault == Fault::TaggedBye;
    client.enqueue(if leaves { Command::Logout } else { Command::Noop });
    drain(&mut client, now, &mut events);
    events.clear();
    client.handle(now, Input::Bytes(row.sample));
    drain(&mut client, now, &mut events);
    let fired = client.faults().map(|(row, _)| row.fault).collect();
    (events, fired)
}

fn drain(client: &mut Client, now: Timestamp, events: &mut Vec<Event>) {
    loop {
        match client.poll(now) {
            Output::Event(event) => events.push(event),
            Output::Wait(_) => return,
            _ => {}
        }
    }
}

/// What Debug says of what was kept as octets: rule and offset.
fn breaches(events: &[Event]) -> Vec<(String, usize)> {
    let shown = format!("{events:?}");
    let mut parts = shown.split("Breach { rule: \"");
    parts.next();
    parts
        .map(|part| {
            let (rule, rest) = part.split_once("\", offset: ").unwrap();
            (rule.to_owned(), rest.split_once(' ').unwrap().0.parse().unwrap())
        })
        .collect()
}

#[test]
fn every_fault_fires_on_its_sample_and_costs_nothing() {
    for row in FAULTS {
        let (events, mut fired) = run(row, false);
        let known = EXPECTED.iter().find(|expected| expected.fault == row.fault);
        let mut expected = vec![row.fault];
        expected.extend(known.iter().flat_map(|known| known.also));
        expected.sort_unstable();
        fired.sort_unstable();
        assert_eq!(fired, expected, "{}", row.name);
        let shown = format!("{events:#?}");
        assert!(!shown.contains("Unparsed {"), "{}: {shown}", row.name);
        assert!(!events.iter().any(|event| matches!(event, Event::Failed(_))), "{}: {shown}", row.name);
        if let Some(known) = known {
            assert!((known.understood)(&events), "{}: {shown}", row.name);
        }
    }
}

#[test]
fn in_strict_mode_each_sample_breaks_a_rule_that_is_named() {
    for row in FAULTS {
        let (events, fired) = run(row, true);
        assert_eq!(fired, [], "{}", row.name);
        let found = breaches(&events);
        let known = EXPECTED.iter().find(|expected| expected.fault == row.fault);
        assert!(!found.is_empty() || known.is_some_and(|known| known.strict.is_empty()), "{}", row.name);
        assert!(found.iter().all(|(rule, _)| !rule.is_empty()), "{}: {found:?}", row.name);
        if let Some(known) = known {
            let expected: Vec<(String, usize)> =
                known.strict.iter().map(|(rule, offset)| ((*rule).to_owned(), *offset)).collect();
            assert_eq!(found, expected, "{}: {events:#?}", row.name);
        }
    }
}

#[test]
fn a_space_too_many_or_a_bare_line_feed_counts_wherever_it_stands() {
    let (space, line_feed) = (Fault::ExtraSpace, Fault::BareLineFeed);
    for (sample, fault) in [
        (&b"* CAPABILITY IMAP4rev1 IDLE \r\n"[..], space),
        (b"* OK [CAPABILITY IMAP4rev1 ] ready\r\n", space),
        (b"* SEARCH 1 2 \r\n", space),
        (b"* SEARCH 1  2\r\n", space),
        (b"* SEARCH \r\n", space),
        (b"* SORT 1 2 \r\n", space),
        (b"* ENABLED X \r\n", space),
        (b"* 3 EXISTS \r\n", space),
        (b"* 1 FETCH (UID 1) \r\n", space),
        (b"* 1 FETCH ( UID 1)\r\n", space),
        (b"* 1 FETCH (BODY[TEXT] {3}\nabc UID 5)\r\n", line_feed),
    ] {
        let tally = judge(sample, false, |_, _| {});
        let fired: Vec<_> = tally.faults.iter().map(|(row, count)| (row.fault, *count)).collect();
        assert_eq!((tally.typed, fired), (1, vec![(fault, 1)]), "{}", sample.escape_ascii());
        let typed = judge(sample, true, |_, _| {}).typed;
        assert!(typed == 0 || fault == line_feed, "{}", sample.escape_ascii());
    }
}

#[test]
fn items_around_a_streamed_body_are_no_fault() {
    let body = "x".repeat(5000);
    let row = format!(
        "* 1 FETCH (UID 5 BODY[1] {{5000}}\r\n{body} BODY[2] {{5000}}\r\n{body} BODY[3] \"a\" FLAGS ())\r\n"
    );
    for strict in [false, true] {
        let tally = judge(row.as_bytes(), strict, |_, _| {});
        assert_eq!((tally.typed, tally.faults), (1, vec![]));
    }
}

#[test]
fn in_strict_mode_a_bare_line_feed_ends_the_connection() {
    let row = FAULTS.iter().find(|row| row.fault == Fault::BareLineFeed).unwrap();
    let (events, _) = run(row, true);
    assert!(matches!(events[0], Event::Failed(ImapError::Framing { rule: "CRLF", .. })), "{events:?}");
}

#[test]
fn rows_tell_whom_and_where_from_and_their_names_differ() {
    let mut names: Vec<&str> = FAULTS.iter().map(|row| row.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FAULTS.len());
    for row in FAULTS {
        assert!(!row.servers.is_empty() && !row.source.is_empty(), "{}", row.name);
        assert!(
            row.name
                .bytes()
                .all(|octet| octet == b'-' || octet.is_ascii_lowercase() || octet.is_ascii_digit())
        );
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
const HEADING: &str = "| Server | Name: what is wrong (reported by) | File | Test |\n|---|---|---|---|\n";

/// How a row of the page ends that stands in the table of faults.
const COUNTED: &str = "`crates/imap/src/fault.rs` | `every_fault_fires_on_its_sample_and_costs_nothing`";

fn flags(events: &[Event], expected: &[Flag]) -> bool {
    events.iter().any(|event| match event {
        Event::Response(Response::Flags(flags)) => flags == expected,
        Event::Response(Response::Fetch(fetched)) => {
            fetched.flags().map(|flags| flags.to_vec()).as_deref() == Some(expected)
        }
        _ => false,
    })
}

fn condition(events: &[Event], kind: Condition, code: Option<ResponseCode>, text: &str) -> bool {
    let expected = Response::Condition { kind, code, text: text.to_owned() };
    events.contains(&Event::Response(expected))
}

/// Debug shows values where they stand; so all of a response can be looked at.
fn shows(events: &[Event], what: &str) -> bool {
    format!("{events:?}").contains(what)
}

/// One listing, shown as Debug shows it but for the fields that are not named.
fn listed(events: &[Event], name: &str, delimiter: Option<char>, attributes: &[&str]) -> bool {
    matches!(events, [Event::Response(Response::List(listing))]
        if listing.name.as_str() == name && listing.delimiter == delimiter && listing.attributes == attributes)
}

const EXPECTED: &[Expected] = &[
    Expected {
        fault: Fault::SpaceBeforeResponse,
        also: &[],
        understood: |events| *events == [Event::Response(Response::Exists(3))],
        strict: &[("response", 0)],
    },
    Expected {
        fault: Fault::CodeWithoutCondition,
        also: &[],
        understood: |events| {
            condition(events, Condition::Ok, Some(ResponseCode::Alert), "")
                && condition(events, Condition::Ok, Some(ResponseCode::UidNext(5)), "")
        },
        strict: &[("response-data", 0), ("response-data", 2)],
    },
    Expected {
        fault: Fault::CodeWithoutText,
        also: &[],
        understood: |events| condition(events, Condition::Ok, Some(ResponseCode::UidNext(540)), ""),
        strict: &[("resp-text", 4)],
    },
    Expected {
        fault: Fault::ConditionWithoutText,
        also: &[],
        understood: |events| condition(events, Condition::Ok, None, ""),
        strict: &[("resp-text", 4)],
    },
    Expected {
        fault: Fault::BareContinuation,
        also: &[],
        understood: |events| events.is_empty(),
        strict: &[("continue-req", 1)],
    },
    Expected {
        fault: Fault::PlainWords,
        also: &[],
        understood: |events| {
            condition(events, Condition::Bye, None, "Server Unavailable. 15")
                && condition(events, Condition::Bye, None, "421 Server is busy")
        },
        strict: &[("response-tagged", 0), ("response-tagged", 0)],
    },
    Expected {
        fault: Fault::TaggedBye,
        also: &[],
        understood: |events| matches!(events, [Event::Done { result: Ok(done), .. }] if done.text == "logging out"),
        strict: &[("resp-cond-state", 0)],
    },
    Expected {
        fault: Fault::ZeroNumber,
        also: &[],
        understood: |events| {
            flags(events, &[]) && condition(events, Condition::Ok, Some(ResponseCode::Unseen(0)), "none")
        },
        strict: &[("nz-number", 2), ("nz-number", 0)],
    },
    Expected {
        fault: Fault::SplitCapability,
        also: &[],
        understood: |events| {
            let names = ["IMAP4rev1", "LITERAL+", "IDLE"].map(str::to_owned).to_vec();
            *events == [Event::Response(Response::Capability(Capabilities::new(names)))]
        },
        strict: &[("capability", 31)],
    },
    Expected {
        fault: Fault::UnquotedName,
        also: &[],
        understood: |events| {
            matches!(events, [Event::Response(Response::List(listing)), Event::Response(Response::Status(status))]
                if listing.name.as_str() == "Sent Items" && status.mailbox == listing.name)
        },
        strict: &[("astring", 14), ("astring", 9)],
    },
    Expected {
        fault: Fault::EmptyFlag,
        also: &[],
        understood: |events| listed(events, "Sent", Some('/'), &["\\HasNoChildren"]),
        strict: &[("mbx-list-oflag", 24)],
    },
    Expected {
        fault: Fault::QuotedFlag,
        also: &[],
        understood: |events| flags(events, &[Flag::Seen]),
        strict: &[("flag", 1)],
    },
    Expected {
        fault: Fault::OddKeyword,
        also: &[],
        understood: |events| flags(events, &[Flag::Seen, Flag::Keyword("OIB-Seen-[Gmail]/All".to_owned())]),
        strict: &[("flag", 15)],
    },
    Expected {
        fault: Fault::StarFlag,
        also: &[],
        understood: |events| flags(events, &[Flag::Seen, Flag::Any]),
        strict: &[("flag", 8)],
    },
    Expected {
        fault: Fault::Expunged,
        also: &[],
        understood: |events| shows(events, "Expunge(4)"),
        strict: &[("message-data", 4)],
    },
    Expected {
        fault: Fault::ItemInParentheses,
        also: &[],
        understood: |events| {
            shows(events, "uid: Some(Uid(14935)), flags: Some([]), internal_date: None, size: Some(7)")
        },
        strict: &[("msg-att", 0)],
    },
    Expected {
        fault: Fault::EarlyClose,
        also: &[],
        understood: |events| shows(events, "uid: Some(Uid(5)), flags: Some([Seen])"),
        strict: &[("msg-att", 0)],
    },
    Expected {
        fault: Fault::PeekInResponse,
        also: &[],
        understood: |events| shows(events, r#"part: [1], text: Whole }, origin: None, data: Inline("abc")"#),
        strict: &[("msg-att-static", 0)],
    },
    Expected {
        fault: Fault::EmptyUidSet,
        also: &[],
        understood: |events| {
            shows(
                events,
                "CopyUid { validity: 701, from: NumberSet { ranges: [] }, to: NumberSet { ranges: [] } }",
            )
        },
        strict: &[("uid-set", 4), ("known-uids", 20)],
    },
    Expected {
        fault: Fault::DoubledObjectId,
        also: &[],
        understood: |events| shows(events, r#"[EmailId("M1"), ThreadId(Some("T1"))]"#),
        strict: &[("objectid", 0), ("objectid", 0)],
    },
    Expected {
        fault: Fault::BareEvent,
        also: &[],
        understood: |events| shows(events, r#"BadEvent(["MailboxMetadataChange"])"#),
        strict: &[("BADEVENT", 0)],
    },
    Expected {
        fault: Fault::ExtraSpace,
        also: &[],
        understood: |events| {
            shows(
                events,
                "[Response(Exists(22279)), Response(Fetch(Fetched { sequence: 1, uid: Some(Uid(19436))",
            )
        },
        strict: &[("SP", 3), ("msg-att", 0)],
    },
    Expected {
        fault: Fault::NilForList,
        also: &[],
        understood: |events| shows(events, "[Response(Flags([]))]"),
        strict: &[("list", 8)],
    },
    Expected {
        fault: Fault::AtomForString,
        also: &[],
        understood: |events| shows(events, r#"subject: "Subject""#),
        strict: &[("nstring", 5)],
    },
    Expected {
        fault: Fault::UnescapedQuote,
        also: &[],
        understood: |events| shows(events, r#"subject: "HTML\"""#),
        strict: &[("QUOTED-CHAR", 11)],
    },
    Expected {
        fault: Fault::OddCount,
        also: &[],
        understood: |events| shows(events, "size: Some(0)"),
        strict: &[("number64", 0)],
    },
    Expected {
        fault: Fault::MissingSpace,
        also: &[],
        understood: |events| shows(events, r#"subject: "a", from: []"#),
        strict: &[("SP", 8)],
    },
    Expected {
        fault: Fault::DoubledEnvelope,
        also: &[],
        understood: |events| shows(events, "envelope: Some(Envelope { date: NIL, subject: NIL"),
        strict: &[("envelope", 1)],
    },
    Expected {
        fault: Fault::ShortEnvelope,
        also: &[],
        understood: |events| shows(events, r#"subject: "a""#),
        strict: &[("envelope", 32)],
    },
    Expected {
        fault: Fault::LongEnvelope,
        also: &[],
        understood: |events| shows(events, "in_reply_to: NIL, message_id: NIL })"),
        strict: &[("envelope", 41)],
    },
    Expected {
        fault: Fault::NilAddress,
        also: &[],
        understood: |events| shows(events, r#"from: [[NIL, NIL, "a", "b"]], sender: []"#),
        strict: &[("address", 28)],
    },
    Expected {
        fault: Fault::EmptyMultipart,
        also: &[],
        understood: |events| {
            shows(events, r#"kind: "multipart", subtype: "alternative", parameters: {"boundary": "x"}"#)
        },
        strict: &[("body-type-1part", 1), ("body-type-1part", 5)],
    },
    Expected {
        fault: Fault::BrokenPart,
        also: &[],
        understood: |events| {
            shows(events, r#"broken: "(BROKEN)" }, BodyStructure { kind: "text", subtype: "plain""#)
        },
        strict: &[("body", 1)],
    },
    Expected {
        fault: Fault::BareDisposition,
        also: &[],
        understood: |events| shows(events, "disposition: Some(inline({}))"),
        strict: &[("body-fld-dsp", 43)],
    },
    Expected {
        fault: Fault::MessageWithoutEnvelope,
        also: &[],
        understood: |events| {
            shows(
                events,
                r#"kind: "message", subtype: "rfc822", parameters: {}, id: NIL, description: NIL, encoding: "base64", octets: 700"#,
            )
        },
        strict: &[("body-type-msg", 44)],
    },
    Expected {
        fault: Fault::OddBodyField,
        also: &[],
        understood: |events| {
            shows(
                events,
                r#"octets: 5, lines: None, md5: NIL, disposition: None, languages: [], location: NIL, extension: "(x) NIL""#,
            )
        },
        strict: &[("msg-att", 37)],
    },
    Expected {
        fault: Fault::NilMediaType,
        also: &[],
        understood: |events| shows(events, r#"kind: "application", subtype: "octet-stream""#),
        strict: &[("media-subtype", 1)],
    },
    Expected {
        fault: Fault::NilParameter,
        also: &[],
        understood: |events| shows(events, r#"parameters: {"boundary": ""}"#),
        strict: &[("body-fld-param", 28)],
    },
    Expected {
        fault: Fault::BodyWithoutValue,
        also: &[],
        understood: |events| shows(events, "uid: Some(Uid(3))"),
        strict: &[("msg-att", 0)],
    },
    Expected {
        fault: Fault::OddDate,
        also: &[],
        understood: |events| shows(events, "internal_date: None"),
        strict: &[("date-time", 0)],
    },
    Expected {
        fault: Fault::Rfc822Section,
        also: &[],
        understood: |events| shows(events, "text: Whole }, origin: None, data: Absent"),
        strict: &[("msg-att-static", 0)],
    },
    Expected {
        fault: Fault::NegativeModSequence,
        also: &[],
        understood: |events| {
            shows(
                events,
                "uid: Some(Uid(7)), flags: None, internal_date: None, size: None, mod_sequence: None",
            )
        },
        strict: &[("permsg-modsequence", 0)],
    },
    Expected {
        fault: Fault::OddDelimiter,
        also: &[],
        understood: |events| shows(events, "delimiter: Some('/')"),
        strict: &[("mailbox-list", 10), ("mailbox-list", 10), ("mailbox-list", 17)],
    },
    Expected {
        fault: Fault::NilName,
        also: &[],
        understood: |events| shows(events, r#"readable: """#),
        strict: &[("mailbox", 23)],
    },
    Expected {
        fault: Fault::RawName,
        also: &[],
        understood: |events| shows(events, r#"readable: "Entwürfe""#),
        strict: &[("mailbox", 14)],
    },
    Expected {
        fault: Fault::QuotaWithoutList,
        also: &[],
        understood: |events| shows(events, r#"Quota { root: "ROOT", resources: [] }"#),
        strict: &[("quota-list", 14)],
    },
    Expected {
        fault: Fault::UnescapedBackslash,
        also: &[],
        understood: |events| shows(events, r#"subject: "C:\\x""#),
        strict: &[("QUOTED-CHAR", 8)],
    },
    Expected {
        fault: Fault::SwappedAddress,
        also: &[],
        understood: |events| shows(events, r#"from: [["=?utf-8?q?x?=", NIL, "a", "b.c"]]"#),
        strict: &[("address", 10)],
    },
    Expected {
        fault: Fault::NilItem,
        also: &[],
        understood: |events| {
            shows(
                events,
                r#"uid: Some(Uid(5)), flags: None, internal_date: None, size: None, mod_sequence: None, envelope: None, body_structure: None"#,
            )
        },
        strict: &[("envelope", 0), ("body", 0)],
    },
    Expected {
        fault: Fault::EmptyLine,
        also: &[],
        understood: |events| *events == [Event::Response(Response::Exists(3))],
        strict: &[("response", 0)],
    },
    Expected {
        fault: Fault::BareLineFeed,
        also: &[],
        understood: |events| matches!(events, [Event::Done { result: Ok(_), .. }]),
        // The connection ends: see the test of it.
        strict: &[],
    },
    Expected {
        fault: Fault::NilDisposition,
        also: &[],
        understood: |events| shows(events, "octets: 12, lines: None"),
        strict: &[("body-fld-dsp", 44)],
    },
];
