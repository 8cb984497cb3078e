//! HTTP/2 (RFC 9113) for the app's files, where TLS agreed on it. Tunnels are opened over HTTP/1.1: extended CONNECT
//! (RFC 8441) is not offered, and browsers then make a connection of its own for a WebSocket.
//!
//! One connection carries many answers, so what a client can pin is bounded per answer: few streams, a small buffer for
//! each, and an end for the whole connection when an answer makes no progress or nothing is asked.

use crate::answers::{Answers, Pieces};
use crate::connection::Visit;
use crate::files::PIECE;
use crate::guarded::Guarded;
use crate::http;
use hyper::Request;
use hyper::body::Incoming;
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::{Parts, Uri};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, interval};

/// Answers requests until the client leaves, is slow, or has to.
pub(crate) async fn serve(visit: &Visit, stream: Guarded) {
    let (limits, id) = (&visit.gate.config.limits, visit.id);
    let answers = Arc::new(Answers::new());
    let service = service_fn(|request: Request<Incoming>| {
        let (gate, peer, slot) = (Arc::clone(&visit.gate), visit.peer, Answers::begin(&answers));
        // The library keeps the place of this as long as the answer is on its way: looking for settings takes much.
        Box::pin(async move {
            let request = with_host(request);
            let answer = http::answer(&gate, request, peer, id).await;
            Ok::<_, Infallible>(answer.response.map(|body| Pieces::new(body, slot, PIECE)))
        })
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
                if answers.stalled(now, limits.write) || leave_by.is_some_and(|by| now >= by) {
                    tracing::debug!(id, "an answer made no progress: connection closed");
                    return;
                }
                if leave_by.is_none() && answers.idle(now, limits.header) {
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

/// A browser loads the app with fewer; more are queued there.
const MOST_STREAMS: u32 = 8;
/// As for HTTP/1.1.
const MOST_HEADER: u32 = 16 * 1024;
/// The smallest that RFC 9113, 4.2 allows.
const FRAME: u32 = 16 * 1024;
/// The smallest that a connection can have (RFC 9113, 6.9.2).
const CONNECTION_WINDOW: u32 = 65_535;
const SEND_BUFFER: usize = PIECE;
const MOST_RESETS: usize = 32;
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const SHORTEST_LOOK: Duration = Duration::from_millis(10);
