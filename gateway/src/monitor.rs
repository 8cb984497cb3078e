//! For machines that look after the gateway: `/healthz` and `/readyz` on every listener, and a listener of its own for `/metrics`.
//!
//! The listener for figures is the only one that gives them: behind a reverse proxy every client looks like a neighbour, so no
//! address could tell who may read them.

use crate::config::ConfigError;
use crate::http::{self, Body};
use crate::server::Gate;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The listener of `metrics.listen`.
pub(crate) struct Monitor(TcpListener);

impl Monitor {
    /// Listens.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, ConfigError> {
        let wrong = |error| {
            ConfigError(format!(
                "The gateway can't listen on {address} for figures: {error}. Check metrics.listen in the configuration."
            ))
        };
        let listener = std::net::TcpListener::bind(address).map_err(wrong)?;
        listener.set_nonblocking(true).map_err(wrong)?;
        let bound = listener.local_addr().map_err(wrong)?;
        tracing::info!(url = %format_args!("http://{bound}/metrics"), "figures");
        Ok(Self(TcpListener::from_std(listener).map_err(wrong)?))
    }

    /// Answers until it is dropped.
    pub(crate) async fn serve(self, gate: Arc<Gate>) {
        let Self(listener) = self;
        let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut tasks = JoinSet::new();
        loop {
            // What has no place waits in the system's queue, which is short.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let gate = Arc::clone(&gate);
            tasks.spawn(async move {
                let _ = timeout(LONGEST, connection(&gate, stream)).await;
                drop(place);
            });
            while tasks.try_join_next().is_some() {}
        }
    }
}

async fn connection(gate: &Arc<Gate>, stream: TcpStream) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = answer(gate, &request);
        async { Ok::<_, Infallible>(response) }
    });
    // A scraper that breaks off is nobody's fault here.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(gate.config.limits.header)
        .max_buf_size(MOST_HEADER)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

fn answer(gate: &Gate, request: &Request<Incoming>) -> Response<Body> {
    let path = request.uri().path();
    match *request.method() {
        Method::GET | Method::HEAD if HEALTH.contains(&path) => health(gate, path),
        Method::GET if path == "/metrics" => http::text(StatusCode::OK, TYPE, gate.metrics.text()),
        _ => http::sentence(StatusCode::NOT_FOUND, "Here are /metrics, /healthz and /readyz.\n"),
    }
}

/// Where [`health`] is asked.
pub(crate) const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// Whether the process lives, and whether it takes new clients.
pub(crate) fn health(gate: &Gate, path: &str) -> Response<Body> {
    if path == "/readyz" && gate.is_draining() {
        http::sentence(StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else {
        http::sentence(StatusCode::OK, "ok\n")
    }
}

/// OpenMetrics 1.0, 5: the type of its text form.
const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A few scrapers and probes.
const MOST_CONNECTIONS: usize = 16;
/// Of hyper's smallest; no scraper sends cookies.
const MOST_HEADER: usize = 8 * 1024;
/// A scraper that keeps its connection makes a new one after this.
const LONGEST: Duration = Duration::from_secs(300);
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
