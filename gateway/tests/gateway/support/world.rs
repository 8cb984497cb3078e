//! A small internet: a name server that knows what a test says, https and mail servers of its hosts.
//!
//! Hosts have public addresses, so that the gateway checks them as it always does. Only where it would dial one that it
//! has checked, the connection goes to a server on 127.0.0.1.

use super::gateway::{Answer, Gateway};
use super::mail::{Authority, Time, serve};
use super::within;
use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, MX, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record};
use serde_json::Value;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use waypost_gateway::Config;

/// What was asked of a server: questions, or heads of requests.
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

pub(crate) struct World {
    name_server: SocketAddr,
    records: Arc<Mutex<Vec<(Name, RData)>>>,
    /// What the name server says of names that it does not know.
    pub(crate) unknown: Arc<Mutex<ResponseCode>>,
    /// Names that were asked for.
    pub(crate) asked: Heard,
    places: HashMap<SocketAddr, SocketAddr>,
    pub(crate) authority: Authority,
}

impl World {
    pub(crate) async fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let name_server = socket.local_addr().unwrap();
        let (records, asked) = (Arc::<Mutex<Vec<(Name, RData)>>>::default(), Heard::default());
        let unknown = Arc::new(Mutex::new(ResponseCode::NXDomain));
        tokio::spawn(answer_names(socket, Arc::clone(&records), Arc::clone(&unknown), Arc::clone(&asked)));
        Self { name_server, records, unknown, asked, places: HashMap::new(), authority: Authority::new() }
    }

    fn record(&self, name: &str, data: RData) {
        self.records.lock().unwrap().push((absolute(name), data));
    }

    pub(crate) fn srv(&self, service: &str, domain: &str, priority: u16, port: u16, target: &str) {
        let data = RData::SRV(SRV::new(priority, 0, port, absolute(target)));
        self.record(&format!("{service}._tcp.{domain}"), data);
    }

    pub(crate) fn mx(&self, domain: &str, preference: u16, host: &str) {
        self.record(domain, RData::MX(MX::new(preference, absolute(host))));
    }

    pub(crate) fn address(&self, host: &str, address: &str) {
        let data = match address.parse().unwrap() {
            IpAddr::V4(address) => RData::A(A(address)),
            IpAddr::V6(address) => RData::AAAA(AAAA(address)),
        };
        self.record(host, data);
    }

    /// Something that serves connections to this address.
    pub(crate) async fn at<F, Work>(&mut self, address: &str, port: u16, with: F)
    where
        F: Fn(TcpStream) -> Work + Send + 'static,
        Work: Future<Output = ()> + Send + 'static,
    {
        let there = SocketAddr::new(address.parse().unwrap(), port);
        self.places.insert(there, ([127, 0, 0, 1], serve(with).await).into());
    }

    /// A host with a good certificate that answers each request with these octets; gives what it was asked.
    pub(crate) async fn https(&mut self, host: &str, address: &str, answer: impl Into<Vec<u8>>) -> Heard {
        self.address(host, address);
        let acceptor = self.authority.acceptor(host, Time::Now);
        self.https_as(acceptor, address, answer).await
    }

    pub(crate) async fn https_as(
        &mut self,
        acceptor: TlsAcceptor,
        address: &str,
        answer: impl Into<Vec<u8>>,
    ) -> Heard {
        let (heard, answer) = (Heard::default(), Arc::new(answer.into()));
        let hears = Arc::clone(&heard);
        self.at(address, 443, move |stream| {
            let (acceptor, heard, answer) = (acceptor.clone(), Arc::clone(&hears), Arc::clone(&answer));
            async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let head = head(&mut stream).await;
                heard.lock().unwrap().push(head);
                // The client may have had enough.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        })
        .await;
        heard
    }

    /// Counts connections to an address where nothing may come.
    pub(crate) async fn forbidden(&mut self, address: &str, port: u16) -> Heard {
        let heard = Heard::default();
        let hears = Arc::clone(&heard);
        self.at(address, port, move |_| {
            hears.lock().unwrap().push("a connection".into());
            async {}
        })
        .await;
        heard
    }

    /// A gateway in this world. Its targets trust the authority of the world.
    pub(crate) async fn gateway(&self, text: &str) -> Gateway {
        let mut config = Config::parse(text).unwrap();
        for target in &mut config.targets {
            target.ca.push(self.authority.file().to_owned());
        }
        let surroundings = &mut config.discovery.surroundings;
        surroundings.name_servers = vec![self.name_server];
        surroundings.instead_of = Some(self.places.clone());
        surroundings.authorities = vec![self.authority.file().to_owned()];
        Gateway::start_with(config).await
    }

    /// Whether a name below or at this one was asked for.
    pub(crate) fn was_asked(&self, name: &str) -> bool {
        self.asked.lock().unwrap().iter().any(|asked| asked.ends_with(name))
    }
}

/// The request of a page.
pub(crate) async fn post(gateway: &Gateway, json: &str) -> Answer {
    let origin = gateway.origin();
    ask(gateway, "POST", &[("Origin", &origin), ("Content-Type", "application/json")], json).await
}

pub(crate) async fn ask(gateway: &Gateway, method: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut text =
        format!("{method} /api/discover HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", gateway.address);
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    gateway.send(text.as_bytes()).await
}

/// What a page is told of a domain, or of an address.
pub(crate) async fn discover(gateway: &Gateway, domain: &str, address: Option<&str>) -> Value {
    let json = match address {
        Some(address) => serde_json::json!({ "domain": domain, "address": address }),
        None => serde_json::json!({ "domain": domain }),
    };
    let answer = post(gateway, &json.to_string()).await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/json"),
        "{}",
        answer.text()
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    serde_json::from_slice(&answer.body).unwrap()
}

/// Options in short: protocol, host:port, TLS, user name, source.
pub(crate) fn options(answer: &Value) -> Vec<String> {
    let options = answer["options"].as_array().unwrap().iter();
    let text = |option: &Value, name: &str| option[name].as_str().unwrap().to_owned();
    options
        .map(|option| {
            let [protocol, host, tls, username, source] =
                ["protocol", "host", "tls", "username", "source"].map(|name| text(option, name));
            format!("{protocol} {host}:{} {tls} {username} {source}", option["port"])
        })
        .collect()
}

/// What asking this source came to; empty if it was not asked.
pub(crate) fn outcome(answer: &Value, source: &str) -> String {
    let sources = answer["sources"].as_array().unwrap();
    let asked = sources.iter().find(|asked| asked["source"] == source);
    asked.map_or(String::new(), |asked| asked["outcome"].as_str().unwrap().to_owned())
}

/// An HTTP answer with this file.
pub(crate) fn file(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A configuration file with an IMAP server.
pub(crate) fn with_imap(host: &str) -> String {
    file(&format!(
        "<?xml version=\"1.0\"?><clientConfig version=\"1.1\"><emailProvider id=\"x\"><incomingServer type=\"imap\"><hostname>{host}</hostname><port>993</port><socketType>SSL</socketType><username>%EMAILLOCALPART%</username></incomingServer></emailProvider></clientConfig>"
    ))
}

pub(crate) fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// Reads the head of a request.
pub(crate) async fn head(stream: &mut TlsStream<TcpStream>) -> String {
    let mut octets = Vec::new();
    within("a request", async {
        while !octets.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(octet) => octets.push(octet),
                Err(_) => break,
            }
        }
    })
    .await;
    String::from_utf8(octets).unwrap()
}

