//! HTTP/2 (RFC 9113) for the app's files, where TLS agreed on it. Tunnels are opened over HTTP/1.1: extended CONNECT
//! (RFC 8441) is not offered, and browsers then make a connection of its own for a WebSocket.
//!
//! One connection carries many answers, so what a client can pin is bounded per answer: few streams, a small buffer for
//! each, and an end for the whole connection when an answer makes no progress or nothing is asked.

use crate::connection::Visit;
use crate::guarded::Guarded;
use crate::http::{self, Body};
use bytes::Bytes;
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::{Parts, Uri};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, interval};

/// Answers requests until the client leaves, is slow, or has to.
pub(crate) async fn serve(visit: &Visit, stream: Guarded) {
    let (limits, id) = (&visit.gate.config.limits, visit.id);
    let streams = Arc::new(Streams::new());
    let service = service_fn(|request: Request<Incoming>| {
        let (gate, peer, slot) = (Arc::clone(&visit.gate), visit.peer, Streams::begin(&streams));
        async move {
            let request = with_host(request);
            let answer = http::answer(&gate, request, peer, id).await;
            Ok::<_, Infallible>(answer.response.map(|body| Pieces { body, rest: Bytes::new(), slot }))
        }
    });
    let io = TokioIo::new(stream);
    let mut connection = pin!(builder(limits.header).serve_connection(io, service));
    let mut look = interval((limits.header.min(limits.write) / 4).max(SHORTEST_LOOK));
    let mut closing = pin!(visit.closing());
    let mut leave_by = None;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(id, %error, "connection ended");
                }
                return;
            }
            () = &mut closing, if leave_by.is_none() => {
                connection.as_mut().graceful_shutdown();
                leave_by = Some(Instant::now() + limits.write);
            }
            _ = look.tick() => {
                let now = Instant::now();
                if streams.stalled(now, limits.write) || leave_by.is_some_and(|by| now >= by) {
                    tracing::debug!(id, "an answer made no progress: connection closed");
                    return;
                }
                if leave_by.is_none() && streams.idle(now, limits.header) {
                    connection.as_mut().graceful_shutdown();
                    leave_by = Some(now + limits.header);
                }
            }
        }
    }
}

fn builder(keep_alive_timeout: Duration) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MOST_STREAMS)
        .max_header_list_size(MOST_HEADER)
        .max_frame_size(FRAME)
        // What clients send here are small questions.
        .initial_stream_window_size(FRAME)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        // Floods of streams that are reset at once (CVE-2023-44487), by the client or through errors that it provokes.
        .max_pending_accept_reset_streams(MOST_RESETS)
        .max_local_error_reset_streams(MOST_RESETS)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(keep_alive_timeout);
    builder
}

/// As an HTTP/1.1 request: `Host` for `:authority`, and a path alone. A request that says two things, or that is for a
/// proxy, keeps its authority and is refused for that.
fn with_host(mut request: Request<Incoming>) -> Request<Incoming> {
    let uri = request.uri();
    let (Some(authority), Some(path)) = (uri.authority(), uri.path_and_query()) else { return request };
    let named = request.headers().get(HOST).map(HeaderValue::as_bytes);
    if named.is_some_and(|host| host != authority.as_str().as_bytes()) {
        return request;
    }
    let Ok(host) = HeaderValue::from_str(authority.as_str()) else { return request };
    let mut parts = Parts::default();
    parts.path_and_query = Some(path.clone());
    if let Ok(uri) = Uri::from_parts(parts) {
        request.headers_mut().insert(HOST, host);
        *request.uri_mut() = uri;
    }
    request
}

/// What is asked and not fully answered on one connection.
#[derive(Debug)]
struct Streams(Mutex<Open>);

#[derive(Debug)]
struct Open {
    /// When each answer last made progress.
    moved: HashMap<u64, Instant>,
    begun: u64,
    /// When the last answer ended.
    idle_since: Instant,
}

impl Streams {
    fn new() -> Self {
        Self(Mutex::new(Open { moved: HashMap::new(), begun: 0, idle_since: Instant::now() }))
    }

    fn begin(streams: &Arc<Self>) -> Slot {
        let mut open = streams.lock();
        open.begun += 1;
        let number = open.begun;
        open.moved.insert(number, Instant::now());
        Slot { streams: Arc::clone(streams), number }
    }

    fn stalled(&self, now: Instant, within: Duration) -> bool {
        self.lock().moved.values().any(|moved| now >= *moved + within)
    }

    fn idle(&self, now: Instant, within: Duration) -> bool {
        let open = self.lock();
        open.moved.is_empty() && now >= open.idle_since + within
    }

    /// Nothing that holds the lock can panic half way.
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of them.
#[derive(Debug)]
struct Slot {
    streams: Arc<Streams>,
    number: u64,
}

impl Slot {
    fn moved(&self) {
        self.streams.lock().moved.insert(self.number, Instant::now());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.moved.remove(&self.number);
        open.idle_since = Instant::now();
    }
}

/// An answer in small pieces: each is asked for when the client has room, so the last one asked for tells how far the
/// answer got, and only that one waits.
struct Pieces {
    body: Body,
    rest: Bytes,
    slot: Slot,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.slot.moved();
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                other => return Poll::Ready(other),
            }
        }
        let length = self.rest.len().min(PIECE);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}

/// A browser loads the app with fewer; more are queued there.
const MOST_STREAMS: u32 = 8;
/// As for HTTP/1.1.
const MOST_HEADER: u32 = 16 * 1024;
/// The smallest that RFC 9113, 4.2 allows.
const FRAME: u32 = 16 * 1024;
/// The smallest that a connection can have (RFC 9113, 6.9.2).
const CONNECTION_WINDOW: u32 = 65_535;
const SEND_BUFFER: usize = 16 * 1024;
const PIECE: usize = 8 * 1024;
const MOST_RESETS: usize = 32;
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const SHORTEST_LOOK: Duration = Duration::from_millis(10);
