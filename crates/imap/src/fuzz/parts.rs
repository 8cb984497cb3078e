//! Framing and grammar by themselves.

use crate::fault::Faults;
use crate::frame::{Frame, Framer};
use crate::grammar::{self, Line, Reading};
use waypost_wire::Limits;

/// Cuts `data` into responses twice, whole and in pieces of a size that its first octet says.
///
/// # Panics
/// What comes out depends on how it was handed in.
pub fn framing(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let whole = frames(octets.chunks(octets.len().max(1)));
    assert_eq!(whole, frames(octets.chunks(usize::from(*setting) + 1)), "by {setting}");
}

/// Frames as text; adjacent parts of a body as one.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<(String, Vec<u8>)> {
    let mut framer = Framer::new(Limits::default());
    let mut seen: Vec<(String, Vec<u8>)> = Vec::new();
    for piece in pieces {
        framer.push(piece);
        loop {
            match framer.next() {
                Ok(None) => break,
                Ok(Some(frame @ (Frame::Response | Frame::Piece))) => {
                    seen.push((format!("{frame:?}"), framer.response().to_vec()));
                    framer.advance();
                }
                Ok(Some(Frame::BodyStarted(octets))) => {
                    seen.push((format!("body of {octets}"), framer.response().to_vec()));
                }
                Ok(Some(Frame::BodyPart(part))) => match seen.last_mut() {
                    Some((kind, octets)) if kind == "part" => octets.extend(part),
                    _ => seen.push(("part".to_owned(), part)),
                },
                Ok(Some(Frame::BodyEnded)) => seen.push(("end".to_owned(), Vec::new())),
                Err(error) => {
                    seen.push((format!("{error:?}"), Vec::new()));
                    return seen;
                }
            }
        }
    }
    seen
}

/// Reads `data` as one response, forgiving and strict, with mailbox names of either kind; the first octet says which first.
///
/// # Panics
/// What was read can't be shown.
pub fn grammar(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let faults = Faults::new(setting & 1 == 1);
    let reading = Reading { depth: Limits::default().depth, utf8: setting & 2 == 2, faults: &faults };
    let line = grammar::line(octets, reading);
    // Rows read their octets when they are asked: showing them asks for everything.
    let shown = format!("{line:?}");
    assert!(!shown.is_empty());
    if let Line::Untagged(response) = line {
        assert_eq!(response, response.clone());
    }
}
