//! The life of a tunnel, from top to bottom: the client asks, the rules answer, the mail server is connected, octets
//! flow, both sides end. One task; every wait has a deadline, every buffer is bounded by the window.

mod relay;

use crate::access;
use crate::config::{Grant, Limits, Target};
use crate::hello::AwaitHello;
use crate::link::Link;
use crate::metrics::Opened;
use crate::phase::{Phase, Standing, reached_with};
use crate::policy::{self, Asked, Denial};
use crate::quiet::Refused;
use crate::server::Gate;
use crate::shares::{Share, TokenShare};
use crate::upstream::Upstream;
use crate::websocket::Fault;
use crate::{Fingerprint, Host};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use tokio::sync::watch;
use tokio::time::{Duration, Instant, Sleep, sleep_until, timeout};
use waypost_tunnel::server::{Event, Tunnel};
use waypost_tunnel::{ErrorCode, Failure, Frame, Open, Output, Tls, TlsMode, Token};

/// What was found out about a tunnel before its first frame.
pub(crate) struct Admission {
    /// Number of the connection in the log.
    pub(crate) id: u64,
    /// The client offered the version of this gateway.
    pub(crate) version_known: bool,
    /// Whom limits are counted for.
    pub(crate) client: IpAddr,
    /// From the subprotocol; one in the first message comes before it.
    pub(crate) token: Option<Token>,
    /// A share of the tunnels, or why there is none.
    pub(crate) share: Result<Share, Denial>,
}

/// Runs a tunnel until it is over. No `async fn`: that would keep room for what it was given beside what it makes of it, in
/// every tunnel, for hours.
pub(crate) fn run(
    gate: &Gate,
    link: Link,
    admission: Admission,
    standing: watch::Receiver<Standing>,
) -> impl Future<Output = ()> {
    let Admission { id, version_known, client, token, share } = admission;
    let mut session = Session::new(gate, link, id, standing, client);
    let share = match share {
        Ok(share) => {
            if !version_known {
                session.refuse(unknown_version());
            }
            Some(share)
        }
        Err(denial) => {
            session.refuse(denial);
            None
        }
    };
    async move {
        session.live(token).await;
        session.close().await;
        // Held until the client has heard the end.
        drop(share);
    }
}

