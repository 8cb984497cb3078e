//! What runs in this process: the limits, and our machine over a plain socket.

use super::judge::Got;
use super::{Account, Outcome, Taken, words};
use memchr::memmem;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Instant;
use waypost_bench::{Maildrop, Piece};

/// Takes all messages in one session, from the connection to the end of QUIT.
type Read = fn(&Account, Option<&mut Vec<Vec<u8>>>) -> Outcome<u32>;

/// Runs one of them; keeps what came where it is to be judged.
pub(crate) fn take(account: &Account, read: Read, judged: bool) -> Outcome<Taken> {
    let mut messages = Vec::new();
    let (start, cpu) = (Instant::now(), processor_ms());
    let count = read(account, judged.then_some(&mut messages))?;
    let ms = start.elapsed().as_secs_f64() * 1e3;
    let cpu_ms = processor_ms().zip(cpu).map(|(after, before)| after - before);
    if count != account.count {
        return Err(format!("{count} messages of {} came", account.count));
    }
    let got = judged.then_some(Got::Messages(messages));
    Ok(Taken { ms, cpu_ms, got })
}

/// The limit: all commands at once, and a look for the terminators in what comes.
pub(crate) fn raw(account: &Account, _: Option<&mut Vec<Vec<u8>>>) -> Outcome<u32> {
    let mut stream = signed_in(account)?;
    let mut upwards = stream.try_clone().map_err(words)?;
    let commands: String = (1..=account.count).map(|number| format!("RETR {number}\r\n")).collect();
    // The server may not read while nobody reads what it writes.
    let sending = thread::spawn(move || upwards.write_all((commands + "QUIT\r\n").as_bytes()));
    let (mut ends, mut octets, mut kept) = (Terminators::new(), vec![0; READ], 0);
    loop {
        let length = stream.read(octets.get_mut(kept..).unwrap_or_default()).map_err(words)?;
        if length == 0 {
            break;
        }
        kept = ends.count(&mut octets, kept + length);
    }
    sending.join().map_err(|_| "the sender ended")?.map_err(words)?;
    Ok(ends.found)
}

/// The limit without pipelining: the next command when the answer is whole.
pub(crate) fn raw_lockstep(account: &Account, _: Option<&mut Vec<Vec<u8>>>) -> Outcome<u32> {
    let mut stream = signed_in(account)?;
    let (mut ends, mut octets, mut kept) = (Terminators::new(), vec![0; READ], 0);
    for number in 1..=account.count {
        stream.write_all(format!("RETR {number}\r\n").as_bytes()).map_err(words)?;
        while ends.found < number {
            let length = stream.read(octets.get_mut(kept..).unwrap_or_default()).map_err(words)?;
            if length == 0 {
                return Ok(ends.found);
            }
            kept = ends.count(&mut octets, kept + length);
        }
    }
    stream.write_all(b"QUIT\r\n").map_err(words)?;
    stream.read_to_end(&mut Vec::new()).map_err(words)?;
    Ok(ends.found)
}

/// Our machine.
pub(crate) fn waypost(account: &Account, mut judged: Option<&mut Vec<Vec<u8>>>) -> Outcome<u32> {
    let mut stream = connect(account)?;
    let mut session = Maildrop::new(&account.user, &account.password, account.count);
    let (mut octets, mut message, mut total) = (vec![0; READ], Vec::new(), 0);
    while !session.closed {
        let length = stream.read(&mut octets).map_err(words)?;
        if length == 0 {
            return Err("the server hung up".to_owned());
        }
        let came = octets.get(..length).unwrap_or_default().to_vec();
        session.handle(came, &mut |piece| match (piece, &mut judged) {
            (Piece::Octets(octets), None) => total += octets.len(),
            (Piece::Octets(octets), Some(_)) => message.extend(octets),
            (Piece::End, None) => {}
            (Piece::End, Some(messages)) => messages.push(std::mem::take(&mut message)),
        });
        let commands = session.outgoing();
        if !commands.is_empty() {
            stream.write_all(&commands).map_err(words)?;
        }
    }
    if let Some(why) = session.refused {
        return Err(why);
    }
    match judged {
        None if total != account.octets() => Err(format!("{total} octets came")),
        _ => Ok(session.messages),
    }
}

/// How many messages a maildrop has, as the server counts them.
pub(crate) fn left(account: &Account) -> Outcome<u32> {
    let mut stream = signed_in(account)?;
    let mut answer = String::new();
    stream.write_all(b"STAT\r\nQUIT\r\n").map_err(words)?;
    stream.read_to_string(&mut answer).map_err(words)?;
    let count = answer.strip_prefix("+OK ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    count.ok_or_else(|| format!("the server does not count: {answer}"))
}

fn connect(account: &Account) -> Outcome<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", account.port)).map_err(words)?;
    stream.set_nodelay(true).map_err(words)?;
    Ok(stream)
}

/// The same steps as our machine's: the greeting, CAPA, USER, PASS.
fn signed_in(account: &Account) -> Outcome<TcpStream> {
    let mut stream = connect(account)?;
    let (user, pass) = (format!("USER {}\r\n", account.user), format!("PASS {}\r\n", account.password));
    let login = [("", "\r\n"), ("CAPA\r\n", "\r\n.\r\n"), (&user, "\r\n"), (&pass, "\r\n")];
    for (command, end) in login {
        stream.write_all(command.as_bytes()).map_err(words)?;
        let (mut answer, mut piece) = (Vec::new(), [0; 1024]);
        while !answer.ends_with(end.as_bytes()) {
            let length = stream.read(&mut piece).map_err(words)?;
            if length == 0 {
                return Err("the server hung up".to_owned());
            }
            answer.extend_from_slice(piece.get(..length).unwrap_or_default());
        }
        if !answer.starts_with(b"+OK") {
            return Err(format!("the server refused: {}", String::from_utf8_lossy(&answer)));
        }
    }
    Ok(stream)
}

/// Counts terminators in a stream that comes in pieces.
struct Terminators {
    finder: memmem::Finder<'static>,
    found: u32,
}

impl Terminators {
    fn new() -> Self {
        Self { finder: memmem::Finder::new(TERMINATOR), found: 0 }
    }

    /// Counts those in the first `length` octets, and moves what may be the beginning of one to the front.
    fn count(&mut self, octets: &mut [u8], length: usize) -> usize {
        let mut from = 0;
        let whole = octets.get(..length).unwrap_or_default();
        while let Some(at) = self.finder.find(whole.get(from..).unwrap_or_default()) {
            self.found += 1;
            from += at + TERMINATOR.len();
        }
        let kept = (length - from).min(TERMINATOR.len() - 1);
        octets.copy_within(length - kept..length, 0);
        kept
    }
}

/// Time on a processor of this thread.
fn processor_ms() -> Option<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_ascii_whitespace().next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e6)
}

const TERMINATOR: &[u8] = b"\r\n.\r\n";

/// Octets of one read, for all alike.
const READ: usize = 256 * 1024;
