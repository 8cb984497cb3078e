//! Credit in both directions: who may send how much, and when to allow more.

use crate::{Control, Frame, MAX_PAYLOAD, MAX_PAYLOAD_DOWN, MAX_WINDOW, Violation};

/// What this end sends.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    /// Octets the peer still takes.
    credit: u32,
    /// Octets sent so far.
    pub(crate) sent: u64,
    /// This end has said `end`.
    pub(crate) ended: bool,
}

impl Outgoing {
    pub(crate) fn sendable(&self) -> usize {
        if self.ended { 0 } else { self.credit as usize }
    }

    /// Counts as much as the credit allows, and answers how much that was.
    pub(crate) fn count(&mut self, octets: usize) -> usize {
        let taken = octets.min(self.sendable());
        // At most the credit, which is a u32.
        self.credit -= taken as u32;
        self.sent += taken as u64;
        taken
    }

    /// Takes as much as the credit allows and gives the frames for it, with the number of octets taken.
    pub(crate) fn cut(&mut self, octets: &[u8]) -> (Vec<Frame>, usize) {
        let taken = self.count(octets.len());
        let (now, _) = octets.split_at(taken);
        (frames_of(now).collect(), taken)
    }

    /// The peer takes more. Answers whether sending was blocked until now.
    pub(crate) fn grant(&mut self, octets: u32) -> Result<bool, Violation> {
        let total = self.credit.checked_add(octets).filter(|total| *total <= MAX_WINDOW);
        let was_blocked = self.credit == 0 && octets > 0;
        self.credit = total.ok_or(Violation::CreditInvalid)?;
        Ok(was_blocked && !self.ended)
    }
}

/// Payload in as few frames as it takes.
pub(crate) fn frames_of(octets: &[u8]) -> impl Iterator<Item = Frame> {
    octets.chunks(MAX_PAYLOAD).map(|part| Frame::Binary(part.to_vec()))
}

/// What this end receives.
#[derive(Debug)]
pub(crate) struct Incoming {
    window: u32,
    /// Octets the peer may still send.
    allowed: u32,
    /// Octets received and not yet consumed by the owner.
    unread: u32,
    /// Octets consumed for which no credit was given yet.
    owed: u32,
    /// Octets received so far.
    pub(crate) received: u64,
    /// The peer has said `end`.
    pub(crate) ended: bool,
}

impl Incoming {
    /// Nothing is allowed before [`Self::start`].
    pub(crate) fn new(window: u32) -> Self {
        let window = window.clamp(1, MAX_WINDOW);
        Self { window, allowed: 0, unread: 0, owed: 0, received: 0, ended: false }
    }

    /// Allows the first window; gives its size for the message that says so.
    pub(crate) fn start(&mut self) -> u32 {
        self.allowed = self.window;
        self.window
    }

    pub(crate) fn unread(&self) -> u32 {
        self.unread
    }

    /// Counts a payload frame of the gateway.
    pub(crate) fn accept(&mut self, length: usize) -> Result<(), Violation> {
        if length > MAX_PAYLOAD_DOWN {
            return Err(Violation::PayloadSize);
        }
        self.accept_piece(length)
    }

    /// Counts payload whose frames somebody else has measured. Nothing at all stands for an empty frame.
    pub(crate) fn accept_piece(&mut self, length: usize) -> Result<(), Violation> {
        if self.ended {
            return Err(Violation::AfterEnd);
        }
        if length == 0 {
            return Err(Violation::PayloadSize);
        }
        let length = u32::try_from(length).map_err(|_| Violation::CreditExceeded)?;
        self.allowed = self.allowed.checked_sub(length).ok_or(Violation::CreditExceeded)?;
        self.unread += length;
        self.received += u64::from(length);
        Ok(())
    }

    /// The owner is done with so many octets. Gives a credit message once half the window is used up.
    pub(crate) fn consumed(&mut self, octets: usize) -> Option<Control> {
        let octets = u32::try_from(octets).unwrap_or(u32::MAX).min(self.unread);
        self.unread -= octets;
        self.owed += octets;
        if self.ended || self.owed < (self.window / 2).max(1) {
            return None;
        }
        let bytes = std::mem::take(&mut self.owed);
        self.allowed += bytes;
        Some(Control::Credit { bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_comes_back_when_half_the_window_is_consumed() {
        let mut incoming = Incoming::new(10);
        assert_eq!(incoming.start(), 10);
        incoming.accept(10).unwrap();
        assert_eq!(incoming.accept(1), Err(Violation::CreditExceeded));
        assert_eq!(incoming.consumed(4), None);
        assert_eq!(incoming.consumed(1), Some(Control::Credit { bytes: 5 }));
        incoming.accept(5).unwrap();
        assert_eq!(incoming.consumed(100), Some(Control::Credit { bytes: 10 }));
    }

    #[test]
    fn frames_are_cut_at_the_largest_payload_and_at_the_credit() {
        let mut outgoing = Outgoing::default();
        assert_eq!(outgoing.grant(200_000), Ok(true));
        let (frames, taken) = outgoing.cut(&vec![7; 300_000]);
        assert_eq!(taken, 200_000);
        let sizes: Vec<usize> =
            frames.iter().map(|frame| if let Frame::Binary(part) = frame { part.len() } else { 0 }).collect();
        assert_eq!(sizes, [65_536, 65_536, 65_536, 3_392]);
        assert_eq!(outgoing.grant(MAX_WINDOW + 1), Err(Violation::CreditInvalid));
    }
}
