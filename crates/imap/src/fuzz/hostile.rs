//! A hostile server and an owner who uses everything: COMPRESS, messages handed in, long sets, cancelling, the log.

use super::{NOW, Owner};
use crate::deflate::Compressor;
use crate::types::{MailboxName, Section, SequenceSet};
use crate::{Client, Command, FetchItem, Handle, Options};
use waypost_wire::{Input, Machine as _};

/// Runs a connection whose server sends the rest of `data`; the first two octets say how it is cut, whether it comes
/// compressed, as something that is no DEFLATE, or plainly, and how well the owner behaves.
///
/// # Panics
/// The machine broke its contract or holds more than its limits allow.
pub fn hostile_server(data: &[u8]) {
    let [cut, setting, octets @ ..] = data else { return };
    let mut options = Options { trace: true, numbers: 100, ..Options::default() };
    options.limits.response = RESPONSE;
    options.limits.line = LINE;
    options.limits.piece = 64;
    options.limits.trace = 1000;
    let mut owner = Owner::new(options);
    owner.supplies = behaviour(setting >> 2);
    let literal = if setting & 16 == 0 { "LITERAL+" } else { "IDLE" };
    // By its name it takes short lines: a set of some hundred UIDs goes in pieces.
    let capabilities = format!("IMAP4rev1 COMPRESS=DEFLATE {literal}");
    owner.server(format!("* PREAUTH [CAPABILITY {capabilities}] x IMAP4rev1 2007f.404\r\n").as_bytes());
    let compressed = if setting & 1 == 1 {
        owner.enqueue(Command::Compress);
        owner.server(b"w0 OK\r\n");
        if setting & 2 == 2 { octets.to_vec() } else { Compressor::new().compress(octets) }
    } else {
        octets.to_vec()
    };
    for command in commands() {
        owner.enqueue(command);
    }
    for (index, piece) in compressed.chunks(usize::from(*cut) + 1).enumerate() {
        owner.server(piece);
        let held = owner.client.held_octets();
        assert!(held <= RESPONSE + LINE, "{held} octets are held");
        give_up(&mut owner, setting >> 5, index);
    }
    assert!(owner.client.take_trace().iter().map(String::len).sum::<usize>() <= 2000);
    owner.end();
}

/// An owner that hands in what it should, too much, nothing, or gives up.
fn behaviour(setting: u8) -> fn(&mut Client, Handle, usize) {
    match setting & 3 {
        0 => |client, handle, octets| assert!(client.supply(handle, vec![b'x'; octets]).is_ok()),
        1 => |client, handle, octets| {
            assert!(client.supply(handle, vec![0; octets]).is_err());
            assert!(client.supply(handle, vec![b'x'; 1_000_000]).is_err());
            assert!(client.supply(handle, vec![b'x'; octets.min(1)]).is_ok());
        },
        2 => |_, _, _| {},
        _ => |client, handle, _| assert!(client.cancel(handle)),
    }
}

fn give_up(owner: &mut Owner, setting: u8, index: usize) {
    match setting {
        1 => owner.client.skip_body(),
        2..=4 => {
            if let Some(handle) = owner.open.get(index % owner.open.len().max(1)).copied() {
                owner.client.cancel(handle);
            }
        }
        5 => {
            if let Some(handle) = owner.open.last().copied() {
                owner.client.finish_idle(handle);
            }
        }
        _ => {}
    }
    owner.client.handle(NOW, Input::Tick);
    owner.drain();
}

fn commands() -> Vec<Command> {
    let mailbox = MailboxName::new("a");
    let mut commands = vec![Command::Select(mailbox.clone())];
    if let Some(set) = SequenceSet::from_numbers((1..600).map(|number| number * 2)) {
        let items = vec![FetchItem::Uid, FetchItem::Body { section: Section::default(), partial: None }];
        commands.push(Command::UidFetch { set, items });
    }
    commands.push(Command::AppendStreamed { mailbox, flags: Vec::new(), date: None, octets: 200 });
    commands.push(Command::Idle);
    commands.push(Command::Logout);
    commands
}

/// Octets of a response: small, so that holding too much shows.
const RESPONSE: usize = 20_000;

/// A line that is not yet whole is held beside it; the octets handed in at once are fewer.
const LINE: usize = 4000;
