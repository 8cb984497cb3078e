//! Conversations with servers, replayed whole, octet by octet and at every split: the same events, the same octets sent.

use crate::replay::{Outcome, Step, all, replay};
use waypost_imap::types::{BodyData, BodyStructure, Fetched, Flag};
use waypost_imap::{Event, ImapError, Refusal, Response};

fn whole(octets: &[u8]) -> Vec<Vec<u8>> {
    vec![octets.to_vec()]
}

#[test]
fn any_split_of_the_octets_gives_the_same_events() {
    // Where injected octets are cut decides how far STARTTLS came; a test of its own looks at them.
    for transcript in all().into_iter().filter(|transcript| !transcript.name.contains("injection")) {
        let expected = replay(&transcript, whole);
        let by_octet = replay(&transcript, |octets| octets.iter().map(|octet| vec![*octet]).collect());
        assert_eq!(by_octet, expected, "{}: octet by octet", transcript.name);
        let runs = transcript.steps.iter().filter(|step| matches!(step, Step::Server(_))).count();
        for run in 0..runs {
            let length = transcript.steps.iter().filter_map(server).nth(run).map_or(0, <[u8]>::len);
            for at in 1..length {
                let mut seen = 0;
                let split = replay(&transcript, |octets| {
                    seen += 1;
                    if seen - 1 == run {
                        vec![octets[..at].to_vec(), octets[at..].to_vec()]
                    } else {
                        whole(octets)
                    }
                });
                assert_eq!(split, expected, "{}: run {run} split at {at}", transcript.name);
            }
        }
    }
}

fn server(step: &Step) -> Option<&[u8]> {
    match step {
        Step::Server(octets) => Some(octets),
        _ => None,
    }
}

fn outcome(name: &str) -> Outcome {
    let transcript =
        all().into_iter().find(|transcript| transcript.name == name).expect("the transcript exists");
    replay(&transcript, whole)
}

#[test]
fn a_session_with_dovecot_gives_typed_data_and_one_end_for_each_command() {
    let outcome = outcome("dovecot-read.txt");
    let ends =
        outcome.events.iter().filter(|event| matches!(event, Event::Done { result: Ok(_), .. })).count();
    assert_eq!(ends, 8);
    assert!(!outcome.events.iter().any(|event| matches!(event, Event::Response(Response::Unparsed(_)))));
    let bodies: Vec<&Event> =
        outcome.events.iter().filter(|event| matches!(event, Event::BodyPart(_))).collect();
    assert_eq!(bodies.len(), 1);
    assert!(matches!(outcome.events.last(), Some(Event::Done { .. })));
    assert!(outcome.closed);
}

#[test]
fn octets_between_the_answer_to_starttls_and_tls_end_the_connection_at_every_split() {
    let transcript =
        all().into_iter().find(|transcript| transcript.name == "starttls-injection.txt").unwrap();
    assert_eq!(replay(&transcript, whole).secures, 0);
    for at in 1..80 {
        let cut = |octets: &[u8]| {
            let (one, other) = octets.split_at(at.min(octets.len()));
            vec![one.to_vec(), other.to_vec()]
        };
        let outcome = replay(&transcript, cut);
        assert!(outcome.events.contains(&Event::Failed(ImapError::Injection)), "split at {at}");
        assert!(outcome.closed);
    }
}

#[test]
fn a_cut_stream_ends_every_command_once() {
    let outcome = outcome("cut.txt");
    let ended = |event: &&Event| matches!(event, Event::Done { result: Err(Refusal::ConnectionEnded), .. });
    assert_eq!(outcome.events.iter().filter(ended).count(), 2);
    assert!(outcome.events.contains(&Event::Failed(ImapError::Closed(Some("Shutting down".to_owned())))));
}

#[test]
fn faults_of_servers_cost_nothing_but_the_fault() {
    let outcome = outcome("faults.txt");
    let unknown =
        outcome.events.iter().filter(|event| matches!(event, Event::Response(Response::Unparsed(_)))).count();
    assert_eq!(unknown, 1);
    let fetched =
        outcome.events.iter().filter(|event| matches!(event, Event::Response(Response::Fetch(_)))).count();
    assert_eq!(fetched, 3);
}