struct Session<'a> {
    gate: &'a Gate,
    link: Link,
    tunnel: Tunnel,
    events: VecDeque<Event>,
    standing: watch::Receiver<Standing>,
    /// The client was asked to go elsewhere.
    moving: bool,
    id: u64,
    client: IpAddr,
    /// What the client's token has of the gateway.
    token: TokenShare,
    /// While the tunnel is faster than it may be.
    rest: Option<Pin<Box<Sleep>>>,
    /// When it ends however alive it is.
    ends_at: Option<Instant>,
    /// When its token is good no longer.
    expires_at: Option<Instant>,
    /// Its token, if that is one of the configuration, which may take it back.
    written: Option<Fingerprint>,
    /// The client is gone, or both have ended, or a failure was told.
    over: bool,
    /// The client has sent everything that it meant to send.
    client_ended: bool,
    /// When it ends because nothing is carried.
    idle_at: Instant,
    ping_at: Instant,
    /// When the tunnel counts as one that stays.
    settles_at: Option<Instant>,
    /// When TLS must have begun, while it has not.
    plain_until: Option<Instant>,
    /// The client speaks TLS itself, and has not begun.
    hello: Option<Box<AwaitHello>>,
    /// Octets to the mail server and from it.
    carried: (u64, u64),
    /// Octets that the mail server has taken and the client has not heard of.
    taken: usize,
    /// The last read of the mail server filled a buffer: much flows.
    bulk: bool,
    /// How the client broke the framing of the WebSocket.
    fault: Option<Fault>,
    /// For the log and the closing frame.
    reason: Reason,
    asked: Option<Asked>,
    /// When the client came.
    since: Instant,
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
    fn new(gate: &'a Gate, link: Link, id: u64, standing: watch::Receiver<Standing>, client: IpAddr) -> Self {
        let limits = &gate.config.limits;
        let now = Instant::now();
        Self {
            gate,
            link,
            tunnel: Tunnel::new(limits.window_octets),
            events: VecDeque::new(),
            standing,
            moving: false,
            id,
            client,
            token: TokenShare::default(),
            rest: None,
            ends_at: limits.tunnel.map(|lasts| now + lasts),
            expires_at: None,
            written: None,
            over: false,
            client_ended: false,
            idle_at: now + limits.open,
            ping_at: now + limits.ping,
            settles_at: None,
            plain_until: None,
            hello: None,
            carried: (0, 0),
            taken: 0,
            bulk: false,
            fault: None,
            reason: Reason::Ended,
            asked: None,
            since: now,
            tls: String::new(),
            open: None,
        }
    }

    /// The whole life. What comes before the relay is on the heap and gone afterwards: most of a tunnel's life is the relay, which
    /// needs far less.
    async fn live(&mut self, token: Option<Token>) {
        let Some((asked, target, upstream)) = Box::pin(self.begin(token)).await else { return };
        self.relay(asked, target, upstream).await;
    }

    async fn begin(&mut self, token: Option<Token>) -> Option<(Asked, &'a Target, Upstream)> {
        let open = self.await_open().await?;
        let grant = self.admit(open.token.as_ref().or(token.as_ref()))?;
        Box::pin(self.connect(open, &grant)).await
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

    /// 2. The token is looked at, where the gateway asks for one.
    fn admit(&mut self, token: Option<&Token>) -> Option<Grant> {
        let pass = self.gate.tokens.admit(token);
        let admitted = pass.and_then(|pass| {
            let share = self.gate.shares.admit(self.client, &pass, self.limits())?;
            Ok((share, pass))
        });
        match admitted {
            Ok((share, pass)) => {
                self.token = share;
                self.expires_at = pass.lasts.map(|lasts| Instant::now() + lasts);
                self.written = pass.written;
                Some(pass.grant)
            }
            Err(denial) => {
                self.refuse(denial);
                None
            }
        }
    }

    /// 3. The rules are asked, the mail server is connected, TLS is agreed on if it comes first.
    async fn connect(&mut self, open: Open, grant: &Grant) -> Option<(Asked, &'a Target, Upstream)> {
        let limits = self.limits();
        // Connecting has its own deadlines.
        self.idle_at = Instant::now() + limits.connect + limits.tls + limits.idle;
        let Some(host) = Host::parse(&open.host) else {
            self.refuse(no_host());
            return None;
        };
        let asked = Asked { host, port: open.port, tls: open.tls };
        self.asked = Some(asked.clone());
        let rows = match policy::allowed(&asked, grant, &self.gate.config.targets) {
            Ok(rows) => rows,
            Err(denial) => {
                self.refuse(denial);
                return None;
            }
        };
        let start = Instant::now();
        let dial = self.gate.dialer.dial(&asked, &rows, self.client, limits.connect);
        let (target, stream) = self.meanwhile(dial).await?;
        self.gate.metrics.dialled(start);
        let mut upstream = Upstream::new(stream);
        let tls = if asked.tls == TlsMode::Implicit {
            let shake = upstream.handshake(&self.gate.connectors, target, &asked.host, limits.tls);
            self.shake(async { shake.await.map(Some) }).await?
        } else {
            None
        };
        self.open = Some(self.gate.metrics.tunnel_opened());
        self.settles_at = Some(Instant::now() + SETTLES);
        self.tunnel.opened(tls);
        self.give();
        if asked.tls == TlsMode::Passthrough {
            self.hello = Some(Box::new(AwaitHello::new()));
        }
        if self.hello.is_some() || self.tunnel.awaits_upgrade() {
            self.plain_until = Some(Instant::now() + limits.tls.min(PLAIN_WITHIN));
        }
        Some((asked, target, upstream))
    }

    /// A TLS handshake with the mail server, if the work has one.
    async fn shake(
        &mut self,
        work: impl Future<Output = Result<Option<Tls>, Denial>>,
    ) -> Option<Option<Tls>> {
        let start = Instant::now();
        let tls = self.meanwhile(work).await?;
        if let Some(tls) = &tls {
            self.gate.metrics.shaken(start);
            self.tls.clone_from(&tls.version);
        }
        Some(tls)
    }

    /// 5. The client hears why, and one line is logged.
    async fn close(&mut self) {
        let (code, reason) = match &self.reason {
            Reason::Ended | Reason::ClientGone => (CLOSE_ENDED, ""),
            Reason::Failed(code, _) if code == ErrorCode::Shutdown.as_str() => {
                (CLOSE_SHUTDOWN, code.as_str())
            }
            Reason::Failed(code, _) => (self.fault.map_or(CLOSE_FAILED, Fault::close_code), code.as_str()),
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
        // Whoever tries tokens can be kept out by the address; nobody else's is shown at this level, and who has lost a good
        // one has tried nothing.
        if reason == ErrorCode::TokenRequired.as_str() && self.asked.is_none() {
            tracing::info!(id = self.id, client = %self.client, "token refused");
        }
        let (up, down) = self.carried;
        let seconds = self.since.elapsed().as_secs();
        let was_open = self.open.take().is_some();
        self.gate.metrics.tunnel_over(was_open, reason);
        // Nothing bounds how many of these come.
        if !was_open && reason == ErrorCode::TooManyTunnels.as_str() {
            if let Some(unsaid) = self.gate.quiet.ask(Refused::Tunnel, self.client, Instant::now()) {
                tracing::info!(id = self.id, reason, detail, unsaid, "tunnel");
            }
            return;
        }
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
        let (next, awaited, written) = (self.next_tick(), self.awaited_phase(), self.written);
        let mut standing = self.standing.clone();
        tokio::select! {
            () = poll_fn(|context| self.poll_client(context, None)) => {}
            () = reached_with(&mut standing, awaited, written.as_ref()) => self.entered(awaited),
            () = sleep_until(next) => self.tick(),
        }
    }

    /// The phase of the gateway that matters next. Only a client that has asked for something has something to move.
    fn awaited_phase(&self) -> Phase {
        if self.asked.is_some() && !self.moving { Phase::Draining } else { Phase::Ending }
    }

    fn entered(&mut self, phase: Phase) {
        let (ending, taken_back) = {
            let now = self.standing.borrow();
            (now.phase == Phase::Ending, now.lacks(self.written.as_ref()))
        };
        if taken_back && !ending {
            return self.refuse(access::taken_back());
        }
        if ending || phase == Phase::Ending {
            return self.refuse(stopping());
        }
        self.moving = true;
        // At most a year, as the configuration has it.
        self.tunnel.move_away(u32::try_from(self.limits().drain.as_secs()).unwrap_or(u32::MAX));
        self.give();
    }

    fn client_said(&mut self, frame: Frame) {
        self.tunnel.handle(frame);
        self.give();
    }

    /// When to look at the clock again.
    fn next_tick(&self) -> Instant {
        let next = self.idle_at.min(self.ping_at).min(self.link.moved() + self.limits().silence);
        [self.settles_at, self.plain_until, self.ends_at, self.expires_at]
            .into_iter()
            .flatten()
            .fold(next, Instant::min)
    }

    fn tick(&mut self) {
        let (now, limits) = (Instant::now(), self.limits());
        if self.plain_until.is_some_and(|at| now >= at) {
            self.refuse(no_tls_in_time());
        } else if self.ends_at.is_some_and(|at| now >= at) {
            self.refuse(enough("limits.tunnel_seconds"));
        } else if self.expires_at.is_some_and(|at| now >= at) {
            self.refuse(access::expired());
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

fn unknown_version() -> Denial {
    Denial::new(
        ErrorCode::UnsupportedVersion,
        "The gateway does not speak the version of this app. Update the gateway, or use the app that it serves.",
        "no known subprotocol was offered",
    )
}

fn no_host() -> Denial {
    Denial::new(
        ErrorCode::BadRequest,
        "The server name is not the name of a host. Check it: letters, digits, hyphens and dots, such as imap.example.org.",
        "the host is neither a name nor an address",
    )
}

fn broken(fault: Fault) -> Denial {
    Denial::new(
        ErrorCode::BadRequest,
        format!("The client broke the tunnel protocol: {fault}. Update the app and the gateway."),
        fault.to_string(),
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

fn enough(limit: &str) -> Denial {
    Denial::new(
        ErrorCode::TunnelLimit,
        "The gateway ended a connection that has carried as much, or lasted as long, as it allows. The app tries again.",
        limit,
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
/// Who only asks for new mail is gone before that.
const SETTLES: Duration = Duration::from_secs(1);
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
