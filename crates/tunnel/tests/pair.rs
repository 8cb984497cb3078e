//! Both ends joined in memory.

use std::collections::VecDeque;

use waypost_tunnel::{
    Control, ErrorCode, Fault, Frame, MAX_PAYLOAD, MAX_PAYLOAD_DOWN, Open, Output, Tls, TlsMode, Violation,
    client, server,
};

/// A small generator of known numbers (xorshift), so that a failing run can be repeated by its seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

struct Pair {
    browser: client::Tunnel,
    gateway: server::Tunnel,
    to_gateway: VecDeque<Frame>,
    to_browser: VecDeque<Frame>,
    browser_events: VecDeque<client::Event>,
    gateway_events: VecDeque<server::Event>,
    browser_closed: bool,
    gateway_closed: bool,
}

impl Pair {
    fn new(tls: TlsMode, windows: (u32, u32)) -> Self {
        let open = Open { host: "mail.example".into(), port: 143, tls, token: None };
        Self {
            browser: client::Tunnel::new(open, windows.0),
            gateway: server::Tunnel::new(windows.1),
            to_gateway: VecDeque::new(),
            to_browser: VecDeque::new(),
            browser_events: VecDeque::new(),
            gateway_events: VecDeque::new(),
            browser_closed: false,
            gateway_closed: false,
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.browser.poll() {
            match output {
                Output::Send(frame) => self.to_gateway.push_back(frame),
                Output::Event(event) => self.browser_events.push_back(event),
                Output::Close => self.browser_closed = true,
            }
        }
        while let Some(output) = self.gateway.poll() {
            match output {
                Output::Send(frame) => self.to_browser.push_back(frame),
                Output::Event(event) => self.gateway_events.push_back(event),
                Output::Close => self.gateway_closed = true,
            }
        }
    }

    fn deliver(&mut self) {
        self.drain();
        while !self.to_gateway.is_empty() || !self.to_browser.is_empty() {
            if let Some(frame) = self.to_gateway.pop_front() {
                self.gateway.handle(frame);
            }
            if let Some(frame) = self.to_browser.pop_front() {
                self.browser.handle(frame);
            }
            self.drain();
        }
    }

    fn open(tls: TlsMode) -> Self {
        Self::open_with(tls, 1000)
    }

    fn open_with(tls: TlsMode, window: u32) -> Self {
        let mut pair = Self::new(tls, (window, window));
        pair.deliver();
        assert!(matches!(pair.gateway_events.pop_front(), Some(server::Event::Open(_))));
        pair.gateway.opened((tls == TlsMode::Implicit).then(agreed));
        pair.deliver();
        assert!(matches!(pair.browser_events.pop_front(), Some(client::Event::Opened { .. })));
        pair
    }

    fn browser_failure(&mut self) -> waypost_tunnel::Failure {
        match self.browser_events.pop_back() {
            Some(client::Event::Failed(failure)) => failure,
            other => panic!("expected a failure, got {other:?}"),
        }
    }

    fn gateway_failure(&mut self) -> waypost_tunnel::Failure {
        match self.gateway_events.pop_back() {
            Some(server::Event::Failed(failure)) => failure,
            other => panic!("expected a failure, got {other:?}"),
        }
    }
}

fn agreed() -> Tls {
    Tls { version: "TLSv1.3".into(), cipher: "TLS13_AES_128_GCM_SHA256".into(), fingerprint: "00".into() }
}

fn text(control: &Control) -> Frame {
    control.to_frame()
}

/// One direction of the random test: what is still to send, and what the other side holds and has taken.
#[derive(Default)]
struct Lane {
    to_send: VecDeque<u8>,
    held: VecDeque<u8>,
    taken: Vec<u8>,
    most_held: usize,
}

impl Lane {
    fn new(numbers: &mut Numbers, octets: usize) -> Self {
        Self { to_send: (0..octets).map(|_| numbers.below(256) as u8).collect(), ..Self::default() }
    }

