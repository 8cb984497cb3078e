//! Messages that the user asks for while they are only on the server.

use super::download::Left;
use super::maildrop::{Entry, Way};
use super::{Flow, LARGEST, policy};
use crate::shared::Intent;
use crate::words::{message_gone, too_large};
use crate::{Platform, SyncError};
use futures_channel::oneshot;
use futures_util::future::FutureExt;
use futures_util::stream::StreamExt;
use waypost_store::{Durability, OrderedSet, RemovalWish};

/// Messages to be taken from the server, and who waits for them.
pub(crate) struct Request {
    /// Unique ids that have not come.
    left: OrderedSet<String>,
    answer: Option<oneshot::Sender<Result<(), SyncError>>>,
    /// What some of them failed by.
    error: Option<SyncError>,
}

impl Request {
    pub(crate) fn new(uidls: Vec<String>, answer: oneshot::Sender<Result<(), SyncError>>) -> Self {
        Self { left: uidls.into_iter().collect(), answer: Some(answer), error: None }
    }

    /// Tells whoever waits that it can't be done.
    pub(crate) fn fail(mut self, error: &SyncError) {
        self.error = Some(error.clone());
    }

    fn came(&mut self, id: &str) {
        self.left.remove(id);
    }

    fn refuse(&mut self, id: &str, error: SyncError) {
        if self.left.remove(id) {
            self.error.get_or_insert(error);
        }
    }
}

/// Whoever waits is told in the end, whatever becomes of it.
impl Drop for Request {
    fn drop(&mut self) {
        let gone = (!self.left.is_empty()).then(message_gone);
        let result = self.error.take().or(gone).map_or(Ok(()), Err);
        if let Some(answer) = self.answer.take() {
            // Whoever asked may have gone.
            let _ = answer.send(result);
        }
    }
}

impl<P: Platform> Flow<'_, P> {
    /// What the user asks for by now.
    fn requested(&mut self) -> OrderedSet<String> {
        while let Some(Some(intent)) = self.desk.intents.next().now_or_never() {
            self.desk.take(intent);
        }
        self.desk.requests.iter().flat_map(|request| request.left.iter().cloned()).collect()
    }

    /// Takes out of what may be deleted what the user asks for. Who asks for a message wants it somewhere after all.
    pub(super) async fn spare_requests(&mut self, here: &mut Vec<Entry>) -> Result<(), SyncError> {
        let requested = self.requested();
        here.retain(|entry| entry.id.as_ref().is_none_or(|id| !requested.contains(id)));
        let mut spared = Vec::new();
        for id in requested {
            let known = self.known.get_mut(&id);
            if let Some(record) = known.filter(|record| record.wish == Some(RemovalWish::Discard)) {
                record.wish = None;
                policy::rest(record);
                spared.push(id);
            }
        }
        self.note(&spared, Durability::Relaxed).await
    }

    /// Whether the user has come to ask for what this session deletes, and what is nowhere else.
    pub(super) fn deletes_requests(&mut self) -> bool {
        let requested = self.requested();
        requested.iter().any(|id| self.is_leaving(id))
    }

    /// Whether the server was asked to delete the only copy.
    fn is_leaving(&self, id: &str) -> bool {
        let is_here = self.known.get(id).is_some_and(|record| record.content.is_some());
        self.marked.contains(id) && !is_here
    }

    /// Whoever asked for what was asked of the server in vain is told; what was asked for too late is taken by the next session.
    pub(super) fn end_requests(&mut self) {
        let is_late = |request: &Request| request.left.iter().any(|id| !self.asked_for.contains(id));
        self.desk.requests.retain(is_late);
    }

    /// Puts what the user asks for before all else that is to be taken; says how many messages that are.
    pub(super) fn take_requests(&mut self, left: &mut Left) -> usize {
        // Without its deletion it can be taken: by the next session.
        let leaving: Vec<String> = self.requested().into_iter().filter(|id| self.is_leaving(id)).collect();
        let mut wanted = OrderedSet::new();
        for request in &mut self.desk.requests {
            for id in request.left.clone() {
                match self.listed.get(&id) {
                    None => request.refuse(&id, message_gone()),
                    Some(entry) if entry.octets.is_some_and(|octets| octets > LARGEST) => {
                        request.refuse(&id, too_large(LARGEST));
                    }
                    Some(_) if self.asked_for.contains(&id) || leaving.contains(&id) => {}
                    Some(_) => drop(wanted.insert(id)),
                }
            }
        }
        self.desk.requests.retain(|request| !request.left.is_empty());
        if wanted.is_empty() {
            return 0;
        }
        let before = left.len();
        left.retain(|(entry, _)| entry.id.as_ref().is_none_or(|id| !wanted.contains(id)));
        let first = wanted.iter().filter_map(|id| self.listed.get(id)).cloned();
        for entry in first.collect::<Vec<_>>() {
            left.push_front((entry, Way::Whole));
        }
        self.asked_for.extend(wanted);
        left.len() - before
    }

    /// These messages are stored.
    pub(super) fn answer(&mut self, ids: &[String]) {
        for id in ids {
            self.desk.requests.iter_mut().for_each(|request| request.came(id));
        }
        self.desk.requests.retain(|request| !request.left.is_empty());
    }
}

impl Intent {
    /// What it asks of a maildrop, if anything.
    pub(crate) fn into_request(self) -> Result<Request, Self> {
        match self {
            Self::Collect { uidls, answer } => Ok(Request::new(uidls, answer)),
            other => Err(other),
        }
    }
}
