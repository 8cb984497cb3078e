//! Whatever a server sends, the machine gives events and waits. Transcripts are mutated with a fixed seed.

use crate::replay::{Outcome, Step, all, drain};
use waypost_imap::{Client, Command, Options};
use waypost_wire::{Input, Machine as _, Timestamp};

/// A small generator (xorshift): the same numbers in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }
}

#[test]
fn mutated_and_truncated_sessions_end_in_wait() {
    let mut numbers = Numbers(0x5eed_1e55);
    let sessions: Vec<Vec<u8>> = all()
        .iter()
        .map(|transcript| {
            transcript
                .steps
                .iter()
                .filter_map(|step| if let Step::Server(octets) = step { Some(octets.clone()) } else { None })
                .flatten()
                .collect()
        })
        .collect();
    for _ in 0..4000 {
        let mut octets = sessions[numbers.below(sessions.len())].clone();
        for _ in 0..=numbers.below(6) {
            let at = numbers.below(octets.len());
            match numbers.below(4) {
                0 => octets[at] = u8::try_from(numbers.below(256)).unwrap(),
                1 => octets.insert(at, b"(){}\"\\*+ \r\n\0"[numbers.below(12)]),
                2 if octets.len() > 50 => drop(octets.drain(at..(at + numbers.below(40)).min(octets.len()))),
                _ => octets.truncate(at.max(1)),
            }
        }
        let now = Timestamp::from_millis(1);
        let mut client = Client::new(Options::default());
        let mut outcome = Outcome::default();
        for command in [Command::Capability, Command::Noop, Command::Idle] {
            client.enqueue(command);
        }
        let at = numbers.below(octets.len());
        for piece in [&octets[..at], &octets[at..]] {
            client.handle(now, Input::Bytes(piece));
            drain(&mut client, now, &mut outcome);
        }
        client.handle(now, Input::Closed);
        drain(&mut client, now, &mut outcome);
        assert!(outcome.closed);
    }
}
