//! Long commands as several: servers take only so many octets a line (RFC 7162, 4 asks for 8192 and promises nothing).

use crate::command::EVERY_COMMAND;
use crate::types::SequenceSet;
use crate::{Command, SearchKey};

/// The command as several whose lines are at most `limit` octets where its longest has `line`; `None` if it fits, or names no
/// set of messages that can be cut.
pub(super) fn split(command: &Command, line: usize, limit: usize) -> Option<Vec<Command>> {
    if line <= limit {
        return None;
    }
    let set = messages(command)?;
    // What stands around the set stands in each of them. A range alone is never cut.
    let room = limit.saturating_sub(line.saturating_sub(written(set)));
    let pieces: Option<Vec<Command>> = set.split(room).map(|piece| only(command, piece)).collect();
    pieces.filter(|pieces| pieces.len() > 1)
}

/// The set that makes a command long.
fn messages(command: &Command) -> Option<&SequenceSet> {
    match command {
        Command::Fetch { set, .. } | Command::UidFetch { set, .. } | Command::UidStore { set, .. } => {
            Some(set)
        }
        _ if !EVERY_COMMAND => None,
        Command::UidSearch(keys) => SearchKey::uids(keys),
        Command::Extended(extended) => extended.verb().messages(),
        _ => None,
    }
}

/// The same command for these messages.
fn only(command: &Command, set: SequenceSet) -> Option<Command> {
    Some(match command {
        Command::Fetch { items, .. } => Command::Fetch { set, items: items.clone() },
        Command::UidFetch { items, .. } => Command::UidFetch { set, items: items.clone() },
        Command::UidStore { action, silent, flags, .. } => {
            Command::UidStore { set, action: *action, silent: *silent, flags: flags.clone() }
        }
        _ if !EVERY_COMMAND => return None,
        Command::UidSearch(keys) => Command::UidSearch(SearchKey::with_uids(keys, set)?),
        Command::Extended(extended) => extended.verb().only(set)?,
        _ => return None,
    })
}

/// How many octets a set takes where it is written.
fn written(set: &SequenceSet) -> usize {
    set.to_string().len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FetchItem;
    use crate::encode::{Encoder, Peer};

    #[test]
    fn no_line_of_a_piece_is_too_long_and_no_message_is_lost_or_asked_for_twice() {
        let numbers: Vec<u32> = (1..5000).map(|number| number * 7).collect();
        let set = SequenceSet::from_numbers(numbers.iter().copied()).unwrap();
        let search = Command::UidSearch(vec![SearchKey::Unseen, SearchKey::Uid(set.clone())]);
        let fetch = Command::UidFetch { set, items: vec![FetchItem::Flags] };
        for (command, limit) in [(&fetch, 1000), (&fetch, 8000), (&search, 1000)] {
            let line = |command: &Command| {
                Encoder::command("w12", command, &Peer::default()).unwrap()[0].line_octets()
            };
            let pieces = split(command, line(command), limit).unwrap();
            assert!(pieces.iter().all(|piece| line(piece) <= limit));
            assert!(pieces.len() <= line(command) / (limit - 100) + 1);
            let found: Vec<u32> = pieces
                .iter()
                .flat_map(|piece| messages(piece).unwrap().ranges())
                .map(|(first, _)| first)
                .collect();
            assert_eq!(found, numbers);
        }
        assert!(split(&fetch, 100, 1000).is_none());
        assert!(split(&Command::Noop, 2000, 1000).is_none());
    }
}
