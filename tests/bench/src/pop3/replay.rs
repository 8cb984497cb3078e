//! A POP3 server that has all its answers ready and writes them as fast as the socket takes them. It pipelines: what is asked for
//! in one read and lies side by side goes out in one write.

use super::mail::{OCTETS, message, stuffed};
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::Arc;
use std::thread;

/// Answers to RETR, one behind the other.
struct Answers {
    octets: Vec<u8>,
    /// Where each begins, and where the last ends.
    starts: Vec<usize>,
}

impl Answers {
    fn new(count: u32) -> Self {
        let (mut octets, mut starts) = (Vec::new(), vec![0]);
        for number in 1..=count {
            octets.extend_from_slice(format!("+OK {OCTETS} octets\r\n").as_bytes());
            octets.extend_from_slice(&stuffed(&message(number)));
            octets.extend_from_slice(b".\r\n");
            starts.push(octets.len());
        }
        Self { octets, starts }
    }

    fn count(&self) -> usize {
        self.starts.len() - 1
    }

    fn of(&self, number: Option<usize>) -> Option<Range<usize>> {
        let number = number?;
        Some(*self.starts.get(number.checked_sub(1)?)?..*self.starts.get(number)?)
    }

    /// The answer to TOP with no lines: the header and the empty line.
    fn top(&self, number: Option<usize>) -> Option<Vec<u8>> {
        let whole = self.octets.get(self.of(number)?)?;
        let end = memchr::memmem::find(whole, b"\r\n\r\n")? + 4;
        Some([whole.get(..end)?, b".\r\n"].concat())
    }

    /// The answer to any other command.
    fn text(&self, verb: &str, number: Option<usize>) -> String {
        let listing = |line: fn(usize) -> String| match number {
            Some(number) => format!("+OK {}\r\n", line(number)),
            None => {
                (1..=self.count()).fold("+OK\r\n".to_owned(), |all, number| all + &line(number) + "\r\n")
                    + ".\r\n"
            }
        };
        match verb {
            "CAPA" => "+OK\r\nUSER\r\nTOP\r\nUIDL\r\nPIPELINING\r\n.\r\n".to_owned(),
            "STAT" => format!("+OK {} {}\r\n", self.count(), self.count() * OCTETS),
            "LIST" => listing(|number| format!("{number} {OCTETS}")),
            "UIDL" => listing(|number| format!("{number} d{number:08}")),
            "USER" | "PASS" | "DELE" | "NOOP" | "RSET" | "QUIT" => "+OK\r\n".to_owned(),
            _ => "-ERR no such command\r\n".to_owned(),
        }
    }
}

/// Starts to serve so many messages, to any user with any password, until the process ends.
pub(crate) fn start(count: u32) -> io::Result<SocketAddr> {
    let answers = Arc::new(Answers::new(count));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = Arc::clone(&answers);
            // A client that hangs up ends its own connection only.
            thread::spawn(move || serve(stream, &answers));
        }
    });
    Ok(address)
}

fn serve(stream: TcpStream, answers: &Answers) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut output = Writer { stream: &stream, answers, text: b"+OK ready\r\n".to_vec(), messages: 0..0 };
    let (mut piece, mut input) = (vec![0; 64 * 1024], Vec::new());
    loop {
        output.flush()?;
        let length = (&stream).read(&mut piece)?;
        if length == 0 {
            return Ok(());
        }
        input.extend_from_slice(piece.get(..length).unwrap_or_default());
        let whole = memchr::memrchr(b'\n', &input).map_or(0, |end| end + 1);
        let lines: Vec<u8> = input.drain(..whole).collect();
        for line in String::from_utf8_lossy(&lines).lines() {
            let mut words = line.split_ascii_whitespace();
            let verb = words.next().unwrap_or_default().to_ascii_uppercase();
            output.answer(&verb, words.next().and_then(|word| word.parse().ok()))?;
            if verb == "QUIT" {
                return output.flush();
            }
        }
    }
}

/// Puts off writing until what lies side by side is known.
struct Writer<'a> {
    stream: &'a TcpStream,
    answers: &'a Answers,
    text: Vec<u8>,
    messages: Range<usize>,
}

impl Writer<'_> {
    fn answer(&mut self, verb: &str, number: Option<usize>) -> io::Result<()> {
        let none = || b"-ERR no such message\r\n".to_vec();
        let text = match (verb, self.answers.of(number)) {
            ("RETR", Some(octets)) if self.text.is_empty() && octets.start == self.messages.end => {
                self.messages.end = octets.end;
                return Ok(());
            }
            ("RETR", Some(octets)) => {
                self.flush()?;
                self.messages = octets;
                return Ok(());
            }
            ("RETR", None) => none(),
            ("TOP", _) => self.answers.top(number).unwrap_or_else(none),
            _ => self.answers.text(verb, number).into_bytes(),
        };
        if !self.messages.is_empty() {
            self.flush()?;
        }
        self.text.extend_from_slice(&text);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let messages = std::mem::take(&mut self.messages);
        let text = std::mem::take(&mut self.text);
        self.stream.write_all(&text)?;
        self.stream.write_all(self.answers.octets.get(messages).unwrap_or_default())
    }
}
