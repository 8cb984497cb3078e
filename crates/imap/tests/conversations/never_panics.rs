//! Whatever a server sends, the machine gives events and waits. Transcripts are mutated with a fixed seed.

use crate::replay::{Step, all};
use std::time::{Duration, Instant};
use waypost_imap::fuzz::{encoder, framing, grammar, hostile_server, server_octets};

/// A small generator (xorshift): the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }

    fn octet(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }
}

/// What the servers of the transcripts sent, each behind an octet for the fuzz body's setting.
fn sessions() -> Vec<Vec<u8>> {
    let server = |step: &Step| if let Step::Server(octets) = step { Some(octets.clone()) } else { None };
    all()
        .iter()
        .map(|transcript| {
            let mut octets = vec![0];
            octets.extend(transcript.steps.iter().filter_map(server).flatten());
            octets
        })
        .collect()
}

#[test]
fn every_truncation_of_a_session_ends_in_wait() {
    for session in sessions() {
        // Inside a long body one place is like another.
        let dense = 1..session.len().min(600);
        for end in dense.chain((600..session.len()).step_by(37)) {
            server_octets(&session[..end]);
        }
    }
}

#[test]
fn mutated_sessions_end_in_wait() {
    mutated(6000, server_octets);
}

#[test]
fn a_hostile_server_and_an_owner_who_uses_everything_keep_the_contract() {
    mutated(1500, |session| {
        // Another behaviour for each session, the same in every run.
        let setting = session.iter().fold(0, |sum: u8, octet| sum.wrapping_mul(31).wrapping_add(*octet));
        hostile_server(&[&[session[0], setting], &session[1..]].concat());
    });
}

#[test]
fn responses_are_cut_alike_and_read_whatever_they_are() {
    mutated(2000, framing);
    mutated(2000, |session| session[1..].split(|octet| *octet == b'\n').for_each(grammar));
    mutated(500, encoder);
}

fn mutated(times: usize, body: fn(&[u8])) {
    let mut numbers = Numbers(0x5eed_1e55);
    let sessions = sessions();
    for _ in 0..times {
        let mut octets = sessions[numbers.below(sessions.len())].clone();
        octets[0] = numbers.octet();
        for _ in 0..=numbers.below(6) {
            let at = 1 + numbers.below(octets.len() - 1);
            match numbers.below(5) {
                0 => octets[at] = numbers.octet(),
                1 => octets.insert(at, b"(){}\"\\*+ \r\n\0"[numbers.below(12)]),
                2 if octets.len() > 50 => drop(octets.drain(at..(at + numbers.below(40)).min(octets.len()))),
                3 => {
                    let other = &sessions[numbers.below(sessions.len())];
                    let from = numbers.below(other.len());
                    let part = other[from..(from + numbers.below(60)).min(other.len())].to_vec();
                    octets.splice(at..at, part);
                }
                _ => octets.truncate((at + octets.len() / 2).max(2)),
            }
        }
        body(&octets);
    }
}

/// Hostile lines. Each takes some milliseconds; the time of none grows with the square of its length.
#[test]
fn no_pattern_takes_more_time_than_its_length() {
    let openings = [
        "* LIST () \"/\" a (b ",
        "* STATUS ",
        "* STATUS a (MESSAGES 1 ",
        "* METADATA a (",
        "* NAMESPACE ((\"\" \"/\" ",
        "* 1 FETCH (",
        "* 1 FETCH (UID 5 ENVELOPE (",
        "* 1 FETCH (BODYSTRUCTURE (",
        "* 1 FETCH (BODYSTRUCTURE (\"a\" \"b\" NIL NIL NIL NIL 5 ",
        "* 1 FETCH (FLAGS (",
        "* 1 FETCH (X ",
        "* LIST () \"/\" ",
        "* LIST (",
        "* SEARCH ",
        "* ESEARCH ALL ",
        "* FLAGS (",
        "* CAPABILITY ",
        "* OK [",
        "* OK [CAPABILITY ",
        "* OK [PERMANENTFLAGS (",
        "x",
        "+ ",
        "",
    ];
    let patterns = [
        "\"",
        "\"\\",
        "\\\"",
        "\"\\\"",
        "(",
        ")",
        "()",
        "((\"",
        "(\"\"",
        "{1",
        "{0}",
        "{1}",
        "[",
        "]",
        "BODY[ ",
        "BODY[1 ",
        "X< ",
        "BODY[HEADER.FIELDS (",
        "&",
        "&a",
        "&-",
        " ",
        " (",
        "(NIL ",
        "\"a\" ",
        "(\"a\" ",
        "((\"a\" \"b\") ",
        "1",
        "1:",
        "1.",
        "1,",
        "-",
        "*",
        "=",
        "NIL ",
        " (",
        " (a ",
        "\0",
        "\x0b",
        "ENVELOPE (\"",
        "RFC822 \"",
        "(\"message\" \"rfc822\" NIL NIL NIL \"7bit\" 5 (NIL) ",
        "{0}\r\n",
        "\"{0}\r\n",
        " {0}\r\n",
        "BODY[] {0}\r\n",
    ];
    for opening in openings {
        for pattern in patterns {
            let time = |length: usize| {
                let mut octets = vec![255];
                octets.extend_from_slice(opening.as_bytes());
                octets.extend_from_slice(pattern.repeat(length / pattern.len()).as_bytes());
                octets.extend_from_slice(b"\r\n");
                let start = Instant::now();
                server_octets(&octets);
                start.elapsed()
            };
            // A busy machine may be slow once, not each time. Four times the length takes four times as long, or sixteen.
            let linear = (0..8).any(|_| {
                let whole = time(50_000);
                whole < QUICK || whole < time(12_500) * 8
            });
            assert!(linear, "{opening:?}, then {pattern:?} for ever");
        }
    }
}

/// What is done in this time needs no comparison: with the square of its length it would take seconds.
const QUICK: Duration = Duration::from_millis(200);