#[test]
fn a_session_with_cyrus_renews_idle_unseen_and_ends_when_the_server_hangs_up() {
    let outcome = outcome("cyrus-read.txt");
    let count = |wanted: fn(&Event) -> bool| outcome.events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, Event::Idling { .. })), 1);
    assert_eq!(count(|event| matches!(event, Event::Done { result: Ok(_), .. })), 9);
    assert_eq!(count(|event| matches!(event, Event::Done { result: Err(_), .. } | Event::Failed(_))), 0);
    let found = outcome.events.iter().find_map(|event| match event {
        Event::Response(Response::ESearch(found)) => found.all.as_ref()?.to_vec(10),
        _ => None,
    });
    assert_eq!(found, Some(vec![503, 505, 504]), "in the order sent");
    let archive = outcome
        .events
        .iter()
        .any(|event| matches!(event, Event::Response(Response::List(listing)) if listing.has("\\Archive")));
    assert!(archive, "attributes are compared without case");
    assert!(outcome.closed);
}

#[test]
fn a_refused_command_costs_only_itself() {
    let outcome = outcome("refusals.txt");
    let ends: Vec<&str> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Done { result, .. } => Some(result),
            _ => None,
        })
        .map(|result| match result {
            Ok(_) => "ok",
            Err(Refusal::No { .. }) => "no",
            Err(Refusal::Bad { .. }) => "bad",
            Err(Refusal::Misuse(_)) => "misuse",
            Err(_) => "other",
        })
        .collect();
    let expected = ["misuse", "no", "ok", "no", "ok", "no", "misuse", "ok", "ok", "bad", "misuse", "ok"];
    assert_eq!(ends, expected);
    assert!(outcome.events.iter().any(
        |event| matches!(event, Event::Response(Response::List(listing)) if listing.name.as_str() == "Entwürfe & mehr"),
    ));
}

#[test]
fn sections_come_inline_or_as_a_stream_and_the_unknown_ones_not_at_all() {
    let outcome = outcome("bodies.txt");
    let fetched: Vec<&Fetched> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Response(Response::Fetch(fetched)) => Some(&**fetched),
            _ => None,
        })
        .collect();
    let [short, long] = fetched.as_slice() else { panic!("two answers: {fetched:?}") };
    let inline: Vec<&BodyData> = short.bodies.iter().map(|body| &body.data).collect();
    let held = |octets: &[u8]| BodyData::Inline(octets.to_vec());
    let expected = [
        held(b"Subject: hello\r\n"),
        held(b")\r\n("),
        held(b"a\0b"),
        BodyData::Absent,
        held(b"quoted \"text\""),
    ];
    assert_eq!(inline, expected.iter().collect::<Vec<_>>());
    assert_eq!((short.size, short.unparsed.len()), (Some(4711), 1));
    let streamed: Vec<&BodyData> = long.bodies.iter().map(|body| &body.data).collect();
    assert_eq!(streamed, [&BodyData::Streamed(4200), &BodyData::Streamed(4097)]);
    assert_eq!((long.flags().map(|flags| flags.to_vec()), long.unparsed.len()), (Some(vec![Flag::Seen]), 1));
    let started: Vec<(Option<u32>, u64)> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::BodyStarted { uid, octets, .. } => Some((uid.map(|uid| uid.as_u32()), *octets)),
            _ => None,
        })
        .collect();
    assert_eq!(started, [(None, 4200), (Some(7), 4097)]);
}

#[test]
fn faults_that_are_forgiven_cost_nothing() {
    let outcome = outcome("forgiven.txt");
    let fails = |event: &&Event| {
        matches!(event, Event::Done { result: Err(_), .. } | Event::Failed(_))
            || matches!(event, Event::Response(Response::Unparsed(_)))
    };
    assert_eq!(outcome.events.iter().find(fails), None);
    assert!(outcome.events.iter().any(
        |event| matches!(event, Event::Response(Response::List(listing)) if listing.name.as_str() == "Posteingang")
    ));
    let fetched: Vec<&Fetched> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Response(Response::Fetch(fetched)) => Some(&**fetched),
            _ => None,
        })
        .collect();
    let [structured, whole] = fetched.as_slice() else { panic!("two answers: {fetched:?}") };
    let parts: Vec<BodyStructure> =
        structured.body_structure().into_iter().flat_map(BodyStructure::parts).collect();
    assert_eq!((parts[1].kind().as_ref(), parts[1].octets()), ("message", 900));
    assert_eq!(whole.bodies.len(), 1);
    assert_eq!(whole.bodies[0].data, BodyData::Inline(b"Subject: hello".to_vec()));
}
