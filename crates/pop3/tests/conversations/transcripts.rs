//! Conversations with servers, replayed whole, octet by octet and at every split: the same events, the same octets sent.

use crate::replay::{Outcome, Step, Transcript, all, replay};
use waypost_pop3::{Event, Expire, Pop3Error, Refusal, ResponseCode, State};

fn whole(octets: &[u8]) -> Vec<Vec<u8>> {
    vec![octets.to_vec()]
}

fn server(step: &Step) -> Option<&[u8]> {
    match step {
        Step::Server(octets) => Some(octets),
        _ => None,
    }
}

#[test]
fn any_split_of_the_octets_gives_the_same_events() {
    // Where injected octets are cut decides how far STLS came; a test of its own looks at them.
    for transcript in all().into_iter().filter(|transcript| transcript.name != "injection.txt") {
        let expected = replay(&transcript, whole);
        let by_octet = replay(&transcript, |octets| octets.iter().map(|octet| vec![*octet]).collect());
        assert_eq!(by_octet, expected, "{}: octet by octet", transcript.name);
        let runs = transcript.steps.iter().filter_map(server).map(<[u8]>::len).collect::<Vec<_>>();
        for (run, length) in runs.into_iter().enumerate() {
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

fn outcome(name: &str) -> Outcome {
    let transcript =
        all().into_iter().find(|transcript| transcript.name == name).expect("the transcript exists");
    replay(&transcript, whole)
}

/// How the commands ended, in the order of their ends.
fn ends(outcome: &Outcome) -> Vec<&'static str> {
    let end = |event: &Event| match event {
        Event::Done { result, .. } => Some(match result {
            Ok(_) => "ok",
            Err(Refusal::Err { .. }) => "err",
            Err(Refusal::Misuse(_)) => "misuse",
            Err(Refusal::Lacks(_)) => "lacks",
            Err(Refusal::Broken(_)) => "broken",
            Err(Refusal::ConnectionEnded) => "ended",
            Err(Refusal::UpdateUnknown) => "unknown",
            Err(_) => "other",
        }),
        _ => None,
    };
    outcome.events.iter().filter_map(end).collect()
}

fn sizes(outcome: &Outcome) -> Vec<(u32, u64)> {
    let size = |event: &Event| match event {
        Event::Size { number, octets, .. } => Some((*number, *octets)),
        _ => None,
    };
    outcome.events.iter().filter_map(size).collect()
}

fn ids(outcome: &Outcome) -> Vec<(u32, &str)> {
    outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::UniqueId { number, uidl, .. } => Some((*number, uidl.as_str())),
            _ => None,
        })
        .collect()
}

fn parts(outcome: &Outcome) -> Vec<&str> {
    outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Part { data, .. } => Some(std::str::from_utf8(data).unwrap()),
            _ => None,
        })
        .collect()
}

fn unreadable(outcome: &Outcome) -> usize {
    outcome.events.iter().filter(|event| matches!(event, Event::Unreadable { .. })).count()
}

#[test]
fn a_session_with_dovecot_is_pipelined_after_the_login_and_ends_by_quit() {
    let outcome = outcome("dovecot.txt");
    let expected =
        ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "err", "ok", "ok", "ended"];
    assert_eq!(ends(&outcome), expected);
    assert_eq!(outcome.secures, 1);
    assert!(outcome.closed);
    assert_eq!(sizes(&outcome), [(1, 120), (2, 244), (2, 244)]);
    let id = "000000026741a5f3";
    assert_eq!(ids(&outcome), [(1, "000000016741a5f3"), (2, id), (2, id)]);
    let messages = ["Subject: dots\r\n\r\n.\r\n..two\r\nend.\r\n", "Subject: 2\r\n\r\nfirst line\r\n"];
    assert_eq!(parts(&outcome), messages);
    assert!(
        outcome.events.iter().any(|event| matches!(event, Event::Statistics { count: 2, octets: 364, .. }))
    );
    let known = outcome.capabilities.as_ref().expect("CAPA was answered");
    assert!(known.pipelining && known.uidl && known.top && known.has_mechanism("PLAIN"));
    assert!(!known.stls, "what was said before TLS is forgotten");
    assert!(!outcome.events.iter().any(|event| matches!(event, Event::Failed(_))));
}

#[test]
fn a_session_with_courier_signs_in_by_user_and_pass() {
    let outcome = outcome("courier.txt");
    // A second STLS is not sent.
    assert_eq!(ends(&outcome), ["ok", "ok", "misuse", "ok", "ok", "ok", "ok", "ok"]);
    assert_eq!(ids(&outcome), [(1, "UID7-1795440927")]);
    let known = outcome.capabilities.as_ref().expect("CAPA was answered");
    assert_eq!(known.login_delay, Some(10));
    assert_eq!(known.implementation.as_deref(), Some("Courier Mail Server"));
    assert!(known.utf8 && known.utf8_user);
}

