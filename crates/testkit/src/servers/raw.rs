//! A plain socket that speaks just enough IMAP to put mail on a server and to hear what it says, octet by octet. It knows nothing of
//! the client under test, so that it checks it.

use super::ServerError;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A connection to a server on loopback, without TLS.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of the buffer was taken.
    taken: usize,
    tag: u32,
    heard: Vec<u8>,
}

/// What a server said to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Everything before the tagged line.
    pub untagged: Vec<u8>,
    /// The tagged line without its tag and line end; empty when the server hung up or said nothing in time.
    pub tagged: String,
    /// Why there is no tagged line.
    pub lost: Option<std::io::ErrorKind>,
}

impl Answer {
    fn new(untagged: Vec<u8>, tagged: std::io::Result<String>) -> Self {
        match tagged {
            Ok(tagged) => Self { untagged, tagged, lost: None },
            Err(error) => Self { untagged, tagged: String::new(), lost: Some(error.kind()) },
        }
    }

    /// Whether it is a tagged OK.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.tagged.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("OK"))
    }

    /// Everything before the tagged line, as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.untagged).into_owned()
    }

    /// The octets of the first literal.
    #[must_use]
    pub fn literal(&self) -> Option<&[u8]> {
        let mut start = 0;
        for line in self.untagged.split_inclusive(|&octet| octet == b'\n') {
            start += line.len();
            if let Some(octets) = literal_at_the_end(line) {
                return self.untagged.get(start..start.checked_add(octets)?);
            }
        }
        None
    }
}

impl Raw {
    /// Connects and hears the greeting.
    ///
    /// # Errors
    /// Nobody listens or greets.
    pub fn connect(port: u16) -> Result<Self, ServerError> {
        let doing = "connecting to a test server";
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(ServerError::io(doing))?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(ServerError::io(doing))?;
        let mut raw = Self { stream, buffer: Vec::new(), taken: 0, tag: 0, heard: Vec::new() };
        raw.line().map_err(ServerError::io(doing))?;
        Ok(raw)
    }

    /// Everything that the server said so far, as it came.
    #[must_use]
    pub fn heard(&self) -> &[u8] {
        &self.heard
    }

    /// Sends a command without its tag and hears the answer. Where it is in several pieces the server's continuation is awaited
    /// before each further one: a piece ends where a literal's octets or a challenge's answer must follow.
    ///
    /// # Errors
    /// The connection broke. A server that says nothing more is no error: the answer has no tagged line then.
    pub fn command(&mut self, pieces: &[&[u8]]) -> Result<Answer, ServerError> {
        self.tag += 1;
        let tag = format!("r{} ", self.tag);
        let mut untagged = Vec::new();
        let (&first, rest) = pieces.split_first().unwrap_or((&b"NOOP".as_slice(), &[]));
        self.send(&[tag.as_bytes(), first, b"\r\n"].concat())?;
        for piece in rest {
            match self.until(&tag, true, &mut untagged) {
                None => self.send(&[piece, b"\r\n".as_slice()].concat())?,
                Some(tagged) => return Ok(Answer::new(untagged, tagged)),
            }
        }
        let tagged = self.until(&tag, false, &mut untagged).unwrap_or_else(|| Ok(String::new()));
        Ok(Answer::new(untagged, tagged))
    }

    /// Sends octets as they are.
    ///
    /// # Errors
    /// The connection broke.
    pub fn send(&mut self, octets: &[u8]) -> Result<(), ServerError> {
        self.stream.write_all(octets).map_err(ServerError::io("writing to a test server"))
    }

    /// Hears until the server was silent for so long, or hung up.
    ///
    /// # Errors
    /// The connection broke.
    pub fn listen(&mut self, silence: Duration) -> Result<Vec<u8>, ServerError> {
        let doing = "listening to a test server";
        self.stream.set_read_timeout(Some(silence)).map_err(ServerError::io(doing))?;
        let mut heard = Vec::new();
        while let Ok(line) = self.line() {
            heard.extend(line);
        }
        self.stream.set_read_timeout(Some(PATIENCE)).map_err(ServerError::io(doing))?;
        Ok(heard)
    }

    /// Signs in with LOGIN.
    ///
    /// # Errors
    /// The server refuses, or the connection broke.
    pub fn login(&mut self, name: &str, password: &str) -> Result<(), ServerError> {
        let answer = self.command(&[format!("LOGIN \"{name}\" \"{password}\"").as_bytes()])?;
        refused_unless_ok("LOGIN", &answer)
    }

