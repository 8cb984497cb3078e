//! Rows of FETCH one after the other, read where they were handed in: no event, no memory and no copy for each.

use super::{Client, State};
use crate::grammar;
use crate::types::Row;

impl Client {
    /// Gives rows that come next and are whole lines, until `take` wants no more or something else comes. They are no events then. Takes
    /// none where something has to come before, and where the machine has to look at rows itself; [`waypost_wire::Machine::poll`]
    /// follows in any case.
    pub fn rows(&mut self, mut take: impl FnMut(Row<'_>) -> bool) {
        if self.looks_at_rows() {
            return;
        }
        let most = LONGEST.min(self.limits.line).min(self.limits.response);
        let mut fetched = std::mem::take(&mut self.row);
        let mut goes_on = true;
        while goes_on {
            let line = self.framer.unsearched().and_then(|input| whole_line(input, most));
            let Some(octets) = line else { break };
            if grammar::read_message_data(octets, &mut fetched, self.reading()).is_none() {
                break;
            }
            goes_on = take(Row { fetched: &fetched, octets });
            let length = octets.len() + 2;
            self.framer.skip(length);
        }
        self.row = fetched;
    }

    /// Whether something has to come before the next row, or rows are not the owner's alone.
    pub(super) fn looks_at_rows(&self) -> bool {
        !self.outputs.is_empty()
            || matches!(self.state, State::AwaitingGreeting | State::Ended)
            || self.numbers.is_some()
            || self.trace.is_some()
            || self.running.iter().any(|running| running.cancelled)
    }
}

/// The line in front, without its end, where it is here and its end tells that no literal follows.
fn whole_line(input: &[u8], most: usize) -> Option<&[u8]> {
    let input = input.get(..most).unwrap_or(input);
    let (line, rest) = input.split_at_checked(grammar::line_end(input)?)?;
    match line {
        [line @ .., b'\r'] if rest.first() == Some(&b'\n') && line.last() != Some(&b'}') => Some(line),
        _ => None,
    }
}

/// A line up to this length is read here: it is looked for its end once more where it is not whole.
const LONGEST: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Fetched;
    use crate::{Event, Options, Response};
    use waypost_wire::{Input, Machine, Output, Timestamp};

    const LINES: &[&str] = &[
        "* 1 FETCH (UID 5 FLAGS (\\Seen a b) ENVELOPE (\"Tue, 1 Dec 2026 10:00:00 +0000\" \"s\" ((\"Kim\" NIL \"kim\" \"a.example\")) NIL NIL NIL NIL NIL NIL \"<1@a>\"))\r\n",
        "* 2 FETCH (UID 12345678 RFC822.SIZE 12345678 INTERNALDATE \" 1-Dec-2026 10:00:00 +0100\")\r\n",
        "* 3 FETCH (UID 7 ENVELOPE (NIL {3}\r\na\tb NIL NIL NIL NIL NIL NIL NIL NIL))\r\n",
        "* 4 EXISTS\r\n",
        "* 5 FETCH (UID 8 BODYSTRUCTURE (\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 5 1) X-NEW (a b))\r\n",
        "* 6 FETCH (UID 9 BODYSTRUCTURE ((BROKEN)(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 5 1) \"MIXED\") FLAGS (b))\r\n",
        "* 7 FETCH (UID 10 FLAGS (\\Seen))\n",
        "* 8 FETCH (UID 11 ENVELOPE (NIL \"a\0b\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n",
        "* 9 FETCH (UID 12 ENVELOPE ((NIL \"d\" NIL NIL NIL NIL NIL NIL NIL NIL)) FLAGS NIL)\r\n",
        "* 10 FETCH (UID 13 BODY[HEADER] \"a: b\" UID 0)\r\n",
        "* 0 FETCH (UID 14)\r\n",
        "* 11 FETCH (UID 15 MODSEQ (7) ENVELOPE NIL)\r\n",
    ];

    fn connected(options: Options) -> Client {
        let mut client = Client::new(options);
        client.handle(Timestamp::default(), Input::Bytes(b"* OK hello\r\n"));
        while !matches!(client.poll(Timestamp::default()), Output::Wait(_)) {}
        client
    }

    /// What comes of octets that are handed in in parts, and which faults are counted.
    fn read(mut client: Client, parts: &[&[u8]], by_rows: bool) -> (Vec<Event>, Vec<(&'static str, u64)>) {
        let mut events = Vec::new();
        let event = |row: Fetched| Event::Response(Response::Fetch(Box::new(row)));
        for part in parts {
            client.handle(Timestamp::default(), Input::Bytes(part));
            loop {
                if by_rows {
                    client.rows(|row| {
                        events.push(event(row.into_owned()));
                        row.items().sequence % 2 == 0
                    });
                }
                match client.poll(Timestamp::default()) {
                    Output::Event(event) => events.push(event),
                    Output::Wait(_) | Output::Close => break,
                    other => panic!("{other:?}"),
                }
            }
        }
        let faults = client.faults().map(|(row, count)| (row.name, count)).collect();
        (events, faults)
    }

    #[test]
    fn rows_and_events_are_the_same_wherever_octets_are_cut() {
        let all = LINES.concat();
        let (expected, faults) = read(connected(Options::default()), &[all.as_bytes()], false);
        assert_eq!(expected.len(), LINES.len());
        assert!(faults.len() > 3, "{faults:?}");
        for cut in 0..=all.len() {
            let (before, after) = all.as_bytes().split_at(cut);
            assert_eq!(
                read(connected(Options::default()), &[before, after], true),
                (expected.clone(), faults.clone()),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_no_row() {
        let mut options = Options::default();
        options.limits.line = 64;
        let row = format!("* 1 FETCH (UID 5 FLAGS ({}))\r\n", "a".repeat(64));
        let (events, _) = read(connected(options), &[row.as_bytes()], true);
        assert!(matches!(events.first(), Some(Event::Failed(_))), "{events:?}");
    }

    #[test]
    fn rows_are_taken_from_memory_not_as_events() {
        let mut client = connected(Options::default());
        client.handle(Timestamp::default(), Input::Bytes([LINES[0], LINES[1]].concat().as_bytes()));
        let mut sequences = Vec::new();
        client.rows(|row| {
            sequences.push(row.items().sequence);
            true
        });
        assert_eq!(sequences, [1, 2]);
        assert!(matches!(client.poll(Timestamp::default()), Output::Wait(_)));
    }
}
