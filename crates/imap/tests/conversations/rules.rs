//! Whatever breaks, a rule is named: sessions and samples are mutated with a fixed seed and judged.

use crate::replay::{Step, all};
use waypost_imap::FAULTS;
use waypost_imap::judge::judge;

fn sessions() -> Vec<Vec<u8>> {
    let server = |step: &Step| match step {
        Step::Server(octets) => octets.clone(),
        _ => Vec::new(),
    };
    let transcripts = all().into_iter().map(|transcript| transcript.steps.iter().flat_map(server).collect());
    transcripts.chain(FAULTS.iter().map(|row| row.sample.to_vec())).collect()
}

/// A small generator (xorshift): the same numbers in every run.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state % (1 << 31)).unwrap()
}

#[test]
fn every_breach_names_its_rule_and_nothing_is_lost() {
    let mut state = 9051;
    let octets = b"()\"\\{}[] \t*%~+-:,0x9NIL\x00\xff";
    for session in sessions() {
        for round in 0..60 {
            let mut mutated = session.clone();
            for _ in 0..round.min(8) {
                let at = next(&mut state) % mutated.len().max(1);
                let octet = octets[next(&mut state) % octets.len()];
                match next(&mut state) % 3 {
                    0 if at < mutated.len() => mutated[at] = octet,
                    1 if at < mutated.len() => drop(mutated.remove(at)),
                    _ => mutated.insert(at.min(mutated.len()), octet),
                }
            }
            for strict in [false, true] {
                let tally = judge(&mutated, strict, |_, response| {
                    let shown = format!("{response:?}");
                    assert!(!shown.contains("rule: \"\""), "{}: {shown}", mutated.escape_ascii());
                });
                // Only a literal can hide a response.
                let literals = mutated.contains(&b'{');
                assert!(literals || tally.lost == 0, "{}", mutated.escape_ascii());
                assert_eq!(
                    tally.responses,
                    tally.typed + tally.salvaged + tally.unknown + tally.lost,
                    "{}",
                    mutated.escape_ascii()
                );
            }
        }
    }
}
