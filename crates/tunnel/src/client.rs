//! The browser's end of a tunnel.

use std::collections::VecDeque;

use crate::flow::{Incoming, Outgoing};
use crate::{Control, ErrorCode, Failure, Frame, Open, Tls, TlsMode, Violation};

/// What this end asks of its driver.
pub type Output = crate::Output<Event>;

/// What the tunnel tells its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The mail server is connected; payload may be sent.
    Opened {
        /// TLS as agreed; present exactly if the mode was implicit.
        tls: Option<Tls>,
    },
    /// Payload from the mail server. Say [`Tunnel::consumed`] when it is dealt with.
    Data(Vec<u8>),
    /// Credit came after [`Tunnel::sendable`] was 0: go on sending.
    Sendable,
    /// TLS is up as [`Tunnel::upgrade`] asked; payload may be sent again.
    Upgraded {
        /// TLS as agreed; absent in passthrough, where TLS of the owner's own begins now.
        tls: Option<Tls>,
    },
    /// The gateway stops soon: open the next tunnel, and end this one when what is under way is done.
    Move {
        /// Seconds until the gateway ends this tunnel.
        within: u32,
    },
    /// The mail server sends nothing more.
    Ended {
        /// Whether it ended as it meant to, or was cut.
        clean: bool,
    },
    /// The tunnel is over. Nothing follows but `Close`.
    Failed(Failure),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `open` is sent, `opened` has not come.
    AwaitOpened,
    /// Payload flows.
    Open,
    /// `upgrade` is sent, `upgraded` has not come; no payload in either direction.
    AwaitUpgraded,
    /// Over.
    Done,
}

