//! Frames of a client, from octets as they come.

use super::mask::Mask;
use super::{Fault, MAX_CONTROL_FRAME, Opcode};
use std::mem::take;
use std::ops::Range;
use waypost_tunnel::{MAX_CONTROL, MAX_PAYLOAD};

/// Takes octets apart. Between two calls it holds at most a header, a control frame and a text of the tunnel's protocol.
#[derive(Debug, Default)]
pub struct Decoder {
    stage: Stage,
    /// The text or binary message that has begun and is not whole.
    message: Option<Message>,
    text: Vec<u8>,
    control: Vec<u8>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Where the next octets of a binary message lie, unmasked. Empty for a message without any.
    Payload(Range<usize>),
    /// A text message.
    Text(String),
    /// A ping, to be answered with a pong of the same octets.
    Ping(Vec<u8>),
    /// A pong.
    Pong(Vec<u8>),
    /// The client closes. What follows is not looked at.
    Close(Closing),
}

/// A closing frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Missing in a frame without octets.
    pub code: Option<u16>,
    /// For people.
    pub reason: String,
}

/// What came of reading on.
enum Step {
    GoOn,
    /// All octets are read.
    Starved,
    Found(Item),
}

#[derive(Debug)]
enum Stage {
    /// Octets of a header that is not whole.
    Header { held: [u8; LONGEST_HEADER], count: usize },
    /// In the payload of a frame.
    Payload(Frame),
    /// A closing frame came, or a fault.
    Over,
}

impl Default for Stage {
    fn default() -> Self {
        Self::Header { held: [0; LONGEST_HEADER], count: 0 }
    }
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: Opcode,
    last: bool,
    left: usize,
    mask: Mask,
}

#[derive(Debug, Clone, Copy)]
struct Message {
    is_text: bool,
    /// As announced by its frames so far.
    octets: usize,
}

impl Decoder {
    /// The next thing in `octets` from `at` on, which moves behind what was read. `None` once all of it was. Payload is
    /// unmasked where it lies.
    ///
    /// # Errors
    /// The client broke the framing. Nothing that follows is looked at.
    pub fn decode(&mut self, octets: &mut [u8], at: &mut usize) -> Result<Option<Item>, Fault> {
        loop {
            let step = match self.stage {
                Stage::Header { .. } => self.header(octets, at),
                Stage::Payload(frame) => self.payload(frame, octets, at),
                Stage::Over => {
                    *at = octets.len();
                    Ok(Step::Starved)
                }
            };
            match step {
                Ok(Step::GoOn) => {}
                Ok(Step::Starved) => return Ok(None),
                Ok(Step::Found(item)) => return Ok(Some(item)),
                Err(fault) => {
                    self.stage = Stage::Over;
                    return Err(fault);
                }
            }
        }
    }

    /// Whether a closing frame came, or a fault: nothing more is expected of the client.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    fn header(&mut self, octets: &[u8], at: &mut usize) -> Result<Step, Fault> {
        let Stage::Header { held, count } = &mut self.stage else { return Ok(Step::GoOn) };
        let rest = octets.get(*at..).unwrap_or_default();
        let frame = if *count == 0
            && let Some((frame, length)) = parse(rest)?
        {
            *at += length;
            frame
        } else {
            let before = *count;
            for (place, octet) in held.iter_mut().skip(before).zip(rest) {
                *place = *octet;
                *count += 1;
            }
            match parse(held.get(..*count).unwrap_or_default())? {
                Some((frame, length)) => {
                    // What was held before was no whole header, so this one ends behind it.
                    *at += length.saturating_sub(before);
                    frame
                }
                None => {
                    *at = octets.len();
                    return Ok(Step::Starved);
                }
            }
        };
        self.begin(frame)?;
        self.stage = Stage::Payload(frame);
        Ok(Step::GoOn)
    }

    /// A frame in its place among the messages (RFC 6455, 5.4).
    fn begin(&mut self, frame: Frame) -> Result<(), Fault> {
        let is_text = match (frame.opcode, self.message) {
            (Opcode::Close | Opcode::Ping | Opcode::Pong, _) => return Ok(()),
            (Opcode::Continuation, None) => return Err(Fault::NothingToContinue),
            (Opcode::Text | Opcode::Binary, Some(_)) => return Err(Fault::Interleaved),
            (Opcode::Continuation, Some(message)) => message.is_text,
            (opcode, None) => opcode == Opcode::Text,
        };
        let octets = self.message.map_or(0, |message| message.octets).saturating_add(frame.left);
        if octets > if is_text { MAX_CONTROL } else { MAX_PAYLOAD } {
            return Err(Fault::TooLarge);
        }
        self.message = Some(Message { is_text, octets });
        Ok(())
    }

    fn payload(&mut self, mut frame: Frame, octets: &mut [u8], at: &mut usize) -> Result<Step, Fault> {
        let range = *at..octets.len().min(at.saturating_add(frame.left));
        let here = octets.get_mut(range.clone()).unwrap_or_default();
        if here.is_empty() && frame.left > 0 {
            return Ok(Step::Starved);
        }
        frame.mask.apply(here);
        frame.left -= here.len();
        *at = range.end;
        let ends = frame.left == 0;
        self.stage = if ends { Stage::default() } else { Stage::Payload(frame) };
        if frame.opcode.is_control() {
            self.control.extend_from_slice(here);
            return if ends { self.control_frame(frame.opcode).map(Step::Found) } else { Ok(Step::GoOn) };
        }
        let Some(message) = self.message else { return Ok(Step::GoOn) };
        let whole = ends && frame.last;
        if whole {
            self.message = None;
        }
        if message.is_text {
            self.text.extend_from_slice(here);
            return if whole { self.text_message().map(Step::Found) } else { Ok(Step::GoOn) };
        }
        let tell = !range.is_empty() || (whole && message.octets == 0);
        Ok(if tell { Step::Found(Item::Payload(range)) } else { Step::GoOn })
    }

    fn text_message(&mut self) -> Result<Item, Fault> {
        String::from_utf8(take(&mut self.text)).map(Item::Text).map_err(|_| Fault::NotUtf8)
    }

    fn control_frame(&mut self, opcode: Opcode) -> Result<Item, Fault> {
        let payload = take(&mut self.control);
        match opcode {
            Opcode::Ping => Ok(Item::Ping(payload)),
            Opcode::Pong => Ok(Item::Pong(payload)),
            _ => {
                let closing = closing(payload)?;
                self.stage = Stage::Over;
                Ok(Item::Close(closing))
            }
        }
    }
}

