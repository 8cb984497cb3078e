//! Whatever a server sends, the machine gives events and waits. Transcripts are mutated with a fixed seed.

use crate::replay::{Step, all};
use waypost_imap::fuzz::server_octets;

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
    let mut numbers = Numbers(0x5eed_1e55);
    let sessions = sessions();
    for _ in 0..6000 {
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
        server_octets(&octets);
    }
}
