//! A running gateway, and plain HTTP to it.

use super::within;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use waypost_gateway::{Config, Listeners, Order};

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    orders: mpsc::Sender<Order>,
    signalled: bool,
    task: JoinHandle<()>,
}

impl Gateway {
    /// Starts one with the configuration of this text.
    pub(crate) async fn start(text: &str) -> Self {
        Self::start_with(Config::parse(text).unwrap()).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self::start_on(config, address, listener.into())
    }

    /// Starts one on these listeners; `address` is where tests find it.
    pub(crate) fn start_on(config: Config, address: SocketAddr, listeners: Listeners) -> Self {
        let (orders, given) = mpsc::channel(8);
        let task = tokio::spawn(async move {
            waypost_gateway::serve(config, listeners, given).await.unwrap();
        });
        Self { address, orders, signalled: false, task }
    }

    /// The origin that pages of it have.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends the signal to stop.
    pub(crate) fn signal(&mut self) {
        self.signalled = true;
        self.order(Order::Drain);
    }

    /// Tells it something.
    pub(crate) fn order(&self, order: Order) {
        self.orders.try_send(order).unwrap();
    }

    /// Sends the signal and waits until it has stopped.
    pub(crate) async fn stop(mut self) {
        // A second signal would be another order.
        if !self.signalled {
            self.signal();
        }
        within("the gateway to stop", self.task).await.unwrap();
    }

    /// GET with the right `Host`.
    pub(crate) async fn fetch(&self, path: &str) -> Answer {
        self.ask("GET", path, &self.address.to_string(), &[]).await
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, host: &str, headers: &[(&str, &str)]) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        self.send(text.as_bytes()).await
    }

    /// Sends these octets as they are and reads to the end.
    pub(crate) async fn send(&self, octets: &[u8]) -> Answer {
        Self::send_to(self.address, octets).await
    }

    /// The same to another listener of it.
    pub(crate) async fn send_to(address: SocketAddr, octets: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // It may have closed already; then the answer, or its absence, says so.
        let _ = stream.write_all(octets).await;
        let mut answer = Vec::new();
        let _ = within("an answer", stream.read_to_end(&mut answer)).await;
        Answer::parse(&answer)
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 if the connection was closed without an answer.
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    fn parse(octets: &[u8]) -> Self {
        let split = octets.windows(4).position(|part| part == b"\r\n\r\n").unwrap_or(octets.len());
        let head = String::from_utf8(octets[..split].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).map_or(0, |status| status.parse().unwrap());
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let body = octets.get(split + 4..).unwrap_or_default().to_vec();
        Self { status, headers, body }
    }

    /// Empty if it is missing; fails if it is there twice.
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map_or("", |(_, value)| value);
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}
