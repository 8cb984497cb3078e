//! Finds a boundary in octets that come piece by piece.

use memchr::memmem;

/// Looks for `--boundary`, wherever it stands. Octets that cannot belong to it or to the line end before
/// it are given on; no more than its own length and a line end is kept.
#[derive(Debug, Clone)]
pub(super) struct Search {
    needle: Vec<u8>,
    kept: Vec<u8>,
    /// The two octets before the place where the search began.
    lead: [u8; 2],
}

/// A boundary that was found.
pub(super) struct Found {
    /// Octets of the piece up to its end.
    pub(super) used: usize,
    /// Octets of the line end before it that belong to it (RFC 2046, 5.1.1).
    pub(super) line_end: u64,
    /// The two octets before it.
    pub(super) before: [u8; 2],
}

impl Search {
    pub(super) fn new(boundary: &[u8], lead: [u8; 2]) -> Self {
        Self { needle: [b"--", boundary].concat(), kept: Vec::new(), lead }
    }

    pub(super) fn needle(&self) -> u64 {
        self.needle.len() as u64
    }

    /// The two octets before the place where the search began.
    pub(super) fn lead(&self) -> [u8; 2] {
        self.lead
    }

    /// Takes the next octets. `inside` is given each octet before the boundary and its line end once and in order.
    pub(super) fn push(&mut self, octets: &[u8], mut inside: impl FnMut(&[u8])) -> Option<Found> {
        let kept = self.kept.len();
        let Some(at) = self.find(octets) else {
            let most = self.needle.len() + LINE_END;
            let go = (kept + octets.len()).saturating_sub(most);
            let from_kept = go.min(kept);
            inside(&self.kept[..from_kept]);
            inside(&octets[..go - from_kept]);
            self.slide(go, octets);
            return None;
        };
        let octet = |place: usize| if place < kept { self.kept[place] } else { octets[place - kept] };
        let line_end = match at {
            1.. if octet(at - 1) != b'\n' => 0,
            2.. if octet(at - 2) == b'\r' => 2,
            1.. => 1,
            0 => 0,
        };
        let before = match at {
            0 => self.lead,
            1 => [self.lead[1], octet(0)],
            _ => [octet(at - 2), octet(at - 1)],
        };
        let end = at - line_end;
        inside(&self.kept[..end.min(kept)]);
        inside(&octets[..end.saturating_sub(kept)]);
        Some(Found { used: at + self.needle.len() - kept, line_end: line_end as u64, before })
    }

    /// What is kept when there is no boundary to the end.
    pub(super) fn rest(&self) -> &[u8] {
        &self.kept
    }

    /// Where the needle begins, counted from the first octet kept.
    fn find(&self, octets: &[u8]) -> Option<usize> {
        let kept = self.kept.len();
        if kept > 0 {
            let across = octets.len().min(self.needle.len() - 1);
            let seam = [&self.kept, &octets[..across]].concat();
            if let Some(at) = memmem::find(&seam, &self.needle) {
                return Some(at);
            }
        }
        memmem::find(octets, &self.needle).map(|at| kept + at)
    }

    /// Keeps what follows the first octets. Remembers the two before the place from which is counted.
    fn slide(&mut self, go: usize, octets: &[u8]) {
        let kept = self.kept.len();
        let whole =
            if go >= kept { octets[go - kept..].to_vec() } else { [&self.kept[go..], octets].concat() };
        self.kept = whole;
    }
}

const LINE_END: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_a_boundary_and_a_line_end_is_kept() {
        let mut search = Search::new(b"boundary", [b'\r', b'\n']);
        let mut passed = 0;
        for piece in b"--boundar\r\n-".repeat(5000).chunks(37) {
            assert!(search.push(piece, |octets| passed += octets.len()).is_none());
            assert!(search.kept.len() <= search.needle.len() + LINE_END);
        }
        assert_eq!(passed + search.rest().len(), 12 * 5000);
        let found = search.push(b"\r\n--boundary", |_| ()).expect("it is there");
        assert_eq!((found.used, found.line_end, found.before), (12, 2, [b'\r', b'\n']));
    }
}