    /// Appends a message; makes the mailbox where the server says that it is not there.
    ///
    /// # Errors
    /// The server refuses, or the connection broke.
    pub fn append(&mut self, mailbox: &str, arguments: &str, message: &[u8]) -> Result<Answer, ServerError> {
        let start = format!("APPEND \"{mailbox}\" {arguments}{{{}}}", message.len());
        let mut answer = self.command(&[start.as_bytes(), message])?;
        if answer.tagged.contains("[TRYCREATE]") {
            self.command(&[format!("CREATE \"{mailbox}\"").as_bytes()])?;
            answer = self.command(&[start.as_bytes(), message])?;
        }
        refused_unless_ok("APPEND", &answer)?;
        Ok(answer)
    }

    /// Lines until the one with this tag, or until a continuation where one is awaited (`None`). A server that hangs up or says
    /// nothing in time gives an error.
    fn until(
        &mut self,
        tag: &str,
        continuation: bool,
        untagged: &mut Vec<u8>,
    ) -> Option<std::io::Result<String>> {
        loop {
            let line = match self.line() {
                Ok(line) => line,
                Err(error) => return Some(Err(error)),
            };
            if let Some(tagged) = line.strip_prefix(tag.as_bytes()) {
                return Some(Ok(String::from_utf8_lossy(tagged).trim_end().to_owned()));
            }
            untagged.extend_from_slice(&line);
            if continuation && line.first() == Some(&b'+') {
                return None;
            }
        }
    }

    /// A line with the literals in it and what follows them.
    fn line(&mut self) -> std::io::Result<Vec<u8>> {
        let mut whole = Vec::new();
        loop {
            let line = self.until_line_feed()?;
            let literal = literal_at_the_end(&line);
            whole.extend(line);
            match literal {
                Some(octets) => whole.extend(self.exactly(octets)?),
                None => return Ok(whole),
            }
        }
    }

    fn until_line_feed(&mut self) -> std::io::Result<Vec<u8>> {
        loop {
            let waiting = self.buffer.get(self.taken..).unwrap_or_default();
            if let Some(end) = waiting.iter().position(|&octet| octet == b'\n') {
                return Ok(self.take(end + 1));
            }
            self.fill()?;
        }
    }

    fn exactly(&mut self, octets: usize) -> std::io::Result<Vec<u8>> {
        while self.buffer.len() - self.taken < octets {
            self.fill()?;
        }
        Ok(self.take(octets))
    }

    fn take(&mut self, octets: usize) -> Vec<u8> {
        let end = self.taken + octets;
        let taken = self.buffer.get(self.taken..end).unwrap_or_default().to_vec();
        self.taken = end;
        taken
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let mut some = [0; 16 * 1024];
        let count = self.stream.read(&mut some)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.buffer.extend_from_slice(&some[..count]);
        self.heard.extend_from_slice(&some[..count]);
        Ok(())
    }
}

fn refused_unless_ok(command: &str, answer: &Answer) -> Result<(), ServerError> {
    if answer.is_ok() {
        return Ok(());
    }
    let detail = match answer.lost {
        Some(why) => format!("no answer ({why}) after {:?}", answer.text()),
        None => answer.tagged.clone(),
    };
    Err(ServerError::Refused { command: command.to_owned(), detail })
}

/// `{12}`, `{12+}` and `~{12}` at the end of a line announce a literal.
fn literal_at_the_end(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let start = line.iter().rposition(|&octet| octet == b'{')? + 1;
    let digits = std::str::from_utf8(line.get(start..)?).ok()?;
    digits.trim_end_matches('+').parse().ok()
}

/// A loaded machine answers within this.
const PATIENCE: Duration = Duration::from_secs(40);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_seen_at_the_end_of_a_line_only() {
        for (line, octets) in [
            (b"* 1 FETCH (BODY[] {12}\r\n".as_slice(), Some(12)),
            (b"* 1 FETCH (BINARY[] ~{0}\n", Some(0)),
            (b"a {3+}\r\n", Some(3)),
            (b"* OK {3} is a number\r\n", None),
            (b"* OK {}\r\n", None),
            (b"12}\r\n", None),
        ] {
            assert_eq!(literal_at_the_end(line), octets, "{}", String::from_utf8_lossy(line));
        }
    }
}
