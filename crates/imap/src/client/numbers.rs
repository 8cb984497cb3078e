//! Which UID stands at which message sequence number (RFC 9051, 2.3.1.2), as far as the server has said it. The count is kept
//! here: EXISTS need not follow EXPUNGE. Any EXPUNGE, whenever it comes, moves the numbers behind it.

use crate::types::Uid;

/// Sequence numbers of the selected mailbox and the UIDs that are known for them.
#[derive(Debug, Clone, Default)]
pub struct SequenceNumbers {
    /// In order; none is empty.
    blocks: Vec<Block>,
    count: usize,
    /// Most messages that are kept.
    limit: usize,
    /// The mailbox has more messages than are kept: nothing is known.
    beyond: bool,
}

/// Some messages in a row; 0 stands for a UID that is not known.
#[derive(Debug, Clone, Default)]
struct Block {
    uids: Vec<u32>,
    /// The first and the last that are known; 0 if none is.
    first: u32,
    last: u32,
}

impl SequenceNumbers {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// How many messages the mailbox has; `None` if it has more than [`super::Options::numbers`] allows.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        u32::try_from(self.count).ok().filter(|_| !self.beyond)
    }

    /// The UID of the message with this sequence number, if the server has said it.
    #[must_use]
    pub fn uid(&self, sequence: u32) -> Option<Uid> {
        let (block, index) = self.locate(sequence)?;
        Uid::new(*self.blocks.get(block)?.uids.get(index)?)
    }

    /// The sequence number of the message with this UID, if the server has said it.
    #[must_use]
    pub fn sequence(&self, uid: Uid) -> Option<u32> {
        let mut before = 0;
        for block in &self.blocks {
            if (block.first..=block.last).contains(&uid.as_u32())
                && let Some(index) = block.uids.iter().position(|known| *known == uid.as_u32())
            {
                return u32::try_from(before + index + 1).ok();
            }
            before += block.uids.len();
        }
        None
    }

    /// Another mailbox, or none.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.limit);
    }

    /// EXISTS. A server that says fewer than before without EXPUNGE has lost its count, and we ours.
    pub(super) fn exists(&mut self, count: u32) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count < self.count {
            self.reset();
        }
        self.beyond = count > self.limit;
        if self.beyond {
            (self.blocks, self.count) = (Vec::new(), 0);
            return;
        }
        while self.count < count {
            let room = self.blocks.last().map_or(0, |last| BLOCK.saturating_sub(last.uids.len()));
            if room == 0 {
                self.blocks.push(Block::default());
                continue;
            }
            let Some(last) = self.blocks.last_mut() else { return };
            let more = room.min(count - self.count);
            last.uids.resize(last.uids.len() + more, 0);
            self.count += more;
        }
    }

    /// EXPUNGE: the numbers behind it move up.
    pub(super) fn expunge(&mut self, sequence: u32) {
        let Some((block, index)) = self.locate(sequence) else { return };
        let Some(found) = self.blocks.get_mut(block) else { return };
        found.uids.remove(index);
        found.refresh();
        if found.uids.is_empty() {
            self.blocks.remove(block);
        }
        self.count -= 1;
    }

    /// The server said the UID of a message.
    pub(super) fn learn(&mut self, sequence: u32, uid: Uid) {
        let Some((block, index)) = self.locate(sequence) else { return };
        let Some(block) = self.blocks.get_mut(block) else { return };
        if let Some(known) = block.uids.get_mut(index).filter(|known| **known != uid.as_u32()) {
            *known = uid.as_u32();
            block.refresh();
        }
    }

    /// VANISHED without EARLIER (RFC 7162, 3.2.10): messages of these UIDs, first to last, are gone. Each stood between its
    /// known neighbours: which of the unknown ones in between it was makes no difference.
    pub(super) fn vanished(&mut self, first: u32, last: u32) {
        let (start, end) = (self.after_all_below(first), self.before_all_above(last));
        let room = end.saturating_sub(start);
        if usize::try_from(last.saturating_sub(first)).is_ok_and(|more| more < room) {
            (first..=last).for_each(|uid| self.one_vanished(uid));
        } else {
            self.remove(start, room);
        }
    }

    fn one_vanished(&mut self, uid: u32) {
        if let Some(sequence) = Uid::new(uid).and_then(|uid| self.sequence(uid)) {
            self.expunge(sequence);
            return;
        }
        let start = self.after_all_below(uid);
        if start < self.before_all_above(uid) {
            self.remove(start, 1);
        }
    }

    /// How many messages stand up to the last that is known to have a UID below `uid`.
    fn after_all_below(&self, uid: u32) -> usize {
        let (mut before, mut found) = (0, 0);
        for block in &self.blocks {
            if block.first >= uid {
                break;
            }
            // The last block with such a message counts.
            if block.first != 0
                && let Some(index) = block.uids.iter().rposition(|known| *known != 0 && *known < uid)
            {
                found = before + index + 1;
            }
            before += block.uids.len();
        }
        found
    }

    /// How many messages stand before the first that is known to have a UID above `uid`.
    fn before_all_above(&self, uid: u32) -> usize {
        let mut before = 0;
        for block in &self.blocks {
            if block.last > uid
                && let Some(index) = block.uids.iter().position(|known| *known > uid)
            {
                return before + index;
            }
            before += block.uids.len();
        }
        before
    }

    /// Takes messages away, `start` counted from 0.
    fn remove(&mut self, start: usize, mut messages: usize) {
        let mut before = 0;
        for block in &mut self.blocks {
            let length = block.uids.len();
            let from = start.saturating_sub(before).min(length);
            let here = (length - from).min(messages);
            before += length;
            if here > 0 {
                block.uids.drain(from..from + here);
                block.refresh();
                messages -= here;
                self.count -= here;
            }
        }
        self.blocks.retain(|block| !block.uids.is_empty());
    }

    fn locate(&self, sequence: u32) -> Option<(usize, usize)> {
        let mut left = usize::try_from(sequence).ok()?.checked_sub(1).filter(|place| *place < self.count)?;
        for (index, block) in self.blocks.iter().enumerate() {
            match left.checked_sub(block.uids.len()) {
                None => return Some((index, left)),
                Some(less) => left = less,
            }
        }
        None
    }
}

