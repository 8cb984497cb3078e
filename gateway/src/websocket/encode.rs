//! Frames of a server: never masked, never fragmented.

use super::{MAX_CONTROL_FRAME, Opcode};

/// Octets to leave free in front of payload: the longest header of a server.
pub(crate) const HEADROOM: usize = 10;

/// Writes the header of a binary frame in front of its payload, which is `payload` octets of `buffer` from
/// [`HEADROOM`] on. Gives where the frame begins.
pub(crate) fn put_header(buffer: &mut [u8], payload: usize) -> usize {
    let (header, length) = header(Opcode::Binary, payload);
    let start = HEADROOM - length;
    for (place, octet) in buffer.iter_mut().skip(start).zip(header.into_iter().take(length)) {
        *place = octet;
    }
    start
}

/// Appends a whole frame.
pub(crate) fn push_frame(frames: &mut Vec<u8>, opcode: Opcode, payload: &[u8]) {
    let (header, length) = header(opcode, payload.len());
    frames.extend(header.into_iter().take(length));
    frames.extend_from_slice(payload);
}

/// Appends a closing frame. The reason is cut to what fits, at a character.
pub(crate) fn push_close(frames: &mut Vec<u8>, code: Option<u16>, reason: &str) {
    let mut payload = Vec::new();
    if let Some(code) = code {
        payload.extend(code.to_be_bytes());
        let fits = reason.floor_char_boundary(MAX_CONTROL_FRAME - payload.len());
        payload.extend(reason.bytes().take(fits));
    }
    push_frame(frames, Opcode::Close, &payload);
}

/// The header of a frame, and how many of these octets it has.
fn header(opcode: Opcode, payload: usize) -> ([u8; HEADROOM], usize) {
    let first = FIN | opcode.code();
    // usize has at most 64 bits wherever this runs.
    let [a, b, c, d, e, f, g, h] = (payload as u64).to_be_bytes();
    match payload {
        0..=125 => ([first, h, 0, 0, 0, 0, 0, 0, 0, 0], 2),
        126..=0xFFFF => ([first, 126, g, h, 0, 0, 0, 0, 0, 0], 4),
        _ => ([first, 127, a, b, c, d, e, f, g, h], 10),
    }
}

const FIN: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 6455, 5.7, and the borders of the lengths.
    #[test]
    fn frames_are_those_of_the_rfc() {
        let mut frames = Vec::new();
        push_frame(&mut frames, Opcode::Text, b"Hello");
        assert_eq!(frames, [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        for (length, expected) in [
            (0, &[0x82, 0][..]),
            (125, &[0x82, 125]),
            (126, &[0x82, 126, 0, 126]),
            (256, &[0x82, 126, 1, 0]),
            (65_535, &[0x82, 126, 0xFF, 0xFF]),
            (65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut buffer = vec![7; HEADROOM + length];
            let start = put_header(&mut buffer, length);
            assert_eq!(&buffer[start..HEADROOM], expected, "{length}");
            assert!(buffer[HEADROOM..].iter().all(|octet| *octet == 7), "the payload is not touched");
            let mut frame = Vec::new();
            push_frame(&mut frame, Opcode::Binary, &buffer[HEADROOM..]);
            assert_eq!(frame, &buffer[start..]);
        }
    }

    #[test]
    fn a_closing_frame_fits_whatever_the_reason() {
        let mut frames = Vec::new();
        push_close(&mut frames, Some(4000), "idle");
        assert_eq!(frames, [0x88, 6, 0x0F, 0xA0, b'i', b'd', b'l', b'e']);
        frames.clear();
        push_close(&mut frames, Some(1000), &"ä".repeat(100));
        assert_eq!(frames.len(), 2 + 2 + 122, "123 octets would cut a character");
        frames.clear();
        push_close(&mut frames, None, "");
        assert_eq!(frames, [0x88, 0]);
    }
}
