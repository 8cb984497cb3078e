//! Framing and grammar by themselves.

use crate::fault::Faults;
use crate::frame::{Frame, Framer};
use crate::grammar::{self, Line, Reading};
use waypost_wire::Limits;

/// Cuts `data` into responses three times: whole, in pieces of a size that its first octet says, and in such pieces of which what belongs
/// to a body goes past the framer.
///
/// # Panics
/// What comes out depends on how it was handed in.
pub fn framing(data: &[u8]) {
    let (setting, octets) = data.split_first().unwrap_or((&0, &[]));
    let whole = frames(octets.chunks(octets.len().max(1)), false);
    for passes in [false, true] {
        let pieces = octets.chunks(usize::from(*setting) + 1);
        assert_eq!(whole, frames(pieces, passes), "by {setting}, past the framer: {passes}");
    }
}

/// Frames as text; adjacent parts of a body as one.
fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>, passes: bool) -> Vec<(String, Vec<u8>)> {
    let mut framer = Framer::new(Limits::default());
    let mut seen: Vec<(String, Vec<u8>)> = Vec::new();
    for piece in pieces {
        let left = if passes { framer.body_left() } else { 0 };
        let (body, piece) =
            piece.split_at(usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len())));
        if !body.is_empty() {
            framer.pass(body.len() as u64);
            part(&mut seen, body);
        }
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
                Ok(Some(Frame::BodyPart(octets))) => part(&mut seen, &octets),
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

fn part(seen: &mut Vec<(String, Vec<u8>)>, octets: &[u8]) {
    match seen.last_mut() {
        Some((kind, before)) if kind == "part" => before.extend(octets),
        _ => seen.push(("part".to_owned(), octets.to_vec())),
    }
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
