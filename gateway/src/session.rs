//! The life of a tunnel, from top to bottom: the client asks, the rules answer, the mail server is connected, octets
//! flow, both sides end. One task; every wait has a deadline, every buffer is bounded by the window.

use crate::config::{Limits, Target};
use crate::hello::AwaitHello;
use crate::link::{self, Link};
use crate::metrics::Opened;
use crate::policy::count::Place;
use crate::policy::{self, Asked, Denial};
use crate::server::Gate;
use crate::upstream::{self, Upstream};
use crate::{Host, dial};
use std::collections::VecDeque;
use std::pin::pin;
use tokio::sync::watch;
use tokio::time::{Duration, Instant, sleep_until, timeout};
use waypost_tunnel::server::{Event, Tunnel};
use waypost_tunnel::{ErrorCode, Failure, Frame, Open, Output, Tls, TlsMode};

/// What was found out about a tunnel before its first frame.
pub(crate) struct Admission {
    /// Number of the connection in the log.
    pub(crate) id: u64,
    /// The client offered the version of this gateway.
    pub(crate) version_known: bool,
    /// A place among the tunnels, if there was one.
    pub(crate) place: Option<Place>,
}

/// Runs a tunnel until it is over.
pub(crate) async fn run(gate: &Gate, link: Link, admission: Admission, stop: watch::Receiver<bool>) {
    let Admission { id, version_known, place } = admission;
    let mut session = Session::new(gate, link, id, stop);
    if !version_known {
        session.refuse(unknown_version());
    } else if place.is_none() {
        session.refuse(too_many());
    } else {
        session.live().await;
    }
    session.close().await;
}

struct Session<'a> {
    gate: &'a Gate,
    link: Link,
    tunnel: Tunnel,
    events: VecDeque<Event>,
    stop: watch::Receiver<bool>,
    id: u64,
    /// The client is gone, or both have ended, or a failure was told.
    over: bool,
    /// The client has sent everything that it meant to send.
    client_ended: bool,
    /// When it ends because nothing is carried.
    idle_at: Instant,
    ping_at: Instant,
    /// When TLS must have begun, while it has not.
    plain_until: Option<Instant>,
    /// The client speaks TLS itself, and has not begun.
    hello: Option<AwaitHello>,
    /// Octets to the mail server and from it.
    carried: (u64, u64),
    /// For the log and the closing frame.
    reason: Reason,
    asked: Option<Asked>,
    /// When the client came, for the log and the figures.
    since: std::time::Instant,
    /// The version of TLS towards the mail server; empty without.
    tls: String,
    /// Held while it is open.
    open: Option<Opened>,
}

/// Why a tunnel is over.
enum Reason {
    Ended,
    ClientGone,
    /// The code, and what only the log says.
    Failed(String, String),
}

impl<'a> Session<'a> {
    fn new(gate: &'a Gate, link: Link, id: u64, stop: watch::Receiver<bool>) -> Self {
        let limits = &gate.config.limits;
        let now = Instant::now();
        Self {
            gate,
            link,
            tunnel: Tunnel::new(limits.window_octets),
            events: VecDeque::new(),
            stop,
            id,
            over: false,
            client_ended: false,
            idle_at: now + limits.open,
            ping_at: now + limits.ping,
            plain_until: None,
            hello: None,
            carried: (0, 0),
            reason: Reason::Ended,
            asked: None,
            since: std::time::Instant::now(),
            tls: String::new(),
            open: None,
        }
    }

    /// The whole life.
    async fn live(&mut self) {
        let Some(open) = self.await_open().await else { return };
        let Some((asked, target, upstream)) = self.connect(open).await else { return };
        self.relay(&asked, target, upstream).await;
    }

    /// 1. The client asks for a target.
    async fn await_open(&mut self) -> Option<Open> {
        loop {
            match self.events.pop_front() {
                Some(Event::Open(open)) => return Some(open),
                Some(_) => {}
                None if self.over => return None,
                None => self.client_turn().await,
            }
        }
    }

