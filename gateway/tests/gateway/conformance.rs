//! RFC 6455 as the Autobahn suite asks about it, over a tunnel whose mail server says what it hears. The suite itself needs Python 2
//! and a server that echoes text, which a gateway is not; where it is installed it asks the framing alone (`autobahn.rs`). The numbers
//! are those of its cases. Section 12 and 13 are about compression, which is not offered.

use crate::support::gateway::Gateway;
use crate::support::mail::{self, silent, target};
use crate::support::raw::{BINARY, CLOSE, PING, PONG, Raw, TEXT, closing, frame};
use crate::support::within;
use std::collections::BTreeSet;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// A case: what is sent, and what comes of it.
struct Case {
    name: &'static str,
    send: Vec<u8>,
    /// Octets in one write; 0 for all of them.
    piece: usize,
    outcome: Outcome,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    /// Payload that came back.
    payload: Vec<u8>,
    pongs: Vec<Vec<u8>>,
    /// The gateway closes by itself, with this code. 0 stands for a closing frame without one.
    closes: Option<u16>,
    /// And said `bad-request` before.
    refused: bool,
}

fn case(name: &'static str, frames: &[Vec<u8>]) -> Case {
    Case { name, send: frames.concat(), piece: 0, outcome: Outcome::default() }
}

impl Case {
    fn in_pieces(mut self, piece: usize) -> Self {
        self.piece = piece;
        self
    }

    fn gives(mut self, payload: &[u8]) -> Self {
        self.outcome.payload = payload.to_vec();
        self
    }

    fn pongs(mut self, pongs: &[&[u8]]) -> Self {
        self.outcome.pongs = pongs.iter().map(|pong| pong.to_vec()).collect();
        self
    }

    /// The client closed; the gateway answers with its code.
    fn closes(mut self, code: u16) -> Self {
        self.outcome.closes = Some(code);
        self
    }

    /// The client broke a rule.
    fn fails(mut self, code: u16) -> Self {
        self.outcome.refused = true;
        self.closes(code)
    }

    /// What came before the end may be on its way back or not when the tunnel is cut.
    fn agrees(&self, outcome: &Outcome) -> bool {
        let ends = (outcome.closes, outcome.refused) == (self.outcome.closes, self.outcome.refused);
        ends && (outcome.closes.is_some() || *outcome == self.outcome)
    }
}

async fn echo(mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let (mut read, mut write) = stream.split();
    let _ = tokio::io::copy(&mut read, &mut write).await;
}

