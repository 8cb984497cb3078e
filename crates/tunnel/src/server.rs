//! The gateway's end of a tunnel.

use std::collections::VecDeque;

use crate::flow::{Incoming, Outgoing, frames_of};
use crate::{
    Control, ErrorCode, Failure, Frame, MAX_PAYLOAD, MAX_PLAIN_DOWN, MAX_PLAIN_UP, Open, Tls, TlsMode,
    Violation,
};

/// What this end asks of its driver.
pub type Output = crate::Output<Event>;

/// What the tunnel tells its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The client asks for this target. Answer with [`Tunnel::opened`] or [`Tunnel::fail`].
    Open(Open),
    /// Payload from the client. Say [`Tunnel::consumed`] when the mail server has taken it.
    Data(Vec<u8>),
    /// Credit came after [`Tunnel::sendable`] was 0: go on sending.
    Sendable,
    /// The client asks for TLS, and both ends counted the same octets. Nothing is sent until [`Tunnel::upgraded`].
    /// Octets read from the mail server and not yet sent are an injection: the owner calls [`Tunnel::fail`].
    Upgrade,
    /// The client sends nothing more.
    Ended {
        /// Whether all was sent; otherwise the whole tunnel is cut.
        clean: bool,
    },
    /// The tunnel is over. The client is told; nothing follows but frames and `Close`.
    Failed(Failure),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing has come.
    AwaitOpen,
    /// The owner connects to the mail server.
    Connecting,
    /// Payload flows.
    Open,
    /// The owner upgrades to TLS; no payload in either direction.
    Upgrading,
    /// Over.
    Done,
}

/// One tunnel, seen from the gateway.
#[derive(Debug)]
pub struct Tunnel {
    state: State,
    mode: TlsMode,
    secured: bool,
    incoming: Incoming,
    outgoing: Outgoing,
    outputs: VecDeque<Output>,
}