    /// 2. The rules are asked, the mail server is connected, TLS is agreed on if it comes first.
    async fn connect(&mut self, open: Open) -> Option<(Asked, &'a Target, Upstream)> {
        let limits = self.limits();
        // Connecting has its own deadlines.
        self.idle_at = Instant::now() + limits.connect + limits.tls + limits.idle;
        let Some(host) = Host::parse(&open.host) else {
            self.refuse(no_host());
            return None;
        };
        let asked = Asked { host, port: open.port, tls: open.tls };
        self.asked = Some(asked.clone());
        let rows = match policy::allowed(&asked, &self.gate.config.targets) {
            Ok(rows) => rows,
            Err(denial) => {
                self.refuse(denial);
                return None;
            }
        };
        let start = std::time::Instant::now();
        let (target, stream) =
            self.meanwhile(dial::dial(&self.gate.lookups, &asked, &rows, limits.connect)).await?;
        self.gate.metrics.dialled(start);
        let mut upstream = Upstream::new(stream);
        let tls = if asked.tls == TlsMode::Implicit {
            let shake = upstream.handshake(&self.gate.connectors, target, &asked.host, limits.tls);
            self.shake(async { shake.await.map(Some) }).await?
        } else {
            None
        };
        self.open = Some(self.gate.metrics.tunnel_opened());
        self.tunnel.opened(tls);
        self.give();
        if asked.tls == TlsMode::Passthrough {
            self.hello = Some(AwaitHello::new());
        }
        if self.hello.is_some() || self.tunnel.awaits_upgrade() {
            self.plain_until = Some(Instant::now() + limits.tls.min(PLAIN_WITHIN));
        }
        Some((asked, target, upstream))
    }

    /// 3. Octets flow both ways until both sides have ended or something fails.
    async fn relay(&mut self, asked: &Asked, target: &Target, mut upstream: Upstream) {
        tracing::debug!(id = self.id, host = %asked.host, port = asked.port, tls = asked.tls.as_str(), "opened");
        self.moved();
        while !self.over {
            // What comes from the mail server waits there until the client has room and took what came before.
            let room = if self.link.is_flushed() { self.tunnel.sendable() } else { 0 };
            tokio::select! {
                () = self.client_turn() => {}
                turn = upstream.turn(room) => self.server_turned(turn),
            }
            while let Some(event) = self.events.pop_front() {
                match event {
                    Event::Data(octets) => {
                        self.carried.0 += octets.len() as u64;
                        self.gate.metrics.carried_up(octets.len());
                        self.moved();
                        if let Some(octets) = self.checked(octets, &asked.host) {
                            upstream.push(octets);
                        }
                    }
                    Event::Upgrade => self.upgrade(asked, target, &mut upstream).await,
                    Event::Ended { clean: true } => {
                        self.client_ended = true;
                        upstream.finish();
                    }
                    Event::Ended { clean: false } => self.reason = Reason::ClientGone,
                    // Credit: the loop asks for the room anyway. The others were dealt with.
                    Event::Sendable | Event::Open(_) | Event::Failed(_) => {}
                }
            }
        }
        // A client that has ended as it should may go at once; one that has not cuts the mail server too.
        if self.client_ended || matches!(self.reason, Reason::Ended) {
            upstream.close().await;
        } else {
            upstream.cut();
        }
    }

    fn server_turned(&mut self, turn: upstream::Turn) {
        match turn {
            upstream::Turn::Received(octets) => {
                self.carried.1 += octets.len() as u64;
                self.gate.metrics.carried_down(octets.len());
                self.moved();
                // All of it: no more was read than the client has room for.
                self.tunnel.send(&octets);
            }
            upstream::Turn::Taken(count) => {
                self.moved();
                self.tunnel.consumed(count);
            }
            upstream::Turn::Ended { clean } => self.tunnel.end(clean),
        }
        self.give();
    }

    /// STARTTLS and STLS: the client has heard the mail server agree, and both ends counted the same octets.
    async fn upgrade(&mut self, asked: &Asked, target: &Target, upstream: &mut Upstream) {
        let within = self.limits().tls;
        let connectors = &self.gate.connectors;
        let shake = async {
            upstream.quiesce(&asked.host, within).await?;
            if asked.tls.is_passthrough() {
                return Ok(None);
            }
            upstream.handshake(connectors, target, &asked.host, within).await.map(Some)
        };
        if let Some(tls) = self.shake(shake).await {
            self.moved();
            match &tls {
                Some(_) => self.plain_until = None,
                None => self.hello = Some(AwaitHello::new()),
            }
            self.tunnel.upgraded(tls);
            self.give();
        }
    }

