//! What fuzzers call, compiled with the tests so that it can't rot. No part of the API.

use crate::server::{Event, Tunnel};
use crate::{Control, Frame, Output, Tls};

/// Runs a gateway's end whose client sends the lines of `data` as text messages; a line that begins with `#` stands for
/// as many octets of payload as it has behind it, squared. The first octet is the window in KiB.
///
/// # Panics
/// A message did not read back as itself, the tunnel took more than its window, or something followed its end.
pub fn gateway(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let window = u32::from(*setting) * 1024 + 1;
    let mut owner = Owner { tunnel: Tunnel::new(window), held: 0, closed: false };
    for line in octets.split(|octet| *octet == b'\n') {
        match line {
            [b'#', payload @ ..] if setting & 1 == 1 => {
                let octets = payload.len().pow(2);
                if owner.tunnel.received(octets) {
                    owner.held += octets;
                }
            }
            [b'#', payload @ ..] => owner.tunnel.handle(Frame::Binary(vec![0; payload.len().pow(2)])),
            text => {
                let text = String::from_utf8_lossy(text).into_owned();
                if let Ok(control) = Control::parse(&text)
                    && let Frame::Text(again) = control.to_frame()
                {
                    assert_eq!(Control::parse(&again).as_ref(), Ok(&control), "reads back as itself");
                }
                owner.tunnel.handle(Frame::Text(text));
            }
        }
        owner.drain();
        assert!(owner.held <= window as usize, "no more than the window");
        owner.answer(line.len());
    }
}

struct Owner {
    tunnel: Tunnel,
    /// Octets of the client that the mail server has not taken.
    held: usize,
    closed: bool,
}

impl Owner {
    fn drain(&mut self) {
        while let Some(output) = self.tunnel.poll() {
            assert!(!self.closed, "nothing follows the end");
            match output {
                Output::Send(Frame::Text(text)) => assert!(Control::parse(&text).is_ok()),
                Output::Send(Frame::Binary(octets)) => assert!(!octets.is_empty()),
                Output::Event(Event::Open(_)) => self.tunnel.opened(None),
                Output::Event(Event::Upgrade) => self.tunnel.upgraded(Some(Tls::default())),
                Output::Event(Event::Data(octets)) => self.held += octets.len(),
                Output::Event(_) => {}
                Output::Close => self.closed = true,
            }
        }
        assert_eq!(self.closed, self.tunnel.is_done());
    }

    /// The mail server takes some of what came, and says something.
    fn answer(&mut self, octets: usize) {
        let taken = self.held.min(octets * 3);
        self.held -= taken;
        self.tunnel.consumed(taken);
        let room = self.tunnel.sendable();
        assert!(self.tunnel.sent(octets) <= room.min(octets));
        self.drain();
    }
}
