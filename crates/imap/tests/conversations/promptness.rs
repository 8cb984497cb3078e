//! What comes is given as soon as it is there, and in pieces where it is long.

use waypost_imap::types::Found;
use waypost_imap::{Client, Event, Options, Response};
use waypost_wire::{Input, Machine as _, Output, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1);

fn signed_in() -> Client {
    let mut client = Client::new(Options::default());
    assert_eq!(after(&mut client, b"* PREAUTH ready\r\n").len(), 1);
    client
}

/// The events that these octets bring.
fn after(client: &mut Client, octets: &[u8]) -> Vec<Event> {
    client.handle(NOW, Input::Bytes(octets));
    let mut events = Vec::new();
    loop {
        match client.poll(NOW) {
            Output::Event(event) => events.push(event),
            Output::Wait(_) => return events,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_row_is_given_with_its_last_octet() {
    let mut client = signed_in();
    let row = b"* 7 FETCH (UID 9 ENVELOPE (NIL {5}\r\na\r\nbc NIL NIL NIL NIL NIL NIL NIL \"<a>\"))\r\n";
    for octet in &row[..row.len() - 1] {
        assert!(after(&mut client, &[*octet]).is_empty());
    }
    let events = after(&mut client, b"\n* 8 FETCH (");
    let [Event::Response(Response::Fetch(fetched))] = events.as_slice() else { panic!("{events:?}") };
    let envelope = fetched.envelope().expect("an envelope");
    assert_eq!(envelope.subject().as_deref(), Some(&b"a\r\nbc"[..]));
    assert_eq!(envelope.message_id().as_deref(), Some(&b"<a>"[..]));
}

#[test]
fn a_long_search_or_sort_comes_in_pieces_before_its_line_is_whole() {
    let numbers: Vec<u32> = (100_000..200_000).collect();
    let list = numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let line = |word: &str| format!("* {word} {list} (MODSEQ 917)\r\n");
    let (search, sort) = (line("SEARCH"), line("SORT"));
    for (line, size) in
        [(&search, 1), (&search, 1000), (&search, 64 * 1024), (&search, search.len()), (&sort, 1000)]
    {
        let mut client = signed_in();
        let mut found: Vec<Found> = Vec::new();
        for chunk in line.as_bytes().chunks(size) {
            found.extend(after(&mut client, chunk).into_iter().map(|event| match event {
                Event::Response(Response::Search(found) | Response::Sort(found)) => found,
                other => panic!("{other:?}"),
            }));
        }
        assert_eq!(found.len(), line.len() / (64 * 1024) + 1);
        assert!(found.iter().all(|piece| piece.numbers.len() < 10_000));
        let (last, before) = found.split_last().expect("pieces");
        assert!(before.iter().all(|piece| piece.more && piece.mod_sequence.is_none()));
        assert_eq!((last.more, last.mod_sequence), (false, Some(917)));
        let all: Vec<u32> = found.iter().flat_map(|piece| piece.numbers.iter().copied()).collect();
        assert!(all == numbers, "in chunks of {size}");
    }
}
