//! A POP3 server that has all its answers ready and writes them as fast as the socket takes them. It pipelines: what is asked for
//! in one read and lies side by side goes out in one write.
//!
//! Each user name has a maildrop of its own with all messages in it. QUIT takes out what was deleted (RFC 1939, 6), so that who
//! deletes comes under a new name each time, and all others find everything.

use super::mail::{OCTETS, message, stuffed};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::{sync::Arc, thread};

/// To this user the server says that it deletes at QUIT what was taken (RFC 2449, 6.7), so that it must be on disk by then. It does not.
pub(crate) const EXPIRING: &str = "expiring";

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

    fn of(&self, message: usize) -> Option<Range<usize>> {
        Some(*self.starts.get(message)?..*self.starts.get(message + 1)?)
    }

    /// The answer to TOP with no lines: the header and the empty line.
    fn top(&self, message: usize) -> Option<Vec<u8>> {
        let whole = self.octets.get(self.of(message)?)?;
        let end = memchr::memmem::find(whole, b"\r\n\r\n")? + 4;
        Some([whole.get(..end)?, b".\r\n"].concat())
    }
}

/// What is served, and what of it each user has deleted.
struct Maildrops {
    answers: Answers,
    deleted: Mutex<HashMap<String, BTreeSet<usize>>>,
}

impl Maildrops {
    /// The messages that a user still has.
    fn of(&self, user: &str) -> Vec<usize> {
        // A thread that ended while it held the lock has only left a set as it was before or after.
        let deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        let all = 0..self.answers.count();
        match deleted.get(user) {
            None => all.collect(),
            Some(deleted) => all.filter(|message| !deleted.contains(message)).collect(),
        }
    }

    fn delete(&self, user: &str, messages: BTreeSet<usize>) {
        let mut deleted = self.deleted.lock().unwrap_or_else(PoisonError::into_inner);
        deleted.entry(user.to_owned()).or_default().extend(messages);
    }
}

/// One user's maildrop, as it was at the login.
struct Session<'a> {
    maildrops: &'a Maildrops,
    user: String,
    /// The message behind each number; none before the login.
    messages: Vec<usize>,
    /// Messages that QUIT is to take out.
    marked: BTreeSet<usize>,
}

impl<'a> Session<'a> {
    fn new(maildrops: &'a Maildrops) -> Self {
        Self { maildrops, user: String::new(), messages: Vec::new(), marked: BTreeSet::new() }
    }

    /// The message of a number, if it is not deleted.
    fn message(&self, number: Option<usize>) -> Option<usize> {
        let message = *self.messages.get(number?.checked_sub(1)?)?;
        (!self.marked.contains(&message)).then_some(message)
    }

    /// Numbers and messages of all that is not deleted.
    fn left(&self) -> impl Iterator<Item = (usize, usize)> {
        let all = self.messages.iter().enumerate().map(|(at, message)| (at + 1, *message));
        all.filter(|(_, message)| !self.marked.contains(message))
    }

    /// The answer to a command that hands out no message; `None` where there is no such message.
    fn text(&mut self, verb: &str, word: Option<&str>) -> Option<String> {
        let number = word.and_then(|word| word.parse().ok());
        match verb {
            "CAPA" => {
                let expire = if self.user == EXPIRING { "EXPIRE 0\r\n" } else { "" };
                return Some(format!("+OK\r\nUSER\r\nTOP\r\nUIDL\r\nPIPELINING\r\n{expire}.\r\n"));
            }
            "STAT" => {
                let count = self.left().count();
                return Some(format!("+OK {count} {}\r\n", count * OCTETS));
            }
            "LIST" => return self.listing(word, |_| OCTETS.to_string()),
            "UIDL" => return self.listing(word, |message| format!("d{:08}", message + 1)),
            "USER" => word.unwrap_or_default().clone_into(&mut self.user),
            "PASS" => self.messages = self.maildrops.of(&self.user),
            "DELE" => drop(self.marked.insert(self.message(number)?)),
            "RSET" => self.marked.clear(),
            "QUIT" => self.update(),
            "NOOP" => {}
            _ => return Some("-ERR no such command\r\n".to_owned()),
        }
        Some("+OK\r\n".to_owned())
    }

    fn listing(&self, word: Option<&str>, of: fn(usize) -> String) -> Option<String> {
        if let Some(word) = word {
            let number = word.parse().ok()?;
            return Some(format!("+OK {number} {}\r\n", of(self.message(Some(number))?)));
        }
        let mut listing = "+OK\r\n".to_owned();
        for (number, message) in self.left() {
            // Writing to a String does not fail.
            let _ = write!(listing, "{number} {}\r\n", of(message));
        }
        Some(listing + ".\r\n")
    }

