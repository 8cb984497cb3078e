//! The life of a connection from top to bottom: who it is, TLS, requests, then perhaps one tunnel.

use crate::guarded::Guarded;
use crate::http::{self, Body};
use crate::identity::speaks_http_2;
use crate::link::Link;
use crate::metrics::Opened;
use crate::phase::{Phase, reached};
use crate::policy::count::Place;
use crate::server::Gate;
use crate::session::{self, Admission};
use crate::stream::ClientStream;
use crate::{client, http2, proxy_protocol};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// A connection of a client.
pub(crate) struct Visit {
    pub(crate) gate: Arc<Gate>,
    /// Number of the connection in the log.
    pub(crate) id: u64,
    /// Who is at the other end: of the connection, or as a trusted load balancer says.
    pub(crate) peer: IpAddr,
    place: Option<Place>,
    _open: Opened,
}

impl Visit {
    pub(crate) fn new(gate: Arc<Gate>, id: u64, peer: IpAddr, place: Place) -> Self {
        let open = gate.metrics.connected();
        Self { gate, id, peer, place: Some(place), _open: open }
    }

    /// The whole life. What a stage needs is put aside while it lasts and given back after it: a tunnel that waits for
    /// hours holds nothing for requests or TLS handshakes.
    pub(crate) async fn run(mut self, stream: ClientStream) {
        let (id, gate) = (self.id, Arc::clone(&self.gate));
        tracing::debug!(id, peer = %self.peer, "connected");
        let greeted = tokio::select! {
            greeted = timeout(gate.config.limits.header, Box::pin(self.greet(stream))) => greeted,
            () = gate.leaving() => return,
        };
        let stream = match greeted {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(id, %error, "connection ended before a request"),
            Err(_) => return tracing::debug!(id, "connection ended before a request: limits.header_seconds"),
        };
        let speaks_2 = matches!(&stream, ClientStream::Tls(tls) if speaks_http_2(tls));
        let mut stream = Guarded::new(stream, gate.config.limits.write);
        if !Box::pin(self.speaks(&mut stream)).await {
            return;
        }
        if speaks_2 {
            return Box::pin(http2::serve(&self, stream)).await;
        }
        if let Some((stream, early, admission)) = Box::pin(self.requests(stream)).await {
            let link = Link::new(stream, early);
            Box::pin(session::run(&gate, link, admission, gate.phases())).await;
        }
    }

    /// 1. What comes before requests: a load balancer says who is behind it, and TLS.
    async fn greet(&mut self, mut stream: ClientStream) -> io::Result<ClientStream> {
        let gate = &self.gate;
        if gate.config.proxy_protocol
            && client::is_proxy(self.peer, &gate.config.trusted_proxies)
            && let Some(client) = proxy_protocol::read(&mut stream).await?
        {
            // Counted for the client from now on. Its own place is free before the other is asked for.
            drop(self.place.take());
            let full = || io::Error::other("limits.connections or limits.connections_per_client");
            self.place = Some(gate.place_for(client).ok_or_else(full)?);
            tracing::debug!(id = self.id, peer = %client, "named by the PROXY protocol");
            self.peer = client;
        }
        match (&gate.acceptor, stream) {
            (Some(acceptor), ClientStream::Tcp(stream)) => {
                Ok(ClientStream::Tls(Box::pin(acceptor.accept(stream)).await?))
            }
            // On a Unix socket a proxy of this machine speaks.
            (_, stream) => Ok(stream),
        }
    }

    /// Waits for the first octet. HTTP takes more than 10 KiB; who says nothing gets none of it.
    async fn speaks(&self, stream: &mut Guarded) -> bool {
        let ready = timeout(self.gate.config.limits.header, poll_fn(|context| stream.poll_spoken(context)));
        let closing = async {
            self.closing().await;
            sleep(FIRST_REQUEST).await;
        };
        tokio::select! {
            ready = ready => ready.is_ok(),
            () = closing => false,
        }
    }

    /// 2. Answers requests. If the last of them opened a tunnel, gives the stream back for it.
    async fn requests(&self, stream: Guarded) -> Option<(Guarded, Bytes, Admission)> {
        let (limits, id, peer) = (&self.gate.config.limits, self.id, self.peer);
        let admitted: Arc<Mutex<Option<Admission>>> = Arc::default();
        let asked = Arc::new(Notify::new());
        let service = service_fn(|request: Request<Incoming>| -> Answering {
            let (gate, admitted) = (Arc::clone(&self.gate), Arc::clone(&admitted));
            asked.notify_one();
            Box::pin(async move {
                let answer = http::answer(&gate, request, peer, id).await;
                *admitted.lock().unwrap_or_else(PoisonError::into_inner) = answer.tunnel;
                Ok(answer.response)
            })
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header)
            .max_buf_size(MOST_HEADER)
            .max_headers(MOST_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let closing = async {
            self.closing().await;
            // Who has just come has a request on the way: it would be lost.
            let _ = timeout(FIRST_REQUEST, asked.notified()).await;
        };
        let result = tokio::select! {
            result = poll_fn(|context| connection.poll_without_shutdown(context)) => result,
            () = closing => {
                Pin::new(&mut connection).graceful_shutdown();
                poll_fn(|context| connection.poll_without_shutdown(context)).await
            }
        };
        if let Err(error) = result {
            tracing::debug!(id, %error, "connection ended");
            return None;
        }
        let parts = connection.into_parts();
        let mut stream = parts.io.into_inner();
        let admission = admitted.lock().unwrap_or_else(PoisonError::into_inner).take();
        if admission.is_none() {
            // With TLS a client hears so that nothing was cut off.
            let _ = stream.shutdown().await;
        }
        Some((stream, parts.read_buf, admission?))
    }

    /// Ready when the client should leave after what it asks now: the gateway drains, or has another configuration.
    pub(crate) async fn closing(&self) {
        let mut phases = self.gate.phases();
        tokio::select! {
            () = reached(&mut phases, Phase::Draining) => {}
            () = self.gate.superseded() => {}
        }
    }
}

impl Gate {
    /// Ready when the gateway drains and whoever came before has had time to shake hands.
    async fn leaving(&self) {
        reached(&mut self.phases(), Phase::Draining).await;
        sleep(FIRST_REQUEST).await;
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Requests of browsers are well below; cookies are never set here.
const MOST_HEADER: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// A client that has connected asks at once, or is one that connects in advance and asks again elsewhere.
const FIRST_REQUEST: Duration = Duration::from_secs(2);
