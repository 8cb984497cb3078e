//! Some rows of one folder, to be changed in place.

use crate::contents::Holdings;
use crate::flags;
use crate::records::Queued;
use std::cell::Cell;
use std::rc::Rc;
use waypost_message::ThreadKeys;
use waypost_store::{Batch, MailboxRecord, MessageId, MessageRow, OrderedMap, QueuedKind};

/// Some rows of one folder as they are, to be changed in place. What is set to `None` is deleted, with queue entries, and with
/// its octets where no other row names them. Orders, threads and the counts of the record follow by themselves.
pub(crate) struct Page {
    pub(crate) record: MailboxRecord,
    pub(crate) rows: OrderedMap<u32, Option<MessageRow>>,
    /// By what new messages find their thread, where that is known.
    pub(crate) keys: OrderedMap<u32, ThreadKeys>,
    /// More to write in the same batch.
    pub(crate) batch: Batch,
    /// What becomes of the octets that the rows name.
    pub(crate) contents: Holdings,
    /// The changes of this folder's messages that wait; those added here have no number yet.
    pub(super) queue: Vec<Queued>,
    /// The numbers of those that were taken out.
    pub(super) dequeued: Vec<u64>,
    pub(super) account: u32,
    /// The last number that was given to a message that lives here.
    pub(super) numbers: Rc<Cell<u32>>,
}

impl Page {
    pub(crate) fn id(&self, uid: u32) -> MessageId {
        MessageId {
            account: self.account,
            mailbox: self.record.id,
            uidvalidity: self.record.uidvalidity,
            uid,
        }
    }

    /// A number for a new message that lives here. None is given twice, and a message keeps it when it is moved.
    pub(crate) fn number(&self) -> u32 {
        self.numbers.set(self.numbers.get().saturating_add(1));
        self.numbers.get()
    }

    /// Server's flags with what waits for this message laid over.
    pub(crate) fn overlaid(&self, uid: u32, flags: Vec<String>) -> Vec<String> {
        let id = self.id(uid);
        flags::overlay(
            flags,
            self.queue.iter().filter(|queued| queued.message == id).map(|queued| &queued.kind),
        )
    }

    /// Whether a change of this message waits.
    pub(crate) fn waits(&self, uid: u32) -> bool {
        let id = self.id(uid);
        self.queue.iter().any(|queued| queued.message == id)
    }

    /// Queues a change.
    pub(crate) fn enqueue(&mut self, uid: u32, kind: QueuedKind) {
        self.queue.push(Queued { sequence: NEW, message: self.id(uid), kind });
    }

    /// Takes changes out of the queue.
    pub(crate) fn dequeue(&mut self, which: impl Fn(&Queued) -> bool) {
        let taken = self.queue.extract_if(.., |queued| which(queued)).map(|queued| queued.sequence);
        self.dequeued.extend(taken.filter(|sequence| *sequence != NEW));
    }
}

/// The number of a change that is not in the queue yet: numbers begin with 1.
pub(super) const NEW: u64 = 0;