fn absolute(name: &str) -> Name {
    let mut name = Name::from_ascii(name).unwrap();
    name.set_fqdn(true);
    name
}

async fn answer_names(
    socket: UdpSocket,
    records: Arc<Mutex<Vec<(Name, RData)>>>,
    unknown: Arc<Mutex<ResponseCode>>,
    asked: Heard,
) {
    let mut buffer = [0; 2048];
    while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
        let question = Message::from_vec(&buffer[..length]).unwrap();
        asked
            .lock()
            .unwrap()
            .push(question.queries[0].name.to_ascii().trim_end_matches('.').to_ascii_lowercase());
        let answer = answer_to(&question, &records.lock().unwrap(), *unknown.lock().unwrap());
        let _ = socket.send_to(&answer.to_vec().unwrap(), client).await;
    }
}

fn answer_to(question: &Message, records: &[(Name, RData)], unknown: ResponseCode) -> Message {
    let query = &question.queries[0];
    let mut answer = Message::new(question.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.recursion_desired = true;
    answer.metadata.recursion_available = true;
    let of_name: Vec<_> = records.iter().filter(|(name, _)| name.eq_ignore_root(&query.name)).collect();
    if of_name.is_empty() {
        answer.metadata.response_code = unknown;
    }
    for (name, data) in of_name.into_iter().filter(|(_, data)| data.record_type() == query.query_type) {
        answer.add_answer(Record::from_rdata(name.clone(), 60, data.clone()));
    }
    answer.add_query(query.clone());
    answer
}
