//! The way out: everything that is sent passes here, for the log and for compression.

use super::Client;
use crate::encode::{Fragment, HIDDEN, base64};
use waypost_wire::Output;

impl Client {
    pub(super) fn send_fragment(&mut self, fragment: Fragment) {
        if let Some(trace) = self.tracing() {
            trace.push("C", &fragment.shown());
        }
        self.send(fragment.into_octets());
    }

    /// A line that holds no secret.
    pub(super) fn send_line(&mut self, line: &str) {
        if let Some(trace) = self.tracing() {
            trace.push("C", line);
        }
        self.send(format!("{line}\r\n").into_bytes());
    }

    /// An answer in AUTHENTICATE.
    pub(super) fn send_answer(&mut self, answer: &[u8]) {
        if let Some(trace) = self.tracing() {
            trace.push("C", HIDDEN);
        }
        let mut line = base64(answer).to_vec();
        line.extend_from_slice(b"\r\n");
        self.send(line);
    }

    /// Octets of a literal that the owner handed in.
    pub(super) fn send_supplied(&mut self, octets: Vec<u8>) {
        if let Some(trace) = self.tracing() {
            trace.push("C", &format!("{{{} octets}}", octets.len()));
        }
        self.send(octets);
    }

    fn send(&mut self, octets: Vec<u8>) {
        if octets.is_empty() {
            return;
        }
        let octets = match &mut self.deflate {
            Some(deflate) => deflate.compress(&octets),
            None => octets,
        };
        self.outputs.push_back(Output::Send(octets));
    }
}
