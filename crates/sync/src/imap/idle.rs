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
    /// The gateway stops soon.
    Move,
    /// `None` if the engine is gone.
    Intent(Option<Intent>),
}

/// What the waiting ended for.
pub(super) enum Wanted {
    /// News of the folder.
    Look,
    /// Something that the user wants.
    Intent(Intent),
    /// Another connection in the place of this one.
    Elsewhere,
}

impl<P: Platform> Flow<'_, P> {
    /// Waits until there is something to do: an intent, or news of the selected folder that ask for a command.
    pub(super) async fn idle(&mut self) -> Result<Wanted, SyncError> {
        if !self.can_idle {
            return self.poll().await;
        }
        let idle = self.link.enqueue(Command::Idle);
        let began = self.link.clock().now();
        let until = began + RENEWAL;
        let (mut ending, mut noted, mut wanted, mut moving) = (false, false, None, false);
        let mut asked_to_move = self.link.asked_to_move();
        loop {
            let clock = self.link.clock();
            let intents = &mut self.desk.intents;
            let interruption = async {
                match (noted, ending) {
                    // All that has come is noted before it is stored: a burst is one commit.
                    (true, _) => Wake::Quiet,
                    (false, true) => pending().await,
                    (false, false) => {
                        match select(
                            intents.next(),
                            select(pin!(clock.sleep_until(until)), &mut asked_to_move),
                        )
                        .await
                        {
                            Either::Left((intent, _)) => Wake::Intent(intent),
                            Either::Right((Either::Left(_), _)) => Wake::Time,
                            Either::Right((Either::Right(_), _)) => Wake::Move,
                        }
                    }
                }
            };
            let woken = match self.link.next_or(interruption).await {
                Ok(woken) => woken,
                Err(error) => {
                    // Who asked for something is told why it can't be done.
                    if let Some(wanted) = wanted {
                        Intent::fail(wanted, &error);
                    }
                    return Err(error);
                }
            };
            match woken {
                Either::Left(Event::Response(response)) => {
                    self.note(&response);
                    noted = true;
                }
                Either::Left(Event::Done { handle, result }) if handle == idle => {
                    // A server that says it knows IDLE and refuses it, or ends it at once, is asked now and then.
                    let lasted = ending || clock.now() - began >= SHORTEST;
                    self.can_idle = result.is_ok() && lasted;
                    return if moving {
                        Ok(Wanted::Elsewhere)
                    } else {
                        Ok(wanted.map_or(Wanted::Look, Wanted::Intent))
                    };
                }
                Either::Left(_) => {}
                Either::Right(Wake::Quiet) => {
                    noted = false;
                    self.commit_news().await?;
                    ending |= self.asks_for_a_command();
                }
                Either::Right(Wake::Time) => ending = true,
                Either::Right(Wake::Move) => (ending, moving) = (true, true),
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

    async fn poll(&mut self) -> Result<Wanted, SyncError> {
        let until = self.link.clock().now() + POLL;
        let (clock, intents) = (self.link.clock(), &mut self.desk.intents);
        let asked_to_move = self.link.asked_to_move();
        let interruption = async {
            match select(intents.next(), select(pin!(clock.sleep_until(until)), asked_to_move)).await {
                Either::Left((intent, _)) => Wake::Intent(intent),
                Either::Right((Either::Left(_), _)) => Wake::Time,
                Either::Right((Either::Right(_), _)) => Wake::Move,
            }
        };
        match self.link.next_or(interruption).await? {
            Either::Left(Event::Response(response)) => {
                self.note(&response);
                Ok(Wanted::Look)
            }
            Either::Left(_) => Ok(Wanted::Look),
            Either::Right(Wake::Intent(intent)) => intent.ok_or_else(internal).map(Wanted::Intent),
            Either::Right(Wake::Move) => Ok(Wanted::Elsewhere),
            Either::Right(Wake::Time | Wake::Quiet) => {
                let noop = self.link.enqueue(Command::Noop);
                let looked = self.link.finish(noop).await?;
                self.note_all(looked.responses);
                Ok(Wanted::Look)
            }
        }
    }
}
