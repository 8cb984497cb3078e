//! What a connection knows, between the WebSocket's events and the engine's futures. No I/O: the driver hands in what
//! happened and carries out what [`Link::take_actions`] asks.

use super::failure;
use core::task::{Context, Poll, Waker};
use std::collections::VecDeque;
use waypost_sync::{ConnectError, TlsInfo};
use waypost_tunnel::client::{Event, Tunnel};
use waypost_tunnel::{Frame, Open, Output, SUBPROTOCOL, Tls};

/// What the driver is to do with its WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Action {
    Send(Frame),
    Close,
}

/// One connection. After every call, carry out [`Link::take_actions`].
#[derive(Debug)]
pub(super) struct Link {
    tunnel: Tunnel,
    /// Whether the WebSocket opened, and whether anything came through it.
    connected: bool,
    heard: bool,
    opened: bool,
    secured: Option<TlsInfo>,
    inbox: VecDeque<Vec<u8>>,
    /// The mail server's end, and whether it was clean.
    ended: Option<bool>,
    failure: Option<ConnectError>,
    actions: Vec<Action>,
    /// The engine waits for one thing at a time: each wait borrows the connection.
    waker: Option<Waker>,
    /// The gateway stops soon, and who waits to hear it.
    moving: bool,
    mover: Option<Waker>,
}

impl Link {
    pub(super) fn new(open: Open) -> Self {
        Self {
            tunnel: Tunnel::new(open, WINDOW),
            connected: false,
            heard: false,
            opened: false,
            secured: None,
            inbox: VecDeque::new(),
            ended: None,
            failure: None,
            actions: Vec::new(),
            waker: None,
            moving: false,
            mover: None,
        }
    }

    /// The WebSocket opened with this subprotocol.
    pub(super) fn socket_opened(&mut self, protocol: &str) {
        self.connected = true;
        if protocol == SUBPROTOCOL {
            self.drain();
        } else {
            self.fail(failure::gateway_refused());
        }
    }

    /// A message came through the WebSocket.
    pub(super) fn frame(&mut self, frame: Frame) {
        self.heard = true;
        self.tunnel.handle(frame);
        self.drain();
    }

    /// The WebSocket closed, or never opened.
    pub(super) fn socket_closed(&mut self) {
        if !self.connected {
            self.fail(failure::gateway_unreachable());
        } else if !self.heard {
            self.fail(failure::gateway_refused());
        } else {
            self.tunnel.closed();
            self.drain();
        }
    }

    /// The tunnel did not open, or TLS did not begin, in time.
    pub(super) fn give_up(&mut self) -> ConnectError {
        let error = if self.connected { failure::timeout() } else { failure::gateway_unreachable() };
        self.fail(error.clone());
        error
    }

    /// Ends the stream; `clean` says that all was sent that was meant to be.
    pub(super) fn end(&mut self, clean: bool) {
        self.tunnel.end(clean);
        self.drain();
        self.fail(failure::over());
    }

    pub(super) fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    pub(super) fn poll_open(&mut self, context: &Context<'_>) -> Poll<Result<(), ConnectError>> {
        if self.opened {
            return Poll::Ready(Ok(()));
        }
        self.wait(context)
    }

    pub(super) fn poll_read(&mut self, context: &Context<'_>) -> Poll<Result<Option<Vec<u8>>, ConnectError>> {
        if let Some(octets) = self.inbox.pop_front() {
            self.tunnel.consumed(octets.len());
            self.drain();
            return Poll::Ready(Ok(Some(octets)));
        }
        match self.ended {
            Some(true) => Poll::Ready(Ok(None)),
            Some(false) => Poll::Ready(Err(failure::cut())),
            None => self.wait(context),
        }
    }

    /// Sends what the credit allows; ready when `octets` is used up to its end from `done` on.
    pub(super) fn poll_write(
        &mut self,
        context: &Context<'_>,
        octets: &[u8],
        done: &mut usize,
    ) -> Poll<Result<(), ConnectError>> {
        let rest = octets.get(*done..).unwrap_or_default();
        *done += self.tunnel.send(rest);
        self.drain();
        if *done >= octets.len() { Poll::Ready(Ok(())) } else { self.wait(context) }
    }

    /// Asks for TLS. What was received and not yet read makes the tunnel fail as an injection.
    pub(super) fn secure(&mut self) {
        self.secured = None;
        self.tunnel.upgrade();
        self.drain();
    }

    pub(super) fn poll_secured(&mut self, context: &Context<'_>) -> Poll<Result<TlsInfo, ConnectError>> {
        match self.secured.take() {
            Some(info) => Poll::Ready(Ok(info)),
            None => self.wait(context),
        }
    }

