//! Requests: pages are answered here, and a request for a tunnel is admitted or refused.

use crate::access::SUBPROTOCOL_TOKEN;
use crate::base::Place;
use crate::files::{self, Content, Found};
use crate::frame::Variant;
use crate::offer::Offer;
use crate::quiet::Refused;
use crate::server::Gate;
use crate::session::Admission;
use crate::{access, client, discover, embedded, headers, monitor, policy};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
use std::io;
use std::net::IpAddr;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use waypost_tunnel::{SUBPROTOCOL, SUBPROTOCOL_PREFIX};

/// What an answer carries.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// An answer, and a tunnel if it is the one that opens it.
pub(crate) struct Answer {
    pub(crate) response: Response<Body>,
    pub(crate) tunnel: Option<Admission>,
}

/// Answers a request.
pub(crate) async fn answer(gate: &Gate, request: Request<Incoming>, peer: IpAddr, id: u64) -> Answer {
    let (parts, asked) = request.into_parts();
    let request = &Request::from_parts(parts, ());
    let origin = policy::host::named(request.headers(), &gate.origins);
    let path = request.uri().path();
    let mut tunnel = None;
    let mut response = match Route::of(gate, request) {
        Err(refusal) => refused(gate, &refusal, client_of(gate, request, peer), id),
        Ok(Route::WholeAddress) => {
            sentence(StatusCode::BAD_REQUEST, "Ask for a path, not for a whole address.\n")
        }
        Ok(Route::Tunnel) => {
            let (response, admission) = open(gate, request, peer, id);
            tunnel = admission;
            response
        }
        // Few ask, and it takes much.
        Ok(Route::Discover) => Box::pin(discover::route::answer(gate, request, asked, peer, id)).await,
        Ok(_) if request.method() != Method::GET && request.method() != Method::HEAD => not_allowed(),
        Ok(Route::Health(path)) => monitor::health(gate, path),
        Ok(Route::Frame) => return Answer { response: mail_frame(request.uri().query()), tunnel },
        Ok(Route::Offer) => offer(gate),
        Ok(Route::Entrance) => to_base(gate),
        Ok(Route::Page(path)) => page(gate, path, request.headers()).await,
        Ok(Route::Nothing) => sentence(StatusCode::NOT_FOUND, NO_PAGE),
    };
    // No browser looks at other headers of a handshake, and each tunnel would carry a kilobyte of them.
    if tunnel.is_none() {
        headers::secure(response.headers_mut(), origin, &gate.config.base_path);
    }
    tracing::debug!(id, method = %request.method(), path, status = response.status().as_u16(), "request");
    Answer { response, tunnel }
}