/// Sends the case and collects what comes of it, as far as it is expected or more.
async fn outcome(gateway: &Gateway, port: u16, case: &Case) -> Outcome {
    let mut raw = Raw::open(gateway, port, 1 << 20).await;
    let size = if case.piece == 0 { case.send.len() } else { case.piece };
    for piece in case.send.chunks(size) {
        raw.send(piece).await;
    }
    let mut outcome = Outcome::default();
    let mut said_goodbye = false;
    loop {
        let all_came = outcome.payload.len() >= case.outcome.payload.len()
            && outcome.pongs.len() >= case.outcome.pongs.len();
        if case.outcome.closes.is_none() && all_came && !said_goodbye {
            said_goodbye = true;
            raw.send(&frame(CLOSE, &closing(1000, b"end of the case"))).await;
        }
        match raw.frame().await {
            Some((BINARY, payload)) => outcome.payload.extend(payload),
            Some((PONG, payload)) => outcome.pongs.push(payload),
            Some((TEXT, text)) => outcome.refused |= contains(&text, b"\"bad-request\""),
            Some((CLOSE, payload)) => {
                let code = payload.first_chunk().map_or(0, |code| u16::from_be_bytes(*code));
                outcome.closes = Some(code);
                // The other half of the handshake; the gateway ends the connection.
                raw.send(&frame(CLOSE, &payload)).await;
            }
            Some((first, _)) => panic!("{}: a frame that begins with {first:#x}", case.name),
            None => break,
        }
    }
    if said_goodbye && outcome.closes == Some(1000) {
        outcome.closes = None;
    }
    outcome
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

async fn hold(cases: Vec<Case>) {
    let port = mail::serve(echo).await;
    let gateway =
        Gateway::start(&format!("{}[limits]\nwindow_octets = 1048576\n", target(&[port], r#""none""#, None)))
            .await;
    for case in cases {
        let outcome = within(case.name, outcome(&gateway, port, &case)).await;
        let seen = (outcome.payload.len(), &outcome.pongs, outcome.closes, outcome.refused);
        assert!(case.agrees(&outcome), "{}: {seen:?}", case.name);
    }
}

/// Text that is a message of the tunnel without any effect.
const CREDIT: &[u8] = r#"{"type":"credit","bytes":1,"note":"κόσμε"}"#.as_bytes();

#[tokio::test]
async fn section_1_messages_of_every_length() {
    let mut cases = vec![
        case("1.1.2 text", &[frame(TEXT, CREDIT)]),
        // A message of the tunnel has at least one octet (docs/TUNNEL.md, 2).
        case("1.2.1 empty", &[frame(BINARY, b"")]).fails(4000),
    ];
    for (name, length) in
        [("1.2.2", 125), ("1.2.3", 126), ("1.2.4", 127), ("1.2.5", 128), ("1.2.6", 65_535), ("1.2.7", 65_536)]
    {
        let payload = vec![0xFE; length];
        cases.push(case(name, &[frame(BINARY, &payload)]).gives(&payload));
    }
    let payload = vec![0xFE; 65_536];
    cases.push(case("1.2.8", &[frame(BINARY, &payload)]).in_pieces(997).gives(&payload));
    cases.push(
        case("1.1 in single octets", &[frame(TEXT, CREDIT), frame(BINARY, b"x")]).in_pieces(1).gives(b"x"),
    );
    hold(cases).await;
}

#[tokio::test]
async fn section_2_pings_and_pongs() {
    let ten: Vec<Vec<u8>> = (0..10).map(|number| format!("payload-{number}").into_bytes()).collect();
    let pings: Vec<Vec<u8>> = ten.iter().map(|payload| frame(PING, payload)).collect();
    let all: Vec<&[u8]> = ten.iter().map(Vec::as_slice).collect();
    hold(vec![
        case("2.1 empty", &[frame(PING, b"")]).pongs(&[b""]),
        case("2.2 text", &[frame(PING, b"Hello, world!")]).pongs(&[b"Hello, world!"]),
        case("2.3 octets", &[frame(PING, &[0, 255, 254, 0])]).pongs(&[&[0, 255, 254, 0]]),
        case("2.4 125 octets", &[frame(PING, &[0xFE; 125])]).pongs(&[&[0xFE; 125]]),
        case("2.5 126 octets", &[frame(PING, &[0xFE; 126])]).fails(1002),
        case("2.6 in single octets", &[frame(PING, &[0xFE; 125])]).in_pieces(1).pongs(&[&[0xFE; 125]]),
        case("2.7 unasked pong", &[frame(PONG, b"")]),
        case("2.8 unasked pong with octets", &[frame(PONG, b"unasked")]),
        case("2.9 unasked pong, then ping", &[frame(PONG, b"unasked"), frame(PING, b"asked")])
            .pongs(&[b"asked"]),
        case("2.10 ten pings", &pings).pongs(&all),
        case("2.11 ten pings in single octets", &pings).in_pieces(1).pongs(&all),
    ])
    .await;
}

#[tokio::test]
async fn sections_3_and_4_reserved_bits_and_opcodes() {
    let before = frame(BINARY, b"before");
    let mut cases = Vec::new();
    for bits in 1..=7_u8 {
        for first in [TEXT, BINARY, PING, PONG, CLOSE] {
            let frames = [before.clone(), frame(first | bits << 4, b"x")];
            cases.push(case("3 reserved bits", &frames).fails(1002));
            cases.push(case("3 reserved bits, in single octets", &frames).in_pieces(1).fails(1002));
        }
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        cases.push(case("4 opcode, without payload", &[frame(0x80 | opcode, b"")]).fails(1002));
        cases.push(case("4 opcode, after data", &[before.clone(), frame(0x80 | opcode, b"x")]).fails(1002));
        cases.push(case("4 opcode, not the last", &[frame(opcode, b"x"), frame(PING, b"")]).fails(1002));
    }
    hold(cases).await;
}

/// What Autobahn leaves out: its client can't do these.
#[tokio::test]
async fn section_5_2_of_the_rfc_masks_and_lengths() {
    let unmasked = [vec![0x82, 1, b'x']];
    let long = |first: u8, second: u8, length: &[u8]| [&[first, second], length, &[0; 4], b"xxxxx"].concat();
    hold(vec![
        case("no mask", &unmasked).fails(1002),
        case("no mask, in single octets", &unmasked).in_pieces(1).fails(1002),
        case("5 in 16 bits", &[long(BINARY, 0xFE, &[0, 5])]).fails(1002),
        case("5 in 64 bits", &[long(BINARY, 0xFF, &[0, 0, 0, 0, 0, 0, 0, 5])]).fails(1002),
        case("65535 in 64 bits", &[long(BINARY, 0xFF, &[0, 0, 0, 0, 0, 0, 255, 255])]).fails(1002),
        case("the highest bit", &[long(BINARY, 0xFF, &[128, 0, 0, 0, 0, 0, 0, 5])]).fails(1002),
        case("a ping in 16 bits", &[long(PING, 0xFE, &[0, 5])]).fails(1002),
        case("64 MiB announced", &[long(BINARY, 0xFF, &[0, 0, 0, 0, 4, 0, 0, 0])]).fails(1009),
        case("64 MiB of text announced", &[long(TEXT, 0xFF, &[0, 0, 0, 0, 4, 0, 0, 0])]).fails(1009),
    ])
    .await;
}

#[tokio::test]
async fn section_5_fragments() {
    const FIRST: u8 = 0x02;
    const FIRST_OF_TEXT: u8 = 0x01;
    const NEXT: u8 = 0x00;
    const LAST: u8 = 0x80;
    let (one, other) = CREDIT.split_at(20);
    let three = [frame(FIRST, b"one"), frame(NEXT, b"two"), frame(LAST, b"three")];
    let with_pings = [
        frame(FIRST, b"one"),
        frame(PING, b"first"),
        frame(NEXT, b"two"),
        frame(PING, b"second"),
        frame(LAST, b"three"),
    ];
    let and_more = [&three[..], &[frame(LAST, b"four")]].concat();
    hold(vec![
        case("5.1 ping in fragments", &[frame(0x09, b"one"), frame(LAST, b"two")]).fails(1002),
        case("5.2 pong in fragments", &[frame(0x0A, b"one"), frame(LAST, b"two")]).fails(1002),
        case("5.3 text", &[frame(FIRST_OF_TEXT, one), frame(LAST, other)]),
        case("5.3 payload", &three).gives(b"onetwothree"),
        case("5.5 in single octets", &three).in_pieces(1).gives(b"onetwothree"),
        case("5.6 pings between", &with_pings).gives(b"onetwothree").pongs(&[b"first", b"second"]),
        case("5.8 pings between, in single octets", &with_pings)
            .in_pieces(1)
            .gives(b"onetwothree")
            .pongs(&[b"first", b"second"]),
        case("5.9 continuation of nothing", &[frame(LAST, b"what"), frame(BINARY, b"then")]).fails(1002),
        case("5.10 and not the last", &[frame(NEXT, b"what"), frame(LAST, b"then")]).fails(1002),
        case("5.15 continuation after the last", &and_more).fails(1002),
        case("5.18 two beginnings", &[frame(FIRST_OF_TEXT, one), frame(FIRST_OF_TEXT, other)]).fails(1002),
        case("5.18 text within payload", &[frame(FIRST, b""), frame(TEXT, CREDIT)]).fails(1002),
        case("5.19 empty fragments", &[frame(FIRST, b""), frame(NEXT, b""), frame(LAST, b"x")]).gives(b"x"),
        case("5.20 only empty ones", &[frame(FIRST, b""), frame(NEXT, b""), frame(LAST, b"")]).fails(4000),
    ])
    .await;
}

#[tokio::test]
async fn section_6_text_is_utf_8() {
    let mut cases = vec![
        case("6.2 valid, in single octets", &[frame(TEXT, CREDIT)]).in_pieces(1),
        // Valid, but no message of the tunnel.
        case("6.2.1 no JSON", &[frame(TEXT, "Hello-µ@ßöäüàá-UTF-8!!".as_bytes())]).fails(4000),
        case("6.23 noncharacters", &[frame(TEXT, "\u{ffff}\u{10ffff}".as_bytes())]).fails(4000),
    ];
    // In the middle of the character that begins at 38.
    for at in [39, 40, 41, 42] {
        let (one, other) = CREDIT.split_at(at);
        cases.push(case("6.2.3 fragments within characters", &[frame(0x01, one), frame(0x80, other)]));
    }
    for octets in [
        // 6.3.1: valid, then a surrogate, then valid.
        &b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"[..],
        // 6.4: beyond the last character.
        b"\xce\xba\xf4\x90\x80\x80edited",
        // 6.6 and 6.8: cut off.
        b"\xce",
        b"\xce\xba\xe1",
        b"\xf0\x90\x80",
        // 6.10: too long forms and what was once UTF-8.
        b"\xf7\xbf\xbf\xbf",
        b"\xf8\x88\x80\x80\x80",
        b"\xfc\x84\x80\x80\x80\x80",
        // 6.12 and 6.14: continuations alone, beginnings alone.
        b"\x80",
        b"\xbf",
        b"\xc0 \xc1 ",
        // 6.16 to 6.18: overlong.
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xf0\x80\x80\xaf",
        b"\xc1\xbf",
        // 6.20 and 6.21: surrogates.
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xed\xa0\x80\xed\xb0\x80",
        // 6.14: octets that never occur.
        b"\xfe",
        b"\xff",
    ] {
        cases.push(case("6 no UTF-8", &[frame(TEXT, octets)]).fails(1007));
        cases.push(case("6 no UTF-8, in fragments", &[frame(0x01, octets), frame(0x80, b"")]).fails(1007));
    }
    hold(cases).await;
}

#[tokio::test]
async fn section_7_the_closing_handshake() {
    let close = |code| frame(CLOSE, &closing(code, b""));
    let with_reason = |reason: &[u8]| frame(CLOSE, &closing(1000, reason));
    let payload = vec![b'x'; 60_000];
    let mut cases = vec![
        case("7.1.2 closed twice", &[close(1000), close(1001)]).closes(1000),
        case("7.1.3 ping after it", &[close(1000), frame(PING, b"late")]).closes(1000),
        case("7.1.4 text after it", &[close(1000), frame(TEXT, b"late")]).closes(1000),
        case("7.1.4 a fault after it", &[close(1000), vec![0xFF; 100]]).closes(1000),
        case("7.1.5 within a message", &[frame(0x01, b"{"), close(1000)]).closes(1000),
        case("7.1.6 after much that nobody waits for", &[frame(BINARY, &payload), close(1000)]).closes(1000),
        case("7.3.1 without a code", &[frame(CLOSE, b"")]).closes(0),
        case("7.3.2 one octet", &[frame(CLOSE, b"a")]).fails(1002),
        case("7.3.3 a code", &[close(1000)]).closes(1000),
        case("7.3.4 a reason", &[with_reason(b"Hello World!")]).closes(1000),
        case("7.3.5 the longest reason", &[with_reason(&[b'*'; 123])]).closes(1000),
        case("7.3.6 longer", &[with_reason(&[b'*'; 124])]).fails(1002),
        case("7.5.1 a reason that is not UTF-8", &[with_reason(b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80")])
            .fails(1007),
    ];
    for code in
        [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
    {
        cases.push(case("7.7 a code that may be sent", &[close(code)]).closes(code));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        cases.push(case("7.9 a code that must not be sent", &[close(code)]).fails(1002));
    }
    hold(cases).await;
}

#[tokio::test]
async fn sections_9_and_10_large_messages_in_small_pieces() {
    let large: Vec<u8> = (0..65_536_u32).map(|number| (number % 251) as u8).collect();
    let fragments = |size: usize| {
        let mut frames: Vec<Vec<u8>> = large.chunks(size).map(|part| frame(0x00, part)).collect();
        if let Some(first) = frames.first_mut() {
            first[0] = 0x02;
        }
        if let Some(last) = frames.last_mut() {
            last[0] |= 0x80;
        }
        frames
    };
    let eight = vec![frame(BINARY, &large); 8];
    let small: Vec<Vec<u8>> = large.chunks(64).map(|part| frame(BINARY, part)).collect();
    let too_large = [fragments(4096), vec![frame(0x80, b"x")]].concat();
    let mut one_more = too_large.clone();
    let last = one_more.len() - 2;
    one_more[last][0] &= 0x7F;
    hold(vec![
        case("9.2 one", &[frame(BINARY, &large)]).gives(&large),
        case("9.2 eight", &eight).gives(&large.repeat(8)),
        case("9.4 fragments of 64", &fragments(64)).gives(&large),
        case("9.4 fragments of 4096", &fragments(4096)).gives(&large),
        case("9.6 pieces of 64", &[frame(BINARY, &large)]).in_pieces(64).gives(&large),
        case("9.6 pieces of 1024", &[frame(BINARY, &large)]).in_pieces(1024).gives(&large),
        case("9.8 a thousand messages", &small).gives(&large),
        case("9 one octet above the limit, in fragments", &one_more).fails(1009),
        case("10.1.1 fragments of 1300", &fragments(1300)).gives(&large),
    ])
    .await;
}

#[tokio::test]
async fn who_hung_up_is_told_nothing_more() {
    let port = mail::serve(silent).await;
    let gateway = Gateway::start(&target(&[port], r#""none""#, None)).await;
    for mut client in [Raw::connect(&gateway).await, Raw::open(&gateway, port, 9).await] {
        // Its end of the connection without a closing frame; the other end still hears.
        client.stream.shutdown().await.unwrap();
        assert_eq!(client.frame().await, None);
    }
}

#[tokio::test]
async fn the_answer_to_a_handshake_has_what_the_rfc_asks_for_and_no_kilobyte_for_pages() {
    let gateway = Gateway::start("").await;
    let client = Raw::connect(&gateway).await;
    let names: BTreeSet<&str> =
        client.head.lines().skip(1).filter_map(|line| line.split_once(": ")).map(|(name, _)| name).collect();
    let expected = ["connection", "date", "sec-websocket-accept", "sec-websocket-protocol", "upgrade"].into();
    assert_eq!(names, expected);
    // RFC 6455, 1.3.
    assert!(
        client.head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"),
        "{}",
        client.head
    );
}
