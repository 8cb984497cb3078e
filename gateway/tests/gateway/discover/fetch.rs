//! What a configuration server of somebody can and can't make the gateway do.

use crate::support::mail::{Authority, Time};
use crate::support::within;
use crate::support::world::{World, discover, file, options, outcome, redirect, with_imap};
use tokio::io::AsyncReadExt as _;

const DOMAIN: &str = "example.org";
const OWN: &str = "autoconfig.example.org";

/// Nothing came of it, and the gateway says that it failed.
async fn fails(world: &World, what: &str) {
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, DOMAIN, None).await;
    assert_eq!((options(&answer).len(), outcome(&answer, "autoconfig").as_str()), (0, "failed"), "{what}");
}

#[tokio::test]
async fn a_host_that_leads_inside_is_not_connected_to() {
    for inside in [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "0.0.0.0",
    ] {
        let mut world = World::new().await;
        world.address(OWN, inside);
        let heard = world.forbidden(inside, 443).await;
        fails(&world, inside).await;
        assert_eq!(heard.lock().unwrap().len(), 0, "{inside}");
    }
}

#[tokio::test]
async fn a_private_target_of_tunnels_is_not_one_for_files() {
    let mut world = World::new().await;
    world.address(OWN, "10.0.0.1");
    let heard = world.forbidden("10.0.0.1", 443).await;
    let text = format!("[[targets]]\nhost = '{OWN}'\nports = [993]\nprivate = true\n");
    let gateway = world.gateway(&text).await;
    let answer = discover(&gateway, DOMAIN, None).await;
    assert_eq!(outcome(&answer, "autoconfig"), "failed");
    assert_eq!(heard.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn of_mixed_addresses_only_the_public_one_is_dialled() {
    let mut world = World::new().await;
    world.address(OWN, "127.0.0.1");
    world.address(OWN, "fd00::1");
    let inside = [world.forbidden("127.0.0.1", 443).await, world.forbidden("fd00::1", 443).await];
    world.https(OWN, "9.9.9.1", with_imap("imap.example.org")).await;
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, DOMAIN, None).await;
    assert_eq!(options(&answer), ["imap imap.example.org:993 implicit localpart autoconfig"]);
    assert!(inside.iter().all(|heard| heard.lock().unwrap().is_empty()));
}

#[tokio::test]
async fn a_redirect_to_another_public_host_is_followed_without_the_address() {
    let mut world = World::new().await;
    world
        .https(
            OWN,
            "9.9.9.1",
            redirect("https://settings.hoster.example/c.xml?emailaddress=kim%40example.org"),
        )
        .await;
    let other = world.https("settings.hoster.example", "9.9.9.9", with_imap("imap.hoster.example")).await;
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, DOMAIN, Some("kim@example.org")).await;
    assert_eq!(options(&answer), ["imap imap.hoster.example:993 implicit localpart autoconfig"]);
    assert_eq!(answer["options"][0]["confirm"], true);
    let asked = other.lock().unwrap().join("");
    assert!(asked.starts_with("GET /c.xml HTTP/1.1\r\n") && !asked.contains("kim"), "{asked}");
}

#[tokio::test]
async fn a_redirect_is_checked_as_the_first_address_was() {
    for location in [
        "https://inside.example/c.xml",
        "https://127.0.0.1/c.xml",
        "https://[::1]/c.xml",
        "https://10.0.0.1/c.xml",
        "https://inside.example:993/c.xml",
        "https://kim:pw@settings.hoster.example/c.xml",
        "http://settings.hoster.example/c.xml",
        "//inside.example/c.xml",
        "file:///etc/passwd",
        "gopher://settings.hoster.example/",
        "https://",
    ] {
        let mut world = World::new().await;
        world.https(OWN, "9.9.9.1", redirect(location)).await;
        world.address("inside.example", "127.0.0.1");
        let mut inside = Vec::new();
        for (address, port) in
            [("127.0.0.1", 443), ("127.0.0.1", 993), ("::1", 443), ("10.0.0.1", 443), ("9.9.9.9", 80)]
        {
            inside.push(world.forbidden(address, port).await);
        }
        let other = world.https("settings.hoster.example", "9.9.9.9", with_imap("imap.example.org")).await;
        fails(&world, location).await;
        assert!(inside.iter().all(|heard| heard.lock().unwrap().is_empty()), "{location}");
        assert!(other.lock().unwrap().is_empty(), "{location}");
    }
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let mut world = World::new().await;
    let own = world.https(OWN, "9.9.9.1", redirect("/mail/config-v1.1.xml")).await;
    fails(&world, "a circle").await;
    assert_eq!(own.lock().unwrap().len(), 4, "the first and three redirects");
}

#[tokio::test]
async fn an_answer_that_is_too_large_or_in_an_encoding_is_none() {
    let good = with_imap("imap.example.org");
    let (head, body) = good.split_once("\r\n\r\n").unwrap();
    let large = format!("{body}<!--{}-->", "x".repeat(60_000));
    let header = format!(
        "HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: {}\r\n\r\n{body}",
        "x".repeat(70_000),
        body.len()
    );
    let many =
        format!("HTTP/1.1 200 OK\r\n{}Content-Length: {}\r\n\r\n{body}", "X: y\r\n".repeat(100), body.len());
    let chunk = format!("2710\r\n{}\r\n", " ".repeat(10_000));
    let chunks = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(7));
    for (what, answer) in [
        ("a large body", file(&large)),
        ("a large header", header),
        ("many headers", many),
        ("a body in large chunks", chunks),
        ("a body without a length", format!("HTTP/1.1 200 OK\r\n\r\n{large}")),
        ("gzip", format!("{head}\r\nContent-Encoding: gzip\r\n\r\n{body}")),
        ("no HTTP", "220 smtp.example.org ESMTP\r\n".repeat(9)),
        ("an error", good.replace("200 OK", "500 Sorry")),
        ("a cut body", good.replace("Content-Length: ", "Content-Length: 1")),
        ("nothing", String::new()),
    ] {
        let mut world = World::new().await;
        let own = world.https(OWN, "9.9.9.1", answer).await;
        fails(&world, what).await;
        assert_eq!(own.lock().unwrap().len(), 1, "{what}");
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_no_longer_than_a_person_waits() {
    let mut world = World::new().await;
    world.srv("_pop3s", DOMAIN, 0, 995, "pop.example.org");
    world.address(OWN, "9.9.9.1");
    world
        .at("9.9.9.1", 443, |mut stream| async move {
            // Until the other end gives up.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        })
        .await;
    let gateway = world.gateway("").await;
    let answer = within("the answer", discover(&gateway, DOMAIN, None)).await;
    assert_eq!(options(&answer), ["pop3 pop.example.org:995 implicit address srv"]);
    assert_eq!(outcome(&answer, "autoconfig"), "failed");
}

#[tokio::test]
async fn a_certificate_for_another_name_or_by_nobody_is_not_accepted() {
    let stranger = Authority::new();
    for which in ["other name", "expired", "nobody"] {
        let mut world = World::new().await;
        let acceptor = match which {
            "other name" => world.authority.acceptor("autoconfig.example.com", Time::Now),
            "expired" => world.authority.acceptor(OWN, Time::Past),
            _ => stranger.acceptor(OWN, Time::Now),
        };
        world.address(OWN, "9.9.9.1");
        let heard = world.https_as(acceptor, "9.9.9.1", with_imap("imap.example.org")).await;
        fails(&world, which).await;
        assert!(heard.lock().unwrap().is_empty(), "{which}");
    }
}
