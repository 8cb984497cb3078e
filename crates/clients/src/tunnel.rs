//! The page's end of a tunnel to a gateway (docs/TUNNEL.md), over a WebSocket that the page drives.
//!
//! The machine sees control messages and counts; payload stays in the page's memory. **After every call of another method,
//! call [`TunnelEnd::poll`] until it gives 0.**

use wasm_bindgen::prelude::wasm_bindgen;
use waypost_tunnel::client::{Event, Tunnel};
use waypost_tunnel::{ErrorCode, Failure, Fault, Frame, Open, Output, Tls, TlsMode, Token};

/// One tunnel, seen from the page.
#[wasm_bindgen]
pub struct TunnelEnd {
    tunnel: Tunnel,
    /// Of the last event that has some.
    tls: Option<Tls>,
    within: u32,
    failure: Option<Failure>,
    outgoing: String,
}

#[wasm_bindgen]
impl TunnelEnd {
    /// Asks for a tunnel. `security` is `tls`, `starttls` or `none`; `window` is how many octets may be under way to the page.
    #[wasm_bindgen(constructor)]
    pub fn new(host: String, port: u16, security: &str, token: Option<String>, window: u32) -> Self {
        let tls = match security {
            "tls" => TlsMode::Implicit,
            "starttls" => TlsMode::StartTls,
            _ => TlsMode::None,
        };
        let open = Open { host, port, tls, token: token.map(Token::new) };
        Self {
            tunnel: Tunnel::new(open, window),
            tls: None,
            within: 0,
            failure: None,
            outgoing: String::new(),
        }
    }

    /// A text message came.
    pub fn text(&mut self, text: String) {
        self.tunnel.handle(Frame::Text(text));
    }

    /// A binary message with so many octets came. False: it must be thrown away.
    pub fn received(&mut self, octets: usize) -> bool {
        self.tunnel.received(octets)
    }

    /// So many octets wait to be sent. Gives how many of them the page sends now, in messages of at most 65,536.
    pub fn sent(&mut self, octets: usize) -> usize {
        self.tunnel.sent(octets)
    }

    /// The page is done with so many octets that came.
    pub fn consumed(&mut self, octets: usize) {
        self.tunnel.consumed(octets);
    }

    /// Asks for TLS (STARTTLS, STLS).
    pub fn upgrade(&mut self) {
        self.tunnel.upgrade();
    }

    /// Ends the direction to the mail server; not clean: gives up.
    pub fn end(&mut self, clean: bool) {
        self.tunnel.end(clean);
    }

    /// The WebSocket has closed.
    pub fn closed(&mut self) {
        self.tunnel.closed();
    }

    /// What to do or what happened: one of the numbers of `happenings` in happenings.ts; 0 when there is nothing more.
    pub fn poll(&mut self) -> u8 {
        match self.tunnel.poll() {
            None => 0,
            Some(Output::Send(Frame::Text(text))) => {
                self.outgoing = text;
                SEND
            }
            // Neither is made where the page counts payload itself.
            Some(Output::Send(Frame::Binary(_)) | Output::Event(Event::Data(_))) => self.poll(),
            Some(Output::Close) => CLOSE,
            Some(Output::Event(event)) => self.happening(event),
        }
    }

    /// After send: the text message.
    pub fn outgoing(&mut self) -> String {
        std::mem::take(&mut self.outgoing)
    }

    /// After opened and upgraded: version, cipher and fingerprint, a line each; `undefined` without TLS.
    pub fn tls(&self) -> Option<String> {
        let Tls { version, cipher, fingerprint } = self.tls.as_ref()?;
        Some([version.as_str(), cipher, fingerprint].join("\n"))
    }

    /// After move: in how many seconds the tunnel ends.
    pub fn within(&self) -> u32 {
        self.within
    }

    /// After failed, a line each: code, blame, 1 if trying again may help, and a sentence for people.
    pub fn failure(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        let retry = if failure.retry { "1" } else { "0" };
        Some([failure.code.as_str(), blame(failure), retry, &failure.message].join("\n"))
    }
}

impl TunnelEnd {
    fn happening(&mut self, event: Event) -> u8 {
        match event {
            Event::Opened { tls } => {
                self.tls = tls;
                OPENED
            }
            Event::Upgraded { tls } => {
                self.tls = tls;
                UPGRADED
            }
            Event::Move { within } => {
                self.within = within;
                MOVE
            }
            Event::Ended { clean: true } => ENDED,
            Event::Ended { clean: false } => CUT,
            Event::Failed(failure) => {
                self.failure = Some(failure);
                FAILED
            }
            // Data is dealt with by `poll`.
            Event::Sendable | Event::Data(_) => SENDABLE,
        }
    }
}

/// Whose fault it is, from where the page stands: the gateway's policy is part of the gateway, and nobody can know who cut a
/// WebSocket, so that it is the network.
fn blame(failure: &Failure) -> &'static str {
    match failure.fault {
        _ if failure.code == ErrorCode::Closed.as_str() => "network",
        Fault::Client => "caller",
        Fault::Server => "server",
        Fault::Policy | Fault::Gateway => "gateway",
    }
}

/// The numbers of `poll`; `happenings` in happenings.ts has the same.
const OPENED: u8 = 1;
const SENDABLE: u8 = 2;
const UPGRADED: u8 = 3;
const MOVE: u8 = 4;
const ENDED: u8 = 5;
const CUT: u8 = 6;
const FAILED: u8 = 7;
const CLOSE: u8 = 8;
const SEND: u8 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_tunnel_is_blamed_as_the_engine_blames_it() {
        for code in ErrorCode::ALL {
            let expected = match code.fault() {
                _ if code == ErrorCode::Closed => "network",
                Fault::Client => "caller",
                Fault::Server => "server",
                Fault::Policy | Fault::Gateway => "gateway",
            };
            assert_eq!(blame(&Failure::new(code, "It failed.")), expected);
        }
    }
}