    pub(super) fn poll_moving(&mut self, context: &Context<'_>) -> Poll<()> {
        if self.moving {
            return Poll::Ready(());
        }
        self.mover = Some(context.waker().clone());
        Poll::Pending
    }

    fn wait<T>(&mut self, context: &Context<'_>) -> Poll<Result<T, ConnectError>> {
        if let Some(failure) = &self.failure {
            return Poll::Ready(Err(failure.clone()));
        }
        if self.tunnel.is_done() {
            return Poll::Ready(Err(failure::over()));
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn fail(&mut self, error: ConnectError) {
        if self.failure.is_none() {
            self.failure = Some(error);
        }
        self.actions.push(Action::Close);
        self.wake();
    }

    fn drain(&mut self) {
        while let Some(output) = self.tunnel.poll() {
            match output {
                Output::Send(frame) => self.actions.push(Action::Send(frame)),
                Output::Close => self.actions.push(Action::Close),
                Output::Event(event) => self.event(event),
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Opened { .. } => self.opened = true,
            Event::Data(octets) => self.inbox.push_back(octets),
            Event::Sendable => {}
            // The modes of this end always give it.
            Event::Upgraded { tls } => self.secured = tls.map(tls_info),
            Event::Move { .. } => {
                self.moving = true;
                if let Some(mover) = self.mover.take() {
                    mover.wake();
                }
            }
            Event::Ended { clean } => self.ended = Some(clean),
            Event::Failed(failure) => self.failure = Some(failure::tunnel(failure)),
        }
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

fn tls_info(tls: Tls) -> TlsInfo {
    TlsInfo { version: tls.version, cipher: tls.cipher, fingerprint: tls.fingerprint }
}

/// Octets that may be under way to this end. A page receives some 100 MB/s at best and commits a batch in some
/// milliseconds: this much keeps the line busy meanwhile, and is all that a connection ever holds unread.
const WINDOW: u32 = 1 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use waypost_sync::Blame;
    use waypost_tunnel::{TlsMode, server};

    /// Both ends of a tunnel, joined.
    struct Pair {
        link: Link,
        gateway: server::Tunnel,
        events: Vec<server::Event>,
        closed: bool,
    }

    impl Pair {
        fn new(tls: TlsMode, window: u32) -> Self {
            let open = Open { host: "mail.example".into(), port: 143, tls, token: None };
            let mut pair = Self {
                link: Link::new(open),
                gateway: server::Tunnel::new(window),
                events: Vec::new(),
                closed: false,
            };
            pair.link.socket_opened(SUBPROTOCOL);
            pair.run();
            pair
        }

        fn open(tls: TlsMode, window: u32) -> Self {
            let mut pair = Self::new(tls, window);
            pair.gateway.opened(None);
            pair.run();
            assert_eq!(pair.link.poll_open(&context()), Poll::Ready(Ok(())));
            pair
        }

        fn run(&mut self) {
            loop {
                let mut moved = false;
                for action in self.link.take_actions() {
                    moved = true;
                    match action {
                        Action::Send(frame) => self.gateway.handle(frame),
                        Action::Close => self.closed = true,
                    }
                }
                while let Some(output) = self.gateway.poll() {
                    moved = true;
                    match output {
                        Output::Send(frame) => self.link.frame(frame),
                        Output::Event(event) => self.events.push(event),
                        Output::Close => {}
                    }
                }
                if !moved {
                    return;
                }
            }
        }
    }

    fn context() -> Context<'static> {
        Context::from_waker(Waker::noop())
    }

    fn code<T>(poll: Poll<Result<T, ConnectError>>) -> String {
        match poll {
            Poll::Ready(Err(error)) => error.code,
            _ => panic!("it did not fail"),
        }
    }

    fn unopened() -> Link {
        Link::new(Open { host: "mail.example".into(), port: 143, tls: TlsMode::None, token: None })
    }

    #[test]
    fn a_gateway_that_is_down_and_one_that_closes_at_once_are_told_apart() {
        let mut down = unopened();
        down.socket_closed();
        assert_eq!(code(down.poll_open(&context())), "gateway-unreachable");

        let mut refusing = unopened();
        refusing.socket_opened(SUBPROTOCOL);
        refusing.socket_closed();
        assert_eq!(code(refusing.poll_open(&context())), "gateway-refused");

        let mut other = unopened();
        other.socket_opened("");
        assert_eq!(code(other.poll_open(&context())), "gateway-refused");
        assert_eq!(
            other.take_actions(),
            [Action::Close],
            "nothing is sent to a server that speaks something else"
        );
    }

    #[test]
    fn silence_is_blamed_on_the_side_that_is_silent() {
        let mut gateway = unopened();
        assert_eq!(gateway.give_up().blame, Blame::Gateway);
        let mut server = unopened();
        server.socket_opened(SUBPROTOCOL);
        let error = server.give_up();
        assert_eq!((error.code.as_str(), error.blame), ("timeout", Blame::Server));
        assert_eq!(server.take_actions().last(), Some(&Action::Close));
    }

    #[test]
    fn credit_comes_back_only_for_what_was_read() {
        let mut pair = Pair::open(TlsMode::None, 4096);
        let whole = vec![7_u8; 2 * WINDOW as usize];
        let first = pair.gateway.send(&whole);
        assert_eq!(first, WINDOW as usize);
        pair.run();
        assert_eq!(pair.gateway.sendable(), 0, "nothing was read yet");
        let mut read = 0;
        while let Poll::Ready(Ok(Some(octets))) = pair.link.poll_read(&context()) {
            read += octets.len();
            pair.run();
        }
        assert_eq!(read, first);
        assert!(pair.gateway.sendable() >= WINDOW as usize / 2);
    }

    #[test]
    fn a_write_waits_for_credit_and_loses_nothing() {
        let mut pair = Pair::open(TlsMode::None, 10);
        let text = b"a1 LOGIN somebody something\r\n";
        let mut done = 0;
        let mut arrived = Vec::new();
        while pair.link.poll_write(&context(), text, &mut done).is_pending() {
            pair.run();
            for event in std::mem::take(&mut pair.events) {
                if let server::Event::Data(octets) = event {
                    pair.gateway.consumed(octets.len());
                    arrived.extend(octets);
                }
            }
            pair.run();
        }
        pair.run();
        for event in pair.events {
            if let server::Event::Data(octets) = event {
                arrived.extend(octets);
            }
        }
        assert_eq!(arrived, text);
    }

    #[test]
    fn tls_begins_when_all_was_read_and_octets_in_between_are_an_injection() {
        let tls = Tls { version: "TLSv1.3".into(), ..Tls::default() };
        let mut pair = Pair::open(TlsMode::StartTls, 4096);
        pair.link.secure();
        pair.run();
        pair.gateway.upgraded(Some(tls));
        pair.run();
        let info = pair.link.poll_secured(&context());
        assert!(matches!(info, Poll::Ready(Ok(TlsInfo { version, .. })) if version == "TLSv1.3"));

        let mut pair = Pair::open(TlsMode::StartTls, 4096);
        pair.gateway.send(b"* injected\r\n");
        pair.run();
        pair.link.secure();
        pair.run();
        assert_eq!(code(pair.link.poll_secured(&context())), "starttls-injection");
    }

    #[test]
    fn a_request_to_move_is_heard_and_kept() {
        let mut pair = Pair::open(TlsMode::None, 4096);
        assert_eq!(pair.link.poll_moving(&context()), Poll::Pending);
        pair.gateway.move_away(30);
        pair.run();
        assert_eq!(pair.link.poll_moving(&context()), Poll::Ready(()));
        assert_eq!(pair.link.poll_moving(&context()), Poll::Ready(()));
        assert_eq!(pair.link.poll_read(&context()), Poll::Pending, "and the connection goes on");
    }

    #[test]
    fn a_clean_end_is_told_from_a_cut() {
        let mut pair = Pair::open(TlsMode::None, 4096);
        pair.gateway.send(b"bye");
        pair.gateway.end(true);
        pair.run();
        assert_eq!(pair.link.poll_read(&context()), Poll::Ready(Ok(Some(b"bye".to_vec()))));
        assert_eq!(pair.link.poll_read(&context()), Poll::Ready(Ok(None)));
        pair.link.socket_closed();
        assert_eq!(pair.link.poll_read(&context()), Poll::Ready(Ok(None)));

        let mut pair = Pair::open(TlsMode::None, 4096);
        pair.gateway.end(false);
        pair.run();
        assert_eq!(code(pair.link.poll_read(&context())), "closed");

        let mut pair = Pair::open(TlsMode::None, 4096);
        pair.link.socket_closed();
        assert_eq!(code(pair.link.poll_read(&context())), "closed");
    }

    #[test]
    fn closing_twice_is_harmless_and_ends_every_wait() {
        let mut pair = Pair::open(TlsMode::None, 4096);
        pair.link.end(true);
        pair.link.end(true);
        pair.run();
        assert!(pair.closed);
        assert!(pair.events.contains(&server::Event::Ended { clean: true }));
        let written = pair.link.poll_write(&context(), b"late", &mut 0);
        let lost = |error: &ConnectError| (error.blame, error.retryable) == (Blame::Network, true);
        assert!(matches!(&written, Poll::Ready(Err(error)) if lost(error)), "as any that ended: {written:?}");
        assert_eq!(code(written), "closed");
        assert_eq!(code(pair.link.poll_read(&context())), "closed");
    }
}
