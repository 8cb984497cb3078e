//! A session of the native client whose server's faults are noted.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use waypost_native::pop3::Event;
use waypost_native::{Pop3Answer, Pop3Client};

/// What of a server's words was forgiven, and what was not understood.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// Names of faults, with how often.
    pub(crate) forgiven: BTreeMap<&'static str, u64>,
    /// Lines as they came.
    pub(crate) unparsed: BTreeSet<String>,
}

/// A connection to a server under test.
pub(crate) struct Pop3 {
    /// Until it is given away to QUIT.
    client: Option<Pop3Client>,
    heard: Rc<RefCell<Heard>>,
}

impl Pop3 {
    pub(crate) fn new(client: Pop3Client, heard: Rc<RefCell<Heard>>) -> Self {
        Self { client: Some(client), heard }
    }

    fn note(&mut self) {
        let Some(client) = &mut self.client else { return };
        let mut heard = self.heard.borrow_mut();
        for (row, times) in client.session().machine().faults() {
            *heard.forgiven.entry(row.name).or_default() += times;
        }
    }

    /// The client, for QUIT.
    pub(crate) fn leave(mut self) -> Pop3Client {
        self.note();
        self.client.take().expect("it is given away once")
    }

    /// Notes lines that said nothing.
    pub(crate) fn look_at(&self, answer: &Pop3Answer) {
        for event in &answer.events {
            if let Event::Unreadable { line, .. } = event {
                let line = String::from_utf8_lossy(line).escape_debug().to_string();
                self.heard.borrow_mut().unparsed.insert(line);
            }
        }
    }
}

impl Deref for Pop3 {
    type Target = Pop3Client;

    fn deref(&self) -> &Pop3Client {
        self.client.as_ref().expect("it is here until it is given away")
    }
}

impl DerefMut for Pop3 {
    fn deref_mut(&mut self) -> &mut Pop3Client {
        self.client.as_mut().expect("it is here until it is given away")
    }
}

impl Drop for Pop3 {
    fn drop(&mut self) {
        self.note();
    }
}