impl Tunnel {
    /// Waits for `open`. `window` is how many octets may be under way to this end; it is held between 1 and
    /// [`MAX_WINDOW`](crate::MAX_WINDOW).
    #[must_use]
    pub fn new(window: u32) -> Self {
        Self {
            state: State::AwaitOpen,
            mode: TlsMode::None,
            secured: false,
            incoming: Incoming::new(window),
            outgoing: Outgoing::default(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes a frame from the client. After the end it does nothing.
    pub fn handle(&mut self, frame: Frame) {
        if self.state == State::Done {
            return;
        }
        let result = match frame {
            Frame::Text(text) => Control::parse(&text).and_then(|control| self.control(control)),
            Frame::Binary(octets) => self.payload(octets),
        };
        if let Err(violation) = result {
            self.fail(Failure::violation(ErrorCode::BadRequest, violation));
        }
    }

    /// Gives the next frame to send or the next event; `None` until something is handed in.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The mail server is connected. `tls` is present exactly if the mode is implicit. Without a pending
    /// [`Event::Open`] it does nothing.
    pub fn opened(&mut self, tls: Option<Tls>) {
        if self.state == State::Connecting {
            self.state = State::Open;
            self.secured = tls.is_some();
            let control = Control::Opened { tls, credit: self.incoming.start() };
            self.outputs.push_back(Output::Send(control.to_frame()));
        }
    }

    /// TLS is up, or in passthrough may begin: then there is no `tls`. Without a pending [`Event::Upgrade`] it does nothing.
    pub fn upgraded(&mut self, tls: Option<Tls>) {
        if self.state == State::Upgrading {
            self.state = State::Open;
            self.secured = true;
            self.outputs.push_back(Output::Send(Control::Upgraded { tls }.to_frame()));
        }
    }

    /// Whether the mode wants TLS by an upgrade that has not come yet: what is carried now is bounded.
    #[must_use]
    pub fn awaits_upgrade(&self) -> bool {
        self.mode.begins_plain() && !self.secured
    }

    /// The gateway stops within so many seconds: the client should go elsewhere. Nothing changes for this tunnel.
    pub fn move_away(&mut self, within: u32) {
        if self.state != State::Done && self.state != State::AwaitOpen {
            self.outputs.push_back(Output::Send(Control::Move { within }.to_frame()));
        }
    }

    /// How many octets [`Self::send`] takes now.
    #[must_use]
    pub fn sendable(&self) -> usize {
        if self.state == State::Open { self.outgoing.sendable() } else { 0 }
    }

    /// Sends as much of the payload as the credit allows and answers how much that was. Offer the rest again after
    /// [`Event::Sendable`]. More than a mail server says before TLS ends a tunnel that awaits its upgrade.
    pub fn send(&mut self, octets: &[u8]) -> usize {
        let taken = self.sent(octets.len());
        let (now, _) = octets.split_at(taken);
        self.outputs.extend(frames_of(now).map(Output::Send));
        taken
    }

    /// Counts payload from the client that the driver carries itself, in pieces, without [`Self::handle`] and
    /// [`Event::Data`]. Answers whether it may go on to the mail server. 0 octets stand for an empty message; that none
    /// is above [`MAX_PAYLOAD`](crate::MAX_PAYLOAD) is the driver's part, which sees their borders.
    pub fn received(&mut self, octets: usize) -> bool {
        if self.state == State::Done {
            return false;
        }
        if let Err(violation) = self.count_received(octets) {
            self.fail(Failure::violation(ErrorCode::BadRequest, violation));
        }
        self.state != State::Done
    }

    /// Counts payload that the driver puts into frames itself, without [`Self::send`] and under the same rules. Answers
    /// how much of it may go to the client.
    pub fn sent(&mut self, octets: usize) -> usize {
        if self.state != State::Open {
            return 0;
        }
        if self.awaits_upgrade() && self.outgoing.sent.saturating_add(octets as u64) > MAX_PLAIN_DOWN {
            self.fail(too_long_plain());
            return 0;
        }
        self.outgoing.count(octets)
    }

    /// The mail server has taken so many octets of [`Event::Data`]; the client gets credit for them.
    pub fn consumed(&mut self, octets: usize) {
        if self.state != State::Done
            && let Some(credit) = self.incoming.consumed(octets)
        {
            self.outputs.push_back(Output::Send(credit.to_frame()));
        }
    }

    /// The mail server sends nothing more; `clean` says whether it meant to. Ending twice is harmless.
    pub fn end(&mut self, clean: bool) {
        if self.state == State::Open && !self.outgoing.ended {
            self.outgoing.ended = true;
            self.outputs.push_back(Output::Send(Control::End { clean }.to_frame()));
            self.close_if_both_ended();
        }
    }

    /// Ends the tunnel and tells the client why.
    pub fn fail(&mut self, failure: Failure) {
        if self.state != State::Done {
            self.outputs.push_back(Output::Send(failure.to_control().to_frame()));
            self.outputs.push_back(Output::Event(Event::Failed(failure)));
            self.close();
        }
    }

    /// Whether the tunnel is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn control(&mut self, control: Control) -> Result<(), Violation> {
        let name = control.name();
        match (self.state, control) {
            (State::AwaitOpen, Control::Open { host, port, tls, token, credit }) => {
                self.outgoing.grant(credit)?;
                self.state = State::Connecting;
                self.mode = tls;
                self.outputs.push_back(Output::Event(Event::Open(Open { host, port, tls, token })));
                Ok(())
            }
            (State::Open, Control::Upgrade { received, sent }) => self.upgrade(received, sent),
            (State::Open | State::Upgrading, Control::Credit { bytes }) => self.credit(bytes),
            (State::Open, Control::End { clean }) => self.end_received(clean),
            _ => Err(Violation::OutOfOrder { message: name }),
        }
    }

    fn upgrade(&mut self, received: u64, sent: u64) -> Result<(), Violation> {
        if !self.awaits_upgrade() || self.incoming.ended {
            return Err(Violation::OutOfOrder { message: "upgrade" });
        }
        if received != self.outgoing.sent || sent != self.incoming.received {
            self.fail(Failure::new(
                ErrorCode::StartTlsInjection,
                "Something was injected into the connection before TLS began. Do not use this network for mail.",
            ));
        } else if self.outgoing.ended {
            self.fail(Failure::new(
                ErrorCode::TlsHandshake,
                "The mail server closed the connection before TLS began. Try implicit TLS, or ask its operator.",
            ));
        } else {
            self.state = State::Upgrading;
            self.outputs.push_back(Output::Event(Event::Upgrade));
        }
        Ok(())
    }

    fn credit(&mut self, bytes: u32) -> Result<(), Violation> {
        if bytes == 0 {
            return Err(Violation::CreditInvalid);
        }
        if self.outgoing.grant(bytes)? && self.state == State::Open {
            self.outputs.push_back(Output::Event(Event::Sendable));
        }
        Ok(())
    }

    fn end_received(&mut self, clean: bool) -> Result<(), Violation> {
        if self.incoming.ended {
            return Err(Violation::AfterEnd);
        }
        self.incoming.ended = true;
        self.outputs.push_back(Output::Event(Event::Ended { clean }));
        if clean {
            self.close_if_both_ended();
        } else {
            self.close();
        }
        Ok(())
    }

    fn payload(&mut self, octets: Vec<u8>) -> Result<(), Violation> {
        if octets.len() > MAX_PAYLOAD {
            return Err(Violation::PayloadSize);
        }
        self.count_received(octets.len())?;
        if self.state != State::Done {
            self.outputs.push_back(Output::Event(Event::Data(octets)));
        }
        Ok(())
    }

    fn count_received(&mut self, octets: usize) -> Result<(), Violation> {
        if self.state != State::Open {
            return Err(Violation::OutOfOrder { message: "payload" });
        }
        self.incoming.accept_piece(octets)?;
        if self.awaits_upgrade() && self.incoming.received > MAX_PLAIN_UP {
            self.fail(too_long_plain());
        }
        Ok(())
    }

    fn close_if_both_ended(&mut self) {
        if self.incoming.ended && self.outgoing.ended {
            self.close();
        }
    }

    fn close(&mut self) {
        self.state = State::Done;
        self.outputs.push_back(Output::Close);
    }
}

fn too_long_plain() -> Failure {
    Failure::new(
        ErrorCode::PlaintextDenied,
        "More went through the connection than what comes before TLS, so the gateway ended it. Choose TLS from the start, or another port.",
    )
}
