//! `POST /api/discover` over HTTP: who may ask, how often, and the answer as JSON (docs/openapi.yaml).

use super::question::{Question, Wrong};
use super::setting::{Findings, Outcome, Shown, Source};
use super::{Finder, MOST_QUESTION};
use crate::config::Grant;
use crate::http::{self, Body};
use crate::policy::{self, Asked};
use crate::server::Gate;
use crate::{Host, headers, quiet};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use std::net::IpAddr;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use waypost_tunnel::{TlsMode, Token};

#[derive(Serialize)]
struct Answer<'a> {
    domain: &'a str,
    options: Vec<Shown<'a>>,
    sources: Vec<Asking>,
}

#[derive(Serialize)]
struct Asking {
    source: Source,
    outcome: Outcome,
}

/// A refusal: a code for programs, a sentence for people.
struct Refused {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    again: Option<Duration>,
}

#[derive(Serialize)]
struct Problem {
    code: &'static str,
    message: &'static str,
}

/// Answers a request for this path.
pub(crate) async fn answer(
    gate: &Gate,
    request: &Request<()>,
    body: Incoming,
    peer: IpAddr,
    id: u64,
) -> Response<Body> {
    let Some(finder) = &gate.finder else {
        return http::sentence(
            StatusCode::NOT_FOUND,
            "This gateway does not find settings: its operator switched it off.\n",
        );
    };
    // A program that is no browser has no origin. It shows a token instead.
    let by_program = gate.tokens.are_required() && policy::origin::is_of_no_browser(request.headers());
    if !by_program
        && let Err(refusal) = policy::request(&policy::API_REQUEST, request.headers(), &gate.origins)
    {
        return http::refused(gate, &refusal, http::client_of(gate, request, peer), id);
    }
    let mut response = match *request.method() {
        Method::POST => {
            let client = http::client_of(gate, request, peer);
            let found = found(gate, finder, request, body, client, id).await;
            found.unwrap_or_else(|refused| refused.response(gate, client, id))
        }
        Method::OPTIONS => preflight(),
        _ => {
            let mut response = http::sentence(StatusCode::METHOD_NOT_ALLOWED, "Ask by POST, with JSON.\n");
            headers::set(response.headers_mut(), "allow", "POST, OPTIONS");
            response
        }
    };
    // For pages of another origin that the configuration names; it was checked above.
    if let Some(origin) = request.headers().get("origin") {
        response.headers_mut().insert("access-control-allow-origin", origin.clone());
    }
    response.headers_mut().insert("vary", HeaderValue::from_static("origin"));
    response
}

async fn found(
    gate: &Gate,
    finder: &Finder,
    request: &Request<()>,
    body: Incoming,
    client: IpAddr,
    id: u64,
) -> Result<Response<Body>, Refused> {
    finder.take(client).map_err(too_often)?;
    let token = bearer(request.headers());
    let pass = gate.tokens.admit(token.as_ref()).map_err(|_| {
        // Whoever tries tokens can be kept out by the address, as at a tunnel; who shows none asks as a page does before it has one.
        if token.is_some() {
            tracing::info!(id, client = %client, "token refused");
        }
        NO_TOKEN
    })?;
    let _place = finder.places.take(client).ok_or(TOO_MANY)?;
    if !is_json(request.headers()) {
        return Err(NO_JSON);
    }
    let body = timeout(gate.config.limits.header, Limited::new(body, MOST_QUESTION).collect());
    let octets = body.await.map_err(|_| TOO_SLOW)?.map_err(|_| TOO_LARGE)?.to_bytes();
    let question = Question::parse(&octets).map_err(wrong)?;
    let findings = finder.find(gate, &question, client, &pass).await;
    tracing::info!(id, options = findings.settings.len(), outcomes = ?findings.outcomes, "settings looked for");
    let answer = shown(gate, &question, &findings, &pass.grant);
    serde_json::to_vec(&answer).map(|json| http::json(StatusCode::OK, json)).map_err(|_| FAILED)
}

fn shown<'a>(gate: &Gate, question: &'a Question, findings: &'a Findings, grant: &Grant) -> Answer<'a> {
    let options = findings.settings.iter().map(|setting| {
        let tls = match setting.tls {
            super::setting::Security::Implicit => TlsMode::Implicit,
            super::setting::Security::StartTls => TlsMode::StartTls,
        };
        let asked = Asked { host: Host::Name(setting.host.clone()), port: setting.port, tls };
        Shown::new(setting, &question.domain, policy::allowed(&asked, grant, &gate.config.targets).is_ok())
    });
    let sources =
        findings.outcomes.iter().map(|(source, outcome)| Asking { source: *source, outcome: *outcome });
    Answer { domain: question.domain.as_str(), options: options.collect(), sources: sources.collect() }
}

/// What a browser asks before a page of another origin sends JSON (Fetch, 4.8).
fn preflight() -> Response<Body> {
    let mut response = Response::new(http::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let answer = response.headers_mut();
    headers::set(answer, "access-control-allow-methods", "POST");
    headers::set(answer, "access-control-allow-headers", "authorization, content-type");
    headers::set(answer, "access-control-max-age", "600");
    response
}

/// A form of another site can send other types without asking first.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// RFC 6750, 2.1. In the header and nowhere else.
fn bearer(headers: &HeaderMap) -> Option<Token> {
    let value = headers.get("authorization")?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Token::new(token.trim().to_owned()))
}

impl Refused {
    const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, again: None }
    }

    fn response(self, gate: &Gate, client: IpAddr, id: u64) -> Response<Body> {
        if let Some(unsaid) = gate.quiet.ask(quiet::Refused::Request, client, Instant::now()) {
            tracing::info!(id, status = self.status.as_u16(), code = self.code, unsaid, "refused");
        }
        let problem = Problem { code: self.code, message: self.message };
        let mut response = http::json(self.status, serde_json::to_vec(&problem).unwrap_or_default());
        if self.status == StatusCode::UNAUTHORIZED {
            headers::set(response.headers_mut(), "www-authenticate", "Bearer");
        }
        if let Some(again) = self.again {
            // Whole seconds, rounded up, so that who keeps to it is not refused again.
            headers::set(response.headers_mut(), "retry-after", &(again.as_secs() + 1).to_string());
        }
        response
    }
}

fn wrong(wrong: Wrong) -> Refused {
    Refused::new(StatusCode::BAD_REQUEST, "bad-request", wrong.0)
}

fn too_often(again: Duration) -> Refused {
    let sentence = "Settings were looked for too often from this address. Wait a little, or write the server's name yourself.";
    Refused { again: Some(again), ..Refused::new(StatusCode::TOO_MANY_REQUESTS, "too-often", sentence) }
}

const TOO_MANY: Refused = Refused {
    again: Some(Duration::from_secs(5)),
    ..Refused::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "too-many",
        "The gateway is looking for other settings. Try again in some seconds, or write the server's name yourself.",
    )
};
const NO_TOKEN: Refused = Refused::new(
    StatusCode::UNAUTHORIZED,
    "token-required",
    "This gateway asks for an access token, and there is none or one that it does not accept. Ask who runs it for one.",
);
const NO_JSON: Refused =
    Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad-request", "The body must be application/json.");
const TOO_LARGE: Refused = Refused::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "bad-request",
    "The body must be whole and have at most 1024 octets.",
);
const TOO_SLOW: Refused =
    Refused::new(StatusCode::REQUEST_TIMEOUT, "bad-request", "The body did not come in time.");
const FAILED: Refused = Refused::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    "The gateway failed. Ask who runs it to look at its log.",
);