    /// What may go to the mail server now: all, but for a client that speaks TLS itself and has not begun.
    fn checked(&mut self, octets: Vec<u8>, host: &Host) -> Option<Vec<u8>> {
        let Some(hello) = &mut self.hello else { return Some(octets) };
        match hello.take(&octets, host) {
            Ok(Some(octets)) => {
                (self.hello, self.plain_until) = (None, None);
                Some(octets)
            }
            Ok(None) => None,
            Err(denial) => {
                self.refuse(denial);
                None
            }
        }
    }

    /// A TLS handshake with the mail server, if the work has one.
    async fn shake(
        &mut self,
        work: impl Future<Output = Result<Option<Tls>, Denial>>,
    ) -> Option<Option<Tls>> {
        let start = std::time::Instant::now();
        let tls = self.meanwhile(work).await?;
        if let Some(tls) = &tls {
            self.gate.metrics.shaken(start);
            self.tls.clone_from(&tls.version);
        }
        Some(tls)
    }

    /// 4. The client hears why, and one line is logged.
    async fn close(&mut self) {
        let (code, reason) = match &self.reason {
            Reason::Ended | Reason::ClientGone => (CLOSE_ENDED, ""),
            Reason::Failed(code, _) if code == ErrorCode::Shutdown.as_str() => {
                (CLOSE_SHUTDOWN, code.as_str())
            }
            Reason::Failed(code, _) => (CLOSE_FAILED, code.as_str()),
        };
        // A client that takes nothing more must not hold this up.
        let _ = timeout(CLOSE_WITHIN, self.link.close(code, reason)).await;
        let (reason, detail) = match &self.reason {
            Reason::Ended => ("ended", ""),
            Reason::ClientGone => ("client gone", ""),
            Reason::Failed(code, detail) => (code.as_str(), detail.as_str()),
        };
        let (host, port) = match &self.asked {
            Some(asked) => (asked.host.to_string(), asked.port),
            None => (String::new(), 0),
        };
        let (up, down) = self.carried;
        let seconds = self.since.elapsed().as_secs();
        self.gate.metrics.tunnel_over(self.open.take().is_some(), reason);
        tracing::info!(id = self.id, host, port, tls = self.tls, up, down, seconds, reason, detail, "tunnel");
    }

    /// Waits for some work while the client is listened to. `None` if the tunnel is over before or by it.
    async fn meanwhile<T>(&mut self, work: impl Future<Output = Result<T, Denial>>) -> Option<T> {
        let mut work = pin!(work);
        while !self.over {
            tokio::select! {
                () = self.client_turn() => {}
                result = &mut work => match result {
                    Ok(value) => return Some(value),
                    Err(denial) => self.refuse(denial),
                },
            }
        }
        None
    }

    /// One thing that happens on the client's side, or to the gateway, or by time. Cancel-safe.
    async fn client_turn(&mut self) {
        let next = self.plain_until.map_or(self.idle_at, |at| at.min(self.idle_at)).min(self.ping_at);
        tokio::select! {
            turn = self.link.turn() => match turn {
                link::Turn::Frame(frame) => self.client_said(frame),
                link::Turn::Alive => {}
                link::Turn::TooLarge => self.refuse(too_large()),
                link::Turn::Gone => self.gone(),
            },
            () = stopped(&mut self.stop) => self.refuse(stopping()),
            () = sleep_until(next) => self.tick(),
        }
    }

    fn client_said(&mut self, frame: Frame) {
        self.tunnel.handle(frame);
        self.give();
    }