/// One tunnel, seen from the browser.
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
    /// Asks for a tunnel. `window` is how many octets may be under way to this end; it is held between 1 and
    /// [`MAX_WINDOW`](crate::MAX_WINDOW).
    #[must_use]
    pub fn new(open: Open, window: u32) -> Self {
        let Open { host, port, tls, token } = open;
        let mut incoming = Incoming::new(window);
        let control = Control::Open { host, port, tls, token, credit: incoming.start() };
        Self {
            state: State::AwaitOpened,
            mode: tls,
            secured: false,
            incoming,
            outgoing: Outgoing::default(),
            outputs: VecDeque::from([Output::Send(control.to_frame())]),
        }
    }

    /// Takes a frame from the gateway. After the end it does nothing.
    pub fn handle(&mut self, frame: Frame) {
        if self.state == State::Done {
            return;
        }
        let result = match frame {
            Frame::Text(text) => Control::parse(&text).and_then(|control| self.control(control)),
            Frame::Binary(octets) => self.payload(octets),
        };
        if let Err(violation) = result {
            self.fail(Failure::violation(ErrorCode::Protocol, violation));
        }
    }

    /// Gives the next frame to send or the next event; `None` until something is handed in.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// How many octets [`Self::send`] takes now.
    #[must_use]
    pub fn sendable(&self) -> usize {
        if self.state == State::Open { self.outgoing.sendable() } else { 0 }
    }

    /// Sends as much of the payload as the credit allows and answers how much that was. Offer the rest again after
    /// [`Event::Sendable`].
    pub fn send(&mut self, octets: &[u8]) -> usize {
        if self.state != State::Open {
            return 0;
        }
        let (frames, taken) = self.outgoing.cut(octets);
        self.outputs.extend(frames.into_iter().map(Output::Send));
        taken
    }

    /// Payload of so many octets is about to be sent by the driver itself, in frames of at most
    /// [`MAX_PAYLOAD`](crate::MAX_PAYLOAD): counts as much as the credit allows and answers how much that was.
    pub fn sent(&mut self, octets: usize) -> usize {
        if self.state == State::Open { self.outgoing.count(octets) } else { 0 }
    }

    /// A frame with so many octets of payload came, which the driver keeps: as [`Self::handle`], without [`Event::Data`].
    /// Answers whether its owner may have it; where not, [`Event::Failed`] has said why.
    pub fn received(&mut self, octets: usize) -> bool {
        if self.state == State::Done {
            return false;
        }
        if let Err(violation) = self.count_received(octets) {
            self.fail(Failure::violation(ErrorCode::Protocol, violation));
        }
        self.state != State::Done
    }

    /// The owner is done with so many octets of payload; the gateway gets credit for them. More than was received counts
    /// as all of it.
    pub fn consumed(&mut self, octets: usize) {
        if self.state != State::Done
            && let Some(credit) = self.incoming.consumed(octets)
        {
            self.outputs.push_back(Output::Send(credit.to_frame()));
        }
    }

    /// Asks the gateway to upgrade to TLS; [`Event::Upgraded`] follows. Everything received must have been consumed:
    /// octets that arrived and that nobody has looked at are an injection, and the tunnel ends.
    ///
    /// Only for a tunnel of a mode that begins in plaintext, open and not yet upgraded; otherwise the tunnel ends with
    /// `bad-request`.
    pub fn upgrade(&mut self) {
        if self.state == State::Done {
            return;
        }
        if self.state != State::Open || !self.mode.begins_plain() || self.secured || self.outgoing.ended {
            self.fail(Failure::new(ErrorCode::BadRequest, "The app asked for TLS at the wrong moment."));
        } else if self.incoming.unread() > 0 {
            self.fail(Failure::new(
                ErrorCode::StartTlsInjection,
                "Something was injected into the connection before TLS began. Do not use this network for mail.",
            ));
        } else if self.incoming.ended {
            self.closed_before_tls();
        } else {
            self.state = State::AwaitUpgraded;
            let control = Control::Upgrade { received: self.incoming.received, sent: self.outgoing.sent };
            self.outputs.push_back(Output::Send(control.to_frame()));
        }
    }

    /// Ends the direction towards the mail server. `clean` says that all was sent that was meant to be; otherwise the
    /// whole tunnel is cut. Ending twice is harmless.
    pub fn end(&mut self, clean: bool) {
        match self.state {
            State::Done => {}
            State::Open if clean => {
                if !self.outgoing.ended {
                    self.outgoing.ended = true;
                    self.outputs.push_back(Output::Send(Control::End { clean }.to_frame()));
                    self.close_if_both_ended();
                }
            }
            State::AwaitOpened | State::AwaitUpgraded | State::Open => {
                if self.state == State::Open && !self.outgoing.ended {
                    self.outputs.push_back(Output::Send(Control::End { clean: false }.to_frame()));
                }
                self.close();
            }
        }
    }

    /// The WebSocket is closed; nothing more will come.
    pub fn closed(&mut self) {
        if self.state != State::Done {
            self.fail(Failure::new(
                ErrorCode::Closed,
                "The connection to the gateway was cut. Check the network; the app tries again.",
            ));
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
            (State::AwaitOpened, Control::Opened { tls, credit }) => {
                if tls.is_some() != (self.mode == TlsMode::Implicit) {
                    return Err(Violation::TlsMismatch);
                }
                self.outgoing.grant(credit)?;
                self.state = State::Open;
                self.secured = tls.is_some();
                self.outputs.push_back(Output::Event(Event::Opened { tls }));
                Ok(())
            }
            (State::AwaitUpgraded, Control::Upgraded { tls }) => {
                if tls.is_none() != self.mode.is_passthrough() {
                    return Err(Violation::TlsMismatch);
                }
                self.state = State::Open;
                self.secured = true;
                self.outputs.push_back(Output::Event(Event::Upgraded { tls }));
                Ok(())
            }
            (State::Open | State::AwaitUpgraded, Control::Credit { bytes }) => self.credit(bytes),
            (State::Open | State::AwaitUpgraded, Control::End { clean }) => self.end_received(clean),
            (_, Control::Move { within }) => {
                self.outputs.push_back(Output::Event(Event::Move { within }));
                Ok(())
            }
            (_, Control::Error { code, fault, retry, message }) => {
                self.fail(Failure { code, fault, retry, message, violation: None });
                Ok(())
            }
            _ => Err(Violation::OutOfOrder { message: name }),
        }
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
        if self.state == State::AwaitUpgraded {
            self.closed_before_tls();
        } else {
            self.outputs.push_back(Output::Event(Event::Ended { clean }));
            self.close_if_both_ended();
        }
        Ok(())
    }

    fn payload(&mut self, octets: Vec<u8>) -> Result<(), Violation> {
        self.count_received(octets.len())?;
        if self.state != State::Done {
            self.outputs.push_back(Output::Event(Event::Data(octets)));
        }
        Ok(())
    }

    fn count_received(&mut self, octets: usize) -> Result<(), Violation> {
        if self.state == State::AwaitOpened {
            return Err(Violation::OutOfOrder { message: "payload" });
        }
        self.incoming.accept(octets)?;
        if self.state == State::AwaitUpgraded {
            self.fail(Failure::new(
                ErrorCode::StartTlsInjection,
                "Something was injected into the connection before TLS began. Do not use this network for mail.",
            ));
        }
        Ok(())
    }

    fn closed_before_tls(&mut self) {
        self.fail(Failure::new(
            ErrorCode::TlsHandshake,
            "The mail server closed the connection before TLS began. Try implicit TLS, or ask its operator.",
        ));
    }

    fn close_if_both_ended(&mut self) {
        if self.incoming.ended && self.outgoing.ended {
            self.close();
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.outputs.push_back(Output::Event(Event::Failed(failure)));
        self.close();
    }

    fn close(&mut self) {
        self.state = State::Done;
        self.outputs.push_back(Output::Close);
    }
}
