//! What is chosen, and what is said when nothing is.

use super::*;
use crate::{BindingKind, ChannelBinding};

fn password() -> Credentials {
    Credentials::password("tim", Secret::from("secret"))
}

fn choose(
    offered: &str,
    credentials: &Credentials,
    policy: &Policy,
    channel: &Channel,
) -> Result<&'static str, SaslError> {
    let attempt =
        Attempt::new(credentials, policy, channel, Nonce::from_random([0; Nonce::LENGTH]), &crate::nfkc);
    attempt.choose(offered.split(' ')).map(|exchange| exchange.name().as_str())
}

fn secured() -> Channel {
    Channel::tls(Vec::new())
}

fn bound() -> Channel {
    Channel::tls(ChannelBinding::new(BindingKind::TlsExporter, vec![7; 32]).into_iter().collect())
}

/// Over TLS with a password, whatever a mechanism is worth.
fn chosen(offered: &str) -> Option<&'static str> {
    choose(offered, &password(), &Policy::default(), &secured()).ok()
}

fn refusal(result: Result<&'static str, SaslError>) -> NoMechanism {
    match result {
        Err(SaslError::NoMechanism(refusal)) => *refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_strongest_that_both_have_is_chosen_in_any_order_and_case() {
    for (offered, expected) in [
        ("LOGIN PLAIN", Some("PLAIN")),
        ("plain login", Some("PLAIN")),
        ("GSSAPI LOGIN X-PLAIN", Some("LOGIN")),
        ("PLAIN LOGIN CRAM-MD5", Some("CRAM-MD5")),
        ("PLAIN SCRAM-SHA-1 CRAM-MD5", Some("SCRAM-SHA-1")),
        ("SCRAM-SHA-1 Scram-Sha-512 SCRAM-SHA-256", Some("SCRAM-SHA-512")),
        ("SCRAM-SHA-1-PLUS PLAIN", Some("PLAIN")),
        ("XOAUTH2 OAUTHBEARER EXTERNAL ANONYMOUS", None),
        ("GSSAPI", None),
        ("", None),
    ] {
        assert_eq!(chosen(offered), expected, "{offered}");
    }
    let with_binding = |offered| choose(offered, &password(), &Policy::default(), &bound());
    assert_eq!(with_binding("SCRAM-SHA-512 SCRAM-SHA-1-PLUS"), Ok("SCRAM-SHA-1-PLUS"));
    assert_eq!(with_binding("SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS"), Ok("SCRAM-SHA-256-PLUS"));
    assert_eq!(with_binding("SCRAM-SHA-256 PLAIN"), Ok("SCRAM-SHA-256"));
}

#[test]
fn credentials_decide_the_kind_of_mechanism() {
    let all = Name::all().map(Name::as_str).collect::<Vec<_>>().join(" ");
    for (credentials, expected) in [
        (password(), "SCRAM-SHA-512"),
        (password().acting_as("kim"), "SCRAM-SHA-512"),
        (Credentials::token("tim", Secret::from("t")), "OAUTHBEARER"),
        (Credentials::external(), "EXTERNAL"),
        (Credentials::anonymous(""), "ANONYMOUS"),
    ] {
        assert_eq!(choose(&all, &credentials, &Policy::default(), &secured()), Ok(expected));
    }
}

#[test]
fn nothing_that_shows_a_secret_is_chosen_without_tls_unless_that_is_allowed() {
    let plain = Channel::plain();
    let token = Credentials::token("tim", Secret::from("t"));
    for (credentials, offered) in [(password(), "LOGIN PLAIN"), (token, "XOAUTH2 OAUTHBEARER")] {
        let refused = refusal(choose(offered, &credentials, &Policy::default(), &plain));
        assert_eq!(refused.obstacle, Obstacle::NeedsTls);
        assert_eq!(refused.hindered.len(), 2);
        assert!(refused.to_string().contains("choose TLS"), "{refused}");
        let allowed = Policy::default().with_plaintext();
        assert!(choose(offered, &credentials, &allowed, &plain).is_ok());
        assert!(choose(offered, &credentials, &Policy::default(), &secured()).is_ok());
    }
    for offered in ["CRAM-MD5 PLAIN", "SCRAM-SHA-1 PLAIN"] {
        let stronger = offered.split(' ').next().unwrap();
        assert_eq!(choose(offered, &password(), &Policy::default(), &plain), Ok(stronger));
    }
}

#[test]
fn nothing_weaker_than_the_user_allowed_is_chosen() {
    let mutual = Policy::default().at_least(Strength::Mutual);
    let refused = refusal(choose("PLAIN LOGIN CRAM-MD5", &password(), &mutual, &secured()));
    assert_eq!(refused.obstacle, Obstacle::Forbidden);
    assert_eq!(
        refused.hindered.iter().map(|name| name.as_str()).collect::<Vec<_>>(),
        ["PLAIN", "LOGIN", "CRAM-MD5"]
    );
    assert_eq!(choose("PLAIN SCRAM-SHA-1", &password(), &mutual, &secured()), Ok("SCRAM-SHA-1"));
    let one = Policy::default().only(["scram-sha-256"]).unwrap();
    assert_eq!(choose("SCRAM-SHA-512 SCRAM-SHA-256", &password(), &one, &secured()), Ok("SCRAM-SHA-256"));
    refusal(choose("SCRAM-SHA-1 PLAIN", &password(), &one, &secured()));
    let both = Policy::default().at_least(Strength::Bound);
    let unbound = refusal(choose("SCRAM-SHA-256-PLUS SCRAM-SHA-256", &password(), &both, &secured()));
    assert_eq!(unbound.obstacle, Obstacle::NeedsChannelBinding);
}

#[test]
fn a_refusal_names_what_is_offered_what_is_allowed_and_what_to_do() {
    let policy = Policy::default().only(["SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"]).unwrap();
    let refused = refusal(choose("plain GSSAPI Login", &password(), &policy, &secured()));
    assert_eq!(refused.offered, ["PLAIN", "GSSAPI", "LOGIN"]);
    assert_eq!(refused.allowed.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["SCRAM-SHA-256"]);
    assert_eq!(
        refused.to_string(),
        "the server offers PLAIN, GSSAPI, LOGIN; allowed is SCRAM-SHA-256; the settings forbid PLAIN, LOGIN: \
         allow one of them if you trust this server with it, or ask its operator"
    );
    let nothing = refusal(choose("", &password(), &policy, &secured()));
    assert_eq!((nothing.offered.len(), nothing.obstacle), (0, Obstacle::Unknown));
    assert!(nothing.to_string().starts_with("the server offers nothing; allowed is SCRAM-SHA-256: ask"));
    let token = Credentials::token("tim", Secret::from("t"));
    let other = refusal(choose("PLAIN", &token, &Policy::default(), &secured()));
    assert_eq!(other.obstacle, Obstacle::OtherProof);
    let acting =
        refusal(choose("LOGIN CRAM-MD5", &password().acting_as("kim"), &Policy::default(), &secured()));
    assert_eq!(acting.obstacle, Obstacle::CannotActAs);
}

#[test]
fn what_a_server_offers_is_shown_within_bounds_and_read_beyond_them() {
    let odd = "A\u{202e}B <b> \u{1b}[31m NAME-OF-MORE-THAN-20-CHARACTERS ";
    let long = (0..5_000).map(|number| format!("X-{number} ")).collect::<String>();
    let refused =
        refusal(choose(&format!("{odd}{long}XOAUTH2"), &password(), &Policy::default(), &secured()));
    assert_eq!(refused.offered.len(), MOST_SHOWN);
    assert!(refused.offered.iter().all(|name| name.starts_with("X-")), "{:?}", refused.offered);
    assert_eq!(refused.obstacle, Obstacle::OtherProof);
    assert_eq!(chosen(&format!("{long} PLAIN")), Some("PLAIN"));
}

#[test]
fn after_a_refusal_that_may_be_no_wrong_password_one_that_shows_it_follows_if_that_is_allowed() {
    let offered = "SCRAM-SHA-256-PLUS SCRAM-SHA-256 CRAM-MD5 LOGIN PLAIN ANONYMOUS";
    let follows = |policy: &Policy, channel: &Channel| {
        let credentials = password();
        let attempt =
            Attempt::new(&credentials, policy, channel, Nonce::from_random([0; Nonce::LENGTH]), &crate::nfkc);
        let first = attempt.choose(offered.split(' ')).unwrap();
        let second = attempt.choose_showing(offered.split(' ')).map(|exchange| exchange.name().as_str());
        (first.may_lack_secret(), second.ok())
    };
    let all = Policy::default();
    assert_eq!(follows(&all, &secured()), (true, Some("PLAIN")));
    assert_eq!(follows(&all, &Channel::plain()), (true, None));
    assert_eq!(follows(&all.clone().with_plaintext(), &Channel::plain()), (true, Some("PLAIN")));
    assert_eq!(follows(&all.clone().at_least(Strength::Digest), &secured()), (true, None));
    // Somebody in between may have been found out.
    assert_eq!(follows(&all, &bound()), (false, Some("PLAIN")));
    let unbound = Policy::default().only(["SCRAM-SHA-256", "PLAIN"]).unwrap();
    assert_eq!(follows(&unbound, &bound()), (true, Some("PLAIN")));
    let (credentials, channel) = (password(), bound());
    let attempt =
        Attempt::new(&credentials, &all, &channel, Nonce::from_random([0; Nonce::LENGTH]), &crate::nfkc);
    assert!(!attempt.choose(["SCRAM-SHA-256"]).unwrap().may_lack_secret(), "its list may have been changed");
    let mut plain = choose_one("PLAIN", &password());
    plain.initial();
    assert!(!plain.may_lack_secret(), "it was shown");
    let mut token = choose_one("XOAUTH2", &Credentials::token("tim", Secret::from("t")));
    token.initial();
    assert!(!token.may_lack_secret());
}

fn choose_one(name: &str, credentials: &Credentials) -> Exchange {
    let (policy, channel) = (Policy::default(), secured());
    let attempt =
        Attempt::new(credentials, &policy, &channel, Nonce::from_random([0; Nonce::LENGTH]), &crate::nfkc);
    attempt.choose([name]).unwrap()
}

#[test]
fn what_a_protocol_had_before_sasl_counts_as_login() {
    let permits = |credentials: &Credentials, policy: &Policy, channel: &Channel| {
        Attempt::new(credentials, policy, channel, Nonce::from_random([0; Nonce::LENGTH]), &crate::nfkc)
            .permits("LOGIN")
    };
    let all = Policy::default();
    assert!(permits(&password(), &all, &secured()));
    assert!(!permits(&password(), &all, &Channel::plain()));
    assert!(permits(&password(), &all.clone().with_plaintext(), &Channel::plain()));
    assert!(!permits(&password().acting_as("kim"), &all, &secured()));
    assert!(!permits(&password(), &all.clone().at_least(Strength::Digest), &secured()));
    assert!(!permits(&Credentials::token("tim", Secret::from("t")), &all, &secured()));
}

#[test]
fn rfc_4422_3_1_names_are_well_formed_unique_and_in_the_order_of_their_strength() {
    for (index, row) in ROWS.iter().enumerate() {
        assert!(is_name(row.name), "{}", row.name);
        assert!(ROWS.iter().skip(index + 1).all(|other| row.name != other.name));
    }
    assert!(ROWS.iter().zip(ROWS.iter().skip(1)).all(|(first, second)| first.strength >= second.strength));
}

#[test]
fn credentials_that_can_not_be_carried_are_an_error_and_not_another_mechanism() {
    let credentials = Credentials::password("ti\0m", Secret::from("secret"));
    for offered in ["PLAIN", "SCRAM-SHA-1 PLAIN", "CRAM-MD5", "LOGIN"] {
        let refused = choose(offered, &credentials, &Policy::default(), &secured());
        assert_eq!(refused, Err(SaslError::Unencodable("user name")));
    }
}

#[test]
fn an_exchange_may_move_between_threads() {
    let mut exchange = choose_one("SCRAM-SHA-256", &password());
    let moved = std::thread::spawn(move || exchange.initial().is_some());
    assert!(moved.join().unwrap());
}

#[test]
fn every_message_that_shows_the_secret_is_known() {
    let shown = |credentials: &Credentials| -> Vec<String> {
        let revealing = revealing(credentials, "mail.example", 993);
        revealing.iter().map(|secret| String::from_utf8_lossy(secret.expose()).into_owned()).collect()
    };
    assert_eq!(shown(&password().acting_as("kim")), ["kim\0tim\0secret", "secret"]);
    let token = Credentials::token("tim", Secret::from("t0k3n"));
    let expected = [
        "n,a=tim,\u{1}host=mail.example\u{1}port=993\u{1}auth=Bearer t0k3n\u{1}\u{1}",
        "user=tim\u{1}auth=Bearer t0k3n\u{1}\u{1}",
        "t0k3n",
    ];
    assert_eq!(shown(&token), expected);
    assert_eq!(shown(&Credentials::external()), [""; 0]);
    assert_eq!(shown(&Credentials::password("tim", Secret::from(""))), [""; 0]);
}
