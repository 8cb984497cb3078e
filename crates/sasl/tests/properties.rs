//! Nothing from a server breaks an exchange: no panic, no login without proof, no answer without end.

use core::num::NonZeroU32;
use proptest::prelude::*;
use waypost_sasl::{
    Attempt, BindingKind, Channel, ChannelBinding, Credentials, Exchange, Name, Nonce, Policy, SaslError,
    Step,
};
use waypost_wire::Secret;

const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";

/// Begins each mechanism with the credentials that it takes.
fn begin(name: Name) -> Exchange {
    let bindings = ChannelBinding::new(BindingKind::TlsExporter, vec![7; 32]).into_iter().collect();
    let (policy, channel) = (Policy::default(), Channel::tls(bindings));
    let all = [
        Credentials::password("tim", Secret::from("secret")),
        Credentials::token("tim", Secret::from("t0k3n")),
        Credentials::external(),
        Credentials::anonymous("trace"),
    ];
    let begun = all.iter().find_map(|credentials| {
        let nonce = Nonce::parse(NONCE).expect("is a nonce");
        Attempt::new(credentials, &policy, &channel, nonce, &waypost_sasl::nfkc).choose([name.as_str()]).ok()
    });
    begun.expect("one of the credentials fits")
}

/// Plays what a server says, with little patience for work. Returns the octets that were answered.
fn play(exchange: &mut Exchange, challenges: &[Vec<u8>]) -> usize {
    let mut answered = exchange.initial().map_or(0, |initial| initial.expose().len());
    for challenge in challenges {
        let step = match exchange.respond(challenge) {
            Ok(Step::Derive { iterations }) => {
                assert!(iterations < SaslError::MOST_ITERATIONS);
                exchange.derive(NonZeroU32::MIN)
            }
            other => other,
        };
        if let Ok(Step::Answer(answer)) = step {
            answered += answer.expose().len();
        }
    }
    answered
}

fn name() -> impl Strategy<Value = Name> {
    prop::sample::select(Name::all().collect::<Vec<_>>())
}

/// Challenges that come near to real ones.
fn challenge() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "r=",
        NONCE,
        "x",
        ",",
        ",s=",
        "QQ==",
        "W22ZaJ0SNY7soEsUEjb6gQ==",
        ",i=",
        "4096",
        "1000000",
        "18446744073709551616",
        "v=",
        "e=",
        "invalid-proof",
        "m=",
        "=",
        "\0",
        "ü",
        "{\"status\":",
        "\"400\"",
        "}",
        "[",
        "<1896.697170952@postoffice.reston.mci.net>",
        "Username:",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        prop::collection::vec(word, 0..12).prop_map(|words| words.concat().into_bytes()),
        (0..20_000_usize, any::<u8>()).prop_map(|(length, octet)| vec![octet; length]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_challenges_break_an_exchange_or_make_one_that_wants_proof_succeed(
        name in name(),
        challenges in prop::collection::vec(challenge(), 0..5),
    ) {
        let mut exchange = begin(name);
        let answered = play(&mut exchange, &challenges);
        prop_assert!(answered < 4_096, "{answered} octets were answered");
        if name.as_str().starts_with("SCRAM-") {
            prop_assert!(exchange.accepted().is_err());
        }
        let failed = exchange.failure().cloned();
        if let Some(failure) = failed {
            prop_assert!(exchange.accepted() == Err(failure));
            prop_assert!(exchange.respond(b"") == Err(SaslError::OutOfOrder));
        }
    }

    #[test]
    fn offers_of_any_words_are_chosen_from_or_refused(offered in prop::collection::vec(".{0,30}", 0..50)) {
        let credentials = Credentials::password("tim", Secret::from("secret"));
        let (policy, channel) = (Policy::default(), Channel::plain());
        let nonce = Nonce::from_random([0; Nonce::LENGTH]);
        let attempt = Attempt::new(&credentials, &policy, &channel, nonce, &waypost_sasl::nfkc);
        if let Err(refused) = attempt.choose(offered.iter().map(String::as_str)) {
            prop_assert!(refused.to_string().len() < 2_000);
            prop_assert!(!refused.to_string().contains(char::is_control));
        }
    }
}

/// Steps of RFC 7677's example; the last is the server's signature.
const SERVER: [&str; 2] = [
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
];

fn rfc_7677(server: [&[u8]; 2]) -> Result<(), SaslError> {
    let credentials = Credentials::password("user", Secret::from("pencil"));
    let (policy, channel) = (Policy::default(), Channel::plain());
    let nonce = Nonce::parse(NONCE).expect("is a nonce");
    let mut exchange = Attempt::new(&credentials, &policy, &channel, nonce, &waypost_sasl::nfkc)
        .choose(["SCRAM-SHA-256"])?;
    exchange.initial();
    for challenge in server {
        exchange.respond_at_once(challenge)?;
    }
    exchange.accepted()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_exchange_in_which_one_bit_was_changed_is_no_login(which in 0..2_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut lines = SERVER.map(|line| line.as_bytes().to_vec());
        let line = &mut lines[which];
        let place = at.index(line.len());
        line[place] ^= 1 << bit;
        prop_assert!(rfc_7677([&lines[0], &lines[1]]).is_err());
    }
}

#[test]
fn the_same_exchange_unchanged_is_a_login() {
    assert_eq!(rfc_7677(SERVER.map(str::as_bytes)), Ok(()));
}