/// What a request is for.
enum Route<'a> {
    /// Whether the gateway lives and takes clients.
    Health(&'a str),
    /// The form that a proxy gets.
    WholeAddress,
    /// Where tunnels are opened.
    Tunnel,
    /// The page for HTML mail.
    Frame,
    /// What the gateway tells the app.
    Offer,
    /// The settings of a mail server.
    Discover,
    /// A file of the app.
    Page(&'a str),
    /// The base path without its slash.
    Entrance,
    Nothing,
}

impl<'a> Route<'a> {
    /// Asks the rules for every request, and tells by the path. A probe knows the machine by its address and need not say a
    /// public name.
    fn of(gate: &Gate, request: &'a Request<()>) -> Result<Self, policy::Refusal> {
        let path = request.uri().path();
        let place = gate.config.base_path.place(path);
        let within = if let Place::Inside(path) = place { path } else { path };
        if monitor::HEALTH.contains(&within) {
            return Ok(Self::Health(within));
        }
        policy::request(&policy::EVERY_REQUEST, request.headers(), &gate.origins)?;
        if request.uri().authority().is_some() {
            return Ok(Self::WholeAddress);
        }
        Ok(match place {
            Place::Inside("/tunnel") => Self::Tunnel,
            Place::Inside("/_mail-frame") => Self::Frame,
            Place::Inside("/api/config") => Self::Offer,
            Place::Inside("/api/discover") => Self::Discover,
            Place::Inside(path) => Self::Page(path),
            Place::Entrance => Self::Entrance,
            Place::Outside => Self::Nothing,
        })
    }
}

const NO_PAGE: &str = "There is no such page.\n";

fn offer(gate: &Gate) -> Response<Body> {
    match serde_json::to_string(&Offer::new(&gate.config)) {
        Ok(json) => text(StatusCode::OK, "application/json", json),
        // Texts, numbers and truths are always JSON.
        Err(_) => sentence(StatusCode::INTERNAL_SERVER_ERROR, "The gateway failed.\n"),
    }
}

/// Relative addresses of the app count from the slash.
fn to_base(gate: &Gate) -> Response<Body> {
    let mut response = sentence(StatusCode::PERMANENT_REDIRECT, "The app is one slash further.\n");
    headers::set(response.headers_mut(), "location", gate.config.base_path.as_str());
    response
}

fn open(gate: &Gate, request: &Request<()>, peer: IpAddr, id: u64) -> (Response<Body>, Option<Admission>) {
    let Some(key) = websocket_key(request) else {
        let mut response =
            sentence(StatusCode::UPGRADE_REQUIRED, "This address is for WebSockets of the app.\n");
        headers::set(response.headers_mut(), "upgrade", "websocket");
        headers::set(response.headers_mut(), "connection", "upgrade");
        headers::set(response.headers_mut(), "sec-websocket-version", "13");
        return (response, None);
    };
    // A program that is no browser has no origin. It shows a token instead, which the tunnel asks for.
    let by_program = gate.tokens.are_required() && policy::origin::is_of_no_browser(request.headers());
    if !by_program
        && let Err(refusal) = policy::request(&policy::TUNNEL_REQUEST, request.headers(), &gate.origins)
    {
        return (refused(gate, &refusal, client_of(gate, request, peer), id), None);
    }
    let Some(protocol) = subprotocol(request.headers()) else {
        let words = "This gateway speaks the WebSocket subprotocol waypost.v1 and nothing else.\n";
        return (sentence(StatusCode::BAD_REQUEST, words), None);
    };
    let client = client_of(gate, request, peer);
    let share = gate.shares.enter(client, &gate.config.limits);
    let token = lists(request.headers(), "sec-websocket-protocol").find_map(access::in_subprotocol);
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let answer = response.headers_mut();
    headers::set(answer, "upgrade", "websocket");
    headers::set(answer, "connection", "upgrade");
    headers::set(answer, "sec-websocket-accept", &derive_accept_key(key.as_bytes()));
    headers::set(answer, "sec-websocket-protocol", protocol);
    // A page can't read why a WebSocket was refused; so the tunnel is opened and says it.
    (response, Some(Admission { id, version_known: protocol == SUBPROTOCOL, client, token, share }))
}

/// The key of a WebSocket handshake (RFC 6455, 4.2.1); `None` if this is none.
fn websocket_key(request: &Request<()>) -> Option<&HeaderValue> {
    let headers = request.headers();
    let is_one = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && lists(headers, "connection").any(|token| token.eq_ignore_ascii_case("upgrade"))
        && lists(headers, "upgrade").any(|token| token.eq_ignore_ascii_case("websocket"))
        && headers.get("sec-websocket-version").is_some_and(|version| version.as_bytes() == b"13");
    headers.get("sec-websocket-key").filter(|key| is_one && key.len() == 24)
}

/// The subprotocol to answer with: the one spoken here, or else another version's, so that the client can be told. Never
/// one that carries a token.
fn subprotocol(headers: &HeaderMap) -> Option<&str> {
    let mut offered = lists(headers, "sec-websocket-protocol")
        .filter(|name| name.starts_with(SUBPROTOCOL_PREFIX) && !name.starts_with(SUBPROTOCOL_TOKEN));
    let first = offered.next()?;
    if first == SUBPROTOCOL {
        Some(first)
    } else {
        Some(offered.find(|name| *name == SUBPROTOCOL).unwrap_or(first))
    }
}

/// The entries of a header that is a list, over all its lines.
fn lists<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).collect::<Vec<_>>().into_iter()
}