impl Block {
    fn refresh(&mut self) {
        let known = |uid: &&u32| **uid != 0;
        self.first = self.uids.iter().find(known).copied().unwrap_or(0);
        self.last = self.uids.iter().rev().find(known).copied().unwrap_or(0);
    }
}

/// Messages of a block: an EXPUNGE moves at most so many, and passes over as many blocks in a mailbox of a million.
const BLOCK: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a server does.
    #[derive(Debug, Clone)]
    enum Act {
        Deliver(u32),
        Expunge(u32),
        Fetch(u32),
        /// UIDs counted from a message on, as one range.
        Vanish(u32, u32),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            (1..5_u32).prop_map(Act::Deliver),
            any::<u32>().prop_map(Act::Expunge),
            any::<u32>().prop_map(Act::Fetch),
            any::<u32>().prop_map(Act::Fetch),
            (any::<u32>(), 0..4_u32).prop_map(|(from, span)| Act::Vanish(from, span)),
        ];
        proptest::collection::vec(act, 0..200)
    }

    fn below(number: u32, bound: usize) -> usize {
        usize::try_from(number).unwrap() % bound.max(1)
    }

    proptest! {
        #[test]
        fn whatever_comes_in_between_a_number_names_the_message_it_named_for_the_server(
            begin in 0..3000_usize, gap in 1..4_u32, acts in acts(),
        ) {
            let mut next = 1;
            let mut deliver = |mailbox: &mut Vec<u32>, count: usize| {
                for _ in 0..count {
                    next += gap;
                    mailbox.push(next);
                }
            };
            let mut mailbox = Vec::new();
            let mut learnt = std::collections::BTreeSet::new();
            let mut numbers = SequenceNumbers::new(100_000);
            deliver(&mut mailbox, begin);
            numbers.exists(u32::try_from(mailbox.len()).unwrap());
            for act in acts {
                match act {
                    Act::Deliver(count) => {
                        deliver(&mut mailbox, count as usize);
                        numbers.exists(u32::try_from(mailbox.len()).unwrap());
                    }
                    _ if mailbox.is_empty() => {}
                    Act::Expunge(which) => {
                        let index = below(which, mailbox.len());
                        mailbox.remove(index);
                        numbers.expunge(u32::try_from(index + 1).unwrap());
                    }
                    Act::Fetch(which) => {
                        let index = below(which, mailbox.len());
                        learnt.insert(mailbox[index]);
                        numbers.learn(u32::try_from(index + 1).unwrap(), Uid::new(mailbox[index]).unwrap());
                    }
                    Act::Vanish(which, span) => {
                        let index = below(which, mailbox.len());
                        let end = (index + 1 + span as usize).min(mailbox.len());
                        // Only UIDs that exist are announced: a range is one where they follow each other.
                        let gone: Vec<u32> = mailbox.drain(index..end).collect();
                        for run in gone.chunk_by(|one, next| one + 1 == *next) {
                            numbers.vanished(run[0], run[run.len() - 1]);
                        }
                    }
                }
                prop_assert_eq!(numbers.count(), u32::try_from(mailbox.len()).ok());
            }
            for (index, uid) in mailbox.iter().enumerate() {
                let sequence = u32::try_from(index + 1).unwrap();
                let known = numbers.uid(sequence).map(Uid::as_u32);
                prop_assert_eq!(known, learnt.contains(uid).then_some(*uid), "at {}", sequence);
                if known.is_some() {
                    prop_assert_eq!(numbers.sequence(Uid::new(*uid).unwrap()), Some(sequence));
                }
            }
        }
    }

    #[test]
    fn a_mailbox_beyond_the_limit_costs_nothing_and_says_so() {
        let mut numbers = SequenceNumbers::new(1000);
        numbers.exists(u32::MAX);
        assert_eq!((numbers.count(), numbers.uid(1), numbers.blocks.len()), (None, None, 0));
        numbers.expunge(5);
        numbers.vanished(1, u32::MAX);
        numbers.exists(10);
        assert_eq!(numbers.count(), Some(10));
    }

    #[test]
    fn a_server_that_lies_costs_what_we_knew_and_no_more() {
        let mut numbers = SequenceNumbers::new(1000);
        numbers.exists(10);
        numbers.learn(3, Uid::new(30).unwrap());
        numbers.learn(11, Uid::new(110).unwrap());
        numbers.expunge(0);
        numbers.expunge(11);
        assert_eq!(numbers.sequence(Uid::new(30).unwrap()), Some(3));
        numbers.exists(9);
        assert_eq!((numbers.count(), numbers.uid(3)), (Some(9), None));
        numbers.learn(1, Uid::new(500).unwrap());
        numbers.learn(2, Uid::new(5).unwrap());
        numbers.vanished(5, 5);
        numbers.vanished(1, u32::MAX);
        assert_eq!(numbers.count(), Some(0));
    }

    #[test]
    fn a_million_expunges_of_a_large_mailbox_cost_no_square() {
        let mut numbers = SequenceNumbers::new(1_000_000);
        numbers.exists(300_000);
        for sequence in (1..=300_000).rev() {
            numbers.expunge(sequence / 2 + 1);
        }
        assert_eq!(numbers.count(), Some(0));
    }
}