#[test]
fn a_session_with_cyrus_goes_on_after_a_wrong_password() {
    let outcome = outcome("cyrus.txt");
    assert_eq!(ends(&outcome), ["ok", "ok", "err", "misuse", "ok", "ok", "ok", "ok", "ok"]);
    assert!(outcome.closed);
    assert!(!outcome.events.iter().any(|event| matches!(event, Event::Failed(_))));
    assert_eq!(parts(&outcome), ["Subject: x\r\n\r\none\r\rtwo\r\n"]);
    let known = outcome.capabilities.as_ref().expect("CAPA was answered");
    assert_eq!((known.expire, known.login_delay), (Some(Expire::Never), Some(0)));
}

#[test]
fn a_stream_that_ends_in_place_of_the_answer_to_quit_is_no_failure_and_no_proof_of_deletions() {
    let outcome = outcome("hang-up.txt");
    assert_eq!(ends(&outcome), ["ok", "ok", "ok", "unknown"]);
    assert!(outcome.closed);
    assert!(!outcome.events.iter().any(|event| matches!(event, Event::Failed(_))));
}

#[test]
fn rfc_1939_6_the_end_of_quit_says_whether_deletions_were_carried_out() {
    let outcome = outcome("update.txt");
    assert_eq!(ends(&outcome), ["ok", "ok", "ok", "ok", "err"]);
    let update: Vec<State> = outcome.states.iter().copied().filter(|state| *state == State::Update).collect();
    assert_eq!(update, [State::Update]);
    assert!(outcome.closed);
    // Nothing was deleted that could be in doubt: nobody had signed in.
    assert_eq!(ends(&self::outcome("leave.txt")), ["ended"]);
}

#[test]
fn rfc_1939_7_apop_is_sent_where_it_is_allowed_and_the_time_stamp_is_well_formed() {
    let outcome = outcome("apop.txt");
    assert_eq!(ends(&outcome), ["err", "ok", "ok"]);
    assert_eq!(outcome.states.last(), Some(&State::Transaction));
    // A time stamp that is no message identifier may be an attack; the command is not sent.
    assert_eq!(ends(&self::outcome("apop-forged.txt")), ["lacks"]);
}

#[test]
fn apop_is_off_unless_it_is_allowed() {
    let transcript = Transcript {
        name: "apop".to_owned(),
        steps: vec![
            Step::Server(b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n".to_vec()),
            Step::Owner("apop mrose c4c9334bac560ecc979e58001b3e22fb".to_owned()),
        ],
    };
    assert_eq!(ends(&replay(&transcript, whole)), ["misuse"]);
}

#[test]
fn rfc_6856_utf8_comes_before_the_login_and_after_tls_and_lang_lists_and_chooses() {
    let outcome = outcome("utf8.txt");
    let expected =
        ["ok", "lacks", "misuse", "ok", "ok", "misuse", "ok", "ok", "err", "ok", "ok", "err", "ok"];
    assert_eq!(ends(&outcome), expected);
    let languages: Vec<(&str, &str)> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Language { tag, description, .. } => Some((tag.as_str(), description.as_str())),
            _ => None,
        })
        .collect();
    let expected = [
        ("en", "English"),
        ("en-boont", "English Boontling dialect"),
        ("de", "Deutsch"),
        ("it", "Italiano"),
        ("i-default", ""),
        ("es", "Idioma cambiado"),
    ];
    assert_eq!(languages, expected);
    assert!(outcome.events.iter().any(|event| matches!(
        event,
        Event::Done { result: Err(Refusal::Err { code: Some(ResponseCode::Utf8), .. }), .. }
    )));
}

#[test]
fn gmail_ends_connections_over_utf8_so_nothing_is_sent_that_was_not_announced() {
    let outcome = outcome("gmail.txt");
    assert_eq!(ends(&outcome), ["lacks", "ok", "lacks", "lacks", "ok"]);
    let known = outcome.capabilities.as_ref().expect("CAPA was answered");
    assert_eq!((known.expire, known.login_delay), (Some(Expire::Days(0)), Some(300)));
    assert_eq!(known.others, [("X-GOOGLE-RICO".to_owned(), vec![])]);
}

#[test]
fn rfc_2449_5_capabilities_are_asked_again_after_login_and_say_more() {
    let outcome = outcome("capa.txt");
    assert_eq!(ends(&outcome), ["ok", "ok", "ok", "ok"]);
    let known = outcome.capabilities.as_ref().expect("CAPA was answered");
    assert_eq!((known.login_delay, known.login_delay_per_user), (Some(120), false));
    assert_eq!((known.expire, known.expire_per_user), (Some(Expire::Days(30)), false));
    assert_eq!(known.implementation.as_deref(), Some("Shlemazle-Plotz-v302"));
}

#[test]
fn without_pipelining_each_command_waits_for_the_answer_to_the_one_before() {
    let outcome = outcome("lockstep.txt");
    assert_eq!(ends(&outcome), ["ok", "ok", "ok", "ok", "ok", "ok", "unknown"]);
    assert_eq!(parts(&outcome), ["Subject: 1\r\n\r\none\r\n", "Subject: 2\r\n\r\n"]);
}