fn mail_frame(query: Option<&str>) -> Response<Body> {
    let variant = Variant::of_query(query);
    let mut response = Response::new(whole(variant.body()));
    headers::frame(response.headers_mut(), variant);
    response
}

async fn page(gate: &Gate, path: &str, request: &HeaderMap) -> Response<Body> {
    let folder = gate.config.app_dir.as_deref();
    if folder.is_none() && !embedded::is_there() {
        return sentence(
            StatusCode::NOT_FOUND,
            "This gateway serves no app: app_dir is not set in its configuration.\n",
        );
    }
    let encodings: Vec<&str> = lists(request, "accept-encoding").collect();
    let Some(found) = files::find(folder, path, &encodings.join(",")).await else {
        let words = if path == "/" {
            "The app is not here. Its operator should look at app_dir in the configuration of the gateway.\n"
        } else {
            NO_PAGE
        };
        return sentence(StatusCode::NOT_FOUND, words);
    };
    file(found, request)
}

fn file(found: Found, request: &HeaderMap) -> Response<Body> {
    let mut headers = HeaderMap::new();
    headers::set(&mut headers, "cache-control", found.cache);
    headers::set(&mut headers, "vary", "accept-encoding");
    if let Some(tag) = found.tag {
        headers::set(&mut headers, "etag", &tag);
        if lists(request, "if-none-match").any(|known| known == "*" || known.trim_start_matches("W/") == tag)
        {
            return with(StatusCode::NOT_MODIFIED, headers, empty());
        }
    }
    let body = match found.content {
        Content::Held(octets) => whole(octets),
        Content::Open(file) => {
            let pieces = files::pieces(file, found.length).map_ok(Frame::data);
            StreamBody::new(pieces).boxed_unsync()
        }
    };
    headers::set(&mut headers, "content-type", found.media_type);
    headers::set(&mut headers, "content-length", &found.length.to_string());
    if let Some(encoding) = found.encoding {
        headers::set(&mut headers, "content-encoding", encoding);
    }
    with(StatusCode::OK, headers, body)
}

/// Whom limits are counted for.
pub(crate) fn client_of(gate: &Gate, request: &Request<()>, peer: IpAddr) -> IpAddr {
    client::address(peer, request.headers(), gate.config.proxy_header, &gate.config.trusted_proxies)
}

pub(crate) fn refused(gate: &Gate, refusal: &policy::Refusal, client: IpAddr, id: u64) -> Response<Body> {
    gate.metrics.request_refused(refusal.status);
    if let Some(unsaid) = gate.quiet.ask(Refused::Request, client, Instant::now()) {
        tracing::info!(id, status = refusal.status.as_u16(), detail = refusal.detail, unsaid, "refused");
    }
    sentence(refusal.status, refusal.sentence)
}

fn not_allowed() -> Response<Body> {
    let mut response = sentence(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.\n");
    headers::set(response.headers_mut(), "allow", "GET, HEAD");
    response
}

/// A sentence for a person, or a word for a probe. It is not kept.
pub(crate) fn sentence(status: StatusCode, words: &'static str) -> Response<Body> {
    text(status, "text/plain; charset=utf-8", words)
}

/// A text that is not kept.
pub(crate) fn text(status: StatusCode, media_type: &str, text: impl Into<Bytes>) -> Response<Body> {
    let mut headers = HeaderMap::new();
    headers::set(&mut headers, "content-type", media_type);
    headers.insert(HeaderName::from_static("cache-control"), HeaderValue::from_static("no-store"));
    with(status, headers, whole(text))
}

/// Never kept by a browser: it may be about a person's own domain.
pub(crate) fn json(status: StatusCode, octets: Vec<u8>) -> Response<Body> {
    let mut headers = HeaderMap::new();
    headers::set(&mut headers, "content-type", "application/json");
    headers::set(&mut headers, "cache-control", "no-store");
    with(status, headers, whole(octets))
}

fn with(status: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn whole(octets: impl Into<Bytes>) -> Body {
    Full::new(octets.into()).map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn empty() -> Body {
    whole(Bytes::new())
}
