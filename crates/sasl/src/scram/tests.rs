//! Published exchanges, exchanges computed with Python, and servers that lie.

use super::*;
use crate::testing::{begin_on, password};
use crate::{Attempt, BindingKind, Channel, Exchange, Nonce, Policy};

/// One exchange, line for line.
struct Conversation {
    offered: &'static str,
    credentials: Credentials,
    channel: Channel,
    nonce: &'static str,
    lines: [&'static str; 4],
}

fn bound(kind: BindingKind, data: impl Into<Vec<u8>>) -> Channel {
    Channel::tls(vec![ChannelBinding::new(kind, data.into()).expect("is a binding")])
}

impl Conversation {
    fn new(offered: &'static str, lines: [&'static str; 4]) -> Self {
        let (credentials, channel) = (password("user", "pencil"), Channel::plain());
        Self { offered, credentials, channel, nonce: "rOprNGfwEbeRWgbNEkqO", lines }
    }

    fn begin(&self) -> Exchange {
        begin_on(self.offered, &self.credentials, &self.channel, self.nonce).expect("begins")
    }

    /// Up to the server's signature, which is to come.
    fn proven(&self) -> Exchange {
        let mut exchange = self.begin();
        let [client_first, server_first, client_final, _] = self.lines;
        assert_eq!(text(&exchange.initial().expect("it speaks first")), client_first);
        let answer = exchange.respond_at_once(server_first.as_bytes()).expect("answers");
        assert_eq!(text(&answer), client_final);
        exchange
    }

    fn play(&self) {
        let mut exchange = self.proven();
        assert_eq!(exchange.accepted(), Err(SaslError::ServerSignatureMissing));
        let last = exchange.respond_at_once(self.lines[3].as_bytes()).expect("is the server");
        assert_eq!(last.expose(), b"");
        assert_eq!(exchange.accepted(), Ok(()));
        assert_eq!(exchange.refusal(), None);
        assert_eq!(exchange.respond(b""), Err(SaslError::UnexpectedChallenge));
        assert_eq!(exchange.accepted(), Err(SaslError::UnexpectedChallenge));
    }
}

fn text(octets: &Secret<Vec<u8>>) -> &str {
    core::str::from_utf8(octets.expose()).expect("is text")
}

