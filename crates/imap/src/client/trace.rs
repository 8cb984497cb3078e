//! The traffic as a log shows it, for the owner who asks for it. What goes out shows what its encoder marked as fit to be
//! shown; what comes in shows no literal, no challenge and no token.

use super::Client;
use super::running::{Phase, Running};
use crate::Command;
use crate::encode::{HIDDEN, elide, show};
use crate::frame::{STREAMED, literal_length};
use memchr::memchr;
use std::collections::VecDeque;

/// Lines that wait for the owner.
#[derive(Debug)]
pub(super) struct Trace {
    lines: VecDeque<String>,
    octets: usize,
    /// Most octets that wait.
    limit: usize,
    lost: u64,
}

impl Trace {
    pub(super) fn new(limit: usize) -> Self {
        Self { lines: VecDeque::new(), octets: 0, limit, lost: 0 }
    }

    /// What was sent or received; a piece for each line of it.
    pub(super) fn push(&mut self, mark: &str, text: &str) {
        for line in text.split_terminator('\n') {
            let line = format!("{mark}: {line}");
            self.octets += line.len();
            self.lines.push_back(line);
        }
        while self.octets > self.limit {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.octets -= oldest.len();
            self.lost += 1;
        }
    }

    fn take(&mut self) -> Vec<String> {
        self.octets = 0;
        let lost = std::mem::take(&mut self.lost);
        let gap = (lost > 0).then(|| format!("({lost} lines were not taken in time)"));
        gap.into_iter().chain(self.lines.drain(..)).collect()
    }
}

impl Client {
    /// The lines since the last call, where [`super::Options::trace`] is set: `C: ` what was sent, `S: ` what was received.
    /// Literals are shown as their length; LOGIN's arguments, what AUTHENTICATE exchanges and tokens of URLAUTH are not
    /// shown. Older lines go where [`waypost_wire::Limits::trace`] is reached.
    pub fn take_trace(&mut self) -> Vec<String> {
        self.tracing().map(Trace::take).unwrap_or_default()
    }

    /// Where lines are kept: with the feature `on-request` only, so that nothing of this is in the modules of the npm package.
    pub(super) fn tracing(&mut self) -> Option<&mut Trace> {
        self.trace.as_mut().filter(|_| cfg!(feature = "on-request"))
    }

    /// The whole response that the framer holds.
    #[inline(never)]
    pub(super) fn trace_response(&mut self) {
        let exchanging = self.running.iter().any(exchanges_secrets);
        let shown = shown_response(self.framer.response(), exchanging);
        if let Some(trace) = self.tracing() {
            trace.push("S", &shown);
        }
    }
}

fn exchanges_secrets(running: &Running) -> bool {
    matches!(running.command, Command::Authenticate { .. })
        && matches!(running.phase, Phase::Exchanging | Phase::AwaitingAnswer)
}

/// A response as a log shows it. While AUTHENTICATE runs, only what is surely no challenge is shown.
fn shown_response(response: &[u8], exchanging: bool) -> String {
    let mut text = String::new();
    let line = response.trim_ascii_start();
    let name = secret_name(line);
    if exchanging && !line.starts_with(b"* ") && !is_tagged(line) {
        text.push_str(if line.starts_with(b"+") { "+ " } else { "" });
        text.push_str(HIDDEN);
    } else if let Some(name) = name {
        text.push_str(&format!("* {name} {HIDDEN}"));
    } else if let Some(code) = badurl(line) {
        // The URL that the server could not use, token and all (RFC 4469, 5).
        show_lines(&mut text, line.get(..code).unwrap_or_default());
        text.push_str("[BADURL [hidden]]");
    } else {
        show_lines(&mut text, line);
    }
    text.push('\n');
    text
}

/// Where the response code BADURL begins.
fn badurl(line: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'[', line)
        .find(|at| line.get(*at..).is_some_and(|code| code.starts_with(b"[BADURL ")))
}