#[test]
fn a_challenge_that_is_no_base64_is_never_answered_as_if_it_were_empty() {
    let outcome = outcome("challenge.txt");
    assert_eq!(ends(&outcome), ["broken", "ok"]);
}

#[test]
fn a_session_with_mailutils_which_forgets_a_space_and_knows_no_auth() {
    let outcome = outcome("mailutils.txt");
    let expected = ["ok", "err", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "err", "ok", "ok", "ok"];
    assert_eq!(ends(&outcome), expected);
    let known = outcome.capabilities.as_ref().expect("CAPA was answered");
    assert_eq!((known.expire, known.sasl.len()), (Some(Expire::Never), 0));
    assert!(known.user && known.pipelining && !known.stls);
    assert_eq!(sizes(&outcome), [(1, 34), (2, 19), (1, 89)]);
    let header = "Subject: dots\r\nX-UIDL: 462abc96f06d9ccaa4f6dcd85751fb11.1795620062.1\r\n";
    assert_eq!(parts(&outcome), [format!("{header}\r\n.\r\n..a\r\n.b\r\nend\r\n")]);
}

#[test]
fn a_server_from_before_capa_with_bare_line_feeds_is_understood() {
    let outcome = outcome("old.txt");
    assert_eq!(ends(&outcome), ["err", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"]);
    assert_eq!(sizes(&outcome), [(1, 120), (2, 200), (3, 260), (1, 120)]);
    let long = "x".repeat(96);
    assert_eq!(ids(&outcome), [(1, "<id with spaces>"), (2, long.as_str()), (3, "ÿ")]);
    assert_eq!(parts(&outcome), ["Subject: bare\n\n.dot\n"]);
    assert_eq!(unreadable(&outcome), 2);
    assert_eq!(outcome.capabilities, None);
}

#[test]
fn rfc_5034_challenges_are_decoded_answered_and_cancelled() {
    let outcome = outcome("auth.txt");
    assert_eq!(ends(&outcome), ["err", "err", "err", "err", "ok", "ok"]);
    let challenges: Vec<&[u8]> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Challenge { data, .. } => Some(data.as_slice()),
            _ => None,
        })
        .collect();
    assert_eq!(challenges, [b"Username:".as_slice(), b"Password:", b""]);
    let codes: Vec<_> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Done { result: Err(Refusal::Err { code, .. }), .. } => Some(code.clone()),
            _ => None,
        })
        .collect();
    let known = [ResponseCode::Auth, ResponseCode::SysTemp, ResponseCode::InUse].map(Some);
    assert_eq!(codes, [&[None], known.as_slice()].concat());
}

#[test]
fn commands_that_do_not_fit_the_state_or_hold_a_line_end_are_not_sent() {
    let outcome = outcome("misuse.txt");
    let expected = [
        "misuse", "misuse", "misuse", "misuse", "err", "misuse", "ok", "ok", "misuse", "misuse", "misuse",
        "misuse", "ok", "ok", "ok", "ok",
    ];
    assert_eq!(ends(&outcome), expected);
}

#[test]
fn octets_between_the_answer_to_stls_and_tls_end_the_connection_at_every_split() {
    let transcript = all().into_iter().find(|transcript| transcript.name == "injection.txt").unwrap();
    assert_eq!(replay(&transcript, whole).secures, 0);
    for at in 1..42 {
        let cut = |octets: &[u8]| {
            let (one, other) = octets.split_at(at.min(octets.len()));
            vec![one.to_vec(), other.to_vec()]
        };
        let outcome = replay(&transcript, cut);
        let position = |wanted: fn(&Event) -> bool| outcome.events.iter().position(wanted);
        let failed = position(|event| *event == Event::Failed(Pop3Error::Injection));
        let ended = position(|event| matches!(event, Event::Done { result: Err(_), .. }));
        assert!(failed.is_some() && failed < ended, "split at {at}: why comes before what it ended");
        assert!(outcome.closed);
        assert_eq!(ends(&outcome).last(), Some(&"ended"), "CAPA");
    }
}

#[test]
fn a_cut_stream_gives_what_came_and_ends_every_command_once() {
    let outcome = outcome("cut.txt");
    assert_eq!(ends(&outcome), ["ok", "ok", "ended", "ended", "ended"]);
    assert_eq!(parts(&outcome), ["Subject: cut\r\n\r\nhalf a li"]);
    assert!(outcome.events.contains(&Event::Failed(Pop3Error::Closed)));
}

#[test]
fn a_server_may_say_why_it_hangs_up() {
    let outcome = outcome("inactivity.txt");
    assert_eq!(outcome.events.last(), Some(&Event::Failed(Pop3Error::Closed)));
}

#[test]
fn a_refused_connection_and_an_answer_to_nothing_end_it() {
    let refused = Event::Failed(Pop3Error::Refused("too many connections".to_owned()));
    assert_eq!(outcome("refused.txt").events, [refused]);
    let nonsense = outcome("nonsense.txt");
    let fault = Pop3Error::Framing { rule: "answer without a command", offset: 21 };
    assert_eq!(nonsense.events.last(), Some(&Event::Failed(fault)));
    assert!(nonsense.closed);
}