fn rfc_5802() -> Conversation {
    let lines = [
        "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
        "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
        "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ];
    Conversation { nonce: "fyko+d2lbbFgONRv9qkxdawL", ..Conversation::new("SCRAM-SHA-1", lines) }
}

const SERVER_FIRST: &str =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

#[test]
fn rfc_5802_5_example_of_sha_1_is_played() {
    rfc_5802().play();
}

#[test]
fn rfc_7677_3_example_of_sha_256_is_played() {
    let lines = [
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        SERVER_FIRST,
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ];
    Conversation::new("SCRAM-SHA-256", lines).play();
}

/// No RFC has one: RFC 7677's example with the other hash, computed with Python's hashlib and hmac.
#[test]
fn sha_512_gives_what_python_gives() {
    let lines = [
        "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
        SERVER_FIRST,
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
        "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==",
    ];
    Conversation::new("SCRAM-SHA-512", lines).play();
}

/// Computed with Python's hashlib and hmac, for each kind of binding.
#[test]
fn with_a_channel_binding_the_flag_names_it_and_the_proof_covers_it() {
    let exporter = Conversation {
        channel: bound(BindingKind::TlsExporter, (0..32).collect::<Vec<u8>>()),
        ..Conversation::new(
            "SCRAM-SHA-256 SCRAM-SHA-256-PLUS",
            [
                "p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                SERVER_FIRST,
                "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=QC6CS20quADQRb3mT99YUH+n3VJxUvzuK0K0E1Vrs2M=",
                "v=2GiAgapEppLVlUXbxUDksL3VgYHzuqiK5tR4mhJGgvs=",
            ],
        )
    };
    exporter.play();
    let unique = Conversation {
        channel: bound(BindingKind::TlsUnique, [1, 2, 3]),
        ..Conversation::new(
            "SCRAM-SHA-512 SCRAM-SHA-1-PLUS",
            [
                "p=tls-unique,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                SERVER_FIRST,
                "c=cD10bHMtdW5pcXVlLCwBAgM=,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=N0YVDRZsbePMD5gAL6WYwkT5S+w=",
                "v=xc/gBU8seTAokFKVaVpRwwjLcgM=",
            ],
        )
    };
    unique.play();
}

/// Computed with Python's hashlib and hmac. The password is typed with a soft hyphen and a roman numeral, the name has marks of
/// the grammar, and somebody else's mailbox is opened.
#[test]
fn names_are_encoded_passwords_prepared_and_authorization_identities_sent() {
    let conversation = Conversation {
        credentials: password("us=er,", "\u{2168}\u{A0}pen\u{AD}cil").acting_as("k,im"),
        channel: bound(BindingKind::TlsServerEndPoint, [0xaa; 32]),
        ..Conversation::new(
            "SCRAM-SHA-512-PLUS",
            [
                "p=tls-server-end-point,a=k=2Cim,n=us=3Der=2C,r=rOprNGfwEbeRWgbNEkqO",
                "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=5000",
                "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCxhPWs9MkNpbSyqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqg==,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=//F8EOGrY/cwu9c6xswCc678VuHOAGh+kCjrg1OD+ABaVaQaApVi2yn4NPUundlU9RekskSIIuWaEWyh6Cj2ug==",
                "v=Nahvfc68OsvIDQXnYuzDn+TP0aFBvWB0WA1Hc6T1PhFPpkmWHLccx5DG8zVzZrSVG1iuAb+7dNZBQevgGtBZIA==",
            ],
        )
    };
    conversation.play();
}

/// Computed with Python's hashlib and hmac: the octets of the password as typed.
#[test]
fn a_password_that_can_not_be_prepared_is_used_as_it_is() {
    let conversation = Conversation {
        credentials: password("user", "hunter🦊2"),
        ..Conversation::new(
            "SCRAM-SHA-1",
            [
                "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                SERVER_FIRST,
                "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=ZHnnlIWravXzFCB9GkcdPhQ4wnw=",
                "v=oVWcEkcqX2LVD5O6KFZe1xaoD0c=",
            ],
        )
    };
    conversation.play();
}

#[test]
fn rfc_5802_6_the_flag_tells_a_server_whose_list_was_changed_on_the_way() {
    let flag = |offered: &str, channel: &Channel, policy: &Policy| {
        let credentials = password("user", "pencil");
        let nonce = Nonce::from_random([0; Nonce::LENGTH]);
        let mut exchange = Attempt::new(&credentials, policy, channel, nonce, &crate::nfkc)
            .choose(offered.split(' '))
            .expect("begins");
        let first = exchange.initial().expect("it speaks first");
        text(&first).split(',').next().expect("has a flag").to_owned()
    };
    let (able, unable) = (bound(BindingKind::TlsExporter, [7; 32]), Channel::tls(Vec::new()));
    let all = Policy::default();
    let one = Policy::default().only(["SCRAM-SHA-256"]).expect("is known");
    // We can't bind.
    assert_eq!(flag("SCRAM-SHA-256 SCRAM-SHA-256-PLUS", &unable, &all), "n");
    assert_eq!(flag("SCRAM-SHA-256", &Channel::plain(), &all), "n");
    // We can, and the server says it can't: if it can, it will refuse.
    assert_eq!(flag("SCRAM-SHA-256", &able, &all), "y");
    assert_eq!(flag("SCRAM-SHA-256", &able, &one), "y");
    // Both can.
    assert_eq!(flag("SCRAM-SHA-256 SCRAM-SHA-256-PLUS", &able, &all), "p=tls-exporter");
    assert_eq!(flag("SCRAM-SHA-256 SCRAM-SHA-1-PLUS", &able, &all), "p=tls-exporter");
    // Both can, and the user does not want it: with `y` the server would refuse.
    assert_eq!(flag("SCRAM-SHA-256 SCRAM-SHA-256-PLUS", &able, &one), "n");
}

/// Computed with Python's hashlib and hmac.
#[test]
fn the_flag_of_a_server_that_seems_unable_to_bind_is_part_of_the_proof() {
    let conversation = Conversation {
        channel: bound(BindingKind::TlsExporter, [7; 32]),
        ..Conversation::new(
            "SCRAM-SHA-256",
            [
                "y,,n=user,r=rOprNGfwEbeRWgbNEkqO",
                SERVER_FIRST,
                "c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=FoqiHTtQEDE8lz1CdaEe3tK4mS+iMDTl77SPyDS53DY=",
                "v=dI4KpiQJwBr1+V+K6U1dA6l6I4I9DUNXWND4pcpRU3U=",
            ],
        )
    };
    conversation.play();
}

#[test]
fn a_server_that_does_not_prove_that_it_knows_the_password_has_not_signed_us_in() {
    let conversation = rfc_5802();
    // OK at once, before the proof, and after it.
    assert_eq!(conversation.begin().accepted(), Err(SaslError::ServerSignatureMissing));
    assert_eq!(conversation.proven().accepted(), Err(SaslError::ServerSignatureMissing));
    for wrong in ["v=rmF9pqV8S7suAoZWja4dJRkFsKA=", "v=rmF9pqV8S7suAoZWja4dJRkFsA==", "v=QQ=="] {
        let mut exchange = conversation.proven();
        assert_eq!(exchange.respond(wrong.as_bytes()), Err(SaslError::ServerSignatureWrong), "{wrong}");
        // Not even if the right one follows.
        assert_eq!(exchange.respond(conversation.lines[3].as_bytes()), Err(SaslError::OutOfOrder));
        assert_eq!(exchange.accepted(), Err(SaslError::ServerSignatureWrong));
        assert!(!exchange.may_lack_secret());
    }
    let mut exchange = conversation.proven();
    assert_eq!(exchange.respond(b""), Err(SaslError::Malformed { rule: "verifier", offset: 0 }));
    assert!(exchange.accepted().is_err());
}

#[test]
fn a_refusal_within_the_mechanism_is_typed_and_never_becomes_a_login() {
    let mut exchange = rfc_5802().proven();
    assert_eq!(exchange.respond_at_once(b"e=invalid-proof").unwrap().expose(), b"");
    assert_eq!(exchange.refusal(), Some(ServerRefusal::Scram(ScramRefusal::InvalidProof)));
    assert_eq!(exchange.accepted(), Err(SaslError::ServerSignatureMissing));
    assert!(!exchange.may_lack_secret(), "the server knows better");
    let mut early = rfc_5802().begin();
    early.initial();
    assert_eq!(early.respond_at_once(b"e=unknown-user").unwrap().expose(), b"");
    assert_eq!(early.refusal(), Some(ServerRefusal::Scram(ScramRefusal::UnknownUser)));
    assert!(early.may_lack_secret());
}

#[test]
fn the_cost_is_known_before_it_is_paid_and_may_be_paid_in_slices() {
    let conversation = rfc_5802();
    let mut exchange = conversation.begin();
    assert_eq!(exchange.derive(NonZeroU32::MIN), Err(SaslError::OutOfOrder));
    let mut exchange = conversation.begin();
    exchange.initial();
    let mut step = exchange.respond(conversation.lines[1].as_bytes()).expect("is understood");
    assert_eq!(step, Step::Derive { iterations: 4_095 });
    let slice = NonZeroU32::new(1_000).expect("is more than none");
    for left in [3_095, 2_095, 1_095, 95] {
        step = exchange.derive(slice).expect("goes on");
        assert_eq!(step, Step::Derive { iterations: left });
    }
    let Step::Answer(answer) = exchange.derive(slice).expect("ends") else { panic!("work is left") };
    assert_eq!(text(&answer), conversation.lines[2]);
    assert_eq!(exchange.derive(slice), Err(SaslError::OutOfOrder));
}

#[test]
fn a_challenge_while_the_key_is_derived_ends_the_exchange() {
    let conversation = rfc_5802();
    let mut exchange = conversation.begin();
    exchange.initial();
    exchange.respond(conversation.lines[1].as_bytes()).expect("is understood");
    assert_eq!(exchange.respond(conversation.lines[3].as_bytes()), Err(SaslError::UnexpectedChallenge));
    assert_eq!(exchange.derive(NonZeroU32::MAX), Err(SaslError::OutOfOrder));
}

#[test]
fn no_secret_shows_in_debug() {
    let exchange = rfc_5802().proven();
    assert!(!format!("{exchange:?}").contains("pencil"));
}
