//! Names that are tried where nothing is known.

use crate::support::mail::{Authority, Time};
use crate::support::world::{World, discover, options, outcome};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

async fn shake(acceptor: TlsAcceptor, stream: TcpStream) {
    let _ = acceptor.accept(stream).await;
}

/// A mail server at this name and address.
async fn server(world: &mut World, host: &str, address: &str, port: u16, acceptor: TlsAcceptor) {
    world.address(host, address);
    world.at(address, port, move |stream| shake(acceptor.clone(), stream)).await;
}

#[tokio::test]
async fn a_usual_name_counts_with_a_valid_certificate() {
    let mut world = World::new().await;
    for (host, address, port) in [("mail.example.org", "9.9.9.1", 993), ("pop.example.org", "9.9.9.2", 995)] {
        let acceptor = world.authority.acceptor(host, Time::Now);
        server(&mut world, host, address, port, acceptor).await;
    }
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "example.org", Some("kim@example.org")).await;
    assert_eq!(
        options(&answer),
        [
            "imap mail.example.org:993 implicit address guess",
            "pop3 pop.example.org:995 implicit address guess"
        ]
    );
    assert!(
        answer["options"]
            .as_array()
            .unwrap()
            .iter()
            .all(|option| option["confirm"] == false && option["allowed"] == true)
    );
}

#[tokio::test]
async fn a_usual_name_without_a_valid_certificate_or_that_leads_inside_does_not_count() {
    let mut world = World::new().await;
    let stranger = Authority::new();
    server(&mut world, "imap.example.org", "9.9.9.1", 993, stranger.acceptor("imap.example.org", Time::Now))
        .await;
    let other = world.authority.acceptor("www.example.org", Time::Now);
    server(&mut world, "mail.example.org", "9.9.9.2", 993, other).await;
    world.address("pop.example.org", "10.0.0.1");
    let inside = world.forbidden("10.0.0.1", 995).await;
    let gateway = world.gateway("").await;
    let answer = discover(&gateway, "example.org", None).await;
    assert_eq!((options(&answer).len(), outcome(&answer, "guess").as_str()), (0, "none"));
    assert_eq!(inside.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn only_where_a_tunnel_may_lead_is_tried() {
    let mut world = World::new().await;
    let heard = [world.forbidden("9.9.9.1", 993).await, world.forbidden("9.9.9.2", 995).await];
    world.address("imap.example.org", "9.9.9.1");
    world.address("mail.example.org", "9.9.9.1");
    world.address("pop.example.org", "9.9.9.2");
    let gateway = world.gateway("[[targets]]\nhost = '*'\nports = [143]\n").await;
    let answer = discover(&gateway, "example.org", None).await;
    assert_eq!(options(&answer).len(), 0);
    assert!(heard.iter().all(|heard| heard.lock().unwrap().is_empty()));
}

#[tokio::test]
async fn a_private_server_that_the_operator_named_is_found() {
    let mut world = World::new().await;
    let acceptor = world.authority.acceptor("imap.home.example", Time::Now);
    server(&mut world, "imap.home.example", "10.0.0.1", 993, acceptor).await;
    let gateway =
        world.gateway("[[targets]]\nhost = 'imap.home.example'\nports = [993]\nprivate = true\n").await;
    let answer = discover(&gateway, "home.example", None).await;
    assert_eq!(options(&answer), ["imap imap.home.example:993 implicit address guess"]);
    // For a stranger's domain such a gateway asks nobody.
    let asked = world.asked.lock().unwrap().len();
    let other = discover(&gateway, "stranger.example", None).await;
    assert_eq!(options(&other).len(), 0);
    assert_eq!(world.asked.lock().unwrap().len(), asked);
}
