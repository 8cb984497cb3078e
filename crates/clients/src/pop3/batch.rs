//! What the machine tells the page, as numbers in memory that it reads in one go.

/// Records and what they point to. Valid until the next call of the machine.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    records: Vec<u32>,
    /// Texts of records; each is given by its place in here.
    text: Vec<u8>,
    /// Octets of messages, where the machine left them.
    parts: Vec<Vec<u8>>,
}

/// One word and up to four numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Record {
    /// Signed in.
    Ready,
    /// A command ended well.
    Done { command: u32 },
    /// A command was refused; `fault` is a number for `fault_code` and `fault_text`.
    Refused { command: u32, fault: u32 },
    /// The connection failed, or the login did.
    Failed { fault: u32 },
    /// STAT.
    Statistics { command: u32, count: u32, octets: u64 },
    /// A line of LIST.
    Size { command: u32, number: u32, octets: u64 },
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.text.clear();
        self.parts.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Address and count of numbers.
    pub(crate) fn records(&self) -> (usize, usize) {
        (self.records.as_ptr() as usize, self.records.len())
    }

    /// Address of the texts.
    pub(crate) fn text(&self) -> usize {
        self.text.as_ptr() as usize
    }

    pub(crate) fn push(&mut self, record: Record) {
        let half = |octets: u64| (octets as u32, (octets >> 32) as u32);
        self.records.extend(match record {
            Record::Ready => [READY, 0, 0, 0, 0],
            Record::Done { command } => [DONE, command, 0, 0, 0],
            Record::Refused { command, fault } => [REFUSED, command, fault, 0, 0],
            Record::Failed { fault } => [FAILED, 0, fault, 0, 0],
            Record::Statistics { command, count, octets } => {
                [STATISTICS, command, count, half(octets).0, half(octets).1]
            }
            Record::Size { command, number, octets } => {
                [SIZE, command, number, half(octets).0, half(octets).1]
            }
        });
    }

    /// A line of UIDL.
    pub(crate) fn unique_id(&mut self, command: u32, number: u32, uidl: &str) {
        // A line is bounded by the machine's limits, and a batch by what was received: both fit.
        let (from, length) = (self.text.len() as u32, uidl.len() as u32);
        self.text.extend_from_slice(uidl.as_bytes());
        self.records.extend([UNIQUE_ID, command, number, from, length]);
    }

    /// Octets of a message, by their address.
    pub(crate) fn part(&mut self, command: u32, octets: Vec<u8>) {
        self.records.extend([PART, command, octets.as_ptr() as u32, octets.len() as u32, 0]);
        self.parts.push(octets);
    }
}

/// The words of records; `Word` in pop3-events.ts has the same.
const READY: u32 = 1;
const DONE: u32 = 2;
const REFUSED: u32 = 3;
const FAILED: u32 = 4;
const STATISTICS: u32 = 5;
const SIZE: u32 = 6;
const UNIQUE_ID: u32 = 7;
const PART: u32 = 8;