    fn tick(&mut self) {
        let (now, limits) = (Instant::now(), self.limits());
        if self.plain_until.is_some_and(|at| now >= at) {
            self.refuse(no_tls_in_time());
        } else if now >= self.idle_at {
            self.refuse(if self.asked.is_some() { idle() } else { asked_nothing() });
        } else if now >= self.link.moved() + limits.silence {
            self.gone();
        } else if now >= self.ping_at {
            if now >= self.link.moved() + limits.ping / 2 {
                self.link.ping();
                self.gate.metrics.pinged();
            }
            self.ping_at = now + limits.ping;
        }
    }

    /// Passes on what the tunnel has to say.
    fn give(&mut self) {
        while let Some(output) = self.tunnel.poll() {
            match output {
                Output::Send(frame) => {
                    if !self.link.queue(frame) {
                        return self.gone();
                    }
                }
                Output::Event(Event::Failed(failure)) => self.failed(failure),
                Output::Event(event) => self.events.push_back(event),
                Output::Close => self.over = true,
            }
        }
    }

    fn refuse(&mut self, denial: Denial) {
        if let Some(kind) = denial.tls_kind {
            self.gate.metrics.tls_failed(kind);
        }
        self.tunnel.fail(denial.failure());
        self.reason = Reason::Failed(denial.code.as_str().to_owned(), denial.detail);
        self.give();
    }

    /// The client broke the protocol, unless a refusal has said why already.
    fn failed(&mut self, failure: Failure) {
        if matches!(self.reason, Reason::Ended) {
            let detail = failure.violation.map(|violation| violation.to_string()).unwrap_or_default();
            self.reason = Reason::Failed(failure.code, detail);
        }
    }

    fn gone(&mut self) {
        self.over = true;
        self.reason = Reason::ClientGone;
    }

    fn moved(&mut self) {
        self.idle_at = Instant::now() + self.limits().idle;
    }

    fn limits(&self) -> &'a Limits {
        &self.gate.config.limits
    }
}

/// The gateway is stopping, or gone.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopping| *stopping).await;
}

fn unknown_version() -> Denial {
    Denial::new(
        ErrorCode::UnsupportedVersion,
        "The gateway does not speak the version of this app. Update the gateway, or use the app that it serves.",
        "no known subprotocol was offered",
    )
}

fn too_many() -> Denial {
    Denial::new(
        ErrorCode::TooManyTunnels,
        "The gateway has too many connections open. Close other windows of the app, or try again later.",
        "limits.tunnels or limits.tunnels_per_client",
    )
}

fn no_host() -> Denial {
    Denial::new(
        ErrorCode::BadRequest,
        "The server name is not the name of a host. Check it: letters, digits, hyphens and dots, such as imap.example.org.",
        "the host is neither a name nor an address",
    )
}

fn too_large() -> Denial {
    Denial::new(
        ErrorCode::BadRequest,
        "The client broke the tunnel protocol: a message is too large. Update the app and the gateway.",
        "a WebSocket message above 64 KiB",
    )
}

fn stopping() -> Denial {
    Denial::new(
        ErrorCode::Shutdown,
        "The gateway is stopping. Your mail on this device is safe. The app tries again.",
        "",
    )
}

fn no_tls_in_time() -> Denial {
    Denial::new(
        ErrorCode::Timeout,
        "TLS did not begin in time. Your password was not sent. Try again later, or choose TLS from the start.",
        "neither an upgrade nor a ClientHello within 10 s or limits.tls_seconds",
    )
}

fn idle() -> Denial {
    Denial::new(
        ErrorCode::Idle,
        "The gateway ended a connection that carried nothing for long. The app tries again.",
        "limits.idle_seconds",
    )
}

fn asked_nothing() -> Denial {
    Denial::new(
        ErrorCode::Idle,
        "The app opened a connection and asked for nothing. Try again.",
        "limits.open_seconds",
    )
}

/// RFC 6455, 7.4.1: both directions have ended as they should.
const CLOSE_ENDED: u16 = 1000;
/// RFC 6455, 7.4.1: going away.
const CLOSE_SHUTDOWN: u16 = 1001;
/// Private use (RFC 6455, 7.4.2): an `error` message said why.
const CLOSE_FAILED: u16 = 4000;
/// Greeting, capabilities and the word that starts TLS take three round trips; what is slower is no mail client.
const PLAIN_WITHIN: Duration = Duration::from_secs(10);
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
