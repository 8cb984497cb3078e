//! Judges recorded octets of servers: how many answers to a command went in, and how many were understood. For
//! `examples/responses.rs` and the tests; no part of the API.
//!
//! The octets go through the framing and the grammar of the machine, without its states. A scan that shares no code with them
//! counts what is left where they end early, so that `lost` means something.

use crate::command::{Command, Shape, Verb};
use crate::fault::{FaultRow, Faults};
use crate::frame::{Frame, Framer};
use crate::response::{Odd, STATUS_OK, Status, listed, status, values};
use crate::{Capabilities, Event, Handle, Refusal, ResponseCode};
use waypost_wire::{Limits, Secret};

/// What became of the answers of one recording.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Answers of any kind: greeting, `+OK`, `-ERR`, continuation; a listing or message counts with its status line.
    pub responses: usize,
    /// Understood completely.
    pub typed: usize,
    /// With a line that says nothing, or no answer at all.
    pub salvaged: usize,
    /// With a capability or a response code that no supported specification knows.
    pub unknown: usize,
    /// Not delivered, or not to its end.
    pub lost: usize,
    /// Octets of the recording.
    pub bytes: usize,
    /// Octets of messages, stuffing undone.
    pub body: u64,
    /// The faults that were tolerated, with how often.
    pub faults: Vec<(&'static FaultRow, u64)>,
}

/// How much of an answer was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// All of it.
    Typed,
    /// All but what stands in no specification that we support.
    Unknown,
    /// All but what breaks the grammar.
    Salvaged,
}

/// What an answer was, for whoever looks at them.
#[derive(Debug)]
pub struct Answer {
    /// The status line.
    pub status: String,
    /// What the lines said, but for messages.
    pub events: Vec<Event>,
    /// Octets of the message.
    pub body: u64,
}

/// The names that [`judge`] knows.
pub const COMMANDS: [&str; 20] = [
    "greeting", "capa", "stls", "user", "pass", "apop", "auth", "utf8", "lang", "stat", "list", "list-one",
    "uidl", "uidl-one", "retr", "top", "dele", "noop", "rset", "quit",
];

/// Reads the answers to a command, one after the other; gives each to `each`. `None` if there is no such command.
pub fn judge(
    octets: &[u8],
    command: &str,
    strict: bool,
    each: impl FnMut(Verdict, &Answer),
) -> Option<Tally> {
    let rules = command_of(command)?.rules();
    let mut judge = Judge {
        framer: Framer::new(Limits::default()),
        faults: Faults::new(strict),
        verb: rules.verb,
        shape: rules.shape,
        open: None,
        verdict: Verdict::Typed,
        tally: Tally { bytes: octets.len(), ..Tally::default() },
        each,
    };
    let finished = octets.chunks(PIECE).all(|piece| {
        judge.framer.push(piece);
        judge.frames()
    });
    let left = usize::try_from(judge.framer.offset()).unwrap_or(usize::MAX);
    let rest = octets.get(left..).unwrap_or_default();
    let begun = usize::from(judge.open.is_some());
    let unread = statuses(rest).max(usize::from(!finished || !rest.is_empty()));
    judge.tally.lost = if judge.open.is_some() && finished { begun } else { unread.max(begun) };
    judge.tally.responses += judge.tally.lost;
    judge.tally.faults = judge.faults.fired().collect();
    Some(judge.tally)
}

struct Judge<E> {
    framer: Framer,
    faults: Faults,
    verb: Verb,
    shape: Shape,
    /// The answer whose terminator has not come.
    open: Option<Answer>,
    verdict: Verdict,
    tally: Tally,
    each: E,
}

impl<E: FnMut(Verdict, &Answer)> Judge<E> {
    /// Reads what is whole; whether it can go on.
    fn frames(&mut self) -> bool {
        loop {
            match self.framer.next(&mut self.faults) {
                Ok(None) => return true,
                Err(_) => return false,
                Ok(Some(Frame::Line)) => {
                    let read = if self.open.is_some() { self.listed() } else { self.status() };
                    if read.is_err() {
                        return false;
                    }
                }
                Ok(Some(Frame::Part(part))) => {
                    if let Some(answer) = &mut self.open {
                        answer.body += part.len() as u64;
                    }
                }
                Ok(Some(Frame::End)) => self.ended(),
            }
        }
    }

