//! Bodies that the page takes by itself.

use super::*;

/// What a page makes of it: the bodies, and how many rows there were. A page that takes bodies itself hands in lines, and reads what is told
/// where it must or where `reads` says; any other hands in all.
fn bodies(parts: &[&[u8]], takes: bool, reads: bool) -> (Vec<Vec<u8>>, Vec<u32>) {
    let mut page = Page::default();
    let mut imap = Imap::new(false);
    hand_in(&mut imap, b"* OK [CAPABILITY IMAP4rev1] hello\r\n");
    imap.events();
    imap.fetching = Some((0, 1 << 4));
    for part in parts {
        let mut rest = *part;
        while !rest.is_empty() {
            let left = if takes { imap.body_left() } else { 0.0 };
            if left < 0.0 {
                page.read(&mut imap);
            }
            let count = if left == 0.0 {
                let line = rest.iter().position(|octet| *octet == b'\n').map_or(rest.len(), |end| end + 1);
                let count = if takes { line } else { rest.len() };
                hand_in(&mut imap, &rest[..count]);
                count
            } else {
                let count = rest.len().min(left.abs() as usize);
                page.part(&rest[..count], left.abs() as usize);
                imap.pass_body(0.0, count as f64);
                count
            };
            rest = &rest[count..];
            if reads {
                page.read(&mut imap);
            }
        }
        imap.poll(0.0);
        page.read(&mut imap);
    }
    assert!(!page.open);
    (page.bodies, page.uids)
}

fn hand_in(imap: &mut Imap, octets: &[u8]) {
    imap.room(octets.len());
    imap.room[..octets.len()].copy_from_slice(octets);
    imap.receive(0.0, octets.len());
    imap.poll(0.0);
}

#[derive(Default)]
struct Page {
    bodies: Vec<Vec<u8>>,
    uids: Vec<u32>,
    open: bool,
}

impl Page {
    /// Octets that it took itself, of a body of which so many are to come.
    fn part(&mut self, octets: &[u8], left: usize) {
        if !std::mem::replace(&mut self.open, true) {
            self.bodies.push(Vec::new());
        }
        self.bodies.last_mut().expect("one began").extend_from_slice(octets);
        self.open = octets.len() < left;
    }

    fn read(&mut self, imap: &mut Imap) {
        imap.events();
        let mut records = imap.records.as_octets();
        let mut parts = imap.parts.iter();
        while let Some((kind, rest)) = records.split_first() {
            let length = match *kind {
                kind if kind == Kind::BodyStarted as u8 => {
                    assert!(!std::mem::replace(&mut self.open, true), "none began before it ended");
                    self.bodies.push(Vec::new());
                    16 + usize::from(rest[12])
                }
                kind if kind == Kind::BodyPart as u8 => {
                    self.bodies
                        .last_mut()
                        .expect("one began")
                        .extend_from_slice(parts.next().expect("a part"));
                    8
                }
                kind if kind == Kind::BodyEnded as u8 => {
                    assert!(std::mem::replace(&mut self.open, false), "it had begun");
                    0
                }
                _ => rest.len(),
            };
            records = &rest[length..];
        }
        self.uids.extend(&imap.rows.uids);
        imap.poll(0.0);
    }
}

#[test]
fn bodies_that_the_page_takes_are_those_that_are_handed_in_wherever_octets_are_cut() {
    let mut octets = Vec::new();
    for (uid, section, size) in [(5, "BODY[]", 4097), (6, "BINARY[1]", 4100), (7, "BODY[TEXT]", 4099)] {
        octets.extend_from_slice(format!("* 1 FETCH (UID {uid} {section} {{{size}}}\r\n").as_bytes());
        octets.extend((0..size).map(|at| b'0' + (at % 64) as u8));
        octets.extend_from_slice(b")\r\n");
    }
    let expected = bodies(&[&octets], false, false);
    assert_eq!(expected.0.iter().map(Vec::len).collect::<Vec<_>>(), [4097, 4100, 4099]);
    assert_eq!(expected.1, [5, 6, 7]);
    for cut in (0..octets.len()).filter(|cut| cut % 512 < 90 || cut % 37 == 0) {
        let (before, after) = octets.split_at(cut);
        for reads in [false, true] {
            assert_eq!(
                bodies(&[before, after], true, reads),
                expected,
                "cut at {cut}, read at once: {reads}"
            );
        }
        assert_eq!(bodies(&[before, after], false, false), expected, "cut at {cut}, handed in");
    }
}

#[test]
fn octets_that_were_told_are_read_before_the_page_takes_more() {
    let mut imap = Imap::new(false);
    for octets in ["* OK hello\r\n", "* 1 FETCH (BODY[] {5000}\r\nabc"] {
        hand_in(&mut imap, octets.as_bytes());
    }
    assert!(imap.body_left() < 0.0);
    imap.events();
    assert_eq!(imap.body_left(), 4997.0);
    imap.pass_body(0.0, 4997.0);
    imap.poll(0.0);
    assert_eq!((imap.body_left(), imap.passed), (0.0, false));
}
