//! Cuts what comes while a body is streamed where bodies begin and end, so that each body is copied once: into the memory that its
//! owner gets. It is a guess that the framer checks: a wrong cut costs a copy and nothing else.

use super::{INLINE_BODY, ends_with_body_section, literal_length};
use memchr::memchr;
use std::collections::VecDeque;

/// Puts the pieces of `octets`, of which the first `left` are of a body, behind `pieces`.
pub(super) fn cut(octets: &[u8], left: u64, pieces: &mut VecDeque<Vec<u8>>) {
    let mut rest = octets;
    let mut body = Some(left);
    while let Some(left) = body {
        let length = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
        let (held, after) = rest.split_at(length);
        let (text, next) = text(after);
        body = next;
        rest = after.get(text.len()..).unwrap_or_default();
        pieces.extend([held, text].into_iter().filter(|piece| !piece.is_empty()).map(<[u8]>::to_vec));
    }
}

/// What comes before the next body, and how long that one is; all of it, if none is found within a few lines.
fn text(octets: &[u8]) -> (&[u8], Option<u64>) {
    let mut from = 0;
    for _ in 0..LINES {
        let rest = octets.get(from..).unwrap_or_default();
        let Some(length) = memchr(b'\n', rest) else { break };
        let line = rest.get(..length).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        from += length + 1;
        if let Some((octets_of_body, header)) = literal_length(line)
            && octets_of_body > INLINE_BODY
            && line.get(..line.len() - header).is_some_and(ends_with_body_section)
        {
            return (octets.get(..from).unwrap_or_default(), Some(octets_of_body));
        }
    }
    (octets, None)
}

/// Within how many lines after a body the next one must begin: the end of its row, a line or two of news, and the next row.
const LINES: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Frame, Framer};
    use waypost_wire::Limits;

    fn bodies(count: usize, size: usize) -> Vec<u8> {
        let mut octets = Vec::new();
        for number in 0..count {
            octets.extend_from_slice(format!("* {number} FETCH (UID 7 BODY[] {{{size}}}\r\n").as_bytes());
            octets.resize(octets.len() + size, b'x');
            octets.extend_from_slice(b" FLAGS ())\r\n");
        }
        octets
    }

    #[test]
    fn pieces_begin_and_end_where_bodies_do() {
        let octets = bodies(3, 5000);
        let from = octets.windows(2).position(|pair| pair == b"xx").unwrap() + 1000;
        let cut = |octets: &[u8], left| {
            let mut pieces = VecDeque::new();
            cut(octets, left, &mut pieces);
            pieces
        };
        let pieces = cut(&octets[from..], 4000);
        let lengths: Vec<usize> = pieces.iter().map(Vec::len).collect();
        let between = b" FLAGS ())\r\n* 1 FETCH (UID 7 BODY[] {5000}\r\n".len();
        assert_eq!(lengths, [4000, between, 5000, between, 5000, b" FLAGS ())\r\n".len()]);
        assert_eq!(cut(b"abc", 9), [b"abc".to_vec()]);
        assert_eq!(cut(b"abc)\r\n", 3), [b"abc".to_vec(), b")\r\n".to_vec()]);
        assert_eq!(cut(b")\r\nmore", 0), [b")\r\nmore".to_vec()]);
    }

    #[test]
    fn a_body_goes_out_in_the_memory_it_came_into() {
        let octets = bodies(40, 50_000);
        for size in [1000, 64 * 1024, octets.len()] {
            let mut framer = Framer::new(Limits::default());
            let (mut streamed, mut copied) = (0, 0);
            for chunk in octets.chunks(size) {
                framer.push(chunk);
                let ahead = !framer.ahead.is_empty();
                while let Some(frame) = framer.next().unwrap() {
                    match frame {
                        Frame::BodyPart(part) => {
                            streamed += part.len();
                            copied += if ahead { 0 } else { part.len() };
                        }
                        Frame::Response => framer.advance(),
                        _ => {}
                    }
                }
            }
            assert_eq!(streamed, 40 * 50_000);
            assert!(size == octets.len() || copied < 50_000 + 40 * 1000, "{copied} were copied twice");
        }
    }

    #[test]
    fn a_wrong_guess_costs_nothing_but_a_copy() {
        // What looks like the beginning of a body is in a quoted text, and the framer sees none.
        let octets =
            [&bodies(1, 5000)[..], b"* OK look: BODY[] {5000}\r\n* 5 EXISTS\r\n* 6 EXISTS\r\n"].concat();
        let mut framer = Framer::new(Limits::default());
        let mut responses = 0;
        for chunk in [&octets[..100], &octets[100..]] {
            framer.push(chunk);
            while let Some(frame) = framer.next().unwrap() {
                if frame == Frame::Response {
                    responses += 1;
                    framer.advance();
                }
            }
        }
        assert_eq!((responses, framer.held() <= octets.len(), framer.has_more()), (4, true, false));
    }
}
