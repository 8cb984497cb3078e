//! What each source says, and in what order.

use crate::support::world::{World, discover, file, options, outcome, with_imap};
use hickory_resolver::proto::op::ResponseCode;
use serde_json::json;

#[tokio::test]
async fn srv_records_give_servers_in_their_order_and_what_to_confirm() {
    let world = World::new().await;
    world.srv("_imaps", "example.org", 20, 993, "second.example.org");
    world.srv("_imaps", "example.org", 10, 993, "First.Example.org");
    world.srv("_imap", "example.org", 5, 143, "imap.hoster.example");
    world.srv("_pop3s", "example.org", 0, 0, ".");
    world.srv("_submissions", "example.org", 0, 465, "smtp.example.org");
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "Example.ORG", None).await;
    let option = |protocol, host, port, tls, confirm, allowed| json!({ "protocol": protocol, "host": host, "port": port, "tls": tls, "username": "address", "source": "srv", "confirm": confirm, "allowed": allowed });
    assert_eq!(answer["domain"], "example.org");
    assert_eq!(
        answer["options"],
        json!([
            option("imap", "first.example.org", 993, "implicit", false, true),
            option("imap", "second.example.org", 993, "implicit", false, true),
            option("imap", "imap.hoster.example", 143, "starttls", true, true),
            option("smtp", "smtp.example.org", 465, "implicit", false, false),
        ])
    );
    assert!(!world.was_asked("pop.example.org"), "what is not offered is not guessed");
}

#[tokio::test]
async fn a_domain_that_prefers_pop3_gets_it_first() {
    let world = World::new().await;
    world.srv("_imaps", "example.org", 20, 993, "imap.example.org");
    world.srv("_pop3s", "example.org", 10, 995, "pop.example.org");
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "example.org", None).await;
    assert_eq!(
        options(&answer),
        ["pop3 pop.example.org:995 implicit address srv", "imap imap.example.org:993 implicit address srv"]
    );
}

#[tokio::test]
async fn the_domains_own_file_is_told_the_address_at_its_own_place_only() {
    let mut world = World::new().await;
    let own = world.https("autoconfig.example.org", "9.9.9.1", with_imap("imap.example.org")).await;
    let well_known = world.https("example.org", "9.9.9.2", with_imap("other.example.org")).await;
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "example.org", Some("kim@example.org")).await;
    assert_eq!(
        options(&answer),
        [
            "imap imap.example.org:993 implicit localpart autoconfig",
            "imap other.example.org:993 implicit localpart autoconfig"
        ]
    );
    let own = own.lock().unwrap().join("");
    assert!(
        own.starts_with("GET /mail/config-v1.1.xml?emailaddress=kim%40example.org HTTP/1.1\r\n"),
        "{own}"
    );
    let lower = own.to_ascii_lowercase();
    assert!(lower.contains("\r\nhost: autoconfig.example.org\r\n"), "{own}");
    for none in ["cookie", "referer", "accept-encoding", "authorization", "origin", "forwarded"] {
        assert!(!lower.contains(&format!("\r\n{none}:")), "{own}");
    }
    let well_known = well_known.lock().unwrap().join("");
    assert!(
        well_known.starts_with("GET /.well-known/autoconfig/mail/config-v1.1.xml HTTP/1.1\r\n"),
        "{well_known}"
    );
}

#[tokio::test]
async fn a_broken_file_does_not_hide_what_other_places_say() {
    for broken in
        ["<clientConfig", "<!DOCTYPE html><html></html>", "\u{0}", "<clientConfig>&lol;</clientConfig>"]
    {
        let mut world = World::new().await;
        world.https("autoconfig.example.org", "9.9.9.1", file(broken)).await;
        world.srv("_pop3s", "example.org", 0, 995, "pop.example.org");
        let gateway = world.gateway("").await;
        let answer = discover(&gateway, "example.org", None).await;
        assert_eq!(options(&answer), ["pop3 pop.example.org:995 implicit address srv"], "{broken}");
        assert_eq!(
            (outcome(&answer, "srv"), outcome(&answer, "autoconfig")),
            ("found".into(), "failed".into())
        );
    }
}

#[tokio::test]
async fn the_same_server_from_two_sources_is_one_option_with_the_user_name_of_the_file() {
    let mut world = World::new().await;
    world.srv("_imaps", "example.org", 0, 993, "imap.example.org");
    world.https("example.org", "9.9.9.2", with_imap("imap.%EMAILDOMAIN%")).await;
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "example.org", None).await;
    assert_eq!(options(&answer), ["imap imap.example.org:993 implicit localpart srv"]);
}

