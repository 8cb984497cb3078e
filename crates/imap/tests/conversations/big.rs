//! Bodies far larger than memory should be asked for: a gibibyte in release builds, less in debug builds.

use std::io::Write as _;
use waypost_imap::types::{MailboxName, Section, SequenceSet};
use waypost_imap::{Client, Command, Event, FetchItem, Options};
use waypost_wire::{Input, Machine as _, Output, Timestamp};

#[cfg(debug_assertions)]
const OCTETS: u64 = 64 << 20;
#[cfg(not(debug_assertions))]
const OCTETS: u64 = 1 << 30;

/// What a driver reads from its connection at once.
const CHUNK: usize = 64 << 10;

/// "A few hundred KiB".
const HELD: usize = 256 << 10;

const NOW: Timestamp = Timestamp::from_millis(1);

fn client(capabilities: &str) -> Client {
    let mut client = Client::new(Options::default());
    let greeting = format!("* PREAUTH [CAPABILITY IMAP4rev1 {capabilities}] ready\r\n");
    client.handle(NOW, Input::Bytes(greeting.as_bytes()));
    client.enqueue(Command::Select(MailboxName::new("INBOX")));
    let _ = outputs(&mut client);
    client.handle(NOW, Input::Bytes(b"w0 OK selected\r\n"));
    let _ = outputs(&mut client);
    client
}

/// What comes out until the machine waits: octets sent and of bodies, whether octets are wanted.
fn outputs(client: &mut Client) -> (Vec<u8>, u64, Option<usize>) {
    let (mut sent, mut body, mut wanted) = (Vec::new(), 0, None);
    loop {
        assert!(client.held_octets() <= HELD, "{} octets are held", client.held_octets());
        match client.poll(NOW) {
            Output::Send(octets) => sent.extend(octets),
            Output::Event(Event::BodyPart(octets)) => body += octets.len() as u64,
            Output::Event(Event::OctetsWanted { octets, .. }) => wanted = Some(octets),
            Output::Event(_) | Output::Secure | Output::Close => {}
            Output::Wait(_) => return (sent, body, wanted),
        }
    }
}

fn fetch() -> Command {
    let items = vec![FetchItem::Body { section: Section::default(), partial: None }];
    Command::UidFetch { set: SequenceSet::single(1).unwrap(), items }
}

#[test]
fn a_large_body_comes_down_in_bounded_memory() {
    let mut client = client("IDLE");
    client.enqueue(fetch());
    let _ = outputs(&mut client);
    client.handle(NOW, Input::Bytes(format!("* 1 FETCH (UID 1 BODY[] {{{OCTETS}}}\r\n").as_bytes()));
    let chunk = vec![b'x'; CHUNK];
    let mut seen = 0;
    for _ in 0..OCTETS / CHUNK as u64 {
        client.handle(NOW, Input::Bytes(&chunk));
        seen += outputs(&mut client).1;
    }
    client.handle(NOW, Input::Bytes(b")\r\nw1 OK done\r\n"));
    let _ = outputs(&mut client);
    assert_eq!(seen, OCTETS);
}

#[test]
fn a_large_message_goes_up_in_bounded_memory() {
    for capabilities in ["LITERAL+", "IDLE"] {
        let mut client = client(capabilities);
        let mailbox = MailboxName::new("INBOX");
        let handle =
            client.enqueue(Command::AppendStreamed { mailbox, flags: vec![], date: None, octets: OCTETS });
        let _ = outputs(&mut client);
        client.handle(NOW, Input::Bytes(b"+ go on\r\n"));
        let mut sent = 0;
        let mut asked = 0;
        while sent < OCTETS {
            let (octets, _, wanted) = outputs(&mut client);
            sent += octets.len() as u64;
            if let Some(wanted) = wanted {
                asked += 1;
                client.supply(handle, vec![b'x'; wanted]).unwrap();
            } else {
                // The driver has sent all and lets the machine go on.
                client.handle(NOW, Input::Tick);
            }
        }
        assert!(sent >= OCTETS && asked > OCTETS / HELD as u64);
    }
}

#[test]
fn a_few_octets_that_inflate_to_a_large_body_take_no_more_memory_than_they_have() {
    let mut client = client("COMPRESS=DEFLATE");
    client.enqueue(Command::Compress);
    let _ = outputs(&mut client);
    client.handle(NOW, Input::Bytes(b"w1 OK compressed\r\n"));
    let _ = outputs(&mut client);
    client.enqueue(fetch());
    let _ = outputs(&mut client);
    let mut deflater = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    write!(deflater, "* 1 FETCH (UID 1 BODY[] {{{OCTETS}}}\r\n").unwrap();
    let chunk = vec![b'x'; CHUNK];
    let mut seen = 0;
    let mut given = 0;
    for _ in 0..OCTETS / CHUNK as u64 {
        deflater.write_all(&chunk).unwrap();
        let bomb = std::mem::take(deflater.get_mut());
        given += bomb.len();
        client.handle(NOW, Input::Bytes(&bomb));
        seen += outputs(&mut client).1;
    }
    deflater.write_all(b")\r\n").unwrap();
    deflater.flush().unwrap();
    client.handle(NOW, Input::Bytes(deflater.get_ref()));
    seen += outputs(&mut client).1;
    assert_eq!(seen, OCTETS);
    assert!(given < usize::try_from(OCTETS / 200).unwrap());
}
