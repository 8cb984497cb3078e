//! The owner's commands: taken, sent when their turn comes, cut where a server takes no long lines.

use super::deflate::compresses;
use super::order::{depends_on_capabilities, may_be_overheard, may_start, misuse, order};
use super::running::Running;
use super::split::split;
use super::{Client, OURS, State};
use crate::encode::{Encoder, Fragment, Peer};
use crate::ext::Order;
use crate::{Command, Completion, Event, Handle, Refusal, Response};

/// A command that is not yet sent.
pub(super) struct Waiting {
    pub(super) handle: Handle,
    pub(super) command: Command,
    /// It is a piece of a longer one.
    pub(super) piece: bool,
}

/// A command that goes as several under one handle.
pub(super) struct Batch {
    handle: Handle,
    /// How many have not ended.
    left: usize,
    /// The first failure.
    failed: Option<Refusal>,
}

impl Client {
    /// Queues a command; its answers carry the handle. Commands are sent in this order and pipelined where RFC 9051, 5.5
    /// allows it. While IDLE runs they wait for [`Client::finish_idle`].
    ///
    /// A command whose set of messages is too long for the server's lines is sent as several, one after the other. They end as
    /// one: with the first refusal, after which no more of them are sent, or with the last completion. Response codes of
    /// the others, such as their COPYUID, come as [`Response::Condition`] events.
    pub fn enqueue(&mut self, command: impl Into<Command>) -> Handle {
        let command = command.into();
        let handle = Handle(self.next_handle);
        self.next_handle += 1;
        if self.state == State::Ended {
            self.done(handle, Err(Refusal::ConnectionEnded));
        } else {
            self.waiting.push_back(Waiting { handle, command, piece: false });
        }
        handle
    }

    /// Sends what may be sent now.
    #[inline(never)]
    pub(super) fn send_waiting(&mut self) {
        if matches!(self.state, State::AwaitingGreeting | State::Ended) || self.securing {
            return;
        }
        while let Some(next) = self.waiting.front() {
            if !may_start(&next.command, &self.running) || self.would_mix_numbers(&next.command) {
                return;
            }
            if self.needs_capabilities() {
                if self.running.iter().any(|other| matches!(other.command, Command::Capability)) {
                    return;
                }
                if !std::mem::replace(&mut self.asked, true) {
                    self.start(Command::Capability);
                    return;
                }
            }
            let Some(next) = self.waiting.pop_front() else { return };
            if let Some(why) = self.refused_here(&next.command) {
                self.piece_ended(next.handle, Err(why));
                continue;
            }
            self.start_or_split(next);
        }
    }

    /// Whether what comes before the command's answer may be about the mailbox that it leaves, and would be counted for the next.
    fn would_mix_numbers(&self, command: &Command) -> bool {
        self.numbers.is_some()
            && self.state == State::Selected
            && matches!(order(command), Order::Selects | Order::Closes)
            && !self.running.is_empty()
    }

    /// Whether the next command depends on capabilities that are not known.
    fn needs_capabilities(&self) -> bool {
        let depends = self.waiting.front().is_some_and(|next| depends_on_capabilities(&next.command));
        depends && self.options.ask_capabilities && self.capabilities.is_none()
    }

    fn refused_here(&self, command: &Command) -> Option<Refusal> {
        if self.options.require_starttls && !self.secured && !may_be_overheard(command) {
            return Some(Refusal::Misuse("TLS comes first"));
        }
        if compresses(command) && self.deflate.is_some() {
            return Some(Refusal::Misuse("compressed already"));
        }
        // Where compression ends then (RFC 8437, 3) is seen differently: a wrong guess would make rubbish of all that follows.
        if order(command) == Order::SignsOut && self.deflate.is_some() {
            return Some(Refusal::Misuse("a compressed connection can't be given to another user"));
        }
        misuse(command, self.state, self.capabilities.as_ref())
    }