/// `w12 OK`: our tags.
fn is_tagged(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"w") else { return false };
    let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let word = rest.get(digits..).and_then(|rest| rest.strip_prefix(b" ")).unwrap_or_default();
    digits > 0 && [&b"OK"[..], b"NO", b"BAD"].iter().any(|known| word.starts_with(known))
}

/// The name of untagged data that is a token or names one.
fn secret_name(line: &[u8]) -> Option<&'static str> {
    let data = line.strip_prefix(b"*")?.trim_ascii_start();
    let length = data.iter().take_while(|octet| octet.is_ascii_alphanumeric()).count();
    let word = data.get(..length)?;
    SECRET_NAMES.iter().find(|name| name.as_bytes().eq_ignore_ascii_case(word)).copied()
}

/// Lines and literals as framing cut them; a literal shows its length.
fn show_lines(text: &mut String, response: &[u8]) {
    let mut rest = response;
    loop {
        let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        show_line(
            text,
            line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line)),
        );
        if after.is_empty() {
            return;
        }
        text.push('\n');
        rest = match literal_length(line.trim_ascii_end()) {
            Some((octets, _)) => {
                elide(text, octets);
                let octets = usize::try_from(octets).map_or(after.len(), |octets| octets.min(after.len()));
                after.get(octets..).unwrap_or_default()
            }
            None => after,
        };
    }
}

/// One line, cut where it is long; marks of streamed literals as their length.
fn show_line(text: &mut String, line: &[u8]) {
    let kept = line.get(..LINE).unwrap_or(line);
    for (index, piece) in kept.split(|octet| *octet == STREAMED).enumerate() {
        // Marks stand in pairs around the length.
        if index % 2 == 1 {
            text.push_str(&format!("{{{} octets}}", String::from_utf8_lossy(piece)));
        } else {
            show(text, piece);
        }
    }
    if kept.len() < line.len() {
        text.push_str(&format!("... ({} octets)", line.len()));
    }
}

/// URLAUTH (RFC 4467): whoever has such a URL may read the message.
const SECRET_NAMES: [&str; 2] = ["GENURLAUTH", "URLFETCH"];

/// Octets of a line that are shown: enough for an envelope, not for a SEARCH of a large mailbox.
const LINE: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_show_what_they_are_and_no_literal_no_challenge_and_no_token() {
        for (response, exchanging, shown) in [
            (&b"* OK ready"[..], false, "* OK ready\n"),
            (b"* 1 FETCH (BODY[] {3}\r\na\nb UID 5)", false, "* 1 FETCH (BODY[] {3}\n{3 octets} UID 5)\n"),
            (b"* 1 FETCH (BODY[] \x005000\0 UID 5)", false, "* 1 FETCH (BODY[] {5000 octets} UID 5)\n"),
            (b"+ cj1hYmM=", true, "+ [hidden]\n"),
            (b"cj1hYmM=", true, "[hidden]\n"),
            (b"w3 NO [AUTHENTICATIONFAILED] no", true, "w3 NO [AUTHENTICATIONFAILED] no\n"),
            (b"* CAPABILITY IMAP4rev1", true, "* CAPABILITY IMAP4rev1\n"),
            (b"w5 NO [BADURL /a;urlauth=x:internal:91354a] no", false, "w5 NO [BADURL [hidden]]\n"),
            (b"* genurlauth \"imap://a;urlauth=x:internal:91354a\"", false, "* GENURLAUTH [hidden]\n"),
        ] {
            assert_eq!(shown_response(response, exchanging), shown);
        }
    }

    #[test]
    fn what_is_not_taken_does_not_grow() {
        let mut trace = Trace::new(1000);
        for _ in 0..1000 {
            trace.push("C", "w1 NOOP\n");
        }
        assert!(trace.octets <= 1000);
        let lines = trace.take();
        assert!(lines[0].contains("lines were not taken"), "{}", lines[0]);
        assert_eq!(lines.last().map(String::as_str), Some("C: w1 NOOP"));
        assert!(trace.take().is_empty());
    }
}
