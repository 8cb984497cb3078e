//! A scripted server on loopback: transcripts of what no server of the tests offers, over a real connection.

use crate::replay::{Outcome, Step, Transcript, all, drain, owner, replay};
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;
use waypost_imap::{Client, Handle, Options};
use waypost_wire::{Input, Machine as _, Timestamp};

/// Nobody waits longer for the other side.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server: says its lines and hears the client's, in the order of the transcript; nothing may come after them.
fn serve(transcript: &Transcript, mut line: &TcpStream) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", transcript.name);
    for step in &transcript.steps {
        match step {
            Step::Server(octets) => line.write_all(octets).map_err(failed)?,
            Step::Client(octets) => {
                let mut heard = vec![0; octets.len()];
                line.read_exact(&mut heard).map_err(failed)?;
                heard_as_written(&transcript.name, &heard, octets)?;
            }
            Step::Owner(_) => {}
        }
    }
    let mut rest = Vec::new();
    line.read_to_end(&mut rest).map_err(failed)?;
    heard_as_written(&transcript.name, &rest, &[])
}

fn heard_as_written(name: &str, heard: &[u8], written: &[u8]) -> Result<(), String> {
    let [heard, written] = [heard, written].map(String::from_utf8_lossy);
    if heard == written { Ok(()) } else { Err(format!("{name}: heard {heard:?} in place of {written:?}")) }
}

/// The client: the same owner's words as in memory, its octets through the line. Ends early if the server hangs up.
fn drive(transcript: &Transcript, mut line: &TcpStream) -> Outcome {
    let now = Timestamp::from_millis(1);
    let mut options = Options::default();
    options.ask_capabilities = false;
    let mut client = Client::new(options);
    let mut outcome = Outcome::default();
    let mut last: Option<Handle> = None;
    for step in &transcript.steps {
        match step {
            Step::Owner(words) => last = owner(&mut client, words, last, now).or(last),
            Step::Client(_) => continue,
            Step::Server(octets) => {
                let mut left = octets.len();
                let mut buffer = [0; 512];
                while left > 0 {
                    let end = left.min(buffer.len());
                    let count = match line.read(&mut buffer[..end]) {
                        Ok(0) | Err(_) => return outcome,
                        Ok(count) => count,
                    };
                    client.handle(now, Input::Bytes(&buffer[..count]));
                    left -= count;
                }
            }
        }
        let already = outcome.sent.len();
        drain(&mut client, now, &mut outcome);
        if line.write_all(&outcome.sent[already..]).is_err() {
            return outcome;
        }
    }
    outcome
}

/// Both sides of a transcript; what the server heard, and what came of it at the client.
fn play(transcript: &Transcript) -> (Result<(), String>, Outcome) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let near = TcpStream::connect_timeout(&listener.local_addr().unwrap(), PATIENCE).unwrap();
    let (far, _) = listener.accept().unwrap();
    for line in [&near, &far] {
        line.set_read_timeout(Some(PATIENCE)).unwrap();
        line.set_write_timeout(Some(PATIENCE)).unwrap();
        line.set_nodelay(true).unwrap();
    }
    std::thread::scope(|scope| {
        let server = scope.spawn(move || serve(transcript, &far));
        let outcome = drive(transcript, &near);
        match near.shutdown(std::net::Shutdown::Write) {
            Err(error) if error.kind() != ErrorKind::NotConnected => panic!("{error}"),
            _ => (server.join().unwrap(), outcome),
        }
    })
}

fn unproven() -> Vec<Transcript> {
    all().into_iter().filter(|transcript| transcript.name.starts_with("unproven-")).collect()
}

#[test]
fn what_no_server_offers_is_played_by_a_scripted_one_over_a_real_connection() {
    let transcripts = unproven();
    assert!(transcripts.len() >= 2);
    for transcript in transcripts {
        let (heard, outcome) = play(&transcript);
        assert_eq!(heard, Ok(()));
        assert_eq!(outcome, replay(&transcript, |octets| vec![octets.to_vec()]), "{}", transcript.name);
    }
}

#[test]
fn the_scripted_server_hears_every_octet_and_those_too_many() {
    let fails = |change: fn(&mut Vec<Step>)| {
        let mut transcript = unproven().remove(0);
        change(&mut transcript.steps);
        play(&transcript).0.is_err()
    };
    assert!(!fails(|_| {}));
    assert!(fails(|steps| {
        let heard = steps.iter_mut().find_map(|step| match step {
            Step::Client(octets) => Some(octets),
            _ => None,
        });
        heard.unwrap()[1] ^= 1;
    }));
    assert!(fails(|steps| steps.push(Step::Owner("noop".to_owned()))));
}
