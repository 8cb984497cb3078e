//! The life of a connection from top to bottom: who it is, TLS, requests, then perhaps one tunnel.

use crate::answers::{Answers, Pieces};
use crate::guarded::Guarded;
use crate::head::{self, Head};
use crate::http;
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
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// What a client does after its answers.
enum Next {
    /// Perhaps it asks again.
    Request(Guarded),
    /// It was let in; what came behind the request is the tunnel's.
    Tunnel(Guarded, Bytes, Box<Admission>),
}

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
        let Some(stream) = Box::pin(self.greeted(stream)).await else { return };
        let speaks_2 = matches!(&stream, ClientStream::Tls(tls) if speaks_http_2(tls));
        let mut stream = Guarded::new(stream, gate.config.limits.write);
        let mut patience = FIRST_REQUEST;
        loop {
            if !Box::pin(self.speaks(&mut stream, patience)).await {
                // With TLS a client hears so that nothing was cut off.
                let _ = timeout(gate.config.limits.write, stream.shutdown()).await;
                return;
            }
            if speaks_2 {
                return Box::pin(http2::serve(&self, stream)).await;
            }
            match Box::pin(self.requests(stream)).await {
                Some(Next::Request(kept)) => stream = kept,
                Some(Next::Tunnel(stream, early, admission)) => {
                    let link = Link::new(stream, early);
                    return Box::pin(session::run(&gate, link, *admission, gate.standing())).await;
                }
                None => return,
            }
            patience = Duration::ZERO;
        }
    }

    /// 1. What comes before requests, if it comes in time.
    async fn greeted(&mut self, stream: ClientStream) -> Option<ClientStream> {
        let (id, gate) = (self.id, Arc::clone(&self.gate));
        let greeted = tokio::select! {
            greeted = timeout(gate.config.limits.header, self.greet(stream)) => greeted,
            () = gate.leaving() => return None,
        };
        match greeted {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(error)) => tracing::debug!(id, %error, "connection ended before a request"),
            Err(_) => tracing::debug!(id, "connection ended before a request: limits.header_seconds"),
        }
        None
    }

    /// A load balancer says who is behind it, and TLS.
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
                Ok(ClientStream::Tls(acceptor.accept(stream).await?))
            }
            // On a Unix socket a proxy of this machine speaks.
            (_, stream) => Ok(stream),
        }
    }

    /// Waits for the header of a request. Who says nothing, or half of it, gets nothing of HTTP. One that has to leave is
    /// waited for so long.
    async fn speaks(&self, stream: &mut Guarded, patience: Duration) -> bool {
        let mut head = Head::default();
        let whole =
            timeout(self.gate.config.limits.header, poll_fn(|context| head.poll_whole(context, stream)));
        let closing = async {
            self.closing().await;
            sleep(patience).await;
        };
        let head = tokio::select! {
            octets = whole => octets.ok(),
            () = closing => None,
        };
        let spoke = head.is_some();
        stream.unread(head.unwrap_or_default());
        spoke
    }

    /// 2. Answers requests until the client asks for nothing more for now, or for a tunnel.
    async fn requests(&self, stream: Guarded) -> Option<Next> {
        let (limits, id, peer) = (&self.gate.config.limits, self.id, self.peer);
        let admitted: Arc<Mutex<Option<Admission>>> = Arc::default();
        let asked = Arc::new(Notify::new());
        let (answers, outlet, with_body) =
            (Arc::new(Answers::new()), stream.outlet(), AtomicBool::new(false));
        let service = service_fn(|request: Request<Incoming>| -> Answering {
            let (gate, admitted, outlet) =
                (Arc::clone(&self.gate), Arc::clone(&admitted), Arc::clone(&outlet));
            asked.notify_one();
            // What is left of a body must not be taken for a request.
            with_body.fetch_or(!request.body().is_end_stream(), Ordering::Relaxed);
            let slot = Answers::begin(&answers);
            Box::pin(async move {
                let answer = http::answer(&gate, request, peer, id).await;
                *admitted.lock().unwrap_or_else(PoisonError::into_inner) = answer.tunnel;
                Ok(answer.response.map(|body| Pieces::to(&outlet, body, slot)))
            })
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header)
            .max_buf_size(head::LONGEST)
            .max_headers(MOST_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let closing = async {
            self.closing().await;
            // Who has just come has a request on the way: it would be lost.
            let _ = timeout(FIRST_REQUEST, asked.notified()).await;
        };
        // The library would keep 16 KiB for the next request. Everything is sent, and nothing of a body is left to come.
        let rests = || answers.are_given() && !outlet.is_blocked() && !with_body.load(Ordering::Relaxed);
        let result = tokio::select! {
            result = poll_fn(|context| match connection.poll_without_shutdown(context) {
                Poll::Pending if rests() => Poll::Ready(Ok(true)),
                result => result.map_ok(|()| false),
            }) => result,
            () = closing => {
                Pin::new(&mut connection).graceful_shutdown();
                poll_fn(|context| connection.poll_without_shutdown(context)).await.map(|()| false)
            }
        };
        let rests = match result {
            Ok(rests) => rests,
            Err(error) => {
                tracing::debug!(id, %error, "connection ended");
                return None;
            }
        };
        let parts = connection.into_parts();
        let mut stream = parts.io.into_inner();
        let admission = admitted.lock().unwrap_or_else(PoisonError::into_inner).take();
        match admission {
            Some(admission) => Some(Next::Tunnel(stream, parts.read_buf, Box::new(admission))),
            None if rests => {
                // A copy: the one that came holds the whole buffer.
                stream.unread(Bytes::copy_from_slice(&parts.read_buf));
                Some(Next::Request(stream))
            }
            None => {
                // With TLS a client hears so that nothing was cut off.
                let _ = stream.shutdown().await;
                None
            }
        }
    }

    /// Ready when the client should leave after what it asks now: the gateway drains, or has another configuration.
    pub(crate) async fn closing(&self) {
        let mut standing = self.gate.standing();
        tokio::select! {
            () = reached(&mut standing, Phase::Draining) => {}
            () = self.gate.superseded() => {}
        }
    }
}

impl Gate {
    /// Ready when the gateway drains and whoever came before has had time to shake hands.
    async fn leaving(&self) {
        reached(&mut self.standing(), Phase::Draining).await;
        sleep(FIRST_REQUEST).await;
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Pieces>, Infallible>> + Send>>;

/// Requests of browsers are well below; cookies are never set here.
const MOST_HEADERS: usize = 64;
/// A client that has connected asks at once, or is one that connects in advance and asks again elsewhere.
const FIRST_REQUEST: Duration = Duration::from_secs(2);
