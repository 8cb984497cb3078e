//! Waiting for the server or the user: IDLE (RFC 2177), or NOOP now and then where the server has no IDLE.

use super::Flow;
use crate::shared::Intent;
use crate::words::internal;
use crate::{Clock, Platform, SyncError};
use futures_util::StreamExt;
use futures_util::future::{Either, pending, select};
use std::pin::pin;
use waypost_imap::{Command, Event, Handle};
use waypost_wire::Duration;

/// A line that was silent for so long is asked whether it still lives. Below the half hour after which servers log out
/// (RFC 2177, 3), and below what most middleboxes forget.
const RENEWAL: Duration = Duration::from_secs(9 * 60);

/// Without IDLE: how often is looked for news.
const POLL: Duration = Duration::from_secs(60);

/// An IDLE that the server ends sooner is none.
const SHORTEST: Duration = Duration::from_secs(2);

/// What ends the waiting beside the server.
enum Wake {
    /// The server has said all that it has to say for now.
    Quiet,
    /// The line was silent for long.
    Time,
    /// `None` if the engine is gone.
    Intent(Option<Intent>),
}

impl<P: Platform> Flow<'_, P> {
    /// Waits until there is something to do: an intent, or news of the selected folder that ask for a command.
    pub(super) async fn idle(&mut self) -> Result<Option<Intent>, SyncError> {
        if !self.can_idle {
            return self.poll().await;
        }
        let idle = self.link.enqueue(Command::Idle);
        let began = self.link.clock().now();
        let until = began + RENEWAL;
        let (mut ending, mut noted, mut wanted) = (false, false, None);
        loop {
            let clock = self.link.clock();
            let intents = &mut self.desk.intents;
            let interruption = async {
                match (noted, ending) {
                    // All that has come is noted before it is stored: a burst is one commit.
                    (true, _) => Wake::Quiet,
                    (false, true) => pending().await,
                    (false, false) => match select(intents.next(), pin!(clock.sleep_until(until))).await {
                        Either::Left((intent, _)) => Wake::Intent(intent),
                        Either::Right(((), _)) => Wake::Time,
                    },
                }
            };
            match self.link.next_or(interruption).await? {
                Either::Left(Event::Response(response)) => {
                    self.note(&response);
                    noted = true;
                }
                Either::Left(Event::Done { handle, result }) if handle == idle => {
                    // A server that says it knows IDLE and refuses it, or ends it at once, is asked now and then.
                    let lasted = ending || clock.now() - began >= SHORTEST;
                    self.can_idle = result.is_ok() && lasted;
                    return Ok(wanted);
                }
                Either::Left(_) => {}
                Either::Right(Wake::Quiet) => {
                    noted = false;
                    self.commit_news().await?;
                    ending |= self.asks_for_a_command();
                }
                Either::Right(Wake::Time) => ending = true,
                Either::Right(Wake::Intent(intent)) => {
                    ending = true;
                    wanted = Some(intent.ok_or_else(internal)?);
                }
            }
            self.finish_when(ending, idle);
        }
    }

    fn finish_when(&mut self, ending: bool, idle: Handle) {
        if ending {
            self.link.finish_idle(idle);
        }
    }

    fn asks_for_a_command(&self) -> bool {
        self.selected.as_ref().is_some_and(|selected| {
            selected.stale || selected.window.is_in_doubt() || selected.window.arrived() > 0
        })
    }

    async fn poll(&mut self) -> Result<Option<Intent>, SyncError> {
        let until = self.link.clock().now() + POLL;
        let (clock, intents) = (self.link.clock(), &mut self.desk.intents);
        let interruption = async {
            match select(intents.next(), pin!(clock.sleep_until(until))).await {
                Either::Left((intent, _)) => Some(intent),
                Either::Right(((), _)) => None,
            }
        };
        match self.link.next_or(interruption).await? {
            Either::Left(Event::Response(response)) => {
                self.note(&response);
                Ok(None)
            }
            Either::Left(_) => Ok(None),
            Either::Right(Some(intent)) => intent.ok_or_else(internal).map(Some),
            Either::Right(None) => {
                let noop = self.link.enqueue(Command::Noop);
                let looked = self.link.finish(noop).await?;
                self.note_all(looked.responses);
                Ok(None)
            }
        }
    }
}