    /// The UPDATE state: only now deletions are done.
    fn update(&mut self) {
        let marked = std::mem::take(&mut self.marked);
        if !marked.is_empty() {
            self.maildrops.delete(&self.user, marked);
        }
    }
}

/// Starts to serve so many messages, to any user with any password, until the process ends.
pub(crate) fn start(count: u32) -> io::Result<SocketAddr> {
    let maildrops = Maildrops { answers: Answers::new(count), deleted: Mutex::default() };
    let maildrops = Arc::new(maildrops);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let maildrops = Arc::clone(&maildrops);
            // A client that hangs up ends its own connection only.
            thread::spawn(move || serve(stream, &maildrops));
        }
    });
    Ok(address)
}

fn serve(stream: TcpStream, maildrops: &Maildrops) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (answers, session) = (&maildrops.answers, Session::new(maildrops));
    let text = b"+OK ready\r\n".to_vec();
    let mut output = Writer { stream: &stream, answers, session, text, messages: 0..0 };
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
            output.answer(&verb, words.next())?;
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
    session: Session<'a>,
    text: Vec<u8>,
    messages: Range<usize>,
}

impl Writer<'_> {
    fn answer(&mut self, verb: &str, word: Option<&str>) -> io::Result<()> {
        let message = || self.session.message(word.and_then(|word| word.parse().ok()));
        let text = match verb {
            "RETR" => match message().and_then(|message| self.answers.of(message)) {
                Some(octets) => return self.hand_out(octets),
                None => None,
            },
            "TOP" => message().and_then(|message| self.answers.top(message)),
            _ => self.session.text(verb, word).map(String::into_bytes),
        };
        let text = text.unwrap_or_else(|| b"-ERR no such message\r\n".to_vec());
        if !self.messages.is_empty() {
            self.flush()?;
        }
        self.text.extend_from_slice(&text);
        Ok(())
    }

    fn hand_out(&mut self, octets: Range<usize>) -> io::Result<()> {
        if self.text.is_empty() && octets.start == self.messages.end {
            self.messages.end = octets.end;
        } else {
            self.flush()?;
            self.messages = octets;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let messages = std::mem::take(&mut self.messages);
        let text = std::mem::take(&mut self.text);
        self.stream.write_all(&text)?;
        self.stream.write_all(self.answers.octets.get(messages).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader};

    /// Says all of it at once, and gives the lines of the answers.
    fn said(address: SocketAddr, user: &str, commands: &str) -> Vec<String> {
        let mut stream = TcpStream::connect(address).expect("it listens");
        write!(stream, "USER {user}\r\nPASS secret\r\n{commands}").expect("it reads");
        stream.shutdown(std::net::Shutdown::Write).expect("it is open");
        let lines: Vec<String> =
            BufReader::new(stream).lines().collect::<Result<_, _>>().expect("it writes text");
        lines.into_iter().skip(3).collect()
    }

    #[test]
    fn rfc_1939_6_a_message_leaves_the_maildrop_of_its_user_at_quit_and_no_other() {
        let address = start(3).expect("a port is free");
        let uidl = |user| said(address, user, "UIDL\r\nQUIT\r\n");
        let all = ["+OK", "1 d00000001", "2 d00000002", "3 d00000003", ".", "+OK"];
        let deleted = "DELE 2\r\nSTAT\r\nUIDL\r\nRETR 2\r\nDELE 2\r\n";
        let none = "-ERR no such message";
        let left = ["+OK", "+OK 2 16384", "+OK", "1 d00000001", "3 d00000003", ".", none, none];
        assert_eq!(said(address, "robin-1", deleted), left);
        assert_eq!(uidl("robin-1"), all, "a connection that only ends deletes nothing");
        assert_eq!(said(address, "robin-1", "DELE 2\r\nRSET\r\nQUIT\r\n"), ["+OK"; 3]);
        assert_eq!(uidl("robin-1"), all, "RSET takes it back");
        assert_eq!(said(address, "robin-1", "DELE 2\r\nQUIT\r\n"), ["+OK"; 2]);
        assert_eq!(uidl("robin-1"), ["+OK", "1 d00000001", "2 d00000003", ".", "+OK"]);
        let top = said(address, "robin-1", "TOP 2 0\r\nTOP 3 0\r\nQUIT\r\n");
        assert!(top.contains(&"Subject: Message 3 of set D".to_owned()), "{top:?}");
        assert!(top.ends_with(&[none.to_owned(), "+OK".to_owned()]), "{top:?}");
        assert_eq!(uidl("robin-2"), all);
    }
}