    /// Sends the command, or puts the pieces that it has to be sent in before all others.
    fn start_or_split(&mut self, next: Waiting) {
        let tag = self.tag();
        let fragments = match Encoder::command(&tag, &next.command, &self.peer()) {
            Ok(fragments) => fragments,
            Err(why) => return self.piece_ended(next.handle, Err(Refusal::Misuse(why))),
        };
        let line = fragments.iter().map(Fragment::line_octets).max().unwrap_or(0);
        let limit = self.server.line_octets() - LONGER_TAGS;
        if line > limit
            && let Some(short) = without_initial(&next.command)
            && let Ok(fragments) = Encoder::command(&tag, &short, &self.peer())
        {
            let mut running = Running::new(next.handle, tag, next.command, fragments);
            running.keep_initial();
            return self.send_first(running);
        }
        let pieces = split(&next.command, line, limit).filter(|_| !next.piece);
        let Some(pieces) = pieces else {
            return self.send_first(Running::new(next.handle, tag, next.command, fragments));
        };
        self.batches.push(Batch { handle: next.handle, left: pieces.len(), failed: None });
        for command in pieces.into_iter().rev() {
            self.waiting.push_front(Waiting { handle: next.handle, command, piece: true });
        }
    }

    /// A command of the machine's own.
    pub(super) fn start(&mut self, command: Command) {
        let tag = self.tag();
        if let Ok(fragments) = Encoder::command(&tag, &command, &self.peer()) {
            self.send_first(Running::new(OURS, tag, command, fragments));
        }
    }

    /// Sends what of the command needs no answer first.
    fn send_first(&mut self, mut running: Running) {
        self.next_tag += 1;
        if order(&running.command) == Order::Selects {
            // What comes from now on is about the new mailbox.
            self.forget_numbers();
        }
        if !self.has("SASL-IR") {
            running.keep_initial();
        }
        for fragment in running.advance(false) {
            self.send_fragment(fragment);
        }
        self.running.push(running);
    }

    /// A command ended that may be a piece of a longer one.
    pub(super) fn piece_ended(&mut self, handle: Handle, result: Result<Completion, Refusal>) {
        let Some(index) = self.batches.iter().position(|batch| batch.handle == handle) else {
            return self.done(handle, result);
        };
        let Some(batch) = self.batches.get_mut(index) else { return };
        batch.left -= 1;
        let failed = result.is_err();
        if failed {
            let unsent = self.waiting.len();
            self.waiting.retain(|waiting| waiting.handle != handle);
            batch.left -= unsent - self.waiting.len();
        }
        let ended = batch.left == 0;
        let result = match (batch.failed.take(), result) {
            // The first refusal counts.
            (Some(first), _) => Err(first),
            (None, result) => result,
        };
        if ended {
            self.batches.remove(index);
            return self.done(handle, result);
        }
        match result {
            Err(first) => batch.failed = Some(first),
            Ok(Completion { code: Some(code), text }) => {
                let kind = crate::types::Condition::Ok;
                self.event(Event::Response(Response::Condition { kind, code: Some(code), text }));
            }
            Ok(_) => {}
        }
    }

    /// The tag of the next command.
    pub(super) fn tag(&self) -> String {
        format!("w{}", self.next_tag)
    }

    pub(super) fn has(&self, capability: &str) -> bool {
        self.capabilities.as_ref().is_some_and(|known| known.offers(capability))
    }

    fn peer(&self) -> Peer {
        Peer { capabilities: self.capabilities.clone().unwrap_or_default(), utf8: self.utf8 }
    }
}

/// AUTHENTICATE whose initial response answers the first challenge instead: a line of the server may be too short for both, and a
/// token is long.
fn without_initial(command: &Command) -> Option<Command> {
    match command {
        Command::Authenticate { mechanism, initial: Some(_) } => {
            Some(Command::Authenticate { mechanism: mechanism.clone(), initial: None })
        }
        _ => None,
    }
}

/// Tags grow with their number: the last piece may have a longer one than the first.
const LONGER_TAGS: usize = 10;
