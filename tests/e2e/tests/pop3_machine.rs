//! The POP3 machine on the native transport against a real Dovecot: over TLS, by STLS and without TLS, by AUTH and by USER.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;
use waypost_native::pop3::{Capabilities, Client, Command, Event, Handle, Options, Refusal, ResponseCode};
use waypost_native::sasl::{Attempt, Channel, Credentials, Nonce, Policy};
use waypost_native::{Connector, Options as TransportOptions, Session, Transport};
use waypost_testkit::servers::{Delivery, Dovecot, Options as ServerOptions, Server, require};

const ROBIN: &str = "robin@waypost.example";
const PASSWORD: &str = "Robin-letterbox-41";

/// What one command gave.
#[derive(Debug, Default)]
struct Answer {
    result: Option<Result<String, Refusal>>,
    sizes: BTreeMap<u32, u64>,
    ids: BTreeMap<u32, String>,
    statistics: Option<(u32, u64)>,
    data: Vec<u8>,
}

struct Pop3(Session<Client>);

impl Pop3 {
    fn new(transport: Transport) -> Self {
        Self(Session::new(Client::new(Options::default()), transport))
    }

    /// Gives all commands at once and takes all answers.
    async fn run(&mut self, commands: Vec<Command>) -> Vec<Answer> {
        let handles: Vec<Handle> =
            commands.into_iter().map(|command| self.0.machine().enqueue(command)).collect();
        let mut answers: BTreeMap<Handle, Answer> = BTreeMap::new();
        while handles.iter().any(|handle| answers.get(handle).is_none_or(|answer| answer.result.is_none())) {
            let event = tokio::time::timeout(Duration::from_secs(30), self.0.next_event());
            match event.await.expect("the server answers").expect("the connection lives") {
                Event::Done { handle, result } => answers.entry(handle).or_default().result = Some(result),
                Event::Size { handle, number, octets } => {
                    answers.entry(handle).or_default().sizes.insert(number, octets);
                }
                Event::UniqueId { handle, number, uidl } => {
                    answers.entry(handle).or_default().ids.insert(number, uidl);
                }
                Event::Statistics { handle, count, octets } => {
                    answers.entry(handle).or_default().statistics = Some((count, octets));
                }
                Event::Part { handle, data } => answers.entry(handle).or_default().data.extend(data),
                Event::Greeting { .. } | Event::Capability { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        handles.iter().map(|handle| answers.remove(handle).expect("each has one")).collect()
    }

    async fn one(&mut self, command: Command) -> Answer {
        self.run(vec![command]).await.remove(0)
    }

    async fn capabilities(&mut self) -> Capabilities {
        assert!(matches!(self.one(Command::Capa).await.result, Some(Ok(_))));
        self.0.machine().capabilities().expect("it announced some").clone()
    }

    async fn authenticate(&mut self) {
        let known = self.capabilities().await;
        let credentials = Credentials::password(ROBIN, PASSWORD.into());
        let policy = Policy::default().only(["PLAIN"]).expect("is known").with_plaintext();
        let (channel, nonce) = (Channel::plain(), Nonce::from_random([0; Nonce::LENGTH]));
        let attempt = Attempt::new(&credentials, &policy, &channel, nonce, &waypost_native::sasl::nfkc);
        let mut exchange = attempt.choose(known.sasl.iter().map(String::as_str)).expect("PLAIN");
        let mechanism = exchange.name().as_str().to_owned();
        let auth = Command::Auth { mechanism, initial: exchange.initial() };
        let result = self.one(auth).await.result;
        assert!(matches!(result, Some(Ok(_))), "{result:?}");
    }
}

fn connector(server: &Dovecot) -> Connector {
    let pem = std::fs::read(server.ca_pem()).expect("the CA is there");
    Connector::new(TransportOptions::default().trust_pem(&pem).expect("PEM")).expect("roots")
}

/// Messages as they are delivered. The last has no line end: POP3 can't carry that, and Dovecot adds one.
fn messages() -> Vec<Vec<u8>> {
    let long = format!("Subject: long\r\n\r\n.{}\r\n{}\r\n", "x".repeat(20_000), ".".repeat(3000));
    let mut eight_bit = b"Subject: gr\xfc\xdfe\r\n\r\n".to_vec();
    eight_bit.extend((1..=255).filter(|octet| !matches!(octet, b'\n' | b'\r')));
    eight_bit.extend_from_slice("\r\nπ ж 漢\r\n".as_bytes());
    vec![
        b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.a\r\nb.\r\n\r\n.\r\n".to_vec(),
        long.into_bytes(),
        eight_bit,
        b"Subject: answers\r\n\r\n+OK\r\n-ERR\r\n.\r\n+OK\r\n".to_vec(),
        b"Subject: no body\r\n\r\n".to_vec(),
        b"Subject: bare line feeds on the disk\n\n.\n..\n".to_vec(),
        [b"Subject: large\r\n\r\n".to_vec(), b".0123456789\r\n".repeat(200_000)].concat(),
        b"Subject: no line end\r\n\r\nlast words".to_vec(),
    ]
}

fn filled() -> Option<Dovecot> {
    let server = require(Dovecot::start(ServerOptions::default()))?;
    for raw in messages() {
        let delivery = Delivery { user: ROBIN, mailbox: "INBOX", raw: &raw, flags: &[], date: None };
        server.deliver(&delivery).expect("delivers");
    }
    Some(server)
}

fn sha256(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What a signed-in session sees is what lies on the server.
async fn everything_arrives(pop3: &mut Pop3, server: &Dovecot) {
    let pipelining = pop3.capabilities().await.pipelining;
    assert!(pipelining, "Dovecot pipelines");
    let stored = server.list(ROBIN, "INBOX").expect("lists");
    let count = u32::try_from(stored.len()).expect("a few");
    let mut commands = vec![Command::Stat, Command::List(None), Command::Uidl(None)];
    commands.extend((1..=count).map(Command::Retr));
    let mut answers = pop3.run(commands).await;
    let messages = answers.split_off(3);
    let (number, octets) = answers[0].statistics.expect("STAT says it");
    assert_eq!(number, count);
    assert_eq!(octets, answers[1].sizes.values().sum::<u64>());
    let ids: Vec<&String> = answers[2].ids.values().collect();
    assert_eq!(ids.len(), stored.len());
    for (found, id) in stored.iter().zip(&ids) {
        assert!(id.starts_with(&format!("{:08x}", found.uid)), "{id} begins with the UID");
    }
    for (index, (message, found)) in messages.iter().zip(&stored).enumerate() {
        assert!(matches!(message.result, Some(Ok(_))));
        let last = index + 1 == messages.len();
        let octets = if last { message.data.strip_suffix(b"\r\n").expect("added") } else { &message.data };
        assert_eq!(sha256(octets), found.sha256, "message {}", index + 1);
        let size = answers[1].sizes.get(&u32::try_from(index + 1).expect("a few"));
        assert_eq!(size, Some(&(octets.len() as u64)), "LIST's size of message {}", index + 1);
    }
}

#[tokio::test]
async fn over_tls_every_message_is_octet_for_octet_what_the_server_holds_and_dele_and_quit_delete() {
    let Some(server) = filled() else { return };
    let transport =
        connector(&server).connect_tls("localhost", server.ports().pop3s).await.expect("connects");
    let mut pop3 = Pop3::new(transport);
    pop3.authenticate().await;
    everything_arrives(&mut pop3, &server).await;
    let before = server.list(ROBIN, "INBOX").expect("lists");
    let answers = pop3
        .run(vec![Command::Dele(2), Command::Retr(2), Command::Rset, Command::Dele(1), Command::Quit])
        .await;
    let granted: Vec<bool> =
        answers.iter().map(|answer| answer.result.as_ref().is_some_and(Result::is_ok)).collect();
    assert_eq!(granted, [true, false, true, true, true]);
    assert!(pop3.0.next_event().await.is_none(), "the connection is closed");
    let after = server.list(ROBIN, "INBOX").expect("lists");
    assert_eq!(after.len() + 1, before.len());
    assert!(after.iter().all(|message| message.uid != before[0].uid));
}

#[tokio::test]
async fn by_stls_and_user_the_same_arrives_and_a_stream_that_is_cut_deletes_nothing() {
    let Some(server) = filled() else { return };
    let transport = connector(&server).connect("localhost", server.ports().pop3).await.expect("connects");
    let mut pop3 = Pop3::new(transport);
    assert!(pop3.capabilities().await.stls);
    assert!(matches!(pop3.one(Command::Stls).await.result, Some(Ok(_))));
    assert!(!pop3.capabilities().await.stls);
    assert!(pop3.0.transport().tls().is_some());
    let answers = pop3.run(vec![Command::User(ROBIN.to_owned()), Command::Pass(PASSWORD.into())]).await;
    assert!(answers.iter().all(|answer| matches!(answer.result, Some(Ok(_)))), "{answers:?}");
    everything_arrives(&mut pop3, &server).await;
    assert!(matches!(pop3.one(Command::Dele(1)).await.result, Some(Ok(_))));
    drop(pop3);
    assert_eq!(server.list(ROBIN, "INBOX").expect("lists").len(), messages().len());
}

#[tokio::test]
async fn a_wrong_password_is_refused_with_its_code_and_the_connection_goes_on() {
    let Some(server) = filled() else { return };
    let transport = connector(&server).connect("localhost", server.ports().pop3).await.expect("connects");
    let mut pop3 = Pop3::new(transport);
    let answers = pop3.run(vec![Command::User(ROBIN.to_owned()), Command::Pass("wrong".into())]).await;
    let refused = matches!(answers[1].result, Some(Err(Refusal::Err { code: Some(ResponseCode::Auth), .. })));
    assert!(refused, "{answers:?}");
    pop3.authenticate().await;
    let top = pop3.one(Command::Top(4, 2)).await;
    assert_eq!(top.data, b"Subject: answers\r\n\r\n+OK\r\n-ERR\r\n");
    assert!(matches!(pop3.one(Command::Quit).await.result, Some(Ok(_))));
}
