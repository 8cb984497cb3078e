//! The gateway's framing beside that of tungstenite: the same octets, the same findings.

use crate::support::numbers::Numbers;
use crate::support::raw;
use std::io::{self, Read, Write};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};
use waypost_gateway::websocket::{Decoder, Item};
use waypost_tunnel::{MAX_CONTROL, MAX_PAYLOAD};

fn octets(numbers: &mut Numbers, count: usize) -> Vec<u8> {
    (0..count).map(|_| numbers.next() as u8).collect()
}

/// What a client said, by kind; and whether it broke a rule.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    payload: Vec<u8>,
    texts: Vec<String>,
    pings: Vec<Vec<u8>>,
    pongs: Vec<Vec<u8>>,
    close: Option<(u16, String)>,
    fault: bool,
}

/// Gives these octets and then has nothing now.
struct Wire<'a>(&'a [u8]);

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn oracle(octets: &[u8]) -> Heard {
    let config =
        WebSocketConfig::default().max_message_size(Some(MAX_PAYLOAD)).max_frame_size(Some(MAX_PAYLOAD));
    let mut socket = WebSocket::from_raw_socket(Wire(octets), Role::Server, Some(config));
    let mut heard = Heard::default();
    loop {
        match socket.read() {
            Ok(Message::Binary(octets)) => heard.payload.extend_from_slice(&octets),
            Ok(Message::Text(text)) => heard.texts.push(text.as_str().to_owned()),
            Ok(Message::Ping(octets)) => heard.pings.push(octets.to_vec()),
            Ok(Message::Pong(octets)) => heard.pongs.push(octets.to_vec()),
            Ok(Message::Close(frame)) => {
                heard.close = Some(frame.map_or((0, String::new()), |frame| {
                    (u16::from(frame.code), frame.reason.as_str().to_owned())
                }));
                return heard;
            }
            Ok(Message::Frame(_)) => panic!("not given out by reading"),
            Err(Error::Io(_)) => return heard,
            Err(_) => {
                heard.fault = true;
                return heard;
            }
        }
    }
}

/// The gateway's, of octets that come in pieces of random length.
fn gateway(octets: &[u8], numbers: &mut Numbers) -> Heard {
    let (mut decoder, mut heard, mut rest) = (Decoder::default(), Heard::default(), octets);
    while !rest.is_empty() {
        let most = [1, 20, 5000, 100_000][numbers.below(4)];
        let (piece, later) = rest.split_at((1 + numbers.below(most)).min(rest.len()));
        rest = later;
        let (mut piece, mut at) = (piece.to_vec(), 0);
        loop {
            match decoder.decode(&mut piece, &mut at) {
                Ok(Some(Item::Payload(range))) => heard.payload.extend_from_slice(&piece[range]),
                Ok(Some(Item::Text(text))) => heard.texts.push(text),
                Ok(Some(Item::Ping(octets))) => heard.pings.push(octets),
                Ok(Some(Item::Pong(octets))) => heard.pongs.push(octets),
                Ok(Some(Item::Close(closing))) => {
                    heard.close = Some((closing.code.unwrap_or(0), closing.reason));
                }
                Ok(None) => break,
                Err(_) => {
                    heard.fault = true;
                    return heard;
                }
            }
        }
    }
    heard
}

fn push_frame(frames: &mut Vec<u8>, numbers: &mut Numbers, first: u8, payload: &[u8]) {
    let key = (numbers.next() as u32).to_be_bytes();
    frames.extend(raw::masked(first, payload, key));
}

fn control(frames: &mut Vec<u8>, numbers: &mut Numbers) {
    let payload = numbers.below(126);
    let payload = octets(numbers, payload);
    let first = [0x89, 0x8A][numbers.below(2)];
    push_frame(frames, numbers, first, &payload);
}

/// A message in some fragments, with control frames between them.
fn message(frames: &mut Vec<u8>, numbers: &mut Numbers) {
    let is_text = numbers.below(3) == 0;
    let most = [10, 200, if is_text { 2000 } else { MAX_PAYLOAD }][numbers.below(3)];
    let payload = if is_text {
        (0..numbers.below(most))
            .map(|_| char::from_u32(numbers.below(0x3000) as u32).unwrap())
            .collect::<String>()
            .into_bytes()
    } else {
        let length = 1 + numbers.below(most);
        octets(numbers, length)
    };
    assert!(!is_text || payload.len() <= MAX_CONTROL);
    let mut opcode = if is_text { 1 } else { 2 };
    let mut rest = payload.as_slice();
    while numbers.below(2) == 0 {
        let (part, later) = rest.split_at(numbers.below(rest.len() + 1));
        push_frame(frames, numbers, opcode, part);
        (opcode, rest) = (0, later);
        if numbers.below(2) == 0 {
            control(frames, numbers);
        }
    }
    push_frame(frames, numbers, 0x80 | opcode, rest);
}

fn session(numbers: &mut Numbers) -> Vec<u8> {
    let mut frames = Vec::new();
    for _ in 0..numbers.below(8) {
        if numbers.below(4) == 0 { control(&mut frames, numbers) } else { message(&mut frames, numbers) }
    }
    if numbers.below(2) == 0 {
        let code = [1000, 1001, 1002, 1003, 1007, 1011, 3000, 4999][numbers.below(8)];
        let payload = [&u16::to_be_bytes(code)[..], "auf Wiederhören".as_bytes()].concat();
        push_frame(&mut frames, numbers, 0x88, &payload);
    }
    frames
}

#[test]
fn what_a_client_says_is_understood_as_tungstenite_does_however_it_is_cut() {
    for seed in 0..300 {
        let mut numbers = Numbers(seed);
        let octets = session(&mut numbers);
        let (ours, theirs) = (gateway(&octets, &mut numbers), oracle(&octets));
        assert!(!theirs.fault, "seed {seed}: the session is right");
        assert!(ours == theirs, "seed {seed}");
    }
}

#[test]
fn what_tungstenite_refuses_is_refused() {
    let mut refused = 0;
    for seed in 0..1500 {
        let mut numbers = Numbers(seed);
        let mut octets = session(&mut numbers);
        for _ in 0..=numbers.below(3) {
            if !octets.is_empty() {
                let at = numbers.below(octets.len().min(200));
                octets[at] ^= 1 << numbers.below(8);
            }
        }
        let (ours, theirs) = (gateway(&octets, &mut numbers), oracle(&octets));
        if theirs.fault {
            refused += 1;
            // What must not be is that something goes on that the oracle has stopped.
            assert!(ours.fault || ours.close.is_some(), "seed {seed}: {theirs:?}");
        } else if !ours.fault {
            // The oracle gives a message when it is whole, the gateway as it comes.
            assert!(ours.payload.starts_with(&theirs.payload), "seed {seed}");
            assert_eq!(
                (&ours.texts, &ours.pings, &ours.pongs),
                (&theirs.texts, &theirs.pings, &theirs.pongs),
                "seed {seed}"
            );
        }
    }
    assert!(refused > 150, "{refused}");
}