/// A header at the beginning of these octets, and how long it is. `None` if it is not whole.
///
/// ```abnf
/// ws-frame = frame-fin frame-rsv1 frame-rsv2 frame-rsv3 frame-opcode
///            frame-masked frame-payload-length [ frame-masking-key ] frame-payload-data
/// ```
fn parse(octets: &[u8]) -> Result<Option<(Frame, usize)>, Fault> {
    let [first, second, rest @ ..] = octets else { return Ok(None) };
    if first & RESERVED != 0 {
        return Err(Fault::ReservedBit);
    }
    let opcode = Opcode::of(first & 0x0F).ok_or(Fault::UnknownOpcode)?;
    let last = first & TOP != 0;
    if second & TOP == 0 {
        return Err(Fault::Unmasked);
    }
    let short = second & !TOP;
    if opcode.is_control() {
        if !last {
            return Err(Fault::ControlFragmented);
        }
        if usize::from(short) > MAX_CONTROL_FRAME {
            return Err(Fault::ControlTooLong);
        }
    }
    let (length, rest, before) = match (short, rest) {
        (126, [a, b, rest @ ..]) => (u64::from(u16::from_be_bytes([*a, *b])), rest, 4),
        (127, [a, b, c, d, e, f, g, h, rest @ ..]) => {
            (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), rest, 10)
        }
        (126 | 127, _) => return Ok(None),
        (short, rest) => (u64::from(short), rest, 2),
    };
    if (short == 126 && length < 126) || (short == 127 && !(0x1_0000..1 << 63).contains(&length)) {
        return Err(Fault::LengthForm);
    }
    let [a, b, c, d, ..] = rest else { return Ok(None) };
    let left = usize::try_from(length).map_err(|_| Fault::TooLarge)?;
    Ok(Some((Frame { opcode, last, left, mask: Mask::new([*a, *b, *c, *d]) }, before + 4)))
}

/// RFC 6455, 5.5.1.
fn closing(payload: Vec<u8>) -> Result<Closing, Fault> {
    match payload.as_slice() {
        [] => Ok(Closing { code: None, reason: String::new() }),
        [high, low, reason @ ..] => {
            let code = u16::from_be_bytes([*high, *low]);
            if !may_be_sent(code) {
                return Err(Fault::CloseForm);
            }
            let reason = std::str::from_utf8(reason).map_err(|_| Fault::NotUtf8)?.to_owned();
            Ok(Closing { code: Some(code), reason })
        }
        [_] => Err(Fault::CloseForm),
    }
}

/// RFC 6455, 7.4, with what IANA's registry has added (1012 to 1014). 1004 to 1006 and 1015 are never on the wire.
fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

const RESERVED: u8 = 0x70;
/// FIN in the first octet, MASK in the second.
const TOP: u8 = 0x80;
/// Two octets, eight of length, four of mask.
const LONGEST_HEADER: usize = 14;

#[cfg(test)]
mod tests {
    use super::*;

    fn items(octets: &[u8]) -> Vec<Item> {
        let mut decoder = Decoder::default();
        let (mut octets, mut at, mut items) = (octets.to_vec(), 0, Vec::new());
        while let Some(item) = decoder.decode(&mut octets, &mut at).unwrap() {
            items.push(item);
        }
        assert_eq!(at, octets.len());
        items
    }

