//! Who may ask, how often, and what is said in which form.

use crate::support::gateway::Gateway;
use crate::support::world::{World, ask, discover, post};
use crate::support::{log, within};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{Notify, Semaphore};
use waypost_gateway::{Config, NewToken, Order};
use yaml_rust2::{Yaml, YamlLoader};

const JSON: (&str, &str) = ("Content-Type", "application/json");
const GMAIL: &str = r#"{"domain":"gmail.com"}"#;

#[tokio::test]
async fn only_pages_of_the_public_names_ask() {
    let gateway = Gateway::start("").await;
    let own = gateway.origin();
    let status = async |headers: &[(&str, &str)]| ask(&gateway, "POST", headers, GMAIL).await.status;
    assert_eq!(status(&[JSON, ("Origin", &own)]).await, 200);
    let fetch = [JSON, ("Origin", &own), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Mode", "cors")];
    assert_eq!(status(&fetch).await, 200);
    assert_eq!(status(&[JSON]).await, 403, "no origin");
    for wrong in ["null", "", "http://evil.example", "https://localhost"] {
        assert_eq!(status(&[JSON, ("Origin", wrong)]).await, 403, "{wrong}");
    }
    assert_eq!(status(&[JSON, ("Origin", &own), ("Origin", &own)]).await, 403);
    for mode in ["no-cors", "navigate", "websocket"] {
        assert_eq!(status(&[JSON, ("Origin", &own), ("Sec-Fetch-Mode", mode)]).await, 403, "{mode}");
    }
    assert_eq!(status(&[JSON, ("Origin", &own), ("Sec-Fetch-Site", "none")]).await, 403);
    let foreign = format!(
        "POST /api/discover HTTP/1.1\r\nHost: evil.example\r\nOrigin: {own}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{GMAIL}",
        GMAIL.len()
    );
    assert_eq!(gateway.send(foreign.as_bytes()).await.status, 421);
}

#[tokio::test]
async fn a_page_of_another_origin_that_is_named_can_ask() {
    let text = "origins = ['https://mail.example.org', 'https://app.example']";
    let gateway = Gateway::start(text).await;
    let send = async |method: &str, origin: &str| {
        let request = format!(
            "{method} /api/discover HTTP/1.1\r\nHost: mail.example.org\r\nOrigin: {origin}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{GMAIL}",
            GMAIL.len()
        );
        gateway.send(request.as_bytes()).await
    };
    for (method, expected) in [("OPTIONS", 204), ("POST", 200)] {
        let answer = send(method, "https://app.example").await;
        assert_eq!(answer.status, expected);
        assert_eq!(
            (answer.header("access-control-allow-origin"), answer.header("vary")),
            ("https://app.example", "origin")
        );
        let other = send(method, "https://evil.example").await;
        assert_eq!((other.status, other.header("access-control-allow-origin")), (403, ""));
    }
    let preflight = send("OPTIONS", "https://app.example").await;
    assert_eq!(preflight.header("access-control-allow-methods"), "POST");
    assert_eq!(preflight.header("access-control-allow-headers"), "authorization, content-type");
    assert_eq!(preflight.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn what_is_no_question_is_refused_without_repeating_it() {
    let gateway = Gateway::start("[discovery]\nper_minute_per_client = 100").await;
    let own = gateway.origin();
    let long = format!(r#"{{"domain":"example.org","address":"{}@example.org"}}"#, "a".repeat(1024));
    for (body, status) in [
        ("", 400),
        ("{", 400),
        (r#"{"domain":"10.0.0.1"}"#, 400),
        (r#"{"domain":"example.org","address":"kim.secret@other.example"}"#, 400),
        (&*long, 413),
    ] {
        let answer = post(&gateway, body).await;
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/json"), "{body}");
        let problem: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(problem["code"], "bad-request");
        assert!(!answer.text().contains("secret") && problem["message"].as_str().unwrap().ends_with('.'));
    }
    for wrong in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let answer = ask(&gateway, "POST", &[("Origin", &own), ("Content-Type", wrong)], GMAIL).await;
        assert_eq!(answer.status, 415, "{wrong}");
    }
    let answer = ask(&gateway, "GET", &[("Origin", &own)], "").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST, OPTIONS"));
    let off = Gateway::start("[discovery]\nenabled = false").await;
    assert_eq!(post(&off, GMAIL).await.status, 404);
}

#[tokio::test]
async fn a_client_asks_so_many_times_in_a_minute() {
    let text = "trusted_proxies = ['127.0.0.1']\n[discovery]\nper_minute_per_client = 2";
    let gateway = Gateway::start(text).await;
    let own = gateway.origin();
    let of = async |client: &str, body: &str| {
        ask(&gateway, "POST", &[JSON, ("Origin", &own), ("X-Forwarded-For", client)], body).await
    };
    assert_eq!(of("192.0.2.1", GMAIL).await.status, 200);
    assert_eq!(of("192.0.2.1", "no question").await.status, 400, "it counts too");
    let third = of("192.0.2.1", GMAIL).await;
    assert_eq!(third.status, 429);
    let again: u64 = third.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&again), "{again}");
    assert_eq!(of("192.0.2.2", GMAIL).await.status, 200);
    // A reload forgets what was found, and not who has asked.
    let named = Config::parse(&format!("{text}\n[app]\nname = 'Again'")).unwrap();
    gateway.order(Order::Reload(Box::new(named)));
    within("the new configuration", async {
        while !gateway.fetch("/api/config").await.text().contains("Again") {}
    })
    .await;
    assert_eq!(of("192.0.2.1", GMAIL).await.status, 429);
}

#[tokio::test]
async fn a_client_asks_two_things_at_once_and_its_place_comes_back() {
    let mut world = World::new().await;
    let (came, release) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let (comes, released) = (Arc::clone(&came), Arc::clone(&release));
    for domain in ["a.example", "b.example"] {
        world.address(&format!("autoconfig.{domain}"), "9.9.9.1");
    }
    world
        .at("9.9.9.1", 443, move |stream| {
            let (comes, released) = (Arc::clone(&comes), Arc::clone(&released));
            async move {
                let wait = released.notified();
                tokio::pin!(wait);
                wait.as_mut().enable();
                comes.add_permits(1);
                wait.await;
                drop(stream);
            }
        })
        .await;
    let gateway = world.gateway("").await;
    let third = async {
        within("two servers to be asked", came.acquire_many(2)).await.unwrap().forget();
        let refused = post(&gateway, GMAIL).await;
        release.notify_waiters();
        refused
    };
    let (_, _, refused) =
        tokio::join!(discover(&gateway, "a.example", None), discover(&gateway, "b.example", None), third);
    assert_eq!((refused.status, refused.header("retry-after")), (503, "6"));
    assert_eq!(post(&gateway, GMAIL).await.status, 200);
}

#[tokio::test]
async fn the_log_names_no_person() {
    let log = log::of_gateways();
    let mut world = World::new().await;
    let leads = crate::support::world::redirect("https://x.example/kim.secret@example.org");
    let own = world.https("autoconfig.example.org", "9.9.9.1", leads).await;
    let gateway = world.gateway("").await;
    discover(&gateway, "example.org", Some("kim.secret@example.org")).await;
    post(&gateway, r#"{"domain":"example.org","address":"kim.secret"}"#).await;
    assert!(own.lock().unwrap()[0].contains("kim.secret"), "the address was used");
    let log = log.text();
    assert!(log.contains("settings looked for"), "{log}");
    assert!(!log.contains("secret"), "{log}");
}

#[tokio::test]
async fn where_tokens_are_asked_for_a_question_needs_one_and_finds_what_it_allows() {
    let world = World::new().await;
    for domain in ["example.org", "other.example"] {
        world.srv("_imaps", domain, 0, 993, &format!("imap.{domain}"));
    }
    let (kim, lee) = (NewToken::random("kim").unwrap(), NewToken::random("lee").unwrap());
    let grant = "grant = { targets = [{ host = 'imap.example.org', ports = [993] }] }";
    let text = format!(
        "access.mode = 'token'\n{}{}{grant}\n[discovery]\nper_minute_per_client = 100\n",
        kim.rows(),
        lee.rows()
    );
    let gateway = world.gateway(&text).await;
    let own = gateway.origin();
    let of = async |origin: Option<&str>, authorization: &str, domain: &str| {
        let mut headers = vec![JSON, ("Authorization", authorization)];
        headers.extend(origin.map(|origin| ("Origin", origin)));
        ask(&gateway, "POST", &headers, &format!(r#"{{"domain":"{domain}"}}"#)).await
    };
    let [kim, lee] = [kim, lee].map(|token| format!("Bearer {}", token.text()));
    for wrong in ["", "Bearer", "Bearer ", "Bearer waypost_x", &kim.replace("Bearer", "Basic")] {
        let answer = of(Some(&own), wrong, "example.org").await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{wrong}");
        assert!(answer.text().contains("token-required"));
    }
    assert_eq!(of(Some("http://evil.example"), &kim, "example.org").await.status, 403);
    assert!(world.asked.lock().unwrap().is_empty(), "nobody is asked for who may not ask");
    // A program without an origin needs nothing else.
    for (origin, token, domain, found) in [
        (Some(&*own), &lee, "other.example", false),
        (None, &lee, "example.org", true),
        (None, &kim, "example.org", true),
        (Some(&*own), &kim, "other.example", true),
    ] {
        let answer = of(origin, token, domain).await;
        assert_eq!(answer.status, 200);
        let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(answer["options"][0]["allowed"] == true, found, "{domain} {answer}");
        assert!(found || !world.was_asked(domain));
    }
}

fn schema<'a>(document: &'a Yaml, name: &str) -> &'a Yaml {
    &document["components"]["schemas"][name]
}

/// The names that a schema requires and those that it knows.
fn members(schema: &Yaml) -> [BTreeSet<String>; 2] {
    let text = |yaml: &Yaml| yaml.as_str().unwrap().to_owned();
    let required = schema["required"].as_vec().unwrap().iter().map(text).collect();
    [required, schema["properties"].as_hash().unwrap().keys().map(text).collect()]
}

fn check(document: &Yaml, name: &str, answer: &serde_json::Value) {
    let [required, known] = members(schema(document, name));
    let given: BTreeSet<String> = answer.as_object().unwrap().keys().cloned().collect();
    assert!(given.is_superset(&required), "{name} lacks {:?}", required.difference(&given));
    assert!(given.is_subset(&known), "{name} does not know {:?}", given.difference(&known));
}

#[tokio::test]
async fn answers_are_as_the_openapi_document_says() {
    let text = include_str!("../../../../docs/openapi.yaml");
    let document = &YamlLoader::load_from_str(text).unwrap()[0];
    let gateway = Gateway::start("").await;
    let found = discover(&gateway, "gmail.com", None).await;
    check(document, "Findings", &found);
    check(document, "Option", &found["options"][0]);
    check(document, "Asking", &found["sources"][0]);
    let values = |name: &str, member: &str| -> Vec<String> {
        let list = schema(document, name)["properties"][member]["enum"].as_vec().unwrap();
        list.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    for (name, member, given) in [
        ("Option", "protocol", &found["options"][2]["protocol"]),
        ("Option", "tls", &found["options"][0]["tls"]),
        ("Option", "username", &found["options"][0]["username"]),
        ("Option", "source", &found["options"][0]["source"]),
        ("Asking", "outcome", &found["sources"][0]["outcome"]),
    ] {
        assert!(values(name, member).iter().any(|value| given == value), "{name}.{member}: {given}");
    }
    let refused: serde_json::Value = serde_json::from_slice(&post(&gateway, "{}").await.body).unwrap();
    check(document, "Problem", &refused);
}
