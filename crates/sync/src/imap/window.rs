//! Which message stands at which place of the open mailbox: sequence numbers shift with every EXPUNGE and are kept right here.

/// The mailbox as the server counts it: messages before those that are known, the known ones, and those that arrived since.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Window {
    before: u32,
    uids: Vec<u32>,
    arrived: u32,
    doubt: bool,
}

impl Window {
    /// A mailbox of which nothing is known but how many messages it has.
    pub(crate) fn unknown(exists: u32) -> Self {
        Self { before: exists, ..Self::default() }
    }

    /// The newest messages of a mailbox with `exists` messages.
    pub(crate) fn newest(exists: u32, uids: Vec<u32>) -> Self {
        let known = count(&uids);
        Self {
            before: exists.saturating_sub(known),
            doubt: known > exists || !is_ascending(&uids),
            uids,
            arrived: 0,
        }
    }

    /// How many messages the mailbox has.
    pub(crate) fn exists(&self) -> u32 {
        self.before.saturating_add(count(&self.uids)).saturating_add(self.arrived)
    }

    /// How many messages come before the known ones.
    pub(crate) fn before(&self) -> u32 {
        self.before
    }

    /// How many messages came after the known ones.
    pub(crate) fn arrived(&self) -> u32 {
        self.arrived
    }

    /// The known UIDs, ascending.
    pub(crate) fn uids(&self) -> &[u32] {
        &self.uids
    }

    /// Whether places and UIDs may not belong together any more: the window has to be made anew.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.doubt
    }

    /// The UID at a place, where it is known.
    pub(crate) fn uid_at(&self, sequence: u32) -> Option<u32> {
        let index = sequence.checked_sub(self.before)?.checked_sub(1)?;
        self.uids.get(index as usize).copied()
    }

    /// `* n EXISTS`.
    pub(crate) fn grow_to(&mut self, exists: u32) {
        match exists.checked_sub(self.before.saturating_add(count(&self.uids))) {
            Some(arrived) => {
                // A smaller number without EXPUNGE is against RFC 9051, 7.4.1.
                self.doubt |= arrived < self.arrived;
                self.arrived = arrived;
            }
            None => self.doubt = true,
        }
    }

    /// `* n EXPUNGE`: the UID that is gone, where it was known.
    pub(crate) fn expunge(&mut self, sequence: u32) -> Option<u32> {
        if sequence == 0 || sequence > self.exists() {
            self.doubt = true;
            return None;
        }
        if sequence <= self.before {
            self.before -= 1;
            return None;
        }
        let index = (sequence - self.before - 1) as usize;
        if index < self.uids.len() {
            return Some(self.uids.remove(index));
        }
        self.arrived -= 1;
        None
    }

    /// A FETCH names a place and a UID: if they don't belong together, the window is in doubt.
    pub(crate) fn check(&mut self, sequence: u32, uid: u32) {
        self.doubt |= self.uid_at(sequence).is_some_and(|known| known != uid);
    }

    /// Messages before the known ones became known; they end where those begin.
    pub(crate) fn extend_before(&mut self, uids: &[u32]) {
        let wider: Vec<u32> = uids.iter().chain(&self.uids).copied().collect();
        self.doubt |= !is_ascending(&wider) || count(uids) > self.before;
        self.before = self.before.saturating_sub(count(uids));
        self.uids = wider;
    }

    /// Messages that had arrived became known.
    pub(crate) fn extend_after(&mut self, uids: &[u32]) {
        self.uids.extend(uids);
        self.doubt |= !is_ascending(&self.uids);
        self.arrived = self.arrived.saturating_sub(count(uids));
    }

    /// If it is still in doubt or incomplete, no place is taken as known.
    pub(crate) fn give_up(&mut self) {
        if self.doubt || self.arrived > 0 {
            *self = Self::unknown(self.exists());
        }
    }

    /// The window can't be trusted.
    pub(crate) fn doubt(&mut self) {
        self.doubt = true;
    }
}

fn count(uids: &[u32]) -> u32 {
    u32::try_from(uids.len()).unwrap_or(u32::MAX)
}

/// UIDs ascend strictly with the sequence numbers (RFC 9051, 2.3.1.1).
fn is_ascending(uids: &[u32]) -> bool {
    uids.windows(2).all(|pair| pair[0] < pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_shift_with_every_expunge() {
        let mut window = Window::newest(10, vec![70, 80, 90]);
        assert_eq!((window.before(), window.exists()), (7, 10));
        assert_eq!([7, 8, 10, 11].map(|place| window.uid_at(place)), [None, Some(70), Some(90), None]);
        assert_eq!(window.expunge(3), None);
        assert_eq!(window.uid_at(7), Some(70));
        assert_eq!(window.expunge(8), Some(80));
        assert_eq!((window.uids(), window.exists()), (&[70, 90][..], 8));
        window.grow_to(10);
        assert_eq!((window.arrived(), window.exists()), (2, 10));
        assert_eq!(window.expunge(9), None);
        assert_eq!(window.arrived(), 1);
        window.extend_after(&[95]);
        assert_eq!((window.uid_at(9), window.arrived()), (Some(95), 0));
        window.extend_before(&[60, 65]);
        assert_eq!((window.uid_at(5), window.before(), window.exists()), (Some(60), 4, 9));
        assert!(!window.is_in_doubt());
    }

    #[test]
    fn what_can_not_be_puts_the_window_in_doubt() {
        let window = || Window::newest(3, vec![1, 2, 3]);
        let doubtful: [fn(&mut Window); 7] = [
            |window| assert_eq!(window.expunge(4), None),
            |window| assert_eq!(window.expunge(0), None),
            |window| window.grow_to(2),
            |window| window.check(2, 9),
            |window| window.extend_after(&[2]),
            |window| window.extend_before(&[1]),
            Window::doubt,
        ];
        for change in doubtful {
            let mut changed = window();
            change(&mut changed);
            assert!(changed.is_in_doubt());
        }
        let mut fine = window();
        fine.check(2, 2);
        fine.check(9, 5);
        assert!(!fine.is_in_doubt());
        assert!(Window::newest(1, vec![1, 2]).is_in_doubt());
    }
}