    /// Sometimes more than may be sent now.
    fn chunk(&mut self, numbers: &mut Numbers, sendable: usize) -> Vec<u8> {
        let size = numbers.below(sendable + 10).min(self.to_send.len());
        self.to_send.iter().take(size).copied().collect()
    }

    fn took(&mut self, octets: usize) {
        self.to_send.drain(..octets);
    }

    fn hold(&mut self, octets: Vec<u8>) {
        self.held.extend(octets);
        self.most_held = self.most_held.max(self.held.len());
    }

    fn take(&mut self, numbers: &mut Numbers) -> usize {
        let size = numbers.below(self.held.len() + 1);
        self.taken.extend(self.held.drain(..size));
        size
    }
}

#[test]
fn order_is_kept_and_no_side_holds_more_than_its_window() {
    for seed in 1..=12_u64 {
        let mut numbers = Numbers(seed * 0x9E37_79B9);
        let windows = [(1, 3), (1_000, 70_000), (65_536, 65_536), (300_000, 131_072)];
        let windows = windows[usize::try_from(seed).unwrap() % windows.len()];
        let octets = if windows.0 == 1 { 300 } else { 400_000 };
        let mut pair = Pair::new(TlsMode::None, windows);
        pair.deliver();
        pair.gateway_events.clear();
        pair.gateway.opened(None);
        pair.deliver();
        pair.browser_events.clear();
        let (mut up, mut down) = (Lane::new(&mut numbers, octets), Lane::new(&mut numbers, octets));
        let expected = (Vec::from(up.to_send.clone()), Vec::from(down.to_send.clone()));
        while up.taken.len() < octets || down.taken.len() < octets {
            match numbers.below(6) {
                0 => {
                    let chunk = up.chunk(&mut numbers, pair.browser.sendable());
                    up.took(pair.browser.send(&chunk));
                }
                1 => {
                    let chunk = down.chunk(&mut numbers, pair.gateway.sendable());
                    down.took(pair.gateway.send(&chunk));
                }
                2 => pair.gateway.consumed(up.take(&mut numbers)),
                3 => pair.browser.consumed(down.take(&mut numbers)),
                4 => pair.to_gateway.pop_front().into_iter().for_each(|frame| pair.gateway.handle(frame)),
                _ => pair.to_browser.pop_front().into_iter().for_each(|frame| pair.browser.handle(frame)),
            }
            pair.drain();
            for event in pair.gateway_events.drain(..) {
                match event {
                    server::Event::Data(octets) => up.hold(octets),
                    server::Event::Sendable => {}
                    other => panic!("seed {seed}: {other:?}"),
                }
            }
            for event in pair.browser_events.drain(..) {
                match event {
                    client::Event::Data(octets) => down.hold(octets),
                    client::Event::Sendable => {}
                    other => panic!("seed {seed}: {other:?}"),
                }
            }
        }
        assert_eq!((up.taken, down.taken), expected, "seed {seed}");
        assert!(down.most_held <= windows.0 as usize && up.most_held <= windows.1 as usize, "seed {seed}");
    }
}

#[test]
fn a_driver_that_carries_payload_itself_is_held_to_the_same_credit() {
    let mut pair = Pair::open(TlsMode::None);
    assert_eq!(pair.gateway.sendable(), 1000);
    assert_eq!(pair.gateway.sent(600), 600);
    assert_eq!(pair.gateway.sent(600), 400, "as much as the client allowed");
    assert_eq!(pair.gateway.sendable(), 0);
    assert!(pair.gateway.received(999));
    pair.gateway.consumed(999);
    assert_eq!(pair.gateway.poll(), Some(Output::Send(text(&Control::Credit { bytes: 999 }))));
    assert!(pair.gateway.received(1000));
    assert!(!pair.gateway.received(1));
    pair.deliver();
    assert_eq!(pair.gateway_failure().violation, Some(Violation::CreditExceeded));
    assert!(!pair.gateway.received(1), "nothing after the end");
    assert_eq!(pair.gateway.sent(1), 0);
}

#[test]
fn a_driver_that_carries_payload_itself_tells_of_empty_and_untimely_messages() {
    let mut pair = Pair::open(TlsMode::None);
    assert!(!pair.gateway.received(0));
    pair.deliver();
    assert_eq!(pair.gateway_failure().violation, Some(Violation::PayloadSize));
    let mut early = Pair::new(TlsMode::None, (1000, 1000));
    early.deliver();
    assert!(!early.gateway.received(1));
    early.deliver();
    assert_eq!(early.gateway_failure().violation, Some(Violation::OutOfOrder { message: "payload" }));
    let mut ended = Pair::open(TlsMode::None);
    ended.browser.end(true);
    ended.deliver();
    assert!(!ended.gateway.received(1));
    ended.deliver();
    assert_eq!(ended.gateway_failure().violation, Some(Violation::AfterEnd));
}

#[test]
fn a_page_that_keeps_payload_itself_is_held_to_the_same_rules() {
    let mut pair = Pair::open_with(TlsMode::None, 8);
    assert_eq!(pair.browser.sent(10), 8, "as much as the credit allows");
    assert_eq!(pair.browser.sendable(), 0);
    assert!(pair.browser.received(8));
    pair.drain();
    assert!(pair.browser_events.is_empty(), "the page has the payload already");
    assert!(!pair.browser.received(1), "beyond the credit");
    pair.drain();
    assert!(matches!(&pair.browser_events[0], client::Event::Failed(failure) if failure.code == "protocol"));

    let mut early = Pair::new(TlsMode::None, (8, 8));
    assert!(!early.browser.received(1), "before opened");
    assert_eq!(early.browser.sent(1), 0);

    let mut injected = Pair::open_with(TlsMode::StartTls, 8);
    injected.browser.upgrade();
    assert!(!injected.browser.received(1));
    injected.drain();
    let failed = injected.browser_events.back();
    assert!(matches!(failed, Some(client::Event::Failed(failure)) if failure.code == "starttls-injection"));
}

#[test]
fn both_ends_close_after_both_directions_ended() {
    let mut pair = Pair::open(TlsMode::Implicit);
    assert_eq!(pair.browser.send(b"bye"), 3);
    pair.browser.end(true);
    pair.deliver();
    assert_eq!(pair.gateway_events.pop_front(), Some(server::Event::Data(b"bye".to_vec())));
    assert_eq!(pair.gateway_events.pop_front(), Some(server::Event::Ended { clean: true }));
    assert!(!pair.browser_closed && !pair.gateway_closed);
    assert_eq!(pair.gateway.send(b"+OK"), 3);
    pair.gateway.end(false);
    pair.deliver();
    assert_eq!(pair.browser_events.pop_front(), Some(client::Event::Data(b"+OK".to_vec())));
    assert_eq!(pair.browser_events.pop_front(), Some(client::Event::Ended { clean: false }));
    assert!(pair.browser_closed && pair.gateway_closed);
    assert!(pair.browser.is_done() && pair.gateway.is_done());
}

#[test]
fn upgrade_with_equal_counts_upgrades_and_stops_payload_in_between() {
    let mut pair = Pair::open(TlsMode::StartTls);
    pair.gateway.send(b"* OK\r\n");
    pair.browser.send(b"a STARTTLS\r\n");
    pair.deliver();
    pair.browser.consumed(6);
    pair.browser.upgrade();
    assert_eq!(pair.browser.send(b"early"), 0);
    pair.deliver();
    assert_eq!(pair.gateway_events.pop_back(), Some(server::Event::Upgrade));
    assert_eq!(pair.gateway.send(b"early"), 0);
    pair.gateway.upgraded(Some(agreed()));
    pair.deliver();
    assert_eq!(pair.browser_events.pop_back(), Some(client::Event::Upgraded { tls: Some(agreed()) }));
    assert_eq!(pair.browser.send(b"late"), 4);
    pair.browser.upgrade();
    pair.deliver();
    assert_eq!(pair.browser_failure().code, "bad-request");
}

#[test]
fn octets_that_nobody_read_before_the_upgrade_are_an_injection() {
    let mut pair = Pair::open(TlsMode::StartTls);
    pair.gateway.send(b"a OK\r\n* INJECTED\r\n");
    pair.deliver();
    pair.browser.consumed(6);
    pair.browser.upgrade();
    pair.deliver();
    assert_eq!(pair.browser_failure().code, "starttls-injection");
}

#[test]
fn octets_under_way_during_the_upgrade_are_an_injection_for_both_ends() {
    let mut pair = Pair::open(TlsMode::StartTls);
    pair.browser.upgrade();
    pair.gateway.send(b"* INJECTED\r\n");
    pair.deliver();
    assert_eq!(pair.gateway_failure().code, "starttls-injection");
    assert_eq!(pair.browser_failure().code, "starttls-injection");
    assert!(pair.browser_closed && pair.gateway_closed);
}

#[test]
fn upgrade_is_refused_in_other_modes_and_after_an_end() {
    for mode in [TlsMode::Implicit, TlsMode::None, TlsMode::Passthrough] {
        let mut pair = Pair::open(mode);
        pair.gateway.handle(text(&Control::Upgrade { received: 0, sent: 0 }));
        pair.drain();
        assert_eq!(pair.gateway_failure().violation, Some(Violation::OutOfOrder { message: "upgrade" }));
    }
    let mut pair = Pair::open(TlsMode::StartTls);
    pair.browser.upgrade();
    pair.gateway.end(true);
    pair.deliver();
    assert_eq!(pair.browser_failure().code, "tls-handshake");
    assert_eq!(pair.gateway_failure().code, "tls-handshake");
}

#[test]
fn missing_or_unasked_tls_is_refused_by_the_client() {
    for (mode, tls) in [(TlsMode::Implicit, None), (TlsMode::StartTls, Some(agreed()))] {
        let mut pair = Pair::new(mode, (10, 10));
        pair.drain();
        pair.browser.handle(text(&Control::Opened { tls, credit: 10 }));
        pair.drain();
        let failure = pair.browser_failure();
        assert_eq!((failure.code.as_str(), failure.fault), ("protocol", Fault::Gateway));
        assert_eq!(failure.violation, Some(Violation::TlsMismatch));
    }
}

#[test]
fn credit_is_held_by_both_ends() {
    let mut pair = Pair::open(TlsMode::None);
    assert_eq!(pair.browser.send(&[0; 2000]), 1000);
    assert_eq!(pair.browser.sendable(), 0);
    pair.deliver();
    pair.gateway.handle(Frame::Binary(vec![0]));
    pair.browser.handle(Frame::Binary(vec![0; 1001]));
    pair.drain();
    assert_eq!(pair.gateway_failure().violation, Some(Violation::CreditExceeded));
    assert_eq!(pair.browser_failure().violation, Some(Violation::CreditExceeded));
}

#[test]
fn wrong_frames_end_the_tunnel_with_a_reason() {
    let cases: [(Frame, Violation); 8] = [
        (Frame::Text("{".into()), Violation::NotJson),
        (Frame::Text(r#"{"type":"resume"}"#.into()), Violation::UnknownControl),
        (Frame::Text(" ".repeat(9000)), Violation::ControlTooLong),
        (Frame::Binary(vec![]), Violation::PayloadSize),
        (text(&Control::Credit { bytes: 0 }), Violation::CreditInvalid),
        (text(&Control::Credit { bytes: u32::MAX }), Violation::CreditInvalid),
        (text(&Control::Opened { tls: None, credit: 1 }), Violation::OutOfOrder { message: "opened" }),
        (text(&Control::Upgraded { tls: Some(agreed()) }), Violation::OutOfOrder { message: "upgraded" }),
    ];
    let cases = cases.map(|(frame, violation)| (frame.clone(), frame, violation));
    let payload = |octets| Frame::Binary(vec![0; octets]);
    let too_long = (payload(MAX_PAYLOAD + 1), payload(MAX_PAYLOAD_DOWN + 1), Violation::PayloadSize);
    for (up, down, violation) in cases.into_iter().chain([too_long]) {
        let mut pair = Pair::open(TlsMode::None);
        pair.gateway.handle(up);
        pair.browser.handle(down);
        pair.drain();
        let failure = pair.gateway_failure();
        assert_eq!((failure.code.as_str(), failure.violation), ("bad-request", Some(violation)));
        let failure = pair.browser_failure();
        assert_eq!((failure.code.as_str(), failure.violation), ("protocol", Some(violation)));
        assert!(pair.browser_closed && pair.gateway_closed);
    }
}

#[test]
fn the_longest_frames_are_taken() {
    let mut pair = Pair::open_with(TlsMode::None, 200_000);
    pair.gateway.handle(Frame::Binary(vec![0; MAX_PAYLOAD]));
    pair.browser.handle(Frame::Binary(vec![0; MAX_PAYLOAD_DOWN]));
    pair.drain();
    assert_eq!(pair.gateway_events.pop_back(), Some(server::Event::Data(vec![0; MAX_PAYLOAD])));
    assert_eq!(pair.browser_events.pop_back(), Some(client::Event::Data(vec![0; MAX_PAYLOAD_DOWN])));
}

#[test]
fn nothing_may_come_before_open_or_after_an_end() {
    for frame in
        [Frame::Binary(vec![1]), text(&Control::Credit { bytes: 1 }), text(&Control::End { clean: true })]
    {
        let mut gateway = server::Tunnel::new(10);
        gateway.handle(frame);
        assert!(gateway.is_done());
    }
    let mut pair = Pair::open(TlsMode::None);
    pair.browser.end(true);
    pair.deliver();
    assert_eq!(pair.browser.send(b"x"), 0);
    pair.gateway.handle(Frame::Binary(vec![1]));
    pair.drain();
    assert_eq!(pair.gateway_failure().violation, Some(Violation::AfterEnd));
}

#[test]
fn a_failure_of_the_gateway_reaches_the_client_as_it_was_given() {
    let mut pair = Pair::new(TlsMode::Implicit, (10, 10));
    pair.deliver();
    let failure = waypost_tunnel::Failure::new(ErrorCode::Refused, "mail.example refused the connection.");
    pair.gateway.fail(failure.clone());
    pair.deliver();
    assert_eq!(pair.browser_failure(), failure);
}

#[test]
fn a_closed_websocket_is_a_failure_once() {
    let mut pair = Pair::open(TlsMode::None);
    pair.browser.closed();
    pair.browser.closed();
    pair.drain();
    assert_eq!(pair.browser_failure().code, "closed");
    assert!(pair.browser_events.is_empty());
}

#[test]
fn mutated_control_messages_never_panic() {
    let samples = [
        r#"{"type":"open","host":"mail.example","port":993,"tls":"implicit","credit":65536}"#,
        r#"{"type":"opened","credit":65536}"#,
        r#"{"type":"upgrade","received":1,"sent":2}"#,
        r#"{"type":"credit","bytes":32768}"#,
        r#"{"type":"end","clean":true}"#,
        r#"{"type":"error","code":"refused","fault":"server","retry":true,"message":"No."}"#,
    ];
    let mut numbers = Numbers(99);
    for round in 0..20_000 {
        let mut octets = samples[round % samples.len()].as_bytes().to_vec();
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(octets.len());
            match numbers.below(3) {
                0 => octets[at] = numbers.below(128) as u8,
                1 => drop(octets.remove(at)),
                _ => octets.insert(at, br#"{}[]":,0919e-"#[numbers.below(13)]),
            }
        }
        let Ok(text) = String::from_utf8(octets) else { continue };
        let open = Open { host: "h".into(), port: 1, tls: TlsMode::StartTls, token: None };
        let mut browser = client::Tunnel::new(open, 100);
        let mut gateway = server::Tunnel::new(100);
        if round % 2 == 0 {
            browser.handle(text_of(r#"{"type":"opened","credit":10}"#));
            gateway.handle(text_of(r#"{"type":"open","host":"h","port":1,"tls":"starttls","credit":9}"#));
            gateway.opened(None);
        }
        for _ in 0..3 {
            browser.handle(Frame::Text(text.clone()));
            gateway.handle(Frame::Text(text.clone()));
            browser.send(b"x");
            gateway.send(b"x");
        }
        while browser.poll().is_some() {}
        while gateway.poll().is_some() {}
    }
}

fn text_of(text: &str) -> Frame {
    Frame::Text(text.into())
}

#[test]
fn what_passes_before_the_upgrade_is_bounded_in_both_directions() {
    for mode in [TlsMode::StartTls, TlsMode::PassthroughStartTls] {
        let mut pair = Pair::open_with(mode, 65_536);
        assert_eq!(pair.browser.send(&[7; 1024]), 1024);
        assert_eq!(pair.gateway.send(&[7; 16_384]), 16_384);
        pair.deliver();
        assert!(!pair.gateway_closed, "as much as is allowed");
        pair.browser.send(b"A");
        pair.deliver();
        assert_eq!(pair.gateway_failure().code, "plaintext-denied");
        assert!(
            !pair.gateway_events.contains(&server::Event::Data(b"A".to_vec())),
            "and nothing of it passes"
        );

        let mut pair = Pair::open_with(mode, 65_536);
        assert_eq!(pair.gateway.send(&[7; 16_385]), 0);
        pair.deliver();
        assert_eq!(pair.browser_failure().code, "plaintext-denied");
    }
}

#[test]
fn after_the_upgrade_nothing_is_bounded_but_by_credit() {
    for (mode, tls) in [(TlsMode::StartTls, Some(agreed())), (TlsMode::PassthroughStartTls, None)] {
        let mut pair = Pair::open_with(mode, 65_536);
        pair.browser.upgrade();
        pair.deliver();
        assert_eq!(pair.gateway_events.pop_back(), Some(server::Event::Upgrade));
        assert!(pair.gateway.awaits_upgrade());
        pair.gateway.upgraded(tls.clone());
        assert!(!pair.gateway.awaits_upgrade());
        pair.deliver();
        assert_eq!(pair.browser_events.pop_back(), Some(client::Event::Upgraded { tls }));
        assert_eq!(pair.browser.send(&[7; 1025]), 1025);
        pair.deliver();
        assert!(!pair.gateway_closed);
    }
}

#[test]
fn tls_of_the_gateway_in_passthrough_and_none_elsewhere_are_refused_by_the_client() {
    for (mode, tls) in [(TlsMode::StartTls, None), (TlsMode::PassthroughStartTls, Some(agreed()))] {
        let mut pair = Pair::open_with(mode, 65_536);
        pair.browser.upgrade();
        pair.browser.handle(text(&Control::Upgraded { tls }));
        pair.drain();
        assert_eq!(pair.browser_failure().violation, Some(Violation::TlsMismatch), "{mode:?}");
    }
}

#[test]
fn a_client_that_is_asked_to_move_hears_it_and_goes_on() {
    let mut pair = Pair::open(TlsMode::None);
    pair.gateway.move_away(30);
    assert_eq!(pair.browser.send(b"NOOP"), 4);
    pair.deliver();
    assert_eq!(pair.browser_events.pop_back(), Some(client::Event::Move { within: 30 }));
    assert_eq!(pair.gateway_events.pop_back(), Some(server::Event::Data(b"NOOP".to_vec())));
    pair.browser.end(true);
    pair.gateway.end(true);
    pair.deliver();
    pair.gateway.move_away(30);
    assert_eq!(pair.gateway.poll(), None, "nothing follows the end");
}
