//! An IMAP server that has its answers ready: whoever logs in as `A` finds a mailbox of set A, and so on. FETCH and SEARCH are answered
//! with the set, whatever is asked for; a partial FETCH (RFC 9051, 6.4.5) is answered with the octets of that part.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use waypost_bench::Set;

/// Octets of the body of set C1.
const LARGE: usize = 100 << 20;

/// Starts to serve all sets until the process ends.
pub(crate) fn start() -> io::Result<SocketAddr> {
    let mut sets = waypost_bench::sets();
    sets.push(large());
    let sets = Arc::new(sets);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let sets = Arc::clone(&sets);
            // A client that hangs up ends its own connection only.
            thread::spawn(move || serve(&stream, &sets));
        }
    });
    Ok(address)
}

/// One message of 100 MiB.
fn large() -> Set {
    let line = b"Some words of a message, seventy-six octets to the line as mail has it...\r\n";
    let mut octets = format!("* 1 FETCH (UID 8 BODY[] {{{LARGE}}}\r\n").into_bytes();
    let head = b"From: robin@waypost.example\r\nSubject: A large one\r\n\r\n";
    octets.extend(head.iter().chain(line.iter().cycle()).take(LARGE));
    octets.extend_from_slice(b")\r\n");
    Set { name: "C1", octets, responses: 1, sum: LARGE as u64 }
}

fn serve(mut stream: &TcpStream, sets: &[Set]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(b"* OK [CAPABILITY IMAP4rev1 UIDPLUS IDLE LITERAL+] ready\r\n")?;
    let (mut piece, mut input) = (vec![0; 64 * 1024], Vec::new());
    let mut session = Session { set: None };
    loop {
        let length = stream.read(&mut piece)?;
        if length == 0 {
            return Ok(());
        }
        input.extend_from_slice(piece.get(..length).unwrap_or_default());
        let whole = memchr::memrchr(b'\n', &input).map_or(0, |end| end + 1);
        let lines: Vec<u8> = input.drain(..whole).collect();
        for line in String::from_utf8_lossy(&lines).lines() {
            let (tag, command) = line.split_once(' ').unwrap_or((line, ""));
            session.answer(&mut stream, sets, tag, command)?;
            if command.eq_ignore_ascii_case("LOGOUT") {
                return Ok(());
            }
        }
    }
}

struct Session<'a> {
    set: Option<&'a Set>,
}

impl<'a> Session<'a> {
    fn answer(
        &mut self,
        stream: &mut &TcpStream,
        sets: &'a [Set],
        tag: &str,
        command: &str,
    ) -> io::Result<()> {
        let upper = command.to_ascii_uppercase();
        let verb = upper.strip_prefix("UID ").unwrap_or(&upper);
        let octets = self.set.map(|set| set.octets.as_slice()).unwrap_or_default();
        let text: String = match verb.split(' ').next().unwrap_or_default() {
            "FETCH" => match partial(&upper) {
                Some((start, length)) => {
                    let body = self.body().unwrap_or_default();
                    let part =
                        body.get(start.min(body.len())..(start + length).min(body.len())).unwrap_or_default();
                    stream.write_all(
                        format!(
                            "* 1 FETCH (UID 8 RFC822.SIZE {} BODY[]<{start}> {{{}}}\r\n",
                            body.len(),
                            part.len()
                        )
                        .as_bytes(),
                    )?;
                    stream.write_all(part)?;
                    ")\r\n".to_owned()
                }
                None if verb.contains("BODY")
                    || !matches!(self.set, Some(set) if set.name.starts_with('C')) =>
                {
                    stream.write_all(octets)?;
                    String::new()
                }
                // What is asked of one message before its body is.
                None => format!(
                    "* 1 FETCH (UID 8 FLAGS () RFC822.SIZE {LARGE} BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"8bit\" {LARGE} 1398101 NIL NIL NIL NIL))\r\n"
                ),
            },
            "SEARCH" => {
                stream.write_all(octets)?;
                String::new()
            }
            "LOGIN" => {
                let name = verb.split(' ').nth(1).unwrap_or_default().trim_matches('"');
                self.set = sets.iter().find(|set| set.name == name);
                String::new()
            }
            "SELECT" | "EXAMINE" => {
                let exists = self.set.map_or(0, |set| if set.name == "F" { 500_000 } else { set.responses });
                format!(
                    "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded $Junk)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n* {exists} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 9000000] ok\r\n"
                )
            }
            "CAPABILITY" => "* CAPABILITY IMAP4rev1 UIDPLUS IDLE LITERAL+\r\n".to_owned(),
            "LIST" | "LSUB" => {
                format!("* {} (\\HasNoChildren) \"/\" INBOX\r\n", verb.split(' ').next().unwrap_or_default())
            }
            "LOGOUT" => "* BYE\r\n".to_owned(),
            "NOOP" | "CLOSE" | "CHECK" | "UNSELECT" => String::new(),
            _ => return stream.write_all(format!("{tag} BAD unknown\r\n").as_bytes()),
        };
        let mut end = text;
        // Writing to a String does not fail.
        let _ = write!(end, "{tag} OK done\r\n");
        stream.write_all(end.as_bytes())
    }

    /// The octets of the one body of the set.
    fn body(&self) -> Option<&'a [u8]> {
        let octets = self.set?.octets.as_slice();
        let start = memchr::memchr(b'\n', octets)? + 1;
        octets.get(start..start + LARGE)
    }
}

/// Offset and length of `BODY[...]<offset.length>`.
fn partial(command: &str) -> Option<(usize, usize)> {
    let (_, rest) = command.split_once("]<")?;
    let (start, length) = rest.split_once('>')?.0.split_once('.')?;
    Some((start.parse().ok()?, length.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_fetch_names_offset_and_length() {
        assert_eq!(partial("UID FETCH 8 (UID BODY.PEEK[]<65536.131072>)"), Some((65_536, 131_072)));
        assert_eq!(partial("UID FETCH 8 (UID BODY.PEEK[])"), None);
    }
}
