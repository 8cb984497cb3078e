//! The limit: asks, and reads to the end of the answer without looking at it.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

/// What is read at once.
const READ: usize = 256 * 1024;

/// Logs in as `user` at `address`, sends `command` and prints milliseconds and octets of its answer.
pub(crate) fn limit(address: &str, user: &str, command: &str) -> Result<(), String> {
    measure(address, user, command).map_err(|error| error.to_string())
}

fn measure(address: &str, user: &str, command: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; READ];
    stream.write_all(format!("a LOGIN {user} secret\r\nb SELECT INBOX\r\n").as_bytes())?;
    answered(&mut stream, &mut buffer, b"b OK")?;
    let start = Instant::now();
    stream.write_all(format!("c {command}\r\n").as_bytes())?;
    let octets = answered(&mut stream, &mut buffer, b"c OK")?;
    writeln!(io::stdout(), "{} {octets}", start.elapsed().as_secs_f64() * 1e3)
}

/// Reads until a line at the end of what is there begins with `end`; how many octets came.
fn answered(stream: &mut TcpStream, buffer: &mut [u8], end: &[u8]) -> io::Result<usize> {
    let (mut octets, mut tail) = (0, Vec::new());
    loop {
        let length = stream.read(buffer)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        octets += length;
        tail.extend_from_slice(buffer.get(length.saturating_sub(200)..length).unwrap_or_default());
        tail.drain(..tail.len().saturating_sub(200));
        let line = tail
            .strip_suffix(b"\r\n")
            .map(|lines| lines.rsplit(|octet| *octet == b'\n').next().unwrap_or(lines));
        if line.is_some_and(|line| line.starts_with(end)) {
            return Ok(octets);
        }
    }
}