#[tokio::test]
async fn a_name_server_that_can_not_say_is_told_from_one_that_knows_nothing() {
    for (code, said) in [
        (ResponseCode::NXDomain, "none"),
        (ResponseCode::ServFail, "failed"),
        (ResponseCode::Refused, "failed"),
    ] {
        let world = World::new().await;
        *world.unknown.lock().unwrap() = code;
        let gateway = world.gateway("").await;
        let answer = discover(&gateway, "example.org", None).await;
        for source in ["srv", "autoconfig", "mx"] {
            assert_eq!(outcome(&answer, source), said, "{source} {code}");
        }
    }
}

#[tokio::test]
async fn for_a_large_provider_nobody_is_asked() {
    let world = World::new().await;
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "gmail.com", Some("kim@gmail.com")).await;
    assert_eq!(
        options(&answer),
        [
            "imap imap.gmail.com:993 implicit address providers",
            "pop3 pop.gmail.com:995 implicit address providers",
            "smtp smtp.gmail.com:465 implicit address providers",
        ]
    );
    let other = discover(&gateway, "outlook.com", None).await;
    assert_eq!(other["options"][0]["confirm"], true, "its servers are outside of it");
    let none = discover(&gateway, "proton.me", None).await;
    assert_eq!((options(&none).len(), outcome(&none, "providers").as_str()), (0, "none"));
    assert_eq!(world.asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn mail_that_goes_to_a_large_provider_is_read_there_once_the_user_agrees() {
    let world = World::new().await;
    world.mx("example.org", 20, "mail.example.org");
    world.mx("example.org", 1, "ASPMX.L.Google.com");
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "example.org", None).await;
    assert_eq!(options(&answer)[0], "imap imap.gmail.com:993 implicit address mx");
    assert!(answer["options"].as_array().unwrap().iter().all(|option| option["confirm"] == true));
    assert!(!world.was_asked("imap.example.org"), "nothing is guessed where something is known");
}

#[tokio::test]
async fn thunderbirds_database_is_asked_only_where_the_operator_says_so() {
    let mut world = World::new().await;
    let database =
        world.https("autoconfig.thunderbird.net", "9.9.9.3", with_imap("imap.hoster.example")).await;
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "example.org", Some("kim@example.org")).await;
    assert_eq!((options(&answer).len(), outcome(&answer, "ispdb").as_str()), (0, ""));
    assert!(!world.was_asked("thunderbird.net"));
    let gateway = world.gateway("[discovery]\nispdb = true").await;
    let answer = discover(&gateway, "example.org", Some("kim@example.org")).await;
    assert_eq!(options(&answer), ["imap imap.hoster.example:993 implicit localpart ispdb"]);
    assert_eq!(answer["options"][0]["confirm"], true);
    let asked = database.lock().unwrap().join("");
    assert!(asked.starts_with("GET /v1.1/example.org HTTP/1.1\r\n") && !asked.contains("kim"), "{asked}");
}

#[tokio::test]
async fn a_form_of_user_name_of_its_own_is_handed_on() {
    let mut world = World::new().await;
    let xml = with_imap("imap.example.org").replace("%EMAILLOCALPART%", "%EMAILLOCALPART%.%EMAILDOMAIN%");
    let (_, body) = xml.split_once("\r\n\r\n").unwrap();
    world.https("example.org", "9.9.9.2", file(body)).await;
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "example.org", Some("kim@example.org")).await;
    assert_eq!(answer["options"][0]["username"], "pattern");
    assert_eq!(answer["options"][0]["username_pattern"], "%EMAILLOCALPART%.example.org");
}

#[tokio::test]
async fn the_same_question_is_answered_from_memory_and_each_person_has_their_own() {
    let mut world = World::new().await;
    let own = world.https("autoconfig.example.org", "9.9.9.1", with_imap("imap.example.org")).await;
    let gateway = world.gateway("").await;
    let first = discover(&gateway, "example.org", Some("kim@example.org")).await;
    let names = world.asked.lock().unwrap().len();
    let again = discover(&gateway, "EXAMPLE.org", Some("kim@Example.org")).await;
    assert_eq!(first, again);
    assert_eq!((own.lock().unwrap().len(), world.asked.lock().unwrap().len()), (1, names));
    discover(&gateway, "example.org", Some("lee@example.org")).await;
    assert_eq!(own.lock().unwrap().len(), 2);
    // That nothing was found is remembered too.
    discover(&gateway, "nothing.example", None).await;
    let names = world.asked.lock().unwrap().len();
    discover(&gateway, "nothing.example", None).await;
    assert_eq!(world.asked.lock().unwrap().len(), names);
}