    /// RFC 6455, 5.7: a single-frame masked text message.
    #[test]
    fn the_example_of_the_rfc_is_read() {
        let octets = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(items(&octets), [Item::Text("Hello".to_owned())]);
    }

    #[test]
    fn payload_is_given_as_it_comes_and_where_it_lies() {
        let mut decoder = Decoder::default();
        // A message of 10 octets, of which 4 are here.
        let mut octets = [0x82, 0x8A, 1, 2, 3, 4, b'a' ^ 1, b'b' ^ 2, b'c' ^ 3, b'd' ^ 4];
        let mut at = 0;
        assert_eq!(decoder.decode(&mut octets, &mut at), Ok(Some(Item::Payload(6..10))));
        assert_eq!(&octets[6..], b"abcd");
        assert_eq!(decoder.decode(&mut octets, &mut at), Ok(None));
        let mut octets = [b'e' ^ 1, b'f' ^ 2, b'g' ^ 3, b'h' ^ 4, b'i' ^ 1, b'j' ^ 2, 0x89, 0x80, 0, 0, 0, 0];
        let mut at = 0;
        assert_eq!(decoder.decode(&mut octets, &mut at), Ok(Some(Item::Payload(0..6))));
        assert_eq!(&octets[..6], b"efghij");
        assert_eq!(decoder.decode(&mut octets, &mut at), Ok(Some(Item::Ping(Vec::new()))));
        assert_eq!(decoder.decode(&mut octets, &mut at), Ok(None));
    }

    #[test]
    fn a_length_that_is_too_large_is_refused_before_a_single_octet_is_held() {
        for (first, length) in [(0x82, MAX_PAYLOAD + 1), (0x81, MAX_CONTROL + 1), (0x82, usize::MAX >> 1)] {
            let mut octets = vec![first, 0xFF];
            octets.extend((length as u64).to_be_bytes());
            if length < 0x1_0000 {
                octets = vec![first, 0xFE];
                octets.extend((length as u16).to_be_bytes());
            }
            octets.extend([0; 4]);
            let mut decoder = Decoder::default();
            assert_eq!(decoder.decode(&mut octets, &mut 0), Err(Fault::TooLarge), "{length}");
            assert!(decoder.is_over() && decoder.text.capacity() == 0);
        }
    }

    #[test]
    fn each_rule_that_a_header_can_break_has_its_fault() {
        for (octets, fault) in [
            (&[0xC2, 0x80][..], Fault::ReservedBit),
            (&[0xA2, 0x80], Fault::ReservedBit),
            (&[0x92, 0x80], Fault::ReservedBit),
            (&[0x83, 0x80], Fault::UnknownOpcode),
            (&[0x8B, 0x80], Fault::UnknownOpcode),
            (&[0x82, 0x01], Fault::Unmasked),
            (&[0x82, 0xFE, 0, 125], Fault::LengthForm),
            (&[0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], Fault::LengthForm),
            (&[0x82, 0xFF, 0x80, 0, 0, 0, 0, 1, 0, 0], Fault::LengthForm),
            (&[0x09, 0x80], Fault::ControlFragmented),
            (&[0x89, 0xFE], Fault::ControlTooLong),
            (&[0x80, 0x80, 0, 0, 0, 0], Fault::NothingToContinue),
            (&[0x02, 0x80, 0, 0, 0, 0, 0x82, 0x80, 0, 0, 0, 0], Fault::Interleaved),
        ] {
            let (mut octets, mut decoder, mut at) = (octets.to_vec(), Decoder::default(), 0);
            let found = loop {
                match decoder.decode(&mut octets, &mut at) {
                    Ok(Some(_)) => {}
                    other => break other,
                }
            };
            assert_eq!(found, Err(fault), "{octets:x?}");
        }
        for (high, low) in [(0x03, 0xEC), (0x03, 0xEE), (0x03, 0xF7), (0x0B, 0xB7), (0x13, 0x88)] {
            let mut octets = [0x88, 0x82, 0, 0, 0, 0, high, low];
            let found = Decoder::default().decode(&mut octets, &mut 0);
            assert_eq!(found, Err(Fault::CloseForm), "{}", u16::from_be_bytes([high, low]));
        }
    }

    #[test]
    fn between_messages_it_holds_nothing() {
        let mut decoder = Decoder::default();
        let mut octets =
            [&[0x81, 0xFE, 0x04, 0, 0, 0, 0, 0][..], &[b'x'; 1024], &[0x89, 0x81, 0, 0, 0, 0, 7]].concat();
        let mut at = 0;
        while decoder.decode(&mut octets, &mut at).unwrap().is_some() {}
        assert_eq!(decoder.text.capacity() + decoder.control.capacity(), 0);
    }
}