    fn status(&mut self) -> Result<(), &'static str> {
        let line = self.framer.line();
        let mut answer =
            Answer { status: String::from_utf8_lossy(line).into_owned(), events: Vec::new(), body: 0 };
        self.verdict = Verdict::Typed;
        match status(line, &mut self.faults)? {
            Some(Status::Ok(_)) => {
                let rest = line.get(STATUS_OK..).unwrap_or_default();
                match self.shape {
                    Shape::Line => {
                        let value = values(self.verb, HANDLE, rest, &mut self.faults);
                        value.map_or(Ok(()), |value| self.add(&mut answer, value))?;
                    }
                    Shape::Listing => self.framer.expect_listing(Limits::default().body),
                    Shape::Body => self.framer.expect_body(),
                }
                let closed = self.shape == Shape::Line;
                self.open = Some(answer);
                if closed {
                    self.ended();
                }
                return Ok(());
            }
            Some(Status::Err(Refusal::Err { code: Some(ResponseCode::Other(_)), .. })) => {
                self.verdict = Verdict::Unknown;
            }
            Some(Status::Err(_)) => {}
            Some(Status::Continue(_)) if self.verb == Verb::Auth => {}
            _ => self.verdict = Verdict::Salvaged,
        }
        self.open = Some(answer);
        self.ended();
        Ok(())
    }

    fn listed(&mut self) -> Result<(), &'static str> {
        let value = listed(self.verb, HANDLE, self.framer.line(), &mut self.faults);
        if let Ok(Event::Capability { name, arguments, .. }) = &value {
            let mut known = Capabilities::default();
            known.learn(name, arguments);
            if !known.others.is_empty() {
                self.verdict = self.verdict.max(Verdict::Unknown);
            }
        }
        let Some(mut answer) = self.open.take() else { return Ok(()) };
        self.add(&mut answer, value)?;
        self.open = Some(answer);
        Ok(())
    }

    fn add(&mut self, answer: &mut Answer, value: Result<Event, Odd>) -> Result<(), &'static str> {
        match value {
            Ok(event) => answer.events.push(event),
            Err(Odd::Strict(rule)) => return Err(rule),
            Err(Odd::Line(fault)) => {
                self.faults.tolerate(fault)?;
                self.verdict = Verdict::Salvaged;
                answer.events.push(Event::Unreadable { handle: HANDLE, line: self.framer.line().to_vec() });
            }
        }
        Ok(())
    }

    fn ended(&mut self) {
        let Some(answer) = self.open.take() else { return };
        self.tally.responses += 1;
        self.tally.body += answer.body;
        *match self.verdict {
            Verdict::Typed => &mut self.tally.typed,
            Verdict::Salvaged => &mut self.tally.salvaged,
            Verdict::Unknown => &mut self.tally.unknown,
        } += 1;
        (self.each)(self.verdict, &answer);
    }
}

fn command_of(name: &str) -> Option<Command> {
    let secret = || Secret::from("x");
    Some(match name {
        // Its line is like the answer to a command without values.
        "greeting" | "noop" => Command::Noop,
        "capa" => Command::Capa,
        "stls" => Command::Stls,
        "user" => Command::User("x".to_owned()),
        "pass" => Command::Pass(secret()),
        "apop" => Command::Apop { username: "x".to_owned(), digest: secret() },
        "auth" => Command::Auth { mechanism: "X".to_owned(), initial: None },
        "utf8" => Command::Utf8,
        "lang" => Command::Lang(None),
        "stat" => Command::Stat,
        "list" => Command::List(None),
        "list-one" => Command::List(Some(1)),
        "uidl" => Command::Uidl(None),
        "uidl-one" => Command::Uidl(Some(1)),
        "retr" => Command::Retr(1),
        "top" => Command::Top(1, 0),
        "dele" => Command::Dele(1),
        "rset" => Command::Rset,
        "quit" => Command::Quit,
        _ => return None,
    })
}

/// Lines that look like the beginning of an answer.
fn statuses(octets: &[u8]) -> usize {
    octets
        .split(|octet| *octet == b'\n')
        .filter(|line| {
            line.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"+OK"))
                || line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"-ERR"))
        })
        .count()
}

/// Stands for a command that nobody sent.
const HANDLE: Handle = Handle(0);

/// How much is handed in at once.
const PIECE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(octets: &[u8], command: &str, strict: bool) -> [usize; 5] {
        let tally = judge(octets, command, strict, |_, _| {}).unwrap();
        [tally.responses, tally.typed, tally.unknown, tally.salvaged, tally.lost]
    }

    #[test]
    fn every_command_has_a_shape() {
        for name in COMMANDS {
            assert_eq!(counts(b"-ERR no\r\n", name, true), [1, 1, 0, 0, 0], "{name}");
        }
        assert_eq!(judge(b"", "rest", false, |_, _| {}), None);
    }

    #[test]
    fn answers_are_counted_by_how_well_they_are_understood() {
        assert_eq!(counts(b"+OK\r\n1 2\r\ngone\r\n.\r\n-ERR [X] no\r\n", "list", false), [2, 0, 1, 1, 0]);
        assert_eq!(
            counts(b"+OK\r\nTOP\r\nX-NEW\r\n.\r\n+OK\r\nTOP\r\n.\r\n", "capa", false),
            [2, 1, 1, 0, 0]
        );
        assert_eq!(counts(b"+OK 1 2\r\n+OK\r\n* OK\r\n", "stat", false), [3, 1, 0, 2, 0]);
        assert_eq!(counts(b"+ \r\n+OK\r\n", "auth", false), [2, 2, 0, 0, 0]);
    }

    #[test]
    fn what_is_cut_or_refused_is_lost() {
        assert_eq!(counts(b"+OK\r\na\r\n", "retr", false), [1, 0, 0, 0, 1]);
        assert_eq!(counts(b"+OK\r\n1 2\r\n.\r\n+O", "list", false), [2, 1, 0, 0, 1]);
        let octets = b"+OK 1 2\r\n+ok 1 2\r\n+OK 1 2\r\n";
        assert_eq!(counts(octets, "stat", false), [3, 3, 0, 0, 0]);
        assert_eq!(counts(octets, "stat", true)[1], 1, "{:?}", counts(octets, "stat", true));
        assert!(counts(octets, "stat", true)[4] >= 1);
    }

    #[test]
    fn octets_of_messages_are_counted_without_their_stuffing() {
        let tally = judge(b"+OK\r\n..a\r\n.\r\n+OK\r\n.\r\n", "retr", true, |_, _| {}).unwrap();
        assert_eq!((tally.responses, tally.typed, tally.body), (2, 2, 4));
    }
}
