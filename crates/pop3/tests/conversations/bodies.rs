//! Messages arrive octet for octet: what a server stuffs, the machine undoes, however the network cuts it.

use sha2::{Digest as _, Sha256};
use waypost_pop3::{Client, Command, Event, Options};
use waypost_wire::{Input, Machine as _, Output, Secret, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1);

/// What a server sends for a message, all of whose lines end in CRLF (RFC 1939, 3).
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut octets = b"+OK\r\n".to_vec();
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            octets.push(b'.');
        }
        octets.extend_from_slice(line);
    }
    octets.extend_from_slice(b".\r\n");
    octets
}

/// Retrieves the messages, handed in in pieces of this size; gives the digest of each, and the largest part.
fn retrieve(messages: &[Vec<u8>], piece: usize) -> (Vec<[u8; 32]>, usize) {
    let mut client = Client::new(Options::default());
    client.enqueue(Command::Capa);
    client
        .enqueue(Command::Auth { mechanism: "EXTERNAL".to_owned(), initial: Some(Secret::new(Vec::new())) });
    let handles: Vec<_> = (1..=messages.len())
        .map(|number| client.enqueue(Command::Retr(u32::try_from(number).unwrap())))
        .collect();
    let mut digests = vec![Sha256::new(); messages.len()];
    let (mut largest, mut done) = (0, 0);
    let mut receive = |octets: &[u8]| {
        for piece in octets.chunks(piece) {
            client.handle(NOW, Input::Bytes(piece));
            loop {
                match client.poll(NOW) {
                    Output::Event(Event::Part { handle, data }) => {
                        largest = largest.max(data.len());
                        digests[handles.iter().position(|known| *known == handle).unwrap()].update(data);
                    }
                    Output::Event(Event::Done { result, .. }) => {
                        assert!(result.is_ok());
                        done += 1;
                    }
                    Output::Wait(_) => break,
                    _ => {}
                }
            }
        }
    };
    receive(b"+OK\r\n");
    receive(b"+OK\r\nPIPELINING\r\n.\r\n");
    receive(b"+OK\r\n");
    receive(&messages.iter().flat_map(|message| stuffed(message)).collect::<Vec<u8>>());
    assert_eq!(done, messages.len() + 2);
    (digests.into_iter().map(|digest| digest.finalize().into()).collect(), largest)
}

fn messages() -> Vec<Vec<u8>> {
    let long = [b"Subject: long\r\n\r\n".as_slice(), &[b'.'; 70_000], b"\r\n"].concat();
    let mut binary: Vec<u8> = (0..=255).cycle().take(5000).collect();
    binary.extend_from_slice(b"\r\n");
    vec![
        Vec::new(),
        b"\r\n".to_vec(),
        b".\r\n".to_vec(),
        b"..\r\n.\r\n\r\n.\r\n".to_vec(),
        b"Subject: x\r\n\r\n.a\r\n+OK\r\n-ERR\r\n.\r.\r\n\r\r\n".to_vec(),
        long,
        binary,
    ]
}

#[test]
fn every_message_has_the_digest_of_what_the_server_holds_at_every_size_of_pieces() {
    let messages = messages();
    let expected: Vec<[u8; 32]> = messages.iter().map(|message| Sha256::digest(message).into()).collect();
    for piece in [1, 2, 3, 5, 7, 64, 1000, 1 << 20] {
        assert_eq!(retrieve(&messages, piece).0, expected, "pieces of {piece}");
    }
}

#[test]
fn no_part_is_larger_than_what_was_handed_in() {
    let message = vec![b'x'; 3_000_000];
    let message = [message, b"\r\n".to_vec()].concat();
    assert_eq!(retrieve(&[message], 1000).1, 1000);
}
