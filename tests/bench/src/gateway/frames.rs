//! WebSocket frames as a browser's end sees them (RFC 6455, 5.2): masked ones made beforehand, and a reader that steps over payload
//! without copying it. The mask is the same for all, so that making frames costs the load tool nothing.

use super::Outcome;

/// What is sent again and again: the octets, and the same as one masked binary frame.
pub(crate) struct Piece {
    pub(crate) plain: Vec<u8>,
    pub(crate) framed: Vec<u8>,
}

impl Piece {
    pub(crate) fn new(plain: Vec<u8>) -> Self {
        let framed = masked(BINARY, &plain);
        Self { plain, framed }
    }
}

/// A text message as one masked frame.
pub(crate) fn text(words: &str) -> Vec<u8> {
    masked(TEXT, words.as_bytes())
}

/// The head of a masked binary frame with a payload of this length.
pub(crate) fn masked_head(length: u64) -> Vec<u8> {
    head(BINARY, length, 0x80, &MASK)
}

/// The head of an unmasked binary frame, as servers send it.
pub(crate) fn plain_head(length: u64) -> Vec<u8> {
    head(BINARY, length, 0, &[])
}

/// What the mask makes of these octets, beginning at the payload's first.
pub(crate) fn mask(payload: &[u8]) -> impl Iterator<Item = u8> {
    payload.iter().zip(MASK.iter().cycle()).map(|(octet, key)| octet ^ key)
}

fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = head(opcode, payload.len() as u64, 0x80, &MASK);
    frame.extend(mask(payload));
    frame
}

fn head(opcode: u8, length: u64, mask_bit: u8, key: &[u8]) -> Vec<u8> {
    let mut head = vec![0x80 | opcode];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => head.push(mask_bit | short),
        (_, Ok(medium)) => {
            head.push(mask_bit | 126);
            head.extend(medium.to_be_bytes());
        }
        _ => {
            head.push(mask_bit | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend(key);
    head
}

/// Takes frames apart as they come, in pieces of any size.
#[derive(Default)]
pub(crate) struct Reader {
    head: Vec<u8>,
    /// Octets of the frame's payload that are still to come.
    left: u64,
    opcode: u8,
    text: Vec<u8>,
}

impl Reader {
    /// Takes what a socket gave. Answers how many octets of payload were in it; text messages are put aside.
    pub(crate) fn take(&mut self, mut octets: &[u8], texts: &mut Vec<String>) -> Outcome<u64> {
        let mut payload = 0;
        while !octets.is_empty() {
            if self.left == 0 {
                octets = self.take_head(octets)?;
                continue;
            }
            let here = usize::try_from(self.left).unwrap_or(usize::MAX).min(octets.len());
            let (now, after) = octets.split_at(here);
            self.left -= here as u64;
            match self.opcode {
                TEXT | CLOSE => self.text.extend(now),
                BINARY => payload += here as u64,
                _ => {}
            }
            if self.left == 0 {
                self.finish(texts)?;
            }
            octets = after;
        }
        Ok(payload)
    }

    fn take_head<'a>(&mut self, octets: &'a [u8]) -> Outcome<&'a [u8]> {
        let whole = match self.head.get(1) {
            Some(126) => 4,
            Some(127) => 10,
            _ => 2,
        };
        let (now, after) = octets.split_at(octets.len().min(whole - self.head.len()));
        self.head.extend(now);
        let [first, second, long @ ..] = self.head.as_slice() else { return Ok(after) };
        let length = match (second, long.len()) {
            (0x80.., _) => return Err("the relay masks its frames".to_owned()),
            (126, ..2) | (127, ..8) => return Ok(after),
            (126 | 127, _) => long.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet)),
            (short, _) => u64::from(*short),
        };
        // A continuation carries on what the frame before it began.
        self.opcode = match first & 0x0f {
            CONTINUATION => self.opcode,
            other => other,
        };
        self.head.clear();
        self.left = length;
        if length == 0 && self.opcode == CLOSE {
            return Err("the relay closed the WebSocket".to_owned());
        }
        Ok(after)
    }

    fn finish(&mut self, texts: &mut Vec<String>) -> Outcome<()> {
        match self.opcode {
            TEXT => texts.push(String::from_utf8_lossy(&self.text).into_owned()),
            CLOSE => {
                let (code, reason) = self.text.split_at(2.min(self.text.len()));
                let code = code.iter().fold(0, |code, octet| code * 256 + u32::from(*octet));
                return Err(format!(
                    "the relay closed the WebSocket: {code} {}",
                    String::from_utf8_lossy(reason)
                ));
            }
            _ => {}
        }
        self.text.clear();
        Ok(())
    }
}

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
/// Not zero, with which a relay could skip unmasking.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_split_at_every_octet_give_the_same_payload_and_texts() {
        let mut stream = Vec::new();
        for length in [1, 125, 126, 300, 65_535, 65_536] {
            stream.extend(plain_head(length));
            stream.extend(vec![7; usize::try_from(length).unwrap()]);
            stream.extend(head(TEXT, 3, 0, &[]));
            stream.extend(b"abc");
        }
        for step in [1, 2, 3, 7, 4096, stream.len()] {
            let (mut reader, mut texts, mut payload) = (Reader::default(), Vec::new(), 0);
            for part in stream.chunks(step) {
                payload += reader.take(part, &mut texts).unwrap();
            }
            assert_eq!((payload, texts), (131_623, vec!["abc".to_owned(); 6]), "{step}");
        }
    }

    #[test]
    fn a_masked_text_is_the_example_of_rfc_6455_section_5_7() {
        let example = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(text("Hello"), example);
    }

    #[test]
    fn a_masked_frame_has_its_length_and_its_payload_back_under_the_mask() {
        for (length, head) in [(5, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
            let piece = Piece::new(vec![9; length]);
            assert_eq!(piece.framed.len(), head + length);
            assert!(mask(&piece.framed[head..]).eq(piece.plain));
        }
    }

    #[test]
    fn a_closing_frame_is_an_error_that_says_its_reason() {
        let mut close = head(CLOSE, 6, 0, &[]);
        close.extend([0x0f, 0xa0]);
        close.extend(b"gone");
        let why = Reader::default().take(&close, &mut Vec::new()).unwrap_err();
        assert!(why.ends_with("4000 gone"), "{why}");
    }
}
