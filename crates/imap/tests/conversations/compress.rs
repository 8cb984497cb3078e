//! COMPRESS=DEFLATE (RFC 4978), with an independent implementation of DEFLATE at the other end.

use crate::session::Session;
use flate2::write::{DeflateDecoder, DeflateEncoder};
use std::io::Write as _;
use waypost_imap::{Command, Event, ImapError, Refusal, Response};

fn deflated(pieces: &[&str]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    for piece in pieces {
        encoder.write_all(piece.as_bytes()).unwrap();
        encoder.flush().unwrap();
    }
    std::mem::take(encoder.get_mut())
}

/// What was sent since COMPRESS was agreed to.
fn inflated(decoder: &mut DeflateDecoder<Vec<u8>>, session: &mut Session) -> String {
    decoder.write_all(&std::mem::take(&mut session.octets)).unwrap();
    decoder.flush().unwrap();
    String::from_utf8(std::mem::take(decoder.get_mut())).unwrap()
}

#[test]
fn both_directions_switch_after_the_answer_at_every_split() {
    let plain = b"* 3 EXISTS\r\nw0 OK DEFLATE active\r\n";
    let mut octets = plain.to_vec();
    let compressed = deflated(&["* 4 EXISTS\r\n* LIST () \"/\" {5}\r\nab\r\nc\r\n", "w1 OK done\r\n"]);
    let answer = compressed.len() - 12;
    octets.extend(&compressed[..answer]);
    for split in 0..=octets.len() {
        let mut session = Session::preauth("COMPRESS=DEFLATE", |_| {});
        let compress = session.command(Command::Compress);
        assert_eq!(session.sent(), "w0 COMPRESS DEFLATE\r\n");
        let noop = session.command(Command::Noop);
        assert_eq!(session.sent(), "", "nothing is sent before the answer");
        session.server_octets(&octets[..split]);
        session.server_octets(&octets[split..]);
        let mut decoder = DeflateDecoder::new(Vec::new());
        assert_eq!(inflated(&mut decoder, &mut session), "w1 NOOP\r\n", "split at {split}");
        session.server_octets(&compressed[answer..]);
        let events = session.seen();
        assert_eq!(events.len(), 5, "split at {split}: {events:?}");
        assert_eq!(events[0], Event::Response(Response::Exists(3)));
        assert!(matches!(events[1], Event::Done { handle, result: Ok(_) } if handle == compress));
        assert_eq!(events[2], Event::Response(Response::Exists(4)));
        assert!(
            matches!(&events[3], Event::Response(Response::List(list)) if list.name.as_str() == "ab\r\nc")
        );
        assert!(matches!(events[4], Event::Done { handle, result: Ok(_) } if handle == noop));
        // Each command can be read at once by the server.
        session.command(Command::Noop);
        assert_eq!(inflated(&mut decoder, &mut session), "w2 NOOP\r\n");
    }
}

#[test]
fn a_refusal_and_a_server_that_can_not_leave_the_line_as_it_is() {
    let mut session = Session::preauth("COMPRESS=DEFLATE", |_| {});
    session.command(Command::Compress);
    session.server("w0 NO [COMPRESSIONACTIVE] by TLS\r\n");
    session.command(Command::Noop);
    assert_eq!(session.sent(), "w0 COMPRESS DEFLATE\r\nw1 NOOP\r\n");
    let mut session = Session::preauth("IDLE", |_| {});
    let handle = session.command(Command::Compress);
    let lacks = Event::Done { handle, result: Err(Refusal::Lacks("COMPRESS=DEFLATE")) };
    assert_eq!(session.seen(), [lacks]);
}

#[test]
fn compressing_twice_is_not_sent_and_damaged_octets_end_the_connection() {
    let mut session = Session::preauth("COMPRESS=DEFLATE", |_| {});
    session.command(Command::Compress);
    session.server("w0 OK\r\n");
    session.seen();
    session.command(Command::Compress);
    assert!(matches!(&session.seen()[..], [Event::Done { result: Err(Refusal::Misuse(_)), .. }]));
    session.server_octets(&[0xff; 64]);
    assert!(matches!(session.failed(), Some(ImapError::Framing { rule: "deflate", .. })));
    assert!(session.closed);
}

#[test]
fn a_message_that_is_handed_in_goes_compressed() {
    let mut session = Session::preauth("COMPRESS=DEFLATE LITERAL+", |_| {});
    session.command(Command::Compress);
    session.server("w0 OK\r\n");
    session.sent();
    let mailbox = waypost_imap::types::MailboxName::new("INBOX");
    let append = Command::AppendStreamed { mailbox, flags: vec![], date: None, octets: 1000 };
    let handle = session.command(append);
    session.client.supply(handle, vec![b'x'; 1000]).unwrap();
    session.drain();
    assert!(session.octets.len() < 200);
    let sent = inflated(&mut DeflateDecoder::new(Vec::new()), &mut session);
    assert_eq!(sent, format!("w1 APPEND INBOX {{1000+}}\r\n{}\r\n", "x".repeat(1000)));
}
